/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * TLS on one connected socket. The handshake goes in steps that do not block;
 * reading and writing block or not as the caller says, and return what recv(2) and
 * send(2) would: a count, 0 at the peer's close_notify, or -1 with errno. EAGAIN
 * is there too, and tls_read_events() says what to wait for then, which need not
 * be what one would think. A FIN without close_notify is EPROTO: what came may
 * not be all there was (TLS-12).
 *
 * The socket belongs to the caller, who closes it after tls_free(). One thread at
 * a time; another one may shutdown(2) the socket. No lock; none may be held.
 */
#ifndef GOFER_NET_TLS_H
#define GOFER_NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/fault.h"
#include "net/tls_context.h"

struct tls;

/* Whom to talk to. */
struct tls_peer {
    const char *host;        /* who it must prove to be: a host's name or address */
    const char *server_name; /* NULL; or who else: this wins over the settings' server_name, and
                                that over host */
    const char *key; /* whose sessions may be resumed: the connection's key, and apart from that
                 of the origin behind it for a proxy (PX-09) */
};

/* Begins a client's TLS on fd, with a reference to the context. NULL without memory. */
struct tls *tls_new(struct tls_context *context, int fd, const struct tls_peer *peer);

/*
 * The same inside of another TLS that is open: to a server behind a proxy that
 * speaks TLS itself. Takes *below over, which is NULL after, and frees it in the
 * end; without memory it stays the caller's.
 */
struct tls *tls_new_inside(struct tls_context *context, struct tls **below,
                           const struct tls_peer *peer);

/* Frees; tells the peer (close_notify) where that does not block. The last call before the socket
 * is closed. NULL is legal. */
void tls_free(struct tls *tls);

enum tls_step {
    TLS_DONE,  /* the peer is who it should be */
    TLS_WAIT,  /* once the socket is ready for tls_read_events(), again */
    TLS_FAILED /* the fault says why; nothing but tls_free() is left */
};

/* Goes on with the handshake. Does not block. */
enum tls_step tls_handshake(struct tls *tls, struct fault *fault);

/*
 * Reads what there is, up to len bytes. wait true: blocks for the first of them.
 * Less than len bytes come only where no more are decrypted or wait in the TLS
 * layer.
 */
ssize_t tls_read(struct tls *tls, void *buf, size_t len, bool wait);

/* Reads without taking and without blocking: EAGAIN where nothing is there for us, though tickets
 * and the like may have come and are dealt with. */
ssize_t tls_peek(struct tls *tls, void *buf, size_t len);

/*
 * Writes some of the bytes, at most a record. wait true: blocks until it is sent.
 * After EAGAIN the same bytes must come again, from wherever.
 */
ssize_t tls_write(struct tls *tls, const struct iovec *iov, int iov_len, bool wait);

/* Tells the peer that nothing more is sent (close_notify); reading goes on. Does not block. 0, or
 * -1 with errno; EAGAIN: it is to be called again. */
int tls_end_sending(struct tls *tls);

/* What to wait for (EPOLLIN or EPOLLOUT) after EAGAIN of a read or handshake, and of a write. */
uint32_t tls_read_events(const struct tls *tls);
uint32_t tls_write_events(const struct tls *tls);

/* Whether a read might return bytes, or the end that came behind bytes, although the socket shows
 * nothing. False after a read that returned EAGAIN. */
bool tls_has_buffered(const struct tls *tls);

/* After a read or write that failed for good: sets the fault where TLS knows more than errno does
 * (an alert, a damaged record, a FIN without close_notify). True where it did. */
bool tls_explain(const struct tls *tls, gofer_phase phase, struct fault *fault);

/* What was agreed on, after TLS_DONE. Static texts, but alpn, which is the connection's and not
 * NUL-terminated ("", 0: none). */
struct tls_agreed {
    const char *version; /* "TLSv1.3" */
    const char *cipher;  /* "TLS_AES_256_GCM_SHA384" */
    const char *alpn;
    size_t alpn_len;
    bool resumed;
};

void tls_agreed(const struct tls *tls, struct tls_agreed *agreed);

/* What was found about the peer's certificate, wanted or not: X509_V_OK (0), or what is wrong with
 * it. 0, too, before that, and where a session was resumed. */
int tls_verify_result(const struct tls *tls);

/* The TLS that this one goes inside of, or NULL. */
const struct tls *tls_below(const struct tls *tls);

/* The generation of the settings that it was made under. */
uint64_t tls_generation(const struct tls *tls);

#endif
