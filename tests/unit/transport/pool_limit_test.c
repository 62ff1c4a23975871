/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * transport/pool: how many connections there may be, used and idle, and how long an
 * idle one is kept. Orders are forced as in pool_test.c.
 */
#include "transport/pool.h"

#include <CUnit/CUnit.h>

#include "base/clock.h"
#include "support/blackhole.h"
#include "transport/dial.h"
#include "transport/pool_state.h"
#include "unit/transport/pool_hands.h"

extern CU_TestInfo pool_limit_tests[];

/* --- limits --- */

static void the_limit_of_a_host_counts_dials_and_connections(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.max_per_host = 2;
    rig_begin(&rig, options);
    connect_one(&a);
    CU_ASSERT_EQUAL(take(&b), POOL_WAIT);
    CU_ASSERT_EQUAL(take(&c), POOL_WAIT);
    CU_ASSERT_EQUAL(stats().dialing, 1);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    CU_ASSERT_EQUAL(poll_want(&c), POOL_WAIT);
    discard(&b); /* frees the slot: c's dial begins */
    CU_ASSERT_EQUAL(stats().dialing, 1);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&c), POOL_CONN);
    put(&a);
    put(&c);
    CU_ASSERT_EQUAL(stats().idle, 2);
    rig_end(&rig);
}

static void the_limit_is_each_hosts_own(void)
{
    struct place other;
    struct pool_options options = RIG_OPTIONS;
    options.max_per_host = 1;
    rig_begin(&rig, options);
    place_open(&other);
    connect_one(&a);
    CU_ASSERT_EQUAL(take(&b), POOL_WAIT);
    CU_ASSERT_EQUAL(caller_take(&rig, &c, &other), POOL_WAIT);
    CU_ASSERT_EQUAL(stats().dialing, 1);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&c), POOL_CONN);
    put(&c);
    CU_ASSERT_EQUAL(poll_want(&b), POOL_WAIT);
    discard(&a);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    put(&b);
    place_close(&other);
    rig_end(&rig);
}

static void idle_connections_over_a_hosts_limit_are_closed(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.max_idle_per_host = 1;
    rig_begin(&rig, options);
    connect_one(&a);
    connect_one(&b);
    struct conn *kept = a.conn;
    put(&a);
    put(&b);
    CU_ASSERT_EQUAL(stats().idle, 1);
    CU_ASSERT_EQUAL(take(&c), POOL_CONN);
    CU_ASSERT_PTR_EQUAL(c.conn, kept);
    put(&c);
    rig_end(&rig);
}

static void the_one_idle_for_longest_goes_at_the_limit_of_all(void)
{
    struct place other;
    struct pool_options options = RIG_OPTIONS;
    options.max_idle = 2;
    rig_begin(&rig, options);
    place_open(&other);
    connect_one(&a);
    caller_connect(&rig, &b, &other);
    connect_one(&c);
    struct conn *newest = c.conn;
    put(&a);
    put(&b);
    put(&c); /* a's is the eldest */
    CU_ASSERT_EQUAL(stats().idle, 2);
    CU_ASSERT_EQUAL(take(&d), POOL_CONN);
    CU_ASSERT_PTR_EQUAL(d.conn, newest);
    CU_ASSERT_EQUAL(take(&a), POOL_WAIT);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&a), POOL_CONN);
    put(&d);
    put(&a); /* the other host's last: its record goes with it */
    CU_ASSERT_EQUAL(stats().idle, 2);
    place_close(&other);
    rig_end(&rig);
}

static void no_idle_connection_is_kept_where_none_may_be(void)
{
    struct pool_options all[] = {RIG_OPTIONS, RIG_OPTIONS, RIG_OPTIONS};
    all[0].max_idle = 0;
    all[1].max_idle_per_host = 0;
    all[2].disable_keep_alives = true;
    for (int i = 0; i < 3; i++) {
        rig_begin(&rig, all[i]);
        connect_one(&a);
        put(&a);
        CU_ASSERT_EQUAL(stats().idle, 0);
        CU_ASSERT_EQUAL(stats().in_use, 0);
        rig_end(&rig);
    }
}

static struct dial *dials[2];
static int dials_len;

static void note_dial(struct dial *dial, void *arg)
{
    (void)arg;
    CU_ASSERT_FATAL(dials_len < 2);
    dials[dials_len++] = dial;
}

/* The youngest goes: the others have come further. */
static void orphans_over_the_idle_limit_are_cancelled(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.max_idle_per_host = 1;
    options.dial_starter = note_dial;
    dials_len = 0;
    rig_begin(&rig, options);
    CU_ASSERT_EQUAL(take(&a), POOL_WAIT);
    CU_ASSERT_EQUAL(take(&b), POOL_WAIT);
    caller_drop(&rig, &a);
    caller_drop(&rig, &b);
    CU_ASSERT_EQUAL(stats().dialing, 2);
    CU_ASSERT_EQUAL(task_pending(&dials[0]->task), 0);
    CU_ASSERT_EQUAL(task_pending(&dials[1]->task), EV_CANCEL);
    dial_start(dials[0]);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(stats().dialing, 0);
    CU_ASSERT_EQUAL(stats().opened, 1);
    CU_ASSERT_EQUAL(stats().idle, 1);
    rig_end(&rig);
}

