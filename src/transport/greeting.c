/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Making the line and sending it.
 */
#include "transport/greeting.h"

#include <errno.h>
#include <sys/socket.h>

#include "transport/conn.h"

void greeting_begin(struct greeting *greeting, const struct greeting_options *options,
                    const struct conn *conn)
{
    struct addr own = {0}, peer = {0};
    socklen_t own_len = sizeof(own), peer_len = sizeof(peer);
    /* What fails leaves an address that is none. */
    if (getsockname(conn_fd(conn), &own.sa, &own_len) != 0)
        own.sa.sa_family = AF_UNSPEC;
    if (getpeername(conn_fd(conn), &peer.sa, &peer_len) != 0)
        peer.sa.sa_family = AF_UNSPEC;
    if (options->client.sa.sa_family != AF_UNSPEC && peer.sa.sa_family != AF_UNIX) {
        struct addr client = options->client;
        addr_set_port(&client, addr_port(&own));
        own = client;
    }
    greeting->len = proxy_line_write(&own, &peer, greeting->line);
    greeting->sent = 0;
}

enum greeting_step greeting_run(struct greeting *greeting, struct conn *conn, uint32_t *events,
                                struct fault *fault)
{
    while (greeting->sent < greeting->len) {
        struct iovec iov = {greeting->line + greeting->sent, greeting->len - greeting->sent};
        ssize_t n = conn_send(conn, &iov, 1, false);
        if (n >= 0) {
            greeting->sent += (size_t)n;
            continue;
        }
        int err = errno;
        if (err == EAGAIN || err == EWOULDBLOCK) {
            *events = conn_send_events(conn);
            return GREETING_WAIT;
        }
        fault_set(fault, GOFER_ERR_CONNECT, GOFER_PHASE_CONNECT, err,
                  "connection broke before the PROXY header was sent");
        return GREETING_FAILED;
    }
    return GREETING_SENT;
}
