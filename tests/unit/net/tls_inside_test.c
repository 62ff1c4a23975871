/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/tls inside of another TLS: the outer one is a pair (tls_pair.h) that has
 * shaken hands, and what comes out of its server is the inner server's. The socket
 * between them is carried in whatever pieces a test wants.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <CUnit/CUnit.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/tls.h"
#include "support/certs.h"
#include "unit/net/tls_pair.h"

extern CU_TestInfo tls_inside_tests[];

enum { BLOCK_BYTES = 65536, ROUNDS_MAX = 100000 };

struct scene {
    struct tls_source *source;
    SSL_CTX *ctx;
    struct tls_pair outer;
    struct tls *client; /* the inner one */
    SSL *server;
    struct fault fault;
    enum tls_step step;
};

static void begin(struct scene *s)
{
    memset(s, 0, sizeof *s);
    s->source = pair_source(NULL);
    s->ctx = certs_server("good", NULL);
    CU_ASSERT_EQUAL_FATAL(pair_meet(&s->outer, s->source, s->ctx, "localhost"), TLS_DONE);
    struct tls_context *context = pair_context(s->source);
    struct tls_peer peer = {.host = "good.test", .key = "https://inner"};
    s->client = tls_new_inside(context, &s->outer.client, &peer);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s->client);
    CU_ASSERT_PTR_NULL(s->outer.client);
    tls_context_unref(context);
    s->server = SSL_new(s->ctx);
    SSL_set_bio(s->server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(s->server);
    s->step = TLS_WAIT;
}

static void end(struct scene *s)
{
    tls_free(s->client);
    SSL_free(s->server);
    pair_end(&s->outer);
    SSL_CTX_free(s->ctx);
    tls_source_free(s->source);
    ERR_clear_error();
}

/* What the client sent goes to the inner server; how much. */
static size_t carry_up(struct scene *s)
{
    char block[BLOCK_BYTES];
    size_t n = pair_receive(&s->outer, block, sizeof block);
    if (n > 0)
        CU_ASSERT_EQUAL(BIO_write(SSL_get_rbio(s->server), block, (int)n), (int)n);
    return n;
}

/* What the inner server has goes to the outer one, which keeps it as records. */
static size_t wrap(struct scene *s)
{
    char block[BLOCK_BYTES];
    int n = BIO_read(SSL_get_wbio(s->server), block, sizeof block);
    if (n <= 0)
        return 0;
    CU_ASSERT_EQUAL(SSL_write(s->outer.server, block, n), n);
    return (size_t)n;
}

static void carry_down(struct scene *s)
{
    wrap(s);
    while (pair_carry_down(&s->outer, BLOCK_BYTES) > 0)
        ;
}

/* Shakes hands, at most `max` raw bytes at a time towards the client. */
static void shake(struct scene *s, size_t max)
{
    for (int i = 0; i < ROUNDS_MAX && s->step == TLS_WAIT; i++) {
        s->step = tls_handshake(s->client, &s->fault);
        if (s->step == TLS_WAIT)
            CU_ASSERT_EQUAL(tls_read_events(s->client), EPOLLIN);
        if (pair_carry_down(&s->outer, max) > 0)
            continue;
        size_t moved = carry_up(s);
        SSL_do_handshake(s->server);
        ERR_clear_error();
        if (wrap(s) == 0 && moved == 0 && s->step == TLS_WAIT)
            break;
    }
    carry_up(s);
    SSL_do_handshake(s->server);
    carry_down(s); /* tickets */
}

static void meet(struct scene *s)
{
    begin(s);
    shake(s, BLOCK_BYTES);
    CU_ASSERT_EQUAL_FATAL(s->step, TLS_DONE);
}

/* --- bytes --- */

