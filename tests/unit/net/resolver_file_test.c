/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/resolver and its files: resolv.conf and hosts, there, missing, broken, and
 * changed while it runs. Where a change is awaited the files are looked at once
 * a millisecond.
 */
#include <sys/stat.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "support/gate.h"
#include "support/heap.h"
#include "unit/net/resolver_rig.h"

extern CU_TestInfo resolver_file_tests[];

/* Options that leave the servers to resolv.conf: 127.0.0.1, on the world's server's port. */
static struct resolver_options by_file(const struct world *w)
{
    struct resolver_options options = world_options(w);
    options.servers = NULL;
    options.port = dns_server_port(w->server);
    options.recheck_ms = 1;
    return options;
}

static void setup_files(struct world *w, const char *conf, const char *hosts, int timeout_ms)
{
    world_begin(w);
    world_write(w->resolv_conf, conf);
    world_write(w->hosts, hosts);
    struct resolver_options options = by_file(w);
    options.timeout_ms = timeout_ms;
    world_run(w, 2, &options);
}

/* --- resolv.conf --- */

static void changed_resolv_conf_is_read_again(void)
{
    struct world w;
    setup_files(&w, "nameserver 127.0.0.1\nsearch first.test\n", "", PATIENCE_S * 1000);
    dns_server_add(w.server, "web.second.domain.test", "192.0.2.9", 60);
    struct asker *held = begin(&w, "held");
    CU_ASSERT(dns_server_wait_asked(w.server, "held.first.test", 1));
    world_write(w.resolv_conf, "nameserver 127.0.0.1\nsearch second.domain.test\n");
    CU_ASSERT(becomes_addr(&w, "web", "192.0.2.9"));
    /* The old channel has not forgotten what it was asked. */
    CU_ASSERT_FALSE(is_done(held));
    dns_server_release(w.server);
    await(held);
    CU_ASSERT(has(&held->lookup, 0, "192.0.2.1"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "held.second.domain.test"), 0);
    teardown(&w);
}

static void what_was_cached_goes_with_the_old_file(void)
{
    struct world w;
    setup_files(&w, "nameserver 127.0.0.1\nsearch a.test\n", "", TIMEOUT_MS);
    dns_server_add(w.server, "web.a.test", "192.0.2.1", 60);
    dns_server_add(w.server, "web.b.test", "192.0.2.2", 60);
    CU_ASSERT(is_addr(&w, "web", "192.0.2.1"));
    world_write(w.resolv_conf, "nameserver 127.0.0.1\nsearch b.test\n");
    CU_ASSERT(becomes_addr(&w, "web", "192.0.2.2"));
    teardown(&w);
}

static void no_reload_holds_the_file(void)
{
    struct world w;
    setup_files(&w, "nameserver 127.0.0.1\nsearch a.test\noptions no-reload\n", "", TIMEOUT_MS);
    CU_ASSERT(is_v4(&w, "v4"));
    world_write(w.resolv_conf, "nameserver 127.0.0.1\nsearch b.test\n");
    world_write(w.hosts, "192.0.2.77 marker.test\n");
    /* The hosts file is looked at in the same breath: now the other one would have been, too. */
    CU_ASSERT(becomes_addr(&w, "marker.test", "192.0.2.77"));
    CU_ASSERT_EQUAL(error_of(&w, "nx"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "nx.a.test"), 1);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "nx.b.test"), 0);
    teardown(&w);
}

static void missing_files_are_no_crash(void)
{
    struct world w;
    world_begin(&w);
    struct resolver_options options = by_file(&w);
    options.resolv_conf = "/nonexistent/resolv.conf";
    options.hosts = "/nonexistent/hosts";
    world_run(&w, 2, &options);
    CU_ASSERT(is_v4(&w, "v4.test."));
    teardown(&w);
}

static void broken_resolv_conf_is_no_crash(void)
{
    struct world w;
    setup_files(&w, "nameserver\nnameserver 300.1.1.1\nsearch\noptions\nsearch . . .\nx y z\n", "",
                TIMEOUT_MS);
    CU_ASSERT(is_v4(&w, "v4.test"));
    teardown(&w);
}

static void a_fifo_does_not_hold_up_anybody(void)
{
    struct world w;
    world_begin(&w);
    CU_ASSERT_EQUAL(unlink(w.resolv_conf), 0);
    CU_ASSERT_EQUAL(mkfifo(w.resolv_conf, 0600), 0);
    struct resolver_options options = world_options(&w);
    world_run(&w, 2, &options);
    CU_ASSERT(is_v4(&w, "v4.test."));
    teardown(&w);
}

/* Many changes while as many questions of the old ones are open: no more channels than there is
 * room for, and every question gets its answer. */
