/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/resolver: how long answers are kept, what is not, and what serves while
 * servers are down. The clock is the test's: the resolver's time moves only when
 * a test moves it. c-ares's own does not, so no test waits for a time-out.
 */
#include <stdio.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"
#include "support/gate.h"
#include "unit/net/resolver_rig.h"

extern CU_TestInfo resolver_cache_tests[];

static void move_s(int s)
{
    clock_fake(clock_now_ns() + s * 1000 * CLOCK_MS);
}

static void setup_clock(struct world *w, int64_t max_ttl_ms, int64_t stale_ms)
{
    world_begin(w);
    struct resolver_options options = world_options(w);
    options.timeout_ms = PATIENCE_S * 1000;
    options.recheck_ms = 3600 * 1000;
    options.max_ttl_ms = max_ttl_ms;
    options.stale_ms = stale_ms;
    world_run(w, 2, &options);
    clock_fake(clock_now_ns());
}

static void teardown_clock(struct world *w)
{
    clock_fake(-1);
    teardown(w);
}

/* --- keeping --- */

static void an_answer_is_kept_for_its_ttl(void)
{
    struct world w;
    setup_clock(&w, 0, 0);
    dns_server_add(w.server, "web.test", "192.0.2.1", 20);
    dns_server_add(w.server, "web.test", "2001:db8::1", 10);
    CU_ASSERT(has_two(&ask(&w, "web.test")->lookup, "192.0.2.1", "2001:db8::1"));
    move_s(9);
    struct asker *cached = ask(&w, "Web.Test");
    CU_ASSERT(has_two(&cached->lookup, "192.0.2.1", "2001:db8::1"));
    CU_ASSERT_EQUAL(cached->wakes, 0);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "web.test"), 1);
    move_s(2); /* the shorter of the two is over */
    ask(&w, "web.test");
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "web.test"), 2);
    teardown_clock(&w);
}

static void the_longest_time_is_a_minute_unless_said_otherwise(void)
{
    struct world w;
    setup_clock(&w, 0, 0);
    dns_server_add(w.server, "web.test", "192.0.2.1", 86400);
    CU_ASSERT(is_v4(&w, "web.test"));
    move_s(59);
    CU_ASSERT(is_v4(&w, "web.test"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "web.test"), 1);
    move_s(2);
    CU_ASSERT(is_v4(&w, "web.test"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "web.test"), 2);
    teardown_clock(&w);
    setup_clock(&w, -1, 0);
    dns_server_add(w.server, "web.test", "192.0.2.1", 86400);
    CU_ASSERT(is_v4(&w, "web.test"));
    move_s(3599);
    CU_ASSERT(is_v4(&w, "web.test"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "web.test"), 1);
    teardown_clock(&w);
}

static void an_alias_shortens_the_time(void)
{
    struct world w;
    setup_clock(&w, 0, 0);
    CU_ASSERT(is_v4(&w, "alias.test"));
    move_s(6);
    CU_ASSERT(is_v4(&w, "alias.test"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "alias.test"), 1);
    move_s(2); /* 7 seconds, of the CNAME */
    CU_ASSERT(is_v4(&w, "alias.test"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "alias.test"), 2);
    teardown_clock(&w);
}

static void a_ttl_of_zero_is_not_kept(void)
{
    struct world w;
    setup_clock(&w, 0, 0);
    dns_server_add(w.server, "web.test", "192.0.2.1", 0);
    CU_ASSERT(is_v4(&w, "web.test"));
    CU_ASSERT(is_v4(&w, "web.test"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "web.test"), 2);
    teardown_clock(&w);
}

/* What was kept under a longer time must not outlive such an answer as a stale one. */
static void a_ttl_that_becomes_zero_ends_what_was_kept(void)
{
    struct world w;
    setup_clock(&w, 0, 3600 * 1000);
    dns_server_add(w.server, "web.test", "192.0.2.1", 10);
    CU_ASSERT(is_v4(&w, "web.test"));
    dns_server_clear(w.server);
    dns_server_add(w.server, "web.test", "192.0.2.2", 0);
    move_s(11);
    CU_ASSERT(is_v4(&w, "web.test")); /* stale, and asked for again */
    CU_ASSERT(becomes_addr(&w, "web.test", "192.0.2.2"));
    CU_ASSERT(is_addr(&w, "web.test", "192.0.2.2"));
    teardown_clock(&w);
}

