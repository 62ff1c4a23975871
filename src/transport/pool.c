/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The pool. Read it from the top: the records, what happens to a connection,
 * what happens to a want, then the public functions, each of which is lock,
 * change, unlock, finish.
 *
 * What a change brings about outside the lock is collected in `struct work`:
 * connections to close and a poke owed to the engine. Tasks are woken under the
 * lock: that is what makes "dropped" mean "never woken again".
 */
#include "transport/pool.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/lock.h"
#include "base/map.h"
#include "engine/engine.h"
#include "engine/waiter.h"
#include "transport/dial.h"

/* One key's record. It lives while anything below is not empty. */
struct pool_host {
    struct key key;
    struct list idle;     /* connections, the most recently used first */
    struct list wants;    /* first come, first served */
    struct list undialed; /* those of the wants whose dial waits for a slot */
    struct list dials;
    struct list orphans; /* those of the dials without a want, the eldest first */
    size_t open;         /* connections, in use and idle */
    UT_hash_handle hh;
};

struct pool {
    struct pool_options options;
    struct engine *engine;
    struct resolver *resolver;
    struct timer timer; /* fires when the connection idle for longest has to go */

    struct lock lock; /* LOCK_POOL; guards all below */
    struct pool_host *hosts;
    struct list lru; /* all idle connections, the one idle for longest first */
    size_t dials_len;
    bool timer_armed;
    bool refuse_idle; /* pool_close_idle() was called and nobody has taken since */
    bool closed;
    struct waiter *done; /* woken when a closed pool's last dial ends */
    struct pool_stats stats;
};

/* What is left to do once the lock is dropped. */
struct work {
    struct list closing; /* connections, by their lru link */
    bool poke;
};

#define WORK_INIT ((struct work){LIST_INIT, false})

static void finish_work(struct pool *p, struct work *work)
{
    struct conn *c;
    /* First of all: while a poke is owed, nobody else makes one. */
    if (work->poke)
        engine_poke(p->engine);
    while ((c = list_item(list_pop(&work->closing), struct conn, lru)) != NULL)
        conn_close(&c);
}

static void wake(struct work *work, struct task *task, unsigned events)
{
    if (task_wake(task, events))
        work->poke = true;
}

static bool within(size_t count, int64_t limit)
{
    return limit < 0 || count < (uint64_t)limit;
}

/* --- records of keys --- */

static struct pool_host *find_host(struct pool *p, const struct key *key)
{
    struct pool_host *host;
    HASH_FIND_BYHASHVALUE(hh, p->hosts, key->text, key->len, key->hash, host);
    return host;
}

static struct pool_host *add_host(struct pool *p, const struct key *key)
{
    struct pool_host *host = mem_zalloc(sizeof(*host));
    if (host == NULL || !key_copy(&host->key, key)) {
        mem_free(host);
        return NULL;
    }
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, p->hosts, host->key.text, host->key.len, host->key.hash, host);
    if (map_added(host))
        return host;
    key_fini(&host->key);
    mem_free(host);
    return NULL;
}

/* Frees the record where nothing is left in it. The last thing that is done with it under one lock.
 */
static void settle(struct pool *p, struct pool_host *host)
{
    if (host->open > 0 || host->wants.len > 0 || host->dials.len > 0)
        return;
    HASH_DEL(p->hosts, host);
    key_fini(&host->key);
    mem_free(host);
}

static bool has_slot(const struct pool *p, const struct pool_host *host)
{
    return within(host->open + host->dials.len, p->options.max_per_host);
}

/* --- wants and dials --- */

/* The want leaves the queues; its dial, where it has one, is an orphan. */
static void unqueue(struct pool *p, struct want *want, struct work *work)
{
    struct pool_host *host = want->host;
    list_remove(&want->waiting);
    list_remove(&want->undialed);
    struct dial *dial = want->dial;
    if (dial == NULL)
        return;
    want->dial = NULL;
    dial->want = NULL;
    list_push(&host->orphans, &dial->orphan);
    if (within(host->orphans.len - 1, p->options.max_idle_per_host))
        return;
    struct dial *youngest = list_item(list_last(&host->orphans), struct dial, orphan);
    list_remove(&youngest->orphan);
    wake(work, &youngest->task, EV_CANCEL);
}

