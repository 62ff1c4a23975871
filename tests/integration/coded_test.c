/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Content codings as a program sees them: when they are asked for, what a response
 * is then, gathered or read piece by piece, and what stays as it came.
 */
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gofer/wire.h>

#include "integration/coded_reply.h"
#include "integration/expect.h"
#include "integration/flow.h"
#include "integration/rig.h"

extern CU_TestInfo coded_tests[];

static const char hello[] = "hello, content coding";

static gofer_client *client_without_decoding(void)
{
    return rig_client(&(gofer_client_options){.disable_decompression = true});
}

static const char *head_of(gofer_client *client, struct origin *origin, gofer_request *request)
{
    rig_call(client, request);
    return origin_last_head(origin);
}

/* A coded body that came as this text. */
static void expect_decoded(const struct outcome *got, const char *text)
{
    rig_expect_answer(got, 200, text);
    EXPECT_INT(gofer_response_uncompressed(got->response), 1);
    EXPECT_INT(gofer_response_content_length(got->response), -1);
    EXPECT_TEXT(gofer_response_header(got->response, "Content-Encoding"), NULL);
    EXPECT_TEXT(gofer_response_header(got->response, "Content-Length"), NULL);
    EXPECT_TEXT(gofer_response_header(got->response, "X-Behind"), "there");
}

/* A body that stayed as it was sent. */
static void expect_raw(const struct outcome *got, int status, struct coded_bytes bytes,
                       const char *coding)
{
    size_t len;
    const void *body = gofer_response_body(got->response, &len);

    EXPECT_STATUS(got->status, GOFER_OK);
    EXPECT_INT(gofer_response_status(got->response), status);
    EXPECT(len == bytes.len && memcmp(body, bytes.data, len) == 0);
    EXPECT_INT(gofer_response_uncompressed(got->response), 0);
    EXPECT_INT(gofer_response_content_length(got->response), (long long)bytes.len);
    EXPECT_TEXT(gofer_response_header(got->response, "Content-Encoding"), coding);
}

/* --- asking --- */

/* Table accept_encoding_roundtrip; where Go asks for gzip, gofer asks for all that it can undo. */
static void table_accept_encoding_roundtrip(void)
{
    static const struct {
        const char *accept;
        const char *sent; /* NULL: what gofer asks for */
        const char *coding;
        bool compressed;
    } rows[] = {
        {NULL, NULL, "gzip", false}, {"foo", "foo", "foo", true}, {"gzip", "gzip", "gzip", true}};

    coded_fresh();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct coded_reply reply = {.coding = rows[i].coding, .body = coded_text(hello)};
        struct origin *origin = coded_origin(&reply);
        gofer_request *request = rig_request("GET", origin, "/");
        char line[128];

        if (rows[i].accept != NULL)
            gofer_request_set_header(request, "Accept-Encoding", rows[i].accept);
        struct outcome got = rig_call(rig_client(NULL), request);
        snprintf(line, sizeof line, "\r\nAccept-Encoding: %s\r\n",
                 rows[i].sent != NULL ? rows[i].sent : gofer_content_codings());
        EXPECT_HOLDS(origin_last_head(origin), line);
        if (rows[i].compressed)
            expect_raw(&got, 200, reply.body, rows[i].coding);
        else
            expect_decoded(&got, hello);
    }
}

/* F13, ZIP-06, ZIP-08: nothing is asked for, and nothing undone, where the caller has a say or
 * wants a part. */
