/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Driving OpenSSL over gofer's own BIO.
 *
 * The handshake's steps and everything else are visits to OpenSSL (tls_library.h).
 * Each call notes what OpenSSL waits for, and keeps a failure: after one there is
 * nothing to be called any more, and it is reported again and again.
 */
#include "net/tls.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include <openssl/err.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "net/tls_certificate.h"
#include "net/tls_error.h"
#include "net/tls_library.h"
#include "net/tls_state.h"
#include "net/tls_trust.h"

/* A record's most (RFC 8446 section 5.1): small pieces are put together into one. */
enum { RECORD_MAX_BYTES = 16 * 1024 };

/* --- life --- */

static bool name_peer(struct tls *t, const struct tls_peer *peer)
{
    const char *given = peer->server_name != NULL
                            ? peer->server_name
                            : t->context->profile->settings.options.server_name;
    const char *name = given != NULL ? given : peer->host;
    size_t len = strlen(name);
    if (len > 1 && name[len - 1] == '.')
        len--; /* the root of the DNS stands in no certificate */
    struct buf key = BUF_INIT;
    t->name = mem_strndup(name, len);
    buf_printf(&key, "%llu %s %s", (unsigned long long)t->context->generation, peer->key, name);
    t->session_key = buf_take_str(&key);
    return t->name != NULL && t->session_key != NULL;
}

/* Offers a session, where there is one. */
static bool offer_session(struct tls *t)
{
    struct tls_sessions *sessions = t->context->profile->sessions;
    SSL_SESSION *session =
        sessions != NULL ? tls_sessions_take(sessions, t->session_key, clock_now_ns()) : NULL;
    if (session == NULL)
        return true;
    t->offered = SSL_set_session(t->ssl, session) == 1;
    SSL_SESSION_free(session);
    return t->offered;
}

static bool set_up(struct tls *t, const struct tls_peer *peer)
{
    t->ssl = SSL_new(t->context->ctx);
    /* What OpenSSL calls asks for it. */
    if (t->ssl == NULL || SSL_set_app_data(t->ssl, t) != 1 || !name_peer(t, peer))
        return false;
    BIO *bio = tls_wire_bio(&t->wire);
    if (bio == NULL)
        return false;
    SSL_set_bio(t->ssl, bio, bio);
    SSL_set_connect_state(t->ssl);
    return tls_trust_expect(t) && offer_session(t);
}

static struct tls *new_on(const struct tls_wire *wire, struct tls_context *context,
                          const struct tls_peer *peer)
{
    struct tls *t = mem_zalloc(sizeof(*t));
    if (t == NULL)
        return NULL;
    tls_context_ref(context);
    t->context = context;
    t->wire = *wire;
    t->read_events = EPOLLIN;
    t->write_events = EPOLLOUT;
    struct tls_visit visit;
    tls_enter(&visit);
    bool ok = set_up(t, peer);
    tls_leave(&visit);
    if (ok)
        return t;
    t->wire.below = NULL; /* it stays the caller's */
    tls_free(t);
    return NULL;
}

struct tls *tls_new(struct tls_context *context, int fd, const struct tls_peer *peer)
{
    return new_on(&(struct tls_wire){.fd = fd}, context, peer);
}

struct tls *tls_new_inside(struct tls_context *context, struct tls **below,
                           const struct tls_peer *peer)
{
    struct tls_wire wire = {.fd = (*below)->wire.fd, .below = *below};
    struct tls *t = new_on(&wire, context, peer);
    if (t != NULL)
        *below = NULL;
    return t;
}

/* Until it is sent or cannot be: SSL_shutdown() sends on where the wire was full, but after that it
 * would wait for the peer's. What SSL_shutdown() returned, or 0. */
static int send_close_notify(struct tls *t)
{
    if (t->notified)
        return 0;
    t->wire.wait = false;
    int n = SSL_shutdown(t->ssl);
    t->notified = n >= 0 || SSL_get_error(t->ssl, n) != SSL_ERROR_WANT_WRITE;
    return n;
}

