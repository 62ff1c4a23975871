/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The pool's public functions. Each is lock, change, unlock, finish; what is
 * changed is a rule of pool_rules.c. Read pool.h and pool_state.h first, then this
 * file from the top: taking, giving back, the end of a dial, life.
 */
#include "transport/pool.h"

#include <errno.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "engine/engine.h"
#include "engine/waiter.h"
#include "transport/dial.h"
#include "transport/pool_state.h"

/* --- the log --- */

/* The key of a ban that the log does not know of; false where there is none. */
static bool take_untold(struct pool *p, char *key, size_t size)
{
    lock_take(&p->lock);
    struct pool_host *h = p->hosts;
    while (h != NULL && !h->ban_untold)
        h = h->hh.next;
    p->bans_untold = h != NULL;
    if (h != NULL) {
        h->ban_untold = false;
        snprintf(key, size, "%.*s", (int)h->key.shown_len, h->key.text);
    }
    lock_drop(&p->lock);
    return h != NULL;
}

static void tell_bans(struct pool *p)
{
    char key[POOL_KEY_SHOWN];
    while (take_untold(p, key, sizeof(key)))
        log_write(p->options.log, GOFER_LOG_WARNING,
                  "%s sent bytes that nobody asked for: not kept alive for %d s", key,
                  POOL_BAN_MS / 1000);
}

/* --- taking --- */

static void queue_want(struct pool *p, struct pool_host *host, struct want *want, struct work *work)
{
    *want = (struct want){.task = want->task,
                          .fresh = want->fresh,
                          .fault = want->fault,
                          .trace = want->trace,
                          .state = WANT_WAITING,
                          .turn = p->turns++,
                          .host = host};
    list_push(&host->wants, &want->waiting);
    list_push(&host->undialed, &want->undialed);
    pool_make_room(p, host, work);
}

static enum pool_answer refuse(struct want *want, gofer_status code)
{
    want->state = WANT_FAILED;
    fault_set(want->fault, code, GOFER_PHASE_POOL, 0, NULL);
    return POOL_FAILED;
}

static enum pool_answer take_locked(struct pool *p, const struct key *key, struct want *want,
                                    int64_t now_ns, struct conn **conn, struct work *work)
{
    if (p->closed)
        return refuse(want, GOFER_ERR_CLOSED);
    p->refuse_idle = false;
    struct pool_host *host = pool_find_host(p, key);
    if (host == NULL && (host = pool_add_host(p, key)) == NULL)
        return refuse(want, GOFER_ERR_NOMEM);
    if (!want->fresh && (*conn = pool_take_idle(p, host, now_ns, work)) != NULL) {
        p->stats.reused++;
        host->stats.reused++;
        want->state = WANT_TAKEN;
        return POOL_CONN;
    }
    queue_want(p, host, want, work);
    if (want->state == WANT_WAITING)
        return POOL_WAIT;
    pool_settle(p, host);
    return POOL_FAILED;
}

enum pool_answer pool_take(struct pool *pool, const struct key *key, struct want *want,
                           int64_t now_ns, struct conn **conn)
{
    struct work work;
    pool_begin_work(&work);
    *conn = NULL;
    lock_take(&pool->lock);
    enum pool_answer answer = take_locked(pool, key, want, now_ns, conn, &work);
    bool untold = pool->bans_untold;
    lock_drop(&pool->lock);
    pool_finish_work(pool, &work);
    if (untold)
        tell_bans(pool);
    return answer;
}

enum pool_answer pool_poll(struct pool *pool, struct want *want, struct conn **conn)
{
    enum pool_answer answer = POOL_WAIT;
    *conn = NULL;
    lock_take(&pool->lock);
    if (want->state == WANT_CONN) {
        *conn = want->conn;
        want->conn = NULL;
        want->state = WANT_TAKEN;
        answer = POOL_CONN;
    } else if (want->state == WANT_FAILED) {
        answer = POOL_FAILED;
    }
    lock_drop(&pool->lock);
    return answer;
}

/* What a look that found something says of the connection. */
enum pool_close pool_cause_of(enum conn_check found)
{
    return found == CONN_TALKING ? CLOSE_TALKING : CLOSE_STALE;
}

