/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * transport/conn over TLS: what a look at an idle connection finds, and whole
 * exchanges, with the ends that a stream may come to. The connection is the
 * client's side of a pair (tls_pair.h).
 */
#include "transport/conn.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include <CUnit/CUnit.h>
#include <openssl/ssl.h>

#include "base/clock.h"
#include "net/tls.h"
#include "support/certs.h"
#include "unit/net/tls_pair.h"
#include "unit/transport/trip.h"

extern CU_TestInfo conn_tls_tests[];

struct scene {
    struct tls_source *source;
    SSL_CTX *server;
    struct tls_pair pair;
    struct conn *conn;
};

/* A connection with the handshake done and the tickets under way. */
static void scene_begin(struct scene *s)
{
    s->source = pair_source(NULL);
    s->server = certs_server("good", NULL);
    CU_ASSERT_EQUAL(pair_meet(&s->pair, s->source, s->server, "good.test"), TLS_DONE);
    s->conn = conn_new(s->pair.fds[0], NULL, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s->conn);
    s->conn->tls = s->pair.client;
    s->pair.client = NULL;
    s->pair.fds[0] = -1;
}

static void scene_end(struct scene *s)
{
    conn_close(&s->conn);
    pair_end(&s->pair);
    SSL_CTX_free(s->server);
    tls_source_free(s->source);
}

/* --- the look before a reuse --- */

static void tickets_keep_a_connection(void)
{
    struct scene s;
    scene_begin(&s);
    CU_ASSERT_EQUAL(conn_check(s.conn), CONN_QUIET); /* the two that follow a handshake */
    CU_ASSERT_EQUAL(conn_check(s.conn), CONN_QUIET);
    SSL_new_session_ticket(s.pair.server);
    SSL_do_handshake(s.pair.server);
    pair_carry_down(&s.pair, 65536);
    CU_ASSERT_EQUAL(conn_check(s.conn), CONN_QUIET);
    CU_ASSERT_FALSE(conn_has_buffered(s.conn));
    scene_end(&s);
}

static void data_that_nobody_asked_for_drops_it(void)
{
    struct scene s;
    scene_begin(&s);
    pair_serve(&s.pair, "HTTP/1.1 200 OK\r\n", 17);
    CU_ASSERT_EQUAL(conn_check(s.conn), CONN_TALKING);
    scene_end(&s);
}

static void a_408_is_no_offence(void)
{
    struct scene s;
    scene_begin(&s);
    pair_serve(&s.pair, "HTTP/1.1 408 Request Timeout\r\n\r\n", 32);
    CU_ASSERT_EQUAL(conn_check(s.conn), CONN_TIMED_OUT);
    scene_end(&s);
}

/* Bytes that an earlier read decrypted and nobody took are no less there. */
static void buffered_data_drops_it(void)
{
    struct scene s;
    char byte;
    scene_begin(&s);
    pair_serve(&s.pair, "ab", 2);
    CU_ASSERT_EQUAL(conn_recv(s.conn, &byte, 1, false), 1);
    CU_ASSERT(conn_has_buffered(s.conn));
    CU_ASSERT_EQUAL(conn_check(s.conn), CONN_TALKING);
    scene_end(&s);
}

static void a_server_that_closes_drops_it(void)
{
    struct scene s;
    scene_begin(&s);
    pair_close_notify(&s.pair);
    CU_ASSERT_EQUAL(conn_check(s.conn), CONN_CLOSED);
    scene_end(&s);
    scene_begin(&s);
    pair_close_notify(&s.pair);
    pair_cut(&s.pair);
    CU_ASSERT_EQUAL(conn_check(s.conn), CONN_CLOSED);
    scene_end(&s);
    scene_begin(&s);
    CU_ASSERT_EQUAL(conn_check(s.conn), CONN_QUIET);
    pair_cut(&s.pair);
    CU_ASSERT_EQUAL(conn_check(s.conn), CONN_CLOSED);
    scene_end(&s);
}

