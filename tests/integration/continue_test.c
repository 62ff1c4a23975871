/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Expect: 100-continue (RFC 9110 section 10.1.1): when a body that waits for a
 * 100 is sent, and that after any other answer it is not, nor the connection
 * used again. And from when on the answer itself is waited for.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/feed.h"
#include "integration/intake.h"
#include "integration/payload.h"
#include "integration/rig.h"

extern CU_TestInfo continue_tests[];

enum { LIMIT_MS = 60, LEN = 50000 };

#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define HINTS "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"

/* What the server does with each request. */
static struct plan {
    const char *before; /* says after the head, where it is not NULL */
    const char *after;  /* says after the body; NULL: what there was */
    bool refuses;       /* waits for the end instead of a body */
    struct gate *head;  /* passed with the head; or NULL */
    struct gate *go;    /* waited for before the body is read; or NULL */
    struct gate *quiet; /* passed where the connection ended without a byte more */
} plan;

static bool answer(struct peer *peer, const struct plan *p, const struct intake_body *b)
{
    char reply[INTAKE_LINE_BYTES];

    if (p->after != NULL)
        return peer_say(peer, p->after);
    snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%c",
             b->len == LEN ? 'y' : 'n');
    return peer_say(peer, reply);
}

static void play(struct peer *peer, void *arg)
{
    const struct plan *p = arg;
    struct intake_body body;

    while (peer_read_head(peer)) {
        if (p->head != NULL)
            gate_pass(p->head);
        if (p->before != NULL)
            peer_say(peer, p->before);
        if (p->refuses) {
            if (peer_sees_end(peer))
                gate_pass(p->quiet);
            return;
        }
        if (p->go != NULL && !gate_wait(p->go, 1))
            return;
        if (!intake_take(peer, INTAKE_GULPS, &body) || !answer(peer, p, &body))
            return;
    }
}

static struct origin *begin(struct plan wanted)
{
    plan = wanted;
    plan.quiet = rig_gate();
    return rig_origin_copy(play, &plan, sizeof plan);
}

static gofer_request *expecting(const struct origin *origin, enum payload kind)
{
    gofer_request *request = payload_request("PUT", origin, "/", kind, LEN);

    EXPECT_STATUS(gofer_request_set_expect_continue(request, 1), GOFER_OK);
    return request;
}

static gofer_client *client;
static struct origin *origin;

/* For ever, as far as a test goes: no body is sent because nobody answered. */
static void patient(void)
{
    client = rig_client(&(gofer_client_options){.expect_continue_timeout_ms = 60000});
}

static void is_sent(enum payload kind)
{
    struct outcome got = rig_call(client, expecting(origin, kind));

    rig_expect_answer(&got, 200, "y");
    EXPECT_HOLDS(origin_last_head(origin), "\r\nExpect: 100-continue\r\n");
}

static void a_100_lets_the_body_go(void)
{
    patient();
    origin = begin((struct plan){.before = CONTINUE});
    payload_each(is_sent);
    EXPECT_INT(rig_stats(client).conns_opened, 1);
}

static void a_second_100_changes_nothing(void)
{
    patient();
    origin = begin((struct plan){.before = CONTINUE CONTINUE});
    payload_each(is_sent);
    origin = begin((struct plan){
        .before = CONTINUE, .after = CONTINUE "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny"});
    payload_each(is_sent);
    EXPECT_INT(rig_stats(client).conns_opened, 2);
}

static void other_interim_answers_do_not_let_it_go(void)
{
    patient();
    origin = begin((struct plan){.before = HINTS CONTINUE});
    payload_each(is_sent);
    origin = begin((struct plan){
        .before = HINTS HINTS "HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno", .refuses = true});
    struct outcome got = rig_call(client, expecting(origin, PAYLOAD_COPY));
    rig_expect_answer(&got, 417, "no");
    EXPECT(gate_wait(plan.quiet, 1));
}

static void is_sent_after_a_while(enum payload kind)
{
    struct outcome got = rig_call(client, expecting(origin, kind));

    rig_expect_answer(&got, 200, "y");
    EXPECT_AT_LEAST(got.took_ms, LIMIT_MS);
}