static void a_name_that_does_not_exist_is_kept_for_a_second(void)
{
    struct world w;
    setup_clock(&w, 0, 60000);
    CU_ASSERT_EQUAL(error_of(&w, "nx.test"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(error_of(&w, "nx.test"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "nx.test"), 1);
    move_s(2);
    dns_server_add(w.server, "nx.test", "192.0.2.1", 60);
    CU_ASSERT(is_v4(&w, "nx.test"));
    teardown_clock(&w);
}

static void transient_failures_are_not_kept(void)
{
    static const enum dns_rule rules[] = {DNS_RULE_SERVFAIL, DNS_RULE_REFUSED};
    for (int i = 0; i < 2; i++) {
        struct world w;
        setup_clock(&w, 0, 0);
        dns_server_rule(w.server, "v4.test", 0, rules[i]);
        CU_ASSERT_NOT_EQUAL(error_of(&w, "v4.test"), LOOKUP_OK);
        dns_server_clear(w.server);
        CU_ASSERT(is_v4(&w, "v4.test"));
        teardown_clock(&w);
    }
}

static void half_an_answer_is_kept_for_a_second(void)
{
    struct world w;
    setup_clock(&w, 0, 0);
    dns_server_rule(w.server, "both.test", DNS_AAAA, DNS_RULE_SERVFAIL);
    CU_ASSERT(is_v4(&w, "both.test"));
    CU_ASSERT(is_v4(&w, "both.test"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "both.test"), 1);
    dns_server_clear(w.server);
    move_s(2);
    CU_ASSERT(has_two(&ask(&w, "both.test")->lookup, "192.0.2.1", "2001:db8::1"));
    teardown_clock(&w);
}

static void kinds_are_kept_apart(void)
{
    struct world w;
    setup_clock(&w, 0, 0);
    CU_ASSERT(has_two(&ask_kind(&w, "both.test", LOOKUP_IPV6)->lookup, "2001:db8::1", NULL));
    CU_ASSERT(has_two(&ask(&w, "both.test")->lookup, "192.0.2.1", "2001:db8::1"));
    CU_ASSERT_EQUAL(dns_server_asked_type(w.server, "both.test", DNS_AAAA), 2);
    teardown_clock(&w);
}

static void the_cache_is_bounded(void)
{
    struct world w;
    char name[32];
    world_begin(&w);
    struct resolver_options options = world_options(&w);
    options.cache_max = 4;
    world_run(&w, 2, &options);
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof(name), "v4.n%d.test", i);
        CU_ASSERT(is_v4(&w, name));
        CU_ASSERT(is_v4(&w, "v4.n0.test")); /* used again and again: it stays */
    }
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "v4.n0.test"), 1);
    CU_ASSERT(is_v4(&w, "v4.n7.test"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "v4.n7.test"), 1);
    CU_ASSERT(is_v4(&w, "v4.n1.test"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "v4.n1.test"), 2);
    teardown(&w);
}

/* --- stale answers --- */

static void a_stale_answer_serves_while_it_is_refreshed(void)
{
    struct world w;
    setup_clock(&w, 0, 60000);
    dns_server_add(w.server, "web.test", "192.0.2.1", 10);
    CU_ASSERT(is_v4(&w, "web.test"));
    dns_server_clear(w.server);
    dns_server_add(w.server, "web.test", "192.0.2.2", 10);
    dns_server_rule(w.server, "web.test", 0, DNS_RULE_HOLD);
    move_s(11);
    struct asker *stale = ask(&w, "web.test");
    CU_ASSERT(has_two(&stale->lookup, "192.0.2.1", NULL));
    CU_ASSERT_EQUAL(stale->wakes, 0);
    CU_ASSERT(dns_server_wait_asked(w.server, "web.test", 2));
    for (int i = 0; i < 10; i++)
        CU_ASSERT(is_v4(&w, "web.test"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "web.test"), 2); /* once, not for each */
    dns_server_release(w.server);
    CU_ASSERT(becomes_addr(&w, "web.test", "192.0.2.2"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "web.test"), 2);
    teardown_clock(&w);
}

static void an_outage_is_survived(void)
{
    static const enum dns_rule outages[] = {DNS_RULE_SERVFAIL, DNS_RULE_REFUSED, DNS_RULE_SILENT};
    for (int i = 0; i < 3; i++) {
        struct world w;
        setup_clock(&w, 0, 3600 * 1000);
        dns_server_add(w.server, "web.test", "192.0.2.1", 10);
        CU_ASSERT(is_v4(&w, "web.test"));
        dns_server_rule(w.server, NULL, 0, outages[i]);
        for (int j = 0; j < 50; j++) {
            move_s(60);
            CU_ASSERT(is_v4(&w, "web.test"));
        }
        CU_ASSERT(dns_server_wait_asked(w.server, "web.test", 2));
        CU_ASSERT_NOT_EQUAL(
            outages[i] == DNS_RULE_SILENT ? LOOKUP_TIMEOUT : error_of(&w, "v4.test"), LOOKUP_OK);
        teardown_clock(&w);
    }
}

