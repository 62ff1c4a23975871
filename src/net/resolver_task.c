/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The resolver's task. A step takes lookups out of the mailbox and puts each
 * behind the query of its key, a new one or the one in flight; lets the channels
 * work; takes the questions' answers and those of the program's function; and
 * hands them out, to lookups and to the cache.
 *
 * Files are looked at here only, every few seconds and only when somebody asks.
 * When one has changed, the whole cache goes: what it holds may be what the
 * change was to put right.
 */
#include <errno.h>

#include "base/alloc.h"
#include "base/callback.h"
#include "base/clock.h"
#include "net/resolver_state.h"

enum { MAIL_PER_STEP = 64, RETRY_MS = 1000 };

/* --- handing out --- */

/* Tells those who wait what they do not know yet, the last of it where the query ended. True where
 * a poke is owed. */
static bool tell_locked(struct query *q, bool ended)
{
    bool owed = false;
    struct link *next = NULL;
    for (struct link *l = list_first(&q->lookups); l != NULL; l = next) {
        struct lookup *lookup = list_item(l, struct lookup, link);
        next = list_next(l);
        if (q->found.len > q->told)
            answer_add(&lookup->arrived, q->found.addrs + q->told, q->found.len - q->told);
        if (ended) {
            list_remove(l);
            lookup->state = LOOKUP_ANSWERED;
            if (lookup->arrived.error == LOOKUP_OK)
                lookup->arrived.error = q->found.error;
        }
        owed = task_wake(lookup->task, EV_ANSWER) || owed;
    }
    q->told = q->found.len;
    return owed;
}

static void tell(struct resolver *r, struct query *q)
{
    lock_take(&r->lock);
    bool owed = tell_locked(q, false);
    lock_drop(&r->lock);
    if (owed)
        engine_poke(r->task.engine);
}

/* Whether the query came to know something; a failure for the moment is no knowledge. */
static bool has_answer(const struct query *q)
{
    return q->found.error == LOOKUP_OK || (q->found.error == LOOKUP_NOT_FOUND && !q->doubtful);
}

/* How long an answer is to be kept; 0: not at all. */
static int64_t kept_ms(const struct resolver_options *o, const struct query *q)
{
    bool found = q->found.error == LOOKUP_OK;
    int64_t ms = q->ttl_ms;
    if (found && o->max_ttl_ms >= 0 && ms > o->max_ttl_ms)
        ms = o->max_ttl_ms;
    if ((!found || q->doubtful) && ms > o->negative_ttl_ms)
        ms = o->negative_ttl_ms;
    return ms;
}

static void keep_locked(struct resolver *r, const struct query *q, int64_t now_ns)
{
    int64_t ms = kept_ms(&r->options, q);
    if (ms == 0) {
        dns_cache_drop(&r->cache, &q->key);
        return;
    }
    int64_t expires_at = clock_after_ms(now_ns, ms);
    int64_t stale_until =
        q->found.error == LOOKUP_OK ? clock_after_ms(expires_at, r->options.stale_ms) : expires_at;
    dns_cache_put(&r->cache, &q->key, &q->found, expires_at, stale_until);
}

/* An answer takes the older one's place; a failure leaves that there, to be tried again soon. */
static void conclude_locked(struct resolver *r, const struct query *q)
{
    int64_t now = clock_now_ns();
    if (has_answer(q)) {
        keep_locked(r, q, now);
        return;
    }
    struct cache_entry *entry = dns_cache_find(&r->cache, &q->key, now);
    if (entry != NULL)
        entry->retry_at = clock_after_ms(now, RETRY_MS);
}

static void finish(struct resolver *r, struct query *q)
{
    lock_take(&r->lock);
    conclude_locked(r, q);
    bool owed = tell_locked(q, true);
    lock_drop(&r->lock);
    if (owed)
        engine_poke(r->task.engine);
    HASH_DEL(r->queries, q);
    query_free(q);
}

static void fail(struct resolver *r, struct query *q, enum lookup_error error)
{
    q->found.error = error;
    finish(r, q);
}

/* --- beginning --- */

static void ask_servers(struct resolver *r, struct query *q)
{
    enum lookup_error error = LOOKUP_OK;
    struct dns *dns = name_servers_channel(&r->servers, &error);
    if (dns == NULL) {
        fail(r, q, error);
        return;
    }
    r->asking++;
    query_begin(q, dns);
}

static void begin(struct resolver *r, struct query *q)
{
    if (r->options.hook != NULL) {
        if (!resolver_call_hook(r, q))
            fail(r, q, LOOKUP_NOMEM);
        return;
    }
    if (r->hosts_error != LOOKUP_OK)
        fail(r, q, r->hosts_error);
    else if (hosts_find(&r->hosts, lookup_key_host(&q->key), lookup_key_kind(&q->key), &q->found))
        finish(r, q);
    else if (r->asking < r->options.asking_max)
        ask_servers(r, q);
    else
        list_push(&r->waiting, &q->waiting);
}

