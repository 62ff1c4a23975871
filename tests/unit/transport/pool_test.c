/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * transport/pool: who gets which connection, in forced orders (pool_rig.h): a
 * dial ends when the test serves it and not before. Every test ends with all
 * counters at zero and no descriptor or byte left.
 */
#include "transport/pool.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "engine/engine.h"
#include "support/blackhole.h"
#include "support/heap.h"
#include "unit/transport/pool_hands.h"

extern CU_TestInfo pool_tests[];

/* --- idle connections --- */

static void a_dialled_connection_serves_one_call_after_the_other(void)
{
    rig_begin(&rig, RIG_OPTIONS);
    CU_ASSERT_EQUAL(take(&a), POOL_WAIT);
    CU_ASSERT_EQUAL(poll_want(&a), POOL_WAIT);
    CU_ASSERT_EQUAL(stats().dialing, 1);
    CU_ASSERT_EQUAL(stats().waiting, 1);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(a.answers, 1);
    CU_ASSERT_EQUAL(poll_want(&a), POOL_CONN);
    CU_ASSERT_FALSE(a.conn->reused);
    CU_ASSERT(pool_check(rig.pool, &a.conn));
    CU_ASSERT_EQUAL(stats().in_use, 1);
    struct conn *first = a.conn;
    put(&a);
    CU_ASSERT_EQUAL(stats().idle, 1);
    CU_ASSERT_EQUAL(take(&b), POOL_CONN);
    CU_ASSERT_PTR_EQUAL(b.conn, first);
    CU_ASSERT(b.conn->reused);
    CU_ASSERT(pool_check(rig.pool, &b.conn));
    CU_ASSERT_EQUAL(b.answers, 0);
    CU_ASSERT_EQUAL(stats().opened, 1);
    CU_ASSERT_EQUAL(stats().reused, 1);
    CU_ASSERT_EQUAL(stats().late_bound, 0);
    put(&b);
    rig_end(&rig);
}

static void the_most_recently_used_connection_is_taken_first(void)
{
    struct conn *conns[3];
    struct caller *callers[] = {&a, &b, &c};
    rig_begin(&rig, RIG_OPTIONS);
    for (int i = 0; i < 3; i++)
        connect_one(callers[i]);
    for (int i = 0; i < 3; i++) {
        conns[i] = callers[i]->conn;
        put(callers[i]);
    }
    for (int i = 2; i >= 0; i--) {
        CU_ASSERT_EQUAL(take(callers[i]), POOL_CONN);
        CU_ASSERT_PTR_EQUAL(callers[i]->conn, conns[i]);
    }
    for (int i = 0; i < 3; i++)
        put(callers[i]);
    rig_end(&rig);
}

static void keys_do_not_share_connections(void)
{
    struct place other;
    rig_begin(&rig, RIG_OPTIONS);
    place_open(&other);
    connect_one(&a);
    put(&a);
    CU_ASSERT_EQUAL(caller_take(&rig, &b, &other), POOL_WAIT);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    put(&b);
    CU_ASSERT_EQUAL(stats().idle, 2);
    place_close(&other);
    rig_end(&rig);
}

/* --- late binding --- */

static void a_want_gets_a_freed_connection_before_its_own_dial_ends(void)
{
    rig_begin(&rig, RIG_OPTIONS);
    connect_one(&a);
    struct conn *freed = a.conn;
    CU_ASSERT_EQUAL(take(&b), POOL_WAIT);
    put(&a);
    CU_ASSERT_EQUAL(stats().idle, 0);
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    CU_ASSERT_PTR_EQUAL(b.conn, freed);
    CU_ASSERT(b.conn->reused);
    CU_ASSERT_EQUAL(stats().late_bound, 1);
    CU_ASSERT_EQUAL(stats().dialing, 1);
    rig_serve(&rig); /* the orphan: its connection is idle */
    CU_ASSERT_EQUAL(b.answers, 1);
    CU_ASSERT_EQUAL(stats().idle, 1);
    CU_ASSERT_EQUAL(stats().opened, 2);
    put(&b);
    rig_end(&rig);
}

