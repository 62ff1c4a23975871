/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A client's numbers for whoever runs it: histograms of how long the phases of
 * calls take, and all counters in the text format that Prometheus reads.
 */
#ifndef GOFER_METRICS_H
#define GOFER_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gofer/client.h>
#include <gofer/error.h>

GOFER_BEGIN_DECLS

/* A phase of gofer_times. Values are stable; new ones are added at the end. */
typedef enum gofer_timed {
    GOFER_TIMED_QUEUE,
    GOFER_TIMED_EARLIER,
    GOFER_TIMED_POOL,
    GOFER_TIMED_RESOLVE,
    GOFER_TIMED_CONNECT,
    GOFER_TIMED_TLS,
    GOFER_TIMED_SEND,
    GOFER_TIMED_WAIT,
    GOFER_TIMED_RECEIVE,
    GOFER_TIMED_TOTAL
} gofer_timed;

#define GOFER_LATENCY_BUCKETS 22

/*
 * How long a phase took, of all calls that have ended and had it: a call that found a connection
 * has no resolve, connect and TLS. Bucket i counts those that took at most
 * gofer_latency_bound_us(i), and more than the bound before; the last has no bound.
 */
typedef struct gofer_latency {
    uint64_t count;
    uint64_t sum_us;
    uint64_t buckets[GOFER_LATENCY_BUCKETS];
} gofer_latency;

/* The bound of a bucket: 50 us, and twice as much each further one; -1 for the last. */
GOFER_API int64_t gofer_latency_bound_us(size_t bucket);

/*
 * Copies a phase's histogram. False, and all zeros, where the client has no `measure` option, or
 * has ended. Calls that end meanwhile may be in one of the numbers and not yet in another.
 */
GOFER_API bool gofer_client_latency(gofer_client *client, gofer_timed phase,
                                    gofer_latency *latency);

/*
 * Writes counters, gauges, origins and, with the `measure` option, histograms in Prometheus's text
 * format, by calling fn(arg, data, len) once or more often; fn returns 0 to go on. `name`, where it
 * is not NULL, becomes a label client="name" of every line: to tell the clients of one program
 * apart. GOFER_OK, GOFER_ERR_CANCELED where fn said stop, GOFER_ERR_NOMEM, GOFER_ERR_CLOSED or
 * GOFER_ERR_INVALID.
 */
GOFER_API gofer_status gofer_client_stats_prometheus(gofer_client *client, const char *name,
                                                     int (*fn)(void *arg, const void *data,
                                                               size_t len),
                                                     void *arg);

GOFER_END_DECLS

#endif
