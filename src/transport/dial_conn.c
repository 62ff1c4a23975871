/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a dial does with its connection before the first request: TLS with the
 * proxy, a tunnel, TLS with the host, as far as each is needed.
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
    d->deadline = clock_after_ms(clock_now_ns(), o->tls_timeout_ms);
    dial_set_phase(d, GOFER_PHASE_TLS);
    if (d->trace != NULL)
        trace_tls_start(d->trace, d->key->host);
    secure_begin(&d->secure, o->tls, &peer, &d->task);
    return shake_hands(d);
}

/* --- the proxy --- */

static bool begin_tunnel(struct dial *d)
{
    struct tunnel_goal goal = {d->key->proxy, d->target.host, d->target.port};
    d->tunnel = tunnel_new(&pool_options_of(d->pool)->tunnel, &goal, &d->fault);
    return d->tunnel != NULL;
}

/* The way to the host is free, or the proxy knows it. */
static enum task_next pass_proxy(struct dial *d)
{
    tunnel_free(d->tunnel);
    d->tunnel = NULL;
    d->times.connected_ns = clock_now_ns();
    if (d->key->tls)
        return begin_tls(d);
    d->conn->tls_ends_at_proxy = d->conn->tls != NULL;
    return dial_end(d, d->conn);
}

static enum task_next ask_proxy(struct dial *d)
{
    if (!d->key->tunnel)
        return pass_proxy(d);
    if (d->tunnel == NULL && !begin_tunnel(d))
        return dial_fail(d);
    uint32_t events;
    switch (tunnel_run(d->tunnel, d->conn, &events, &d->fault)) {
    case TUNNEL_OPEN:
        return pass_proxy(d);
    case TUNNEL_WAIT:
        return wait_for_conn(d, events);
    case TUNNEL_FAILED:
        break;
    }
    return dial_fail(d);
}

/* TLS with the proxy, where it wants that, and then what it is asked. */
static enum task_next meet_proxy(struct dial *d)
{
    if (d->secure.source == NULL)
        return ask_proxy(d);
    uint32_t events;
    switch (secure_run(&d->secure, d->conn, &events, &d->fault)) {
    case TLS_DONE:
        secure_end(&d->secure);
        if (d->trace != NULL)
            trace_tls_done(d->trace, d->key->proxy->host, d->conn->tls, &d->fault);
        return ask_proxy(d);
    case TLS_WAIT:
        return wait_for_conn(d, events);
    case TLS_FAILED:
        break;
    }
    return dial_fail(d);
}

static enum task_next begin_proxy(struct dial *d)
{
    const struct proxy *proxy = d->key->proxy;
    struct tls_peer peer = {.host = proxy->host, .key = key_proxy_text(d->key)};
    dial_set_phase(d, GOFER_PHASE_PROXY);
    if (proxy->kind == PROXY_HTTPS)
        secure_begin(&d->secure, pool_options_of(d->pool)->proxy_tls, &peer, &d->task);
    if (proxy->kind == PROXY_HTTPS && d->trace != NULL)
        trace_tls_start(d->trace, proxy->host);
    return meet_proxy(d);
}

/* --- both --- */

enum task_next dial_begin_conn(struct dial *d, struct conn *conn)
{
    racer_close(&d->racer); /* its socket is the connection's now */
    d->conn = conn;
    if (d->key->proxy != NULL)
        return begin_proxy(d);
    return d->key->tls ? begin_tls(d) : dial_end(d, conn);
}

enum task_next dial_step_conn(struct dial *d)
{
    return dial_phase(d) == GOFER_PHASE_PROXY ? meet_proxy(d) : shake_hands(d);
}
