/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * transport/pool: an origin that sends bytes that nobody asked for loses
 * keep-alive for a while (RU-20).
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "support/heap.h"
#include "transport/pool.h"
#include "unit/transport/pool_hands.h"

extern CU_TestInfo pool_ban_tests[];

enum { LOOK_MS = 1000 };

/* The counters of a place's record; *known false where it has none. */
static struct pool_stats stats_of(const struct place *place, bool *known)
{
    struct pool_key_stats keys[4];
    size_t n = pool_read_key_stats(rig.pool, keys, 4);
    *known = false;
    for (size_t i = 0; i < n && i < 4; i++) {
        *known = strcmp(keys[i].key, place->key.text) == 0;
        if (*known)
            return keys[i].stats;
    }
    return (struct pool_stats){0};
}

static bool is_banned(const struct place *place)
{
    bool known;
    return stats_of(place, &known).banned;
}

static bool has_record(const struct place *place)
{
    bool known;
    stats_of(place, &known);
    return known;
}

static void ban_by(struct caller *caller)
{
    pool_discard(rig.pool, &caller->conn, CLOSE_TALKING);
    CU_ASSERT_PTR_NULL(caller->conn);
}

/* Whether a connection of the place is kept when its call is over; where it is, it is closed. */
static bool is_kept(const struct place *place)
{
    struct caller one;
    uint64_t before = stats().idle;
    caller_connect(&rig, &one, place);
    put(&one);
    return stats().idle > before;
}

/* --- what it costs --- */

static void no_connection_of_the_key_is_kept(void)
{
    bool known;
    rig_begin(&rig, RIG_OPTIONS);
    connect_one(&a);
    connect_one(&b);
    connect_one(&c);
    connect_one(&d);
    put(&b);
    put(&c);
    ban_by(&a);
    CU_ASSERT_EQUAL(stats().idle, 0); /* the idle ones are closed */
    CU_ASSERT_EQUAL(stats().closed[CLOSE_TALKING], 3);
    put(&d); /* and the one in use when it comes back */
    CU_ASSERT_EQUAL(stats().idle, 0);
    CU_ASSERT_EQUAL(stats().closed[CLOSE_ASKED], 1);
    CU_ASSERT_FALSE(is_kept(&rig.place)); /* and a new one */
    CU_ASSERT_EQUAL(stats().bans, 1);
    struct pool_stats own = stats_of(&rig.place, &known);
    CU_ASSERT(known && own.banned);
    CU_ASSERT_EQUAL(own.bans, 1);
    CU_ASSERT_EQUAL(own.closed[CLOSE_TALKING], 3);
    CU_ASSERT_EQUAL(own.closed[CLOSE_ASKED], 2);
    rig_end(&rig);
}

static void other_causes_cost_nothing(void)
{
    rig_begin(&rig, RIG_OPTIONS);
    for (int cause = 0; cause < CLOSE_CAUSES; cause++) {
        if (cause == CLOSE_TALKING)
            continue;
        connect_one(&a);
        pool_discard(rig.pool, &a.conn, (enum pool_close)cause);
        CU_ASSERT_EQUAL(stats().closed[cause], 1);
        CU_ASSERT_FALSE(has_record(&rig.place));
    }
    CU_ASSERT_EQUAL(stats().bans, 0);
    CU_ASSERT(is_kept(&rig.place));
    rig_end(&rig);
}

static void other_keys_are_unaffected(void)
{
    struct place other;
    rig_begin(&rig, RIG_OPTIONS);
    place_open(&other);
    caller_connect(&rig, &a, &other);
    connect_one(&b);
    put(&a);
    ban_by(&b);
    CU_ASSERT_EQUAL(stats().idle, 1);
    CU_ASSERT_FALSE(is_banned(&other));
    CU_ASSERT(is_banned(&rig.place));
    CU_ASSERT_EQUAL(caller_take(&rig, &a, &other), POOL_CONN);
    put(&a);
    CU_ASSERT_EQUAL(stats().idle, 1);
    place_close(&other);
    rig_end(&rig);
}

