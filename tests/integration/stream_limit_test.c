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

/* Two bytes of many, and then nothing. */
static const struct route stalling[] = {{.reply = FLOW_LENGTH(100) "12", .then = THEN_HOLD}};

static bool read_two(gofer_response *response)
{
    char two[3] = "";

    return gofer_response_read(response, two, 1) == 1 &&
           gofer_response_read(response, two + 1, 1) == 1 && strcmp(two, "12") == 0;
}

/*
 * A stream with a limit, which is to pass behind its head. Where a busy machine did
 * not bring it so far in time, begin() makes another, with a client of its own and a
 * longer limit.
 */
struct limited {
    gofer_client_options options;
    int64_t *option;     /* the limit is this one of them, or NULL: the request's timeout */
    struct origin *from; /* NULL: a new one that stalls */
    const char *path;
    bool unread; /* not even two bytes */
    int64_t ms;
    gofer_client *client;
    struct origin *origin;
    gofer_response *response;
    int64_t began;
};

static bool attempt(struct limited *l)
{
    gofer_request *request;
    struct outcome got;

    l->origin = l->from != NULL ? l->from : rig_script(stalling);
    if (l->option != NULL)
        *l->option = l->ms;
    l->client = rig_client(&l->options);
    request = flow_request("GET", l->origin, l->path != NULL ? l->path : "/");
    if (l->option == NULL)
        REQUIRE(gofer_request_set_timeout_ms(request, l->ms) == GOFER_OK);
    l->began = now_ms();
    got = rig_call(l->client, request);
    l->response = (gofer_response *)got.response;
    if (got.status == GOFER_OK)
        return l->unread || l->from != NULL || read_two(l->response);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    return false;
}

static void begin(struct limited *l)
{
    for (RIG_LIMITS(ms)) {
        l->ms = ms;
        if (attempt(l))
            return;
        rig_end_client(l->client);
    }
    REQUIRE(!"a call that comes to its body in time");
}

/* The call is over and its connection closed though nobody read. */
static void expect_ended_unread(struct limited *l)
{
    EXPECT(flow_until_active(l->client, 0));
    EXPECT(flow_until_open(l->client, l->origin, 0));
    EXPECT_INT(rig_stats(l->client).calls_failed, 1);
    EXPECT_INT(rig_stats(l->client).conns_in_use, 0);
    EXPECT_INT(rig_stats(l->client).conns_idle, 0);
}

static void expect_timeout(gofer_response *response, const char *words)
{
    flow_expect_failure(response, GOFER_ERR_TIMEOUT, GOFER_PHASE_BODY);
    EXPECT_HOLDS(gofer_response_error(response)->message, words);
}

/* By its limit, and not before: %lld in the words is the limit. */
static void expect_limit(const struct limited *l, const char *format)
{
    char words[64];

    snprintf(words, sizeof words, format, (long long)l->ms);
    expect_timeout(l->response, words);
    EXPECT_AT_LEAST(now_ms() - l->began, l->ms);
}

#define TIMED_OUT "timed out after %lld ms"
#define STALLED "no byte moved for %lld ms"
#define SLOW "too few bytes moved in %lld ms"

/* --- the whole call's --- */

static void a_deadline_ends_a_blocked_read(void)
{
    struct limited l = {0};

    begin(&l);
    expect_limit(&l, TIMED_OUT);
    expect_ended_unread(&l);
}

static void a_deadline_ends_a_stream_that_nobody_reads(void)
{
    struct limited l = {.unread = true};

    begin(&l);
    expect_ended_unread(&l);
    expect_limit(&l, TIMED_OUT);
}

/* Nothing of a client without workers ran meanwhile. */
static void a_read_after_the_deadline_fails(void)
{
    struct limited l = {.from = flow_origin(NULL, NULL), .path = "/length/" FLOW_ENDLESS};

    begin(&l);
    pass_ms(2 * l.ms);
    expect_limit(&l, TIMED_OUT);
    expect_ended_unread(&l);
}

static void a_deadline_holds_while_bytes_flow(void)
{
    static const char *const paths[] = {"/length/" FLOW_ENDLESS, "/chunk/" FLOW_ENDLESS,
                                        "/end/" FLOW_ENDLESS};
    char buf[16384];

    for (unsigned i = 0; i < 3; i++) {
        struct gate *broken = rig_gate();
        struct limited l = {.from = flow_origin(NULL, broken), .path = paths[i]};
        begin(&l);
        while (gofer_response_read(l.response, buf, sizeof buf) > 0)
            continue;
        expect_limit(&l, TIMED_OUT);
        EXPECT(gate_wait(broken, 1));
    }
}

struct between {
    gofer_client *client;
    struct origin *origin;
};

