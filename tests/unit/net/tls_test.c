/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/tls: one connection. Handshakes in pieces, reading and writing, the ends of
 * a stream, and servers that misbehave.
 */
#include "net/tls.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <openssl/err.h>

#include "support/certs.h"
#include "unit/net/tls_pair.h"

extern CU_TestInfo tls_tests[];

/* One source, and servers of "good", for all tests of a body. */
struct scene {
    struct tls_source *source;
    SSL_CTX *server;
    struct tls_pair pair;
};

static void scene_set(struct scene *s, const gofer_tls_options *options)
{
    s->source = pair_source(options);
    s->server = certs_server("good", NULL);
}

/* Meets "good.test" with the handshake done. */
static void scene_open(struct scene *s)
{
    scene_set(s, NULL);
    CU_ASSERT_EQUAL(pair_meet(&s->pair, s->source, s->server, "good.test"), TLS_DONE);
}

static void scene_end(struct scene *s)
{
    pair_end(&s->pair);
    SSL_CTX_free(s->server);
    tls_source_free(s->source);
}

static ssize_t client_read(struct scene *s, void *buf, size_t len)
{
    errno = 0;
    return tls_read(s->pair.client, buf, len, false);
}

static ssize_t client_write(struct scene *s, const char *text)
{
    struct iovec iov = {(char *)text, strlen(text)};
    return tls_write(s->pair.client, &iov, 1, false);
}

static bool failed_with(const struct scene *s, const char *words)
{
    const struct fault *f = &s->pair.fault;
    return s->pair.step == TLS_FAILED && f->code == GOFER_ERR_TLS && f->phase == GOFER_PHASE_TLS &&
           strcmp(f->detail, words) == 0;
}

/* --- handshakes --- */

static void both_versions_are_spoken(void)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    static const char *const names[] = {"TLSv1.2", "TLSv1.3"};
    for (int i = 0; i < 2; i++) {
        struct scene s;
        scene_set(&s, NULL);
        SSL_CTX_set_max_proto_version(s.server, versions[i]);
        CU_ASSERT_EQUAL(pair_meet(&s.pair, s.source, s.server, "good.test"), TLS_DONE);
        struct tls_agreed agreed;
        tls_agreed(s.pair.client, &agreed);
        CU_ASSERT_STRING_EQUAL(agreed.version, names[i]);
        CU_ASSERT_STRING_EQUAL(agreed.cipher, SSL_get_cipher_name(s.pair.server));
        CU_ASSERT_FALSE(agreed.resumed);
        scene_end(&s);
    }
}

static void older_versions_are_refused(void)
{
    static const int versions[] = {TLS1_VERSION, TLS1_1_VERSION};
    for (int i = 0; i < 2; i++) {
        struct scene s;
        scene_set(&s, NULL);
        SSL_CTX_set_min_proto_version(s.server, versions[i]);
        SSL_CTX_set_max_proto_version(s.server, versions[i]);
        pair_meet(&s.pair, s.source, s.server, "good.test");
        CU_ASSERT(failed_with(&s, "server speaks no version of TLS that is allowed here"));
        scene_end(&s);
    }
}

static void versions_keep_to_the_options(void)
{
    struct scene s;
    gofer_tls_options o = *pair_trusting();
    o.max_version = GOFER_TLS_1_2;
    scene_set(&s, &o);
    struct tls_agreed agreed;
    CU_ASSERT_EQUAL(pair_meet(&s.pair, s.source, s.server, "good.test"), TLS_DONE);
    tls_agreed(s.pair.client, &agreed);
    CU_ASSERT_STRING_EQUAL(agreed.version, "TLSv1.2");
    scene_end(&s);
    o.max_version = GOFER_TLS_ANY;
    o.min_version = GOFER_TLS_1_3;
    scene_set(&s, &o);
    SSL_CTX_set_max_proto_version(s.server, TLS1_2_VERSION);
    CU_ASSERT_EQUAL(pair_meet(&s.pair, s.source, s.server, "good.test"), TLS_FAILED);
    CU_ASSERT(failed_with(&s, "server speaks no version of TLS that is allowed here"));
    scene_end(&s);
}

static void handshakes_go_byte_by_byte(void)
{
    struct scene s;
    scene_set(&s, NULL);
    struct tls_context *context = pair_context(s.source);
    pair_begin(&s.pair, context, s.server, "good.test");
    CU_ASSERT_EQUAL(pair_shake(&s.pair, 1), TLS_DONE);
    tls_context_unref(context);
    scene_end(&s);
}

