/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The pool's rules, one function each, all with the lock held: what happens to a
 * record, a want, a slot and a connection. The public functions in pool.c are
 * made of these.
 */
#include "transport/pool_state.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "transport/dial.h"

void pool_do_work(struct pool *p, struct work *work)
{
    struct conn *c;
    size_t closed = 0;
    wakes_deliver(&work->wakes);
    for (; (c = list_item(list_pop(&work->closing), struct conn, lru)) != NULL; closed++)
        conn_close(&c);
    if (closed > 0)
        pool_note_closed(p, closed);
}

static void need_work(struct work *work)
{
    if (work->any)
        return;
    work->any = true;
    work->closing = (struct list)LIST_INIT;
    WAKES_INIT(&work->wakes);
}

void pool_wake(struct work *work, struct task *task, unsigned events)
{
    need_work(work);
    task_wake_later(task, events, &work->wakes);
}

/* --- records of keys --- */

struct pool_host *pool_find_host(struct pool *p, const struct key *key)
{
    struct pool_host *host;
    HASH_FIND_BYHASHVALUE(hh, p->hosts, key->text, key->len, key->hash, host);
    return host;
}

struct pool_host *pool_add_host(struct pool *p, const struct key *key)
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

bool pool_is_banned(const struct pool_host *host)
{
    return host->banned_until != 0 && clock_now_ns() < host->banned_until;
}

/* Frees the record where nothing is left in it, a ban included. The last thing that is done with it
 * under one lock.
 */
void pool_settle(struct pool *p, struct pool_host *host)
{
    if (host->open > 0 || host->wants.len > 0 || host->dials.len > 0 || pool_is_banned(host))
        return;
    p->bans -= host->banned_until != 0;
    HASH_DEL(p->hosts, host);
    key_fini(&host->key);
    mem_free(host);
}

/* --- wants and dials --- */

void pool_cancel_orphan(struct dial *dial, struct work *work)
{
    list_remove(&dial->orphan);
    list_remove(&dial->ageing);
    pool_wake(work, &dial->task, EV_CANCEL);
}

/* It runs on, for a while: it may have no limit of its own. */
static void make_orphan(struct pool *p, struct pool_host *host, struct dial *dial,
                        struct work *work)
{
    int64_t now = clock_now_ns();
    dial->orphaned_ns = now;
    list_push(&host->orphans, &dial->orphan);
    list_push(&p->orphans, &dial->ageing);
    pool_arm_look(p, now);
    if (!pool_within(host->orphans.len - 1, p->options.max_idle_per_host))
        pool_cancel_orphan(list_item(list_last(&host->orphans), struct dial, orphan), work);
}

/* The want leaves the queues; its dial, where it has one, is an orphan. */
void pool_unqueue(struct pool *p, struct want *want, struct work *work)
{
    struct pool_host *host = want->host;
    list_remove(&want->waiting);
    list_remove(&want->undialed);
    list_remove(&want->starved);
    struct dial *dial = want->dial;
    if (dial == NULL)
        return;
    want->dial = NULL;
    dial->want = NULL;
    make_orphan(p, host, dial, work);
}

void pool_answer_conn(struct pool *p, struct want *want, struct conn *conn, struct work *work)
{
    pool_unqueue(p, want, work);
    want->conn = conn;
    want->state = WANT_CONN;
    pool_wake(work, want->task, EV_CONN);
}

void pool_answer_fault(struct pool *p, struct want *want, const struct fault *fault,
                       struct work *work)
{
    pool_unqueue(p, want, work);
    if (want->fault->code == GOFER_OK)
        *want->fault = *fault;
    want->state = WANT_FAILED;
    pool_wake(work, want->task, EV_CONN);
}

bool pool_has_slot(const struct pool *p, const struct pool_host *host)
{
    return pool_within(host->open + host->dials.len, p->options.max_per_host);
}

