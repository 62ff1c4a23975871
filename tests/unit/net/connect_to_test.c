/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/connect_to and net/dns_override: the texts that programs give, what they
 * match, and which are refused.
 */
#include "net/connect_to.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "net/dns_override.h"
#include "unit/http/scarce.h"

extern CU_TestInfo connect_to_tests[];

/* --- where to connect --- */

/* Whether host:port becomes "host%zone port" by the rules. */
static bool becomes(const struct connect_to *rules, const char *host, uint16_t port,
                    const char *expected)
{
    struct destination to = {host, NULL, port};
    char shown[300];
    connect_to_apply(rules, &to);
    snprintf(shown, sizeof(shown), "%s%s%s %u", to.host, to.zone != NULL ? "%" : "",
             to.zone != NULL ? to.zone : "", (unsigned)to.port);
    return strcmp(shown, expected) == 0;
}

static void destinations_change_by_the_first_match(void)
{
    static const char *const texts[] = {"a.test:80:b.test:8080", "a.test:80:never.test:1",
                                        "c.test::d.test:",       ":443:192.0.2.1:8443",
                                        "e.test:81::82",         "[::1]:80:[fe80::1%lo]:81",
                                        "192.0.2.9::f.test:",    "G.test.:80:[::2]:"};
    int err;
    struct connect_to *rules = connect_to_new(texts, sizeof(texts) / sizeof(texts[0]), &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rules);
    CU_ASSERT(becomes(rules, "a.test", 80, "b.test 8080"));
    CU_ASSERT(becomes(rules, "a.test", 81, "a.test 81"));
    CU_ASSERT(becomes(rules, "A.TEST.", 80, "b.test 8080"));
    CU_ASSERT(becomes(rules, "b.test", 8080, "b.test 8080")); /* not again */
    CU_ASSERT(becomes(rules, "c.test", 7, "d.test 7"));
    CU_ASSERT(becomes(rules, "any.test", 443, "192.0.2.1 8443"));
    CU_ASSERT(becomes(rules, "e.test", 81, "e.test 82"));
    CU_ASSERT(becomes(rules, "0:0::1", 80, "fe80::1%lo 81"));
    CU_ASSERT(becomes(rules, "192.0.2.9", 80, "f.test 80"));
    CU_ASSERT(becomes(rules, "g.test", 80, "::2 80"));
    CU_ASSERT(becomes(rules, "none.test", 80, "none.test 80"));
    connect_to_free(rules);
    CU_ASSERT(becomes(NULL, "a.test", 80, "a.test 80"));
}

static void a_zone_belongs_to_its_address(void)
{
    static const char *const texts[] = {"[fe80::1]:80:b.test:", ":81::82"};
    int err;
    struct connect_to *rules = connect_to_new(texts, 2, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rules);
    struct destination to = {"fe80::1", "lo", 81};
    connect_to_apply(rules, &to);
    CU_ASSERT_STRING_EQUAL(to.zone, "lo");
    CU_ASSERT_EQUAL(to.port, 82);
    connect_to_free(rules);
}

static void bad_destinations_are_refused(void)
{
    static const char *const texts[] = {
        "",          "a.test",          "a.test:80",      "a.test:80:b.test", "a:80:b:80:c",
        "a:x:b:80",  "a:0:b:80",        "a:80:b:65536",   "a b:80:c:80",      "[a:80:b:80",
        "::1:80:b:", "a:80:b\xc3\xbc:", "a:80:300.1.1.1:"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int err = 0;
        const char *const two[] = {"a:80:b:80", texts[i]};
        CU_ASSERT_PTR_NULL(connect_to_new(two, 2, &err));
        CU_ASSERT_EQUAL(err, EINVAL);
    }
    int err = 0;
    const char *const null[] = {NULL};
    CU_ASSERT_PTR_NULL(connect_to_new(null, 1, &err));
    CU_ASSERT_EQUAL(err, EINVAL);
}

/* --- addresses --- */