static void a_silent_server_is_waited_for(void)
{
    struct scene s;
    scene_set(&s, NULL);
    struct tls_context *context = pair_context(s.source);
    pair_begin(&s.pair, context, NULL, "good.test");
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(tls_handshake(s.pair.client, &s.pair.fault), TLS_WAIT);
        CU_ASSERT_EQUAL(tls_read_events(s.pair.client), EPOLLIN);
    }
    CU_ASSERT_EQUAL(s.pair.fault.code, GOFER_OK);
    tls_context_unref(context);
    scene_end(&s);
}

/* The socket takes no byte: what is waited for is room. */
static void a_full_socket_is_waited_for(void)
{
    struct scene s;
    static char junk[64 * 1024];
    scene_set(&s, NULL);
    struct tls_context *context = pair_context(s.source);
    pair_begin(&s.pair, context, NULL, "good.test");
    while (send(s.pair.fds[0], junk, sizeof junk, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        ;
    CU_ASSERT_EQUAL(tls_handshake(s.pair.client, &s.pair.fault), TLS_WAIT);
    CU_ASSERT_EQUAL(tls_read_events(s.pair.client), EPOLLOUT);
    while (pair_carry_up(&s.pair, sizeof junk) > 0)
        ;
    CU_ASSERT_EQUAL(tls_handshake(s.pair.client, &s.pair.fault), TLS_WAIT);
    CU_ASSERT_EQUAL(tls_read_events(s.pair.client), EPOLLIN);
    tls_context_unref(context);
    scene_end(&s);
}

/* What a server says in place of its part of a handshake, and what is made of it. */
static void check_answer(const char *bytes, size_t len, bool then_ends, const char *words)
{
    struct scene s;
    scene_set(&s, NULL);
    struct tls_context *context = pair_context(s.source);
    pair_begin(&s.pair, context, NULL, "good.test");
    CU_ASSERT_EQUAL(tls_handshake(s.pair.client, &s.pair.fault), TLS_WAIT);
    pair_carry_up(&s.pair, 65536);
    if (len > 0)
        pair_send_raw(&s.pair, bytes, len);
    if (then_ends)
        pair_cut(&s.pair);
    s.pair.step = tls_handshake(s.pair.client, &s.pair.fault);
    CU_ASSERT(failed_with(&s, words));
    if (!failed_with(&s, words))
        printf("\n    \"%s\" is not \"%s\"", s.pair.fault.detail, words);
    tls_context_unref(context);
    scene_end(&s);
}

#define CHECK_ANSWER(bytes, then_ends, words)                                                      \
    check_answer(bytes, sizeof(bytes) - 1, then_ends, words)

static void plain_http_is_recognized(void)
{
    CHECK_ANSWER("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", true,
                 "server answered plain HTTP to a TLS client");
    CHECK_ANSWER("HTTP/1.0 200 OK\r\n\r\n", false, "server answered plain HTTP to a TLS client");
}

static void what_is_not_tls_is_shown(void)
{
    CHECK_ANSWER("SSH-2.0-OpenSSH_9.2\r\n", false,
                 "server does not speak TLS: it began with \"SSH-2.0-\"");
    CHECK_ANSWER("220 mail.test ESMTP\r\n", false,
                 "server does not speak TLS: it began with \"220 mail\"");
    CHECK_ANSWER("\x00\xff\x1b[2J\"\\rest of it", false,
                 "server does not speak TLS: it began with \"\\x00\\xff\\x1b[2J\\\"\\\\\"");
}

static void a_handshake_that_ends_is_an_error(void)
{
    CHECK_ANSWER("", true, "server closed the connection in the handshake");
    CHECK_ANSWER("\x16\x03\x03", true, "server closed the connection in the handshake");
    /* a close_notify, and nothing behind it */
    CHECK_ANSWER("\x15\x03\x03\x00\x02\x01\x00", false,
                 "server ended TLS in the handshake (close_notify)");
    CHECK_ANSWER("\x15\x03\x03\x00\x02\x01\x00", true,
                 "server ended TLS in the handshake (close_notify)");
}

static void alerts_say_what_to_change(void)
{
    CHECK_ANSWER("\x15\x03\x03\x00\x02\x02\x28", false,
                 "server refused the handshake: no cipher in common, or it wants a certificate");
    CHECK_ANSWER("\x15\x03\x03\x00\x02\x02\x70", false,
                 "server does not know the name it was asked for");
    CHECK_ANSWER("\x15\x03\x03\x00\x02\x02\x46", false,
                 "server speaks no version of TLS that is allowed here");
    CHECK_ANSWER("\x15\x03\x03\x00\x02\x02\x78", false,
                 "server speaks none of the protocols offered (ALPN)");
    CHECK_ANSWER("\x15\x03\x03\x00\x02\x02\x50", false,
                 "server sent the TLS alert \"internal error\"");
}

static void nonsense_in_records_is_an_error(void)
{
    struct scene s;
    static const char record[] = "\x16\x03\x03\x00\x05\x02\x00\x00\x01\x00";
    scene_set(&s, NULL);
    struct tls_context *context = pair_context(s.source);
    pair_begin(&s.pair, context, NULL, "good.test");
    tls_handshake(s.pair.client, &s.pair.fault);
    pair_send_raw(&s.pair, record, sizeof record - 1);
    CU_ASSERT_EQUAL(tls_handshake(s.pair.client, &s.pair.fault), TLS_FAILED);
    CU_ASSERT_EQUAL(strncmp(s.pair.fault.detail, "TLS handshake failed: ", 22), 0);
    /* Nothing more is tried. */
    CU_ASSERT_EQUAL(tls_read(s.pair.client, (char[1]){0}, 1, false), -1);
    CU_ASSERT_EQUAL(errno, EPROTO);
    tls_context_unref(context);
    scene_end(&s);
}

/* --- bytes --- */

static void bytes_go_both_ways(void)
{
    struct scene s;
    char buf[64];
    scene_open(&s);
    CU_ASSERT_EQUAL(client_write(&s, "hello"), 5);
    CU_ASSERT_EQUAL(pair_receive(&s.pair, buf, sizeof buf), 5);
    CU_ASSERT_EQUAL(memcmp(buf, "hello", 5), 0);
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), -1);
    CU_ASSERT_EQUAL(errno, EAGAIN);
    CU_ASSERT_EQUAL(tls_read_events(s.pair.client), EPOLLIN);
    pair_serve(&s.pair, "world!", 6);
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), 6);
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
    client_read(&s, buf, sizeof buf); /* the tickets */
    pair_serve(&s.pair, "one", 3);
    pair_serve(&s.pair, "two", 3);
    pair_serve(&s.pair, "three", 5);
    CU_ASSERT_EQUAL(client_read(&s, buf, 4), 4);
    CU_ASSERT_EQUAL(memcmp(buf, "onet", 4), 0);
    CU_ASSERT(tls_has_buffered(s.pair.client));
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), 7);
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
    client_read(&s, buf, sizeof buf);
    pair_serve(&s.pair, "first", 5);
    CU_ASSERT_EQUAL(SSL_write_ex(s.pair.server, "second", 6, &sent), 1);
    CU_ASSERT_EQUAL(pair_carry_down(&s.pair, 9), 9);
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), 5);
    CU_ASSERT_FALSE(tls_has_buffered(s.pair.client));
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), -1);
    CU_ASSERT_EQUAL(errno, EAGAIN);
    CU_ASSERT_FALSE(tls_has_buffered(s.pair.client));
    pair_carry_down(&s.pair, 65536);
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), 6);
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
            client_read(&s, got + read,
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
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), 5);
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
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), 3);
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), 0);
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), 0);
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
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), 4);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), -1);
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
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), -1);
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
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), -1);
    CU_ASSERT_EQUAL(errno, EPROTO);
    CU_ASSERT(tls_explain(s.pair.client, GOFER_PHASE_BODY, &fault));
    CU_ASSERT_EQUAL(fault.code, GOFER_ERR_TLS);
    CU_ASSERT_EQUAL(fault.phase, GOFER_PHASE_BODY);
    CU_ASSERT_EQUAL(strncmp(fault.detail, "TLS broke: ", 11), 0);
    CU_ASSERT_EQUAL(client_write(&s, "x"), -1);
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
    CU_ASSERT_EQUAL(client_write(&s, "late"), -1);
    CU_ASSERT_EQUAL(errno, EPIPE);
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), 5);
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), 0);
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
    CU_ASSERT_EQUAL(client_write(&s, "late"), -1);
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
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), -1);
    CU_ASSERT_EQUAL(errno, EAGAIN);
    CU_ASSERT_EQUAL(client_write(&s, "x"), 1);
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
    client_read(&s, buf, sizeof buf);
    for (int i = 0; i < 1000 && (n = client_read(&s, buf, sizeof buf)) < 0 && errno == EAGAIN;
         i++) {
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
    client_read(&s, buf, sizeof buf);
    for (int i = 0; i < 200; i++) {
        CU_ASSERT_EQUAL(SSL_key_update(s.pair.server, SSL_KEY_UPDATE_REQUESTED), 1);
        pair_serve(&s.pair, "data", 4);
        CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), 4);
        CU_ASSERT_EQUAL(client_write(&s, "back"), 4);
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
    client_read(&s, buf, sizeof buf);
    for (int i = 0; i < 1000 && (n = client_read(&s, buf, sizeof buf)) < 0 && errno == EAGAIN;
         i++) {
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
    client_read(&s, buf, sizeof buf);
    for (int i = 0; i < 300; i++) {
        SSL_new_session_ticket(s.pair.server);
        SSL_do_handshake(s.pair.server);
    }
    for (int i = 0; i < 100 && (n < 0 && (i == 0 || errno == EAGAIN)); i++) {
        pair_carry_down(&s.pair, 16384);
        n = client_read(&s, buf, sizeof buf);
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
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), -1);
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
    client_read(&s, buf, sizeof buf);
    SSL_set_verify(s.pair.server, SSL_VERIFY_PEER, NULL);
    /* The client did not say that it would: OpenSSL's own server does not even ask. */
    CU_ASSERT_EQUAL(SSL_verify_client_post_handshake(s.pair.server), 0);
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), SSL_R_EXTENSION_NOT_RECEIVED);
    ERR_clear_error();
    scene_end(&s);
}

