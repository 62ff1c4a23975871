/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a client's options and the environment say about proxies: which one a URL
 * goes through, what CONNECT is sent, how TLS is talked with them. Made with the
 * core, never changed, freed with it.
 */
#ifndef GOFER_CLIENT_PROXIES_H
#define GOFER_CLIENT_PROXIES_H

#include <stdbool.h>

#include "base/buf.h"
#include "http/header.h"
#include "http/no_proxy.h"
#include "http/proxy.h"
#include "http/proxy_env.h"
#include "http/url.h"
#include "transport/tunnel.h"
#include <gofer/client.h>

struct tls_source;

struct proxies {
    bool chosen;                    /* by the option, none being a choice too */
    struct proxy proxy;             /* the option's; without a host: none */
    struct proxy before;            /* the one through which proxies are reached; same */
    struct proxy_env env;           /* where nothing was chosen */
    struct no_proxy without;        /* the option's list */
    struct headers connect_headers; /* sent with CONNECT; with whole requests: */
    struct headers fetch_headers;
    struct tls_source *tls;
    gofer_proxy_answered *answered; /* or NULL */
    void *answered_arg;
    bool http_1_0; /* CONNECT is asked with it */
};

/* Checks and copies. 0, EINVAL or ENOMEM; what was made is proxies_fini()'s. */
int proxies_resolve(struct proxies *proxies, const gofer_client_options *o);

/* The pool's options for tunnels, which borrow all this and the agent. */
struct tunnel_options proxies_tunnel_options(struct proxies *proxies, const char *user_agent);

void proxies_fini(struct proxies *proxies);

/*
 * The client's choice for a URL: *proxy lives as long as the client, or is NULL for
 * a direct connection. GOFER_OK, or GOFER_ERR_INVALID with a line in why.
 */
gofer_status proxies_choose(const struct proxies *proxies, const struct url *url,
                            const struct proxy **proxy, struct buf *why);

/* Through which other one a proxy is reached that was chosen for a call, or NULL. */
const struct proxy *proxies_before(const struct proxies *proxies, const struct proxy *chosen);

#endif
