/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/tls: one connection after its handshake (tls_handshake_test.c). Reading and
 * writing, the ends of a stream, and servers that misbehave.
 */
#include "net/tls.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <CUnit/CUnit.h>
#include <openssl/err.h>

#include "unit/net/tls_scene.h"

extern CU_TestInfo tls_tests[];

/* --- bytes --- */

static void bytes_go_both_ways(void)
{
    struct scene s;
    char buf[64];
    scene_open(&s);
    CU_ASSERT_EQUAL(scene_write(&s, "hello"), 5);
    CU_ASSERT_EQUAL(pair_receive(&s.pair, buf, sizeof buf), 5);
    CU_ASSERT_EQUAL(memcmp(buf, "hello", 5), 0);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), -1);
    CU_ASSERT_EQUAL(errno, EAGAIN);
    CU_ASSERT_EQUAL(tls_read_events(s.pair.client), EPOLLIN);
    pair_serve(&s.pair, "world!", 6);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), 6);
    CU_ASSERT_EQUAL(memcmp(buf, "world!", 6), 0);
    scene_end(&s);
}

static void pieces_go_in_one_record(void)
{
    struct scene s;
    char buf[64];
    scene_open(&s);
    struct iovec iov[] = {{"head ", 5}, {"", 0}, {"body", 4}};
    CU_ASSERT_EQUAL(tls_write(s.pair.client, iov, 3, false), 9);
    CU_ASSERT_EQUAL(pair_receive(&s.pair, buf, sizeof buf), 9);
    CU_ASSERT_EQUAL(memcmp(buf, "head body", 9), 0);
    scene_end(&s);
}

/* A read gives what several records hold, as a socket would, and says when there is more. */
static void a_read_takes_all_records_that_are_there(void)
{
    struct scene s;
    char buf[64];
    scene_open(&s);
    scene_read(&s, buf, sizeof buf); /* the tickets */
    pair_serve(&s.pair, "one", 3);
    pair_serve(&s.pair, "two", 3);
    pair_serve(&s.pair, "three", 5);
    CU_ASSERT_EQUAL(scene_read(&s, buf, 4), 4);
    CU_ASSERT_EQUAL(memcmp(buf, "onet", 4), 0);
    CU_ASSERT(tls_has_buffered(s.pair.client));
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), 7);
    CU_ASSERT_EQUAL(memcmp(buf, "wothree", 7), 0);
    CU_ASSERT_FALSE(tls_has_buffered(s.pair.client));
    scene_end(&s);
}

/* Half a record shows neither as bytes nor as something to be read without a poll. */
static void half_a_record_is_nothing_yet(void)
{
    struct scene s;
    char buf[64];
    size_t sent;
    scene_open(&s);
    scene_read(&s, buf, sizeof buf);
    pair_serve(&s.pair, "first", 5);
    CU_ASSERT_EQUAL(SSL_write_ex(s.pair.server, "second", 6, &sent), 1);
    CU_ASSERT_EQUAL(pair_carry_down(&s.pair, 9), 9);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), 5);
    CU_ASSERT_FALSE(tls_has_buffered(s.pair.client));
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), -1);
    CU_ASSERT_EQUAL(errno, EAGAIN);
    CU_ASSERT_FALSE(tls_has_buffered(s.pair.client));
    pair_carry_down(&s.pair, 65536);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), 6);
    scene_end(&s);
}

static void a_long_body_arrives_at_every_split(void)
{
    static char sent[40000], got[40000];
    struct scene s;
    scene_open(&s);
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (char)(i * 31 + i / 255);
    size_t wrote = 0, read = 0;
    while (read < sizeof sent) {
        size_t n;
        if (wrote < sizeof sent &&
            SSL_write_ex(s.pair.server, sent + wrote,
                         1 + wrote % 5000 < sizeof sent - wrote ? 1 + wrote % 5000
                                                                : sizeof sent - wrote,
                         &n) == 1)
            wrote += n;
        pair_carry_down(&s.pair, 1 + read % 700);
        ssize_t r =
            scene_read(&s, got + read,
                       1 + read % 3000 < sizeof got - read ? 1 + read % 3000 : sizeof got - read);
        if (r <= 0 && errno != EAGAIN)
            break;
        read += r > 0 ? (size_t)r : 0;
    }
    CU_ASSERT_EQUAL(read, sizeof sent);
    CU_ASSERT_EQUAL(memcmp(sent, got, sizeof sent), 0);
    scene_end(&s);
}

