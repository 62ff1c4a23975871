/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * transport/pool_starved: dials that find no descriptor or port (design 7.14).
 * Dials do not run here until the test ends them by hand, as it likes: by a real
 * connection (succeed) or by a fault (starve).
 */
#include <errno.h>

#include <CUnit/CUnit.h>

#include "support/heap.h"
#include "transport/dial.h"
#include "transport/pool_state.h"
#include "unit/transport/pool_hands.h"

extern CU_TestInfo pool_starved_tests[];

enum { MANY = 32 };

static struct place other;
static struct dial *dials[MANY];
static int started; /* so many dials were */
static int ended;   /* so many of them, in their order */

static void note_dial(struct dial *dial, void *arg)
{
    (void)arg;
    if (started < MANY)
        dials[started] = dial;
    started++;
}

static struct pool_options by_hand(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.dial_starter = note_dial;
    return options;
}

static void begin(struct pool_options options)
{
    started = ended = 0;
    rig_begin(&rig, options);
    place_open(&other);
}

static void end(void)
{
    CU_ASSERT_EQUAL(started, ended);
    place_close(&other);
    rig_end(&rig);
}

static struct dial *next_dial(void)
{
    CU_ASSERT_FATAL(ended < started && started <= MANY);
    return dials[ended++];
}

/* The dial that was started first, of those that run, ends well. */
static void succeed(void)
{
    dial_start(next_dial());
    rig_serve(&rig);
}

static void fail(gofer_status code, int err)
{
    struct fault fault = {0};
    struct conn *none = NULL;
    struct dial *dial = next_dial();
    fault_set(&fault, code, GOFER_PHASE_CONNECT, err, NULL);
    pool_dial_ended(rig.pool, dial, &none, &fault);
    dial_discard(dial);
    rig_serve(&rig);
}

/* It finds no descriptor. */
static void starve(void)
{
    fail(GOFER_ERR_SYSTEM, EMFILE);
}

static void connect_to(struct caller *caller, const struct place *place)
{
    CU_ASSERT_EQUAL_FATAL(caller_take(&rig, caller, place), POOL_WAIT);
    succeed();
    CU_ASSERT_EQUAL_FATAL(poll_want(caller), POOL_CONN);
}

/* The caller wants a connection of the other place, and its dial starves. */
static void starve_at_other(struct caller *caller)
{
    CU_ASSERT_EQUAL_FATAL(caller_take(&rig, caller, &other), POOL_WAIT);
    starve();
}

/* So many dials were started and have not ended. */
static int running(void)
{
    return started - ended;
}

/* --- idle connections first --- */

static void an_idle_connection_is_closed_and_the_dial_tried_again(void)
{
    begin(by_hand());
    connect_to(&a, &rig.place);
    put(&a);
    starve_at_other(&b);
    CU_ASSERT_EQUAL(stats().idle, 0);
    CU_ASSERT_EQUAL(stats().closed[CLOSE_LIMIT], 1);
    CU_ASSERT_EQUAL(poll_want(&b), POOL_WAIT);
    CU_ASSERT_EQUAL(running(), 1);
    succeed();
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    CU_ASSERT_EQUAL(b.answers, 1);
    CU_ASSERT_EQUAL(b.fault.code, GOFER_OK);
    put(&b);
    end();
}

static void one_a_failure_goes_the_one_idle_for_longest_first(void)
{
    begin(by_hand());
    connect_to(&a, &rig.place);
    connect_to(&b, &rig.place);
    connect_to(&c, &rig.place);
    struct conn *newest = b.conn;
    put(&a);
    put(&c);
    put(&b);
    starve_at_other(&d);
    CU_ASSERT_EQUAL(stats().idle, 2);
    starve();
    CU_ASSERT_EQUAL(stats().idle, 1);
    CU_ASSERT_EQUAL(running(), 1);
    CU_ASSERT_EQUAL(caller_take(&rig, &a, &rig.place), POOL_CONN);
    CU_ASSERT_PTR_EQUAL(a.conn, newest);
    succeed();
    CU_ASSERT_EQUAL(poll_want(&d), POOL_CONN);
    put(&a);
    put(&d);
    end();
}

