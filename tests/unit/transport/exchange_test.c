/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * transport/exchange over a socket pair whose other end the test holds. No
 * thread, no engine: the test writes some bytes, takes a step, and looks. The
 * scratch buffer is spoilt after each step, so that nothing can be kept in it.
 *
 * What came of an exchange is written down as one line of text; that line must
 * be the same however the bytes were cut.
 */
#include "transport/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <gofer/client.h>

#include "base/clock.h"
#include "unit/http/scarce.h"

extern CU_TestInfo exchange_tests[];

static char scratch[TURN_SCRATCH];
static struct turn turn;

static struct exchange x;
static struct exchange_request request;
static struct fault fault;
static int server; /* the other end, or -1 */

#define REQUEST_HEAD "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static void set_request(const char *head)
{
    request = (struct exchange_request){.head = head,
                                        .head_len = strlen(head),
                                        .url = "http://a/",
                                        .url_len = 9,
                                        .max_head_bytes = 4096,
                                        .max_body_bytes = 1 << 20,
                                        .stall_timeout_ms = -1,
                                        .header_timeout_ms = -1};
    turn = (struct turn){.scratch = scratch, .scratch_len = sizeof scratch};
}

/* Begins an exchange on a new pair; `request` and `turn` as they are. */
static bool begin(void)
{
    int fds[2];
    fault = (struct fault){0};
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    server = fds[1];
    struct conn *conn = conn_new(fds[0], NULL, 0);
    if (conn == NULL) {
        close(fds[0]);
        close(server);
        return false;
    }
    exchange_init(&x, conn, &request, clock_now_ns());
    return true;
}

static void hang_up(void)
{
    if (server >= 0)
        close(server);
    server = -1;
}

static void end(void)
{
    exchange_fini(&x);
    conn_close(&x.conn);
    hang_up();
}

static enum exchange_next step(void)
{
    enum exchange_next next = exchange_step(&x, &turn, NULL, &fault);
    memset(scratch, '!', sizeof scratch);
    return next;
}

