/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * transport/exchange, reading: how a response is put together from bytes that
 * arrive in any pieces, what ends it early, and how much of it is accepted.
 *
 * What came of an exchange is written down as one line of text; that line must
 * be the same however the bytes were cut.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "unit/http/scarce.h"
#include "unit/transport/trip.h"

extern CU_TestInfo exchange_tests[];

/* --- outcomes in words --- */

static void describe(enum exchange_next next, char *line, size_t size)
{
    const struct gofer_response *r = trip.x.down.response;
    int n;
    if (next == EXCHANGE_FAILED) {
        snprintf(line, size, "failed %s in %s", gofer_status_name(trip.fault.code),
                 gofer_phase_name(trip.fault.phase));
        return;
    }
    if (next != EXCHANGE_DONE || r == NULL) {
        snprintf(line, size, "unfinished %d", (int)next);
        return;
    }
    n = snprintf(line, size, "%d.%d \"%s\" %zu fields, length %lld, %s, body ", r->status, r->minor,
                 r->reason, r->fields_len, (long long)r->content_length,
                 exchange_reusable(&trip.x) ? "keep" : "close");
    for (size_t i = 0; i < r->fields_len; i++)
        n += snprintf(line + n, size - (size_t)n, "[%s=%s]", r->head + r->fields[i].name,
                      r->head + r->fields[i].value);
    snprintf(line + n, size - (size_t)n, "%.*s|%zu", (int)r->body_len, r->body, r->body_len);
}

struct sample {
    const char *bytes;
    const char *outcome;
    bool head_method;
    bool to_eof;
};

static const struct sample samples[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:  b \r\n\r\nhello",
     "200.1 \"OK\" 2 fields, length 5, keep, body [Content-Length=5][X-A=b]hello|5", false, false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: "
     "1\r\n\r\n",
     "200.1 \"OK\" 1 fields, length -1, keep, body [Transfer-Encoding=chunked]hello|5", false,
     false},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 "
     "\r\nContent-Length: 2\r\n\r\nok",
     "201.1 \"\" 1 fields, length 2, keep, body [Content-Length=2]ok|2", false, false},
    {"HTTP/1.1 204 No Content\r\n\r\n", "204.1 \"No Content\" 0 fields, length -1, keep, body |0",
     false, false},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
     "304.1 \"Not Modified\" 1 fields, length 7, keep, body [Content-Length=7]|0", false, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
     "200.1 \"OK\" 1 fields, length 0, keep, body [Content-Length=0]|0", false, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
     "200.1 \"OK\" 1 fields, length 5, keep, body [Content-Length=5]|0", true, false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
     "200.1 \"OK\" 1 fields, length -1, keep, body [Transfer-Encoding=chunked]|0", true, false},
    {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
     "200.1 \"OK\" 2 fields, length 2, close, body [Connection=close][Content-Length=2]ok|2", false,
     false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
     "200.0 \"OK\" 1 fields, length 2, close, body [Content-Length=2]ok|2", false, false},
    {"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
     "200.1 \"OK\" 1 fields, length 2, keep, body [Content-Length=2]ok|2", false, false},
    {"HTTP/1.1 200 OK\r\n\r\nuntil the end",
     "200.1 \"OK\" 0 fields, length -1, close, body until "
     "the end|13",
     false, true},
    {"HTTP/1.0 404 Not\r\n\r\n", "404.0 \"Not\" 0 fields, length -1, close, body |0", false, true},
};

enum { SAMPLES = sizeof samples / sizeof samples[0] };

static void begin_sample(const struct sample *s)
{
    trip_set_request(REQUEST_HEAD);
    trip.request.down.asked = s->head_method ? ASKED_HEAD : ASKED_PLAIN;
    trip_begin();
    trip_write_request();
}