/* A retry may not have its key's idle connection; what that holds, it may. */
static void a_retry_takes_what_an_idle_connection_of_its_key_held(void)
{
    begin(by_hand());
    connect_to(&a, &rig.place);
    put(&a);
    CU_ASSERT_EQUAL(caller_take_fresh(&rig, &b, &rig.place), POOL_WAIT);
    starve();
    CU_ASSERT_EQUAL(stats().idle, 0);
    succeed();
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    put(&b);
    end();
}

/* --- when it is tried again --- */

static void it_is_tried_again_every_100_ms(void)
{
    begin(by_hand());
    connect_to(&a, &rig.place); /* in use: nothing to close */
    starve_at_other(&b);
    for (int i = 1; i <= 3; i++) {
        rig_at_ms(&rig, i * POOL_STARVED_MS - 1);
        CU_ASSERT_EQUAL(running(), 0);
        CU_ASSERT_EQUAL(poll_want(&b), POOL_WAIT);
        rig_at_ms(&rig, i * POOL_STARVED_MS);
        CU_ASSERT_EQUAL_FATAL(running(), 1);
        if (i < 3)
            starve();
    }
    succeed();
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    rig_at_ms(&rig, 10 * POOL_STARVED_MS);
    CU_ASSERT_EQUAL(running(), 0);
    put(&a);
    put(&b);
    end();
}

static void it_is_tried_again_at_the_next_close(void)
{
    begin(by_hand());
    connect_to(&a, &rig.place);
    connect_to(&d, &rig.place);
    starve_at_other(&b);
    CU_ASSERT_EQUAL(running(), 0);
    caller_discard(&rig, &a);
    CU_ASSERT_EQUAL(running(), 1);
    starve();
    put(&d); /* idle, but no descriptor comes free by it */
    CU_ASSERT_EQUAL(running(), 0);
    pool_close_idle(rig.pool);
    CU_ASSERT_EQUAL(running(), 1);
    succeed();
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    put(&b);
    end();
}

static void one_that_becomes_idle_is_closed_when_it_is_tried_again(void)
{
    begin(by_hand());
    connect_to(&a, &rig.place);
    starve_at_other(&b);
    put(&a);
    CU_ASSERT_EQUAL(stats().idle, 1);
    rig_at_ms(&rig, POOL_STARVED_MS);
    starve();
    CU_ASSERT_EQUAL(stats().idle, 0);
    CU_ASSERT_EQUAL(running(), 1);
    succeed();
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    put(&b);
    end();
}

static void a_connection_given_back_serves_a_starved_want(void)
{
    begin(by_hand());
    connect_to(&a, &other);
    struct conn *only = a.conn;
    starve_at_other(&b);
    put(&a);
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    CU_ASSERT_PTR_EQUAL(b.conn, only);
    CU_ASSERT_EQUAL(stats().late_bound, 1);
    rig_at_ms(&rig, 2 * POOL_STARVED_MS);
    CU_ASSERT_EQUAL(running(), 0);
    put(&b);
    end();
}

/* --- order --- */

static void the_one_that_starves_for_longest_is_first(void)
{
    begin(by_hand());
    connect_to(&a, &rig.place);
    connect_to(&d, &rig.place);
    starve_at_other(&b);
    CU_ASSERT_EQUAL(caller_take(&rig, &c, &rig.place), POOL_WAIT);
    starve();
    caller_discard(&rig, &a);
    CU_ASSERT_EQUAL(running(), 1); /* b's alone: the other place's */
    CU_ASSERT_PTR_EQUAL(dials[ended]->want, &b.want);
    caller_discard(&rig, &d);
    CU_ASSERT_EQUAL(running(), 2);
    CU_ASSERT_PTR_EQUAL(dials[ended + 1]->want, &c.want);
    succeed();
    succeed();
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    CU_ASSERT_EQUAL(poll_want(&c), POOL_CONN);
    put(&b);
    put(&c);
    end();
}

/* Dials that hang hold nobody up: those behind them are tried in the same moment. */
static void several_are_tried_at_a_time(void)
{
    begin(by_hand());
    connect_to(&a, &rig.place);
    starve_at_other(&b);
    starve_at_other(&c);
    rig_at_ms(&rig, POOL_STARVED_MS);
    CU_ASSERT_EQUAL(running(), 2);
    succeed();
    succeed();
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    CU_ASSERT_EQUAL(poll_want(&c), POOL_CONN);
    put(&a);
    put(&b);
    put(&c);
    end();
}

