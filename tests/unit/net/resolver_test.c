/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/resolver against a scripted DNS server: answers, whole and in parts, bad
 * ones, and what is never asked.
 */
#include "net/resolver.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include <gofer/client.h>

#include "base/clock.h"
#include "unit/net/resolver_rig.h"

extern CU_TestInfo resolver_tests[];

/* --- answers --- */

static void both_families_are_asked(void)
{
    struct world w;
    setup(&w);
    struct asker *a = ask(&w, "both.test");
    CU_ASSERT_EQUAL(a->lookup.error, LOOKUP_OK);
    CU_ASSERT(has_two(&a->lookup, "192.0.2.1", "2001:db8::1"));
    CU_ASSERT(a->wakes >= 1);
    teardown(&w);
}

static void one_family_is_enough(void)
{
    struct world w;
    setup(&w);
    CU_ASSERT(is_v4(&w, "v4.test"));
    dns_server_add(w.server, "six.test", "2001:db8::6", 60);
    CU_ASSERT(is_addr(&w, "six.test", "2001:db8::6"));
    teardown(&w);
}

static void a_kind_asks_for_its_family_only(void)
{
    struct world w;
    setup(&w);
    struct asker *four = ask_kind(&w, "both.test", LOOKUP_IPV4);
    CU_ASSERT(has_two(&four->lookup, "192.0.2.1", NULL));
    CU_ASSERT_EQUAL(dns_server_asked_type(w.server, "both.test", DNS_AAAA), 0);
    struct asker *six = ask_kind(&w, "both.test", LOOKUP_IPV6);
    CU_ASSERT(has_two(&six->lookup, "2001:db8::1", NULL));
    CU_ASSERT_EQUAL(dns_server_asked_type(w.server, "both.test", DNS_A), 1);
    CU_ASSERT_EQUAL(ask_kind(&w, "v4.test", LOOKUP_IPV6)->lookup.error, LOOKUP_NOT_FOUND);
    teardown(&w);
}

static void addresses_carry_the_lookups_port(void)
{
    struct world w;
    setup(&w);
    struct asker *a = make_asker(&w, "both.test");
    a->lookup.port = 8080;
    begin_asker(a);
    await(a);
    CU_ASSERT(has_two(&a->lookup, "192.0.2.1", "2001:db8::1"));
    CU_ASSERT_EQUAL(ntohs(a->lookup.addrs[1].in6.sin6_port), 8080);
    teardown(&w);
}

/* The one family's addresses come while the other family's answer is held. */
static void check_part(const char *host, const char *first, const char *second)
{
    struct world w;
    struct addr addr;
    setup(&w);
    struct asker *a = begin(&w, host);
    await_part(a);
    CU_ASSERT_EQUAL(a->part_len, 1);
    CU_ASSERT(addr_parse(first, NULL, 0, &addr) && addr_equal(&a->first, &addr));
    CU_ASSERT_FALSE(is_done(a));
    /* Who comes now gets that part at once, too. */
    struct asker *late = begin(&w, host);
    await_part(late);
    CU_ASSERT(addr_equal(&late->first, &addr));
    dns_server_release(w.server);
    await(a);
    await(late);
    CU_ASSERT(has_two(&a->lookup, first, second));
    CU_ASSERT(has_two(&late->lookup, first, second));
    CU_ASSERT_EQUAL(a->lookup.error, LOOKUP_OK);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, host), 1);
    teardown(&w);
}

static void one_familys_addresses_come_before_the_others(void)
{
    check_part("held6.test", "192.0.2.1", "2001:db8::1");
    check_part("held4.test", "2001:db8::1", "192.0.2.1");
}

static void an_empty_family_is_no_part(void)
{
    struct world w;
    setup(&w);
    dns_server_add(w.server, "six.test", "2001:db8::6", 60);
    dns_server_rule(w.server, "six.test", DNS_AAAA, DNS_RULE_HOLD);
    struct asker *a = begin(&w, "six.test");
    CU_ASSERT(dns_server_wait_type(w.server, "six.test", DNS_AAAA, 1));
    CU_ASSERT(is_v4(&w, "v4.test"));
    dns_server_release(w.server);
    await(a);
    CU_ASSERT_EQUAL(a->parts, 0);
    CU_ASSERT(has_two(&a->lookup, "2001:db8::6", NULL));
    teardown(&w);
}

