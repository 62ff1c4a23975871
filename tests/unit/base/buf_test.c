/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * base/buf: growth, consuming, and that a failed allocation at any point marks
 * the buffer and loses nothing else.
 */
#include "base/buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <gofer/client.h>

#include "base/alloc.h"

extern CU_TestInfo buf_tests[];

static int reallocs;
static int refuse_from; /* the number of the first realloc that fails */

static void *failing_realloc(void *p, size_t size)
{
    return ++reallocs >= refuse_from ? NULL : realloc(p, size);
}

static void fail_from(int n)
{
    reallocs = 0;
    refuse_from = n;
    CU_ASSERT_EQUAL(gofer_set_allocator(malloc, failing_realloc, free), GOFER_OK);
}

static void fail_no_more(void)
{
    CU_ASSERT_EQUAL(gofer_set_allocator(malloc, realloc, free), GOFER_OK);
}

static void appends_arrive_in_order(void)
{
    struct buf b = BUF_INIT;
    buf_append_str(&b, "GET ");
    buf_append_char(&b, '/');
    buf_append(&b, " HTTP", 5);
    buf_append(&b, NULL, 0);
    buf_append_str(&b, "");
    buf_printf(&b, "/%d.%d", 1, 1);
    CU_ASSERT_EQUAL(b.len, 14);
    CU_ASSERT_FALSE(buf_failed(&b));
    char *s = buf_take_str(&b);
    CU_ASSERT_STRING_EQUAL(s, "GET / HTTP/1.1");
    CU_ASSERT_PTR_NULL(b.data);
    CU_ASSERT_EQUAL(b.len, 0);
    mem_free(s);
}

static void growth_keeps_the_bytes_and_doubles(void)
{
    enum { N = 100000 };
    fail_from(1000);
    struct buf b = BUF_INIT;
    for (int i = 0; i < N; i++)
        buf_append_char(&b, (char)(i % 251));
    CU_ASSERT_EQUAL(b.len, N);
    CU_ASSERT(reallocs <= 12);
    int wrong = 0;
    for (int i = 0; i < N; i++)
        wrong += b.data[i] != (char)(i % 251);
    CU_ASSERT_EQUAL(wrong, 0);
    buf_fini(&b);
    fail_no_more();
}

static void reserve_gives_room_without_length(void)
{
    struct buf b = BUF_INIT;
    CU_ASSERT_TRUE(buf_reserve(&b, 1000));
    CU_ASSERT(b.cap - b.len >= 1000);
    CU_ASSERT_EQUAL(b.len, 0);
    char *before = b.data;
    CU_ASSERT_TRUE(buf_reserve(&b, 1000));
    CU_ASSERT_PTR_EQUAL(b.data, before);
    buf_fini(&b);
}

static void consume_drops_from_the_front(void)
{
    struct buf b = BUF_INIT;
    buf_append_str(&b, "abcdef");
    buf_consume(&b, 0);
    buf_consume(&b, 2);
    CU_ASSERT_EQUAL(b.len, 4);
    CU_ASSERT_EQUAL(memcmp(b.data, "cdef", 4), 0);
    buf_consume(&b, 4);
    CU_ASSERT_EQUAL(b.len, 0);
    buf_append_str(&b, "x");
    CU_ASSERT_EQUAL(b.data[0], 'x');
    buf_fini(&b);
}

static void empty_buffer_is_an_empty_string(void)
{
    struct buf b = BUF_INIT;
    char *s = buf_take_str(&b);
    CU_ASSERT_STRING_EQUAL(s, "");
    mem_free(s);
    buf_fini(&b);
}

static void long_printf_is_not_cut(void)
{
    struct buf b = BUF_INIT;
    buf_printf(&b, "%0500d|", 7);
    CU_ASSERT_EQUAL(b.len, 501);
    CU_ASSERT_EQUAL(b.data[499], '7');
    CU_ASSERT_EQUAL(b.data[500], '|');
    buf_fini(&b);
}

static void impossible_size_is_refused(void)
{
    struct buf b = BUF_INIT;
    buf_append_str(&b, "x");
    CU_ASSERT_FALSE(buf_reserve(&b, SIZE_MAX));
    CU_ASSERT_TRUE(buf_failed(&b));
    CU_ASSERT_FALSE(buf_reserve(&b, 1));
    buf_fini(&b);
    CU_ASSERT_FALSE(buf_failed(&b));
}

/* The first two reallocations of this text make 64 and 128 bytes. */
static char *build(struct buf *b)
{
    buf_append_str(b, "head ");
    buf_printf(b, "%060d", 1);
    buf_append_char(b, '.');
    return buf_take_str(b);
}

static void failure_at_any_point_is_reported_once_at_the_end(void)
{
    for (int n = 1; n <= 2; n++) {
        struct buf b = BUF_INIT;
        fail_from(n);
        CU_ASSERT_PTR_NULL(build(&b));
        fail_no_more();
        CU_ASSERT_PTR_NULL(b.data);
        char *s = build(&b);
        CU_ASSERT_PTR_NOT_NULL_FATAL(s);
        CU_ASSERT_EQUAL(strlen(s), 66);
        mem_free(s);
    }
}

CU_TestInfo buf_tests[] = {
    {"appends arrive in order", appends_arrive_in_order},
    {"growth keeps the bytes and doubles", growth_keeps_the_bytes_and_doubles},
    {"reserve gives room without length", reserve_gives_room_without_length},
    {"consume drops from the front", consume_drops_from_the_front},
    {"an empty buffer is an empty string", empty_buffer_is_an_empty_string},
    {"a long printf is not cut", long_printf_is_not_cut},
    {"an impossible size is refused and sticks", impossible_size_is_refused},
    {"a failure at any point is reported at the end, nothing leaks",
     failure_at_any_point_is_reported_once_at_the_end},
    CU_TEST_INFO_NULL,
};
