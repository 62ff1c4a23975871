/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See fault.h. `armed` is the switch that callers look at: what it guards is
 * written before it is set, and read after.
 */
#include "faults/fault.h"

#include <ares.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "faults/caller.h"

#define IS(call) (1ULL << CALL_##call)
#define MAY(status) (1UL << GOFER_ERR_##status)

#define IS_DESCRIPTOR (IS(SOCKET) | IS(EPOLL_CREATE) | IS(EVENTFD) | IS(OPEN) | IS(DUP))
#define IS_BYTES (IS(SEND) | IS(RECV) | IS(SENDFILE))
#define IS_FILE (IS(READ) | IS(WRITE) | IS(OPEN) | IS(FSTAT) | IS(FSYNC) | IS(RENAME))
#define IS_WAIT (IS(POLL) | IS(EPOLL_WAIT))
#define IS_SYSTEM                                                                                  \
    (IS_DESCRIPTOR | IS_BYTES | IS(SETSOCKOPT) | IS(CONNECT) | IS(POLL) | IS(EPOLL_CTL) |          \
     IS(FSTAT) | IS(MMAP) | IS(MADVISE))
#define MAY_SYSTEM                                                                                 \
    (MAY(NOMEM) | MAY(SYSTEM) | MAY(RESOLVE) | MAY(CONNECT) | MAY(TLS) | MAY(PROXY) |              \
     MAY(BROKEN) | MAY(TRUNCATED) | MAY(BODY))
#define MAY_TLS (MAY_SYSTEM | MAY(CERTIFICATE))

const struct layer layers[] = {
#define LAYER(name, calls, effect, error, statuses) {name, calls, effect, error, statuses},
#include "faults/layers.def"
#undef LAYER
};
const unsigned layers_len = sizeof layers / sizeof *layers;

static struct fault faults[FAULTS_MAX];
static atomic_uint armed; /* how many */
static atomic_long counts[FAULTS_MAX];
static atomic_bool struck;
static atomic_ulong excuses; /* statuses of what struck */

const struct layer *layer_named(const char *name)
{
    for (unsigned i = 0; i < layers_len; i++) {
        if (strcmp(layers[i].name, name) == 0)
            return &layers[i];
    }
    return NULL;
}

bool layer_is_storm(const struct layer *layer)
{
    return layer->effect == EFFECT_STORM || layer->effect == EFFECT_STORM_AFTER ||
           layer->effect == EFFECT_DRIP;
}

bool layer_is_quick(const struct layer *layer)
{
    return layer->calls == IS(ALLOC) || layer_is_storm(layer);
}

void fault_arm(const struct fault *these, unsigned len)
{
    for (unsigned i = 0; i < len && i < FAULTS_MAX; i++) {
        faults[i] = these[i];
        atomic_store(&counts[i], 0);
    }
    atomic_store(&struck, false);
    atomic_store(&excuses, 0);
    atomic_store(&armed, len);
}

bool fault_disarm(void)
{
    atomic_store(&armed, 0);
    atomic_store(&excuses, 0);
    return atomic_exchange(&struck, false);
}

long fault_calls(unsigned i)
{
    return atomic_load(&counts[i]);
}

bool fault_excuses(void)
{
    return atomic_load(&excuses) != 0;
}

bool fault_allows(gofer_status status)
{
    return atomic_load(&excuses) >> status & 1;
}

/* Of a storm one of n, in no order: a step that makes n calls would meet the same failure each
 * time. */
static bool is_hit(const struct fault *fault, long nth)
{
    if (layer_is_storm(fault->layer))
        return fault->n > 0 &&
               ((unsigned long)nth * 0x9e3779b97f4a7c15UL >> 40) % (unsigned long)fault->n == 0;
    return nth == fault->n;
}

struct verdict fault_ask(enum fault_call call, const void *from)
{
    struct verdict verdict = {0};
    unsigned len = atomic_load(&armed);

    if (len == 0 || (from != NULL && !caller_is_gofer(from)))
        return verdict;
    for (unsigned i = 0; i < len; i++) {
        const struct layer *layer = faults[i].layer;
        if ((layer->calls >> call & 1) == 0 ||
            !is_hit(&faults[i], atomic_fetch_add(&counts[i], 1) + 1))
            continue;
        verdict = (struct verdict){true, layer->effect, layer->error};
        atomic_fetch_or(&excuses, layer->statuses);
        atomic_store(&struck, true);
    }
    return verdict;
}
