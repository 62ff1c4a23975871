/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a program sees of its connections: gofer_client_origins(), by origin, and
 * why connections were closed, in gofer_client_stats().
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "support/heap.h"

extern CU_TestInfo origins_tests[];

enum { ORIGINS = 3 };

static const struct route hello[] = {{.reply = REPLY_HELLO}};

static void get_path(gofer_client *client, struct origin *origin, const char *path)
{
    struct outcome got = rig_get(client, origin, path);

    rig_expect_answer(&got, 200, "hello");
}

static void get_hello(gofer_client *client, struct origin *origin)
{
    get_path(client, origin, "/");
}

/* The counters of one origin; an empty name where the client has none. */
static gofer_origin_stats stats_of(gofer_client *client, struct origin *origin)
{
    gofer_origin_stats seen[ORIGINS];
    size_t n = gofer_client_origins(client, seen, ORIGINS);
    char name[64];

    snprintf(name, sizeof name, "http://127.0.0.1:%u", origin_port(origin));
    for (size_t i = 0; i < n && i < ORIGINS; i++) {
        if (strcmp(seen[i].origin, name) == 0)
            return seen[i];
    }
    return (gofer_origin_stats){.banned = false};
}

/* --- by origin --- */

static bool one_waits(void *client)
{
    return rig_stats(client).calls_waiting == 1;
}

static void each_origin_has_its_own_counters(void)
{
    struct gate *seen = rig_gate(), *go = rig_gate();
    struct route held[] = {{.target = "/held", .reply = REPLY_HELLO, .seen = seen, .go = go},
                           {.reply = REPLY_HELLO}};
    struct origin *calm = rig_script(hello), *busy = rig_script(held);
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = 1});
    struct caller first, second;

    for (int i = 0; i < 3; i++)
        get_hello(client, calm);
    caller_start(&first, client, rig_request("GET", busy, "/held"));
    EXPECT(gate_wait(seen, 1));
    caller_start(&second, client, rig_request("GET", busy, "/"));
    EXPECT(eventually(one_waits, client));
    gofer_origin_stats a = stats_of(client, calm), b = stats_of(client, busy);
    EXPECT_INT(a.conns_opened, 1);
    EXPECT_INT(a.conns_reused, 2);
    EXPECT_INT(a.conns_idle, 1);
    EXPECT_INT(a.conns_in_use, 0);
    EXPECT_INT(a.calls_waiting, 0);
    EXPECT_INT(b.conns_opened, 1);
    EXPECT_INT(b.conns_reused, 0);
    EXPECT_INT(b.conns_idle, 0);
    EXPECT_INT(b.conns_in_use, 1);
    EXPECT_INT(b.conns_dialing, 0);
    EXPECT_INT(b.calls_waiting, 1);
    EXPECT_INT(rig_stats(client).calls_waiting, 1);
    EXPECT_INT(rig_stats(client).conns_in_use, 1);

    gate_pass(go);
    caller_join(&first);
    caller_join(&second);
    b = stats_of(client, busy);
    EXPECT_INT(b.conns_late_bound, 1);
    EXPECT_INT(b.conns_reused, 1);
    EXPECT_INT(b.conns_idle, 1);
    EXPECT_INT(b.calls_waiting, 0);
    EXPECT_INT(stats_of(client, calm).conns_late_bound, 0);
    EXPECT_INT(rig_stats(client).conns_late_bound, 1);
}

static void a_banned_origin_is_seen(void)
{
    static const struct route routes[] = {{.target = "/talk", .reply = REPLY_HELLO "and more"},
                                          {.reply = REPLY_HELLO}};
    struct origin *talker = rig_script(routes), *calm = rig_script(hello);
    gofer_client *client = rig_client(NULL);

    get_hello(client, calm);
    get_path(client, talker, "/talk");
    gofer_origin_stats seen = stats_of(client, talker);
    EXPECT(seen.banned);
    EXPECT_INT(seen.bans, 1);
    EXPECT_INT(seen.closed_talking, 1);
    EXPECT_INT(seen.conns_idle, 0);
    get_hello(client, talker); /* does not talk now, and is not kept alive all the same */
    seen = stats_of(client, talker);
    EXPECT(seen.banned);
    EXPECT_INT(seen.bans, 1);
    EXPECT_INT(seen.conns_opened, 2);
    EXPECT_INT(seen.conns_reused, 0);
    EXPECT_INT(seen.closed_asked, 1);
    EXPECT_INT(rig_stats(client).origin_bans, 1);
    EXPECT(!stats_of(client, calm).banned);
    EXPECT_INT(stats_of(client, calm).conns_idle, 1);
}

