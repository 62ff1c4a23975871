/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Lookups in the program's hands. Each holds a reference to the resolver, so it
 * may be answered at any time, also when the client is gone; then the answer
 * goes nowhere.
 *
 * The thread that answers is a stranger to the engine. Between its wake and its
 * poke nothing but `hearing` keeps the engine there: resolver_ended() waits for
 * it.
 */
#include <gofer/resolver.h>

#include "base/alloc.h"
#include "base/callback.h"
#include "net/endpoint.h"
#include "net/resolver_state.h"

bool resolver_call_hook(struct resolver *r, struct query *q)
{
    struct gofer_lookup *lookup = mem_zalloc(sizeof(*lookup));
    if (lookup == NULL)
        return false;
    lookup->resolver = r;
    lookup->query = q;
    lookup->key = q->key;
    task_ref(&r->task);
    callback_enter();
    r->options.hook(lookup, r->options.hook_arg);
    callback_leave();
    return true;
}

void resolver_free_heard(struct gofer_lookup *heard)
{
    struct resolver *r = heard->resolver;
    answer_fini(&heard->answer);
    mem_free(heard);
    task_unref(&r->task);
}

const char *gofer_lookup_host(const gofer_lookup *lookup)
{
    return lookup_key_host(&lookup->key);
}

gofer_address_family gofer_lookup_family(const gofer_lookup *lookup)
{
    switch (lookup_key_kind(&lookup->key)) {
    case LOOKUP_IPV4:
        return GOFER_IPV4;
    case LOOKUP_IPV6:
        return GOFER_IPV6;
    case LOOKUP_ANY:
        break;
    }
    return GOFER_ANY_FAMILY;
}

gofer_status gofer_lookup_add(gofer_lookup *lookup, const char *address)
{
    struct addr addr;
    if (lookup == NULL || address == NULL || !endpoint_addr(address, 0, &addr) ||
        !lookup_kind_wants(lookup_key_kind(&lookup->key), addr.sa.sa_family))
        return GOFER_ERR_INVALID;
    if (lookup->answer.len == ANSWER_MAX_ADDRS)
        return GOFER_ERR_TOO_LARGE;
    return answer_add(&lookup->answer, &addr, 1) ? GOFER_OK : GOFER_ERR_NOMEM;
}

/* Into the task's hands. False where it has ended, or is about to. */
static bool post(struct resolver *r, struct gofer_lookup *lookup)
{
    lock_take(&r->lock);
    bool open = r->state == RESOLVER_OPEN;
    if (open)
        list_push(&r->heard, &lookup->link);
    bool owed = open && task_wake(&r->task, EV_MAIL);
    r->hearing += owed;
    lock_drop(&r->lock);
    if (!owed)
        return open;
    engine_poke(r->task.engine);
    lock_take(&r->lock);
    r->hearing--;
    lock_drop(&r->lock);
    return open;
}

static void answer(struct gofer_lookup *lookup, enum lookup_error error)
{
    struct resolver *r = lookup->resolver;
    if (lookup->answer.error == LOOKUP_OK)
        lookup->answer.error = error;
    /* The lookup's own reference may go with it before post() is done. */
    task_ref(&r->task);
    if (!post(r, lookup))
        resolver_free_heard(lookup);
    task_unref(&r->task);
}

void gofer_lookup_done(gofer_lookup *lookup, int64_t ttl_ms)
{
    if (lookup == NULL)
        return;
    lookup->ttl_ms = ttl_ms;
    answer(lookup, lookup->answer.len > 0 ? LOOKUP_OK : LOOKUP_NOT_FOUND);
}

void gofer_lookup_fail(gofer_lookup *lookup)
{
    if (lookup == NULL)
        return;
    enum lookup_error before = lookup->answer.error; /* a lack of memory remains one */
    answer_fini(&lookup->answer);
    lookup->answer.error = before;
    lookup->ttl_ms = 0;
    answer(lookup, LOOKUP_FAILED);
}
