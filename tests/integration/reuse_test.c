/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Which connection a request goes out on: reuse, and every reason against it.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo reuse_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

static void calls_in_a_row_share_a_connection(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_stats stats;

    for (int i = 0; i < 5; i++)
        rig_get_hello(client, origin);
    stats = rig_stats(client);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
    EXPECT_INT(stats.conns_opened, 1);
    EXPECT_INT(stats.conns_reused, 4);
    EXPECT_INT(stats.conns_idle, 1);
    EXPECT_INT(stats.calls_done, 5);
    EXPECT_INT(stats.calls_active, 0);
    EXPECT_INT(stats.calls_failed, 0);
}

static void a_hundred_bodiless_answers_share_a_connection(void)
{
    static const struct route routes[] = {{.reply = REPLY_EMPTY}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("GET", origin, "/");

    for (int i = 0; i < 100; i++) {
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 204, "");
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

static unsigned count_of(const char *text, const char *part)
{
    unsigned n = 0;

    for (; (text = strstr(text, part)) != NULL; text++)
        n++;
    return n;
}

static void without_keep_alive_each_call_has_its_own(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.disable_keep_alives = true});
    gofer_request *request = rig_request("GET", origin, "/");

    rig_get_hello(client, origin);
    EXPECT_INT(count_of(origin_last_head(origin), "\r\nConnection: close\r\n"), 1);
    gofer_request_set_header(request, "Connection", "close");
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(count_of(origin_last_head(origin), "\r\nConnection: "), 1);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    EXPECT_INT(rig_stats(client).conns_idle, 0);
}

static void a_request_may_end_its_connection(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("GET", origin, "/");

    gofer_request_set_header(request, "Connection", "close");
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(count_of(origin_last_head(origin), "\r\nConnection: close\r\n"), 1);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    rig_get_hello(client, origin);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
}

static void a_body_with_close_is_read_to_its_end(void)
{
    static char reply[20 * 1024 + 128];
    static const struct route routes[] = {{.reply = reply, .then = THEN_CLOSE}};
    size_t head = (size_t)sprintf(
        reply, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 20480\r\n\r\n");
    size_t len;

    memset(reply + head, 'b', 20480);
    struct outcome got = rig_get(rig_client(NULL), rig_script(routes), "/");
    EXPECT_STATUS(got.status, GOFER_OK);
    gofer_response_body(got.response, &len);
    EXPECT_INT(len, 20480);
}

static void a_closed_idle_connection_is_not_used(void)
{
    static const struct route routes[] = {{.reply = REPLY_HELLO, .then = THEN_CLOSE}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);

    for (unsigned i = 1; i <= 4; i++) {
        gofer_request *post = rig_request("POST", origin, "/");
        gofer_request_set_body(post, "once", 4);
        struct outcome got = rig_call(client, post);
        rig_expect_answer(&got, 200, "hello");
        EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
        EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), i);
    }
    EXPECT_INT(rig_stats(client).calls_retried, 0);
}

static void a_reset_idle_connection_is_not_used(void)
{
    static const struct route routes[] = {
        {.reply = REPLY_HELLO, .then = THEN_RESET},
    };
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);

    for (unsigned i = 1; i <= 4; i++) {
        struct outcome got = rig_call(client, rig_request("POST", origin, "/"));
        rig_expect_answer(&got, 200, "hello");
        EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
        EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), i);
    }
    EXPECT_INT(rig_stats(client).calls_retried, 0);
}

static void without_the_check_a_get_is_retried(void)
{
    static const struct route routes[] = {{.reply = REPLY_HELLO, .then = THEN_CLOSE}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(&(gofer_client_options){.skip_checkout_check = true});

    rig_get_hello(client, origin);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    rig_get_hello(client, origin);
    EXPECT_INT(rig_stats(client).calls_retried, 1);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 2);
}

static void the_slot_of_a_dead_connection_is_free(void)
{
    static const struct route routes[] = {{.reply = REPLY_HELLO, .then = THEN_CLOSE}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = 1});

    for (int i = 0; i < 3; i++) {
        rig_get_hello(client, origin);
        EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 3);
}

static void idle_connections_end_after_their_time(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.idle_conn_timeout_ms = 60});
    int64_t began = now_ms();

    rig_get_hello(client, origin);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    EXPECT_AT_LEAST(now_ms() - began, 60);
    EXPECT_INT(rig_stats(client).conns_idle, 0);
    rig_get_hello(client, origin);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
}

