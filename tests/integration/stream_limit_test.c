/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Time limits of a streaming response: they go on behind the head, in a blocked
 * read and while nobody reads. A peer that sends nothing, or too little, is cut
 * off; a reader that takes its time is not.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/flow.h"
#include "integration/rig.h"

extern CU_TestInfo stream_limit_tests[];

enum { LIMIT_MS = 80 };

/* Two bytes of many, and then nothing. */
static const struct route stalling[] = {{.reply = FLOW_LENGTH(100) "12", .then = THEN_HOLD}};

static void read_two(gofer_response *response)
{
    char two[3] = "";

    EXPECT_INT(gofer_response_read(response, two, 1), 1);
    EXPECT_INT(gofer_response_read(response, two + 1, 1), 1);
    EXPECT_TEXT(two, "12");
}

/* The call is over and its connection closed though nobody read. */
static void expect_ended_unread(gofer_client *client, struct origin *origin)
{
    EXPECT(flow_until_active(client, 0));
    EXPECT(flow_until_open(client, origin, 0));
    EXPECT_INT(rig_stats(client).calls_failed, 1);
    EXPECT_INT(rig_stats(client).conns_in_use, 0);
    EXPECT_INT(rig_stats(client).conns_idle, 0);
}

static void expect_timeout(gofer_response *response, const char *words)
{
    flow_expect_failure(response, GOFER_ERR_TIMEOUT, GOFER_PHASE_BODY);
    EXPECT_HOLDS(gofer_response_error(response)->message, words);
}

/* --- the whole call's --- */

static gofer_request *limited_request(struct origin *origin, const char *path, int64_t timeout_ms)
{
    gofer_request *request = flow_request("GET", origin, path);

    REQUIRE(gofer_request_set_timeout_ms(request, timeout_ms) == GOFER_OK);
    return request;
}

static void a_deadline_ends_a_blocked_read(void)
{
    struct origin *origin = rig_script(stalling);
    gofer_client *client = rig_client(NULL);
    int64_t began = now_ms();
    gofer_response *response = flow_begin(client, limited_request(origin, "/", LIMIT_MS));

    read_two(response);
    expect_timeout(response, "timed out after 80 ms");
    EXPECT_AT_LEAST(now_ms() - began, LIMIT_MS);
    expect_ended_unread(client, origin);
}

static void a_deadline_ends_a_stream_that_nobody_reads(void)
{
    struct origin *origin = rig_script(stalling);
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_begin(client, limited_request(origin, "/", LIMIT_MS));

    expect_ended_unread(client, origin);
    expect_timeout(response, "timed out after 80 ms");
}

/* Nothing of a client without workers ran meanwhile. */
static void a_read_after_the_deadline_fails(void)
{
    struct origin *origin = flow_origin(NULL, NULL);
    gofer_client *client = rig_client(NULL);
    gofer_response *response =
        flow_begin(client, limited_request(origin, "/length/" FLOW_ENDLESS, LIMIT_MS));

    EXPECT(flow_take(response, 0, 1000));
    pass_ms(2 * LIMIT_MS);
    expect_timeout(response, "timed out after 80 ms");
    expect_ended_unread(client, origin);
}

static void a_deadline_holds_while_bytes_flow(void)
{
    static const char *const paths[] = {"/length/" FLOW_ENDLESS, "/chunk/" FLOW_ENDLESS,
                                        "/end/" FLOW_ENDLESS};
    struct gate *broken = rig_gate();
    struct origin *origin = flow_origin(NULL, broken);
    gofer_client *client = rig_client(NULL);
    char buf[16384];

    for (unsigned i = 0; i < 3; i++) {
        gofer_response *response = flow_begin(client, limited_request(origin, paths[i], LIMIT_MS));
        while (gofer_response_read(response, buf, sizeof buf) > 0)
            continue;
        expect_timeout(response, "timed out after 80 ms");
        EXPECT(gate_wait(broken, i + 1));
    }
}

static void a_tokens_deadline_holds(void)
{
    struct origin *origin = rig_script(stalling);
    gofer_client *client = rig_client(NULL);
    gofer_cancel *token = gofer_cancel_new_deadline(gofer_now_ms() + LIMIT_MS);
    gofer_request *request = flow_request("GET", origin, "/");

    gofer_request_set_cancel(request, token);
    gofer_cancel_free(token);
    gofer_response *response = flow_begin(client, request);
    read_two(response);
    expect_timeout(response, "deadline passed");
}

