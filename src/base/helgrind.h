/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a debug build tells valgrind's helgrind of its locks: it knows pthread's by
 * their names, and nothing of a word and a futex. A lock is one to be written
 * under, in its terms: no thread shares it. Where valgrind's header is missing, and
 * in other builds, all this is nothing; outside of valgrind it is a few
 * instructions.
 *
 * lock_watch_taken() is called by the thread that has taken the lock,
 * lock_watch_drop() by the one that is about to release it. Only lock.c calls these.
 */
#ifndef GOFER_BASE_LOCK_WATCH_H
#define GOFER_BASE_LOCK_WATCH_H

#include "config.h"

#if defined GOFER_DEBUG && defined HAVE_VALGRIND_HELGRIND_H
#include <valgrind/helgrind.h>
#define lock_watch_init(l) ANNOTATE_RWLOCK_CREATE(l)
#define lock_watch_fini(l) ANNOTATE_RWLOCK_DESTROY(l)
#define lock_watch_taken(l) ANNOTATE_RWLOCK_ACQUIRED(l, 1)
#define lock_watch_drop(l) ANNOTATE_RWLOCK_RELEASED(l, 1)
#else
#define lock_watch_init(l) ((void)(l))
#define lock_watch_fini(l) ((void)(l))
#define lock_watch_taken(l) ((void)(l))
#define lock_watch_drop(l) ((void)(l))
#endif

#endif
