/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Time limits: each in its phase, not early, not late, and none that was not
 * asked for. Every call that times out has its connection closed.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "support/blackhole.h"

extern CU_TestInfo deadline_tests[];

static const struct route silent[] = {
    {.target = "/fast", .reply = REPLY_HELLO},
    {.target = "/head", .reply = "HTTP/1.1 200 OK\r\nContent-Le", .then = THEN_HOLD},
    {.target = "/body",
     .reply = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
     .then = THEN_HOLD},
    {.then = THEN_HOLD},
};

static struct outcome get_within(gofer_client *client, struct origin *origin, const char *path,
                                 int64_t timeout_ms)
{
    gofer_request *request = rig_request("GET", origin, path);

    EXPECT_STATUS(gofer_request_set_timeout_ms(request, timeout_ms), GOFER_OK);
    return rig_call(client, request);
}

/* The call's own timeout ends it in that phase. */
static struct outcome ends_in(gofer_phase phase, gofer_client *client, struct origin *origin,
                              const char *path)
{
    return rig_limited_call(client, rig_request("GET", origin, path), phase);
}

/* So does a client's. */
static struct outcome option_ends_in(gofer_phase phase, struct limited_get *get,
                                     struct origin *origin, const char *path)
{
    char url[ORIGIN_URL_BYTES];

    get->url = origin_url(origin, path, url);
    return rig_limited_get(get, phase);
}

static void expect_fast(gofer_client *client, struct origin *origin)
{
    struct outcome got = rig_get(client, origin, "/fast");

    rig_expect_answer(&got, 200, "hello");
}

static void the_response_header_limit_holds(void)
{
    struct origin *origin = rig_script(silent);
    struct limited_get get = {.limit = &get.options.response_header_timeout_ms};
    struct outcome got = option_ends_in(GOFER_PHASE_WAIT, &get, origin, "/slow");

    EXPECT_INT(got.error->sent, GOFER_SENT_ALL);
    option_ends_in(GOFER_PHASE_HEADERS, &get, origin, "/head");
}

/* With a connection that stays, and others beside it. */
static void the_response_header_limit_ends_no_other_call(void)
{
    struct origin *origin = rig_script(silent);
    gofer_client *client = rig_client(&(gofer_client_options){.response_header_timeout_ms = 1000});
    struct caller slow;

    expect_fast(client, origin);
    caller_start(&slow, client, rig_request("GET", origin, "/slow"));
    EXPECT(origin_wait(origin, ORIGIN_REQUESTS, 2));
    expect_fast(client, origin);
    struct outcome got = caller_join(&slow);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    EXPECT_INT(got.error->phase, GOFER_PHASE_WAIT);
    expect_fast(client, origin);
}

static struct outcome get_body(int64_t limit_ms, void *origin)
{
    gofer_client_options options = {.response_header_timeout_ms = limit_ms,
                                    .timeout_ms = 4 * limit_ms};
    struct outcome got = rig_get(rig_client(&options), origin, "/body");

    EXPECT_AT_LEAST(got.took_ms, limit_ms);
    return got;
}

static void the_response_header_limit_ends_with_the_headers(void)
{
    struct outcome got = rig_limited(get_body, rig_script(silent), GOFER_PHASE_BODY);

    EXPECT_AT_LEAST(got.took_ms, 4 * got.limit_ms);
}

static void no_answer_ends_at_the_limit(void)
{
    struct limited_get get = {.limit = &get.options.timeout_ms};
    struct outcome got = option_ends_in(GOFER_PHASE_WAIT, &get, rig_script(silent), "/slow");

    EXPECT_INT(got.error->attempts, 1);
    EXPECT_INT(rig_stats(get.client).calls_failed, 1);
}