/* The addresses for a host and port, "none" where nothing is said, "" where there is none. */
static const char *found(const struct dns_overrides *overrides, const char *host, uint16_t port,
                         enum lookup_kind kind)
{
    static char shown[256];
    struct answer answer = ANSWER_INIT;
    struct buf out = BUF_INIT;
    if (!dns_overrides_find(overrides, host, port, kind, &answer))
        return "none";
    buf_append_str(&out, "");
    for (size_t i = 0; i < answer.len; i++) {
        buf_append_str(&out, i > 0 ? " " : "");
        addr_write(&answer.addrs[i], &out);
    }
    CU_ASSERT_EQUAL(answer.error, answer.len > 0 ? LOOKUP_OK : LOOKUP_NOT_FOUND);
    snprintf(shown, sizeof(shown), "%.*s", (int)out.len, out.data != NULL ? out.data : "");
    buf_fini(&out);
    answer_fini(&answer);
    return shown;
}

static void overrides_are_found_by_host_and_port(void)
{
    static const char *const texts[] = {
        "*:80:192.0.2.1", "a.test:80:192.0.2.2,[2001:db8::2],2001:db8::3", "b.test:80:192.0.2.4",
        "b.test:80:192.0.2.5", "c.test:443:[::1]"};
    int err;
    struct dns_overrides *o = dns_overrides_new(texts, 5, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(o);
    CU_ASSERT_STRING_EQUAL(found(o, "A.test.", 80, LOOKUP_ANY),
                           "192.0.2.2:0 [2001:db8::2]:0 [2001:db8::3]:0");
    CU_ASSERT_STRING_EQUAL(found(o, "a.test", 80, LOOKUP_IPV4), "192.0.2.2:0");
    CU_ASSERT_STRING_EQUAL(found(o, "b.test", 80, LOOKUP_ANY), "192.0.2.5:0"); /* the later one */
    CU_ASSERT_STRING_EQUAL(found(o, "any.test", 80, LOOKUP_ANY), "192.0.2.1:0");
    CU_ASSERT_STRING_EQUAL(found(o, "any.test", 80, LOOKUP_IPV6), "");
    CU_ASSERT_STRING_EQUAL(found(o, "a.test", 81, LOOKUP_ANY), "none");
    CU_ASSERT_STRING_EQUAL(found(o, "c.test", 443, LOOKUP_ANY), "[::1]:0");
    CU_ASSERT_STRING_EQUAL(found(NULL, "c.test", 443, LOOKUP_ANY), "none");
    dns_overrides_free(o);
}

static void bad_overrides_are_refused(void)
{
    static const char *const texts[] = {
        "",           "a.test",         "a.test:80",        "a.test:80:",
        "a:80:b",     "a:80:1.2.3.4,",  "a:80:1.2.3.4:5",   ":80:1.2.3.4",
        "a::1.2.3.4", "a:0:1.2.3.4",    "a:65536:1.2.3.4",  "1.2.3.4:80:1.2.3.4",
        "a:80:[::1",  "a b:80:1.2.3.4", "a:80:::1%nosuch0", "-a:80",
        "a:*:1.2.3.4"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int err = 0;
        const char *const two[] = {"a.test:80:192.0.2.1", texts[i]};
        CU_ASSERT_PTR_NULL(dns_overrides_new(two, 2, &err));
        CU_ASSERT_EQUAL(err, EINVAL);
    }
}

static gofer_status make_both(void)
{
    static const char *const to[] = {"a.test:80:[fe80::1%lo]:81", "b.test:80::"};
    static const char *const addrs[] = {"a.test:80:192.0.2.1,[::1]", "*:80:192.0.2.2"};
    int to_err;
    int addrs_err;
    struct connect_to *rules = connect_to_new(to, 2, &to_err);
    struct dns_overrides *overrides = dns_overrides_new(addrs, 2, &addrs_err);
    CU_ASSERT(rules != NULL || to_err == ENOMEM);
    CU_ASSERT(overrides != NULL || addrs_err == ENOMEM);
    gofer_status status = rules != NULL && overrides != NULL ? GOFER_OK : GOFER_ERR_NOMEM;
    connect_to_free(rules);
    dns_overrides_free(overrides);
    return status;
}

static void out_of_memory_is_told(void)
{
    scarce_run(make_both);
}

CU_TestInfo connect_to_tests[] = {
    {"destinations change by the first match", destinations_change_by_the_first_match},
    {"a zone belongs to its address", a_zone_belongs_to_its_address},
    {"bad destinations are refused", bad_destinations_are_refused},
    {"overrides are found by host and port", overrides_are_found_by_host_and_port},
    {"bad overrides are refused", bad_overrides_are_refused},
    {"out of memory is told", out_of_memory_is_told},
    CU_TEST_INFO_NULL,
};
