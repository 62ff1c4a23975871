/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Coded bodies that are wrong, or want too much: truncated and broken ones,
 * gathered and read; how much may come out, through how many codings, and how
 * little memory that takes.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/coded_reply.h"
#include "integration/expect.h"
#include "integration/flow.h"
#include "integration/rig.h"
#include "support/heap.h"

extern CU_TestInfo coded_limit_tests[];

static const char hello[] = "hello, content coding";

enum { MIB = 1024 * 1024 };

static struct outcome get(const gofer_client_options *options, const struct coded_reply *reply)
{
    return rig_get(rig_client(options), coded_origin(reply), "/");
}

/* The call failed in the body, in these words. */
static void expect_failure(const struct outcome *got, gofer_status status, const char *words)
{
    rig_expect_error(got, status);
    EXPECT_INT(got->error->phase, GOFER_PHASE_BODY);
    EXPECT_HOLDS(got->error->message, words);
}

/* Reads all of it, which fails so. How many bytes came before. */
static size_t read_failure(const gofer_client_options *options, const struct coded_reply *reply,
                           gofer_status status)
{
    gofer_response *response = flow_open(rig_client(options), coded_origin(reply), "/");
    char buf[4096];
    size_t len = 0;
    ssize_t n;

    while ((n = gofer_response_read(response, buf, sizeof buf)) > 0)
        len += (size_t)n;
    EXPECT_INT(n, -1);
    flow_expect_failure(response, status, GOFER_PHASE_BODY);
    return len;
}

/* --- wrong bytes --- */

/* F3, F14, ZIP-04: at every place. */
static void f14_zip_04_a_truncated_coding_is_no_end(void)
{
    coded_fresh();
    struct coded_bytes whole = coded_text(hello);
    for (size_t len = 1; len < whole.len; len++) {
        struct coded_reply reply = {.coding = "gzip", .body = {whole.data, len}};
        reply.framing = (enum coded_framing)(len % CODED_FRAMINGS);
        struct outcome got = get(NULL, &reply);
        expect_failure(&got, GOFER_ERR_DECODE, "ended inside its gzip coding");
        EXPECT(read_failure(NULL, &reply, GOFER_ERR_DECODE) <= strlen(hello));
    }
}

/* F3: where the framing says that more was to come, that is what is wrong. */
static void f3_a_truncated_body_is_truncated(void)
{
    static const char reply[] =
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n\x1f\x8b\x08";
    static const struct route routes[] = {
        {.reply = reply, .len = sizeof reply - 1, .then = THEN_CLOSE}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_get(client, origin, "/");
    char byte;

    expect_failure(&got, GOFER_ERR_TRUNCATED, "after 3 bytes");
    gofer_response *response = flow_open(client, origin, "/");
    EXPECT_INT(gofer_response_read(response, &byte, 1), -1);
    flow_expect_failure(response, GOFER_ERR_TRUNCATED, GOFER_PHASE_BODY);
}

static void zip_04_broken_bytes_are_an_error(void)
{
    static const struct {
        int at; /* from the end where negative */
        const char *words;
    } rows[] = {{0, "incorrect header check"},
                {2, "unknown compression method"},
                {-8, "incorrect data check"},
                {-4, "incorrect length check"}};

    coded_fresh();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct coded_bytes bytes = coded_text(hello);
        char *at = (char *)bytes.data + (rows[i].at < 0 ? (int)bytes.len + rows[i].at : rows[i].at);
        *at = (char)~*at;
        struct coded_reply reply = {.coding = "gzip", .body = bytes};
        struct outcome got = get(NULL, &reply);
        expect_failure(&got, GOFER_ERR_DECODE, rows[i].words);
        size_t before = read_failure(NULL, &reply, GOFER_ERR_DECODE);
        EXPECT_INT(before, rows[i].at < 0 ? strlen(hello) : 0);
    }
}

/* ZIP-03. The text is read before the error. */
static void zip_03_bytes_behind_the_coding_are_an_error(void)
{
    coded_fresh();
    struct coded_bytes twice = coded_times(coded_text(hello), 2);
    memset((char *)twice.data + twice.len / 2, 0, twice.len / 2);
    struct coded_reply reply = {.coding = "gzip", .body = twice, .framing = CODED_CHUNKS};
    struct outcome got = get(NULL, &reply);

    expect_failure(&got, GOFER_ERR_DECODE, "data behind its end");
    EXPECT_INT(read_failure(NULL, &reply, GOFER_ERR_DECODE), strlen(hello));
}

