/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a debug build tells valgrind's helgrind: it knows pthread's locks by their
 * names, and nothing of atomic operations, of which gofer's own locks are made
 * (a word and a futex) and its counts of references. Where valgrind's header is
 * missing, and in other builds, all this is nothing; outside of valgrind it is a
 * few instructions.
 *
 * A lock is a mutex in its terms. helgrind_lock_taken() is called by the thread
 * that has taken it, helgrind_lock_drop() by the one that is about to release it.
 *
 * helgrind_atomic(p): all threads use *p by atomic operations only, which are no
 * race; for as long as its memory lives.
 *
 * helgrind_before(p): what this thread did so far has happened to those who say
 * helgrind_after(p) later. helgrind_forget(p): nobody will any more.
 */
#ifndef GOFER_BASE_HELGRIND_H
#define GOFER_BASE_HELGRIND_H

#include "config.h"

#if defined GOFER_DEBUG && defined HAVE_VALGRIND_HELGRIND_H
#include <valgrind/helgrind.h>
#define helgrind_lock_init(l) VALGRIND_HG_MUTEX_INIT_POST(l, 0)
#define helgrind_lock_fini(l) VALGRIND_HG_MUTEX_DESTROY_PRE(l)
#define helgrind_lock_taken(l) VALGRIND_HG_MUTEX_LOCK_POST(l)
#define helgrind_lock_drop(l) VALGRIND_HG_MUTEX_UNLOCK_PRE(l)
#define helgrind_atomic(p) VALGRIND_HG_DISABLE_CHECKING(p, sizeof *(p))
#define helgrind_before(p) ANNOTATE_HAPPENS_BEFORE(p)
#define helgrind_after(p) ANNOTATE_HAPPENS_AFTER(p)
#define helgrind_forget(p) ANNOTATE_HAPPENS_BEFORE_FORGET_ALL(p)
#else
#define helgrind_lock_init(l) ((void)(l))
#define helgrind_lock_fini(l) ((void)(l))
#define helgrind_lock_taken(l) ((void)(l))
#define helgrind_lock_drop(l) ((void)(l))
#define helgrind_atomic(p) ((void)(p))
#define helgrind_before(p) ((void)(p))
#define helgrind_after(p) ((void)(p))
#define helgrind_forget(p) ((void)(p))
#endif

#endif
