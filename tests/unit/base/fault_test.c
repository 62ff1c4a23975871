/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * base/fault: the first fault wins, details are bounded, and every status and
 * phase has words of its own.
 */
#include "base/fault.h"

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

extern CU_TestInfo fault_tests[];

static void first_fault_wins(void)
{
    struct fault f = {0};
    fault_set(&f, GOFER_ERR_CONNECT, GOFER_PHASE_CONNECT, ECONNREFUSED, "to %s", "here");
    fault_set(&f, GOFER_ERR_BROKEN, GOFER_PHASE_SEND, EPIPE, "later");
    CU_ASSERT_EQUAL(f.code, GOFER_ERR_CONNECT);
    CU_ASSERT_EQUAL(f.phase, GOFER_PHASE_CONNECT);
    CU_ASSERT_EQUAL(f.sys_errno, ECONNREFUSED);
    CU_ASSERT_STRING_EQUAL(f.detail, "to here");
}

static void a_reason_belongs_to_the_fault_that_was_set(void)
{
    struct fault f = {0};
    CU_ASSERT(fault_set(&f, GOFER_ERR_TLS, GOFER_PHASE_TLS, 0, "CA file"));
    f.reason = GOFER_REASON_CA;
    CU_ASSERT_FALSE(fault_set(&f, GOFER_ERR_TLS, GOFER_PHASE_TLS, 0, NULL));
    CU_ASSERT_EQUAL(f.reason, GOFER_REASON_CA);
    f.code = GOFER_OK;
    CU_ASSERT(fault_set(&f, GOFER_ERR_CONNECT, GOFER_PHASE_CONNECT, 0, NULL));
    CU_ASSERT_EQUAL(f.reason, GOFER_REASON_NONE);
}

static void detail_may_be_missing(void)
{
    struct fault f;
    memset(&f, 'x', sizeof f);
    f.code = GOFER_OK;
    fault_set(&f, GOFER_ERR_TIMEOUT, GOFER_PHASE_BODY, 0, NULL);
    CU_ASSERT_EQUAL(f.code, GOFER_ERR_TIMEOUT);
    CU_ASSERT_STRING_EQUAL(f.detail, "");
}

static void long_detail_is_cut(void)
{
    struct fault f = {0};
    fault_set(&f, GOFER_ERR_PROTOCOL, GOFER_PHASE_HEADERS, 0, "%0500d", 1);
    CU_ASSERT_EQUAL(strlen(f.detail), FAULT_DETAIL_BYTES - 1);
}

static void every_status_has_its_own_words(void)
{
    for (int a = GOFER_OK; a <= GOFER_ERR_CERTIFICATE; a++) {
        CU_ASSERT_EQUAL(strncmp(gofer_status_name((gofer_status)a), "GOFER_", 6), 0);
        CU_ASSERT_STRING_NOT_EQUAL(gofer_status_name((gofer_status)a), "GOFER_ERR_UNKNOWN");
        for (int b = GOFER_OK; b < a; b++) {
            CU_ASSERT_STRING_NOT_EQUAL(gofer_strerror((gofer_status)a),
                                       gofer_strerror((gofer_status)b));
            CU_ASSERT_STRING_NOT_EQUAL(gofer_status_name((gofer_status)a),
                                       gofer_status_name((gofer_status)b));
        }
    }
}

static void every_phase_has_its_own_words(void)
{
    for (int a = GOFER_PHASE_NONE; a <= GOFER_PHASE_REDIRECT; a++) {
        CU_ASSERT_STRING_NOT_EQUAL(gofer_phase_name((gofer_phase)a), "unknown phase");
        for (int b = GOFER_PHASE_NONE; b < a; b++)
            CU_ASSERT_STRING_NOT_EQUAL(gofer_phase_name((gofer_phase)a),
                                       gofer_phase_name((gofer_phase)b));
    }
}

static void unknown_values_have_words_too(void)
{
    static const int unknown[] = {-1, GOFER_ERR_CERTIFICATE + 1, 1 << 30};
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_STRING_EQUAL(gofer_strerror((gofer_status)unknown[i]), "unknown status");
        CU_ASSERT_STRING_EQUAL(gofer_status_name((gofer_status)unknown[i]), "GOFER_ERR_UNKNOWN");
        CU_ASSERT_STRING_EQUAL(gofer_phase_name((gofer_phase)unknown[i]), "unknown phase");
    }
}

CU_TestInfo fault_tests[] = {
    {"the first fault wins", first_fault_wins},
    {"a reason belongs to the fault that was set", a_reason_belongs_to_the_fault_that_was_set},
    {"a detail may be missing", detail_may_be_missing},
    {"a long detail is cut", long_detail_is_cut},
    {"every status has its own words", every_status_has_its_own_words},
    {"every phase has its own words", every_phase_has_its_own_words},
    {"unknown values have words too", unknown_values_have_words_too},
    CU_TEST_INFO_NULL,
};
