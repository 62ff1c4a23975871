/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Retries by policy: what is tried again and what never, how often, and that an
 * origin which is down gets little more than it would without.
 */
#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "integration/diary.h"
#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo backoff_tests[];

enum { SHORT_MS = 2, FAR_MS = 60000 };

#define BUSY "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"

static struct diary diary;

/* Answers so many times with `reply` (NULL: closes), then says hello. */
struct moody {
    const char *reply;
    unsigned times;
    atomic_uint seen;
};

static void play(struct peer *peer, void *arg)
{
    struct moody *moody = arg;

    while (peer_read_request(peer)) {
        if (atomic_fetch_add(&moody->seen, 1) >= moody->times)
            peer_say(peer, REPLY_HELLO);
        else if (moody->reply == NULL)
            return;
        else
            peer_say(peer, moody->reply);
    }
}

static struct origin *moody_origin(const char *reply, unsigned times)
{
    return rig_origin_copy(play, &(struct moody){.reply = reply, .times = times},
                           sizeof(struct moody));
}

static gofer_client *trying(int64_t attempts)
{
    return rig_client(&(gofer_client_options){.retry_attempts = attempts,
                                              .retry_delay_ms = SHORT_MS,
                                              .retry_budget_percent = GOFER_NEVER});
}

static unsigned requests(struct origin *origin)
{
    return origin_count(origin, ORIGIN_REQUESTS);
}

/* --- what is tried again --- */

static void a_busy_answer_is_tried_again(void)
{
    struct origin *origin = moody_origin(BUSY, 2);
    gofer_client *client = trying(5);
    gofer_request *request = rig_request("GET", origin, "/");

    diary_begin(&diary);
    gofer_request_set_trace(request, diary_write, &diary, NULL);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(requests(origin), 3);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1); /* its connection serves on */
    struct diary_entry retry = diary_last(&diary, GOFER_TRACE_RETRY);
    EXPECT_INT(retry.count, 2);
    EXPECT_TEXT(retry.message, "status 503");
    EXPECT_INT(retry.event.attempt, 2);
    EXPECT_INT(diary_last(&diary, GOFER_TRACE_END).event.attempt, 3);
    EXPECT_INT(rig_stats(client).retries, 2);
    EXPECT_INT(rig_stats(client).calls_done, 1);
}

/* Busy at first, then gone: the second request of a connection finds nobody. */
static void be_busy_and_leave(struct peer *peer, void *arg)
{
    struct moody *moody = arg;

    while (peer_read_request(peer)) {
        unsigned nth = atomic_fetch_add(&moody->seen, 1);

        if (nth == 1)
            return;
        peer_say(peer, nth == 0 ? BUSY : REPLY_HELLO);
    }
}

/* RU-05 holds for each attempt: the last one that the policy has left met a connection that its
 * server closed. */
static void a_dead_connection_costs_no_attempt(void)
{
    struct origin *origin =
        rig_origin_copy(be_busy_and_leave, &(struct moody){.times = 0}, sizeof(struct moody));
    gofer_client *client = trying(2);
    struct outcome got = rig_get(client, origin, "/");

    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(requests(origin), 3);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
    EXPECT_INT(rig_stats(client).retries, 1);
    EXPECT_INT(rig_stats(client).calls_retried, 1);
}

static void a_stream_is_tried_again_at_its_head(void)
{
    struct origin *origin = moody_origin(BUSY, 1);
    gofer_request *request = rig_request("GET", origin, "/");
    gofer_response *response;
    char body[8];

    gofer_request_set_streaming(request, 1);
    EXPECT_STATUS(gofer_do(trying(2), request, &response), GOFER_OK);
    rig_keep(response);
    EXPECT_INT(gofer_response_status(response), 200);
    EXPECT_INT(gofer_response_read(response, body, sizeof body), 5);
    EXPECT_INT(requests(origin), 2);
}

static void a_broken_connection_is_tried_again(void)
{
    struct origin *origin = moody_origin(NULL, 2);
    struct outcome got = rig_get(trying(3), origin, "/");

    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(requests(origin), 3);
}

