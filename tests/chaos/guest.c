/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A connection of the far side: see house.h. It reads and writes as far as the
 * socket lets it, through TLS or not; a closed one lies in a grave until the round
 * is over, since an event of it may still be on its way.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chaos/house.h"

enum { LEAVE_MAX_MS = 6, SAY_BYTES = 1024 };

/* --- the end --- */

static void bury(struct guest *guest)
{
    *guest->link = guest->next;
    if (guest->next != NULL)
        guest->next->link = guest->link;
    guest->next = guest->house->graves;
    guest->house->graves = guest;
    guest->dead = true;
}

void guest_close(struct guest *guest, bool reset, bool notify)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    if (guest->dead)
        return;
    ERR_clear_error();
    if (guest->ssl != NULL && notify && SSL_is_init_finished(guest->ssl))
        SSL_shutdown(guest->ssl);
    SSL_free(guest->ssl);
    guest->ssl = NULL;
    if (reset)
        setsockopt(guest->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(guest->fd);
    free(guest->out);
    bury(guest);
}

static void watch(struct guest *guest)
{
    bool writes = guest->out_at < guest->out_goal;
    struct epoll_event event = {.events = writes ? EPOLLOUT : 0, .data.ptr = guest};

    event.events |= guest->stage == STAGE_HOLD ? EPOLLRDHUP : EPOLLIN;
    if (guest->dead || event.events == guest->events)
        return;
    guest->events = event.events;
    epoll_ctl(guest->house->epoll, EPOLL_CTL_MOD, guest->fd, &event);
}

void guest_hold(struct guest *guest)
{
    guest->stage = STAGE_HOLD;
    watch(guest);
}

/* --- bytes --- */

/* As recv(2) and send(2). */
static ssize_t tls_result(struct guest *guest, int n)
{
    if (n > 0)
        return n;
    int why = SSL_get_error(guest->ssl, n);
    if (why == SSL_ERROR_ZERO_RETURN)
        return 0;
    errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
    return -1;
}

static ssize_t take_bytes(struct guest *guest, void *buf, size_t len)
{
    if (guest->ssl == NULL)
        return recv(guest->fd, buf, len, MSG_DONTWAIT);
    ERR_clear_error();
    return tls_result(guest, SSL_read(guest->ssl, buf, (int)len));
}

