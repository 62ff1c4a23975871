/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A client's own copy of its gofer_tls_options: checked as far as they can be
 * without a file, the strings owned. Immutable once made, hence for any thread.
 */
#ifndef GOFER_NET_TLS_SETTINGS_H
#define GOFER_NET_TLS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include <gofer/tls.h>

struct tls_settings {
    gofer_tls_options options; /* its strings are this struct's */
    unsigned char *alpn;       /* as it goes over the wire (RFC 7301 section 3.1), or NULL */
    size_t alpn_len;
};

/* Which member of the options is wrong, and why. Static. */
struct tls_refusal {
    const char *member;
    const char *why;
};

/* Whether they are right in themselves; *refusal is set where not. */
bool tls_settings_check(const gofer_tls_options *given, struct tls_refusal *refusal);

/* Copies; given NULL means all defaults. 0, EINVAL or ENOMEM; empty on failure. */
int tls_settings_init(struct tls_settings *settings, const gofer_tls_options *given);

/* Frees; keys and passwords are wiped first. Empty after. */
void tls_settings_fini(struct tls_settings *settings);

/* Whether the system's store of CAs is trusted. */
bool tls_settings_use_system_store(const struct tls_settings *settings);

/* Whether a text may be a server's name: LDH and '_' in ASCII, or an address; at most 253 bytes. */
bool tls_settings_is_name(const char *name);

/* Whether base64 (44 characters) is one of the pins. */
bool tls_settings_has_pin(const struct tls_settings *settings, const char *base64);

#endif
