/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a trace is told of each round trip: what was asked for, on which connection,
 * and the head that came.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/diary.h"
#include "integration/expect.h"
#include "integration/rig.h"
#include "integration/trail.h"

extern CU_TestInfo trace_trip_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};
static struct diary diary;

static gofer_request *traced(const struct origin *origin)
{
    gofer_request *request = rig_request("GET", origin, "/");

    diary_begin(&diary);
    EXPECT_STATUS(gofer_request_set_trace(request, diary_write, &diary, NULL), GOFER_OK);
    return request;
}

static void each_round_trip_of_a_redirect_is_told_with_its_request_and_its_head(void)
{
    struct trail *trail = trail_begin();
    gofer_request *request = rig_request_to("POST", trail_url(trail, "/a"));
    char asked[DIARY_WORDS];

    trail_redirect(trail, "/a", 303, "/b");
    gofer_request_set_body(request, "x", 1);
    diary_begin(&diary);
    gofer_request_set_trace(request, diary_write, &diary, NULL);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 200, "hello");
    snprintf(asked, sizeof asked, "POST %s GET ", trail_url(trail, "/a"));
    snprintf(asked + strlen(asked), sizeof asked - strlen(asked), "%s ", trail_url(trail, "/b"));
    EXPECT_TEXT(diary.asked, asked);
    EXPECT_TEXT(diary.heads, "303 /b 200 - ");
}

static void a_connection_has_a_number_and_a_peer(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_call(client, traced(origin));
    uint64_t first = diary_last(&diary, GOFER_TRACE_GOT_CONN).event.conn;

    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(diary_last(&diary, GOFER_TRACE_GOT_CONN).event.addresses_len, 1);
    got = rig_call(client, traced(origin));
    EXPECT_AT_LEAST(first, 1);
    EXPECT(diary_last(&diary, GOFER_TRACE_GOT_CONN).event.conn == first);
    gofer_client_close_idle(client);
    got = rig_call(client, traced(origin));
    EXPECT(diary_last(&diary, GOFER_TRACE_GOT_CONN).event.conn > first);
}

CU_TestInfo trace_trip_tests[] = {
    {"each round trip of a redirect is told, with its request and its head",
     each_round_trip_of_a_redirect_is_told_with_its_request_and_its_head},
    {"a connection has a number and a peer", a_connection_has_a_number_and_a_peer},
    CU_TEST_INFO_NULL};
