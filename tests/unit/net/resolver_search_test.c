/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/resolver: which names are asked for a host, in which order, and which
 * servers.
 */
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "unit/net/resolver_rig.h"

extern CU_TestInfo resolver_search_tests[];

/* A world whose resolv.conf is this. */
static void setup_conf_hasty(struct world *w, const char *conf, int timeout_ms)
{
    world_begin(w);
    world_write(w->resolv_conf, conf);
    struct resolver_options options = world_options(w);
    options.timeout_ms = timeout_ms;
    world_run(w, 2, &options);
}

static void setup_conf(struct world *w, const char *conf)
{
    setup_conf_hasty(w, conf, TIMEOUT_MS);
}

/* --- names --- */

static void short_names_are_searched(void)
{
    struct world w;
    setup_conf(&w, "search a.test b.test\n");
    dns_server_add(w.server, "web.b.test", "192.0.2.5", 60);
    CU_ASSERT(is_addr(&w, "web", "192.0.2.5"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "web.a.test"), 1);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "web"), 0);
    teardown(&w);
}

static void dotted_names_are_asked_as_they_are_first(void)
{
    struct world w;
    setup_conf(&w, "search a.test\n");
    CU_ASSERT(is_v4(&w, "v4.b.test"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "v4.b.test.a.test"), 0);
    dns_server_add(w.server, "x.y.a.test", "192.0.2.6", 60);
    CU_ASSERT(is_addr(&w, "x.y", "192.0.2.6"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "x.y"), 1);
    teardown(&w);
}

static void ndots_decides_which_comes_first(void)
{
    struct world w;
    setup_conf(&w, "search a.test\noptions ndots:2\n");
    dns_server_add(w.server, "v4.x.a.test", "192.0.2.7", 60);
    CU_ASSERT(is_addr(&w, "v4.x", "192.0.2.7"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "v4.x"), 0);
    CU_ASSERT(is_v4(&w, "v4.x.y"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "v4.x.y.a.test"), 0);
    teardown(&w);
}

static void a_final_dot_ends_the_search(void)
{
    struct world w;
    setup_conf(&w, "search a.test\n");
    CU_ASSERT(is_v4(&w, "v4.test."));
    CU_ASSERT_EQUAL(error_of(&w, "nx."), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "nx.a.test"), 0);
    teardown(&w);
}

static void a_name_that_is_nowhere_is_not_found(void)
{
    struct world w;
    setup_conf(&w, "search a.test b.test\n");
    CU_ASSERT_EQUAL(error_of(&w, "nx"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(error_of(&w, "nodata"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "nx.a.test"), 1);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "nx.b.test"), 1);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "nx"), 1);
    teardown(&w);
}

/* The names of the list fail; the host itself does not exist. */
static void the_error_is_that_of_the_host_itself(void)
{
    struct world w;
    setup_conf(&w, "search a.test\n");
    dns_server_rule(w.server, "nx.test.a.test", 0, DNS_RULE_SERVFAIL);
    CU_ASSERT_EQUAL(error_of(&w, "nx.test"), LOOKUP_NOT_FOUND);
    dns_server_rule(w.server, "web.a.test", 0, DNS_RULE_SERVFAIL);
    CU_ASSERT_EQUAL(error_of(&w, "web"), LOOKUP_NOT_FOUND);
    dns_server_rule(w.server, "other", 0, DNS_RULE_SERVFAIL);
    CU_ASSERT_EQUAL(error_of(&w, "other"), LOOKUP_SERVFAIL);
    teardown(&w);
}

/* Go's seven mixes of failures over x.test (where the name does not exist), y.test (where it does)
 * and the name itself (where it does not). */
static const struct mix {
    const char *failing; /* NULL: nothing fails */
    unsigned type;       /* 0: both families fail */
    enum dns_rule how;
    const char *one, *two; /* the answer */
} mixes[] = {
    {NULL, 0, DNS_RULE_SILENT, "192.0.2.1", "2001:db8::1"},
    {"name.x.test", 0, DNS_RULE_SILENT, "192.0.2.1", "2001:db8::1"},
    {"name.x.test", DNS_A, DNS_RULE_SILENT, "192.0.2.1", "2001:db8::1"},
    {"name.x.test", DNS_AAAA, DNS_RULE_SERVFAIL, "192.0.2.1", "2001:db8::1"},
    {"name.y.test", 0, DNS_RULE_SILENT, NULL, NULL},
    {"name.y.test", DNS_A, DNS_RULE_REFUSED, "2001:db8::1", NULL},
    {"name.y.test", DNS_AAAA, DNS_RULE_SILENT, "192.0.2.1", NULL},
};