static void start_dial(struct pool *p, struct pool_host *host, struct want *want, struct work *work)
{
    struct dial *dial = dial_new(p, &host->key, p->engine, want->trace);
    if (dial == NULL) {
        struct fault fault = {0};
        fault_set(&fault, GOFER_ERR_NOMEM, GOFER_PHASE_POOL, 0, NULL);
        pool_answer_fault(p, want, &fault, work);
        return;
    }
    dial->host = host;
    dial->want = want;
    want->dial = dial;
    list_push(&host->dials, &dial->running);
    p->dials_len++;
    if (p->options.dial_starter != NULL)
        p->options.dial_starter(dial, p->options.dial_starter_arg);
    else
        pool_wake(work, &dial->task, EV_START);
}

/* Slots may have come free: the wants whose dials wait for one get them in order. */
void pool_use_slots(struct pool *p, struct pool_host *host, struct work *work)
{
    struct link *at;
    while (!p->closed && pool_has_slot(p, host) && (at = list_pop(&host->undialed)) != NULL)
        start_dial(p, host, list_item(at, struct want, undialed), work);
}

void pool_make_room(struct pool *p, struct pool_host *host, struct work *work)
{
    struct conn *oldest = list_item(list_last(&host->idle), struct conn, idle);
    if (host->undialed.len > 0 && !pool_has_slot(p, host) && oldest != NULL) {
        pool_unlist_idle(oldest);
        pool_close_locked(p, oldest, CLOSE_LIMIT, work);
        return;
    }
    pool_use_slots(p, host, work);
}

/* --- connections --- */

/* The connection's slot comes free; it is closed once the lock is dropped. The record may be
 * settled after. */
void pool_close_locked(struct pool *p, struct conn *conn, enum pool_close cause, struct work *work)
{
    struct pool_host *host = conn->host;
    host->open--;
    p->open--;
    host->stats.closed[cause]++;
    p->stats.closed[cause]++;
    idle_watch_release(&p->watch, conn);
    conn->host = NULL;
    p->closing++;
    need_work(work);
    list_push(&work->closing, &conn->lru);
    pool_use_slots(p, host, work);
}

struct want *pool_first_want(struct pool_host *host, bool newly_dialled)
{
    for (struct link *l = list_first(&host->wants); l != NULL; l = list_next(l)) {
        struct want *want = list_item(l, struct want, waiting);
        if (newly_dialled || !want->fresh)
            return want;
    }
    return NULL;
}

/* Late binding: the want's own dial, where it runs, is an orphan from here on. */
void pool_hand_over(struct pool *p, struct want *want, struct conn *conn, bool newly_dialled,
                    struct work *work)
{
    struct pool_host *host = want->host;
    p->stats.late_bound += !newly_dialled;
    host->stats.late_bound += !newly_dialled;
    p->stats.reused += !newly_dialled;
    host->stats.reused += !newly_dialled;
    conn->reused = conn->reused || !newly_dialled;
    pool_answer_conn(p, want, conn, work);
}

/*
 * A connection has no user: it goes to the first want that may have it, or is
 * idle, or is closed. A want that waits for a slot and may not have it (a retry)
 * gets its slot instead. `newly_dialled`: it has not served a request yet.
 */
void pool_give(struct pool *p, struct conn *conn, bool newly_dialled, int64_t since_ns,
               struct work *work)
{
    struct pool_host *host = conn->host;
    int64_t now = clock_now_ns();
    if (p->closed || p->options.disable_keep_alives || now < host->banned_until) {
        pool_close_locked(p, conn, CLOSE_ASKED, work);
        return;
    }
    if (pool_is_too_old(p, conn, now)) {
        pool_close_locked(p, conn, CLOSE_OLD, work);
        return;
    }
    struct want *want = pool_first_want(host, newly_dialled);
    if (want != NULL)
        pool_hand_over(p, want, conn, newly_dialled, work);
    else if (p->refuse_idle)
        pool_close_locked(p, conn, CLOSE_ASKED, work);
    else if (host->undialed.len == 0 && pool_within(host->idle.len, p->options.max_idle_per_host) &&
             p->options.max_idle != 0)
        pool_make_idle(p, conn, since_ns != 0 ? since_ns : now, work);
    else
        pool_close_locked(p, conn, CLOSE_LIMIT, work);
}