/* --- ALPN, ciphers --- */

static int choose(SSL *ssl, const unsigned char **out, unsigned char *len,
                  const unsigned char *offered, unsigned offered_len, void *arg)
{
    const char *wanted = arg;
    (void)ssl;
    unsigned char *chosen;
    int found = SSL_select_next_proto(&chosen, len, (const unsigned char *)wanted,
                                      (unsigned)strlen(wanted), offered, offered_len);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* A handshake with a server that wants a protocol, in wire form. */
static void meet_choosy(struct scene *s, const char *offer, const char *wanted)
{
    gofer_tls_options o = *pair_trusting();
    o.alpn = offer;
    scene_set(s, &o);
    SSL_CTX_set_alpn_select_cb(s->server, choose, (void *)wanted);
    pair_meet(&s->pair, s->source, s->server, "good.test");
}

static void http_1_1_is_offered(void)
{
    struct scene s;
    struct tls_agreed agreed;
    meet_choosy(&s, NULL, "\x08http/1.1");
    CU_ASSERT_EQUAL(s.pair.step, TLS_DONE);
    tls_agreed(s.pair.client, &agreed);
    CU_ASSERT_EQUAL_FATAL(agreed.alpn_len, 8);
    CU_ASSERT_EQUAL(memcmp(agreed.alpn, "http/1.1", 8), 0);
    scene_end(&s);
    scene_open(&s); /* a server without ALPN will do */
    tls_agreed(s.pair.client, &agreed);
    CU_ASSERT_EQUAL(agreed.alpn_len, 0);
    scene_end(&s);
}

static void http_2_is_not_spoken(void)
{
    struct scene s;
    meet_choosy(&s, NULL, "\x02h2");
    CU_ASSERT(failed_with(&s, "server speaks none of the protocols offered (ALPN)"));
    scene_end(&s);
    meet_choosy(&s, "h2,http/1.1", "\x02h2");
    CU_ASSERT(failed_with(&s, "server chose the protocol \"h2\", which gofer does not speak"));
    scene_end(&s);
    meet_choosy(&s, "h2,http/1.1", "\x08http/1.1\x02h2");
    CU_ASSERT_EQUAL(s.pair.step, TLS_DONE);
    scene_end(&s);
}

static void ciphers_keep_to_the_options(void)
{
    struct scene s;
    struct tls_agreed agreed;
    gofer_tls_options o = *pair_trusting();
    o.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256";
    o.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
    for (int i = 0; i < 2; i++) {
        scene_set(&s, &o);
        SSL_CTX_set_max_proto_version(s.server, i == 0 ? TLS1_3_VERSION : TLS1_2_VERSION);
        CU_ASSERT_EQUAL(pair_meet(&s.pair, s.source, s.server, "good.test"), TLS_DONE);
        tls_agreed(s.pair.client, &agreed);
        CU_ASSERT_STRING_EQUAL(agreed.cipher, i == 0 ? o.ciphersuites : o.ciphers);
        scene_end(&s);
    }
}

/* --- client certificates --- */

static void demand_certificate(struct scene *s)
{
    SSL_CTX_set_verify(s->server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(s->server), certs_get("root"));
}

/* A handshake with a server that wants to know who we are; TLS 1.2 and below 1.3 differ in when the
 * answer comes. */
static void meet_strict(struct scene *s, const gofer_tls_options *options, int version)
{
    scene_set(s, options);
    demand_certificate(s);
    SSL_CTX_set_max_proto_version(s->server, version);
    pair_meet(&s->pair, s->source, s->server, "good.test");
}

static void a_client_shows_its_certificate(void)
{
    struct scene s;
    gofer_tls_options o = *pair_trusting();
    o.cert_pem = certs_pem("client;middle");
    o.key_pem = certs_key_pem("client", NULL);
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (int i = 0; i < 2; i++) {
        meet_strict(&s, &o, versions[i]);
        CU_ASSERT_EQUAL(s.pair.step, TLS_DONE);
        CU_ASSERT(SSL_is_init_finished(s.pair.server));
        X509 *shown = SSL_get0_peer_certificate(s.pair.server);
        CU_ASSERT(shown != NULL && X509_cmp(shown, certs_get("client")) == 0);
        scene_end(&s);
    }
}

static void a_client_without_one_is_told(void)
{
    struct scene s;
    struct fault fault = {0};
    char buf[8];
    meet_strict(&s, NULL, TLS1_2_VERSION);
    CU_ASSERT(failed_with(
        &s, "server refused the handshake: no cipher in common, or it wants a certificate"));
    scene_end(&s);
    meet_strict(&s, NULL, TLS1_3_VERSION);
    CU_ASSERT_EQUAL(s.pair.step, TLS_DONE); /* the refusal comes behind the handshake */
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), -1);
    CU_ASSERT_EQUAL(errno, EPROTO);
    CU_ASSERT(tls_explain(s.pair.client, GOFER_PHASE_WAIT, &fault));
    CU_ASSERT_EQUAL(fault.code, GOFER_ERR_TLS);
    CU_ASSERT_STRING_EQUAL(fault.detail, "server demands a client certificate");
    scene_end(&s);
}

