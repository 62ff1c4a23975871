/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Methods, bodies and what a response gives: the plain things that a program
 * does with a client, by every driver.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo get_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

static void get_returns_status_headers_and_body(void)
{
    static const struct route routes[] = {
        {.reply = "HTTP/1.1 404 Not Here\r\nX-One: 1\r\nSet-It: a\r\nset-it: b\r\n"
                  "Content-Length: 4\r\n\r\ngone"}};
    struct origin *origin = rig_script(routes);
    struct outcome got = rig_get(rig_client(NULL), origin, "/x?y=1#fragment");
    const char *name = NULL, *value = NULL;
    char url[ORIGIN_URL_BYTES];
    size_t len = 0;

    rig_expect_answer(&got, 404, "gone");
    gofer_response_body(got.response, &len);
    EXPECT_INT(len, 4);
    EXPECT_TEXT(gofer_response_reason(got.response), "Not Here");
    EXPECT_INT(gofer_response_http_minor(got.response), 1);
    EXPECT_TEXT(gofer_response_header(got.response, "x-ONE"), "1");
    EXPECT_TEXT(gofer_response_header(got.response, "Set-It"), "a");
    EXPECT_TEXT(gofer_response_header(got.response, "missing"), NULL);
    EXPECT_INT(gofer_response_header_count(got.response), 4);
    EXPECT_INT(gofer_response_header_at(got.response, 2, &name, &value), 1);
    EXPECT_TEXT(name, "set-it");
    EXPECT_TEXT(value, "b");
    EXPECT_INT(gofer_response_header_at(got.response, 4, &name, &value), 0);
    EXPECT_INT(gofer_response_content_length(got.response), 4);
    EXPECT_TEXT(gofer_response_url(got.response), origin_url(origin, "/x?y=1", url));
}

static void gofer_get_and_gofer_post_are_short_forms(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_response *response = NULL;
    char url[ORIGIN_URL_BYTES];
    size_t len;

    EXPECT_STATUS(gofer_get(client, origin_url(origin, "/", url), &response), GOFER_OK);
    EXPECT_TEXT(gofer_response_body(response, NULL), "hello");
    gofer_response_free(response);
    EXPECT_STATUS(gofer_post(client, url, "text/plain", "abc", 3, &response), GOFER_OK);
    gofer_response_free(response);
    EXPECT_HOLDS(origin_last_head(origin), "POST / HTTP/1.1\r\n");
    EXPECT_HOLDS(origin_last_head(origin), "\r\nContent-Type: text/plain\r\n");
    EXPECT_TEXT(origin_last_body(origin, &len), "abc");
    EXPECT_STATUS(gofer_post(client, url, NULL, NULL, 0, &response), GOFER_OK);
    gofer_response_free(response);
    EXPECT_HOLDS(origin_last_head(origin), "\r\nContent-Length: 0\r\n");
    EXPECT_LACKS(origin_last_head(origin), "Content-Type");
}

static void a_response_nobody_wants_may_be_left_out(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);

    EXPECT_STATUS(gofer_do(client, rig_request("GET", origin, "/"), NULL), GOFER_OK);
    EXPECT_INT(rig_stats(client).calls_done, 1);
}

static void submit_get_takes_a_url(void)
{
    struct origin *origin = rig_script(hello);
    char url[ORIGIN_URL_BYTES];
    gofer_future *future = gofer_submit_get(rig_client(NULL), origin_url(origin, "/", url));
    gofer_response *response = NULL;
    gofer_status status = gofer_future_wait_for(future, -1, &response);
    struct outcome got = rig_outcome(status, response);

    rig_expect_answer(&got, 200, "hello");
    gofer_future_free(future);
}

static void bodies_of_every_method_arrive(void)
{
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE", "GET", "PURGE"};
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    size_t len;

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        gofer_request *request = rig_request(methods[i], origin, "/");
        EXPECT_STATUS(gofer_request_set_body(request, "a\0b", 3), GOFER_OK);
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
        EXPECT(strncmp(origin_last_head(origin), methods[i], strlen(methods[i])) == 0);
        EXPECT(memcmp(origin_last_body(origin, &len), "a\0b", 3) == 0);
        EXPECT_INT(len, 3);
    }
}

