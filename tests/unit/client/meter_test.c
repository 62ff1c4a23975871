/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 */
#include <CUnit/CUnit.h>

#include "client/meter.h"

extern CU_TestInfo meter_tests[];

static void bounds_double_and_the_last_has_none(void)
{
    CU_ASSERT_EQUAL(gofer_latency_bound_us(0), 50);
    for (size_t i = 1; i < GOFER_LATENCY_BUCKETS - 1; i++)
        CU_ASSERT_EQUAL(gofer_latency_bound_us(i), 2 * gofer_latency_bound_us(i - 1));
    CU_ASSERT_EQUAL(gofer_latency_bound_us(GOFER_LATENCY_BUCKETS - 1), -1);
    CU_ASSERT_EQUAL(gofer_latency_bound_us(GOFER_LATENCY_BUCKETS), -1);
}

static void a_bound_is_within_its_bucket(void)
{
    struct meter *meter = meter_new();
    gofer_latency l;
    CU_ASSERT_FATAL(meter != NULL);
    meter_add(meter, &(gofer_times){.wait_us = 50});
    meter_add(meter, &(gofer_times){.wait_us = 51});
    meter_add(meter, &(gofer_times){.wait_us = INT64_C(1000000000000)});
    meter_read(meter, GOFER_TIMED_WAIT, &l);
    CU_ASSERT_EQUAL(l.buckets[0], 1);
    CU_ASSERT_EQUAL(l.buckets[1], 1);
    CU_ASSERT_EQUAL(l.buckets[GOFER_LATENCY_BUCKETS - 1], 1);
    CU_ASSERT_EQUAL(l.count, 3);
    CU_ASSERT_EQUAL(l.sum_us, UINT64_C(1000000000101));
    meter_free(meter);
}

static void only_calls_that_dialled_count_as_dials(void)
{
    struct meter *meter = meter_new();
    gofer_latency l;
    CU_ASSERT_FATAL(meter != NULL);
    meter_add(meter, &(gofer_times){.connect_us = 7});
    meter_add(meter, &(gofer_times){.connect_us = 0});
    meter_read(meter, GOFER_TIMED_CONNECT, &l);
    CU_ASSERT_EQUAL(l.count, 1);
    meter_read(meter, GOFER_TIMED_TOTAL, &l);
    CU_ASSERT_EQUAL(l.count, 2);
    meter_free(meter);
}

CU_TestInfo meter_tests[] = {
    {"bounds double, and the last has none", bounds_double_and_the_last_has_none},
    {"a bound is within its bucket", a_bound_is_within_its_bucket},
    {"only calls that dialled count as dials", only_calls_that_dialled_count_as_dials},
    CU_TEST_INFO_NULL};
