/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An origin that is a process of its own, so that neither its descriptors, nor
 * its memory, nor its processor time count as the client's. It gets a listening
 * socket and one end of a pair over which it is told what to do; it ends when its
 * owner does.
 *
 * One thread owns a struct forked.
 */
#ifndef GOFER_TESTS_BENCH_FORKED_H
#define GOFER_TESTS_BENCH_FORKED_H

#include <stdbool.h>
#include <sys/types.h>

struct forked {
    pid_t pid;
    int control; /* this end of the pair */
    int port;    /* on 127.0.0.1 */
};

/* What the process is told. */
enum order {
    ORDER_RELEASE = 1,    /* go on with what is held */
    ORDER_TELL_WHEN_HELD, /* send a byte once `count` requests are held at once */
    ORDER_GONE            /* nobody is there any more: end */
};

/* Forks the process, which runs serve() and ends. Call it before the client, or any thread, exists.
 * False on failure. */
bool forked_start(struct forked *forked, void (*serve)(int listener, int control));

/* Waits until the process holds `count` requests at once; false when it did not come to that. */
bool forked_wait_held(struct forked *forked, long count);

/* Lets what is held go on. */
void forked_release(struct forked *forked);

/* Ends the process and waits for it. */
void forked_stop(struct forked *forked);

/* --- in the process --- */

/* The next order; *count is its figure. */
enum order forked_obey(int control, long *count);

/* Tells the owner that what it waited for is so. */
void forked_tell(int control);

#endif
