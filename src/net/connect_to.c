/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Rules of where to connect, tried in turn.
 */
#include "net/connect_to.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "net/endpoint.h"
#include "net/hostname.h"

/* A host and a port of a text; NULL and 0 where it is empty. */
struct side {
    char *host;
    char *zone;
    uint16_t port;
};

struct rule {
    struct side from;
    struct side to;
};

struct connect_to {
    size_t len;
    struct rule rules[];
};

/* --- making --- */

/* Splits "fe80::1%eth0" at its zone. 0 or an errno value. */
static int set_host(struct side *side, const char *text)
{
    struct addr addr;
    size_t len = strcspn(text, "%");
    bool zoned = text[len] == '%';
    if (!hostname_is_valid(text) && !endpoint_addr(text, 0, &addr))
        return EINVAL;
    side->host = mem_strndup(text, len);
    side->zone = zoned ? mem_strdup(text + len + 1) : NULL;
    return side->host == NULL || (zoned && side->zone == NULL) ? ENOMEM : 0;
}

/* Reads "host:port"; *at then stands behind the colon that follows, or at the end. */
static int parse_side(const char **at, struct side *side)
{
    char host[ENDPOINT_BYTES];
    char port[ENDPOINT_BYTES];
    if (!endpoint_field(at, ":", host) || *(*at)++ != ':' || !endpoint_field(at, ":", port) ||
        (*port != '\0' && !endpoint_port(port, &side->port)))
        return EINVAL;
    return *host != '\0' ? set_host(side, host) : 0;
}

static int parse_rule(const char *at, struct rule *rule)
{
    int err = at == NULL ? EINVAL : parse_side(&at, &rule->from);
    if (err == 0 && *at++ != ':')
        err = EINVAL;
    if (err == 0)
        err = parse_side(&at, &rule->to);
    return err == 0 && *at != '\0' ? EINVAL : err;
}

struct connect_to *connect_to_new(const char *const *texts, size_t len, int *err)
{
    struct connect_to *rules = NULL;
    *err = ENOMEM;
    if (len < SIZE_MAX / sizeof(struct rule) / 2)
        rules = mem_zalloc(sizeof(*rules) + len * sizeof(struct rule));
    if (rules == NULL)
        return NULL;
    *err = 0;
    for (; *err == 0 && rules->len < len; rules->len++)
        *err = parse_rule(texts[rules->len], &rules->rules[rules->len]);
    if (*err == 0)
        return rules;
    connect_to_free(rules);
    return NULL;
}

static void side_fini(struct side *side)
{
    mem_free(side->host);
    mem_free(side->zone);
}

void connect_to_free(struct connect_to *rules)
{
    if (rules == NULL)
        return;
    for (size_t i = 0; i < rules->len; i++) {
        side_fini(&rules->rules[i].from);
        side_fini(&rules->rules[i].to);
    }
    mem_free(rules);
}

/* --- applying --- */

/* Addresses are equal in any spelling, names in any case and with or without a final dot. */
static bool is_same_host(const struct side *side, const struct destination *to)
{
    struct addr one;
    struct addr other;
    if (addr_parse(side->host, side->zone, 0, &one))
        return addr_parse(to->host, to->zone, 0, &other) && addr_equal(&one, &other);
    return hostname_equal(side->host, to->host);
}

static bool matches(const struct side *from, const struct destination *to)
{
    return (from->port == 0 || from->port == to->port) &&
           (from->host == NULL || is_same_host(from, to));
}

void connect_to_apply(const struct connect_to *rules, struct destination *to)
{
    size_t i = 0;
    while (rules != NULL && i < rules->len && !matches(&rules->rules[i].from, to))
        i++;
    if (rules == NULL || i == rules->len)
        return;
    const struct side *other = &rules->rules[i].to;
    if (other->host != NULL) {
        to->host = other->host;
        to->zone = other->zone;
    }
    if (other->port != 0)
        to->port = other->port;
}
