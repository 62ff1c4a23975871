/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Streams without a waiting thread: gofer_response_on_readable() and on_done,
 * with reads that poll. The callback runs once for each time that it was asked
 * for, on bytes, the end or an error, and never for a response that is gone.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/flow.h"
#include "integration/rig.h"
#include "support/heap.h"

extern CU_TestInfo stream_notice_tests[];

enum { LIMIT_MS = 500 };

static void pass(void *gate)
{
    gate_pass(gate);
}

static void watch(gofer_response *response, struct gate *gate)
{
    EXPECT_STATUS(gofer_response_on_readable(response, pass, gate), GOFER_OK);
}

/* A stream whose server sends "12" with the head and "34" when the gate opens, of which 12 was
 * read. */
static gofer_response *open_half(gofer_client *client, struct gate *go, enum script_then then)
{
    static const char *const pieces[] = {FLOW_LENGTH(4) "12", "34", NULL};
    gofer_response *response = flow_open(client, flow_steps(pieces, go, then), "/");

    for (int i = 0; i < 2; i++)
        EXPECT_INT(gofer_response_read(response, &(char){0}, 1), 1);
    EXPECT_INT(gofer_response_read_for(response, &(char){0}, 1, 0), GOFER_READ_PENDING);
    return response;
}

/* --- when it runs --- */

static void it_runs_when_bytes_come(void)
{
    gofer_client *client = rig_client(NULL);
    struct gate *go = rig_gate(), *ran = rig_gate();
    gofer_response *response = open_half(client, go, THEN_NEXT);

    watch(response, ran);
    gofer_worker_run_once(client, 20);
    EXPECT_INT(gate_passes(ran), 0);
    gate_pass(go);
    EXPECT(flow_until_passed(client, ran, 1));
    flow_expect_text(response, 10, "34");
    EXPECT_INT(gate_passes(ran), 1);
}

static void it_runs_at_once_for_bytes_that_are_there(void)
{
    struct route routes[] = {{.reply = FLOW_LENGTH(4) "1234"}};
    gofer_client *client = rig_client(NULL);
    struct gate *ran = rig_gate();
    gofer_response *response = flow_open(client, rig_script(routes), "/");

    EXPECT_INT(gofer_response_read(response, &(char){0}, 1), 1);
    watch(response, ran);
    EXPECT(flow_until_passed(client, ran, 1));
    flow_expect_text(response, 10, "234");
}

static void it_runs_at_the_end(void)
{
    static const char *const pieces[] = {FLOW_TO_END "ok", "", NULL};
    gofer_client *client = rig_client(NULL);
    struct gate *go = rig_gate(), *ran = rig_gate();
    struct origin *origin = flow_steps(pieces, go, THEN_CLOSE);
    gofer_response *response = flow_open(client, origin, "/");

    EXPECT_INT(gofer_response_read(response, &(char[2]){0}, 2), 2);
    watch(response, ran);
    gate_pass(go);
    EXPECT(flow_until_passed(client, ran, 1));
    EXPECT_INT(gofer_response_read(response, &(char){0}, 1), 0);
    watch(response, ran);
    EXPECT_INT(gate_passes(ran), 2);
}

static void it_runs_on_an_error(void)
{
    static const char *const pieces[] = {FLOW_LENGTH(4) "12", "", NULL};
    gofer_client *client = rig_client(NULL);
    struct gate *go = rig_gate(), *ran = rig_gate();
    gofer_response *response = flow_open(client, flow_steps(pieces, go, THEN_CLOSE), "/");

    EXPECT_INT(gofer_response_read(response, &(char[4]){0}, 4), 2);
    watch(response, ran);
    gate_pass(go);
    EXPECT(flow_until_passed(client, ran, 1));
    EXPECT_INT(gofer_response_read(response, &(char){0}, 1), -1);
    watch(response, ran);
    EXPECT_INT(gate_passes(ran), 2);
    flow_expect_failure(response, GOFER_ERR_TRUNCATED, GOFER_PHASE_BODY);
}