static void an_orphans_connection_goes_to_the_next_want(void)
{
    rig_begin(&rig, RIG_OPTIONS);
    connect_one(&a);
    CU_ASSERT_EQUAL(take(&b), POOL_WAIT);
    put(&a); /* b is served: its dial is an orphan */
    CU_ASSERT_EQUAL(take(&c), POOL_WAIT);
    engine_serve_once(rig.engine, 0);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    CU_ASSERT_EQUAL(poll_want(&c), POOL_CONN);
    CU_ASSERT_FALSE(c.conn->reused);
    CU_ASSERT_EQUAL(c.answers, 1);
    CU_ASSERT_EQUAL(stats().opened, 3);
    CU_ASSERT_EQUAL(stats().idle, 1); /* c's own dial came second */
    put(&b);
    put(&c);
    rig_end(&rig);
}

static void wants_are_served_first_come_first_served(void)
{
    struct caller *wants[] = {&b, &c, &d};
    struct pool_options options = RIG_OPTIONS;
    options.max_per_host = 1;
    rig_begin(&rig, options);
    connect_one(&a);
    struct conn *only = a.conn;
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(take(wants[i]), POOL_WAIT);
    CU_ASSERT_EQUAL(stats().waiting, 3);
    put(&a);
    for (int i = 0; i < 3; i++) {
        for (int j = i + 1; j < 3; j++)
            CU_ASSERT_EQUAL(poll_want(wants[j]), POOL_WAIT);
        CU_ASSERT_EQUAL(poll_want(wants[i]), POOL_CONN);
        CU_ASSERT_PTR_EQUAL(wants[i]->conn, only);
        put(wants[i]);
    }
    rig_serve(&rig);
    CU_ASSERT_EQUAL(stats().opened, 1);
    CU_ASSERT_EQUAL(stats().reused, 3);
    rig_end(&rig);
}

/* --- dials that fail --- */

static void a_dials_error_reaches_its_own_want_only(void)
{
    struct place nobody;
    rig_begin(&rig, RIG_OPTIONS);
    place_open_refusing(&nobody);
    CU_ASSERT_EQUAL(caller_take(&rig, &a, &nobody), POOL_WAIT);
    CU_ASSERT_EQUAL(caller_take(&rig, &b, &nobody), POOL_WAIT);
    CU_ASSERT_EQUAL(take(&c), POOL_WAIT);
    CU_ASSERT_EQUAL(caller_drop(&rig, &b), GOFER_PHASE_QUEUE); /* its dial is nobody's now */
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&a), POOL_FAILED);
    CU_ASSERT_EQUAL(a.fault.code, GOFER_ERR_CONNECT);
    CU_ASSERT_EQUAL(a.fault.phase, GOFER_PHASE_CONNECT);
    CU_ASSERT_EQUAL(a.answers, 1);
    CU_ASSERT_EQUAL(b.fault.code, GOFER_OK);
    CU_ASSERT_EQUAL(b.answers, 0);
    CU_ASSERT_EQUAL(poll_want(&c), POOL_CONN);
    put(&c);
    place_close(&nobody);
    rig_end(&rig);
}

static void a_failed_dials_slot_goes_to_the_next_want(void)
{
    struct place nobody;
    struct pool_options options = RIG_OPTIONS;
    options.max_per_host = 1;
    rig_begin(&rig, options);
    place_open_refusing(&nobody);
    CU_ASSERT_EQUAL(caller_take(&rig, &a, &nobody), POOL_WAIT);
    CU_ASSERT_EQUAL(caller_take(&rig, &b, &nobody), POOL_WAIT);
    CU_ASSERT_EQUAL(stats().dialing, 1);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&a), POOL_FAILED);
    CU_ASSERT_EQUAL(poll_want(&b), POOL_FAILED);
    place_close(&nobody);
    rig_end(&rig);
}

static void a_dial_that_gets_no_answer_times_out(void)
{
    struct blackhole hole;
    struct place silent;
    struct pool_options options = RIG_OPTIONS;
    options.connect_timeout_ms = 500;
    rig_begin(&rig, options);
    blackhole_open(&hole);
    place_key(&silent, hole.port);
    CU_ASSERT_EQUAL(caller_take(&rig, &a, &silent), POOL_WAIT);
    rig_serve(&rig);
    rig_at_ms(&rig, 499);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&a), POOL_WAIT);
    rig_at_ms(&rig, 500);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&a), POOL_FAILED);
    CU_ASSERT_EQUAL(a.fault.code, GOFER_ERR_TIMEOUT);
    CU_ASSERT_EQUAL(a.fault.phase, GOFER_PHASE_CONNECT);
    blackhole_close(&hole);
    place_close(&silent);
    rig_end(&rig);
}

