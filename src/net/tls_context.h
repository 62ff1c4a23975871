/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A context: what all handshakes of a client have in common, made of its settings
 * and of the files that they name as these were at one moment (OpenSSL's
 * SSL_CTX). It is immutable. Where a file changes another context is made, with a
 * generation of its own: connections and sessions of one generation are nothing
 * to another (TLS-17).
 *
 * tls_source.h keeps the current one. Whoever uses a context holds a reference;
 * the last to go frees it. Any thread; no lock.
 */
#ifndef GOFER_NET_TLS_CONTEXT_H
#define GOFER_NET_TLS_CONTEXT_H

#include <stdatomic.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "base/fault.h"
#include "base/refs.h"
#include "net/tls_pin.h"
#include "net/tls_session.h"
#include "net/tls_settings.h"

/* What a client's contexts share: all of it is theirs, too. */
struct tls_profile {
    struct refs refs;
    struct tls_settings settings;
    struct tls_sessions *sessions; /* NULL: no resumption */
    _Atomic unsigned invalid_cas;  /* how many there were when a server was not trusted */
    _Atomic bool doubted;          /* a context was made again because none agreed with it */
};

struct tls_context {
    struct refs refs;
    uint64_t generation; /* no two contexts of a process have the same */
    SSL_CTX *ctx;
    struct tls_profile *profile;
    int keylog_fd;                /* or -1 */
    char file_pin[TLS_PIN_BYTES]; /* of the file with the server's public key; "": none */
    _Atomic bool proven;          /* a handshake with it succeeded */
    _Atomic bool spoilt;          /* not to be used again: tls.c, tls_trust.c */
};

/* A profile with one reference. NULL with *err EINVAL or ENOMEM. */
struct tls_profile *tls_profile_new(const gofer_tls_options *options, int *err);
void tls_profile_unref(struct tls_profile *profile);

/* Reads the files and makes a context with one reference; it takes one of the profile's. NULL with
 * the fault set. May block on files. */
struct tls_context *tls_context_new(struct tls_profile *profile, struct fault *fault);

void tls_context_ref(struct tls_context *context);
void tls_context_unref(struct tls_context *context);

#endif
