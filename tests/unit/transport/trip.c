/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One exchange over a socket pair: see trip.h.
 */
#include "unit/transport/trip.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"

struct trip trip;

static char scratch[TURN_SCRATCH];

void trip_set_request(const char *head)
{
    trip.request = (struct exchange_request){
        .up = {.head = head, .head_len = strlen(head)},
        .down = {.url = "http://a/",
                 .url_len = 9,
                 .max_head_bytes = 4096,
                 .max_body_bytes = 1 << 20},
        .stall_timeout_ms = -1,
        .header_timeout_ms = -1,
        .expect_timeout_ms = -1,
        .min_rate = -1,
    };
    trip.turn = (struct turn){.scratch = scratch, .scratch_len = sizeof scratch};
}

void trip_set_body(const char *data, size_t len)
{
    trip.request.up.source = source_new_ref(data, len, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(trip.request.up.source);
}

bool trip_begin(void)
{
    int fds[2];
    trip.fault = (struct fault){0};
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    trip.server = fds[1];
    struct conn *conn = conn_new(fds[0], NULL, 0);
    if (conn == NULL) {
        close(fds[0]);
        close(fds[1]);
        return false;
    }
    exchange_init(&trip.x, conn, &trip.request, clock_now_ns());
    return true;
}

void trip_hang_up(void)
{
    if (trip.server >= 0)
        close(trip.server);
    trip.server = -1;
}

void trip_end(void)
{
    exchange_fini(&trip.x);
    conn_close(&trip.x.conn);
    source_unref(trip.request.up.source);
    trip.request.up.source = NULL;
    trip_hang_up();
}

enum exchange_next trip_step(void)
{
    enum exchange_next next = exchange_step(&trip.x, &trip.turn, NULL, &trip.fault);
    memset(scratch, '!', sizeof scratch);
    return next;
}

void trip_send_bytes(const char *bytes, size_t len)
{
    CU_ASSERT_EQUAL(send(trip.server, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

enum exchange_next trip_feed(const char *bytes, size_t len)
{
    trip_send_bytes(bytes, len);
    enum exchange_next next;
    do
        next = trip_step();
    while (next == EXCHANGE_YIELD);
    return next;
}

enum exchange_next trip_feed_text(const char *text)
{
    return trip_feed(text, strlen(text));
}

void trip_write_request(void)
{
    char sink[1024];
    CU_ASSERT_EQUAL(trip_step(), EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(exchange_sent(&trip.x), GOFER_SENT_ALL);
    CU_ASSERT(recv(trip.server, sink, sizeof sink, 0) > 0);
}

bool trip_failed_with(enum exchange_next next, gofer_status code, gofer_phase phase)
{
    return next == EXCHANGE_FAILED && trip.fault.code == code && trip.fault.phase == phase;
}
