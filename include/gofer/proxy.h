/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Proxies: who is reached through one, and what it is told.
 *
 * A proxy is named by a URL, "scheme://user:password@host:port", user and
 * password percent-encoded where they hold other characters than letters,
 * digits and "-._~". host[:port] alone means http.
 *
 *   http               is sent http requests whole ("GET http://host/"), on
 *                      connections that serve all hosts, and is asked for a
 *                      tunnel (CONNECT) for https, upgrades and `proxy_tunnel`
 *   https              the same inside TLS with the proxy (`proxy_tls`); TLS with
 *                      an https server goes inside of that
 *   socks5, socks5h    a tunnel for everything; the proxy looks names up
 *   socks4a            the same; user, but no password
 *   socks4             as socks4a, but gofer looks the name up and tells the
 *                      proxy an IPv4 address
 *
 * Which one a call goes through: the request's own (gofer_request_set_proxy()),
 * none where the request has a unix-domain socket, else the client's `proxy`
 * option, else the environment's: http_proxy or HTTP_PROXY for http URLs,
 * https_proxy or HTTPS_PROXY for https ones, but for the hosts in no_proxy or
 * NO_PROXY. The environment is read once, by gofer_client_new(); the lower-case
 * name wins, an empty value is none, ALL_PROXY is not looked at. Where REQUEST_METHOD is
 * set (CGI), neither spelling of HTTP_PROXY is, since a header field "Proxy" of
 * whoever calls would be in it. "localhost" and loopback addresses do not go
 * through a proxy of the environment, unless the list below has "<-loopback>". A value there that
 * is no proxy is the error of each call that would have used it.
 *
 * The option `preproxy` names a SOCKS proxy through which proxies are reached, the
 * client's own and a request's; where the client has no `proxy` it is itself the
 * proxy, and the environment is not looked at.
 *
 * A list of hosts without a proxy has commas or blanks between entries: "*" (all),
 * a name (and all below it), ".name" or "*.name" (those below it only), an
 * address, a range ("10.0.0.0/8"), each with ":port" where only that port is meant;
 * and "<-loopback>": this machine is reached through the environment's proxy, too.
 *
 * What reaches whom. Credentials of a proxy are sent to it only, as Basic
 * authorization or in the SOCKS handshake, and are in no error, count or text. A
 * CONNECT has Host, User-Agent, those credentials and `connect_headers`; no field
 * of a request is in it. `proxy_headers` go with whole requests, and nowhere else.
 * A request's own Proxy-Authorization is sent with a whole
 * request, where there are no credentials, and never through a tunnel.
 *
 * Limits and hooks. A dial through a proxy is one dial: lookup, connection, TLS
 * with the proxy and the handshake for the tunnel have connect_timeout_ms
 * together. local_address, local_port, interface, address_family and socket_opened
 * concern the connection to the proxy. So does the address filter, and where a
 * tunnel leads is for the proxy to decide; only where gofer tells it an address,
 * for socks4, the filter is asked about that one, too. `resolve` holds for names that gofer looks
 * up: the proxy's own and, for socks4, the host's. `connect_to` changes where a tunnel leads, and
 * neither the proxy's address nor a whole request. Limits by origin count tunnels by host and
 * proxy, and connections for whole requests by proxy; connections are shared only where proxy and
 * credentials are the same. TLS sessions with proxies and with servers behind them are kept apart.
 * A call on a reused connection through a proxy is retried like any other.
 *
 * What fails on the way to a tunnel is GOFER_ERR_PROXY, in the phase in which it
 * failed (GOFER_PHASE_PROXY: in the handshake), with errno where there is one:
 * "proxy: connect to 192.0.2.1:3128: Connection refused", "proxy refused CONNECT:
 * 407 Proxy Authentication Required". An answer to CONNECT has 16 KiB, interim ones
 * included; a refusal's body is not read. To a whole
 * request a proxy's refusal is an ordinary response, a 407 too.
 */
#ifndef GOFER_PROXY_H
#define GOFER_PROXY_H

#include <stddef.h>
#include <stdint.h>

#include <gofer/export.h>

GOFER_BEGIN_DECLS

/* A proxy's answer to CONNECT. Valid during the call. Members may be added at the end. */
typedef struct gofer_proxy_answer {
    const char *proxy; /* its URL, the password masked */
    const char *host;  /* where the tunnel is to lead */
    uint16_t port;
    int status;
    const char *head; /* the answer's bytes up to its empty line, as they came; a NUL follows, and
                         there is no other */
    size_t head_len;
} gofer_proxy_answer;

/*
 * gofer_client_options.proxy_answered: shown each final answer to CONNECT, before its
 * status is judged. 0, or an errno value that fails the call and closes the
 * connection. Runs on a thread of the client's or one that waits for a call; it must
 * not block.
 */
typedef int gofer_proxy_answered(const gofer_proxy_answer *answer, void *arg);

GOFER_END_DECLS

#endif
