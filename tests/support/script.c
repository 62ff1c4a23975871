/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See script.h.
 */
#include "support/script.h"

#include <string.h>

static const struct route *route_of(const struct route *routes, const struct peer *peer)
{
    while (routes->target != NULL && !peer_asks(peer, routes->target))
        routes++;
    return routes;
}

static bool reply(struct peer *peer, const struct route *route)
{
    size_t len = route->len;

    if (route->reply == NULL)
        return true;
    if (len == 0)
        len = strlen(route->reply);
    if (route->dribble)
        return peer_dribble(peer, route->reply, len);
    return peer_send(peer, route->reply, len);
}

/* Whether the connection lives on. */
static bool follow(struct peer *peer, enum script_then then)
{
    if (then == THEN_NEXT)
        return true;
    if (then == THEN_RESET)
        peer_reset(peer);
    if (then == THEN_HOLD)
        peer_sees_end(peer);
    return false;
}

void script_serve(struct peer *peer, void *arg)
{
    while (peer_read_request(peer)) {
        const struct route *route = route_of(arg, peer);
        if (route->seen != NULL)
            gate_pass(route->seen);
        if (route->go != NULL && !gate_wait(route->go, 1))
            return;
        if (!reply(peer, route) || !follow(peer, route->then))
            return;
    }
}