static void an_alert_or_nonsense_drops_it(void)
{
    struct scene s;
    scene_begin(&s);
    CU_ASSERT_EQUAL(conn_check(s.conn), CONN_QUIET);
    pair_send_raw(&s.pair,
                  "\x17\x03\x03\x00\x11"
                  "0123456789abcdef0",
                  22);
    CU_ASSERT_EQUAL(conn_check(s.conn), CONN_CLOSED);
    scene_end(&s);
    scene_begin(&s);
    CU_ASSERT_EQUAL(conn_check(s.conn), CONN_QUIET);
    pair_send_raw(&s.pair, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
    CU_ASSERT_EQUAL(conn_check(s.conn), CONN_CLOSED);
    scene_end(&s);
}

/* --- what a connection says of itself --- */

static void no_file_is_sent_past_tls(void)
{
    struct scene s;
    scene_begin(&s);
    CU_ASSERT_FALSE(conn_can_send_file(s.conn));
    CU_ASSERT_EQUAL(conn_recv_events(s.conn), EPOLLIN);
    CU_ASSERT_EQUAL(conn_send_events(s.conn), EPOLLOUT);
    scene_end(&s);
}

static void the_end_of_sending_is_told(void)
{
    struct scene s;
    char buf[8];
    struct iovec iov = {"x", 1};
    scene_begin(&s);
    CU_ASSERT_EQUAL(conn_end_sending(s.conn), 0);
    CU_ASSERT_EQUAL(conn_end_sending(s.conn), 0);
    CU_ASSERT_EQUAL(pair_receive(&s.pair, buf, sizeof buf), 0);
    CU_ASSERT(SSL_get_shutdown(s.pair.server) & SSL_RECEIVED_SHUTDOWN);
    pair_serve(&s.pair, "still", 5);
    CU_ASSERT_EQUAL(conn_recv(s.conn, buf, sizeof buf, false), 5);
    CU_ASSERT_EQUAL(conn_send(s.conn, &iov, 1, false), -1);
    CU_ASSERT_NOT_EQUAL(errno, EAGAIN);
    scene_end(&s);
}

/* --- exchanges --- */

/* Sends a request; the server has read it. */
static void ask(struct scene *s)
{
    char sink[256];
    scene_begin(s);
    trip_set_request(REQUEST_HEAD);
    trip.fault = (struct fault){0};
    exchange_init(&trip.x, s->conn, &trip.request, clock_now_ns());
    CU_ASSERT_EQUAL(trip_step(), EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(pair_receive(&s->pair, sink, sizeof sink), sizeof REQUEST_HEAD - 1);
    CU_ASSERT_EQUAL(memcmp(sink, REQUEST_HEAD, sizeof REQUEST_HEAD - 1), 0);
}

/* Whether a wait for the socket would end. */
static bool is_ready(void)
{
    struct pollfd p = {.fd = conn_fd(trip.x.conn), .events = (short)exchange_events(&trip.x)};
    return poll(&p, 1, 0) > 0;
}

/* Steps as a worker does, which steps again only when the socket is ready. */
static enum exchange_next step_on(void)
{
    enum exchange_next next;
    do
        next = trip_step();
    while (next == EXCHANGE_YIELD || (next == EXCHANGE_WAIT && is_ready()));
    return next;
}

static void answer(struct scene *s, const char *text)
{
    pair_serve(&s->pair, text, strlen(text));
}

static void end_exchange(struct scene *s)
{
    exchange_fini(&trip.x);
    scene_end(s);
}

#define OK_5 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define OK_CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
#define OK_TO_END "HTTP/1.1 200 OK\r\n\r\nhello"

static void answers_come_through(void)
{
    static const char *const answers[] = {OK_5, OK_CHUNKED};
    for (int i = 0; i < 2; i++) {
        struct scene s;
        ask(&s);
        answer(&s, answers[i]);
        CU_ASSERT_EQUAL(step_on(), EXCHANGE_DONE);
        CU_ASSERT(exchange_reusable(&trip.x));
        CU_ASSERT_EQUAL(conn_check(s.conn), CONN_QUIET);
        end_exchange(&s);
    }
}

static void answers_come_through_byte_by_byte(void)
{
    static const char *const answers[] = {OK_5, OK_CHUNKED};
    for (int i = 0; i < 2; i++) {
        struct scene s;
        size_t len = strlen(answers[i]), sent;
        enum exchange_next next = EXCHANGE_WAIT;
        ask(&s);
        for (size_t at = 0; at < len; at++) { /* a record each, and the wire a byte at a time */
            CU_ASSERT_EQUAL(SSL_write_ex(s.pair.server, answers[i] + at, 1, &sent), 1);
            while (pair_carry_down(&s.pair, 1) > 0)
                next = step_on();
        }
        CU_ASSERT_EQUAL(next, EXCHANGE_DONE);
        end_exchange(&s);
    }
}

/* More records than one turn takes, none of which a poll would show any more. */
static void a_long_answer_needs_no_poll_between(void)
{
    static char body[200000];
    char head[64];
    struct scene s;
    ask(&s);
    int len =
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", sizeof body);
    pair_serve(&s.pair, head, (size_t)len);
    size_t at = 0, sent;
    enum exchange_next next = step_on();
    CU_ASSERT_EQUAL(next, EXCHANGE_WAIT);
    while (at < sizeof body) {
        size_t n = sizeof body - at < 30000 ? sizeof body - at : 30000;
        CU_ASSERT_EQUAL_FATAL(SSL_write_ex(s.pair.server, body + at, n, &sent), 1);
        at += sent;
        while (pair_carry_down(&s.pair, 16384) > 0)
            next = step_on();
    }
    CU_ASSERT_EQUAL(next, EXCHANGE_DONE);
    end_exchange(&s);
}

static void a_body_to_the_end_needs_a_close_notify(void)
{
    struct scene s;
    ask(&s);
    answer(&s, OK_TO_END);
    pair_close_notify(&s.pair);
    pair_cut(&s.pair);
    CU_ASSERT_EQUAL(step_on(), EXCHANGE_DONE);
    CU_ASSERT_FALSE(exchange_reusable(&trip.x));
    end_exchange(&s);
    ask(&s);
    answer(&s, OK_TO_END);
    pair_cut(&s.pair);
    CU_ASSERT(trip_failed_with(step_on(), GOFER_ERR_TRUNCATED, GOFER_PHASE_BODY));
    CU_ASSERT_STRING_EQUAL(trip.fault.detail,
                           "the server closed the connection without a TLS close_notify");
    end_exchange(&s);
}

/* Nothing but the close_notify tells the end, and it came with the body. */
static void a_close_notify_needs_no_poll(void)
{
    struct scene s;
    ask(&s);
    answer(&s, OK_TO_END);
    pair_close_notify(&s.pair);
    CU_ASSERT_EQUAL(step_on(), EXCHANGE_DONE);
    end_exchange(&s);
}

static void a_body_with_a_length_does_not(void)
{
    static const char *const answers[] = {OK_5, OK_CHUNKED};
    for (int i = 0; i < 2; i++) {
        struct scene s;
        ask(&s);
        answer(&s, answers[i]);
        pair_cut(&s.pair);
        CU_ASSERT_EQUAL(step_on(), EXCHANGE_DONE);
        end_exchange(&s);
    }
}

static void a_body_that_is_short_is_truncated(void)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nContent-"};
    for (int i = 0; i < 6; i++) {
        struct scene s;
        ask(&s);
        answer(&s, answers[i / 2]);
        if (i % 2 == 0)
            pair_close_notify(&s.pair);
        pair_cut(&s.pair);
        CU_ASSERT(trip_failed_with(step_on(), GOFER_ERR_TRUNCATED,
                                   i < 4 ? GOFER_PHASE_BODY : GOFER_PHASE_HEADERS));
        end_exchange(&s);
    }
}

/* Broken, so that the request may be sent once more; on a fresh one with what TLS knows of it. */
static void a_reused_connection_that_ends_is_broken(void)
{
    for (int i = 0; i < 4; i++) {
        struct scene s;
        ask(&s);
        s.conn->reused = i < 2;
        if (i % 2 == 0)
            pair_close_notify(&s.pair);
        pair_cut(&s.pair);
        CU_ASSERT(trip_failed_with(step_on(), GOFER_ERR_BROKEN, GOFER_PHASE_WAIT));
        end_exchange(&s);
    }
}

static void an_alert_in_place_of_an_answer_is_told(void)
{
    struct scene s;
    s.source = pair_source(NULL);
    s.server = certs_server("good", NULL);
    SSL_CTX_set_verify(s.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    pair_meet(&s.pair, s.source, s.server, "good.test");
    s.conn = conn_new(s.pair.fds[0], NULL, 0);
    s.conn->tls = s.pair.client;
    s.pair.client = NULL;
    s.pair.fds[0] = -1;
    trip_set_request(REQUEST_HEAD);
    trip.fault = (struct fault){0};
    exchange_init(&trip.x, s.conn, &trip.request, clock_now_ns());
    CU_ASSERT_EQUAL(trip_step(), EXCHANGE_WAIT);
    CU_ASSERT(trip_failed_with(step_on(), GOFER_ERR_TLS, GOFER_PHASE_WAIT));
    CU_ASSERT_STRING_EQUAL(trip.fault.detail, "server demands a client certificate");
    end_exchange(&s);
}

CU_TestInfo conn_tls_tests[] = {
    {"tickets keep an idle connection", tickets_keep_a_connection},
    {"RU-02 data that nobody asked for drops it", data_that_nobody_asked_for_drops_it},
    {"a 408 is no offence", a_408_is_no_offence},
    {"RU-02 buffered data drops it", buffered_data_drops_it},
    {"RU-02 D7 a server that closes drops it", a_server_that_closes_drops_it},
    {"RU-02 nonsense drops it", an_alert_or_nonsense_drops_it},
    {"no file is sent past TLS", no_file_is_sent_past_tls},
    {"the end of sending is told", the_end_of_sending_is_told},
    {"answers come through", answers_come_through},
    {"H1-24 answers come through byte by byte", answers_come_through_byte_by_byte},
    {"a long answer needs no poll between", a_long_answer_needs_no_poll_between},
    {"TLS-12 H1-21 a body to the end needs a close_notify", a_body_to_the_end_needs_a_close_notify},
    {"a close_notify needs no poll", a_close_notify_needs_no_poll},
    {"TLS-12 a body with a length does not", a_body_with_a_length_does_not},
    {"H1-10 a body that is short is truncated", a_body_that_is_short_is_truncated},
    {"RU-05 D7 a connection that ends before an answer is broken",
     a_reused_connection_that_ends_is_broken},
    {"an alert in place of an answer is told", an_alert_in_place_of_an_answer_is_told},
    CU_TEST_INFO_NULL,
};
