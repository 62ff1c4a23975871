/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A BIO method over send(2) and recv(2), or over another TLS.
 */
#include "net/tls_wire.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "net/tls.h"

/* What is kept of a failure; a socket that is only not ready yet has not failed. */
static int failed(BIO *bio, struct tls_wire *wire, int retry)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
    else
        wire->err = errno;
    return -1;
}

static ssize_t send_some(const struct tls_wire *wire, const char *data, size_t len)
{
    struct iovec iov = {(char *)(uintptr_t)data, len};
    if (wire->below != NULL)
        return tls_write(wire->below, &iov, 1, wire->wait);
    return send(wire->fd, data, len, MSG_NOSIGNAL | (wire->wait ? 0 : MSG_DONTWAIT));
}

static ssize_t receive_some(const struct tls_wire *wire, char *to, size_t room)
{
    if (wire->below != NULL)
        return tls_read(wire->below, to, room, wire->wait);
    return recv(wire->fd, to, room, wire->wait ? 0 : MSG_DONTWAIT);
}

static int wire_write(BIO *bio, const char *data, int len)
{
    struct tls_wire *wire = BIO_get_data(bio);
    ssize_t n;
    BIO_clear_retry_flags(bio);
    do
        n = send_some(wire, data, (size_t)len);
    while (n < 0 && errno == EINTR);
    return n < 0 ? failed(bio, wire, BIO_FLAGS_WRITE) : (int)n;
}

static void keep_first(struct tls_wire *wire, const char *data, size_t len)
{
    size_t room = sizeof(wire->first) - wire->first_len;
    size_t n = len < room ? len : room;
    memcpy(wire->first + wire->first_len, data, n);
    wire->first_len += n;
}

static int wire_read(BIO *bio, char *to, int room)
{
    struct tls_wire *wire = BIO_get_data(bio);
    ssize_t n;
    BIO_clear_retry_flags(bio);
    if (wire->cut)
        return -1;
    do
        n = receive_some(wire, to, (size_t)room);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return failed(bio, wire, BIO_FLAGS_READ);
    wire->ended = n == 0;
    keep_first(wire, to, (size_t)n);
    return (int)n;
}

static long wire_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    const struct tls_wire *wire = BIO_get_data(bio);
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_EOF:
        return wire->ended;
    default:
        return 0;
    }
}

static BIO_METHOD *make_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gofer socket");
    if (m != NULL && BIO_meth_set_write(m, wire_write) == 1 &&
        BIO_meth_set_read(m, wire_read) == 1 && BIO_meth_set_ctrl(m, wire_ctrl) == 1)
        return m;
    BIO_meth_free(m);
    return NULL;
}

/* One for the life of the process. */
static BIO_METHOD *get_method(void)
{
    static _Atomic(BIO_METHOD *) method;
    BIO_METHOD *known = atomic_load(&method);
    if (known != NULL)
        return known;
    BIO_METHOD *made = make_method();
    if (made == NULL || atomic_compare_exchange_strong(&method, &known, made))
        return made;
    BIO_meth_free(made);
    return known;
}

BIO *tls_wire_bio(struct tls_wire *wire)
{
    BIO_METHOD *method = get_method();
    BIO *bio = method != NULL ? BIO_new(method) : NULL;
    if (bio == NULL)
        return NULL;
    BIO_set_data(bio, wire);
    BIO_set_init(bio, 1);
    return bio;
}

bool tls_wire_is_foreign(const struct tls_wire *wire)
{
    enum { CHANGE_CIPHER_SPEC = 20, HEARTBEAT = 24, MAJOR_VERSION = 3 };
    if (wire->first_len == 0)
        return false;
    if (wire->first[0] < CHANGE_CIPHER_SPEC || wire->first[0] > HEARTBEAT)
        return true;
    return wire->first_len > 1 && wire->first[1] != MAJOR_VERSION;
}
