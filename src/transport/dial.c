/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Looking a name up and connecting to its addresses in turn. An address gets an
 * equal share of what is left of the connect timeout, so that a silent one does
 * not use up the time of those behind it.
 */
#include "transport/dial.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "net/socket.h"
#include "transport/conn.h"
#include "transport/pool.h"

static struct dial *dial_of(struct task *task)
{
    return list_item(task, struct dial, task);
}

static struct timers *timers_of(struct dial *d)
{
    return engine_timers(d->task.engine);
}

static void set_phase(struct dial *d, gofer_phase phase)
{
    atomic_store_explicit(&d->phase, (int)phase, memory_order_relaxed);
}

gofer_phase dial_phase(const struct dial *dial)
{
    return (gofer_phase)atomic_load_explicit(&dial->phase, memory_order_relaxed);
}

/* --- the end --- */

static void close_attempt(struct dial *d)
{
    if (d->watch.fd < 0)
        return;
    watch_drop(&d->watch, d->task.engine);
    close(d->watch.fd);
    d->watch = (struct watch){.fd = -1};
    d->connecting = false;
}

static enum task_next end(struct dial *d, struct conn *conn)
{
    close_attempt(d);
    timer_disarm(timers_of(d), &d->task.timer);
    resolver_forget(pool_resolver(d->pool), &d->lookup);
    task_release_slot(&d->task);
    pool_dial_ended(d->pool, d, &conn, &d->fault);
    return TASK_DONE;
}

static enum task_next fail(struct dial *d)
{
    return end(d, NULL);
}

static enum task_next fail_timeout(struct dial *d)
{
    const struct pool_options *o = pool_options_of(d->pool);
    gofer_phase phase = dial_phase(d);
    fault_set(&d->fault, GOFER_ERR_TIMEOUT, phase, ETIMEDOUT, "timed out after %lld ms %s",
              (long long)o->connect_timeout_ms, gofer_phase_name(phase));
    return fail(d);
}

/* --- connecting --- */

static enum task_next connected(struct dial *d, int fd)
{
    d->watch = (struct watch){.fd = -1};
    int err = socket_set_blocking(fd);
    struct conn *conn = err == 0 ? conn_new(fd, d->task.engine, clock_now_ns()) : NULL;
    if (conn != NULL)
        return end(d, conn);
    close(fd);
    fault_set(&d->fault, err != 0 ? GOFER_ERR_SYSTEM : GOFER_ERR_NOMEM, GOFER_PHASE_CONNECT,
              err != 0 ? err : ENOMEM, NULL);
    return fail(d);
}

/* The attempt's descriptor leaves the engine's set; the connection begins with a watch of its own.
 */
static enum task_next attempt_succeeded(struct dial *d)
{
    int fd = d->watch.fd;
    watch_drop(&d->watch, d->task.engine);
    return connected(d, fd);
}

/* What a failed connect is to the caller: refused a resource, or refused by the peer or network. */
static gofer_status connect_status(int err)
{
    switch (err) {
    case ENOMEM:
        return GOFER_ERR_NOMEM;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOSPC:
    case EADDRNOTAVAIL:
        return GOFER_ERR_SYSTEM;
    default:
        return GOFER_ERR_CONNECT;
    }
}

static enum task_next fail_connect(struct dial *d)
{
    struct buf text = BUF_INIT;
    addr_write(&d->addrs[d->next - 1], &text);
    char *addr = buf_take_str(&text);
    fault_set(&d->fault, connect_status(d->last_errno), GOFER_PHASE_CONNECT, d->last_errno,
              "connect to %s", addr != NULL ? addr : "?");
    mem_free(addr);
    return fail(d);
}

static void share_time(struct dial *d, int64_t now_ns)
{
    if (d->deadline == CLOCK_NEVER) {
        d->attempt_deadline = CLOCK_NEVER;
        return;
    }
    int64_t left = (int64_t)(d->addrs_len - d->next) + 1;
    d->attempt_deadline = now_ns + (d->deadline - now_ns) / left;
}

/* Begins with the next address. True where it is under way or done; *done says which. */
static bool begin_attempt(struct dial *d, bool *done)
{
    bool in_progress;
    d->watch.fd = socket_connect(&d->addrs[d->next++], pool_options_of(d->pool)->keepalive_ms,
                                 &in_progress, &d->last_errno);
    if (d->watch.fd < 0)
        return false;
    *done = !in_progress;
    if (*done)
        return true;
    d->last_errno = watch_arm(&d->watch, &d->task, EPOLLOUT);
    if (d->last_errno != 0) {
        close_attempt(d);
        return false;
    }
    d->connecting = true;
    share_time(d, clock_now_ns());
    timer_arm(timers_of(d), &d->task.timer, d->attempt_deadline);
    return true;
}

