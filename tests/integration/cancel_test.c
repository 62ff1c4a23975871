/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Cancellation through tokens, at every moment of a call and from other threads:
 * one outcome, quickly, and no harm to the calls that follow.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "support/blackhole.h"

extern CU_TestInfo cancel_tests[];

enum { QUICK_MS = 10000 };

static const struct route hello[] = {{.reply = REPLY_HELLO}};

static void fired_before_the_call(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("GET", origin, "/");
    gofer_cancel *token = gofer_cancel_new();

    gofer_request_set_cancel(request, token);
    gofer_cancel_fire(token);
    for (int i = 0; i < 3; i++) {
        struct outcome got = rig_call(client, request);
        rig_expect_error(&got, GOFER_ERR_CANCELED);
        EXPECT(!got.error->timeout);
        EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 0);
    gofer_request_set_cancel(request, NULL);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    gofer_cancel_free(token);
}

static void cancelled_is_not_timed_out(void)
{
    struct origin *origin = rig_script(hello);
    gofer_cancel *token = gofer_cancel_new_deadline(gofer_now_ms() - 1000);
    gofer_request *request = rig_request("GET", origin, "/");

    gofer_request_set_cancel(request, token);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    gofer_cancel_fire(token);
    got = rig_call(rig_client(NULL), request);
    EXPECT(got.status == GOFER_ERR_CANCELED || got.status == GOFER_ERR_TIMEOUT);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 0);
    gofer_cancel_free(token);
}

static void a_token_not_fired_changes_nothing(void)
{
    struct origin *origin = rig_script(hello);
    gofer_cancel *token = gofer_cancel_new();
    gofer_request *request = rig_request("GET", origin, "/");
    gofer_client *client = rig_client(NULL);

    gofer_request_set_cancel(request, token);
    for (int i = 0; i < 3; i++) {
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
    }
    gofer_cancel_free(token);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    gofer_cancel_fire(NULL);
    gofer_cancel_free(NULL);
}

/* Fires its token when told to: from the peer's thread, once the request is there. */
struct trigger {
    gofer_cancel *token;
    const char *reply; /* said before it fires; may be NULL */
};

static void fire_when_asked(struct peer *peer, void *arg)
{
    const struct trigger *trigger = arg;

    while (peer_read_request(peer)) {
        if (peer_asks(peer, "/fast")) {
            peer_say(peer, REPLY_HELLO);
            continue;
        }
        if (trigger->reply != NULL)
            peer_say(peer, trigger->reply);
        gofer_cancel_fire(trigger->token);
        peer_sees_end(peer);
        return;
    }
}

static void fired_while_waiting(const char *method, const void *body, size_t len, const char *reply)
{
    struct trigger trigger = {gofer_cancel_new(), reply};
    struct origin *origin = rig_origin(fire_when_asked, &trigger);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request(method, origin, "/slow");
    struct outcome got = rig_get(client, origin, "/fast");

    rig_expect_answer(&got, 200, "hello");
    gofer_request_set_body(request, body, len);
    gofer_request_set_cancel(request, trigger.token);
    got = rig_call(client, request);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    EXPECT(got.took_ms < QUICK_MS);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    got = rig_get(client, origin, "/fast");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(rig_stats(client).calls_retried, 0);
    EXPECT(rig_wait_active(client, 0));
    rig_end_client(client);
    gofer_cancel_free(trigger.token);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void fired_before_an_answer(void)
{
    fired_while_waiting("GET", NULL, 0, NULL);
    fired_while_waiting("POST", "0123456789", 10, NULL);
}

static void fired_inside_the_head(void)
{
    fired_while_waiting("GET", NULL, 0, "HTTP/1.1 200 OK\r\nContent-");
}

static void fired_inside_the_body(void)
{
    fired_while_waiting("GET", NULL, 0, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
}

static void tell_connect(const gofer_trace_event *event, void *gate)
{
    if (event->kind == GOFER_TRACE_CONNECT_START)
        gate_pass(gate);
}

static void fired_while_dialing(void)
{
    struct gate *dials = rig_gate();
    struct blackhole hole;
    char url[ORIGIN_URL_BYTES];
    gofer_client *client = rig_client(NULL);
    gofer_cancel *token = gofer_cancel_new();
    struct caller caller;
    int64_t began;

    blackhole_open(&hole);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hole.port);
    gofer_request *request = rig_request_to("GET", url);
    gofer_request_set_cancel(request, token);
    gofer_request_set_trace(request, tell_connect, dials, NULL);
    caller_start(&caller, client, request);
    EXPECT(gate_wait(dials, 1));
    began = now_ms();
    gofer_cancel_fire(token);
    gofer_cancel_fire(token);
    struct outcome got = caller_join(&caller);
    EXPECT(now_ms() - began < QUICK_MS);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    EXPECT_INT(got.error->phase, GOFER_PHASE_CONNECT);
    rig_end_client(client);
    blackhole_close(&hole);
    gofer_cancel_free(token);
}

static void fired_while_waiting_in_the_pool(void)
{
    struct gate *seen = rig_gate(), *go = rig_gate();
    const struct route routes[] = {{.reply = REPLY_HELLO, .seen = seen, .go = go}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = 1});
    gofer_cancel *token = gofer_cancel_new();
    gofer_request *request = rig_request("GET", origin, "/");
    struct caller first, second;

    caller_start(&first, client, rig_request("GET", origin, "/"));
    EXPECT(gate_wait(seen, 1));
    gofer_request_set_cancel(request, token);
    caller_start(&second, client, request);
    EXPECT(rig_wait_active(client, 2));
    gofer_cancel_fire(token);
    struct outcome got = caller_join(&second);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
    gate_pass(go);
    got = caller_join(&first);
    rig_expect_answer(&got, 200, "hello");
    got = rig_get(client, origin, "/");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
    gofer_cancel_free(token);
}