static void f13_zip_08_who_says_otherwise_gets_what_was_sent(void)
{
    static const gofer_header accepting = {"Accept-Encoding", "gzip"};
    coded_fresh();
    struct coded_reply reply = {.coding = "gzip", .body = coded_text(hello)};
    struct origin *origin = coded_origin(&reply);
    gofer_client *client = rig_client(NULL);
    gofer_client *asking =
        rig_client(&(gofer_client_options){.headers = &accepting, .headers_len = 1});
    gofer_request *removed = rig_request("GET", origin, "/");
    gofer_request *part = rig_request("GET", origin, "/");
    gofer_request *off = rig_request("GET", origin, "/");

    gofer_request_remove_header(removed, "accept-encoding");
    gofer_request_set_header(part, "Range", "bytes=0-");
    gofer_request_set_decompression(off, 0);
    gofer_request *const without[] = {removed, part, off};
    for (size_t i = 0; i < 3; i++) {
        struct outcome got = rig_call(client, without[i]);
        EXPECT_LACKS(origin_last_head(origin), "Accept-Encoding");
        expect_raw(&got, 200, reply.body, "gzip");
    }
    struct outcome got = rig_get(client_without_decoding(), origin, "/");
    EXPECT_LACKS(origin_last_head(origin), "Accept-Encoding");
    expect_raw(&got, 200, reply.body, "gzip");
    got = rig_get(asking, origin, "/");
    EXPECT_HOLDS(origin_last_head(origin), "\r\nAccept-Encoding: gzip\r\n");
    expect_raw(&got, 200, reply.body, "gzip");
}

static void a_request_may_ask_where_its_client_does_not(void)
{
    coded_fresh();
    struct origin *origin =
        coded_origin(&(struct coded_reply){.coding = "gzip", .body = coded_text(hello)});
    gofer_client *client = client_without_decoding();
    gofer_request *request = rig_request("GET", origin, "/");

    EXPECT_STATUS(gofer_request_set_decompression(request, 1), GOFER_OK);
    struct outcome got = rig_call(client, request);
    expect_decoded(&got, hello);
    EXPECT_STATUS(gofer_request_set_decompression(NULL, 1), GOFER_ERR_INVALID);
}

static void one_request_asks_as_each_client_says(void)
{
    coded_fresh();
    struct origin *origin =
        coded_origin(&(struct coded_reply){.coding = "gzip", .body = coded_text(hello)});
    gofer_request *request = rig_request("GET", origin, "/");
    gofer_client *with = rig_client(NULL), *without = client_without_decoding();

    EXPECT_HOLDS(head_of(with, origin, request), "\r\nAccept-Encoding: ");
    EXPECT_LACKS(head_of(without, origin, request), "Accept-Encoding");
    EXPECT_HOLDS(head_of(with, origin, request), "\r\nAccept-Encoding: ");
}

/* ZIP-06. */
static void zip_06_heads_and_parts_are_left_alone(void)
{
    coded_fresh();
    struct coded_reply reply = {.coding = "gzip", .body = coded_text(hello)};
    struct origin *origin = coded_origin(&reply);
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_call(client, rig_request("HEAD", origin, "/"));

    EXPECT_LACKS(origin_last_head(origin), "Accept-Encoding");
    rig_expect_answer(&got, 200, "");
    EXPECT_TEXT(gofer_response_header(got.response, "Content-Encoding"), "gzip");
    EXPECT_INT(gofer_response_content_length(got.response), (long long)reply.body.len);
    reply.status = "206 Partial Content";
    got = rig_get(client, coded_origin(&reply), "/");
    expect_raw(&got, 206, reply.body, "gzip");
    reply.status = "204 No Content";
    reply.body.len = 0;
    got = rig_get(client, coded_origin(&reply), "/");
    expect_raw(&got, 204, reply.body, "gzip");
}

/* --- decoding --- */

/* F13: "GZIP" too. The sample in every coding that was built in, in every framing. */
static void f13_every_coding_in_every_framing(void)
{
    coded_fresh();
    const struct {
        const char *name;
        const char *asked; /* part of what is asked for where it is built in */
        struct coded_bytes bytes;
    } rows[] = {
        {"gzip", "gzip", coded_in(CODED_GZIP, coded_sample())},
        {"GZIP", "gzip", coded_in(CODED_GZIP, coded_sample())},
        {"x-gzip", "gzip", coded_in(CODED_GZIP, coded_sample())},
        {"identity, gzip,", "gzip", coded_in(CODED_GZIP, coded_sample())},
        {"deflate", "deflate", coded_in(CODED_ZLIB, coded_sample())},
        {"deflate", "deflate", coded_in(CODED_DEFLATE, coded_sample())},
        {"br", "br", coded_sample_brotli},
        {"zstd", "zstd", coded_sample_zstd},
        {"gzip, gzip", "gzip", coded_again(coded_in(CODED_GZIP, coded_sample()))},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int framing = 0; framing < CODED_FRAMINGS; framing++) {
            struct coded_reply reply = {.coding = rows[i].name,
                                        .body = rows[i].bytes,
                                        .framing = (enum coded_framing)framing,
                                        .piece = 7};
            struct outcome got = rig_get(rig_client(NULL), coded_origin(&reply), "/");
            if (strstr(gofer_content_codings(), rows[i].asked) != NULL)
                expect_decoded(&got, coded_sample());
            else
                EXPECT_INT(gofer_response_uncompressed(got.response), 0);
        }
    }
}