static void a_dial_that_ends_well_has_the_next_one_tried(void)
{
    begin(by_hand());
    connect_to(&a, &rig.place);
    starve_at_other(&b);
    starve_at_other(&c);
    caller_discard(&rig, &a);
    CU_ASSERT_EQUAL(running(), 1);
    succeed();
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    CU_ASSERT_EQUAL(running(), 1);
    succeed();
    CU_ASSERT_EQUAL(poll_want(&c), POOL_CONN);
    put(&b);
    put(&c);
    end();
}

static void one_that_is_tried_again_respects_the_limit_of_its_host(void)
{
    struct pool_options options = by_hand();
    options.max_per_host = 1;
    begin(options);
    connect_to(&a, &rig.place);
    starve_at_other(&b);
    CU_ASSERT_EQUAL(caller_take(&rig, &c, &other), POOL_WAIT); /* takes the slot */
    CU_ASSERT_EQUAL(running(), 1);
    rig_at_ms(&rig, POOL_STARVED_MS);
    CU_ASSERT_EQUAL(running(), 1);
    CU_ASSERT_EQUAL(stats().dialing, 1);
    fail(GOFER_ERR_CONNECT, ECONNREFUSED);
    CU_ASSERT_EQUAL(poll_want(&c), POOL_FAILED);
    CU_ASSERT_EQUAL(running(), 1);
    succeed();
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    put(&a);
    put(&b);
    end();
}

/* --- the end of it --- */

static void a_dropped_want_is_not_tried_again(void)
{
    begin(by_hand());
    connect_to(&a, &rig.place);
    starve_at_other(&b);
    starve_at_other(&c);
    CU_ASSERT_EQUAL(caller_drop(&rig, &b), GOFER_PHASE_POOL);
    rig_at_ms(&rig, POOL_STARVED_MS);
    CU_ASSERT_EQUAL_FATAL(running(), 1);
    CU_ASSERT_PTR_EQUAL(dials[ended]->want, &c.want);
    CU_ASSERT_EQUAL(caller_drop(&rig, &c), GOFER_PHASE_QUEUE);
    starve(); /* an orphan's fault reaches nobody */
    CU_ASSERT_EQUAL(b.answers + c.answers, 0);
    rig_at_ms(&rig, 3 * POOL_STARVED_MS);
    CU_ASSERT_EQUAL(running(), 0);
    CU_ASSERT_EQUAL(stats().waiting, 0);
    put(&a);
    end();
}

static void without_a_connection_of_its_own_it_is_an_error_at_once(void)
{
    begin(by_hand());
    starve_at_other(&a);
    CU_ASSERT_EQUAL(poll_want(&a), POOL_FAILED);
    CU_ASSERT_EQUAL(a.fault.code, GOFER_ERR_SYSTEM);
    CU_ASSERT_EQUAL(a.fault.sys_errno, EMFILE);
    connect_to(&a, &rig.place);
    starve_at_other(&b);
    caller_discard(&rig, &a); /* the last one */
    starve();
    CU_ASSERT_EQUAL(poll_want(&b), POOL_FAILED);
    CU_ASSERT_EQUAL(b.fault.code, GOFER_ERR_SYSTEM);
    end();
}

static void a_dial_under_way_is_worth_waiting_for(void)
{
    begin(by_hand());
    CU_ASSERT_EQUAL(caller_take(&rig, &a, &other), POOL_WAIT);
    CU_ASSERT_EQUAL(caller_take(&rig, &b, &rig.place), POOL_WAIT);
    starve();
    CU_ASSERT_EQUAL(poll_want(&a), POOL_WAIT);
    starve(); /* now there is none */
    CU_ASSERT_EQUAL(poll_want(&b), POOL_FAILED);
    rig_at_ms(&rig, POOL_STARVED_MS);
    CU_ASSERT_EQUAL_FATAL(running(), 1);
    starve();
    CU_ASSERT_EQUAL(poll_want(&a), POOL_FAILED);
    CU_ASSERT_EQUAL(a.answers, 1);
    end();
}

