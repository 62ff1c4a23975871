/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See rig.h.
 */
#include "integration/rig.h"

#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "integration/expect.h"
#include "support/certs.h"
#include "support/heap.h"
#include "support/leaks.h"

enum { MANY = 256, STILL_SECONDS = 120, HANG_MS = 60000, SLOW_MS = 1000 };

static struct {
    const struct driver *driver;
    struct leaks before;
    int64_t began;
    struct origin *origins[MANY];
    unsigned origins_len;
    void *args[MANY]; /* of the origin with the same index, owned; or NULL */
    struct gate *gates[MANY];
    unsigned gates_len;
    gofer_client *clients[MANY];
    unsigned clients_len;
    struct {
        void (*fn)(void *arg);
        void *arg;
    } deferred[MANY];
    unsigned deferred_len;
    gofer_request *requests[MANY];
    unsigned requests_len;
    gofer_response **responses;
    size_t responses_len, responses_cap;
} rig;

struct echo_origin rig_echo;

static atomic_uint progress;
static unsigned progress_seen; /* the alarm's */

/* --- drivers --- */

static gofer_status call_wait(gofer_client *client, const gofer_request *request,
                              gofer_response **response)
{
    gofer_future *future = gofer_submit(client, request);
    gofer_status status = gofer_future_wait(future, response);

    gofer_future_free(future);
    return status;
}

static gofer_status call_wait_for(gofer_client *client, const gofer_request *request,
                                  gofer_response **response)
{
    gofer_future *future = gofer_submit(client, request);
    gofer_status status = gofer_future_wait_for(future, -1, response);

    gofer_future_free(future);
    return status;
}

const struct driver drivers[] = {
    {"caller", 2, false, gofer_do},
    {"workers", 2, false, call_wait_for},
    {"caller alone", GOFER_NO_WORKERS, false, gofer_do},
    {"stealing, alone", GOFER_NO_WORKERS, false, call_wait},
    {"turns, alone", GOFER_NO_WORKERS, false, call_wait_for},
    {"caller, TLS", 2, true, gofer_do},
    {"workers, TLS", 2, true, call_wait_for},
    {"turns, alone, TLS", GOFER_NO_WORKERS, true, call_wait_for},
};
const unsigned drivers_len = sizeof drivers / sizeof *drivers;

void rig_drive(const struct driver *driver)
{
    rig.driver = driver;
}

bool rig_is_tls(void)
{
    return rig.driver->tls;
}

const char *rig_scheme(void)
{
    return rig.driver->tls ? "https" : "http";
}

/* --- up and down --- */

void rig_progress(void)
{
    atomic_fetch_add_explicit(&progress, 1, memory_order_relaxed);
}

static void watch_for_hangs(void)
{
    progress_seen = atomic_load_explicit(&progress, memory_order_relaxed);
    alarm(STILL_SECONDS);
}

static void on_alarm(int signal)
{
    static const char text[] = "\n    the test hangs\n";

    (void)signal;
    if (progress_seen != atomic_load_explicit(&progress, memory_order_relaxed)) {
        watch_for_hangs();
        return;
    }
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    abort();
}

static void drop_origins(void)
{
    for (unsigned i = 0; i < rig.gates_len; i++) {
        for (int n = 0; n < 100; n++)
            gate_pass(rig.gates[i]);
    }
    while (rig.origins_len > 0) {
        origin_stop(rig.origins[--rig.origins_len]);
        free(rig.args[rig.origins_len]);
    }
    while (rig.gates_len > 0) {
        gate_fini(rig.gates[--rig.gates_len]);
        free(rig.gates[rig.gates_len]);
    }
}

static void drop_all(void)
{
    while (rig.clients_len > 0)
        gofer_client_free(rig.clients[--rig.clients_len]);
    while (rig.deferred_len > 0) {
        rig.deferred_len--;
        rig.deferred[rig.deferred_len].fn(rig.deferred[rig.deferred_len].arg);
    }
    drop_origins();
    while (rig.requests_len > 0)
        gofer_request_free(rig.requests[--rig.requests_len]);
    while (rig.responses_len > 0)
        gofer_response_free(rig.responses[--rig.responses_len]);
    free(rig.responses);
    rig.responses = NULL;
    rig.responses_cap = 0;
}

