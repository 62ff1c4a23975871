/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Telling hooks, and keeping marks. The sums of the marks are in trace_times.c.
 */
#include "transport/trace.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/callback.h"
#include "base/clock.h"
#include "base/refs.h"
#include "net/addr.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "transport/conn.h"
#include "transport/key.h"
#include "transport/trace_head.h"
#include "transport/trace_marks.h"
#include "transport/upload.h"

enum { HOST_SHOWN = 288, ADDRESSES_SHOWN = 32 };

/* --- hooks --- */

struct trace_hook {
    struct refs refs;
    gofer_trace_fn *fn;
    void *arg;
    void (*close)(void *arg);
};

struct trace_hook *trace_hook_new(gofer_trace_fn *fn, void *arg, void (*close)(void *arg))
{
    struct trace_hook *hook = mem_zalloc(sizeof(*hook));
    if (hook == NULL)
        return NULL;
    refs_init(&hook->refs, 1);
    hook->fn = fn;
    hook->arg = arg;
    hook->close = close;
    return hook;
}

struct trace_hook *trace_hook_ref(struct trace_hook *hook)
{
    if (hook != NULL)
        refs_add(&hook->refs);
    return hook;
}

void trace_hook_unref(struct trace_hook *hook)
{
    if (hook == NULL || !refs_drop(&hook->refs))
        return;
    if (hook->close != NULL) {
        callback_enter();
        hook->close(hook->arg);
        callback_leave();
    }
    mem_free(hook);
}

void trace_hook_give_back(struct trace_hook *hook)
{
    if (hook != NULL)
        hook->close = NULL;
}

/* --- life --- */

enum { HOOKS = 2 }; /* the request's, which is told first, and the client's */

struct trace {
    struct refs refs;    /* one of all that tell, and the readers' */
    struct refs tellers; /* of the hooks */
    uint64_t call;
    void *user;
    struct trace_hook *hooks[HOOKS];
    struct trace_marks marks;
    bool tells_bytes;
};

struct trace *trace_new(struct trace_hook *request, struct trace_hook *client, void *user)
{
    static _Atomic uint64_t next_call = 1;
    struct trace *t = mem_zalloc(sizeof(*t));
    if (t == NULL)
        return NULL;
    refs_init(&t->refs, 2);
    refs_init(&t->tellers, 1);
    t->call = atomic_fetch_add_explicit(&next_call, 1, memory_order_relaxed);
    t->user = user;
    t->hooks[0] = trace_hook_ref(request);
    t->hooks[1] = trace_hook_ref(client);
    return t;
}

struct trace *trace_ref(struct trace *trace)
{
    if (trace != NULL)
        refs_add(&trace->refs);
    return trace;
}

void trace_unref(struct trace *trace)
{
    if (trace != NULL && refs_drop(&trace->refs))
        mem_free(trace);
}

struct trace *trace_join(struct trace *trace)
{
    if (trace != NULL)
        refs_add(&trace->tellers);
    return trace;
}

void trace_leave(struct trace *trace)
{
    if (trace == NULL || !refs_drop(&trace->tellers))
        return;
    for (int i = 0; i < HOOKS; i++)
        trace_hook_unref(trace->hooks[i]);
    trace_unref(trace);
}

uint64_t trace_call(const struct trace *trace)
{
    return trace->call;
}

void *trace_user(const struct trace *trace)
{
    return trace->user;
}

bool trace_takes_informational(const struct trace *trace)
{
    return trace->hooks[0] != NULL;
}

void trace_times(const struct trace *trace, gofer_times *times)
{
    trace_marks_sum(&trace->marks, times);
}

/* --- telling --- */

static bool is_heard(const struct trace *t)
{
    return t->hooks[0] != NULL || t->hooks[1] != NULL;
}

/* Its sites have an errno to look at, maybe. */
static void tell_at(const struct trace *t, gofer_trace_event *event, int64_t now_ns)
{
    int err = errno;
    event->call = t->call;
    event->user = t->user;
    event->at_us = now_ns / 1000;
    callback_enter();
    for (int i = 0; i < HOOKS; i++)
        if (t->hooks[i] != NULL)
            t->hooks[i]->fn(event, t->hooks[i]->arg);
    callback_leave();
    errno = err;
}

static void tell(const struct trace *t, gofer_trace_event *event)
{
    if (is_heard(t))
        tell_at(t, event, clock_now_ns());
}

