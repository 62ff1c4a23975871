/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Groups. A future of a group is in one of its two lists: pending or finished,
 * in order of completion. Its call holds a reference on the group until it has
 * told of its outcome, so a group that was freed early is still there to be told.
 *
 * Lock: `lock` (LOCK_GROUP) guards the lists, the waiter and the deadline. It
 * ranks before a call's lock, and a call tells its group without its own.
 */

#include "base/alloc.h"
#include "base/callback.h"
#include "base/clock.h"
#include "base/refs.h"
#include "client/call.h"
#include "client/core.h"
#include "engine/waiter.h"
#include "engine/wakes.h"

struct gofer_group {
    struct refs refs;
    struct core *core;
    struct lock lock; /* guards all below */
    struct list pending;
    struct list finished;
    int64_t deadline;
    struct waiter *waiter;
};

static void group_unref(gofer_group *group)
{
    if (!refs_drop(&group->refs))
        return;
    core_unref(group->core);
    lock_fini(&group->lock);
    mem_free(group);
}

/* In a forked child the group is the parent's: its lock may never be free. */
static bool is_foreign(const gofer_group *group)
{
    return core_is_forked(group->core);
}

gofer_group *gofer_group_new(gofer_client *client)
{
    if (client == NULL)
        return NULL;
    gofer_group *group = mem_zalloc(sizeof(*group));
    if (group == NULL)
        return NULL;
    refs_init(&group->refs, 1);
    group->core = (struct core *)(void *)client;
    core_ref(group->core);
    group->deadline = CLOCK_NEVER;
    lock_init(&group->lock, LOCK_GROUP);
    return group;
}

void group_completed(gofer_group *group, struct call *call)
{
    struct wakes wakes;
    WAKES_INIT(&wakes);
    lock_take(&group->lock);
    if (list_has(&group->pending, &call->group_link)) {
        list_remove(&call->group_link);
        list_push(&group->finished, &call->group_link);
        if (group->waiter != NULL)
            waiter_wake_later(group->waiter, &wakes);
    }
    lock_drop(&group->lock);
    wakes_deliver(&wakes);
    group_unref(group);
}

/*
 * Lists the call and makes the group known to it, under both locks: it may tell
 * of its outcome as soon as it knows the group. *resolved: nobody will tell.
 */
static gofer_status join(gofer_group *group, struct call *call, bool *resolved, int64_t *deadline)
{
    lock_take(&group->lock);
    lock_take(&call->lock);
    /* Waiting on a group serves one client: a future of another might never be driven. */
    bool free_to_join = call->group == NULL && (call->core == NULL || call->core == group->core);
    *resolved = call->outcome == OUTCOME_RESOLVED && !call->unpublished;
    if (free_to_join) {
        call->group = group;
        refs_add(&group->refs);
        list_push(&group->pending, &call->group_link);
    }
    lock_drop(&call->lock);
    *deadline = group->deadline;
    lock_drop(&group->lock);
    return free_to_join ? GOFER_OK : GOFER_ERR_INVALID;
}

/* The future was resolved before it was added: this thread, which may be any, tells so. It comes
 * inside, or the engine of whom it wakes might go before it has poked it. Where the client has
 * ended nobody waits. */
static void complete_here(gofer_group *group, struct call *call)
{
    struct core *core = group->core;
    bool inside = core_enter_waiting(core);
    group_completed(group, call);
    if (inside)
        core_leave(core);
}

gofer_status gofer_group_add(gofer_group *group, gofer_future *future)
{
    if (group == NULL || future == NULL)
        return GOFER_ERR_INVALID;
    if (is_foreign(group) || call_is_foreign(call_of(future)))
        return GOFER_ERR_FORKED;
    struct call *call = call_of(future);
    bool resolved;
    int64_t deadline;
    /* Once it is in the group another thread may be handed the future and free it. */
    task_ref(&call->task);
    gofer_status status = join(group, call, &resolved, &deadline);
    if (status == GOFER_OK && resolved)
        complete_here(group, call);
    else if (status == GOFER_OK)
        call_limit(call, deadline);
    task_unref(&call->task);
    return status;
}

gofer_status gofer_group_submit(gofer_group *group, const gofer_request *request)
{
    if (group == NULL)
        return GOFER_ERR_INVALID;
    gofer_future *future = gofer_submit((gofer_client *)(void *)group->core, request);
    return future != NULL ? gofer_group_add(group, future) : GOFER_ERR_NOMEM;
}

/* The call behind `from` (NULL: the first) in the pending list, referenced. Ends the hold on
 * `from`. */
