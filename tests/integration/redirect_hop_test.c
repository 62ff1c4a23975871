/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What becomes of a call between a redirect and what it leads to: whether its body
 * can be sent again, whether the connection can serve again, and that its deadline
 * and its cancel hold all the way.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "integration/expect.h"
#include "integration/flow.h"
#include "integration/rig.h"
#include "integration/trail.h"

extern CU_TestInfo redirect_hop_tests[];

#define ROWS(rows) (sizeof(rows) / sizeof *(rows))

/* --- bodies --- */

static void a_body_is_sent_again(void)
{
    char path[] = "/tmp/gofer-redirect-XXXXXX";
    int fd = mkstemp(path);
    REQUIRE(fd >= 0 && write(fd, "file body", 9) == 9);
    unlink(path);
    for (int status = 307; status <= 308; status++) {
        struct trail *trail = trail_begin();
        gofer_client *client = rig_client(NULL);
        gofer_request *request = trail_request("PUT", trail, "/a");
        trail_redirect(trail, "/a", status, "/b");
        trail_redirect(trail, "/b", status, "/c");
        gofer_request_set_body_fd(request, fd, 0, -1);
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_TEXT(trail_lines(trail),
                    "PUT /a \"file body\"\nPUT /b \"file body\"\nPUT /c \"file body\"\n");
        rig_end_client(client);
    }
    close(fd);
}

struct tape {
    const char *text;
    size_t at;
    int rewinds;
    int closes;
};

static ssize_t play(void *arg, void *buf, size_t cap)
{
    struct tape *tape = arg;
    size_t left = strlen(tape->text) - tape->at;
    size_t n = left < cap ? left : cap;
    memcpy(buf, tape->text + tape->at, n);
    tape->at += n;
    return (ssize_t)n;
}

static int rewind_tape(void *arg)
{
    struct tape *tape = arg;
    tape->at = 0;
    tape->rewinds++;
    return 0;
}

static void close_tape(void *arg)
{
    ((struct tape *)arg)->closes++;
}

static void a_reader_is_rewound(void)
{
    struct tape tape = {.text = "on tape"};
    gofer_body_reader reader = {
        .read = play, .rewind = rewind_tape, .close = close_tape, .arg = &tape, .length = 7};
    struct trail *trail = trail_begin();
    gofer_request *request = gofer_request_new("POST", trail_url(trail, "/?code=307&next=308,302"));
    gofer_client *client = rig_client(NULL);
    gofer_request_set_body_reader(request, &reader);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(trail_lines(trail), "POST /?code=307&next=308,302 \"on tape\"\n"
                                    "POST /?code=308&next=302 \"on tape\"\n"
                                    "POST /?code=302 \"on tape\"\nGET / \"\"\n");
    EXPECT_INT(tape.rewinds, 2);
    EXPECT_INT(tape.closes, 0);
    gofer_request_free(request);
    rig_end_client(client);
    EXPECT_INT(tape.closes, 1);
}

static void an_unrewindable_body_ends_the_chain(void)
{
    for (int status = 307; status <= 308; status++) {
        struct tape tape = {.text = "once"};
        gofer_body_reader reader = {.read = play, .arg = &tape, .length = 4};
        struct trail *trail = trail_begin();
        char target[32];
        snprintf(target, sizeof target, "/?code=%d", status);
        gofer_request *request = trail_request("POST", trail, target);
        gofer_client *client = rig_client(NULL);
        gofer_request_set_body_reader(request, &reader);
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, status, "gone");
        EXPECT_INT(trail_len(trail), 1);
        rig_end_client(client);
    }
}

/* Answers before it has read the body, and reads no more. */
static void answer_early(struct peer *peer, void *arg)
{
    (void)arg;
    while (peer_read_head(peer)) {
        if (!peer_asks(peer, "/early")) {
            peer_say(peer, REPLY_HELLO);
            continue;
        }
        peer_say(peer, "HTTP/1.1 303 X\r\nLocation: /late\r\nContent-Length: 0\r\n\r\n");
        peer_sees_end(peer);
        return;
    }
}