static void many_changes_in_a_row(void)
{
    struct world w;
    setup_files(&w, "nameserver 127.0.0.1\nsearch .\n", "", PATIENCE_S * 1000);
    static const char *const names[] = {"held.a.test", "held.b.test", "held.c.test",
                                        "held.d.test", "held.e.test", "held.f.test"};
    for (int i = 0; i < 6; i++) {
        struct asker *a = begin(&w, names[i]);
        CU_ASSERT(dns_server_wait_asked(w.server, names[i], 1));
        CU_ASSERT_FALSE(is_done(a));
        world_write(w.resolv_conf, i % 2 == 0 ? "nameserver 127.0.0.1\nsearch x.test\n"
                                              : "nameserver 127.0.0.1\nsearch .\n");
        pass_ms(3); /* so that it is looked at between the questions; the test holds either way */
    }
    dns_server_release(w.server);
    for (int i = 0; i < 6; i++) {
        await(w.askers[i]);
        CU_ASSERT(has(&w.askers[i]->lookup, 0, "192.0.2.1"));
    }
    teardown(&w);
}

/* --- hosts --- */

/* Asks with the n-th allocation failing; false where none was left to fail. */
static bool ask_scarce(struct world *w, long n)
{
    struct asker *a = make_asker(w, "listed.test");
    heap_fail_at(n);
    begin_asker(a);
    await(a);
    bool failed = heap_failed();
    heap_fail_at(0);
    if (a->lookup.error == LOOKUP_OK)
        CU_ASSERT(has(&a->lookup, 0, "192.0.2.51"))
    else
        CU_ASSERT(failed && a->lookup.error == LOOKUP_NOMEM)
    return failed;
}

/* The servers would say that there is no such name. */
static void a_file_that_memory_was_lacking_for_is_not_empty(void)
{
    bool failed = true;
    heap_install();
    for (long n = 1; failed; n++) {
        struct world w;
        setup_files(&w, "nameserver 127.0.0.1\n", "192.0.2.51 listed.test\n", TIMEOUT_MS);
        failed = ask_scarce(&w, n);
        CU_ASSERT(is_addr(&w, "listed.test", "192.0.2.51"));
        teardown(&w);
    }
}

static void hosts_file_comes_before_the_servers(void)
{
    struct world w;
    setup_files(&w, "nameserver 127.0.0.1\nsearch a.test\n", "192.0.2.50 web.test web # a name\n",
                TIMEOUT_MS);
    CU_ASSERT(is_addr(&w, "web.test", "192.0.2.50"));
    CU_ASSERT(is_addr(&w, "WEB.test.", "192.0.2.50"));
    CU_ASSERT(is_addr(&w, "web", "192.0.2.50"));
    CU_ASSERT_EQUAL(dns_server_questions(w.server), 0);
    teardown(&w);
}

static void the_other_family_is_asked_for_where_only_it_is_wanted(void)
{
    struct world w;
    setup_files(&w, "nameserver 127.0.0.1\nsearch .\n", "192.0.2.50 both.test\n", TIMEOUT_MS);
    CU_ASSERT(has_two(&ask(&w, "both.test")->lookup, "192.0.2.50", NULL));
    CU_ASSERT(has_two(&ask_kind(&w, "both.test", LOOKUP_IPV6)->lookup, "2001:db8::1", NULL));
    teardown(&w);
}

static bool has_both_of_hosts(void *arg)
{
    return has_two(&ask(arg, "v4.test")->lookup, "192.0.2.52", "2001:db8::52");
}

static void changed_hosts_are_picked_up(void)
{
    struct world w;
    setup_files(&w, "nameserver 127.0.0.1\nsearch .\n", "", TIMEOUT_MS);
    CU_ASSERT(is_v4(&w, "v4.test")); /* and is in the cache */
    world_write(w.hosts, "192.0.2.51 v4.test\n");
    CU_ASSERT(becomes_addr(&w, "v4.test", "192.0.2.51"));
    world_write(w.hosts, "192.0.2.52 v4.test\n2001:db8::52 v4.test\n");
    CU_ASSERT(eventually(has_both_of_hosts, &w));
    CU_ASSERT_EQUAL(unlink(w.hosts), 0);
    CU_ASSERT(becomes_addr(&w, "v4.test", "192.0.2.1"));
    world_write(w.hosts, "");
    teardown(&w);
}

CU_TestInfo resolver_file_tests[] = {
    {"DNS-09 L20 changed resolv.conf is read again", changed_resolv_conf_is_read_again},
    {"L20 what was cached goes with the old file", what_was_cached_goes_with_the_old_file},
    {"L20 no-reload holds the file", no_reload_holds_the_file},
    {"DNS-09 missing files are no crash", missing_files_are_no_crash},
    {"DNS-09 broken resolv.conf is no crash", broken_resolv_conf_is_no_crash},
    {"DNS-09 a FIFO does not hold up anybody", a_fifo_does_not_hold_up_anybody},
    {"L20 many changes in a row", many_changes_in_a_row},
    {"hosts file comes before the servers", hosts_file_comes_before_the_servers},
    {"the other family is asked for where only it is wanted",
     the_other_family_is_asked_for_where_only_it_is_wanted},
    {"changed hosts are picked up", changed_hosts_are_picked_up},
    {"a file that memory was lacking for is not empty",
     a_file_that_memory_was_lacking_for_is_not_empty},
    CU_TEST_INFO_NULL,
};