static void fired_during_a_large_upload(void)
{
    enum { LEN = 32 * 1024 * 1024 };
    static char body[LEN];
    struct gate *seen = rig_gate(), *go = rig_gate();
    const struct route routes[] = {{.reply = REPLY_HELLO, .seen = seen, .go = go},
                                   {.reply = REPLY_HELLO}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    gofer_cancel *token = gofer_cancel_new();
    gofer_request *request = rig_request("POST", origin, "/");
    struct caller caller;

    gofer_request_set_body_ref(request, body, LEN, NULL, NULL);
    gofer_request_set_cancel(request, token);
    caller_start(&caller, client, request);
    EXPECT(origin_wait(origin, ORIGIN_ACCEPTED, 1));
    gofer_cancel_fire(token);
    gate_pass(go);
    struct outcome got = caller_join(&caller);
    if (got.status != GOFER_OK) /* it may have been faster than we */
        rig_expect_error(&got, GOFER_ERR_CANCELED);
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    gofer_cancel_free(token);
}

static void one_token_ends_many_calls(void)
{
    enum { CALLERS = 20 };
    static const struct route routes[] = {{.then = THEN_HOLD}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    gofer_cancel *token = gofer_cancel_new();
    struct caller callers[CALLERS];
    gofer_request *request = rig_request("GET", origin, "/");

    gofer_request_set_cancel(request, token);
    for (int i = 0; i < CALLERS; i++)
        caller_start(&callers[i], client, request);
    EXPECT(origin_wait(origin, ORIGIN_REQUESTS, CALLERS));
    gofer_cancel_fire(token);
    for (int i = 0; i < CALLERS; i++) {
        struct outcome got = caller_join(&callers[i]);
        rig_expect_error(&got, GOFER_ERR_CANCELED);
    }
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    EXPECT_INT(rig_stats(client).conns_idle, 0);
    gofer_cancel_free(token);
}

static void *fire_main(void *arg)
{
    gofer_cancel_fire(arg);
    return NULL;
}

/* A fresh token each round, fired by another thread about when the answer comes. */
static struct outcome race(gofer_client *client, gofer_request *request)
{
    gofer_cancel *token = gofer_cancel_new();
    pthread_t thread;

    gofer_request_set_cancel(request, token);
    REQUIRE(pthread_create(&thread, NULL, fire_main, token) == 0);
    struct outcome got = rig_call(client, request);
    pthread_join(thread, NULL);
    gofer_cancel_free(token);
    return got;
}

static void a_late_cancel_harms_no_other_call(void)
{
    enum { ROUNDS = 150 };
    gofer_client *client = rig_client(NULL);
    char url[ORIGIN_URL_BYTES], body[ECHO_BODY_MAX + 1];
    unsigned long n = 0;

    for (int i = 0; i < ROUNDS; i++) {
        gofer_request *request = gofer_request_new("GET", rig_echo_url("echo", ++n, url));
        struct outcome got = race(client, request);
        gofer_request_free(request);
        if (got.status != GOFER_ERR_CANCELED) {
            body[echo_body(n, body)] = '\0';
            rig_expect_answer(&got, 200, body);
        }
        request = gofer_request_new("GET", rig_echo_url("echo", ++n, url));
        got = rig_call(client, request);
        gofer_request_free(request);
        body[echo_body(n, body)] = '\0';
        rig_expect_answer(&got, 200, body);
    }
    EXPECT(rig_wait_active(client, 0));
}

static void the_request_is_free_again_when_the_call_ends(void)
{
    enum { ROUNDS = 60, LEN = 10 * 1024 };
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    static char body[LEN];

    for (int i = 0; i < ROUNDS; i++) {
        char url[ORIGIN_URL_BYTES];
        gofer_request *request = gofer_request_new("POST", origin_url(origin, "/", url));
        memset(body, i, LEN);
        gofer_request_set_body_ref(request, body, LEN, NULL, NULL);
        struct outcome got = race(client, request);
        gofer_request_free(request);
        memset(body, 'x', LEN);
        if (got.status != GOFER_ERR_CANCELED)
            rig_expect_answer(&got, 200, "hello");
    }
}

CU_TestInfo cancel_tests[] = {
    {"C9 C10 fired before the call", fired_before_the_call},
    {"C7 cancelled is not timed out", cancelled_is_not_timed_out},
    {"C5 a token not fired changes nothing", a_token_not_fired_changes_nothing},
    {"C12 C13 fired before an answer, with and without a body", fired_before_an_answer},
    {"C13 fired inside the head", fired_inside_the_head},
    {"C14 fired inside the body", fired_inside_the_body},
    {"C11 fired while dialing, twice", fired_while_dialing},
    {"fired while waiting in the pool", fired_while_waiting_in_the_pool},
    {"fired during a large upload", fired_during_a_large_upload},
    {"one token ends many calls", one_token_ends_many_calls},
    {"C15 RU-10 a late cancel harms no other call", a_late_cancel_harms_no_other_call},
    {"N1 the request is free again when the call ends",
     the_request_is_free_again_when_the_call_ends},
    CU_TEST_INFO_NULL};
