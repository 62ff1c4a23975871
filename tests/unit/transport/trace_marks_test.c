/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What marks sum up to: always to the total, whatever of a call came about.
 */
#include <CUnit/CUnit.h>
#include <string.h>

#include "transport/trace_marks.h"

extern CU_TestInfo trace_marks_tests[];

enum { US = 1000 };

static int64_t sum(const gofer_times *t)
{
    return t->queue_us + t->earlier_us + t->pool_us + t->resolve_us + t->connect_us + t->tls_us +
           t->send_us + t->wait_us + t->receive_us;
}

static void set(struct trace_marks *m, enum trace_mark mark, int64_t at_us)
{
    trace_marks_set(m, mark, at_us * US);
}

/* Begun at 100, asked for a connection at 110. */
static void begin(struct trace_marks *m)
{
    memset(m, 0, sizeof *m);
    set(m, MARK_BEGUN, 100);
    trace_marks_ask(m, 110 * US);
}

static const struct dial_times dial = {115 * US, 120 * US, 140 * US, 170 * US};

static void a_dialled_call_has_each_phase(void)
{
    struct trace_marks m;
    gofer_times t;
    begin(&m);
    trace_marks_got(&m, &dial, 171 * US);
    set(&m, MARK_SENT, 175);
    set(&m, MARK_FIRST_BYTE, 200);
    set(&m, MARK_ENDED, 260);
    trace_marks_sum(&m, &t);
    CU_ASSERT_EQUAL(t.queue_us, 10);
    CU_ASSERT_EQUAL(t.earlier_us, 0);
    CU_ASSERT_EQUAL(t.pool_us, 5 + 1);
    CU_ASSERT_EQUAL(t.resolve_us, 5);
    CU_ASSERT_EQUAL(t.connect_us, 20);
    CU_ASSERT_EQUAL(t.tls_us, 30);
    CU_ASSERT_EQUAL(t.send_us, 4);
    CU_ASSERT_EQUAL(t.wait_us, 25);
    CU_ASSERT_EQUAL(t.receive_us, 60);
    CU_ASSERT_EQUAL(t.total_us, 160);
    CU_ASSERT_EQUAL(sum(&t), t.total_us);
}

/* A dial that was begun for another call: only what this one waited for. */
static void a_dial_counts_from_when_the_call_waited(void)
{
    static const struct dial_times early = {50 * US, 60 * US, 120 * US, 130 * US};
    struct trace_marks m;
    gofer_times t;
    begin(&m);
    trace_marks_got(&m, &early, 131 * US);
    trace_marks_sum(&m, &t);
    CU_ASSERT_EQUAL(t.resolve_us, 0);
    CU_ASSERT_EQUAL(t.connect_us, 10);
    CU_ASSERT_EQUAL(t.tls_us, 10);
    CU_ASSERT_EQUAL(t.pool_us, 1);
    CU_ASSERT_EQUAL(sum(&t), t.total_us);
}

static void an_answer_may_come_before_the_request_is_sent(void)
{
    struct trace_marks m;
    gofer_times t;
    begin(&m);
    trace_marks_got(&m, NULL, 111 * US);
    set(&m, MARK_FIRST_BYTE, 150);
    set(&m, MARK_SENT, 180);
    set(&m, MARK_ENDED, 190);
    trace_marks_sum(&m, &t);
    CU_ASSERT_EQUAL(t.send_us, 39);
    CU_ASSERT_EQUAL(t.wait_us, 0);
    CU_ASSERT_EQUAL(t.receive_us, 40);
    CU_ASSERT_EQUAL(sum(&t), t.total_us);
}

static void earlier_attempts_are_a_phase_of_their_own(void)
{
    struct trace_marks m;
    gofer_times t;
    begin(&m);
    trace_marks_got(&m, &dial, 171 * US);
    set(&m, MARK_SENT, 175);
    trace_marks_ask(&m, 300 * US);
    trace_marks_got(&m, NULL, 301 * US);
    set(&m, MARK_SENT, 302);
    set(&m, MARK_FIRST_BYTE, 303);
    set(&m, MARK_ENDED, 304);
    trace_marks_sum(&m, &t);
    CU_ASSERT_EQUAL(t.queue_us, 10);
    CU_ASSERT_EQUAL(t.earlier_us, 190);
    CU_ASSERT_EQUAL(t.connect_us + t.tls_us + t.resolve_us, 0);
    CU_ASSERT_EQUAL(t.total_us, 204);
    CU_ASSERT_EQUAL(sum(&t), t.total_us);
}

static void a_failure_without_a_connection_is_its_phases(void)
{
    static const struct {
        gofer_phase phase;
        size_t member;
    } rows[] = {{GOFER_PHASE_RESOLVE, offsetof(gofer_times, resolve_us)},
                {GOFER_PHASE_CONNECT, offsetof(gofer_times, connect_us)},
                {GOFER_PHASE_PROXY, offsetof(gofer_times, connect_us)},
                {GOFER_PHASE_TLS, offsetof(gofer_times, tls_us)},
                {GOFER_PHASE_POOL, offsetof(gofer_times, pool_us)}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trace_marks m;
        gofer_times t;
        begin(&m);
        trace_marks_blame(&m, rows[i].phase);
        set(&m, MARK_ENDED, 150);
        trace_marks_sum(&m, &t);
        CU_ASSERT_EQUAL(*(int64_t *)(void *)((char *)&t + rows[i].member), 40);
        CU_ASSERT_EQUAL(sum(&t), t.total_us);
    }
}

static void a_call_that_never_began_waited_in_the_queue(void)
{
    struct trace_marks m;
    gofer_times t;
    memset(&m, 0, sizeof m);
    set(&m, MARK_BEGUN, 100);
    set(&m, MARK_ENDED, 150);
    trace_marks_sum(&m, &t);
    CU_ASSERT_EQUAL(t.queue_us, 50);
    CU_ASSERT_EQUAL(sum(&t), t.total_us);
}

/* Rounded alone, each phase would lose up to a microsecond. */
static void rounding_keeps_the_sum(void)
{
    struct trace_marks m;
    gofer_times t;
    memset(&m, 0, sizeof m);
    trace_marks_set(&m, MARK_BEGUN, 500);
    trace_marks_ask(&m, 1499);
    trace_marks_got(&m, NULL, 2498);
    trace_marks_set(&m, MARK_SENT, 3497);
    trace_marks_set(&m, MARK_FIRST_BYTE, 4496);
    trace_marks_set(&m, MARK_ENDED, 5500);
    trace_marks_sum(&m, &t);
    CU_ASSERT_EQUAL(t.total_us, 5);
    CU_ASSERT_EQUAL(sum(&t), 5);
}

CU_TestInfo trace_marks_tests[] = {
    {"a dialled call has each phase", a_dialled_call_has_each_phase},
    {"a dial counts from when the call waited", a_dial_counts_from_when_the_call_waited},
    {"an answer may come before the request is sent",
     an_answer_may_come_before_the_request_is_sent},
    {"earlier attempts are a phase of their own", earlier_attempts_are_a_phase_of_their_own},
    {"a failure without a connection is its phase's", a_failure_without_a_connection_is_its_phases},
    {"a call that never began waited in the queue", a_call_that_never_began_waited_in_the_queue},
    {"rounding keeps the sum", rounding_keeps_the_sum},
    CU_TEST_INFO_NULL};
