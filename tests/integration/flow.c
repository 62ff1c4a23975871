/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See flow.h.
 */
#include "integration/flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/expect.h"

enum { BLOCK = 16 * 1024, PIECE_MAX = 64 * 1024, TURNS = 64 };

/* --- servers --- */

/* The number of the byte's 64-bit word, little end first, mixed: no two places near one another
 * look alike. */
char flow_byte(uint64_t i)
{
    return (char)(((i / 8 + 1) * UINT64_C(0x9e3779b97f4a7c15)) >> (i % 8 * 8));
}

static void generate(char *to, uint64_t from, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = flow_byte(from + i);
}

/* Sends n bytes from `from` on, as a chunk or as they are. */
static bool send_block(struct peer *peer, uint64_t from, size_t n, bool chunked)
{
    char block[32 + BLOCK + 2];
    size_t at = chunked ? (size_t)sprintf(block, "%zx\r\n", n) : 0;

    generate(block + at, from, n);
    at += n;
    if (chunked) {
        memcpy(block + at, "\r\n", 2);
        at += 2;
    }
    return peer_send(peer, block, at);
}

static bool send_body(struct peer *peer, uint64_t len, bool chunked)
{
    for (uint64_t at = 0; at < len;) {
        size_t n = len - at < BLOCK ? (size_t)(len - at) : BLOCK;
        if (!send_block(peer, at, n, chunked))
            return false;
        at += n;
    }
    return !chunked || peer_say(peer, "0\r\n\r\n");
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void say_head(struct peer *peer, uint64_t len, bool chunked, bool to_end)
{
    char head[128];

    if (chunked)
        peer_say(peer, FLOW_CHUNKED);
    else if (to_end)
        peer_say(peer, FLOW_TO_END);
    else {
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %llu\r\n\r\n",
                 (unsigned long long)len);
        peer_say(peer, head);
    }
}

void flow_serve(struct peer *peer, void *arg)
{
    const struct flow *flow = arg;

    while (peer_read_request(peer)) {
        const char *path = strchr(peer_head(peer), '/');
        uint64_t len = strtoull(strchr(path + 1, '/') + 1, NULL, 10);
        bool chunked = begins(path, "/chunk/"), to_end = begins(path, "/end/");

        say_head(peer, len, chunked, to_end);
        if (begins(peer_head(peer), "HEAD "))
            continue;
        if (flow->go != NULL && !gate_wait(flow->go, 1))
            return;
        bool sent = send_body(peer, len, chunked);
        if (!sent && flow->broken != NULL)
            gate_pass(flow->broken);
        if (!sent || to_end)
            return;
    }
}

struct origin *flow_origin(struct gate *go, struct gate *broken)
{
    struct flow flow = {go, broken};

    return rig_origin_copy(flow_serve, &flow, sizeof flow);
}

void flow_step(struct peer *peer, void *arg)
{
    const struct steps *steps = arg;

    while (peer_read_request(peer)) {
        for (unsigned i = 0; steps->pieces[i] != NULL; i++) {
            if (i > 0 && !gate_wait(steps->go, i))
                return;
            if (!peer_say(peer, steps->pieces[i]))
                return;
        }
        if (steps->then == THEN_RESET)
            peer_reset(peer);
        if (steps->then == THEN_HOLD)
            peer_sees_end(peer);
        if (steps->then != THEN_NEXT)
            return;
    }
}

struct origin *flow_steps(const char *const *pieces, struct gate *go, enum script_then then)
{
    struct steps steps = {pieces, go, then};

    return rig_origin_copy(flow_step, &steps, sizeof steps);
}

/* --- making and freeing --- */

gofer_request *flow_request(const char *method, const struct origin *origin, const char *path)
{
    gofer_request *request = rig_request(method, origin, path);

    REQUIRE(gofer_request_set_streaming(request, 1) == GOFER_OK);
    return request;
}

gofer_response *flow_begin(gofer_client *client, const gofer_request *request)
{
    struct outcome got = rig_call(client, request);

    if (got.error != NULL)
        fprintf(stderr, "\n    %s", got.error->message);
    REQUIRE(got.status == GOFER_OK);
    return (gofer_response *)got.response;
}

gofer_response *flow_open(gofer_client *client, const struct origin *origin, const char *path)
{
    return flow_begin(client, flow_request("GET", origin, path));
}

/* --- reading --- */

