/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * head_scan() hops from line end to line end with memchr; head_parse() goes over
 * names and values a lane of bytes at a time (lane.h). Neither checks for the end
 * of the data at each byte: head_parse() makes sure first that the last byte is
 * LF, which no name, blank or value may contain.
 */
#include "http/response_head.h"

#include <string.h>

#include "base/ascii.h"
#include "http/coding.h"
#include "http/header.h"
#include "http/lane.h"

enum { VERSION_LEN = 8, BEGIN_LEN = 16, LENGTH_DIGITS_MAX = 19 };

static const char not_http1[] = "not an HTTP/1 response";
static const char bad_version[] = "unsupported HTTP version";
static const char bad_status[] = "malformed status code";

/* NULL where the bytes may begin a status line. */
static const char *refuse_begin(const char *data, size_t len)
{
    static const char name[] = "HTTP/";
    size_t n = len < sizeof name - 1 ? len : sizeof name - 1;
    if (memcmp(data, name, n) != 0)
        return not_http1;
    if ((len > 5 && data[5] != '1') || (len > 6 && data[6] != '.') ||
        (len > 7 && data[7] != '0' && data[7] != '1'))
        return bad_version;
    if (len > 8 && data[8] != ' ')
        return ascii_is_digit(data[8]) ? bad_version : bad_status;
    size_t at = VERSION_LEN;
    while (at < len && data[at] == ' ')
        at++;
    for (size_t digit = 0; digit < 3 && at < len; digit++, at++)
        if (!ascii_is_digit(data[at]) || (digit == 0 && data[at] == '0'))
            return bad_status;
    if (at < len && ascii_is_digit(data[at]))
        return bad_status;
    return NULL;
}

enum head_result head_scan(struct head_scan *scan, const char *data, size_t len, size_t *head_len)
{
    if (scan->seen < BEGIN_LEN && len > 0) {
        scan->why = refuse_begin(data, len < BEGIN_LEN ? len : BEGIN_LEN);
        if (scan->why != NULL)
            return HEAD_BAD;
    }
    while (scan->seen < len) {
        const char *lf = memchr(data + scan->seen, '\n', len - scan->seen);
        scan->seen = lf == NULL ? len : (size_t)(lf - data) + 1;
        if (lf == NULL)
            break;
        const char *line = data + scan->line;
        if (lf == line || (lf == line + 1 && *line == '\r')) {
            *head_len = scan->seen;
            return HEAD_DONE;
        }
        scan->line = scan->seen;
    }
    return HEAD_MORE;
}

bool head_is_not_http(const char *why)
{
    return why == not_http1;
}

bool head_is_408(const char *data, size_t len)
{
    return len >= 12 && memcmp(data, "HTTP/1.", 7) == 0 && memcmp(data + 8, " 408", 4) == 0;
}

/* One run of head_parse(). */
struct parser {
    const char *begin;
    const char *end;
    struct response_head *head;
    struct head_field *fields;
    size_t fields_cap;
    int64_t length; /* what Content-Length says, or -1 */
    bool chunked;
    bool upgrade;
    bool close;
    bool keep_alive;
    bool connect; /* lengths are not looked at */
    bool takes_codings;
};

/* Each step returns where the next begins, or NULL after this. */
static const char *fail(struct parser *p, const char *why)
{
    p->head->why = why;
    return NULL;
}

