/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What every call did, and when: recorded from the library's trace, for the
 * pictures (har.h, waterfall.h).
 *
 *     BEGIN ─► a call, and its first trip
 *     GET_CONN ─► the next trip: after a redirect, or tried again
 *     all else ─► notes in the call's last trip, also once the call has ended
 *
 * A value that is a secret is not in what the trace tells; what a response sets
 * as cookies is left out here.
 *
 * timeline_event() may be called by any number of threads. The rest is for when
 * no call runs any more.
 */
#ifndef GOFER_CLI_TIMELINE_H
#define GOFER_CLI_TIMELINE_H

#include <gofer/gofer.h>
#include <stdbool.h>
#include <stdint.h>

struct timeline;

struct timeline_field {
    char *name;
    char *value;
};

/* Header fields in their order. */
struct timeline_fields {
    struct timeline_field *items;
    size_t len;
};

/* One round trip: a request on its way to one response. Times are on the monotonic clock, in
 * microseconds; 0: that never came. Strings are NULL where nothing was told. */
struct trip {
    char *method;
    char *url;
    int64_t begun_us; /* the call's begin, of its first trip; else asked_us */
    int64_t asked_us; /* for a connection */
    /* of the dial that was begun for it, whether its connection came from there or not */
    int64_t lookup_us;
    int64_t looked_up_us;
    int64_t connect_us; /* the first address */
    int64_t connected_us;
    int64_t tls_us;
    int64_t secured_us;
    char *tls_version;
    char *tls_cipher;
    bool tls_resumed;
    /* its connection */
    int64_t got_us;
    uint64_t conn; /* 0: it got none */
    char *peer;    /* "127.0.0.1", "::1" */
    bool reused;
    bool was_idle; /* reused, but not idle before: bound late */
    int64_t idle_us;
    /* the exchange */
    int64_t sent_us;
    int64_t first_byte_us;
    int64_t ended_us;
    struct timeline_fields request;
    int status; /* 0: no response */
    int http_minor;
    char *reason;
    struct timeline_fields response;
    int64_t body_bytes; /* of the response, decoded; -1: not known */
    char *error;        /* why it came to nothing, or is tried again */
};

struct timeline_call {
    uint64_t number;
    const void *user; /* gofer_request_set_user() */
    int64_t begun_us;
    int64_t ended_us; /* 0: it has not */
    gofer_status status;
    struct trip *trips; /* at least one */
    size_t trips_len;
    struct timeline_call *next;
};

/* Begins one. Ends the program without memory, as all here does. */
struct timeline *timeline_new(void);
void timeline_free(struct timeline *timeline);

/* A gofer_trace_fn. */
void timeline_event(const gofer_trace_event *event, void *timeline);

/* The response to the last call of this user had so many bytes of body. NULL is legal. */
void timeline_body(struct timeline *timeline, const void *user, int64_t bytes);

/* All calls, in the order in which they began. Valid until the next event. */
const struct timeline_call *timeline_calls(struct timeline *timeline);

/* What to add to a time of a trip to have microseconds since 1970. */
int64_t timeline_epoch_us(const struct timeline *timeline);

/* A response's or request's field, its first; or NULL. */
const char *timeline_field(const struct timeline_fields *fields, const char *name);

#endif
