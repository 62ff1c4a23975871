/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a server of the world says to a request: mostly what is right, cut and
 * delayed as the input has it; now and then what is not.
 */
#ifndef TESTS_FUZZ_ANSWER_H
#define TESTS_FUZZ_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "fuzz/bytes.h"

/* A connection's server. */
struct peer {
    int number;       /* the connection's */
    bool gone;        /* it closed, and takes nothing any more */
    bool broke_rules; /* what comes on it may be anything */
};

/* A request. */
struct asked {
    size_t number;
    unsigned hop;
    bool is_head;
    bool is_connect;
    bool is_safe;
    bool takes_gzip;
    bool expects;
    bool last;
};

void answer_continue(struct peer *peer);
void answer_send(struct peer *peer, const struct asked *asked);

#endif