ssize_t flow_read(gofer_response *response, size_t piece, char *buf, size_t cap, size_t *len)
{
    ssize_t n;

    *len = 0;
    do {
        size_t room = cap - *len < piece ? cap - *len : piece;
        n = gofer_response_read(response, buf + *len, room > 0 ? room : 1);
        REQUIRE(n <= (ssize_t)room);
        *len += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    buf[*len] = '\0';
    return n;
}

void flow_expect_text(gofer_response *response, size_t piece, const char *text)
{
    char buf[4096];
    size_t len;

    EXPECT_INT(flow_read(response, piece, buf, sizeof buf - 1, &len), 0);
    EXPECT_TEXT(buf, text);
    EXPECT(gofer_response_error(response) == NULL);
}

static bool is_generated(const char *bytes, uint64_t from, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != flow_byte(from + i))
            return false;
    }
    return true;
}

void flow_expect_bytes(gofer_response *response, size_t piece, uint64_t from, uint64_t to)
{
    char buf[PIECE_MAX];
    bool right = true;
    ssize_t n;

    REQUIRE(piece <= sizeof buf);
    while ((n = gofer_response_read(response, buf, piece)) > 0) {
        right = right && is_generated(buf, from, (size_t)n);
        from += (uint64_t)n;
    }
    EXPECT(right);
    EXPECT_INT(n, 0);
    EXPECT_INT(from, to);
    EXPECT(gofer_response_error(response) == NULL);
}

bool flow_take(gofer_response *response, uint64_t from, size_t len)
{
    char buf[4096];

    while (len > 0) {
        ssize_t n = gofer_response_read(response, buf, len < sizeof buf ? len : sizeof buf);
        if (n <= 0 || !is_generated(buf, from, (size_t)n))
            return false;
        from += (uint64_t)n;
        len -= (size_t)n;
    }
    return true;
}

void flow_expect_failure(gofer_response *response, gofer_status status, gofer_phase phase)
{
    char byte;

    for (int i = 0; i < 2; i++) {
        EXPECT_INT(gofer_response_read(response, &byte, 1), -1);
        const gofer_error *error = gofer_response_error(response);
        REQUIRE(error != NULL && error->message != NULL);
        if (!EXPECT_STATUS(error->code, status))
            fprintf(stderr, "\n    %s", error->message);
        EXPECT_TEXT(gofer_phase_name(error->phase), gofer_phase_name(phase));
        EXPECT_INT(error->timeout, status == GOFER_ERR_TIMEOUT);
    }
}

/* --- waiting --- */

struct served {
    gofer_client *client;
    bool (*check)(void *arg);
    void *arg;
};

static bool serve_and_check(void *arg)
{
    const struct served *served = arg;

    for (int i = 0; i < TURNS && gofer_worker_run_once(served->client, 0) == GOFER_OK; i++)
        continue;
    return served->check(served->arg);
}

bool flow_until(gofer_client *client, bool (*check)(void *arg), void *arg)
{
    return eventually(serve_and_check, &(struct served){client, check, arg});
}

struct number {
    void *of;
    unsigned n;
};

static bool is_active(void *arg)
{
    const struct number *number = arg;

    return rig_stats(number->of).calls_active == number->n;
}

bool flow_until_active(gofer_client *client, unsigned n)
{
    return flow_until(client, is_active, &(struct number){client, n});
}

static bool is_waiting(void *arg)
{
    const struct number *number = arg;

    return rig_stats(number->of).calls_waiting == number->n;
}

bool flow_until_waiting(gofer_client *client, unsigned n)
{
    return flow_until(client, is_waiting, &(struct number){client, n});
}

static bool is_passed(void *arg)
{
    const struct number *number = arg;

    return gate_passes(number->of) >= number->n;
}

bool flow_until_passed(gofer_client *client, struct gate *gate, unsigned n)
{
    return flow_until(client, is_passed, &(struct number){gate, n});
}

static bool is_open(void *arg)
{
    const struct number *number = arg;

    return origin_count(number->of, ORIGIN_OPEN) == number->n;
}

bool flow_until_open(gofer_client *client, struct origin *origin, unsigned n)
{
    return flow_until(client, is_open, &(struct number){origin, n});
}

static bool is_asked(void *arg)
{
    const struct number *number = arg;

    return origin_count(number->of, ORIGIN_REQUESTS) >= number->n;
}

bool flow_until_asked(gofer_client *client, struct origin *origin, unsigned n)
{
    return flow_until(client, is_asked, &(struct number){origin, n});
}
