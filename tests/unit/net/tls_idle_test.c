/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What an idle TLS connection holds: none of OpenSSL's buffers of 16 KiB, whenever
 * tickets come.
 */
#include <errno.h>
#include <malloc.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <openssl/ssl.h>

#include "net/tls_state.h"
#include "unit/net/tls_scene.h"

extern CU_TestInfo tls_idle_tests[];

#ifdef __GLIBC__
static size_t allocated(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}
#else
static size_t allocated(void)
{
    return 0; /* libc does not say */
}
#endif

/* What OpenSSL gives back when it is asked for its buffers at rest; sanitizers' allocators do not
 * say. */
static size_t hoard_of(struct tls *tls)
{
    size_t before = allocated();
    CU_ASSERT_EQUAL(SSL_free_buffers(tls->ssl), 1);
    return before - allocated();
}

/* An exchange as usual: tickets come before the answer, with it, or to the idle connection. */
static void an_idle_connection_holds_no_buffers(void)
{
    enum { BEFORE, WITH, BEHIND, TIMES };
    for (int when = BEFORE; when < TIMES; when++) {
        struct scene s;
        char buf[64];
        scene_open(&s);
        if (when == BEFORE)
            CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), -1);
        CU_ASSERT_EQUAL(scene_write(&s, "ask"), 3);
        CU_ASSERT_EQUAL(pair_receive(&s.pair, buf, sizeof buf), 3);
        pair_serve(&s.pair, "answer", 6);
        CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), 6);
        if (when == BEHIND) {
            SSL_new_session_ticket(s.pair.server);
            SSL_do_handshake(s.pair.server);
            pair_carry_down(&s.pair, 65536);
        }
        CU_ASSERT_EQUAL(tls_peek(s.pair.client, buf, sizeof buf), -1);
        CU_ASSERT_EQUAL(errno, EAGAIN);
        CU_ASSERT(hoard_of(s.pair.client) < 1024);
        CU_ASSERT_EQUAL(scene_write(&s, "more"), 4); /* it goes on */
        CU_ASSERT_EQUAL(pair_receive(&s.pair, buf, sizeof buf), 4);
        scene_end(&s);
    }
}

/* Half a record lies in the buffer that must not go. */
static void half_a_record_keeps_its_buffer(void)
{
    struct scene s;
    char buf[64];
    scene_open(&s);
    scene_read(&s, buf, sizeof buf);
    for (size_t step = 1; step < 30; step++) {
        SSL_new_session_ticket(s.pair.server);
        SSL_do_handshake(s.pair.server);
        CU_ASSERT_EQUAL(SSL_write(s.pair.server, "0123456789", 10), 10);
        size_t got = 0;
        for (int turn = 0; turn < 2000 && got < 10; turn++) {
            pair_carry_down(&s.pair, step);
            ssize_t n = scene_read(&s, buf + got, 3);
            got += n > 0 ? (size_t)n : 0;
        }
        CU_ASSERT_EQUAL(got, 10);
        CU_ASSERT_EQUAL(memcmp(buf, "0123456789", 10), 0);
    }
    scene_end(&s);
}

CU_TestInfo tls_idle_tests[] = {
    {"an idle connection holds no buffers", an_idle_connection_holds_no_buffers},
    {"half a record keeps its buffer", half_a_record_keeps_its_buffer},
    CU_TEST_INFO_NULL,
};