static void send_bytes(const char *bytes, size_t len)
{
    CU_ASSERT_EQUAL(send(server, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Sends and steps until there is nothing more to read. */
static enum exchange_next feed(const char *bytes, size_t len)
{
    send_bytes(bytes, len);
    enum exchange_next next;
    do
        next = step();
    while (next == EXCHANGE_YIELD);
    return next;
}

static enum exchange_next feed_text(const char *text)
{
    return feed(text, strlen(text));
}

/* The request is written and the server has read it: an end is an end then, not a reset. */
static void write_request(void)
{
    char sink[1024];
    CU_ASSERT_EQUAL(step(), EXCHANGE_READ);
    CU_ASSERT_EQUAL(exchange_sent(&x), GOFER_SENT_ALL);
    CU_ASSERT(recv(server, sink, sizeof sink, 0) > 0);
}

static bool failed_with(enum exchange_next next, gofer_status code, gofer_phase phase)
{
    return next == EXCHANGE_FAILED && fault.code == code && fault.phase == phase;
}

/* --- outcomes in words --- */

static void describe(enum exchange_next next, char *line, size_t size)
{
    const struct gofer_response *r = x.response;
    int n;
    if (next == EXCHANGE_FAILED) {
        snprintf(line, size, "failed %s in %s", gofer_status_name(fault.code),
                 gofer_phase_name(fault.phase));
        return;
    }
    if (next != EXCHANGE_DONE || r == NULL) {
        snprintf(line, size, "unfinished %d", (int)next);
        return;
    }
    n = snprintf(line, size, "%d.%d \"%s\" %zu fields, length %lld, %s, body ", r->status, r->minor,
                 r->reason, r->fields_len, (long long)r->content_length,
                 exchange_reusable(&x) ? "keep" : "close");
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
    set_request(REQUEST_HEAD);
    request.head_method = s->head_method;
    begin();
    write_request();
}

/* The end of the sample: with a body up to the end, the server hangs up. */
static enum exchange_next finish_sample(const struct sample *s, enum exchange_next next)
{
    if (next != EXCHANGE_READ || !s->to_eof)
        return next;
    hang_up();
    return step();
}

static void check_outcome(const struct sample *s, enum exchange_next next)
{
    char line[512];
    describe(next, line, sizeof line);
    if (strcmp(line, s->outcome) != 0)
        fprintf(stderr, "\n%s\ngave      %s\ninstead of %s\n", s->bytes, line, s->outcome);
    CU_ASSERT_STRING_EQUAL(line, s->outcome);
    if (x.response != NULL && next == EXCHANGE_DONE)
        CU_ASSERT_EQUAL(x.response->body[x.response->body_len], '\0');
    end();
}

static void a_response_in_one_piece(void)
{
    for (int i = 0; i < SAMPLES; i++) {
        begin_sample(&samples[i]);
        check_outcome(&samples[i], finish_sample(&samples[i], feed_text(samples[i].bytes)));
    }
}

static void every_split_point_gives_the_same_response(void)
{
    for (int i = 0; i < SAMPLES; i++) {
        const struct sample *s = &samples[i];
        size_t len = strlen(s->bytes);
        for (size_t at = 1; at < len; at++) {
            begin_sample(s);
            CU_ASSERT_EQUAL(feed(s->bytes, at), EXCHANGE_READ);
            enum exchange_next next = feed(s->bytes + at, len - at);
            check_outcome(s, finish_sample(s, next));
        }
    }
}

static void a_byte_at_a_time_gives_the_same_response(void)
{
    for (int i = 0; i < SAMPLES; i++) {
        const struct sample *s = &samples[i];
        enum exchange_next next = EXCHANGE_READ;
        begin_sample(s);
        for (const char *c = s->bytes; *c != '\0' && next == EXCHANGE_READ; c++)
            next = feed(c, 1);
        check_outcome(s, finish_sample(s, next));
    }
}

static void a_small_scratch_buffer_gives_the_same_response(void)
{
    for (int i = 0; i < SAMPLES; i++) {
        begin_sample(&samples[i]);
        turn.scratch_len = 3;
        check_outcome(&samples[i], finish_sample(&samples[i], feed_text(samples[i].bytes)));
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
            CU_ASSERT_EQUAL(feed(s->bytes, at), EXCHANGE_READ);
        hang_up();
        enum exchange_next next = step();
        if (at == 0)
            CU_ASSERT(failed_with(next, GOFER_ERR_BROKEN, GOFER_PHASE_WAIT));
        if (at > 0)
            CU_ASSERT(failed_with(next, GOFER_ERR_TRUNCATED,
                                  at < head_len(s) ? GOFER_PHASE_HEADERS : GOFER_PHASE_BODY));
        CU_ASSERT_EQUAL(exchange_sent(&x), GOFER_SENT_ALL);
        end();
    }
}

static void an_early_end_is_broken_or_truncated(void)
{
    truncate_everywhere(&samples[0]);
    truncate_everywhere(&samples[1]);
    truncate_everywhere(&samples[3]);
    truncate_everywhere(&samples[10]);
}

static void an_early_end_behind_a_1xx_is_truncated(void)
{
    set_request(REQUEST_HEAD);
    begin();
    write_request();
    CU_ASSERT_EQUAL(feed_text("HTTP/1.1 100 Continue\r\n\r\n"), EXCHANGE_READ);
    hang_up();
    CU_ASSERT(failed_with(step(), GOFER_ERR_TRUNCATED, GOFER_PHASE_HEADERS));
    end();
}

/* Closing an end with unread bytes resets the other. */
static void a_reset_is_no_end(void)
{
    for (int with_head = 0; with_head < 2; with_head++) {
        set_request(REQUEST_HEAD);
        begin();
        CU_ASSERT_EQUAL(step(), EXCHANGE_READ);
        if (with_head)
            CU_ASSERT_EQUAL(feed_text("HTTP/1.1 200 OK\r\n\r\nhalf a"), EXCHANGE_READ);
        hang_up();
        enum exchange_next next = step();
        if (with_head) {
            CU_ASSERT(failed_with(next, GOFER_ERR_TRUNCATED, GOFER_PHASE_BODY));
        } else {
            CU_ASSERT(failed_with(next, GOFER_ERR_BROKEN, GOFER_PHASE_WAIT));
        }
        CU_ASSERT_EQUAL(fault.sys_errno, ECONNRESET);
        end();
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
        CU_ASSERT_EQUAL(feed_text(bytes), EXCHANGE_DONE);
        CU_ASSERT(x.overrun);
        CU_ASSERT_FALSE(exchange_reusable(&x));
        end();
    }
}

/* The head alone first: then the body is received into the response itself. */
static void bytes_behind_a_body_read_in_place_spoil_the_connection(void)
{
    for (int extra = 0; extra < 3; extra++) {
        set_request(REQUEST_HEAD);
        begin();
        write_request();
        CU_ASSERT_EQUAL(feed_text("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), EXCHANGE_READ);
        CU_ASSERT_EQUAL(feed_text("he"), EXCHANGE_READ);
        CU_ASSERT_EQUAL(x.response->body_len, 2);
        CU_ASSERT_EQUAL(feed("llo??", 3 + (size_t)extra), EXCHANGE_DONE);
        CU_ASSERT_STRING_EQUAL(x.response->body, "hello");
        CU_ASSERT_EQUAL(x.overrun, extra > 0);
        CU_ASSERT_EQUAL(exchange_reusable(&x), extra == 0);
        end();
    }
}

/* --- writing --- */

enum { BIG = 4 << 20 };
static char big[BIG];

#define POST_HEAD "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4194304\r\n\r\n"
#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static void begin_upload(size_t len)
{
    set_request(POST_HEAD);
    request.body = big;
    request.body_len = len;
    begin();
}

/* Steps until the socket is full. */
static void fill(void)
{
    enum exchange_next next;
    do
        next = step();
    while (next == EXCHANGE_YIELD);
    CU_ASSERT_EQUAL(next, EXCHANGE_BOTH);
    CU_ASSERT_EQUAL(step(), EXCHANGE_BOTH);
    CU_ASSERT_EQUAL(exchange_sent(&x), GOFER_SENT_SOME);
}

static void drain(void)
{
    static char sink[64 * 1024];
    while (recv(server, sink, sizeof sink, MSG_DONTWAIT) > 0)
        continue;
}

static void head_and_body_leave_in_one_piece(void)
{
    char seen[128] = "";
    set_request("POST / HTTP/1.1\r\n\r\n");
    request.body = "body";
    request.body_len = 4;
    begin();
    CU_ASSERT_EQUAL(exchange_sent(&x), GOFER_SENT_NOTHING);
    CU_ASSERT_EQUAL(x.phase, GOFER_PHASE_SEND);
    CU_ASSERT_EQUAL(step(), EXCHANGE_READ);
    CU_ASSERT_EQUAL(recv(server, seen, sizeof seen - 1, 0), 23);
    CU_ASSERT_STRING_EQUAL(seen, "POST / HTTP/1.1\r\n\r\nbody");
    CU_ASSERT_EQUAL(exchange_sent(&x), GOFER_SENT_ALL);
    CU_ASSERT_EQUAL(x.phase, GOFER_PHASE_WAIT);
    end();
}

static void a_worker_parks_after_writing_without_a_read(void)
{
    set_request(REQUEST_HEAD);
    begin();
    send_bytes(OK_EMPTY, strlen(OK_EMPTY));
    CU_ASSERT_EQUAL(step(), EXCHANGE_READ);
    CU_ASSERT_FALSE(x.response_begun);
    CU_ASSERT_EQUAL(step(), EXCHANGE_DONE);
    CU_ASSERT(exchange_reusable(&x));
    end();
}

static void a_long_request_is_written_as_the_server_reads(void)
{
    enum exchange_next next;
    begin_upload(BIG);
    do {
        drain();
        next = step();
    } while (next == EXCHANGE_BOTH || next == EXCHANGE_YIELD);
    CU_ASSERT_EQUAL(next, EXCHANGE_READ);
    CU_ASSERT_EQUAL(x.sent, strlen(POST_HEAD) + BIG);
    drain();
    CU_ASSERT_EQUAL(feed_text(OK_EMPTY), EXCHANGE_DONE);
    CU_ASSERT(exchange_reusable(&x));
    end();
}

static void an_early_response_is_delivered_and_spoils_the_connection(void)
{
    begin_upload(BIG);
    fill();
    CU_ASSERT_EQUAL(feed_text("HTTP/1.1 413 Too Large\r\nContent-Le"), EXCHANGE_BOTH);
    CU_ASSERT_EQUAL(feed_text("ngth: 2\r\n\r\nno"), EXCHANGE_DONE);
    CU_ASSERT_EQUAL(x.response->status, 413);
    CU_ASSERT_FALSE(exchange_reusable(&x));
    CU_ASSERT_EQUAL(exchange_sent(&x), GOFER_SENT_SOME);
    end();
}

/* The response's head comes early, the request is written after all. */
static void a_response_may_begin_before_the_request_is_written(void)
{
    enum exchange_next next;
    begin_upload(BIG);
    fill();
    CU_ASSERT_EQUAL(feed_text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"), EXCHANGE_BOTH);
    CU_ASSERT_EQUAL(x.phase, GOFER_PHASE_BODY);
    do {
        drain();
        next = step();
    } while (next == EXCHANGE_BOTH || next == EXCHANGE_YIELD);
    CU_ASSERT_EQUAL(next, EXCHANGE_READ);
    CU_ASSERT_EQUAL(x.phase, GOFER_PHASE_BODY);
    CU_ASSERT_EQUAL(feed_text("k"), EXCHANGE_DONE);
    CU_ASSERT(exchange_reusable(&x));
    end();
}

static void a_response_behind_a_broken_write_is_read(void)
{
    begin_upload(BIG);
    fill();
    send_bytes(OK_EMPTY, strlen(OK_EMPTY));
    hang_up();
    CU_ASSERT_EQUAL(step(), EXCHANGE_DONE);
    CU_ASSERT_EQUAL(x.response->status, 200);
    CU_ASSERT_FALSE(exchange_reusable(&x));
    end();
}

static void a_broken_write_with_no_or_half_a_response_fails(void)
{
    begin_upload(BIG);
    fill();
    hang_up();
    CU_ASSERT(failed_with(step(), GOFER_ERR_BROKEN, GOFER_PHASE_SEND));
    CU_ASSERT(fault.sys_errno == EPIPE || fault.sys_errno == ECONNRESET);
    CU_ASSERT_EQUAL(exchange_sent(&x), GOFER_SENT_SOME);
    end();
    begin_upload(BIG);
    fill();
    send_bytes("HTTP/1.1 200", 12);
    hang_up();
    CU_ASSERT(failed_with(step(), GOFER_ERR_TRUNCATED, GOFER_PHASE_HEADERS));
    end();
}

static void a_connection_that_is_dead_at_once_sent_nothing(void)
{
    set_request(REQUEST_HEAD);
    begin();
    hang_up();
    CU_ASSERT(failed_with(step(), GOFER_ERR_BROKEN, GOFER_PHASE_SEND));
    CU_ASSERT_EQUAL(exchange_sent(&x), GOFER_SENT_NOTHING);
    end();
}

/* --- limits --- */

static void the_head_limit_counts_bytes(void)
{
    for (int one_by_one = 0; one_by_one < 2; one_by_one++)
        for (int over = 0; over < 2; over++) {
            enum exchange_next next = EXCHANGE_READ;
            const char *head = "HTTP/1.1 204 No Content\r\nX: abcdefgh\r\n\r\n";
            set_request(REQUEST_HEAD);
            request.max_head_bytes = strlen(head) - (size_t)over;
            begin();
            write_request();
            if (one_by_one)
                for (const char *c = head; *c != '\0' && next == EXCHANGE_READ; c++)
                    next = feed(c, 1);
            else
                next = feed_text(head);
            if (over) {
                CU_ASSERT(failed_with(next, GOFER_ERR_TOO_LARGE, GOFER_PHASE_HEADERS));
            } else {
                CU_ASSERT_EQUAL(next, EXCHANGE_DONE);
            }
            end();
        }
}

static void an_endless_head_is_cut_off(void)
{
    enum exchange_next next = EXCHANGE_READ;
    unsigned fed = 0;
    set_request(REQUEST_HEAD);
    begin();
    write_request();
    next = feed_text("HTTP/1.1 200 OK\r\n");
    while (next == EXCHANGE_READ && fed < 10000) {
        next = feed_text("X-Pad: 123\r\n");
        fed += 12;
    }
    CU_ASSERT(failed_with(next, GOFER_ERR_TOO_LARGE, GOFER_PHASE_HEADERS));
    CU_ASSERT(fed < 4096 + 12);
    end();
}

static enum exchange_next feed_1xx(int n, const char *head)
{
    enum exchange_next next = EXCHANGE_READ;
    set_request(REQUEST_HEAD);
    begin();
    write_request();
    for (int i = 0; i < n && next == EXCHANGE_READ; i++)
        next = feed_text(head);
    return next == EXCHANGE_READ ? feed_text("HTTP/1.1 204 No Content\r\n\r\n") : next;
}

static void informational_responses_are_skipped_up_to_a_limit(void)
{
    CU_ASSERT_EQUAL(feed_1xx(32, "HTTP/1.1 103 x\r\n\r\n"), EXCHANGE_DONE);
    CU_ASSERT_EQUAL(x.response->status, 204);
    CU_ASSERT(exchange_reusable(&x));
    end();
    CU_ASSERT(failed_with(feed_1xx(33, "HTTP/1.1 103 x\r\n\r\n"), GOFER_ERR_PROTOCOL,
                          GOFER_PHASE_HEADERS));
    end();
    char head[512];
    snprintf(head, sizeof head, "HTTP/1.1 103 x\r\nX: %0400d\r\n\r\n", 0);
    CU_ASSERT_EQUAL(feed_1xx(9, head), EXCHANGE_DONE);
    end();
    CU_ASSERT(failed_with(feed_1xx(10, head), GOFER_ERR_TOO_LARGE, GOFER_PHASE_HEADERS));
    end();
}

static void check_body_limit(const char *head, const char *body, bool to_eof, uint64_t limit)
{
    const uint64_t len = 5;
    set_request(REQUEST_HEAD);
    request.max_body_bytes = limit;
    begin();
    write_request();
    enum exchange_next next = feed_text(head);
    if (next == EXCHANGE_READ)
        next = feed_text(body);
    if (next == EXCHANGE_READ && to_eof) {
        hang_up();
        next = step();
    }
    if (limit < len) {
        CU_ASSERT(failed_with(next, GOFER_ERR_TOO_LARGE, GOFER_PHASE_BODY));
    } else {
        CU_ASSERT_EQUAL(next, EXCHANGE_DONE);
    }
    end();
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
        set_request(REQUEST_HEAD);
        request.head_method = is_head;
        begin();
        write_request();
        enum exchange_next next = feed_text(head);
        if (is_head) {
            CU_ASSERT_EQUAL(next, EXCHANGE_DONE);
        } else {
            CU_ASSERT(failed_with(next, GOFER_ERR_TOO_LARGE, GOFER_PHASE_BODY));
        }
        end();
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
        set_request(REQUEST_HEAD);
        begin();
        write_request();
        enum exchange_next next = feed_text(rows[i].bytes);
        CU_ASSERT(failed_with(next, GOFER_ERR_PROTOCOL, rows[i].phase));
        end();
    }
}

/* --- turns --- */

static void a_turn_of_reads_ends_after_sixteen(void)
{
    char bytes[64 + 2000];
    int turns = 1;
    set_request(REQUEST_HEAD);
    begin();
    write_request();
    turn.scratch_len = 32;
    int n = snprintf(bytes, sizeof bytes,
                     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", 1500);
    memset(bytes + n, 'b', 1500);
    memcpy(bytes + n + 1500, "\r\n0\r\n\r\n", 7);
    send_bytes(bytes, (size_t)n + 1507);
    enum exchange_next next;
    while ((next = step()) == EXCHANGE_YIELD)
        turns++;
    CU_ASSERT_EQUAL(next, EXCHANGE_DONE);
    CU_ASSERT_EQUAL(x.response->body_len, 1500);
    CU_ASSERT_EQUAL(turns, ((n + 1507 + 31) / 32 + TURN_MAX_READS - 1) / TURN_MAX_READS);
    end();
}

/* A body over what fits into the response's block: it grows as bytes arrive, and yields between. */
static void a_large_body_is_whole(void)
{
    char head[128];
    size_t sent = 0, len = BIG - 7;
    enum exchange_next next;
    for (size_t i = 0; i < BIG; i++)
        big[i] = (char)('a' + i * 7 % 26);
    set_request(REQUEST_HEAD);
    request.max_body_bytes = BIG;
    begin();
    write_request();
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len);
    next = feed_text(head);
    while (next == EXCHANGE_READ || next == EXCHANGE_YIELD) {
        ssize_t n = send(server, big + sent, len - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        next = step();
    }
    CU_ASSERT_EQUAL(next, EXCHANGE_DONE);
    CU_ASSERT_EQUAL(x.response->body_len, len);
    CU_ASSERT_EQUAL(memcmp(x.response->body, big, len), 0);
    CU_ASSERT(exchange_reusable(&x));
    struct gofer_response *r = exchange_take_response(&x);
    CU_ASSERT_PTR_NULL(x.response);
    end();
    CU_ASSERT_EQUAL(r->body[len], '\0');
    gofer_response_free(r);
    memset(big, 0, sizeof big);
}

static void half_a_head_is_kept_and_given_up_when_it_is_whole(void)
{
    set_request(REQUEST_HEAD);
    begin();
    write_request();
    CU_ASSERT_EQUAL(feed_text("HTTP/1.1 200 OK\r\nContent-"), EXCHANGE_READ);
    CU_ASSERT_EQUAL(x.partial.len, 25);
    CU_ASSERT_EQUAL(x.phase, GOFER_PHASE_HEADERS);
    CU_ASSERT_EQUAL(feed_text("Length: 3\r\n\r\na"), EXCHANGE_READ);
    CU_ASSERT_EQUAL(x.partial.cap, 0);
    CU_ASSERT_EQUAL(feed_text("bc"), EXCHANGE_DONE);
    CU_ASSERT_STRING_EQUAL(x.response->body, "abc");
    end();
}

/* --- a driving caller --- */

static void a_driver_writes_and_reads_in_one_step(void)
{
    set_request(REQUEST_HEAD);
    turn.driven = true;
    begin();
    send_bytes(OK_EMPTY, strlen(OK_EMPTY));
    CU_ASSERT_EQUAL(step(), EXCHANGE_DONE);
    CU_ASSERT_STRING_EQUAL(x.response->body, "ok");
    end();
}

static void a_driver_that_was_interrupted_interprets_nothing(void)
{
    for (int bytes = 0; bytes < 2; bytes++) {
        _Atomic bool interrupted = true;
        set_request(REQUEST_HEAD);
        turn.driven = true;
        begin();
        if (bytes)
            send_bytes(OK_EMPTY, strlen(OK_EMPTY));
        shutdown(server, SHUT_WR);
        CU_ASSERT_EQUAL(exchange_step(&x, &turn, &interrupted, &fault), EXCHANGE_INTERRUPTED);
        CU_ASSERT_FALSE(x.response_begun);
        CU_ASSERT_EQUAL(fault.code, GOFER_OK);
        end();
    }
}

/* A driver that sent without waiting polls for both directions (design 7.2). */
static void a_driver_with_a_long_request_does_not_block_in_send(void)
{
    begin_upload(BIG);
    turn.driven = true;
    fill();
    CU_ASSERT_EQUAL(feed_text(OK_EMPTY), EXCHANGE_DONE);
    end();
}

/* --- limits of time --- */

enum { STALL = 30000, HEADER = 5000 };

static int64_t at_ms(int64_t ms)
{
    return (ms + 1000) * CLOCK_MS;
}

static void begin_timed(size_t body_len)
{
    set_request(POST_HEAD);
    request.body = big;
    request.body_len = body_len;
    request.stall_timeout_ms = STALL;
    request.header_timeout_ms = HEADER;
    clock_fake(at_ms(0));
    begin();
}

static void every_byte_moves_the_stall_limit(void)
{
    begin_timed(0);
    request.header_timeout_ms = -1;
    CU_ASSERT_EQUAL(exchange_deadline(&x), at_ms(STALL));
    CU_ASSERT_EQUAL(step(), EXCHANGE_READ);
    clock_fake(at_ms(1000));
    CU_ASSERT_EQUAL(step(), EXCHANGE_READ); /* no byte */
    CU_ASSERT_EQUAL(exchange_deadline(&x), at_ms(STALL));
    CU_ASSERT_EQUAL(feed_text("H"), EXCHANGE_READ);
    CU_ASSERT_EQUAL(exchange_deadline(&x), at_ms(1000 + STALL));
    clock_fake(at_ms(2000));
    CU_ASSERT_EQUAL(feed_text("TTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"), EXCHANGE_READ);
    CU_ASSERT_EQUAL(exchange_deadline(&x), at_ms(2000 + STALL));
    clock_fake(at_ms(3000));
    CU_ASSERT_EQUAL(feed_text("o"), EXCHANGE_READ);
    CU_ASSERT_EQUAL(exchange_deadline(&x), at_ms(3000 + STALL));
    clock_fake(-1);
    end();
}

static void the_last_byte_written_moves_the_stall_limit(void)
{
    enum exchange_next next;
    begin_timed(BIG);
    request.header_timeout_ms = -1;
    fill();
    do {
        drain();
        clock_fake(clock_now_ns() + 1000 * CLOCK_MS);
        next = step();
    } while (next == EXCHANGE_BOTH || next == EXCHANGE_YIELD);
    CU_ASSERT_EQUAL(next, EXCHANGE_READ);
    CU_ASSERT_EQUAL(exchange_deadline(&x), clock_now_ns() + STALL * CLOCK_MS);
    clock_fake(-1);
    end();
}

static void the_header_limit_runs_from_the_written_request_to_the_head(void)
{
    begin_timed(BIG);
    fill();
    CU_ASSERT_EQUAL(atomic_load(&x.header_at), CLOCK_NEVER);
    end();
    begin_timed(0);
    CU_ASSERT_EQUAL(step(), EXCHANGE_READ);
    CU_ASSERT_EQUAL(exchange_deadline(&x), at_ms(HEADER));
    CU_ASSERT_EQUAL(feed_text("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 "), EXCHANGE_READ);
    CU_ASSERT_EQUAL(exchange_deadline(&x), at_ms(HEADER));
    CU_ASSERT_EQUAL(feed_text("200 OK\r\nContent-Length: 2\r\n\r\n"), EXCHANGE_READ);
    CU_ASSERT_EQUAL(exchange_deadline(&x), at_ms(STALL));
    clock_fake(-1);
    end();
}

/* --- memory --- */

static gofer_status scarce_exchange(const char *first, const char *rest)
{
    set_request(REQUEST_HEAD);
    if (!begin())
        return GOFER_ERR_NOMEM;
    write_request();
    enum exchange_next next = feed_text(first);
    if (next == EXCHANGE_READ)
        next = feed_text(rest);
    gofer_status status = next == EXCHANGE_DONE ? GOFER_OK : fault.code;
    end();
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

CU_TestInfo exchange_tests[] = {
    {"a response in one piece", a_response_in_one_piece},
    {"every split point gives the same response", every_split_point_gives_the_same_response},
    {"a byte at a time gives the same response", a_byte_at_a_time_gives_the_same_response},
    {"a small scratch buffer gives the same response",
     a_small_scratch_buffer_gives_the_same_response},
    {"an early end is broken or truncated", an_early_end_is_broken_or_truncated},
    {"an early end behind a 1xx is truncated", an_early_end_behind_a_1xx_is_truncated},
    {"a reset is no end", a_reset_is_no_end},
    {"bytes behind the response spoil the connection",
     bytes_behind_the_response_spoil_the_connection},
    {"bytes behind a body read in place spoil the connection",
     bytes_behind_a_body_read_in_place_spoil_the_connection},
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
    {"the head limit counts bytes", the_head_limit_counts_bytes},
    {"an endless head is cut off", an_endless_head_is_cut_off},
    {"H1-13 informational responses are skipped up to a limit",
     informational_responses_are_skipped_up_to_a_limit},
    {"the body limit holds for every framing", the_body_limit_holds_for_every_framing},
    {"a declared length over the limit fails at once, but not for HEAD",
     a_declared_length_over_the_limit_fails_at_once_but_not_for_head},
    {"malformed bytes fail where they stand", malformed_bytes_fail_where_they_stand},
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
    {"out of memory is an error", out_of_memory_is_an_error},
    CU_TEST_INFO_NULL,
};
