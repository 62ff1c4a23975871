/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * client/describe: from a call's fault to its gofer_error and one line for a
 * person.
 */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "base/alloc.h"
#include "client/call.h"
#include "client/snapshot.h"
#include "unit/http/scarce.h"

extern CU_TestInfo describe_tests[];

static struct call call;

static void begin(const char *method, const char *url)
{
    call = (struct call){.snapshot = snapshot_new(method, url)};
    CU_ASSERT_PTR_NOT_NULL_FATAL(call.snapshot);
}

static void end(void)
{
    mem_free(call.message);
    snapshot_unref(call.snapshot);
}

/* Describes the fault that was set; ends the call. */
static void check_line(const char *line)
{
    call_describe_error_locked(&call, &call.fault);
    CU_ASSERT_STRING_EQUAL(call.error.message, line);
    CU_ASSERT_EQUAL(call.error.code, call.fault.code);
    CU_ASSERT_EQUAL(call.error.phase, call.fault.phase);
    CU_ASSERT_EQUAL(call.error.sys_errno, call.fault.sys_errno);
    CU_ASSERT_EQUAL(call.error.timeout, call.fault.code == GOFER_ERR_TIMEOUT);
    end();
}

static void a_timeout_names_its_phase_and_connection(void)
{
    begin("GET", "http://host:8080/x");
    call.attempts = 1;
    call.reused = true;
    call.sent = GOFER_SENT_ALL;
    fault_set(&call.fault, GOFER_ERR_TIMEOUT, GOFER_PHASE_WAIT, ETIMEDOUT,
              "timed out after %d ms %s", 500, gofer_phase_name(GOFER_PHASE_WAIT));
    call_describe_error_locked(&call, &call.fault);
    CU_ASSERT_EQUAL(call.error.sent, GOFER_SENT_ALL);
    CU_ASSERT(call.error.reused);
    CU_ASSERT_EQUAL(call.error.attempts, 1);
    mem_free(call.message);
    check_line("GET \"http://host:8080/x\": timed out after 500 ms waiting for response headers "
               "(reused connection, attempt 1)");
}

static void the_first_attempts_connection_may_be_new(void)
{
    begin("POST", "http://host/");
    call.attempts = 2;
    fault_set(&call.fault, GOFER_ERR_BROKEN, GOFER_PHASE_SEND, EPIPE, "the server closed");
    check_line("POST \"http://host/\": the server closed: Broken pipe (new connection, attempt 2)");
}

static void a_call_that_was_never_begun_has_no_circumstances(void)
{
    begin("GET", "http://host/");
    fault_set(&call.fault, GOFER_ERR_QUEUE_FULL, GOFER_PHASE_NONE, 0, NULL);
    check_line("GET \"http://host/\": too many unfinished calls");
}

static void a_call_without_request_has_a_line(void)
{
    call = (struct call){.snapshot = NULL};
    fault_set(&call.fault, GOFER_ERR_INVALID, GOFER_PHASE_NONE, 0, "no request");
    call_describe_error_locked(&call, &call.fault);
    CU_ASSERT_STRING_EQUAL(call.error.message, "no request");
    mem_free(call.message);
}

static void what_is_wrong_with_the_request_is_said(void)
{
    begin("GET", "ftp://host/");
    CU_ASSERT_EQUAL(call.snapshot->status, GOFER_ERR_INVALID);
    fault_set(&call.fault, GOFER_ERR_INVALID, GOFER_PHASE_NONE, 0, "%s", "");
    call_describe_error_locked(&call, &call.fault);
    CU_ASSERT_PTR_NOT_NULL(strstr(call.error.message, "GET \"ftp://host/\": "));
    CU_ASSERT_PTR_NOT_NULL(strstr(call.error.message, "scheme"));
    end();
}

static void no_password_is_shown(void)
{
    static const char *const urls[] = {
        "http://user:secret@host/",    "http://user:sec%72et@host/", "http://user:secret@/",
        "http://user:secret@host:x/",  "http://:secret@host/",       "ftp://user:secret@host/",
        "http://user:secret@ho st/",   "//user:secret@host/",        "user:secret@host",
        "http://a:secret@b:secret@c/",
    };
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        begin("GET", urls[i]);
        fault_set(&call.fault, GOFER_ERR_INVALID, GOFER_PHASE_NONE, 0, "%s", "");
        call_describe_error_locked(&call, &call.fault);
        CU_ASSERT_PTR_NULL(strstr(call.error.message, "secret"));
        CU_ASSERT_PTR_NULL(strstr(call.error.message, "sec%72et"));
        end();
    }
}

static bool is_one_plain_line(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
            return false;
    return true;
}

static void what_a_caller_gave_is_escaped_and_bounded(void)
{
    static char method[4000], url[8000];
    memset(method, 'M', sizeof method - 1);
    memcpy(method, "A\r\nB: \x1b[31m\xff", 12);
    memset(url, '\n', sizeof url - 1);
    memcpy(url, "http://h\xff/", 10);
    begin(method, url);
    fault_set(&call.fault, GOFER_ERR_INVALID, GOFER_PHASE_NONE, 0, "%s", "");
    call_describe_error_locked(&call, &call.fault);
    CU_ASSERT(is_one_plain_line(call.error.message));
    CU_ASSERT(strlen(call.error.message) < 4000);
    end();
}

static void without_memory_the_line_is_the_statuss_own(void)
{
    begin("GET", "http://host/");
    fault_set(&call.fault, GOFER_ERR_TIMEOUT, GOFER_PHASE_BODY, 0, NULL);
    scarce_left = 0;
    gofer_set_allocator(scarce_malloc, scarce_realloc, free);
    call_describe_error_locked(&call, &call.fault);
    gofer_set_allocator(malloc, realloc, free);
    CU_ASSERT_STRING_EQUAL(call.error.message, "timed out");
    CU_ASSERT(call.error.timeout);
    end();
}

CU_TestInfo describe_tests[] = {
    {"a timeout names its phase and its connection", a_timeout_names_its_phase_and_connection},
    {"a new connection and the attempt are named", the_first_attempts_connection_may_be_new},
    {"a call that was never begun has no circumstances",
     a_call_that_was_never_begun_has_no_circumstances},
    {"a call without request has a line", a_call_without_request_has_a_line},
    {"what is wrong with the request is said", what_is_wrong_with_the_request_is_said},
    {"no password is shown", no_password_is_shown},
    {"what a caller gave is escaped and bounded", what_a_caller_gave_is_escaped_and_bounded},
    {"without memory the line is the status's own", without_memory_the_line_is_the_statuss_own},
    CU_TEST_INFO_NULL,
};
