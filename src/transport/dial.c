/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The dial's task: addresses into the race, the race's socket into a connection,
 * the proxy's consent, TLS onto that, and what went wrong into words. Each step
 * does whatever is due, so an event says no more than that something may be.
 */
#include "transport/dial.h"

#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "engine/engine.h"
#include "http/proxy.h"
#include "net/host_memory.h"
#include "net/socket.h"
#include "transport/conn.h"
#include "transport/pool.h"
#include "transport/trace.h"

/* How often a unix-domain socket is tried whose listener's queue is full. */
enum { UNIX_RETRY_MS = 10 };

static struct dial *dial_of(struct task *task)
{
    return list_item(task, struct dial, task);
}

static struct timers *timers_of(struct dial *d)
{
    return engine_timers(d->task.engine);
}

void dial_set_phase(struct dial *d, gofer_phase phase)
{
    atomic_store_explicit(&d->phase, (int)phase, memory_order_relaxed);
}

gofer_phase dial_phase(const struct dial *dial)
{
    return (gofer_phase)atomic_load_explicit(&dial->phase, memory_order_relaxed);
}

/* --- the end --- */

/* What had begun is told to be over, before anybody gets the connection. */
static void tell_end(struct dial *d)
{
    bool shook = dial_phase(d) == GOFER_PHASE_TLS && d->conn != NULL;
    if (d->looking || d->finding)
        trace_dns_done(d->trace, &d->lookup, &d->fault);
    if (shook)
        trace_tls_done(d->trace, d->key->host, NULL, d->conn->tls, &d->fault);
    else if (d->secure.source != NULL)
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it began on a connection */
        trace_tls_done(d->trace, NULL, d->hops[d->hop].proxy->host, d->conn->tls, &d->fault);
}

static void log_failure(const struct dial *d)
{
    const struct fault *f = &d->fault;
    if (f->code == GOFER_ERR_CANCELED)
        return;
    log_write(pool_options_of(d->pool)->log, GOFER_LOG_WARNING, "no connection to %.*s: %s%s%s",
              (int)d->key->shown_len, d->key->text,
              f->detail[0] != '\0' ? f->detail : gofer_strerror(f->code),
              f->sys_errno != 0 ? ": " : "",
              f->sys_errno != 0 ? fault_errno_words(f->sys_errno) : "");
}

enum task_next dial_end(struct dial *d, struct conn *conn)
{
    racer_close(&d->racer);
    if (d->trace != NULL)
        tell_end(d);
    if (conn != NULL) {
        d->times.ready_ns = conn->tls != NULL ? clock_now_ns() : d->times.connected_ns;
        conn->dialed = d->times;
    }
    trace_leave(d->trace);
    d->trace = NULL;
    timer_disarm(timers_of(d), &d->task.timer);
    resolver_forget(pool_resolver(d->pool), &d->lookup);
    secure_end(&d->secure);
    tunnel_free(d->tunnel);
    d->tunnel = NULL;
    if (conn == NULL) {
        conn_close(&d->conn);
        log_failure(d);
    }
    task_release_slot(&d->task);
    pool_dial_ended(d->pool, d, &conn, &d->fault);
    return TASK_DONE;
}

/* What is in the way is a proxy, not the server behind it. */
static bool is_proxys(const struct dial *d)
{
    return d->hops_len > 0 && !d->is_hosts_fault && dial_phase(d) != GOFER_PHASE_TLS;
}

/* Makes a failure to reach a proxy the proxy's. Its own words have its code already. */
static void blame_proxy(struct dial *d)
{
    struct fault f = d->fault;
    switch (f.code) {
    case GOFER_ERR_RESOLVE:
    case GOFER_ERR_CONNECT:
    case GOFER_ERR_TLS:
    case GOFER_ERR_CERTIFICATE:
    case GOFER_ERR_BROKEN:
        f.code = GOFER_ERR_PROXY;
        break;
    case GOFER_ERR_TIMEOUT:
        break;
    default:
        return;
    }
    if (f.phase == GOFER_PHASE_TLS)
        f.phase = GOFER_PHASE_PROXY;
    d->fault.code = GOFER_OK;
    fault_set(&d->fault, f.code, f.phase, f.sys_errno, "proxy: %s", f.detail);
    d->fault.reason = f.reason;
}

