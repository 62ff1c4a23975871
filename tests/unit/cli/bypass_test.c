/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * cli/bypass: curl's list of hosts without a proxy in the library's words.
 */
#include "cli/bypass.h"

#include <stdlib.h>

#include <CUnit/CUnit.h>

extern CU_TestInfo bypass_tests[];

static void expect(const char *option, const char *want)
{
    struct text out = {0};

    bypass_write(&out, option);
    CU_ASSERT_STRING_EQUAL(text_str(&out), want);
    text_fini(&out);
}

static void an_entry_is_a_host(void)
{
    expect("", "<-loopback>");
    expect("a.test", "<-loopback>,a.test");
    expect(" a.test,b.test  c.test,,", "<-loopback>,a.test,b.test,c.test");
    expect(".a.test,.", "<-loopback>,a.test");
    expect("10.0.0.0/8,::1,2001:db8::/32", "<-loopback>,10.0.0.0/8,::1,2001:db8::/32");
}

static void what_curl_compares_with_no_host_is_left_out(void)
{
    expect("a.test:80,*.b.test,[::1],[::1]:80,*,c", "<-loopback>,c");
}

static void a_star_counts_alone(void)
{
    expect("*", "*");
    expect("*,", "<-loopback>");
    expect(" *", "<-loopback>");
}

static void the_environment_has_one_too(void)
{
    setenv("NO_PROXY", "upper.test", 1);
    expect(NULL, "<-loopback>,upper.test");
    setenv("no_proxy", "lower.test", 1);
    expect(NULL, "<-loopback>,lower.test");
    expect("option.test", "<-loopback>,option.test");
    setenv("no_proxy", "", 1);
    expect(NULL, "<-loopback>,upper.test");
    expect("", "<-loopback>");
    unsetenv("no_proxy");
    unsetenv("NO_PROXY");
    expect(NULL, "<-loopback>");
}

CU_TestInfo bypass_tests[] = {
    {"an entry is a host", an_entry_is_a_host},
    {"what curl compares with no host is left out", what_curl_compares_with_no_host_is_left_out},
    {"a star counts alone", a_star_counts_alone},
    {"the environment has one, too", the_environment_has_one_too},
    CU_TEST_INFO_NULL,
};
