/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See inlet.h. The only client is ours: what it never sends is not understood.
 */
#include "chaos/inlet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "chaos/pattern.h"

void inlet_begin(struct inlet *inlet)
{
    memset(inlet, 0, sizeof *inlet);
}

/* The value of a field in a head that ends with a NUL, or NULL. */
static const char *field(const char *head, const char *name)
{
    size_t len = strlen(name);

    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':')
            return line + len + 1 + strspn(line + len + 1, " ");
    }
    return NULL;
}

static uint64_t number_in(const char *head, const char *name, uint64_t otherwise)
{
    const char *value = field(head, name);

    return value != NULL ? strtoull(value, NULL, 10) : otherwise;
}

/* "/fault/id/size", behind "http://host:port" where a proxy is to fetch it. */
static bool parse_target(struct inlet *inlet, const char *target)
{
    char name[32];
    const char *path = strncmp(target, "http://", 7) == 0 ? strchr(target + 7, '/') : target;

    if (path == NULL ||
        sscanf(path, "/%31[a-z_]/%" SCNu64 "/%" SCNu64, name, &inlet->id, &inlet->size) != 3)
        return false;
    inlet->fault = fault_named(name);
    return inlet->fault != NULL;
}

static bool parse_host(struct inlet *inlet, const char *head)
{
    const char *host = field(head, "Host");
    unsigned port;

    if (host == NULL || sscanf(host, "%63[^:\r\n]:%u", inlet->host, &port) != 2)
        return false;
    inlet->port = (uint16_t)port;
    return true;
}

static bool parse_framing(struct inlet *inlet, const char *head)
{
    const char *coding = field(head, "Transfer-Encoding");
    const char *length = field(head, "Content-Length");

    if (coding != NULL && (length != NULL || strncmp(coding, "chunked\r\n", 9) != 0))
        return false;
    inlet->expects = field(head, "Expect") != NULL;
    inlet->body_number = number_in(head, "X-Body", 0);
    inlet->body_wanted = number_in(head, "X-Body-Length", 0);
    inlet->body_left = number_in(head, "Content-Length", 0);
    inlet->has_body = coding != NULL || inlet->body_left > 0;
    inlet->state = coding != NULL         ? INLET_CHUNK_SIZE
                   : inlet->body_left > 0 ? INLET_BODY
                                          : INLET_WHOLE;
    return true;
}

/* The id stands in the target and in a field: they must be of one request. */
static bool parse_head(struct inlet *inlet, const char *head)
{
    char target[256], version[12];

    if (sscanf(head, "%11s %255s %11s\r\n", inlet->method, target, version) != 3 ||
        strcmp(version, "HTTP/1.1") != 0 || !parse_host(inlet, head))
        return false;
    if (strcmp(inlet->method, "CONNECT") == 0) {
        inlet->state = INLET_WHOLE;
        return true;
    }
    return parse_target(inlet, target) && number_in(head, "X-Id", ~inlet->id) == inlet->id &&
           parse_framing(inlet, head);
}

static size_t take_head(struct inlet *inlet, char *data, size_t len)
{
    char *end = memmem(data, len, "\r\n\r\n", 4);

    if (end == NULL)
        return 0;
    end[2] = '\0';
    if (!parse_head(inlet, data))
        inlet->state = INLET_BAD;
    return (size_t)(end - data) + 4;
}

static size_t take_body(struct inlet *inlet, const char *data, size_t len)
{
    size_t n = len < inlet->body_left ? len : inlet->body_left;

    if (inlet->body_number != 0 && !pattern_is(inlet->body_number, inlet->body_at, data, n))
        inlet->bad_body = true;
    inlet->body_at += n;
    inlet->body_left -= n;
    if (inlet->body_left == 0)
        inlet->state = inlet->state == INLET_CHUNK ? INLET_CHUNK_END : INLET_WHOLE;
    return n;
}

/* A line of the chunked coding; what follows from it is the state's. */
static size_t take_line(struct inlet *inlet, const char *data, size_t len)
{
    const char *end = memmem(data, len, "\r\n", 2);

    if (end == NULL)
        return 0;
    if (inlet->state == INLET_CHUNK_SIZE) {
        inlet->body_left = strtoull(data, NULL, 16);
        inlet->state = inlet->body_left > 0 ? INLET_CHUNK : INLET_TRAILER;
    } else if (inlet->state == INLET_CHUNK_END) {
        inlet->state = end == data ? INLET_CHUNK_SIZE : INLET_BAD;
    } else if (end == data) {
        inlet->state = INLET_WHOLE;
    }
    return (size_t)(end - data) + 2;
}

static size_t take_some(struct inlet *inlet, char *data, size_t len)
{
    switch (inlet->state) {
    case INLET_HEAD:
        return take_head(inlet, data, len);
    case INLET_BODY:
    case INLET_CHUNK:
        return take_body(inlet, data, len);
    case INLET_CHUNK_SIZE:
    case INLET_CHUNK_END:
    case INLET_TRAILER:
        return take_line(inlet, data, len);
    default:
        return 0;
    }
}

size_t inlet_take(struct inlet *inlet, char *data, size_t len)
{
    bool in_head = inlet->state == INLET_HEAD;
    size_t taken = 0, n;

    do {
        n = take_some(inlet, data + taken, len - taken);
        taken += n;
    } while (n > 0 && !in_head && inlet->state < INLET_WHOLE);
    if (inlet->state == INLET_WHOLE && inlet->body_at != inlet->body_wanted)
        inlet->bad_body = true;
    return taken;
}