static void a_client_with_a_strange_one_is_told(void)
{
    struct scene s;
    struct fault fault = {0};
    char buf[8];
    gofer_tls_options o = *pair_trusting();
    o.cert_pem = certs_pem("other client;other middle");
    o.key_pem = certs_key_pem("other client", NULL);
    meet_strict(&s, &o, TLS1_3_VERSION);
    CU_ASSERT_EQUAL(client_read(&s, buf, sizeof buf), -1);
    CU_ASSERT(tls_explain(s.pair.client, GOFER_PHASE_WAIT, &fault));
    CU_ASSERT_STRING_EQUAL(fault.detail,
                           "server refused the client certificate: it does not know the issuer");
    scene_end(&s);
}

CU_TestInfo tls_tests[] = {
    {"J4 both versions are spoken, version and cipher are known", both_versions_are_spoken},
    {"older versions are refused", older_versions_are_refused},
    {"versions keep to the options", versions_keep_to_the_options},
    {"TCP-07 handshakes go byte by byte", handshakes_go_byte_by_byte},
    {"TLS-14 a silent server is waited for", a_silent_server_is_waited_for},
    {"a full socket is waited for", a_full_socket_is_waited_for},
    {"TLS-13 J5 plain HTTP is recognized", plain_http_is_recognized},
    {"TLS-13 INJ-12 what is not TLS is shown", what_is_not_tls_is_shown},
    {"TLS-16 a handshake that ends is an error", a_handshake_that_ends_is_an_error},
    {"alerts say what to change", alerts_say_what_to_change},
    {"nonsense in records is an error", nonsense_in_records_is_an_error},
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
    {"HTTP/1.1 is offered", http_1_1_is_offered},
    {"TLS-15 HTTP/2 is not spoken", http_2_is_not_spoken},
    {"ciphers keep to the options", ciphers_keep_to_the_options},
    {"a client shows its certificate", a_client_shows_its_certificate},
    {"a client without one is told", a_client_without_one_is_told},
    {"a client with a strange one is told", a_client_with_a_strange_one_is_told},
    CU_TEST_INFO_NULL,
};
