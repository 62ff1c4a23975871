/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Reading requests, strictly; what they are answered with is answer.c's.
 */
#include "fuzz/origin.h"

#include <stdint.h>
#include <string.h>

#include "fuzz/answer.h"
#include "fuzz/fuzz.h"
#include "fuzz/ledger.h"
#include "fuzz/world.h"
#include "http/chunked.h"

enum { HEAD_MAX = 8192, TRAILERS_MAX = 1024, EARLY = 224 };

struct origin {
    int number;
    struct peer peer;
    struct bytes in;
    bool in_body;
    bool chunked;
    bool answered;
    size_t left; /* of a body that says its length */
    size_t got;
    struct chunked chunks;
    struct asked asked;
};

struct origin *origin_accept(int number)
{
    struct origin *o = calloc(1, sizeof *o);
    if (o == NULL)
        abort();
    o->number = number;
    o->peer.number = number;
    return o;
}

void origin_close(struct origin *origin)
{
    if (origin != NULL)
        bytes_free(&origin->in);
    free(origin);
}

/* --- a head --- */

/* The value of a field, with what follows its line; NULL where there is none. */
static const char *field(const char *head, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':')
            return line + len + 2;
    }
    return NULL;
}

static bool says(const char *head, const char *name, const char *value)
{
    const char *found = field(head, name);
    const char *in = found != NULL ? strstr(found, value) : NULL;
    return in != NULL && in < strstr(found, "\r\n");
}

/* "/N/HOP", behind "http://host" where a proxy is asked. */
static void read_target(struct asked *a, const char *target)
{
    const char *path = strncmp(target, "http://", 7) == 0 ? strchr(target + 7, '/') : target;
    char after = 0;
    FUZZ_CHECK(path != NULL);
    FUZZ_CHECK(sscanf(path, "/%zu/%u%c", &a->number, &a->hop, &after) == 3 && after == ' ');
    FUZZ_CHECK(ledger_at(a->number) != NULL);
}

static void read_line(struct asked *a, const char *head)
{
    static const char *const methods[] = {"GET ",    "HEAD ",    "POST ",   "PUT ",
                                          "DELETE ", "OPTIONS ", "CONNECT "};
    const char *end = strstr(head, "\r\n");
    size_t i = 0;
    while (strncmp(head, methods[i], strlen(methods[i])) != 0)
        FUZZ_CHECK(++i < sizeof methods / sizeof *methods);
    FUZZ_CHECK(end - head > 9 && memcmp(end - 9, " HTTP/1.1", 9) == 0);
    a->is_head = i == 1;
    a->is_connect = i == 6;
    a->is_safe = i != 2;
    if (!a->is_connect)
        read_target(a, head + strlen(methods[i]));
}

static void check_length(const struct origin *o, size_t len)
{
    const struct entry *e = ledger_at(o->asked.number);
    /* A redirect may have made a GET of it. */
    FUZZ_CHECK(len == e->body_len || (len == 0 && o->asked.hop > 0));
}

static void read_framing(struct origin *o, const char *head)
{
    const char *length = field(head, "Content-Length");
    o->chunked = says(head, "Transfer-Encoding", "chunked");
    o->left = length != NULL ? strtoul(length, NULL, 10) : 0;
    o->got = 0;
    o->in_body = o->chunked || o->left > 0;
    FUZZ_CHECK(!o->chunked || length == NULL);
    chunked_init(&o->chunks, TRAILERS_MAX);
    if (!o->chunked)
        check_length(o, o->left);
}

static void begin_request(struct origin *o, const char *head)
{
    struct asked *a = &o->asked;
    *a = (struct asked){.takes_gzip = says(head, "Accept-Encoding", "gzip"),
                        .expects = says(head, "Expect", "100-continue"),
                        .last = says(head, "Connection", "close")};
    read_line(a, head);
    FUZZ_CHECK(field(head, "Host") != NULL);
    o->answered = false;
    o->in_body = false;
    if (a->is_connect)
        return;
    ledger_seen(a->number, a->hop, a->is_safe);
    ledger_at(a->number)->tainted |= o->peer.broke_rules;
    read_framing(o, head);
}

/* --- the rest --- */

static void reply(struct origin *o)
{
    if (!o->answered)
        answer_send(&o->peer, &o->asked);
    o->answered = true;
}

/* Nobody knows yet what the body will be. */
static void reply_early(struct origin *o)
{
    unsigned byte = world_byte();
    if (o->asked.expects && byte % 4 == 0)
        answer_continue(&o->peer);
    else if (byte >= EARLY)
        reply(o);
}

static void take_body(struct origin *o, const char *data, size_t len)
{
    FUZZ_CHECK(ledger_is(ASKED, o->asked.number, o->got, data, len));
    o->got += len;
}

static size_t read_chunks(struct origin *o)
{
    const char *out;
    size_t out_len = 0;
    ptrdiff_t took = chunked_decode(&o->chunks, o->in.data, o->in.len, &out, &out_len);
    FUZZ_CHECK(took >= 0);
    take_body(o, out, out_len);
    if (chunked_done(&o->chunks)) {
        check_length(o, o->got);
        o->in_body = false;
    }
    return (size_t)took;
}

static size_t read_length(struct origin *o)
{
    size_t n = o->in.len < o->left ? o->in.len : o->left;
    take_body(o, o->in.data, n);
    o->left -= n;
    o->in_body = o->left > 0;
    return n;
}

/* How many bytes were read; 0: a head is not complete. */
static size_t read_head(struct origin *o)
{
    char head[HEAD_MAX + 1];
    size_t n = o->in.len < HEAD_MAX ? o->in.len : HEAD_MAX;
    memcpy(head, o->in.data, n);
    head[n] = '\0';
    const char *end = strstr(head, "\r\n\r\n");
    FUZZ_CHECK(end != NULL || n < HEAD_MAX);
    if (end == NULL)
        return 0;
    head[end - head + 2] = '\0';
    begin_request(o, head);
    if (o->in_body)
        reply_early(o);
    return (size_t)(end - head) + 4;
}

void origin_receive(struct origin *origin, const char *data, size_t len)
{
    bytes_add(&origin->in, data, len);
    while (origin->in.len > 0) {
        size_t took = !origin->in_body  ? read_head(origin)
                      : origin->chunked ? read_chunks(origin)
                                        : read_length(origin);
        if (took == 0)
            break;
        bytes_drop(&origin->in, took);
        if (!origin->in_body)
            reply(origin);
    }
    /* Who has gone says so. */
    if (origin->peer.gone)
        world_send_reset(origin->number, 0);
}
