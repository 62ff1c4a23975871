/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The resolver's task. A step takes lookups out of the mailbox and puts each
 * behind the query of its name, a new one or the one in flight; lets the channels
 * work; and hands answers out.
 *
 * Invariants:
 * - A lookup that waits is in the mailbox or in one query's list; leaving that
 *   list and being woken happen under the lock, so a forgotten lookup is not
 *   touched again.
 * - Queries and channels belong to the task alone. A query lives until c-ares
 *   answers it, whether or not anybody still waits: c-ares cannot take a single
 *   one back.
 * - channels[0] is the one that is asked; behind it those that a changed
 *   resolv.conf replaced, until their last answer.
 */
#include "net/resolver.h"

#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "base/lock.h"
#include "engine/engine.h"
#include "net/dns.h"
#include "net/hostname.h"

/* Without memory a query is not added and hh.tbl stays NULL. */
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(p, size) mem_free(p)
#include <uthash.h>

enum { MAIL_PER_STEP = 64, CHANNELS_MAX = 4, RECHECK_MS = 5000 };

/* The question of a name, and who waits for it. */
struct query {
    struct dns_question question;
    struct list lookups; /* guarded by the resolver's lock */
    UT_hash_handle hh;
    char name[]; /* in lower case */
};

/* What tells one resolv.conf from the next; all zero where there is none. */
struct stamp {
    struct timespec modified;
    ino_t inode;
    off_t size;
};

enum resolver_state { RESOLVER_OPEN, RESOLVER_CLOSING, RESOLVER_ENDED };

struct resolver {
    struct task task;
    struct resolver_options options; /* its strings are the resolver's own */

    /* The task's. */
    struct query *queries; /* by name */
    struct list answers;   /* of questions */
    struct dns *channels[CHANNELS_MAX];
    struct stamp stamp; /* of what channels[0] read */
    int64_t recheck_at; /* not before is resolv.conf looked at again */

    struct lock lock; /* LOCK_RESOLVER; guards the two below and all lookups */
    struct list mailbox;
    enum resolver_state state;
};

/* --- lookups --- */

/* Sets the answer. */
static void answer(struct lookup *lookup, enum lookup_error error, const struct addr *addrs,
                   size_t len)
{
    lookup->error = error;
    lookup->state = LOOKUP_ANSWERED;
    if (error != LOOKUP_OK)
        return;
    lookup->addrs = mem_zalloc_array(len, sizeof(*addrs));
    if (lookup->addrs == NULL) {
        lookup->error = LOOKUP_NOMEM;
        return;
    }
    memcpy(lookup->addrs, addrs, len * sizeof(*addrs));
    lookup->addrs_len = len;
}

/* Answers every lookup of a list, with the lock held. True where a poke is owed. */
static bool answer_all_locked(struct list *lookups, enum lookup_error error,
                              const struct addr *addrs, size_t len)
{
    bool owed = false;
    for (struct link *l = list_pop(lookups); l != NULL; l = list_pop(lookups)) {
        struct lookup *lookup = list_item(l, struct lookup, link);
        answer(lookup, error, addrs, len);
        owed = task_wake(lookup->task, EV_ANSWER) || owed;
    }
    return owed;
}

/* Answers what is known without asking. */
static bool try_answer(struct lookup *lookup)
{
    struct addr addrs[2];
    bool local = hostname_is_local(lookup->host);
    const char *host = local ? "127.0.0.1" : lookup->host;
    if (addr_parse(host, NULL, 0, &addrs[0])) {
        size_t len = local && addr_parse("::1", NULL, 0, &addrs[1]) ? 2 : 1;
        answer(lookup, LOOKUP_OK, addrs, len);
        return true;
    }
    if (!hostname_is_valid(lookup->host)) {
        answer(lookup, LOOKUP_BAD_NAME, NULL, 0);
        return true;
    }
    if (!hostname_is_onion(lookup->host))
        return false;
    answer(lookup, LOOKUP_NOT_FOUND, NULL, 0);
    return true;
}

void resolver_ask(struct resolver *resolver, struct lookup *lookup)
{
    lookup->addrs = NULL;
    lookup->addrs_len = 0;
    if (try_answer(lookup))
        return;
    bool owed = false;
    lock_take(&resolver->lock);
    if (resolver->state == RESOLVER_OPEN) {
        lookup->state = LOOKUP_ASKED;
        list_push(&resolver->mailbox, &lookup->link);
        owed = task_wake(&resolver->task, EV_MAIL);
    } else {
        answer(lookup, LOOKUP_FAILED, NULL, 0);
    }
    lock_drop(&resolver->lock);
    if (owed)
        engine_poke(resolver->task.engine);
}