static void a_groups_deadline_holds(void)
{
    struct origin *origin = rig_script(stalling);
    gofer_client *client = rig_client(NULL);
    gofer_group *group = gofer_group_new(client);
    gofer_response *response = NULL;

    gofer_group_submit(group, flow_request("GET", origin, "/"));
    gofer_group_set_timeout_ms(group, 2 * LIMIT_MS);
    gofer_future *future = gofer_group_next(group, -1);
    EXPECT_STATUS(gofer_future_wait(future, &response), GOFER_OK);
    rig_keep(response);
    read_two(response);
    gofer_future_free(future);
    gofer_group_free(group);
    expect_timeout(response, "deadline passed");
}

static void the_clients_timeout_is_not_for_streams(void)
{
    static const char *const pieces[] = {FLOW_LENGTH(4) "12", "34", NULL};
    struct gate *go = rig_gate();
    struct origin *origin = flow_steps(pieces, go, THEN_NEXT);
    gofer_client *client = rig_client(&(gofer_client_options){.timeout_ms = LIMIT_MS});
    gofer_response *response = flow_open(client, origin, "/");
    struct outcome gathered = rig_get(client, origin, "/");

    rig_expect_timeout(&gathered, GOFER_PHASE_BODY, LIMIT_MS);
    pass_ms(LIMIT_MS);
    EXPECT_INT(rig_stats(client).calls_active, 1);
    gate_pass(go);
    flow_expect_text(response, 10, "1234");
}

static void the_header_limit_ends_with_the_headers(void)
{
    static const char *const pieces[] = {FLOW_LENGTH(2), "ok", NULL};
    struct gate *go = rig_gate();
    struct origin *origin = flow_steps(pieces, go, THEN_NEXT);
    gofer_client *client =
        rig_client(&(gofer_client_options){.response_header_timeout_ms = 5 * LIMIT_MS});
    gofer_response *response = flow_open(client, origin, "/");

    EXPECT_INT(gofer_response_read_for(response, &(char){0}, 1, 6 * LIMIT_MS), GOFER_READ_PENDING);
    gate_pass(go);
    flow_expect_text(response, 10, "ok");
}

/* --- stalls --- */

static gofer_client *stall_client(void)
{
    return rig_client(&(gofer_client_options){.stall_timeout_ms = LIMIT_MS});
}

static void a_stall_ends_a_blocked_read(void)
{
    struct origin *origin = rig_script(stalling);
    gofer_client *client = stall_client();
    int64_t began = now_ms();
    gofer_response *response = flow_open(client, origin, "/");

    read_two(response);
    expect_timeout(response, "no byte moved for 80 ms");
    EXPECT_AT_LEAST(now_ms() - began, LIMIT_MS);
    expect_ended_unread(client, origin);
}

static void a_stall_ends_a_stream_that_nobody_reads(void)
{
    struct origin *origin = rig_script(stalling);
    gofer_client *client = stall_client();
    gofer_response *response = flow_open(client, origin, "/");

    read_two(response);
    expect_ended_unread(client, origin);
    expect_timeout(response, "no byte moved for 80 ms");
}

/* Reads 20,000 bytes, which are all there, with pauses that are longer than the limit. */
static void read_slowly(gofer_client *client, const char *path)
{
    struct gate *sent = rig_gate();
    struct origin *origin = flow_origin(NULL, sent);
    gofer_response *response = flow_open(client, origin, path);

    for (unsigned i = 0; i < 2; i++) {
        int64_t until = now_ms() + 3 * LIMIT_MS / 2;
        while (now_ms() < until)
            gofer_worker_run_once(client, 10);
        EXPECT(flow_take(response, i * 4000, 4000));
    }
    flow_expect_bytes(response, 4096, 8000, 20000);
    EXPECT_INT(rig_stats(client).calls_failed, 0);
}

static void a_slow_reader_is_no_stall(void)
{
    gofer_client *client = stall_client();

    read_slowly(client, "/length/20000");
    read_slowly(client, "/chunk/20000");
    read_slowly(client, "/end/20000");
}

/* What came with the head counts too. */
static void bytes_kept_for_a_slow_reader_are_no_stall(void)
{
    struct route routes[] = {{.reply = FLOW_LENGTH(2) "ok"}};
    gofer_client *client = stall_client();
    gofer_response *response = flow_open(client, rig_script(routes), "/");

    pass_ms(2 * LIMIT_MS);
    gofer_worker_run_once(client, 0);
    flow_expect_text(response, 1, "ok");
}

/* --- drips and rates --- */

