/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Whole request heads: whatever passes the checks is written as one request with
 * as many lines as it has fields, one Host, and one framing at most.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "http/request_head.h"

enum { FIELDS = 8 };

/* Name and value from the input, where the check lets them pass. */
static void add_fields(struct fuzz *f, struct headers *headers)
{
    for (int i = 0; i < FIELDS && f->at < f->len; i++) {
        struct buf why = BUF_INIT;
        char *name = fuzz_text(f);
        char *value = fuzz_text(f);
        if (request_check_field(name, value, &why) == GOFER_OK)
            headers_add(headers, name, value);
        buf_fini(&why);
        free(value);
        free(name);
    }
}

static size_t count_lines(const char *head, size_t len, const char *name)
{
    size_t n = 0;
    size_t name_len = strlen(name);
    for (size_t i = 0; i + name_len + 1 < len; i++) {
        if ((i == 0 || head[i - 1] == '\n') && head[i + name_len] == ':' &&
            ascii_equal_n(head + i, name_len, name))
            n++;
    }
    return n;
}

/* CR and LF stand together only, at line ends; an empty line ends the head and stands nowhere else.
 */
static void check_lines(const char *head, size_t len)
{
    FUZZ_CHECK(len >= 4 && memcmp(head + len - 4, "\r\n\r\n", 4) == 0);
    for (size_t i = 0; i < len; i++) {
        FUZZ_CHECK(head[i] != '\0');
        FUZZ_CHECK(head[i] != '\r' || head[i + 1] == '\n');
        FUZZ_CHECK(head[i] != '\n' || (i > 0 && head[i - 1] == '\r'));
        FUZZ_CHECK(i + 4 >= len || memcmp(head + i, "\r\n\r\n", 4) != 0);
    }
}

static void check_head(const struct request_parts *parts)
{
    struct buf out = BUF_INIT;
    request_write_head(parts, &out);
    FUZZ_CHECK(!buf_failed(&out));
    check_lines(out.data, out.len);
    size_t lengths = count_lines(out.data, out.len, "Content-Length");
    size_t codings = count_lines(out.data, out.len, "Transfer-Encoding");
    FUZZ_CHECK(count_lines(out.data, out.len, "Host") == 1);
    FUZZ_CHECK(lengths + codings <= 1);
    FUZZ_CHECK(!parts->has_body || lengths + codings == 1);
    FUZZ_CHECK(parts->absolute || count_lines(out.data, out.len, "Proxy-Authorization") == 0);
    buf_fini(&out);
}

void fuzz_request(struct fuzz *f)
{
    unsigned flags = fuzz_byte(f);
    struct url url;
    struct buf why = BUF_INIT;
    struct headers headers = HEADERS_INIT;
    char *method = fuzz_text(f);
    char *text = fuzz_text(f);
    if (url_parse(text, &url, &why) == GOFER_OK) {
        add_fields(f, &headers);
        struct request_parts parts = {.method = method,
                                      .url = &url,
                                      .headers = &headers,
                                      .user_agent = "fuzz/1",
                                      .has_body = flags & 1,
                                      .body_len = flags & 2 ? -1 : (int64_t)(flags >> 4),
                                      .close = flags & 4,
                                      .absolute = flags & 8};
        if (request_check(&parts, &why) == GOFER_OK)
            check_head(&parts);
        headers_fini(&headers);
        url_fini(&url);
    }
    buf_fini(&why);
    free(text);
    free(method);
}