static void a_redirect_may_come_before_the_body_is_sent(void)
{
    enum { MANY_BYTES = 8 * 1024 * 1024 };
    static char body[MANY_BYTES];
    struct origin *origin = rig_origin(answer_early, NULL);
    gofer_request *request = rig_request("POST", origin, "/early");
    gofer_request_set_body_ref(request, body, sizeof body, NULL, NULL);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
    EXPECT_HOLDS(origin_last_head(origin), "GET /late ");
}

/* --- connections --- */

static void small_bodies_are_read_for_the_connection(void)
{
#define MOVED "HTTP/1.1 302 X\r\nLocation: /\r\n"
    static const char *const replies[] = {
        MOVED "Content-Length: 0\r\n\r\n", MOVED "Content-Length: 4\r\n\r\ngone",
        MOVED "Transfer-Encoding: chunked\r\n\r\n4\r\ngone\r\n0\r\nX-Sum: 1\r\n\r\n"};
#undef MOVED
    for (size_t i = 0; i < ROWS(replies); i++) {
        struct route routes[] = {{.target = "/a", .reply = replies[i]}, {.reply = REPLY_HELLO}};
        struct origin *origin = rig_script(routes);
        gofer_client *client = rig_client(NULL);
        struct outcome got = rig_get(client, origin, "/a");
        rig_expect_answer(&got, 200, "hello");
        flow_expect_text(flow_open(client, origin, "/a"), 9, "hello");
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
        EXPECT_INT(rig_stats(client).conns_opened, 1);
        rig_end_client(client);
    }
}

/* Sends a head, waits until it was surely read, and then the body. */
static void answer_in_two(struct peer *peer, void *arg)
{
    (void)arg;
    while (peer_read_request(peer)) {
        if (!peer_asks(peer, "/a")) {
            peer_say(peer, REPLY_HELLO);
            continue;
        }
        peer_say(peer, "HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 4\r\n\r\n");
        pass_ms(5);
        peer_say(peer, "gone");
    }
}

static void a_body_that_comes_later_is_waited_for(void)
{
    struct origin *origin = rig_origin(answer_in_two, NULL);
    struct outcome got = rig_get(rig_client(NULL), origin, "/a");
    rig_expect_answer(&got, 200, "hello");
    /* On a slow machine it came too late, which costs the connection and nothing else. */
    EXPECT(origin_count(origin, ORIGIN_ACCEPTED) <= 2);
}

/* Says its piece over and over until the client closes. */
static void answer_without_end(struct peer *peer, void *arg)
{
    char chunk[0x400 + 16];
    const char *head = *(const char **)arg;
    if (!peer_read_request(peer))
        return;
    if (!peer_asks(peer, "/a")) {
        peer_say(peer, REPLY_HELLO);
        return;
    }
    int n = snprintf(chunk, sizeof chunk, "400\r\n%01024d\r\n", 0);
    peer_say(peer, head);
    while (peer_send(peer, chunk, (size_t)n))
        continue;
}

static void an_endless_body_is_closed(void)
{
    static const char *const heads[] = {
        "HTTP/1.1 302 X\r\nLocation: /\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 2049\r\n\r\n",
        "HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 1000000000000\r\n\r\n",
        "HTTP/1.1 302 X\r\nLocation: /\r\n\r\n"};
    for (size_t i = 0; i < ROWS(heads); i++) {
        struct origin *origin = rig_origin_copy(answer_without_end, &heads[i], sizeof heads[i]);
        gofer_client *client = rig_client(NULL);
        struct outcome got = rig_get(client, origin, "/a");
        rig_expect_answer(&got, 200, "hello");
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
        flow_expect_text(flow_open(client, origin, "/a"), 9, "hello");
        rig_end_client(client);
        EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    }
}

