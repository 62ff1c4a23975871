/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Kinds of answers, and how they reach the client. What is right is written down
 * in the ledger before it is sent; what is cut is written down nowhere, so that it
 * cannot be the outcome of a call; what is wrong taints the connection.
 */
#include "fuzz/answer.h"

#include "fuzz/fuzz.h"
#include "fuzz/ledger.h"
#include "fuzz/world.h"
#include "tests/support/coded_sample.h"

enum { KEEPS, CLOSES, RESETS };

/* --- on the way --- */

static void say(const struct peer *peer, const struct bytes *b)
{
    if (peer->gone)
        return;
    for (size_t at = 0; at < b->len;) {
        unsigned how = world_byte();
        size_t left = b->len - at;
        size_t piece = how % 32 == 0 ? left : (size_t)(how % 32) * (how % 32);
        piece = piece < left ? piece : left;
        world_send(peer->number, world_delay_ms(how >> 5), b->data + at, piece);
        at += piece;
    }
}

static void leave(struct peer *peer, unsigned how, unsigned delay)
{
    if (peer->gone || how == KEEPS)
        return;
    if (how == CLOSES)
        world_send_end(peer->number, world_delay_ms(delay));
    else
        world_send_reset(peer->number, world_delay_ms(delay));
    peer->gone = true;
}

/* An end, or a reset, or, mostly, neither. */
static void leave_maybe(struct peer *peer)
{
    enum { LEAVES = 200 };
    unsigned byte = world_byte();
    if (byte >= LEAVES)
        leave(peer, byte % 2 + CLOSES, byte >> 1);
}

void answer_continue(struct peer *peer)
{
    struct bytes b = {NULL, 0, 0};
    bytes_print(&b, "HTTP/1.1 100 Continue\r\n\r\n");
    say(peer, &b);
    bytes_free(&b);
}

/* --- what is right --- */

static size_t pick_length(void)
{
    static const size_t lengths[] = {20, 0, 1, 300, 2048, 5000, 40000, 70000};
    return lengths[world_byte() % (sizeof lengths / sizeof *lengths)];
}

static void add_body(struct bytes *b, size_t number, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = ledger_char(ANSWERED, number, i);
        bytes_add(b, &c, 1);
    }
}

static void add_chunks(struct bytes *b, const struct bytes *body)
{
    for (size_t at = 0; at < body->len;) {
        size_t n = 1 + (size_t)world_byte() * 37;
        n = n == 1 || n > body->len - at ? body->len - at : n;
        bytes_print(b, "%zx\r\n", n);
        bytes_add(b, body->data + at, n);
        bytes_print(b, "\r\n");
        at += n;
    }
    bytes_print(b, "0\r\n%s\r\n", world_byte() >= 128 ? "Sum: 1\r\n" : "");
}

enum framing { BY_LENGTH, BY_CHUNKS, BY_END };

struct plan {
    int status;
    enum framing framing;
    const char *version;
    char fields[160];
};

static bool has_body(const struct plan *plan, const struct asked *asked)
{
    return !asked->is_head && plan->status != 204 && plan->status != 304;
}

/* The answer's bytes, and its body's length. */
static size_t write_answer(struct bytes *b, const struct plan *plan, const struct asked *asked)
{
    size_t len = pick_length();
    struct bytes body = {NULL, 0, 0};
    add_body(&body, asked->number, len);
    bytes_print(b, "%s %d Some\r\n%s", plan->version, plan->status, plan->fields);
    if (asked->takes_gzip && world_byte() >= 192) {
        struct coded_bytes coded = coded_make(CODED_GZIP, len > 0 ? body.data : "", len);
        bytes_drop(&body, body.len);
        bytes_add(&body, coded.data, coded.len);
        coded_free_bytes(&coded);
        bytes_print(b, "Content-Encoding: gzip\r\n");
    }
    if (plan->status == 204)
        len = body.len = 0;
    else if (plan->framing == BY_LENGTH)
        bytes_print(b, "Content-Length: %zu\r\n", body.len);
    else if (plan->framing == BY_CHUNKS)
        bytes_print(b, "Transfer-Encoding: chunked\r\n");
    bytes_print(b, "\r\n");
    if (!has_body(plan, asked))
        len = 0;
    else if (plan->framing == BY_CHUNKS)
        add_chunks(b, &body);
    else
        bytes_add(b, body.data, body.len);
    bytes_free(&body);
    return len;
}

static void send_right(struct peer *peer, const struct asked *asked, const struct plan *plan)
{
    struct bytes b = {NULL, 0, 0};
    size_t len = write_answer(&b, plan, asked);
    if (!peer->gone)
        ledger_answered(asked->number, plan->status, len);
    say(peer, &b);
    if (plan->framing == BY_END)
        leave(peer, CLOSES, world_byte());
    else
        leave_maybe(peer);
    bytes_free(&b);
}

/* --- what is not --- */

static void taint(struct peer *peer, const struct asked *asked)
{
    peer->broke_rules = true;
    ledger_at(asked->number)->tainted = true;
}

/* A part of an answer whose framing tells that it is one. */
static void send_part(struct peer *peer, const struct asked *asked, const struct plan *plan)
{
    struct bytes b = {NULL, 0, 0};
    struct plan framed = *plan;
    framed.framing = plan->framing == BY_END ? BY_LENGTH : plan->framing;
    write_answer(&b, &framed, asked);
    b.len -= 1 + world_byte() * 64 % b.len;
    say(peer, &b);
    leave(peer, CLOSES + world_byte() % 2, world_byte());
    bytes_free(&b);
}

