/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Watching calls: what happens in each, event by event, and how long its phases
 * took. A trace is a function that is told of events; one that belongs to a client
 * hears of all its calls, one that belongs to a request of that request's. The
 * events are those of Go's net/http/httptrace, and the call's begin, retries and end.
 *
 *     static void print(const gofer_trace_event *event, void *arg)
 *     {
 *         fprintf(arg, "call %llu: %s\n", (unsigned long long)event->call,
 *                 gofer_trace_name(event->kind));
 *     }
 *     gofer_request_set_trace(request, print, stderr, NULL);
 */
#ifndef GOFER_TRACE_H
#define GOFER_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gofer/address.h>
#include <gofer/error.h>
#include <gofer/response.h>

GOFER_BEGIN_DECLS

/*
 * What happened. Beside each event: the members of gofer_trace_event that go with it; the others
 * are zero. Kinds may be added at the end: ignore those that you do not know.
 *
 * A round trip is told from GET_CONN to PUT_IDLE; a call that is tried again, or redirected, has
 * several. The events of a dial (DNS_START to TLS_DONE) carry the number of the call that it was
 * begun for, though it may serve another one, and though that call may have been served by another
 * connection, or have ended: they may come after its END. A call that gets a connection which was
 * there already, or which another call's dial made, has no such events.
 */
typedef enum gofer_trace_kind {
    GOFER_TRACE_BEGIN = 1, /* method, url: the call was accepted */
    GOFER_TRACE_GET_CONN,  /* host, method, url: a connection to "host:port" is asked for, to send
                              that; after a redirect, what it leads to */
    GOFER_TRACE_DNS_START, /* host: a name is looked up */
    GOFER_TRACE_DNS_DONE,  /* host, addresses, addresses_len, coalesced; status, message.
                              Connecting may begin before, with the addresses of one family */
    GOFER_TRACE_CONNECT_START, /* host, addresses: one address is connected to; several of them
                                  at a time, maybe */
    GOFER_TRACE_CONNECT_DONE,  /* host, addresses; status, sys_errno. GOFER_ERR_CANCELED:
                                  another address was faster */
    GOFER_TRACE_TLS_START,     /* host, to_proxy: the handshake begins */
    GOFER_TRACE_TLS_DONE,      /* host, to_proxy, tls_version, tls_cipher, tls_resumed, tls_verify;
                                  status, message: why the server's certificate was not believed,
                                  too */
    GOFER_TRACE_GOT_CONN, /* conn, addresses (the peer's, host "", none of a unix-domain socket),
                             local (the same of our end), reused, was_idle, idle_us. Reused, but not
                             idle before: it was bound late, and came straight from another call */
    GOFER_TRACE_WROTE_HEADERS, /* the request's header section was sent */
    GOFER_TRACE_WAIT_100,      /* the body waits for "100 Continue" */
    GOFER_TRACE_GOT_100,       /* it came */
    GOFER_TRACE_GOT_1XX,       /* response: an informational response, 100 included */
    GOFER_TRACE_WROTE_REQUEST, /* status, sys_errno, message: all of it was sent, or could not be */
    GOFER_TRACE_GOT_FIRST_BYTE, /* of the response */
    GOFER_TRACE_PUT_IDLE,       /* status: the connection is free for other calls; or, as it could
                                   have been, it was closed: GOFER_ERR_CLOSED */
    GOFER_TRACE_RETRY,          /* attempt, delay_ms, status, message: the call will be tried again;
                                   for the status that the message names, or the error */
    GOFER_TRACE_END,            /* attempt, status, sys_errno, message: the outcome; of a streaming
                                   call, after its body */
    GOFER_TRACE_WROTE_HEADER_FIELD, /* field_name, field_value: a field of the header section that
                                       was sent; all of them, before WROTE_HEADERS */
    GOFER_TRACE_GOT_HEADERS,        /* response: the header section of a response that is not
                                       informational, of one that is a redirect or will be tried again,
                                       too; as it came, before its body is decoded */
    /* The bytes as they pass, in data and data_len: only where trace_bytes of <gofer/wire.h> asks
     */
    GOFER_TRACE_SENT_HEAD, /* the request's head, with secrets masked as in field_value, and
                              head_bytes; before WROTE_HEADERS and SENT_BODY */
    GOFER_TRACE_SENT_BODY, /* of the request's body, chunk sizes included; data NULL: they went
                              straight from a file to the socket */
    GOFER_TRACE_RECEIVED,  /* what one receive brought, whatever it is */
    GOFER_TRACE_GOT_HEAD,  /* a response's head, informational ones included, up to its empty line:
                              of what RECEIVED told, the first bytes that no GOT_HEAD has told of */
    GOFER_TRACE_SENT_CONNECT, /* the head that asks an HTTP proxy for a tunnel, as SENT_HEAD; of a
                                 dial */
    GOFER_TRACE_GOT_CONNECT   /* the proxy's answer, up to its empty line */
} gofer_trace_kind;