static void a_body_that_never_comes_is_given_up(void)
{
    static const struct route routes[] = {
        {.target = "/a",
         .reply = "HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 4\r\n\r\ngo",
         .then = THEN_HOLD},
        {.reply = REPLY_HELLO}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_get(client, origin, "/a");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
    flow_expect_text(flow_open(client, origin, "/a"), 9, "hello");
}

static void a_body_that_breaks_is_no_failure(void)
{
    static const struct route routes[] = {
        {.target = "/a",
         .reply = "HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 4\r\n\r\ngo",
         .then = THEN_CLOSE},
        {.target = "/b",
         .reply = "HTTP/1.1 302 X\r\nLocation: /\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"},
        {.reply = REPLY_HELLO}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_get(client, origin, "/a");
    rig_expect_answer(&got, 200, "hello");
    got = rig_get(client, origin, "/b");
    rig_expect_answer(&got, 200, "hello");
}

/* --- deadline and cancel --- */

static void the_deadline_covers_a_redirect_and_a_stalled_body(void)
{
    static const struct route routes[] = {
        {.target = "/a", .reply = "HTTP/1.1 302 X\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"},
        {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", .then = THEN_HOLD}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("GET", origin, "/a");
    gofer_request_set_timeout_ms(request, 300);
    struct outcome got = rig_call(client, request);
    rig_expect_timeout(&got, GOFER_PHASE_BODY, 300);
    EXPECT_INT(gofer_response_redirect_count(got.response), 1);
    request = flow_request("GET", origin, "/a");
    gofer_request_set_timeout_ms(request, 300);
    gofer_response *response = flow_begin(client, request);
    flow_expect_failure(response, GOFER_ERR_TIMEOUT, GOFER_PHASE_BODY);
}

static void redirect_slowly(struct peer *peer, void *arg)
{
    (void)arg;
    while (peer_read_request(peer)) {
        pass_ms(100);
        peer_say(peer, "HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
    }
}

static void the_deadline_covers_all_hops(void)
{
    struct origin *origin = rig_origin(redirect_slowly, NULL);
    gofer_request *request = rig_request("GET", origin, "/");
    gofer_request_set_timeout_ms(request, 700);
    gofer_request_set_max_redirects(request, GOFER_NEVER);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    EXPECT_AT_LEAST(got.took_ms, 700);
    EXPECT_AT_LEAST(gofer_response_redirect_count(got.response), 1);
}

static void a_cancel_reaches_a_later_hop(void)
{
    struct gate *seen = rig_gate();
    struct route routes[] = {
        {.target = "/a", .reply = "HTTP/1.1 302 X\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"},
        {.seen = seen, .then = THEN_HOLD}};
    struct origin *origin = rig_script(routes);
    gofer_cancel *token = gofer_cancel_new();
    gofer_request *request = rig_request("GET", origin, "/a");
    struct caller caller;
    gofer_request_set_cancel(request, token);
    caller_start(&caller, rig_client(NULL), request);
    EXPECT(gate_wait(seen, 1));
    gofer_cancel_fire(token);
    struct outcome got = caller_join(&caller);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    EXPECT_HOLDS(got.error->message, "/b\": canceled");
    gofer_cancel_free(token);
}

CU_TestInfo redirect_hop_tests[] = {
    {"G7 a body is sent again", a_body_is_sent_again},
    {"G7 a reader is rewound", a_reader_is_rewound},
    {"G6 RD-10 an unrewindable body ends the chain", an_unrewindable_body_ends_the_chain},
    {"a redirect may come before the body is sent", a_redirect_may_come_before_the_body_is_sent},
    {"G8 small bodies are read for the connection", small_bodies_are_read_for_the_connection},
    {"G8 a body that comes later is waited for", a_body_that_comes_later_is_waited_for},
    {"RD-11 an endless body is closed", an_endless_body_is_closed},
    {"RD-11 a body that never comes is given up", a_body_that_never_comes_is_given_up},
    {"a body that breaks is no failure", a_body_that_breaks_is_no_failure},
    {"C3 RD-14 the deadline covers a redirect and a stalled body",
     the_deadline_covers_a_redirect_and_a_stalled_body},
    {"RD-14 the deadline covers all hops", the_deadline_covers_all_hops},
    {"G15 a cancel reaches a later hop", a_cancel_reaches_a_later_hop},
    CU_TEST_INFO_NULL,
};