/* Sends a reply slowly, a byte in 2 ms. */
static void drip(struct peer *peer, void *arg)
{
    const char *reply = arg;

    while (peer_read_request(peer)) {
        for (const char *at = reply; *at != '\0'; at++) {
            if (!peer_send(peer, at, 1))
                return;
            pass_ms(2);
        }
    }
}

#define HUNDRED                                                                                    \
    "0123456789012345678901234567890123456789012345678901234567890123456789"                       \
    "012345678901234567890123456789"

static char dripping_body[] = FLOW_LENGTH(1000) HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED;
static char dripping_head[] = "HTTP/1.1 200 OK\r\nX: " HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED;
static char dripping_little[] = FLOW_LENGTH(10) "0123456789";

/* How a stream of this reply ends, before or behind its head. */
static struct outcome drip_to(const gofer_client_options *options, char *reply, int64_t timeout_ms)
{
    struct origin *origin = rig_origin(drip, reply);
    gofer_client *client = rig_client(options);
    gofer_request *request = limited_request(origin, "/", timeout_ms);
    struct outcome got = rig_call(client, request);
    char byte;

    if (got.status != GOFER_OK)
        return got;
    while (gofer_response_read((gofer_response *)got.response, &byte, 1) > 0)
        continue;
    got.error = gofer_response_error(got.response);
    got.status = got.error != NULL ? got.error->code : GOFER_OK;
    return got;
}

static void a_drip_does_not_move_the_deadline(void)
{
    struct outcome got = drip_to(NULL, dripping_body, 4 * LIMIT_MS);

    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    EXPECT_TEXT(gofer_phase_name(got.error->phase), gofer_phase_name(GOFER_PHASE_BODY));
    got = drip_to(NULL, dripping_head, 2 * LIMIT_MS);
    rig_expect_timeout(&got, GOFER_PHASE_HEADERS, 2 * LIMIT_MS);
}

static void a_drip_is_no_stall(void)
{
    struct outcome got =
        drip_to(&(gofer_client_options){.stall_timeout_ms = 5000}, dripping_little, 0);

    EXPECT_STATUS(got.status, GOFER_OK);
}

static void a_minimum_rate_ends_a_drip(void)
{
    gofer_client_options options = {.min_rate_bytes_per_s = 100000, .min_rate_window_ms = LIMIT_MS};
    struct outcome got = drip_to(&options, dripping_body, 0);

    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    EXPECT_HOLDS(got.error->message, "too few bytes moved in 80 ms");
    got = drip_to(&options, dripping_head, 0);
    rig_expect_timeout(&got, GOFER_PHASE_HEADERS, LIMIT_MS);
    EXPECT_HOLDS(got.error->message, "too few bytes moved in 80 ms");
}

static void a_minimum_rate_ends_a_stream_that_nobody_reads(void)
{
    struct origin *origin = rig_script(stalling);
    gofer_client *client = rig_client(
        &(gofer_client_options){.min_rate_bytes_per_s = 100000, .min_rate_window_ms = LIMIT_MS});
    gofer_response *response = flow_open(client, origin, "/");

    read_two(response);
    expect_ended_unread(client, origin);
    expect_timeout(response, "too few bytes moved in 80 ms");
}

static void a_rate_that_is_kept_ends_nothing(void)
{
    struct origin *origin = rig_origin(drip, dripping_little);
    gofer_client *client =
        rig_client(&(gofer_client_options){.min_rate_bytes_per_s = 1, .min_rate_window_ms = 5000});

    flow_expect_text(flow_open(client, origin, "/"), 10, "0123456789");
}

static void a_slow_reader_is_no_low_rate(void)
{
    gofer_client *client = rig_client(
        &(gofer_client_options){.min_rate_bytes_per_s = 1000000, .min_rate_window_ms = LIMIT_MS});

    read_slowly(client, "/length/20000");
    read_slowly(client, "/chunk/20000");
}

/* --- from one call into another --- */

/* A response that is another request's body. */
struct pipe {
    gofer_response *from;
    gofer_request *to;
};

static void resume(void *arg)
{
    const struct pipe *pipe = arg;

    gofer_request_body_ready(pipe->to);
}

static ssize_t pull(void *arg, void *buf, size_t cap)
{
    struct pipe *pipe = arg;
    ssize_t n = gofer_response_read_for(pipe->from, buf, cap, 0);

    if (n >= 0)
        return n;
    if (n != GOFER_READ_PENDING)
        return GOFER_BODY_ERROR;
    return gofer_response_on_readable(pipe->from, resume, pipe) == GOFER_OK ? GOFER_BODY_LATER
                                                                            : GOFER_BODY_ERROR;
}

