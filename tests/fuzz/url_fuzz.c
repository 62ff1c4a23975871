/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * URLs: what parses is clean, is read back the same when it is written, keeps its
 * password to itself, and resolves references into URLs of the same kind.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "http/header.h"
#include "http/url.h"

static void check_parts(const struct url *url)
{
    FUZZ_CHECK(strcmp(url->scheme, "http") == 0 || strcmp(url->scheme, "https") == 0);
    FUZZ_CHECK(url->host[0] != '\0' && fuzz_is_clean(url->host));
    FUZZ_CHECK(strpbrk(url->host, " /?#@[]\\%") == NULL);
    FUZZ_CHECK(url->target[0] == '/' && fuzz_is_clean(url->target));
    FUZZ_CHECK(strpbrk(url->target, " #") == NULL);
    FUZZ_CHECK(fuzz_is_clean(url->authority) && strchr(url->authority, '@') == NULL);
    FUZZ_CHECK(url->port != 0 || url->port_given);
}

static char *written(const struct url *url)
{
    struct buf out = BUF_INIT;
    url_write_without_userinfo(url, &out);
    char *text = buf_take_str(&out);
    if (text == NULL)
        abort();
    return text;
}

/* Written without userinfo and zone, it parses, and is written the same again. */
static void check_round_trip(const struct url *url)
{
    struct url again;
    struct buf why = BUF_INIT;
    char *text = written(url);
    FUZZ_CHECK(fuzz_is_clean(text));
    gofer_status status = url_parse(text, &again, &why);
    /* What was near the limit may have become too long by its canonical form. */
    FUZZ_CHECK(status == GOFER_OK || strlen(text) > URL_MAX_BYTES);
    if (status == GOFER_OK) {
        char *second = written(&again);
        FUZZ_CHECK(strcmp(text, second) == 0);
        FUZZ_CHECK(strcmp(url->host, again.host) == 0 && url->port == again.port);
        FUZZ_CHECK(strcmp(url->target, again.target) == 0);
        mem_free(second);
        url_fini(&again);
    }
    buf_fini(&why);
    mem_free(text);
}

static void check_masked(const char *text)
{
    struct buf out = BUF_INIT;
    url_mask_text(text, &out);
    char *masked = buf_take_str(&out);
    FUZZ_CHECK(masked != NULL && fuzz_is_clean(masked));
    mem_free(masked);
}

static void resolve(const struct url *base, const char *reference)
{
    struct url url;
    struct buf why = BUF_INIT;
    if (url_resolve(base, reference, &url, &why) == GOFER_OK) {
        check_parts(&url);
        check_round_trip(&url);
        url_fini(&url);
    }
    buf_fini(&why);
}

void fuzz_url(struct fuzz *f)
{
    struct url url;
    struct buf why = BUF_INIT;
    char *text = fuzz_text(f);
    char *reference = fuzz_text(f);
    check_masked(text);
    if (url_parse(text, &url, &why) == GOFER_OK) {
        check_parts(&url);
        check_round_trip(&url);
        resolve(&url, reference);
        url_fini(&url);
    } else {
        FUZZ_CHECK(why.len > 0 && url.host == NULL);
    }
    buf_fini(&why);
    why = BUF_INIT;
    struct buf host = BUF_INIT;
    if (url_check_host_port(reference, &host) == GOFER_OK)
        FUZZ_CHECK(host.len > 0 && header_is_value(host.data, host.len));
    buf_fini(&host);
    buf_fini(&why);
    free(reference);
    free(text);
}
