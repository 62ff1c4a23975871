/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Scenes: where a client connects to.
 */
#include <stdio.h>
#include <string.h>

#include "faults/play.h"
#include "faults/stage.h"

static void get(struct stage *stage, const char *url)
{
    gofer_response *response = NULL;
    gofer_status status = gofer_get(stage->client, url, &response);

    stage_answer(stage, status, response, "hello");
}

/* The certificate is not of that name. */
static const gofer_tls_options *any_name(struct stage *stage, gofer_tls_options *tls)
{
    *tls = (gofer_tls_options){.ca_pem = stage->servers->ca_pem,
                               .verify = GOFER_TLS_VERIFY_CHAIN_ONLY};
    return tls;
}

PLAY(names)
{
    gofer_tls_options tls;
    gofer_client_options options = {.dns_servers = stage->servers->dns,
                                    .tls = any_name(stage, &tls)};
    const char *url = stage_named_url(stage, "/hello");

    if (stage_client(stage, &options) == NULL)
        return;
    get(stage, url);
    gofer_client_close_idle(stage->client);
    get(stage, url);
}

static void resolve(gofer_lookup *lookup, void *arg)
{
    struct stage *stage = arg;
    gofer_status status = GOFER_ERR_INVALID;

    if (strcmp(gofer_lookup_host(lookup), "origin.test") == 0 &&
        gofer_lookup_family(lookup) != GOFER_IPV6)
        status = gofer_lookup_add(lookup, "127.0.0.1");
    if (STEP(stage, status))
        gofer_lookup_done(lookup, GOFER_NEVER);
    else
        gofer_lookup_fail(lookup);
}

static void refuse(gofer_lookup *lookup, void *arg)
{
    (void)arg;
    gofer_lookup_fail(lookup);
}

PLAY(resolver)
{
    gofer_client_options options = {.resolver = resolve, .resolver_arg = stage};

    if (stage_client(stage, &options) == NULL)
        return;
    get(stage, stage_named_url(stage, "/hello"));
}

PLAY(resolver_fails)
{
    gofer_response *response = NULL;
    gofer_status status;

    if (stage_client(stage, &(gofer_client_options){.resolver = refuse}) == NULL)
        return;
    status = gofer_get(stage->client, stage_named_url(stage, "/hello"), &response);
    stage_error(stage, status, response, GOFER_ERR_RESOLVE);
}

static int opened(int fd, const gofer_address *address, void *arg)
{
    (void)address;
    (void)arg;
    return fd < 0;
}

/* What gofer_deny_private() would refuse, and nothing else. */
static bool only_private(const gofer_address *address, void *arg)
{
    return !gofer_deny_private(address, arg);
}

PLAY(address_filter)
{
    gofer_client_options options = {.address_filter = only_private, .socket_opened = opened};

    if (stage_client(stage, &options) != NULL)
        get(stage, stage_url(stage, "/hello"));
}

PLAY(overrides)
{
    char resolve_to[64], connect_to[64];
    const char *resolve_list[] = {resolve_to}, *connect_list[] = {connect_to};
    gofer_client_options options = {
        .resolve = resolve_list, .resolve_len = 1, .connect_to = connect_list, .connect_to_len = 1};

    snprintf(resolve_to, sizeof resolve_to, "origin.test:%u:127.0.0.1", stage->servers->plain);
    snprintf(connect_to, sizeof connect_to, "else.test:80:127.0.0.1:%u", stage->servers->plain);
    if (stage_client(stage, &options) == NULL)
        return;
    get(stage, stage_named_url(stage, "/hello"));
    get(stage, "http://else.test/hello");
}

PLAY(unix_socket)
{
    gofer_request *request = gofer_request_new("GET", "http://origin.test/hello");

    HOLDS(stage, request != NULL);
    STEP(stage, gofer_request_set_unix_socket(request, stage->servers->unix_path));
    if (stage_client(stage, NULL) != NULL)
        play_do(stage, request, "hello");
    gofer_request_free(request);
}

/* --- proxies --- */

static void get_through(struct stage *stage, const gofer_client_options *options)
{
    if (stage_client(stage, options) != NULL)
        get(stage, stage_url(stage, "/hello"));
}

static const char *proxy_url(char url[96], const char *scheme, const char *user, uint16_t port)
{
    snprintf(url, 96, "%s://%s127.0.0.1:%u", scheme, user, port);
    return url;
}

static int answered(const gofer_proxy_answer *answer, void *arg)
{
    (void)arg;
    return answer->status == 0;
}

PLAY(proxy_tunnel)
{
    static const gofer_header header = {"X-Who", "me"};
    char url[96];
    gofer_client_options options = {
        .proxy = proxy_url(url, "http", "user:secret@", stage->servers->http_proxy),
        .proxy_tunnel = true,
        .proxy_answered = answered,
        .connect_headers = &header,
        .connect_headers_len = 1};

    get_through(stage, &options);
}

PLAY(proxy_fetch)
{
    char url[96];
    gofer_client_options options = {.proxy = proxy_url(url, "http", "", stage->servers->http_proxy),
                                    .proxy_user = "user",
                                    .proxy_password = "secret",
                                    .no_proxy = "elsewhere.test"};

    get_through(stage, &options);
}

PLAY(proxy_tls)
{
    char url[96];
    const gofer_tls_options tls = {.ca_pem = stage->servers->ca_pem};
    gofer_client_options options = {.proxy = proxy_url(url, "https", "", stage->servers->tls_proxy),
                                    .proxy_tls = &tls};

    get_through(stage, &options);
}

PLAY(proxy_socks)
{
    char url[96];
    gofer_client_options options = {.proxy =
                                        proxy_url(url, "socks5h", "", stage->servers->socks_proxy)};

    get_through(stage, &options);
}

PLAY(request_proxy)
{
    char url[96];
    gofer_request *request = stage_request(stage, "GET", "/hello");

    proxy_url(url, "socks4", "", stage->servers->socks_proxy);
    STEP(stage, gofer_request_set_proxy(request, url));
    if (stage_client(stage, NULL) != NULL)
        play_do(stage, request, "hello");
    gofer_request_free(request);
}
