/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * cli/timeline and cli/har: what becomes of events, told in any order that a
 * client may tell them in.
 */
#include "cli/timeline.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#include "cli/har.h"

extern CU_TestInfo timeline_tests[];

static struct timeline *timeline;

/* An event of call number `call`, at that time. */
static void tell(uint64_t call, gofer_trace_kind kind, int64_t at_us, gofer_trace_event event)
{
    event.call = call;
    event.kind = kind;
    event.at_us = at_us;
    timeline_event(&event, timeline);
}

static void begin(uint64_t call, int64_t at_us)
{
    tell(call, GOFER_TRACE_BEGIN, at_us,
         (gofer_trace_event){.method = "GET", .url = "http://h/a", .user = &timeline});
}

static void ask(uint64_t call, int64_t at_us, const char *url)
{
    tell(call, GOFER_TRACE_GET_CONN, at_us, (gofer_trace_event){.method = "GET", .url = url});
}

static void finish(uint64_t call, int64_t at_us)
{
    tell(call, GOFER_TRACE_END, at_us, (gofer_trace_event){.attempt = 1});
}

static const struct trip *only_trip(void)
{
    const struct timeline_call *call = timeline_calls(timeline);

    CU_ASSERT_PTR_NOT_NULL_FATAL(call);
    CU_ASSERT_PTR_NULL(call->next);
    CU_ASSERT_EQUAL(call->trips_len, 1);
    return call->trips;
}

static void start(void)
{
    timeline = timeline_new();
}

static void stop(void)
{
    timeline_free(timeline);
}

static void a_call_is_one_trip(void)
{
    start();
    begin(1, 100);
    ask(1, 110, "http://h/a");
    tell(1, GOFER_TRACE_CONNECT_START, 120, (gofer_trace_event){.sys_errno = 0});
    tell(1, GOFER_TRACE_CONNECT_START, 130, (gofer_trace_event){.sys_errno = 0});
    tell(1, GOFER_TRACE_CONNECT_DONE, 140, (gofer_trace_event){.status = GOFER_ERR_CONNECT});
    tell(1, GOFER_TRACE_CONNECT_DONE, 150, (gofer_trace_event){.status = GOFER_OK});
    tell(1, GOFER_TRACE_GOT_CONN, 151, (gofer_trace_event){.conn = 7});
    tell(1, GOFER_TRACE_WROTE_HEADER_FIELD, 152,
         (gofer_trace_event){.field_name = "Host", .field_value = "h"});
    tell(1, GOFER_TRACE_WROTE_REQUEST, 153, (gofer_trace_event){.status = GOFER_OK});
    tell(1, GOFER_TRACE_GOT_FIRST_BYTE, 160, (gofer_trace_event){.status = GOFER_OK});
    tell(1, GOFER_TRACE_PUT_IDLE, 170, (gofer_trace_event){.status = GOFER_OK});
    finish(1, 175);
    timeline_body(timeline, &timeline, 12);
    const struct trip *t = only_trip();
    CU_ASSERT_EQUAL(t->begun_us, 100);
    CU_ASSERT_EQUAL(t->connect_us, 120);
    CU_ASSERT_EQUAL(t->connected_us, 150);
    CU_ASSERT_EQUAL(t->conn, 7);
    CU_ASSERT_EQUAL(t->sent_us, 153);
    CU_ASSERT_EQUAL(t->ended_us, 170);
    CU_ASSERT_EQUAL(t->body_bytes, 12);
    CU_ASSERT_STRING_EQUAL(timeline_field(&t->request, "host"), "h");
    CU_ASSERT_PTR_NULL(timeline_field(&t->request, "hos"));
    stop();
}

static void another_connection_asked_for_is_another_trip(void)
{
    start();
    begin(1, 100);
    ask(1, 110, "http://h/a");
    tell(1, GOFER_TRACE_RETRY, 150,
         (gofer_trace_event){.message = "it broke", .status = GOFER_ERR_BROKEN});
    ask(1, 200, "http://h/b");
    finish(1, 250);
    const struct timeline_call *call = timeline_calls(timeline);
    CU_ASSERT_EQUAL_FATAL(call->trips_len, 2);
    CU_ASSERT_EQUAL(call->trips[0].ended_us, 150);
    CU_ASSERT_STRING_EQUAL(call->trips[0].error, "it broke");
    CU_ASSERT_EQUAL(call->trips[1].begun_us, 200);
    CU_ASSERT_STRING_EQUAL(call->trips[1].url, "http://h/b");
    CU_ASSERT_PTR_NULL(call->trips[1].error);
    stop();
}

static void a_dial_may_tell_after_the_end(void)
{
    start();
    begin(1, 100);
    ask(1, 110, "http://h/a");
    tell(1, GOFER_TRACE_CONNECT_START, 120, (gofer_trace_event){.sys_errno = 0});
    tell(1, GOFER_TRACE_GOT_CONN, 130, (gofer_trace_event){.conn = 3, .reused = true});
    finish(1, 140);
    tell(1, GOFER_TRACE_CONNECT_DONE, 190, (gofer_trace_event){.status = GOFER_OK});
    CU_ASSERT_EQUAL(only_trip()->connected_us, 190);
    if (har_is_built_in()) {
        char *har = har_text(timeline);

        CU_ASSERT_PTR_NOT_NULL(strstr(har, "\"lateBound\": true"));
        CU_ASSERT_PTR_NOT_NULL(strstr(har, "\"ownDial\""));
        CU_ASSERT_PTR_NOT_NULL(strstr(har, "\"connect\": -1"));
        free(har);
    }
    stop();
}

static void calls_are_in_the_order_of_their_beginning(void)
{
    uint64_t want = 1;

    start();
    for (uint64_t i = 1; i <= 20; i++)
        begin(i, (int64_t)i);
    for (uint64_t i = 20; i >= 3; i -= 2) /* the odd ones run still */
        finish(i, 100);
    for (const struct timeline_call *c = timeline_calls(timeline); c != NULL; c = c->next) {
        CU_ASSERT_EQUAL(c->number, want++);
        CU_ASSERT(c->trips[0].ended_us > 0);
    }
    CU_ASSERT_EQUAL(want, 21);
    stop();
}

static void events_of_calls_that_never_began_are_nothing(void)
{
    start();
    finish(9, 1);
    timeline_body(timeline, &timeline, 1);
    timeline_body(NULL, &timeline, 1);
    CU_ASSERT_PTR_NULL(timeline_calls(timeline));
    stop();
}

static void bytes_that_are_no_utf8_are_shown_as_latin1(void)
{
    char *har;

    if (!har_is_built_in())
        return;
    start();
    begin(1, 100);
    tell(1, GOFER_TRACE_WROTE_HEADER_FIELD, 101,
         (gofer_trace_event){.field_name = "X", .field_value = "caf\xE9"});
    finish(1, 110);
    har = har_text(timeline);
    CU_ASSERT_PTR_NOT_NULL(strstr(har, "\"caf\xC3\xA9\""));
    free(har);
    stop();
}

CU_TestInfo timeline_tests[] = {
    {"a call is one trip", a_call_is_one_trip},
    {"another connection asked for is another trip", another_connection_asked_for_is_another_trip},
    {"a dial may tell after the end", a_dial_may_tell_after_the_end},
    {"calls are in the order of their beginning", calls_are_in_the_order_of_their_beginning},
    {"events of calls that never began are nothing", events_of_calls_that_never_began_are_nothing},
    {"bytes that are no UTF-8 are shown as Latin-1", bytes_that_are_no_utf8_are_shown_as_latin1},
    CU_TEST_INFO_NULL};
