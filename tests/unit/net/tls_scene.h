/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A scene of most TLS tests: one pair (tls_pair.h), a source of the client's contexts
 * and a server of "good".
 */
#ifndef TESTS_UNIT_NET_TLS_SCENE_H
#define TESTS_UNIT_NET_TLS_SCENE_H

#include <sys/types.h>

#include "unit/net/tls_pair.h"

struct scene {
    struct tls_source *source;
    SSL_CTX *server;
    struct tls_pair pair;
};

/* Makes source and server; options as for pair_source(). The pair is the test's to begin. */
void scene_set(struct scene *s, const gofer_tls_options *options);

/* Meets "good.test" with the handshake done. */
void scene_open(struct scene *s);

void scene_end(struct scene *s);

/* The client reads or writes without waiting, with errno 0 where it does not fail. */
ssize_t scene_read(struct scene *s, void *buf, size_t len);
ssize_t scene_write(struct scene *s, const char *text);

/* Whether the client's handshake failed with these words. */
bool scene_failed(const struct scene *s, const char *words);

#endif