/* A required expectation that failed jumps over the tear-down, hence the first drop. */
void rig_set_up(void)
{
    drop_all();
    heap_fail_at(0);
    signal(SIGALRM, on_alarm);
    watch_for_hangs();
    if (rig.driver == NULL)
        rig.driver = drivers;
    leaks_count(&rig.before);
    rig.began = now_ms();
}

void rig_tear_down(void)
{
    int64_t took = now_ms() - rig.began;

    drop_all();
    EXPECT(leaks_none(&rig.before));
    if (took > SLOW_MS)
        printf("(%lld ms) ", (long long)took);
    alarm(0);
}

/* --- what a test makes --- */

const char *rig_echo_url(const char *word, unsigned long n, char *buf)
{
    snprintf(buf, ORIGIN_URL_BYTES, "http://127.0.0.1:%u/%s/%lu", rig_echo.port, word, n);
    return buf;
}

static struct origin *own(struct origin *origin)
{
    REQUIRE(rig.origins_len < MANY);
    rig.args[rig.origins_len] = NULL;
    rig.origins[rig.origins_len++] = origin;
    return origin;
}

struct origin *rig_origin_ctx(origin_handler handler, void *arg, SSL_CTX *ctx)
{
    return own(origin_start_tls(handler, arg, ctx));
}

struct origin *rig_origin_tls(origin_handler handler, void *arg, const char *cert)
{
    SSL_CTX *ctx = certs_server(cert, NULL);
    struct origin *origin = rig_origin_ctx(handler, arg, ctx);

    SSL_CTX_free(ctx);
    return origin;
}

struct origin *rig_origin_plain(origin_handler handler, void *arg)
{
    return own(origin_start(handler, arg));
}

struct origin *rig_origin(origin_handler handler, void *arg)
{
    return rig.driver->tls ? rig_origin_tls(handler, arg, "good") : rig_origin_plain(handler, arg);
}

struct origin *rig_origin_copy(origin_handler handler, const void *arg, size_t len)
{
    void *copy = malloc(len);
    struct origin *origin;

    REQUIRE(copy != NULL);
    memcpy(copy, arg, len);
    origin = rig_origin(handler, copy);
    rig.args[rig.origins_len - 1] = copy;
    return origin;
}

struct origin *rig_script(const struct route *routes)
{
    size_t n = 1;

    while (routes[n - 1].target != NULL)
        n++;
    return rig_origin_copy(script_serve, routes, n * sizeof *routes);
}

struct gate *rig_gate(void)
{
    static const struct gate closed = GATE_INIT;
    struct gate *gate = malloc(sizeof *gate);

    REQUIRE(gate != NULL && rig.gates_len < MANY);
    *gate = closed;
    rig.gates[rig.gates_len++] = gate;
    return gate;
}

void rig_defer(void (*fn)(void *arg), void *arg)
{
    REQUIRE(rig.deferred_len < MANY);
    rig.deferred[rig.deferred_len].fn = fn;
    rig.deferred[rig.deferred_len++].arg = arg;
}

gofer_client *rig_client(const gofer_client_options *options)
{
    gofer_client_options copy = {0};
    gofer_tls_options tls = {0};
    gofer_client *client;

    if (options != NULL)
        copy = *options;
    if (copy.workers == 0)
        copy.workers = rig.driver->workers;
    if (copy.tls_handshake_timeout_ms == 0) /* one takes seconds beside valgrind */
        copy.tls_handshake_timeout_ms = HANG_MS;
    if (rig.driver->tls && copy.tls == NULL) {
        tls.ca_pem = certs_pem("root");
        copy.tls = &tls;
    }
    REQUIRE(rig.clients_len < MANY);
    client = gofer_client_new(&copy);
    REQUIRE(client != NULL);
    rig.clients[rig.clients_len++] = client;
    return client;
}

void rig_end_client(gofer_client *client)
{
    for (unsigned i = 0; i < rig.clients_len; i++) {
        if (rig.clients[i] == client)
            rig.clients[i] = rig.clients[--rig.clients_len];
    }
    gofer_client_free(client);
}

gofer_request *rig_request_to(const char *method, const char *url)
{
    gofer_request *request = gofer_request_new(method, url);

    REQUIRE(request != NULL);
    REQUIRE(rig.requests_len < MANY);
    rig.requests[rig.requests_len++] = request;
    return request;
}

