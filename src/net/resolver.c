/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The resolver as its askers see it: what is answered on the spot, the mailbox,
 * and the beginning and end of the whole.
 */
#include "net/resolver.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "net/dns_override.h"
#include "net/hostname.h"
#include "net/resolver_state.h"

enum {
    MAX_TTL_MS = 60000,
    NEGATIVE_TTL_MS = 1000,
    CACHE_MAX = 1000,
    ASKING_MAX =
        1000, /* c-ares has 65,536 numbers for questions, and looks at each for time-outs */
    RECHECK_MS = 5000
};

/* --- answers that need no question --- */

static void settle(struct lookup *lookup, enum lookup_error error)
{
    if (lookup->arrived.error == LOOKUP_OK)
        lookup->arrived.error = error;
    lookup->state = LOOKUP_ANSWERED;
}

/* Adds an address, where the lookup wants such a one. */
static void add(struct lookup *lookup, const char *text)
{
    struct addr addr;
    if (addr_parse(text, NULL, 0, &addr) && lookup_kind_wants(lookup->kind, addr.sa.sa_family))
        answer_add(&lookup->arrived, &addr, 1);
}

static void answer_local(struct lookup *lookup)
{
    add(lookup, "127.0.0.1");
    add(lookup, "::1");
    settle(lookup, LOOKUP_OK);
}

static void answer_literal(struct lookup *lookup)
{
    add(lookup, lookup->host);
    settle(lookup, lookup->arrived.len > 0 ? LOOKUP_OK : LOOKUP_NOT_FOUND);
}

static void answer_known(const struct resolver *r, struct lookup *lookup)
{
    struct addr literal;
    if (addr_parse(lookup->host, NULL, 0, &literal))
        answer_literal(lookup);
    else if (!hostname_is_valid(lookup->host))
        settle(lookup, LOOKUP_BAD_NAME);
    else if (dns_overrides_find(r->options.overrides, lookup->host, lookup->port, lookup->kind,
                                &lookup->arrived))
        settle(lookup, LOOKUP_OK);
    else if (hostname_is_local(lookup->host))
        answer_local(lookup);
    else if (hostname_is_onion(lookup->host))
        settle(lookup, LOOKUP_NOT_FOUND);
}

bool resolver_answer_cached_locked(struct resolver *r, struct lookup *lookup, int64_t now_ns,
                                   bool *mail)
{
    struct lookup_key key;
    lookup_key_set(&key, lookup->host, lookup->kind);
    struct cache_entry *entry = dns_cache_find(&r->cache, &key, now_ns);
    if (entry == NULL)
        return false;
    answer_add(&lookup->arrived, entry->answer.addrs, entry->answer.len);
    settle(lookup, entry->answer.error);
    if (!cache_entry_is_fresh(entry, now_ns) && now_ns >= entry->retry_at) {
        entry->retry_at = CLOCK_NEVER;
        list_push(&r->refreshes, &entry->refresh);
        *mail = true;
    }
    return true;
}

/* --- asking --- */

/* From the cache, or through the mailbox. True where a poke is owed. */
static bool post_locked(struct resolver *r, struct lookup *lookup)
{
    int64_t now = clock_now_ns();
    bool mail = false;
    if (r->state != RESOLVER_OPEN) {
        settle(lookup, LOOKUP_FAILED);
        return false;
    }
    if (now >= r->recheck_at || !resolver_answer_cached_locked(r, lookup, now, &mail)) {
        lookup->state = LOOKUP_ASKED;
        list_push(&r->mailbox, &lookup->link);
        mail = true;
    }
    return mail && task_wake(&r->task, EV_MAIL);
}

/* Hands over what arrived, on its asker's thread and without a lock. The order is that of the
 * answer; which address is the best is for the race to say. */
static void take(struct lookup *lookup, struct answer *arrived, bool whole)
{
    struct answer all = {LOOKUP_OK, lookup->addrs, lookup->addrs_len};
    for (size_t i = 0; i < arrived->len; i++)
        addr_set_port(&arrived->addrs[i], lookup->port);
    if (all.len == 0) {
        all.addrs = arrived->addrs;
        all.len = arrived->len;
    } else {
        /* Without memory the first family will have to do. */
        answer_add(&all, arrived->addrs, arrived->len);
        mem_free(arrived->addrs);
    }
    lookup->addrs = all.addrs;
    lookup->addrs_len = all.len;
    lookup->more = !whole;
    lookup->error = whole && all.len == 0 ? arrived->error : LOOKUP_OK;
}

