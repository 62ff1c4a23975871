/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the examples' server answers: a table of paths, and a function for each.
 * A request that is not there in full is looked at again when more of it has
 * come; only the body of /count may be larger than the connection's buffer,
 * because it is counted and forgotten.
 *
 * Runs on the server's thread.
 */
#define _GNU_SOURCE 1 /* strcasestr */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "origin_inside.h"

struct request {
    const char *path;
    size_t path_len;
    unsigned long id;
    const char *body;
    size_t body_len;  /* in all */
    size_t body_here; /* of them, so far */
};

/* --- preparing ------------------------------------------------------------- */

static void prepare_head(struct conn *c, const char *status, const char *type)
{
    int len = snprintf(c->head, sizeof c->head,
                       "HTTP/1.1 %s\r\n"
                       "Content-Type: %.100s\r\n"
                       "Content-Length: %zu\r\n"
                       "X-Id: %lu\r\n\r\n",
                       status, type, c->body_len, c->id);

    c->head_len = (size_t)len;
    c->sent = 0;
}

static void prepare_text(struct conn *c, const struct request *r)
{
    int len =
        snprintf(c->text, sizeof c->text, "%.*s %lu\n", (int)r->path_len - 1, r->path + 1, r->id);

    c->body = c->text;
    c->body_len = (size_t)len;
    prepare_head(c, "200 OK", "text/plain");
}

/* --- answering ------------------------------------------------------------- */

static void answer_instant(struct origin *o, struct conn *c, const struct request *r)
{
    prepare_text(c, r);
    origin_send_answer(o, c);
}

static void answer_50ms(struct origin *o, struct conn *c, const struct request *r)
{
    prepare_text(c, r);
    origin_move_conn(o, LIST_50MS, c);
}

static void answer_2s(struct origin *o, struct conn *c, const struct request *r)
{
    prepare_text(c, r);
    origin_move_conn(o, LIST_2S, c);
}

/* "/1MiB", "/32MiB" */
static void answer_pattern(struct origin *o, struct conn *c, const struct request *r)
{
    c->body = o->pattern + r->id % 256;
    c->body_len = strtoul(r->path + 1, NULL, 10) * ORIGIN_MIB;
    prepare_head(c, "200 OK", "application/octet-stream");
    origin_send_answer(o, c);
}

static void answer_never(struct origin *o, struct conn *c, const struct request *r)
{
    (void)o, (void)r;
    c->in_len = 0;
}

static void answer_echo(struct origin *o, struct conn *c, const struct request *r)
{
    const char *field = strcasestr(c->in, "\r\nContent-Type: ");
    char type[101] = "application/octet-stream";

    if (field != NULL && field < r->body)
        sscanf(field + 16, "%100[^\r\n]", type);
    c->body = r->body;
    c->body_len = r->body_len;
    prepare_head(c, "200 OK", type);
    origin_send_answer(o, c);
}

static void count_body(struct origin *o, struct conn *c)
{
    c->counted += c->in_len;
    c->in_len = 0;
    if (c->counted < c->expected)
        return;
    c->on_input = origin_take_request;
    c->body = c->text;
    c->body_len = (size_t)snprintf(c->text, sizeof c->text, "%zu bytes\n", c->counted);
    prepare_head(c, "200 OK", "text/plain");
    origin_send_answer(o, c);
}

static void answer_count(struct origin *o, struct conn *c, const struct request *r)
{
    c->counted = 0;
    c->expected = r->body_len;
    c->in_len = r->body_here;
    c->on_input = count_body;
    count_body(o, c);
}

static void answer_login(struct origin *o, struct conn *c, const struct request *r)
{
    int len = snprintf(c->head, sizeof c->head,
                       "HTTP/1.1 302 Found\r\n"
                       "Location: /whoami\r\n"
                       "Set-Cookie: session=%lu; Path=/; HttpOnly\r\n"
                       "Content-Length: 0\r\n\r\n",
                       r->id);

    c->head_len = (size_t)len;
    c->body_len = c->sent = 0;
    origin_send_answer(o, c);
}

