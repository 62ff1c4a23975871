/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/resolver against a server that somebody else wrote. Where there is no
 * dnsmasq the tests pass and say so.
 */
#include <stdio.h>

#include <CUnit/CUnit.h>

#include "support/dnsmasq.h"
#include "unit/net/resolver_rig.h"

extern CU_TestInfo resolver_dnsmasq_tests[];

/* A world whose resolver asks dnsmasq instead of the scripted server. NULL: there is none. */
static struct dnsmasq *setup_dnsmasq(struct world *w, const char *conf)
{
    struct dnsmasq *dnsmasq = dnsmasq_start();
    if (dnsmasq == NULL) {
        printf("skipped: no dnsmasq ");
        return NULL;
    }
    world_begin(w);
    world_write(w->resolv_conf, conf);
    struct resolver_options options = world_options(w);
    options.servers = dnsmasq_address(dnsmasq);
    options.timeout_ms = 10 * PATIENCE_S * 1000;
    world_run(w, 2, &options);
    return dnsmasq;
}

static void answers_of_a_real_server(void)
{
    struct world w;
    struct dnsmasq *dnsmasq = setup_dnsmasq(&w, "search .\n");
    if (dnsmasq == NULL)
        return;
    CU_ASSERT(is_v4(&w, "v4.test"));
    CU_ASSERT(has_two(&ask(&w, "both.test")->lookup, "192.0.2.1", "2001:db8::1"));
    CU_ASSERT(has_two(&ask(&w, "alias.test")->lookup, "192.0.2.1", "2001:db8::1"));
    CU_ASSERT_EQUAL(error_of(&w, "nx.test"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(error_of(&w, "nodata.test"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(error_of(&w, "elsewhere.example"), LOOKUP_REFUSED);
    teardown(&w);
    dnsmasq_stop(dnsmasq);
}

static void a_real_servers_long_answer_comes_over_tcp(void)
{
    struct world w;
    struct dnsmasq *dnsmasq = setup_dnsmasq(&w, "search .\n");
    if (dnsmasq == NULL)
        return;
    struct asker *a = ask(&w, "many.test");
    CU_ASSERT_EQUAL(a->lookup.error, LOOKUP_OK);
    CU_ASSERT_EQUAL(a->lookup.addrs_len, DNSMASQ_MANY);
    teardown(&w);
    dnsmasq_stop(dnsmasq);
}

static void a_real_server_is_searched(void)
{
    struct world w;
    struct dnsmasq *dnsmasq = setup_dnsmasq(&w, "search nowhere.test test\n");
    if (dnsmasq == NULL)
        return;
    CU_ASSERT(is_v4(&w, "v4"));
    CU_ASSERT_EQUAL(error_of(&w, "nx"),
                    LOOKUP_REFUSED); /* of "nx" itself, the last that is asked */
    teardown(&w);
    dnsmasq_stop(dnsmasq);
}

static void a_real_server_that_dies_is_noticed(void)
{
    struct world w;
    struct dnsmasq *dnsmasq = setup_dnsmasq(&w, "search .\n");
    if (dnsmasq == NULL)
        return;
    CU_ASSERT(is_v4(&w, "v4.test"));
    dnsmasq_stop(dnsmasq);
    CU_ASSERT_EQUAL(error_of(&w, "both.test"), LOOKUP_TIMEOUT);
    CU_ASSERT(is_v4(&w, "v4.test")); /* from the cache */
    teardown(&w);
}

CU_TestInfo resolver_dnsmasq_tests[] = {
    {"DNS-01 answers of a real server", answers_of_a_real_server},
    {"DNS-03 DNS-05 a real server's long answer comes over TCP",
     a_real_servers_long_answer_comes_over_tcp},
    {"DNS-07 a real server is searched", a_real_server_is_searched},
    {"DNS-02 a real server that dies is noticed", a_real_server_that_dies_is_noticed},
    CU_TEST_INFO_NULL,
};
