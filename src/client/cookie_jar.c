/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The jar's public functions: from texts to scopes and cookies, and then, under
 * the lock, one call of the store.
 */
#include "client/cookie_jar.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/clock.h"

_Static_assert(GOFER_COOKIE_HEADER_BYTES > COOKIE_HEADER_MAX_BYTES, "no room for the NUL");

gofer_cookie_jar *gofer_cookie_jar_new(void)
{
    gofer_cookie_jar *jar = mem_zalloc(sizeof(*jar));
    if (jar == NULL)
        return NULL;
    refs_init(&jar->refs, 1);
    jar->pid = getpid();
    public_suffixes_init(&jar->suffixes);
    lock_init(&jar->lock, LOCK_JAR);
    return jar;
}

void cookie_jar_ref(gofer_cookie_jar *jar)
{
    if (jar != NULL)
        refs_add(&jar->refs);
}

void cookie_jar_unref(gofer_cookie_jar *jar)
{
    if (jar == NULL || !refs_drop(&jar->refs))
        return;
    cookie_store_clear(&jar->store);
    public_suffixes_fini(&jar->suffixes);
    lock_fini(&jar->lock);
    mem_free(jar);
}

void gofer_cookie_jar_free(gofer_cookie_jar *jar)
{
    /* In a forked child the store may be half changed. */
    if (cookie_jar_check(jar) == GOFER_OK)
        cookie_jar_unref(jar);
}

gofer_status cookie_jar_check(const gofer_cookie_jar *jar)
{
    if (jar == NULL)
        return GOFER_ERR_INVALID;
    return jar->pid == getpid() ? GOFER_OK : GOFER_ERR_FORKED;
}

/* --- setting --- */

gofer_status cookie_jar_set_line(gofer_cookie_jar *jar, const struct cookie_scope *scope,
                                 const char *line, size_t len)
{
    struct stored_cookie *c;
    int64_t now = clock_wall_ms();
    gofer_status status = stored_cookie_from_line(line, len, scope, &jar->suffixes, now, &c);
    if (status != GOFER_OK)
        return status;
    lock_take(&jar->lock);
    status = cookie_store_put(&jar->store, &c, scope->secure, now);
    lock_drop(&jar->lock);
    return status;
}

/* GOFER_OK with a parsed URL, which is the caller's. */
static gofer_status parse_url(const char *text, struct url *url)
{
    struct buf why = BUF_INIT;
    if (text == NULL)
        return GOFER_ERR_INVALID;
    gofer_status status = url_parse(text, url, &why);
    buf_fini(&why);
    return status;
}

gofer_status gofer_cookie_jar_set(gofer_cookie_jar *jar, const char *url_text,
                                  const char *set_cookie)
{
    struct url url;
    struct cookie_scope scope;
    gofer_status status = cookie_jar_check(jar);
    if (status == GOFER_OK)
        status = set_cookie == NULL ? GOFER_ERR_INVALID : parse_url(url_text, &url);
    if (status != GOFER_OK)
        return status;
    cookie_scope_init(&scope, &url);
    status = cookie_jar_set_line(jar, &scope, set_cookie, strlen(set_cookie));
    url_fini(&url);
    return status;
}

static bool is_set_cookie(const char *head, const struct head_field *field)
{
    return ascii_equal_n(head + field->name, field->name_len, "set-cookie");
}

static size_t count_set_cookies(const char *head, const struct head_field *fields, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += is_set_cookie(head, &fields[i]);
    return n;
}

gofer_status cookie_jar_take(gofer_cookie_jar *jar, const struct url *url, const char *head,
                             const struct head_field *fields, size_t fields_len)
{
    struct cookie_scope scope;
    gofer_status status = GOFER_OK;
    size_t n = count_set_cookies(head, fields, fields_len);
    if (n == 0 || n > COOKIE_RESPONSE_MAX)
        return GOFER_OK;
    cookie_scope_init(&scope, url);
    for (size_t i = 0; i < fields_len; i++)
        if (is_set_cookie(head, &fields[i]) &&
            cookie_jar_set_line(jar, &scope, head + fields[i].value, fields[i].value_len) ==
                GOFER_ERR_NOMEM)
            status = GOFER_ERR_NOMEM;
    return status;
}