void resolver_ask(struct resolver *resolver, struct lookup *lookup)
{
    bool owed = false;
    lookup->addrs = NULL;
    lookup->addrs_len = 0;
    lookup->more = true;
    lookup->coalesced = lookup->joined = false;
    lookup->error = LOOKUP_OK;
    lookup->arrived = ANSWER_INIT;
    answer_known(resolver, lookup);
    bool answered = lookup->state == LOOKUP_ANSWERED;
    if (!answered) {
        lock_take(&resolver->lock);
        owed = post_locked(resolver, lookup);
        answered = lookup->state == LOOKUP_ANSWERED;
        lock_drop(&resolver->lock);
    }
    if (owed)
        engine_poke(resolver->task.engine);
    if (answered)
        resolver_answered(resolver, lookup);
}

bool resolver_answered(struct resolver *resolver, struct lookup *lookup)
{
    lock_take(&resolver->lock);
    bool whole = lookup->state == LOOKUP_ANSWERED;
    struct answer arrived = lookup->arrived;
    lookup->arrived = (struct answer){arrived.error, NULL, 0};
    lookup->coalesced = lookup->joined;
    lock_drop(&resolver->lock);
    take(lookup, &arrived, whole);
    return whole;
}

void resolver_forget(struct resolver *resolver, struct lookup *lookup)
{
    lock_take(&resolver->lock);
    list_remove(&lookup->link);
    lookup->state = LOOKUP_NEW;
    lock_drop(&resolver->lock);
    answer_fini(&lookup->arrived);
    mem_free(lookup->addrs);
    lookup->addrs = NULL;
    lookup->addrs_len = 0;
}

/* --- life --- */

/* Makes *s, where it is not NULL, a copy. False without memory; then it is NULL. */
static bool own_string(const char **s)
{
    if (*s == NULL)
        return true;
    *s = mem_strdup(*s);
    return *s != NULL;
}

static bool own_strings(struct resolver_options *o)
{
    bool servers = own_string(&o->servers);
    bool resolv_conf = own_string(&o->resolv_conf);
    return own_string(&o->hosts) && servers && resolv_conf;
}

static void resolve_numbers(struct resolver_options *o)
{
    o->max_ttl_ms = o->max_ttl_ms == 0 ? MAX_TTL_MS : o->max_ttl_ms;
    o->negative_ttl_ms = o->negative_ttl_ms == 0 ? NEGATIVE_TTL_MS : o->negative_ttl_ms;
    o->cache_max = o->cache_max == 0 ? CACHE_MAX : o->cache_max;
    o->asking_max = o->asking_max == 0 ? ASKING_MAX : o->asking_max;
    o->recheck_ms = o->recheck_ms == 0 ? RECHECK_MS : o->recheck_ms;
}

static const char *path_or(const char *given, const char *usual)
{
    return given != NULL ? given : usual;
}

struct resolver *resolver_new(struct engine *engine, const struct resolver_options *options)
{
    struct resolver *r = mem_zalloc(sizeof(*r));
    if (r == NULL)
        return NULL;
    lock_init(&r->lock, LOCK_RESOLVER);
    task_init(&r->task, engine, &resolver_task_ops);
    r->options = *options;
    r->options.hook_close = NULL;
    resolve_numbers(&r->options);
    if (!own_strings(&r->options)) {
        task_unref(&r->task);
        return NULL;
    }
    r->options.hook_close = options->hook != NULL ? options->hook_close : NULL;
    r->cache.max = r->options.cache_max;
    r->recheck_at = options->hook != NULL ? CLOCK_NEVER : 0;
    r->servers.task = &r->task;
    r->servers.options = &r->options;
    r->servers.answers = &r->answers;
    r->servers.file.path = path_or(r->options.resolv_conf, "/etc/resolv.conf");
    r->hosts_file.path = path_or(r->options.hosts, "/etc/hosts");
    /* Two owners: the engine until the task ends, and who made it. */
    task_ref(&r->task);
    return r;
}

void resolver_give_back_hook(struct resolver *resolver)
{
    resolver->options.hook_close = NULL;
}

void resolver_close(struct resolver *resolver)
{
    lock_take(&resolver->lock);
    bool open = resolver->state == RESOLVER_OPEN;
    if (open)
        resolver->state = RESOLVER_CLOSING;
    bool owed = open && task_wake(&resolver->task, EV_CLOSE);
    lock_drop(&resolver->lock);
    if (owed)
        engine_poke(resolver->task.engine);
}

bool resolver_ended(struct resolver *resolver)
{
    lock_take(&resolver->lock);
    bool ended = resolver->state == RESOLVER_ENDED && resolver->hearing == 0;
    lock_drop(&resolver->lock);
    return ended;
}

void resolver_free(struct resolver *resolver)
{
    if (resolver == NULL)
        return;
    lock_take(&resolver->lock);
    bool never_ran = resolver->state == RESOLVER_OPEN;
    /* A hook that still holds a lookup may answer it when the engine is gone. */
    resolver->state = RESOLVER_ENDED;
    lock_drop(&resolver->lock);
    if (never_ran)
        task_unref(&resolver->task);
    task_unref(&resolver->task);
}
