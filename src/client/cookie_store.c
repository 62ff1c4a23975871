/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The store. What is rare walks lists: setting a cookie looks at its site's,
 * evicting one at all, which are 3,000 at most.
 */
#include "client/cookie_store.h"

#include <string.h>

#include "base/alloc.h"
#include "base/map.h"

struct cookie_site {
    UT_hash_handle hh;
    struct list cookies; /* by in_site */
    char name[];
};

static struct stored_cookie *of_site(struct link *link)
{
    return list_item(link, struct stored_cookie, in_site);
}

static struct stored_cookie *of_age(struct link *link)
{
    return list_item(link, struct stored_cookie, by_age);
}

static struct stored_cookie *of_use(struct link *link)
{
    return list_item(link, struct stored_cookie, by_use);
}

/* --- sites --- */

static struct cookie_site *find_site(struct cookie_store *store, const char *name)
{
    struct cookie_site *site;
    HASH_FIND_STR(store->sites, name, site);
    return site;
}

static struct cookie_site *add_site(struct cookie_store *store, const char *name)
{
    size_t len = strlen(name);
    struct cookie_site *site = mem_zalloc(sizeof(*site) + len + 1);
    if (site == NULL)
        return NULL;
    memcpy(site->name, name, len + 1);
    HASH_ADD_KEYPTR(hh, store->sites, site->name, len, site);
    if (map_added(site))
        return site;
    mem_free(site);
    return NULL;
}

static void drop_site_if_empty(struct cookie_store *store, struct cookie_site *site)
{
    if (list_first(&site->cookies) != NULL)
        return;
    HASH_DEL(store->sites, site);
    mem_free(site);
}

/* --- one cookie --- */

/* Takes it out and frees it; its site stays, even empty. */
static void discard(struct stored_cookie *c)
{
    list_remove(&c->in_site);
    list_remove(&c->by_age);
    list_remove(&c->by_use);
    stored_cookie_free(c);
}

static void discard_with_site(struct cookie_store *store, struct stored_cookie *c)
{
    struct cookie_site *site = list_item(c->in_site.owner, struct cookie_site, cookies);
    discard(c);
    drop_site_if_empty(store, site);
}

static bool is_expired(const struct stored_cookie *c, int64_t now_ms)
{
    return cookie_is_expired(c->cookie.expires_ms, now_ms);
}

static void discard_expired(struct cookie_site *site, int64_t now_ms)
{
    for (struct link *at = list_first(&site->cookies), *next; at != NULL; at = next) {
        next = list_next(at);
        if (is_expired(of_site(at), now_ms))
            discard(of_site(at));
    }
}

/* --- putting --- */

static bool shadows_any(const struct stored_cookie *c, struct cookie_site *site)
{
    for (struct link *at = list_first(&site->cookies); at != NULL; at = list_next(at))
        if (stored_cookie_shadows(c, of_site(at)))
            return true;
    return false;
}

static struct stored_cookie *find_replaced(const struct stored_cookie *c, struct cookie_site *site)
{
    for (struct link *at = list_first(&site->cookies); at != NULL; at = list_next(at))
        if (stored_cookie_replaces(c, of_site(at)))
            return of_site(at);
    return NULL;
}

/* The first of the site whose path is shorter; NULL: none. */
static struct link *first_shorter(struct cookie_site *site, const struct stored_cookie *c)
{
    size_t len = strlen(c->cookie.path);
    struct link *at = list_first(&site->cookies);
    while (at != NULL && strlen(of_site(at)->cookie.path) >= len)
        at = list_next(at);
    return at;
}

static void insert(struct cookie_store *store, struct cookie_site *site, struct stored_cookie *c,
                   struct stored_cookie *old)
{
    list_push(&store->by_use, &c->by_use);
    if (old == NULL) {
        list_insert_before(&site->cookies, first_shorter(site, c), &c->in_site);
        list_push(&store->by_age, &c->by_age);
        return;
    }
    list_insert_before(&site->cookies, &old->in_site, &c->in_site);
    list_insert_before(&store->by_age, &old->by_age, &c->by_age);
    discard(old);
}

static size_t count_of_domain(struct cookie_site *site, const char *domain)
{
    size_t n = 0;
    for (struct link *at = list_first(&site->cookies); at != NULL; at = list_next(at))
        n += strcmp(of_site(at)->cookie.domain, domain) == 0;
    return n;
}