gofer_request *rig_request(const char *method, const struct origin *origin, const char *path)
{
    char url[ORIGIN_URL_BYTES];

    return rig_request_to(method, origin_url(origin, path, url));
}

void rig_keep(gofer_response *response)
{
    if (rig.responses_len == rig.responses_cap) {
        rig.responses_cap = 2 * rig.responses_cap + 16;
        rig.responses = realloc(rig.responses, rig.responses_cap * sizeof(gofer_response *));
        if (rig.responses == NULL)
            abort();
    }
    rig.responses[rig.responses_len++] = response;
}

void rig_free(gofer_response *response)
{
    for (size_t i = 0; i < rig.responses_len; i++) {
        if (rig.responses[i] == response)
            rig.responses[i] = rig.responses[--rig.responses_len];
    }
    gofer_response_free(response);
}

/* --- calls --- */

static void check_error(const struct outcome *outcome)
{
    const gofer_error *error = outcome->error;

    REQUIRE(error != NULL);
    if (outcome->status != GOFER_ERR_REDIRECT)
        EXPECT_INT(gofer_response_status(outcome->response), 0);
    EXPECT_STATUS(error->code, outcome->status);
    EXPECT_INT(error->timeout, outcome->status == GOFER_ERR_TIMEOUT);
    REQUIRE(error->message != NULL);
    EXPECT(error->message[0] != '\0');
    EXPECT(strchr(error->message, '\n') == NULL);
}

struct outcome rig_outcome(gofer_status status, gofer_response *response)
{
    struct outcome outcome = {.status = status, .response = response};
    size_t len;

    rig_keep(response);
    outcome.error = gofer_response_error(response);
    if (response == NULL) {
        EXPECT_STATUS(status, GOFER_ERR_NOMEM);
        return outcome;
    }
    REQUIRE(gofer_response_body(response, &len) != NULL);
    EXPECT_INT(((const char *)gofer_response_body(response, NULL))[len], '\0');
    EXPECT(gofer_response_url(response) != NULL);
    EXPECT(gofer_response_reason(response) != NULL);
    if (status != GOFER_OK)
        check_error(&outcome);
    else if (outcome.error != NULL) /* a stream that ended since */
        EXPECT_INT(outcome.error->phase, GOFER_PHASE_BODY);
    return outcome;
}

struct outcome rig_call(gofer_client *client, const gofer_request *request)
{
    gofer_response *response = NULL;
    int64_t began = now_ms();
    gofer_status status = rig.driver->call(client, request, &response);
    int64_t took = now_ms() - began;
    struct outcome outcome = rig_outcome(status, response);

    outcome.took_ms = took;
    EXPECT(outcome.took_ms < HANG_MS);
    return outcome;
}

struct outcome rig_get(gofer_client *client, const struct origin *origin, const char *path)
{
    return rig_call(client, rig_request("GET", origin, path));
}

struct outcome rig_get_url(gofer_client *client, const char *url)
{
    return rig_call(client, rig_request_to("GET", url));
}

gofer_future *rig_submit(gofer_client *client, const struct origin *origin)
{
    return gofer_submit(client, rig_request("GET", origin, "/"));
}

struct outcome rig_take(gofer_future *future)
{
    gofer_response *response = NULL;
    gofer_status status = gofer_future_wait(future, &response);

    gofer_future_free(future);
    return rig_outcome(status, response);
}

static void say_error(const struct outcome *outcome)
{
    if (outcome->error != NULL)
        fprintf(stderr, "\n    %s", outcome->error->message);
}

void rig_expect_answer(const struct outcome *outcome, int status, const char *body)
{
    if (!EXPECT_STATUS(outcome->status, GOFER_OK)) {
        say_error(outcome);
        return;
    }
    EXPECT_INT(gofer_response_status(outcome->response), status);
    EXPECT_TEXT(gofer_response_body(outcome->response, NULL), body);
}

void rig_expect_error(const struct outcome *outcome, gofer_status status)
{
    if (!EXPECT_STATUS(outcome->status, status))
        say_error(outcome);
    REQUIRE(outcome->error != NULL);
}

