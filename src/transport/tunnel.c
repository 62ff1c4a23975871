/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Moving bytes between a connection and the two machines that know the protocols.
 * An answer to CONNECT is looked at in the socket (MSG_PEEK, SSL_peek) before its
 * part of the bytes is taken out; a SOCKS answer says how long it is.
 */
#include "transport/tunnel.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "http/connect_head.h"
#include "http/proxy.h"
#include "net/socks.h"
#include "transport/conn.h"
#include "transport/trace.h"

enum { LOOK_BYTES = 1024 };

struct tunnel {
    const struct tunnel_options *options;
    struct tunnel_goal goal;
    bool http;
    struct buf head; /* HTTP: CONNECT */
    size_t sent;
    struct connect_reply reply;
    size_t owed; /* bytes of the answer that were looked at, and are to be taken out */
    struct socks socks;
};

/* --- begin and end --- */

static bool begin_connect(struct tunnel *t)
{
    struct buf basic = BUF_INIT;
    proxy_write_basic(t->goal.proxy, &basic);
    bool known = basic.len > 0;
    char *authorization = buf_take_str(&basic);
    struct connect_parts parts = {.host = t->goal.host,
                                  .port = t->goal.port,
                                  .user_agent = t->options->user_agent,
                                  .authorization = known ? authorization : NULL,
                                  .headers = t->options->headers,
                                  .http_1_0 = t->options->http_1_0};
    connect_reply_init(&t->reply);
    connect_write_head(&parts, &t->head);
    bool ok = authorization != NULL && !buf_failed(&t->head);
    mem_free(authorization);
    return ok;
}

static enum socks_version version_of(enum proxy_kind kind)
{
    return kind == PROXY_SOCKS4 ? SOCKS_4 : kind == PROXY_SOCKS4A ? SOCKS_4A : SOCKS_5;
}

static bool begin_socks(struct tunnel *t, struct fault *fault)
{
    const struct proxy *proxy = t->goal.proxy;
    struct socks_request request = {.version = version_of(proxy->kind),
                                    .host = t->goal.host,
                                    .port = t->goal.port,
                                    .user = proxy->user,
                                    .password = proxy->password};
    return socks_begin(&t->socks, &request, fault);
}

static enum tunnel_step fail_nomem(struct fault *fault)
{
    fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_PROXY, ENOMEM, NULL);
    return TUNNEL_FAILED;
}

struct tunnel *tunnel_new(const struct tunnel_options *options, const struct tunnel_goal *goal,
                          struct fault *fault)
{
    struct tunnel *t = mem_zalloc(sizeof(*t));
    if (t != NULL) {
        t->options = options;
        t->goal = *goal;
        t->http = proxy_is_http(goal->proxy);
        if (t->http ? begin_connect(t) : begin_socks(t, fault))
            return t;
    }
    fail_nomem(fault); /* unless it says why already */
    tunnel_free(t);
    return NULL;
}

void tunnel_free(struct tunnel *tunnel)
{
    if (tunnel == NULL)
        return;
    buf_fini(&tunnel->head);
    connect_reply_fini(&tunnel->reply);
    mem_free(tunnel);
}

/* --- what both do --- */

/* The socket is not ready yet, or it broke. */
static enum tunnel_step not_moved(const struct conn *conn, uint32_t wanted, uint32_t *events,
                                  struct fault *fault)
{
    int err = errno;
    if (err == EAGAIN || err == EWOULDBLOCK) {
        *events = wanted;
        return TUNNEL_WAIT;
    }
    if (!conn_explain(conn, GOFER_PHASE_PROXY, fault))
        fault_set(fault, GOFER_ERR_PROXY, GOFER_PHASE_PROXY, err, "proxy: connection broke");
    return TUNNEL_FAILED;
}

static ssize_t send_some(struct conn *conn, const void *data, size_t len)
{
    struct iovec iov = {(void *)(uintptr_t)data, len};
    return conn_send(conn, &iov, 1, false);
}

/* --- CONNECT --- */

static enum tunnel_step ask_connect(struct tunnel *t, struct conn *conn, uint32_t *events,
                                    struct fault *fault)
{
    if (t->sent == t->head.len)
        return TUNNEL_OPEN;
    while (t->sent < t->head.len) {
        ssize_t n = send_some(conn, t->head.data + t->sent, t->head.len - t->sent);
        if (n < 0)
            return not_moved(conn, conn_send_events(conn), events, fault);
        t->sent += (size_t)n;
    }
    if (t->goal.trace != NULL)
        trace_sent_connect(t->goal.trace, t->head.data, t->head.len);
    return TUNNEL_OPEN;
}