static void answer_conn(struct pool *p, struct want *want, struct conn *conn, struct work *work)
{
    unqueue(p, want, work);
    want->conn = conn;
    want->state = WANT_CONN;
    wake(work, want->task, EV_CONN);
}

static void answer_fault(struct pool *p, struct want *want, const struct fault *fault,
                         struct work *work)
{
    unqueue(p, want, work);
    if (want->fault->code == GOFER_OK)
        *want->fault = *fault;
    want->state = WANT_FAILED;
    wake(work, want->task, EV_CONN);
}

static void start_dial(struct pool *p, struct pool_host *host, struct want *want, struct work *work)
{
    struct dial *dial = dial_new(p, &host->key, p->engine);
    if (dial == NULL) {
        struct fault fault = {0};
        fault_set(&fault, GOFER_ERR_NOMEM, GOFER_PHASE_POOL, 0, NULL);
        answer_fault(p, want, &fault, work);
        return;
    }
    dial->host = host;
    dial->want = want;
    want->dial = dial;
    list_push(&host->dials, &dial->running);
    p->dials_len++;
    wake(work, &dial->task, EV_START);
}

/* Slots may have come free: the wants whose dials wait for one get them in order. */
static void use_slots(struct pool *p, struct pool_host *host, struct work *work)
{
    while (!p->closed && has_slot(p, host) && host->undialed.len > 0) {
        struct want *want = list_item(list_pop(&host->undialed), struct want, undialed);
        start_dial(p, host, want, work);
    }
}

/* --- connections --- */

static void unlist_idle(struct pool *p, struct conn *conn)
{
    list_remove(&conn->idle);
    list_remove(&conn->lru);
    p->stats.idle--;
}

/* The connection's slot comes free; it is closed once the lock is dropped. The record may be
 * settled after. */
static void close_locked(struct pool *p, struct conn *conn, struct work *work)
{
    struct pool_host *host = conn->host;
    host->open--;
    conn->host = NULL;
    list_push(&work->closing, &conn->lru);
    use_slots(p, host, work);
}

static void evict(struct pool *p, struct conn *conn, struct work *work)
{
    struct pool_host *host = conn->host;
    unlist_idle(p, conn);
    close_locked(p, conn, work);
    settle(p, host);
}

static bool has_expired(const struct pool *p, const struct conn *conn, int64_t now_ns)
{
    return now_ns >= clock_after_ms(conn->idle_since_ns, p->options.idle_timeout_ms);
}

static bool is_too_old(const struct pool *p, const struct conn *conn, int64_t now_ns)
{
    return now_ns >= clock_after_ms(conn->born_ns, p->options.max_age_ms);
}

/* For the time at which a connection that becomes idle at since_ns has to go. */
static void arm_timer(struct pool *p, int64_t since_ns)
{
    int64_t at = clock_after_ms(since_ns, p->options.idle_timeout_ms);
    p->timer_armed = at != CLOCK_NEVER;
    timer_arm(engine_timers(p->engine), &p->timer, at);
}

static void make_idle(struct pool *p, struct conn *conn, int64_t now_ns, struct work *work)
{
    struct pool_host *host = conn->host;
    conn->reused = true;
    conn->idle_since_ns = now_ns;
    list_push_front(&host->idle, &conn->idle);
    list_push(&p->lru, &conn->lru);
    p->stats.idle++;
    if (!within(p->lru.len - 1, p->options.max_idle))
        evict(p, list_item(list_first(&p->lru), struct conn, lru), work);
    /* It fires once in an idle time at most, however often the pool empties and fills. */
    if (!p->timer_armed)
        arm_timer(p, now_ns);
}

static struct want *first_want(struct pool_host *host, bool newly_dialled)
{
    for (struct link *l = list_first(&host->wants); l != NULL; l = list_next(l)) {
        struct want *want = list_item(l, struct want, waiting);
        if (newly_dialled || !want->fresh)
            return want;
    }
    return NULL;
}

/*
 * A connection has no user: it goes to the first want that may have it, or is
 * idle, or is closed. A want that waits for a slot and may not have it (a retry)
 * gets its slot instead. `newly_dialled`: it has not served a request yet.
 */
