/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a client's log hears, at which level, and what it never does.
 */
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "integration/scene.h"
#include "integration/trail.h"
#include "support/certs.h"

extern CU_TestInfo log_tests[];

enum { LINES_BYTES = 8192 };

static struct {
    pthread_mutex_t lock;
    char lines[LINES_BYTES]; /* "level line" each, with a newline */
} heard = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void hear(gofer_log_level level, const char *line, void *arg)
{
    pthread_mutex_lock(&heard.lock);
    size_t len = strlen(heard.lines);
    snprintf(heard.lines + len, sizeof heard.lines - len, "%s %s\n", gofer_log_level_name(level),
             line);
    pthread_mutex_unlock(&heard.lock);
    EXPECT(arg == &heard);
}

static gofer_client *heard_client(gofer_client_options options)
{
    heard.lines[0] = '\0';
    options.log = hear;
    options.log_arg = &heard;
    return rig_client(&options);
}

/* After the client's end nobody writes. */
static const char *lines_of(gofer_client *client)
{
    rig_end_client(client);
    return heard.lines;
}

static void a_failed_dial_is_a_warning_without_credentials(void)
{
    struct origin *origin = origin_start(script_serve, NULL);
    gofer_client *client = heard_client((gofer_client_options){.log_level = GOFER_LOG_DEBUG});
    char url[ORIGIN_URL_BYTES], line[ORIGIN_URL_BYTES];

    snprintf(url, sizeof url, "http://user:secret@127.0.0.1:%u/path?token=t", origin_port(origin));
    snprintf(line, sizeof line, "warning no connection to http://127.0.0.1:%u: connect to",
             origin_port(origin));
    origin_stop(origin);
    struct outcome got = rig_get_url(client, url);
    rig_expect_error(&got, GOFER_ERR_CONNECT);
    EXPECT_HOLDS(lines_of(client), line);
    EXPECT_LACKS(heard.lines, "secret");
    EXPECT_LACKS(heard.lines, "token");
}

static void a_proxys_password_is_not_told(void)
{
    struct origin *origin = origin_start(script_serve, NULL);
    char proxy[ORIGIN_URL_BYTES];

    snprintf(proxy, sizeof proxy, "http://user:secret@127.0.0.1:%u", origin_port(origin));
    origin_stop(origin);
    gofer_client *client = heard_client((gofer_client_options){
        .proxy = proxy, .retry_attempts = 2, .retry_delay_ms = 1, .log_level = GOFER_LOG_DEBUG});
    struct outcome got = rig_get_url(client, "http://web.test/");
    EXPECT(got.status != GOFER_OK);
    EXPECT_HOLDS(lines_of(client), "info http via ");
    EXPECT_HOLDS(heard.lines, "warning no connection to http via ");
    EXPECT_LACKS(heard.lines, "secret");
}

static void userinfo_on_the_way_is_not_told(void)
{
    struct trail *a = trail_begin();
    struct origin *gone = origin_start(script_serve, NULL);
    gofer_client *client = heard_client((gofer_client_options){.log_level = GOFER_LOG_DEBUG});
    char url[ORIGIN_URL_BYTES];

    snprintf(url, sizeof url, "http://other:sesame@127.0.0.1:%u/", origin_port(gone));
    origin_stop(gone);
    trail_redirect(a, "/", 302, url);
    snprintf(url, sizeof url, "http://user:secret@%s", strstr(trail_url(a, "/"), "127.0.0.1"));
    struct outcome got = rig_get_url(client, url);
    rig_expect_error(&got, GOFER_ERR_CONNECT);
    EXPECT_LACKS(got.error->message, "sesame");
    EXPECT_HOLDS(trail_head(a, 1), "\r\nAuthorization: Basic ");
    EXPECT_HOLDS(lines_of(client), "warning no connection to http://127.0.0.1:");
    EXPECT_LACKS(heard.lines, "secret");
    EXPECT_LACKS(heard.lines, "sesame");
}

static void a_retry_is_information(void)
{
    static const struct route busy[] = {
        {.reply = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"}};
    struct origin *origin = rig_script(busy);

    for (int i = 0; i < 2; i++) {
        gofer_client *client = heard_client(
            (gofer_client_options){.retry_attempts = 2,
                                   .retry_delay_ms = 1,
                                   .log_level = i == 0 ? GOFER_LOG_WARNING : GOFER_LOG_INFO});
        rig_get(client, origin, "/secret");
        if (i == 0)
            EXPECT_TEXT(lines_of(client), "");
        else
            EXPECT_HOLDS(lines_of(client), ": attempt 1: status 503; again in ");
        EXPECT_LACKS(heard.lines, "/secret");
    }
}

static void an_unverified_server_is_a_warning_at_once(void)
{
    gofer_tls_options tls = {.verify = GOFER_TLS_INSECURE};
    gofer_client *client = heard_client((gofer_client_options){.tls = &tls});

    EXPECT_TEXT(lines_of(client), "warning https servers are not verified\n");
    tls.verify = GOFER_TLS_VERIFY_CHAIN_ONLY;
    client = heard_client((gofer_client_options){.tls = &tls});
    EXPECT_TEXT(lines_of(client), "warning https servers are not verified in full\n");
}

/* The first connection talks out of turn; the second call meets that, wherever it was found. */
static void an_origin_that_talks_is_a_warning_once(void)
{
    static struct scene scene;
    gofer_client *client = heard_client((gofer_client_options){0});

    scene = (struct scene){.end = SCENE_TALK, .talk = "HTTP/1.1 200 OK\r\n\r\n"};
    scene_begin(&scene);
    scene_warm_up(&scene, client);
    scene_cue(&scene);
    for (int i = 0; i < 2; i++) {
        struct outcome got = rig_get(client, scene.origin, "/");
        rig_expect_answer(&got, SCENE_STATUS, "");
    }
    const char *first =
        strstr(lines_of(client), "sent bytes that nobody asked for: not kept alive");
    REQUIRE(first != NULL);
    EXPECT(strstr(first + 1, "sent bytes") == NULL);
}

static void a_level_that_is_none_is_refused(void)
{
    EXPECT(gofer_client_new(&(gofer_client_options){.log_level = (gofer_log_level)9}) == NULL);
    EXPECT_TEXT(gofer_log_level_name((gofer_log_level)9), "unknown");
}

CU_TestInfo log_tests[] = {
    {"a failed dial is a warning, without credentials",
     a_failed_dial_is_a_warning_without_credentials},
    {"a proxy's password is not told", a_proxys_password_is_not_told},
    {"RD-07 userinfo on the way is not told", userinfo_on_the_way_is_not_told},
    {"a retry is information", a_retry_is_information},
    {"an unverified server is a warning at once", an_unverified_server_is_a_warning_at_once},
    {"an origin that talks is a warning, once", an_origin_that_talks_is_a_warning_once},
    {"a level that is none is refused", a_level_that_is_none_is_refused},
    CU_TEST_INFO_NULL};