gofer_status gofer_cookie_jar_add_sized(gofer_cookie_jar *jar, const gofer_cookie *cookie,
                                        size_t size)
{
    gofer_cookie known = {.name = NULL};
    struct stored_cookie *c;
    gofer_status status = cookie_jar_check(jar);
    if (status == GOFER_OK && cookie == NULL)
        status = GOFER_ERR_INVALID;
    if (status != GOFER_OK)
        return status;
    memcpy(&known, cookie, size < sizeof(known) ? size : sizeof(known));
    status = stored_cookie_from_public(&known, &jar->suffixes, &c);
    if (status != GOFER_OK)
        return status;
    lock_take(&jar->lock);
    status = cookie_store_put(&jar->store, &c, true, clock_wall_ms());
    lock_drop(&jar->lock);
    return status;
}

/* --- getting --- */

gofer_status cookie_jar_write(gofer_cookie_jar *jar, const struct url *url, struct buf *out)
{
    struct cookie_scope scope;
    cookie_scope_init(&scope, url);
    const char *site = public_suffixes_site(&jar->suffixes, scope.host.name, scope.host.is_ip);
    lock_take(&jar->lock);
    cookie_store_write(&jar->store, &scope, site, clock_wall_ms(), out);
    lock_drop(&jar->lock);
    return buf_failed(out) ? GOFER_ERR_NOMEM : GOFER_OK;
}

gofer_status gofer_cookie_jar_get(gofer_cookie_jar *jar, const char *url_text, char *out,
                                  size_t size)
{
    struct url url;
    struct buf header = BUF_INIT;
    if (out == NULL || size == 0)
        return GOFER_ERR_INVALID;
    out[0] = '\0';
    gofer_status status = cookie_jar_check(jar);
    if (status == GOFER_OK)
        status = parse_url(url_text, &url);
    if (status != GOFER_OK)
        return status;
    status = cookie_jar_write(jar, &url, &header);
    url_fini(&url);
    if (status == GOFER_OK && header.len >= size)
        status = GOFER_ERR_TOO_LARGE;
    if (status == GOFER_OK && header.len > 0) {
        memcpy(out, header.data, header.len);
        out[header.len] = '\0';
    }
    buf_fini(&header);
    return status;
}

void cookie_jar_each(gofer_cookie_jar *jar, const struct cookie_scope *scope,
                     void (*visit)(const gofer_cookie *cookie, void *arg), void *arg)
{
    lock_take(&jar->lock);
    cookie_store_remove_expired(&jar->store, clock_wall_ms());
    for (struct link *at = list_first(&jar->store.by_age); at != NULL; at = list_next(at)) {
        struct stored_cookie *c = list_item(at, struct stored_cookie, by_age);
        if (scope == NULL || stored_cookie_is_for(c, scope))
            visit(&c->cookie, arg);
    }
    lock_drop(&jar->lock);
}

gofer_status gofer_cookie_jar_list(gofer_cookie_jar *jar, const char *url_text, gofer_cookies **out)
{
    struct url url;
    struct cookie_scope scope;
    if (out == NULL)
        return GOFER_ERR_INVALID;
    *out = NULL;
    gofer_status status = cookie_jar_check(jar);
    if (status != GOFER_OK || url_text == NULL)
        return status != GOFER_OK ? status : cookie_jar_copy(jar, NULL, out);
    status = parse_url(url_text, &url);
    if (status != GOFER_OK)
        return status;
    cookie_scope_init(&scope, &url);
    status = cookie_jar_copy(jar, &scope, out);
    url_fini(&url);
    return status;
}

/* --- removing --- */

gofer_status gofer_cookie_jar_remove(gofer_cookie_jar *jar, const char *domain, const char *path,
                                     const char *name)
{
    struct cookie_host host;
    gofer_status status = cookie_jar_check(jar);
    if (status == GOFER_OK && (domain == NULL || path == NULL || name == NULL))
        status = GOFER_ERR_INVALID;
    if (status == GOFER_OK)
        status = cookie_host_parse(domain, &host);
    if (status != GOFER_OK)
        return status;
    const char *site = public_suffixes_site(&jar->suffixes, host.name, host.is_ip);
    lock_take(&jar->lock);
    cookie_store_remove(&jar->store, site, host.name, path, name);
    lock_drop(&jar->lock);
    return GOFER_OK;
}

gofer_status gofer_cookie_jar_clear(gofer_cookie_jar *jar)
{
    gofer_status status = cookie_jar_check(jar);
    if (status != GOFER_OK)
        return status;
    lock_take(&jar->lock);
    cookie_store_clear(&jar->store);
    lock_drop(&jar->lock);
    return GOFER_OK;
}

gofer_status gofer_cookie_jar_clear_session(gofer_cookie_jar *jar)
{
    gofer_status status = cookie_jar_check(jar);
    if (status != GOFER_OK)
        return status;
    lock_take(&jar->lock);
    cookie_store_remove_session(&jar->store);
    lock_drop(&jar->lock);
    return GOFER_OK;
}
