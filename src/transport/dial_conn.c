/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a dial does with its connection before the first request: TLS with a
 * proxy and a tunnel, proxy by proxy, the greeting, TLS with the host, as far as
 * each is needed.
 */
#include <errno.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "http/proxy.h"
#include "transport/conn.h"
#include "transport/dial.h"
#include "transport/pool.h"
#include "transport/trace.h"

/* --- TLS --- */

/* Until the connection is ready or, with events 0, a TLS context; but not for ever. */
static enum task_next wait_for_conn(struct dial *d, uint32_t events)
{
    if (clock_now_ns() >= d->deadline)
        return dial_fail_timeout(d);
    int err = events != 0 ? watch_arm(&d->conn->watch, &d->task, events) : 0;
    if (err != 0) {
        fault_set(&d->fault, err == ENOMEM ? GOFER_ERR_NOMEM : GOFER_ERR_SYSTEM, dial_phase(d), err,
                  NULL);
        return dial_fail(d);
    }
    timer_arm(engine_timers(d->task.engine), &d->task.timer, d->deadline);
    return TASK_PARK;
}

static enum task_next shake_hands(struct dial *d)
{
    uint32_t events;
    switch (secure_run(&d->secure, d->conn, &events, &d->fault)) {
    case TLS_DONE:
        return dial_end(d, d->conn);
    case TLS_WAIT:
        return wait_for_conn(d, events);
    case TLS_FAILED:
        break;
    }
    return dial_fail(d);
}

static enum task_next begin_tls(struct dial *d)
{
    const struct pool_options *o = pool_options_of(d->pool);
    struct tls_peer peer = {
        .host = d->key->host, .server_name = d->key->tls_name, .key = d->key->text};
    if (!o->connect_covers_tls)
        d->deadline = clock_after_ms(clock_now_ns(), o->tls_timeout_ms);
    dial_set_phase(d, GOFER_PHASE_TLS);
    d->stage = DIAL_TLS;
    if (d->trace != NULL)
        trace_tls_start(d->trace, d->key->host, NULL);
    secure_begin(&d->secure, o->tls, &peer, &d->task);
    return shake_hands(d);
}

/* --- the greeting --- */

static enum task_next greet(struct dial *d)
{
    uint32_t events;
    switch (greeting_run(&d->greeting, d->conn, &events, &d->fault)) {
    case GREETING_SENT:
        return d->key->tls ? begin_tls(d) : dial_end(d, d->conn);
    case GREETING_WAIT:
        return wait_for_conn(d, events);
    case GREETING_FAILED:
        break;
    }
    d->is_hosts_fault = true;
    return dial_fail(d);
}

/* The way to the host is free, or the last proxy knows it. */
static enum task_next reach_host(struct dial *d)
{
    const struct greeting_options *o = &pool_options_of(d->pool)->greeting;
    if (!o->wanted)
        return d->key->tls ? begin_tls(d) : dial_end(d, d->conn);
    d->stage = DIAL_GREETING;
    greeting_begin(&d->greeting, o, d->conn);
    return greet(d);
}

/* --- the proxies --- */

/* NOLINTBEGIN(misc-no-recursion): from proxy to proxy, of which there are DIAL_HOPS_MAX at most */
static enum task_next meet_hop(struct dial *d);

static bool is_last(const struct dial *d)
{
    return d->hop + 1 == d->hops_len;
}

static enum task_next begin_hop(struct dial *d)
{
    const struct proxy *proxy = d->hops[d->hop].proxy;
    struct tls_peer peer = {.host = proxy->host, .key = key_proxy_text(d->key)};
    if (proxy->kind == PROXY_HTTPS)
        secure_begin(&d->secure, pool_options_of(d->pool)->proxy_tls, &peer, &d->task);
    if (proxy->kind == PROXY_HTTPS && d->trace != NULL)
        trace_tls_start(d->trace, NULL, proxy->host);
    return meet_hop(d);
}

static enum task_next pass_hop(struct dial *d)
{
    tunnel_free(d->tunnel);
    d->tunnel = NULL;
    if (!is_last(d)) {
        d->hop++;
        return begin_hop(d);
    }
    d->times.connected_ns = clock_now_ns();
    d->conn->tls_ends_at_proxy = !d->key->tls && d->conn->tls != NULL;
    return reach_host(d);
}

static bool begin_tunnel(struct dial *d)
{
    const struct hop *hop = &d->hops[d->hop];
    struct tunnel_goal goal = {hop->proxy, hop->next.host, hop->next.port, d->trace};
    d->tunnel = tunnel_new(&pool_options_of(d->pool)->tunnel, &goal, &d->fault);
    return d->tunnel != NULL;
}

static enum task_next ask_hop(struct dial *d)
{
    if (is_last(d) && !d->key->tunnel)
        return pass_hop(d);
    if (d->tunnel == NULL && !begin_tunnel(d))
        return dial_fail(d);
    uint32_t events;
    switch (tunnel_run(d->tunnel, d->conn, &events, &d->fault)) {
    case TUNNEL_OPEN:
        return pass_hop(d);
    case TUNNEL_WAIT:
        return wait_for_conn(d, events);
    case TUNNEL_FAILED:
        break;
    }
    return dial_fail(d);
}

/* TLS with the proxy, where it wants that, and then what it is asked. */
static enum task_next meet_hop(struct dial *d)
{
    if (d->secure.source == NULL)
        return ask_hop(d);
    uint32_t events;
    switch (secure_run(&d->secure, d->conn, &events, &d->fault)) {
    case TLS_DONE:
        secure_end(&d->secure);
        if (d->trace != NULL)
            trace_tls_done(d->trace, NULL, d->hops[d->hop].proxy->host, d->conn->tls, &d->fault);
        return ask_hop(d);
    case TLS_WAIT:
        return wait_for_conn(d, events);
    case TLS_FAILED:
        break;
    }
    return dial_fail(d);
}

/* NOLINTEND(misc-no-recursion) */

/* --- all --- */

enum task_next dial_begin_conn(struct dial *d, struct conn *conn)
{
    racer_close(&d->racer); /* its socket is the connection's now */
    d->conn = conn;
    if (d->hops_len == 0)
        return reach_host(d);
    dial_set_phase(d, GOFER_PHASE_PROXY);
    return begin_hop(d);
}

enum task_next dial_step_conn(struct dial *d)
{
    switch (d->stage) {
    case DIAL_HOPS:
        return meet_hop(d);
    case DIAL_GREETING:
        return greet(d);
    case DIAL_TLS:
        break;
    }
    return shake_hands(d);
}