/* --- the call itself --- */

static gofer_client *with_origins(unsigned n)
{
    gofer_client *client = rig_client(NULL);

    for (unsigned i = 0; i < n; i++)
        get_hello(client, rig_script(hello));
    return client;
}

static void so_many_are_copied_and_no_more(void)
{
    gofer_client *client = with_origins(ORIGINS);
    gofer_origin_stats seen[ORIGINS + 1];

    for (size_t max = 0; max <= ORIGINS + 1; max++) {
        memset(seen, 0x55, sizeof seen);
        EXPECT_INT(gofer_client_origins(client, seen, max), ORIGINS);
        for (size_t i = 0; i < ORIGINS + 1; i++) {
            if (i < max && i < ORIGINS)
                EXPECT_INT(seen[i].conns_opened, 1);
            else
                EXPECT_INT(seen[i].origin[0], 0x55);
        }
    }
}

/* A program that was compiled before members were added, and one after. */
static void sizes_of_other_versions_are_met(void)
{
    struct {
        char origin[288];
        uint64_t conns_opened;
    } early[ORIGINS + 1];
    struct {
        gofer_origin_stats known;
        uint64_t added[4];
    } late[ORIGINS];
    gofer_client *client = with_origins(ORIGINS);

    memset(early, 0x55, sizeof early);
    memset(late, 0x55, sizeof late);
    EXPECT_INT(gofer_client_origins_sized(client, (gofer_origin_stats *)(void *)early, ORIGINS,
                                          sizeof early[0]),
               ORIGINS);
    EXPECT_INT(gofer_client_origins_sized(client, &late[0].known, ORIGINS, sizeof late[0]),
               ORIGINS);
    for (int i = 0; i < ORIGINS; i++) {
        EXPECT_INT(early[i].conns_opened, 1);
        EXPECT_TEXT(early[i].origin, late[i].known.origin);
        EXPECT_INT(late[i].known.conns_opened, 1);
        EXPECT_INT(late[i].known.conns_idle, 1);
        for (int j = 0; j < 4; j++)
            EXPECT_INT(late[i].added[j], 0);
    }
    EXPECT_INT(early[ORIGINS].origin[0], 0x55);
}

static void counters_of_an_older_version_are_met(void)
{
    enum { OLD = offsetof(gofer_stats, conns_in_use) };
    gofer_client *client = with_origins(1);
    gofer_stats stats;

    memset(&stats, 0x55, sizeof stats);
    gofer_client_stats_sized(client, &stats, OLD);
    EXPECT_INT(stats.conns_opened, 1);
    EXPECT_INT(stats.calls_done, 1);
    EXPECT(stats.conns_in_use == UINT64_C(0x5555555555555555));
}

static void nothing_is_asked_of_nobody(void)
{
    gofer_origin_stats seen;

    EXPECT_INT(gofer_client_origins(NULL, &seen, 1), 0);
    EXPECT_INT(gofer_client_origins(with_origins(1), NULL, 1), 0);
    EXPECT_INT(gofer_client_origins(rig_client(NULL), &seen, 1), 0);
}

/* The caller looks at as many as it was told of. */
static void without_memory_no_origin_is_told_of(void)
{
    gofer_client *client = with_origins(1);
    gofer_origin_stats seen;

    memset(&seen, 0x55, sizeof seen);
    heap_fail_at(1);
    size_t n = gofer_client_origins(client, &seen, 1);
    heap_fail_at(0);
    EXPECT(n == 0 || seen.conns_opened == 1);
}

/* --- why connections were closed --- */

enum cause { SPENT, TALKING, STALE, EXPIRED, OLD, LIMIT, ASKED, CAUSES };

