/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What an origin answers, as data: most tests need no handler of their own. A
 * script is a list of routes; script_serve is the handler that plays it, request
 * after request, with the origin's `arg` as the list.
 *
 * A script must not change while an origin plays it.
 */
#ifndef TESTS_SUPPORT_SCRIPT_H
#define TESTS_SUPPORT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "support/gate.h"
#include "support/origin.h"

/* What follows the reply. */
enum script_then {
    THEN_NEXT,  /* the next request */
    THEN_CLOSE, /* a FIN, the connection is closed at once */
    THEN_RESET, /* an RST */
    THEN_HOLD   /* nothing: until the client closes */
};

struct route {
    const char *target; /* NULL ends the list and matches everything */
    const char *reply;  /* NULL: none */
    size_t len;         /* 0: strlen(reply) */
    bool dribble;       /* a byte a segment */
    enum script_then then;
    struct gate *seen; /* passed once the request was read */
    struct gate *go;   /* waited for before the reply */
};

/* A handler; arg is a struct route array. */
void script_serve(struct peer *peer, void *arg);

/* Replies that many tests want. */
#define REPLY_HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define REPLY_EMPTY "HTTP/1.1 204 No Content\r\n\r\n"

#endif
