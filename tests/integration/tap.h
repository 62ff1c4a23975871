/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A tap on the system calls that the library makes: a test's function runs right
 * before one of them and may let it through, cut it short or refuse it. So a test
 * forces what it could only hope for: a peer that resets between the checkout
 * check and the write, a cancel at the seventh system call, a machine without
 * descriptors.
 *
 * The program defines socket, connect (of streams), send, sendmsg (both are
 * TAP_SEND), recv, sendfile and write itself, and passes them on. Only threads that
 * were marked are tapped: the test's own, and a client's workers where tap_thread
 * is its worker_start. The test servers use other threads.
 */
#ifndef TESTS_INTEGRATION_TAP_H
#define TESTS_INTEGRATION_TAP_H

#include <stdbool.h>

enum tap_call { TAP_SOCKET, TAP_CONNECT, TAP_SEND, TAP_RECV, TAP_SENDFILE, TAP_WRITE, TAP_CALLS };

/*
 * Runs before the nth tapped call (from 1). 0 lets it through; a negative errno
 * value is what it fails with; a positive number is how many bytes it may send or
 * receive. On the thread that makes the call.
 */
typedef int (*tap_fn)(enum tap_call call, unsigned nth, void *arg);

/* Taps from now on, and marks the calling thread. One tap at a time. */
void tap_open(tap_fn fn, void *arg);

/* The same for write(2) and nothing else, which the library may call with a lock held. */
void tap_open_writes(tap_fn fn, void *arg);

/* Taps no longer; returns how many calls were tapped. No thread may be in the function. */
unsigned tap_close(void);

/* Marks the calling thread: a worker_start. The argument means nothing. */
void tap_thread(void *unused);

#endif
