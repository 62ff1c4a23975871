/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/resolver: many askers of one name, and how lookups and the resolver end.
 */
#include <stdio.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"
#include "unit/net/resolver_rig.h"

extern CU_TestInfo resolver_share_tests[];

/* --- many askers --- */

static void same_name_is_one_query_in_flight(void)
{
    enum { MANY = 200 };
    struct world w;
    setup(&w);
    for (int i = 0; i < MANY; i++)
        begin(&w, i % 2 == 0 ? "held.test" : "HELD.test");
    await_asked(&w, MANY);
    /* Asked after them all and answered: nobody is left in the mailbox. */
    CU_ASSERT(is_v4(&w, "v4.test"));
    dns_server_release(w.server);
    for (int i = 0; i < MANY; i++) {
        await(w.askers[i]);
        CU_ASSERT(w.askers[i]->wakes >= 1);
        CU_ASSERT(has(&w.askers[i]->lookup, 0, "192.0.2.1"));
    }
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "held.test"), 1);
    CU_ASSERT_EQUAL(dns_server_asked_type(w.server, "held.test", DNS_AAAA), 1);
    teardown(&w);
}

static void second_asker_joins_the_query_in_flight(void)
{
    struct world w;
    setup(&w);
    struct asker *first = begin(&w, "held.test");
    CU_ASSERT(dns_server_wait_asked(w.server, "held.test", 1));
    struct asker *second = begin(&w, "held.test");
    CU_ASSERT(is_v4(&w, "v4.test")); /* asked later, answered: the second is behind the query */
    dns_server_release(w.server);
    await(first);
    await(second);
    CU_ASSERT(has(&first->lookup, 0, "192.0.2.1"));
    CU_ASSERT(has(&second->lookup, 0, "192.0.2.1"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "held.test"), 1);
    CU_ASSERT(!first->lookup.coalesced);
    CU_ASSERT(second->lookup.coalesced);
    struct asker *third = ask(&w, "held.test"); /* from the cache */
    CU_ASSERT(has(&third->lookup, 0, "192.0.2.1"));
    CU_ASSERT(!third->lookup.coalesced);
    teardown(&w);
}

static void kinds_of_a_name_are_not_merged(void)
{
    struct world w;
    setup(&w);
    struct asker *both = begin(&w, "held.test");
    struct asker *four = make_asker(&w, "held.test");
    four->lookup.kind = LOOKUP_IPV4;
    begin_asker(four);
    CU_ASSERT(dns_server_wait_asked(w.server, "held.test", 2));
    CU_ASSERT_EQUAL(dns_server_asked_type(w.server, "held.test", DNS_AAAA), 1);
    dns_server_release(w.server);
    await(both);
    await(four);
    CU_ASSERT(has(&both->lookup, 0, "192.0.2.1"));
    CU_ASSERT(has(&four->lookup, 0, "192.0.2.1"));
    teardown(&w);
}

static void different_names_do_not_wait_for_each_other(void)
{
    struct world w;
    setup(&w);
    struct asker *held = begin(&w, "held.test");
    char names[100][24];
    for (int i = 0; i < 100; i++) {
        snprintf(names[i], sizeof(names[i]), "v4.n%d.test", i);
        begin(&w, names[i]);
    }
    for (int i = 1; i <= 100; i++) {
        await(w.askers[i]);
        CU_ASSERT(has(&w.askers[i]->lookup, 0, "192.0.2.1"));
    }
    CU_ASSERT_FALSE(is_done(held));
    dns_server_release(w.server);
    teardown(&w);
}

static void names_beyond_the_limit_wait_their_turn(void)
{
    static const char *const names[] = {"held.a.test", "held.b.test", "v4.c.test", "v4.d.test"};
    struct world w;
    world_begin(&w);
    struct resolver_options options = world_options(&w);
    options.timeout_ms = PATIENCE_S * 1000;
    options.asking_max = 2;
    world_run(&w, 2, &options);
    for (int i = 0; i < 2; i++) {
        begin(&w, names[i]);
        CU_ASSERT(dns_server_wait_asked(w.server, names[i], 1));
    }
    struct asker *third = begin(&w, names[2]);
    struct asker *fourth = begin(&w, names[3]);
    await_asked(&w, 4);
    cancel(fourth);
    await(fourth);
    /* Those that are out may have been asked again meanwhile. */
    CU_ASSERT_EQUAL(dns_server_asked(w.server, names[2]), 0);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, names[3]), 0);
    dns_server_release(w.server);
    await(third);
    CU_ASSERT(has(&third->lookup, 0, "192.0.2.1"));
    teardown(&w);
}

/* --- forgetting --- */

static void forgotten_lookup_is_not_woken(void)
{
    struct world w;
    setup(&w);
    struct asker *a = begin(&w, "held.test");
    CU_ASSERT(dns_server_wait_asked(w.server, "held.test", 1));
    cancel(a);
    await(a);
    dns_server_release(w.server);
    CU_ASSERT(is_v4(&w, "v4.test"));
    CU_ASSERT_EQUAL(a->wakes, 0);
    CU_ASSERT_PTR_NULL(a->lookup.addrs);
    resolver_forget(w.resolver, &a->lookup);
    teardown(&w);
}

