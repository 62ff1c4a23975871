/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What may happen to a call, as a table (faults.def). A caller draws one for each
 * call and writes it into the URL; the far side does it, and the caller knows what
 * may come of it. Static data.
 */
#ifndef TESTS_CHAOS_FAULT_H
#define TESTS_CHAOS_FAULT_H

#include <gofer/error.h>
#include <stdbool.h>

#include "chaos/dice.h"

enum fault_kind {
#define FAULT(name, weight, code, ends, latest, flags) FAULT_##name,
#include "chaos/faults.def"
#undef FAULT
    FAULTS
};

enum fault_flags {
    FAULT_UPLOAD = 1,   /* only with a request body */
    FAULT_STALLS = 2,   /* it ends by the call's deadline */
    FAULT_OWN_HOST = 4, /* on a host that others do not use: it is banned for it */
    FAULT_BUFFERED = 8, /* the client's limits of buffered bodies are the point */
    FAULT_TRIED = 16,   /* by a call that is tried again, and may be repeated */
    FAULT_AWAY = 32,    /* it does not happen at the origin */
    FAULT_PROXIED = 64, /* but at a proxy */
    FAULT_HEAVY = 128   /* the body is larger than all buffers on its way */
};

struct fault {
    const char *name;
    enum fault_kind kind;
    unsigned weight;
    int code;
    unsigned ends; /* bits of gofer_status */
    gofer_phase latest;
    unsigned flags;
};

extern const struct fault faults[FAULTS];

/* One at random, by weight. */
const struct fault *fault_draw(struct dice *dice);

/* The one of that name, or NULL. */
const struct fault *fault_named(const char *name);

/* Whether it may end so. */
bool fault_may_end(const struct fault *fault, gofer_status status);

#endif
