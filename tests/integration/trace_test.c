/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What traces are told of, in which order, and whose; and what times say.
 */
#include <CUnit/CUnit.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "integration/diary.h"
#include "integration/expect.h"
#include "integration/rig.h"
#include "support/blackhole.h"
#include "support/certs.h"
#include "support/dns_server.h"

extern CU_TestInfo trace_tests[];

#define DIAL_PLAIN "connect_start connect_done "
#define DIAL_TLS "connect_start connect_done tls_start tls_done "
#define ROUND_TRIP "got_conn wrote_headers wrote_request got_first_byte got_headers "

static const struct route hello[] = {{.reply = REPLY_HELLO}};
static struct diary diary;
static char text[DIARY_TEXT];

/* A request to an origin, with the diary. */
static gofer_request *traced(const char *method, const struct origin *origin, const char *path)
{
    gofer_request *request = rig_request(method, origin, path);

    diary_begin(&diary);
    EXPECT_STATUS(gofer_request_set_trace(request, diary_write, &diary, diary_close), GOFER_OK);
    return request;
}

static const char *with_dial(const char *rest, char *buf)
{
    snprintf(buf, DIARY_TEXT, "begin get_conn %s%s", rig_is_tls() ? DIAL_TLS : DIAL_PLAIN, rest);
    return buf;
}

/* --- the events of a call --- */

static void a_new_connection_is_dialled_and_kept(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = traced("GET", origin, "/");
    char wanted[DIARY_TEXT], host[64];
    int object;

    gofer_request_set_user(request, &object);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(diary_text(&diary, text), with_dial(ROUND_TRIP "put_idle end", wanted));
    EXPECT(!diary.mixed);
    EXPECT(!diary.disorder);
    snprintf(host, sizeof host, "127.0.0.1:%u", origin_port(origin));
    EXPECT_TEXT(diary_last(&diary, GOFER_TRACE_GET_CONN).host, host);
    EXPECT(!diary_last(&diary, GOFER_TRACE_GOT_CONN).event.reused);
    EXPECT(diary_last(&diary, GOFER_TRACE_END).event.user == &object);
    EXPECT_STATUS(diary_last(&diary, GOFER_TRACE_PUT_IDLE).event.status, GOFER_OK);
    EXPECT_STATUS(diary_last(&diary, GOFER_TRACE_END).event.status, GOFER_OK);
    EXPECT_INT(diary_last(&diary, GOFER_TRACE_END).event.attempt, 1);
}

static void a_reused_connection_is_told_with_its_idle_time(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_get(client, origin, "/");

    rig_expect_answer(&got, 200, "hello");
    got = rig_call(client, traced("GET", origin, "/"));
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(diary_text(&diary, text), "begin get_conn " ROUND_TRIP "put_idle end");
    struct diary_entry conn = diary_last(&diary, GOFER_TRACE_GOT_CONN);
    EXPECT(conn.event.reused);
    EXPECT(conn.event.was_idle);
    EXPECT_AT_LEAST(conn.event.idle_us, 0);
}