/* An event that is also a mark. */
static void tell_mark(struct trace *t, enum trace_mark mark, gofer_trace_event *event)
{
    int64_t now = clock_now_ns();
    trace_marks_set(&t->marks, mark, now);
    if (is_heard(t))
        tell_at(t, event, now);
}

static void add_fault(gofer_trace_event *event, const struct fault *fault)
{
    event->status = fault->code;
    event->sys_errno = fault->sys_errno;
    if (fault->code != GOFER_OK)
        event->message = fault->detail[0] != '\0' ? fault->detail : gofer_strerror(fault->code);
}

/* --- the call --- */

void trace_begin(struct trace *trace, const char *method, const char *url, int64_t now_ns)
{
    gofer_trace_event event = {.kind = GOFER_TRACE_BEGIN, .method = method, .url = url};
    trace_marks_set(&trace->marks, MARK_BEGUN, now_ns);
    if (is_heard(trace))
        tell_at(trace, &event, now_ns);
}

void trace_get_conn(struct trace *trace, const struct key *key, const char *method, const char *url,
                    int64_t now_ns)
{
    char host[HOST_SHOWN];
    bool brackets = strchr(key->host, ':') != NULL;
    gofer_trace_event event = {
        .kind = GOFER_TRACE_GET_CONN, .host = host, .method = method, .url = url};
    trace_marks_ask(&trace->marks, now_ns);
    if (!is_heard(trace))
        return;
    snprintf(host, sizeof(host), brackets ? "[%s]:%u" : "%s:%u", key->host, (unsigned)key->port);
    tell_at(trace, &event, now_ns);
}

/* Of no family where the system does not say. */
static void find_local(const struct conn *conn, struct addr *own)
{
    struct sockaddr_storage found;
    socklen_t len = sizeof(found);
    memset(own, 0, sizeof(*own));
    if (getsockname(conn_fd(conn), (struct sockaddr *)&found, &len) == 0 && len <= sizeof(*own))
        memcpy(own, &found, len);
}

void trace_got_conn(struct trace *trace, const struct conn *conn, bool was_idle)
{
    int64_t now = clock_now_ns();
    gofer_trace_event event = {.kind = GOFER_TRACE_GOT_CONN, .reused = conn->reused};
    gofer_address peer = {.addr = &conn->peer.sa, .addr_len = addr_len(&conn->peer), .host = ""};
    struct addr own;
    gofer_address local = {.addr = &own.sa, .host = ""};
    event.conn = conn->number;
    event.was_idle = was_idle;
    event.idle_us = was_idle ? (now - conn->idle_since_ns) / 1000 : 0;
    trace_marks_got(&trace->marks, conn->reused ? NULL : &conn->dialed, now);
    if (!is_heard(trace))
        return;
    if (conn->peer.sa.sa_family != AF_UNSPEC) {
        event.addresses = &peer;
        event.addresses_len = 1;
        find_local(conn, &own);
        local.addr_len = addr_len(&own);
        event.local = own.sa.sa_family != AF_UNSPEC ? &local : NULL;
    }
    tell_at(trace, &event, now);
}

static void tell_fields(struct trace *t, const struct upload_request *request, int64_t now_ns)
{
    struct trace_head head;
    gofer_trace_event event = {.kind = GOFER_TRACE_WROTE_HEADER_FIELD};
    trace_head_init(&head, request->head, request->head_len, request->secrets);
    while (trace_head_next(&head, &event.field_name, &event.field_value))
        tell_at(t, &event, now_ns);
    trace_head_fini(&head);
}

/* The whole head, with a mask in place of each secret. */
static void tell_head(struct trace *t, gofer_trace_event event, const char *head,
                      const struct headers *secrets, int64_t now_ns)
{
    struct buf text = BUF_INIT;
    trace_head_mask(head, event.head_bytes, secrets, &text);
    event.data = text.data;
    event.data_len = text.len;
    if (!buf_failed(&text))
        tell_at(t, &event, now_ns);
    buf_fini(&text);
}

void trace_wrote_headers(struct trace *trace, const struct upload_request *request)
{
    gofer_trace_event event = {.kind = GOFER_TRACE_WROTE_HEADERS};
    if (!is_heard(trace))
        return;
    int64_t now = clock_now_ns();
    tell_fields(trace, request, now);
    if (trace->tells_bytes)
        tell_head(
            trace,
            (gofer_trace_event){.kind = GOFER_TRACE_SENT_HEAD, .head_bytes = request->head_len},
            request->head, request->secrets, now);
    tell_at(trace, &event, now);
}