static ssize_t give_bytes(struct guest *guest, const void *data, size_t len)
{
    if (guest->ssl == NULL)
        return send(guest->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    ERR_clear_error();
    return tls_result(guest, SSL_write(guest->ssl, data, (int)len));
}

/* --- TLS --- */

static void shake(struct guest *guest)
{
    ERR_clear_error();
    int n = SSL_accept(guest->ssl);
    int why = n == 1 ? SSL_ERROR_NONE : SSL_get_error(guest->ssl, n);

    if (why == SSL_ERROR_NONE)
        guest->stage = STAGE_REQUESTS;
    else if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
        guest_close(guest, false, false);
}

/* On what there is: the socket, or the TLS with whom it is a proxy for. */
static void start_tls(struct guest *guest, SSL_CTX *ctx)
{
    SSL *outer = guest->ssl;
    BIO *bio = NULL;

    guest->ssl = SSL_new(ctx);
    SSL_set_mode(guest->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (outer != NULL) {
        bio = BIO_new(BIO_f_ssl());
        BIO_set_ssl(bio, outer, BIO_CLOSE);
        SSL_set_bio(guest->ssl, bio, bio);
    } else {
        SSL_set_fd(guest->ssl, guest->fd);
    }
    guest->stage = STAGE_SHAKE;
}

/* --- writing --- */

void guest_put(struct guest *guest, const void *data, size_t len)
{
    if (guest->out_len + len > guest->out_cap) {
        guest->out_cap = 2 * (guest->out_len + len);
        guest->out = realloc(guest->out, guest->out_cap);
        if (guest->out == NULL)
            abort();
    }
    memcpy(guest->out + guest->out_len, data, len);
    guest->out_len += len;
}

void guest_say(struct guest *guest, const char *format, ...)
{
    char text[SAY_BYTES];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len < 0 || len >= SAY_BYTES)
        abort();
    guest_put(guest, text, (size_t)len);
}

void guest_cut(struct guest *guest, int delay_ms)
{
    size_t before = 0;

    for (unsigned i = 0; i < guest->pieces_len; i++)
        before += guest->pieces[i].len;
    if (guest->out_len == before || guest->pieces_len == GUEST_PIECES)
        return;
    guest->pieces[guest->pieces_len++] =
        (struct piece){.len = guest->out_len - before, .delay_ms = delay_ms};
}

static void leave_soon(struct guest *guest)
{
    guest->due_ms = guest->house->now_ms + dice_roll(&guest->house->dice, LEAVE_MAX_MS);
}

static void go_on(struct guest *guest)
{
    switch (guest->then) {
    case THEN_NEXT:
        if (guest->next_tls != NULL)
            start_tls(guest, guest->next_tls);
        guest->next_tls = NULL;
        return;
    case THEN_LEAVE:
        leave_soon(guest);
        return;
    case THEN_HOLD:
        guest_hold(guest);
        return;
    default:
        guest_close(guest, guest->then == THEN_RESET, guest->then == THEN_CLOSE);
    }
}

static void written(struct guest *guest)
{
    free(guest->out);
    guest->out = NULL;
    guest->out_len = guest->out_cap = guest->out_at = guest->out_goal = 0;
    guest->pieces_len = guest->piece = 0;
    go_on(guest);
}

/* The next piece, now or later. */
static void next_piece(struct guest *guest)
{
    const struct piece *piece = &guest->pieces[guest->piece++];

    guest->out_goal += piece->len;
    guest->due_ms = piece->delay_ms > 0 ? guest->house->now_ms + piece->delay_ms : 0;
}

static void flush(struct guest *guest)
{
    while (!guest->dead && guest->out_len > 0 && guest->due_ms == 0) {
        if (guest->out_at == guest->out_goal) {
            if (guest->out_at == guest->out_len)
                return written(guest);
            next_piece(guest);
            continue;
        }
        ssize_t n = give_bytes(guest, guest->out + guest->out_at, guest->out_goal - guest->out_at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0)
            return guest_close(guest, false, false);
        guest->out_at += (size_t)n;
    }
}

void guest_send(struct guest *guest, enum then then)
{
    guest->then = then;
    guest_cut(guest, 0);
    guest->due_ms = 0;
    if (guest->out_len == 0)
        return written(guest);
    flush(guest);
}

/* --- reading --- */

static void consume(struct guest *guest, size_t n)
{
    guest->in_len -= n;
    memmove(guest->in, guest->in + n, guest->in_len);
}

static void count(struct guest *guest)
{
    struct far *far = guest->house->far;
    const struct inlet *inlet = &guest->inlet;

    far->tally->requests++;
    if (inlet->fault == NULL || inlet->fault->kind == FAULT_moved)
        return;
    if (inlet->id >= far->ids)
        far->tally->bad_requests++;
    else if (far->seen[inlet->id] < UINT8_MAX)
        far->seen[inlet->id]++;
}

/* Whose connection lay idle and was to be closed stays now. */
static void head_is_there(struct guest *guest)
{
    count(guest);
    guest->due_ms = 0;
    guest->answered = false;
    if (guest->inlet.fault == NULL)
        tunnel_connect(guest);
    else
        answer_head(guest);
}

static void request_is_whole(struct guest *guest)
{
    guest->house->far->tally->bad_uploads += guest->inlet.bad_body;
    if (!guest->answered && !guest->dead && guest->inlet.fault != NULL)
        answer_request(guest);
    inlet_begin(&guest->inlet);
}

/* Takes what it can of a request. How many bytes. */
static size_t take_request(struct guest *guest)
{
    bool in_head = guest->inlet.state == INLET_HEAD;
    size_t n = inlet_take(&guest->inlet, guest->in, guest->in_len);

    if (guest->inlet.state == INLET_BAD || (n == 0 && guest->in_len == GUEST_IN_BYTES)) {
        guest->house->far->tally->bad_requests++;
        guest_close(guest, true, false);
        return 0;
    }
    consume(guest, n);
    guest->in[guest->in_len] = '\0';
    if (in_head && guest->inlet.state != INLET_HEAD)
        head_is_there(guest);
    if (!guest->dead && guest->stage != STAGE_HOLD && guest->inlet.state == INLET_WHOLE)
        request_is_whole(guest);
    return n;
}

static size_t take_something(struct guest *guest)
{
    size_t n = 0;

    if (guest->stage == STAGE_REQUESTS)
        return take_request(guest);
    if (guest->stage == STAGE_SOCKS_HELLO)
        n = tunnel_socks_hello(guest, guest->in, guest->in_len);
    else if (guest->stage == STAGE_SOCKS_ASK)
        n = tunnel_socks_ask(guest, guest->in, guest->in_len);
    if (!guest->dead)
        consume(guest, n);
    return n;
}

static void serve(struct guest *guest)
{
    guest->in[guest->in_len] = '\0';
    while (!guest->dead && guest->in_len > 0 && take_something(guest) > 0)
        continue;
}

/* The bytes behind a CONNECT are TLS's: they stay in the socket, since a client waits for the
 * answer. */
static void hear(struct guest *guest)
{
    for (int turns = 0; turns < 8 && !guest->dead; turns++) {
        if (guest->stage == STAGE_SHAKE) {
            shake(guest);
            if (guest->stage == STAGE_SHAKE)
                return;
        }
        if (guest->dead || guest->stage == STAGE_HOLD)
            return;
        ssize_t n = take_bytes(guest, guest->in + guest->in_len, GUEST_IN_BYTES - guest->in_len);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0)
            return guest_close(guest, false, true);
        guest->in_len += (size_t)n;
        serve(guest);
    }
}