/* The one of the domain that was not used for the longest time, of those with that flag. */
static struct stored_cookie *least_used(struct cookie_store *store, const char *domain, bool secure)
{
    struct link *at = list_first(&store->by_use);
    while (at != NULL &&
           (of_use(at)->cookie.secure != secure || strcmp(of_use(at)->cookie.domain, domain) != 0))
        at = list_next(at);
    return of_use(at);
}

/* The cookie that was just put may be the one that goes: where all others are secure and it is
 * not. */
static void evict(struct cookie_store *store, struct cookie_site *site, const char *domain,
                  int64_t now_ms)
{
    if (count_of_domain(site, domain) > COOKIE_DOMAIN_MAX) {
        struct stored_cookie *plain = least_used(store, domain, false);
        discard(plain != NULL ? plain : least_used(store, domain, true));
    }
    if (store->by_use.len > COOKIE_STORE_MAX)
        cookie_store_remove_expired(store, now_ms);
    if (store->by_use.len > COOKIE_STORE_MAX)
        discard_with_site(store, of_use(list_first(&store->by_use)));
}

/* The site has no expired cookie. */
static gofer_status put(struct cookie_store *store, struct cookie_site *site,
                        struct stored_cookie *c, int64_t now_ms)
{
    struct stored_cookie *old = find_replaced(c, site);
    if (!is_expired(c, now_ms)) {
        insert(store, site, c, old);
        evict(store, site, c->cookie.domain, now_ms);
        return GOFER_OK;
    }
    if (old != NULL)
        discard(old);
    stored_cookie_free(c);
    drop_site_if_empty(store, site);
    return GOFER_OK;
}

gofer_status cookie_store_put(struct cookie_store *store, struct stored_cookie **taken,
                              bool is_trusted, int64_t now_ms)
{
    struct stored_cookie *c = *taken;
    gofer_status status = GOFER_OK;
    *taken = NULL;
    struct cookie_site *site = find_site(store, c->site);
    if (site == NULL)
        site = add_site(store, c->site);
    if (site == NULL) {
        status = GOFER_ERR_NOMEM;
    } else {
        discard_expired(site, now_ms);
        if (!is_trusted && !c->cookie.secure && shadows_any(c, site))
            status = GOFER_ERR_INVALID;
    }
    if (status == GOFER_OK)
        return put(store, site, c, now_ms);
    stored_cookie_free(c);
    return status;
}

/* --- the rest --- */

void cookie_store_write(struct cookie_store *store, const struct cookie_scope *scope,
                        const char *site_name, int64_t now_ms, struct buf *out)
{
    size_t begin = out->len, n = 0;
    struct cookie_site *site = find_site(store, site_name);
    if (site == NULL)
        return;
    discard_expired(site, now_ms);
    for (struct link *at = list_first(&site->cookies); at != NULL; at = list_next(at)) {
        struct stored_cookie *c = of_site(at);
        if (n == COOKIE_HEADER_MAX_COOKIES || !stored_cookie_is_for(c, scope) ||
            !cookie_write_pair(out, begin, c->cookie.name, c->cookie.value))
            continue;
        n++;
        list_remove(&c->by_use);
        list_push(&store->by_use, &c->by_use);
    }
    drop_site_if_empty(store, site);
}

void cookie_store_remove(struct cookie_store *store, const char *site_name, const char *domain,
                         const char *path, const char *name)
{
    struct cookie_site *site = find_site(store, site_name);
    if (site == NULL)
        return;
    for (struct link *at = list_first(&site->cookies), *next; at != NULL; at = next) {
        struct stored_cookie *c = of_site(at);
        next = list_next(at);
        if (strcmp(c->cookie.domain, domain) == 0 && strcmp(c->cookie.path, path) == 0 &&
            strcmp(c->cookie.name, name) == 0)
            discard(c);
    }
    drop_site_if_empty(store, site);
}

void cookie_store_remove_expired(struct cookie_store *store, int64_t now_ms)
{
    for (struct link *at = list_first(&store->by_age), *next; at != NULL; at = next) {
        next = list_next(at);
        if (is_expired(of_age(at), now_ms))
            discard_with_site(store, of_age(at));
    }
}

void cookie_store_remove_session(struct cookie_store *store)
{
    for (struct link *at = list_first(&store->by_age), *next; at != NULL; at = next) {
        next = list_next(at);
        if (of_age(at)->cookie.expires_ms == COOKIE_SESSION)
            discard_with_site(store, of_age(at));
    }
}

void cookie_store_clear(struct cookie_store *store)
{
    struct link *at;
    while ((at = list_first(&store->by_age)) != NULL)
        discard_with_site(store, of_age(at));
}