static void begin_waiting(struct resolver *r)
{
    while (r->asking < r->options.asking_max && r->waiting.len > 0)
        ask_servers(r, list_item(list_pop(&r->waiting), struct query, waiting));
}

/* --- the mail --- */

/* The query of a key, made and put into `fresh` where none is in flight; NULL without memory. */
static struct query *query_of(struct resolver *r, const struct lookup_key *key, struct list *fresh)
{
    struct query *q;
    HASH_FIND(hh, r->queries, key->text, key->len, q);
    if (q != NULL)
        return q;
    q = query_new(key);
    if (q == NULL)
        return NULL;
    HASH_ADD_KEYPTR(hh, r->queries, q->key.text, q->key.len, q);
    if (!map_added(q)) {
        query_free(q);
        return NULL;
    }
    list_push(fresh, &q->waiting);
    return q;
}

static bool answer_lookup(struct lookup *lookup, enum lookup_error error)
{
    lookup->arrived.error = error;
    lookup->state = LOOKUP_ANSWERED;
    return task_wake(lookup->task, EV_ANSWER);
}

/* Puts a lookup behind its query, and tells it what that knows. True where a poke is owed. */
static bool join_locked(struct resolver *r, struct lookup *lookup, struct list *fresh)
{
    struct lookup_key key;
    lookup_key_set(&key, lookup->host, lookup->kind);
    size_t begun = fresh->len;
    struct query *q = query_of(r, &key, fresh);
    if (q == NULL)
        return answer_lookup(lookup, LOOKUP_NOMEM);
    list_push(&q->lookups, &lookup->link);
    lookup->joined = fresh->len == begun;
    if (q->told == 0)
        return false;
    answer_add(&lookup->arrived, q->found.addrs, q->told);
    return task_wake(lookup->task, EV_ANSWER);
}

static bool sort_lookups_locked(struct resolver *r, struct list *fresh)
{
    bool owed = false;
    bool mail = false; /* what is to be refreshed is looked at next */
    int64_t now = clock_now_ns();
    struct link *at;
    for (int i = 0; i < MAIL_PER_STEP && (at = list_pop(&r->mailbox)) != NULL; i++) {
        struct lookup *lookup = list_item(at, struct lookup, link);
        bool woken = resolver_answer_cached_locked(r, lookup, now, &mail)
                         ? task_wake(lookup->task, EV_ANSWER)
                         : join_locked(r, lookup, fresh);
        owed = owed || woken;
    }
    return owed;
}

static void sort_refreshes_locked(struct resolver *r, struct list *fresh)
{
    for (struct link *l = list_pop(&r->refreshes); l != NULL; l = list_pop(&r->refreshes)) {
        struct cache_entry *entry = list_item(l, struct cache_entry, refresh);
        if (query_of(r, &entry->key, fresh) == NULL)
            entry->retry_at = clock_after_ms(clock_now_ns(), RETRY_MS);
    }
}

/* A file that cannot be read for now is no file without names: it is read again at the next look,
 * and until then nobody is answered. */
static void read_hosts(struct resolver *r)
{
    int err = hosts_read(&r->hosts, r->hosts_file.path);
    r->hosts_error = err == 0 ? LOOKUP_OK : err == ENOMEM ? LOOKUP_NOMEM : LOOKUP_FAILED;
    if (err != 0)
        config_file_forget(&r->hosts_file);
}

/* Looks at the files where it is time to: at once where one could not be read. */
static void recheck(struct resolver *r)
{
    int64_t now = clock_now_ns();
    if (now < r->recheck_at) /* nobody else writes it */
        return;
    bool servers_changed = name_servers_recheck(&r->servers);
    bool hosts_changed = config_file_changed(&r->hosts_file);
    if (hosts_changed)
        read_hosts(r);
    lock_take(&r->lock);
    if (r->hosts_error == LOOKUP_OK)
        r->recheck_at = clock_after_ms(now, r->options.recheck_ms);
    if (servers_changed || hosts_changed)
        dns_cache_clear(&r->cache);
    lock_drop(&r->lock);
}

/* True where more mail is left for the next turn. */
static bool take_mail(struct resolver *r)
{
    struct list fresh = LIST_INIT;
    recheck(r);
    lock_take(&r->lock);
    bool owed = sort_lookups_locked(r, &fresh);
    sort_refreshes_locked(r, &fresh);
    bool more = r->mailbox.len > 0;
    lock_drop(&r->lock);
    if (owed)
        engine_poke(r->task.engine);
    for (struct link *l = list_pop(&fresh); l != NULL; l = list_pop(&fresh))
        begin(r, list_item(l, struct query, waiting));
    return more;
}

