/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The resolver's hook: a program's function in place of files and servers, which
 * answers at once, later, from other threads, or when the resolver is gone.
 */
#include <gofer/resolver.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <gofer/client.h>

#include "net/dns_override.h"
#include "support/gate.h"
#include "unit/net/resolver_rig.h"

extern CU_TestInfo resolver_hook_tests[];

/* A hook's state. It answers by the name: "now" at once, "empty" with nothing, "fail" with a
 * failure; any other is kept in `held` for the test to answer. */
struct hook {
    struct gate called;
    struct gate closed;
    gofer_lookup *held; /* the latest; read after `called` was passed */
    gofer_address_family family;
    char host[64];
};

static void resolve(gofer_lookup *lookup, void *arg)
{
    struct hook *hook = arg;
    snprintf(hook->host, sizeof(hook->host), "%s", gofer_lookup_host(lookup));
    hook->family = gofer_lookup_family(lookup);
    if (strncmp(hook->host, "now", 3) == 0) {
        gofer_lookup_add(lookup, "192.0.2.1");
        gofer_lookup_done(lookup, 10000);
    } else if (strcmp(hook->host, "empty") == 0) {
        gofer_lookup_done(lookup, GOFER_NEVER);
    } else if (strcmp(hook->host, "fail") == 0) {
        gofer_lookup_add(lookup, "192.0.2.1");
        gofer_lookup_fail(lookup);
    } else {
        hook->held = lookup;
    }
    gate_pass(&hook->called);
}

static void close_hook(void *arg)
{
    struct hook *hook = arg;
    gate_pass(&hook->closed);
}

static void setup_hook(struct world *w, struct hook *hook)
{
    *hook = (struct hook){.called = GATE_INIT, .closed = GATE_INIT};
    world_begin(w);
    world_write(w->hosts, "192.0.2.99 now.test\n");
    struct resolver_options options = world_options(w);
    options.hook = resolve;
    options.hook_arg = hook;
    options.hook_close = close_hook;
    world_run(w, 2, &options);
}

static void teardown_hook(struct world *w, struct hook *hook)
{
    teardown(w);
    CU_ASSERT_EQUAL(gate_passes(&hook->closed), 1);
}