static void bytes_come_in_any_pieces(void)
{
    static const size_t steps[] = {1, 5, 100, BLOCK_BYTES};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct scene s;
        char got[16] = "";
        size_t len = 0;
        begin(&s);
        shake(&s, steps[i]);
        CU_ASSERT_EQUAL_FATAL(s.step, TLS_DONE);
        CU_ASSERT_EQUAL(tls_read(s.client, got, sizeof got, false), -1);
        CU_ASSERT_EQUAL(errno, EAGAIN);
        CU_ASSERT_FALSE(tls_has_buffered(s.client));
        SSL_write(s.server, "hello ", 6);
        SSL_write(s.server, "you", 3);
        wrap(&s);
        while (pair_carry_down(&s.outer, steps[i]) > 0) {
            ssize_t n = tls_read(s.client, got + len, sizeof got - 1 - len, false);
            len += n > 0 ? (size_t)n : 0;
            CU_ASSERT(n > 0 || errno == EAGAIN);
        }
        CU_ASSERT_STRING_EQUAL(got, "hello you");
        CU_ASSERT_EQUAL(tls_peek(s.client, got, 1), -1);
        CU_ASSERT_EQUAL(errno, EAGAIN);
        end(&s);
    }
}

/* What the outer one has decrypted no poll of the socket shows. */
static void bytes_that_wait_below_are_known(void)
{
    struct scene s;
    char byte, rest[16];
    meet(&s);
    CU_ASSERT_EQUAL(tls_peek(s.client, &byte, 1), -1); /* takes the tickets */
    SSL_write(s.server, "a", 1);
    SSL_write(s.server, "b", 1); /* two records inside of one */
    carry_down(&s);
    CU_ASSERT_EQUAL(tls_peek(s.client, &byte, 1), 1);
    CU_ASSERT_EQUAL(recv(s.outer.fds[0], rest, sizeof rest, MSG_DONTWAIT | MSG_PEEK), -1);
    CU_ASSERT(tls_has_buffered(s.client));
    CU_ASSERT_EQUAL(tls_read(s.client, rest, sizeof rest, false), 2);
    CU_ASSERT_EQUAL(memcmp(rest, "ab", 2), 0);
    CU_ASSERT_FALSE(tls_has_buffered(s.client));
    end(&s);
}

static size_t inner_server_reads(struct scene *s, char *to, size_t room)
{
    size_t len = 0;
    while (carry_up(s) > 0)
        ;
    for (int n; len < room && (n = SSL_read(s->server, to + len, (int)(room - len))) > 0;)
        len += (size_t)n;
    ERR_clear_error();
    return len;
}

static void a_full_socket_is_waited_for(void)
{
    enum { TOTAL = 1 << 20 };
    static char sent[TOTAL], got[TOTAL];
    struct scene s;
    size_t out = 0, in = 0, waits = 0;
    meet(&s);
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (char)(i * 2654435761u >> 11);
    for (int i = 0; i < ROUNDS_MAX && out < TOTAL; i++) {
        struct iovec iov = {sent + out, TOTAL - out};
        ssize_t n = tls_write(s.client, &iov, 1, false);
        if (n > 0) {
            out += (size_t)n;
            continue;
        }
        CU_ASSERT_EQUAL_FATAL(errno, EAGAIN);
        CU_ASSERT_EQUAL(tls_write_events(s.client), EPOLLOUT);
        waits++;
        in += inner_server_reads(&s, got + in, TOTAL - in);
    }
    CU_ASSERT(waits > 0);
    for (size_t n; (n = inner_server_reads(&s, got + in, TOTAL - in)) > 0;)
        in += n;
    CU_ASSERT_EQUAL(in, TOTAL);
    CU_ASSERT_EQUAL(memcmp(sent, got, TOTAL), 0);
    end(&s);
}

/* --- ends --- */

static void expect_truncated(struct scene *s)
{
    char byte;
    struct fault fault = {0};
    CU_ASSERT_EQUAL(tls_read(s->client, &byte, 1, false), -1);
    CU_ASSERT_EQUAL(errno, EPROTO);
    CU_ASSERT(tls_explain(s->client, GOFER_PHASE_BODY, &fault));
    CU_ASSERT_EQUAL(fault.code, GOFER_ERR_TRUNCATED);
    CU_ASSERT_PTR_NOT_NULL(strstr(fault.detail, "without a TLS close_notify"));
    CU_ASSERT(tls_has_buffered(s->client)); /* an end that a read tells of */
}