bool resolver_answered(struct resolver *resolver, const struct lookup *lookup)
{
    lock_take(&resolver->lock);
    bool answered = lookup->state == LOOKUP_ANSWERED;
    lock_drop(&resolver->lock);
    return answered;
}

void resolver_forget(struct resolver *resolver, struct lookup *lookup)
{
    lock_take(&resolver->lock);
    list_remove(&lookup->link);
    lookup->state = LOOKUP_NEW;
    lock_drop(&resolver->lock);
    mem_free(lookup->addrs);
    lookup->addrs = NULL;
    lookup->addrs_len = 0;
}

/* --- channels --- */

static struct stamp stamp_now(const struct resolver *r)
{
    struct stat st;
    const char *path = r->options.resolv_conf;
    if (stat(path != NULL ? path : "/etc/resolv.conf", &st) != 0)
        return (struct stamp){{0, 0}, 0, 0};
    return (struct stamp){st.st_mtim, st.st_ino, st.st_size};
}

static bool stamp_equal(const struct stamp *a, const struct stamp *b)
{
    return a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec &&
           a->inode == b->inode && a->size == b->size;
}

/* The place for a channel behind the current one; 0: none is free. */
static size_t free_place(const struct resolver *r)
{
    for (size_t i = 1; i < CHANNELS_MAX; i++)
        if (r->channels[i] == NULL)
            return i;
    return 0;
}

/* Whether to look at resolv.conf: for the first channel, and then now and again. */
static bool is_check_due(struct resolver *r)
{
    int64_t now = clock_now_ns();
    bool fixed = r->options.servers != NULL;
    if (r->channels[0] != NULL && (fixed || now < r->recheck_at || free_place(r) == 0))
        return false;
    r->recheck_at =
        clock_after_ms(now, r->options.recheck_ms > 0 ? r->options.recheck_ms : RECHECK_MS);
    return true;
}

/* The channel to ask; NULL and *error where none can be had. */
static struct dns *channel(struct resolver *r, enum lookup_error *error)
{
    if (!is_check_due(r))
        return r->channels[0];
    /* Looked at before it is read: a change in between is seen next time. */
    struct stamp stamp = stamp_now(r);
    if (r->channels[0] != NULL && stamp_equal(&stamp, &r->stamp))
        return r->channels[0];
    struct dns *fresh = dns_new(&r->task, &r->options, &r->answers, error);
    if (fresh == NULL)
        return r->channels[0];
    if (r->channels[0] != NULL)
        r->channels[free_place(r)] = r->channels[0];
    r->channels[0] = fresh;
    r->stamp = stamp;
    return fresh;
}

static void process_channels(struct resolver *r)
{
    for (size_t i = 0; i < CHANNELS_MAX; i++)
        if (r->channels[i] != NULL)
            dns_process(r->channels[i]);
}

static void drop_drained_channels(struct resolver *r)
{
    for (size_t i = 1; i < CHANNELS_MAX; i++) {
        if (r->channels[i] == NULL || !dns_is_idle(r->channels[i]))
            continue;
        dns_free(r->channels[i]);
        r->channels[i] = NULL;
    }
}

/* Sees to it that sockets and time-outs wake the task. */
static void await_channels(struct resolver *r)
{
    int64_t at = CLOCK_NEVER;
    int64_t now = clock_now_ns();
    for (size_t i = 0; i < CHANNELS_MAX; i++) {
        if (r->channels[i] == NULL)
            continue;
        dns_watch(r->channels[i]);
        at = clock_min(at, dns_due_ns(r->channels[i], now));
    }
    timer_arm(engine_timers(r->task.engine), &r->task.timer, at);
}

/* --- queries --- */

/* The query of a name, made and put into `fresh` where none is in flight; NULL without memory. */
static struct query *query_of(struct resolver *r, const char *host, struct list *fresh)
{
    char name[HOSTNAME_MAX + 2];
    size_t len = strnlen(host, sizeof(name) - 1);
    memcpy(name, host, len);
    ascii_lower_n(name, len);
    struct query *q;
    HASH_FIND(hh, r->queries, name, len, q);
    if (q != NULL)
        return q;
    q = mem_zalloc(sizeof(*q) + len + 1);
    if (q == NULL)
        return NULL;
    memcpy(q->name, name, len);
    HASH_ADD_KEYPTR(hh, r->queries, q->name, len, q);
    if (q->hh.tbl == NULL) {
        mem_free(q);
        return NULL;
    }
    list_push(fresh, &q->question.link);
    return q;
}

