/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Uploads to peers that read slowly, a byte at a time, or not at all; and system
 * calls that do as little as they may.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "integration/expect.h"
#include "integration/feed.h"
#include "integration/intake.h"
#include "integration/payload.h"
#include "integration/rig.h"
#include "integration/scene.h"

extern CU_TestInfo slow_peer_tests[];

enum { LIMIT_MS = 80, LONG_LEN = 6 * 1024 * 1024, ROOM_LEN = 96 * 1024 };

static gofer_client *client;
static struct intake *intake;
static struct origin *origin;

static void set_up(const gofer_client_options *options)
{
    client = rig_client(options);
    intake = intake_new();
    intake->head = rig_gate();
    origin = intake_origin(intake);
}

/* --- not at all --- */

static void stalls(enum payload kind)
{
    set_up(&(gofer_client_options){.stall_timeout_ms = LIMIT_MS});
    intake->go = rig_gate();
    struct outcome got = rig_call(client, payload_request("POST", origin, "/", kind, LONG_LEN));
    rig_expect_timeout(&got, GOFER_PHASE_SEND, LIMIT_MS);
    EXPECT_HOLDS(got.error->message, "no byte moved for 80 ms");
    EXPECT_INT(got.error->sent, GOFER_SENT_SOME);
    EXPECT(rig_wait_active(client, 0));
    EXPECT_INT(rig_stats(client).conns_in_use, 0);
    gate_pass(intake->go);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void a_peer_that_does_not_read_is_a_stall(void)
{
    payload_each(stalls);
}

static void is_cancelled(enum payload kind)
{
    gofer_cancel *token = gofer_cancel_new();
    struct caller caller;

    set_up(NULL);
    intake->go = rig_gate();
    gofer_request *request = payload_request("POST", origin, "/", kind, LONG_LEN);
    gofer_request_set_cancel(request, token);
    caller_start(&caller, client, request);
    EXPECT(gate_wait(intake->head, 1));
    gofer_cancel_fire(token);
    struct outcome got = caller_join(&caller);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    EXPECT_INT(got.error->phase, GOFER_PHASE_SEND);
    gofer_cancel_free(token);
    gate_pass(intake->go);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void a_cancel_ends_an_upload_that_is_stuck(void)
{
    payload_each(is_cancelled);
}

/* --- slowly --- */

/* Reads some bytes every few milliseconds, until the gate is passed. */
static void read_slowly(struct peer *peer, void *arg)
{
    char piece[1024];
    int small = 4096;
    struct gate *over = arg;

    setsockopt(peer_fd(peer), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (!peer_read_head(peer))
        return;
    while (gate_passes(over) == 0 && peer_read(peer, piece, sizeof piece))
        pass_ms(5);
}

static void is_too_slow(enum payload kind)
{
    client = rig_client(&(gofer_client_options){.min_rate_bytes_per_s = 1000 * 1000 * 1000,
                                                .min_rate_window_ms = LIMIT_MS,
                                                .stall_timeout_ms = 100 * LIMIT_MS});
    struct gate *over = rig_gate();
    origin = rig_origin(read_slowly, over);
    struct outcome got = rig_call(client, payload_request("POST", origin, "/", kind, LONG_LEN));
    rig_expect_timeout(&got, GOFER_PHASE_SEND, LIMIT_MS);
    EXPECT_HOLDS(got.error->message, "too few bytes moved in 80 ms");
    gate_pass(over);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void a_peer_below_the_rate_ends_the_call(void)
{
    payload_each(is_too_slow);
}

/* With as little room as the system gives: what is written is soon read, or waits. */
static int give_little_room(int fd, const gofer_address *address, void *arg)
{
    int small = 4096;

    (void)address;
    (void)arg;
    return setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
}

/* Over two windows or more, at ten times the rate and more. On a busy machine the peer pauses for
 * as long as a short window has. */
static void is_fast_enough(enum payload kind)
{
    struct outcome got = {.status = GOFER_PENDING};

    for (int64_t ms = 40; ms < 4000 && got.status != GOFER_OK; ms *= 4) {
        set_up(&(gofer_client_options){.min_rate_bytes_per_s = 1000,
                                       .min_rate_window_ms = ms,
                                       .socket_opened = give_little_room});
        intake->pace = INTAKE_RESTS;
        size_t len = ROOM_LEN + (size_t)ms * 4096;
        got = rig_call(client, payload_request("POST", origin, "/", kind, len));
        if (got.status == GOFER_OK) {
            EXPECT_AT_LEAST(got.took_ms, 2 * ms);
            rig_expect_answer(&got, 200, intake_answer(len));
        }
        rig_end_client(client);
    }
    EXPECT_STATUS(got.status, GOFER_OK);
}

static void a_peer_above_the_rate_does_not(void)
{
    payload_each(is_fast_enough);
}

/* The rate is the upload's and the download's: waiting for an answer has none. */
static void waiting_for_the_answer_is_not_slow(void)
{
    struct caller caller;

    set_up(&(gofer_client_options){.min_rate_bytes_per_s = 1000 * 1000,
                                   .min_rate_window_ms = LIMIT_MS});
    intake->go = rig_gate();
    caller_start(&caller, client, payload_request("POST", origin, "/", PAYLOAD_COPY, 1000));
    EXPECT(gate_wait(intake->head, 1));
    pass_ms(3 * LIMIT_MS);
    gate_pass(intake->go);
    struct outcome got = caller_join(&caller);
    rig_expect_answer(&got, 200, intake_answer(1000));
}

/* --- a byte at a time --- */

/* Every call of the library moves one byte, and each third has to be made again. */
static int move_one(enum tap_call call, unsigned nth, void *arg)
{
    (void)arg;
    if (call != TAP_SEND && call != TAP_RECV && call != TAP_SENDFILE)
        return 0;
    if (nth % 7 == 3)
        return -EINTR;
    if (nth % 7 == 5 && call != TAP_RECV)
        return -EAGAIN;
    return 1;
}

static void passes_byte_by_byte(enum payload kind)
{
    client = scene_client(&(gofer_client_options){.expect_continue_timeout_ms = 5});
    intake = intake_new();
    intake->pace = INTAKE_SIPS;
    origin = intake_origin(intake);
    tap_open(move_one, NULL);
    for (int i = 0; i < 2; i++) {
        gofer_request *request = payload_request("POST", origin, "/", kind, 700);
        gofer_request_set_expect_continue(request, i);
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, intake_answer(700));
    }
    EXPECT_INT(rig_stats(client).conns_opened, 1);
    rig_end_client(client);
    tap_close();
}

static void one_byte_at_a_time_is_the_same(void)
{
    payload_each(passes_byte_by_byte);
}

/* --- peers that go --- */

static void reset_soon(struct peer *peer, void *arg)
{
    char piece[1000];

    (void)arg;
    if (peer_read_head(peer) && peer_read(peer, piece, sizeof piece))
        peer_reset(peer);
}

static void raises_no_signal(enum payload kind)
{
    client = rig_client(NULL);
    origin = rig_origin(reset_soon, NULL);
    for (int i = 0; i < 5; i++) {
        struct outcome got = rig_call(client, payload_request("POST", origin, "/", kind, LONG_LEN));
        rig_expect_error(&got, GOFER_ERR_BROKEN);
    }
}

static void a_peer_that_goes_raises_no_signal(void)
{
    struct sigaction action;

    sigaction(SIGPIPE, NULL, &action);
    EXPECT(action.sa_handler == SIG_DFL);
    payload_each(raises_no_signal);
    sigaction(SIGPIPE, NULL, &action);
    EXPECT(action.sa_handler == SIG_DFL);
}

CU_TestInfo slow_peer_tests[] = {
    {"TCP-05 a peer that does not read is a stall", a_peer_that_does_not_read_is_a_stall},
    {"C12 a cancel ends an upload that is stuck", a_cancel_ends_an_upload_that_is_stuck},
    {"TCP-05 a peer below the minimum rate ends the call", a_peer_below_the_rate_ends_the_call},
    {"a peer above the minimum rate does not", a_peer_above_the_rate_does_not},
    {"waiting for the answer is not slow", waiting_for_the_answer_is_not_slow},
    {"TCP-07 one byte at a time is the same", one_byte_at_a_time_is_the_same},
    {"TCP-08 a peer that goes raises no signal", a_peer_that_goes_raises_no_signal},
    CU_TEST_INFO_NULL};
