/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A variable of each thread's own that every call asks for: it lies where the
 * thread's own memory is at once, not found by a function, which glibc can do for
 * a library that is loaded later, too. There is little room for that: keep it small.
 */
#ifndef GOFER_BASE_THREAD_MEMORY_H
#define GOFER_BASE_THREAD_MEMORY_H

#include <features.h> /* __GLIBC__ */

#ifdef __GLIBC__
#define THREAD_MEMORY __attribute__((tls_model("initial-exec"))) _Thread_local
#else
#define THREAD_MEMORY _Thread_local
#endif

#endif