static void give(struct pool *p, struct conn *conn, bool newly_dialled, struct work *work)
{
    struct pool_host *host = conn->host;
    int64_t now = clock_now_ns();
    bool keep = !p->closed && !p->options.disable_keep_alives && !is_too_old(p, conn, now);
    struct want *want = keep ? first_want(host, newly_dialled) : NULL;
    if (want != NULL) {
        p->stats.late_bound += !newly_dialled;
        p->stats.reused += !newly_dialled;
        conn->reused = conn->reused || !newly_dialled;
        answer_conn(p, want, conn, work);
    } else if (keep && !p->refuse_idle && host->undialed.len == 0 &&
               within(host->idle.len, p->options.max_idle_per_host) && p->options.max_idle != 0) {
        make_idle(p, conn, now, work);
    } else {
        close_locked(p, conn, work);
    }
}

/* The most recently used idle connection that is neither expired nor too old. */
static struct conn *take_idle(struct pool *p, struct pool_host *host, int64_t now_ns,
                              struct work *work)
{
    struct conn *conn;
    while ((conn = list_item(list_first(&host->idle), struct conn, idle)) != NULL) {
        unlist_idle(p, conn);
        if (!has_expired(p, conn, now_ns) && !is_too_old(p, conn, now_ns))
            return conn;
        close_locked(p, conn, work);
    }
    return NULL;
}

/* --- taking --- */

static void queue_want(struct pool *p, struct pool_host *host, struct want *want, struct work *work)
{
    want->state = WANT_WAITING;
    want->host = host;
    list_push(&host->wants, &want->waiting);
    list_push(&host->undialed, &want->undialed);
    struct conn *oldest = list_item(list_last(&host->idle), struct conn, idle);
    if (!has_slot(p, host) && want->fresh && oldest != NULL) {
        unlist_idle(p, oldest);
        close_locked(p, oldest, work);
        return;
    }
    use_slots(p, host, work);
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
    struct pool_host *host = find_host(p, key);
    if (host == NULL && (host = add_host(p, key)) == NULL)
        return refuse(want, GOFER_ERR_NOMEM);
    if (!want->fresh && (*conn = take_idle(p, host, now_ns, work)) != NULL) {
        p->stats.reused++;
        want->state = WANT_TAKEN;
        return POOL_CONN;
    }
    queue_want(p, host, want, work);
    if (want->state == WANT_WAITING)
        return POOL_WAIT;
    settle(p, host);
    return POOL_FAILED;
}

