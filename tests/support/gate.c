/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See gate.h.
 */
#include "support/gate.h"

#include <errno.h>

struct timespec patience_end(clockid_t clock)
{
    struct timespec end;

    clock_gettime(clock, &end);
    end.tv_sec += PATIENCE_MS / 1000;
    return end;
}

void gate_fini(struct gate *gate)
{
    pthread_cond_destroy(&gate->changed);
    pthread_mutex_destroy(&gate->lock);
}

void gate_reset(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->passes = 0;
    pthread_mutex_unlock(&gate->lock);
}

void gate_pass(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->passes++;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

bool gate_wait(struct gate *gate, unsigned n)
{
    struct timespec until = patience_end(CLOCK_REALTIME);
    bool passed;

    pthread_mutex_lock(&gate->lock);
    while (gate->passes < n) {
        if (pthread_cond_timedwait(&gate->changed, &gate->lock, &until) == ETIMEDOUT)
            break;
    }
    passed = gate->passes >= n;
    pthread_mutex_unlock(&gate->lock);
    return passed;
}

unsigned gate_passes(struct gate *gate)
{
    unsigned passes;

    pthread_mutex_lock(&gate->lock);
    passes = gate->passes;
    pthread_mutex_unlock(&gate->lock);
    return passes;
}

int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void pass_ms(int64_t ms)
{
    struct timespec rest = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
        continue;
}

bool eventually(bool (*check)(void *arg), void *arg)
{
    int64_t until = now_ms() + PATIENCE_MS;

    while (!check(arg)) {
        if (now_ms() > until)
            return false;
        pass_ms(2);
    }
    return true;
}