/* NOLINTNEXTLINE(misc-no-recursion): TLS with the server in TLS with a proxy, no deeper */
void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    struct tls_visit visit;
    tls_enter(&visit);
    if (tls->phase == TLS_OPEN)
        send_close_notify(tls);
    SSL_free(tls->ssl);
    tls_certificate_unref(tls->shown);
    tls_leave(&visit);
    tls_free(tls->wire.below);
    tls_context_unref(tls->context);
    mem_free(tls->name);
    mem_free(tls->session_key);
    mem_free(tls);
}

/* --- what calls leave behind --- */

/* Keeps what a call failed by. */
static void note_broken(struct tls *t)
{
    t->phase = TLS_BROKEN;
    t->broken_error = ERR_peek_error();
    /* An errno beside an error of OpenSSL's is that of the alert that could not be sent. */
    t->broken_errno = t->wire.err != 0 && t->broken_error == 0 ? t->wire.err : EPROTO;
}

/* A send that failed says nothing about what the peer sent before: reading goes on (TCP-02). */
static bool is_only_unwritable(struct tls *t, const uint32_t *events)
{
    if (events != &t->write_events || t->wire.err == 0)
        return false;
    errno = t->wire.err;
    t->wire.err = 0;
    return true;
}

/* What the socket is to be waited for when bytes are to be received or sent: the TLS below, if
 * there is one, knows. */
static uint32_t events_to_receive(const struct tls *t)
{
    return t->wire.below != NULL ? tls_read_events(t->wire.below) : EPOLLIN;
}

static uint32_t events_to_send(const struct tls *t)
{
    return t->wire.below != NULL ? tls_write_events(t->wire.below) : EPOLLOUT;
}

static ssize_t broke(struct tls *t, const uint32_t *events)
{
    if (is_only_unwritable(t, events))
        return -1;
    note_broken(t);
    errno = t->broken_errno;
    return -1;
}

/* The outcome of a call that returned nothing: 0 at the end of what is read, or -1 with errno.
 * *events: what such a call waits for. */
static ssize_t nothing(struct tls *t, uint32_t *events)
{
    switch (SSL_get_error(t->ssl, -1)) {
    case SSL_ERROR_WANT_READ:
        *events = events_to_receive(t);
        break;
    case SSL_ERROR_WANT_WRITE:
        *events = events_to_send(t);
        break;
    case SSL_ERROR_ZERO_RETURN:
        /* The peer's end: of what is read. A write that fails behind it has failed. */
        if (events == &t->read_events)
            return 0;
        return broke(t, events);
    default:
        return broke(t, events);
    }
    errno = EAGAIN;
    return -1;
}

static ssize_t still_broken(const struct tls *t)
{
    errno = t->phase == TLS_BROKEN ? t->broken_errno : ENOTCONN;
    return -1;
}

/* --- the handshake --- */

/* HTTP/2 is not what is spoken here, though settings may offer it (TLS-15). */
static bool is_spoken(const struct tls *t, struct fault *fault)
{
    const unsigned char *alpn;
    unsigned len;
    SSL_get0_alpn_selected(t->ssl, &alpn, &len);
    if (len != 2 || alpn[0] != 'h' || (alpn[1] != '2' && alpn[1] != '3'))
        return true;
    fault_set(fault, GOFER_ERR_TLS, GOFER_PHASE_TLS, 0,
              "server chose the protocol \"h%c\", which gofer does not speak", alpn[1]);
    return false;
}

/* Where OpenSSL lacks memory while it makes a context, the context may know fewer algorithms, or
 * less about a CA, and does not say so. One that never shook hands, and with which no server is
 * trusted or agrees, is made again: once, as most that fail so do it for good. */
static void doubt(struct tls_context *context, const struct fault *fault)
{
    if (fault->reason != GOFER_REASON_HANDSHAKE && fault->code != GOFER_ERR_CERTIFICATE)
        return;
    if (!atomic_load(&context->proven) && !atomic_exchange(&context->profile->doubted, true))
        atomic_store(&context->spoilt, true);
}

static enum tls_step fail(struct tls *t, int error, struct fault *fault)
{
    tls_error_handshake(fault, error, &t->wire);
    doubt(t->context, fault);
    t->phase = TLS_BROKEN;
    t->broken_errno = EPROTO;
    if (t->offered)
        tls_sessions_drop(t->context->profile->sessions, t->session_key);
    return TLS_FAILED;
}

