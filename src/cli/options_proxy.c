/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about proxies; those about TLS with them are among the others about TLS.
 */
#include <string.h>
#include <strings.h>

#include "cli/header.h"
#include "cli/options.h"
#include "cli/proxy_url.h"

#define PROXY_FIELD(member) LOCAL_FIELD(proxy.member)

/* "host[:port]", with a scheme before it. */
static enum option_error set_url(struct config *config, const char *scheme, const char *value)
{
    struct text url = {0};

    text_append_str(&url, scheme);
    text_append_str(&url, value);
    config_set_string(&config->proxy.url, text_str(&url));
    config->proxy.http_1_0 = false;
    text_fini(&url);
    return OPTION_OK;
}

static enum option_error apply_proxy(struct config *config, const char *value)
{
    proxy_url_take(&config->proxy.url, value);
    config->proxy.http_1_0 = false;
    return OPTION_OK;
}

static enum option_error apply_proxy_1_0(struct config *config, const char *value)
{
    proxy_url_take(&config->proxy.url, value);
    config->proxy.http_1_0 = true;
    return OPTION_OK;
}

static enum option_error apply_preproxy(struct config *config, const char *value)
{
    proxy_url_take(&config->proxy.preproxy, value);
    return OPTION_OK;
}

static enum option_error apply_socks4(struct config *config, const char *value)
{
    return set_url(config, "socks4://", value);
}

static enum option_error apply_socks4a(struct config *config, const char *value)
{
    return set_url(config, "socks4a://", value);
}

static enum option_error apply_socks5(struct config *config, const char *value)
{
    return set_url(config, "socks5://", value);
}

static enum option_error apply_socks5_hostname(struct config *config, const char *value)
{
    return set_url(config, "socks5h://", value);
}

static enum option_error apply_header(struct config *config, const char *value)
{
    return header_take(config, value, &config->proxy.headers) ? OPTION_OK : OPTION_UNREADABLE;
}

const struct option proxy_options[] = {
    {0, "noproxy", "list", PROXY_FIELD(no_proxy), OPTION_STRING, "Hosts reached without a proxy",
     HELP_PROXY, OPTION_LOCAL},
    {0, "preproxy", "[scheme://]host[:port]", 0, apply_preproxy,
     "Go through this SOCKS proxy to the other one", HELP_PROXY, OPTION_LOCAL},
    {'x', "proxy", "[scheme://]host[:port]", 0, apply_proxy,
     "Go through this proxy; \"\" goes through none", HELP_PROXY, OPTION_LOCAL},
    {0, "proxy-header", "field", 0, apply_header, "Send this header field to HTTP proxies",
     HELP_PROXY, OPTION_LOCAL},
    {'U', "proxy-user", "user:password", PROXY_FIELD(user), OPTION_STRING,
     "The proxy's user and password", HELP_PROXY | HELP_AUTH, OPTION_LOCAL},
    {0, "proxy1.0", "host[:port]", 0, apply_proxy_1_0,
     "Go through this HTTP proxy, which is asked for tunnels with HTTP/1.0", HELP_PROXY,
     OPTION_LOCAL},
    {'p', "proxytunnel", NULL, PROXY_FIELD(tunnel), NULL,
     "Ask an HTTP proxy for a tunnel for http too", HELP_PROXY, OPTION_LOCAL},
    {0, "socks4", "host[:port]", 0, apply_socks4, "Go through this SOCKS4 proxy", HELP_PROXY,
     OPTION_LOCAL},
    {0, "socks4a", "host[:port]", 0, apply_socks4a, "The same; it looks the host up", HELP_PROXY,
     OPTION_LOCAL},
    {0, "socks5", "host[:port]", 0, apply_socks5, "Go through this SOCKS5 proxy", HELP_PROXY,
     OPTION_LOCAL},
    {0, "socks5-basic", NULL, PROXY_FIELD(socks5_basic), NULL,
     "Log in to it with user and password, as always", HELP_PROXY | HELP_AUTH, OPTION_LOCAL},
    {0, "socks5-hostname", "host[:port]", 0, apply_socks5_hostname,
     "The same: it looks the host up either way", HELP_PROXY, OPTION_LOCAL},
    {0, "suppress-connect-headers", NULL, PROXY_FIELD(hides_answer), NULL,
     "Do not show a proxy's answer to CONNECT", HELP_PROXY, OPTION_LOCAL},
    {0},
};