void guest_event(struct guest *guest, uint32_t events)
{
    if (guest->dead)
        return;
    if (guest->stage == STAGE_HOLD && (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
        return guest_close(guest, false, false);
    if ((events & EPOLLOUT) != 0)
        flush(guest);
    if (!guest->dead && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        hear(guest);
    watch(guest);
}

void guest_due(struct guest *guest)
{
    guest->due_ms = 0;
    if (guest->out_len > 0) {
        flush(guest);
        watch(guest);
    } else if (guest->then == THEN_LEAVE) {
        guest_close(guest, dice_once_in(&guest->house->dice, 4), true);
    }
}

/* --- the beginning --- */

/* Whoever wants TLS finds what is none. */
static void be_rude(struct guest *guest)
{
    static const char alert[] = "\x15\x03\x03\x00\x02\x02\x28";

    switch (dice_roll(&guest->house->dice, 5)) {
    case 0:
        return guest_close(guest, false, false);
    case 1:
        return guest_close(guest, true, false);
    case 2:
        guest_say(guest, "220 mail.good.test ESMTP\r\n");
        return guest_send(guest, THEN_HOLD);
    case 3:
        guest_say(guest, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        return guest_send(guest, THEN_CLOSE);
    default:
        guest_put(guest, alert, sizeof alert - 1);
        return guest_send(guest, THEN_HOLD);
    }
}

static void receive_guest(struct guest *guest)
{
    struct house *house = guest->house;

    switch (guest->port) {
    case FAR_TLS:
        return start_tls(guest, house->origin_tls);
    case FAR_TLS_PROXY:
        return start_tls(guest, house->proxy_tls);
    case FAR_SOCKS:
        guest->stage = STAGE_SOCKS_HELLO;
        return;
    case FAR_MUTE:
        return guest_hold(guest);
    case FAR_RUDE:
        return be_rude(guest);
    default:
        return;
    }
}

static struct guest *new_guest(struct house *house, enum far_port port, int fd)
{
    struct guest *guest = calloc(1, sizeof *guest);

    if (guest == NULL)
        abort();
    guest->entry = ENTRY_GUEST;
    guest->house = house;
    guest->port = port;
    guest->fd = fd;
    guest->stage = STAGE_REQUESTS;
    guest->next = house->guests;
    guest->link = &house->guests;
    if (guest->next != NULL)
        guest->next->link = &guest->next;
    house->guests = guest;
    return guest;
}

void guest_welcome(struct house *house, const struct door *door)
{
    int fd = accept4(door->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN};
    int one = 1;

    if (fd < 0)
        return;
    house->far->tally->conns++;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct guest *guest = new_guest(house, door->port, fd);
    event.data.ptr = guest;
    guest->events = event.events;
    epoll_ctl(house->epoll, EPOLL_CTL_ADD, fd, &event);
    receive_guest(guest);
    watch(guest);
}