void trace_tell_bytes(struct trace *trace)
{
    trace->tells_bytes = true;
}

static void tell_bytes(const struct trace *t, gofer_trace_kind kind, const char *data, size_t len)
{
    gofer_trace_event event = {.kind = kind, .data = data, .data_len = len};
    if (t->tells_bytes)
        tell(t, &event);
}

void trace_sent_body(struct trace *trace, const char *data, size_t len)
{
    tell_bytes(trace, GOFER_TRACE_SENT_BODY, data, len);
}

void trace_received(struct trace *trace, const char *data, size_t len)
{
    tell_bytes(trace, GOFER_TRACE_RECEIVED, data, len);
}

void trace_got_head(struct trace *trace, const char *data, size_t len)
{
    tell_bytes(trace, GOFER_TRACE_GOT_HEAD, data, len);
}

void trace_wait_100(struct trace *trace)
{
    tell(trace, &(gofer_trace_event){.kind = GOFER_TRACE_WAIT_100});
}

void trace_got_100(struct trace *trace)
{
    tell(trace, &(gofer_trace_event){.kind = GOFER_TRACE_GOT_100});
}

void trace_informational(struct trace *trace, const struct gofer_response *response)
{
    tell(trace, &(gofer_trace_event){.kind = GOFER_TRACE_GOT_1XX, .response = response});
}

void trace_wrote_request(struct trace *trace, int err, const struct fault *fault)
{
    gofer_trace_event event = {.kind = GOFER_TRACE_WROTE_REQUEST};
    if (err != 0) {
        event.status = GOFER_ERR_BROKEN;
        event.sys_errno = err;
        event.message = fault_errno_words(err);
    } else {
        add_fault(&event, fault);
    }
    tell_mark(trace, MARK_SENT, &event);
}

void trace_first_byte(struct trace *trace)
{
    tell_mark(trace, MARK_FIRST_BYTE, &(gofer_trace_event){.kind = GOFER_TRACE_GOT_FIRST_BYTE});
}

void trace_got_headers(struct trace *trace, const struct gofer_response *response)
{
    tell(trace, &(gofer_trace_event){.kind = GOFER_TRACE_GOT_HEADERS, .response = response});
}

void trace_put_idle(struct trace *trace, bool kept)
{
    gofer_trace_event event = {.kind = GOFER_TRACE_PUT_IDLE};
    event.status = kept ? GOFER_OK : GOFER_ERR_CLOSED;
    tell(trace, &event);
}

void trace_retry(struct trace *trace, int attempt, int64_t delay_ms, gofer_status status,
                 const char *why)
{
    gofer_trace_event event = {.kind = GOFER_TRACE_RETRY, .attempt = attempt};
    event.delay_ms = delay_ms;
    event.status = status;
    event.message = why;
    tell(trace, &event);
}

void trace_end(struct trace *trace, const gofer_error *error, int attempts)
{
    gofer_trace_event event = {.kind = GOFER_TRACE_END, .attempt = attempts};
    if (error != NULL) {
        event.status = error->code;
        event.sys_errno = error->sys_errno;
        event.message = error->message;
        trace_marks_blame(&trace->marks, error->phase);
    }
    tell_mark(trace, MARK_ENDED, &event);
}

/* --- the dial --- */

void trace_dns_start(struct trace *trace, const char *host)
{
    tell(trace, &(gofer_trace_event){.kind = GOFER_TRACE_DNS_START, .host = host});
}

void trace_dns_done(struct trace *trace, const struct lookup *lookup, const struct fault *fault)
{
    gofer_address shown[ADDRESSES_SHOWN];
    gofer_trace_event event = {.kind = GOFER_TRACE_DNS_DONE,
                               .host = lookup->host,
                               .addresses = shown,
                               .coalesced = lookup->coalesced};
    for (size_t i = 0; i < lookup->addrs_len && i < ADDRESSES_SHOWN; i++, event.addresses_len++)
        shown[i] = (gofer_address){.addr = &lookup->addrs[i].sa,
                                   .addr_len = addr_len(&lookup->addrs[i]),
                                   .host = lookup->host};
    add_fault(&event, fault);
    tell(trace, &event);
}

void trace_connect_start(struct trace *trace, const char *host, const gofer_address *address)
{
    tell(trace, &(gofer_trace_event){.kind = GOFER_TRACE_CONNECT_START,
                                     .host = host,
                                     .addresses = address,
                                     .addresses_len = 1});
}