/* An event. It and all that it points to are valid during the call of the trace only. Members may
 * be added at the end. */
typedef struct gofer_trace_event {
    gofer_trace_kind kind;
    uint64_t call; /* the call's number; no two calls of a process have the same */
    void *user;    /* gofer_request_set_user() */
    int64_t at_us; /* on the monotonic clock */
    const char *method;
    const char *url; /* without its password */
    const char *host;
    const gofer_address *addresses;
    size_t addresses_len;
    bool reused;     /* the connection has served before */
    bool was_idle;   /* it lay idle, rather than came straight from another call */
    int64_t idle_us; /* for so long */
    const char *tls_version;
    const char *tls_cipher;
    bool tls_resumed;
    const gofer_response *response; /* for its status and header fields */
    int attempt;                    /* how many there were */
    int64_t delay_ms;
    gofer_status status; /* GOFER_OK: it went well */
    int sys_errno;
    const char *message; /* where it did not: a line for a person; or NULL */
    bool coalesced;      /* the answer is another lookup's, which was under way already */
    const char *field_name;
    const char *field_value; /* "***" for Authorization, Proxy-Authorization, Cookie and what
                                gofer_request_mark_secret() names */
    uint64_t conn;    /* the connection's number, from 1; no two of a process have the same */
    const char *data; /* not NUL-terminated */
    size_t data_len;
    const gofer_address *local; /* NULL: of a unix-domain socket, or not known */
    size_t head_bytes;          /* how long the head was before it was masked */
    bool to_proxy;              /* it is TLS with a proxy */
    int tls_verify; /* what OpenSSL says of the peer's certificate: X509_V_OK (0) or why it is not
                       believed, though it may have been taken (GOFER_TLS_INSECURE); 0 where an
                       earlier session was resumed */
} gofer_trace_event;

/*
 * A trace. Called on whatever thread does the work, on several at once for different calls, in
 * order for each call but for its dials. It must not block. Inside, a blocking call of gofer's
 * returns GOFER_ERR_INVALID.
 *
 * One that does block holds up the thread that tells it. From GOT_CONN to GOT_HEADERS, and in
 * the events of a dial, the deadline, a cancel and the client's end resolve the call all the same,
 * as long as another thread serves the client; its END is told once the trace has come back. They
 * wait for the trace in BEGIN (within gofer_submit()), GET_CONN, PUT_IDLE, RETRY and END, and in
 * all events on the thread of a gofer_do(). gofer_client_free() waits for it in any case.
 */
typedef void gofer_trace_fn(const gofer_trace_event *event, void *arg);

/* An event's name ("got_conn"). Static; never NULL, also for unknown values. Any thread. */
GOFER_API const char *gofer_trace_name(gofer_trace_kind kind);

/*
 * How long the phases of a call took, in microseconds: one after the other they make total_us.
 * Those from pool_us on are of the last round trip. Members may be added at the end.
 */
typedef struct gofer_times {
    int64_t queue_us;   /* until a thread began with the call */
    int64_t earlier_us; /* attempts before the last, redirects, and the waits between them */
    int64_t pool_us;    /* waiting for a connection, beyond what its dial took */
    int64_t resolve_us; /* its dial: 0 on a connection that was there */
    int64_t connect_us; /* with the proxy's handshake */
    int64_t tls_us;
    int64_t send_us;    /* until the request was sent, or answered before that */
    int64_t wait_us;    /* until the first byte of the response */
    int64_t receive_us; /* until its last; of a streaming call, 0 until then */
    int64_t total_us;
} gofer_times;

/* Copies the first `size` bytes of the times; use gofer_response_times(). */
GOFER_API bool gofer_response_times_sized(const gofer_response *response, gofer_times *times,
                                          size_t size);

/*
 * How long the call took, whether it succeeded or failed: of clients with the `measure` option, and
 * of calls with a trace. False, and all zeros, of others, of calls that were not accepted, and
 * where response is NULL. A call that failed while it waited for a connection has all that time in
 * the phase that failed. Any thread.
 */
static inline bool gofer_response_times(const gofer_response *response, gofer_times *times)
{
    return gofer_response_times_sized(response, times, sizeof(gofer_times));
}

GOFER_END_DECLS

#endif