/* --- wants that give up --- */

static void a_dropped_want_is_never_answered(void)
{
    rig_begin(&rig, RIG_OPTIONS);
    CU_ASSERT_EQUAL(take(&a), POOL_WAIT);
    CU_ASSERT_EQUAL(caller_drop(&rig, &a), GOFER_PHASE_QUEUE); /* no worker has begun its dial */
    CU_ASSERT_EQUAL(stats().waiting, 0);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(a.answers, 0);
    CU_ASSERT_EQUAL(stats().idle, 1); /* its dial ran on */
    caller_drop(&rig, &a);            /* twice is legal */
    CU_ASSERT_EQUAL(take(&b), POOL_CONN);
    put(&b);
    rig_end(&rig);
}

static void a_dropped_wants_connection_goes_to_the_next_want(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.max_per_host = 1;
    rig_begin(&rig, options);
    connect_one(&a);
    struct conn *only = a.conn;
    CU_ASSERT_EQUAL(take(&b), POOL_WAIT);
    CU_ASSERT_EQUAL(take(&c), POOL_WAIT);
    put(&a); /* to b, which gives up before it looks */
    CU_ASSERT_EQUAL(caller_drop(&rig, &b), GOFER_PHASE_POOL);
    CU_ASSERT_EQUAL(poll_want(&c), POOL_CONN);
    CU_ASSERT_PTR_EQUAL(c.conn, only);
    CU_ASSERT_EQUAL(stats().reused, 1);
    put(&c);
    rig_end(&rig);
}

static void a_dropped_wants_connection_may_be_idle(void)
{
    rig_begin(&rig, RIG_OPTIONS);
    CU_ASSERT_EQUAL(take(&a), POOL_WAIT);
    rig_serve(&rig);
    caller_drop(&rig, &a);
    CU_ASSERT_EQUAL(stats().idle, 1);
    CU_ASSERT_EQUAL(stats().in_use, 0);
    CU_ASSERT_EQUAL(stats().reused, 0);
    CU_ASSERT_EQUAL(poll_want(&a), POOL_WAIT);
    rig_end(&rig);
}

static void a_want_dropped_without_a_dial_was_waiting_for_the_pool(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.max_per_host = 1;
    rig_begin(&rig, options);
    connect_one(&a);
    CU_ASSERT_EQUAL(take(&b), POOL_WAIT);
    CU_ASSERT_EQUAL(caller_drop(&rig, &b), GOFER_PHASE_POOL);
    put(&a);
    CU_ASSERT_EQUAL(stats().idle, 1);
    rig_end(&rig);
}

/* --- fresh wants --- */

static void a_fresh_want_takes_no_idle_connection(void)
{
    rig_begin(&rig, RIG_OPTIONS);
    connect_one(&a);
    connect_one(&b);
    put(&a);
    CU_ASSERT_EQUAL(caller_take_fresh(&rig, &c, &rig.place), POOL_WAIT);
    put(&b); /* nor one that comes free */
    CU_ASSERT_EQUAL(poll_want(&c), POOL_WAIT);
    CU_ASSERT_EQUAL(stats().idle, 2);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&c), POOL_CONN);
    CU_ASSERT_FALSE(c.conn->reused);
    put(&c);
    rig_end(&rig);
}

static void a_fresh_want_at_the_limit_closes_an_idle_connection(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.max_per_host = 2;
    rig_begin(&rig, options);
    connect_one(&a);
    connect_one(&b);
    put(&a);
    CU_ASSERT_EQUAL(caller_take_fresh(&rig, &c, &rig.place), POOL_WAIT);
    CU_ASSERT_EQUAL(stats().idle, 0);
    CU_ASSERT_EQUAL(stats().dialing, 1);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&c), POOL_CONN);
    put(&b);
    put(&c);
    rig_end(&rig);
}

