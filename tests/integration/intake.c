/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See intake.h.
 */
#include "integration/intake.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "integration/feed.h"

enum { INTAKES = 256, PIECE_BYTES = 16 * 1024, MORSEL_BYTES = 4096 };

/* FNV-1a */
#define SUM_START UINT64_C(14695981039346656037)

static uint64_t add_sum(uint64_t sum, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum = (sum ^ (unsigned char)data[i]) * UINT64_C(1099511628211);
    return sum;
}

/* --- a body --- */

static void keep_wire(struct intake_body *b, const char *data, size_t len)
{
    size_t room = sizeof b->wire - 1 - b->wire_len;
    size_t n = len < room ? len : room;

    memcpy(b->wire + b->wire_len, data, n);
    b->wire_len += n;
    b->wire[b->wire_len] = '\0';
}

static bool take_bytes(struct peer *peer, enum intake_pace pace, uint64_t len,
                       struct intake_body *b)
{
    static const size_t most[] = {PIECE_BYTES, 1, MORSEL_BYTES};
    char piece[PIECE_BYTES];

    while (len > 0) {
        size_t n = len < most[pace] ? (size_t)len : most[pace];
        if (!peer_read(peer, piece, n))
            return false;
        keep_wire(b, piece, n);
        b->sum = add_sum(b->sum, piece, n);
        b->len += n;
        len -= n;
        if (pace == INTAKE_RESTS)
            pass_ms(2);
    }
    return true;
}

/* Without its CRLF, into a text of INTAKE_LINE_BYTES. */
static bool take_line(struct peer *peer, struct intake_body *b, char *line)
{
    size_t n = 0;

    for (;;) {
        if (n == INTAKE_LINE_BYTES || !peer_read(peer, line + n, 1))
            return false;
        keep_wire(b, line + n, 1);
        if (line[n] == '\n')
            break;
        n++;
    }
    b->bad = b->bad || n == 0 || line[n - 1] != '\r';
    line[n > 0 ? n - 1 : 0] = '\0';
    return !b->bad;
}

/* 1*HEXDIG and nothing else. */
static bool take_size(struct peer *peer, struct intake_body *b, uint64_t *size)
{
    char line[INTAKE_LINE_BYTES];

    if (!take_line(peer, b, line))
        return false;
    b->bad = line[0] == '\0' || strspn(line, "0123456789abcdefABCDEF") != strlen(line);
    *size = strtoull(line, NULL, 16);
    return !b->bad;
}

static bool take_trailers(struct peer *peer, struct intake_body *b)
{
    char line[INTAKE_LINE_BYTES];

    for (;;) {
        if (!take_line(peer, b, line))
            return false;
        if (line[0] == '\0')
            return true;
        size_t at = strlen(b->trailers);
        snprintf(b->trailers + at, sizeof b->trailers - at, "%s\n", line);
    }
}

static bool take_chunks(struct peer *peer, enum intake_pace pace, struct intake_body *b)
{
    char line[INTAKE_LINE_BYTES];
    uint64_t size;

    for (;;) {
        if (!take_size(peer, b, &size))
            return false;
        if (size == 0)
            return take_trailers(peer, b);
        if (!take_bytes(peer, pace, size, b) || !take_line(peer, b, line))
            return false;
        b->bad = b->bad || line[0] != '\0';
    }
}

bool intake_take(struct peer *peer, enum intake_pace pace, struct intake_body *body)
{
    const char *head = peer_head(peer);
    const char *length = strcasestr(head, "\r\nContent-Length: ");
    bool chunked = strcasestr(head, "\r\nTransfer-Encoding: chunked\r\n") != NULL;

    *body = (struct intake_body){.sum = SUM_START};
    body->bad = chunked && length != NULL;
    if (chunked)
        body->whole = take_chunks(peer, pace, body);
    else
        body->whole =
            take_bytes(peer, pace, length != NULL ? strtoull(length + 18, NULL, 10) : 0, body);
    return body->whole && !body->bad;
}

/* --- serving --- */

static void write_words(char *line, uint64_t len, uint64_t sum, const char *trailers)
{
    snprintf(line, 2 * INTAKE_LINE_BYTES, "%" PRIu64 " bytes, sum %016" PRIx64 "\n%s", len, sum,
             trailers);
}

static bool answer(struct peer *peer, const struct intake *in, const struct intake_body *b)
{
    char words[2 * INTAKE_LINE_BYTES], reply[3 * INTAKE_LINE_BYTES];

    if (in->answer != NULL)
        return in->answer[0] != '\0' && peer_say(peer, in->answer);
    if (b->bad)
        return peer_say(peer, "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n");
    write_words(words, b->len, b->sum, b->trailers);
    snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(words),
             words);
    return peer_say(peer, reply);
}

static void pass(struct gate *gate)
{
    if (gate != NULL)
        gate_pass(gate);
}

void intake_serve(struct peer *peer, void *intake)
{
    struct intake *in = intake;
    struct intake_body body;
    int room = 64 * 1024;

    if (in->pace == INTAKE_RESTS)
        setsockopt(peer_fd(peer), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    while (peer_read_head(peer)) {
        pass(in->head);
        if (in->go != NULL && !gate_wait(in->go, 1))
            return;
        bool whole = intake_take(peer, in->pace, &body);
        pthread_mutex_lock(&in->lock);
        in->last = body;
        pthread_mutex_unlock(&in->lock);
        pass(in->done);
        if ((!whole && !body.bad) || !answer(peer, in, &body))
            return;
    }
}

struct intake *intake_new(void)
{
    static struct intake intakes[INTAKES];
    static unsigned used;
    struct intake *in = &intakes[used++ % INTAKES];

    *in = (struct intake){.lock = PTHREAD_MUTEX_INITIALIZER};
    return in;
}

struct origin *intake_origin(struct intake *intake)
{
    return rig_origin(intake_serve, intake);
}

struct origin *intake_plain(void)
{
    return intake_origin(intake_new());
}

struct intake_body intake_last(struct intake *intake)
{
    pthread_mutex_lock(&intake->lock);
    struct intake_body last = intake->last;
    pthread_mutex_unlock(&intake->lock);
    return last;
}

/* --- what is expected --- */

static char words[2 * INTAKE_LINE_BYTES];

const char *intake_answer_to(const void *data, size_t len)
{
    write_words(words, len, add_sum(SUM_START, data, len), "");
    return words;
}

const char *intake_answer(uint64_t len)
{
    uint64_t sum = SUM_START;

    for (uint64_t i = 0; i < len; i++) {
        char byte = feed_byte(i);
        sum = add_sum(sum, &byte, 1);
    }
    write_words(words, len, sum, "");
    return words;
}