/* Puts lookups behind their queries. True where more mail is left for the next turn. */
static bool sort_mail(struct resolver *r, struct list *fresh)
{
    struct list hopeless = LIST_INIT;
    lock_take(&r->lock);
    for (int i = 0; i < MAIL_PER_STEP && r->mailbox.head != NULL; i++) {
        struct link *l = list_pop(&r->mailbox);
        struct query *q = query_of(r, list_item(l, struct lookup, link)->host, fresh);
        list_push(q != NULL ? &q->lookups : &hopeless, l);
    }
    bool more = r->mailbox.head != NULL;
    bool owed = answer_all_locked(&hopeless, LOOKUP_NOMEM, NULL, 0);
    lock_drop(&r->lock);
    if (owed)
        engine_poke(r->task.engine);
    return more;
}

static void ask(struct resolver *r, struct query *q)
{
    enum lookup_error error = LOOKUP_OK;
    struct dns *dns = channel(r, &error);
    if (dns != NULL) {
        dns_ask(dns, q->name, &q->question);
        return;
    }
    q->question.error = error;
    list_push(&r->answers, &q->question.link);
}

static bool take_mail(struct resolver *r)
{
    struct list fresh = LIST_INIT;
    bool more = sort_mail(r, &fresh);
    for (struct link *l = list_pop(&fresh); l != NULL; l = list_pop(&fresh))
        ask(r, list_item(l, struct query, question.link));
    return more;
}

/* Hands out the answers that c-ares's callbacks left. */
static void settle(struct resolver *r)
{
    bool owed = false;
    for (struct link *l = list_pop(&r->answers); l != NULL; l = list_pop(&r->answers)) {
        struct query *q = list_item(l, struct query, question.link);
        HASH_DEL(r->queries, q);
        lock_take(&r->lock);
        owed = answer_all_locked(&q->lookups, q->question.error, q->question.addrs,
                                 q->question.addrs_len) ||
               owed;
        lock_drop(&r->lock);
        mem_free(q->question.addrs);
        mem_free(q);
    }
    if (owed)
        engine_poke(r->task.engine);
}

/* --- the task --- */

static enum task_next end(struct resolver *r)
{
    for (size_t i = 0; i < CHANNELS_MAX; i++) {
        dns_free(r->channels[i]);
        r->channels[i] = NULL;
    }
    settle(r);
    timer_disarm(engine_timers(r->task.engine), &r->task.timer);
    task_release_slot(&r->task);
    lock_take(&r->lock);
    bool owed = answer_all_locked(&r->mailbox, LOOKUP_FAILED, NULL, 0);
    lock_drop(&r->lock);
    if (owed)
        engine_poke(r->task.engine);
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
        process_channels(r);
    bool more = take_mail(r);
    settle(r);
    drop_drained_channels(r);
    await_channels(r);
    return more ? TASK_YIELD : TASK_PARK;
}

static void free_task(struct task *task)
{
    struct resolver *r = list_item(task, struct resolver, task);
    mem_free((char *)(uintptr_t)r->options.servers);
    mem_free((char *)(uintptr_t)r->options.resolv_conf);
    lock_fini(&r->lock);
    mem_free(r);
}

static const struct task_ops resolver_ops = {.name = "resolver", .step = step, .free = free_task};

/* Makes *s, where it is not NULL, a copy. False without memory; then it is NULL. */
static bool own_string(const char **s)
{
    if (*s == NULL)
        return true;
    *s = mem_strdup(*s);
    return *s != NULL;
}

struct resolver *resolver_new(struct engine *engine, const struct resolver_options *options)
{
    struct resolver *r = mem_zalloc(sizeof(*r));
    if (r == NULL)
        return NULL;
    lock_init(&r->lock, LOCK_RESOLVER);
    task_init(&r->task, engine, &resolver_ops);
    r->options = *options;
    bool owns_servers = own_string(&r->options.servers);
    bool owns_path = own_string(&r->options.resolv_conf);
    if (!owns_servers || !owns_path) {
        task_unref(&r->task);
        return NULL;
    }
    /* Two owners: the engine until the task ends, and who made it. */
    task_ref(&r->task);
    return r;
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
    bool ended = resolver->state == RESOLVER_ENDED;
    lock_drop(&resolver->lock);
    return ended;
}

void resolver_free(struct resolver *resolver)
{
    if (resolver == NULL)
        return;
    if (!resolver_ended(resolver)) /* its task never ran */
        task_unref(&resolver->task);
    task_unref(&resolver->task);
}

const char *lookup_strerror(enum lookup_error error)
{
    switch (error) {
    case LOOKUP_OK:
        return "no error";
    case LOOKUP_NOT_FOUND:
        return "no such host";
    case LOOKUP_REFUSED:
        return "the DNS server refused the question";
    case LOOKUP_SERVFAIL:
        return "the DNS server failed";
    case LOOKUP_TIMEOUT:
        return "no DNS server answered";
    case LOOKUP_BAD_NAME:
        return "not a valid host name";
    case LOOKUP_NOMEM:
        return "out of memory";
    case LOOKUP_FAILED:
        break;
    }
    return "the lookup failed";
}