static void without_an_answer_the_body_goes_after_a_while(void)
{
    client = rig_client(&(gofer_client_options){.expect_continue_timeout_ms = LIMIT_MS});
    origin = begin((struct plan){0});
    payload_each(is_sent_after_a_while);
    EXPECT_INT(rig_stats(client).conns_opened, 1);
}

static void a_100_behind_the_timer_changes_nothing(void)
{
    client = rig_client(&(gofer_client_options){.expect_continue_timeout_ms = 1});
    origin =
        begin((struct plan){.after = CONTINUE "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny"});
    payload_each(is_sent);
    EXPECT_INT(rig_stats(client).conns_opened, 1);
}

static struct outcome never_told(int64_t limit_ms, void *arg)
{
    (void)arg;
    client = rig_client(
        &(gofer_client_options){.expect_continue_timeout_ms = GOFER_NEVER, .timeout_ms = limit_ms});
    origin = begin((struct plan){.refuses = true});
    return rig_call(client, expecting(origin, PAYLOAD_FILE));
}

static void without_a_timer_nothing_is_sent(void)
{
    rig_limited(never_told, NULL, GOFER_PHASE_SEND);
    EXPECT(gate_wait(plan.quiet, 1));
}

/* --- refused --- */

static const char *const finals[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 401 Who\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 500 Oh\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
};

static void is_not_sent(enum payload kind)
{
    for (size_t i = 0; i < sizeof finals / sizeof *finals; i++) {
        origin = begin((struct plan){.before = finals[i], .refuses = true});
        struct outcome got = rig_call(client, expecting(origin, kind));
        rig_expect_answer(&got, atoi(finals[i] + 9), "no");
        EXPECT(gate_wait(plan.quiet, 1));
    }
    EXPECT_INT(rig_stats(client).conns_idle, 0);
}

static void a_final_answer_keeps_the_body_back(void)
{
    patient();
    payload_each(is_not_sent);
    EXPECT_INT(rig_stats(client).calls_failed, 0);
}

static void a_reader_is_not_asked_before(void)
{
    static const struct feed_step steps[] = {{FEED_BYTES, NULL, LEN}, {0}};

    patient();
    for (int i = 0; i < 2; i++) {
        origin = i == 0 ? begin((struct plan){.before = finals[1], .refuses = true})
                        : begin((struct plan){.before = CONTINUE});
        struct feed *feed = feed_new("PUT", origin, "/", &(struct feed_plan){.steps = steps});
        gofer_request_set_header(feed->request, "Expect", "100-continue");
        struct outcome got = rig_call(client, feed->request);
        rig_expect_answer(&got, i == 0 ? 401 : 200, i == 0 ? "no" : "y");
        EXPECT_INT(atomic_load(&feed->reads) > 0, i == 1);
        feed_end(feed);
    }
}

/* The server says 100 and at once what it thinks of the body. */
static void is_answered(enum payload kind)
{
    struct outcome got = rig_call(client, expecting(origin, kind));

    rig_expect_answer(&got, 200, "y");
}

static void an_answer_right_behind_the_100_is_delivered(void)
{
    patient();
    origin = begin((struct plan){.before = CONTINUE "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny",
                                 .after = ""});
    payload_each(is_answered);
}

static void the_next_call_has_a_new_connection(void)
{
    patient();
    for (int i = 0; i < 3; i++) {
        origin = begin((struct plan){.before = finals[0], .refuses = true});
        struct outcome got = rig_call(client, expecting(origin, PAYLOAD_COPY));
        rig_expect_answer(&got, 200, "no");
        got = rig_call(client, expecting(origin, PAYLOAD_COPY));
        rig_expect_answer(&got, 200, "no");
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
        EXPECT(gate_wait(plan.quiet, 2));
    }
}

static void a_stream_gets_its_head_and_keeps_the_body_back(void)
{
    char buf[16];
    gofer_response *response = NULL;

    patient();
    origin = begin((struct plan){.before = finals[2], .refuses = true});
    gofer_request *request = expecting(origin, PAYLOAD_CHUNKED);
    gofer_request_set_streaming(request, 1);
    EXPECT_STATUS(gofer_do(client, request, &response), GOFER_OK);
    EXPECT_INT(gofer_response_status(response), 417);
    EXPECT_INT(gofer_response_read(response, buf, sizeof buf), 2);
    EXPECT_INT(gofer_response_read(response, buf, sizeof buf), 0);
    gofer_response_free(response);
    EXPECT(gate_wait(plan.quiet, 1));
}

