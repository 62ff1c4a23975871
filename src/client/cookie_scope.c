/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Scopes. The URL parser has made the host canonical; so a Domain attribute is
 * legal text exactly where it is a suffix of that host, and needs no check of its
 * own.
 */
#include "client/cookie_scope.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "http/host.h"
#include "net/hostname.h"

static void host_set(struct cookie_host *host, const char *name, const char *zone,
                     enum url_host_kind kind)
{
    /* cppcheck-suppress ctuuninitvar; this is where it is set */
    snprintf(host->name, sizeof host->name, "%s%s%s", name, zone == NULL ? "" : "%",
             zone == NULL ? "" : zone);
    host->is_ip = kind != URL_HOST_NAME;
}

static bool is_loopback(const struct url *url)
{
    if (url->host_kind == URL_HOST_NAME)
        return hostname_is_local(url->host);
    if (url->host_kind == URL_HOST_IPV6)
        return strcmp(url->host, "::1") == 0;
    return strncmp(url->host, "127.", 4) == 0;
}

void cookie_scope_init(struct cookie_scope *scope, const struct url *url)
{
    host_set(&scope->host, url->host, url->zone, url->host_kind);
    scope->secure = strcmp(url->scheme, "https") == 0 || is_loopback(url);
    scope->path = (struct cookie_span){url->target, strcspn(url->target, "?")};
}

/* Brackets and "%25" around an address as URLs have it; the text itself where it is a name. */
static void write_as_in_url(const char *text, struct buf *out)
{
    if (strchr(text, ':') == NULL || text[0] == '[') {
        buf_append_str(out, text[0] == '.' ? text + 1 : text);
        return;
    }
    size_t len = strcspn(text, "%");
    buf_append_char(out, '[');
    buf_append(out, text, len);
    if (text[len] == '%') {
        buf_append_str(out, "%25");
        buf_append_str(out, text + len + 1);
    }
    buf_append_char(out, ']');
}

gofer_status cookie_host_parse(const char *text, struct cookie_host *host)
{
    struct buf authority = BUF_INIT, why = BUF_INIT;
    struct host parsed = {0};
    gofer_status status = GOFER_ERR_NOMEM;
    write_as_in_url(text, &authority);
    if (!buf_failed(&authority))
        status = authority.len == 0 ? GOFER_ERR_INVALID
                                    : host_parse(authority.data, authority.len, &parsed, &why);
    buf_fini(&authority);
    buf_fini(&why);
    if (status != GOFER_OK)
        return status;
    if (parsed.port >= 0)
        status = GOFER_ERR_INVALID;
    else
        host_set(host, parsed.name, parsed.zone, parsed.kind);
    host_fini(&parsed);
    return status;
}

/* Where `domain` ends the host's name, by whole labels; NULL where it does not. */
static const char *suffix_of(const char *host, struct cookie_span domain)
{
    size_t len = strlen(host);
    if (domain.len == 0 || domain.len > len)
        return NULL;
    const char *suffix = host + len - domain.len;
    if (!ascii_equal_n(domain.at, domain.len, suffix))
        return NULL;
    return suffix == host || suffix[-1] == '.' ? suffix : NULL;
}

bool cookie_domain_matches(const struct cookie_host *host, const char *domain)
{
    const char *suffix = suffix_of(host->name, (struct cookie_span){domain, strlen(domain)});
    return suffix == host->name || (suffix != NULL && !host->is_ip);
}

const char *cookie_domain_choose(const struct cookie_host *host, struct cookie_span attribute,
                                 const struct public_suffixes *suffixes, bool *include_subdomains)
{
    *include_subdomains = false;
    if (attribute.len == 0)
        return host->name;
    if (host->is_ip)
        return ascii_equal_n(attribute.at, attribute.len, host->name) ? host->name : NULL;
    if (attribute.at[0] == '.')
        attribute = (struct cookie_span){attribute.at + 1, attribute.len - 1};
    const char *domain = suffix_of(host->name, attribute);
    if (domain == NULL || *domain == '.' || attribute.at[attribute.len - 1] == '.')
        return NULL;
    /* Behind the site there may be names that are no public suffix above one that is:
     * "amazonaws.com" above "s3.amazonaws.com". */
    if (domain > public_suffixes_site(suffixes, host->name, false))
        return NULL;
    if (public_suffixes_has(suffixes, domain))
        return domain == host->name ? domain : NULL;
    *include_subdomains = true;
    return domain;
}