/* The options give a dial no limit, and nobody waits for it any more. */
static void an_orphan_does_not_dial_for_ever(void)
{
    struct blackhole hole;
    struct place silent;
    rig_begin(&rig, RIG_OPTIONS);
    blackhole_open(&hole);
    place_key(&silent, hole.port);
    CU_ASSERT_EQUAL(caller_take(&rig, &a, &silent), POOL_WAIT);
    rig_serve(&rig);
    rig_at_ms(&rig, 5000);
    CU_ASSERT_EQUAL(caller_drop(&rig, &a), GOFER_PHASE_CONNECT);
    rig_at_ms(&rig, 5000 + POOL_ORPHAN_MS - 1);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(stats().dialing, 1);
    rig_at_ms(&rig, 6000 + POOL_ORPHAN_MS); /* it is looked for once a second */
    rig_serve(&rig);
    CU_ASSERT_EQUAL(stats().dialing, 0);
    CU_ASSERT_EQUAL(a.answers, 0);
    blackhole_close(&hole);
    place_close(&silent);
    rig_end(&rig);
}

/* --- age --- */

static void a_connection_past_its_age_is_not_used_again(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.max_age_ms = 1000;
    rig_begin(&rig, options);
    connect_one(&a);
    connect_one(&b);
    rig_at_ms(&rig, 999);
    put(&a);
    CU_ASSERT_EQUAL(stats().idle, 1);
    rig_at_ms(&rig, 1000);
    put(&b);
    CU_ASSERT_EQUAL(stats().idle, 1);
    CU_ASSERT_EQUAL(take(&c), POOL_WAIT); /* a's aged while it was idle */
    CU_ASSERT_EQUAL(stats().idle, 0);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&c), POOL_CONN);
    put(&c);
    rig_end(&rig);
}

static void the_timer_closes_what_was_idle_for_too_long(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.idle_timeout_ms = 1000;
    rig_begin(&rig, options);
    connect_one(&a);
    connect_one(&b);
    put(&a);
    rig_at_ms(&rig, 400);
    put(&b);
    rig_at_ms(&rig, 999);
    CU_ASSERT_EQUAL(stats().idle, 2);
    rig_at_ms(&rig, 1000);
    CU_ASSERT_EQUAL(stats().idle, 1);
    rig_at_ms(&rig, 1399);
    CU_ASSERT_EQUAL(stats().idle, 1);
    rig_at_ms(&rig, 1400);
    CU_ASSERT_EQUAL(stats().idle, 0);
    connect_one(&c); /* and again: the timer is armed anew */
    put(&c);
    rig_at_ms(&rig, 2400);
    CU_ASSERT_EQUAL(stats().idle, 0);
    rig_end(&rig);
}

static void an_expired_connection_is_not_taken_though_the_timer_is_late(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.idle_timeout_ms = 1000;
    rig_begin(&rig, options);
    connect_one(&a);
    put(&a);
    clock_fake(clock_now_ns() + 1000 * CLOCK_MS);
    CU_ASSERT_EQUAL(take(&b), POOL_WAIT);
    CU_ASSERT_EQUAL(stats().idle, 0);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    put(&b);
    rig_end(&rig);
}

static void a_taken_connection_is_idle_anew(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.idle_timeout_ms = 1000;
    rig_begin(&rig, options);
    connect_one(&a);
    put(&a);
    rig_at_ms(&rig, 900);
    CU_ASSERT_EQUAL(take(&b), POOL_CONN);
    put(&b);
    rig_at_ms(&rig, 1000); /* the timer was armed for a's time */
    CU_ASSERT_EQUAL(stats().idle, 1);
    rig_at_ms(&rig, 1900);
    CU_ASSERT_EQUAL(stats().idle, 0);
    rig_end(&rig);
}

/* --- closing idle ones --- */

static void close_idle_closes_those_that_come_back_until_the_next_take(void)
{
    rig_begin(&rig, RIG_OPTIONS);
    connect_one(&a);
    connect_one(&b);
    connect_one(&c);
    put(&a);
    pool_close_idle(rig.pool);
    CU_ASSERT_EQUAL(stats().idle, 0);
    put(&b);
    CU_ASSERT_EQUAL(stats().idle, 0);
    CU_ASSERT_EQUAL(take(&d), POOL_WAIT);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&d), POOL_CONN);
    put(&d);
    put(&c);
    CU_ASSERT_EQUAL(stats().idle, 2);
    rig_end(&rig);
}

CU_TestInfo pool_limit_tests[] = {
    {"the limit of a host counts dials and connections",
     the_limit_of_a_host_counts_dials_and_connections},
    {"the limit is each host's own", the_limit_is_each_hosts_own},
    {"idle connections over a host's limit are closed",
     idle_connections_over_a_hosts_limit_are_closed},
    {"the one idle for longest goes at the limit of all",
     the_one_idle_for_longest_goes_at_the_limit_of_all},
    {"no idle connection is kept where none may be", no_idle_connection_is_kept_where_none_may_be},
    {"7.10 orphans over the idle limit are cancelled", orphans_over_the_idle_limit_are_cancelled},
    {"7.10 an orphan does not dial for ever", an_orphan_does_not_dial_for_ever},
    {"a connection past its age is not used again", a_connection_past_its_age_is_not_used_again},
    {"the timer closes what was idle for too long", the_timer_closes_what_was_idle_for_too_long},
    {"an expired connection is not taken though the timer is late",
     an_expired_connection_is_not_taken_though_the_timer_is_late},
    {"a taken connection is idle anew", a_taken_connection_is_idle_anew},
    {"close_idle closes those that come back until the next take",
     close_idle_closes_those_that_come_back_until_the_next_take},
    CU_TEST_INFO_NULL,
};
