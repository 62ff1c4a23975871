/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the modes of the bench program share. A mode is one way to make the same
 * requests (a peer), or one figure that is no rate (memory, overshoot). Each has
 * a file of its own and one function here; main.c names them in one table.
 *
 * Two harnesses keep the peers comparable. lanes_run() is for modes in which
 * each of N threads makes one request after another; loop_run() for modes in
 * which one thread keeps N in flight. Both warm up before the clock starts, so
 * that connections and caches exist, and both count only answers that are right:
 * status 200 and the expected number of body bytes.
 *
 * The bench uses gofer's public headers and nothing else of it.
 */
#ifndef GOFER_TESTS_BENCH_H
#define GOFER_TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

struct gofer_client;

/* A moment: the wall clock, and what the process had used of the processors by then. */
struct stamp {
    struct timespec at;
    struct rusage usage;
};

/* What was asked for on the command line, and what came of it. */
struct run {
    const char *mode;
    const char *url;
    int threads;      /* threads, or calls in flight where one thread makes them all */
    long requests;    /* measured requests, warm-up not counted */
    long calls;       /* calls in flight, for memory and overshoot */
    size_t body_len;  /* what each answer must carry */
    uint64_t bytes;   /* of a large body; 0: the mode's own */
    int rounds;       /* of stream */
    const char *only; /* the one transfer of stream and flat, with its peer; NULL: all */
    bool count_heap;  /* count the peer's allocations */
    bool skip_check;  /* gofer without its checkout check */
    const char *ca;   /* of https: the file with the CA to trust; NULL: the system's */
    bool full;        /* no session is resumed */
    bool once;        /* a connection for each request: the server closes after its answer */
    const char *key;  /* of ca, for an origin of this program's */
    int workers;      /* gofer's worker threads; 0: its default */
    long max_conns;   /* of gofer's to one host; 0: no limit */
    bool latency;     /* each lane's requests are timed one by one */
    double seconds;   /* how long it took by the peer's own clock; 0: from begin to end */
    struct stamp begin;
    struct stamp end;
    long ok;            /* answers that were right */
    long heap_at_begin; /* allocations made when the clock started, and when it stopped */
    long heap_at_end;
};

/* --- measure.c --- */

/* The clock starts, and stops. Called once each, by whichever thread is first in and last out. */
void run_begin(struct run *run);
void run_end(struct run *run);

/* Prints the run as one line of name=value words. Returns the exit status: 1 when an answer was
 * missing or wrong. */
int run_print(const struct run *run);

/* Prints that this mode cannot run here, and why. Returns exit status 0. */
int run_skip(const struct run *run, const char *why);

/* Prints to standard error why the mode failed. Returns exit status 1. */
int run_fail(const struct run *run, const char *what);

/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t now_ns(void);

/* Raises the soft descriptor limit to the hard one and returns how many of `wanted` connections
 * fit below it. */
long raise_descriptors(long wanted);

/* Bytes of the process that are in memory, as the kernel counts pages (smaps_rollup); -1 where it
 * does not say. */
long resident_bytes(void);

/* How many threads the process has. */
long thread_count(void);

/* --- libc_size.c --- */

/* What the process holds, whoever asked for it: as libc counts it (0 where it does not), and in
 * memory. */
struct libc_size {
    long allocated;
    long resident;
};

/* Gives back what is free, and measures. */
struct libc_size libc_size_now(void);

/* Prints as one line what each of so many idle connections added. */
void libc_size_print(const struct run *run, const struct libc_size *empty,
                     const struct libc_size *idle, long conns);

/* --- lanes.c --- */

/* One thread's way to make requests. */
struct lane_ops {
    void *(*open)(const struct run *run, void *shared); /* NULL on failure */
    bool (*get)(void *lane);                            /* one request; whether it was answered */
    void (*close)(void *lane);
};

/* Runs run->threads lanes until run->requests are made. Returns an exit status, after printing. */
int lanes_run(struct run *run, const struct lane_ops *ops, void *shared);

/* One thread's way to make many requests, run->threads of them at a time. */
struct loop_ops {
    void *(*open)(const struct run *run);        /* NULL on failure */
    long (*get_many)(void *loop, long requests); /* how many were answered */
    void (*close)(void *loop);
};

/* Makes run->requests through one loop. Returns an exit status, after printing. */
int loop_run(struct run *run, const struct loop_ops *ops);

/* --- latency.c: how long single requests took, of all lanes together --- */

struct latency;

/* Room for so many. NULL without memory. */
struct latency *latency_new(long requests);
void latency_free(struct latency *latency);

/* Any thread. */
void latency_add(struct latency *latency, int64_t ns);

/* Prints the quantiles as name=value words; p99_ratio is the p99 over the median. */
void latency_print(struct latency *latency);

/* --- heap.c: an allocator that counts; any thread --- */

void *heap_malloc(size_t size);
void *heap_calloc(size_t count, size_t size);
void *heap_realloc(void *p, size_t size);
char *heap_strdup(const char *s);
void heap_free(void *p);

/* How often memory was asked for (realloc included), and how many bytes are held, with what the
 * allocator rounds up to. */
long heap_allocations(void);
long heap_bytes(void);

/* The most bytes that were held at once since the last heap_reset_peak(). */
long heap_peak(void);
void heap_reset_peak(void);

/* --- gofer_common.c --- */

struct gofer_request;
struct gofer_response;

/* A client and one GET, as every gofer mode shares them. */
struct gofer_peer {
    struct gofer_client *client;
    struct gofer_request *request;
    const struct run *run;
};

/* Makes both, with the counting allocator where the run asks for it. False on failure. */
bool gofer_peer_init(struct gofer_peer *peer, const struct run *run);
void gofer_peer_fini(struct gofer_peer *peer);

/* Whether the response is the expected one. Frees it. */
bool gofer_peer_check(const struct gofer_peer *peer, struct gofer_response *response);

/* --- gofer_futures.c: its loop, for other modes too --- */

void *gofer_futures_open(const struct run *run);
long gofer_futures_get_many(void *loop, long requests);
void gofer_futures_close(void *loop);
struct gofer_client *gofer_futures_client(void *loop);

/* --- the modes, each in the file of its name --- */

int raw_main(struct run *run);
int raw_pooled_main(struct run *run);
int epoll_main(struct run *run);
int epoll_cores_main(struct run *run);
int epoll_burst_main(struct run *run);
int wrk_main(struct run *run);
int soup_main(struct run *run);
int curl_easy_main(struct run *run);
int curl_burst_main(struct run *run);
int curl_multi_main(struct run *run);
int gofer_do_main(struct run *run);
int gofer_futures_main(struct run *run);
int gofer_lent_main(struct run *run);
int gofer_burst_main(struct run *run);
int gofer_cancel_main(struct run *run);
int gofer_on_done_main(struct run *run);
int gofer_submit_wait_main(struct run *run);
int gofer_memory_main(struct run *run);
int gofer_overshoot_main(struct run *run);
int gofer_stalled_main(struct run *run);
int gofer_stream_main(struct run *run);
int gofer_flat_main(struct run *run);
int gofer_crowd_main(struct run *run);
int gofer_tls_memory_main(struct run *run);
int curl_tls_memory_main(struct run *run);
int s_time_main(struct run *run);
int origin_main(struct run *run);
int free_port_main(struct run *run);

#endif
