/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From options about names to the resolver's.
 */
#include "client/names.h"

#include <errno.h>

#include "client/refusal.h"
#include "net/connect_to.h"
#include "net/dns_override.h"
#include "net/endpoint.h"
#include "net/resolv_conf.h"

static int check_servers(const gofer_client_options *o)
{
    const char *text = o->dns_servers;
    struct addr servers[RESOLV_CONF_SERVERS_MAX];
    size_t len;
    bool ok = text == NULL ||
              endpoint_servers(text, RESOLV_CONF_PORT, servers, RESOLV_CONF_SERVERS_MAX, &len);
    return ok ? 0
              : refusal_tell(o, "dns_servers", 0,
                             "no list of \"address[:port]\" with commas between them");
}

/* Which of the texts is refused, if together they are. */
static int tell_override(const gofer_client_options *o)
{
    int err = 0;
    for (size_t i = 0; i < o->resolve_len; i++) {
        dns_overrides_free(dns_overrides_new(&o->resolve[i], 1, &err));
        if (err != 0)
            return refusal_tell(o, "resolve", i, "it is not \"host:port:address[,address]...\"");
    }
    return EINVAL;
}

static int resolve_overrides(struct names *names, const gofer_client_options *o)
{
    int err = 0;
    if (o->resolve_len == 0)
        return 0;
    if (o->resolve == NULL)
        return refusal_tell(o, "resolve", 0, "NULL, with a length");
    names->overrides = dns_overrides_new(o->resolve, o->resolve_len, &err);
    return err == EINVAL ? tell_override(o) : err;
}

static int tell_connect_to(const gofer_client_options *o)
{
    int err = 0;
    for (size_t i = 0; i < o->connect_to_len; i++) {
        connect_to_free(connect_to_new(&o->connect_to[i], 1, &err));
        if (err != 0)
            return refusal_tell(o, "connect_to", i,
                                "it is not \"host:port:other_host:other_port\"");
    }
    return EINVAL;
}

static int resolve_connect_to(struct names *names, const gofer_client_options *o)
{
    int err = 0;
    if (o->connect_to_len == 0)
        return 0;
    if (o->connect_to == NULL)
        return refusal_tell(o, "connect_to", 0, "NULL, with a length");
    names->connect_to = connect_to_new(o->connect_to, o->connect_to_len, &err);
    return err == EINVAL ? tell_connect_to(o) : err;
}

int names_resolve(struct names *names, const gofer_client_options *o)
{
    int err = check_servers(o);
    err = err != 0 ? err : resolve_overrides(names, o);
    return err != 0 ? err : resolve_connect_to(names, o);
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