static void an_unknown_coding_is_left_alone(void)
{
    static const char *const unknown[] = {"compress", "gzip, compress", "foo, gzip",
                                          "identity", "gzip;q=1",       ""};
    coded_fresh();
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        struct coded_reply reply = {.coding = unknown[i], .body = coded_text(hello)};
        struct outcome got = rig_get(rig_client(NULL), coded_origin(&reply), "/");
        expect_raw(&got, 200, reply.body, unknown[i]);
    }
}

/* Content-Encoding over two fields; the others keep their order. */
static void all_fields_of_the_name_count(void)
{
    coded_fresh();
    struct coded_bytes twice = coded_again(coded_text(hello));
    static char reply[512]; /* the origin may look at it after the test */
    int len = snprintf(reply, sizeof reply,
                       "HTTP/1.1 200 OK\r\nA: 1\r\nContent-Encoding: gzip\r\nB: 2\r\n"
                       "content-encoding: gzip\r\nContent-Length: %zu\r\nC: 3\r\n\r\n",
                       twice.len);
    memcpy(reply + len, twice.data, twice.len);
    struct route routes[] = {{.reply = reply, .len = (size_t)len + twice.len}};
    struct outcome got = rig_get(rig_client(NULL), rig_script(routes), "/");
    const char *name, *value;

    rig_expect_answer(&got, 200, hello);
    EXPECT_INT(gofer_response_header_count(got.response), 3);
    for (size_t i = 0; gofer_response_header_at(got.response, i, &name, &value); i++) {
        EXPECT(name[0] == "ABC"[i] && value[0] == "123"[i]);
    }
}

/* F14: once, however gzip-like the result is. */
static void f14_it_is_decoded_once(void)
{
    coded_fresh();
    struct coded_bytes inner = coded_text(hello);
    struct coded_reply reply = {.coding = "gzip", .body = coded_again(inner)};
    struct outcome got = rig_get(rig_client(NULL), coded_origin(&reply), "/");
    size_t len;
    const void *body = gofer_response_body(got.response, &len);

    EXPECT(len == inner.len && memcmp(body, inner.data, len) == 0);
}

static void an_empty_body_is_empty_in_every_coding(void)
{
    coded_fresh();
    for (int framing = 0; framing < CODED_FRAMINGS; framing++) {
        struct coded_reply reply = {.coding = "gzip", .framing = (enum coded_framing)framing};
        if (framing == CODED_CHUNKS)
            reply.body = (struct coded_bytes){"", 0};
        struct outcome got = rig_get(rig_client(NULL), coded_origin(&reply), "/");
        rig_expect_answer(&got, 200, "");
        reply.body = coded_text("");
        got = rig_get(rig_client(NULL), coded_origin(&reply), "/");
        expect_decoded(&got, "");
    }
}

static void a_larger_body_is_gathered_whole(void)
{
    enum { LEN = 3 * 1000 * 1000 };
    coded_fresh();
    struct coded_reply reply = {.coding = "gzip", .body = coded_nothing(LEN)};
    struct outcome got = rig_get(rig_client(NULL), coded_origin(&reply), "/");
    size_t len, nul = 0;
    const char *body = gofer_response_body(got.response, &len);

    EXPECT_STATUS(got.status, GOFER_OK);
    EXPECT_INT(len, LEN);
    while (nul < len && body[nul] == '\0')
        nul++;
    EXPECT_INT(nul, LEN);
    EXPECT_INT(body[len], 0);
}

