/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Valid responses in all their forms: framing, interim responses, bodiless
 * answers, limits. Each is followed by a second call, which must get its own
 * answer, and connections live on exactly where they may.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo response_tests[];

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

/* A route for everything, with what follows the reply. */
static struct origin *replying(struct route *routes, const char *reply, enum script_then then)
{
    routes[0] = (struct route){.reply = reply, .then = then};
    return rig_script(routes);
}

/* Two calls get `body`, over `conns` connections. */
static void answered(const char *reply, enum script_then then, const char *body, unsigned conns)
{
    struct route routes[1];
    struct origin *origin = replying(routes, reply, then);
    gofer_client *client = rig_client(NULL);
    struct outcome first = rig_get(client, origin, "/");
    struct outcome second = rig_get(client, origin, "/");

    rig_expect_answer(&first, 200, body);
    rig_expect_answer(&second, 200, body);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), conns);
    EXPECT_INT(rig_stats(client).calls_retried, 0);
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void a_length_frames_the_body(void)
{
    answered("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", THEN_NEXT, "hello", 1);
    answered("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", THEN_NEXT, "", 1);
    answered("HTTP/1.1 200 OK\r\ncontent-length:  5  \r\n\r\nhello", THEN_NEXT, "hello", 1);
}

static void chunks_are_joined(void)
{
    answered(CHUNKED "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", THEN_NEXT, "hello world", 1);
    answered(CHUNKED "0\r\n\r\n", THEN_NEXT, "", 1);
    answered(CHUNKED "00a;name=value\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n", THEN_NEXT, "0123456789",
             1);
}

static void the_end_of_the_connection_frames_the_body(void)
{
    answered("HTTP/1.1 200 OK\r\n\r\nto the end", THEN_CLOSE, "to the end", 2);
    answered("HTTP/1.0 200 OK\r\n\r\nold", THEN_CLOSE, "old", 2);
    answered("HTTP/1.1 200 OK\r\n\r\n", THEN_CLOSE, "", 2);
}

static void http_1_0_lives_on_only_where_it_says_so(void)
{
    answered("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", THEN_HOLD, "ok", 2);
    answered("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", THEN_NEXT,
             "ok", 1);
}

static void repeated_equal_lengths_are_one(void)
{
    answered("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", THEN_NEXT, "ok",
             1);
    answered("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", THEN_NEXT, "ok", 1);
}

static void chunked_beats_a_length_and_ends_the_connection(void)
{
    answered("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
             "2\r\nok\r\n0\r\n\r\n",
             THEN_HOLD, "ok", 2);
    answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
             "2\r\nok\r\n0\r\n\r\n",
             THEN_HOLD, "ok", 2);
}

static void framing_fields_in_trailers_mean_nothing(void)
{
    answered(CHUNKED "2\r\nok\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\n\r\n", THEN_NEXT,
             "ok", 1);
}

static void interim_responses_are_skipped(void)
{
    answered("HTTP/1.1 100 Continue\r\n\r\n"
             "HTTP/1.1 123 Whatever\r\nFoo: bar\r\n\r\n" REPLY_HELLO,
             THEN_NEXT, "hello", 1);
    answered("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 123\r\n\r\n"
             "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\n" REPLY_HELLO,
             THEN_NEXT, "hello", 1);
}

static void close_ends_the_connection(void)
{
    answered("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", THEN_HOLD, "ok",
             2);
    answered("HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok", THEN_HOLD,
             "ok", 2);
}

static void bytes_after_close_are_dropped(void)
{
    answered("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok" REPLY_HELLO,
             THEN_HOLD, "ok", 2);
}

static void odd_but_valid_heads_are_read(void)
{
    answered("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", THEN_NEXT, "ok", 1);
    answered("HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", THEN_NEXT, "ok", 1);
    answered("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", THEN_NEXT, "ok", 1);
    answered("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX:\r\nY: \t v\t \r\n\r\nok", THEN_NEXT, "ok",
             1);
}