/* One that was told behind the bytes before it. */
static void it_runs_on_an_error_behind_bytes(void)
{
    struct route routes[] = {{.reply = FLOW_CHUNKED "2\r\n12\r\nwrong", .then = THEN_HOLD}};
    gofer_client *client = rig_client(NULL);
    struct gate *ran = rig_gate();
    gofer_response *response = flow_open(client, rig_script(routes), "/");

    EXPECT_INT(gofer_response_read(response, &(char[99]){0}, 99), 2);
    watch(response, ran);
    EXPECT(flow_until_passed(client, ran, 1));
    flow_expect_failure(response, GOFER_ERR_PROTOCOL, GOFER_PHASE_BODY);
}

static void it_runs_when_the_call_ends(void)
{
    gofer_client *client = rig_client(&(gofer_client_options){.stall_timeout_ms = LIMIT_MS});
    struct gate *ran = rig_gate();
    gofer_response *stalled = open_half(client, rig_gate(), THEN_NEXT);

    watch(stalled, ran);
    EXPECT(flow_until_passed(client, ran, 1));
    flow_expect_failure(stalled, GOFER_ERR_TIMEOUT, GOFER_PHASE_BODY);
}

static void it_runs_when_the_response_is_closed(void)
{
    gofer_client *client = rig_client(NULL);
    struct gate *ran = rig_gate();
    gofer_response *response = open_half(client, rig_gate(), THEN_NEXT);

    watch(response, ran);
    gofer_response_close(response);
    EXPECT(flow_until_passed(client, ran, 1));
    flow_expect_failure(response, GOFER_ERR_CLOSED, GOFER_PHASE_BODY);
}

static void it_runs_when_the_client_ends(void)
{
    gofer_client *client = rig_client(NULL);
    struct gate *ran = rig_gate();
    gofer_response *response = open_half(client, rig_gate(), THEN_NEXT);

    watch(response, ran);
    rig_end_client(client);
    EXPECT_INT(gate_passes(ran), 1);
    watch(response, ran);
    EXPECT_INT(gate_passes(ran), 2);
    flow_expect_failure(response, GOFER_ERR_CLOSED, GOFER_PHASE_BODY);
}