static void the_end_of_an_outage_is_noticed(void)
{
    struct world w;
    setup_clock(&w, 0, 3600 * 1000);
    dns_server_add(w.server, "web.test", "192.0.2.1", 10);
    CU_ASSERT(is_v4(&w, "web.test"));
    dns_server_rule(w.server, NULL, 0, DNS_RULE_SERVFAIL);
    move_s(11);
    CU_ASSERT(is_v4(&w, "web.test"));
    CU_ASSERT(dns_server_wait_type(w.server, "web.test", DNS_AAAA, 2));
    CU_ASSERT_EQUAL(error_of(&w, "v4.test"),
                    LOOKUP_SERVFAIL); /* behind the refresh, which failed */
    dns_server_clear(w.server);
    dns_server_add(w.server, "web.test", "192.0.2.2", 10);
    CU_ASSERT(is_v4(&w, "web.test")); /* not asked again within a second */
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "web.test"), 2);
    move_s(2);
    CU_ASSERT(becomes_addr(&w, "web.test", "192.0.2.2"));
    teardown_clock(&w);
}

static void staleness_has_an_end(void)
{
    struct world w;
    setup_clock(&w, 0, 20000);
    dns_server_add(w.server, "web.test", "192.0.2.1", 10);
    CU_ASSERT(is_v4(&w, "web.test"));
    dns_server_rule(w.server, NULL, 0, DNS_RULE_SERVFAIL);
    move_s(29);
    CU_ASSERT(is_v4(&w, "web.test"));
    move_s(2);
    CU_ASSERT_EQUAL(error_of(&w, "web.test"), LOOKUP_SERVFAIL);
    teardown_clock(&w);
}

static bool is_gone(void *world)
{
    return error_of(world, "web.test") == LOOKUP_NOT_FOUND;
}

static void a_name_that_ceased_to_exist_is_not_served(void)
{
    struct world w;
    setup_clock(&w, 0, 3600 * 1000);
    dns_server_add(w.server, "web.test", "192.0.2.1", 10);
    CU_ASSERT(is_v4(&w, "web.test"));
    dns_server_rule(w.server, "web.test", 0, DNS_RULE_NX);
    move_s(11);
    CU_ASSERT(is_v4(&w, "web.test"));
    CU_ASSERT(becomes_addr(&w, "v4.test", "192.0.2.1"));
    CU_ASSERT(eventually(is_gone, &w));
    teardown_clock(&w);
}

static void without_staleness_an_outage_is_an_error(void)
{
    struct world w;
    setup_clock(&w, 0, 0);
    dns_server_add(w.server, "web.test", "192.0.2.1", 10);
    CU_ASSERT(is_v4(&w, "web.test"));
    dns_server_rule(w.server, NULL, 0, DNS_RULE_SERVFAIL);
    move_s(9);
    CU_ASSERT(is_v4(&w, "web.test"));
    move_s(2);
    CU_ASSERT_EQUAL(error_of(&w, "web.test"), LOOKUP_SERVFAIL);
    teardown_clock(&w);
}

CU_TestInfo resolver_cache_tests[] = {
    {"an answer is kept for its ttl", an_answer_is_kept_for_its_ttl},
    {"the longest time is a minute unless said otherwise",
     the_longest_time_is_a_minute_unless_said_otherwise},
    {"an alias shortens the time", an_alias_shortens_the_time},
    {"a ttl of zero is not kept", a_ttl_of_zero_is_not_kept},
    {"a ttl that becomes zero ends what was kept", a_ttl_that_becomes_zero_ends_what_was_kept},
    {"a name that does not exist is kept for a second",
     a_name_that_does_not_exist_is_kept_for_a_second},
    {"DNS-01 transient failures are not kept", transient_failures_are_not_kept},
    {"half an answer is kept for a second", half_an_answer_is_kept_for_a_second},
    {"kinds are kept apart", kinds_are_kept_apart},
    {"the cache is bounded", the_cache_is_bounded},
    {"a stale answer serves while it is refreshed", a_stale_answer_serves_while_it_is_refreshed},
    {"DNS-01 an outage is survived", an_outage_is_survived},
    {"the end of an outage is noticed", the_end_of_an_outage_is_noticed},
    {"staleness has an end", staleness_has_an_end},
    {"a name that ceased to exist is not served", a_name_that_ceased_to_exist_is_not_served},
    {"without staleness an outage is an error", without_staleness_an_outage_is_an_error},
    CU_TEST_INFO_NULL,
};