static void a_connection_that_ends_is_not_put_back(void)
{
    static const struct route closes[] = {
        {.reply = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"}};
    struct origin *origin = rig_script(closes);
    char wanted[DIARY_TEXT];
    struct outcome got = rig_call(rig_client(NULL), traced("GET", origin, "/"));

    rig_expect_answer(&got, 200, "");
    EXPECT_TEXT(diary_text(&diary, text), with_dial(ROUND_TRIP "end", wanted));
}

static void a_stream_ends_with_its_body(void)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = traced("GET", origin, "/");
    gofer_response *response;
    gofer_times times;
    char body[8], wanted[DIARY_TEXT];

    gofer_request_set_streaming(request, 1);
    EXPECT_STATUS(gofer_do(rig_client(NULL), request, &response), GOFER_OK);
    rig_keep(response);
    EXPECT_TEXT(diary_text(&diary, text), with_dial("got_conn wrote_headers wrote_request "
                                                    "got_first_byte got_headers",
                                                    wanted));
    while (gofer_response_read(response, body, sizeof body) > 0)
        continue;
    EXPECT_TEXT(diary_text(&diary, text), with_dial(ROUND_TRIP "put_idle end", wanted));
    EXPECT(gofer_response_times(response, &times));
}

static void a_broken_request_tells_its_error(void)
{
    static const struct route cut[] = {{.then = THEN_CLOSE}};
    struct origin *origin = rig_script(cut);
    struct outcome got = rig_call(rig_client(NULL), traced("GET", origin, "/"));

    rig_expect_error(&got, GOFER_ERR_BROKEN);
    struct diary_entry end = diary_last(&diary, GOFER_TRACE_END);
    EXPECT_STATUS(end.event.status, GOFER_ERR_BROKEN);
    EXPECT_TEXT(end.message, got.error->message);
    EXPECT_INT(diary_count(&diary, GOFER_TRACE_GOT_FIRST_BYTE), 0);
    EXPECT_INT(diary_count(&diary, GOFER_TRACE_END), 1);
}

/* --- the request's head --- */

/* Notes the names in a row, to see what comes before what. */
static void note_order(const gofer_trace_event *event, void *order)
{
    size_t len = strlen(order);

    if (event->kind == GOFER_TRACE_WROTE_HEADER_FIELD)
        snprintf((char *)order + len, DIARY_TEXT - len, "%s ", event->field_name);
    else if (event->kind == GOFER_TRACE_GOT_CONN || event->kind == GOFER_TRACE_WROTE_HEADERS)
        snprintf((char *)order + len, DIARY_TEXT - len, "%s ", gofer_trace_name(event->kind));
}

static void each_field_that_was_sent_is_told(void)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("POST", origin, "/a:b");

    text[0] = '\0';
    gofer_request_set_trace(request, note_order, text, NULL);
    gofer_request_set_header(request, "User-Agent", "");
    gofer_request_set_header(request, "Accept-Encoding", "identity");
    gofer_request_add_header(request, "X-A", "1");
    gofer_request_add_header(request, "x-a", "2: 3");
    gofer_request_set_body(request, "body", 4);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(text, "got_conn Host Accept Accept-Encoding X-A x-a Content-Length wrote_headers ");
}

static void no_trace_is_shown_a_secret(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = traced("GET", origin, "/");

    gofer_request_set_basic_auth(request, "hidden-1", "x");
    gofer_request_set_header(request, "cookie", "a=hidden-2");
    gofer_request_set_header(request, "X-Key", "hidden-3");
    gofer_request_set_header(request, "X-Open", "open");
    gofer_request_mark_secret(request, "x-key");
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(origin_last_head(origin), "X-Key: hidden-3\r\n");
    EXPECT_HOLDS(diary.fields, "Authorization=***;");
    EXPECT_HOLDS(diary.fields, "cookie=***;");
    EXPECT_HOLDS(diary.fields, "X-Key=***;");
    EXPECT_HOLDS(diary.fields, "X-Open=open;");
    EXPECT_LACKS(diary.fields, "hidden");
    EXPECT_LACKS(diary.fields, "Basic");
}

static void a_head_that_was_not_sent_is_not_told(void)
{
    struct origin *origin = origin_start(script_serve, (void *)(uintptr_t)hello);
    gofer_request *request = traced("GET", origin, "/");

    origin_stop(origin);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_error(&got, GOFER_ERR_CONNECT);
    EXPECT_TEXT(diary.fields, "");
}

/* --- 1xx --- */

#define HINT "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"

static void informational_responses_are_told(void)
{
    static const struct route hints[] = {
        {.reply = "HTTP/1.1 100 Continue\r\n\r\n" HINT "HTTP/1.1 123 Odd\r\n\r\n" REPLY_HELLO}};
    struct origin *origin = rig_script(hints);
    struct outcome got = rig_call(rig_client(NULL), traced("GET", origin, "/"));

    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(diary.informational, "100 - 103 </a> 123 - ");
    EXPECT_INT(diary_count(&diary, GOFER_TRACE_GOT_FIRST_BYTE), 1);
    EXPECT_INT(diary_count(&diary, GOFER_TRACE_GOT_100), 0); /* nothing waited for it */
}

