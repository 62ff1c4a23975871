/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Firing pops the calls one by one: each is referenced, taken out and cancelled
 * with the lock dropped, so that waking never happens under it.
 */
#include "client/token.h"

#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/refs.h"
#include "client/call.h"

struct gofer_cancel {
    struct refs refs;
    int64_t deadline; /* immutable, as */
    pid_t pid;
    struct lock lock; /* guards all below */
    bool fired;
    struct list calls;
};

static gofer_cancel *token_new(int64_t deadline_ns)
{
    gofer_cancel *token = mem_zalloc(sizeof(*token));
    if (token == NULL)
        return NULL;
    refs_init(&token->refs, 1);
    token->deadline = deadline_ns;
    token->pid = getpid();
    lock_init(&token->lock, LOCK_TOKEN);
    return token;
}

gofer_cancel *gofer_cancel_new(void)
{
    return token_new(CLOCK_NEVER);
}

gofer_cancel *gofer_cancel_new_deadline(int64_t deadline_ms)
{
    return token_new(deadline_ms < 0 ? 0 : clock_after_ms(0, deadline_ms));
}

void token_ref(gofer_cancel *token)
{
    if (token != NULL)
        refs_add(&token->refs);
}

void token_unref(gofer_cancel *token)
{
    if (token == NULL || !refs_drop(&token->refs))
        return;
    lock_fini(&token->lock);
    mem_free(token);
}

void gofer_cancel_free(gofer_cancel *cancel)
{
    token_unref(cancel);
}

int64_t token_deadline(const gofer_cancel *token)
{
    return token != NULL ? token->deadline : CLOCK_NEVER;
}

bool token_add(gofer_cancel *token, struct call *call)
{
    if (token == NULL)
        return true;
    lock_take(&token->lock);
    bool live = !token->fired;
    if (live)
        list_push(&token->calls, &call->token_link);
    lock_drop(&token->lock);
    return live;
}

void token_remove(gofer_cancel *token, struct call *call)
{
    if (token == NULL)
        return;
    lock_take(&token->lock);
    list_remove(&call->token_link);
    lock_drop(&token->lock);
}

static struct call *pop_call(gofer_cancel *token)
{
    lock_take(&token->lock);
    token->fired = true;
    struct call *call = list_item(list_pop(&token->calls), struct call, token_link);
    if (call != NULL)
        task_ref(&call->task);
    lock_drop(&token->lock);
    return call;
}

void gofer_cancel_fire(gofer_cancel *cancel)
{
    /* In a forked child the list is the parent's, and its lock may never be free. */
    if (cancel == NULL || cancel->pid != getpid())
        return;
    /* The end of its calls may lead others to free it. */
    token_ref(cancel);
    struct call *call;
    while ((call = pop_call(cancel)) != NULL) {
        call_wake(call, EV_CANCEL);
        task_unref(&call->task);
    }
    token_unref(cancel);
}