/* Sends all of `data` to a server that reads now and then; the same bytes come again after EAGAIN,
 * from elsewhere. */
static void a_long_request_arrives_through_a_full_socket(void)
{
    static char data[3 << 20], got[sizeof data];
    struct scene s;
    size_t sent = 0, received = 0;
    bool blocked = false;
    scene_open(&s);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 7 + i / 1000);
    while (received < sizeof data) {
        char *copy = malloc(20000);
        size_t left = sizeof data - sent, n = left < 20000 ? left : 20000, half = n / 3;
        memcpy(copy, data + sent, n);
        struct iovec iov[] = {{copy, half}, {copy + half, n - half}};
        ssize_t w = n > 0 ? tls_write(s.pair.client, iov, 2, false) : 0;
        free(copy);
        if (w > 0) {
            sent += (size_t)w;
            continue;
        }
        if (w < 0 && errno != EAGAIN)
            break;
        blocked = blocked || (w < 0 && tls_write_events(s.pair.client) == EPOLLOUT);
        for (size_t r; (r = pair_receive(&s.pair, got + received, sizeof got - received)) > 0;)
            received += r;
    }
    CU_ASSERT(blocked);
    CU_ASSERT_EQUAL(received, sizeof data);
    CU_ASSERT_EQUAL(memcmp(data, got, sizeof data), 0);
    scene_end(&s);
}

static void a_read_that_waits_gives_what_is_there(void)
{
    struct scene s;
    char buf[64];
    scene_open(&s);
    pair_serve(&s.pair, "hello", 5);
    CU_ASSERT_EQUAL(tls_read(s.pair.client, buf, sizeof buf, true), 5);
    scene_end(&s);
}

static void a_peek_takes_nothing(void)
{
    struct scene s;
    char buf[64];
    scene_open(&s);
    CU_ASSERT_EQUAL(tls_peek(s.pair.client, buf, sizeof buf), -1);
    CU_ASSERT_EQUAL(errno, EAGAIN);
    pair_serve(&s.pair, "hello", 5);
    CU_ASSERT_EQUAL(tls_peek(s.pair.client, buf, 2), 2);
    CU_ASSERT(tls_has_buffered(s.pair.client));
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), 5);
    pair_close_notify(&s.pair);
    CU_ASSERT_EQUAL(tls_peek(s.pair.client, buf, sizeof buf), 0);
    scene_end(&s);
}

/* --- the ends of a stream --- */

static void a_close_notify_is_the_end(void)
{
    struct scene s;
    struct fault fault = {0};
    char buf[64];
    scene_open(&s);
    pair_serve(&s.pair, "all", 3);
    pair_close_notify(&s.pair);
    pair_cut(&s.pair);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), 3);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), 0);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), 0);
    CU_ASSERT_FALSE(tls_explain(s.pair.client, GOFER_PHASE_BODY, &fault));
    scene_end(&s);
}

static void a_fin_alone_is_a_cut(void)
{
    struct scene s;
    struct fault fault = {0};
    char buf[64];
    scene_open(&s);
    pair_serve(&s.pair, "part", 4);
    pair_cut(&s.pair);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), 4);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), -1);
        CU_ASSERT_EQUAL(errno, EPROTO);
    }
    CU_ASSERT(tls_explain(s.pair.client, GOFER_PHASE_BODY, &fault));
    CU_ASSERT_EQUAL(fault.code, GOFER_ERR_TRUNCATED);
    CU_ASSERT_STRING_EQUAL(fault.detail,
                           "the server closed the connection without a TLS close_notify");
    fault = (struct fault){0};
    CU_ASSERT(tls_explain(s.pair.client, GOFER_PHASE_WAIT, &fault));
    CU_ASSERT_EQUAL(fault.code, GOFER_ERR_BROKEN);
    scene_end(&s);
}