enum pool_answer pool_take(struct pool *pool, const struct key *key, struct want *want,
                           int64_t now_ns, struct conn **conn)
{
    struct work work = WORK_INIT;
    *conn = NULL;
    lock_take(&pool->lock);
    enum pool_answer answer = take_locked(pool, key, want, now_ns, conn, &work);
    lock_drop(&pool->lock);
    finish_work(pool, &work);
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

bool pool_check(struct pool *pool, struct conn **conn)
{
    if (!(*conn)->reused || pool->options.skip_check)
        return true;
    enum conn_check found = conn_check(*conn);
    if (found == CONN_QUIET)
        return true;
    lock_take(&pool->lock);
    pool->stats.reused--;
    pool->stats.stale++;
    lock_drop(&pool->lock);
    pool_discard(pool, conn, found == CONN_TALKING);
    return false;
}

gofer_phase pool_drop_want(struct pool *pool, struct want *want)
{
    struct work work = WORK_INIT;
    gofer_phase phase = GOFER_PHASE_POOL;
    lock_take(&pool->lock);
    struct pool_host *host = want->host;
    if (want->state == WANT_WAITING) {
        if (want->dial != NULL)
            phase = dial_phase(want->dial);
        unqueue(pool, want, &work);
        settle(pool, host);
    } else if (want->state == WANT_CONN) {
        pool->stats.reused -= want->conn->reused;
        give(pool, want->conn, !want->conn->reused, &work);
        settle(pool, host);
    }
    want->state = WANT_DROPPED;
    lock_drop(&pool->lock);
    finish_work(pool, &work);
    return phase;
}

/* --- giving back --- */

void pool_put(struct pool *pool, struct conn **conn)
{
    struct work work = WORK_INIT;
    struct conn *c = *conn;
    *conn = NULL;
    lock_take(&pool->lock);
    struct pool_host *host = c->host;
    give(pool, c, false, &work);
    settle(pool, host);
    lock_drop(&pool->lock);
    finish_work(pool, &work);
}

void pool_discard(struct pool *pool, struct conn **conn, bool talking)
{
    struct work work = WORK_INIT;
    struct conn *c = *conn;
    *conn = NULL;
    (void)talking;
    lock_take(&pool->lock);
    struct pool_host *host = c->host;
    close_locked(pool, c, &work);
    settle(pool, host);
    lock_drop(&pool->lock);
    finish_work(pool, &work);
}

static void dial_succeeded(struct pool *p, struct dial *dial, struct conn *conn, struct work *work)
{
    struct want *want = dial->want;
    conn->host = dial->host;
    dial->host->open++;
    p->stats.opened++;
    if (want != NULL)
        want->dial = NULL;
    if (want != NULL && !p->closed)
        answer_conn(p, want, conn, work);
    else
        give(p, conn, true, work);
}

static void dial_failed(struct pool *p, struct dial *dial, const struct fault *fault,
                        struct work *work)
{
    struct want *want = dial->want;
    if (want == NULL)
        return;
    want->dial = NULL;
    answer_fault(p, want, fault, work);
}

void pool_dial_ended(struct pool *pool, struct dial *dial, struct conn **conn,
                     const struct fault *fault)
{
    struct work work = WORK_INIT;
    struct conn *c = *conn;
    *conn = NULL;
    lock_take(&pool->lock);
    struct pool_host *host = dial->host;
    list_remove(&dial->running);
    list_remove(&dial->orphan);
    pool->dials_len--;
    if (c != NULL)
        dial_succeeded(pool, dial, c, &work);
    else
        dial_failed(pool, dial, fault, &work);
    use_slots(pool, host, &work);
    settle(pool, host);
    if (pool->done != NULL && pool->dials_len == 0)
        waiter_wake(pool->done);
    lock_drop(&pool->lock);
    finish_work(pool, &work);
}

/* --- idle connections --- */

/* On the timer thread: closes what has been idle for too long and arms for the next. */
static void on_timer(void *arg)
{
    struct pool *pool = arg;
    struct work work = WORK_INIT;
    int64_t now = clock_now_ns();
    struct conn *oldest;
    lock_take(&pool->lock);
    while ((oldest = list_item(list_first(&pool->lru), struct conn, lru)) != NULL &&
           has_expired(pool, oldest, now))
        evict(pool, oldest, &work);
    pool->timer_armed = false;
    if (oldest != NULL)
        arm_timer(pool, oldest->idle_since_ns);
    lock_drop(&pool->lock);
    finish_work(pool, &work);
}

static void close_idle_locked(struct pool *p, struct work *work)
{
    struct conn *conn;
    p->refuse_idle = true;
    while ((conn = list_item(list_first(&p->lru), struct conn, lru)) != NULL)
        evict(p, conn, work);
}

void pool_close_idle(struct pool *pool)
{
    struct work work = WORK_INIT;
    lock_take(&pool->lock);
    close_idle_locked(pool, &work);
    lock_drop(&pool->lock);
    finish_work(pool, &work);
}

/* --- life --- */

struct pool *pool_new(const struct pool_options *options, struct engine *engine,
                      struct resolver *resolver)
{
    struct pool *pool = mem_zalloc(sizeof(*pool));
    if (pool == NULL)
        return NULL;
    pool->options = *options;
    pool->engine = engine;
    pool->resolver = resolver;
    pool->timer.fire = on_timer;
    pool->timer.arg = pool;
    lock_init(&pool->lock, LOCK_POOL);
    return pool;
}

void pool_close(struct pool *pool)
{
    struct work work = WORK_INIT;
    struct pool_host *host, *next;
    lock_take(&pool->lock);
    pool->closed = true;
    HASH_ITER(hh, pool->hosts, host, next)
    {
        for (struct link *l = list_first(&host->dials); l != NULL; l = list_next(l))
            wake(&work, &list_item(l, struct dial, running)->task, EV_CLOSE);
    }
    close_idle_locked(pool, &work);
    lock_drop(&pool->lock);
    finish_work(pool, &work);
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
    if (pool == NULL)
        return;
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

void pool_read_stats(struct pool *pool, struct pool_stats *stats)
{
    lock_take(&pool->lock);
    *stats = pool->stats;
    stats->dialing = pool->dials_len;
    stats->waiting = 0;
    stats->in_use = 0;
    for (struct pool_host *h = pool->hosts; h != NULL; h = h->hh.next) {
        stats->waiting += h->wants.len;
        stats->in_use += h->open - h->idle.len;
    }
    lock_drop(&pool->lock);
}