static uint64_t closed_for(const gofer_stats *stats, enum cause cause)
{
    const uint64_t all[CAUSES] = {stats->closed_spent,   stats->closed_talking, stats->closed_stale,
                                  stats->closed_expired, stats->closed_old,     stats->closed_limit,
                                  stats->closed_asked};

    return all[cause];
}

/* So many connections were closed for this cause, none for another; and none is lost. */
static void expect_closed(gofer_client *client, enum cause cause, uint64_t n)
{
    gofer_stats stats = rig_stats(client);
    uint64_t sum = stats.conns_idle + stats.conns_in_use;

    for (int i = 0; i < CAUSES; i++) {
        EXPECT_INT(closed_for(&stats, (enum cause)i), (int)cause == i ? n : 0);
        sum += closed_for(&stats, (enum cause)i);
    }
    EXPECT_INT(stats.conns_opened, sum);
    EXPECT_INT(stats.conns_stale, stats.closed_stale + stats.closed_talking);
}

static void spent(void)
{
    static const struct route last[] = {
        {.reply = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"}};
    gofer_client *client = rig_client(NULL);

    get_hello(client, rig_script(last));
    expect_closed(client, SPENT, 1);
}

static void talking(void)
{
    static const struct route more[] = {{.reply = REPLY_HELLO REPLY_HELLO}};
    gofer_client *client = rig_client(NULL);

    get_hello(client, rig_script(more));
    expect_closed(client, TALKING, 1);
}

static void stale(void)
{
    static const struct route once[] = {
        {.target = "/once", .reply = REPLY_HELLO, .then = THEN_CLOSE}, {.reply = REPLY_HELLO}};
    struct origin *origin = rig_script(once);
    gofer_client *client = rig_client(NULL);

    get_path(client, origin, "/once");
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    get_hello(client, origin);
    expect_closed(client, STALE, 1);
}

static bool one_expired(void *client)
{
    return rig_stats(client).closed_expired == 1;
}

static void expired(void)
{
    gofer_client *client = rig_client(&(gofer_client_options){.idle_conn_timeout_ms = 1});

    get_hello(client, rig_script(hello));
    EXPECT(eventually(one_expired, client));
    expect_closed(client, EXPIRED, 1);
}

/* Past its age when it comes back. */
static void old(void)
{
    struct gate *seen = rig_gate(), *go = rig_gate();
    struct route held[] = {{.reply = REPLY_HELLO, .seen = seen, .go = go}};
    gofer_client *client = rig_client(&(gofer_client_options){.conn_max_age_ms = 1});
    struct caller caller;

    caller_start(&caller, client, rig_request("GET", rig_script(held), "/"));
    EXPECT(gate_wait(seen, 1));
    pass_ms(2);
    gate_pass(go);
    caller_join(&caller);
    expect_closed(client, OLD, 1);
}

static void limit(void)
{
    gofer_client *client = rig_client(&(gofer_client_options){.max_idle_conns = 1});

    get_hello(client, rig_script(hello));
    get_hello(client, rig_script(hello));
    expect_closed(client, LIMIT, 1);
}

static void asked(void)
{
    gofer_client *client = rig_client(NULL);

    get_hello(client, rig_script(hello));
    gofer_client_close_idle(client);
    expect_closed(client, ASKED, 1);
}

CU_TestInfo origins_tests[] = {
    {"each origin has its own counters", each_origin_has_its_own_counters},
    {"RU-20 a banned origin is seen", a_banned_origin_is_seen},
    {"so many origins are copied and no more", so_many_are_copied_and_no_more},
    {"sizes of other versions are met", sizes_of_other_versions_are_met},
    {"counters of an older version are met", counters_of_an_older_version_are_met},
    {"nothing is asked of nobody", nothing_is_asked_of_nobody},
    {"RES-01 without memory no origin is told of", without_memory_no_origin_is_told_of},
    {"closed: spent", spent},
    {"closed: talking", talking},
    {"closed: stale", stale},
    {"closed: expired", expired},
    {"closed: old", old},
    {"closed: over a limit", limit},
    {"closed: asked for", asked},
    CU_TEST_INFO_NULL};
