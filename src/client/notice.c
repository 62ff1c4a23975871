/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One task, one step.
 */
#include "client/notice.h"

#include "base/alloc.h"
#include "base/callback.h"
#include "client/call.h"
#include "client/core.h"
#include "client/stream.h"

struct notice {
    struct task task;
    void (*fn)(void *arg);
    void *arg;
    struct call *call; /* while it is on its way; referenced */
};

static struct notice *notice_of(struct task *task)
{
    return list_item(task, struct notice, task);
}

static void call_back(const struct notice *n)
{
    callback_enter();
    n->fn(n->arg);
    callback_leave();
}

static enum task_next step(struct task *task, unsigned events, struct turn *turn)
{
    struct notice *n = notice_of(task);
    struct call *call = n->call;
    struct core *core = call->core;
    (void)events, (void)turn;
    if (stream_is_wanted(call->stream))
        call_back(n);
    core_call_resolved(core);
    task_unref(&call->task);
    return TASK_DONE;
}

static void drop(struct task *task)
{
    mem_free(notice_of(task));
}

static const struct task_ops notice_ops = {.name = "notice", .step = step, .free = drop};

struct notice *notice_new(struct engine *engine, void (*fn)(void *arg), void *arg)
{
    struct notice *n = mem_zalloc(sizeof(*n));
    if (n == NULL)
        return NULL;
    task_init(&n->task, engine, &notice_ops);
    n->fn = fn;
    n->arg = arg;
    return n;
}

void notice_free(struct notice *notice)
{
    if (notice != NULL)
        task_unref(&notice->task);
}

void notice_send(struct notice *notice, struct call *call)
{
    notice->call = call;
    task_ref(&call->task);
    core_will_resolve(call->core);
    task_wake_now(&notice->task, EV_START);
}

void notice_run(struct notice *notice)
{
    call_back(notice);
    notice_free(notice);
}