static void use_renews_the_idle_time(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.idle_conn_timeout_ms = 2000});

    rig_get_hello(client, origin);
    for (int i = 0; i < 3; i++) {
        pass_ms(20);
        rig_get_hello(client, origin);
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

static void the_idle_time_frees_the_slot(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client =
        rig_client(&(gofer_client_options){.idle_conn_timeout_ms = 30, .max_conns_per_host = 1});

    for (int i = 0; i < 3; i++) {
        rig_get_hello(client, origin);
        EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 3);
}

static void old_connections_are_retired(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.conn_max_age_ms = 30});

    rig_get_hello(client, origin);
    pass_ms(40);
    rig_get_hello(client, origin);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
}

static void stray_bytes_never_reach_the_next_caller(void)
{
    static const struct route routes[] = {
        {.target = "/stray",
         .reply = REPLY_HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"},
        {.reply = REPLY_HELLO},
    };
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);

    for (int i = 0; i < 20; i++) {
        struct outcome first = rig_get(client, origin, "/stray");
        struct outcome second = rig_get(client, origin, "/");
        rig_expect_answer(&first, 200, "hello");
        rig_expect_answer(&second, 200, "hello");
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2 * (i + 1));
        EXPECT_INT(rig_stats(client).calls_retried, 0);
        rig_end_client(client);
        client = rig_client(NULL);
    }
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

/* Answers, and says more once the gate is open, while the connection is idle. */
struct talker {
    const char *more;
    struct gate go, said;
};

static void talk_while_idle(struct peer *peer, void *arg)
{
    struct talker *talker = arg;

    if (!peer_read_request(peer))
        return;
    peer_say(peer, REPLY_HELLO);
    if (peer_number(peer) > 1) {
        peer_sees_end(peer);
        return;
    }
    gate_wait(&talker->go, 1);
    peer_say(peer, talker->more);
    gate_pass(&talker->said);
    peer_sees_end(peer);
}

static void spoken_to_while_idle(const char *more)
{
    struct talker talker = {more, GATE_INIT, GATE_INIT};
    struct origin *origin = rig_origin(talk_while_idle, &talker);
    gofer_client *client = rig_client(NULL);

    rig_get_hello(client, origin);
    gate_pass(&talker.go);
    EXPECT(gate_wait(&talker.said, 1));
    rig_get_hello(client, origin);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
    EXPECT_INT(rig_stats(client).calls_retried, 0);
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void bytes_on_an_idle_connection_end_it(void)
{
    spoken_to_while_idle("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong");
    spoken_to_while_idle("x");
}

static void a_408_on_an_idle_connection_ends_it(void)
{
    spoken_to_while_idle("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
}

/* The first connection answers one request and closes when it has read the second. */
static void close_at_the_second(struct peer *peer, void *arg)
{
    bool always = *(const bool *)arg;

    if (!peer_read_request(peer))
        return;
    if (always && peer_number(peer) > 1)
        return;
    peer_say(peer, REPLY_HELLO);
    if (peer_read_request(peer) && peer_number(peer) > 1)
        peer_say(peer, REPLY_HELLO);
}

static struct outcome second_call(const char *method, int idempotent, bool always,
                                  struct origin **origin, gofer_client **client)
{
    static bool modes[] = {false, true};

    *origin = rig_origin(close_at_the_second, &modes[always]);
    *client = rig_client(NULL);
    gofer_request *request = rig_request(method, *origin, "/second");
    gofer_request_set_idempotent(request, idempotent);
    rig_get_hello(*client, *origin);
    return rig_call(*client, request);
}

static void a_get_is_sent_once_more(void)
{
    static const char *const methods[] = {"GET", "OPTIONS", "TRACE"};
    struct origin *origin;
    gofer_client *client;

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct outcome got = second_call(methods[i], 0, false, &origin, &client);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 3);
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
        EXPECT_INT(rig_stats(client).calls_retried, 1);
        rig_end_client(client);
    }
}

static void a_get_is_sent_no_third_time(void)
{
    struct origin *origin;
    gofer_client *client;
    struct outcome got = second_call("GET", 0, true, &origin, &client);

    rig_expect_error(&got, GOFER_ERR_BROKEN);
    EXPECT_INT(got.error->attempts, 2);
    EXPECT(!got.error->reused);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 3);
}

