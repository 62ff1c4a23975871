/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about where a connection goes, and where from.
 */
#include <arpa/inet.h>
#include <string.h>

#include "cli/options.h"

#define CONNECT_FIELD(member) offsetof(struct config, connect.member)

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

static bool is_address(const char *text)
{
    struct in6_addr any;

    return inet_pton(AF_INET, text, &any) == 1 || inet_pton(AF_INET6, text, &any) == 1;
}

/* An address or an interface's name; "host!" and "if!" before it say which. */
static enum option_error apply_interface(struct config *config, const char *value)
{
    bool host = strncmp(value, "host!", 5) == 0;
    bool named = strncmp(value, "if!", 3) == 0;
    const char *what = value + (host ? 5 : named ? 3 : 0);

    if (host || (!named && is_address(what)))
        config_set_string(&config->connect.local_address, what);
    else
        config_set_string(&config->connect.interface, what);
    return OPTION_OK;
}

/* curl's "+": the entry may time out; here no entry outlives the command anyway. */
static enum option_error apply_resolve(struct config *config, const char *value)
{
    strings_push(&config->connect.resolve, value + (value[0] == '+'));
    return OPTION_OK;
}

static enum option_error apply_connect_to(struct config *config, const char *value)
{
    strings_push(&config->connect.connect_to, value);
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

const struct option connect_options[] = {
    {0, "abstract-unix-socket", "name", 0, apply_abstract_socket,
     "Connect through this abstract unix-domain socket", HELP_CONNECTION, OPTION_LOCAL},
    {0, "connect-to", "host:port:to:port", 0, apply_connect_to,
     "Connect to another host and port; an empty part is any, or the same", HELP_CONNECTION,
     OPTION_LOCAL},
    {0, "interface", "name", 0, apply_interface, "Connect from this interface or address",
     HELP_CONNECTION, OPTION_LOCAL},
    {'4', "ipv4", NULL, 0, apply_ipv4, "Use IPv4 addresses only", HELP_CONNECTION | HELP_DNS,
     OPTION_LOCAL},
    {'6', "ipv6", NULL, 0, apply_ipv6, "Use IPv6 addresses only", HELP_CONNECTION | HELP_DNS,
     OPTION_LOCAL},
    {0, "resolve", "host:port:addr,...", 0, apply_resolve, "This host has these addresses",
     HELP_CONNECTION | HELP_DNS, OPTION_LOCAL},
    {0, "unix-socket", "path", CONNECT_FIELD(unix_socket), OPTION_STRING,
     "Connect through this unix-domain socket", HELP_CONNECTION, OPTION_LOCAL},
    {0},
};