static void edns_offers_1232_bytes(void)
{
    struct world w;
    setup(&w);
    CU_ASSERT(is_v4(&w, "v4.test"));
    CU_ASSERT_EQUAL(dns_server_edns_bytes(w.server), 1232);
    teardown(&w);
}

static void a_server_without_edns_is_asked_without(void)
{
    struct world w;
    setup(&w);
    CU_ASSERT(has_two(&ask(&w, "noedns.test")->lookup, "192.0.2.1", "2001:db8::1"));
    CU_ASSERT_EQUAL(dns_server_edns_bytes(w.server), 0);
    teardown(&w);
}

static void aliases_are_followed(void)
{
    struct world w;
    setup(&w);
    CU_ASSERT(is_v4(&w, "alias.test"));
    CU_ASSERT(is_v4(&w, "chain.test"));
    teardown(&w);
}

/* --- failures --- */

static void failures_are_told_apart(void)
{
    struct world w;
    setup(&w);
    dns_server_rule(w.server, "fail.test", 0, DNS_RULE_SERVFAIL);
    dns_server_rule(w.server, "refused.test", 0, DNS_RULE_REFUSED);
    CU_ASSERT_EQUAL(error_of(&w, "nx.test"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(error_of(&w, "nodata.test"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(error_of(&w, "fail.test"), LOOKUP_SERVFAIL);
    CU_ASSERT_EQUAL(error_of(&w, "refused.test"), LOOKUP_REFUSED);
    teardown(&w);
}

static void silence_is_a_timeout(void)
{
    enum { SHORT_MS = 100 };
    struct world w;
    setup_hasty(&w, SHORT_MS);
    dns_server_rule(w.server, "silent.test", 0, DNS_RULE_SILENT);
    int64_t begun = clock_now_ns();
    CU_ASSERT_EQUAL(error_of(&w, "silent.test"), LOOKUP_TIMEOUT);
    CU_ASSERT(clock_now_ns() - begun >= (SHORT_MS - 1) * CLOCK_MS);
    CU_ASSERT(dns_server_wait_asked(w.server, "silent.test", TRIES));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "silent.test"), TRIES);
    teardown(&w);
}

/* Nobody listens: that is known at once, for both families. */
static void dead_server_is_noticed_without_waiting(void)
{
    struct world w;
    world_begin(&w);
    struct resolver_options options = world_options(&w);
    options.timeout_ms = 10 * PATIENCE_S * 1000;
    options.servers = "127.0.0.1:1";
    world_run(&w, 2, &options);
    CU_ASSERT_EQUAL(error_of(&w, "v4.test"), LOOKUP_TIMEOUT);
    teardown(&w);
}

static bool one_family_is_told(int timeout_ms)
{
    struct world w;
    setup_hasty(&w, timeout_ms);
    dns_server_rule(w.server, "v4.test", DNS_AAAA, DNS_RULE_SILENT);
    bool told = is_v4(&w, "v4.test");
    teardown(&w);
    return told;
}

static void one_silent_family_does_not_fail_the_other(void)
{
    bool told = false;
    for (HASTES(ms))
        if ((told = one_family_is_told(ms)))
            break;
    CU_ASSERT(told);
}

static void one_failing_family_does_not_fail_the_other(void)
{
    struct world w;
    setup(&w);
    dns_server_rule(w.server, "both.test", DNS_A, DNS_RULE_SERVFAIL);
    CU_ASSERT(is_addr(&w, "both.test", "2001:db8::1"));
    /* No address and one family that is not known: not "no such host". */
    dns_server_rule(w.server, "nodata.test", DNS_AAAA, DNS_RULE_SERVFAIL);
    CU_ASSERT_EQUAL(error_of(&w, "nodata.test"), LOOKUP_SERVFAIL);
    teardown(&w);
}

static void forged_answers_are_ignored(void)
{
    struct world w;
    setup(&w);
    CU_ASSERT(is_v4(&w, "wrongid.test"));
    CU_ASSERT(is_v4(&w, "wrongq.test"));
    CU_ASSERT(is_v4(&w, "empty.test"));
    teardown(&w);
}

static void broken_answers_are_errors(void)
{
    struct world w;
    setup(&w);
    CU_ASSERT_NOT_EQUAL(error_of(&w, "loop.test"), LOOKUP_OK);
    CU_ASSERT_NOT_EQUAL(error_of(&w, "cut.test"), LOOKUP_OK);
    CU_ASSERT_NOT_EQUAL(error_of(&w, "noise.test"), LOOKUP_OK);
    CU_ASSERT_NOT_EQUAL(error_of(&w, "spiral.test"), LOOKUP_OK);
    CU_ASSERT(is_v4(&w, "v4.test"));
    teardown(&w);
}

/* --- TCP --- */

static void truncated_answer_is_asked_again_over_tcp(void)
{
    struct world w;
    setup(&w);
    struct asker *a = ask(&w, "tc.test");
    CU_ASSERT_EQUAL(a->lookup.error, LOOKUP_OK);
    CU_ASSERT_EQUAL(a->lookup.addrs_len, 200);
    CU_ASSERT(has(&a->lookup, 199, "198.51.100.199"));
    CU_ASSERT(dns_server_over_tcp(w.server) >= 1);
    teardown(&w);
}

static void tcp_that_breaks_is_an_error(void)
{
    struct world w;
    setup(&w);
    CU_ASSERT_NOT_EQUAL(error_of(&w, "reset.test"), LOOKUP_OK);
    CU_ASSERT_NOT_EQUAL(error_of(&w, "half.test"), LOOKUP_OK);
    CU_ASSERT(is_v4(&w, "v4.test"));
    teardown(&w);
}

static void descriptors_are_close_on_exec(void)
{
    struct world w;
    int before = rig_inherited_fds();
    setup(&w);
    struct asker *a = begin(&w, "held.test");
    CU_ASSERT(dns_server_wait_asked(w.server, "held.test", 1));
    CU_ASSERT_EQUAL(rig_inherited_fds(), before);
    dns_server_release(w.server);
    await(a);
    teardown(&w);
}

/* --- what is not asked --- */

/* Asks without an engine that runs: only what needs no server is answered. */
static struct lookup ask_idle(struct resolver *r, const char *host, enum lookup_kind kind)
{
    struct lookup l = {.host = host, .port = 80, .kind = kind};
    resolver_ask(r, &l);
    CU_ASSERT_FALSE(l.more);
    CU_ASSERT(resolver_answered(r, &l));
    return l;
}

static enum lookup_error idle_error(struct resolver *r, const char *host)
{
    struct lookup l = ask_idle(r, host, LOOKUP_ANY);
    resolver_forget(r, &l);
    return l.error;
}

static bool is_idle(struct resolver *r, const char *host, enum lookup_kind kind, const char *one,
                    const char *two)
{
    struct lookup l = ask_idle(r, host, kind);
    bool same = l.error == (one != NULL ? LOOKUP_OK : LOOKUP_NOT_FOUND) && has_two(&l, one, two);
    resolver_forget(r, &l);
    return same;
}

static void known_names_are_answered_at_once(void)
{
    int err = 0;
    struct engine *engine = engine_new(&(struct engine_options){.workers = 0}, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
    struct resolver *r = resolver_new(engine, &(struct resolver_options){.servers = NULL});
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CU_ASSERT(is_idle(r, "192.0.2.7", LOOKUP_ANY, "192.0.2.7", NULL));
    CU_ASSERT(is_idle(r, "2001:db8::7", LOOKUP_IPV6, "2001:db8::7", NULL));
    CU_ASSERT(is_idle(r, "2001:db8::7", LOOKUP_IPV4, NULL, NULL));
    CU_ASSERT(is_idle(r, "localhost", LOOKUP_ANY, "127.0.0.1", "::1"));
    CU_ASSERT(is_idle(r, "LOCALHOST.", LOOKUP_ANY, "127.0.0.1", "::1"));
    CU_ASSERT(is_idle(r, "www.localhost", LOOKUP_IPV6, "::1", NULL));
    CU_ASSERT_EQUAL(idle_error(r, "abcdef.onion"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(idle_error(r, ""), LOOKUP_BAD_NAME);
    CU_ASSERT_EQUAL(idle_error(r, "a..test"), LOOKUP_BAD_NAME);
    CU_ASSERT_EQUAL(idle_error(r, "127.1"), LOOKUP_BAD_NAME);
    resolver_free(r);
    engine_free(engine);
}

static void onion_is_not_asked_with_the_search_list_either(void)
{
    struct world w;
    world_begin(&w);
    world_write(w.resolv_conf, "search test onion\noptions ndots:3\n");
    struct resolver_options options = world_options(&w);
    world_run(&w, 2, &options);
    CU_ASSERT_EQUAL(error_of(&w, "v4.onion"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(dns_server_questions(w.server), 0);
    CU_ASSERT_EQUAL(error_of(&w, "nx"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "nx.test"), 1);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "nx.onion"), 0);
    teardown(&w);
}

/* The sockets of c-ares, which has a way of asking with select(2), too. */
static void high_descriptors_work(void)
{
    enum { LOW = 1100 };
    static int held[LOW];
    struct world w;
    int n = 0;
    setup(&w);
    while (n < LOW && (held[n] = dup(STDERR_FILENO)) >= 0)
        n++;
    CU_ASSERT_EQUAL(n, LOW);
    CU_ASSERT(is_v4(&w, "v4.test"));
    while (n > 0)
        close(held[--n]);
    teardown(&w);
}

/* --- memory --- */

static _Atomic long until_failure;

static bool fails_now(void)
{
    return atomic_fetch_sub(&until_failure, 1) == 1;
}

static void *failing_malloc(size_t size)
{
    return fails_now() ? NULL : malloc(size);
}

static void *failing_realloc(void *p, size_t size)
{
    return fails_now() ? NULL : realloc(p, size);
}

static void out_of_memory_is_an_answer(void)
{
    int failures = 0;
    atomic_store(&until_failure, -1);
    gofer_set_allocator(failing_malloc, failing_realloc, free);
    for (long n = 1; n <= 24; n++) {
        struct world w;
        setup_hasty(&w, 6 * TIMEOUT_MS); /* longer than anybody waits here: no answer is lost */
        atomic_store(&until_failure, n);
        enum lookup_error error = error_of(&w, "both.test");
        failures += error != LOOKUP_OK;
        CU_ASSERT(error == LOOKUP_OK || atomic_load(&until_failure) <= 0);
        atomic_store(&until_failure, -1);
        CU_ASSERT(becomes_addr(&w, "v4.test", "192.0.2.1"));
        teardown(&w);
    }
    gofer_set_allocator(malloc, realloc, free);
    CU_ASSERT(failures > 3);
}

static void every_error_has_words(void)
{
    for (int e = LOOKUP_OK; e <= LOOKUP_FAILED; e++)
        for (int other = LOOKUP_OK; other < e; other++)
            CU_ASSERT_STRING_NOT_EQUAL(lookup_strerror((enum lookup_error)e),
                                       lookup_strerror((enum lookup_error)other));
}

CU_TestInfo resolver_tests[] = {
    {"both families are asked", both_families_are_asked},
    {"one family is enough", one_family_is_enough},
    {"a kind asks for its family only", a_kind_asks_for_its_family_only},
    {"addresses carry the lookup's port", addresses_carry_the_lookups_port},
    {"DNS-06 one family's addresses come before the other's",
     one_familys_addresses_come_before_the_others},
    {"an empty family is no part", an_empty_family_is_no_part},
    {"L19 EDNS offers 1232 bytes", edns_offers_1232_bytes},
    {"L19 a server without EDNS is asked without", a_server_without_edns_is_asked_without},
    {"DNS-04 aliases are followed", aliases_are_followed},
    {"DNS-01 failures are told apart", failures_are_told_apart},
    {"DNS-02 silence is a timeout", silence_is_a_timeout},
    {"DNS-02 dead server is noticed without waiting", dead_server_is_noticed_without_waiting},
    {"L17 one silent family does not fail the other", one_silent_family_does_not_fail_the_other},
    {"L17 one failing family does not fail the other", one_failing_family_does_not_fail_the_other},
    {"DNS-04 L18 forged answers are ignored", forged_answers_are_ignored},
    {"DNS-04 broken answers are errors", broken_answers_are_errors},
    {"DNS-03 DNS-05 L19 truncated answer is asked again over TCP",
     truncated_answer_is_asked_again_over_tcp},
    {"DNS-03 TCP that breaks is an error", tcp_that_breaks_is_an_error},
    {"descriptors are close-on-exec", descriptors_are_close_on_exec},
    {"DNS-11 L16 known names are answered at once", known_names_are_answered_at_once},
    {"L16 .onion is not asked with the search list either",
     onion_is_not_asked_with_the_search_list_either},
    {"TCP-09 descriptors beyond 1024 work", high_descriptors_work},
    {"RES-01 out of memory is an answer", out_of_memory_is_an_answer},
    {"every error has words", every_error_has_words},
    CU_TEST_INFO_NULL,
};