static void each_phase_is_named(void)
{
    static const struct {
        const char *path;
        gofer_phase phase;
    } rows[] = {
        {"/slow", GOFER_PHASE_WAIT}, {"/head", GOFER_PHASE_HEADERS}, {"/body", GOFER_PHASE_BODY}};
    struct origin *origin = rig_script(silent);
    gofer_client *client = rig_client(NULL);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome got = ends_in(rows[i].phase, client, origin, rows[i].path);
        EXPECT_INT(got.error->sent, GOFER_SENT_ALL);
    }
    expect_fast(client, origin);
}

/* A second call on its connection, to a path that does not answer. */
struct second {
    const char *path;
    gofer_client *client;
    struct origin *origin;
};

static struct outcome call_again(int64_t limit_ms, void *arg)
{
    struct second *second = arg;

    second->origin = rig_script(silent);
    second->client = rig_client(NULL);
    expect_fast(second->client, second->origin);
    return get_within(second->client, second->origin, second->path, limit_ms);
}

/* By a client of its own: the dial of an attempt before might serve the next. */
static struct outcome call_first(int64_t limit_ms, void *origin)
{
    return get_within(rig_client(NULL), origin, "/slow", limit_ms);
}

static void the_message_says_it_all(void)
{
    struct second second = {.path = "/slow"};
    struct outcome got = rig_limited(call_again, &second, GOFER_PHASE_WAIT);
    char wanted[256];

    snprintf(wanted, sizeof wanted,
             "GET \"%s\": timed out after %lld ms waiting for response headers "
             "(reused connection, attempt 1)",
             gofer_response_url(got.response), (long long)got.limit_ms);
    EXPECT_TEXT(got.error->message, wanted);
    EXPECT(got.error->reused);
    got = rig_limited(call_first, rig_script(silent), GOFER_PHASE_WAIT);
    EXPECT(!got.error->reused);
    snprintf(wanted, sizeof wanted, "timed out after %lld ms waiting for response headers",
             (long long)got.limit_ms);
    EXPECT_HOLDS(got.error->message, wanted);
    EXPECT_LACKS(got.error->message, "reused");
}

static void a_call_that_timed_out_leaves_no_connection(void)
{
    static const struct {
        const char *path;
        gofer_phase phase;
    } rows[] = {
        {"/slow", GOFER_PHASE_WAIT}, {"/head", GOFER_PHASE_HEADERS}, {"/body", GOFER_PHASE_BODY}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct second second = {.path = rows[i].path};
        rig_limited(call_again, &second, rows[i].phase);
        EXPECT(origin_wait(second.origin, ORIGIN_OPEN, 0));
        EXPECT_INT(origin_count(second.origin, ORIGIN_ACCEPTED), 1);
        EXPECT_INT(rig_stats(second.client).conns_idle, 0);
        EXPECT_INT(rig_stats(second.client).calls_retried, 0);
        expect_fast(second.client, second.origin);
    }
}

static void limits_not_reached_change_nothing(void)
{
    struct origin *origin = rig_script(silent);
    gofer_client *client = rig_client(&(gofer_client_options){.timeout_ms = 60000,
                                                              .stall_timeout_ms = 60000,
                                                              .connect_timeout_ms = 60000,
                                                              .response_header_timeout_ms = 60000});

    for (int i = 0; i < 5; i++)
        expect_fast(client, origin);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

static void the_longest_limits_do_not_overflow(void)
{
    static const int64_t limits[] = {INT64_MAX, INT64_MAX / 1000, INT64_MAX / 1000000, GOFER_NEVER};
    struct origin *origin = rig_script(silent);

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        gofer_client_options options = {.timeout_ms = limits[i],
                                        .stall_timeout_ms = limits[i],
                                        .connect_timeout_ms = limits[i],
                                        .response_header_timeout_ms = limits[i],
                                        .idle_conn_timeout_ms = limits[i],
                                        .conn_max_age_ms = limits[i]};
        gofer_client *client = rig_client(&options);
        struct outcome got = get_within(client, origin, "/fast", limits[i]);
        rig_expect_answer(&got, 200, "hello");
        gofer_request *request = rig_request("GET", origin, "/fast");
        gofer_cancel *token = gofer_cancel_new_deadline(limits[i] < 0 ? INT64_MAX - 1 : limits[i]);
        gofer_request_set_cancel(request, token);
        gofer_cancel_free(token);
        got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
    }
}