static void answer_whoami(struct origin *o, struct conn *c, const struct request *r)
{
    const char *field = strcasestr(c->in, "\r\nCookie: session=");
    unsigned long session = 0;
    int known = field != NULL && field < r->body && sscanf(field + 18, "%lu", &session) == 1;

    c->body = c->text;
    c->body_len = (size_t)(known ? snprintf(c->text, sizeof c->text, "session %lu\n", session)
                                 : snprintf(c->text, sizeof c->text, "nobody\n"));
    prepare_head(c, "200 OK", "text/plain");
    origin_send_answer(o, c);
}

static void echo_back(struct origin *o, struct conn *c)
{
    c->body = c->in;
    c->body_len = c->in_len;
    c->head_len = c->sent = 0;
    origin_send_answer(o, c);
}

static void answer_refusal(struct origin *o, struct conn *c, const char *status, const char *words)
{
    c->body = words;
    c->body_len = strlen(words);
    prepare_head(c, status, "text/plain");
    origin_send_answer(o, c);
}

/* Two of three requests, by their number among all, are too many. */
static void answer_busy(struct origin *o, struct conn *c, const struct request *r)
{
    if (atomic_load(&o->requests) % 3 == 0)
        answer_instant(o, c, r);
    else
        answer_refusal(o, c, "503 Service Unavailable", "busy\n");
}

static void answer_upgrade(struct origin *o, struct conn *c, const struct request *r)
{
    static const char switching[] = "HTTP/1.1 101 Switching Protocols\r\n"
                                    "Connection: Upgrade\r\n"
                                    "Upgrade: echo\r\n\r\n";
    const char *field = strcasestr(c->in, "\r\nUpgrade: echo\r\n");

    if (field == NULL || field > r->body) {
        answer_refusal(o, c, "426 Upgrade Required", "speaks echo only\n");
        return;
    }
    memcpy(c->head, switching, sizeof switching - 1);
    c->head_len = sizeof switching - 1;
    c->body_len = c->sent = 0;
    c->on_input = echo_back;
    origin_send_answer(o, c);
}

/* --- requests -------------------------------------------------------------- */

static const struct route {
    const char *path;
    void (*answer)(struct origin *o, struct conn *c, const struct request *r);
} routes[] = {
    {"/instant", answer_instant}, {"/50ms", answer_50ms},     {"/2s", answer_2s},
    {"/1MiB", answer_pattern},    {"/32MiB", answer_pattern}, {"/never", answer_never},
    {"/echo", answer_echo},       {"/count", answer_count},   {"/upgrade", answer_upgrade},
    {"/busy", answer_busy},       {"/login", answer_login},   {"/whoami", answer_whoami},
};

static const struct route *find_route(const struct request *r)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (strlen(routes[i].path) == r->path_len &&
            memcmp(routes[i].path, r->path, r->path_len) == 0)
            return &routes[i];
    return NULL;
}

/* Whether a whole head is there; then *r points into c->in. */
static int parse_head(struct conn *c, struct request *r)
{
    const char *end = strstr(c->in, "\r\n\r\n");
    const char *field = strcasestr(c->in, "\r\nContent-Length: ");
    const char *path = strchr(c->in, '/');
    const char *query;

    if (end == NULL || path == NULL)
        return 0;
    r->body = end + 4;
    r->body_len = field != NULL && field < end ? strtoul(field + 18, NULL, 10) : 0;
    r->body_here = c->in_len - (size_t)(r->body - c->in);
    r->path = path;
    r->path_len = strcspn(path, "? ");
    query = path + r->path_len;
    r->id = strncmp(query, "?id=", 4) == 0 ? strtoul(query + 4, NULL, 10) : 0;
    return 1;
}

void origin_take_request(struct origin *o, struct conn *c)
{
    struct request r;
    const struct route *route;

    if (!parse_head(c, &r))
        return;
    route = find_route(&r);
    if (r.body_here < r.body_len && (route == NULL || route->answer != answer_count))
        return;
    atomic_fetch_add(&o->requests, 1);
    c->id = r.id;
    if (route != NULL)
        route->answer(o, c, &r);
    else
        answer_refusal(o, c, "404 Not Found", "no such route\n");
}