static enum task_next try_next(struct dial *d)
{
    set_phase(d, GOFER_PHASE_CONNECT);
    while (d->next < d->addrs_len) {
        bool done;
        if (!begin_attempt(d, &done))
            continue;
        return done ? attempt_succeeded(d) : TASK_PARK;
    }
    return fail_connect(d);
}

/* Whether the connect in progress has an outcome; EV_IO may be about nothing. */
static bool has_outcome(const struct dial *d)
{
    struct pollfd p = {.fd = d->watch.fd, .events = POLLOUT};
    return poll(&p, 1, 0) > 0;
}

static enum task_next attempt_ready(struct dial *d)
{
    if (!has_outcome(d)) {
        d->last_errno = watch_arm(&d->watch, &d->task, EPOLLOUT);
        if (d->last_errno == 0)
            return TASK_PARK;
    } else {
        d->last_errno = socket_connect_result(d->watch.fd);
        if (d->last_errno == 0)
            return attempt_succeeded(d);
    }
    close_attempt(d);
    return try_next(d);
}

static enum task_next attempt_timed_out(struct dial *d)
{
    if (has_outcome(d))
        return attempt_ready(d);
    close_attempt(d);
    d->last_errno = ETIMEDOUT;
    return d->next < d->addrs_len ? try_next(d) : fail_timeout(d);
}

/* --- looking up --- */

static enum task_next answered(struct dial *d)
{
    if (!resolver_answered(pool_resolver(d->pool), &d->lookup))
        return TASK_PARK;
    if (d->lookup.error == LOOKUP_OK) {
        d->addrs = d->lookup.addrs;
        d->addrs_len = d->lookup.addrs_len;
        for (size_t i = 0; i < d->addrs_len; i++)
            addr_set_port(&d->lookup.addrs[i], d->key->port);
        return try_next(d);
    }
    gofer_status code = d->lookup.error == LOOKUP_NOMEM ? GOFER_ERR_NOMEM : GOFER_ERR_RESOLVE;
    fault_set(&d->fault, code, GOFER_PHASE_RESOLVE, 0, "lookup of %.80s: %s", d->key->host,
              lookup_strerror(d->lookup.error));
    return fail(d);
}

static enum task_next begin(struct dial *d)
{
    int64_t now = clock_now_ns();
    d->deadline = clock_after_ms(now, pool_options_of(d->pool)->connect_timeout_ms);
    if (addr_parse(d->key->host, d->key->zone, d->key->port, &d->literal)) {
        d->addrs = &d->literal;
        d->addrs_len = 1;
        return try_next(d);
    }
    set_phase(d, GOFER_PHASE_RESOLVE);
    timer_arm(timers_of(d), &d->task.timer, d->deadline);
    d->lookup = (struct lookup){.task = &d->task, .host = d->key->host};
    resolver_ask(pool_resolver(d->pool), &d->lookup);
    return answered(d);
}

/* --- the task --- */

static enum task_next on_timer(struct dial *d)
{
    int64_t due = d->connecting ? d->attempt_deadline : d->deadline;
    if (clock_now_ns() >= due)
        return d->connecting ? attempt_timed_out(d) : fail_timeout(d);
    timer_arm(timers_of(d), &d->task.timer, due);
    return TASK_PARK;
}

static enum task_next dial_step(struct task *task, unsigned events, struct turn *turn)
{
    struct dial *d = dial_of(task);
    (void)turn;
    if (events & (EV_CANCEL | EV_CLOSE)) {
        fault_set(&d->fault, GOFER_ERR_CANCELED, dial_phase(d), 0, NULL);
        return fail(d);
    }
    if (events & EV_START)
        return begin(d);
    if (!d->connecting && resolver_answered(pool_resolver(d->pool), &d->lookup))
        return answered(d);
    if (d->connecting && (events & EV_IO))
        return attempt_ready(d);
    return events & EV_TIMER ? on_timer(d) : TASK_PARK;
}

static void dial_free(struct task *task)
{
    mem_free(dial_of(task));
}

static const struct task_ops dial_ops = {.name = "dial", .step = dial_step, .free = dial_free};

struct dial *dial_new(struct pool *pool, const struct key *key, struct engine *engine)
{
    struct dial *d = mem_zalloc(sizeof(*d));
    if (d == NULL)
        return NULL;
    task_init(&d->task, engine, &dial_ops);
    d->pool = pool;
    d->key = key;
    d->watch.fd = -1;
    set_phase(d, GOFER_PHASE_CONNECT);
    return d;
}

void dial_start(struct dial *dial)
{
    task_wake_now(&dial->task, EV_START);
}

void dial_discard(struct dial *dial)
{
    task_unref(&dial->task);
}
