/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Out of descriptors or ports (design 7.14). A want whose dial found none starves:
 * it keeps its place among the wants, so that a connection given back still goes
 * to it, and dials again when a descriptor of the pool comes free, after a dial
 * that found one, and every POOL_STARVED_MS, until its call's deadline.
 */
#include "base/clock.h"
#include "engine/engine.h"
#include "transport/pool_state.h"

enum { FED_AT_ONCE = 8 };

bool pool_is_starvation(const struct fault *fault)
{
    return fault->code == GOFER_ERR_SYSTEM;
}

/* The dial of a waiting want found no resource: it is tried again, as long as the pool holds any
 * that may come free. */
void pool_starve(struct pool *p, struct want *want, struct work *work)
{
    struct conn *oldest = list_item(list_first(&p->lru), struct conn, lru);
    list_push(&p->starved, &want->starved);
    timer_arm_earlier(engine_timers(p->engine), &p->starved_timer,
                      clock_after_ms(clock_now_ns(), POOL_STARVED_MS));
    if (oldest != NULL)
        pool_evict(p, oldest, CLOSE_LIMIT, work);
}

/* A resource may have come free: the want that starves for longest dials again. */
void pool_feed_one(struct pool *p, struct work *work)
{
    struct want *want = list_item(list_pop(&p->starved), struct want, starved);
    if (want == NULL || p->closed)
        return;
    struct pool_host *host = want->host;
    struct link *l = list_first(&host->undialed);
    while (l != NULL && list_item(l, struct want, undialed)->turn < want->turn)
        l = list_next(l);
    list_insert_before(&host->undialed, l, &want->undialed);
    pool_make_room(p, host, work);
    pool_settle(p, host);
}

void pool_note_closed(struct pool *p, size_t descriptors)
{
    struct work work;
    pool_begin_work(&work);
    lock_take(&p->lock);
    p->closing -= descriptors;
    pool_feed_one(p, &work);
    lock_drop(&p->lock);
    pool_finish_work(p, &work);
}

/* On the timer thread. */
void pool_feed_in_time(void *arg)
{
    struct pool *p = arg;
    struct work work;
    pool_begin_work(&work);
    lock_take(&p->lock);
    /* Several: dials that hang must not hold up the wants behind them. */
    for (int i = 0; i < FED_AT_ONCE; i++)
        pool_feed_one(p, &work);
    if (p->starved.len > 0)
        timer_arm(engine_timers(p->engine), &p->starved_timer,
                  clock_after_ms(clock_now_ns(), POOL_STARVED_MS));
    lock_drop(&p->lock);
    pool_finish_work(p, &work);
}
