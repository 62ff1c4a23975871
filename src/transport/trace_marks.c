/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See trace_marks.h.
 */
#include "transport/trace_marks.h"

#include <stddef.h>

static int64_t get(const struct trace_marks *m, enum trace_mark mark)
{
    return atomic_load_explicit(&m->at[mark], memory_order_relaxed);
}

void trace_marks_set(struct trace_marks *marks, enum trace_mark mark, int64_t now_ns)
{
    atomic_store_explicit(&marks->at[mark], now_ns, memory_order_relaxed);
}

void trace_marks_ask(struct trace_marks *marks, int64_t now_ns)
{
    for (int i = MARK_DIALING; i < MARKS; i++)
        trace_marks_set(marks, (enum trace_mark)i, 0);
    if (get(marks, MARK_STARTED) == 0)
        trace_marks_set(marks, MARK_STARTED, now_ns);
    trace_marks_set(marks, MARK_ASKED, now_ns);
}

static int64_t between(int64_t at, int64_t from, int64_t to)
{
    return at < from ? from : at > to ? to : at;
}

void trace_marks_got(struct trace_marks *marks, const struct dial_times *dial, int64_t now_ns)
{
    int64_t asked = get(marks, MARK_ASKED);
    trace_marks_set(marks, MARK_GOT, now_ns);
    if (dial == NULL)
        return;
    /* It may have begun before this call waited. */
    trace_marks_set(marks, MARK_DIALING, between(dial->began_ns, asked, now_ns));
    trace_marks_set(marks, MARK_CONNECTING, between(dial->found_ns, asked, now_ns));
    trace_marks_set(marks, MARK_SHAKING, between(dial->connected_ns, asked, now_ns));
    trace_marks_set(marks, MARK_READY, between(dial->ready_ns, asked, now_ns));
}

void trace_marks_blame(struct trace_marks *marks, gofer_phase phase)
{
    atomic_store_explicit(&marks->blamed, (int)phase, memory_order_relaxed);
}

/* Where a call that failed without a connection spent its time, as far as one knows. */
static int64_t *blamed_phase(const struct trace_marks *m, gofer_times *t)
{
    switch (atomic_load_explicit(&m->blamed, memory_order_relaxed)) {
    case GOFER_PHASE_RESOLVE:
        return &t->resolve_us;
    case GOFER_PHASE_CONNECT:
    case GOFER_PHASE_PROXY:
        return &t->connect_us;
    case GOFER_PHASE_TLS:
        return &t->tls_us;
    default:
        return &t->pool_us;
    }
}

static void sum_connection(const struct trace_marks *m, gofer_times *t, int64_t asked, int64_t got)
{
    int64_t dialing = get(m, MARK_DIALING), connecting = get(m, MARK_CONNECTING);
    int64_t shaking = get(m, MARK_SHAKING), ready = get(m, MARK_READY);
    t->resolve_us = connecting - dialing;
    t->connect_us = shaking - connecting;
    t->tls_us = ready - shaking;
    t->pool_us = got - asked - (ready - dialing);
}

static void sum_exchange(const struct trace_marks *m, gofer_times *t, int64_t got, int64_t end)
{
    int64_t sent = get(m, MARK_SENT), first = get(m, MARK_FIRST_BYTE);
    int64_t answered = first != 0 ? first : end;
    if (sent == 0 || sent > answered)
        sent = answered;
    t->send_us = sent - got;
    t->wait_us = answered - sent;
    t->receive_us = end - answered;
}

/* The latest that is known. */
static int64_t end_of(const struct trace_marks *m)
{
    int64_t latest = 0;
    for (int i = MARK_BEGUN; i < MARKS; i++) {
        int64_t at = get(m, (enum trace_mark)i);
        latest = at > latest ? at : latest;
    }
    return latest;
}

/* Rounds in a way that leaves the sum what it is. */
static void to_microseconds(gofer_times *t)
{
    int64_t *phases[] = {&t->queue_us, &t->earlier_us, &t->pool_us, &t->resolve_us, &t->connect_us,
                         &t->tls_us,   &t->send_us,    &t->wait_us, &t->receive_us};
    int64_t passed = 0, told = 0;
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        passed += *phases[i];
        *phases[i] = passed / 1000 - told;
        told = passed / 1000;
    }
    t->total_us = told;
}

void trace_marks_sum(const struct trace_marks *marks, gofer_times *times)
{
    int64_t begun = get(marks, MARK_BEGUN), started = get(marks, MARK_STARTED);
    int64_t asked = get(marks, MARK_ASKED), got = get(marks, MARK_GOT);
    int64_t end = end_of(marks);
    *times = (gofer_times){0};
    times->queue_us = (started != 0 ? started : end) - begun;
    if (asked != 0)
        times->earlier_us = asked - started;
    if (got != 0) {
        sum_connection(marks, times, asked, got);
        sum_exchange(marks, times, got, end);
    } else if (asked != 0) {
        *blamed_phase(marks, times) = end - asked;
    }
    to_microseconds(times);
}