static void a_refused_connection_is_tried_again(void)
{
    struct origin *origin = origin_start(play, NULL);
    gofer_client *client = trying(3);
    char url[ORIGIN_URL_BYTES];

    origin_url(origin, "/", url);
    origin_stop(origin);
    struct outcome got = rig_get_url(client, url);
    rig_expect_error(&got, GOFER_ERR_CONNECT);
    EXPECT_INT(got.error->attempts, 3);
    EXPECT_HOLDS(got.error->message, "attempt 3");
    EXPECT_INT(rig_stats(client).retries, 2);
    gofer_request *post = rig_request_to("POST", url); /* nothing was sent: no harm */
    got = rig_call(client, post);
    EXPECT_INT(got.error->attempts, 3);
}

/* Whoever runs the call, a driver that is interrupted in a read included: the connection is lost,
 * and the call begins again. */
static void ends_late_and_again(const char *reply, gofer_client_options limits)
{
    const struct route routes[] = {{.reply = reply, .then = THEN_HOLD}};
    struct origin *origin = rig_script(routes);

    limits.retry_attempts = 2;
    limits.retry_delay_ms = SHORT_MS;
    gofer_client *client = rig_client(&limits);
    struct outcome got = rig_get(client, origin, "/");
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    EXPECT_INT(got.error->attempts, 2);
    EXPECT_INT(rig_stats(client).retries, 1);
    EXPECT_INT(rig_stats(client).conns_opened, 2);
    EXPECT_AT_LEAST(got.took_ms, 100);
    EXPECT(origin_wait(origin, ORIGIN_REQUESTS, 2));
}

static void a_slow_answer_is_tried_again(void)
{
    const gofer_client_options header = {.response_header_timeout_ms = 50},
                               stall = {.stall_timeout_ms = 50};

    ends_late_and_again(NULL, header);
    ends_late_and_again("HTTP/1.1 2", header);
    ends_late_and_again(NULL, stall);
    ends_late_and_again("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", stall);
}

static void the_last_answer_is_the_outcome(void)
{
    struct origin *origin = moody_origin(BUSY, 99);
    struct outcome got = rig_get(trying(3), origin, "/");

    rig_expect_answer(&got, 503, "busy");
    EXPECT_INT(requests(origin), 3);
}

static void a_body_is_sent_again_from_its_beginning(void)
{
    struct origin *origin = moody_origin(BUSY, 1);
    gofer_request *request = rig_request("PUT", origin, "/");
    size_t len;

    gofer_request_set_body(request, "body", 4);
    struct outcome got = rig_call(trying(2), request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(origin_last_body(origin, &len), "body");
    EXPECT_INT(len, 4);
}

/* --- what is not --- */

static void without_the_option_nothing_is(void)
{
    struct origin *origin = moody_origin(BUSY, 99);
    struct outcome got = rig_get(rig_client(NULL), origin, "/");

    rig_expect_answer(&got, 503, "busy");
    EXPECT_INT(requests(origin), 1);
}

static void other_statuses_are_answers(void)
{
    struct origin *origin = moody_origin("HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\nbusy", 99);
    struct outcome got = rig_get(trying(3), origin, "/");

    rig_expect_answer(&got, 500, "busy");
    EXPECT_INT(requests(origin), 1);
}

/* Whatever went wrong once a byte of it was sent. */
static void a_post_without_a_key_is_never_sent_twice(void)
{
    static const char *const replies[] = {BUSY, NULL,
                                          "HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\nb"};

    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        struct origin *origin = moody_origin(replies[i], 99);
        gofer_client *client = rig_client(&(gofer_client_options){
            .retry_attempts = 5, .retry_delay_ms = SHORT_MS, .stall_timeout_ms = 100});
        gofer_request *request = rig_request("POST", origin, "/");

        gofer_request_set_body(request, "body", 4);
        rig_call(client, request);
        EXPECT_INT(requests(origin), 1);
        EXPECT_INT(rig_stats(client).retries, 0);
    }
}