/* Ten of a hundred bytes, where a thousand are allowed. */
static void told_informational_responses_count_against_no_limit(void)
{
    static char reply[2048];
    gofer_client *client = rig_client(&(gofer_client_options){
        .max_response_header_bytes = 1000, .trace = diary_write, .trace_arg = &diary});
    struct route routes[] = {{.reply = reply}};
    struct origin *origin;
    struct outcome got;

    reply[0] = '\0';
    for (int i = 0; i < 10; i++)
        sprintf(reply + strlen(reply), "HTTP/1.1 123 Odd\r\nX: %078d\r\n\r\n", i);
    strcat(reply, REPLY_HELLO);
    origin = rig_script(routes);
    diary_begin(&diary);
    got = rig_get(client, origin, "/"); /* the client's trace hears them, and nobody takes them */
    rig_expect_error(&got, GOFER_ERR_TOO_LARGE);
    got = rig_call(client, traced("GET", origin, "/"));
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(diary_count(&diary, GOFER_TRACE_GOT_1XX), 20); /* by both traces */
}

static void continue_with_a_body(struct peer *peer, void *arg)
{
    char byte;

    (void)arg;
    if (peer_read_head(peer) && peer_say(peer, "HTTP/1.1 100 Continue\r\n\r\n") &&
        peer_read(peer, &byte, 1))
        peer_say(peer, REPLY_HELLO);
}

