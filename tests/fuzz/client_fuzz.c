/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The whole client, in a world of its own (world.h): the input says what a program
 * does with it (from the front) and what the network and its peers do (from the
 * back). Whatever that is:
 *
 * - every call has one outcome, no later than its deadline, and none times out
 *   before its shortest limit;
 * - a response that is GOFER_OK is an answer to its own request, whole;
 * - requests are right to the last byte, and what must not be repeated is not
 *   (ledger.h); only a caller blocks in a socket, never a worker;
 * - at the end the counters agree with the sockets there are, the client still
 *   works, and after it nothing is left: no descriptor, no allocation, no lookup,
 *   no body.
 */
#include "fuzz/fuzz.h"

#include <stdio.h>

#include "base/clock.h"
#include "fuzz/program.h"
#include "fuzz/world.h"

enum { OPERATIONS_MAX = 96, SLACK_MS = 2, ROUNDS_MAX = 100, PIECE = 20000 };

static struct program program;

/* --- outcomes --- */

/* While the program does something else, drives a call of its own for one, what it would have
 * served may be late. Returns when it last was absent, for absence_ends(). */
static int64_t absence_begins(struct program *p)
{
    int64_t before = p->absent;
    p->absent = CLOCK_NEVER - SLACK_MS * CLOCK_MS;
    return before;
}

static void absence_ends(struct program *p)
{
    p->absent = world_now();
}

static void check_time(const struct issued *call, gofer_status status)
{
    int64_t due = call->deadline > call->program->absent ? call->deadline : call->program->absent;
    FUZZ_CHECK(world_now() <= due + SLACK_MS * CLOCK_MS);
    if (status == GOFER_ERR_TIMEOUT)
        FUZZ_CHECK(world_now() >= call->begun + call->limit_ms * CLOCK_MS);
}

static void check_body(const struct issued *call, const gofer_response *response)
{
    size_t len;
    const char *body = gofer_response_body(response, &len);
    FUZZ_CHECK(body[len] == '\0');
    if (ledger_at(call->number)->tainted || call->streaming)
        return;
    FUZZ_CHECK(ledger_was_answered(call->number, gofer_response_status(response), body, len));
}

static void settle(struct issued *call, gofer_status status, gofer_response *response)
{
    FUZZ_CHECK(!call->settled && status != GOFER_PENDING);
    FUZZ_CHECK(response != NULL || call->program->scarce);
    call->settled = true;
    call->response = response;
    if (response == NULL)
        return;
    const gofer_error *error = gofer_response_error(response);
    FUZZ_CHECK(status == GOFER_OK || (error != NULL && error->code == status));
    /* A stream may have failed since. */
    FUZZ_CHECK(status != GOFER_OK || error == NULL || call->streaming);
    FUZZ_CHECK(error == NULL || fuzz_is_clean(error->message));
    if (status == GOFER_OK)
        check_body(call, response);
}

static void on_done(gofer_future *future, void *arg)
{
    struct issued *call = arg;
    FUZZ_CHECK(!call->resolved);
    call->resolved = true;
    const gofer_error *error = gofer_future_error(future);
    check_time(call, error != NULL ? error->code : GOFER_OK);
}

/* --- making calls --- */

static struct issued *new_call(struct program *p)
{
    if (p->calls_len == LEDGER_CALLS - 1)
        return NULL;
    struct issued *call = &p->calls[p->calls_len];
    *call = (struct issued){.program = p};
    call->request = program_request(p, call);
    p->calls_len += call->request != NULL;
    return call->request != NULL ? call : NULL;
}

static void drop_request(struct issued *call)
{
    /* A reader is woken through its request. */
    if (call->source != NULL)
        return;
    gofer_request_free(call->request);
    call->request = NULL;
}

static void submit(struct program *p)
{
    struct issued *call = new_call(p);
    if (call == NULL)
        return;
    call->future = gofer_submit(p->client, call->request);
    FUZZ_CHECK(call->future != NULL || p->scarce);
    if (call->future == NULL)
        call->resolved = call->settled = true;
    else if (fuzz_byte(p->f) % 4 != 3)
        gofer_future_on_done(call->future, on_done, call);
    drop_request(call);
}

static void do_now(struct program *p)
{
    struct issued *call = new_call(p);
    gofer_response *response;
    if (call == NULL)
        return;
    int64_t before = absence_begins(p);
    gofer_status status = gofer_do(p->client, call->request, &response);
    p->absent = before;
    check_time(call, status);
    absence_ends(p);
    call->resolved = true;
    settle(call, status, response);
    drop_request(call);
}

/* --- what is done with them --- */

