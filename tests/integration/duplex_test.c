/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Both ways at once on an ordinary request: the answer begins while the body is
 * still sent, and says what the body says. The server's buffers are small, so that
 * whoever forgot one direction over the other would hang.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "integration/expect.h"
#include "integration/feed.h"
#include "integration/flow.h"
#include "integration/payload.h"
#include "integration/rig.h"
#include "integration/scene.h"

extern CU_TestInfo duplex_tests[];

enum { LEN = 6 * 1024 * 1024, LITTLE = 700, PIECE_BYTES = 16 * 1024, LINES = 50 };

/* --- a server that echoes while it reads --- */

/* Less than a body, and more than a segment of the loopback device, below which TCP waits. */
static void narrow(struct peer *peer)
{
    int small = 256 * 1024;

    setsockopt(peer_fd(peer), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(peer_fd(peer), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
}

/* What there is of len bytes, as a chunk, again and again. */
static bool echo_bytes(struct peer *peer, size_t len)
{
    char piece[PIECE_BYTES], chunk[PIECE_BYTES + 32];

    while (len > 0) {
        size_t n = peer_receive(peer, piece, len < sizeof piece ? len : sizeof piece);
        if (n == 0)
            return false;
        size_t size_len = (size_t)snprintf(chunk, 32, "%zx\r\n", n);
        memcpy(chunk + size_len, piece, n);
        memcpy(chunk + size_len + n, "\r\n", 2);
        if (!peer_send(peer, chunk, size_len + n + 2))
            return false;
        len -= n;
    }
    return true;
}

static bool read_line(struct peer *peer, char *line, size_t cap)
{
    for (size_t n = 0; n + 1 < cap; n++) {
        if (!peer_read(peer, line + n, 1))
            return false;
        line[n + 1] = '\0';
        if (line[n] == '\n')
            return true;
    }
    return false;
}

static bool echo_chunks(struct peer *peer)
{
    char line[64];
    size_t size;

    do {
        if (!read_line(peer, line, sizeof line))
            return false;
        size = strtoul(line, NULL, 16);
        if (!echo_bytes(peer, size) || !read_line(peer, line, sizeof line))
            return false;
    } while (size > 0);
    return true;
}

static void echo(struct peer *peer, void *arg)
{
    (void)arg;
    narrow(peer);
    while (peer_read_head(peer) && peer_say(peer, FLOW_CHUNKED)) {
        const char *length = strstr(peer_head(peer), "\r\nContent-Length: ");
        bool whole =
            length != NULL ? echo_bytes(peer, strtoul(length + 18, NULL, 10)) : echo_chunks(peer);
        if (!whole || !peer_say(peer, "0\r\n\r\n"))
            return;
    }
}

/* --- bodies that come back --- */

static gofer_client *client;
static struct origin *origin;

static void comes_back(enum payload kind, size_t len)
{
    gofer_request *request = payload_request("POST", origin, "/", kind, len);
    char buf[PIECE_BYTES];
    ssize_t n;
    size_t got = 0, right = 0;

    gofer_request_set_streaming(request, 1);
    gofer_response *response = flow_begin(client, request);
    while ((n = gofer_response_read(response, buf, sizeof buf)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            right += buf[i] == feed_byte(got++);
    }
    EXPECT_INT(n, 0);
    EXPECT_INT(got, len);
    EXPECT_INT(right, len);
    EXPECT(gofer_response_error(response) == NULL);
    rig_free(response);
}

static void all_of_it_comes_back(enum payload kind)
{
    comes_back(kind, LEN);
}

static void every_kind_of_body_is_echoed(void)
{
    client = rig_client(NULL);
    origin = rig_origin(echo, NULL);
    payload_each(all_of_it_comes_back);
}

/* A gathered answer flows into the response while the body flows out. */
static void is_gathered(enum payload kind)
{
    struct outcome got = rig_call(client, payload_request("PUT", origin, "/", kind, LEN));
    size_t len, right = 0;

    EXPECT_STATUS(got.status, GOFER_OK);
    const char *body = gofer_response_body(got.response, &len);
    while (right < len && body[right] == feed_byte(right))
        right++;
    EXPECT_INT(len, LEN);
    EXPECT_INT(right, LEN);
}

static void a_gathered_answer_too(void)
{
    client = rig_client(NULL);
    origin = rig_origin(echo, NULL);
    payload_each(is_gathered);
}

static int move_one(enum tap_call call, unsigned nth, void *arg)
{
    (void)arg;
    if (call != TAP_SEND && call != TAP_RECV && call != TAP_SENDFILE)
        return 0;
    if (nth % 7 == 5 && call != TAP_RECV)
        return -EAGAIN;
    return nth % 7 == 3 ? -EINTR : 1;
}

static void little_comes_back(enum payload kind)
{
    comes_back(kind, LITTLE);
}

static void byte_by_byte_it_is_the_same(void)
{
    client = scene_client(NULL);
    origin = rig_origin(echo, NULL);
    tap_open(move_one, NULL);
    payload_each(little_comes_back);
    rig_end_client(client);
    tap_close();
}

/* --- a conversation --- */

/* A reader that has one line at a time. Its lock guards all but the request. */
struct speaker {
    pthread_mutex_t lock;
    char line[32];
    size_t len, at;
    bool over;
    gofer_request *request;
};

static ssize_t speak(void *arg, void *buf, size_t cap)
{
    struct speaker *s = arg;
    size_t n;

    pthread_mutex_lock(&s->lock);
    bool over = s->over;
    n = s->len - s->at < cap ? s->len - s->at : cap;
    memcpy(buf, s->line + s->at, n);
    s->at += n;
    pthread_mutex_unlock(&s->lock);
    return n > 0 ? (ssize_t)n : over ? 0 : GOFER_BODY_LATER;
}

static void say(struct speaker *s, const char *line)
{
    pthread_mutex_lock(&s->lock);
    s->len = strlen(line);
    memcpy(s->line, line, s->len);
    s->at = 0;
    s->over = s->len == 0;
    pthread_mutex_unlock(&s->lock);
    gofer_request_body_ready(s->request);
}

static void expect_heard(gofer_response *response, const char *line)
{
    char buf[32] = "";

    for (size_t got = 0; got < strlen(line);) {
        ssize_t n = gofer_response_read(response, buf + got, strlen(line) - got);
        REQUIRE(n > 0);
        got += (size_t)n;
    }
    EXPECT_TEXT(buf, line);
}

static void lines_are_answered_one_by_one(void)
{
    struct speaker s = {.lock = PTHREAD_MUTEX_INITIALIZER};
    gofer_body_reader reader = {.read = speak, .arg = &s, .length = -1};
    char line[32];

    client = rig_client(NULL);
    origin = rig_origin(echo, NULL);
    s.request = flow_request("POST", origin, "/");
    EXPECT_STATUS(gofer_request_set_body_reader(s.request, &reader), GOFER_OK);
    gofer_response *response = flow_begin(client, s.request);
    for (int i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, "line %d\n", i);
        say(&s, line);
        expect_heard(response, line);
    }
    EXPECT_INT(gofer_response_read_for(response, line, sizeof line, 0), GOFER_READ_PENDING);
    say(&s, "");
    EXPECT_INT(gofer_response_read(response, line, sizeof line), 0);
    EXPECT(flow_until_active(client, 0));
    rig_end_client(client);
}

CU_TestInfo duplex_tests[] = {
    {"N3 every kind of body is echoed while it is sent", every_kind_of_body_is_echoed},
    {"N3 a gathered answer grows while the body is sent", a_gathered_answer_too},
    {"N3 byte by byte it is the same", byte_by_byte_it_is_the_same},
    {"F11 lines of a body are answered one by one", lines_are_answered_one_by_one},
    CU_TEST_INFO_NULL};