/* All slots are in use when it comes; then one comes free, and nobody else wants it. */
static void a_fresh_want_at_the_limit_gets_the_slot_of_one_given_back(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.max_per_host = 1;
    rig_begin(&rig, options);
    connect_one(&a);
    CU_ASSERT_EQUAL(caller_take_fresh(&rig, &b, &rig.place), POOL_WAIT);
    CU_ASSERT_EQUAL(stats().dialing, 0);
    put(&a);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    if (b.conn != NULL)
        put(&b);
    else
        caller_drop(&rig, &b);
    rig_end(&rig);
}

static void a_plain_want_behind_a_fresh_one_takes_the_freed_connection(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.max_per_host = 1;
    rig_begin(&rig, options);
    connect_one(&a);
    struct conn *only = a.conn;
    CU_ASSERT_EQUAL(caller_take_fresh(&rig, &b, &rig.place), POOL_WAIT);
    CU_ASSERT_EQUAL(take(&c), POOL_WAIT);
    put(&a);
    CU_ASSERT_EQUAL(poll_want(&b), POOL_WAIT);
    CU_ASSERT_EQUAL(poll_want(&c), POOL_CONN);
    CU_ASSERT_PTR_EQUAL(c.conn, only);
    discard(&c);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(poll_want(&b), POOL_CONN);
    put(&b);
    rig_end(&rig);
}

/* --- the checkout check --- */