static void hook_replaces_files_and_servers(void)
{
    struct world w;
    struct hook hook;
    setup_hook(&w, &hook);
    CU_ASSERT(is_v4(&w, "NOW.test."));
    CU_ASSERT_STRING_EQUAL(hook.host, "now.test.");
    CU_ASSERT_EQUAL(hook.family, GOFER_ANY_FAMILY);
    CU_ASSERT_EQUAL(dns_server_questions(w.server), 0);
    CU_ASSERT_EQUAL(error_of(&w, "empty"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(error_of(&w, "fail"), LOOKUP_FAILED);
    teardown_hook(&w, &hook);
}

static void hook_is_not_asked_what_needs_no_question(void)
{
    struct world w;
    struct hook hook;
    setup_hook(&w, &hook);
    CU_ASSERT(has_two(&ask(&w, "localhost")->lookup, "127.0.0.1", "::1"));
    CU_ASSERT(is_addr(&w, "192.0.2.7", "192.0.2.7"));
    CU_ASSERT_EQUAL(error_of(&w, "a.onion"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(error_of(&w, "a..b"), LOOKUP_BAD_NAME);
    CU_ASSERT_EQUAL(gate_passes(&hook.called), 0);
    teardown_hook(&w, &hook);
}

static void answers_of_the_hook_are_kept(void)
{
    struct world w;
    struct hook hook;
    setup_hook(&w, &hook);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT(is_v4(&w, "now"));
        CU_ASSERT_EQUAL(error_of(&w, "empty"), LOOKUP_NOT_FOUND);
    }
    CU_ASSERT_EQUAL(gate_passes(&hook.called), 2);
    CU_ASSERT_EQUAL(error_of(&w, "fail"), LOOKUP_FAILED);
    CU_ASSERT_EQUAL(error_of(&w, "fail"), LOOKUP_FAILED);
    CU_ASSERT_EQUAL(gate_passes(&hook.called), 4);
    teardown_hook(&w, &hook);
}

static void hook_may_answer_later_and_once_for_all(void)
{
    struct world w;
    struct hook hook;
    setup_hook(&w, &hook);
    struct asker *first = begin(&w, "later");
    CU_ASSERT(gate_wait(&hook.called, 1));
    struct asker *second = begin(&w, "later");
    struct asker *leaves = begin(&w, "later");
    await_asked(&w, 3);
    cancel(leaves);
    await(leaves);
    CU_ASSERT(is_v4(&w, "now"));
    CU_ASSERT_EQUAL(gofer_lookup_add(hook.held, "192.0.2.3"), GOFER_OK);
    CU_ASSERT_EQUAL(gofer_lookup_add(hook.held, "2001:db8::3"), GOFER_OK);
    gofer_lookup_done(hook.held, 0);
    await(first);
    await(second);
    CU_ASSERT(has_two(&first->lookup, "192.0.2.3", "2001:db8::3"));
    CU_ASSERT(has_two(&second->lookup, "192.0.2.3", "2001:db8::3"));
    CU_ASSERT_EQUAL(gate_passes(&hook.called), 2);
    /* Nothing was to be kept. */
    struct asker *again = begin(&w, "later");
    CU_ASSERT(gate_wait(&hook.called, 3));
    gofer_lookup_fail(hook.held);
    await(again);
    CU_ASSERT_EQUAL(again->lookup.error, LOOKUP_FAILED);
    teardown_hook(&w, &hook);
}

static void hook_learns_which_family_is_wanted(void)
{
    struct world w;
    struct hook hook;
    setup_hook(&w, &hook);
    struct asker *a = make_asker(&w, "later");
    a->lookup.kind = LOOKUP_IPV6;
    begin_asker(a);
    CU_ASSERT(gate_wait(&hook.called, 1));
    CU_ASSERT_EQUAL(hook.family, GOFER_IPV6);
    CU_ASSERT_EQUAL(gofer_lookup_add(hook.held, "192.0.2.3"), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_lookup_add(hook.held, "2001:db8::3"), GOFER_OK);
    gofer_lookup_done(hook.held, GOFER_NEVER);
    await(a);
    CU_ASSERT(has_two(&a->lookup, "2001:db8::3", NULL));
    teardown_hook(&w, &hook);
}

static void addresses_are_checked_and_bounded(void)
{
    struct world w;
    struct hook hook;
    setup_hook(&w, &hook);
    struct asker *a = begin(&w, "later");
    CU_ASSERT(gate_wait(&hook.called, 1));
    static const char *const bad[] = {"", "a.test", "1.2.3", "192.0.2.1:80", "[::1]", "::1%none0"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_EQUAL(gofer_lookup_add(hook.held, bad[i]), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_lookup_add(hook.held, NULL), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_lookup_add(NULL, "::1"), GOFER_ERR_INVALID);
    for (int i = 0; i < ANSWER_MAX_ADDRS; i++)
        CU_ASSERT_EQUAL(gofer_lookup_add(hook.held, "::1"), GOFER_OK);
    CU_ASSERT_EQUAL(gofer_lookup_add(hook.held, "::1"), GOFER_ERR_TOO_LARGE);
    gofer_lookup_done(hook.held, 0);
    gofer_lookup_done(NULL, 0);
    gofer_lookup_fail(NULL);
    await(a);
    CU_ASSERT_EQUAL(a->lookup.addrs_len, ANSWER_MAX_ADDRS);
    teardown_hook(&w, &hook);
}

/* --- after the end --- */

static void hook_may_answer_when_the_resolver_is_gone(void)
{
    struct world w;
    struct hook hook;
    setup_hook(&w, &hook);
    struct asker *a = begin(&w, "later");
    CU_ASSERT(gate_wait(&hook.called, 1));
    world_close_resolver(&w);
    await(a);
    CU_ASSERT_EQUAL(a->lookup.error, LOOKUP_FAILED);
    teardown(&w);
    CU_ASSERT_EQUAL(gate_passes(&hook.closed), 0);
    CU_ASSERT_STRING_EQUAL(gofer_lookup_host(hook.held), "later");
    gofer_lookup_add(hook.held, "192.0.2.1");
    gofer_lookup_done(hook.held, 0);
    CU_ASSERT_EQUAL(gate_passes(&hook.closed), 1);
}

static void *answer_from_elsewhere(void *arg)
{
    gofer_lookup *lookup = arg;
    gofer_lookup_add(lookup, "192.0.2.1");
    gofer_lookup_done(lookup, 0);
    return NULL;
}

/* The answer and the end meet in any order: neither hangs, nothing is touched after it was freed.
 */
static void answers_race_with_the_end(void)
{
    for (int i = 0; i < 50; i++) {
        struct world w;
        struct hook hook;
        pthread_t thread;
        setup_hook(&w, &hook);
        struct asker *a = begin(&w, "later");
        CU_ASSERT(gate_wait(&hook.called, 1));
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, answer_from_elsewhere, hook.held), 0);
        world_close_resolver(&w);
        await(a);
        CU_ASSERT(a->lookup.error == LOOKUP_FAILED || has(&a->lookup, 0, "192.0.2.1"));
        teardown(&w);
        pthread_join(thread, NULL);
        CU_ASSERT(gate_wait(&hook.closed, 1));
    }
}

static void an_unused_hook_is_closed(void)
{
    struct world w;
    struct hook hook;
    setup_hook(&w, &hook);
    teardown_hook(&w, &hook);
}

/* --- overrides --- */

static void overrides_go_before_everything_but_addresses(void)
{
    static const char *const texts[] = {"now.test:80:192.0.2.60,2001:db8::60",
                                        "localhost:80:192.0.2.61", "a.onion:80:192.0.2.62"};
    struct world w;
    struct hook hook = {.called = GATE_INIT, .closed = GATE_INIT};
    int err;
    struct dns_overrides *overrides = dns_overrides_new(texts, 3, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(overrides);
    world_begin(&w);
    struct resolver_options options = world_options(&w);
    options.hook = resolve;
    options.hook_arg = &hook;
    options.overrides = overrides;
    world_run(&w, 2, &options);
    struct asker *a = make_asker(&w, "Now.Test");
    a->lookup.port = 80;
    begin_asker(a);
    await(a);
    CU_ASSERT(has_two(&a->lookup, "192.0.2.60", "2001:db8::60"));
    CU_ASSERT_EQUAL(a->wakes, 0);
    struct asker *local = make_asker(&w, "localhost");
    local->lookup.port = 80;
    begin_asker(local);
    await(local);
    CU_ASSERT(has_two(&local->lookup, "192.0.2.61", NULL));
    CU_ASSERT_EQUAL(gate_passes(&hook.called), 0);
    CU_ASSERT(is_v4(&w, "now.test")); /* on port 0, of which nothing is said */
    CU_ASSERT_EQUAL(gate_passes(&hook.called), 1);
    teardown(&w);
    dns_overrides_free(overrides);
}

CU_TestInfo resolver_hook_tests[] = {
    {"hook replaces files and servers", hook_replaces_files_and_servers},
    {"hook is not asked what needs no question", hook_is_not_asked_what_needs_no_question},
    {"answers of the hook are kept", answers_of_the_hook_are_kept},
    {"DNS-12 L21 hook may answer later, and once for all", hook_may_answer_later_and_once_for_all},
    {"hook learns which family is wanted", hook_learns_which_family_is_wanted},
    {"addresses are checked and bounded", addresses_are_checked_and_bounded},
    {"DNS-02 hook may answer when the resolver is gone", hook_may_answer_when_the_resolver_is_gone},
    {"DNS-02 answers race with the end", answers_race_with_the_end},
    {"an unused hook is closed", an_unused_hook_is_closed},
    {"overrides go before everything but addresses", overrides_go_before_everything_but_addresses},
    CU_TEST_INFO_NULL,
};