/* --- piece by piece --- */

static void the_body_is_read_in_pieces_of_every_size(void)
{
    static const size_t pieces[] = {1, 2, 100, 4096};
    coded_fresh();
    for (int framing = 0; framing < CODED_FRAMINGS; framing++) {
        struct coded_reply reply = {.coding = "gzip",
                                    .body = coded_text(coded_sample()),
                                    .framing = (enum coded_framing)framing,
                                    .piece = 10};
        struct origin *origin = coded_origin(&reply);
        gofer_client *client = rig_client(NULL);
        for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
            gofer_response *response = flow_open(client, origin, "/");
            EXPECT_INT(gofer_response_uncompressed(response), 1);
            EXPECT_INT(gofer_response_content_length(response), -1);
            EXPECT_TEXT(gofer_response_header(response, "Content-Encoding"), NULL);
            flow_expect_text(response, pieces[i], coded_sample());
        }
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), framing == CODED_TO_END ? 4 : 1);
    }
}

static void take_exactly(gofer_response *response, const char *text)
{
    char buf[1024];
    size_t len = strlen(text), got = 0;

    while (got < len) {
        ssize_t n = gofer_response_read(response, buf + got, len - got);
        REQUIRE(n > 0);
        got += (size_t)n;
    }
    EXPECT(memcmp(buf, text, len) == 0);
}

/* A14: whoever reads exactly the decoded bytes has read to the end; the connection is free. */
static void a14_reading_the_decoded_bytes_frees_the_connection(void)
{
    coded_fresh();
    for (int framing = CODED_LENGTH; framing <= CODED_CHUNKS; framing++) {
        struct coded_reply reply = {.coding = "gzip",
                                    .body = coded_text(coded_sample()),
                                    .framing = (enum coded_framing)framing};
        struct origin *origin = coded_origin(&reply);
        gofer_client *client = rig_client(NULL);
        for (int i = 0; i < 3; i++) {
            take_exactly(flow_open(client, origin, "/"), coded_sample());
            EXPECT_INT(rig_stats(client).conns_idle, 1);
            EXPECT_INT(rig_stats(client).calls_active, 0);
        }
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
    }
}