static void a_lookup_is_forgotten_between_two_parts(void)
{
    struct world w;
    setup(&w);
    struct asker *leaves = begin(&w, "held6.test");
    struct asker *stays = begin(&w, "held6.test");
    await_part(leaves);
    cancel(leaves);
    await(leaves);
    CU_ASSERT_PTR_NULL(leaves->lookup.addrs);
    dns_server_release(w.server);
    await(stays);
    CU_ASSERT(has_two(&stays->lookup, "192.0.2.1", "2001:db8::1"));
    teardown(&w);
}

static void forgetting_leaves_the_others_their_answer(void)
{
    struct world w;
    setup(&w);
    struct asker *leaves = begin(&w, "held.test");
    CU_ASSERT(dns_server_wait_asked(w.server, "held.test", 1));
    struct asker *stays = begin(&w, "held.test");
    cancel(leaves);
    await(leaves);
    dns_server_release(w.server);
    await(stays);
    CU_ASSERT(has(&stays->lookup, 0, "192.0.2.1"));
    teardown(&w);
}

static void six_hundred_forgotten_lookups_exhaust_nothing(void)
{
    enum { MANY = 600 };
    static char names[MANY][32];
    struct world w;
    setup(&w);
    dns_server_rule(w.server, NULL, 0, DNS_RULE_SILENT);
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "v4.name%d.test", i);
        begin(&w, names[i]);
        if (i % 50 == 49) /* more than a socket's buffer holds would be lost */
            CU_ASSERT(dns_server_wait_asked(w.server, names[i], 1));
    }
    int fds = rig_open_fds();
    for (int i = 0; i < MANY; i++)
        cancel(w.askers[i]);
    for (int i = 0; i < MANY; i++)
        await(w.askers[i]);
    CU_ASSERT(fds <= w.fds + 16);
    dns_server_clear(w.server);
    CU_ASSERT(is_v4(&w, "v4.test"));
    teardown(&w);
}

/* --- closing --- */

static void close_answers_lookups_in_flight(void)
{
    struct world w;
    setup(&w);
    dns_server_rule(w.server, "silent.test", 0, DNS_RULE_SILENT);
    struct asker *held = begin(&w, "held.test");
    struct asker *silent = begin(&w, "silent.test");
    CU_ASSERT(dns_server_wait_asked(w.server, "held.test", 1));
    CU_ASSERT(dns_server_wait_asked(w.server, "silent.test", 1));
    world_close_resolver(&w);
    await(held);
    await(silent);
    CU_ASSERT_EQUAL(held->lookup.error, LOOKUP_FAILED);
    CU_ASSERT_EQUAL(silent->lookup.error, LOOKUP_FAILED);
    CU_ASSERT_EQUAL(error_of(&w, "v4.test"), LOOKUP_FAILED);
    teardown(&w);
}

/* An asker whose question is posted by this thread, before any thread serves the engine. */
static struct asker *post_unserved(struct world *w, const char *host)
{
    struct asker *a = make_asker(w, host);
    post(a);
    return a;
}

static void close_finds_lookups_in_the_mailbox(void)
{
    struct world w;
    world_begin(&w);
    struct resolver_options options = world_options(&w);
    world_run(&w, 0, &options);
    struct asker *stays = post_unserved(&w, "v4.test");
    struct asker *leaves = post_unserved(&w, "v4.test");
    resolver_forget(w.resolver, &leaves->lookup);
    world_close_resolver(&w);
    while (engine_serve_once(w.engine, 0))
        ;
    await(stays);
    CU_ASSERT_EQUAL(stays->lookup.error, LOOKUP_FAILED);
    CU_ASSERT_EQUAL(leaves->wakes, 0);
    CU_ASSERT_EQUAL(task_pending(&leaves->task), 0);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "v4.test"), 0);
    cancel(leaves);
    engine_serve_once(w.engine, 0);
    teardown(&w);
}

static void resolver_ends_without_a_question(void)
{
    struct world w;
    setup(&w);
    teardown(&w);
}

CU_TestInfo resolver_share_tests[] = {
    {"DNS-12 L21 same name is one query in flight", same_name_is_one_query_in_flight},
    {"DNS-12 second asker joins the query in flight", second_asker_joins_the_query_in_flight},
    {"L21 kinds of a name are not merged", kinds_of_a_name_are_not_merged},
    {"different names do not wait for each other", different_names_do_not_wait_for_each_other},
    {"names beyond the limit wait their turn", names_beyond_the_limit_wait_their_turn},
    {"DNS-02 forgotten lookup is not woken", forgotten_lookup_is_not_woken},
    {"DNS-02 a lookup is forgotten between two parts", a_lookup_is_forgotten_between_two_parts},
    {"L21 forgetting leaves the others their answer", forgetting_leaves_the_others_their_answer},
    {"L21 600 forgotten lookups exhaust nothing", six_hundred_forgotten_lookups_exhaust_nothing},
    {"close answers lookups in flight", close_answers_lookups_in_flight},
    {"close finds lookups in the mailbox", close_finds_lookups_in_the_mailbox},
    {"resolver ends without a question", resolver_ends_without_a_question},
    CU_TEST_INFO_NULL,
};
