/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One exchange over a socket pair whose other end the test holds. No thread, no
 * engine: the test writes some bytes, takes a step, and looks. The scratch buffer
 * is spoilt after each step, so that nothing can be kept in it.
 *
 * There is one at a time, `trip`; one thread.
 */
#ifndef TESTS_UNIT_TRANSPORT_TRIP_H
#define TESTS_UNIT_TRANSPORT_TRIP_H

#include <stdbool.h>
#include <stddef.h>

#include "transport/exchange.h"

struct trip {
    struct exchange_request request;
    struct turn turn;
    struct exchange x;
    struct fault fault;
    int server; /* the other end, or -1 */
};

extern struct trip trip;

#define REQUEST_HEAD "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

/* Sets trip.request, without a body, and trip.turn, a worker's; to be changed before the begin. */
void trip_set_request(const char *head);

/* Gives trip.request a body, borrowed. */
void trip_set_body(const char *data, size_t len);

/* Begins on a new pair. False without memory. */
bool trip_begin(void);

/* Closes the server's end; frees everything. */
void trip_hang_up(void);
void trip_end(void);

enum exchange_next trip_step(void);

/* Sends, as the server; and then steps until there is nothing more to read. */
void trip_send_bytes(const char *bytes, size_t len);
enum exchange_next trip_feed(const char *bytes, size_t len);
enum exchange_next trip_feed_text(const char *text);

/* The request is written and the server has read it: an end is an end then, not a reset. */
void trip_write_request(void);

/* Whether a step failed with this fault. */
bool trip_failed_with(enum exchange_next next, gofer_status code, gofer_phase phase);

#endif
