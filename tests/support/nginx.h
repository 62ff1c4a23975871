/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A real nginx on a loopback port, with a configuration and files of its own in
 * a temporary folder. It is a child of the calling thread and dies with it.
 *
 *   /hello        13 bytes, "Hello, world\n"
 *   /16k /1m      files of that size; byte i is nginx_byte(i)
 *   /NAME         what nginx_file() made
 *
 * One thread at a time.
 */
#ifndef TESTS_SUPPORT_NGINX_H
#define TESTS_SUPPORT_NGINX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nginx;

#define NGINX_HELLO "Hello, world\n"

enum { NGINX_URL_BYTES = 128 };

/* Starts it and waits until it answers. NULL where there is no nginx on this machine. */
struct nginx *nginx_start(void);

/* The same over TLS 1.2 and 1.3, with this certificate, those behind it and its key (PEM). */
struct nginx *nginx_start_tls(const char *cert_pem, const char *key_pem);

/* What a site of its own shows: PEM. */
struct nginx_site {
    const char *cert_pem;      /* the certificate, and those behind it */
    const char *key_pem;       /* its key */
    const char *client_ca_pem; /* who must have issued a client's; NULL: clients need none */
};

/* The same as nginx_start(), with as many sites over TLS, each on a unix-domain socket. They may
 * show keys and signatures that OpenSSL holds to be too weak. */
struct nginx *nginx_start_sites(const struct nginx_site *sites, size_t n);

/* Writes the path of a site's socket into buf (NGINX_URL_BYTES); returns buf. */
const char *nginx_site_socket(const struct nginx *nginx, size_t site, char *buf);

/* Stops it and removes its folder. NULL is legal. */
void nginx_stop(struct nginx *nginx);

uint16_t nginx_port(const struct nginx *nginx);

/* Writes the URL of a path into buf (NGINX_URL_BYTES); returns buf. */
const char *nginx_url(const struct nginx *nginx, const char *path, char *buf);

/* Makes a file of len bytes. False where the disk is full. */
bool nginx_file(const struct nginx *nginx, const char *name, size_t len);

/* What stands at an offset of every file. */
static inline char nginx_byte(size_t offset)
{
    return (char)('a' + offset * 7 % 26);
}

#endif
