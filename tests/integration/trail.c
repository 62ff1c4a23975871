/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Trails live in a fixed number of static places: an origin's handlers may use
 * them until the rig has stopped it.
 */
#include "integration/trail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/expect.h"

enum { TRAILS = 6, TARGET_BYTES = 512, BODY_BYTES = 256, URLS = 32 };

static struct trail trails[TRAILS];
static unsigned next_trail;

static char urls[URLS][ORIGIN_URL_BYTES];
static unsigned next_url;

/* --- answering --- */

static size_t content_length(const char *head)
{
    const char *field = strstr(head, "\r\nContent-Length: ");
    return field != NULL ? strtoul(field + 18, NULL, 10) : 0;
}

static void note(struct trail *t, const char *head, const char *target, const char *body)
{
    size_t used = strlen(t->lines);
    int method = (int)strcspn(head, " ");
    snprintf(t->lines + used, sizeof t->lines - used, "%.*s %s \"%s\"\n", method, head, target,
             body);
    if (t->len < TRAIL_MANY)
        snprintf(t->heads[t->len], TRAIL_HEAD_BYTES, "%s", head);
    t->len++;
}

/* "/?code=301&next=302,303" is "301 to /?code=302&next=303". */
static void reply_by_code(const char *target, char *reply)
{
    const char *code = strstr(target, "code=");
    const char *next = strstr(target, "next=");
    char location[TARGET_BYTES] = "/";
    if (next != NULL) {
        next += 5;
        int first = (int)strcspn(next, ",");
        snprintf(location, sizeof location, "/?code=%.*s%s%s", first, next,
                 next[first] == ',' ? "&next=" : "", next[first] == ',' ? next + first + 1 : "");
    }
    int status = code != NULL ? atoi(code + 5) : 200;
    bool redirects = status >= 301 && status <= 308 && status != 304;
    if (status == 304)
        snprintf(reply, TRAIL_REPLY_BYTES, "HTTP/1.1 304 X\r\n\r\n");
    else if (redirects)
        snprintf(reply, TRAIL_REPLY_BYTES,
                 "HTTP/1.1 %d X\r\nLocation: %s\r\nContent-Length: 4\r\n\r\ngone", status,
                 location);
    else
        snprintf(reply, TRAIL_REPLY_BYTES, "HTTP/1.1 %d X\r\nContent-Length: 5\r\n\r\nhello",
                 status);
}

static void find_reply(struct trail *t, const char *target, char *reply)
{
    for (unsigned i = 0; i < t->rules_len; i++) {
        if (strcmp(t->rules[i].target, target) != 0)
            continue;
        memcpy(reply, t->rules[i].reply, TRAIL_REPLY_BYTES);
        return;
    }
    reply_by_code(target, reply);
}

static bool read_body(struct peer *peer, const char *head, char *body)
{
    size_t len = content_length(head);
    if (len >= BODY_BYTES || !peer_read(peer, body, len))
        return false;
    body[len] = '\0';
    return true;
}

static void serve(struct peer *peer, void *arg)
{
    struct trail *t = arg;
    char reply[TRAIL_REPLY_BYTES], body[BODY_BYTES], target[TARGET_BYTES];
    while (peer_read_head(peer)) {
        const char *head = peer_head(peer);
        if (sscanf(head, "%*s %511s", target) != 1 || !read_body(peer, head, body))
            return;
        pthread_mutex_lock(&t->lock);
        note(t, head, target, body);
        find_reply(t, target, reply);
        pthread_mutex_unlock(&t->lock);
        /* An answer to HEAD ends with its head. */
        if (strncmp(head, "HEAD ", 5) == 0)
            strstr(reply, "\r\n\r\n")[4] = '\0';
        if (!peer_say(peer, reply) || strstr(reply, "\r\nConnection: close\r\n") != NULL)
            return;
    }
}

/* --- making --- */

static struct trail *take(void)
{
    struct trail *t = &trails[next_trail++ % TRAILS];
    memset(t, 0, sizeof *t);
    pthread_mutex_init(&t->lock, NULL);
    return t;
}

struct trail *trail_begin(void)
{
    struct trail *t = take();
    t->origin = rig_origin(serve, t);
    return t;
}

struct trail *trail_begin_tls(void)
{
    struct trail *t = take();
    t->origin = rig_origin_tls(serve, t, "good");
    return t;
}

struct trail *trail_begin_plain(void)
{
    struct trail *t = take();
    t->origin = rig_origin_plain(serve, t);
    return t;
}

void trail_answer(struct trail *trail, const char *target, const char *reply)
{
    pthread_mutex_lock(&trail->lock);
    unsigned i = trail->rules_len++;
    REQUIRE(i < TRAIL_RULES);
    snprintf(trail->rules[i].target, sizeof trail->rules[i].target, "%s", target);
    snprintf(trail->rules[i].reply, TRAIL_REPLY_BYTES, "%s", reply);
    pthread_mutex_unlock(&trail->lock);
}

void trail_redirect(struct trail *trail, const char *target, int status, const char *location)
{
    char reply[TRAIL_REPLY_BYTES];
    snprintf(reply, sizeof reply, "HTTP/1.1 %d X\r\nLocation: %s\r\nContent-Length: 4\r\n\r\ngone",
             status, location);
    trail_answer(trail, target, reply);
}

/* --- asking --- */

const char *trail_url(const struct trail *trail, const char *target)
{
    return origin_url(trail->origin, target, urls[next_url++ % URLS]);
}

gofer_request *trail_request(const char *method, const struct trail *trail, const char *target)
{
    return rig_request_to(method, trail_url(trail, target));
}

struct outcome trail_get(gofer_client *client, const struct trail *trail, const char *target)
{
    return rig_call(client, trail_request("GET", trail, target));
}

const char *trail_lines(struct trail *trail)
{
    return trail_len(trail) > 0 ? trail->lines : "";
}

unsigned trail_len(struct trail *trail)
{
    pthread_mutex_lock(&trail->lock);
    unsigned len = trail->len;
    pthread_mutex_unlock(&trail->lock);
    return len;
}

const char *trail_head(struct trail *trail, unsigned n)
{
    return n >= 1 && n <= trail_len(trail) && n <= TRAIL_MANY ? trail->heads[n - 1] : "";
}
