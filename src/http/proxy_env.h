/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The proxies that the environment names, and which of them a URL goes through
 * (semantics 1.10):
 *
 *   http_proxy HTTP_PROXY     for http URLs
 *   https_proxy HTTPS_PROXY   for https URLs
 *   no_proxy NO_PROXY         hosts that need none (no_proxy.h)
 *
 * The lower-case name wins; an empty value counts as none. ALL_PROXY is not read.
 * Where REQUEST_METHOD is set the program is a CGI script and a client's "Proxy:"
 * header arrives as HTTP_PROXY, so neither spelling of it is looked at (PX-08).
 * "localhost" and loopback addresses do not go through these proxies, unless "<-loopback>"
 * stands in no_proxy.
 *
 * A value that is no proxy is an error of each call that would have used it: a
 * direct connection is not what its author wanted.
 *
 * Read once, when a client is made; never changes after. Any thread may read it.
 */
#ifndef GOFER_HTTP_PROXY_ENV_H
#define GOFER_HTTP_PROXY_ENV_H

#include <stdbool.h>

#include "base/buf.h"
#include "http/no_proxy.h"
#include "http/proxy.h"
#include "http/url.h"
#include <gofer/error.h>

/* What one variable says. */
struct proxy_setting {
    bool given;
    struct proxy proxy; /* where why is NULL */
    char *why;          /* what is wrong with the value, without credentials */
};

struct proxy_env {
    struct proxy_setting http;
    struct proxy_setting https;
    struct no_proxy no_proxy;
};

/* Reads the environment through get, which is getenv(3) or a test's. False without memory: then
 * *env is empty. */
bool proxy_env_read(struct proxy_env *env, char *(*get)(const char *name));

/* Frees it; empty after. */
void proxy_env_fini(struct proxy_env *env);

/*
 * The proxy for a URL: *proxy is the environment's own, or NULL for a direct
 * connection. GOFER_OK, or GOFER_ERR_INVALID with a line in why where the
 * variable's value is no proxy.
 */
gofer_status proxy_env_choose(const struct proxy_env *env, const struct url *url,
                              const struct proxy **proxy, struct buf *why);

#endif
