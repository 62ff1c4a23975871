/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Proxies as curl's users name them: the port of an HTTP proxy of which none is
 * said is 1080, "socks" is SOCKS4; and as curl finds them in the environment, which
 * is made to say the same to the library.
 */
#ifndef GOFER_CLI_PROXY_URL_H
#define GOFER_CLI_PROXY_URL_H

/* Puts into *proxy what the library is to be told for a proxy that a person named. */
void proxy_url_take(char **proxy, const char *value);

/*
 * Rewrites the environment: ALL_PROXY where there is none for a scheme, no HTTP_PROXY,
 * whole URLs. Before any client is made, and any thread.
 */
void proxy_url_fix_environment(void);

#endif