static bool reject(struct parser *p, const char *why)
{
    p->head->why = why;
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static inline bool is_line_end(char c)
{
    return (unsigned char)c <= '\r' && (c == '\r' || c == '\n');
}

/* Nearly always there is one, and a printable byte behind it. */
static inline const char *skip_blanks(const char *at)
{
    if (*at == ' ' && (unsigned char)at[1] > ' ')
        return at + 1;
    while (is_blank(*at))
        at++;
    return at;
}

/* The end of a value that reaches to `end` at most. Only a blank of it is not over 0x20, and what
 * stands before a value is there, too. */
static inline const char *trim_end(const char *value, const char *end)
{
    while ((unsigned char)end[-1] <= ' ' && end > value)
        end--;
    return end;
}

/* The first byte from `at` on that may not stand in a value. */
static inline const char *skip_value(const char *at, const char *end)
{
    while (end - at >= LANE_BYTES) {
        unsigned n = lane_value_len(at);
        at += n;
        if (n == LANE_BYTES)
            continue;
        if (*at != '\t')
            return at;
        at++;
    }
    while (header_is_value_char((unsigned char)*at))
        at++;
    return at;
}

/* Behind the line end that must stand here. */
static inline const char *take_line_end(struct parser *p, const char *at)
{
    if (*at == '\n')
        return at + 1;
    if (memcmp(at, "\r\n", 2) == 0) /* LF follows somewhere: there are two */
        return at + 2;
    return fail(p, *at == '\r' ? "CR without LF in the head" : "control byte in the head");
}

static inline const char *parse_reason(struct parser *p, const char *at)
{
    const char *begin = at;
    at = skip_value(at, p->end);
    p->head->reason = (uint32_t)(begin - p->begin);
    p->head->reason_len = (uint32_t)(at - begin);
    return take_line_end(p, at);
}

/* The status line that nearly every server sends; false where it is another one, or none. */
static bool is_plain_status(const char *at, size_t len)
{
    return len >= BEGIN_LEN && memcmp(at, "HTTP/1.1 ", VERSION_LEN + 1) == 0 && at[9] >= '1' &&
           at[9] <= '9' && ascii_is_digit(at[10]) && ascii_is_digit(at[11]) && at[12] == ' ';
}

static const char *parse_status_line(struct parser *p)
{
    if (is_plain_status(p->begin, (size_t)(p->end - p->begin))) {
        const char *digits = p->begin + VERSION_LEN + 1;
        p->head->minor = 1;
        p->head->status = 100 * (digits[0] - '0') + 10 * (digits[1] - '0') + (digits[2] - '0');
        return parse_reason(p, digits + 4);
    }
    const char *at = p->begin;
    size_t len = (size_t)(p->end - at);
    /* No LF passes in the first 9 bytes, and the last byte is one: there are more than 9. */
    const char *why = refuse_begin(at, len < BEGIN_LEN ? len : BEGIN_LEN);
    if (why != NULL)
        return fail(p, why);
    p->head->minor = at[VERSION_LEN - 1] - '0';
    at += VERSION_LEN;
    while (*at == ' ')
        at++;
    for (int digits = 0; digits < 3; digits++, at++) {
        if (!ascii_is_digit(*at))
            return fail(p, bad_status);
        p->head->status = 10 * p->head->status + (*at - '0');
    }
    if (p->head->status < 100 || (*at != ' ' && *at != '\r' && *at != '\n'))
        return fail(p, bad_status);
    return parse_reason(p, *at == ' ' ? at + 1 : at);
}

/* Eight bytes of it. */
static inline bool is_half(const char *text, const char *lower)
{
    uint64_t a, b;
    memcpy(&a, text, sizeof a);
    memcpy(&b, lower, sizeof b);
    return (a | UINT64_C(0x2020202020202020)) == b;
}

/* Whether text without control bytes is `lower`, of letters and '-', but for case. */
static inline bool is_word(const char *text, size_t len, const char *lower)
{
    const size_t word = sizeof(uint64_t);
    if (len != strlen(lower))
        return false;
    if (strlen(lower) >= word)
        return is_half(text, lower) && is_half(text + len - word, lower + len - word);
    for (size_t i = 0; i < len; i++)
        if ((text[i] | 0x20) != lower[i])
            return false;
    return true;
}

/* 1*19DIGIT up to INT64_MAX, or -1. */
static int64_t parse_length(const char *text, size_t len)
{
    uint64_t n = 0;
    if (len == 0 || len > LENGTH_DIGITS_MAX)
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (!ascii_is_digit(text[i]))
            return -1;
        n = 10 * n + (uint64_t)(text[i] - '0');
    }
    return n > INT64_MAX ? -1 : (int64_t)n;
}

static bool note_length(struct parser *p, const char *value, const char *end)
{
    int64_t lone = parse_length(value, (size_t)(end - value));
    if (lone >= 0 && p->length < 0) {
        p->length = lone;
        return true;
    }
    for (const char *at = value, *item; at != NULL;) {
        size_t len = header_next_item(&at, end, &item);
        int64_t n = parse_length(item, len);
        if (n < 0)
            return reject(p, "invalid Content-Length");
        if (p->length >= 0 && n != p->length)
            return reject(p, "differing Content-Length values");
        p->length = n;
    }
    return true;
}

