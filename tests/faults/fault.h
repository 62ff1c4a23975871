/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Which call fails, and how. A *layer* is a kind of fault: "memory" is gofer's
 * allocations, "emfile" the system calls that may want a descriptor, and so on;
 * layers.def has them all. A fault is a layer and a number: the n-th call of that
 * layer fails, once; of a layer that is a *storm*, one of n. Calls of threads and
 * processes that are not gofer's never count: who calls is seen from the return
 * address (caller.h).
 *
 * At most FAULTS_MAX faults are armed at a time. Armed and disarmed on one thread;
 * asked on any.
 */
#ifndef TESTS_FAULTS_FAULT_H
#define TESTS_FAULTS_FAULT_H

#include <gofer/error.h>
#include <stdbool.h>
#include <stddef.h>

/* Calls that can fail. */
enum fault_call {
#define CALL(name) CALL_##name,
#include "faults/calls.def"
#undef CALL
    CALLS
};

/* What a layer does to a call. */
enum effect {
    EFFECT_FAIL,  /* it fails, with an error of its kind, without being made */
    EFFECT_AFTER, /* it is made, and says it failed */
    EFFECT_STORM, /* every n-th fails */
    EFFECT_STORM_AFTER,
    EFFECT_DRIP /* it moves a single byte */
};

struct layer {
    const char *name;
    unsigned long long calls; /* a bit for each fault_call */
    enum effect effect;
    int error; /* errno; what it means for other calls is theirs */
    /* The statuses that a call may end with after it, a bit for each; 0: it has to succeed. */
    unsigned long statuses;
};

extern const struct layer layers[];
extern const unsigned layers_len;

/* A layer by its name, or NULL. */
const struct layer *layer_named(const char *name);

/* Whether it is a storm; whether its faults are few enough for CI to play every scene with them. */
bool layer_is_storm(const struct layer *layer);
bool layer_is_quick(const struct layer *layer);

struct fault {
    const struct layer *layer;
    long n;
};

enum { FAULTS_MAX = 2 };

/* From now on calls are counted, and fail where a fault says so. */
void fault_arm(const struct fault *faults, unsigned len);

/* Calls pass again. Returns whether anything had failed. */
bool fault_disarm(void);

/* How many calls of fault number i there were, since fault_arm(). */
long fault_calls(unsigned i);

/* Whether something failed that excuses that a step, too, fails. */
bool fault_excuses(void);

/* Whether a call of gofer's could end with that status after what struck. */
bool fault_allows(gofer_status status);

/* What is to become of a call. */
struct verdict {
    bool strikes;
    enum effect effect;
    int error;
};

/* Asked by each call that can fail; `from` is its return address, NULL where only gofer calls. */
struct verdict fault_ask(enum fault_call call, const void *from);

#endif
