/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Which failures are tried again, how long is waited, and what the budget allows.
 * Time and chance are arguments here.
 */
#include <CUnit/CUnit.h>

#include "client/retry_budget.h"
#include "client/retry_policy.h"
#include <gofer/client.h>

extern CU_TestInfo retry_policy_tests[];

static const int64_t second_ns = 1000000000;

static const struct retry_policy policy = {.on = GOFER_RETRY_STATUS | GOFER_RETRY_BROKEN |
                                                 GOFER_RETRY_CONNECT,
                                           .statuses = (int[]){503},
                                           .statuses_len = 1,
                                           .delay_ms = 100,
                                           .max_delay_ms = 1000,
                                           .max_after_ms = 5000,
                                           .max_time_ms = -1};

static void only_what_is_named_is_tried_again(void)
{
    static const struct {
        gofer_status code;
        unsigned on;
    } rows[] = {
        {GOFER_ERR_RESOLVE, GOFER_RETRY_RESOLVE},
        {GOFER_ERR_CONNECT, GOFER_RETRY_CONNECT},
        {GOFER_ERR_PROXY, GOFER_RETRY_CONNECT},
        {GOFER_ERR_TIMEOUT, GOFER_RETRY_TIMEOUT},
        {GOFER_ERR_BROKEN, GOFER_RETRY_BROKEN},
        {GOFER_ERR_TRUNCATED, GOFER_RETRY_BROKEN},
        {GOFER_ERR_TLS, GOFER_RETRY_OTHER},
        {GOFER_ERR_CERTIFICATE, GOFER_RETRY_OTHER},
        {GOFER_ERR_SYSTEM, GOFER_RETRY_OTHER},
        {GOFER_ERR_PROTOCOL, GOFER_RETRY_OTHER},
        {GOFER_ERR_CANCELED, 0},
        {GOFER_ERR_CLOSED, 0},
        {GOFER_ERR_NOMEM, 0},
        {GOFER_ERR_TOO_LARGE, 0},
        {GOFER_ERR_BODY, 0},
        {GOFER_ERR_REDIRECT, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault fault = {.code = rows[i].code};
        struct retry_policy p = {.on = rows[i].on};
        CU_ASSERT_EQUAL(retry_policy_takes_fault(&p, &fault), rows[i].on != 0);
        p.on = ~rows[i].on;
        CU_ASSERT_FALSE(retry_policy_takes_fault(&p, &fault));
    }
}

static void statuses_are_a_list(void)
{
    struct retry_policy p = policy;
    CU_ASSERT_TRUE(retry_policy_takes_status(&p, 503));
    CU_ASSERT_FALSE(retry_policy_takes_status(&p, 500));
    CU_ASSERT_FALSE(retry_policy_takes_status(&p, 200));
    p.on = GOFER_RETRY_BROKEN;
    CU_ASSERT_FALSE(retry_policy_takes_status(&p, 503));
}

static void waits_double_up_to_a_cap_and_chance_takes_a_part(void)
{
    static const int64_t most[] = {100, 200, 400, 800, 1000, 1000};
    for (unsigned i = 0; i < sizeof most / sizeof *most; i++) {
        uint64_t n = (uint64_t)most[i] + 1;
        CU_ASSERT_EQUAL(retry_policy_delay_ms(&policy, i + 1, -1, INT64_MAX, n - 1), most[i]);
        CU_ASSERT_EQUAL(retry_policy_delay_ms(&policy, i + 1, -1, INT64_MAX, n), 0);
        CU_ASSERT_EQUAL(retry_policy_delay_ms(&policy, i + 1, -1, INT64_MAX, 7 * n + 42), 42);
    }
    CU_ASSERT_EQUAL(retry_policy_delay_ms(&policy, 1000, -1, INT64_MAX, 1000), 1000);
}

static void without_chance_the_whole_is_waited(void)
{
    struct retry_policy p = policy;
    p.no_jitter = true;
    CU_ASSERT_EQUAL(retry_policy_delay_ms(&p, 2, -1, INT64_MAX, 12345), 200);
    p.max_delay_ms = 100;
    CU_ASSERT_EQUAL(retry_policy_delay_ms(&p, 5, -1, INT64_MAX, 12345), 100);
}

static void a_wait_is_within_what_is_left(void)
{
    CU_ASSERT_EQUAL(retry_policy_delay_ms(&policy, 1, -1, 50, 50), -1);
    CU_ASSERT_EQUAL(retry_policy_delay_ms(&policy, 1, -1, 50, 49), 49);
    CU_ASSERT_EQUAL(retry_policy_delay_ms(&policy, 1, -1, 0, 0), -1);
}

static void the_servers_wait_comes_first(void)
{
    CU_ASSERT_EQUAL(retry_policy_delay_ms(&policy, 1, 2000, INT64_MAX, 30), 2030);
    CU_ASSERT_EQUAL(retry_policy_delay_ms(&policy, 1, 2000, 2010, 30),
                    2000); /* the rest is left out */
    CU_ASSERT_EQUAL(retry_policy_delay_ms(&policy, 1, 2000, 2000, 30), -1);
    CU_ASSERT_EQUAL(retry_policy_delay_ms(&policy, 1, 5001, INT64_MAX, 0), -1); /* too long */
    CU_ASSERT_EQUAL(retry_policy_delay_ms(&policy, 1, INT64_MAX, INT64_MAX, 0), -1);
}

static void retry_after_is_seconds_or_a_date(void)
{
    static const struct {
        const char *value;
        int64_t ms;
    } rows[] = {{"0", 0},
                {"120", 120000},
                {"0120", 120000},
                {"99999999999999999999", INT64_MAX},
                {"Sun, 06 Nov 1994 08:49:37 GMT", 7000}, /* after 8:49:30 */
                {"Sunday, 06-Nov-94 08:49:37 GMT", 7000},
                {"Sun Nov  6 08:49:37 1994", 7000},
                {"Sun, 06 Nov 1994 08:00:00 GMT", 0},
                {"-1", -1},
                {"1.5", -1},
                {"soon", -1},
                {"", -1},
                {NULL, -1}};
    const int64_t wall_ms = INT64_C(784111770) * 1000;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CU_ASSERT_EQUAL(retry_policy_after_ms(rows[i].value, wall_ms), rows[i].ms);
}

/* --- the budget --- */

static unsigned take_all(struct retry_budget *budget, int64_t now_ns)
{
    unsigned n = 0;
    while (n < 10000 && retry_budget_take(budget, now_ns))
        n++;
    return n;
}

static void a_share_of_the_calls_and_a_few_more(void)
{
    struct retry_budget budget = {.percent = 20, .floor = 3};
    CU_ASSERT_EQUAL(take_all(&budget, 100 * second_ns), 3);
    for (int i = 0; i < 100; i++)
        retry_budget_note(&budget, 100 * second_ns);
    CU_ASSERT_EQUAL(take_all(&budget, 100 * second_ns), 20);
}

static void what_is_long_over_counts_no_more(void)
{
    struct retry_budget budget = {.percent = 20, .floor = 1};
    for (int i = 0; i < 100; i++)
        retry_budget_note(&budget, 100 * second_ns);
    CU_ASSERT_EQUAL(take_all(&budget, 109 * second_ns), 21);
    CU_ASSERT_EQUAL(take_all(&budget, 110 * second_ns), 0); /* the retries were a second ago */
    CU_ASSERT_EQUAL(take_all(&budget, 119 * second_ns), 1);
}

static void a_budget_may_be_without_end_or_none(void)
{
    struct retry_budget budget = {.percent = -1, .floor = 0};
    CU_ASSERT_EQUAL(take_all(&budget, second_ns), 10000);
    budget = (struct retry_budget){.percent = 0, .floor = 0};
    CU_ASSERT_EQUAL(take_all(&budget, second_ns), 0);
}

CU_TestInfo retry_policy_tests[] = {
    {"only what is named is tried again", only_what_is_named_is_tried_again},
    {"statuses are a list", statuses_are_a_list},
    {"waits double up to a cap, and chance takes a part",
     waits_double_up_to_a_cap_and_chance_takes_a_part},
    {"without chance the whole is waited", without_chance_the_whole_is_waited},
    {"a wait is within what is left", a_wait_is_within_what_is_left},
    {"the server's wait comes first", the_servers_wait_comes_first},
    {"Retry-After is seconds or a date", retry_after_is_seconds_or_a_date},
    {"a share of the calls and a few more", a_share_of_the_calls_and_a_few_more},
    {"what is long over counts no more", what_is_long_over_counts_no_more},
    {"a budget may be without end, or none", a_budget_may_be_without_end_or_none},
    CU_TEST_INFO_NULL};