/* Codings that can be undone, and chunked at the end of them. */
static bool is_coded_chunked(const char *value, size_t len)
{
    const char *item = value, *end = value + len;
    size_t item_len = 0;
    for (const char *at = value; at != NULL;) {
        item_len = header_next_item(&at, end, &item);
        if (at != NULL && coding_find(item, item_len) == NULL)
            return false;
    }
    return is_word(item, item_len, "chunked");
}

static bool note_coding(struct parser *p, const char *value, size_t len)
{
    if (p->head->minor == 0)
        return reject(p, "Transfer-Encoding in an HTTP/1.0 response");
    if (p->chunked)
        return reject(p, "more than one Transfer-Encoding");
    p->head->coded_transfer = p->takes_codings && !is_word(value, len, "chunked");
    if (p->head->coded_transfer ? !is_coded_chunked(value, len) : !is_word(value, len, "chunked"))
        return reject(p, "unsupported Transfer-Encoding");
    p->chunked = true;
    return true;
}

static void note_connection(struct parser *p, const char *value, const char *end)
{
    if (is_word(value, (size_t)(end - value), "keep-alive")) {
        p->keep_alive = true;
        return;
    }
    for (const char *at = value, *item; at != NULL;) {
        size_t len = header_next_item(&at, end, &item);
        p->close = p->close || is_word(item, len, "close");
        p->keep_alive = p->keep_alive || is_word(item, len, "keep-alive");
    }
}

/* The lengths of the names that note_field() knows, a bit each: they tell nearly all others. */
#define LEN_BIT(name) (1U << (sizeof(name) - 1))
static const unsigned noted_lens = LEN_BIT("connection") | LEN_BIT("content-length") |
                                   LEN_BIT("transfer-encoding") | LEN_BIT("content-encoding") |
                                   LEN_BIT("upgrade");

/* Looks at the fields that decide how the body is read. False after failing. */
static bool note_field(struct parser *p, const char *name, size_t name_len, const char *value,
                       const char *end)
{
    if (name_len >= 32 || (noted_lens >> name_len & 1) == 0)
        return true;
    if (is_word(name, name_len, "connection"))
        note_connection(p, value, end);
    else if (is_word(name, name_len, "content-length"))
        return p->connect || note_length(p, value, end);
    else if (is_word(name, name_len, "transfer-encoding"))
        return p->connect || note_coding(p, value, (size_t)(end - value));
    else if (is_word(name, name_len, "content-encoding"))
        p->head->coded = true;
    else if (is_word(name, name_len, "upgrade"))
        p->upgrade = true;
    return true;
}

/* The first byte from `at` on that may not stand in a name. Nearly always a colon ends the lane. */
static inline const char *skip_name(const char *at, const char *end)
{
    while (end - at >= LANE_BYTES) {
        unsigned n = lane_name_len(at);
        at += n;
        if (n < LANE_BYTES)
            break;
    }
    while (*at != ':' && header_is_tchar((unsigned char)*at))
        at++;
    return at;
}

static const char *refuse_name(struct parser *p, const char *at, size_t name_len)
{
    if (*at == '\r' || *at == '\n')
        return fail(p, "header line without a colon");
    if (is_blank(*at))
        return fail(p, name_len > 0 ? "blank in header name" : "header line begins with a blank");
    return fail(p, name_len > 0 ? "invalid byte in header name" : "header line without a name");
}

static inline const char *parse_field(struct parser *p, const char *name, struct head_field *field)
{
    const char *colon = skip_name(name, p->end);
    size_t name_len = (size_t)(colon - name);
    if (*colon != ':' || name_len == 0)
        return refuse_name(p, colon, name_len);
    const char *value = skip_blanks(colon + 1);
    const char *stop = skip_value(value, p->end);
    const char *next = take_line_end(p, stop);
    if (next == NULL)
        return NULL;
    const char *end = trim_end(value, stop);
    *field = (struct head_field){(uint32_t)(name - p->begin), (uint32_t)name_len,
                                 (uint32_t)(value - p->begin), (uint32_t)(end - value)};
    return note_field(p, name, name_len, value, end) ? next : NULL;
}