/* The end of the sample: with a body up to the end, the server hangs up. */
static enum exchange_next finish_sample(const struct sample *s, enum exchange_next next)
{
    if (next != EXCHANGE_WAIT || !s->to_eof)
        return next;
    trip_hang_up();
    return trip_step();
}

static void check_outcome(const struct sample *s, enum exchange_next next)
{
    char line[512];
    describe(next, line, sizeof line);
    if (strcmp(line, s->outcome) != 0)
        fprintf(stderr, "\n%s\ngave      %s\ninstead of %s\n", s->bytes, line, s->outcome);
    CU_ASSERT_STRING_EQUAL(line, s->outcome);
    if (trip.x.down.response != NULL && next == EXCHANGE_DONE)
        CU_ASSERT_EQUAL(trip.x.down.response->body[trip.x.down.response->body_len], '\0');
    trip_end();
}

static void a_response_in_one_piece(void)
{
    for (int i = 0; i < SAMPLES; i++) {
        begin_sample(&samples[i]);
        check_outcome(&samples[i], finish_sample(&samples[i], trip_feed_text(samples[i].bytes)));
    }
}

static void every_split_point_gives_the_same_response(void)
{
    for (int i = 0; i < SAMPLES; i++) {
        const struct sample *s = &samples[i];
        size_t len = strlen(s->bytes);
        for (size_t at = 1; at < len; at++) {
            begin_sample(s);
            CU_ASSERT_EQUAL(trip_feed(s->bytes, at), EXCHANGE_WAIT);
            enum exchange_next next = trip_feed(s->bytes + at, len - at);
            check_outcome(s, finish_sample(s, next));
        }
    }
}

static void a_byte_at_a_time_gives_the_same_response(void)
{
    for (int i = 0; i < SAMPLES; i++) {
        const struct sample *s = &samples[i];
        enum exchange_next next = EXCHANGE_WAIT;
        begin_sample(s);
        for (const char *c = s->bytes; *c != '\0' && next == EXCHANGE_WAIT; c++)
            next = trip_feed(c, 1);
        check_outcome(s, finish_sample(s, next));
    }
}

static void a_small_scratch_buffer_gives_the_same_response(void)
{
    for (int i = 0; i < SAMPLES; i++) {
        begin_sample(&samples[i]);
        trip.turn.scratch_len = 3;
        check_outcome(&samples[i], finish_sample(&samples[i], trip_feed_text(samples[i].bytes)));
    }
}

/* --- early ends --- */

static size_t head_len(const struct sample *s)
{
    const char *end_of_head = strstr(s->bytes, "\n\r\n");
    if (end_of_head != NULL)
        return (size_t)(end_of_head - s->bytes) + 3;
    return (size_t)(strstr(s->bytes, "\n\n") - s->bytes) + 2;
}

static void truncate_everywhere(const struct sample *s)
{
    for (size_t at = 0; at < strlen(s->bytes); at++) {
        begin_sample(s);
        if (at > 0)
            CU_ASSERT_EQUAL(trip_feed(s->bytes, at), EXCHANGE_WAIT);
        trip_hang_up();
        enum exchange_next next = trip_step();
        if (at == 0)
            CU_ASSERT(trip_failed_with(next, GOFER_ERR_BROKEN, GOFER_PHASE_WAIT));
        if (at > 0)
            CU_ASSERT(trip_failed_with(next, GOFER_ERR_TRUNCATED,
                                       at < head_len(s) ? GOFER_PHASE_HEADERS : GOFER_PHASE_BODY));
        CU_ASSERT_EQUAL(exchange_sent(&trip.x), GOFER_SENT_ALL);
        trip_end();
    }
}

static void an_early_end_is_broken_or_truncated(void)
{
    truncate_everywhere(&samples[0]);
    truncate_everywhere(&samples[1]);
    truncate_everywhere(&samples[3]);
    truncate_everywhere(&samples[10]);
}