static void a_fin_inside_a_record_is_a_cut(void)
{
    struct scene s;
    char buf[64];
    size_t sent;
    scene_open(&s);
    SSL_write_ex(s.pair.server, "record", 6, &sent);
    pair_carry_down(&s.pair, 10);
    pair_cut(&s.pair);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), -1);
    CU_ASSERT_EQUAL(errno, EPROTO);
    scene_end(&s);
}

static void a_damaged_record_is_an_error(void)
{
    struct scene s;
    struct fault fault = {0};
    char buf[64];
    static const char record[] = "\x17\x03\x03\x00\x18this is not what it seems";
    scene_open(&s);
    pair_send_raw(&s.pair, record, 5 + 0x18);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), -1);
    CU_ASSERT_EQUAL(errno, EPROTO);
    CU_ASSERT(tls_explain(s.pair.client, GOFER_PHASE_BODY, &fault));
    CU_ASSERT_EQUAL(fault.code, GOFER_ERR_TLS);
    CU_ASSERT_EQUAL(fault.phase, GOFER_PHASE_BODY);
    CU_ASSERT_EQUAL(strncmp(fault.detail, "TLS broke: ", 11), 0);
    CU_ASSERT_EQUAL(scene_write(&s, "x"), -1);
    scene_end(&s);
}

/* What the peer sent before it went is to be had, though nothing can be sent any more. */
static void a_send_that_fails_leaves_reading_alone(void)
{
    struct scene s;
    char buf[64];
    scene_open(&s);
    pair_serve(&s.pair, "early", 5);
    pair_close_notify(&s.pair);
    pair_cut(&s.pair);
    CU_ASSERT_EQUAL(scene_write(&s, "late"), -1);
    CU_ASSERT_EQUAL(errno, EPIPE);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), 5);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), 0);
    scene_end(&s);
}

/* It is no end of a write's: whoever has bytes left would send them for ever. */
static void a_send_behind_the_peers_end_fails(void)
{
    struct scene s;
    char buf[64];
    scene_open(&s);
    pair_close_notify(&s.pair);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), 0);
    CU_ASSERT_EQUAL(scene_write(&s, "heard"), 5);
    pair_cut(&s.pair);
    for (int i = 0; i < 2; i++) {
        errno = 0;
        CU_ASSERT_EQUAL(scene_write(&s, "late"), -1);
        CU_ASSERT(errno == EPIPE || errno == ECONNRESET);
    }
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), 0);
    scene_end(&s);
}

static volatile sig_atomic_t pipes;

static void count_pipe(int signal)
{
    pipes += signal == SIGPIPE;
}

/* Handshake, write and close_notify to a peer that is gone. */
static void nothing_raises_sigpipe(void)
{
    struct sigaction before, counting = {.sa_handler = count_pipe};
    struct scene s;
    pipes = 0;
    sigaction(SIGPIPE, &counting, &before);
    scene_open(&s);
    pair_cut(&s.pair);
    CU_ASSERT_EQUAL(scene_write(&s, "late"), -1);
    scene_end(&s);
    scene_open(&s);
    pair_cut(&s.pair);
    scene_end(&s);
    scene_set(&s, NULL);
    struct tls_context *context = pair_context(s.source);
    pair_begin(&s.pair, context, NULL, "good.test");
    pair_cut(&s.pair);
    CU_ASSERT_EQUAL(tls_handshake(s.pair.client, &s.pair.fault), TLS_FAILED);
    CU_ASSERT_EQUAL(s.pair.fault.sys_errno, EPIPE);
    tls_context_unref(context);
    scene_end(&s);
    sigaction(SIGPIPE, &before, NULL);
    CU_ASSERT_EQUAL(pipes, 0);
}

static void the_peer_is_told_of_the_end(void)
{
    struct scene s;
    char buf[8];
    scene_open(&s);
    tls_free(s.pair.client);
    s.pair.client = NULL;
    CU_ASSERT_EQUAL(pair_receive(&s.pair, buf, sizeof buf), 0);
    CU_ASSERT(SSL_get_shutdown(s.pair.server) & SSL_RECEIVED_SHUTDOWN);
    scene_end(&s);
}