static void a_key_or_the_program_says_that_it_may(void)
{
    for (int i = 0; i < 3; i++) {
        struct origin *origin = moody_origin(BUSY, 1);
        gofer_client *client = rig_client(&(gofer_client_options){
            .retry_attempts = 2, .retry_delay_ms = SHORT_MS, .retry_unsafe = i == 0});
        gofer_request *request = rig_request("POST", origin, "/");

        gofer_request_set_body(request, "body", 4);
        if (i == 1)
            gofer_request_set_header(request, "Idempotency-Key", "k");
        if (i == 2)
            gofer_request_set_idempotent(request, 1);
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_INT(requests(origin), 2);
    }
}

static ssize_t read_byte(void *arg, void *buf, size_t cap)
{
    int *left = arg;

    (void)cap;
    memcpy(buf, "b", 1);
    return (*left)-- > 0 ? 1 : 0;
}

static void a_body_that_cannot_begin_again_is_not_sent_again(void)
{
    struct origin *origin = moody_origin(BUSY, 99);
    gofer_request *request = rig_request("PUT", origin, "/");
    int left = 1;

    gofer_request_set_body_reader(
        request, &(gofer_body_reader){.read = read_byte, .arg = &left, .length = 1});
    struct outcome got = rig_call(trying(3), request);
    rig_expect_answer(&got, 503, "busy");
    EXPECT_INT(requests(origin), 1);
}

static void a_request_says_for_itself(void)
{
    struct origin *origin = moody_origin(BUSY, 99);
    gofer_client *client = trying(3);
    gofer_request *request = rig_request("GET", origin, "/");

    gofer_request_set_attempts(request, 1);
    rig_call(client, request);
    EXPECT_INT(requests(origin), 1);
    gofer_request_set_attempts(request, 2);
    rig_call(client, request);
    EXPECT_INT(requests(origin), 3);
    EXPECT_STATUS(gofer_request_set_attempts(request, -2), GOFER_ERR_INVALID);
}

/* --- time --- */

static void retry_after_is_waited_for(void)
{
    struct origin *origin =
        moody_origin("HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", 1);
    struct outcome got = rig_get(trying(2), origin, "/");

    rig_expect_answer(&got, 200, "hello");
    EXPECT_AT_LEAST(got.took_ms, 1000);
}

static void retry_after_beyond_the_deadline_is_not(void)
{
    struct origin *origin =
        moody_origin("HTTP/1.1 503 Busy\r\nRetry-After: 3600\r\nContent-Length: 4\r\n\r\nbusy", 99);
    struct outcome got = rig_get(trying(3), origin, "/");

    rig_expect_answer(&got, 503, "busy"); /* at once */
    EXPECT_INT(requests(origin), 1);
    EXPECT_AT_LEAST(FAR_MS / 3, got.took_ms);
}

static void a_wait_never_passes_the_deadline(void)
{
    struct origin *origin = moody_origin(BUSY, 99);
    gofer_client *client = rig_client(&(gofer_client_options){.retry_attempts = 3,
                                                              .retry_delay_ms = FAR_MS,
                                                              .retry_max_delay_ms = FAR_MS,
                                                              .retry_no_jitter = true,
                                                              .timeout_ms = FAR_MS / 2});
    struct outcome got = rig_get(client, origin, "/");

    rig_expect_answer(&got, 503, "busy"); /* instead of waiting for nothing */
    EXPECT_INT(requests(origin), 1);
}

enum { HELD = 8 };

/* Names that are found, until it is turned mute: what is asked then is kept. */
struct finder {
    atomic_bool mute;
    atomic_uint held_len;
    gofer_lookup *held[HELD];
};

static void find(gofer_lookup *lookup, void *arg)
{
    struct finder *finder = arg;

    if (finder->mute && finder->held_len < HELD) {
        finder->held[finder->held_len++] = lookup;
        return;
    }
    gofer_lookup_add(lookup, "127.0.0.1");
    gofer_lookup_done(lookup, 0);
}

/* A limit of the first try takes the timer, the second begins at once (by chance: of a wait of 0 or
 * 1 ms), and waits for a connection: it has the deadline all the same. */
