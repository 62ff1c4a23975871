/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about where a connection goes, where from, and how it is made.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/number.h"
#include "cli/options.h"

#define CONNECT_FIELD(member) LOCAL_FIELD(connect.member)

enum { PORT_MAX = 65535, KEEPALIVE_MAX_S = 1000000 };

static enum option_error apply_ipv4(struct config *config, const char *value)
{
    (void)value;
    config->connect.family = GOFER_IPV4;
    return OPTION_OK;
}

static enum option_error apply_ipv6(struct config *config, const char *value)
{
    (void)value;
    config->connect.family = GOFER_IPV6;
    return OPTION_OK;
}

/* --- names ------------------------------------------------------------------ */

/* "-host:port": what was said about it before holds no longer. */
static void forget_resolve(struct strings *entries, const char *place)
{
    size_t len = strlen(place), kept = 0;

    for (size_t i = 0; i < entries->len; i++) {
        char *entry = entries->items[i];

        if (strncasecmp(entry, place, len) == 0 && entry[len] == ':')
            free(entry);
        else
            entries->items[kept++] = entry;
    }
    entries->len = kept;
}

/* curl's "+": the entry may time out; here no entry outlives the command anyway. */
static enum option_error apply_resolve(struct config *config, const char *value)
{
    if (value[0] == '-')
        forget_resolve(&config->connect.resolve, value + 1);
    else
        strings_push(&config->connect.resolve, value + (value[0] == '+'));
    return OPTION_OK;
}

static enum option_error apply_connect_to(struct config *config, const char *value)
{
    strings_push(&config->connect.connect_to, value);
    return OPTION_OK;
}

/* --- sockets ---------------------------------------------------------------- */

/* Digits, at most a port; *value then stands behind them. */
static bool take_port(const char **value, uint16_t *port)
{
    long n = 0;
    const char *at = *value;

    for (; *at >= '0' && *at <= '9' && n <= PORT_MAX; at++)
        n = 10 * n + (*at - '0');
    *port = (uint16_t)n;
    bool ok = at > *value && n <= PORT_MAX;
    *value = at;
    return ok;
}

/* "port" or "first-last"; 0 is any. */
static enum option_error apply_local_port(struct config *config, const char *value)
{
    uint16_t first, last;

    if (!take_port(&value, &first))
        return OPTION_MISUSED;
    last = first;
    if (*value == '-' && (value++, !take_port(&value, &last)))
        return OPTION_MISUSED;
    if (*value != '\0' || last < first)
        return OPTION_MISUSED;
    config->connect.local_port = first;
    config->connect.local_port_last = first != 0 ? last : 0;
    return OPTION_OK;
}

static enum option_error apply_abstract_socket(struct config *config, const char *value)
{
    struct text path = {0};

    text_printf(&path, "@%s", value);
    config_set_string(&config->connect.unix_socket, text_str(&path));
    text_fini(&path);
    return OPTION_OK;
}

static enum option_error apply_tcp_nodelay(struct config *config, const char *value)
{
    config->connect.no_tcp_nodelay = value != NULL;
    return OPTION_OK;
}

static enum option_error apply_proxy_protocol_address(struct config *config, const char *value)
{
    config->connect.proxy_protocol = true;
    config_set_string(&config->connect.proxy_protocol_address, value);
    return OPTION_OK;
}

/* --- times ------------------------------------------------------------------ */

static enum option_error apply_timeout(struct config *config, const char *value)
{
    return number_take_seconds(value, &config->connect.timeout_ms);
}

static enum option_error apply_happy_eyeballs(struct config *config, const char *value)
{
    long ms;
    enum option_error error = number_take(value, 0, &ms);

    if (error == OPTION_OK)
        config->connect.fallback_delay_ms = ms > 0 ? ms : 1;
    return error;
}

static enum option_error apply_keepalive_time(struct config *config, const char *value)
{
    long s;
    enum option_error error = number_take(value, 0, &s);

    if (error == OPTION_OK)
        config->connect.keepalive_s = s < KEEPALIVE_MAX_S ? s : KEEPALIVE_MAX_S;
    return error;
}

const struct option connect_options[] = {
    {0, "abstract-unix-socket", "name", 0, apply_abstract_socket,
     "Connect through this abstract unix-domain socket", HELP_CONNECTION, OPTION_LOCAL},
    {0, "connect-timeout", "seconds", 0, apply_timeout, "At most so long to be connected",
     HELP_CONNECTION, OPTION_LOCAL},
    {0, "connect-to", "host:port:to:port", 0, apply_connect_to,
     "Connect to another host and port; an empty part is any, or the same", HELP_CONNECTION,
     OPTION_LOCAL},
    {0, "dns-servers", "addresses", CONNECT_FIELD(dns_servers), OPTION_STRING,
     "Ask these DNS servers", HELP_DNS, OPTION_LOCAL},
    {0, "happy-eyeballs-timeout-ms", "ms", 0, apply_happy_eyeballs,
     "Head start of IPv6 before IPv4 is tried beside it", HELP_CONNECTION, OPTION_LOCAL},
    {0, "haproxy-clientip", "address", 0, apply_proxy_protocol_address,
     "The same, with this address in it", HELP_HTTP | HELP_PROXY, OPTION_LOCAL},
    {0, "haproxy-protocol", NULL, CONNECT_FIELD(proxy_protocol), NULL,
     "Begin each connection with a PROXY protocol v1 header", HELP_HTTP | HELP_PROXY, OPTION_LOCAL},
    {0, "interface", "name", CONNECT_FIELD(interface), OPTION_STRING,
     "Connect from this interface, address or host", HELP_CONNECTION, OPTION_LOCAL},
    {'4', "ipv4", NULL, 0, apply_ipv4, "Use IPv4 addresses only", HELP_CONNECTION | HELP_DNS,
     OPTION_LOCAL},
    {'6', "ipv6", NULL, 0, apply_ipv6, "Use IPv6 addresses only", HELP_CONNECTION | HELP_DNS,
     OPTION_LOCAL},
    {0, "keepalive-time", "seconds", 0, apply_keepalive_time,
     "Probe a connection that has been silent for so long (60)", HELP_CONNECTION, OPTION_LOCAL},
    {0, "local-port", "port[-port]", 0, apply_local_port, "Connect from a port of this range",
     HELP_CONNECTION, OPTION_LOCAL},
    {0, "no-keepalive", NULL, CONNECT_FIELD(no_keepalive), NULL, "Do not probe silent connections",
     HELP_CONNECTION, OPTION_LOCAL},
    {0, "resolve", "host:port:addr,...", 0, apply_resolve,
     "This host has these addresses; -host:port takes that back", HELP_CONNECTION | HELP_DNS,
     OPTION_LOCAL},
    {0, "tcp-nodelay", NULL, 0, apply_tcp_nodelay, "Send small packets at once (on)",
     HELP_CONNECTION, OPTION_LOCAL | OPTION_NEGATABLE},
    {0, "unix-socket", "path", CONNECT_FIELD(unix_socket), OPTION_STRING,
     "Connect through this unix-domain socket", HELP_CONNECTION, OPTION_LOCAL},
    {0},
};
