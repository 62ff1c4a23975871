/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * 101 Switching Protocols: the response is a two-way stream from then on, whose
 * halves are used and ended by different threads.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "integration/expect.h"
#include "integration/feed.h"
#include "integration/intake.h"
#include "integration/rig.h"

extern CU_TestInfo upgrade_tests[];

#define SWITCHING "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n"

static gofer_client *client;
static struct origin *origin;

/* Sends each byte back; half-closes where the client did. */
static void echo(struct peer *peer, void *arg)
{
    char piece[4096];
    ssize_t n;

    if (!peer_read_head(peer) || !peer_say(peer, SWITCHING) || !peer_say(peer, arg))
        return;
    size_t first = peer_take_received(peer, piece, sizeof piece);
    if (!peer_send(peer, piece, first))
        return;
    while ((n = recv(peer_fd(peer), piece, sizeof piece, 0)) > 0) {
        if (!peer_send(peer, piece, (size_t)n))
            return;
    }
    peer_finish(peer);
    peer_sees_end(peer);
}

static gofer_request *upgrade_request(void)
{
    gofer_request *request = rig_request("GET", origin, "/");

    EXPECT_STATUS(gofer_request_set_upgrade(request, "echo"), GOFER_OK);
    return request;
}

/* The stream behind a 101; the rig's. */
static gofer_response *switch_over(const char *first)
{
    client = rig_client(NULL);
    origin = rig_origin(echo, (void *)first);
    struct outcome got = rig_call(client, upgrade_request());
    EXPECT_STATUS(got.status, GOFER_OK);
    EXPECT_INT(gofer_response_status(got.response), 101);
    EXPECT_TEXT(gofer_response_header(got.response, "Upgrade"), "echo");
    return (gofer_response *)(uintptr_t)got.response;
}

