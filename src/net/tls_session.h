/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Sessions to resume: what servers gave for shorter handshakes (tickets, PSKs),
 * shared by all threads of a client.
 *
 * A resumed handshake checks no certificate: it relies on the one that began the
 * session. So a session is kept under all that this check depended on, in one
 * text: the generation of the settings (tls_context.h), the peer, the name. It is
 * never found under another, and it is not kept longer than the certificate is
 * valid or than SESSION_MAX_S.
 *
 * Invariants: what is kept is a copy that no SSL knows, hence immutable; at most
 * TLS_SESSION_KEYS keys, the one used least recently goes first, and
 * TLS_SESSIONS_EACH sessions of each.
 * Lock: its own (LOCK_TLS). Any thread that holds no lock of that rank or higher.
 */
#ifndef GOFER_NET_TLS_SESSION_H
#define GOFER_NET_TLS_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

enum { TLS_SESSION_KEYS = 256, TLS_SESSIONS_EACH = 4, TLS_SESSION_MAX_S = 3600 };

struct tls_sessions;

/* NULL without memory. */
struct tls_sessions *tls_sessions_new(void);

void tls_sessions_free(struct tls_sessions *sessions);

/* Keeps a copy, the newest of its key. Without memory, or where it cannot be resumed, nothing. */
void tls_sessions_put(struct tls_sessions *sessions, const char *key, SSL_SESSION *session,
                      int64_t now_ns);

/*
 * A session to offer, the caller's own (SSL_SESSION_free), or NULL. A TLS 1.3
 * session is given away once (RFC 8446 appendix C.4), but the last of its key
 * again and again: a server that gives one a handshake would see full handshakes
 * from every second connection.
 */
SSL_SESSION *tls_sessions_take(struct tls_sessions *sessions, const char *key, int64_t now_ns);

/* Forgets a key's sessions: a handshake with one of them failed. */
void tls_sessions_drop(struct tls_sessions *sessions, const char *key);

/* Forgets all. */
void tls_sessions_clear(struct tls_sessions *sessions);

/* How many are kept. */
size_t tls_sessions_count(struct tls_sessions *sessions);

#endif
