/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a call remembers of the redirects that it followed. Made at the first one
 * and kept by the snapshot that the call goes on with, from hop to hop, so that a
 * call without redirects has nothing of it.
 *
 * For the thread that runs the call.
 */
#ifndef GOFER_CLIENT_HOPS_H
#define GOFER_CLIENT_HOPS_H

struct history;
struct prepared;
struct snapshot;

struct hops {
    struct snapshot *first;  /* the user's request; a reference */
    struct history *history; /* owned, until the response has it */
    /* What the exchange sends that still reads the last redirect's body, and whose it is; or NULL.
     */
    struct snapshot *left;
    struct prepared *left_prepared;
};

/* Makes some for the user's request. NULL without memory. */
struct hops *hops_new(struct snapshot *first);

/* The redirect's exchange is over. */
void hops_forget_left(struct hops *hops);

/* NULL is legal. */
void hops_free(struct hops *hops);

#endif