/* Reads exactly this text. */
static void expect_hears(gofer_response *stream, const char *text)
{
    char buf[64] = "";
    size_t len = 0;

    while (len < strlen(text)) {
        ssize_t n = gofer_response_read(stream, buf + len, strlen(text) - len);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    EXPECT_TEXT(buf, text);
}

static void expect_says(gofer_response *stream, const char *text)
{
    EXPECT_INT(gofer_response_write(stream, text, strlen(text)), strlen(text));
}

static gofer_status error_of(const gofer_response *stream)
{
    const gofer_error *error = gofer_response_error(stream);

    return error != NULL ? error->code : GOFER_OK;
}

/* --- one thread --- */

static void first_what_came_with_the_head_then_both_ways(void)
{
    gofer_response *stream = switch_over("behind the head");

    expect_hears(stream, "behind the head");
    for (int i = 0; i < 3; i++) {
        expect_says(stream, "there");
        expect_hears(stream, "there");
    }
    EXPECT_HOLDS(origin_last_head(origin), "\r\nConnection: Upgrade\r\nUpgrade: echo\r\n");
}

static void lines_are_answered_one_by_one(void)
{
    gofer_response *stream = switch_over("");
    char line[32];

    for (int i = 0; i < 50; i++) {
        snprintf(line, sizeof line, "line %d\n", i);
        expect_says(stream, line);
        expect_hears(stream, line);
    }
    EXPECT_STATUS(gofer_response_shutdown_write(stream), GOFER_OK);
    EXPECT_INT(gofer_response_read(stream, line, sizeof line), 0);
    gofer_response_close(stream);
    EXPECT_STATUS(gofer_client_drain(client, PATIENCE_MS), GOFER_OK);
    EXPECT_INT(rig_stats(client).conns_idle, 0);
    EXPECT_INT(rig_stats(client).conns_in_use, 0);
}

static void the_client_ends_its_half_first(void)
{
    gofer_response *stream = switch_over("");
    char buf[8];

    expect_says(stream, "last");
    EXPECT_STATUS(gofer_response_shutdown_write(stream), GOFER_OK);
    errno = 0;
    EXPECT_INT(gofer_response_write(stream, "x", 1), -1);
    EXPECT_INT(errno, EPIPE);
    EXPECT(gofer_response_error(stream) == NULL);
    expect_hears(stream, "last");
    EXPECT_INT(gofer_response_read(stream, buf, sizeof buf), 0);
    EXPECT_INT(gofer_response_read(stream, buf, sizeof buf), 0);
}

/* Ends its half, then says what it hears. */
static struct {
    struct gate *heard;
    char text[8];
} deaf;

static void end_and_listen(struct peer *peer, void *arg)
{
    (void)arg;
    if (!peer_read_head(peer) || !peer_say(peer, SWITCHING "bye"))
        return;
    peer_finish(peer);
    if (peer_read(peer, deaf.text, 5) && peer_sees_end(peer))
        gate_pass(deaf.heard);
}

static void the_peer_ends_its_half_first(void)
{
    char buf[8];

    memset(&deaf, 0, sizeof deaf);
    deaf.heard = rig_gate();
    client = rig_client(NULL);
    origin = rig_origin(end_and_listen, NULL);
    struct outcome got = rig_call(client, upgrade_request());
    gofer_response *stream = (gofer_response *)(uintptr_t)got.response;
    expect_hears(stream, "bye");
    EXPECT_INT(gofer_response_read(stream, buf, sizeof buf), 0);
    EXPECT_INT(gofer_response_read(stream, buf, sizeof buf), 0);
    expect_says(stream, "still");
    EXPECT_STATUS(gofer_response_shutdown_write(stream), GOFER_OK);
    EXPECT(gate_wait(deaf.heard, 1));
    EXPECT_TEXT(deaf.text, "still");
    EXPECT(gofer_response_error(stream) == NULL);
}

static void say_and_reset(struct peer *peer, void *arg)
{
    if (peer_read_head(peer) && peer_say(peer, SWITCHING "half") && gate_wait(arg, 1))
        peer_reset(peer);
}

static void a_reset_is_an_error(void)
{
    struct gate *go = rig_gate();
    char buf[8];

    client = rig_client(NULL);
    origin = rig_origin(say_and_reset, go);
    struct outcome got = rig_call(client, upgrade_request());
    gofer_response *stream = (gofer_response *)(uintptr_t)got.response;
    expect_hears(stream, "half");
    gate_pass(go);
    EXPECT_INT(gofer_response_read(stream, buf, sizeof buf), -1);
    EXPECT(error_of(stream) == GOFER_ERR_BROKEN || error_of(stream) == GOFER_ERR_TRUNCATED);
    EXPECT_INT(gofer_response_write(stream, "x", 1), -1);
    EXPECT_STATUS(gofer_client_drain(client, PATIENCE_MS), GOFER_OK);
}

/* Says something and is gone, with bytes unread. */
static void say_and_go(struct peer *peer, void *arg)
{
    if (!peer_read_head(peer) || !peer_say(peer, SWITCHING) || !peer_read(peer, &(char){0}, 1))
        return;
    peer_say(peer, "last words");
    peer_reset(peer);
    gate_pass(arg);
}

static void what_the_peer_said_outlives_a_broken_write(void)
{
    struct gate *gone = rig_gate();

    client = rig_client(NULL);
    origin = rig_origin(say_and_go, gone);
    struct outcome got = rig_call(client, upgrade_request());
    gofer_response *stream = (gofer_response *)(uintptr_t)got.response;
    expect_says(stream, "x");
    EXPECT(gate_wait(gone, 1));
    for (int i = 0; i < 2; i++) {
        EXPECT_INT(gofer_response_write(stream, "y", 1), -1);
        EXPECT_STATUS(error_of(stream), GOFER_ERR_BROKEN);
    }
    expect_hears(stream, "last words");
    EXPECT(gofer_response_read(stream, &(char){0}, 1) <= 0);
}

/* --- what is no tunnel --- */

static void a_101_that_nobody_asked_for_is_an_error(void)
{
    static const struct route routes[] = {{.reply = SWITCHING}};

    client = rig_client(NULL);
    origin = rig_script(routes);
    for (int streaming = 0; streaming < 2; streaming++) {
        gofer_request *request = rig_request("GET", origin, "/");
        gofer_request_set_streaming(request, streaming);
        struct outcome got = rig_call(client, request);
        rig_expect_error(&got, GOFER_ERR_PROTOCOL);
        EXPECT_INT(rig_stats(client).conns_idle, 0);
    }
}

static void another_status_is_an_ordinary_response(void)
{
    static const struct route routes[] = {{.reply = REPLY_HELLO}};
    char buf[8];

    client = rig_client(NULL);
    origin = rig_script(routes);
    struct outcome got = rig_call(client, upgrade_request());
    gofer_response *response = (gofer_response *)(uintptr_t)got.response;
    EXPECT_INT(gofer_response_status(response), 200);
    errno = 0;
    EXPECT_INT(gofer_response_write(response, "x", 1), -1);
    EXPECT_INT(errno, EINVAL);
    EXPECT_STATUS(gofer_response_shutdown_write(response), GOFER_ERR_INVALID);
    expect_hears(response, "hello");
    EXPECT_INT(gofer_response_read(response, buf, sizeof buf), 0);
    EXPECT(rig_wait_idle(client, 1));
    EXPECT_INT(gofer_response_write(NULL, "x", 1), -1);
    EXPECT_STATUS(gofer_response_shutdown_write(NULL), GOFER_ERR_INVALID);
}

static void an_upgrade_can_be_taken_back(void)
{
    static const struct route routes[] = {{.reply = REPLY_HELLO}};

    client = rig_client(NULL);
    origin = rig_script(routes);
    gofer_request *request = upgrade_request();
    EXPECT_STATUS(gofer_request_set_upgrade(request, NULL), GOFER_OK);
    gofer_request_set_streaming(request, 0);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_LACKS(origin_last_head(origin), "pgrade");
}

static void an_upgrade_may_have_a_body(void)
{
    static const struct route routes[] = {{.reply = SWITCHING "ok", .then = THEN_HOLD}};
    size_t len;

    client = rig_client(NULL);
    origin = rig_script(routes);
    gofer_request *request = upgrade_request();
    gofer_request_set_body(request, "body", 4);
    struct outcome got = rig_call(client, request);
    EXPECT_INT(gofer_response_status(got.response), 101);
    expect_hears((gofer_response *)(uintptr_t)got.response, "ok");
    EXPECT_TEXT(origin_last_body(origin, &len), "body");
}

/* --- several threads --- */

enum { LONG_LEN = 1000000 };

static void *write_long(void *stream)
{
    char *bytes = malloc(LONG_LEN);
    ssize_t n = -1;

    if (bytes != NULL) {
        feed_fill(bytes, 0, LONG_LEN);
        n = gofer_response_write(stream, bytes, LONG_LEN);
        gofer_response_shutdown_write(stream);
    }
    free(bytes);
    return (void *)(intptr_t)n;
}

static void one_thread_writes_while_another_reads(void)
{
    gofer_response *stream = switch_over("");
    static char buf[LONG_LEN + 1];
    size_t len = 0;
    pthread_t thread;
    void *written;
    ssize_t n;

    REQUIRE(pthread_create(&thread, NULL, write_long, stream) == 0);
    while (len <= LONG_LEN && (n = gofer_response_read(stream, buf + len, sizeof buf - len)) > 0)
        len += (size_t)n;
    pthread_join(thread, &written);
    EXPECT_INT((intptr_t)written, LONG_LEN);
    EXPECT_INT(len, LONG_LEN);
    bool same = true;
    for (size_t i = 0; i < len; i++)
        same = same && buf[i] == feed_byte(i);
    EXPECT(same);
}

/* Never reads: the writer gets stuck. */
static void switch_and_hold(struct peer *peer, void *arg)
{
    int small = 4096;

    setsockopt(peer_fd(peer), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (peer_read_head(peer) && peer_say(peer, SWITCHING))
        gate_wait(arg, 1);
}

static void *read_one(void *stream)
{
    char byte;

    return (void *)(intptr_t)gofer_response_read(stream, &byte, 1);
}

static void *write_much(void *stream)
{
    static char bytes[16 * 1024 * 1024];

    return (void *)(intptr_t)gofer_response_write(stream, bytes, sizeof bytes);
}

static gofer_response *switch_to_silence(struct gate **go)
{
    *go = rig_gate();
    client = rig_client(NULL);
    origin = rig_origin(switch_and_hold, *go);
    struct outcome got = rig_call(client, upgrade_request());
    EXPECT_INT(gofer_response_status(got.response), 101);
    return (gofer_response *)(uintptr_t)got.response;
}

static void expect_closed(gofer_response *stream, pthread_t reader, pthread_t writer,
                          gofer_status status)
{
    void *n;

    pthread_join(reader, &n);
    EXPECT_INT((intptr_t)n, -1);
    pthread_join(writer, &n);
    EXPECT_INT((intptr_t)n, -1);
    EXPECT_STATUS(error_of(stream), status);
    EXPECT_INT(gofer_response_write(stream, "x", 1), -1);
    EXPECT_INT((intptr_t)read_one(stream), -1);
    EXPECT_STATUS(error_of(stream), status);
}

static void a_close_wakes_reader_and_writer(void)
{
    struct gate *go;

    for (int i = 0; i < 5; i++) {
        gofer_response *stream = switch_to_silence(&go);
        pthread_t reader, writer;
        REQUIRE(pthread_create(&reader, NULL, read_one, stream) == 0);
        REQUIRE(pthread_create(&writer, NULL, write_much, stream) == 0);
        pass_ms(3 * i);
        gofer_response_close(stream);
        expect_closed(stream, reader, writer, GOFER_ERR_CLOSED);
        gate_pass(go);
    }
}

static void a_cancel_wakes_reader_and_writer(void)
{
    struct gate *go = rig_gate();
    gofer_cancel *token = gofer_cancel_new();
    pthread_t reader, writer;

    client = rig_client(NULL);
    origin = rig_origin(switch_and_hold, go);
    gofer_request *request = upgrade_request();
    gofer_request_set_cancel(request, token);
    struct outcome got = rig_call(client, request);
    gofer_response *stream = (gofer_response *)(uintptr_t)got.response;
    REQUIRE(pthread_create(&reader, NULL, read_one, stream) == 0);
    REQUIRE(pthread_create(&writer, NULL, write_much, stream) == 0);
    pass_ms(5);
    gofer_cancel_fire(token);
    expect_closed(stream, reader, writer, GOFER_ERR_CANCELED);
    gofer_cancel_free(token);
    gate_pass(go);
}

static void the_deadline_holds_for_the_stream(void)
{
    struct gate *go = rig_gate();
    pthread_t reader, writer;
    struct outcome got = {.status = GOFER_ERR_TIMEOUT};

    client = rig_client(NULL);
    origin = rig_origin(switch_and_hold, go);
    gofer_request *request = upgrade_request();
    for (int64_t ms = 100; ms < PATIENCE_MS && got.status == GOFER_ERR_TIMEOUT; ms *= 4) {
        gofer_request_set_timeout_ms(request, ms);
        got = rig_call(client, request);
    }
    REQUIRE(got.status == GOFER_OK);
    gofer_response *stream = (gofer_response *)(uintptr_t)got.response;
    REQUIRE(pthread_create(&reader, NULL, read_one, stream) == 0);
    REQUIRE(pthread_create(&writer, NULL, write_much, stream) == 0);
    expect_closed(stream, reader, writer, GOFER_ERR_TIMEOUT);
    gate_pass(go);
}

static void silence_is_no_stall(void)
{
    struct outcome got = {.status = GOFER_ERR_TIMEOUT};
    int64_t ms;

    origin = rig_origin(echo, "");
    for (ms = 50; ms < PATIENCE_MS && got.status == GOFER_ERR_TIMEOUT; ms *= 4) {
        client = rig_client(&(gofer_client_options){.stall_timeout_ms = ms,
                                                    .response_header_timeout_ms = ms,
                                                    .timeout_ms = ms,
                                                    .min_rate_bytes_per_s = 1000,
                                                    .min_rate_window_ms = ms});
        got = rig_call(client, upgrade_request());
    }
    REQUIRE(got.status == GOFER_OK);
    gofer_response *stream = (gofer_response *)(uintptr_t)got.response;
    pass_ms(ms);
    expect_says(stream, "awake");
    expect_hears(stream, "awake");
    EXPECT_INT(gofer_response_read_for(stream, &(char){0}, 1, ms), GOFER_READ_PENDING);
    expect_says(stream, "still");
    expect_hears(stream, "still");
}

static void the_stream_outlives_no_client(void)
{
    gofer_response *stream = switch_over("");
    pthread_t reader;
    void *n;

    REQUIRE(pthread_create(&reader, NULL, read_one, stream) == 0);
    pass_ms(5);
    rig_end_client(client);
    pthread_join(reader, &n);
    EXPECT_INT((intptr_t)n, -1);
    EXPECT_STATUS(error_of(stream), GOFER_ERR_CLOSED);
    EXPECT_INT(gofer_response_write(stream, "x", 1), -1);
    EXPECT(gofer_response_shutdown_write(stream) != GOFER_OK);
}

CU_TestInfo upgrade_tests[] = {
    {"F10 first what came with the head, then both ways",
     first_what_came_with_the_head_then_both_ways},
    {"F11 lines are answered one by one", lines_are_answered_one_by_one},
    {"F10 the client ends its half first", the_client_ends_its_half_first},
    {"F10 the peer ends its half first", the_peer_ends_its_half_first},
    {"F10 a reset is an error", a_reset_is_an_error},
    {"F10 what the peer said outlives a broken write", what_the_peer_said_outlives_a_broken_write},
    {"F10 a 101 that nobody asked for is an error", a_101_that_nobody_asked_for_is_an_error},
    {"another status is an ordinary response", another_status_is_an_ordinary_response},
    {"an upgrade can be taken back", an_upgrade_can_be_taken_back},
    {"an upgrade may have a body", an_upgrade_may_have_a_body},
    {"F10 one thread writes while another reads", one_thread_writes_while_another_reads},
    {"F10 a close wakes reader and writer", a_close_wakes_reader_and_writer},
    {"a cancel wakes reader and writer", a_cancel_wakes_reader_and_writer},
    {"the deadline holds for the stream", the_deadline_holds_for_the_stream},
    {"silence is no stall", silence_is_no_stall},
    {"the stream outlives no client", the_stream_outlives_no_client},
    CU_TEST_INFO_NULL};