/* The final answer is there, or what is none. */
static enum tunnel_step judge(struct tunnel *t, enum connect_state state, struct fault *fault)
{
    const struct tunnel_options *o = t->options;
    int err = 0;
    if (t->goal.trace != NULL && t->reply.status != 0)
        trace_got_connect(t->goal.trace, t->reply.head.data, t->reply.head.len);
    if (o->answered != NULL && t->reply.status != 0)
        err = o->answered(t->goal.proxy, t->goal.host, t->goal.port, &t->reply, o->answered_arg);
    if (err == ENOMEM)
        fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_PROXY, err, NULL);
    else if (err != 0 && fault_set(fault, GOFER_ERR_PROXY, GOFER_PHASE_PROXY, err,
                                   "proxy's answer to CONNECT refused by the program"))
        fault->reason = GOFER_REASON_CONNECT;
    return state == CONNECT_OPEN && err == 0 ? TUNNEL_OPEN : TUNNEL_FAILED;
}

/* Takes the bytes out of the connection that have been looked at. */
static bool take_out(struct tunnel *t, struct conn *conn)
{
    char bytes[LOOK_BYTES];
    while (t->owed > 0) {
        ssize_t n = conn_recv(conn, bytes, t->owed, false);
        if (n <= 0)
            return false;
        t->owed -= (size_t)n;
    }
    return true;
}

static enum tunnel_step read_answer(struct tunnel *t, struct conn *conn, uint32_t *events,
                                    struct fault *fault)
{
    char bytes[LOOK_BYTES];
    for (;;) {
        if (!take_out(t, conn))
            return not_moved(conn, conn_recv_events(conn), events, fault);
        if (t->reply.state == CONNECT_OPEN)
            return judge(t, CONNECT_OPEN, fault);
        ssize_t n = conn_peek(conn, bytes, sizeof(bytes));
        if (n < 0)
            return not_moved(conn, conn_recv_events(conn), events, fault);
        if (n == 0) {
            connect_reply_eof(&t->reply, fault);
            return TUNNEL_FAILED;
        }
        if (connect_reply_feed(&t->reply, bytes, (size_t)n, &t->owed, fault) == CONNECT_FAILED)
            return judge(t, CONNECT_FAILED, fault);
    }
}

static enum tunnel_step run_connect(struct tunnel *t, struct conn *conn, uint32_t *events,
                                    struct fault *fault)
{
    enum tunnel_step step = ask_connect(t, conn, events, fault);
    return step == TUNNEL_OPEN ? read_answer(t, conn, events, fault) : step;
}

/* --- SOCKS --- */

static enum tunnel_step talk_socks(struct tunnel *t, struct conn *conn, uint32_t *events,
                                   struct fault *fault)
{
    const void *data;
    char bytes[SOCKS_IN_MAX];
    size_t len, used;
    while ((len = socks_to_send(&t->socks, &data)) > 0) {
        ssize_t n = send_some(conn, data, len);
        if (n < 0)
            return not_moved(conn, conn_send_events(conn), events, fault);
        socks_sent(&t->socks, (size_t)n);
    }
    ssize_t n = conn_recv(conn, bytes, socks_to_read(&t->socks), false);
    if (n < 0)
        return not_moved(conn, conn_recv_events(conn), events, fault);
    if (n == 0)
        socks_eof(&t->socks, fault);
    else
        socks_feed(&t->socks, bytes, (size_t)n, &used, fault);
    return t->socks.state == SOCKS_FAILED ? TUNNEL_FAILED : TUNNEL_OPEN;
}

static enum tunnel_step run_socks(struct tunnel *t, struct conn *conn, uint32_t *events,
                                  struct fault *fault)
{
    enum tunnel_step step = TUNNEL_OPEN;
    while (step == TUNNEL_OPEN && t->socks.state != SOCKS_OPEN)
        step = talk_socks(t, conn, events, fault);
    return step;
}

enum tunnel_step tunnel_run(struct tunnel *tunnel, struct conn *conn, uint32_t *events,
                            struct fault *fault)
{
    return tunnel->http ? run_connect(tunnel, conn, events, fault)
                        : run_socks(tunnel, conn, events, fault);
}