static void a_post_is_sent_once(void)
{
    struct origin *origin;
    gofer_client *client;
    struct outcome got = second_call("POST", 0, false, &origin, &client);

    rig_expect_error(&got, GOFER_ERR_BROKEN);
    EXPECT_INT(got.error->attempts, 1);
    EXPECT(got.error->reused);
    EXPECT_INT(got.error->sent, GOFER_SENT_ALL);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 2);
    EXPECT_INT(rig_stats(client).calls_retried, 0);
}

static void a_post_said_to_be_idempotent_is_sent_once_more(void)
{
    struct origin *origin;
    gofer_client *client;
    struct outcome got = second_call("POST", 1, false, &origin, &client);

    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 3);
    EXPECT_INT(rig_stats(client).calls_retried, 1);
}

static void an_idempotency_key_says_so_too(void)
{
    static bool mode = false;
    struct origin *origin = rig_origin(close_at_the_second, &mode);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("POST", origin, "/second");

    gofer_request_set_header(request, "Idempotency-Key", "k1");
    gofer_request_set_body(request, "body", 4);
    rig_get_hello(client, origin);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 3);
}

static void a_broken_response_ends_its_connection(void)
{
    static const struct route routes[] = {
        {.target = "/half",
         .reply = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
         .then = THEN_CLOSE},
        {.reply = REPLY_HELLO},
    };
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);

    rig_get_hello(client, origin);
    struct outcome got = rig_get(client, origin, "/half");
    rig_expect_error(&got, GOFER_ERR_TRUNCATED);
    EXPECT(got.error->reused);
    rig_get_hello(client, origin);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
}

static void close_idle_closes_what_is_idle(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);

    rig_get_hello(client, origin);
    gofer_client_close_idle(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    EXPECT_INT(rig_stats(client).conns_idle, 0);
    rig_get_hello(client, origin);
    rig_get_hello(client, origin);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
}

/* The caller's request is there, and not answered before the gate opens. */
static struct origin *start_held(struct caller *caller, gofer_client *client, struct gate *go)
{
    struct gate *seen = rig_gate();
    const struct route routes[] = {
        {.target = "/held", .reply = REPLY_HELLO, .seen = seen, .go = go},
        {.reply = REPLY_HELLO},
    };
    struct origin *origin = rig_script(routes);

    caller_start(caller, client, rig_request("GET", origin, "/held"));
    EXPECT(gate_wait(seen, 1));
    return origin;
}

static void close_idle_reaches_connections_in_use(void)
{
    struct gate *go = rig_gate();
    gofer_client *client = rig_client(NULL);
    struct caller caller;

    struct origin *origin = start_held(&caller, client, go);
    gofer_client_close_idle(client);
    gate_pass(go);
    caller_joins_hello(&caller);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    rig_get_hello(client, origin);
    rig_get_hello(client, origin);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
}

static void connections_in_use_are_not_shared(void)
{
    struct gate *go = rig_gate();
    gofer_client *client = rig_client(NULL);
    struct caller caller;

    struct origin *origin = start_held(&caller, client, go);
    rig_get_hello(client, origin);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
    gate_pass(go);
    struct outcome got = caller_join(&caller);
    rig_expect_answer(&got, 200, "hello");
}

static void a_limit_of_one_connection_makes_calls_wait(void)
{
    enum { CALLERS = 10 };
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = 1});
    struct caller callers[CALLERS];

    for (int i = 0; i < CALLERS; i++)
        caller_start(&callers[i], client, rig_request("GET", origin, "/"));
    for (int i = 0; i < CALLERS; i++) {
        struct outcome got = caller_join(&callers[i]);
        rig_expect_answer(&got, 200, "hello");
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
    EXPECT_INT(rig_stats(client).conns_opened, 1);
}

static void origins_do_not_share_connections(void)
{
    struct origin *a = rig_script(hello), *b = rig_script(hello);
    gofer_client *client = rig_client(NULL);

    for (int i = 0; i < 3; i++) {
        rig_get_hello(client, a);
        rig_get_hello(client, b);
    }
    EXPECT_INT(origin_count(a, ORIGIN_ACCEPTED), 1);
    EXPECT_INT(origin_count(b, ORIGIN_ACCEPTED), 1);
    EXPECT_INT(rig_stats(client).conns_idle, 2);
}

static void a_body_of_64_kib_is_answered(void)
{
    static const struct route routes[] = {{.reply = REPLY_HELLO}};
    static char body[64 * 1024];
    struct origin *origin = rig_script(routes);
    gofer_request *request = rig_request("POST", origin, "/");

    gofer_request_set_body_ref(request, body, sizeof body, NULL, NULL);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 200, "hello");
}

