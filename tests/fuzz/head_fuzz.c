/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Response heads: one pass over the whole, a scan in pieces with a parse behind it,
 * and the same again: one verdict, one result, and fields that are fields.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "http/header.h"
#include "http/response_head.h"

enum { FIELDS = HEAD_FIELDS_INLINE };

struct read_head {
    enum head_result result;
    size_t len;
    struct response_head head;
    struct head_field fields[FIELDS];
};

static void read_at_once(const char *data, size_t len, enum head_asked asked, struct read_head *r)
{
    struct head_scan scan = {0};
    char *exact = malloc(len + 1);
    if (exact == NULL)
        abort();
    memcpy(exact, data, len);
    exact[len] = '\n';
    r->result = head_read(&scan, exact, len, asked, &r->head, r->fields, FIELDS, &r->len);
    FUZZ_CHECK((r->result == HEAD_BAD) == (scan.why != NULL));
    FUZZ_CHECK(r->result != HEAD_DONE || r->len <= len);
    free(exact);
}

/* The scanner sees the bytes so far, as they arrive; the parser all of them. */
static void read_in_pieces(const char *data, size_t len, size_t step, enum head_asked asked,
                           struct read_head *r)
{
    struct head_scan scan = {0};
    r->result = HEAD_MORE;
    for (size_t at = 0; at < len && r->result == HEAD_MORE;) {
        at += step < len - at ? step : len - at;
        char *so_far = fuzz_exact(data, at);
        r->result = head_scan(&scan, so_far, at, &r->len);
        free(so_far);
    }
    if (r->result != HEAD_DONE)
        return;
    char *exact = fuzz_exact(data, r->len);
    if (head_parse(exact, r->len, asked, &r->head, r->fields, FIELDS) != GOFER_OK)
        r->result = HEAD_BAD;
    FUZZ_CHECK((r->result == HEAD_BAD) == (r->head.why != NULL));
    free(exact);
}

static bool same_field(const struct head_field *a, const struct head_field *b)
{
    return a->name == b->name && a->name_len == b->name_len && a->value == b->value &&
           a->value_len == b->value_len;
}

static void check_same(const struct read_head *a, const struct read_head *b)
{
    FUZZ_CHECK(a->result == b->result);
    if (a->result != HEAD_DONE)
        return;
    FUZZ_CHECK(a->len == b->len);
    FUZZ_CHECK(a->head.status == b->head.status && a->head.minor == b->head.minor);
    FUZZ_CHECK(a->head.framing == b->head.framing && a->head.keep_alive == b->head.keep_alive);
    FUZZ_CHECK(a->head.content_length == b->head.content_length);
    FUZZ_CHECK(a->head.fields_len == b->head.fields_len);
    for (size_t i = 0; i < a->head.fields_len && i < FIELDS; i++)
        FUZZ_CHECK(same_field(&a->fields[i], &b->fields[i]));
}

static void check_fields(const struct read_head *r, const char *data)
{
    if (r->result != HEAD_DONE)
        return;
    FUZZ_CHECK(r->head.status >= 100 && r->head.status <= 999);
    FUZZ_CHECK(r->head.framing != BODY_TO_EOF || !r->head.keep_alive);
    FUZZ_CHECK(r->head.framing != BODY_LENGTH || r->head.content_length >= 0);
    for (size_t i = 0; i < r->head.fields_len && i < FIELDS; i++) {
        const struct head_field *field = &r->fields[i];
        FUZZ_CHECK(field->name + field->name_len <= r->len);
        FUZZ_CHECK(field->value + field->value_len <= r->len);
        FUZZ_CHECK(header_is_token(data + field->name, field->name_len));
    }
}

void fuzz_head(struct fuzz *f)
{
    size_t len;
    unsigned choice = fuzz_byte(f);
    enum head_asked asked = (enum head_asked)(choice % (ASKED_CODED + 1));
    size_t step = choice / 8 + 1;
    char *data = fuzz_rest(f, &len);
    struct read_head whole = {.result = HEAD_MORE};
    struct read_head pieces = {.result = HEAD_MORE};
    struct read_head scanned = {.result = HEAD_MORE};
    read_at_once(data, len, asked, &whole);
    read_in_pieces(data, len, step, asked, &pieces);
    read_in_pieces(data, len, len, asked, &scanned);
    /* A head that is bad in its fields is found so by the single pass before its end is there. */
    if (whole.result == HEAD_BAD && pieces.result == HEAD_MORE)
        pieces.result = HEAD_BAD;
    if (scanned.result == HEAD_MORE && whole.result == HEAD_BAD)
        scanned.result = HEAD_BAD;
    check_same(&whole, &pieces);
    check_same(&whole, &scanned);
    check_fields(&whole, data);
    head_is_408(data, len);
    free(data);
}
