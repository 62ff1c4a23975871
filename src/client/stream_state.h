/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A stream's inside, for stream.c and stream_io.c alone. The call's lock guards
 * it, but for what is the holder's.
 */
#ifndef GOFER_CLIENT_STREAM_STATE_H
#define GOFER_CLIENT_STREAM_STATE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/list.h"
#include "client/stream.h"
#include <gofer/error.h>

struct notice;

struct stream {
    struct call *call;
    _Atomic unsigned unserved; /* reads beside an unfinished upload since the last such turn */
    bool held;                 /* by one of the user's threads; the others wait in */
    struct list holders;       /* waiters, first come first served */
    bool closed;               /* by the user */
    bool over;                 /* the call has ended, or is about to */
    bool forgotten;            /* the response is gone, or about to be */
    unsigned pins;             /* threads that poll the socket, which is */
    int polled_fd;
    const gofer_error *error; /* what a read or write failed with, where that is not the call's */
    gofer_error early;        /* of an end that the driver has not come to yet */
    struct notice *notice;    /* who wants to know when it is readable, or NULL */
    bool write_broke;         /* no more writes, with */
    gofer_error write_error;

    /* The holder's: the peer's end of a tunnel came; the user's end was sent. */
    bool read_over;
    bool write_over;
    struct stream_drain drain;
};

#endif