static enum tls_step shake(struct tls *t, struct fault *fault)
{
    int result = SSL_do_handshake(t->ssl);
    int error = SSL_get_error(t->ssl, result);
    if (error == SSL_ERROR_NONE) {
        if (!is_spoken(t, fault))
            return fail(t, error, fault);
        t->phase = TLS_OPEN;
        t->read_events = EPOLLIN;
        atomic_store(&t->context->proven, true);
        return TLS_DONE;
    }
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        return fail(t, error, fault);
    t->read_events = error == SSL_ERROR_WANT_READ ? events_to_receive(t) : events_to_send(t);
    return TLS_WAIT;
}

enum tls_step tls_handshake(struct tls *tls, struct fault *fault)
{
    struct tls_visit visit;
    tls_enter(&visit);
    tls->wire.wait = false;
    tls->fault = fault;
    enum tls_step step = shake(tls, fault);
    tls->fault = NULL;
    tls_leave(&visit);
    return step;
}

/* --- reading --- */

/* One SSL_read() or SSL_peek(). */
static ssize_t read_record(struct tls *t, void *buf, size_t len, bool wait,
                           int (*read)(SSL *ssl, void *buf, size_t len, size_t *got))
{
    size_t got;
    t->wire.wait = wait;
    t->read_events = EPOLLIN;
    if (read(t->ssl, buf, len, &got) != 1)
        return nothing(t, &t->read_events);
    t->idle_messages = 0;
    t->wire.cut = false;
    return (ssize_t)got;
}

/* Whether OpenSSL holds bytes, complete records or not; here or in the TLS below. */
/* NOLINTNEXTLINE(misc-no-recursion): TLS with the server in TLS with a proxy, no deeper */
static bool holds_bytes(const struct tls *t)
{
    return SSL_has_pending(t->ssl) == 1 ||
           (t->wire.below != NULL && tls_has_buffered(t->wire.below));
}

/*
 * A ticket that comes in makes OpenSSL take room to write an answer of 16 KiB,
 * which there is none of, and keep it until the next write: for an idle connection
 * that is never. Freed between records only, when nothing lies in the other
 * buffer: not every 3.0 looks at that itself (CVE-2024-4741).
 */
static void drop_hoard(struct tls *t)
{
    if (!t->hoards || holds_bytes(t) || strcmp(SSL_rstate_string(t->ssl), "RH") != 0)
        return;
    t->hoards = SSL_free_buffers(t->ssl) != 1;
}

/* The first record may be waited for; behind it comes what is at hand. */
static ssize_t read_records(struct tls *t, char *buf, size_t len, bool wait)
{
    ssize_t n = read_record(t, buf, len, wait, SSL_read_ex);
    size_t total = n > 0 ? (size_t)n : 0;
    while (n > 0 && total < len && holds_bytes(t)) {
        n = read_record(t, buf + total, len - total, false, SSL_read_ex);
        total += n > 0 ? (size_t)n : 0;
    }
    t->drained = n < 0 || !holds_bytes(t);
    /* What came with an end or a failure behind it is given first; the next call finds that again.
     */
    return total > 0 ? (ssize_t)total : n;
}

ssize_t tls_read(struct tls *tls, void *buf, size_t len, bool wait)
{
    if (tls->phase != TLS_OPEN)
        return still_broken(tls);
    struct tls_visit visit;
    tls_enter(&visit);
    ssize_t n = read_records(tls, buf, len, wait);
    int err = errno;
    drop_hoard(tls);
    tls_leave(&visit);
    errno = err;
    return n;
}

ssize_t tls_peek(struct tls *tls, void *buf, size_t len)
{
    if (tls->phase != TLS_OPEN)
        return still_broken(tls);
    struct tls_visit visit;
    tls_enter(&visit);
    ssize_t n = read_record(tls, buf, len, false, SSL_peek_ex);
    tls->drained = n < 0;
    int err = errno;
    drop_hoard(tls);
    tls_leave(&visit);
    errno = err;
    return n;
}

/* --- writing --- */

static ssize_t write_piece(struct tls *tls, const struct iovec *piece, bool wait)
{
    size_t sent;
    struct tls_visit visit;
    tls_enter(&visit);
    tls->wire.wait = wait;
    tls->write_events = EPOLLOUT;
    ssize_t n = SSL_write_ex(tls->ssl, piece->iov_base, piece->iov_len, &sent) == 1
                    ? (ssize_t)sent
                    : nothing(tls, &tls->write_events);
    int err = errno;
    tls_leave(&visit);
    errno = err;
    return n;
}

