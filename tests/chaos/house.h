/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The inside of the far side's process: its doors (listeners), its guests
 * (connections) and what each of them is about. One thread, no locks.
 *
 * A guest reads requests (inlet.h) and writes answers (answer.c), the two at the
 * same time where an answer is early. What it is to write is cut into pieces, with
 * a time to wait before each; what it does behind the last is `then`.
 */
#ifndef TESTS_CHAOS_HOUSE_H
#define TESTS_CHAOS_HOUSE_H

#include <openssl/ssl.h>

#include "chaos/dice.h"
#include "chaos/far.h"
#include "chaos/inlet.h"

enum { GUEST_IN_BYTES = 16 * 1024, GUEST_PIECES = 16 };

enum stage {
    STAGE_SHAKE,       /* TLS handshake */
    STAGE_REQUESTS,    /* reads requests */
    STAGE_SOCKS_HELLO, /* a SOCKS5 client's methods are due */
    STAGE_SOCKS_ASK,   /* its request is due */
    STAGE_HOLD         /* reads no more, until the other side closes */
};

enum then {
    THEN_NEXT,  /* the next request */
    THEN_LEAVE, /* and closes, a moment later, where none has come */
    THEN_CLOSE,
    THEN_CUT, /* closes without a close_notify */
    THEN_RESET,
    THEN_HOLD
};

struct piece {
    size_t len;
    int delay_ms; /* before it */
};

/* What an epoll event belongs to; the first member of both. */
enum entry { ENTRY_DOOR, ENTRY_GUEST };

struct door {
    enum entry entry;
    int fd;
    enum far_port port;
    int64_t shut_until_ms; /* 0: open */
};

struct guest {
    enum entry entry;
    struct house *house;
    enum far_port port; /* as whom it is served: a tunnel's guest becomes an origin's */
    int fd;
    SSL *ssl;
    SSL_CTX *next_tls; /* to be spoken once what is being written is out */
    enum stage stage;
    bool dead;
    bool answered; /* the request that is being read */
    uint32_t events;
    size_t in_len;
    char in[GUEST_IN_BYTES + 1];
    struct inlet inlet;
    char *out;
    size_t out_len, out_cap, out_at, out_goal; /* up to the goal it may be written now */
    struct piece pieces[GUEST_PIECES];
    unsigned pieces_len, piece;
    enum then then;
    int64_t due_ms; /* 0: nothing is */
    struct guest *next, **link;
};

struct house {
    struct far *far;
    int epoll;
    int64_t now_ms;
    struct dice dice;
    SSL_CTX *origin_tls, *proxy_tls;
    struct door doors[FAR_PORTS * FAR_ADDRESSES];
    unsigned doors_len;
    struct guest *guests;
    struct guest *graves; /* closed in this round */
};

/* --- guests: guest.c --- */

void guest_welcome(struct house *house, const struct door *door);
void guest_event(struct guest *guest, uint32_t events);
void guest_due(struct guest *guest);
void guest_close(struct guest *guest, bool reset, bool notify);

/* Adds to what is to be written. */
void guest_put(struct guest *guest, const void *data, size_t len);
void guest_say(struct guest *guest, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Cuts what was added since the last piece into a piece of its own. */
void guest_cut(struct guest *guest, int delay_ms);

/* Begins to write, and does `then` behind it. */
void guest_send(struct guest *guest, enum then then);

/* Reads no more: until the other side closes. */
void guest_hold(struct guest *guest);

/* --- what is answered: answer.c, tunnel.c --- */

/* A request's head is there; the rest of it too. */
void answer_head(struct guest *guest);
void answer_request(struct guest *guest);

/* A CONNECT, a SOCKS5 greeting, a SOCKS5 request: how many of the bytes at hand it was, 0 while it
 * is not whole. */
void tunnel_connect(struct guest *guest);
size_t tunnel_socks_hello(struct guest *guest, const char *data, size_t len);
size_t tunnel_socks_ask(struct guest *guest, const char *data, size_t len);

#endif
