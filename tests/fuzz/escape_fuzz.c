/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Small texts of servers and programs: escaping, which is undone to what it was,
 * forms, of which no name can end its line, credentials, and Retry-After.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "client/retry_policy.h"
#include "http/credentials.h"
#include "http/escape.h"
#include "http/multipart.h"
#include <gofer/form.h>

enum { WALL_MS = 1700000000 };

/* --- escaping --- */

static void check_undone(struct buf *escaped, const char *text)
{
    char *again = NULL;
    char *line = buf_take_str(escaped);
    FUZZ_CHECK(line != NULL && fuzz_is_clean(line));
    /* Control bytes are escaped, and never come out again. */
    FUZZ_CHECK(escape_decode(line, strlen(line), &again) == fuzz_is_clean(text));
    FUZZ_CHECK(again == NULL || strcmp(again, text) == 0);
    mem_free(again);
    mem_free(line);
}

static void check_escapes(const char *text)
{
    struct buf out = BUF_INIT;
    char *decoded = NULL;
    size_t len = strlen(text);
    escape_userinfo(&out, text, len);
    check_undone(&out, text);
    if (escape_decode(text, len, &decoded))
        FUZZ_CHECK(decoded != NULL && fuzz_is_clean(decoded) && strlen(decoded) <= len);
    mem_free(decoded);
    escape_path(&out, text, len);
    escape_query(&out, text, len);
    escape_form(&out, text, len);
    char *line = buf_take_str(&out);
    FUZZ_CHECK(line != NULL && fuzz_is_clean(line) && strpbrk(line, " \"<>#") == NULL);
    mem_free(line);
}

static void check_dots(const char *text)
{
    size_t len = strlen(text) + 1;
    char *path = malloc(len + 1);
    if (path == NULL)
        abort();
    path[0] = '/';
    memcpy(path + 1, text, len);
    size_t left = escape_remove_dots(path, len);
    FUZZ_CHECK(left >= 1 && left <= len && path[0] == '/');
    for (size_t i = 0; i + 3 <= left; i++)
        FUZZ_CHECK(memcmp(path + i, "/./", 3) != 0);
    FUZZ_CHECK(escape_remove_dots(path, left) == left);
    free(path);
}

/* --- forms --- */

/* The delimiter, one line with the names between quotes, and an empty line. */
static void check_part(const char *name, const char *filename)
{
    char boundary[MULTIPART_BOUNDARY_BYTES];
    struct buf out = BUF_INIT;
    multipart_boundary((const unsigned char *)"0123456789abcdef", boundary);
    multipart_begin_part(&out, boundary, true,
                         &(struct multipart_part){.name = name, .filename = filename});
    char *head = buf_take_str(&out);
    FUZZ_CHECK(head != NULL);
    size_t lines = 0, quotes = 0;
    for (const char *at = head; *at != '\0'; at++) {
        lines += *at == '\n';
        quotes += *at == '"';
        FUZZ_CHECK(*at != '\n' || at[-1] == '\r');
        FUZZ_CHECK(*at != '\r' || at[1] == '\n');
    }
    FUZZ_CHECK(lines == 3 && quotes == 4);
    mem_free(head);
}

static void check_params(const char *name, const char *value)
{
    gofer_params *params = gofer_params_new();
    FUZZ_CHECK(gofer_params_add(params, name, value) == GOFER_OK);
    FUZZ_CHECK(gofer_params_add(params, NULL, value) == GOFER_OK);
    const char *text = gofer_params_text(params);
    FUZZ_CHECK(text != NULL && fuzz_is_clean(text));
    const char *amp = strchr(text, '&');
    FUZZ_CHECK(amp != NULL && strchr(amp + 1, '&') == NULL);
    const char *url = gofer_params_url(params, value);
    FUZZ_CHECK(url != NULL && strlen(url) >= strlen(value) + strlen(text));
    gofer_params_free(params);
}

/* --- fields --- */

static void check_credentials(const char *user, const char *password)
{
    char *value = NULL;
    if (credentials_basic(user, password, &value))
        FUZZ_CHECK(value != NULL && fuzz_is_clean(value) && strncmp(value, "Basic ", 6) == 0);
    mem_free(value);
    value = NULL;
    if (credentials_bearer(user, &value))
        FUZZ_CHECK(value != NULL && fuzz_is_clean(value) && strncmp(value, "Bearer ", 7) == 0);
    mem_free(value);
}

static void check_retry_after(const char *value)
{
    const struct retry_policy policy = {.delay_ms = 100, .max_delay_ms = 1000, .max_after_ms = -1};
    int64_t after = retry_policy_after_ms(value, WALL_MS * INT64_C(1000));
    FUZZ_CHECK(after >= -1);
    for (int64_t left = 0; left < 100000; left = left * 3 + 7) {
        int64_t delay = retry_policy_delay_ms(&policy, 3, after, left, strlen(value) * 77777);
        FUZZ_CHECK(delay >= -1 && delay <= left);
        FUZZ_CHECK(delay == -1 || after <= 0 || delay >= after);
    }
}

void fuzz_escape(struct fuzz *f)
{
    char *first = fuzz_text(f);
    char *second = fuzz_text(f);
    check_escapes(first);
    check_dots(first);
    check_part(first, second);
    check_params(first, second);
    check_credentials(first, second);
    check_retry_after(first);
    free(second);
    free(first);
}