static void a_body_is_copied(void)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("POST", origin, "/");
    char body[] = "first";
    size_t len;

    gofer_request_set_body(request, body, 5);
    memset(body, 'x', 5);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(origin_last_body(origin, &len), "first");
}

static void an_empty_body_removes_it(void)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("DELETE", origin, "/");

    gofer_request_set_body(request, "abc", 3);
    gofer_request_set_body(request, NULL, 0);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_LACKS(origin_last_head(origin), "Content-Length");
}

static void count_free(void *arg)
{
    atomic_fetch_add((atomic_int *)arg, 1);
}

static void a_referenced_body_is_released_once(void)
{
    static const char body[] = "by reference";
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    char url[ORIGIN_URL_BYTES];
    gofer_request *request = gofer_request_new("POST", origin_url(origin, "/", url));
    atomic_int freed = 0;
    size_t len;

    EXPECT_STATUS(gofer_request_set_body_ref(request, body, sizeof body - 1, count_free, &freed),
                  GOFER_OK);
    for (int i = 0; i < 3; i++) {
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_TEXT(origin_last_body(origin, &len), body);
        EXPECT_INT(freed, 0);
    }
    gofer_request_free(request);
    EXPECT_INT(freed, 1);
}

static void a_referenced_body_is_released_when_replaced_or_refused(void)
{
    gofer_request *request = rig_request_to("POST", "http://127.0.0.1/");
    atomic_int freed = 0;

    gofer_request_set_body_ref(request, "a", 1, count_free, &freed);
    gofer_request_set_body(request, "b", 1);
    EXPECT_INT(freed, 1);
    EXPECT_STATUS(gofer_request_set_body_ref(NULL, "a", 1, count_free, &freed), GOFER_ERR_INVALID);
    EXPECT_INT(freed, 2);
}

static void a_referenced_body_lives_as_long_as_its_call(void)
{
    struct gate *seen = rig_gate(), *go = rig_gate();
    const struct route routes[] = {{.reply = REPLY_HELLO, .seen = seen, .go = go}};
    struct origin *origin = rig_script(routes);
    char url[ORIGIN_URL_BYTES];
    gofer_request *request = gofer_request_new("POST", origin_url(origin, "/", url));
    struct caller caller;
    atomic_int freed = 0;

    gofer_request_set_body_ref(request, "a", 1, count_free, &freed);
    caller_start(&caller, rig_client(NULL), request);
    EXPECT(gate_wait(seen, 1));
    gofer_request_free(request);
    EXPECT_INT(freed, 0);
    gate_pass(go);
    struct outcome got = caller_join(&caller);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(freed, 1);
}

static void a_large_request_body_arrives(void)
{
    enum { LEN = 3 * 1024 * 1024 };
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("PUT", origin, "/");
    char *body = malloc(LEN);
    size_t len;

    REQUIRE(body != NULL);
    for (size_t i = 0; i < LEN; i++)
        body[i] = (char)(i * 31 % 251);
    gofer_request_set_body_ref(request, body, LEN, NULL, NULL);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 200, "hello");
    const char *seen = origin_last_body(origin, &len);
    EXPECT_INT(len, LEN);
    EXPECT(len == LEN && memcmp(seen, body, LEN) == 0);
    free(body);
}

static void echo_mib(struct peer *peer, void *arg)
{
    enum { LEN = 1024 * 1024 };
    char *body = malloc(LEN);

    (void)arg;
    if (body == NULL)
        return;
    memset(body, 'z', LEN);
    while (peer_read_request(peer)) {
        peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n");
        peer_send(peer, body, LEN);
    }
    free(body);
}

static void a_large_response_is_complete(void)
{
    struct outcome got = rig_get(rig_client(NULL), rig_origin(echo_mib, NULL), "/");
    size_t len;

    EXPECT_STATUS(got.status, GOFER_OK);
    const char *body = gofer_response_body(got.response, &len);
    EXPECT_INT(len, 1024 * 1024);
    EXPECT_INT(strspn(body, "z"), 1024 * 1024);
}

static void a_request_may_be_sent_again(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("GET", origin, "/");

    for (int i = 0; i < 5; i++) {
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
    }
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 5);
}