/* --- the program's errors --- */

static void stale_errors_are_not_taken_for_ours(void)
{
    struct scene s;
    char buf[8];
    ERR_clear_error();
    scene_open(&s);
    ERR_clear_error();
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), -1);
    CU_ASSERT_EQUAL(errno, EAGAIN);
    CU_ASSERT_EQUAL(scene_write(&s, "x"), 1);
    CU_ASSERT_EQUAL(tls_peek(s.pair.client, buf, sizeof buf), -1);
    CU_ASSERT_EQUAL(errno, EAGAIN);
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_get_error()), SSL_R_BAD_LENGTH);
    CU_ASSERT_EQUAL(ERR_peek_error(), 0);
    scene_end(&s);
}

static void a_handshake_leaves_the_programs_errors(void)
{
    struct scene s;
    scene_set(&s, NULL);
    struct tls_context *context = pair_context(s.source);
    pair_begin(&s.pair, context, NULL, "good.test");
    ERR_clear_error();
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    CU_ASSERT_EQUAL(tls_handshake(s.pair.client, &s.pair.fault), TLS_WAIT);
    pair_cut(&s.pair);
    CU_ASSERT_EQUAL(tls_handshake(s.pair.client, &s.pair.fault), TLS_FAILED);
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_get_error()), SSL_R_BAD_LENGTH);
    CU_ASSERT_EQUAL(ERR_peek_error(), 0);
    tls_context_unref(context);
    scene_end(&s);
}

/* --- floods, and what is off --- */

static void key_updates_without_end_are_cut(void)
{
    struct scene s;
    struct fault fault = {0};
    char buf[64];
    ssize_t n = -1;
    scene_open(&s);
    scene_read(&s, buf, sizeof buf);
    for (int i = 0; i < 1000 && (n = scene_read(&s, buf, sizeof buf)) < 0 && errno == EAGAIN; i++) {
        CU_ASSERT_EQUAL(SSL_key_update(s.pair.server, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        SSL_do_handshake(s.pair.server);
        pair_carry_down(&s.pair, 65536);
    }
    CU_ASSERT_EQUAL(n, -1);
    CU_ASSERT_EQUAL(errno, EPROTO);
    CU_ASSERT(tls_explain(s.pair.client, GOFER_PHASE_WAIT, &fault));
    CU_ASSERT_STRING_EQUAL(fault.detail, "the server sends TLS messages without end and no data");
    scene_end(&s);
}

static void key_updates_between_data_are_fine(void)
{
    struct scene s;
    char buf[64];
    scene_open(&s);
    scene_read(&s, buf, sizeof buf);
    for (int i = 0; i < 200; i++) {
        CU_ASSERT_EQUAL(SSL_key_update(s.pair.server, SSL_KEY_UPDATE_REQUESTED), 1);
        pair_serve(&s.pair, "data", 4);
        CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), 4);
        CU_ASSERT_EQUAL(scene_write(&s, "back"), 4);
        CU_ASSERT_EQUAL(pair_receive(&s.pair, buf, sizeof buf), 4);
    }
    scene_end(&s);
}

static void tickets_without_end_are_cut(void)
{
    struct scene s;
    char buf[64];
    ssize_t n = -1;
    scene_open(&s);
    scene_read(&s, buf, sizeof buf);
    for (int i = 0; i < 1000 && (n = scene_read(&s, buf, sizeof buf)) < 0 && errno == EAGAIN; i++) {
        CU_ASSERT_EQUAL(SSL_new_session_ticket(s.pair.server), 1);
        SSL_do_handshake(s.pair.server);
        pair_carry_down(&s.pair, 65536);
    }
    CU_ASSERT_EQUAL(n, -1);
    CU_ASSERT_EQUAL(errno, EPROTO);
    scene_end(&s);
}

