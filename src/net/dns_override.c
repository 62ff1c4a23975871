/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Overrides: a few rules, searched in turn.
 */
#include "net/dns_override.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "net/endpoint.h"

struct rule {
    char *host; /* NULL: every name */
    uint16_t port;
    struct answer answer;
};

struct dns_overrides {
    size_t len;
    struct rule rules[];
};

/* The addresses, with commas between them. 0 or an errno value. */
static int parse_addrs(const char *at, struct answer *answer)
{
    char field[ENDPOINT_BYTES];
    struct addr addr;
    do {
        if (!endpoint_field(&at, ",", field) || !endpoint_addr(field, 0, &addr))
            return EINVAL;
        if (!answer_add(answer, &addr, 1))
            return ENOMEM;
    } while (*at++ == ',');
    return 0;
}

static int parse_rule(const char *at, struct rule *rule)
{
    char host[ENDPOINT_BYTES];
    char port[ENDPOINT_BYTES];
    if (at == NULL || !endpoint_field(&at, ":", host) || *at++ != ':' ||
        !endpoint_field(&at, ":", port) || *at++ != ':' || !endpoint_port(port, &rule->port))
        return EINVAL;
    bool every = strcmp(host, "*") == 0;
    if (!every && !hostname_is_valid(host))
        return EINVAL;
    rule->host = every ? NULL : mem_strdup(host);
    if (!every && rule->host == NULL)
        return ENOMEM;
    return parse_addrs(at, &rule->answer);
}

struct dns_overrides *dns_overrides_new(const char *const *texts, size_t len, int *err)
{
    struct dns_overrides *overrides = NULL;
    *err = ENOMEM;
    if (len < SIZE_MAX / sizeof(struct rule) / 2)
        overrides = mem_zalloc(sizeof(*overrides) + len * sizeof(struct rule));
    if (overrides == NULL)
        return NULL;
    *err = 0;
    for (; *err == 0 && overrides->len < len; overrides->len++)
        *err = parse_rule(texts[overrides->len], &overrides->rules[overrides->len]);
    if (*err == 0)
        return overrides;
    dns_overrides_free(overrides);
    return NULL;
}

void dns_overrides_free(struct dns_overrides *overrides)
{
    if (overrides == NULL)
        return;
    for (size_t i = 0; i < overrides->len; i++) {
        mem_free(overrides->rules[i].host);
        answer_fini(&overrides->rules[i].answer);
    }
    mem_free(overrides);
}

static const struct rule *find_rule(const struct dns_overrides *overrides, const char *host,
                                    uint16_t port)
{
    const struct rule *for_all = NULL;
    for (size_t i = overrides->len; i-- > 0;) {
        const struct rule *rule = &overrides->rules[i];
        if (rule->port != port)
            continue;
        if (rule->host != NULL && hostname_equal(rule->host, host))
            return rule;
        if (rule->host == NULL && for_all == NULL)
            for_all = rule;
    }
    return for_all;
}

bool dns_overrides_find(const struct dns_overrides *overrides, const char *host, uint16_t port,
                        enum lookup_kind kind, struct answer *answer)
{
    const struct rule *rule = overrides != NULL ? find_rule(overrides, host, port) : NULL;
    if (rule == NULL)
        return false;
    for (size_t i = 0; i < rule->answer.len; i++)
        if (lookup_kind_wants(kind, rule->answer.addrs[i].sa.sa_family) &&
            !answer_add(answer, &rule->answer.addrs[i], 1))
            return true;
    if (answer->len == 0)
        answer->error = LOOKUP_NOT_FOUND;
    return true;
}