/* It has no slot any more, but its descriptor still. */
static void a_connection_about_to_be_closed_is_worth_waiting_for(void)
{
    struct work work;
    pool_begin_work(&work);
    begin(by_hand());
    connect_to(&a, &rig.place);
    CU_ASSERT_EQUAL(caller_take(&rig, &b, &other), POOL_WAIT);
    struct pool_host *host = a.conn->host;
    lock_take(&rig.pool->lock);
    pool_close_locked(rig.pool, a.conn, CLOSE_SPENT, &work);
    pool_settle(rig.pool, host);
    lock_drop(&rig.pool->lock);
    starve();
    CU_ASSERT_EQUAL(poll_want(&b), POOL_WAIT);
    CU_ASSERT_EQUAL(running(), 0);
    pool_finish_work(rig.pool, &work);
    CU_ASSERT_EQUAL_FATAL(running(), 1);
    succeed();
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    put(&b);
    end();
}

static void other_errors_close_nothing(void)
{
    static const gofer_status codes[] = {GOFER_ERR_CONNECT, GOFER_ERR_NOMEM, GOFER_ERR_RESOLVE,
                                         GOFER_ERR_TIMEOUT};
    begin(by_hand());
    connect_to(&a, &rig.place);
    put(&a);
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(caller_take(&rig, &b, &other), POOL_WAIT);
        fail(codes[i], 0);
        CU_ASSERT_EQUAL(poll_want(&b), POOL_FAILED);
        CU_ASSERT_EQUAL(b.fault.code, codes[i]);
        CU_ASSERT_EQUAL(stats().idle, 1);
    }
    end();
}

static void a_closed_pool_tries_nothing_again(void)
{
    begin(by_hand());
    connect_to(&a, &rig.place);
    starve_at_other(&b);
    pool_close(rig.pool);
    rig_at_ms(&rig, POOL_STARVED_MS);
    put(&a);
    CU_ASSERT_EQUAL(running(), 0);
    CU_ASSERT_EQUAL(poll_want(&b), POOL_WAIT);
    caller_drop(&rig, &b);
    end();
}

/* The want fails when it is tried again, and its key's record goes with it. */
static void without_memory_for_another_dial_the_want_fails(void)
{
    struct pool_key_stats keys[2];
    begin(by_hand());
    connect_to(&a, &rig.place);
    starve_at_other(&b);
    heap_fail_at(1);
    rig_at_ms(&rig, POOL_STARVED_MS);
    heap_fail_at(0);
    CU_ASSERT_EQUAL(poll_want(&b), POOL_FAILED);
    CU_ASSERT_EQUAL(b.fault.code, GOFER_ERR_NOMEM);
    CU_ASSERT_EQUAL(pool_read_key_stats(rig.pool, keys, 2), 1);
    put(&a);
    end();
}

CU_TestInfo pool_starved_tests[] = {
    {"RES-02 7.14 an idle connection is closed and the dial tried again",
     an_idle_connection_is_closed_and_the_dial_tried_again},
    {"RES-02 one a failure goes, the one idle for longest first",
     one_a_failure_goes_the_one_idle_for_longest_first},
    {"a retry takes what an idle connection of its key held",
     a_retry_takes_what_an_idle_connection_of_its_key_held},
    {"RES-02 it is tried again every 100 ms, no spin", it_is_tried_again_every_100_ms},
    {"7.14 it is tried again at the next close", it_is_tried_again_at_the_next_close},
    {"one that becomes idle is closed when it is tried again",
     one_that_becomes_idle_is_closed_when_it_is_tried_again},
    {"a connection given back serves a starved want",
     a_connection_given_back_serves_a_starved_want},
    {"the one that starves for longest is first", the_one_that_starves_for_longest_is_first},
    {"several are tried at a time", several_are_tried_at_a_time},
    {"a dial that ends well has the next one tried", a_dial_that_ends_well_has_the_next_one_tried},
    {"one that is tried again respects the limit of its host",
     one_that_is_tried_again_respects_the_limit_of_its_host},
    {"a dropped want is not tried again", a_dropped_want_is_not_tried_again},
    {"RES-02 RES-04 without a connection of its own it is an error at once",
     without_a_connection_of_its_own_it_is_an_error_at_once},
    {"a dial under way is worth waiting for", a_dial_under_way_is_worth_waiting_for},
    {"7.14 a connection about to be closed is worth waiting for",
     a_connection_about_to_be_closed_is_worth_waiting_for},
    {"other errors close nothing", other_errors_close_nothing},
    {"a closed pool tries nothing again", a_closed_pool_tries_nothing_again},
    {"RES-01 without memory for another dial the want fails",
     without_memory_for_another_dial_the_want_fails},
    CU_TEST_INFO_NULL,
};
