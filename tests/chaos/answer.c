/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the far side's origin answers: a function for each fault of faults.def.
 * Every head has the request's id, every body is its pattern; what is not meant
 * for a caller (a second answer) has another id's.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "chaos/house.h"
#include "chaos/pattern.h"
#include "support/coded_sample.h"

enum {
    STRAY_ID_BIT = 62,
    BLOCK = 16 * 1024,
    HUGE_HEAD_LINES = 40,
    GARBAGE_MAX = 300,
    CHECK_BYTES = 4
};

static unsigned roll(struct guest *guest, unsigned below)
{
    return dice_roll(&guest->house->dice, below);
}

/* --- parts of answers --- */

static void put_pattern(struct guest *guest, uint64_t id, uint64_t from, uint64_t to)
{
    char block[BLOCK];

    while (from < to) {
        size_t n = to - from < BLOCK ? (size_t)(to - from) : BLOCK;
        pattern_fill(id, from, block, n);
        guest_put(guest, block, n);
        from += n;
    }
}

static void put_head(struct guest *guest, const char *status, const char *fields)
{
    guest_say(guest, "HTTP/1.1 %s\r\nX-Id: %" PRIu64 "\r\n%s", status, guest->inlet.id, fields);
}

static void put_length(struct guest *guest, uint64_t length)
{
    guest_say(guest, "Content-Length: %" PRIu64 "\r\n\r\n", length);
}

static void put_answer(struct guest *guest, const char *status, const char *fields)
{
    put_head(guest, status, fields);
    put_length(guest, guest->inlet.size);
    put_pattern(guest, guest->inlet.id, 0, guest->inlet.size);
}

/* Cuts an answer anywhere, several times. */
static void cut_up(struct guest *guest, int delay_max_ms)
{
    size_t left = guest->out_len, n;

    for (; left > 0 && guest->pieces_len < GUEST_PIECES - 1; left -= n) {
        n = 1 + roll(guest, (unsigned)(left < 200 ? left : left / 2));
        guest->pieces[guest->pieces_len++] =
            (struct piece){.len = n, .delay_ms = (int)roll(guest, (unsigned)delay_max_ms + 1)};
    }
}

/* --- good answers --- */

static void plain(struct guest *guest)
{
    put_answer(guest, "200 OK", "");
    guest_send(guest, THEN_NEXT);
}

static void chunked(struct guest *guest)
{
    uint64_t id = guest->inlet.id, size = guest->inlet.size, at = 0;

    put_head(guest, "200 OK", "Transfer-Encoding: chunked\r\n\r\n");
    while (at < size) {
        uint64_t n = 1 + roll(guest, (unsigned)(size - at));
        guest_say(guest, "%" PRIx64 "%s\r\n", n, roll(guest, 4) == 0 ? ";ext=\"1\"" : "");
        put_pattern(guest, id, at, at + n);
        guest_say(guest, "\r\n");
        at += n;
    }
    guest_say(guest, "0\r\nX-End: %" PRIu64 "\r\n\r\n", id);
    guest_send(guest, THEN_NEXT);
}

static void eof(struct guest *guest)
{
    put_head(guest, "200 OK", "\r\n");
    put_pattern(guest, guest->inlet.id, 0, guest->inlet.size);
    guest_send(guest, THEN_CLOSE);
}

static void bye(struct guest *guest)
{
    put_answer(guest, "200 OK", "Connection: close\r\n");
    guest_send(guest, THEN_CLOSE);
}

static void leave(struct guest *guest)
{
    put_answer(guest, "200 OK", "");
    guest_send(guest, THEN_LEAVE);
}

static void slow(struct guest *guest)
{
    put_answer(guest, "200 OK", "");
    guest_cut(guest, 1 + (int)roll(guest, 8));
    guest_send(guest, THEN_NEXT);
}

static void drip(struct guest *guest)
{
    put_answer(guest, "200 OK", "");
    cut_up(guest, 1);
    guest_send(guest, THEN_NEXT);
}