static void the_servers_end_is_an_end(void)
{
    struct scene s;
    char byte;
    meet(&s);
    SSL_shutdown(s.server);
    carry_down(&s);
    CU_ASSERT_EQUAL(tls_read(s.client, &byte, 1, false), 0);
    CU_ASSERT(tls_has_buffered(s.client));
    end(&s);
}

static void the_proxys_end_cuts_the_server_off(void)
{
    struct scene s;
    meet(&s);
    carry_down(&s);
    pair_close_notify(&s.outer); /* honest below, but nothing came from inside */
    expect_truncated(&s);
    end(&s);
    meet(&s);
    pair_cut(&s.outer);
    expect_truncated(&s);
    end(&s);
}

static void damage_below_is_told(void)
{
    struct scene s;
    char byte;
    struct fault fault = {0};
    meet(&s);
    CU_ASSERT_EQUAL(tls_peek(s.client, &byte, 1), -1);
    pair_send_raw(&s.outer, "\x17\x03\x03\x00\x20 this is no record of anybody's..", 38);
    CU_ASSERT_EQUAL(tls_read(s.client, &byte, 1, false), -1);
    CU_ASSERT_EQUAL(errno, EPROTO);
    CU_ASSERT(tls_explain(s.client, GOFER_PHASE_BODY, &fault));
    CU_ASSERT_EQUAL(fault.code, GOFER_ERR_TLS);
    end(&s);
}

/* Both say goodbye, the inner one first. */
static void freeing_ends_both(void)
{
    struct scene s;
    char block[256];
    meet(&s);
    tls_free(s.client);
    s.client = NULL;
    carry_up(&s);
    CU_ASSERT(SSL_read(s.server, block, sizeof block) <= 0);
    CU_ASSERT(SSL_get_shutdown(s.server) & SSL_RECEIVED_SHUTDOWN);
    CU_ASSERT_EQUAL(pair_receive(&s.outer, block, sizeof block), 0);
    CU_ASSERT(SSL_get_shutdown(s.outer.server) & SSL_RECEIVED_SHUTDOWN);
    end(&s);
}

/* --- names --- */

static void each_must_be_who_it_should_be(void)
{
    struct scene s;
    begin(&s);
    SSL_CTX *wrong = certs_server("wrong name", NULL);
    SSL_set_SSL_CTX(s.server, wrong);
    shake(&s, BLOCK_BYTES);
    CU_ASSERT_EQUAL(s.step, TLS_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(s.fault.detail, "certificate is for a.test, not good.test"));
    SSL_CTX_free(wrong);
    end(&s);
}

static void the_programs_errors_are_left_alone(void)
{
    struct scene s;
    char byte;
    meet(&s);
    ERR_put_error(ERR_LIB_USER, 0, 77, __FILE__, __LINE__);
    CU_ASSERT_EQUAL(tls_read(s.client, &byte, 1, false), -1);
    CU_ASSERT_EQUAL(errno, EAGAIN);
    SSL_write(s.server, "a", 1);
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), 77);
    end(&s);
}

CU_TestInfo tls_inside_tests[] = {
    {"bytes come in any pieces", bytes_come_in_any_pieces},
    {"bytes that wait below are known", bytes_that_wait_below_are_known},
    {"a full socket is waited for", a_full_socket_is_waited_for},
    {"the server's end is an end", the_servers_end_is_an_end},
    {"TLS-12 the proxy's end cuts the server off", the_proxys_end_cuts_the_server_off},
    {"damage below is told", damage_below_is_told},
    {"freeing ends both", freeing_ends_both},
    {"each must be who it should be", each_must_be_who_it_should_be},
    {"TLS-19 the program's errors are left alone", the_programs_errors_are_left_alone},
    CU_TEST_INFO_NULL,
};
