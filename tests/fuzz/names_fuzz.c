/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What names servers and addresses: resolv.conf and the names it makes of one host,
 * hosts and ports in options, addresses in digits.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "net/addr.h"
#include "net/endpoint.h"
#include "net/hostname.h"
#include "net/resolv_conf.h"

enum { NAMES_MAX = RESOLV_CONF_SEARCH_MAX + 2, SERVERS = 4, DNS_PORT = 53 };

static void check_resolv_conf(const char *text, size_t len, const char *host)
{
    struct resolv_conf conf;
    char name[HOSTNAME_MAX + 1];
    if (!resolv_conf_parse(&conf, text, len, "machine.example"))
        abort();
    FUZZ_CHECK(conf.servers_len >= 1 && conf.servers_len <= RESOLV_CONF_SERVERS);
    FUZZ_CHECK(conf.ndots >= 0 && conf.ndots <= 15 && conf.attempts >= 1 && conf.attempts <= 5);
    FUZZ_CHECK(conf.timeout_ms >= 1000 && conf.timeout_ms <= 30000);
    size_t i = 0;
    while (hostname_is_valid(host) && resolv_conf_name(&conf, host, i, name)) {
        FUZZ_CHECK(strlen(name) <= HOSTNAME_MAX);
        FUZZ_CHECK(++i <= NAMES_MAX);
    }
    resolv_conf_fini(&conf);
}

static void check_addr(const char *text)
{
    struct addr addr;
    struct addr again;
    char field[ENDPOINT_BYTES];
    uint16_t port;
    if (!addr_parse(text, NULL, 1, &addr))
        return;
    struct buf out = BUF_INIT;
    addr_write(&addr, &out);
    char *written = buf_take_str(&out);
    const char *at = written;
    FUZZ_CHECK(written != NULL && endpoint_field(&at, ":", field) && *at == ':');
    FUZZ_CHECK(endpoint_port(at + 1, &port) && port == 1);
    FUZZ_CHECK(addr_parse(field, NULL, 1, &again) && addr_equal(&addr, &again));
    mem_free(written);
}

static void check_fields(const char *text)
{
    char field[ENDPOINT_BYTES];
    const char *at = text;
    while (endpoint_field(&at, ":,", field)) {
        FUZZ_CHECK(strlen(field) < ENDPOINT_BYTES);
        FUZZ_CHECK(at <= text + strlen(text));
        if (*at == '\0')
            break;
        at++;
    }
}

void fuzz_names(struct fuzz *f)
{
    struct addr servers[SERVERS];
    size_t found;
    size_t len;
    char *host = fuzz_text(f);
    char *text = fuzz_text(f);
    char *file = fuzz_rest(f, &len);
    check_addr(text);
    check_fields(text);
    if (endpoint_servers(text, DNS_PORT, servers, SERVERS, &found))
        FUZZ_CHECK(found >= 1 && found <= SERVERS);
    check_resolv_conf(file, len, host);
    free(file);
    free(text);
    free(host);
}
