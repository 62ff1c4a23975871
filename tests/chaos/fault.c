/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See fault.h.
 */
#include "chaos/fault.h"

#include <string.h>

/* The words of the table. */
enum {
    OK = 1u << GOFER_OK,
    TIMEOUT = 1u << GOFER_ERR_TIMEOUT,
    RESOLVE = 1u << GOFER_ERR_RESOLVE,
    CONNECT = 1u << GOFER_ERR_CONNECT,
    TLS = 1u << GOFER_ERR_TLS,
    PROXY = 1u << GOFER_ERR_PROXY,
    BROKEN = 1u << GOFER_ERR_BROKEN,
    TRUNCATED = 1u << GOFER_ERR_TRUNCATED,
    PROTOCOL = 1u << GOFER_ERR_PROTOCOL,
    TOO_LARGE = 1u << GOFER_ERR_TOO_LARGE,
    DECODE = 1u << GOFER_ERR_DECODE
};

enum {
    UPLOAD = FAULT_UPLOAD,
    STALLS = FAULT_STALLS,
    OWN_HOST = FAULT_OWN_HOST,
    BUFFERED = FAULT_BUFFERED,
    TRIED = FAULT_TRIED,
    AWAY = FAULT_AWAY,
    PROXIED = FAULT_PROXIED,
    HEAVY = FAULT_HEAVY
};

const struct fault faults[FAULTS] = {
#define FAULT(name, weight, code, ends, latest, flags)                                             \
    {#name, FAULT_##name, weight, code, ends, GOFER_PHASE_##latest, flags},
#include "chaos/faults.def"
#undef FAULT
};

enum {
    WEIGHTS = 0
#define FAULT(name, weight, code, ends, latest, flags) +weight
#include "chaos/faults.def"
#undef FAULT
};

const struct fault *fault_draw(struct dice *dice)
{
    unsigned at = dice_roll(dice, WEIGHTS);
    const struct fault *fault = faults;

    for (; at >= fault->weight; fault++)
        at -= fault->weight;
    return fault;
}

const struct fault *fault_named(const char *name)
{
    for (unsigned i = 0; i < FAULTS; i++) {
        if (strcmp(faults[i].name, name) == 0)
            return &faults[i];
    }
    return NULL;
}

bool fault_may_end(const struct fault *fault, gofer_status status)
{
    return (fault->ends >> status & 1) != 0;
}
