/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The idle connections: in and out of the idle lists, how long they stay, and what
 * the idle watch reports of them. Also the other things that nobody uses, which the
 * same look sees to: orphans and bans.
 */
#include "base/clock.h"
#include "engine/engine.h"
#include "net/tls.h"
#include "net/tls_source.h"
#include "transport/dial.h"
#include "transport/pool_state.h"

enum { IDLE_LOOK_MS = 1000 };

void pool_unlist_idle(struct conn *conn)
{
    list_remove(&conn->idle);
    list_remove(&conn->lru);
}

void pool_evict(struct pool *p, struct conn *conn, enum pool_close cause, struct work *work)
{
    struct pool_host *host = conn->host;
    pool_unlist_idle(conn);
    pool_close_locked(p, conn, cause, work);
    pool_settle(p, host);
}

static bool has_expired(const struct pool *p, const struct conn *conn, int64_t now_ns)
{
    return now_ns >= clock_after_ms(conn->idle_since_ns, p->options.idle_timeout_ms);
}

bool pool_is_outdated(const struct pool *p, const struct conn *conn)
{
    const struct tls *outer = conn->tls_ends_at_proxy ? conn->tls : tls_below(conn->tls);
    if (outer != NULL && tls_generation(outer) != tls_source_generation(p->options.proxy_tls))
        return true;
    return outer != conn->tls && tls_generation(conn->tls) != tls_source_generation(p->options.tls);
}

/* For when the connection idle since since_ns has to go, and for the next look at the idle watch.
 */
static void arm_timer(struct pool *p, int64_t since_ns, int64_t now_ns)
{
    int64_t at = clock_min(clock_after_ms(since_ns, p->options.idle_timeout_ms),
                           clock_after_ms(now_ns, IDLE_LOOK_MS));
    p->timer_armed = true;
    timer_arm(engine_timers(p->engine), &p->timer, at);
}

/* It fires as often as it looks at most, however often the pool empties and fills. */
void pool_arm_look(struct pool *p, int64_t since_ns)
{
    if (!p->timer_armed)
        arm_timer(p, since_ns, since_ns);
}

/* A connection just given back is the youngest; one that was only looked at goes to its old place.
 */
static void list_by_age(struct pool *p, struct conn *conn)
{
    struct list *idle = &conn->host->idle;
    struct conn *youngest = list_item(list_last(&p->lru), struct conn, lru);
    if (youngest == NULL || youngest->idle_since_ns <= conn->idle_since_ns) {
        list_push_front(idle, &conn->idle);
        list_push(&p->lru, &conn->lru);
        return;
    }
    struct link *l = list_first(idle);
    while (l != NULL && list_item(l, struct conn, idle)->idle_since_ns > conn->idle_since_ns)
        l = list_next(l);
    list_insert_before(idle, l, &conn->idle);
    l = list_first(&p->lru);
    while (l != NULL && list_item(l, struct conn, lru)->idle_since_ns <= conn->idle_since_ns)
        l = list_next(l);
    list_insert_before(&p->lru, l, &conn->lru);
}

void pool_make_idle(struct pool *p, struct conn *conn, int64_t since_ns, struct work *work)
{
    conn->reused = true;
    conn->idle_since_ns = since_ns;
    p->some_reported = p->some_reported || conn->reported;
    list_by_age(p, conn);
    pool_arm_look(p, since_ns);
    struct conn *eldest = list_item(list_first(&p->lru), struct conn, lru);
    if (pool_within(p->lru.len - 1, p->options.max_idle))
        return;
    if (eldest != conn) {
        pool_evict(p, eldest, CLOSE_LIMIT, work);
        return;
    }
    /* Its record is the caller's to settle. */
    pool_unlist_idle(conn);
    pool_close_locked(p, conn, CLOSE_LIMIT, work);
}

/* The most recently used idle connection that is neither expired nor too old. */
struct conn *pool_take_idle(struct pool *p, struct pool_host *host, int64_t now_ns,
                            struct work *work)
{
    struct conn *conn;
    while ((conn = list_item(list_first(&host->idle), struct conn, idle)) != NULL) {
        pool_unlist_idle(conn);
        bool expired = has_expired(p, conn, now_ns);
        if (!expired && !pool_is_too_old(p, conn, now_ns))
            return conn;
        pool_close_locked(p, conn, expired ? CLOSE_EXPIRED : CLOSE_OLD, work);
    }
    return NULL;
}

/* --- what the idle watch reports --- */