enum task_next dial_fail(struct dial *d)
{
    if (is_proxys(d))
        blame_proxy(d);
    return dial_end(d, NULL);
}

enum task_next dial_fail_timeout(struct dial *d)
{
    const struct pool_options *o = pool_options_of(d->pool);
    gofer_phase phase = dial_phase(d);
    bool own = phase == GOFER_PHASE_TLS && !o->connect_covers_tls;
    int64_t limit_ms = own ? o->tls_timeout_ms : o->connect_timeout_ms;
    fault_set(&d->fault, GOFER_ERR_TIMEOUT, phase, ETIMEDOUT, "timed out after %lld ms %s",
              (long long)limit_ms, gofer_phase_name(phase));
    return dial_fail(d);
}

static enum task_next fail_nomem(struct dial *d, gofer_phase phase)
{
    fault_set(&d->fault, GOFER_ERR_NOMEM, phase, ENOMEM, NULL);
    return dial_fail(d);
}

/* What a failure is to the caller: that of a resource, or of the peer or network. */
static gofer_status status_of(enum racer_cause cause)
{
    switch (cause) {
    case RACER_NOMEM:
        return GOFER_ERR_NOMEM;
    case RACER_STARVED:
        return GOFER_ERR_SYSTEM;
    default:
        return GOFER_ERR_CONNECT;
    }
}

/* --- connected --- */

/* A socket is connected, however it came about. What a connection needs before its first request
 * begins here. */
static enum task_next connected(struct dial *d, int fd)
{
    int err = socket_set_blocking(fd);
    d->times.connected_ns = clock_now_ns();
    struct conn *conn = err == 0 ? conn_new(fd, d->task.engine, d->times.connected_ns) : NULL;
    if (conn != NULL) {
        conn->peer = d->racer.peer;
        return dial_begin_conn(d, conn);
    }
    close(fd);
    if (err == 0)
        return fail_nomem(d, GOFER_PHASE_CONNECT);
    fault_set(&d->fault, GOFER_ERR_SYSTEM, GOFER_PHASE_CONNECT, err, NULL);
    return dial_fail(d);
}

/* --- a unix-domain socket --- */

/* Told once, however often it is tried. err: EINPROGRESS, or how it ended. */
static void tell_unix(struct dial *d, int err)
{
    struct sockaddr sa = {.sa_family = AF_UNIX};
    gofer_address address = {
        .addr = &sa, .addr_len = sizeof(sa.sa_family), .host = d->key->unix_socket};
    if (d->trace == NULL)
        return;
    if (err == EINPROGRESS)
        trace_connect_start(d->trace, d->key->unix_socket, &address);
    else
        trace_connect_done(d->trace, d->key->unix_socket, &address, err);
}

static enum task_next connect_unix(struct dial *d)
{
    const struct racer_options *race = &pool_options_of(d->pool)->race;
    int64_t now = clock_now_ns();
    if (now >= d->deadline) {
        tell_unix(d, ETIMEDOUT);
        return dial_fail_timeout(d);
    }
    int err;
    int fd = socket_connect_unix(d->key->unix_socket, d->key->host, &race->socket, &err);
    if (fd >= 0) {
        tell_unix(d, 0);
        return connected(d, fd);
    }
    if (err == EAGAIN) {
        /* The kernel tells nobody when the queue has a place again; only a blocking connect(2)
         * waits for it. */
        int64_t again = clock_after_ms(now, UNIX_RETRY_MS);
        timer_arm(timers_of(d), &d->task.timer, clock_min(again, d->deadline));
        return TASK_PARK;
    }
    tell_unix(d, err);
    fault_set(&d->fault, status_of(racer_cause_of(err)), GOFER_PHASE_CONNECT, err,
              "connect to %.80s", d->key->unix_socket);
    return dial_fail(d);
}

/* --- the race --- */

/* Whose fault it was that nobody was reached. */
static gofer_reason reason_of(const struct dial *d, const struct racer_failure *f)
{
    if (f->cause == RACER_DENIED)
        return GOFER_REASON_DENIED;
    bool local = !socket_can_bind(&f->addr, &pool_options_of(d->pool)->race.socket);
    return local ? GOFER_REASON_LOCAL_ADDRESS : GOFER_REASON_NONE;
}