static void it_runs_at_once_for_gathered_bodies(void)
{
    struct route routes[] = {{.reply = FLOW_LENGTH(4) "1234"}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    struct gate *ran = rig_gate();

    watch((gofer_response *)rig_get(client, origin, "/").response, ran);
    EXPECT_INT(gate_passes(ran), 1);
    watch(flow_begin(client, flow_request("HEAD", origin, "/")), ran);
    EXPECT_INT(gate_passes(ran), 2);
    EXPECT_STATUS(gofer_response_on_readable(NULL, pass, ran), GOFER_ERR_INVALID);
}

/* --- taking it back --- */

static void a_second_one_replaces_the_first(void)
{
    gofer_client *client = rig_client(NULL);
    struct gate *go = rig_gate(), *first = rig_gate(), *second = rig_gate();
    gofer_response *response = open_half(client, go, THEN_NEXT);

    watch(response, first);
    watch(response, second);
    gate_pass(go);
    EXPECT(flow_until_passed(client, second, 1));
    flow_expect_text(response, 10, "34");
    EXPECT_INT(gate_passes(first), 0);
    EXPECT_INT(gate_passes(second), 1);
}

/* What would have run it comes, and is over, before the gate is looked at. */
static void null_takes_it_back(void)
{
    gofer_client *client = rig_client(NULL);
    struct gate *go = rig_gate(), *ran = rig_gate();
    gofer_response *response = open_half(client, go, THEN_NEXT);

    EXPECT_STATUS(gofer_response_on_readable(response, NULL, NULL), GOFER_OK);
    watch(response, ran);
    EXPECT_STATUS(gofer_response_on_readable(response, NULL, NULL), GOFER_OK);
    gate_pass(go);
    flow_expect_text(response, 10, "34");
    rig_end_client(client);
    EXPECT_INT(gate_passes(ran), 0);
    EXPECT_STATUS(gofer_response_on_readable(response, NULL, NULL), GOFER_OK);
}

static void freeing_the_response_takes_it_back(void)
{
    gofer_client *client = rig_client(NULL);
    struct gate *ran = rig_gate();
    gofer_response *response = open_half(client, rig_gate(), THEN_NEXT);

    watch(response, ran);
    rig_free(response);
    rig_end_client(client);
    EXPECT_INT(gate_passes(ran), 0);
}

static void without_memory_the_first_stays(void)
{
    gofer_client *client = rig_client(NULL);
    struct gate *go = rig_gate(), *first = rig_gate(), *second = rig_gate();
    gofer_response *response = open_half(client, go, THEN_NEXT);

    watch(response, first);
    heap_fail_at(1);
    EXPECT_STATUS(gofer_response_on_readable(response, pass, second), GOFER_ERR_NOMEM);
    EXPECT(heap_failed());
    gate_pass(go);
    EXPECT(flow_until_passed(client, first, 1));
    EXPECT_INT(gate_passes(second), 0);
    flow_expect_text(response, 10, "34");
}

/* --- reading in it --- */

/* A download that no thread waits for. Its callbacks run one after the other. */
struct download {
    gofer_response *response;
    struct gate *over;
    size_t piece;
    uint64_t len;
    bool wrong;
    bool blocked; /* a read that may block was not refused */
    unsigned callbacks;
    ssize_t last;
};

static void read_on(void *arg)
{
    struct download *d = arg;
    char buf[4096];

    d->callbacks++;
    errno = 0;
    d->blocked |= gofer_response_read(d->response, buf, 1) != -1 || errno != EDEADLK;
    errno = 0;
    d->blocked |= gofer_response_read_for(d->response, buf, 1, 1) != -1 || errno != EDEADLK;
    d->blocked |= gofer_response_to_fd(d->response, 1) != GOFER_ERR_INVALID;
    while ((d->last = gofer_response_read_for(d->response, buf, d->piece, 0)) > 0) {
        for (ssize_t i = 0; i < d->last; i++)
            d->wrong |= buf[i] != flow_byte(d->len++);
    }
    if (d->last != GOFER_READ_PENDING ||
        gofer_response_on_readable(d->response, read_on, d) != GOFER_OK)
        gate_pass(d->over);
}

static void expect_download(gofer_client *client, struct download *d, uint64_t len, ssize_t last)
{
    EXPECT(flow_until_passed(client, d->over, 1));
    EXPECT_INT(d->last, last);
    EXPECT_INT(d->len, len);
    EXPECT(!d->wrong);
    EXPECT(!d->blocked);
}

static void a_body_is_read_by_callbacks_alone(void)
{
    static const char *const paths[] = {"/length/200000", "/chunk/200000", "/end/200000"};
    gofer_client *client = rig_client(NULL);
    struct origin *origin = flow_origin(NULL, NULL);

    for (int i = 0; i < 3; i++) {
        struct download d = {.over = rig_gate(), .piece = 4096};
        d.response = flow_open(client, origin, paths[i]);
        EXPECT_STATUS(gofer_response_on_readable(d.response, read_on, &d), GOFER_OK);
        expect_download(client, &d, 200000, 0);
        EXPECT(flow_until_active(client, 0));
    }
}

static void byte_by_byte_arrivals_are_read_by_callbacks(void)
{
    static char reply[] = FLOW_CHUNKED "8\r\n........\r\n5;x\r\n.....\r\n0\r\nA: b\r\n\r\n";
    struct route routes[] = {{.reply = reply, .dribble = true}};
    gofer_client *client = rig_client(NULL);
    char *at = strstr(reply, "\r\n\r\n");

    for (uint64_t i = 0; (at = strchr(at, '.')) != NULL; i++)
        *at = flow_byte(i);
    struct download d = {.over = rig_gate(), .piece = 3};
    d.response = flow_open(client, rig_script(routes), "/");
    EXPECT_STATUS(gofer_response_on_readable(d.response, read_on, &d), GOFER_OK);
    expect_download(client, &d, 13, 0);
    EXPECT_TEXT(gofer_response_trailer(d.response, "a"), "b");
}

static void take_and_read(gofer_future *future, void *arg)
{
    struct download *d = arg;

    d->wrong |= gofer_future_wait(future, &d->response) != GOFER_OK;
    gofer_future_free(future);
    read_on(d);
}

static void a_whole_call_without_a_waiting_thread(void)
{
    static const char *const paths[] = {"/length/200000", "/chunk/200000", "/chunk/0", "/length/0"};
    static const uint64_t lens[] = {200000, 200000, 0, 0};
    gofer_client *client = rig_client(NULL);
    struct origin *origin = flow_origin(NULL, NULL);

    for (int i = 0; i < 4; i++) {
        struct download d = {.over = rig_gate(), .piece = 1000};
        gofer_future_on_done(gofer_submit(client, flow_request("GET", origin, paths[i])),
                             take_and_read, &d);
        expect_download(client, &d, lens[i], 0);
        rig_keep(d.response);
        EXPECT(flow_until_active(client, 0));
    }
    EXPECT_INT(rig_stats(client).conns_idle, 1);
}

static void drop(gofer_future *future, void *arg)
{
    gofer_response *response;

    gofer_future_wait(future, &response);
    gofer_response_free(response);
    gofer_future_free(future);
    gate_pass(arg);
}

static void on_done_may_free_the_response(void)
{
    gofer_client *client = rig_client(NULL);
    struct gate *ran = rig_gate(), *broken = rig_gate();
    struct origin *origin = flow_origin(NULL, broken);
    gofer_request *request = flow_request("GET", origin, "/chunk/" FLOW_ENDLESS);

    gofer_future_on_done(gofer_submit(client, request), drop, ran);
    EXPECT(flow_until_passed(client, ran, 1));
    EXPECT(flow_until_passed(client, broken, 1));
    EXPECT(flow_until_active(client, 0));
}

static void free_it(void *arg)
{
    struct download *d = arg;

    gofer_response_free(d->response);
    gate_pass(d->over);
}

static void the_callback_may_free_the_response(void)
{
    static const char *const pieces[] = {FLOW_LENGTH(4), "12", NULL};
    gofer_client *client = rig_client(NULL);
    struct gate *go = rig_gate();
    struct origin *origin = flow_steps(pieces, go, THEN_HOLD);
    struct download d = {.over = rig_gate()};

    EXPECT_STATUS(gofer_do(client, flow_request("GET", origin, "/"), &d.response), GOFER_OK);
    EXPECT_STATUS(gofer_response_on_readable(d.response, free_it, &d), GOFER_OK);
    gate_pass(go);
    EXPECT(flow_until_passed(client, d.over, 1));
    EXPECT(flow_until_active(client, 0));
    EXPECT(flow_until_open(client, origin, 0));
}

CU_TestInfo stream_notice_tests[] = {
    {"on_readable: it runs when bytes come", it_runs_when_bytes_come},
    {"on_readable: it runs at once for bytes that are there",
     it_runs_at_once_for_bytes_that_are_there},
    {"on_readable: it runs at the end", it_runs_at_the_end},
    {"on_readable: it runs on an error", it_runs_on_an_error},
    {"on_readable: it runs on an error behind bytes", it_runs_on_an_error_behind_bytes},
    {"on_readable: it runs when the call ends", it_runs_when_the_call_ends},
    {"on_readable: it runs when the response is closed", it_runs_when_the_response_is_closed},
    {"on_readable: it runs when the client ends", it_runs_when_the_client_ends},
    {"on_readable: it runs at once for gathered bodies", it_runs_at_once_for_gathered_bodies},
    {"on_readable: a second one replaces the first", a_second_one_replaces_the_first},
    {"on_readable: NULL takes it back", null_takes_it_back},
    {"on_readable: freeing the response takes it back", freeing_the_response_takes_it_back},
    {"on_readable: without memory the first stays", without_memory_the_first_stays},
    {"on_readable: a body is read by callbacks alone", a_body_is_read_by_callbacks_alone},
    {"on_readable: H1-24 byte by byte arrivals are read by callbacks",
     byte_by_byte_arrivals_are_read_by_callbacks},
    {"on_done: a whole call without a waiting thread", a_whole_call_without_a_waiting_thread},
    {"on_done: it may free the response", on_done_may_free_the_response},
    {"on_readable: it may free the response", the_callback_may_free_the_response},
    CU_TEST_INFO_NULL};
