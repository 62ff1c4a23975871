/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See tls_scene.h.
 */
#include "unit/net/tls_scene.h"

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/certs.h"

void scene_set(struct scene *s, const gofer_tls_options *options)
{
    s->source = pair_source(options);
    s->server = certs_server("good", NULL);
}

void scene_open(struct scene *s)
{
    scene_set(s, NULL);
    CU_ASSERT_EQUAL(pair_meet(&s->pair, s->source, s->server, "good.test"), TLS_DONE);
}

void scene_end(struct scene *s)
{
    pair_end(&s->pair);
    SSL_CTX_free(s->server);
    tls_source_free(s->source);
}

ssize_t scene_read(struct scene *s, void *buf, size_t len)
{
    errno = 0;
    return tls_read(s->pair.client, buf, len, false);
}

ssize_t scene_write(struct scene *s, const char *text)
{
    struct iovec iov = {(char *)text, strlen(text)};
    return tls_write(s->pair.client, &iov, 1, false);
}

bool scene_failed(const struct scene *s, const char *words)
{
    const struct fault *f = &s->pair.fault;
    return s->pair.step == TLS_FAILED && f->code == GOFER_ERR_TLS && f->phase == GOFER_PHASE_TLS &&
           strcmp(f->detail, words) == 0;
}