/* What the check before a request finds, with bytes unread. */
static void bytes_at_checkout(const char *text, bool banned)
{
    rig_begin(&rig, RIG_OPTIONS);
    connect_one(&a);
    int peer = accept4(rig.place.listener, NULL, NULL, SOCK_CLOEXEC);
    CU_ASSERT_FATAL(peer >= 0);
    put(&a);
    CU_ASSERT_EQUAL(send(peer, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
    CU_ASSERT_EQUAL(caller_take(&rig, &b, &rig.place), POOL_CONN);
    CU_ASSERT_FALSE(pool_check(rig.pool, &b.conn));
    CU_ASSERT_EQUAL(is_banned(&rig.place), banned);
    CU_ASSERT_EQUAL(is_kept(&rig.place), !banned);
    close(peer);
    rig_end(&rig);
}

static void bytes_found_at_checkout_count_but_for_a_408(void)
{
    bytes_at_checkout("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true);
    bytes_at_checkout("HTTP/1.1 408 Request Timeout\r\n\r\n", false);
}

/* --- wants --- */

static void a_want_dials_though_a_connection_comes_free(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.max_per_host = 2;
    rig_begin(&rig, options);
    connect_one(&a);
    connect_one(&b);
    CU_ASSERT_EQUAL(caller_take(&rig, &c, &rig.place), POOL_WAIT);
    CU_ASSERT_EQUAL(caller_take(&rig, &d, &rig.place), POOL_WAIT);
    CU_ASSERT_EQUAL(stats().dialing, 0);
    ban_by(&a);
    CU_ASSERT_EQUAL(stats().dialing, 1);
    put(&b);
    CU_ASSERT_EQUAL(stats().dialing, 2);
    CU_ASSERT_EQUAL(stats().late_bound, 0);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(caller_poll(&rig, &c), POOL_CONN);
    CU_ASSERT_EQUAL(caller_poll(&rig, &d), POOL_CONN);
    put(&c);
    put(&d);
    CU_ASSERT_EQUAL(stats().idle, 0);
    CU_ASSERT_EQUAL(stats().opened, 4);
    rig_end(&rig);
}

/* --- for a while --- */

static void it_ends_after_its_time(void)
{
    rig_begin(&rig, RIG_OPTIONS);
    connect_one(&a);
    connect_one(&b);
    ban_by(&a);
    rig_at_ms(&rig, POOL_BAN_MS - 1);
    CU_ASSERT(is_banned(&rig.place));
    CU_ASSERT_FALSE(is_kept(&rig.place));
    rig_at_ms(&rig, POOL_BAN_MS);
    CU_ASSERT_FALSE(is_banned(&rig.place));
    put(&b);
    CU_ASSERT_EQUAL(stats().idle, 1);
    CU_ASSERT_EQUAL(stats().bans, 1);
    rig_end(&rig);
}

static void a_second_offence_begins_it_anew(void)
{
    rig_begin(&rig, RIG_OPTIONS);
    connect_one(&a);
    connect_one(&b);
    connect_one(&c);
    ban_by(&a);
    rig_at_ms(&rig, POOL_BAN_MS - 1);
    ban_by(&b);
    rig_at_ms(&rig, POOL_BAN_MS);
    CU_ASSERT(is_banned(&rig.place));
    rig_at_ms(&rig, 2 * POOL_BAN_MS - 1);
    CU_ASSERT_FALSE(is_banned(&rig.place));
    ban_by(&c); /* a record that was banned once */
    CU_ASSERT(is_banned(&rig.place));
    CU_ASSERT_EQUAL(stats().bans, 3);
    rig_end(&rig);
}

/* --- the record --- */

static void the_record_stays_as_long_as_the_ban(void)
{
    rig_begin(&rig, RIG_OPTIONS);
    connect_one(&a);
    ban_by(&a);
    CU_ASSERT(has_record(&rig.place));
    rig_at_ms(&rig, POOL_BAN_MS - 1);
    CU_ASSERT(is_banned(&rig.place));
    CU_ASSERT_FALSE(is_kept(&rig.place));
    rig_end(&rig);
}

/* In steps of a look, as the timer thread does; nobody calls the pool. */
static void let_the_ban_pass(void)
{
    for (int ms = 0; ms <= POOL_BAN_MS + 2 * LOOK_MS; ms += LOOK_MS)
        rig_at_ms(&rig, ms);
}

static void the_record_goes_after_the_ban(void)
{
    struct place other;
    rig_begin(&rig, RIG_OPTIONS);
    place_open(&other);
    caller_connect(&rig, &b, &other);
    put(&b); /* the pool has idle connections all the time */
    connect_one(&a);
    ban_by(&a);
    let_the_ban_pass();
    CU_ASSERT_FALSE(has_record(&rig.place));
    CU_ASSERT(has_record(&other));
    place_close(&other);
    rig_end(&rig);
}

static void the_record_goes_though_nothing_is_idle(void)
{
    rig_begin(&rig, RIG_OPTIONS);
    connect_one(&a); /* the engine's tables are there now */
    caller_discard(&rig, &a);
    long before = heap_live();
    connect_one(&a);
    ban_by(&a);
    let_the_ban_pass();
    CU_ASSERT_FALSE(has_record(&rig.place));
    CU_ASSERT_EQUAL(heap_live(), before);
    rig_end(&rig);
}

static void records_of_bans_go_with_the_pool(void)
{
    rig_begin(&rig, RIG_OPTIONS);
    for (int i = 0; i < 20; i++) {
        struct place one;
        place_open(&one);
        caller_connect(&rig, &a, &one);
        ban_by(&a);
        CU_ASSERT(stats().bans == (uint64_t)i + 1);
        place_close(&one);
    }
    rig_end(&rig); /* looks for what was left */
}

CU_TestInfo pool_ban_tests[] = {
    {"RU-20 no connection of the key is kept", no_connection_of_the_key_is_kept},
    {"other causes cost nothing", other_causes_cost_nothing},
    {"other keys are unaffected", other_keys_are_unaffected},
    {"RU-02 RU-20 D14 bytes found at checkout count, but for a 408",
     bytes_found_at_checkout_count_but_for_a_408},
    {"a want dials though a connection comes free", a_want_dials_though_a_connection_comes_free},
    {"RU-20 it ends after its time", it_ends_after_its_time},
    {"a second offence begins it anew", a_second_offence_begins_it_anew},
    {"the record stays as long as the ban", the_record_stays_as_long_as_the_ban},
    {"the record goes after the ban", the_record_goes_after_the_ban},
    {"the record goes though nothing is idle", the_record_goes_though_nothing_is_idle},
    {"records of bans go with the pool", records_of_bans_go_with_the_pool},
    CU_TEST_INFO_NULL,
};