static void the_deadline_is_kept_behind_a_limit_of_a_try(void)
{
    enum { CALLS = HELD };
    const struct route routes[] = {{.then = THEN_HOLD}};
    struct origin *origin = rig_script(routes);
    struct finder finder = {.mute = false};
    gofer_future *futures[CALLS];
    char url[ORIGIN_URL_BYTES];
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 1,
                                                              .resolver = find,
                                                              .resolver_arg = &finder,
                                                              .response_header_timeout_ms = 300,
                                                              .timeout_ms = 900,
                                                              .retry_attempts = 2,
                                                              .retry_delay_ms = 1,
                                                              .retry_budget_percent = GOFER_NEVER});

    snprintf(url, sizeof url, "%s://good.test:%d/", rig_scheme(), origin_port(origin));
    gofer_request *request = rig_request_to("GET", url);
    for (int i = 0; i < CALLS; i++)
        futures[i] = gofer_submit(client, request);
    EXPECT(origin_wait(origin, ORIGIN_REQUESTS, CALLS));
    finder.mute = true;
    for (int i = 0; i < CALLS; i++) {
        gofer_response *response;
        gofer_status status = gofer_future_wait(futures[i], &response);
        struct outcome got = rig_outcome(status, response);
        rig_expect_error(&got, GOFER_ERR_TIMEOUT);
        gofer_future_free(futures[i]);
    }
    rig_end_client(client);
    while (finder.held_len > 0)
        gofer_lookup_fail(finder.held[--finder.held_len]);
}

static void no_attempt_begins_after_the_time_for_them(void)
{
    struct origin *origin = moody_origin(BUSY, 99);
    gofer_client *client = rig_client(&(gofer_client_options){.retry_attempts = GOFER_NEVER,
                                                              .retry_delay_ms = 40,
                                                              .retry_max_delay_ms = 40,
                                                              .retry_no_jitter = true,
                                                              .retry_max_time_ms = 100});
    struct outcome got = rig_get(client, origin, "/");

    rig_expect_answer(&got, 503, "busy");
    EXPECT_AT_LEAST(3, requests(origin)); /* at 0, 40 and 80 ms, or later */
    EXPECT_AT_LEAST(requests(origin), 1);
}

/* --- ends while it waits --- */

/* A client whose calls wait for a minute before the second attempt, with the diary. */
static gofer_client *waiting_client(void)
{
    diary_begin(&diary);
    return rig_client(&(gofer_client_options){.retry_attempts = 2,
                                              .retry_delay_ms = FAR_MS,
                                              .retry_max_delay_ms = FAR_MS,
                                              .retry_no_jitter = true,
                                              .timeout_ms = 2 * FAR_MS,
                                              .trace = diary_write,
                                              .trace_arg = &diary});
}

static void cancelling_ends_the_wait(void)
{
    struct origin *origin = moody_origin(BUSY, 99);
    gofer_client *client = waiting_client();
    gofer_cancel *token = gofer_cancel_new();
    gofer_request *request = rig_request("GET", origin, "/");
    struct caller caller;

    gofer_request_set_cancel(request, token);
    caller_start(&caller, client, request);
    EXPECT(diary_wait(&diary, GOFER_TRACE_RETRY, 1));
    gofer_cancel_fire(token);
    struct outcome got = caller_join(&caller);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    EXPECT_INT(got.error->phase, GOFER_PHASE_RETRY);
    EXPECT_INT(got.error->attempts, 1);
    EXPECT_HOLDS(got.error->message, "canceled while waiting to be tried again");
    gofer_cancel_free(token);
}

static void the_clients_end_ends_the_wait(void)
{
    struct origin *origin = moody_origin(BUSY, 99);
    gofer_client *client = waiting_client();
    struct caller caller;

    caller_start(&caller, client, rig_request("GET", origin, "/"));
    EXPECT(diary_wait(&diary, GOFER_TRACE_RETRY, 1));
    rig_end_client(client);
    struct outcome got = caller_join(&caller);
    rig_expect_error(&got, GOFER_ERR_CLOSED);
}