static void negative_limits_are_refused(void)
{
    gofer_request *request = rig_request_to("GET", "http://127.0.0.1:1/");

    EXPECT_STATUS(gofer_request_set_timeout_ms(request, -2), GOFER_ERR_INVALID);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_error(&got, GOFER_ERR_INVALID);
    errno = 0;
    EXPECT(gofer_client_new(&(gofer_client_options){.timeout_ms = -2}) == NULL);
    EXPECT_INT(errno, EINVAL);
}

static struct outcome call_with_token(gofer_client *client, struct origin *origin,
                                      gofer_cancel *token)
{
    gofer_request *request = rig_request("GET", origin, "/fast");

    gofer_request_set_cancel(request, token);
    gofer_cancel_free(token);
    return rig_call(client, request);
}

static void a_deadline_already_past_dials_nothing(void)
{
    static const int64_t none[] = {INT64_MIN, -1, 0, 1};
    struct origin *origin = rig_script(silent);
    gofer_client *client = rig_client(NULL);
    struct outcome got =
        call_with_token(client, origin, gofer_cancel_new_deadline(gofer_now_ms() - 1));

    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        got = call_with_token(client, origin, gofer_cancel_new_deadline(none[i]));
        rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 0);
    EXPECT_INT(rig_stats(client).conns_opened, 0);
}

struct with_token {
    gofer_client *client;
    gofer_request *request;
};

/* The public clock counts whole milliseconds: one may be over already. */
static struct outcome before_a_deadline(int64_t limit_ms, void *arg)
{
    struct with_token *with = arg;
    gofer_cancel *token = gofer_cancel_new_deadline(gofer_now_ms() + limit_ms + 1);

    gofer_request_set_cancel(with->request, token);
    gofer_cancel_free(token);
    return rig_call(with->client, with->request);
}

static void a_tokens_deadline_holds(void)
{
    struct origin *origin = rig_script(silent);
    struct with_token with = {rig_client(NULL), rig_request("GET", origin, "/slow")};
    struct outcome got = rig_limited(before_a_deadline, &with, GOFER_PHASE_WAIT);
    unsigned asked = origin_count(origin, ORIGIN_REQUESTS);

    EXPECT_HOLDS(got.error->message, "deadline passed while waiting for response headers");
    got = rig_call(with.client, with.request);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), asked);
}

static void a_connect_ends_at_its_limit(void)
{
    struct blackhole hole;
    char url[ORIGIN_URL_BYTES];

    blackhole_open(&hole);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hole.port);
    struct limited_get get = {.limit = &get.options.connect_timeout_ms, .url = url};
    struct outcome got = rig_limited_get(&get, GOFER_PHASE_CONNECT);
    EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
    EXPECT_INT(got.error->attempts, 0);
    rig_end_client(get.client);
    get = (struct limited_get){.limit = &get.options.timeout_ms, .url = url};
    rig_limited_get(&get, GOFER_PHASE_CONNECT);
    rig_end_client(get.client);
    blackhole_close(&hole);
}

static void waiting_in_the_pool_counts(void)
{
    struct gate *seen = rig_gate(), *go = rig_gate();
    const struct route routes[] = {{.reply = REPLY_HELLO, .seen = seen, .go = go}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = 1});
    struct caller first;

    caller_start(&first, client, rig_request("GET", origin, "/"));
    EXPECT(gate_wait(seen, 1));
    struct outcome got = ends_in(GOFER_PHASE_POOL, client, origin, "/");
    EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
    gate_pass(go);
    got = caller_join(&first);
    rig_expect_answer(&got, 200, "hello");
    got = rig_get(client, origin, "/");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