/* Many at once, in what one read takes. */
static void a_burst_of_tickets_is_cut(void)
{
    struct scene s;
    char buf[64];
    ssize_t n = -1;
    scene_open(&s);
    scene_read(&s, buf, sizeof buf);
    for (int i = 0; i < 300; i++) {
        SSL_new_session_ticket(s.pair.server);
        SSL_do_handshake(s.pair.server);
    }
    for (int i = 0; i < 100 && (n < 0 && (i == 0 || errno == EAGAIN)); i++) {
        pair_carry_down(&s.pair, 16384);
        n = scene_read(&s, buf, sizeof buf);
    }
    CU_ASSERT_EQUAL(errno, EPROTO);
    scene_end(&s);
}

static void renegotiation_is_refused(void)
{
    struct scene s;
    char buf[64];
    scene_set(&s, NULL);
    SSL_CTX_set_max_proto_version(s.server, TLS1_2_VERSION);
    CU_ASSERT_EQUAL(pair_meet(&s.pair, s.source, s.server, "good.test"), TLS_DONE);
    CU_ASSERT_EQUAL(SSL_renegotiate(s.pair.server), 1);
    SSL_do_handshake(s.pair.server); /* a HelloRequest */
    pair_carry_down(&s.pair, 65536);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), -1);
    pair_carry_up(&s.pair, 65536);
    CU_ASSERT(SSL_read(s.pair.server, buf, sizeof buf) <= 0);
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
    ERR_clear_error();
    scene_end(&s);
}

static void a_certificate_asked_for_later_is_refused(void)
{
    struct scene s;
    char buf[64];
    scene_open(&s);
    scene_read(&s, buf, sizeof buf);
    SSL_set_verify(s.pair.server, SSL_VERIFY_PEER, NULL);
    /* The client did not say that it would: OpenSSL's own server does not even ask. */
    CU_ASSERT_EQUAL(SSL_verify_client_post_handshake(s.pair.server), 0);
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), SSL_R_EXTENSION_NOT_RECEIVED);
    ERR_clear_error();
    scene_end(&s);
}

CU_TestInfo tls_tests[] = {
    {"bytes go both ways", bytes_go_both_ways},
    {"pieces go in one record", pieces_go_in_one_record},
    {"a read takes all records that are there", a_read_takes_all_records_that_are_there},
    {"half a record is nothing yet", half_a_record_is_nothing_yet},
    {"TCP-07 a long body arrives at every split", a_long_body_arrives_at_every_split},
    {"TCP-07 a long request arrives through a full socket",
     a_long_request_arrives_through_a_full_socket},
    {"a read that waits gives what is there", a_read_that_waits_gives_what_is_there},
    {"a peek takes nothing", a_peek_takes_nothing},
    {"TLS-12 a close_notify is the end", a_close_notify_is_the_end},
    {"TLS-12 a FIN alone is a cut", a_fin_alone_is_a_cut},
    {"TLS-12 a FIN inside a record is a cut", a_fin_inside_a_record_is_a_cut},
    {"a damaged record is an error", a_damaged_record_is_an_error},
    {"TCP-02 a send that fails leaves reading alone", a_send_that_fails_leaves_reading_alone},
    {"TCP-02 a send behind the peer's end fails", a_send_behind_the_peers_end_fails},
    {"TCP-08 nothing raises SIGPIPE", nothing_raises_sigpipe},
    {"the peer is told of the end", the_peer_is_told_of_the_end},
    {"TLS-19 stale errors are not taken for ours", stale_errors_are_not_taken_for_ours},
    {"TLS-19 a handshake leaves the program's errors", a_handshake_leaves_the_programs_errors},
    {"TLS-11 key updates without end are cut", key_updates_without_end_are_cut},
    {"TLS-11 key updates between data are fine", key_updates_between_data_are_fine},
    {"TLS-11 tickets without end are cut", tickets_without_end_are_cut},
    {"TLS-11 a burst of tickets is cut", a_burst_of_tickets_is_cut},
    {"TLS-10 renegotiation is refused", renegotiation_is_refused},
    {"TLS-10 a certificate asked for later is refused", a_certificate_asked_for_later_is_refused},
    CU_TEST_INFO_NULL,
};
