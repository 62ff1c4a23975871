/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One request on its way into the far side: its head in words, its body checked
 * byte by byte as it comes, by length or in chunks. No I/O.
 */
#ifndef TESTS_CHAOS_INLET_H
#define TESTS_CHAOS_INLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chaos/fault.h"

enum inlet_state {
    INLET_HEAD,
    INLET_BODY,
    INLET_CHUNK_SIZE,
    INLET_CHUNK,
    INLET_CHUNK_END,
    INLET_TRAILER,
    INLET_WHOLE, /* the request is */
    INLET_BAD    /* what came is none */
};

struct inlet {
    enum inlet_state state;
    char method[12];
    char host[64];             /* of its Host field, without port */
    uint16_t port;             /* and its port */
    const struct fault *fault; /* NULL: CONNECT */
    uint64_t id;
    uint64_t size; /* of the response's body that is asked for */
    bool expects;  /* 100 Continue */
    bool has_body;
    uint64_t body_number; /* its pattern; 0: any */
    uint64_t body_at;     /* bytes of it that came */
    uint64_t body_left;   /* of it, or of a chunk */
    uint64_t body_wanted; /* what the caller said that it would send */
    bool bad_body;
};

/* For the next request. */
void inlet_begin(struct inlet *inlet);

/*
 * Takes from the bytes that came; how many it took. It stops behind a head and
 * behind a body: look at the state. `data` may be written to.
 */
size_t inlet_take(struct inlet *inlet, char *data, size_t len);

#endif