/* Takes the connection and reads nothing until the test is over. */
static void stop_reading(struct peer *peer, void *arg)
{
    (void)peer;
    gate_wait(arg, 1);
}

static struct outcome upload_nowhere(const gofer_client_options *options)
{
    enum { LEN = 32 * 1024 * 1024 };
    static char body[LEN];
    struct gate *done = rig_gate();
    struct origin *origin = rig_origin(stop_reading, done);
    gofer_request *request = rig_request("POST", origin, "/");
    gofer_client *client = rig_client(options);

    gofer_request_set_body_ref(request, body, LEN, NULL, NULL);
    struct outcome got = rig_call(client, request);
    gate_pass(done);
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    return got;
}

static struct outcome upload_within(int64_t limit_ms, void *arg)
{
    (void)arg;
    return upload_nowhere(&(gofer_client_options){.timeout_ms = limit_ms});
}

static void a_peer_that_does_not_read_ends_at_the_limit(void)
{
    struct outcome got = rig_limited(upload_within, NULL, GOFER_PHASE_SEND);

    EXPECT_INT(got.error->sent, GOFER_SENT_SOME);
}

static struct outcome upload_stalling(int64_t limit_ms, void *arg)
{
    (void)arg;
    return upload_nowhere(&(gofer_client_options){.stall_timeout_ms = limit_ms});
}

static void a_stalled_upload_ends_at_the_stall_limit(void)
{
    struct outcome got = rig_limited(upload_stalling, NULL, GOFER_PHASE_SEND);

    EXPECT_INT(got.error->sent, GOFER_SENT_SOME);
}

static void a_stalled_body_ends_at_the_stall_limit(void)
{
    struct origin *origin = rig_script(silent);
    struct limited_get get = {.limit = &get.options.stall_timeout_ms};

    option_ends_in(GOFER_PHASE_BODY, &get, origin, "/body");
    option_ends_in(GOFER_PHASE_HEADERS, &get, origin, "/head");
}

/* A byte every few milliseconds, for ever, as head or as body. */
static void drip(struct peer *peer, void *arg)
{
    bool in_head = *(const bool *)arg;

    if (!peer_read_request(peer))
        return;
    peer_say(peer, in_head ? "HTTP/1.1 200 OK\r\nX: " : "HTTP/1.1 200 OK\r\n\r\n");
    while (peer_say(peer, "x"))
        pass_ms(5);
}

