/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Calls through proxies that others wrote: tinyproxy and microsocks, with and
 * without credentials.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "support/real_proxy.h"

extern CU_TestInfo proxy_real_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

static void stop(void *proxy)
{
    real_proxy_stop(proxy);
}

static struct real_proxy *start(enum real_proxy_kind kind, const char *user, const char *password)
{
    struct real_proxy *proxy = real_proxy_start(kind, user, password);

    if (proxy == NULL)
        printf("(skipped: not installed) ");
    else
        rig_defer(stop, proxy);
    return proxy;
}

static struct outcome get(const struct real_proxy *proxy, const char *scheme,
                          const char *credentials, bool tunnel)
{
    char url[128];

    snprintf(url, sizeof url, "%s://%s127.0.0.1:%u", scheme, credentials, real_proxy_port(proxy));
    gofer_client *client =
        rig_client(&(gofer_client_options){.proxy = url, .proxy_tunnel = tunnel});
    struct outcome got = rig_get(client, rig_script(hello), "/");
    EXPECT_INT(rig_stats(client).conns_opened, got.status == GOFER_OK);
    return got;
}

static void through_tinyproxy(void)
{
    struct real_proxy *proxy = start(REAL_TINYPROXY, NULL, NULL);

    for (int tunnel = 0; proxy != NULL && tunnel < 2; tunnel++) {
        struct outcome got = get(proxy, "http", "", tunnel);
        rig_expect_answer(&got, 200, "hello");
    }
}

static void through_tinyproxy_with_credentials(void)
{
    struct real_proxy *proxy = start(REAL_TINYPROXY, "user", "secret");

    for (int tunnel = 0; proxy != NULL && tunnel < 2; tunnel++) {
        struct outcome got = get(proxy, "http", "user:secret@", tunnel);
        rig_expect_answer(&got, 200, "hello");
        got = get(proxy, "http", "user:guess@", tunnel);
        if (tunnel || rig_is_tls()) {
            rig_expect_error(&got, GOFER_ERR_PROXY);
            EXPECT_HOLDS(got.error->message, "proxy refused CONNECT: 40");
        } else {
            EXPECT_STATUS(got.status, GOFER_OK);
            EXPECT_INT(gofer_response_status(got.response) / 10, 40); /* 401 or 407 */
        }
    }
}

static void through_microsocks(void)
{
    static const char *const schemes[] = {"socks5", "socks5h"};
    struct real_proxy *proxy = start(REAL_MICROSOCKS, NULL, NULL);

    for (unsigned i = 0; proxy != NULL && i < 2; i++) {
        struct outcome got = get(proxy, schemes[i], "", false);
        rig_expect_answer(&got, 200, "hello");
    }
}

static void through_microsocks_with_credentials(void)
{
    struct real_proxy *proxy = start(REAL_MICROSOCKS, "user", "secret");

    if (proxy == NULL)
        return;
    struct outcome got = get(proxy, "socks5", "user:secret@", false);
    rig_expect_answer(&got, 200, "hello");
    got = get(proxy, "socks5h", "user:guess@", false);
    rig_expect_error(&got, GOFER_ERR_PROXY);
    EXPECT_HOLDS(got.error->message, "SOCKS5 proxy: refused the user or the password");
    got = get(proxy, "socks5", "", false);
    rig_expect_error(&got, GOFER_ERR_PROXY);
    EXPECT_HOLDS(got.error->message, "SOCKS5 proxy: wants ");
}

CU_TestInfo proxy_real_tests[] = {
    {"I1 through tinyproxy", through_tinyproxy},
    {"I3 through tinyproxy with credentials", through_tinyproxy_with_credentials},
    {"I2 through microsocks", through_microsocks},
    {"I2 through microsocks with credentials", through_microsocks_with_credentials},
    CU_TEST_INFO_NULL,
};