void rig_expect_timeout(const struct outcome *outcome, gofer_phase phase, int64_t ms)
{
    rig_expect_error(outcome, GOFER_ERR_TIMEOUT);
    EXPECT_TEXT(gofer_phase_name(outcome->error->phase), gofer_phase_name(phase));
    EXPECT(outcome->error->timeout);
    EXPECT_AT_LEAST(outcome->took_ms, ms);
}

/* --- time limits --- */

/* Before the phase, or in the one that sends before a byte was sent. */
static bool came_too_soon(const struct outcome *outcome, gofer_phase phase)
{
    const gofer_error *error = outcome->error;

    if (error == NULL || !error->timeout)
        return false;
    return error->phase < phase || (phase == GOFER_PHASE_SEND && error->sent == GOFER_SENT_NOTHING);
}

struct outcome rig_limited(rig_attempt *attempt, void *arg, gofer_phase phase)
{
    struct outcome outcome = {0};

    for (RIG_LIMITS(limit_ms)) {
        outcome = attempt(limit_ms, arg);
        outcome.limit_ms = limit_ms;
        if (!came_too_soon(&outcome, phase))
            break;
    }
    rig_expect_timeout(&outcome, phase, outcome.limit_ms);
    return outcome;
}

struct limited_call {
    gofer_client *client;
    gofer_request *request;
};

static struct outcome attempt_call(int64_t limit_ms, void *arg)
{
    const struct limited_call *call = arg;

    EXPECT_STATUS(gofer_request_set_timeout_ms(call->request, limit_ms), GOFER_OK);
    return rig_call(call->client, call->request);
}

struct outcome rig_limited_call(gofer_client *client, gofer_request *request, gofer_phase phase)
{
    return rig_limited(attempt_call, &(struct limited_call){client, request}, phase);
}

static struct outcome attempt_get(int64_t limit_ms, void *arg)
{
    struct limited_get *get = arg;

    if (get->client != NULL)
        rig_end_client(get->client);
    *get->limit = limit_ms;
    get->client = rig_client(&get->options);
    return rig_get_url(get->client, get->url);
}

struct outcome rig_limited_get(struct limited_get *get, gofer_phase phase)
{
    get->client = NULL;
    return rig_limited(attempt_get, get, phase);
}

/* --- statistics --- */

gofer_stats rig_stats(gofer_client *client)
{
    gofer_stats stats;

    gofer_client_stats(client, &stats);
    return stats;
}

struct wanted {
    gofer_client *client;
    unsigned n;
};

static bool has_idle(void *arg)
{
    const struct wanted *wanted = arg;

    return rig_stats(wanted->client).conns_idle == wanted->n;
}

static bool has_dialing(void *arg)
{
    const struct wanted *wanted = arg;

    return rig_stats(wanted->client).conns_dialing == wanted->n;
}

static bool has_active(void *arg)
{
    const struct wanted *wanted = arg;

    return rig_stats(wanted->client).calls_active == wanted->n;
}

bool rig_wait_idle(gofer_client *client, unsigned n)
{
    return eventually(has_idle, &(struct wanted){client, n});
}

bool rig_wait_dialing(gofer_client *client, unsigned n)
{
    return eventually(has_dialing, &(struct wanted){client, n});
}

bool rig_wait_active(gofer_client *client, unsigned n)
{
    return eventually(has_active, &(struct wanted){client, n});
}

/* --- callers --- */

static void *caller_main(void *arg)
{
    struct caller *caller = arg;

    caller->status = rig.driver->call(caller->client, caller->request, &caller->response);
    return NULL;
}

void caller_start(struct caller *caller, gofer_client *client, gofer_request *request)
{
    *caller = (struct caller){.client = client, .request = request};
    REQUIRE(pthread_create(&caller->thread, NULL, caller_main, caller) == 0);
}

struct outcome caller_join(struct caller *caller)
{
    pthread_join(caller->thread, NULL);
    return rig_outcome(caller->status, caller->response);
}

void rig_get_hello(gofer_client *client, const struct origin *origin)
{
    struct outcome got = rig_get(client, origin, "/");

    rig_expect_answer(&got, 200, "hello");
}

void caller_joins_hello(struct caller *caller)
{
    struct outcome got = caller_join(caller);

    rig_expect_answer(&got, 200, "hello");
}