/* It moves often enough for the stall limit, which is not the one that ends it. */
static void ends_a_drip(gofer_phase phase, bool in_head)
{
    struct origin *origin = rig_origin(drip, &in_head);
    struct limited_get get = {.options.stall_timeout_ms = PATIENCE_MS,
                              .limit = &get.options.timeout_ms};
    struct outcome got = option_ends_in(phase, &get, origin, "/");

    EXPECT_HOLDS(got.error->message, "timed out after ");
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void the_limit_covers_a_body_that_drips(void)
{
    ends_a_drip(GOFER_PHASE_BODY, false);
}

static void the_limit_covers_a_head_that_drips(void)
{
    ends_a_drip(GOFER_PHASE_HEADERS, true);
}

static void the_limit_covers_a_reused_connection(void)
{
    struct second second = {.path = "/slow"};
    struct outcome got = rig_limited(call_again, &second, GOFER_PHASE_WAIT);

    EXPECT(got.error->reused);
    EXPECT_INT(rig_stats(second.client).conns_opened, 1);
    EXPECT_INT(rig_stats(second.client).calls_retried, 0);
}

static void the_requests_limit_wins(void)
{
    struct origin *origin = rig_script(silent);
    gofer_client *brief = rig_client(&(gofer_client_options){.timeout_ms = 30});
    gofer_client *patient = rig_client(&(gofer_client_options){.timeout_ms = 60000});

    ends_in(GOFER_PHASE_WAIT, brief, origin, "/slow");
    ends_in(GOFER_PHASE_WAIT, patient, origin, "/slow");
    struct outcome got = get_within(brief, origin, "/slow", 0);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    EXPECT_HOLDS(got.error->message, "timed out after 30 ms");
}

static void one_stalled_origin_stops_no_other(void)
{
    enum { STALLED = 12 };
    struct origin *stalled = rig_script(silent), *lively = rig_script(silent);
    gofer_client *client = rig_client(NULL);
    struct caller callers[STALLED];
    gofer_cancel *token = gofer_cancel_new();

    for (int i = 0; i < STALLED; i++) {
        gofer_request *request = rig_request("GET", stalled, "/slow");
        gofer_request_set_cancel(request, token);
        caller_start(&callers[i], client, request);
    }
    EXPECT(origin_wait(stalled, ORIGIN_REQUESTS, STALLED));
    for (int i = 0; i < 5; i++)
        expect_fast(client, lively);
    gofer_cancel_fire(token);
    gofer_cancel_free(token);
    for (int i = 0; i < STALLED; i++) {
        struct outcome got = caller_join(&callers[i]);
        rig_expect_error(&got, GOFER_ERR_CANCELED);
    }
}

/* Without a name server that answers this is a timeout of the lookup. */
static void hosts_that_do_not_exist_are_named(void)
{
    struct outcome got = {0};

    for (RIG_LIMITS(ms)) {
        got = rig_get_url(rig_client(&(gofer_client_options){.timeout_ms = ms}),
                          "http://0123456789.invalid./");
        REQUIRE(got.error != NULL);
        if (got.error->phase >= GOFER_PHASE_RESOLVE)
            break;
    }
    if (got.status != GOFER_ERR_TIMEOUT)
        rig_expect_error(&got, GOFER_ERR_RESOLVE);
    EXPECT_INT(got.error->phase, GOFER_PHASE_RESOLVE);
    EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
}

CU_TestInfo deadline_tests[] = {
    {"C1 the response header limit holds", the_response_header_limit_holds},
    {"C1 the response header limit ends no other call",
     the_response_header_limit_ends_no_other_call},
    {"C1 the response header limit ends with the headers",
     the_response_header_limit_ends_with_the_headers},
    {"C4 no answer ends at the limit", no_answer_ends_at_the_limit},
    {"each phase is named", each_phase_is_named},
    {"the message says it all", the_message_says_it_all},
    {"C8 a call that timed out leaves no connection", a_call_that_timed_out_leaves_no_connection},
    {"C5 limits not reached change nothing", limits_not_reached_change_nothing},
    {"RES-07 the longest limits do not overflow", the_longest_limits_do_not_overflow},
    {"RES-07 negative limits are refused", negative_limits_are_refused},
    {"RES-07 C7 C9 a deadline already past dials nothing", a_deadline_already_past_dials_nothing},
    {"a token's deadline holds", a_tokens_deadline_holds},
    {"TCP-03 a connect ends at its limit", a_connect_ends_at_its_limit},
    {"waiting in the pool counts", waiting_in_the_pool_counts},
    {"TCP-05 a peer that does not read ends at the limit",
     a_peer_that_does_not_read_ends_at_the_limit},
    {"TCP-05 a stalled upload ends at the stall limit", a_stalled_upload_ends_at_the_stall_limit},
    {"a stalled body ends at the stall limit", a_stalled_body_ends_at_the_stall_limit},
    {"TCP-04 the limit covers a body that drips", the_limit_covers_a_body_that_drips},
    {"TCP-04 the limit covers a head that drips", the_limit_covers_a_head_that_drips},
    {"the limit covers a reused connection that is silent", the_limit_covers_a_reused_connection},
    {"the request's limit wins", the_requests_limit_wins},
    {"RES-13 one stalled origin stops no other", one_stalled_origin_stops_no_other},
    {"a host that does not exist is a resolve error", hosts_that_do_not_exist_are_named},
    CU_TEST_INFO_NULL};
