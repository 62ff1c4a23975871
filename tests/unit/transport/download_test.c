/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * transport/download, handing on: a streaming body over a socket pair whose other
 * end the test holds. However its bytes are cut and asked for, the same comes
 * out: data, and behind it an end or a failure, with what that says of the
 * connection.
 */
#include "transport/download.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "transport/conn.h"
#include "unit/http/expect.h"
#include "unit/http/scarce.h"

extern CU_TestInfo download_tests[];

static const struct download_request request = {.url = "http://a/",
                                                .url_len = 9,
                                                .streaming = true,
                                                .max_head_bytes = 4096,
                                                .max_body_bytes = 4};

/* One at a time. */
static struct {
    char scratch[TURN_SCRATCH];
    struct turn turn;
    struct conn *conn;
    int server; /* the other end, or -1 */
    struct download d;
    struct download_io io;
    struct fault fault;
    struct gofer_response *response;
} at;

static bool begin(void)
{
    int fds[2];
    at.fault = (struct fault){0};
    at.response = NULL;
    at.turn = (struct turn){.scratch = at.scratch, .scratch_len = sizeof at.scratch};
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    at.server = fds[1];
    at.conn = conn_new(fds[0], NULL, 0);
    download_init(&at.d, &request);
    at.io = (struct download_io){.conn = at.conn, .turn = &at.turn, .phase = GOFER_PHASE_WAIT};
    if (at.conn == NULL)
        close(fds[0]);
    return at.conn != NULL;
}

static void hang_up(void)
{
    if (at.server >= 0)
        close(at.server);
    at.server = -1;
}

static void end(void)
{
    message_free(at.response);
    download_fini(&at.d);
    conn_close(&at.conn);
    hang_up();
}

