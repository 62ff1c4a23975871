/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Single fields and lists of them: what the checks let pass cannot end a line, and
 * lists come apart into elements without blanks around them.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "http/header.h"
#include "http/request_head.h"
#include "http/trailer.h"

static void check_field(const char *name, const char *value)
{
    struct buf why = BUF_INIT;
    if (request_check_field(name, value, &why) == GOFER_OK) {
        FUZZ_CHECK(header_is_token(name, strlen(name)));
        FUZZ_CHECK(strpbrk(value, "\r\n") == NULL);
    } else {
        FUZZ_CHECK(why.len > 0 && memchr(why.data, '\n', why.len) == NULL);
    }
    buf_fini(&why);
    why = BUF_INIT;
    if (trailer_check(name, value, &why) == GOFER_OK)
        FUZZ_CHECK(trailer_is_allowed(name, strlen(name)));
    buf_fini(&why);
}

static void check_list(const char *value)
{
    const char *at = value;
    const char *end = value + strlen(value);
    while (at != NULL) {
        const char *item;
        size_t len = header_next_item(&at, end, &item);
        FUZZ_CHECK(item >= value && item + len <= end);
        FUZZ_CHECK(len == 0 || (item[0] != ' ' && item[len - 1] != ' '));
    }
}

static void check_store(const char *name, const char *value)
{
    struct headers headers = HEADERS_INIT;
    if (headers_set(&headers, name, value) == GOFER_OK)
        FUZZ_CHECK(headers_find(&headers, name) != NULL && headers_count(&headers, name) == 1);
    if (headers_add(&headers, name, value) == GOFER_OK)
        FUZZ_CHECK(headers_count(&headers, name) == 2);
    if (headers_remove(&headers, name) == GOFER_OK)
        FUZZ_CHECK(headers_count(&headers, name) == 0);
    headers_fini(&headers);
}

void fuzz_field(struct fuzz *f)
{
    char *name = fuzz_text(f);
    char *value = fuzz_text(f);
    check_field(name, value);
    check_list(value);
    check_store(name, value);
    header_has_token(value, strlen(value), "close");
    free(value);
    free(name);
}