/* The first bytes of the pieces, as one. */
static struct iovec gather(const struct iovec *iov, int iov_len, char *room)
{
    size_t n = 0;
    for (int i = 0; i < iov_len && n < RECORD_MAX_BYTES; i++) {
        size_t left = RECORD_MAX_BYTES - n;
        size_t len = iov[i].iov_len < left ? iov[i].iov_len : left;
        memcpy(room + n, iov[i].iov_base, len);
        n += len;
    }
    return (struct iovec){room, n};
}

/* A function of its own, so that only who gathers has the room on its stack. */
__attribute__((noinline)) static ssize_t write_gathered(struct tls *tls, const struct iovec *iov,
                                                        int iov_len, bool wait)
{
    char room[RECORD_MAX_BYTES];
    struct iovec piece = gather(iov, iov_len, room);
    return write_piece(tls, &piece, wait);
}

ssize_t tls_write(struct tls *tls, const struct iovec *iov, int iov_len, bool wait)
{
    if (tls->phase != TLS_OPEN)
        return still_broken(tls);
    if (iov_len == 1 || iov[0].iov_len >= RECORD_MAX_BYTES)
        return write_piece(tls, &iov[0], wait);
    return write_gathered(tls, iov, iov_len, wait);
}

int tls_end_sending(struct tls *tls)
{
    if (tls->phase != TLS_OPEN)
        return (int)still_broken(tls);
    struct tls_visit visit;
    tls_enter(&visit);
    tls->write_events = EPOLLOUT;
    bool ok = send_close_notify(tls) >= 0;
    int err = ok || nothing(tls, &tls->write_events) == 0 ? 0 : errno;
    tls_leave(&visit);
    errno = err;
    return err == 0 ? 0 : -1;
}

/* --- questions --- */

uint32_t tls_read_events(const struct tls *tls)
{
    return tls->read_events;
}

uint32_t tls_write_events(const struct tls *tls)
{
    return tls->write_events;
}

/* NOLINTNEXTLINE(misc-no-recursion): TLS with the server in TLS with a proxy, no deeper */
bool tls_has_buffered(const struct tls *tls)
{
    bool ended = tls->phase == TLS_BROKEN || SSL_get_shutdown(tls->ssl) & SSL_RECEIVED_SHUTDOWN;
    return ended || (!tls->drained && holds_bytes(tls));
}

/* NOLINTNEXTLINE(misc-no-recursion): TLS with the server in TLS with a proxy, no deeper */
bool tls_explain(const struct tls *tls, gofer_phase phase, struct fault *fault)
{
    if (tls->phase != TLS_BROKEN || tls->broken_errno != EPROTO)
        return false;
    if (tls->wire.below != NULL && tls_explain(tls->wire.below, phase, fault))
        return true;
    if (tls->wire.ended)
        fault_set(fault, phase >= GOFER_PHASE_HEADERS ? GOFER_ERR_TRUNCATED : GOFER_ERR_BROKEN,
                  phase, 0, "the server closed the connection without a TLS close_notify");
    else if (tls->wire.cut)
        fault_set(fault, GOFER_ERR_TLS, phase, 0,
                  "the server sends TLS messages without end and no data");
    else
        tls_error_broken(fault, phase, tls->broken_error);
    return true;
}

void tls_agreed(const struct tls *tls, struct tls_agreed *agreed)
{
    const unsigned char *alpn;
    unsigned len;
    SSL_get0_alpn_selected(tls->ssl, &alpn, &len);
    agreed->version = SSL_get_version(tls->ssl);
    agreed->cipher = SSL_get_cipher_name(tls->ssl);
    agreed->alpn = len > 0 ? (const char *)alpn : "";
    agreed->alpn_len = len;
    agreed->resumed = SSL_session_reused(tls->ssl) == 1;
}

int tls_verify_result(const struct tls *tls)
{
    return tls->verify_result;
}

const struct tls *tls_below(const struct tls *tls)
{
    return tls->wire.below;
}

uint64_t tls_generation(const struct tls *tls)
{
    return tls->context->generation;
}