static void without_a_body_nothing_is_expected(void)
{
    static const struct route hello[] = {{.reply = REPLY_HELLO}};

    patient();
    origin = rig_script(hello);
    gofer_request *request = rig_request("PUT", origin, "/");
    gofer_request_set_expect_continue(request, 1);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_LACKS(origin_last_head(origin), "Expect");
    gofer_request_set_body(request, "x", 1);
    gofer_request_set_expect_continue(request, 0);
    got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_LACKS(origin_last_head(origin), "Expect");
}

/* --- the answer's own limit --- */

static const struct feed_step slow[] = {
    {FEED_TEXT, "bo", 0}, {FEED_LATER, NULL, 0}, {FEED_TEXT, "dy", 0}, {0}};

/* The source takes longer than the limit; the server answers at once. */
static struct outcome answers_a_slow_source(int64_t limit_ms)
{
    struct caller caller;

    client = rig_client(&(gofer_client_options){.response_header_timeout_ms = limit_ms});
    origin = intake_plain();
    struct feed *feed = feed_new("PUT", origin, "/", &(struct feed_plan){.steps = slow});
    caller_start(&caller, client, feed->request);
    EXPECT(gate_wait(feed->asked, 1));
    pass_ms(2 * limit_ms);
    feed_go_on(feed);
    struct outcome got = caller_join(&caller);
    feed_end(feed);
    return got;
}

/* "At once" is more than the first limits on a busy machine. */
static void the_header_limit_begins_behind_the_body(void)
{
    struct outcome got = {.status = GOFER_ERR_TIMEOUT};

    for (int64_t ms = LIMIT_MS; ms < 4000 && got.status == GOFER_ERR_TIMEOUT; ms *= 4)
        got = answers_a_slow_source(ms);
    rig_expect_answer(&got, 200, intake_answer_to("body", 4));
}

static void the_header_limit_holds_behind_the_body(void)
{
    struct caller caller;
    struct intake *intake = intake_new();

    intake->go = rig_gate();
    client = rig_client(&(gofer_client_options){.response_header_timeout_ms = LIMIT_MS});
    origin = intake_origin(intake);
    struct feed *feed = feed_new("PUT", origin, "/", &(struct feed_plan){.steps = slow});
    caller_start(&caller, client, feed->request);
    EXPECT(gate_wait(feed->asked, 1));
    pass_ms(LIMIT_MS);
    int64_t began = now_ms();
    feed_go_on(feed);
    struct outcome got = caller_join(&caller);
    got.took_ms = now_ms() - began;
    rig_expect_timeout(&got, GOFER_PHASE_WAIT, LIMIT_MS);
    EXPECT_INT(got.error->sent, GOFER_SENT_ALL);
    feed_end(feed);
}

CU_TestInfo continue_tests[] = {
    {"E7 a 100 lets the body go", a_100_lets_the_body_go},
    {"E7 a second 100 changes nothing", a_second_100_changes_nothing},
    {"E7 other interim answers do not let it go", other_interim_answers_do_not_let_it_go},
    {"E7 without an answer the body goes after a while",
     without_an_answer_the_body_goes_after_a_while},
    {"E7 a 100 behind the timer changes nothing", a_100_behind_the_timer_changes_nothing},
    {"without a timer nothing is sent", without_a_timer_nothing_is_sent},
    {"E7 E8 RU-08 a final answer keeps the body back", a_final_answer_keeps_the_body_back},
    {"E8 a reader is not asked before", a_reader_is_not_asked_before},
    {"an answer right behind the 100 is delivered", an_answer_right_behind_the_100_is_delivered},
    {"RU-08 the next call has a new connection", the_next_call_has_a_new_connection},
    {"RU-08 a stream gets its head and keeps the body back",
     a_stream_gets_its_head_and_keeps_the_body_back},
    {"without a body nothing is expected", without_a_body_nothing_is_expected},
    {"C21 the header limit begins behind the body", the_header_limit_begins_behind_the_body},
    {"C21 the header limit holds behind the body", the_header_limit_holds_behind_the_body},
    CU_TEST_INFO_NULL};