static gofer_status status_of(int err)
{
    if (err == 0)
        return GOFER_OK;
    if (err == ECANCELED)
        return GOFER_ERR_CANCELED;
    return err == ETIMEDOUT ? GOFER_ERR_TIMEOUT : GOFER_ERR_CONNECT;
}

void trace_connect_done(struct trace *trace, const char *host, const gofer_address *address,
                        int err)
{
    tell(trace, &(gofer_trace_event){.kind = GOFER_TRACE_CONNECT_DONE,
                                     .host = host,
                                     .addresses = address,
                                     .addresses_len = 1,
                                     .status = status_of(err),
                                     .sys_errno = err,
                                     .message = err != 0 ? fault_errno_words(err) : NULL});
}

static gofer_trace_event tls_event(gofer_trace_kind kind, const char *host, const char *proxy)
{
    return (gofer_trace_event){
        .kind = kind, .host = proxy != NULL ? proxy : host, .to_proxy = proxy != NULL};
}

void trace_tls_start(struct trace *trace, const char *host, const char *proxy)
{
    gofer_trace_event event = tls_event(GOFER_TRACE_TLS_START, host, proxy);
    tell(trace, &event);
}

void trace_tls_done(struct trace *trace, const char *host, const char *proxy, const struct tls *tls,
                    const struct fault *fault)
{
    gofer_trace_event event = tls_event(GOFER_TRACE_TLS_DONE, host, proxy);
    add_fault(&event, fault);
    event.tls_verify = tls != NULL ? tls_verify_result(tls) : 0;
    if (fault->code == GOFER_OK) {
        struct tls_agreed agreed;
        tls_agreed(tls, &agreed);
        event.tls_version = agreed.version;
        event.tls_cipher = agreed.cipher;
        event.tls_resumed = agreed.resumed;
    }
    tell(trace, &event);
}

void trace_sent_connect(struct trace *trace, const char *head, size_t len)
{
    gofer_trace_event event = {.kind = GOFER_TRACE_SENT_CONNECT, .head_bytes = len};
    if (trace->tells_bytes && is_heard(trace))
        tell_head(trace, event, head, NULL, clock_now_ns());
}

void trace_got_connect(struct trace *trace, const char *head, size_t len)
{
    tell_bytes(trace, GOFER_TRACE_GOT_CONNECT, head, len);
}

/* --- names --- */

const char *gofer_trace_name(gofer_trace_kind kind)
{
    static const char *const names[] = {
        [GOFER_TRACE_BEGIN] = "begin",
        [GOFER_TRACE_GET_CONN] = "get_conn",
        [GOFER_TRACE_DNS_START] = "dns_start",
        [GOFER_TRACE_DNS_DONE] = "dns_done",
        [GOFER_TRACE_CONNECT_START] = "connect_start",
        [GOFER_TRACE_CONNECT_DONE] = "connect_done",
        [GOFER_TRACE_TLS_START] = "tls_start",
        [GOFER_TRACE_TLS_DONE] = "tls_done",
        [GOFER_TRACE_GOT_CONN] = "got_conn",
        [GOFER_TRACE_WROTE_HEADERS] = "wrote_headers",
        [GOFER_TRACE_WAIT_100] = "wait_100",
        [GOFER_TRACE_GOT_100] = "got_100",
        [GOFER_TRACE_GOT_1XX] = "got_1xx",
        [GOFER_TRACE_WROTE_REQUEST] = "wrote_request",
        [GOFER_TRACE_GOT_FIRST_BYTE] = "got_first_byte",
        [GOFER_TRACE_PUT_IDLE] = "put_idle",
        [GOFER_TRACE_RETRY] = "retry",
        [GOFER_TRACE_END] = "end",
        [GOFER_TRACE_WROTE_HEADER_FIELD] = "wrote_header_field",
        [GOFER_TRACE_GOT_HEADERS] = "got_headers",
        [GOFER_TRACE_SENT_HEAD] = "sent_head",
        [GOFER_TRACE_SENT_BODY] = "sent_body",
        [GOFER_TRACE_RECEIVED] = "received",
        [GOFER_TRACE_GOT_HEAD] = "got_head",
        [GOFER_TRACE_SENT_CONNECT] = "sent_connect",
        [GOFER_TRACE_GOT_CONNECT] = "got_connect",
    };
    bool known = kind > 0 && (size_t)kind < sizeof names / sizeof *names;
    return known ? names[kind] : "unknown";
}