/* What the peer says or does while the connection is idle, and what it is closed for then. */
static void check_of(const char *text, bool hang_up, enum pool_close cause)
{
    bool quiet = cause == CLOSE_CAUSES;
    rig_begin(&rig, RIG_OPTIONS);
    connect_one(&a);
    int peer = accept(rig.place.listener, NULL, NULL);
    CU_ASSERT_FATAL(peer >= 0);
    put(&a);
    CU_ASSERT_EQUAL(send(peer, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
    if (hang_up)
        shutdown(peer, SHUT_WR);
    CU_ASSERT_EQUAL(take(&b), POOL_CONN);
    CU_ASSERT_EQUAL(pool_check(rig.pool, &b.conn), quiet);
    CU_ASSERT_EQUAL(b.conn != NULL, quiet);
    CU_ASSERT(quiet || stats().closed[cause] == 1);
    CU_ASSERT_EQUAL(stats().reused, quiet);
    if (b.conn != NULL)
        put(&b);
    close(peer);
    rig_end(&rig);
}

static void the_check_finds_bytes_and_ends(void)
{
    check_of("", false, CLOSE_CAUSES);
    check_of("", true, CLOSE_STALE);
    check_of("HTTP/1.1 200 OK\r\n", false, CLOSE_TALKING);
    check_of("HTTP/1.1 408 Request Timeout\r\n\r\n", true, CLOSE_STALE);
}

static void a_skipped_check_finds_nothing(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.skip_check = true;
    rig_begin(&rig, options);
    connect_one(&a);
    put(&a);
    int peer = accept(rig.place.listener, NULL, NULL);
    CU_ASSERT_FATAL(peer >= 0);
    close(peer);
    CU_ASSERT_EQUAL(take(&b), POOL_CONN);
    CU_ASSERT(pool_check(rig.pool, &b.conn));
    put(&b);
    rig_end(&rig);
}

/* --- the end --- */

static void a_closed_pool_takes_and_keeps_nothing(void)
{
    struct blackhole hole;
    struct place silent;
    rig_begin(&rig, RIG_OPTIONS);
    blackhole_open(&hole);
    place_key(&silent, hole.port);
    connect_one(&a);
    connect_one(&b);
    put(&a);
    CU_ASSERT_EQUAL(caller_take(&rig, &c, &silent), POOL_WAIT);
    rig_serve(&rig);
    pool_close(rig.pool);
    CU_ASSERT_EQUAL(stats().idle, 0);
    CU_ASSERT_FALSE(pool_quiet(rig.pool, NULL));
    CU_ASSERT_EQUAL(take(&d), POOL_FAILED);
    CU_ASSERT_EQUAL(d.fault.code, GOFER_ERR_CLOSED);
    put(&b);
    caller_drop(&rig, &c);
    rig_serve(&rig);
    CU_ASSERT(pool_quiet(rig.pool, NULL));
    blackhole_close(&hole);
    place_close(&silent);
    rig_end(&rig);
}

static void records_of_keys_go_with_their_last_connection(void)
{
    rig_begin(&rig, RIG_OPTIONS);
    connect_one(&a); /* the engine's slot table is there now */
    discard(&a);
    long before = heap_live();
    for (int i = 0; i < 50; i++) {
        struct place other;
        place_open(&other);
        caller_connect(&rig, &a, &other);
        put(&a);
        place_close(&other);
    }
    CU_ASSERT(heap_live() > before);
    pool_close_idle(rig.pool);
    CU_ASSERT_EQUAL(heap_live(), before);
    rig_end(&rig);
}

/* Takes while the n-th allocation fails. *enough: none did. */
static enum pool_answer take_scarcely(long n, bool *enough)
{
    heap_fail_at(n);
    enum pool_answer answer = take(&a);
    rig_serve(&rig);
    *enough = !heap_failed();
    heap_fail_at(0);
    return answer == POOL_WAIT ? poll_want(&a) : answer;
}

/* A connection without a place in the idle watch is one all the same. */
static void out_of_memory_is_the_wants_error(void)
{
    bool enough = false;
    int refused = 0;
    for (long n = 1; !enough && n < 30; n++) {
        rig_begin(&rig, RIG_OPTIONS);
        enum pool_answer answer = take_scarcely(n, &enough);
        CU_ASSERT_NOT_EQUAL(answer, POOL_WAIT);
        if (answer == POOL_CONN)
            put(&a);
        if (answer == POOL_FAILED)
            CU_ASSERT_EQUAL(a.fault.code, GOFER_ERR_NOMEM);
        refused += answer == POOL_FAILED;
        CU_ASSERT(!enough || answer == POOL_CONN);
        rig_end(&rig);
    }
    CU_ASSERT(enough);
    CU_ASSERT(refused >= 4);
}

CU_TestInfo pool_tests[] = {
    {"a dialled connection serves one call after the other",
     a_dialled_connection_serves_one_call_after_the_other},
    {"the most recently used connection is taken first",
     the_most_recently_used_connection_is_taken_first},
    {"keys do not share connections", keys_do_not_share_connections},
    {"a want gets a freed connection before its own dial ends",
     a_want_gets_a_freed_connection_before_its_own_dial_ends},
    {"7.10 an orphan's connection goes to the next want",
     an_orphans_connection_goes_to_the_next_want},
    {"wants are served first come, first served", wants_are_served_first_come_first_served},
    {"a dial's error reaches its own want only", a_dials_error_reaches_its_own_want_only},
    {"a failed dial's slot goes to the next want", a_failed_dials_slot_goes_to_the_next_want},
    {"a dial that gets no answer times out", a_dial_that_gets_no_answer_times_out},
    {"7.7 a dropped want is never answered", a_dropped_want_is_never_answered},
    {"a dropped want's connection goes to the next want",
     a_dropped_wants_connection_goes_to_the_next_want},
    {"a dropped want's connection may be idle", a_dropped_wants_connection_may_be_idle},
    {"a want dropped without a dial was waiting for the pool",
     a_want_dropped_without_a_dial_was_waiting_for_the_pool},
    {"a fresh want takes no idle connection", a_fresh_want_takes_no_idle_connection},
    {"a fresh want at the limit closes an idle connection",
     a_fresh_want_at_the_limit_closes_an_idle_connection},
    {"a fresh want at the limit gets the slot of one given back",
     a_fresh_want_at_the_limit_gets_the_slot_of_one_given_back},
    {"a plain want behind a fresh one takes the freed connection",
     a_plain_want_behind_a_fresh_one_takes_the_freed_connection},
    {"7.6 the check finds bytes and ends", the_check_finds_bytes_and_ends},
    {"a skipped check finds nothing", a_skipped_check_finds_nothing},
    {"a closed pool takes and keeps nothing", a_closed_pool_takes_and_keeps_nothing},
    {"records of keys go with their last connection",
     records_of_keys_go_with_their_last_connection},
    {"out of memory is the want's error", out_of_memory_is_the_wants_error},
    CU_TEST_INFO_NULL,
};