static enum task_next fail_race(struct dial *d)
{
    struct racer_failure f = racer_failure(&d->racer);
    gofer_status status = status_of(f.cause);
    if (f.cause == RACER_TIMED_OUT)
        return dial_fail_timeout(d);
    if (f.cause == RACER_UNFIT) {
        fault_set(&d->fault, status, GOFER_PHASE_CONNECT, f.err,
                  "%.60s has no address of the family asked for", d->to.host);
        return dial_fail(d);
    }
    struct buf text = BUF_INIT;
    addr_write(&f.addr, &text);
    char *addr = buf_take_str(&text);
    fault_set(&d->fault, status, GOFER_PHASE_CONNECT, f.err, "connect to %s%s",
              addr != NULL ? addr : "?",
              f.cause == RACER_DENIED ? " denied by the address filter" : "");
    d->fault.reason = reason_of(d, &f);
    mem_free(addr);
    return dial_fail(d);
}

/* The family that won is remembered, and goes first next time. */
static enum task_next won(struct dial *d, int fd)
{
    host_memory_learn(pool_host_memory(d->pool), d->key->hash, d->racer.winner, d->racer.regular,
                      clock_now_ns());
    return connected(d, fd);
}

static enum task_next race(struct dial *d, unsigned events)
{
    int fd = -1;
    switch (racer_run(&d->racer, events & EV_IO, clock_now_ns(), &fd)) {
    case RACER_WON:
        return won(d, fd);
    case RACER_FAILED:
        return fail_race(d);
    case RACER_RUNS:
        break;
    }
    if (racer_has_begun(&d->racer))
        dial_set_phase(d, GOFER_PHASE_CONNECT);
    timer_arm(timers_of(d), &d->task.timer, d->racer.wake_at);
    return TASK_PARK;
}

/* --- the task --- */

static void attempt_began(void *arg, const gofer_address *address)
{
    struct dial *d = arg;
    trace_connect_start(d->trace, d->to.host, address);
}

static void attempt_ended(void *arg, const gofer_address *address, int err)
{
    struct dial *d = arg;
    trace_connect_done(d->trace, d->to.host, address, err);
}

static bool begin(struct dial *d)
{
    const struct pool_options *o = pool_options_of(d->pool);
    struct host_memory *memory = pool_host_memory(d->pool);
    int64_t now = clock_now_ns();
    d->deadline = clock_after_ms(now, o->connect_timeout_ms);
    d->times.began_ns = now;
    dial_set_phase(d, GOFER_PHASE_CONNECT);
    dial_set_way(d);
    struct racer_goal goal = {.host = d->to.host,
                              .deadline = d->deadline,
                              .turn = host_memory_turn(memory, d->key->hash),
                              .preferred = host_memory_family(memory, d->key->hash, now)};
    if (d->trace != NULL) {
        goal.began = attempt_began;
        goal.ended = attempt_ended;
        goal.arg = d;
    }
    racer_init(&d->racer, &d->task, &o->race, &goal);
    if (d->key->unix_socket == NULL)
        return dial_find_addresses(d);
    d->times.found_ns = now;
    tell_unix(d, EINPROGRESS);
    return true;
}

static enum task_next dial_step(struct task *task, unsigned events, struct turn *turn)
{
    struct dial *d = dial_of(task);
    (void)turn;
    if (events & (EV_CANCEL | EV_CLOSE)) {
        fault_set(&d->fault, GOFER_ERR_CANCELED, dial_phase(d), 0, NULL);
        return dial_fail(d);
    }
    if ((events & EV_START) && !begin(d))
        return dial_fail(d);
    if (d->conn != NULL)
        return dial_step_conn(d);
    if (d->key->unix_socket != NULL)
        return connect_unix(d);
    return dial_take_addresses(d) ? race(d, events) : dial_fail(d);
}

static void dial_free(struct task *task)
{
    trace_leave(dial_of(task)->trace);
    mem_free(dial_of(task));
}

static const struct task_ops dial_ops = {.name = "dial", .step = dial_step, .free = dial_free};

struct dial *dial_new(struct pool *pool, const struct key *key, struct engine *engine,
                      struct trace *trace)
{
    struct dial *d = mem_zalloc(sizeof(*d));
    if (d == NULL)
        return NULL;
    task_init(&d->task, engine, &dial_ops);
    d->pool = pool;
    d->key = key;
    d->trace = trace_join(trace);
    dial_set_phase(d, GOFER_PHASE_QUEUE);
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
