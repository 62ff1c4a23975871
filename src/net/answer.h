/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a lookup comes to: addresses, or why there are none. Grows as parts of it
 * arrive and is bounded, whatever a server sends.
 *
 * Invariant: at most ANSWER_MAX_ADDRS addresses; addrs is NULL only while len is
 * 0. One thread at a time, or the lock of whoever owns it.
 */
#ifndef GOFER_NET_ANSWER_H
#define GOFER_NET_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "net/addr.h"

enum lookup_error {
    LOOKUP_OK,
    LOOKUP_NOT_FOUND, /* NXDOMAIN or no address */
    LOOKUP_REFUSED,   /* REFUSED */
    LOOKUP_SERVFAIL,  /* the server failed */
    LOOKUP_TIMEOUT,   /* no server answered */
    LOOKUP_BAD_NAME,  /* no host name: hostname.h; not asked */
    LOOKUP_NOMEM,
    LOOKUP_FAILED /* anything else */
};

/* A lookup_error in words. */
const char *lookup_strerror(enum lookup_error error);

/* Whether the error says nothing about the name: asked again, it may be answered. */
bool lookup_is_transient(enum lookup_error error);

/* At most so many addresses of an answer are kept, and half as many of one family. */
enum { ANSWER_MAX_ADDRS = 512, ANSWER_MAX_FAMILY = ANSWER_MAX_ADDRS / 2 };

struct answer {
    enum lookup_error error;
    struct addr *addrs; /* owned */
    size_t len;
};

#define ANSWER_INIT ((struct answer){LOOKUP_OK, NULL, 0})

/* Appends addresses, as many as there is room for. Without memory false, and the error is
 * LOOKUP_NOMEM. */
bool answer_add(struct answer *answer, const struct addr *addrs, size_t len);

/* Frees the addresses; the answer is empty after. */
void answer_fini(struct answer *answer);

#endif