bool pool_check(struct pool *pool, struct conn **conn)
{
    if (!(*conn)->reused || pool->options.skip_check)
        return true;
    enum conn_check found = conn_check(*conn);
    if (found == CONN_QUIET)
        return true;
    const struct key *key = &(*conn)->host->key;
    log_write(pool->options.log, GOFER_LOG_DEBUG, "%.*s: an idle connection was %s",
              (int)key->shown_len, key->text, found == CONN_TALKING ? "talking" : "dead");
    lock_take(&pool->lock);
    pool->stats.reused--;
    (*conn)->host->stats.reused--;
    lock_drop(&pool->lock);
    pool_discard(pool, conn, pool_cause_of(found));
    return false;
}

gofer_phase pool_drop_want(struct pool *pool, struct want *want)
{
    struct work work;
    pool_begin_work(&work);
    gofer_phase phase = GOFER_PHASE_POOL;
    lock_take(&pool->lock);
    struct pool_host *host = want->host;
    if (want->state == WANT_WAITING) {
        if (want->dial != NULL)
            phase = dial_phase(want->dial);
        pool_unqueue(pool, want, &work);
        pool_settle(pool, host);
    } else if (want->state == WANT_CONN) {
        pool->stats.reused -= want->conn->reused;
        host->stats.reused -= want->conn->reused;
        pool_give(pool, want->conn, !want->conn->reused, 0, &work);
        pool_settle(pool, host);
    }
    want->state = WANT_DROPPED;
    lock_drop(&pool->lock);
    pool_finish_work(pool, &work);
    return phase;
}

/* --- giving back --- */

bool pool_put(struct pool *pool, struct conn **conn)
{
    struct work work;
    pool_begin_work(&work);
    struct conn *c = *conn;
    *conn = NULL;
    lock_take(&pool->lock);
    struct pool_host *host = c->host;
    pool_give(pool, c, false, 0, &work);
    pool_settle(pool, host);
    /* One that is closed has no record any more. */
    bool kept = c->host != NULL;
    lock_drop(&pool->lock);
    pool_finish_work(pool, &work);
    return kept;
}

/* RU-20: the key's connections are not kept alive for a while, the idle ones neither. */
static void ban(struct pool *p, struct pool_host *host, struct work *work)
{
    struct conn *conn;
    p->bans += host->banned_until == 0;
    host->banned_until = clock_after_ms(clock_now_ns(), POOL_BAN_MS);
    host->ban_untold = p->bans_untold = log_hears(p->options.log, GOFER_LOG_WARNING);
    host->stats.bans++;
    p->stats.bans++;
    pool_arm_look(p, clock_now_ns());
    while ((conn = list_item(list_first(&host->idle), struct conn, idle)) != NULL) {
        pool_unlist_idle(conn);
        pool_close_locked(p, conn, CLOSE_TALKING, work);
    }
}

void pool_discard_quietly(struct pool *pool, struct conn **conn, enum pool_close cause)
{
    struct work work;
    pool_begin_work(&work);
    struct conn *c = *conn;
    *conn = NULL;
    lock_take(&pool->lock);
    struct pool_host *host = c->host;
    pool_close_locked(pool, c, cause, &work);
    if (cause == CLOSE_TALKING)
        ban(pool, host, &work);
    pool_settle(pool, host);
    lock_drop(&pool->lock);
    pool_finish_work(pool, &work);
}

void pool_discard(struct pool *pool, struct conn **conn, enum pool_close cause)
{
    pool_discard_quietly(pool, conn, cause);
    if (cause == CLOSE_TALKING)
        tell_bans(pool);
}

/* --- the end of a dial --- */

static void dial_succeeded(struct pool *p, struct dial *dial, struct conn *conn, struct work *work)
{
    struct want *want = dial->want;
    conn->host = dial->host;
    dial->host->open++;
    dial->host->stats.opened++;
    p->open++;
    p->stats.opened++;
    if (want != NULL)
        want->dial = NULL;
    if (want != NULL && !p->closed)
        pool_answer_conn(p, want, conn, work);
    else
        pool_give(p, conn, true, 0, work);
}