/* F13: a part is read, the rest thrown away: not even decoded, since it is broken. */
static void f13_a_body_half_read_is_drained(void)
{
    coded_fresh();
    struct coded_bytes good = coded_text(coded_sample());
    struct coded_bytes broken = coded_times(good, 2);
    struct coded_reply reply = {.coding = "gzip", .body = broken};
    char byte;

    memset((char *)broken.data + good.len, 'x', good.len);
    struct origin *origin = coded_origin(&reply);
    gofer_client *client = rig_client(NULL);
    for (int i = 0; i < 3; i++) {
        gofer_response *response = flow_open(client, origin, "/");
        EXPECT_INT(gofer_response_read(response, &byte, 1), 1);
        gofer_response_close(response);
        EXPECT(rig_wait_idle(client, 1));
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

static void it_goes_to_a_descriptor(void)
{
    coded_fresh();
    struct coded_reply reply = {.coding = "gzip", .body = coded_text(coded_sample())};
    gofer_response *response = flow_open(rig_client(NULL), coded_origin(&reply), "/");
    char buf[2048];
    int ends[2];

    REQUIRE(pipe(ends) == 0);
    EXPECT_STATUS(gofer_response_to_fd(response, ends[1]), GOFER_OK);
    ssize_t n = read(ends[0], buf, sizeof buf);
    EXPECT(n == (ssize_t)strlen(coded_sample()) && memcmp(buf, coded_sample(), (size_t)n) == 0);
    close(ends[0]);
    close(ends[1]);
}

struct pieces_seen {
    size_t len;
    size_t largest;
};

static int see_piece(void *arg, const void *data, size_t len)
{
    struct pieces_seen *seen = arg;

    (void)data;
    seen->len += len;
    seen->largest = len > seen->largest ? len : seen->largest;
    return 0;
}

/* ZIP-07: a callback gets no more at a time than it is promised. */
static void zip_07_pieces_keep_their_size(void)
{
    enum { LEN = 1000 * 1000, PIECE_MAX = 64 * 1024 };
    coded_fresh();
    struct coded_reply reply = {.coding = "gzip", .body = coded_nothing(LEN)};
    gofer_response *response = flow_open(rig_client(NULL), coded_origin(&reply), "/");
    struct pieces_seen seen = {0};

    EXPECT_STATUS(gofer_response_to_callback(response, see_piece, &seen), GOFER_OK);
    EXPECT_INT(seen.len, LEN);
    EXPECT(seen.largest <= PIECE_MAX);
}

/* The last bytes, the end of the framing among them, wait for the gate. */
static struct coded_reply held_chunks(void)
{
    return (struct coded_reply){.coding = "gzip",
                                .body = coded_text(hello),
                                .framing = CODED_CHUNKS,
                                .go = rig_gate(),
                                .held = 5};
}

/* The end of the coding came, that of the framing did not: a poll finds the one and not the other.
 */
static void the_end_of_the_coding_is_not_the_end_of_the_body(void)
{
    coded_fresh();
    struct coded_reply reply = held_chunks();
    gofer_response *response = flow_open(rig_client(NULL), coded_origin(&reply), "/");
    char byte;

    take_exactly(response, hello);
    EXPECT_INT(gofer_response_read_for(response, &byte, 1, 0), GOFER_READ_PENDING);
    gate_pass(reply.go);
    EXPECT_INT(gofer_response_read(response, &byte, 1), 0);
}

static void pass(void *arg)
{
    gate_pass(arg);
}

/* What a notice waits for is a byte of the text: there at once where it is decoded already. (A poll
 * may come while the thread that told is still at the call; a read waits for that, not for more.)
 */
static void decoded_bytes_that_wait_are_readable(void)
{
    coded_fresh();
    struct coded_reply reply = held_chunks();
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, coded_origin(&reply), "/");
    struct gate *told = rig_gate();
    char byte;

    EXPECT_INT(gofer_response_read(response, &byte, 1), 1);
    EXPECT_STATUS(gofer_response_on_readable(response, pass, told), GOFER_OK);
    EXPECT(flow_until_passed(client, told, 1));
    EXPECT_INT(gofer_response_read(response, &byte, 1), 1);
    gate_pass(reply.go);
}

/* --- while a thread reads --- */

struct reader {
    pthread_t thread;
    gofer_response *response;
    ssize_t last;
};

static void *read_all(void *arg)
{
    struct reader *reader = arg;
    char buf[4096];

    do
        reader->last = gofer_response_read(reader->response, buf, sizeof buf);
    while (reader->last > 0);
    return NULL;
}

/* C19: the reader has got what was there, and waits for more, when another thread closes. */
static void c19_a_close_wakes_the_reader_of_a_coded_body(void)
{
    coded_fresh();
    struct coded_reply reply = {.coding = "gzip",
                                .body = coded_text(coded_sample()),
                                .framing = CODED_CHUNKS,
                                .go = rig_gate(),
                                .held = 40};
    gofer_response *response = flow_open(rig_client(NULL), coded_origin(&reply), "/");
    struct reader reader = {.response = response};

    REQUIRE(pthread_create(&reader.thread, NULL, read_all, &reader) == 0);
    pass_ms(20);
    gofer_response_close(response);
    pthread_join(reader.thread, NULL);
    EXPECT_INT(reader.last, -1);
    flow_expect_failure(response, GOFER_ERR_CLOSED, GOFER_PHASE_BODY);
    gate_pass(reply.go);
}

/* --- below chunked --- */

/* Serves the text in gzip, and that in gzip again as a transfer coding. */
static struct origin *doubly_coded_origin(const char *text)
{
    static char reply[1024];
    struct coded_bytes once = coded_make(CODED_GZIP, text, strlen(text));
    struct coded_bytes twice = coded_make(CODED_GZIP, once.data, once.len);
    int n = snprintf(reply, sizeof reply,
                     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                     "Transfer-Encoding: gzip, chunked\r\n\r\n%zx\r\n",
                     twice.len);

    memcpy(reply + n, twice.data, twice.len);
    memcpy(reply + (size_t)n + twice.len, "\r\n0\r\n\r\n", 7);
    struct route routes[] = {{.reply = reply, .len = (size_t)n + twice.len + 7}};
    coded_free_bytes(&once);
    coded_free_bytes(&twice);
    return rig_script(routes);
}

static gofer_request *request_for_transfer_codings(struct origin *origin)
{
    gofer_wire_options wire = {.decode_transfer = true};
    gofer_request *request = rig_request("GET", origin, "/");

    gofer_request_set_header(request, "Connection", "TE");
    gofer_request_set_header(request, "TE", "gzip");
    gofer_request_set_wire(request, &wire);
    return request;
}

static void a_transfer_coding_is_undone_where_it_was_asked_for(void)
{
    struct origin *origin = doubly_coded_origin(hello);
    struct outcome got = rig_call(rig_client(NULL), request_for_transfer_codings(origin));
    size_t len;

    rig_expect_answer(&got, 200, hello);
    EXPECT_INT(gofer_response_uncompressed(got.response), 1);
    EXPECT_HOLDS(origin_last_head(origin), "\r\nTE: gzip\r\n");
    EXPECT_HOLDS(origin_last_head(origin), "\r\nConnection: TE\r\n");
    got = rig_call(client_without_decoding(), request_for_transfer_codings(origin));
    EXPECT_STATUS(got.status, GOFER_OK);
    EXPECT_INT(gofer_response_uncompressed(got.response), 0);
    EXPECT_TEXT(gofer_response_header(got.response, "Content-Encoding"), "gzip");
    EXPECT(memcmp(gofer_response_body(got.response, &len), "\x1f\x8b", 2) == 0);
}

static void nobody_else_gets_a_transfer_coding(void)
{
    struct outcome got = rig_get(rig_client(NULL), doubly_coded_origin(hello), "/");

    rig_expect_error(&got, GOFER_ERR_PROTOCOL);
    EXPECT_HOLDS(got.error->message, "unsupported Transfer-Encoding");
}

CU_TestInfo coded_tests[] = {
    {"a transfer coding is undone where it was asked for",
     a_transfer_coding_is_undone_where_it_was_asked_for},
    {"nobody else gets a transfer coding", nobody_else_gets_a_transfer_coding},
    {"table accept_encoding_roundtrip", table_accept_encoding_roundtrip},
    {"F13 ZIP-08 who says otherwise gets what was sent",
     f13_zip_08_who_says_otherwise_gets_what_was_sent},
    {"a request may ask where its client does not", a_request_may_ask_where_its_client_does_not},
    {"one request asks as each client says", one_request_asks_as_each_client_says},
    {"ZIP-06 heads and parts are left alone", zip_06_heads_and_parts_are_left_alone},
    {"F13 ZIP-05 every coding in every framing", f13_every_coding_in_every_framing},
    {"an unknown coding is left alone", an_unknown_coding_is_left_alone},
    {"all fields of the name count", all_fields_of_the_name_count},
    {"F14 it is decoded once", f14_it_is_decoded_once},
    {"an empty body is empty in every coding", an_empty_body_is_empty_in_every_coding},
    {"a larger body is gathered whole", a_larger_body_is_gathered_whole},
    {"the body is read in pieces of every size", the_body_is_read_in_pieces_of_every_size},
    {"A14 reading the decoded bytes frees the connection",
     a14_reading_the_decoded_bytes_frees_the_connection},
    {"F13 a body half read is drained", f13_a_body_half_read_is_drained},
    {"it goes to a descriptor", it_goes_to_a_descriptor},
    {"ZIP-07 pieces keep their size", zip_07_pieces_keep_their_size},
    {"the end of the coding is not the end of the body",
     the_end_of_the_coding_is_not_the_end_of_the_body},
    {"decoded bytes that wait are readable", decoded_bytes_that_wait_are_readable},
    {"C19 a close wakes the reader of a coded body", c19_a_close_wakes_the_reader_of_a_coded_body},
    CU_TEST_INFO_NULL,
};
