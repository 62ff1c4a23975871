/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Cookies that a jar keeps: from the pieces, which lie here and there, to one
 * allocation.
 */
#include "client/stored_cookie.h"

#include <string.h>

#include "base/alloc.h"

struct pieces {
    struct cookie_span name;
    struct cookie_span value;
    struct cookie_span domain;
    struct cookie_span path;
};

static struct cookie_span span_of(const char *text)
{
    return (struct cookie_span){text, strlen(text)};
}

/* Puts a string at *at, which moves behind it. */
static const char *place(char **at, struct cookie_span text)
{
    char *string = *at;
    memcpy(string, text.at, text.len);
    string[text.len] = '\0';
    *at += text.len + 1;
    return string;
}

/* Only the strings and the site are set. */
static struct stored_cookie *assemble(const struct pieces *p, bool is_ip,
                                      const struct public_suffixes *suffixes)
{
    size_t text = p->name.len + p->value.len + p->domain.len + p->path.len + 4;
    struct stored_cookie *c = mem_alloc(sizeof(*c) + text);
    if (c == NULL)
        return NULL;
    memset(c, 0, sizeof(*c));
    char *at = c->text;
    c->cookie.name = place(&at, p->name);
    c->cookie.value = place(&at, p->value);
    c->cookie.domain = place(&at, p->domain);
    c->cookie.path = place(&at, p->path);
    c->site = public_suffixes_site(suffixes, c->cookie.domain, is_ip);
    return c;
}

gofer_status stored_cookie_from_line(const char *line, size_t len, const struct cookie_scope *scope,
                                     const struct public_suffixes *suffixes, int64_t now_ms,
                                     struct stored_cookie **out)
{
    struct set_cookie set;
    bool subdomains;
    *out = NULL;
    if (!cookie_parse(line, len, &set) || (set.secure && !scope->secure))
        return GOFER_ERR_INVALID;
    const char *domain = cookie_domain_choose(&scope->host, set.domain, suffixes, &subdomains);
    if (domain == NULL ||
        !cookie_keeps_promises(set.name, set.secure, set.domain.len == 0, set.path))
        return GOFER_ERR_INVALID;
    struct pieces pieces = {set.name, set.value, span_of(domain), set.path};
    if (pieces.path.len == 0)
        pieces.path = cookie_default_path(scope->path.at, scope->path.len);
    struct stored_cookie *c = assemble(&pieces, scope->host.is_ip, suffixes);
    if (c == NULL)
        return GOFER_ERR_NOMEM;
    c->cookie.expires_ms = cookie_expiry_ms(&set, now_ms);
    c->cookie.include_subdomains = subdomains;
    c->cookie.secure = set.secure;
    c->cookie.http_only = set.http_only;
    c->cookie.same_site = set.same_site;
    *out = c;
    return GOFER_OK;
}

static bool is_legal(const gofer_cookie *given, const struct pieces *p)
{
    return cookie_is_name(p->name.at, p->name.len) && cookie_is_value(p->value.at, p->value.len) &&
           cookie_is_path(p->path.at, p->path.len) &&
           cookie_fits(p->name.len, p->value.len, p->path.len) &&
           cookie_keeps_promises(p->name, given->secure, !given->include_subdomains, p->path);
}

/* Whether a server under the domain could have set it so. */
static bool may_include_subdomains(const struct cookie_host *host,
                                   const struct public_suffixes *suffixes)
{
    return !host->is_ip && host->name[strlen(host->name) - 1] != '.' &&
           !public_suffixes_has(suffixes, host->name);
}

gofer_status stored_cookie_from_public(const gofer_cookie *given,
                                       const struct public_suffixes *suffixes,
                                       struct stored_cookie **out)
{
    struct cookie_host host;
    *out = NULL;
    if (given->name == NULL || given->value == NULL || given->domain == NULL)
        return GOFER_ERR_INVALID;
    gofer_status status = cookie_host_parse(given->domain, &host);
    if (status != GOFER_OK)
        return status;
    struct pieces pieces = {span_of(given->name), span_of(given->value), span_of(host.name),
                            span_of(given->path == NULL ? "/" : given->path)};
    if (!is_legal(given, &pieces) ||
        (given->include_subdomains && !may_include_subdomains(&host, suffixes)))
        return GOFER_ERR_INVALID;
    struct stored_cookie *c = assemble(&pieces, host.is_ip, suffixes);
    if (c == NULL)
        return GOFER_ERR_NOMEM;
    c->cookie.expires_ms = given->expires_ms;
    c->cookie.include_subdomains = given->include_subdomains;
    c->cookie.secure = given->secure;
    c->cookie.http_only = given->http_only;
    c->cookie.same_site = given->same_site;
    *out = c;
    return GOFER_OK;
}

void stored_cookie_free(struct stored_cookie *c)
{
    mem_free(c);
}

bool stored_cookie_is_for(const struct stored_cookie *c, const struct cookie_scope *scope)
{
    if (c->cookie.secure && !scope->secure)
        return false;
    bool host = c->cookie.include_subdomains ? cookie_domain_matches(&scope->host, c->cookie.domain)
                                             : strcmp(scope->host.name, c->cookie.domain) == 0;
    return host && cookie_path_matches(scope->path, span_of(c->cookie.path));
}

bool stored_cookie_replaces(const struct stored_cookie *c, const struct stored_cookie *old)
{
    return c->cookie.include_subdomains == old->cookie.include_subdomains &&
           strcmp(c->cookie.name, old->cookie.name) == 0 &&
           strcmp(c->cookie.domain, old->cookie.domain) == 0 &&
           strcmp(c->cookie.path, old->cookie.path) == 0;
}

/* Whether the name `low` is `high` or ends in it by whole labels. */
static bool is_within(const char *low, const char *high)
{
    size_t low_len = strlen(low), high_len = strlen(high);
    if (low_len < high_len || strcmp(low + low_len - high_len, high) != 0)
        return false;
    return low_len == high_len || low[low_len - high_len - 1] == '.';
}

bool stored_cookie_shadows(const struct stored_cookie *c, const struct stored_cookie *old)
{
    return old->cookie.secure && strcmp(c->cookie.name, old->cookie.name) == 0 &&
           (is_within(c->cookie.domain, old->cookie.domain) ||
            is_within(old->cookie.domain, c->cookie.domain)) &&
           cookie_path_matches(span_of(c->cookie.path), span_of(old->cookie.path));
}