static void a_body_that_waits_for_100_is_told(void)
{
    struct origin *origin = rig_origin(continue_with_a_body, NULL);
    gofer_request *request = traced("POST", origin, "/");
    char wanted[DIARY_TEXT];

    gofer_request_set_body(request, "b", 1);
    gofer_request_set_expect_continue(request, 1);
    struct outcome got = rig_call(
        rig_client(&(gofer_client_options){.expect_continue_timeout_ms = GOFER_NEVER}), request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(diary_text(&diary, text),
                with_dial("got_conn wrote_headers wait_100 got_first_byte got_1xx got_100 "
                          "wrote_request got_headers put_idle end",
                          wanted));
}

/* --- the events of a dial --- */

static void a_lookup_is_told_and_its_questions_are_not(void)
{
    struct dns_server *dns = dns_server_start();
    struct origin *origin = origin_start(script_serve, (void *)(uintptr_t)hello);
    gofer_client *client = rig_client(&(gofer_client_options){
        .dns_servers = dns_server_address(dns), .address_family = GOFER_IPV4});
    char url[ORIGIN_URL_BYTES];

    dns_server_add(dns, "web.test", "127.0.0.1", 60);
    snprintf(url, sizeof url, "http://web.test:%u/", origin_port(origin));
    gofer_request *request = rig_request_to("GET", url);
    diary_begin(&diary);
    gofer_request_set_trace(request, diary_write, &diary, NULL);
    struct outcome got = rig_call(client, request);
    EXPECT_TEXT(diary_text(&diary, text),
                "begin get_conn dns_start dns_done " DIAL_PLAIN ROUND_TRIP "put_idle end");
    struct diary_entry done = diary_last(&diary, GOFER_TRACE_DNS_DONE);
    EXPECT_TEXT(done.host, "web.test");
    EXPECT_INT(done.event.addresses_len, 1);
    EXPECT_STATUS(done.event.status, GOFER_OK);
    rig_expect_answer(&got, 200, "hello");
    rig_end_client(client);
    origin_stop(origin);
    dns_server_stop(dns);
}

/* The second call asks while the first one's question is held back. */
static void a_shared_lookup_is_told_apart(void)
{
    struct dns_server *dns = dns_server_start();
    struct origin *origin = rig_origin(script_serve, (void *)(uintptr_t)hello);
    gofer_client *client = rig_client(&(gofer_client_options){
        .dns_servers = dns_server_address(dns), .address_family = GOFER_IPV4, .workers = 1});
    struct diary diaries[2];
    gofer_future *futures[2];
    char url[ORIGIN_URL_BYTES];

    dns_server_add(dns, "web.test", "127.0.0.1", 60);
    dns_server_add(dns, "fence.test", "127.0.0.1", 60);
    dns_server_rule(dns, "web.test", DNS_A, DNS_RULE_HOLD);
    for (int i = 0; i < 2; i++) {
        snprintf(url, sizeof url, "http://web.test:%u/", origin_port(origin) + (unsigned)i);
        gofer_request *request = rig_request_to("GET", url);
        diary_begin(&diaries[i]);
        gofer_request_set_trace(request, diary_write, &diaries[i], NULL);
        futures[i] = gofer_submit(client, request);
        EXPECT(diary_wait(&diaries[i], GOFER_TRACE_DNS_START, 1));
        EXPECT(dns_server_wait_asked(dns, "web.test", 1));
    }
    snprintf(url, sizeof url, "http://fence.test:%u/", origin_port(origin));
    struct outcome got = rig_get_url(client, url); /* answered: the second is behind the query */
    EXPECT(got.status == GOFER_OK || rig_is_tls());
    dns_server_release(dns);
    for (int i = 0; i < 2; i++) {
        EXPECT(diary_wait(&diaries[i], GOFER_TRACE_DNS_DONE, 1));
        EXPECT_INT(diary_last(&diaries[i], GOFER_TRACE_DNS_DONE).event.coalesced, i);
        gofer_future_cancel(futures[i]);
        gofer_future_free(futures[i]);
    }
    rig_end_client(client);
    dns_server_stop(dns);
}

static void a_failed_lookup_connects_to_nothing(void)
{
    struct dns_server *dns = dns_server_start();
    gofer_client *client =
        rig_client(&(gofer_client_options){.dns_servers = dns_server_address(dns)});
    gofer_request *request = rig_request_to("GET", "http://nowhere.test/");

    diary_begin(&diary);
    gofer_request_set_trace(request, diary_write, &diary, NULL);
    struct outcome got = rig_call(client, request);
    rig_expect_error(&got, GOFER_ERR_RESOLVE);
    EXPECT_TEXT(diary_text(&diary, text), "begin get_conn dns_start dns_done end");
    EXPECT_STATUS(diary_last(&diary, GOFER_TRACE_DNS_DONE).event.status, GOFER_ERR_RESOLVE);
    EXPECT_HOLDS(diary_last(&diary, GOFER_TRACE_DNS_DONE).message, "nowhere.test");
    rig_end_client(client);
    dns_server_stop(dns);
}

static void a_refused_connection_tells_why(void)
{
    struct origin *origin = origin_start(script_serve, (void *)(uintptr_t)hello);
    gofer_request *request = traced("GET", origin, "/");

    origin_stop(origin);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_error(&got, GOFER_ERR_CONNECT);
    EXPECT_TEXT(diary_text(&diary, text), "begin get_conn connect_start connect_done end");
    EXPECT_STATUS(diary_last(&diary, GOFER_TRACE_CONNECT_DONE).event.status, GOFER_ERR_CONNECT);
    EXPECT_INT(diary_last(&diary, GOFER_TRACE_CONNECT_DONE).event.sys_errno, got.error->sys_errno);
}

static void a_handshake_is_told_once_and_the_certificates_fault(void)
{
    static const char *const certs[] = {"good", "wrong name"};
    gofer_tls_options tls = {.ca_pem = certs_pem("root")};
    gofer_client *client = rig_client(&(gofer_client_options){.tls = &tls});

    for (int i = 0; i < 2; i++) {
        struct origin *origin = rig_origin_tls(script_serve, (void *)(uintptr_t)hello, certs[i]);
        struct outcome got = rig_call(client, traced("GET", origin, "/"));
        struct diary_entry done = diary_last(&diary, GOFER_TRACE_TLS_DONE);
        EXPECT_INT(diary_count(&diary, GOFER_TRACE_TLS_START), 1);
        EXPECT_INT(done.count, 1);
        EXPECT_STATUS(done.event.status, i == 0 ? GOFER_OK : GOFER_ERR_CERTIFICATE);
        EXPECT_STATUS(got.status, done.event.status);
        EXPECT((done.event.tls_version != NULL) == (i == 0));
        if (i == 1)
            EXPECT_HOLDS(got.error->message, done.message);
    }
}

/* The dial of a call that is over goes on, and tells of itself. */
static void a_dial_may_tell_after_its_call_ended(void)
{
    struct dns_server *dns = dns_server_start();
    struct origin *origin = rig_origin(script_serve, (void *)(uintptr_t)hello);
    gofer_client *client = rig_client(&(gofer_client_options){
        .dns_servers = dns_server_address(dns), .address_family = GOFER_IPV4, .workers = 1});
    char url[ORIGIN_URL_BYTES];

    dns_server_add(dns, "web.test", "127.0.0.1", 60);
    dns_server_rule(dns, "web.test", DNS_A, DNS_RULE_HOLD);
    snprintf(url, sizeof url, "%s://web.test:%u/", rig_scheme(), origin_port(origin));
    gofer_request *request = rig_request_to("GET", url);
    diary_begin(&diary);
    gofer_request_set_trace(request, diary_write, &diary, diary_close);
    gofer_future *future = gofer_submit(client, request);
    EXPECT(diary_wait(&diary, GOFER_TRACE_DNS_START, 1));
    gofer_future_cancel(future);
    EXPECT_STATUS(gofer_future_wait_for(future, -1, NULL), GOFER_ERR_CANCELED);
    EXPECT(diary_last(&diary, GOFER_TRACE_END).event.call == gofer_future_call_id(future));
    gofer_future_free(future);
    gofer_request_set_trace(request, NULL, NULL, NULL);
    EXPECT_INT(diary_closed(&diary), 0); /* the dial may still tell */
    rig_end_client(client);
    EXPECT_TEXT(diary_text(&diary, text), "begin get_conn dns_start end dns_done");
    EXPECT_INT(diary_closed(&diary), 1);
    EXPECT(!diary.mixed);
    dns_server_stop(dns);
}

/* --- whose --- */

static void a_clients_trace_hears_all_and_its_argument_lives_on(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client;

    diary_begin(&diary);
    client = rig_client(&(gofer_client_options){
        .trace = diary_write, .trace_arg = &diary, .trace_close = diary_close});
    for (int i = 0; i < 3; i++) {
        struct outcome got = rig_get(client, origin, "/");
        rig_expect_answer(&got, 200, "hello");
    }
    EXPECT_INT(diary_count(&diary, GOFER_TRACE_BEGIN), 3);
    EXPECT_INT(diary_count(&diary, GOFER_TRACE_END), 3);
    EXPECT(diary.mixed); /* three calls, three numbers */
    EXPECT_INT(diary_closed(&diary), 0);
    rig_end_client(client);
    EXPECT_INT(diary_closed(&diary), 1);
}

static void a_client_that_is_not_made_leaves_the_argument_alone(void)
{
    diary_begin(&diary);
    EXPECT(gofer_client_new(&(gofer_client_options){.trace = diary_write,
                                                    .trace_arg = &diary,
                                                    .trace_close = diary_close,
                                                    .user_agent = "\n"}) == NULL);
    EXPECT_INT(diary_closed(&diary), 0);
}

static void call_inside(const gofer_trace_event *event, void *arg)
{
    gofer_response *response;

    if (event->kind != GOFER_TRACE_GOT_CONN)
        return;
    EXPECT_STATUS(gofer_get(*(gofer_client **)arg, "http://127.0.0.1/", &response),
                  GOFER_ERR_INVALID);
    gofer_response_free(response);
}

static void a_blocking_call_inside_is_refused(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("GET", origin, "/");

    gofer_request_set_trace(request, call_inside, &client, NULL);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
}

/* --- times --- */

static int64_t sum_of(const gofer_times *t)
{
    return t->queue_us + t->earlier_us + t->pool_us + t->resolve_us + t->connect_us + t->tls_us +
           t->send_us + t->wait_us + t->receive_us;
}

static void times_are_of_this_calls_phases(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.measure = true});

    for (int i = 0; i < 2; i++) {
        gofer_times t;
        struct outcome got = rig_get(client, origin, "/");
        rig_expect_answer(&got, 200, "hello");
        REQUIRE(gofer_response_times(got.response, &t));
        EXPECT_INT(sum_of(&t), t.total_us);
        EXPECT_AT_LEAST(got.took_ms * 1000 + 1000, t.total_us);
        EXPECT_AT_LEAST(t.total_us, 1);
        EXPECT_INT(t.resolve_us + t.earlier_us, 0);
        if (i == 0)
            EXPECT_AT_LEAST(t.connect_us + t.tls_us, 1);
        else
            EXPECT_INT(t.connect_us + t.tls_us, 0); /* the connection was there */
        if (!rig_is_tls())
            EXPECT_INT(t.tls_us, 0);
    }
}

