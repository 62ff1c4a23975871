/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Scarce memory: the n-th allocation of the library fails once, for each n until
 * the body needs no more than n.
 */
#ifndef TESTS_UNIT_HTTP_SCARCE_H
#define TESTS_UNIT_HTTP_SCARCE_H

#include <stdbool.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>
#include <gofer/client.h>

static int scarce_left;

static inline void *scarce_malloc(size_t size)
{
    return scarce_left-- == 0 ? NULL : malloc(size);
}

static inline void *scarce_realloc(void *p, size_t size)
{
    return scarce_left-- == 0 ? NULL : realloc(p, size);
}

/* body() must return GOFER_ERR_NOMEM wherever an allocation failed, else GOFER_OK. */
static inline void scarce_run(gofer_status (*body)(void))
{
    int n = 0;
    bool enough = false;
    for (; !enough && n < 1000; n++) {
        scarce_left = n;
        gofer_set_allocator(scarce_malloc, scarce_realloc, free);
        gofer_status status = body();
        gofer_set_allocator(malloc, realloc, free);
        enough = scarce_left >= 0;
        CU_ASSERT_EQUAL(status, enough ? GOFER_OK : GOFER_ERR_NOMEM);
    }
    CU_ASSERT(enough && n > 1);
}

#endif