static void send_changed(struct peer *peer, const struct asked *asked, const struct plan *plan)
{
    static const char likely[] = "\r\n :;,0159aAzZ\x7f\xff\t-";
    struct bytes b = {NULL, 0, 0};
    struct plan plain = *plan;
    /* Where a redirect leads stays legible: the servers know their calls by it. */
    if (strstr(plan->fields, "Location") != NULL)
        plain.status = 200, plain.fields[0] = '\0';
    write_answer(&b, &plain, asked);
    taint(peer, asked);
    for (unsigned n = world_byte() % 4 + 1; n > 0; n--)
        b.data[world_byte() * (world_byte() % 4 + 1) % b.len] =
            likely[world_byte() % (sizeof likely - 1)];
    say(peer, &b);
    leave_maybe(peer);
    bytes_free(&b);
}

static void send_any(struct peer *peer, const struct asked *asked)
{
    struct bytes b = {NULL, 0, 0};
    taint(peer, asked);
    for (unsigned n = world_byte() % 64; n > 0; n--) {
        char c = (char)world_byte();
        bytes_add(&b, &c, 1);
    }
    bytes_add(&b, "", 1);
    if (strcasestr(b.data, "location") == NULL)
        say(peer, &b);
    leave_maybe(peer);
    bytes_free(&b);
}

/* Bytes that nobody asked for. They come late, maybe when another request is out. */
static void send_stray(struct peer *peer, const struct asked *asked, const struct plan *plan)
{
    struct bytes b = {NULL, 0, 0};
    send_right(peer, asked, plan);
    taint(peer, asked);
    write_answer(&b, plan, asked);
    say(peer, &b);
    bytes_free(&b);
}

/* --- which --- */

enum kind {
    RIGHT,
    LEAVES_AT_ONCE,
    SILENT,
    PART,
    CHANGED,
    ANY,
    STRAY,
    INFORMS,
    KINDS = 32 /* the rest is right */
};

static void plan_fields(struct plan *plan, const struct asked *asked)
{
    static const char *const hosts[] = {"", "http://192.0.2.1", "http://192.0.2.2:8080",
                                        "http://name.test"};
    unsigned byte = world_byte();
    if (plan->status >= 301 && plan->status <= 308 && plan->status != 304)
        snprintf(plan->fields, sizeof plan->fields, "Location: %s/%zu/%u\r\n", hosts[byte % 4],
                 asked->number, asked->hop + 1);
    else if (plan->status == 503 || plan->status == 429)
        snprintf(plan->fields, sizeof plan->fields, "Retry-After: %u\r\n", byte % 4);
    else if (byte >= 192)
        snprintf(plan->fields, sizeof plan->fields,
                 "Connection: %s\r\nSet-Cookie: a=%u; Max-Age=%u\r\nKeep-Alive: timeout=%u\r\n",
                 byte % 2 != 0 ? "close" : "keep-alive", byte, byte % 3, byte % 5);
}

static struct plan make_plan(const struct asked *asked)
{
    static const int statuses[] = {200, 200, 200, 204, 304, 404, 500, 503,
                                   301, 302, 303, 307, 308, 429, 408, 417};
    unsigned byte = world_byte();
    struct plan plan = {.status = statuses[byte % 16],
                        .framing = byte >> 4 & 3,
                        .version = byte >= 240 ? "HTTP/1.0" : "HTTP/1.1"};
    if (plan.framing > BY_END)
        plan.framing = BY_LENGTH;
    if (byte >= 240 && plan.framing == BY_CHUNKS)
        plan.framing = BY_LENGTH;
    /* No chain of redirects is endless. */
    if (asked->hop + 2 >= LEDGER_HOPS)
        plan.status = 200;
    plan_fields(&plan, asked);
    return plan;
}

static void inform(struct peer *peer)
{
    struct bytes b = {NULL, 0, 0};
    for (unsigned n = world_byte() % 4; n > 0; n--)
        bytes_print(&b, "HTTP/1.1 %u Wait\r\nLink: a\r\n\r\n", 102 + n);
    say(peer, &b);
    bytes_free(&b);
}

/* A proxy that is asked for a tunnel. */
static void answer_connect(struct peer *peer)
{
    unsigned byte = world_byte();
    struct bytes b = {NULL, 0, 0};
    if (byte < 192)
        bytes_print(&b, "HTTP/1.1 200 Open\r\n\r\n");
    else if (byte < 224)
        bytes_print(&b, "HTTP/1.1 %u No\r\nContent-Length: 3\r\n\r\nno\n", 403 + byte % 100);
    say(peer, &b);
    if (byte >= 224)
        leave(peer, byte % 3, byte);
    bytes_free(&b);
}

void answer_send(struct peer *peer, const struct asked *asked)
{
    if (asked->is_connect) {
        answer_connect(peer);
        return;
    }
    struct plan plan = make_plan(asked);
    switch (world_byte() % KINDS) {
    case LEAVES_AT_ONCE:
        leave(peer, CLOSES + world_byte() % 2, world_byte());
        break;
    case SILENT:
        break;
    case PART:
        send_part(peer, asked, &plan);
        break;
    case CHANGED:
        send_changed(peer, asked, &plan);
        break;
    case ANY:
        send_any(peer, asked);
        break;
    case STRAY:
        send_stray(peer, asked, &plan);
        break;
    case INFORMS:
        inform(peer);
        send_right(peer, asked, &plan);
        break;
    default:
        send_right(peer, asked, &plan);
    }
}