static void a_long_reason_is_bounded(void)
{
    enum { LEN = 64 * 1024 };
    char *reply = malloc(LEN + 128);
    struct route routes[1];

    REQUIRE(reply != NULL);
    memcpy(reply, "HTTP/1.1 200 ", 13);
    memset(reply + 13, 'r', LEN);
    strcpy(reply + 13 + LEN, "\r\nContent-Length: 2\r\n\r\nok");
    struct origin *origin = replying(routes, reply, THEN_NEXT);
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_get(client, origin, "/");
    rig_expect_answer(&got, 200, "ok");
    EXPECT_AT_LEAST(LEN, strlen(gofer_response_reason(got.response)));
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    free(reply);
}

static void a_thousand_fields_are_kept_in_order(void)
{
    enum { FIELDS = 1000 };
    static char reply[FIELDS * 24 + 64];
    struct route routes[1];
    size_t len = (size_t)sprintf(reply, "HTTP/1.1 200 OK\r\n");
    const char *name, *value;

    for (int i = 0; i < FIELDS; i++)
        len += (size_t)sprintf(reply + len, "X-%d: v%d\r\n", i, i);
    strcpy(reply + len, "Content-Length: 2\r\n\r\nok");
    struct outcome got = rig_get(rig_client(NULL), replying(routes, reply, THEN_NEXT), "/");
    rig_expect_answer(&got, 200, "ok");
    EXPECT_INT(gofer_response_header_count(got.response), FIELDS + 1);
    EXPECT_INT(gofer_response_header_at(got.response, 777, &name, &value), 1);
    EXPECT_TEXT(name, "X-777");
    EXPECT_TEXT(value, "v777");
    EXPECT_TEXT(gofer_response_header(got.response, "x-999"), "v999");
}