static bool mix_ends_well(const struct mix *mix, int timeout_ms)
{
    struct world w;
    setup_conf_hasty(&w, "search x.test y.test\n", timeout_ms);
    dns_server_add(w.server, "name.y.test", "192.0.2.1", 60);
    dns_server_add(w.server, "name.y.test", "2001:db8::1", 60);
    if (mix->failing != NULL)
        dns_server_rule(w.server, mix->failing, mix->type, mix->how);
    struct asker *a = ask(&w, "name");
    bool well = has_two(&a->lookup, mix->one, mix->two) &&
                a->lookup.error == (mix->one != NULL ? LOOKUP_OK : LOOKUP_NOT_FOUND);
    teardown(&w);
    return well;
}

static void a_failure_leaves_what_else_there_is(void)
{
    for (size_t i = 0; i < sizeof(mixes) / sizeof(mixes[0]); i++) {
        bool well = false;
        for (HASTES(ms))
            if ((well = mix_ends_well(&mixes[i], ms)))
                break;
        CU_ASSERT(well);
    }
}

static void families_are_asked_one_by_one_where_that_is_wanted(void)
{
    struct world w;
    setup_conf(&w, "search .\noptions single-request\n");
    dns_server_rule(w.server, "both.test", DNS_A, DNS_RULE_HOLD);
    struct asker *a = begin(&w, "both.test");
    CU_ASSERT(dns_server_wait_asked(w.server, "both.test", 1));
    CU_ASSERT(is_v4(&w, "v4.test"));
    CU_ASSERT_EQUAL(dns_server_asked_type(w.server, "both.test", DNS_AAAA), 0);
    dns_server_release(w.server);
    await(a);
    CU_ASSERT(has_two(&a->lookup, "192.0.2.1", "2001:db8::1"));
    teardown(&w);
}

/* --- servers --- */

/* A second server beside the world's, and a resolver that knows both in this order: world's, other.
 */
static struct dns_server *setup_two(struct world *w, const char *conf, int timeout_ms)
{
    static char servers[80];
    struct dns_server *other = dns_server_start();
    world_begin(w);
    world_write(w->resolv_conf, conf);
    snprintf(servers, sizeof(servers), "%s,%s", dns_server_address(w->server),
             dns_server_address(other));
    struct resolver_options options = world_options(w);
    options.servers = servers;
    options.timeout_ms = timeout_ms;
    world_run(w, 2, &options);
    return other;
}

static void end_two(struct world *w, struct dns_server *other)
{
    w->fds -= rig_open_fds();
    dns_server_stop(other);
    w->fds += rig_open_fds();
    teardown(w);
}

static void the_next_server_is_asked_where_one_fails(void)
{
    struct world w;
    struct dns_server *other = setup_two(&w, "search .\n", TIMEOUT_MS);
    dns_server_rule(w.server, "v4.a.test", 0, DNS_RULE_SERVFAIL);
    dns_server_rule(w.server, "v4.b.test", 0, DNS_RULE_REFUSED);
    CU_ASSERT(is_v4(&w, "v4.a.test"));
    CU_ASSERT(is_v4(&w, "v4.b.test"));
    end_two(&w, other);
}

static bool next_server_answers(int timeout_ms)
{
    struct world w;
    struct dns_server *other = setup_two(&w, "search .\n", timeout_ms);
    dns_server_rule(w.server, NULL, 0, DNS_RULE_SILENT);
    bool answered = is_v4(&w, "v4.test") && dns_server_asked(other, "v4.test") == 1;
    end_two(&w, other);
    return answered;
}

static void the_next_server_is_asked_where_one_is_silent(void)
{
    bool answered = false;
    for (HASTES(ms))
        if ((answered = next_server_answers(ms)))
            break;
    CU_ASSERT(answered);
}