/* The call's stream ends at a deadline that is not the call's own, in its body. */
static void expect_deadline(rig_attempt *call)
{
    struct between ends = {rig_client(NULL), rig_script(stalling)};

    for (RIG_LIMITS(ms)) {
        struct outcome got = call(ms, &ends);
        gofer_response *response = (gofer_response *)got.response;
        if (got.status == GOFER_OK && read_two(response)) {
            expect_timeout(response, "deadline passed");
            return;
        }
        rig_free(response);
    }
    REQUIRE(!"a call that comes to its body in time");
}

static struct outcome by_token(int64_t limit_ms, void *arg)
{
    const struct between *ends = arg;
    gofer_cancel *token = gofer_cancel_new_deadline(gofer_now_ms() + limit_ms);
    gofer_request *request = flow_request("GET", ends->origin, "/");

    gofer_request_set_cancel(request, token);
    gofer_cancel_free(token);
    return rig_call(ends->client, request);
}

static void a_tokens_deadline_holds(void)
{
    expect_deadline(by_token);
}

/* A stream of a group with that deadline, and the group gone. */
static struct outcome grouped(int64_t limit_ms, void *arg)
{
    const struct between *ends = arg;
    gofer_group *group = gofer_group_new(ends->client);

    gofer_group_submit(group, flow_request("GET", ends->origin, "/"));
    gofer_group_set_timeout_ms(group, limit_ms);
    struct outcome got = rig_take(gofer_group_next(group, -1));
    gofer_group_free(group);
    return got;
}

static void a_groups_deadline_holds(void)
{
    expect_deadline(grouped);
}

static struct outcome gathered(int64_t limit_ms, void *origin)
{
    return rig_get(rig_client(&(gofer_client_options){.timeout_ms = limit_ms}), origin, "/");
}

static void the_clients_timeout_is_not_for_streams(void)
{
    static const char *const pieces[] = {FLOW_LENGTH(4) "12", "34", NULL};
    struct gate *go = rig_gate();
    struct origin *origin = flow_steps(pieces, go, THEN_NEXT);
    gofer_client *client = rig_client(&(gofer_client_options){.timeout_ms = 60});
    gofer_response *response = flow_open(client, origin, "/");

    rig_limited(gathered, origin, GOFER_PHASE_BODY);
    pass_ms(60);
    EXPECT_INT(rig_stats(client).calls_active, 1);
    gate_pass(go);
    flow_expect_text(response, 10, "1234");
}

static void the_header_limit_ends_with_the_headers(void)
{
    static const char *const pieces[] = {FLOW_LENGTH(2), "ok", NULL};
    struct gate *go = rig_gate();
    struct limited l = {.option = &l.options.response_header_timeout_ms,
                        .from = flow_steps(pieces, go, THEN_NEXT)};

    begin(&l);
    EXPECT_INT(gofer_response_read_for(l.response, &(char){0}, 1, 2 * l.ms), GOFER_READ_PENDING);
    gate_pass(go);
    flow_expect_text(l.response, 10, "ok");
}

/* --- stalls --- */

static void a_stall_ends_a_blocked_read(void)
{
    struct limited l = {.option = &l.options.stall_timeout_ms};

    begin(&l);
    expect_limit(&l, STALLED);
    expect_ended_unread(&l);
}

static void a_stall_ends_a_stream_that_nobody_reads(void)
{
    struct limited l = {.option = &l.options.stall_timeout_ms};

    begin(&l);
    expect_ended_unread(&l);
    expect_limit(&l, STALLED);
}

/* Reads 20,000 bytes with pauses that are longer than the limit. Not where the server took as long
 * to send them: then this is tried again. */
static bool reads_slowly(struct limited *l)
{
    bool right = attempt(l);

    for (unsigned i = 0; right && i < 5; i++) {
        int64_t until = now_ms() + 3 * l->ms / 2;
        while (i < 2 && now_ms() < until)
            gofer_worker_run_once(l->client, 10);
        right = flow_take(l->response, i * 4000, 4000);
    }
    return right && gofer_response_read(l->response, &(char){0}, 1) == 0;
}

/* Whoever counts a slow reader for a stall ends all of them. */
static void expect_in_time(struct limited *l)
{
    bool right = false;

    l->from = flow_origin(NULL, NULL);
    for (l->ms = 80; l->ms < 4000 && !right; l->ms *= 3) {
        right = reads_slowly(l);
        EXPECT(!right || rig_stats(l->client).calls_failed == 0);
        rig_end_client(l->client);
    }
    EXPECT(right);
}

static void a_slow_reader_is_no_stall(void)
{
    static const char *const paths[] = {"/length/20000", "/chunk/20000", "/end/20000"};

    for (int i = 0; i < 3; i++) {
        struct limited l = {.option = &l.options.stall_timeout_ms, .path = paths[i]};
        expect_in_time(&l);
    }
}