static void a_failed_call_has_its_time_in_the_phase_that_failed(void)
{
    static const struct route silent[] = {{.then = THEN_HOLD}};
    struct origin *origin = rig_script(silent);
    gofer_client *client =
        rig_client(&(gofer_client_options){.measure = true, .response_header_timeout_ms = 50});
    struct outcome got = rig_get(client, origin, "/");
    gofer_times t;

    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    REQUIRE(gofer_response_times(got.response, &t));
    EXPECT_INT(sum_of(&t), t.total_us);
    EXPECT_AT_LEAST(t.wait_us, 50000);
    EXPECT_INT(t.receive_us, 0);
}

static void a_dial_that_fails_has_all_the_time(void)
{
    struct blackhole hole;
    gofer_client *client =
        rig_client(&(gofer_client_options){.measure = true, .connect_timeout_ms = 50});
    char url[ORIGIN_URL_BYTES];
    gofer_times t;

    blackhole_open(&hole);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hole.port);
    struct outcome got = rig_get_url(client, url);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    REQUIRE(gofer_response_times(got.response, &t));
    EXPECT_AT_LEAST(t.connect_us, 50000);
    EXPECT_INT(t.pool_us, 0);
    EXPECT_INT(sum_of(&t), t.total_us);
    blackhole_close(&hole);
}

