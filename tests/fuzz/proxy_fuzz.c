/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Proxy settings, the lists of hosts that need none, and the environment: secrets
 * stay out of what is shown, and the header that carries them is one line.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "http/header.h"
#include "http/no_proxy.h"
#include "http/proxy.h"

static char *taken(struct buf *out)
{
    char *text = buf_take_str(out);
    if (text == NULL)
        abort();
    return text;
}

static void check_proxy(const struct proxy *proxy)
{
    struct buf out = BUF_INIT;
    FUZZ_CHECK(proxy->host != NULL && proxy->host[0] != '\0' && fuzz_is_clean(proxy->host));
    FUZZ_CHECK(proxy->port != 0);
    proxy_write_masked(proxy, &out);
    char *masked = taken(&out);
    FUZZ_CHECK(fuzz_is_clean(masked));
    FUZZ_CHECK(proxy->password == NULL || strstr(masked, "***") != NULL);
    proxy_write_basic(proxy, &out);
    char *basic = taken(&out);
    FUZZ_CHECK(header_is_value(basic, strlen(basic)) &&
               (basic[0] != '\0') == (proxy->user != NULL));
    proxy_write_key(proxy, &out);
    char *key = taken(&out);
    FUZZ_CHECK(key[0] != '\0');
    mem_free(key);
    mem_free(basic);
    mem_free(masked);
}

static void check_no_proxy(const char *list_text, const char *url_text)
{
    struct url url;
    struct no_proxy list;
    struct buf why = BUF_INIT;
    if (!no_proxy_parse(list_text, &list))
        abort();
    if (url_parse(url_text, &url, &why) == GOFER_OK) {
        bool has = no_proxy_has(&list, &url);
        FUZZ_CHECK(has || !list.all);
        no_proxy_is_local(&url);
        url_fini(&url);
    }
    buf_fini(&why);
    no_proxy_fini(&list);
}

void fuzz_proxy(struct fuzz *f)
{
    struct proxy proxy;
    struct buf why = BUF_INIT;
    char *setting = fuzz_text(f);
    char *list = fuzz_text(f);
    char *url = fuzz_text(f);
    if (proxy_parse(setting, &proxy, &why) == GOFER_OK) {
        check_proxy(&proxy);
        proxy_fini(&proxy);
    } else {
        FUZZ_CHECK(why.len > 0);
    }
    buf_fini(&why);
    check_no_proxy(list, url);
    free(url);
    free(list);
    free(setting);
}