static void end_behind_a_1xx(const char *more, gofer_status status)
{
    trip_set_request(REQUEST_HEAD);
    trip_begin();
    trip_write_request();
    CU_ASSERT_EQUAL(trip_feed_text("HTTP/1.1 100 Continue\r\n\r\n"), EXCHANGE_WAIT);
    if (*more != '\0')
        CU_ASSERT_EQUAL(trip_feed_text(more), EXCHANGE_WAIT);
    trip_hang_up();
    CU_ASSERT(trip_failed_with(trip_step(), status, GOFER_PHASE_HEADERS));
    trip_end();
}

/* As in curl: a server that only said it would go on has not answered. */
static void an_early_end_behind_a_1xx_comes_before_the_response(void)
{
    end_behind_a_1xx("", GOFER_ERR_BROKEN);
    end_behind_a_1xx("H", GOFER_ERR_TRUNCATED);
    end_behind_a_1xx("HTTP/1.1 103 Early Hints\r\n\r\n", GOFER_ERR_BROKEN);
}

/* Closing an end with unread bytes resets the other. */
static void a_reset_is_no_end(void)
{
    for (int with_head = 0; with_head < 2; with_head++) {
        trip_set_request(REQUEST_HEAD);
        trip_begin();
        CU_ASSERT_EQUAL(trip_step(), EXCHANGE_WAIT);
        if (with_head)
            CU_ASSERT_EQUAL(trip_feed_text("HTTP/1.1 200 OK\r\n\r\nhalf a"), EXCHANGE_WAIT);
        trip_hang_up();
        enum exchange_next next = trip_step();
        if (with_head) {
            CU_ASSERT(trip_failed_with(next, GOFER_ERR_TRUNCATED, GOFER_PHASE_BODY));
        } else {
            CU_ASSERT(trip_failed_with(next, GOFER_ERR_BROKEN, GOFER_PHASE_WAIT));
        }
        CU_ASSERT_EQUAL(trip.fault.sys_errno, ECONNRESET);
        trip_end();
    }
}

/* --- bytes too many --- */

static void bytes_behind_the_response_spoil_the_connection(void)
{
    for (int i = 0; i < SAMPLES; i++) {
        const struct sample *s = &samples[i];
        char bytes[256];
        if (s->to_eof)
            continue;
        begin_sample(s);
        snprintf(bytes, sizeof bytes, "%s!", s->bytes);
        CU_ASSERT_EQUAL(trip_feed_text(bytes), EXCHANGE_DONE);
        CU_ASSERT(trip.x.down.overrun);
        CU_ASSERT_FALSE(exchange_reusable(&trip.x));
        trip_end();
    }
}

