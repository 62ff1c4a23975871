/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Against a real nginx. Where the machine has none the tests say so and pass.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "support/certs.h"
#include "support/nginx.h"

extern CU_TestInfo nginx_tests[];

/* Five minutes: hundreds of handshakes at once are slow beside sanitizers and valgrind. */
enum { LIMIT_MS = 300000 };

/* A test body with a running nginx and a client. */
static void with_nginx(void (*body)(const struct nginx *nginx, gofer_client *client))
{
    struct nginx *nginx =
        rig_is_tls() ? nginx_start_tls(certs_pem("good;middle"), certs_key_pem("good", NULL))
                     : nginx_start();

    if (nginx == NULL) {
        printf(" skipped: no nginx ");
        return;
    }
    gofer_client *client = rig_client(&(gofer_client_options){.timeout_ms = LIMIT_MS});
    body(nginx, client);
    rig_end_client(client);
    nginx_stop(nginx);
}

static struct outcome call(const struct nginx *nginx, gofer_client *client, const char *method,
                           const char *path)
{
    char url[NGINX_URL_BYTES];

    return rig_call(client, rig_request_to(method, nginx_url(nginx, path, url)));
}

static void expect_file(const struct outcome *got, size_t wanted)
{
    size_t len, wrong = 0;
    const char *body = gofer_response_body(got->response, &len);

    EXPECT_STATUS(got->status, GOFER_OK);
    EXPECT_INT(gofer_response_status(got->response), 200);
    EXPECT_INT(len, wanted);
    for (size_t i = 0; i < len; i++)
        wrong += body[i] != nginx_byte(i);
    EXPECT_INT(wrong, 0);
}

static void get_body(const struct nginx *nginx, gofer_client *client)
{
    struct outcome got;

    for (int i = 0; i < 10; i++) {
        got = call(nginx, client, "GET", "/hello");
        rig_expect_answer(&got, 200, NGINX_HELLO);
    }
    EXPECT_TEXT(gofer_response_header(got.response, "content-length"), "13");
    EXPECT_HOLDS(gofer_response_header(got.response, "Server"), "nginx");
    EXPECT_INT(rig_stats(client).conns_opened, 1);
    EXPECT_INT(rig_stats(client).conns_reused, 9);
}

static void get_is_answered_and_reused(void)
{
    with_nginx(get_body);
}

static void files_body(const struct nginx *nginx, gofer_client *client)
{
    struct outcome got = call(nginx, client, "GET", "/16k");

    expect_file(&got, 16 * 1024);
    got = call(nginx, client, "GET", "/1m");
    expect_file(&got, 1024 * 1024);
    REQUIRE(nginx_file(nginx, "big", 5 * 1024 * 1024 + 17));
    got = call(nginx, client, "GET", "/big");
    expect_file(&got, 5 * 1024 * 1024 + 17);
    EXPECT_INT(rig_stats(client).conns_opened, 1);
}

static void files_arrive_whole(void)
{
    with_nginx(files_body);
}

static void others_body(const struct nginx *nginx, gofer_client *client)
{
    struct outcome got = call(nginx, client, "HEAD", "/1m");

    rig_expect_answer(&got, 200, "");
    EXPECT_INT(gofer_response_content_length(got.response), 1024 * 1024);
    got = call(nginx, client, "GET", "/nothing-here");
    EXPECT_STATUS(got.status, GOFER_OK);
    EXPECT_INT(gofer_response_status(got.response), 404);
    EXPECT_HOLDS(gofer_response_body(got.response, NULL), "404");
    got = call(nginx, client, "POST", "/1m");
    EXPECT_INT(gofer_response_status(got.response), 405);
    got = call(nginx, client, "GET", "/hello");
    rig_expect_answer(&got, 200, NGINX_HELLO);
    EXPECT_INT(rig_stats(client).conns_opened, 1);
}

static void other_methods_and_statuses(void)
{
    with_nginx(others_body);
}

static void range_body(const struct nginx *nginx, gofer_client *client)
{
    char url[NGINX_URL_BYTES];
    gofer_request *request = rig_request_to("GET", nginx_url(nginx, "/16k", url));
    size_t len;

    gofer_request_set_header(request, "Range", "bytes=10-19");
    struct outcome got = rig_call(client, request);
    EXPECT_STATUS(got.status, GOFER_OK);
    EXPECT_INT(gofer_response_status(got.response), 206);
    const char *body = gofer_response_body(got.response, &len);
    EXPECT_INT(len, 10);
    EXPECT_INT(body[0], nginx_byte(10));
}

static void a_range_is_partial(void)
{
    with_nginx(range_body);
}

/* 64 threads by the suite's driver; they count, the test asserts. */
enum { THREADS = 64, CALLS = 100 };

struct crowd {
    gofer_client *client;
    const char *url;
    unsigned good;
};

static void *crowd_main(void *arg)
{
    struct crowd *crowd = arg;

    for (int i = 0; i < CALLS; i++) {
        gofer_response *response = NULL;
        gofer_status status = gofer_get(crowd->client, crowd->url, &response);
        crowd->good +=
            status == GOFER_OK && strcmp(gofer_response_body(response, NULL), NGINX_HELLO) == 0;
        gofer_response_free(response);
    }
    return NULL;
}

static void crowd_body(const struct nginx *nginx, gofer_client *client)
{
    struct crowd crowds[THREADS];
    pthread_t threads[THREADS];
    char url[NGINX_URL_BYTES];
    unsigned good = 0;

    nginx_url(nginx, "/hello", url);
    for (int i = 0; i < THREADS; i++) {
        crowds[i] = (struct crowd){client, url, 0};
        REQUIRE(pthread_create(&threads[i], NULL, crowd_main, &crowds[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        good += crowds[i].good;
    }
    EXPECT_INT(good, THREADS * CALLS);
    /* Each call that waits dials for itself, and dials are slow beside sanitizers. */
    EXPECT_AT_LEAST(THREADS * CALLS / 4, rig_stats(client).conns_opened);
    EXPECT_INT(rig_stats(client).calls_done, THREADS * CALLS);
    EXPECT_INT(rig_stats(client).calls_active, 0);
}

static void sixty_four_threads_share_a_client(void)
{
    with_nginx(crowd_body);
}

static void futures_body(const struct nginx *nginx, gofer_client *client)
{
    enum { FUTURES = 500 };
    static gofer_future *futures[FUTURES];
    char url[NGINX_URL_BYTES];

    nginx_url(nginx, "/hello", url);
    for (int i = 0; i < FUTURES; i++)
        futures[i] = gofer_submit_get(client, url);
    for (int i = 0; i < FUTURES; i++) {
        gofer_response *response = NULL;
        gofer_status status = gofer_future_wait_for(futures[i], -1, &response);
        struct outcome got = rig_outcome(status, response);
        rig_expect_answer(&got, 200, NGINX_HELLO);
        gofer_future_free(futures[i]);
    }
}

static void five_hundred_futures_in_flight(void)
{
    with_nginx(futures_body);
}

CU_TestInfo nginx_tests[] = {{"GET is answered, the connection reused", get_is_answered_and_reused},
                             {"files arrive whole", files_arrive_whole},
                             {"HEAD, 404, 405", other_methods_and_statuses},
                             {"a range is partial", a_range_is_partial},
                             {"64 threads share a client", sixty_four_threads_share_a_client},
                             {"500 futures in flight", five_hundred_futures_in_flight},
                             CU_TEST_INFO_NULL};