/* A look at one suspect, without the lock; then it goes back or is closed. */
static void examine(struct pool *p, struct conn *conn)
{
    enum conn_check found = conn_check(conn);
    if (found != CONN_QUIET) {
        pool_discard_quietly(p, &conn, pool_cause_of(found));
        return;
    }
    struct work work;
    pool_begin_work(&work);
    lock_take(&p->lock);
    struct pool_host *host = conn->host;
    pool_give(p, conn, false, conn->idle_since_ns, &work);
    pool_settle(p, host);
    lock_drop(&p->lock);
    pool_finish_work(p, &work);
}

static void collect(struct conn *conn, struct list *suspects)
{
    conn->reported = false;
    pool_unlist_idle(conn);
    list_push(suspects, &conn->lru);
}

/*
 * Takes the idle connections that reported out of the pool, so that nobody else
 * looks at them. The edge of one in use is spent now: it is looked at once it is idle.
 */
static void collect_suspects(struct pool *p, const struct epoll_event *events, int n,
                             struct list *suspects)
{
    lock_take(&p->lock);
    for (int i = 0; i < n; i++) {
        struct conn *conn = idle_watch_find(&p->watch, events[i].data.u64);
        if (conn != NULL && conn->idle.owner != NULL)
            collect(conn, suspects);
        else if (conn != NULL)
            conn->reported = true;
    }
    lock_drop(&p->lock);
}

static void collect_reported(struct pool *p, struct list *suspects)
{
    lock_take(&p->lock);
    struct link *l = p->some_reported ? list_first(&p->lru) : NULL;
    p->some_reported = false;
    while (l != NULL) {
        struct conn *conn = list_item(l, struct conn, lru);
        l = list_next(l);
        if (conn->reported)
            collect(conn, suspects);
    }
    lock_drop(&p->lock);
}

static void examine_all(struct pool *p, struct list *suspects)
{
    struct conn *conn;
    while ((conn = list_item(list_pop(suspects), struct conn, lru)) != NULL)
        examine(p, conn);
}

static void look_at_idle(struct pool *p)
{
    struct epoll_event events[IDLE_WATCH_EVENTS];
    struct list suspects = LIST_INIT;
    int n;
    collect_reported(p, &suspects);
    do {
        n = idle_watch_look(&p->watch, events);
        collect_suspects(p, events, n, &suspects);
        examine_all(p, &suspects);
    } while (n == IDLE_WATCH_EVENTS);
}

/* Ends the bans whose time is up, and frees the records that only a ban kept. */
static void forget_bans(struct pool *p)
{
    struct pool_host *host, *next;
    if (p->bans == 0)
        return;
    HASH_ITER(hh, p->hosts, host, next)
    {
        if (host->banned_until == 0 || pool_is_banned(host))
            continue;
        host->banned_until = 0;
        p->bans--;
        pool_settle(p, host);
    }
}

/* A dial that nobody waits for has no call's deadline, and may have no limit of its own. */
static void cancel_old_orphans(struct pool *p, int64_t now_ns, struct work *work)
{
    struct dial *eldest;
    while ((eldest = list_item(list_first(&p->orphans), struct dial, ageing)) != NULL &&
           now_ns >= clock_after_ms(eldest->orphaned_ns, POOL_ORPHAN_MS))
        pool_cancel_orphan(eldest, work);
}

/* On the timer thread: closes what was idle for too long, or was closed by its peer, cancels what
 * dials for nobody for too long, and arms for the next look. */
void pool_look_after_idle(void *arg)
{
    struct pool *pool = arg;
    struct work work;
    pool_begin_work(&work);
    int64_t now = clock_now_ns();
    struct conn *oldest;
    look_at_idle(pool);
    lock_take(&pool->lock);
    while ((oldest = list_item(list_first(&pool->lru), struct conn, lru)) != NULL &&
           has_expired(pool, oldest, now))
        pool_evict(pool, oldest, CLOSE_EXPIRED, &work);
    cancel_old_orphans(pool, now, &work);
    forget_bans(pool);
    pool->timer_armed = false;
    if (oldest != NULL || pool->orphans.len > 0 || pool->bans > 0)
        arm_timer(pool, oldest != NULL ? oldest->idle_since_ns : now, now);
    lock_drop(&pool->lock);
    pool_finish_work(pool, &work);
}

/* --- closing them --- */

void pool_close_idle_locked(struct pool *p, struct work *work)
{
    struct conn *conn;
    p->refuse_idle = true;
    while ((conn = list_item(list_first(&p->lru), struct conn, lru)) != NULL)
        pool_evict(p, conn, CLOSE_ASKED, work);
}

void pool_close_idle(struct pool *pool)
{
    struct work work;
    pool_begin_work(&work);
    lock_take(&pool->lock);
    pool_close_idle_locked(pool, &work);
    lock_drop(&pool->lock);
    pool_finish_work(pool, &work);
}