static struct issued *pick_call(struct program *p)
{
    unsigned byte = fuzz_byte(p->f);
    return p->calls_len > 0 ? &p->calls[byte % p->calls_len] : NULL;
}

static void take(struct issued *call, int64_t ms)
{
    gofer_response *response = NULL;
    bool was_done = call->resolved || gofer_future_done(call->future);
    /* Who waits for ever may drive this call, and serves no other. */
    int64_t before = ms < 0 ? absence_begins(call->program) : call->program->absent;
    gofer_status status = ms < 0 ? gofer_future_wait(call->future, &response)
                                 : gofer_future_wait_for(call->future, ms, &response);
    call->program->absent = before;
    if (status == GOFER_PENDING) {
        FUZZ_CHECK(response == NULL && ms >= 0);
        return;
    }
    if (!was_done)
        check_time(call, status);
    if (ms < 0)
        absence_ends(call->program);
    call->resolved = true;
    settle(call, status, response);
}

static void wait_for(struct program *p)
{
    struct issued *call = pick_call(p);
    unsigned byte = fuzz_byte(p->f);
    if (call == NULL || call->settled)
        return;
    take(call, byte >= 192 ? -1 : world_delay_ms(byte));
}

static void cancel(struct program *p)
{
    struct issued *call = pick_call(p);
    if (call != NULL)
        gofer_future_cancel(call->future);
}

static void drop(struct program *p)
{
    struct issued *call = pick_call(p);
    if (call == NULL)
        return;
    if (!call->settled)
        gofer_future_on_done(call->future, NULL, NULL);
    gofer_future_free(call->future);
    call->future = NULL;
    call->resolved = call->settled = true;
    gofer_response_free(call->response);
    call->response = NULL;
}

/* One read of a streaming response. False at its end. */
static bool read_some(struct issued *call, size_t len, int64_t ms)
{
    static char buf[PIECE];
    if (call->response == NULL || !call->streaming || call->read_all ||
        gofer_response_error(call->response) != NULL)
        return false;
    absence_begins(call->program);
    ssize_t n = gofer_response_read_for(call->response, buf, len, ms);
    absence_ends(call->program);
    bool tainted = ledger_at(call->number)->tainted;
    if (n > 0 && !tainted)
        FUZZ_CHECK(ledger_is(ANSWERED, call->number, call->read, buf, (size_t)n));
    if (n < 0 && n != GOFER_READ_PENDING)
        FUZZ_CHECK(gofer_response_error(call->response) != NULL);
    call->read += n > 0 ? (size_t)n : 0;
    call->read_all = n == 0;
    return n > 0;
}

static void read_stream(struct program *p)
{
    struct issued *call = pick_call(p);
    size_t len = 1 + (size_t)fuzz_byte(p->f) * 77;
    unsigned byte = fuzz_byte(p->f);
    if (call != NULL)
        read_some(call, len, byte >= 192 ? -1 : world_delay_ms(byte));
}

static void close_stream(struct program *p)
{
    struct issued *call = pick_call(p);
    if (call == NULL || call->response == NULL)
        return;
    gofer_response_close(call->response);
    if (fuzz_byte(p->f) % 2 == 0) {
        gofer_response_free(call->response);
        call->response = NULL;
    }
}

/* --- serving --- */

/* As a thread that was lent, or as an event loop does. */
static void serve(struct program *p, int64_t ms, bool as_loop)
{
    int64_t until = world_now() + ms * CLOCK_MS;
    program_answer_lookups(p);
    program_wake_sources(p);
    do {
        int64_t left_ms = (until - world_now()) / CLOCK_MS;
        if (as_loop)
            world_wait_readable(gofer_client_fd(p->client), left_ms);
        world_serving(true);
        gofer_status status = gofer_worker_run_once(p->client, as_loop ? 0 : left_ms);
        world_serving(false);
        FUZZ_CHECK(status == GOFER_OK || status == GOFER_PENDING);
    } while (world_now() + CLOCK_MS <= until);
}

static void operate(struct program *p, unsigned what)
{
    unsigned how;
    switch (what % 16) {
    case 1:
    case 2:
    case 3:
    case 4:
        submit(p);
        break;
    case 5:
        do_now(p);
        break;
    case 6:
        wait_for(p);
        break;
    case 7:
        cancel(p);
        break;
    case 8:
        drop(p);
        break;
    case 9:
        read_stream(p);
        break;
    case 10:
        close_stream(p);
        break;
    case 11:
        world_pass(world_delay_ms(fuzz_byte(p->f)) / 10 + 1);
        absence_ends(p);
        break;
    case 12:
        gofer_client_close_idle(p->client);
        break;
    case 13:
        if (fuzz_byte(p->f) % 4 == 3)
            gofer_cancel_fire(p->token);
        break;
    case 14:
        world_fail_allocation(1 + fuzz_byte(p->f));
        p->scarce = true;
        break;
    default:
        how = fuzz_byte(p->f);
        serve(p, world_delay_ms(how) / 4 + 1, how >= 128);
    }
}