/* Answers 413 from the head alone, reads nothing more, and closes once the test says so. */
static void refuse_upload(struct peer *peer, void *arg)
{
    if (!peer_read_head(peer))
        return;
    peer_say(peer, "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
    gate_wait(arg, 1);
}

static void an_answer_before_the_upload_ended_is_delivered(void)
{
    enum { LEN = 16 * 1024 * 1024 };
    static char body[LEN];
    struct gate *done = rig_gate();
    struct origin *origin = rig_origin(refuse_upload, done);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("POST", origin, "/");

    gofer_request_set_body_ref(request, body, LEN, NULL, NULL);
    struct outcome got = rig_call(client, request);
    gate_pass(done);
    rig_expect_answer(&got, 413, "no");
    EXPECT_INT(rig_stats(client).conns_idle, 0);
}

/* Answers from the head alone and resets under the upload. */
static void refuse_and_reset(struct peer *peer, void *arg)
{
    (void)arg;
    if (!peer_read_head(peer))
        return;
    peer_say(peer, "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
    peer_reset(peer);
}

static void an_answer_before_a_reset_is_delivered(void)
{
    enum { LEN = 8 * 1024 * 1024, ROUNDS = 20 };
    static char body[LEN];
    struct origin *origin = rig_origin(refuse_and_reset, NULL);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("POST", origin, "/");

    gofer_request_set_body_ref(request, body, LEN, NULL, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 413, "no");
    }
    EXPECT_INT(rig_stats(client).conns_idle, 0);
}

CU_TestInfo reuse_tests[] = {
    {"A1 A2 calls in a row share a connection", calls_in_a_row_share_a_connection},
    {"A13 a hundred bodiless answers share a connection",
     a_hundred_bodiless_answers_share_a_connection},
    {"A1 E5 without keep-alive each call has its own", without_keep_alive_each_call_has_its_own},
    {"E5 a request may end its connection", a_request_may_end_its_connection},
    {"A31 a body with Connection: close is read to its end", a_body_with_close_is_read_to_its_end},
    {"RU-02 D4 D5 D8 a closed idle connection is not used", a_closed_idle_connection_is_not_used},
    {"RU-02 a reset idle connection is not used", a_reset_idle_connection_is_not_used},
    {"RU-05 without the checkout check a GET is retried", without_the_check_a_get_is_retried},
    {"A20 the slot of a dead connection is free", the_slot_of_a_dead_connection_is_free},
    {"A18 idle connections end after their time", idle_connections_end_after_their_time},
    {"A18 use renews the idle time", use_renews_the_idle_time},
    {"A19 the idle time frees the slot", the_idle_time_frees_the_slot},
    {"old connections are retired", old_connections_are_retired},
    {"RU-01 stray bytes never reach the next caller", stray_bytes_never_reach_the_next_caller},
    {"RU-02 RU-03 bytes on an idle connection end it", bytes_on_an_idle_connection_end_it},
    {"D14 a 408 on an idle connection ends it", a_408_on_an_idle_connection_ends_it},
    {"RU-05 a GET is sent once more, on a fresh connection", a_get_is_sent_once_more},
    {"RU-05 a GET is sent no third time", a_get_is_sent_no_third_time},
    {"RU-06 a POST is sent once", a_post_is_sent_once},
    {"RU-06 a POST said to be idempotent is sent once more",
     a_post_said_to_be_idempotent_is_sent_once_more},
    {"RU-06 an Idempotency-Key says so too", an_idempotency_key_says_so_too},
    {"A32 a broken response ends its connection", a_broken_response_ends_its_connection},
    {"A23 close_idle closes what is idle", close_idle_closes_what_is_idle},
    {"A22 A24 close_idle reaches connections in use", close_idle_reaches_connections_in_use},
    {"A3 connections in use are not shared", connections_in_use_are_not_shared},
    {"B4 a limit of one connection makes calls wait", a_limit_of_one_connection_makes_calls_wait},
    {"RU-14 origins do not share connections", origins_do_not_share_connections},
    {"a body of 64 KiB is answered", a_body_of_64_kib_is_answered},
    {"RU-04 E11 TCP-10 an answer before the upload ended is delivered",
     an_answer_before_the_upload_ended_is_delivered},
    {"TCP-02 E11 an answer before a reset is delivered", an_answer_before_a_reset_is_delivered},
    CU_TEST_INFO_NULL};