static void without_the_option_there_are_none(void)
{
    struct origin *origin = rig_script(hello);
    struct outcome got = rig_get(rig_client(NULL), origin, "/");
    gofer_times t = {.total_us = 1};

    rig_expect_answer(&got, 200, "hello");
    EXPECT(!gofer_response_times(got.response, &t));
    EXPECT_INT(t.total_us, 0);
    EXPECT(!gofer_response_times(NULL, &t));
}

CU_TestInfo trace_tests[] = {
    {"L14 a new connection is dialled and kept", a_new_connection_is_dialled_and_kept},
    {"L14 a reused connection is told with its idle time",
     a_reused_connection_is_told_with_its_idle_time},
    {"a connection that ends is not put back", a_connection_that_ends_is_not_put_back},
    {"a stream ends with its body", a_stream_ends_with_its_body},
    {"a broken request tells its error", a_broken_request_tells_its_error},
    {"L14 each field that was sent is told", each_field_that_was_sent_is_told},
    {"no trace is shown a secret", no_trace_is_shown_a_secret},
    {"a head that was not sent is not told", a_head_that_was_not_sent_is_not_told},
    {"F8 informational responses are told", informational_responses_are_told},
    {"F9 told informational responses count against no limit",
     told_informational_responses_count_against_no_limit},
    {"a body that waits for 100 is told", a_body_that_waits_for_100_is_told},
    {"L14 a lookup is told and its questions are not", a_lookup_is_told_and_its_questions_are_not},
    {"L14 a shared lookup is told apart", a_shared_lookup_is_told_apart},
    {"L14 a failed lookup connects to nothing", a_failed_lookup_connects_to_nothing},
    {"a refused connection tells why", a_refused_connection_tells_why},
    {"J7 a handshake is told once, and the certificate's fault",
     a_handshake_is_told_once_and_the_certificates_fault},
    {"a dial may tell after its call ended", a_dial_may_tell_after_its_call_ended},
    {"a client's trace hears all, and its argument lives on",
     a_clients_trace_hears_all_and_its_argument_lives_on},
    {"a client that is not made leaves the argument alone",
     a_client_that_is_not_made_leaves_the_argument_alone},
    {"a blocking call inside is refused", a_blocking_call_inside_is_refused},
    {"times are of this call's phases", times_are_of_this_calls_phases},
    {"a failed call has its time in the phase that failed",
     a_failed_call_has_its_time_in_the_phase_that_failed},
    {"a dial that fails has all the time", a_dial_that_fails_has_all_the_time},
    {"without the option there are none", without_the_option_there_are_none},
    CU_TEST_INFO_NULL};