static gofer_request *piped_request(struct pipe *pipe, struct origin *to, int64_t length)
{
    gofer_body_reader reader = {.read = pull, .arg = pipe, .length = length};

    pipe->to = rig_request("PUT", to, "/put");
    REQUIRE(gofer_request_set_body_reader(pipe->to, &reader) == GOFER_OK);
    return pipe->to;
}

static void a_stream_flows_into_a_put(void)
{
    enum { LEN = 300000 };
    struct route routes[] = {{.reply = REPLY_HELLO}};
    struct origin *sink = rig_script(routes);
    struct gate *go = rig_gate();
    struct origin *origin = flow_origin(go, NULL);
    gofer_client *client = rig_client(NULL);
    struct pipe pipe = {flow_open(client, origin, "/length/300000"), NULL};
    struct caller put;
    size_t len, right = 0;

    caller_start(&put, client, piped_request(&pipe, sink, LEN));
    gate_pass(go);
    struct outcome got = caller_join(&put);
    rig_expect_answer(&got, 200, "hello");
    const char *body = origin_last_body(sink, &len);
    while (right < len && body[right] == flow_byte(right))
        right++;
    EXPECT_INT(len, LEN);
    EXPECT_INT(right, LEN);
    EXPECT_INT(gofer_response_read(pipe.from, &(char){0}, 1), 0);
    rig_end_client(client);
}

/* Takes whatever comes and never answers. */
static void swallow(struct peer *peer, void *arg)
{
    char buf[16384];

    (void)arg;
    if (!peer_read_head(peer))
        return;
    while (peer_read(peer, buf, 1))
        peer_take_received(peer, buf, sizeof buf);
}

static void a_put_of_an_endless_stream_ends_with_it(void)
{
    struct gate *broken = rig_gate();
    struct origin *sink = rig_origin(swallow, NULL), *origin = flow_origin(NULL, broken);
    gofer_client *client = rig_client(NULL);
    gofer_request *endless = limited_request(origin, "/end/" FLOW_ENDLESS, 2 * LIMIT_MS);
    struct pipe pipe = {flow_begin(client, endless), NULL};
    struct outcome got = rig_call(client, piped_request(&pipe, sink, -1));

    rig_expect_error(&got, GOFER_ERR_BODY);
    expect_timeout(pipe.from, "timed out after 160 ms");
    EXPECT(gate_wait(broken, 1));
    EXPECT(flow_until_open(client, sink, 0));
    rig_end_client(client);
}

CU_TestInfo stream_limit_tests[] = {
    {"C17 a deadline ends a blocked read", a_deadline_ends_a_blocked_read},
    {"a deadline ends a stream that nobody reads", a_deadline_ends_a_stream_that_nobody_reads},
    {"a read after the deadline fails", a_read_after_the_deadline_fails},
    {"C17 a deadline holds while bytes flow", a_deadline_holds_while_bytes_flow},
    {"a token's deadline holds", a_tokens_deadline_holds},
    {"a group's deadline holds, the group gone or not", a_groups_deadline_holds},
    {"the client's timeout is not for streams", the_clients_timeout_is_not_for_streams},
    {"the header limit ends with the headers", the_header_limit_ends_with_the_headers},
    {"TCP-04 stall_timeout ends a blocked read", a_stall_ends_a_blocked_read},
    {"TCP-04 stall_timeout ends a stream that nobody reads",
     a_stall_ends_a_stream_that_nobody_reads},
    {"TCP-04 a slow reader is no stall", a_slow_reader_is_no_stall},
    {"TCP-04 bytes kept for a slow reader are no stall", bytes_kept_for_a_slow_reader_are_no_stall},
    {"TCP-04 a drip does not move the deadline", a_drip_does_not_move_the_deadline},
    {"TCP-04 a drip is no stall", a_drip_is_no_stall},
    {"TCP-04 min_rate ends a drip", a_minimum_rate_ends_a_drip},
    {"TCP-04 min_rate ends a stream that nobody reads",
     a_minimum_rate_ends_a_stream_that_nobody_reads},
    {"TCP-04 a rate that is kept ends nothing", a_rate_that_is_kept_ends_nothing},
    {"TCP-04 a slow reader is no low rate", a_slow_reader_is_no_low_rate},
    {"C17 a stream flows into a PUT", a_stream_flows_into_a_put},
    {"C17 a PUT of an endless stream ends with it", a_put_of_an_endless_stream_ends_with_it},
    CU_TEST_INFO_NULL};