static void zip_03_empty_members_are_nothing(void)
{
    coded_fresh();
    struct coded_reply reply = {.coding = "gzip", .body = coded_times(coded_text(""), 50 * 1000)};
    struct outcome got = get(NULL, &reply);
    gofer_response *response = flow_open(rig_client(NULL), coded_origin(&reply), "/");
    char byte;

    rig_expect_answer(&got, 200, "");
    EXPECT_INT(gofer_response_read(response, &byte, 1), 0);
}

/* A reader whom a server feeds with bytes that come to nothing is not beyond reach. */
static void an_endless_nothing_does_not_hold_the_reader(void)
{
    coded_fresh();
    struct coded_reply reply = {.coding = "gzip",
                                .body = coded_times(coded_text(""), 50 * 1000),
                                .go = rig_gate(),
                                .held = 1};
    gofer_request *request = flow_request("GET", coded_origin(&reply), "/");
    char byte;

    gofer_request_set_timeout_ms(request, 500);
    gofer_response *response = flow_begin(rig_client(NULL), request);
    EXPECT_INT(gofer_response_read(response, &byte, 1), -1);
    flow_expect_failure(response, GOFER_ERR_TIMEOUT, GOFER_PHASE_BODY);
    gate_pass(reply.go);
}

/* --- too much --- */

/* ZIP-01: the limit is one of what comes out; what comes in may be larger. */
static void zip_01_the_limit_is_of_decoded_bytes(void)
{
    static const gofer_client_options exact = {.max_body_bytes = sizeof hello - 1};
    static const gofer_client_options less = {.max_body_bytes = sizeof hello - 2};
    coded_fresh();
    for (int framing = 0; framing < CODED_FRAMINGS; framing++) {
        struct coded_reply reply = {
            .coding = "gzip", .body = coded_text(hello), .framing = (enum coded_framing)framing};
        EXPECT(reply.body.len > sizeof hello);
        struct outcome got = get(&exact, &reply);
        rig_expect_answer(&got, 200, hello);
        got = get(&less, &reply);
        expect_failure(&got, GOFER_ERR_TOO_LARGE, "exceeds 20 bytes");
    }
}

static void zip_01_a_bomb_fails_at_the_limit(void)
{
    static const gofer_client_options options = {.max_body_bytes = MIB};
    coded_fresh();
    struct coded_reply reply = {.coding = "gzip", .body = coded_nothing(32 * MIB)};
    heap_forget_peak();
    long before = heap_bytes();
    struct outcome got = get(&options, &reply);

    expect_failure(&got, GOFER_ERR_TOO_LARGE, "response body exceeds 1048576 bytes");
    EXPECT(heap_peak() - before < 3 * MIB);
}

static void zip_01_a_bomb_fails_at_the_ratio(void)
{
    coded_fresh();
    struct coded_reply reply = {.coding = "gzip", .body = coded_nothing(16 * MIB)};
    static const gofer_client_options all = {.max_decode_ratio = GOFER_NEVER};
    static const gofer_client_options more = {.max_decode_ratio = 2000};
    struct outcome got = get(NULL, &reply);

    expect_failure(&got, GOFER_ERR_TOO_LARGE, "more than 200 times its size");
    EXPECT_AT_LEAST(read_failure(NULL, &reply, GOFER_ERR_TOO_LARGE), 8 * MIB - 4096);
    got = get(&all, &reply);
    EXPECT_STATUS(got.status, GOFER_OK);
    got = get(&more, &reply);
    EXPECT_STATUS(got.status, GOFER_OK);
}

/* ZIP-01: whoever reads a bomb piece by piece needs no more memory for the 64th MiB than for the
 * first. */
static void zip_01_reading_takes_constant_memory(void)
{
    enum { LEN = 64 * MIB };
    static const gofer_client_options all = {.max_decode_ratio = GOFER_NEVER};
    coded_fresh();
    struct coded_reply reply = {.coding = "gzip", .body = coded_nothing(LEN)};
    gofer_response *response = flow_open(rig_client(&all), coded_origin(&reply), "/");
    static char buf[64 * 1024];
    size_t len = 0;
    ssize_t n = gofer_response_read(response, buf, sizeof buf);

    long first = heap_bytes();
    for (heap_forget_peak(); n > 0; n = gofer_response_read(response, buf, sizeof buf))
        len += (size_t)n;
    EXPECT_INT(n, 0);
    EXPECT_INT(len, LEN);
    EXPECT(heap_peak() - first < 64 * 1024);
}