static const char *parse_lines(struct parser *p)
{
    struct head_field beyond;
    size_t n = 0;
    const char *at = parse_status_line(p);
    while (at != NULL && at < p->end && !is_line_end(*at)) {
        at = parse_field(p, at, n < p->fields_cap ? &p->fields[n] : &beyond);
        n++;
    }
    p->head->fields_len = n;
    if (at != NULL && at >= p->end)
        return fail(p, "no empty line behind the head");
    return at == NULL ? NULL : take_line_end(p, at);
}

static inline void decide_framing(const struct parser *p, enum head_asked asked)
{
    struct response_head *head = p->head;
    head->content_length = p->chunked ? -1 : p->length;
    if (head->status == 101)
        head->framing = BODY_TUNNEL;
    else if (asked == ASKED_HEAD || head->status < 200 || head->status == 204 ||
             head->status == 304)
        head->framing = BODY_NONE;
    else if (p->chunked)
        head->framing = BODY_CHUNKED;
    else
        head->framing = p->length >= 0 ? BODY_LENGTH : BODY_TO_EOF;
    bool faulty = p->chunked && p->length >= 0;
    bool wanted = head->minor == 0 ? p->keep_alive && !p->close : !p->close;
    head->keep_alive = wanted && !faulty && head->framing < BODY_TO_EOF;
}

static struct parser parser_on(const char *data, size_t len, struct response_head *head,
                               struct head_field *fields, size_t fields_cap)
{
    *head = (struct response_head){.content_length = -1};
    return (struct parser){.begin = data,
                           .end = data + len,
                           .head = head,
                           .fields = fields,
                           .fields_cap = fields_cap,
                           .length = -1};
}

static gofer_status parse_head(struct parser *p, enum head_asked asked)
{
    struct response_head *head = p->head;
    size_t len = (size_t)(p->end - p->begin);
    if (len == 0 || len > UINT32_MAX || p->end[-1] != '\n') {
        fail(p, "incomplete head");
        return GOFER_ERR_PROTOCOL;
    }
    const char *at = parse_lines(p);
    if (at != NULL && at != p->end)
        at = fail(p, "bytes behind the head");
    if (at != NULL && head->status == 101 && asked != ASKED_UPGRADE)
        at = fail(p, "101 Switching Protocols was not asked for");
    if (at != NULL && head->status == 101 && !p->upgrade)
        at = fail(p, "101 Switching Protocols without an Upgrade field");
    if (at == NULL)
        return GOFER_ERR_PROTOCOL;
    decide_framing(p, asked);
    return GOFER_OK;
}

gofer_status head_parse(const char *data, size_t len, enum head_asked asked,
                        struct response_head *head, struct head_field *fields, size_t fields_cap)
{
    struct parser p = parser_on(data, len, head, fields, fields_cap);
    p.takes_codings = asked == ASKED_CODED;
    return parse_head(&p, asked);
}

gofer_status head_parse_connect(const char *data, size_t len, struct response_head *head)
{
    struct parser p = parser_on(data, len, head, NULL, 0);
    p.connect = true;
    return parse_head(&p, ASKED_HEAD);
}

enum head_result head_read(struct head_scan *scan, const char *data, size_t len,
                           enum head_asked asked, struct response_head *head,
                           struct head_field *fields, size_t fields_cap, size_t *head_len)
{
    /* The status line is read without looking for the sentinel: it must not begin within it. */
    if (scan->seen == 0 && len >= BEGIN_LEN && len <= UINT32_MAX) {
        struct parser p = parser_on(data, len, head, fields, fields_cap);
        p.takes_codings = asked == ASKED_CODED;
        const char *at = parse_lines(&p);
        if (at != NULL && at <= p.end && head->status != 101) {
            decide_framing(&p, asked);
            *head_len = (size_t)(at - data);
            return HEAD_DONE;
        }
    }
    /* Incomplete or wrong: the sentinel may have been taken for a line end, so this pass decides.
     */
    enum head_result result = head_scan(scan, data, len, head_len);
    if (result != HEAD_DONE ||
        head_parse(data, *head_len, asked, head, fields, fields_cap) == GOFER_OK)
        return result;
    scan->why = head->why;
    return HEAD_BAD;
}
