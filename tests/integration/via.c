/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See via.h.
 */
#include "integration/via.h"

#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "support/certs.h"

const char *const via_schemes[] = {"http", "https", "socks5", "socks5h", "socks4", "socks4a"};
const unsigned via_schemes_len = sizeof via_schemes / sizeof *via_schemes;

bool via_is_http(const struct via *via)
{
    return strncmp(via->scheme, "http", 4) == 0;
}

static void stop(void *proxy)
{
    test_proxy_stop(proxy);
}

void via_start(struct via *via, const char *scheme, const struct test_proxy_script *script)
{
    struct test_proxy_script own = {.kind = TEST_PROXY_HTTP};

    via->scheme = scheme;
    if (script != NULL)
        own = *script;
    own.kind = via_is_http(via) ? TEST_PROXY_HTTP : TEST_PROXY_SOCKS;
    if (strcmp(scheme, "https") == 0 && own.cert == NULL)
        own.cert = "good";
    via->proxy = test_proxy_start(&own);
    rig_defer(stop, via->proxy);
    snprintf(via->url, sizeof via->url, "%s://127.0.0.1:%u", scheme, test_proxy_port(via->proxy));
}

const char *via_url(const struct via *via, const char *credentials, char *buf)
{
    snprintf(buf, VIA_URL_BYTES, "%s://%s@127.0.0.1:%u", via->scheme, credentials,
             test_proxy_port(via->proxy));
    return buf;
}

gofer_client *via_client(const struct via *via, const gofer_client_options *options)
{
    gofer_client_options own = {0};
    gofer_tls_options tls = {.ca_pem = certs_pem("root")};

    if (options != NULL)
        own = *options;
    if (own.proxy == NULL)
        own.proxy = via->url;
    if (own.proxy_tls == NULL)
        own.proxy_tls = &tls;
    return rig_client(&own);
}

struct test_proxy_seen via_seen(const struct via *via)
{
    struct test_proxy_seen seen;

    test_proxy_look(via->proxy, &seen);
    return seen;
}

void via_expect_asked(const struct via *via, const struct origin *origin, const char *host)
{
    struct test_proxy_seen seen = via_seen(via);
    char line[ORIGIN_URL_BYTES];

    EXPECT_TEXT(seen.host, host);
    EXPECT_INT(seen.port, origin_port(origin));
    if (!via_is_http(via))
        return;
    if (rig_is_tls())
        snprintf(line, sizeof line, "CONNECT %s:%u HTTP/1.1\r\nHost: %s:%u\r\n", host,
                 origin_port(origin), host, origin_port(origin));
    else
        snprintf(line, sizeof line, "GET http://%s:%u/", host, origin_port(origin));
    EXPECT(strncmp(seen.head, line, strlen(line)) == 0);
}

const char *via_origin_url(const struct origin *origin, const char *host, const char *path,
                           char *buf)
{
    snprintf(buf, ORIGIN_URL_BYTES, "%s://%s:%u%s", rig_scheme(), host, origin_port(origin), path);
    return buf;
}
