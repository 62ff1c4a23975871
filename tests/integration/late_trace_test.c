/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Traces that do not come back: the deadline, a limit and a cancel resolve the call
 * all the same, and the limit that is named is the one that passed. A gate stands in
 * for what blocks. Readers and progress functions are late_test.c.
 */
#include <CUnit/CUnit.h>

#include "integration/expect.h"
#include "integration/intake.h"
#include "integration/rig.h"

extern CU_TestInfo late_trace_tests[];

/* Long enough for a call to come to its reader on a busy machine. */
enum { LIMIT_MS = 500 };

/* --- traces --- */

/* A call whose trace does not come back from one kind of event. */
struct watched {
    gofer_trace_kind kind;
    struct gate *inside, *go, *ended;
    gofer_client *client;
    gofer_future *future;
};

static void block_trace(const gofer_trace_event *event, void *arg)
{
    const struct watched *w = arg;

    if (event->kind == GOFER_TRACE_END)
        gate_pass(w->ended);
    if (event->kind != w->kind)
        return;
    gate_pass(w->inside);
    gate_wait(w->go, 1);
}

static void submit_watched(struct watched *w, gofer_trace_kind kind,
                           const gofer_client_options *options, int64_t timeout_ms)
{
    static const struct route hints[] = {{.reply = "HTTP/1.1 103 Early Hints\r\n\r\n" REPLY_HELLO}};
    gofer_client_options copy = *options;
    struct origin *origin = rig_script(hints);
    gofer_request *request = rig_request("GET", origin, "/");

    *w = (struct watched){.kind = kind, .inside = rig_gate(), .go = rig_gate()};
    w->ended = rig_gate();
    copy.workers = 2;
    w->client = rig_client(&copy);
    gofer_request_set_trace(request, block_trace, w, NULL);
    gofer_request_set_timeout_ms(request, timeout_ms);
    w->future = gofer_submit(w->client, request);
    EXPECT(gate_wait(w->inside, 1));
}

/* The outcome, while the trace is still inside; then it comes back. */
static struct outcome await_watched(struct watched *w)
{
    gofer_response *response = NULL;
    gofer_status status = gofer_future_wait_for(w->future, PATIENCE_MS, &response);

    gate_pass(w->go);
    EXPECT(rig_wait_active(w->client, 0));
    EXPECT_INT(gate_passes(w->ended), 1);
    EXPECT_INT(rig_stats(w->client).conns_in_use, 0);
    gofer_future_free(w->future);
    rig_end_client(w->client); /* its dials may tell until then */
    return rig_outcome(status, response);
}

static void a_trace_that_blocks_holds_up_no_cancel(void)
{
    static const gofer_trace_kind kinds[] = {
        GOFER_TRACE_CONNECT_START, GOFER_TRACE_CONNECT_DONE,
        GOFER_TRACE_GOT_CONN,      GOFER_TRACE_WROTE_HEADER_FIELD,
        GOFER_TRACE_WROTE_HEADERS, GOFER_TRACE_WROTE_REQUEST,
        GOFER_TRACE_GOT_1XX,       GOFER_TRACE_GOT_FIRST_BYTE};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct watched w;
        submit_watched(&w, kinds[i], &(gofer_client_options){0}, GOFER_NEVER);
        gofer_future_cancel(w.future);
        struct outcome got = await_watched(&w);
        rig_expect_error(&got, GOFER_ERR_CANCELED);
    }
}

static void a_trace_that_blocks_holds_up_no_deadline(void)
{
    struct watched w;
    int64_t began = now_ms();

    submit_watched(&w, GOFER_TRACE_GOT_FIRST_BYTE, &(gofer_client_options){0}, LIMIT_MS);
    EXPECT_INT(gate_passes(w.ended), 0);
    struct outcome got = await_watched(&w);
    got.took_ms = now_ms() - began;
    rig_expect_timeout(&got, GOFER_PHASE_WAIT, LIMIT_MS);
    EXPECT_INT(got.error->sent, GOFER_SENT_ALL);
    EXPECT_HOLDS(got.error->message, "timed out after 500 ms waiting for");
}

/* The limit that is named is the one that passed. */
static void a_trace_that_blocks_holds_up_no_limit_of_the_headers(void)
{
    struct watched w;
    int64_t began = now_ms();

    submit_watched(&w, GOFER_TRACE_GOT_FIRST_BYTE,
                   &(gofer_client_options){.response_header_timeout_ms = LIMIT_MS}, GOFER_NEVER);
    struct outcome got = await_watched(&w);
    got.took_ms = now_ms() - began;
    rig_expect_timeout(&got, GOFER_PHASE_WAIT, LIMIT_MS);
    EXPECT_HOLDS(got.error->message, "timed out after 500 ms waiting for");
}

static void a_clients_trace_that_blocks_holds_up_no_deadline(void)
{
    struct watched w = {GOFER_TRACE_WROTE_REQUEST, rig_gate(), rig_gate(), rig_gate(), NULL, NULL};
    struct origin *origin = intake_plain();
    gofer_request *request = rig_request("GET", origin, "/");
    int64_t began = now_ms();

    w.client = rig_client(&(gofer_client_options){
        .workers = 2, .timeout_ms = LIMIT_MS, .trace = block_trace, .trace_arg = &w});
    w.future = gofer_submit(w.client, request);
    EXPECT(gate_wait(w.inside, 1));
    struct outcome got = await_watched(&w);
    got.took_ms = now_ms() - began;
    rig_expect_timeout(&got, GOFER_PHASE_SEND, LIMIT_MS);
    EXPECT_LACKS(got.error->message, "request body");
}

CU_TestInfo late_trace_tests[] = {
    {"a trace that blocks holds up no cancel", a_trace_that_blocks_holds_up_no_cancel},
    {"a trace that blocks holds up no deadline", a_trace_that_blocks_holds_up_no_deadline},
    {"a trace that blocks holds up no limit of the headers",
     a_trace_that_blocks_holds_up_no_limit_of_the_headers},
    {"a client's trace that blocks holds up no deadline",
     a_clients_trace_that_blocks_holds_up_no_deadline},
    CU_TEST_INFO_NULL,
};