static void interim(struct guest *guest)
{
    for (unsigned n = roll(guest, 4); n > 0; n--)
        guest_say(guest, "HTTP/1.1 10%u Wait\r\nX-Id: 0\r\n\r\n", 2 + roll(guest, 2));
    guest_cut(guest, (int)roll(guest, 2));
    guest_say(guest, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    guest_cut(guest, (int)roll(guest, 2));
    plain(guest);
}

/* To another host, and the same way. */
static void moved(struct guest *guest)
{
    const struct inlet *inlet = &guest->inlet;
    bool tls = guest->ssl != NULL && guest->port == FAR_TLS;

    put_head(guest, "307 Temporary Redirect", "");
    if (roll(guest, 2) == 0)
        guest_say(guest, "Location: /plain/%" PRIu64 "/%" PRIu64 "?moved\r\n", inlet->id,
                  inlet->size);
    else
        guest_say(guest, "Location: %s://h%u.good.test:%u/plain/%" PRIu64 "/%" PRIu64 "?moved\r\n",
                  tls ? "https" : "http", roll(guest, 4), inlet->port, inlet->id, inlet->size);
    put_length(guest, 4);
    guest_say(guest, "gone");
    guest_send(guest, roll(guest, 4) == 0 ? THEN_CLOSE : THEN_NEXT);
}

/* Raw deflate has no check at its end: it cannot be seen to be broken. */
static void put_coded(struct guest *guest, bool broken)
{
    static const char *const names[] = {"gzip", "deflate", "deflate"};
    uint64_t size = guest->inlet.size + 64;
    enum coded_format format = (enum coded_format)roll(guest, broken ? 2 : 3);
    char *body = malloc(size);

    if (body == NULL)
        abort();
    pattern_fill(guest->inlet.id, 0, body, size);
    struct coded_bytes coded = coded_make(format, body, guest->inlet.size + (broken ? 64 : 0));
    put_head(guest, "200 OK", "");
    guest_say(guest, "Content-Encoding: %s\r\n", names[format]);
    put_length(guest, coded.len);
    guest_put(guest, coded.data, coded.len);
    coded_free_bytes(&coded);
    free(body);
}

static void coded(struct guest *guest)
{
    put_coded(guest, false);
    guest_send(guest, THEN_NEXT);
}

static void nothing(struct guest *guest)
{
    put_head(guest, "204 No Content", "\r\n");
    guest_send(guest, THEN_NEXT);
}

static void missing(struct guest *guest)
{
    put_answer(guest, "404 Not Found", "");
    guest_send(guest, THEN_NEXT);
}

/* --- out of turn --- */

/* In one segment, so that it is there before the next request can be. */
static void twice(struct guest *guest)
{
    put_answer(guest, "200 OK", "");
    guest->inlet.id ^= 1ULL << STRAY_ID_BIT;
    put_answer(guest, "200 OK", "");
    guest_send(guest, THEN_NEXT);
}

/* The head at once, the body behind the request. */
static void duplex(struct guest *guest)
{
    put_head(guest, "200 OK", "");
    put_length(guest, guest->inlet.size);
    guest_send(guest, THEN_NEXT);
}

static void duplex_rest(struct guest *guest)
{
    put_pattern(guest, guest->inlet.id, 0, guest->inlet.size);
    guest_send(guest, THEN_NEXT);
}

static void hasty(struct guest *guest)
{
    put_answer(guest, "413 Content Too Large", "Connection: close\r\n");
    guest_send(guest, roll(guest, 2) == 0 ? THEN_CLOSE : THEN_RESET);
}

/* --- broken answers --- */

static void drop(struct guest *guest)
{
    guest_close(guest, false, roll(guest, 2) == 0);
}

static void reset(struct guest *guest)
{
    guest_close(guest, true, false);
}

static enum then any_end(struct guest *guest)
{
    static const enum then ends[] = {THEN_CLOSE, THEN_CUT, THEN_RESET};

    return ends[roll(guest, 3)];
}

static void half_head(struct guest *guest)
{
    put_answer(guest, "200 OK", "");
    guest->out_len = 1 + roll(guest, 16);
    guest_send(guest, any_end(guest));
}

static void half_body(struct guest *guest)
{
    put_answer(guest, "200 OK", "");
    put_pattern(guest, guest->inlet.id, 0, 1);
    guest->out_len -= 2 + roll(guest, (unsigned)guest->inlet.size);
    guest_send(guest, any_end(guest));
}

static void garbage(struct guest *guest)
{
    unsigned char noise[GARBAGE_MAX];
    unsigned len = 20 + roll(guest, GARBAGE_MAX - 20);

    for (unsigned i = 0; i < len; i++)
        noise[i] = (unsigned char)roll(guest, 256);
    noise[0] |= 0x80; /* no 'H' */
    guest_put(guest, noise, len);
    guest_send(guest, roll(guest, 2) == 0 ? THEN_HOLD : THEN_CLOSE);
}

static void huge_head(struct guest *guest)
{
    put_head(guest, "200 OK", "");
    for (int i = 0; i < HUGE_HEAD_LINES; i++)
        guest_say(guest, "X-Line-%d: %0*d\r\n", i, 900, i);
    guest_send(guest, THEN_HOLD);
}

static void huge_body(struct guest *guest)
{
    put_head(guest, "200 OK", "");
    put_length(guest, 1ULL << 40);
    put_pattern(guest, guest->inlet.id, 0, guest->inlet.size);
    guest_send(guest, THEN_HOLD);
}

static void bad_chunk(struct guest *guest)
{
    static const char *const ends[] = {"\r\nxyz\r\n", "\r\n-1\r\n", "\r\nffffffffffffffffff\r\n",
                                       "oops\r\n0\r\n\r\n", "\r\n5 \r\n"};

    put_head(guest, "200 OK", "Transfer-Encoding: chunked\r\n\r\n");
    guest_say(guest, "%" PRIx64 "\r\n", guest->inlet.size);
    put_pattern(guest, guest->inlet.id, 0, guest->inlet.size);
    guest_say(guest, "%s", ends[roll(guest, 5)]);
    guest_send(guest, THEN_HOLD);
}

/* All bytes are right, and the check of them at the end is not. */
static void bad_coding(struct guest *guest)
{
    put_coded(guest, true);
    for (size_t i = 1; i <= CHECK_BYTES; i++)
        guest->out[guest->out_len - i] ^= 0x55;
    guest_send(guest, THEN_NEXT);
}

static void switched(struct guest *guest)
{
    put_head(guest, "101 Switching Protocols", "Upgrade: other\r\nConnection: Upgrade\r\n\r\n");
    guest_send(guest, THEN_HOLD);
}

static void two_lengths(struct guest *guest)
{
    put_head(guest, "200 OK", "Content-Length: 3\r\n");
    put_length(guest, 5);
    guest_say(guest, "hello");
    guest_send(guest, THEN_HOLD);
}

/* Drops the first attempt, and answers the others. */
static void flaky(struct guest *guest)
{
    if (guest->house->far->seen[guest->inlet.id] == 1)
        guest_close(guest, roll(guest, 2) == 0, true);
    else
        plain(guest);
}

static void busy(struct guest *guest)
{
    if (guest->house->far->seen[guest->inlet.id] == 1)
        put_answer(guest, "503 Service Unavailable", "");
    else
        put_answer(guest, "200 OK", "");
    guest_send(guest, THEN_NEXT);
}

/* --- stalls --- */

static void stall_head(struct guest *guest)
{
    put_answer(guest, "200 OK", "");
    guest->out_len = 1 + roll(guest, 16);
    guest_send(guest, THEN_HOLD);
}

static void stall_body(struct guest *guest)
{
    put_answer(guest, "200 OK", "");
    guest->out_len -= 1 + roll(guest, (unsigned)guest->inlet.size);
    guest_send(guest, THEN_HOLD);
}

/* --- which --- */

typedef void answer_fn(struct guest *guest);

/* When the request is whole. */
static answer_fn *const answers[FAULTS] = {
    [FAULT_plain] = plain,
    [FAULT_chunked] = chunked,
    [FAULT_eof] = eof,
    [FAULT_bye] = bye,
    [FAULT_leave] = leave,
    [FAULT_slow] = slow,
    [FAULT_drip] = drip,
    [FAULT_interim] = interim,
    [FAULT_moved] = moved,
    [FAULT_coded] = coded,
    [FAULT_nothing] = nothing,
    [FAULT_missing] = missing,
    [FAULT_large] = plain,
    [FAULT_twice] = twice,
    [FAULT_duplex] = duplex_rest,
    [FAULT_drop] = drop,
    [FAULT_reset] = reset,
    [FAULT_half_head] = half_head,
    [FAULT_half_body] = half_body,
    [FAULT_garbage] = garbage,
    [FAULT_huge_head] = huge_head,
    [FAULT_huge_body] = huge_body,
    [FAULT_bad_chunk] = bad_chunk,
    [FAULT_bad_coding] = bad_coding,
    [FAULT_switched] = switched,
    [FAULT_two_lengths] = two_lengths,
    [FAULT_flaky] = flaky,
    [FAULT_busy] = busy,
    [FAULT_mute] = guest_hold,
    [FAULT_stall_head] = stall_head,
    [FAULT_stall_body] = stall_body,
    [FAULT_proxy_drip] = plain,
};

/* When its head is there; those that are none of the above have given their answer then. */
static answer_fn *const early_answers[FAULTS] = {
    [FAULT_early] = plain,
    [FAULT_hasty] = hasty,
    [FAULT_full] = guest_hold,
    [FAULT_duplex] = duplex,
};

static answer_fn *early_answer(struct guest *guest)
{
    const struct inlet *inlet = &guest->inlet;
    bool breaks = inlet->fault->kind == FAULT_drop || inlet->fault->kind == FAULT_reset;

    if (breaks && inlet->has_body && roll(guest, 2) == 0)
        return answers[inlet->fault->kind];
    return early_answers[inlet->fault->kind];
}

void answer_head(struct guest *guest)
{
    const struct inlet *inlet = &guest->inlet;
    answer_fn *early = early_answer(guest);
    bool wants_body = early == NULL || early == duplex;

    if (inlet->expects && wants_body)
        guest_say(guest, "HTTP/1.1 100 Continue\r\n\r\n");
    if (early == NULL)
        return guest_send(guest, THEN_NEXT);
    guest->answered = answers[inlet->fault->kind] == NULL;
    early(guest);
}

void answer_request(struct guest *guest)
{
    answer_fn *answer = answers[guest->inlet.fault->kind];

    guest->answered = true;
    if (answer != NULL) {
        answer(guest);
        return;
    }
    guest->house->far->tally->bad_requests++;
    guest_close(guest, true, false);
}