/* --- answers --- */

/* Takes the answers that c-ares's callbacks left. */
static void take_answers(struct resolver *r)
{
    for (struct link *l = list_pop(&r->answers); l != NULL; l = list_pop(&r->answers)) {
        struct dns_question *question = list_item(l, struct dns_question, link);
        struct query *q = question->query;
        switch (query_take(q, question)) {
        case QUERY_WAITS:
            break;
        case QUERY_SOME:
            tell(r, q);
            break;
        case QUERY_ENDED:
            r->asking--;
            finish(r, q);
            break;
        }
    }
    begin_waiting(r);
}

static struct gofer_lookup *pop_heard(struct resolver *r)
{
    lock_take(&r->lock);
    struct link *l = list_pop(&r->heard);
    lock_drop(&r->lock);
    return list_item(l, struct gofer_lookup, link);
}

/* Takes the answers of the program's function. */
static void take_heard(struct resolver *r)
{
    for (struct gofer_lookup *heard = pop_heard(r); heard != NULL; heard = pop_heard(r)) {
        struct query *q = heard->query;
        q->found = heard->answer;
        q->ttl_ms = heard->ttl_ms < -1 ? 0 : heard->ttl_ms < 0 ? INT64_MAX : heard->ttl_ms;
        heard->answer = ANSWER_INIT;
        resolver_free_heard(heard);
        finish(r, q);
    }
}

/* --- the task --- */

/* Answers what is left of the mail and of the queries. True where a poke is owed. */
static bool fail_all_locked(struct resolver *r)
{
    bool owed = false;
    struct link *at;
    while ((at = list_pop(&r->mailbox)) != NULL)
        owed = answer_lookup(list_item(at, struct lookup, link), LOOKUP_FAILED) || owed;
    for (struct query *q = r->queries; q != NULL; q = q->hh.next) {
        q->found.error = q->found.len > 0 ? LOOKUP_OK : LOOKUP_FAILED;
        owed = tell_locked(q, true) || owed;
    }
    dns_cache_clear(&r->cache);
    return owed;
}

static void free_queries(struct resolver *r)
{
    struct query *q;
    struct query *next;
    HASH_ITER(hh, r->queries, q, next)
    {
        HASH_DEL(r->queries, q);
        query_free(q);
    }
}

static void free_all_heard(struct resolver *r)
{
    for (struct gofer_lookup *heard = pop_heard(r); heard != NULL; heard = pop_heard(r))
        resolver_free_heard(heard);
}

static enum task_next end(struct resolver *r)
{
    name_servers_close(&r->servers);
    while (list_pop(&r->answers) != NULL)
        ;
    while (list_pop(&r->waiting) != NULL)
        ;
    timer_disarm(engine_timers(r->task.engine), &r->task.timer);
    task_release_slot(&r->task);
    lock_take(&r->lock);
    bool owed = fail_all_locked(r);
    lock_drop(&r->lock);
    if (owed)
        engine_poke(r->task.engine);
    free_queries(r);
    free_all_heard(r);
    hosts_fini(&r->hosts);
    /* Last: who sees it may free the engine's other tenants and stop it. */
    lock_take(&r->lock);
    r->state = RESOLVER_ENDED;
    lock_drop(&r->lock);
    return TASK_DONE;
}

static enum task_next step(struct task *task, unsigned events, struct turn *turn)
{
    (void)turn;
    struct resolver *r = list_item(task, struct resolver, task);
    if (events & EV_CLOSE)
        return end(r);
    if (events & (EV_IO | EV_TIMER))
        name_servers_process(&r->servers);
    bool more = take_mail(r);
    take_answers(r);
    take_heard(r);
    timer_arm(engine_timers(task->engine), &task->timer,
              name_servers_watch(&r->servers, clock_now_ns()));
    return more ? TASK_YIELD : TASK_PARK;
}

static void free_task(struct task *task)
{
    struct resolver *r = list_item(task, struct resolver, task);
    void (*close)(void *arg) = r->options.hook_close;
    void *arg = r->options.hook_arg;
    mem_free((char *)(uintptr_t)r->options.servers);
    mem_free((char *)(uintptr_t)r->options.resolv_conf);
    mem_free((char *)(uintptr_t)r->options.hosts);
    lock_fini(&r->lock);
    mem_free(r);
    if (close == NULL)
        return;
    callback_enter();
    close(arg);
    callback_leave();
}

const struct task_ops resolver_task_ops = {.name = "resolver", .step = step, .free = free_task};
