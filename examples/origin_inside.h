/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the two halves of the examples' origin share: origin.c has the thread,
 * the sockets and the lists; origin_answers.c understands requests and says what
 * is answered.
 *
 * A connection is in one of three moods, each a function that its bytes are
 * given to: it takes requests, counts the body of one, or echoes. All of it
 * belongs to the server's thread, but for `requests`.
 */
#ifndef GOFER_EXAMPLES_ORIGIN_INSIDE_H
#define GOFER_EXAMPLES_ORIGIN_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "origin.h"

/* The lists: connections that wait for the peer, or for their time to answer. */
enum list { LIST_PEER, LIST_50MS, LIST_2S, LISTS };

struct conn {
    struct conn *prev;
    struct conn *next;
    int fd;
    int64_t due_ms; /* in a list with a delay: when to answer */
    void (*on_input)(struct origin *o, struct conn *c);
    unsigned long id; /* the request's */
    size_t counted;   /* of a body that is counted: bytes so far, and in all */
    size_t expected;
    size_t in_len;    /* bytes of the request so far */
    size_t head_len;  /* of the answer */
    size_t body_len;  /* of the answer */
    size_t sent;      /* of head and body together */
    const char *body; /* the answer's: in text, in in, or the pattern */
    char head[320];   /* the answer's */
    char text[32];    /* a short answer's body */
    char in[8192];    /* what the peer sent, and a NUL */
};

struct origin {
    pthread_t thread;
    int listener;
    int epoll;
    int stop;                 /* an eventfd: readable when the thread is to end */
    struct conn lists[LISTS]; /* heads of rings */
    _Atomic size_t requests;
    char *pattern; /* ORIGIN_MIB + 256 bytes: byte i is i modulo 256 */
    char url[40];
    char example_url[80]; /* of origin_or_argument() */
};

/* --- origin.c --- */

/* Moves the connection to the end of a list. */
void origin_move_conn(struct origin *o, enum list list, struct conn *c);

/* Sends the prepared answer, as much of it as the socket takes; when all of it is out, waits for
 * bytes. May close and free the connection. */
void origin_send_answer(struct origin *o, struct conn *c);

/* --- origin_answers.c --- */

/* A connection's first mood: its bytes are requests. */
void origin_take_request(struct origin *o, struct conn *c);

#endif