/* One call with a method, and that its connection lives on or not. */
static void bodiless(const char *method, const char *reply, int status, long long length,
                     unsigned conns)
{
    struct route routes[1];
    struct origin *origin = replying(routes, reply, conns == 1 ? THEN_NEXT : THEN_HOLD);
    gofer_client *client = rig_client(NULL);

    for (int i = 0; i < 2; i++) {
        struct outcome got = rig_call(client, rig_request(method, origin, "/"));
        rig_expect_answer(&got, status, "");
        EXPECT_INT(gofer_response_content_length(got.response), length);
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), conns);
    EXPECT_INT(rig_stats(client).calls_retried, 0);
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void head_has_a_length_and_no_body(void)
{
    bodiless("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", 200, 1234, 1);
    bodiless("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, 0, 1);
    bodiless("HEAD", "HTTP/1.1 200 OK\r\n\r\n", 200, -1, 1);
    bodiless("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, -1, 1);
}

static void a_304_and_a_204_have_no_body(void)
{
    bodiless("GET", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", 304, -1, 1);
    bodiless("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 961\r\n\r\n", 304, 961, 1);
    bodiless("POST", "HTTP/1.1 204 No Content\r\n\r\n", 204, -1, 1);
}

static void bodies_where_none_may_be_end_the_connection(void)
{
    bodiless("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, 5, 2);
    bodiless("GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", 204, 5, 2);
    bodiless("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello", 304, 5, 2);
}

static void dribbled(const char *reply, enum script_then then, const char *body)
{
    struct route routes[] = {{.reply = reply, .dribble = true, .then = then}};
    gofer_client *client = rig_client(NULL);
    struct origin *origin = rig_script(routes);

    for (int i = 0; i < 2; i++) {
        struct outcome got = rig_get(client, origin, "/");
        rig_expect_answer(&got, 200, body);
    }
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void byte_by_byte_gives_the_same(void)
{
    dribbled("HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 11\r\n\r\nhello world", THEN_NEXT,
             "hello world");
    dribbled("HTTP/1.1 100 Continue\r\n\r\n" CHUNKED
             "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nT: 1\r\n"
             "\r\n",
             THEN_NEXT, "hello world");
    dribbled("HTTP/1.0 200 OK\r\n\r\nhello world", THEN_CLOSE, "hello world");
    dribbled("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", THEN_NEXT, "hello");
}

/* Request number n on a connection gets the reply in two sends, cut after n bytes. */
static void split_at_each_point(struct peer *peer, void *arg)
{
    const char *reply = arg;
    size_t len = strlen(reply);

    while (peer_read_request(peer)) {
        size_t cut = peer_requests(peer);
        peer_send(peer, reply, cut);
        peer_send(peer, reply + cut, len - cut);
    }
}

static void every_split_point_gives_the_same(void)
{
    static char reply[] =
        "HTTP/1.1 103 Hint\r\nA: b\r\n\r\n" CHUNKED "5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nT: 1\r\n\r\n";
    gofer_client *client = rig_client(NULL);
    struct origin *origin = rig_origin(split_at_each_point, reply);
    gofer_request *request = rig_request("GET", origin, "/");

    for (size_t cut = 1; cut < sizeof reply - 1; cut++) {
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello!");
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

static void a_body_is_never_null(void)
{
    struct route routes[] = {{.reply = REPLY_EMPTY}};
    struct outcome got = rig_get(rig_client(NULL), rig_script(routes), "/");
    size_t len = 1;

    EXPECT_TEXT(gofer_response_body(got.response, &len), "");
    EXPECT_INT(len, 0);
    EXPECT_TEXT(gofer_response_body(NULL, &len), "");
    EXPECT_INT(len, 0);
}

static void limited(int64_t limit, const char *reply, enum script_then then, gofer_status status)
{
    struct route routes[1];
    struct origin *origin = replying(routes, reply, then);
    gofer_client *client = rig_client(&(gofer_client_options){.max_body_bytes = limit});
    struct outcome got = rig_get(client, origin, "/");

    EXPECT_STATUS(got.status, status);
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void bodies_beyond_the_limit_are_refused(void)
{
    static const char declared[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    static const char chunks[] = CHUNKED "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
    static const char to_the_end[] = "HTTP/1.1 200 OK\r\n\r\nhello";

    limited(5, declared, THEN_NEXT, GOFER_OK);
    limited(5, chunks, THEN_NEXT, GOFER_OK);
    limited(5, to_the_end, THEN_CLOSE, GOFER_OK);
    limited(GOFER_NEVER, declared, THEN_NEXT, GOFER_OK);
    limited(4, declared, THEN_HOLD, GOFER_ERR_TOO_LARGE);
    limited(4, chunks, THEN_HOLD, GOFER_ERR_TOO_LARGE);
    limited(4, to_the_end, THEN_HOLD, GOFER_ERR_TOO_LARGE);
}

static void a_length_beyond_the_limit_is_refused_at_once(void)
{
    limited(0, "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n", THEN_HOLD,
            GOFER_ERR_TOO_LARGE);
    limited(100, "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", THEN_HOLD, GOFER_ERR_TOO_LARGE);
}

CU_TestInfo response_tests[] = {
    {"F1 a length frames the body", a_length_frames_the_body},
    {"F1 F18 chunks are joined", chunks_are_joined},
    {"H1-21 the end of the connection frames the body", the_end_of_the_connection_frames_the_body},
    {"H1-21 HTTP/1.0 lives on only where it says so", http_1_0_lives_on_only_where_it_says_so},
    {"H1-02 repeated equal lengths are one", repeated_equal_lengths_are_one},
    {"H1-04 chunked beats a length and ends the connection",
     chunked_beats_a_length_and_ends_the_connection},
    {"H1-11 framing fields in trailers mean nothing", framing_fields_in_trailers_mean_nothing},
    {"F8 F12 interim responses are skipped", interim_responses_are_skipped},
    {"E6 Connection: close ends the connection", close_ends_the_connection},
    {"H1-22 bytes after close are dropped", bytes_after_close_are_dropped},
    {"F1 H1-23 odd but valid heads are read", odd_but_valid_heads_are_read},
    {"H1-23 a reason of 64 KiB is bounded", a_long_reason_is_bounded},
    {"a thousand fields are kept in order", a_thousand_fields_are_kept_in_order},
    {"F15 A15 HEAD has a length and no body", head_has_a_length_and_no_body},
    {"F5 304 and 204 have no body", a_304_and_a_204_have_no_body},
    {"H1-20 bodies where none may be end the connection",
     bodies_where_none_may_be_end_the_connection},
    {"H1-24 byte by byte gives the same", byte_by_byte_gives_the_same},
    {"H1-24 every split point gives the same", every_split_point_gives_the_same},
    {"F22 a body is never NULL", a_body_is_never_null},
    {"bodies beyond max_body_bytes are refused", bodies_beyond_the_limit_are_refused},
    {"a length beyond max_body_bytes is refused at once",
     a_length_beyond_the_limit_is_refused_at_once},
    CU_TEST_INFO_NULL};