/* What came with the head counts too. */
static void bytes_kept_for_a_slow_reader_are_no_stall(void)
{
    struct route routes[] = {{.reply = FLOW_LENGTH(2) "ok"}};
    struct limited l = {.option = &l.options.stall_timeout_ms, .from = rig_script(routes)};

    begin(&l);
    pass_ms(2 * l.ms);
    gofer_worker_run_once(l.client, 0);
    flow_expect_text(l.response, 1, "ok");
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
    gofer_request *request = flow_request("GET", origin, "/");
    gofer_request_set_timeout_ms(request, timeout_ms);
    int64_t began = now_ms();
    struct outcome got = rig_call(client, request);
    char byte;

    if (got.status != GOFER_OK)
        return got;
    while (gofer_response_read((gofer_response *)got.response, &byte, 1) > 0)
        continue;
    got.took_ms = now_ms() - began;
    got.error = gofer_response_error(got.response);
    got.status = got.error != NULL ? got.error->code : GOFER_OK;
    return got;
}

static struct outcome drip_body(int64_t limit_ms, void *arg)
{
    (void)arg;
    return drip_to(NULL, dripping_body, limit_ms);
}

static struct outcome drip_head(int64_t limit_ms, void *arg)
{
    (void)arg;
    return drip_to(NULL, dripping_head, limit_ms);
}

static void a_drip_does_not_move_the_deadline(void)
{
    rig_limited(drip_body, NULL, GOFER_PHASE_BODY);
    rig_limited(drip_head, NULL, GOFER_PHASE_HEADERS);
}

static void a_drip_is_no_stall(void)
{
    struct outcome got =
        drip_to(&(gofer_client_options){.stall_timeout_ms = 20000}, dripping_little, 0);

    EXPECT_STATUS(got.status, GOFER_OK);
}

static void a_minimum_rate_ends_a_drip(void)
{
    gofer_client_options options = {.min_rate_bytes_per_s = 100000, .min_rate_window_ms = 80};
    struct outcome got = drip_to(&options, dripping_body, 0);

    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    EXPECT_HOLDS(got.error->message, "too few bytes moved in 80 ms");
    got = drip_to(&options, dripping_head, 0);
    rig_expect_timeout(&got, GOFER_PHASE_HEADERS, 80);
    EXPECT_HOLDS(got.error->message, "too few bytes moved in 80 ms");
}

static void a_minimum_rate_ends_a_stream_that_nobody_reads(void)
{
    struct limited l = {.options.min_rate_bytes_per_s = 100000,
                        .option = &l.options.min_rate_window_ms};

    begin(&l);
    expect_ended_unread(&l);
    expect_limit(&l, SLOW);
}

/* A body of as many bytes as the path says, a byte in 2 ms. */
static void drip_body_of(struct peer *peer, void *arg)
{
    char head[96];
    unsigned n = 0;

    (void)arg;
    if (!peer_read_request(peer) || sscanf(peer_head(peer), "GET /%u", &n) != 1)
        return;
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", n);
    peer_say(peer, head);
    while (n-- > 0 && peer_send(peer, "x", 1))
        pass_ms(2);
}

/* Over two windows or more, at ten times the rate and more. On a busy machine the server pauses for
 * as long as a short window has. */
static void a_rate_that_is_kept_ends_nothing(void)
{
    struct origin *origin = rig_origin(drip_body_of, NULL);
    ssize_t last = -1;

    for (int64_t ms = 80; ms < 4000 && last != 0; ms *= 4) {
        gofer_client *client = rig_client(
            &(gofer_client_options){.min_rate_bytes_per_s = 50, .min_rate_window_ms = ms});
        char path[32];
        snprintf(path, sizeof path, "/%d", (int)ms);
        gofer_response *response = flow_open(client, origin, path);
        while ((last = gofer_response_read(response, &(char){0}, 1)) > 0)
            continue;
    }
    EXPECT_INT(last, 0);
}

static void a_slow_reader_is_no_low_rate(void)
{
    static const char *const paths[] = {"/length/20000", "/chunk/20000"};

    for (int i = 0; i < 2; i++) {
        struct limited l = {.options.min_rate_bytes_per_s = 1000000,
                            .option = &l.options.min_rate_window_ms,
                            .path = paths[i]};
        expect_in_time(&l);
    }
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
    struct origin *sink = rig_origin(swallow, NULL);
    struct limited l = {.from = flow_origin(NULL, broken), .path = "/end/" FLOW_ENDLESS};

    begin(&l);
    struct pipe pipe = {l.response, NULL};
    struct outcome got = rig_call(l.client, piped_request(&pipe, sink, -1));
    rig_expect_error(&got, GOFER_ERR_BODY);
    expect_limit(&l, TIMED_OUT);
    EXPECT(gate_wait(broken, 1));
    EXPECT(flow_until_open(l.client, sink, 0));
    rig_end_client(l.client);
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