/* With one worker: a call that waits holds none. */
static void a_wait_holds_no_thread(void)
{
    struct origin *origin = moody_origin(BUSY, 1);
    gofer_future *waits;

    diary_begin(&diary);
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 1,
                                                              .retry_attempts = 2,
                                                              .retry_delay_ms = FAR_MS,
                                                              .retry_max_delay_ms = FAR_MS,
                                                              .retry_no_jitter = true,
                                                              .timeout_ms = 2 * FAR_MS,
                                                              .trace = diary_write,
                                                              .trace_arg = &diary});
    waits = gofer_submit(client, rig_request("GET", origin, "/"));
    EXPECT(diary_wait(&diary, GOFER_TRACE_RETRY, 1));
    for (int i = 0; i < 3; i++) {
        struct outcome got = rig_get(client, origin, "/");
        rig_expect_answer(&got, 200, "hello");
    }
    gofer_future_free(waits);
}

/* --- the budget --- */

static void a_dead_origin_gets_little_more(void)
{
    enum { CALLS = 400 };
    struct origin *origin = moody_origin(BUSY, 1000000);
    gofer_client *client = rig_client(
        &(gofer_client_options){.retry_attempts = 5, .retry_delay_ms = 1, .timeout_ms = FAR_MS});

    gofer_request *request = rig_request("GET", origin, "/");

    for (int i = 0; i < CALLS; i++) {
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 503, "busy");
    }
    EXPECT_AT_LEAST(CALLS * 5 / 4, requests(origin));
    EXPECT_AT_LEAST(requests(origin), CALLS + 10);
    gofer_stats stats = rig_stats(client);
    EXPECT_INT(CALLS + stats.retries, requests(origin));
    EXPECT_AT_LEAST(stats.retries_denied, 1);
}

static void bad_options_are_refused(void)
{
    EXPECT(gofer_client_new(&(gofer_client_options){.retry_on = 1024}) == NULL);
    EXPECT(gofer_client_new(&(gofer_client_options){.retry_statuses_len = 1}) == NULL);
    EXPECT(gofer_client_new(&(gofer_client_options){.retry_delay_ms = -2}) == NULL);
}

CU_TestInfo backoff_tests[] = {
    {"a busy answer is tried again", a_busy_answer_is_tried_again},
    {"RU-05 a dead connection costs no attempt", a_dead_connection_costs_no_attempt},
    {"a stream is tried again at its head", a_stream_is_tried_again_at_its_head},
    {"a broken connection is tried again", a_broken_connection_is_tried_again},
    {"a refused connection is tried again", a_refused_connection_is_tried_again},
    {"a slow answer is tried again", a_slow_answer_is_tried_again},
    {"the last answer is the outcome", the_last_answer_is_the_outcome},
    {"a body is sent again from its beginning", a_body_is_sent_again_from_its_beginning},
    {"without the option nothing is", without_the_option_nothing_is},
    {"other statuses are answers", other_statuses_are_answers},
    {"a POST without a key is never sent twice", a_post_without_a_key_is_never_sent_twice},
    {"a key, or the program, says that it may", a_key_or_the_program_says_that_it_may},
    {"a body that cannot begin again is not sent again",
     a_body_that_cannot_begin_again_is_not_sent_again},
    {"a request says for itself", a_request_says_for_itself},
    {"Retry-After is waited for", retry_after_is_waited_for},
    {"Retry-After beyond the deadline is not", retry_after_beyond_the_deadline_is_not},
    {"a wait never passes the deadline", a_wait_never_passes_the_deadline},
    {"the deadline is kept behind a limit of a try", the_deadline_is_kept_behind_a_limit_of_a_try},
    {"no attempt begins after the time for them", no_attempt_begins_after_the_time_for_them},
    {"cancelling ends the wait", cancelling_ends_the_wait},
    {"the client's end ends the wait", the_clients_end_ends_the_wait},
    {"a wait holds no thread", a_wait_holds_no_thread},
    {"a dead origin gets little more", a_dead_origin_gets_little_more},
    {"bad options are refused", bad_options_are_refused},
    CU_TEST_INFO_NULL};
