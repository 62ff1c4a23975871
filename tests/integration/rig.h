/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The rig that every integration test stands on. It owns what a test makes
 * through it (origins, clients, requests, responses) and takes it down after the
 * test in the right order, then looks for descriptors, threads and blocks that
 * were left. A test that hangs is ended, with its name, by an alarm: one in which
 * nothing goes on any more, however long the others take.
 *
 * It also knows the drivers: ways to make one call. A suite listed as DRIVEN in
 * suites.def is run once for each of them that is plain, one listed as SECURE for
 * those over TLS as well, with the same test bodies.
 *
 * Everything here is for the test's own thread, unless it says otherwise.
 */
#ifndef TESTS_INTEGRATION_RIG_H
#define TESTS_INTEGRATION_RIG_H

#include <gofer/gofer.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "support/echo_origin.h"
#include "support/gate.h"
#include "support/origin.h"
#include "support/script.h"

/* A way to make one call. */
struct driver {
    const char *name;
    int workers; /* of the client */
    bool tls;    /* origins speak TLS, clients trust them */
    gofer_status (*call)(gofer_client *client, const gofer_request *request,
                         gofer_response **response);
};

extern const struct driver drivers[];
extern const unsigned drivers_len;

/* From now on tests use this driver. The first is the default. */
void rig_drive(const struct driver *driver);

/* Whether the driver is one over TLS: what a test sees of single bytes and segments is not its own
 * then. */
bool rig_is_tls(void);

/* "http" or "https", as the driver's origins speak. */
const char *rig_scheme(void);

/* Before and after each test. */
void rig_set_up(void);
void rig_tear_down(void);

/* Something went on: the test does not hang. Each expectation says so by itself. Any thread. */
void rig_progress(void);

/* The process-wide echo origin; started by main while it has one thread. */
extern struct echo_origin rig_echo;

/* The URL of one of its paths, into buf (ORIGIN_URL_BYTES). */
const char *rig_echo_url(const char *word, unsigned long n, char *buf);

/* A gate for this test; it opens when the test is over. */
struct gate *rig_gate(void);

/* An origin for this test; one whose handler gets a copy of len bytes as its argument; one that
 * plays a script, a copy too. What an argument points to must live until the handler has returned.
 */
struct origin *rig_origin(origin_handler handler, void *arg);
struct origin *rig_origin_copy(origin_handler handler, const void *arg, size_t len);
struct origin *rig_script(const struct route *routes);

/* An origin that speaks plain HTTP whatever the driver. */
struct origin *rig_origin_plain(origin_handler handler, void *arg);

/* An origin over TLS whatever the driver, which shows the workshop's certificate of that name and
 * its issuers; or whose server's side is the caller's (which it keeps a reference to). */
struct origin *rig_origin_tls(origin_handler handler, void *arg, const char *cert);
struct origin *rig_origin_ctx(origin_handler handler, void *arg, struct ssl_ctx_st *ctx);

/* Calls fn(arg) when the test is over: after its clients ended, before its origins do. */
void rig_defer(void (*fn)(void *arg), void *arg);

/* A client for this test; workers 0 means the driver's. */
gofer_client *rig_client(const gofer_client_options *options);

/* Ends a rig_client() before the test does. */
void rig_end_client(gofer_client *client);

/* A request for this test: to a path of an origin, or to a URL. */
gofer_request *rig_request(const char *method, const struct origin *origin, const char *path);
gofer_request *rig_request_to(const char *method, const char *url);

/* Takes over a response, to be freed after the test; or by rig_free(), before. */
void rig_keep(gofer_response *response);
void rig_free(gofer_response *response);

/* How a call ended. */
struct outcome {
    gofer_status status;
    const gofer_response *response; /* the rig's */
    const gofer_error *error;       /* NULL on success */
    int64_t took_ms;
    int64_t limit_ms; /* rig_limited(): the time limit that it had */
};

/* Makes a call by the driver and checks what holds for every outcome. */
struct outcome rig_call(gofer_client *client, const gofer_request *request);

/* rig_call() with a GET. */
struct outcome rig_get(gofer_client *client, const struct origin *origin, const char *path);
struct outcome rig_get_url(gofer_client *client, const char *url);

/* rig_get() of "/", which is answered with "hello". */
void rig_get_hello(gofer_client *client, const struct origin *origin);

/* Submits a GET of "/"; waits for a future, however long, and frees it. */
gofer_future *rig_submit(gofer_client *client, const struct origin *origin);
struct outcome rig_take(gofer_future *future);

/* What holds for every outcome, whichever way it was got. Keeps the response. */
struct outcome rig_outcome(gofer_status status, gofer_response *response);

/* The call succeeded, with this status and this body. */
void rig_expect_answer(const struct outcome *outcome, int status, const char *body);

/* The call failed so; where it has no error at all the test ends here. */
void rig_expect_error(const struct outcome *outcome, gofer_status status);

/* A timeout: in this phase, not before ms passed, and not long after. */
void rig_expect_timeout(const struct outcome *outcome, gofer_phase phase, int64_t ms);

/*
 * A time limit that must find its call in a phase comes too soon on a busy machine.
 * So the limit, which is short at first, is lengthened and the call made again until
 * it ends in this phase, or in another way than before it: which is then expected to
 * be a timeout, and not an early one. attempt() makes one call.
 */
typedef struct outcome rig_attempt(int64_t limit_ms, void *arg);
struct outcome rig_limited(rig_attempt *attempt, void *arg, gofer_phase phase);

/* The limits one after the other, for tests with more than a call in each attempt. */
#define RIG_LIMITS(ms)                                                                             \
    int64_t ms = 60;                                                                               \
    ms < PATIENCE_MS;                                                                              \
    ms *= 4

/* rig_limited() where the limit is the request's own timeout. */
struct outcome rig_limited_call(gofer_client *client, gofer_request *request, gofer_phase phase);

/* rig_limited() where it is an option, at `limit` in options: a new client for each attempt, which
 * is left in *client for the test. The request is a GET. */
struct limited_get {
    gofer_client_options options;
    int64_t *limit;
    const char *url;
    gofer_client *client;
};
struct outcome rig_limited_get(struct limited_get *get, gofer_phase phase);

gofer_stats rig_stats(gofer_client *client);

/* Waits until stats show n idle connections, dials, active calls. */
bool rig_wait_idle(gofer_client *client, unsigned n);
bool rig_wait_dialing(gofer_client *client, unsigned n);
bool rig_wait_active(gofer_client *client, unsigned n);

/* A thread that makes one call by the driver, and what came of it. */
struct caller {
    pthread_t thread;
    gofer_client *client;
    gofer_request *request;
    gofer_status status;
    gofer_response *response;
};

void caller_start(struct caller *caller, gofer_client *client, gofer_request *request);
struct outcome caller_join(struct caller *caller);

/* The same of one that was answered with "hello". */
void caller_joins_hello(struct caller *caller);

#endif