/* --- the end --- */

static bool all_resolved(const struct program *p)
{
    for (size_t i = 0; i < p->calls_len; i++)
        if (!p->calls[i].resolved && !gofer_future_done(p->calls[i].future))
            return false;
    return true;
}

static void finish_calls(struct program *p)
{
    for (int i = 0; !all_resolved(p); i++) {
        FUZZ_CHECK(i < ROUNDS_MAX);
        serve(p, 1000, i % 2 != 0);
    }
    for (size_t i = 0; i < p->calls_len; i++)
        if (!p->calls[i].settled)
            take(&p->calls[i], 0);
}

static void free_call(struct issued *call)
{
    gofer_response_free(call->response);
    gofer_future_free(call->future);
    gofer_request_free(call->request);
    call->response = NULL;
    call->future = NULL;
    call->request = NULL;
}

static void free_calls(struct program *p)
{
    for (size_t i = 0; i < p->calls_len; i++)
        free_call(&p->calls[i]);
}

static void read_streams(struct program *p)
{
    for (size_t i = 0; i < p->calls_len; i++) {
        struct issued *call = &p->calls[i];
        while (read_some(call, PIECE, -1))
            continue;
        if (call->read_all && !ledger_at(call->number)->tainted) {
            bool known = false;
            const struct entry *e = ledger_at(call->number);
            for (size_t j = 0; j < e->answers_len; j++)
                known = known || (e->answers[j].len == call->read &&
                                  e->answers[j].status == gofer_response_status(call->response));
            FUZZ_CHECK(known);
        }
    }
}

static void check_counters(struct program *p)
{
    gofer_stats s;
    /* A dial that nobody waits for is given half a minute, whatever the limits. */
    for (int i = 0; i < ROUNDS_MAX; i++) {
        gofer_client_stats(p->client, &s);
        if (s.conns_in_use + s.conns_dialing + s.calls_waiting + s.calls_active == 0)
            break;
        serve(p, 1000, false);
    }
    FUZZ_CHECK(s.calls_active == 0 && s.calls_waiting == 0);
    FUZZ_CHECK(s.conns_in_use == 0 && s.conns_dialing == 0);
    FUZZ_CHECK(s.conns_idle == world_connections());
    FUZZ_CHECK(s.conns_opened == s.conns_idle + s.closed_spent + s.closed_talking + s.closed_stale +
                                     s.closed_expired + s.closed_old + s.closed_limit +
                                     s.closed_asked);
}

/* One more call, to a server that nobody has asked yet, while all is well. */
static void check_usable(struct program *p)
{
    struct issued call = {.program = p, .number = ledger_add(true, 0)};
    gofer_response *response;
    char url[64];
    world_calm();
    snprintf(url, sizeof url, "http://192.0.2.77/%zu/0", call.number);
    gofer_request *q = gofer_request_new("GET", url);
    gofer_request_set_proxy(q, "");
    call.begun = world_now();
    call.deadline = CLOCK_NEVER - CLOCK_MS * SLACK_MS;
    gofer_status status = gofer_do(p->client, q, &response);
    FUZZ_CHECK(status == GOFER_OK);
    settle(&call, status, response);
    gofer_request_free(q);
    free_call(&call);
}

static void end_client(struct program *p, bool abruptly)
{
    if (!abruptly) {
        finish_calls(p);
        read_streams(p);
        free_calls(p);
        check_counters(p);
        check_usable(p);
    }
    gofer_client_free(p->client);
    /* They outlive it. */
    FUZZ_CHECK(all_resolved(p));
    for (size_t i = 0; i < p->calls_len; i++)
        if (!p->calls[i].settled)
            take(&p->calls[i], 0);
    free_calls(p);
}

void fuzz_client(struct fuzz *f)
{
    struct program *p = &program;
    world_begin(f);
    ledger_clear();
    bool abruptly = fuzz_byte(f) % 8 == 7;
    program_begin(p, f);
    if (p->client != NULL) {
        p->token = gofer_cancel_new();
        for (int i = 0; i < OPERATIONS_MAX && f->at < f->len; i++)
            operate(p, fuzz_byte(f));
        end_client(p, abruptly);
        gofer_cancel_free(p->token);
    }
    program_answer_lookups(p);
    FUZZ_CHECK(p->sources == 0 && p->borrowed == 0);
    world_end();
}
