/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * transport/exchange, step by step: writing, also against a server that does not
 * read or has answered already; where a turn ends; what a driving caller does
 * otherwise; and which byte moves which time limit.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"
#include "unit/transport/trip.h"

extern CU_TestInfo exchange_turn_tests[];

/* --- writing --- */

enum { BIG = 4 << 20 };
static char big[BIG];

#define POST_HEAD "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4194304\r\n\r\n"
#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static void begin_upload(size_t len)
{
    trip_set_request(POST_HEAD);
    trip_set_body(big, len);
    trip_begin();
}

/* Steps until the socket is full. */
static void fill(void)
{
    enum exchange_next next;
    do
        next = trip_step();
    while (next == EXCHANGE_YIELD);
    CU_ASSERT_EQUAL(next, EXCHANGE_WAIT);
    CU_ASSERT(trip.x.full);
    CU_ASSERT_EQUAL(trip_step(), EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(exchange_sent(&trip.x), GOFER_SENT_SOME);
}

static void drain(void)
{
    static char sink[64 * 1024];
    while (recv(trip.server, sink, sizeof sink, MSG_DONTWAIT) > 0)
        continue;
}

static void head_and_body_leave_in_one_piece(void)
{
    char seen[128] = "";
    trip_set_request("POST / HTTP/1.1\r\n\r\n");
    trip_set_body("body", 4);
    trip_begin();
    CU_ASSERT_EQUAL(exchange_sent(&trip.x), GOFER_SENT_NOTHING);
    CU_ASSERT_EQUAL(trip.x.phase, GOFER_PHASE_SEND);
    CU_ASSERT_EQUAL(trip_step(), EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(recv(trip.server, seen, sizeof seen - 1, 0), 23);
    CU_ASSERT_STRING_EQUAL(seen, "POST / HTTP/1.1\r\n\r\nbody");
    CU_ASSERT_EQUAL(exchange_sent(&trip.x), GOFER_SENT_ALL);
    CU_ASSERT_EQUAL(trip.x.phase, GOFER_PHASE_WAIT);
    trip_end();
}

static void a_worker_parks_after_writing_without_a_read(void)
{
    trip_set_request(REQUEST_HEAD);
    trip_begin();
    trip_send_bytes(OK_EMPTY, strlen(OK_EMPTY));
    CU_ASSERT_EQUAL(trip_step(), EXCHANGE_WAIT);
    CU_ASSERT_FALSE(trip.x.down.begun);
    CU_ASSERT_EQUAL(trip_step(), EXCHANGE_DONE);
    CU_ASSERT(exchange_reusable(&trip.x));
    trip_end();
}

static void a_long_request_is_written_as_the_server_reads(void)
{
    enum exchange_next next;
    begin_upload(BIG);
    do {
        drain();
        next = trip_step();
    } while ((next == EXCHANGE_WAIT && trip.x.full) || next == EXCHANGE_YIELD);
    CU_ASSERT_EQUAL(next, EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(trip.x.up.sent, strlen(POST_HEAD) + BIG);
    drain();
    CU_ASSERT_EQUAL(trip_feed_text(OK_EMPTY), EXCHANGE_DONE);
    CU_ASSERT(exchange_reusable(&trip.x));
    trip_end();
}

static void an_early_response_is_delivered_and_spoils_the_connection(void)
{
    begin_upload(BIG);
    fill();
    CU_ASSERT_EQUAL(trip_feed_text("HTTP/1.1 413 Too Large\r\nContent-Le"), EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(trip_feed_text("ngth: 2\r\n\r\nno"), EXCHANGE_DONE);
    CU_ASSERT_EQUAL(trip.x.down.response->status, 413);
    CU_ASSERT_FALSE(exchange_reusable(&trip.x));
    CU_ASSERT_EQUAL(exchange_sent(&trip.x), GOFER_SENT_SOME);
    trip_end();
}

/* The response's head comes early, the request is written after all. */
static void a_response_may_begin_before_the_request_is_written(void)
{
    enum exchange_next next;
    begin_upload(BIG);
    fill();
    CU_ASSERT_EQUAL(trip_feed_text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"), EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(trip.x.phase, GOFER_PHASE_BODY);
    do {
        drain();
        next = trip_step();
    } while ((next == EXCHANGE_WAIT && trip.x.full) || next == EXCHANGE_YIELD);
    CU_ASSERT_EQUAL(next, EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(trip.x.phase, GOFER_PHASE_BODY);
    CU_ASSERT_EQUAL(trip_feed_text("k"), EXCHANGE_DONE);
    CU_ASSERT(exchange_reusable(&trip.x));
    trip_end();
}

static void a_response_behind_a_broken_write_is_read(void)
{
    begin_upload(BIG);
    fill();
    trip_send_bytes(OK_EMPTY, strlen(OK_EMPTY));
    trip_hang_up();
    CU_ASSERT_EQUAL(trip_step(), EXCHANGE_DONE);
    CU_ASSERT_EQUAL(trip.x.down.response->status, 200);
    CU_ASSERT_FALSE(exchange_reusable(&trip.x));
    trip_end();
}

static void a_broken_write_with_no_or_half_a_response_fails(void)
{
    begin_upload(BIG);
    fill();
    trip_hang_up();
    CU_ASSERT(trip_failed_with(trip_step(), GOFER_ERR_BROKEN, GOFER_PHASE_SEND));
    CU_ASSERT(trip.fault.sys_errno == EPIPE || trip.fault.sys_errno == ECONNRESET);
    CU_ASSERT_EQUAL(exchange_sent(&trip.x), GOFER_SENT_SOME);
    trip_end();
    begin_upload(BIG);
    fill();
    trip_send_bytes("HTTP/1.1 200", 12);
    trip_hang_up();
    CU_ASSERT(trip_failed_with(trip_step(), GOFER_ERR_TRUNCATED, GOFER_PHASE_HEADERS));
    trip_end();
}

static void a_connection_that_is_dead_at_once_sent_nothing(void)
{
    trip_set_request(REQUEST_HEAD);
    trip_begin();
    trip_hang_up();
    CU_ASSERT(trip_failed_with(trip_step(), GOFER_ERR_BROKEN, GOFER_PHASE_SEND));
    CU_ASSERT_EQUAL(exchange_sent(&trip.x), GOFER_SENT_NOTHING);
    trip_end();
}

/* --- turns --- */

static void a_turn_of_reads_ends_after_sixteen(void)
{
    char bytes[64 + 2000];
    int turns = 1;
    trip_set_request(REQUEST_HEAD);
    trip_begin();
    trip_write_request();
    trip.turn.scratch_len = 32;
    int n = snprintf(bytes, sizeof bytes,
                     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", 1500);
    memset(bytes + n, 'b', 1500);
    memcpy(bytes + n + 1500, "\r\n0\r\n\r\n", 7);
    trip_send_bytes(bytes, (size_t)n + 1507);
    enum exchange_next next;
    while ((next = trip_step()) == EXCHANGE_YIELD)
        turns++;
    CU_ASSERT_EQUAL(next, EXCHANGE_DONE);
    CU_ASSERT_EQUAL(trip.x.down.response->body_len, 1500);
    CU_ASSERT_EQUAL(turns, ((n + 1507 + 31) / 32 + TURN_MAX_READS - 1) / TURN_MAX_READS);
    trip_end();
}

/* A body over what fits into the response's block: it grows as bytes arrive, and yields between. */
static void a_large_body_is_whole(void)
{
    char head[128];
    size_t sent = 0, len = BIG - 7;
    enum exchange_next next;
    for (size_t i = 0; i < BIG; i++)
        big[i] = (char)('a' + i * 7 % 26);
    trip_set_request(REQUEST_HEAD);
    trip.request.down.max_body_bytes = BIG;
    trip_begin();
    trip_write_request();
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len);
    next = trip_feed_text(head);
    while (next == EXCHANGE_WAIT || next == EXCHANGE_YIELD) {
        ssize_t n = send(trip.server, big + sent, len - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        next = trip_step();
    }
    CU_ASSERT_EQUAL(next, EXCHANGE_DONE);
    CU_ASSERT_EQUAL(trip.x.down.response->body_len, len);
    CU_ASSERT_EQUAL(memcmp(trip.x.down.response->body, big, len), 0);
    CU_ASSERT(exchange_reusable(&trip.x));
    struct gofer_response *r = download_take_response(&trip.x.down);
    CU_ASSERT_PTR_NULL(trip.x.down.response);
    trip_end();
    CU_ASSERT_EQUAL(r->body[len], '\0');
    gofer_response_free(r);
    memset(big, 0, sizeof big);
}

static void half_a_head_is_kept_and_given_up_when_it_is_whole(void)
{
    trip_set_request(REQUEST_HEAD);
    trip_begin();
    trip_write_request();
    CU_ASSERT_EQUAL(trip_feed_text("HTTP/1.1 200 OK\r\nContent-"), EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(trip.x.down.kept.len, 25);
    CU_ASSERT_EQUAL(trip.x.phase, GOFER_PHASE_HEADERS);
    CU_ASSERT_EQUAL(trip_feed_text("Length: 3\r\n\r\na"), EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(trip.x.down.kept.cap, 0);
    CU_ASSERT_EQUAL(trip_feed_text("bc"), EXCHANGE_DONE);
    CU_ASSERT_STRING_EQUAL(trip.x.down.response->body, "abc");
    trip_end();
}

/* --- a driving caller --- */

static void a_driver_writes_and_reads_in_one_step(void)
{
    trip_set_request(REQUEST_HEAD);
    trip.turn.driven = true;
    trip_begin();
    trip_send_bytes(OK_EMPTY, strlen(OK_EMPTY));
    CU_ASSERT_EQUAL(trip_step(), EXCHANGE_DONE);
    CU_ASSERT_STRING_EQUAL(trip.x.down.response->body, "ok");
    trip_end();
}

static void a_driver_that_was_interrupted_interprets_nothing(void)
{
    for (int bytes = 0; bytes < 2; bytes++) {
        _Atomic bool interrupted = true;
        trip_set_request(REQUEST_HEAD);
        trip.turn.driven = true;
        trip_begin();
        if (bytes)
            trip_send_bytes(OK_EMPTY, strlen(OK_EMPTY));
        shutdown(trip.server, SHUT_WR);
        CU_ASSERT_EQUAL(exchange_step(&trip.x, &trip.turn, &interrupted, &trip.fault),
                        EXCHANGE_INTERRUPTED);
        CU_ASSERT_FALSE(trip.x.down.begun);
        CU_ASSERT_EQUAL(trip.fault.code, GOFER_OK);
        trip_end();
    }
}

/* A driver that sent without waiting polls for both directions (design 7.2). */
static void a_driver_with_a_long_request_does_not_block_in_send(void)
{
    begin_upload(BIG);
    trip.turn.driven = true;
    fill();
    CU_ASSERT_EQUAL(trip_feed_text(OK_EMPTY), EXCHANGE_DONE);
    trip_end();
}

/* --- limits of time --- */

enum { STALL = 30000, HEADER = 5000 };

static int64_t at_ms(int64_t ms)
{
    return (ms + 1000) * CLOCK_MS;
}

static void begin_timed(size_t body_len)
{
    trip_set_request(POST_HEAD);
    trip_set_body(big, body_len);
    trip.request.stall_timeout_ms = STALL;
    trip.request.header_timeout_ms = HEADER;
    clock_fake(at_ms(0));
    trip_begin();
}

static void every_byte_moves_the_stall_limit(void)
{
    begin_timed(0);
    trip.request.header_timeout_ms = -1;
    CU_ASSERT_EQUAL(exchange_deadline(&trip.x), at_ms(STALL));
    CU_ASSERT_EQUAL(trip_step(), EXCHANGE_WAIT);
    clock_fake(at_ms(1000));
    CU_ASSERT_EQUAL(trip_step(), EXCHANGE_WAIT); /* no byte */
    CU_ASSERT_EQUAL(exchange_deadline(&trip.x), at_ms(STALL));
    CU_ASSERT_EQUAL(trip_feed_text("H"), EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(exchange_deadline(&trip.x), at_ms(1000 + STALL));
    clock_fake(at_ms(2000));
    CU_ASSERT_EQUAL(trip_feed_text("TTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"), EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(exchange_deadline(&trip.x), at_ms(2000 + STALL));
    clock_fake(at_ms(3000));
    CU_ASSERT_EQUAL(trip_feed_text("o"), EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(exchange_deadline(&trip.x), at_ms(3000 + STALL));
    clock_fake(-1);
    trip_end();
}

static void the_last_byte_written_moves_the_stall_limit(void)
{
    enum exchange_next next;
    begin_timed(BIG);
    trip.request.header_timeout_ms = -1;
    fill();
    do {
        drain();
        clock_fake(clock_now_ns() + 1000 * CLOCK_MS);
        next = trip_step();
    } while ((next == EXCHANGE_WAIT && trip.x.full) || next == EXCHANGE_YIELD);
    CU_ASSERT_EQUAL(next, EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(exchange_deadline(&trip.x), clock_now_ns() + STALL * CLOCK_MS);
    clock_fake(-1);
    trip_end();
}

static void the_header_limit_runs_from_the_written_request_to_the_head(void)
{
    begin_timed(BIG);
    fill();
    CU_ASSERT_EQUAL(atomic_load(&trip.x.header_at), CLOCK_NEVER);
    trip_end();
    begin_timed(0);
    CU_ASSERT_EQUAL(trip_step(), EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(exchange_deadline(&trip.x), at_ms(HEADER));
    CU_ASSERT_EQUAL(trip_feed_text("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 "), EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(exchange_deadline(&trip.x), at_ms(HEADER));
    CU_ASSERT_EQUAL(trip_feed_text("200 OK\r\nContent-Length: 2\r\n\r\n"), EXCHANGE_WAIT);
    CU_ASSERT_EQUAL(exchange_deadline(&trip.x), at_ms(STALL));
    clock_fake(-1);
    trip_end();
}

CU_TestInfo exchange_turn_tests[] = {
    {"head and body leave in one piece", head_and_body_leave_in_one_piece},
    {"a worker parks after writing without a read", a_worker_parks_after_writing_without_a_read},
    {"a long request is written as the server reads",
     a_long_request_is_written_as_the_server_reads},
    {"an early response is delivered and spoils the connection",
     an_early_response_is_delivered_and_spoils_the_connection},
    {"a response may begin before the request is written",
     a_response_may_begin_before_the_request_is_written},
    {"TCP-02 a response behind a broken write is read", a_response_behind_a_broken_write_is_read},
    {"TCP-02 a broken write with no or half a response fails",
     a_broken_write_with_no_or_half_a_response_fails},
    {"a connection that is dead at once sent nothing",
     a_connection_that_is_dead_at_once_sent_nothing},
    {"a turn of reads ends after sixteen", a_turn_of_reads_ends_after_sixteen},
    {"a large body is whole", a_large_body_is_whole},
    {"half a head is kept, and given up when it is whole",
     half_a_head_is_kept_and_given_up_when_it_is_whole},
    {"a driver writes and reads in one step", a_driver_writes_and_reads_in_one_step},
    {"7.3 a driver that was interrupted interprets nothing",
     a_driver_that_was_interrupted_interprets_nothing},
    {"7.2 a driver with a long request does not block in send",
     a_driver_with_a_long_request_does_not_block_in_send},
    {"every byte moves the stall limit", every_byte_moves_the_stall_limit},
    {"the last byte written moves the stall limit", the_last_byte_written_moves_the_stall_limit},
    {"the header limit runs from the written request to the head",
     the_header_limit_runs_from_the_written_request_to_the_head},
    CU_TEST_INFO_NULL,
};