static void a_changed_request_keeps_nothing_of_the_old(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("POST", origin, "/");

    gofer_request_set_body(request, "secret", 6);
    gofer_request_set_header(request, "X-Token", "old");
    struct outcome first = rig_call(client, request);
    gofer_request_set_body(request, NULL, 0);
    gofer_request_remove_header(request, "x-token");
    struct outcome second = rig_call(client, request);
    size_t len;

    rig_expect_answer(&first, 200, "hello");
    rig_expect_answer(&second, 200, "hello");
    EXPECT_LACKS(origin_last_head(origin), "X-Token");
    EXPECT_TEXT(origin_last_body(origin, &len), "");
    EXPECT_HOLDS(origin_last_head(origin), "Content-Length: 0\r\n");
}

static void responses_outlive_the_client(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_get(client, origin, "/");

    rig_end_client(client);
    rig_expect_answer(&got, 200, "hello");
}

static void a_refused_connection_is_a_connect_error(void)
{
    struct origin *origin = origin_start(script_serve, (void *)(uintptr_t)hello);
    char url[ORIGIN_URL_BYTES];

    origin_url(origin, "/", url);
    origin_stop(origin);
    struct outcome got = rig_get_url(rig_client(NULL), url);
    rig_expect_error(&got, GOFER_ERR_CONNECT);
    EXPECT_INT(got.error->sys_errno, ECONNREFUSED);
    EXPECT_INT(got.error->phase, GOFER_PHASE_CONNECT);
    EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
    EXPECT_HOLDS(got.error->message, url);
}

static void names_of_the_hosts_file_resolve(void)
{
    struct origin *origin = rig_script(hello);
    char url[ORIGIN_URL_BYTES];

    snprintf(url, sizeof url, "%s://LocalHost:%u/", rig_scheme(), origin_port(origin));
    struct outcome got = rig_get_url(rig_client(NULL), url);
    rig_expect_answer(&got, 200, "hello");
    snprintf(url, sizeof url, "\r\nHost: localhost:%u\r\n", origin_port(origin));
    EXPECT_HOLDS(origin_last_head(origin), url);
}

static void many_calls_at_once_get_their_own_answers(void)
{
    enum { CALLERS = 16 };
    struct caller callers[CALLERS];
    gofer_client *client = rig_client(NULL);
    char url[ORIGIN_URL_BYTES], body[ECHO_BODY_MAX + 1];

    for (unsigned i = 0; i < CALLERS; i++)
        caller_start(&callers[i], client, rig_request_to("GET", rig_echo_url("slow", i, url)));
    for (unsigned i = 0; i < CALLERS; i++) {
        struct outcome got = caller_join(&callers[i]);
        body[echo_body(i, body)] = '\0';
        rig_expect_answer(&got, 200, body);
    }
    EXPECT(rig_wait_active(client, 0));
}

CU_TestInfo get_tests[] = {
    {"GET returns status, headers and body", get_returns_status_headers_and_body},
    {"gofer_get and gofer_post are short forms", gofer_get_and_gofer_post_are_short_forms},
    {"a response nobody wants may be left out", a_response_nobody_wants_may_be_left_out},
    {"gofer_submit_get takes a URL", submit_get_takes_a_url},
    {"INJ-06 bodies of every method are framed and arrive", bodies_of_every_method_arrive},
    {"a body is copied", a_body_is_copied},
    {"an empty body removes it", an_empty_body_removes_it},
    {"a referenced body is released once", a_referenced_body_is_released_once},
    {"a referenced body is released when it is replaced or refused",
     a_referenced_body_is_released_when_replaced_or_refused},
    {"a referenced body lives as long as its call", a_referenced_body_lives_as_long_as_its_call},
    {"a large request body arrives", a_large_request_body_arrives},
    {"a large response is complete", a_large_response_is_complete},
    {"A29 a request may be sent again", a_request_may_be_sent_again},
    {"RU-17 a changed request keeps nothing of the old",
     a_changed_request_keeps_nothing_of_the_old},
    {"responses outlive the client", responses_outlive_the_client},
    {"TCP-03 a refused connection is a connect error", a_refused_connection_is_a_connect_error},
    {"names of the hosts file resolve, in any case", names_of_the_hosts_file_resolve},
    {"A30 many calls at once get their own answers", many_calls_at_once_get_their_own_answers},
    CU_TEST_INFO_NULL};