/* ZIP-02: in one field, and in many. */
static void zip_02_there_are_at_most_four_codings(void)
{
    coded_fresh();
    struct coded_bytes four = coded_text(hello);
    for (int i = 1; i < 4; i++)
        four = coded_again(four);
    struct coded_reply reply = {.coding = "gzip, gzip, gzip, gzip", .body = four};
    struct outcome got = get(NULL, &reply);

    rig_expect_answer(&got, 200, hello);
    reply.coding = "gzip, gzip, gzip, gzip, gzip";
    reply.body = coded_again(four);
    got = get(NULL, &reply);
    expect_failure(&got, GOFER_ERR_DECODE, "more than 4 content codings");
    reply.coding = "gzip\r\nContent-Encoding: gzip, gzip\r\nContent-Encoding: gzip, gzip";
    got = get(NULL, &reply);
    expect_failure(&got, GOFER_ERR_DECODE, "more than 4 content codings");
}

static void options_are_checked(void)
{
    static const gofer_client_options bad = {.max_decode_ratio = -2};

    EXPECT(gofer_client_new(&bad) == NULL);
}

/* A connection whose body could not be decoded is not used again; one whose body was is. */
static void a_failure_ends_the_connection(void)
{
    coded_fresh();
    struct coded_bytes bytes = coded_text(hello);
    struct coded_reply reply = {.coding = "gzip", .body = {bytes.data, bytes.len - 1}};
    struct origin *origin = coded_origin(&reply);
    gofer_client *client = rig_client(NULL);

    for (unsigned i = 1; i <= 3; i++) {
        struct outcome got = rig_get(client, origin, "/");
        rig_expect_error(&got, GOFER_ERR_DECODE);
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), i);
        EXPECT_INT(rig_stats(client).conns_idle, 0);
    }
}

/* Whatever allocation fails, the call fails for lack of memory and nothing is left. */
static void every_allocation_may_fail(void)
{
    coded_fresh();
    struct coded_reply reply = {
        .coding = "gzip, gzip", .body = coded_again(coded_text(hello)), .framing = CODED_CHUNKS};
    struct origin *origin = coded_origin(&reply);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("GET", origin, "/");
    struct outcome got = rig_call(client, request);

    rig_expect_answer(&got, 200, hello);
    for (long n = 1;; n++) {
        gofer_response *response = NULL;
        heap_fail_at(n);
        gofer_status status = gofer_do(client, request, &response);
        bool failed = heap_failed();
        heap_fail_at(0);
        if (!failed)
            EXPECT_STATUS(status, GOFER_OK);
        else
            EXPECT(status == GOFER_OK || status == GOFER_ERR_NOMEM);
        gofer_response_free(response);
        if (!failed)
            break;
    }
}

CU_TestInfo coded_limit_tests[] = {
    {"F14 ZIP-04 a truncated coding is no end", f14_zip_04_a_truncated_coding_is_no_end},
    {"F3 a truncated body is truncated", f3_a_truncated_body_is_truncated},
    {"ZIP-04 broken bytes are an error", zip_04_broken_bytes_are_an_error},
    {"ZIP-03 bytes behind the coding are an error", zip_03_bytes_behind_the_coding_are_an_error},
    {"ZIP-03 empty members are nothing", zip_03_empty_members_are_nothing},
    {"an endless nothing does not hold the reader", an_endless_nothing_does_not_hold_the_reader},
    {"ZIP-01 the limit is of decoded bytes", zip_01_the_limit_is_of_decoded_bytes},
    {"ZIP-01 a bomb fails at the limit", zip_01_a_bomb_fails_at_the_limit},
    {"ZIP-01 a bomb fails at the ratio", zip_01_a_bomb_fails_at_the_ratio},
    {"ZIP-01 reading takes constant memory", zip_01_reading_takes_constant_memory},
    {"ZIP-02 there are at most four codings", zip_02_there_are_at_most_four_codings},
    {"options are checked", options_are_checked},
    {"a failure ends the connection", a_failure_ends_the_connection},
    {"every allocation may fail", every_allocation_may_fail},
    CU_TEST_INFO_NULL,
};
