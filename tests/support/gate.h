/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Gates force an order between threads where a sleep would only hope for it. A
 * gate counts passes; a thread waits until there were so many. Passed once it is
 * a latch; passed by n threads it is a rendezvous.
 *
 * Every wait is bounded, so that a broken library fails a test rather than hangs
 * it. Any thread; the gate's own lock guards it.
 */
#ifndef TESTS_SUPPORT_GATE_H
#define TESTS_SUPPORT_GATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* on the realtime clock: static initialisation knows no other */
    unsigned passes;
};

#define GATE_INIT                                                                                  \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0                                     \
    }

/* How long any wait of the tests may take before it counts as a hang. */
enum { PATIENCE_MS = 20000 };

/* When a wait that begins now has taken so long: for pthread_cond_timedwait() on that clock. */
struct timespec patience_end(clockid_t clock);

/* Of memory that is freed: what a mutex is known by is forgotten. Nobody may wait. */
void gate_fini(struct gate *gate);

/* Back to no passes. Nobody may wait. */
void gate_reset(struct gate *gate);

/* One pass more. */
void gate_pass(struct gate *gate);

/* Waits for n passes in all. False where they did not come. */
bool gate_wait(struct gate *gate, unsigned n);

/* How many passes there were. */
unsigned gate_passes(struct gate *gate);

/* Milliseconds of the monotonic clock. */
int64_t now_ms(void);

/* Lets time pass: for tests of time limits, never for order. */
void pass_ms(int64_t ms);

/* Asks every few milliseconds until check(arg) holds; false where it never does. For conditions
 * that nobody announces. */
bool eventually(bool (*check)(void *arg), void *arg);

#endif