/* The head alone first: then the body is received into the response itself. */
static void bytes_behind_a_body_read_in_place_spoil_the_connection(void)
{
    for (int extra = 0; extra < 3; extra++) {
        trip_set_request(REQUEST_HEAD);
        trip_begin();
        trip_write_request();
        CU_ASSERT_EQUAL(trip_feed_text("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
                        EXCHANGE_WAIT);
        CU_ASSERT_EQUAL(trip_feed_text("he"), EXCHANGE_WAIT);
        CU_ASSERT_EQUAL(trip.x.down.response->body_len, 2);
        CU_ASSERT_EQUAL(trip_feed("llo??", 3 + (size_t)extra), EXCHANGE_DONE);
        CU_ASSERT_STRING_EQUAL(trip.x.down.response->body, "hello");
        CU_ASSERT_EQUAL(trip.x.down.overrun, extra > 0);
        CU_ASSERT_EQUAL(exchange_reusable(&trip.x), extra == 0);
        trip_end();
    }
}

/* --- limits --- */

static void the_head_limit_counts_bytes(void)
{
    for (int one_by_one = 0; one_by_one < 2; one_by_one++)
        for (int over = 0; over < 2; over++) {
            enum exchange_next next = EXCHANGE_WAIT;
            const char *head = "HTTP/1.1 204 No Content\r\nX: abcdefgh\r\n\r\n";
            trip_set_request(REQUEST_HEAD);
            trip.request.down.max_head_bytes = strlen(head) - (size_t)over;
            trip_begin();
            trip_write_request();
            if (one_by_one)
                for (const char *c = head; *c != '\0' && next == EXCHANGE_WAIT; c++)
                    next = trip_feed(c, 1);
            else
                next = trip_feed_text(head);
            if (over) {
                CU_ASSERT(trip_failed_with(next, GOFER_ERR_TOO_LARGE, GOFER_PHASE_HEADERS));
            } else {
                CU_ASSERT_EQUAL(next, EXCHANGE_DONE);
            }
            trip_end();
        }
}

static void an_endless_head_is_cut_off(void)
{
    enum exchange_next next = EXCHANGE_WAIT;
    unsigned fed = 0;
    trip_set_request(REQUEST_HEAD);
    trip_begin();
    trip_write_request();
    next = trip_feed_text("HTTP/1.1 200 OK\r\n");
    while (next == EXCHANGE_WAIT && fed < 10000) {
        next = trip_feed_text("X-Pad: 123\r\n");
        fed += 12;
    }
    CU_ASSERT(trip_failed_with(next, GOFER_ERR_TOO_LARGE, GOFER_PHASE_HEADERS));
    CU_ASSERT(fed < 4096 + 12);
    trip_end();
}

static enum exchange_next feed_1xx(int n, const char *head)
{
    enum exchange_next next = EXCHANGE_WAIT;
    trip_set_request(REQUEST_HEAD);
    trip_begin();
    trip_write_request();
    for (int i = 0; i < n && next == EXCHANGE_WAIT; i++)
        next = trip_feed_text(head);
    return next == EXCHANGE_WAIT ? trip_feed_text("HTTP/1.1 204 No Content\r\n\r\n") : next;
}

static void informational_responses_are_skipped_up_to_a_limit(void)
{
    CU_ASSERT_EQUAL(feed_1xx(32, "HTTP/1.1 103 x\r\n\r\n"), EXCHANGE_DONE);
    CU_ASSERT_EQUAL(trip.x.down.response->status, 204);
    CU_ASSERT(exchange_reusable(&trip.x));
    trip_end();
    CU_ASSERT(trip_failed_with(feed_1xx(33, "HTTP/1.1 103 x\r\n\r\n"), GOFER_ERR_PROTOCOL,
                               GOFER_PHASE_HEADERS));
    trip_end();
    char head[512];
    snprintf(head, sizeof head, "HTTP/1.1 103 x\r\nX: %0400d\r\n\r\n", 0);
    CU_ASSERT_EQUAL(feed_1xx(9, head), EXCHANGE_DONE);
    trip_end();
    CU_ASSERT(trip_failed_with(feed_1xx(10, head), GOFER_ERR_TOO_LARGE, GOFER_PHASE_HEADERS));
    trip_end();
}

static void check_body_limit(const char *head, const char *body, bool to_eof, uint64_t limit)
{
    const uint64_t len = 5;
    trip_set_request(REQUEST_HEAD);
    trip.request.down.max_body_bytes = limit;
    trip_begin();
    trip_write_request();
    enum exchange_next next = trip_feed_text(head);
    if (next == EXCHANGE_WAIT)
        next = trip_feed_text(body);
    if (next == EXCHANGE_WAIT && to_eof) {
        trip_hang_up();
        next = trip_step();
    }
    if (limit < len) {
        CU_ASSERT(trip_failed_with(next, GOFER_ERR_TOO_LARGE, GOFER_PHASE_BODY));
    } else {
        CU_ASSERT_EQUAL(next, EXCHANGE_DONE);
    }
    trip_end();
}

static void the_body_limit_holds_for_every_framing(void)
{
    for (uint64_t limit = 4; limit <= 6; limit++) {
        check_body_limit("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "hello", false, limit);
        check_body_limit("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                         "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", false, limit);
        check_body_limit("HTTP/1.1 200 OK\r\n\r\n", "hello", true, limit);
    }
}

static void a_declared_length_over_the_limit_fails_at_once_but_not_for_head(void)
{
    static const char *const head = "HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n";
    for (int is_head = 0; is_head < 2; is_head++) {
        trip_set_request(REQUEST_HEAD);
        trip.request.down.asked = is_head ? ASKED_HEAD : ASKED_PLAIN;
        trip_begin();
        trip_write_request();
        enum exchange_next next = trip_feed_text(head);
        if (is_head) {
            CU_ASSERT_EQUAL(next, EXCHANGE_DONE);
        } else {
            CU_ASSERT(trip_failed_with(next, GOFER_ERR_TOO_LARGE, GOFER_PHASE_BODY));
        }
        trip_end();
    }
}

static void malformed_bytes_fail_where_they_stand(void)
{
    static const struct {
        const char *bytes;
        gofer_phase phase;
    } rows[] = {
        {"SSH-2.0-OpenSSH\r\n", GOFER_PHASE_HEADERS},
        {"HTTP/1.1 200 OK\r\nX : y\r\n\r\n", GOFER_PHASE_HEADERS},
        {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", GOFER_PHASE_HEADERS},
        {"HTTP/1.1 101 Switching Protocols\r\n\r\n", GOFER_PHASE_HEADERS},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX", GOFER_PHASE_BODY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        trip_set_request(REQUEST_HEAD);
        trip_begin();
        trip_write_request();
        enum exchange_next next = trip_feed_text(rows[i].bytes);
        CU_ASSERT(trip_failed_with(next, GOFER_ERR_PROTOCOL, rows[i].phase));
        trip_end();
    }
}

/* --- memory --- */

static gofer_status scarce_exchange(const char *first, const char *rest)
{
    trip_set_request(REQUEST_HEAD);
    if (!trip_begin())
        return GOFER_ERR_NOMEM;
    trip_write_request();
    enum exchange_next next = trip_feed_text(first);
    if (next == EXCHANGE_WAIT)
        next = trip_feed_text(rest);
    gofer_status status = next == EXCHANGE_DONE ? GOFER_OK : trip.fault.code;
    trip_end();
    return status;
}

static gofer_status scarce_length(void)
{
    return scarce_exchange("HTTP/1.1 200 OK\r\nContent-Le", "ngth: 5\r\n\r\nhello");
}

static gofer_status scarce_chunked(void)
{
    return scarce_exchange("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
                           "llo\r\n0\r\n\r\n");
}

static void out_of_memory_is_an_error(void)
{
    scarce_run(scarce_length);
    scarce_run(scarce_chunked);
}

/* --- redirects --- */

static const char *const redirects[] = {
    "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 308 Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    "HTTP/1.1 307 Found\r\nContent-Length: 0\r\n\r\n"};

/* Pauses at the head wherever the bytes are cut, and goes on as if it had not. */
static void resume_at_cut(const char *bytes, size_t cut)
{
    const char *body = strstr(bytes, "\r\n\r\n") + 4;
    bool empty = *body == '\0';
    trip_set_request(REQUEST_HEAD);
    trip.request.down.redirects = true;
    CU_ASSERT_FATAL(trip_begin());
    trip_write_request();
    enum exchange_next next = trip_feed(bytes, cut);
    if (bytes + cut < body) {
        CU_ASSERT_EQUAL(next, EXCHANGE_WAIT);
        next = trip_feed(bytes + cut, strlen(bytes) - cut);
        cut = strlen(bytes);
    }
    CU_ASSERT_EQUAL(next, empty ? EXCHANGE_DONE : EXCHANGE_HEAD);
    CU_ASSERT(trip.x.down.paused);
    if (!empty) {
        next = exchange_resume(&trip.x, &trip.fault);
        CU_ASSERT_FALSE(trip.x.down.paused);
        CU_ASSERT_EQUAL(next, bytes[cut] == '\0' ? EXCHANGE_DONE : EXCHANGE_YIELD);
    }
    if (next == EXCHANGE_YIELD)
        next = trip_feed(bytes + cut, strlen(bytes) - cut);
    CU_ASSERT_EQUAL(next, EXCHANGE_DONE);
    CU_ASSERT_STRING_EQUAL(trip.x.down.response->body, empty ? "" : "hello");
    CU_ASSERT(exchange_reusable(&trip.x));
    trip_end();
}

static void a_redirect_pauses_at_its_head_and_goes_on(void)
{
    for (size_t i = 0; i < sizeof redirects / sizeof *redirects; i++)
        for (size_t cut = 1; cut <= strlen(redirects[i]); cut++)
            resume_at_cut(redirects[i], cut);
}

static void nothing_else_pauses(void)
{
    static const char *const others[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 304 X\r\nLocation: /\r\n\r\n",
        "HTTP/1.1 300 X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"};
    for (size_t i = 0; i < 4; i++) {
        trip_set_request(REQUEST_HEAD);
        trip.request.down.redirects = i < 3;
        CU_ASSERT_FATAL(trip_begin());
        trip_write_request();
        CU_ASSERT_EQUAL(trip_feed_text(i < 3 ? others[i] : redirects[0]), EXCHANGE_DONE);
        CU_ASSERT_FALSE(trip.x.down.paused);
        trip_end();
    }
}

static void a_redirects_length_counts_once_it_is_gathered(void)
{
    trip_set_request(REQUEST_HEAD);
    trip.request.down.redirects = true;
    trip.request.down.max_body_bytes = 4;
    CU_ASSERT_FATAL(trip_begin());
    trip_write_request();
    CU_ASSERT_EQUAL(trip_feed_text(redirects[0]), EXCHANGE_HEAD);
    enum exchange_next next = exchange_resume(&trip.x, &trip.fault);
    CU_ASSERT(trip_failed_with(next, GOFER_ERR_TOO_LARGE, GOFER_PHASE_BODY));
    trip_end();
}

CU_TestInfo exchange_tests[] = {
    {"a response in one piece", a_response_in_one_piece},
    {"every split point gives the same response", every_split_point_gives_the_same_response},
    {"a byte at a time gives the same response", a_byte_at_a_time_gives_the_same_response},
    {"a small scratch buffer gives the same response",
     a_small_scratch_buffer_gives_the_same_response},
    {"an early end is broken or truncated", an_early_end_is_broken_or_truncated},
    {"an early end behind a 1xx comes before the response",
     an_early_end_behind_a_1xx_comes_before_the_response},
    {"a reset is no end", a_reset_is_no_end},
    {"bytes behind the response spoil the connection",
     bytes_behind_the_response_spoil_the_connection},
    {"bytes behind a body read in place spoil the connection",
     bytes_behind_a_body_read_in_place_spoil_the_connection},
    {"the head limit counts bytes", the_head_limit_counts_bytes},
    {"an endless head is cut off", an_endless_head_is_cut_off},
    {"H1-13 informational responses are skipped up to a limit",
     informational_responses_are_skipped_up_to_a_limit},
    {"the body limit holds for every framing", the_body_limit_holds_for_every_framing},
    {"a declared length over the limit fails at once, but not for HEAD",
     a_declared_length_over_the_limit_fails_at_once_but_not_for_head},
    {"malformed bytes fail where they stand", malformed_bytes_fail_where_they_stand},
    {"out of memory is an error", out_of_memory_is_an_error},
    {"a redirect pauses at its head, and goes on", a_redirect_pauses_at_its_head_and_goes_on},
    {"nothing else pauses", nothing_else_pauses},
    {"a redirect's length counts once it is gathered",
     a_redirects_length_counts_once_it_is_gathered},
    CU_TEST_INFO_NULL,
};
