/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What all callers share: one client, the far side, the names, and what they count.
 * The counts are atomic; everything else does not change while callers run.
 */
#ifndef TESTS_CHAOS_STORM_H
#define TESTS_CHAOS_STORM_H

#include <gofer/gofer.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "chaos/far.h"
#include "chaos/fault.h"
#include "support/blackhole.h"
#include "support/dns_server.h"

enum { STORM_HOSTS = 4, STORM_STATUSES = GOFER_ERR_CERTIFICATE + 1 };
enum { STORM_PHASES = GOFER_PHASE_RETRY + 1 };

/* The client's limits of connecting and of a handshake: a dial that nobody waits for any more lasts
 * no longer, and a leg is over soon. A machine that is busy may take as long for a good one. */
enum { STORM_DIAL_MS = 3000 };

/* The ways to make a call. */
enum way {
    WAY_DO,        /* gofer_do() */
    WAY_WAIT,      /* a future, gofer_future_wait() */
    WAY_WAIT_FOR,  /* gofer_future_wait_for(), again and again */
    WAY_IMPATIENT, /* the same a few times, then gofer_future_cancel() */
    WAY_TOKEN,     /* a token that another thread fires */
    WAY_DEADLINE,  /* a token with a deadline */
    WAY_DROP,      /* the future is freed at once */
    WAY_DONE,      /* gofer_future_on_done() takes the response */
    WAY_ANY,       /* several, gofer_future_wait_any() */
    WAY_GROUP,     /* several, gofer_group_next() */
    WAY_STREAM,    /* gofer_do() with a streaming request */
    WAY_STREAM_FUTURE,
    WAY_SINK, /* gofer_response_to_callback() */
    WAY_QUIT, /* a stream that is closed early */
    WAYS
};

extern const char *const way_names[WAYS];

struct storm {
    gofer_client *client;
    struct far far;
    struct dns_server *dns;
    struct blackhole hole;
    int file; /* for bodies: STORM_FILE_BYTES of pattern STORM_FILE_NUMBER */
    uint64_t seed;
    bool stops_by_time;
    int64_t stop_ms;          /* of this leg; by the monotonic clock */
    _Atomic int64_t left;     /* calls of this leg that nobody has begun */
    _Atomic uint64_t next_id; /* 0 is none */
    _Atomic bool over;        /* of this leg */

    _Atomic uint64_t begun, ended, dropped;
    _Atomic uint64_t slow_dials; /* on a machine that is busy */
    _Atomic uint64_t by_status[STORM_STATUSES];
    _Atomic uint64_t by_way[WAYS];
    _Atomic uint64_t by_fault[FAULTS];
    _Atomic uint64_t timeouts[STORM_PHASES];
    _Atomic uint64_t checked_bytes;
    _Atomic int64_t latest_ms; /* the most that a call ended behind its deadline */
    _Atomic uint64_t complaints;
};

enum { STORM_FILE_BYTES = 256 * 1024, STORM_FILE_NUMBER = 77 };

/* Makes the names, the file and the far side, for ids below `ids`; while there is one thread. Ends
 * them. */
void storm_begin(struct storm *storm, uint64_t seed, uint64_t ids);
void storm_end(struct storm *storm);

/* The TLS options that trust the far side. */
gofer_tls_options storm_tls(void);

/* A line about what must not be; the storm has failed. */
void storm_complain(struct storm *storm, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