static void no_such_host_is_final(void)
{
    struct world w;
    struct dns_server *other = setup_two(&w, "search .\n", TIMEOUT_MS);
    dns_server_add(other, "web.test", "192.0.2.8", 60);
    CU_ASSERT_EQUAL(error_of(&w, "web.test"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(dns_server_questions(other), 0);
    end_two(&w, other);
}

/* c-ares takes a lame server's word; Go would ask the next. */
static void a_lame_server_is_believed(void)
{
    struct world w;
    struct dns_server *other = setup_two(&w, "search .\n", TIMEOUT_MS);
    dns_server_rule(w.server, "v4.test", 0, DNS_RULE_LAME);
    CU_ASSERT_EQUAL(error_of(&w, "v4.test"), LOOKUP_NOT_FOUND);
    end_two(&w, other);
}

static void one_server_gets_all_questions(void)
{
    struct world w;
    struct dns_server *other = setup_two(&w, "search .\n", PATIENCE_S * 1000);
    CU_ASSERT(is_v4(&w, "v4.a.test"));
    CU_ASSERT(is_v4(&w, "v4.b.test"));
    CU_ASSERT_EQUAL(dns_server_questions(w.server), 4);
    CU_ASSERT_EQUAL(dns_server_questions(other), 0);
    end_two(&w, other);
}

static void servers_rotate_where_that_is_wanted(void)
{
    struct world w;
    struct dns_server *other = setup_two(&w, "search .\noptions rotate\n", PATIENCE_S * 1000);
    CU_ASSERT(is_v4(&w, "v4.a.test"));
    CU_ASSERT(is_v4(&w, "v4.b.test"));
    CU_ASSERT_EQUAL(dns_server_questions(w.server), 2);
    CU_ASSERT_EQUAL(dns_server_questions(other), 2);
    end_two(&w, other);
}

static void servers_may_be_ipv6s(void)
{
    struct world w;
    struct dns_server *server = dns_server_start_ipv6();
    if (server == NULL) {
        printf("skipped: no IPv6 ");
        return;
    }
    world_begin(&w);
    dns_server_stop(w.server);
    w.server = server;
    struct resolver_options options = world_options(&w);
    world_run(&w, 2, &options);
    CU_ASSERT(is_v4(&w, "v4.test"));
    CU_ASSERT_EQUAL(ask(&w, "tc.test")->lookup.addrs_len, 200);
    w.fds -= 4; /* the server was there before the world began */
    teardown(&w);
}

static void tcp_is_used_where_that_is_wanted(void)
{
    struct world w;
    setup_conf(&w, "search .\noptions use-vc\n");
    dns_server_add(w.server, "web.test", "192.0.2.9", 60);
    dns_server_add(w.server, "web.test", "2001:db8::9", 60);
    CU_ASSERT(has_two(&ask(&w, "web.test")->lookup, "192.0.2.9", "2001:db8::9"));
    CU_ASSERT_EQUAL(dns_server_over_tcp(w.server), 2);
    CU_ASSERT_EQUAL(dns_server_questions(w.server), 2);
    teardown(&w);
}

CU_TestInfo resolver_search_tests[] = {
    {"short names are searched", short_names_are_searched},
    {"DNS-07 dotted names are asked as they are first", dotted_names_are_asked_as_they_are_first},
    {"DNS-07 ndots decides which comes first", ndots_decides_which_comes_first},
    {"DNS-08 a final dot ends the search", a_final_dot_ends_the_search},
    {"L22 a name that is nowhere is not found", a_name_that_is_nowhere_is_not_found},
    {"L22 the error is that of the host itself", the_error_is_that_of_the_host_itself},
    {"L17 a failure leaves what else there is", a_failure_leaves_what_else_there_is},
    {"L19 families are asked one by one where that is wanted",
     families_are_asked_one_by_one_where_that_is_wanted},
    {"L18 the next server is asked where one fails", the_next_server_is_asked_where_one_fails},
    {"L18 the next server is asked where one is silent",
     the_next_server_is_asked_where_one_is_silent},
    {"no such host is final", no_such_host_is_final},
    {"L18 a lame server is believed, unlike in Go", a_lame_server_is_believed},
    {"L18 one server gets all questions", one_server_gets_all_questions},
    {"L18 servers rotate where that is wanted", servers_rotate_where_that_is_wanted},
    {"servers may be IPv6's", servers_may_be_ipv6s},
    {"L19 TCP is used where that is wanted", tcp_is_used_where_that_is_wanted},
    CU_TEST_INFO_NULL,
};
