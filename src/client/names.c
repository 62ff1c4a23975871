/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From options about names to the resolver's.
 */
#include "client/names.h"

#include <errno.h>

#include "net/connect_to.h"
#include "net/dns_override.h"
#include "net/endpoint.h"
#include "net/resolv_conf.h"

static int check_servers(const char *text)
{
    struct addr servers[RESOLV_CONF_SERVERS_MAX];
    size_t len;
    bool ok = text == NULL ||
              endpoint_servers(text, RESOLV_CONF_PORT, servers, RESOLV_CONF_SERVERS_MAX, &len);
    return ok ? 0 : EINVAL;
}

int names_resolve(struct names *names, const gofer_client_options *o)
{
    int err = check_servers(o->dns_servers);
    if ((o->resolve_len > 0 && o->resolve == NULL) ||
        (o->connect_to_len > 0 && o->connect_to == NULL))
        err = EINVAL;
    if (err == 0 && o->resolve_len > 0)
        names->overrides = dns_overrides_new(o->resolve, o->resolve_len, &err);
    if (err == 0 && o->connect_to_len > 0)
        names->connect_to = connect_to_new(o->connect_to, o->connect_to_len, &err);
    return err;
}

struct resolver_options names_resolver_options(const struct names *names,
                                               const gofer_client_options *o)
{
    return (struct resolver_options){
        .servers = o->dns_servers,
        .max_ttl_ms = o->dns_cache_max_ttl_ms,
        .stale_ms = o->dns_stale_ms,
        .overrides = names->overrides,
        .hook = o->resolver,
        .hook_arg = o->resolver_arg,
        .hook_close = o->resolver_close,
    };
}

void names_fini(struct names *names)
{
    dns_overrides_free(names->overrides);
    connect_to_free(names->connect_to);
}
