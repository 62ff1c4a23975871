/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A trace: who is told of one call's events, and when its phases began. Only a
 * call that somebody watches, or whose client measures, has one; everywhere else
 * the pointer is NULL, and a site costs one test of it. The call and the dial that
 * was begun for it *tell*: they may call the hooks. A response only reads the times.
 *
 *     call ──┐ tell, until the last left      hooks: the request's, the client's
 *     dial ──┴──► struct trace ─────────────► (each closed once nobody can tell it)
 *     response ──► its marks
 *
 * No lock: marks are atomic. Hooks are called without any lock held.
 */
#ifndef GOFER_TRANSPORT_TRACE_H
#define GOFER_TRANSPORT_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include <gofer/trace.h>

struct conn;
struct upload_request;
struct gofer_response;
struct key;
struct lookup;
struct tls;

/* --- hooks: the user's function --- */

struct trace_hook;

/* NULL without memory. close may be NULL. */
struct trace_hook *trace_hook_new(gofer_trace_fn *fn, void *arg, void (*close)(void *arg));
/* NULL is legal. The last reference closes. */
struct trace_hook *trace_hook_ref(struct trace_hook *hook);
void trace_hook_unref(struct trace_hook *hook);
/* The argument stays the program's: close will not be called. */
void trace_hook_give_back(struct trace_hook *hook);

/* --- one call's trace --- */

struct trace;

/* Makes one, with one reference, and one that tells. A hook may be NULL; it takes references of its
 * own. NULL without memory. */
struct trace *trace_new(struct trace_hook *request, struct trace_hook *client, void *user);

/* For who only reads. NULL is legal. */
struct trace *trace_ref(struct trace *trace);
void trace_unref(struct trace *trace);

/* For one who tells, besides one who does already. NULL is legal. trace_leave(): undoes that. */
struct trace *trace_join(struct trace *trace);
void trace_leave(struct trace *trace);

uint64_t trace_call(const struct trace *trace);
void *trace_user(const struct trace *trace);

/* Whether the call's own request is told of informational responses: then they are wanted, and
 * count against no limit (F9). */
bool trace_takes_informational(const struct trace *trace);

/* How long the phases took so far. */
void trace_times(const struct trace *trace, gofer_times *times);

/* --- telling: the call --- */

void trace_begin(struct trace *trace, const char *method, const char *url, int64_t now_ns);
void trace_get_conn(struct trace *trace, const struct key *key, const char *method, const char *url,
                    int64_t now_ns);
/* was_idle: it came from the pool's idle connections. */
void trace_got_conn(struct trace *trace, const struct conn *conn, bool was_idle);
/* Each field, without secrets, and that they were sent. */
void trace_wrote_headers(struct trace *trace, const struct upload_request *request);
/* Bytes as they pass, for a call that wants them; else nothing. A head without secrets is told with
 * trace_wrote_headers(). data NULL: they are not in memory. */
void trace_tell_bytes(struct trace *trace);
void trace_sent_body(struct trace *trace, const char *data, size_t len);
void trace_received(struct trace *trace, const char *data, size_t len);
void trace_got_head(struct trace *trace, const char *data, size_t len);
void trace_wait_100(struct trace *trace);
void trace_got_100(struct trace *trace);
void trace_informational(struct trace *trace, const struct gofer_response *response);
/* Sent; or not: err, or the fault. */
void trace_wrote_request(struct trace *trace, int err, const struct fault *fault);
void trace_first_byte(struct trace *trace);
/* The final one's head, before its body. */
void trace_got_headers(struct trace *trace, const struct gofer_response *response);
void trace_put_idle(struct trace *trace, bool kept);
void trace_retry(struct trace *trace, int attempt, int64_t delay_ms, gofer_status status,
                 const char *why);
void trace_end(struct trace *trace, const gofer_error *error, int attempts);

/* --- telling: the dial --- */

void trace_dns_start(struct trace *trace, const char *host);
void trace_dns_done(struct trace *trace, const struct lookup *lookup, const struct fault *fault);
void trace_connect_start(struct trace *trace, const char *host, const gofer_address *address);
void trace_connect_done(struct trace *trace, const char *host, const gofer_address *address,
                        int err);
/* With whom: a proxy, where that is not NULL, else the host. tls may be NULL where there is a
 * fault. */
void trace_tls_start(struct trace *trace, const char *host, const char *proxy);
void trace_tls_done(struct trace *trace, const char *host, const char *proxy, const struct tls *tls,
                    const struct fault *fault);
/* Bytes, as above. */
void trace_sent_connect(struct trace *trace, const char *head, size_t len);
void trace_got_connect(struct trace *trace, const char *head, size_t len);

#endif
