/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * base/alloc: sizes at the edges, and that every allocation of the library can
 * be redirected and refused. The hooks here count and fail; each test puts
 * libc's functions back.
 */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <gofer/client.h>

extern CU_TestInfo alloc_tests[];

static int mallocs;
static int reallocs;
static int frees;
static bool refuse;

static void *counting_malloc(size_t size)
{
    mallocs++;
    return refuse ? NULL : malloc(size);
}

static void *counting_realloc(void *p, size_t size)
{
    reallocs++;
    return refuse ? NULL : realloc(p, size);
}

static void counting_free(void *p)
{
    frees++;
    free(p);
}

static void hook(void)
{
    mallocs = reallocs = frees = 0;
    refuse = false;
    CU_ASSERT_EQUAL(gofer_set_allocator(counting_malloc, counting_realloc, counting_free),
                    GOFER_OK);
}

static void unhook(void)
{
    CU_ASSERT_EQUAL(gofer_set_allocator(malloc, realloc, free), GOFER_OK);
}

static void size_zero_is_an_allocation(void)
{
    char *p = mem_alloc(0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    p[0] = 'x';
    p = mem_realloc(p, 0);
    CU_ASSERT_PTR_NOT_NULL(p);
    mem_free(p);
}

static void zalloc_clears(void)
{
    static const char zero[512];
    for (int i = 0; i < 8; i++) {
        char *p = mem_zalloc(sizeof zero);
        CU_ASSERT_PTR_NOT_NULL_FATAL(p);
        CU_ASSERT_EQUAL(memcmp(p, zero, sizeof zero), 0);
        memset(p, 0xa5, sizeof zero);
        mem_free(p);
    }
}

static void array_that_overflows_is_refused(void)
{
    hook();
    CU_ASSERT_PTR_NULL(mem_zalloc_array(SIZE_MAX / 2, 3));
    CU_ASSERT_PTR_NULL(mem_zalloc_array(3, SIZE_MAX / 2));
    CU_ASSERT_EQUAL(mallocs, 0);
    void *p = mem_zalloc_array(3, 0);
    CU_ASSERT_PTR_NOT_NULL(p);
    mem_free(p);
    unhook();
}

static void strings_are_copied_with_a_nul(void)
{
    char *whole = mem_strdup("gofer");
    char *part = mem_strndup("gofer", 2);
    char *none = mem_strndup("gofer", 0);
    CU_ASSERT_STRING_EQUAL(whole, "gofer");
    CU_ASSERT_STRING_EQUAL(part, "go");
    CU_ASSERT_STRING_EQUAL(none, "");
    mem_free(whole);
    mem_free(part);
    mem_free(none);
}

static void every_function_uses_the_hooks(void)
{
    hook();
    void *a = mem_alloc(1);
    void *b = mem_zalloc(1);
    void *c = mem_strdup("x");
    b = mem_realloc(b, 100);
    mem_free(a);
    mem_free(b);
    mem_free(c);
    mem_free(NULL);
    CU_ASSERT_EQUAL(mallocs, 3);
    CU_ASSERT_EQUAL(reallocs, 1);
    CU_ASSERT_EQUAL(frees, 3);
    unhook();
}

static void refusal_is_null_and_keeps_the_old_block(void)
{
    hook();
    char *p = mem_strdup("kept");
    refuse = true;
    CU_ASSERT_PTR_NULL(mem_alloc(8));
    CU_ASSERT_PTR_NULL(mem_zalloc(8));
    CU_ASSERT_PTR_NULL(mem_zalloc_array(2, 8));
    CU_ASSERT_PTR_NULL(mem_strdup("x"));
    CU_ASSERT_PTR_NULL(mem_realloc(p, 100));
    CU_ASSERT_STRING_EQUAL(p, "kept");
    mem_free(p);
    unhook();
}

static void a_missing_hook_is_invalid_and_changes_nothing(void)
{
    hook();
    CU_ASSERT_EQUAL(gofer_set_allocator(NULL, realloc, free), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_set_allocator(malloc, NULL, free), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_set_allocator(malloc, realloc, NULL), GOFER_ERR_INVALID);
    mem_free(mem_alloc(1));
    CU_ASSERT_EQUAL(mallocs, 1);
    CU_ASSERT_EQUAL(frees, 1);
    unhook();
}

CU_TestInfo alloc_tests[] = {
    {"size 0 is an allocation", size_zero_is_an_allocation},
    {"zalloc clears reused memory", zalloc_clears},
    {"an array whose size overflows is refused before allocating", array_that_overflows_is_refused},
    {"strings are copied with a NUL", strings_are_copied_with_a_nul},
    {"every function uses the hooks", every_function_uses_the_hooks},
    {"a refusal is NULL and keeps the old block", refusal_is_null_and_keeps_the_old_block},
    {"a missing hook is invalid and changes nothing",
     a_missing_hook_is_invalid_and_changes_nothing},
    CU_TEST_INFO_NULL,
};