static struct call *next_pending(gofer_group *group, struct call *from)
{
    lock_take(&group->lock);
    struct link *l = from == NULL || !list_has(&group->pending, &from->group_link)
                         ? list_first(&group->pending)
                         : list_next(&from->group_link);
    struct call *call = list_item(l, struct call, group_link);
    if (call != NULL)
        task_ref(&call->task);
    lock_drop(&group->lock);
    if (from != NULL)
        task_unref(&from->task);
    return call;
}

gofer_status gofer_group_set_timeout_ms(gofer_group *group, int64_t timeout_ms)
{
    if (group == NULL || timeout_ms < -1)
        return GOFER_ERR_INVALID;
    if (is_foreign(group))
        return GOFER_ERR_FORKED;
    int64_t at = clock_after_ms(clock_now_ns(), timeout_ms);
    lock_take(&group->lock);
    group->deadline = clock_min(group->deadline, at);
    lock_drop(&group->lock);
    /* A call that leaves the list meanwhile sends the walk back to its head: limiting twice is
     * harmless. */
    for (struct call *call = next_pending(group, NULL); call != NULL;
         call = next_pending(group, call))
        call_limit(call, at);
    return GOFER_OK;
}

void gofer_group_cancel(gofer_group *group)
{
    if (group == NULL || is_foreign(group))
        return;
    for (struct call *call = next_pending(group, NULL); call != NULL;
         call = next_pending(group, call))
        gofer_future_cancel(future_of(call));
}

static struct call *pop_finished(gofer_group *group, struct waiter *waiter, bool *more)
{
    lock_take(&group->lock);
    struct call *call = list_item(list_pop(&group->finished), struct call, group_link);
    *more = group->pending.len > 0;
    if (waiter != NULL && (call == NULL || group->waiter == waiter))
        group->waiter = call == NULL ? waiter : NULL;
    lock_drop(&group->lock);
    return call;
}

static void forget_waiter(gofer_group *group, const struct waiter *waiter)
{
    lock_take(&group->lock);
    if (group->waiter == waiter)
        group->waiter = NULL;
    lock_drop(&group->lock);
}

static struct call *sleep_until_finished(gofer_group *group, int64_t at_ns)
{
    bool more;
    struct call *call;
    struct waiter waiter;
    waiter_init(&waiter, group->core->engine);
    while ((call = pop_finished(group, &waiter, &more)) == NULL && more)
        if (!waiter_wait(&waiter, at_ns))
            break;
    if (call == NULL)
        call = pop_finished(group, NULL, &more);
    forget_waiter(group, &waiter);
    waiter_fini(&waiter);
    return call;
}

/* timeout_ms 0: only looks, and leaves the thread that waits alone. */
static struct call *await_finished(gofer_group *group, int64_t timeout_ms)
{
    bool more;
    if (!core_enter_waiting(group->core))
        return pop_finished(group, NULL, &more);
    if (timeout_ms == 0)
        core_poll(group->core);
    struct call *call =
        timeout_ms == 0 ? pop_finished(group, NULL, &more)
                        : sleep_until_finished(group, clock_after_ms(clock_now_ns(), timeout_ms));
    core_leave(group->core);
    return call;
}

gofer_future *gofer_group_next(gofer_group *group, int64_t timeout_ms)
{
    if (group == NULL || timeout_ms < -1 || is_foreign(group))
        return NULL;
    bool more;
    struct call *call = pop_finished(group, NULL, &more);
    if (call == NULL && more && !callback_active())
        call = await_finished(group, timeout_ms);
    if (call == NULL)
        return NULL;
    lock_take(&call->lock);
    call->group = NULL;
    lock_drop(&call->lock);
    return future_of(call);
}

size_t gofer_group_pending(const gofer_group *group)
{
    gofer_group *g = (gofer_group *)group;
    if (g == NULL || is_foreign(g))
        return 0;
    lock_take(&g->lock);
    size_t n = g->pending.len + g->finished.len;
    lock_drop(&g->lock);
    return n;
}

static struct call *pop_any(gofer_group *group)
{
    lock_take(&group->lock);
    struct link *l = list_pop(&group->finished);
    if (l == NULL)
        l = list_pop(&group->pending);
    lock_drop(&group->lock);
    return list_item(l, struct call, group_link);
}

void gofer_group_free(gofer_group *group)
{
    if (group == NULL || is_foreign(group))
        return;
    struct call *call;
    while ((call = pop_any(group)) != NULL) {
        gofer_future_cancel(future_of(call));
        gofer_future_free(future_of(call));
    }
    group_unref(group);
}
