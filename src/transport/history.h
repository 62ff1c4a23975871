/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The redirects that a call followed before its response: of each its status and
 * the URL that answered, oldest first. A call gathers it; in the end it belongs
 * to the response. One thread at a time; constant once a user has it.
 */
#ifndef GOFER_TRANSPORT_HISTORY_H
#define GOFER_TRANSPORT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

struct history_item {
    int status;
    char *url; /* owned; without fragment and userinfo */
};

struct history {
    struct history_item *items;
    size_t len;
    size_t cap;
};

/* An empty one; NULL without memory. */
struct history *history_new(void);

/* Adds one, whose URL is copied. False without memory: it is as before. */
bool history_add(struct history *history, int status, const char *url);

/* NULL is legal. */
void history_free(struct history *history);

#endif