static void say(const char *bytes, size_t len)
{
    if (len > 0)
        CU_ASSERT_EQUAL(send(at.server, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void say_text(const char *text)
{
    say(text, strlen(text));
}

/* Until the head is there, or nothing more is. */
static enum download_next read_head(void)
{
    enum download_next next;
    size_t moved;
    do {
        next = download_step(&at.d, &at.io, &moved, &at.fault);
        memset(at.scratch, '!', sizeof at.scratch);
    } while (next == DOWNLOAD_MORE || next == DOWNLOAD_CONTINUE);
    if (next == DOWNLOAD_HEAD || next == DOWNLOAD_COMPLETE)
        at.response = download_take_response(&at.d);
    return next;
}

/* One read into a block of exactly that size. */
static enum download_next read_piece(size_t piece, char *text, size_t *got)
{
    char *block = malloc(piece);
    size_t moved;
    enum download_next next = download_read(&at.d, &at.io, block, piece, got, &moved, &at.fault);
    CU_ASSERT(*got <= piece);
    if (*got > 0)
        memcpy(text, block, *got);
    text[*got] = '\0';
    free(block);
    return next;
}

/* Reads what there is, behind text. */
static enum download_next read_on(size_t piece, char *text)
{
    enum download_next next;
    size_t got;
    text += strlen(text);
    do {
        next = read_piece(piece, text, &got);
        text += got;
    } while (next == DOWNLOAD_EMPTY && got > 0);
    return next;
}

/* --- every cutting --- */

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define LENGTH(n) "HTTP/1.1 200 OK\r\nContent-Length: " #n "\r\n\r\n"
#define TO_EOF "HTTP/1.1 200 OK\r\n\r\n"

struct sample {
    const char *bytes;
    const char *body;
    bool eof;          /* the server hangs up behind them */
    gofer_status code; /* of the failure, or GOFER_OK */
    bool reusable;
};

static const struct sample samples[] = {
    {LENGTH(5) "hello", "hello", false, GOFER_OK, true},
    {LENGTH(5) "hello!", "hello", false, GOFER_OK, false},
    {LENGTH(5) "hell", "hell", true, GOFER_ERR_TRUNCATED, false},
    {CHUNKED "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", "hello", false, GOFER_OK, true},
    {CHUNKED "3\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\nC: d\r\n\r\n", "hello", false, GOFER_OK, true},
    {CHUNKED "5\r\nhello\r\n0\r\n\r\n!", "hello", false, GOFER_OK, false},
    {CHUNKED "0\r\n\r\n", "", false, GOFER_OK, true},
    {CHUNKED "5\r\nhello\r\n0\r\n", "hello", true, GOFER_ERR_TRUNCATED, false},
    {CHUNKED "5\r\nhello\r\n", "hello", true, GOFER_ERR_TRUNCATED, false},
    {CHUNKED "5\r\nhel", "hel", true, GOFER_ERR_TRUNCATED, false},
    {CHUNKED "5\r\nhello\r\nx", "hello", false, GOFER_ERR_PROTOCOL, false},
    {CHUNKED "5\r\nhello0\r\n\r\n", "hello", false, GOFER_ERR_PROTOCOL, false},
    {TO_EOF "hello", "hello", true, GOFER_OK, false},
    {TO_EOF "", "", true, GOFER_OK, false},
};

enum { SAMPLES = sizeof samples / sizeof *samples };

/* Whether the byte behind the body was noticed: where one did not ask for it, the checkout check
 * will find it. */
static bool is_reusable(void)
{
    char byte;
    return download_allows_reuse(&at.d) && recv(conn_fd(at.conn), &byte, 1, MSG_DONTWAIT) != 1;
}

static void check_sample(const struct sample *s, enum download_next next, const char *text)
{
    EXPECT(strcmp(text, s->body) == 0, s->bytes);
    EXPECT(next == (s->code == GOFER_OK ? DOWNLOAD_COMPLETE : DOWNLOAD_FAILED), s->bytes);
    EXPECT(at.fault.code == s->code, s->bytes);
    EXPECT(s->code == GOFER_OK || at.fault.phase == GOFER_PHASE_BODY, s->bytes);
    EXPECT(at.d.received == strlen(s->body), s->bytes);
    EXPECT(is_reusable() == s->reusable, s->bytes);
    EXPECT(at.d.kept.data == NULL || at.d.overrun || s->code != GOFER_OK, s->bytes);
    if (s->code != GOFER_OK) {
        char rest[64] = "";
        EXPECT(read_on(5, rest) == DOWNLOAD_FAILED && rest[0] == '\0', s->bytes);
    }
}

/* In two parts, the first one read before the second one comes. */
static void cut(const struct sample *s, size_t first, size_t piece)
{
    char text[128] = "";
    CU_ASSERT_FATAL(begin());
    say(s->bytes, first);
    enum download_next next = read_head();
    if (next == DOWNLOAD_HEAD)
        next = read_on(piece, text);
    say(s->bytes + first, strlen(s->bytes) - first);
    if (s->eof)
        hang_up();
    if (!at.d.head_done)
        next = read_head();
    if (next == DOWNLOAD_HEAD || next == DOWNLOAD_EMPTY)
        next = read_on(piece, text);
    check_sample(s, next, text);
    end();
}

static void every_cutting_gives_the_same(void)
{
    static const size_t pieces[] = {1, 2, 3, 5, 6, 100};
    for (int i = 0; i < SAMPLES; i++)
        for (size_t first = 0; first <= strlen(samples[i].bytes); first++)
            for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++)
                cut(&samples[i], first, pieces[p]);
}

static void byte_by_byte_gives_the_same(void)
{
    for (int i = 0; i < SAMPLES; i++) {
        const struct sample *s = &samples[i];
        char text[128] = "";
        enum download_next next = DOWNLOAD_EMPTY;
        CU_ASSERT_FATAL(begin());
        for (const char *byte = s->bytes; *byte != '\0' && next <= DOWNLOAD_HEAD; byte++) {
            say(byte, 1);
            next = at.d.head_done ? read_on(100, text) : read_head();
        }
        if (s->eof)
            hang_up();
        if (next <= DOWNLOAD_HEAD)
            next = read_on(100, text);
        /* What comes behind the end is not asked for here. */
        if (s->code != GOFER_OK || s->reusable || s->eof)
            check_sample(s, next, text);
        end();
    }
}

/* --- one read --- */

static void begin_body(const char *bytes)
{
    CU_ASSERT_FATAL(begin());
    say_text(bytes);
    CU_ASSERT_EQUAL(read_head(), DOWNLOAD_HEAD);
}

/* One read of up to `piece`: what it gives and says. */
static void expect_read(size_t piece, const char *data, enum download_next want)
{
    char text[128];
    size_t got;
    enum download_next next = read_piece(piece, text, &got);
    EXPECT(next == want, data);
    EXPECT(strcmp(text, data) == 0, text);
}

static void the_last_bytes_bring_the_end(void)
{
    begin_body(LENGTH(5) "hello");
    expect_read(5, "hello", DOWNLOAD_COMPLETE);
    end();
    begin_body(LENGTH(5));
    say_text("hello");
    expect_read(5, "hello", DOWNLOAD_COMPLETE);
    end();
    begin_body(CHUNKED "5\r\nhello\r\n0\r\n\r\n");
    expect_read(8, "hello", DOWNLOAD_COMPLETE);
    end();
    begin_body(CHUNKED);
    say_text("5\r\nhello\r\n0\r\n\r\n");
    expect_read(100, "hello", DOWNLOAD_COMPLETE);
    end();
}

static void nothing_at_hand_is_empty(void)
{
    begin_body(LENGTH(5) "he");
    CU_ASSERT_EQUAL(download_left(&at.d), 5);
    expect_read(5, "he", DOWNLOAD_EMPTY);
    CU_ASSERT_EQUAL(download_left(&at.d), 3);
    expect_read(5, "", DOWNLOAD_EMPTY);
    say_text("llo");
    expect_read(5, "llo", DOWNLOAD_COMPLETE);
    CU_ASSERT_EQUAL(download_left(&at.d), 0);
    end();
}

/* A read does not stop at framing while there is data behind it. */
static void framing_alone_is_empty(void)
{
    begin_body(CHUNKED "5;ext");
    CU_ASSERT_EQUAL(download_left(&at.d), -1);
    expect_read(5, "", DOWNLOAD_EMPTY);
    say_text("ension\r");
    expect_read(5, "", DOWNLOAD_EMPTY);
    say_text("\nhello");
    expect_read(1, "h", DOWNLOAD_EMPTY);
    expect_read(9, "ello", DOWNLOAD_EMPTY);
    say_text("\r\n1\r\n!\r\n0");
    expect_read(1, "!", DOWNLOAD_EMPTY);
    expect_read(1, "", DOWNLOAD_EMPTY);
    say_text("\r\n\r\n");
    expect_read(1, "", DOWNLOAD_COMPLETE);
    end();
}

static void what_came_with_the_head_is_kept_until_read(void)
{
    begin_body(CHUNKED "5\r\nhello\r\n3\r\n");
    CU_ASSERT(download_has_kept(&at.d));
    expect_read(2, "he", DOWNLOAD_EMPTY);
    CU_ASSERT(download_has_kept(&at.d));
    expect_read(5, "llo", DOWNLOAD_EMPTY);
    CU_ASSERT(!download_has_kept(&at.d));
    CU_ASSERT_PTR_NULL(at.d.kept.data);
    say_text("abc");
    expect_read(5, "abc", DOWNLOAD_EMPTY);
    end();
}

static void a_failure_is_told_behind_the_bytes(void)
{
    begin_body(CHUNKED "2\r\nok\r\nwrong");
    expect_read(100, "ok", DOWNLOAD_EMPTY);
    CU_ASSERT(at.d.failed);
    expect_read(100, "", DOWNLOAD_FAILED);
    CU_ASSERT_EQUAL(at.fault.code, GOFER_ERR_PROTOCOL);
    end();
    begin_body(CHUNKED);
    say_text("2\r\nok\r\nwrong");
    expect_read(100, "ok", DOWNLOAD_EMPTY);
    expect_read(100, "", DOWNLOAD_FAILED);
    expect_read(100, "", DOWNLOAD_FAILED);
    end();
}

/* Only a reader with room for it gets to see the byte too many. */
static void bytes_behind_the_body_are_seen_with_room(void)
{
    begin_body(LENGTH(5));
    say_text("hello!");
    expect_read(5, "hello", DOWNLOAD_COMPLETE);
    CU_ASSERT(download_allows_reuse(&at.d));
    end();
    begin_body(LENGTH(5));
    say_text("hello!!!");
    expect_read(6, "hello", DOWNLOAD_COMPLETE);
    CU_ASSERT(!download_allows_reuse(&at.d));
    end();
    begin_body(LENGTH(5) "hello!");
    expect_read(5, "hello", DOWNLOAD_COMPLETE);
    CU_ASSERT(!download_allows_reuse(&at.d));
    end();
}

static void an_empty_body_is_complete_with_its_head(void)
{
    CU_ASSERT_FATAL(begin());
    say_text(LENGTH(0));
    CU_ASSERT_EQUAL(read_head(), DOWNLOAD_COMPLETE);
    CU_ASSERT(download_allows_reuse(&at.d));
    end();
    CU_ASSERT_FATAL(begin());
    say_text("HTTP/1.1 204 No\r\n\r\nx");
    CU_ASSERT_EQUAL(read_head(), DOWNLOAD_COMPLETE);
    CU_ASSERT(!download_allows_reuse(&at.d));
    end();
}

/* A kept body, and trailers that the message takes at the end. */
static gofer_status stream_with_trailers(void)
{
    char text[64] = "";
    enum download_next next = DOWNLOAD_FAILED;
    bool begun = begin();
    if (begun) {
        say_text(CHUNKED "2\r\nok\r\n0\r\nA: b\r\n\r\n");
        next = read_head();
    }
    if (next == DOWNLOAD_HEAD)
        next = read_on(1, text);
    bool whole = next == DOWNLOAD_COMPLETE && (!download_has_trailers(&at.d) ||
                                               message_take_trailers(at.response, &at.d.trailers));
    CU_ASSERT(!whole || at.response->trailers_len == 1);
    end();
    return whole ? GOFER_OK : GOFER_ERR_NOMEM;
}

static void scarce_memory_fails_and_loses_no_trailers(void)
{
    scarce_run(stream_with_trailers);
}

CU_TestInfo download_tests[] = {
    {"H1-24 H1-10 every cutting of a stream gives the same", every_cutting_gives_the_same},
    {"H1-24 H1-10 a stream byte by byte gives the same", byte_by_byte_gives_the_same},
    {"A11 the last bytes bring the end", the_last_bytes_bring_the_end},
    {"nothing at hand is empty", nothing_at_hand_is_empty},
    {"F18 framing alone is empty", framing_alone_is_empty},
    {"F18 what came with the head is kept until read", what_came_with_the_head_is_kept_until_read},
    {"H1-10 a failure is told behind the bytes", a_failure_is_told_behind_the_bytes},
    {"RU-01 bytes behind the body are seen with room", bytes_behind_the_body_are_seen_with_room},
    {"A13 an empty body is complete with its head", an_empty_body_is_complete_with_its_head},
    {"F16 scarce memory fails, and loses no trailers", scarce_memory_fails_and_loses_no_trailers},
    CU_TEST_INFO_NULL};
