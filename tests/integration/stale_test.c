/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Idle connections that die or talk: who notices, what it costs the origin, and
 * that no call pays for it. When a request is sent once more is in retry_test.c.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/scene.h"
#include "support/sanitizer.h"

extern CU_TestInfo stale_tests[];

#define REPLY_WRONG "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* --- the idle watch --- */

static void noticed_without_a_call(void)
{
    enum { SCENES = 4 };
    static const struct scene ends[SCENES] = {
        {.end = SCENE_CLOSE},
        {.end = SCENE_RESET},
        {.end = SCENE_TALK, .talk = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"},
        {.end = SCENE_TALK, .talk = "x"},
    };
    static struct scene scenes[SCENES];
    gofer_client *client = rig_client(NULL);
    gofer_stats stats;

    for (int i = 0; i < SCENES; i++) {
        scenes[i] = ends[i];
        scene_begin(&scenes[i]);
        scene_warm_up(&scenes[i], client);
    }
    EXPECT_INT(rig_stats(client).conns_idle, SCENES);
    for (int i = 0; i < SCENES; i++)
        scene_cue(&scenes[i]);
    EXPECT(rig_wait_idle(client, 0));
    for (int i = 0; i < SCENES; i++)
        EXPECT(origin_wait(scenes[i].origin, ORIGIN_OPEN, 0));
    stats = rig_stats(client);
    EXPECT_INT(stats.closed_stale, 3);
    EXPECT_INT(stats.closed_talking, 1);
    EXPECT_INT(stats.conns_stale, 4);
    EXPECT_INT(stats.origin_bans, 1);
    for (int i = 0; i < SCENES; i++) {
        struct outcome got = rig_call(client, rig_request("POST", scenes[i].origin, "/"));
        rig_expect_answer(&got, SCENE_STATUS, "");
    }
    EXPECT_INT(rig_stats(client).calls_retried, 0);
}

static void quiet_ones_stay(void)
{
    static struct scene scene;
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);

    scene = (struct scene){.end = SCENE_CLOSE};
    scene_begin(&scene);
    rig_get_hello(client, origin);
    scene_warm_up(&scene, client);
    scene_cue(&scene);
    EXPECT(rig_wait_idle(client, 1));
    rig_get_hello(client, origin);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

/* --- at the moment of the checkout --- */

/* Gives the cue before the tapped call of one kind. */
struct cue {
    struct scene *scene;
    enum tap_call before;
};

static int give_cue(enum tap_call call, unsigned nth, void *arg)
{
    const struct cue *cue = arg;

    (void)nth;
    if (call == cue->before && gate_passes(cue->scene->cue) == 0)
        scene_cue(cue->scene);
    return 0;
}

static void spoiled_while_it_is_taken(enum scene_end end, const char *talk, unsigned bans)
{
    static struct scene scene;
    gofer_client *client = scene_client(NULL);
    struct cue cue = {&scene, TAP_RECV};

    scene = (struct scene){.end = end, .talk = talk};
    scene_begin(&scene);
    scene_warm_up(&scene, client);
    tap_open(give_cue, &cue);
    struct outcome got = rig_call(client, rig_request("POST", scene.origin, "/"));
    rig_expect_answer(&got, SCENE_STATUS, "");
    EXPECT_INT(rig_stats(client).calls_retried, 0);
    EXPECT_INT(rig_stats(client).conns_stale, 1);
    EXPECT_INT(rig_stats(client).conns_reused, 0);
    EXPECT_INT(rig_stats(client).origin_bans, bans);
    EXPECT_INT(origin_count(scene.origin, ORIGIN_REQUESTS), 2);
    rig_end_client(client);
    tap_close();
    EXPECT(origin_wait(scene.origin, ORIGIN_OPEN, 0));
}

static void between_take_and_check(void)
{
    spoiled_while_it_is_taken(SCENE_TALK, REPLY_WRONG, 1);
    spoiled_while_it_is_taken(SCENE_TALK, "HTTP/1.0 408 Request Timeout\r\n\r\n", 0);
    spoiled_while_it_is_taken(SCENE_CLOSE, NULL, 0);
    spoiled_while_it_is_taken(SCENE_RESET, NULL, 0);
}

/* --- the ban --- */

/* Answers every request with a pair of answers, and closes when the client does. */
static const struct route twice[] = {
    {.target = "/twice", .reply = REPLY_HELLO REPLY_WRONG},
    {.reply = REPLY_HELLO},
};

static void who_talks_is_not_kept_alive(void)
{
    struct origin *origin = rig_script(twice), *other = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_origin_stats seen[3];
    struct outcome got;

    rig_get_hello(client, other);
    got = rig_get(client, origin, "/twice");
    rig_expect_answer(&got, 200, "hello");
    for (int i = 0; i < 3; i++) {
        rig_get_hello(client, origin);
        rig_get_hello(client, other);
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 4);
    EXPECT_INT(origin_count(other, ORIGIN_ACCEPTED), 1);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    EXPECT_INT(rig_stats(client).origin_bans, 1);
    EXPECT_INT(rig_stats(client).closed_talking, 1);
    EXPECT_INT(rig_stats(client).closed_asked, 3);
    size_t n = gofer_client_origins(client, seen, 3);
    EXPECT_INT(n, 2);
    for (size_t i = 0; i < n && i < 3; i++)
        EXPECT_INT(seen[i].banned, seen[i].bans == 1);
}

static void what_it_had_idle_is_closed_too(void)
{
    struct gate *seen = rig_gate(), *go = rig_gate();
    const struct route routes[] = {
        {.target = "/held", .reply = REPLY_HELLO, .seen = seen, .go = go},
        {.target = "/twice", .reply = REPLY_HELLO REPLY_WRONG},
        {.reply = REPLY_HELLO},
    };
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    struct caller callers[3];

    for (unsigned i = 0; i < 3; i++) {
        caller_start(&callers[i], client, rig_request("GET", origin, "/held"));
        EXPECT(gate_wait(seen, i + 1));
    }
    gate_pass(go);
    for (unsigned i = 0; i < 3; i++)
        caller_join(&callers[i]);
    EXPECT_INT(rig_stats(client).conns_idle, 3);
    struct outcome got = rig_get(client, origin, "/twice");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(rig_stats(client).conns_idle, 0);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    EXPECT_INT(rig_stats(client).closed_talking, 3);
}

/* --- servers that close as they like --- */

static void surprising_closes_lose_no_get(void)
{
    enum { CALLS = SANITIZED_THREADS || SANITIZED_ADDRESSES ? 100 : 500 };
    static const struct route routes[] = {{.reply = REPLY_HELLO, .then = THEN_CLOSE}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("GET", origin, "/");

    for (int i = 0; i < CALLS; i++) {
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
    }
    EXPECT_INT(rig_stats(client).calls_failed, 0);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void no_length_and_a_close(void)
{
    static const struct route routes[] = {
        {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .then = THEN_CLOSE}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);

    for (int i = 0; i < 10; i++) {
        struct outcome got = rig_get(client, origin, "/");
        rig_expect_answer(&got, 200, "");
    }
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    EXPECT(rig_wait_idle(client, 0));
}

/* --- an end at every system call --- */

struct ending {
    unsigned at; /* the tapped call before which it ends */
    gofer_cancel *token;
    int64_t until_ms; /* or a time that is let pass */
};

static int end_here(enum tap_call call, unsigned nth, void *arg)
{
    const struct ending *ending = arg;

    (void)call;
    if (nth != ending->at)
        return 0;
    gofer_cancel_fire(ending->token);
    if (ending->until_ms > 0)
        pass_ms(ending->until_ms - now_ms());
    return 0;
}

static const struct route victim[] = {
    {.target = "/victim", .reply = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nvictim"},
    {.reply = REPLY_HELLO}};

/* One call that ends before its nth system call; whether it made so many. */
static bool ends_before(unsigned at, bool reused, int64_t timeout_ms)
{
    struct origin *origin = rig_script(victim);
    gofer_client *client = scene_client(NULL);
    gofer_request *request = rig_request("POST", origin, "/victim");
    struct ending ending = {.at = at};

    if (reused)
        rig_get_hello(client, origin);
    if (timeout_ms > 0)
        gofer_request_set_timeout_ms(request, timeout_ms);
    else
        gofer_request_set_cancel(request, ending.token = gofer_cancel_new());
    ending.until_ms = timeout_ms > 0 ? now_ms() + timeout_ms + 2 : 0;
    tap_open(end_here, &ending);
    struct outcome got = rig_call(client, request);
    EXPECT(got.status == GOFER_OK ||
           got.status == (timeout_ms > 0 ? GOFER_ERR_TIMEOUT : GOFER_ERR_CANCELED));
    if (got.status == GOFER_OK)
        rig_expect_answer(&got, 200, "victim");
    rig_get_hello(client, origin);
    EXPECT_INT(rig_stats(client).conns_in_use, 0);
    EXPECT_INT(rig_stats(client).calls_waiting, 0);
    EXPECT_INT(rig_stats(client).calls_retried, 0);
    rig_end_client(client);
    bool reached = tap_close() >= at && got.status != GOFER_OK;
    gofer_cancel_free(ending.token);
    return reached;
}

static void ends_everywhere(int64_t timeout_ms)
{
    unsigned ended = 0;

    /* A call makes some six calls that are tapped, the one after it as many. */
    for (unsigned at = 1; at <= 8; at++) {
        ended += ends_before(at, false, timeout_ms);
        ended += ends_before(at, true, timeout_ms);
    }
    EXPECT_AT_LEAST(ended, 4);
}

static void a_cancel_at_every_system_call(void)
{
    ends_everywhere(0);
}

static void a_deadline_at_every_system_call(void)
{
    ends_everywhere(20);
}

/* --- requests --- */

static void case_makes_another_request(void)
{
    static const struct route routes[] = {
        {.target = "/Path", .reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nupper"},
        {.target = "/path", .reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlower"},
        {.reply = REPLY_HELLO}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    char url[ORIGIN_URL_BYTES];

    struct outcome got = rig_get(client, origin, "/Path");
    rig_expect_answer(&got, 200, "upper");
    got = rig_get(client, origin, "/path");
    rig_expect_answer(&got, 200, "lower");
    snprintf(url, sizeof url, "%s://u:Secret@127.0.0.1:%u/", rig_scheme(), origin_port(origin));
    rig_get_url(client, url);
    EXPECT_HOLDS(origin_last_head(origin), "Authorization: Basic dTpTZWNyZXQ=\r\n");
    snprintf(url, sizeof url, "%s://u:secret@127.0.0.1:%u/", rig_scheme(), origin_port(origin));
    rig_get_url(client, url);
    EXPECT_HOLDS(origin_last_head(origin), "Authorization: Basic dTpzZWNyZXQ=\r\n");
    rig_get_hello(client, origin);
    EXPECT_LACKS(origin_last_head(origin), "Authorization");
}

static void nothing_survives_in_a_request(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("POST", origin, "/");
    gofer_cancel *token = gofer_cancel_new();
    size_t len;

    gofer_request_set_header(request, "Authorization", "Bearer secret");
    gofer_request_set_header(request, "Cookie", "a=b");
    gofer_request_set_body(request, "old body", 8);
    gofer_request_set_cancel(request, token);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    gofer_request_remove_header(request, "Authorization");
    gofer_request_remove_header(request, "Cookie");
    gofer_request_set_body(request, NULL, 0);
    gofer_request_set_cancel(request, NULL);
    gofer_cancel_fire(token);
    got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_LACKS(origin_last_head(origin), "Bearer");
    EXPECT_LACKS(origin_last_head(origin), "Cookie");
    origin_last_body(origin, &len);
    EXPECT_INT(len, 0);
    gofer_cancel_free(token);
}

CU_TestInfo stale_tests[] = {
    {"D5 D14 RU-02 RU-20 the idle watch notices without a call", noticed_without_a_call},
    {"the idle watch leaves quiet ones alone", quiet_ones_stay},
    {"RU-03 D14 spoiled between take and check, no retry", between_take_and_check},
    {"RU-20 who talks is not kept alive for a while", who_talks_is_not_kept_alive},
    {"RU-20 what it had idle is closed too", what_it_had_idle_is_closed_too},
    {"D6 D4 surprising closes lose no GET", surprising_closes_lose_no_get},
    {"D8 a length of 0 and a close", no_length_and_a_close},
    {"RU-09 a cancel at every system call", a_cancel_at_every_system_call},
    {"RU-09 a deadline at every system call", a_deadline_at_every_system_call},
    {"RU-16 case makes another request", case_makes_another_request},
    {"RU-17 nothing survives in a request used again", nothing_survives_in_a_request},
    CU_TEST_INFO_NULL};