static void dial_failed(struct pool *p, struct dial *dial, const struct fault *fault,
                        struct work *work)
{
    struct want *want = dial->want;
    if (want == NULL)
        return;
    want->dial = NULL;
    if (pool_is_starvation(fault) && p->open + p->closing + p->dials_len > 0 && !p->closed)
        pool_starve(p, want, work);
    else
        pool_answer_fault(p, want, fault, work);
}

/* Before anybody else knows the connection. */
static void watch_conn(struct pool *p, struct conn *conn)
{
    uint64_t data;
    lock_take(&p->lock);
    bool enrolled = idle_watch_enrol(&p->watch, conn, &data);
    lock_drop(&p->lock);
    if (enrolled)
        idle_watch_add(&p->watch, conn, data);
}

void pool_dial_ended(struct pool *pool, struct dial *dial, struct conn **conn,
                     const struct fault *fault)
{
    struct work work;
    pool_begin_work(&work);
    struct conn *c = *conn;
    *conn = NULL;
    if (c != NULL)
        watch_conn(pool, c);
    lock_take(&pool->lock);
    struct pool_host *host = dial->host;
    list_remove(&dial->running);
    list_remove(&dial->orphan);
    list_remove(&dial->ageing);
    pool->dials_len--;
    if (c != NULL)
        dial_succeeded(pool, dial, c, &work);
    else
        dial_failed(pool, dial, fault, &work);
    pool_use_slots(pool, host, &work);
    pool_settle(pool, host);
    /* It found a descriptor, or gave one back: so may the want that starves for longest. */
    if (c != NULL || !pool_is_starvation(fault))
        pool_feed_one(pool, &work);
    if (pool->done != NULL && pool->dials_len == 0)
        waiter_wake(pool->done);
    lock_drop(&pool->lock);
    pool_finish_work(pool, &work);
}

/* --- life --- */

struct pool *pool_new(const struct pool_options *options, struct engine *engine,
                      struct resolver *resolver)
{
    struct pool *pool = mem_zalloc(sizeof(*pool));
    if (pool == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    pool->options = *options;
    pool->engine = engine;
    pool->resolver = resolver;
    host_memory_init(&pool->memory, (uint32_t)clock_now_ns());
    pool->timer.fire = pool_look_after_idle;
    pool->starved_timer.fire = pool_feed_in_time;
    pool->timer.arg = pool->starved_timer.arg = pool;
    errno = idle_watch_init(&pool->watch);
    if (errno != 0) {
        mem_free(pool);
        return NULL;
    }
    lock_init(&pool->lock, LOCK_POOL);
    return pool;
}

void pool_close(struct pool *pool)
{
    struct work work;
    pool_begin_work(&work);
    struct pool_host *host, *next;
    lock_take(&pool->lock);
    pool->closed = true;
    HASH_ITER(hh, pool->hosts, host, next)
    {
        for (struct link *l = list_first(&host->dials); l != NULL; l = list_next(l))
            pool_wake(&work, &list_item(l, struct dial, running)->task, EV_CLOSE);
    }
    pool_close_idle_locked(pool, &work);
    lock_drop(&pool->lock);
    pool_finish_work(pool, &work);
}

bool pool_quiet(struct pool *pool, struct waiter *done)
{
    lock_take(&pool->lock);
    bool quiet = pool->dials_len == 0;
    pool->done = quiet ? NULL : done;
    lock_drop(&pool->lock);
    return quiet;
}

void pool_free(struct pool *pool)
{
    struct pool_host *host, *next;
    if (pool == NULL)
        return;
    /* What is left are records that only a ban keeps. */
    HASH_ITER(hh, pool->hosts, host, next)
    {
        host->banned_until = 0;
        pool_settle(pool, host);
    }
    idle_watch_fini(&pool->watch);
    lock_fini(&pool->lock);
    mem_free(pool);
}

const struct pool_options *pool_options_of(const struct pool *pool)
{
    return &pool->options;
}

struct resolver *pool_resolver(struct pool *pool)
{
    return pool->resolver;
}

struct host_memory *pool_host_memory(struct pool *pool)
{
    return &pool->memory;
}
