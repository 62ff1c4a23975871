/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A snapshot: the immutable inside of a gofer_request. Calls hold a reference;
 * a setter on a request whose snapshot is held by others copies first. What a
 * client makes of it (the head's bytes, the key) is prepared once and kept, for
 * the client that used it first; with a jar's cookies in it, for one exchange.
 *
 * Any thread may read a snapshot; only the request's setter writes, and only
 * while nobody else holds it.
 */
#ifndef GOFER_CLIENT_SNAPSHOT_H
#define GOFER_CLIENT_SNAPSHOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cache_line.h"
#include "base/refs.h"
#include "http/header.h"
#include "http/proxy.h"
#include "http/url.h"
#include "transport/exchange.h"
#include "transport/key.h"
#include <gofer/request.h>

struct core;
struct hops;
struct trace_hook;
struct wire;

/* What one client sends for a snapshot. Immutable. */
struct prepared {
    uint64_t core_id;
    struct key key;
    bool replayable;
    bool idempotent;      /* the same, as RFC 9110 has it: PUT and DELETE, too */
    int64_t max_attempts; /* by the retry policy: 1, no other */
    char *head;
    char *url;                       /* for responses: without fragment and password */
    struct exchange_request request; /* of the two above and the snapshot */
};

/* What a request says of redirects. */
enum snapshot_follow { FOLLOW_AS_CLIENT, FOLLOW_ALWAYS, FOLLOW_NEVER };

struct snapshot {
    gofer_status status; /* the first thing that is wrong with it, and */
    char *why;           /* a line about it, or NULL */
    char *method;
    struct url url;
    char *shown_url; /* for errors: masked; what was given, escaped, where that is no URL */
    struct headers headers;
    struct source *source; /* of the body; or NULL */
    struct headers trailers;
    int64_t timeout_ms; /* 0: the client's */
    gofer_cancel *cancel;
    bool idempotent;
    bool streaming;
    enum { DECODING_AS_CLIENT, DECODING_ON, DECODING_OFF } decoding;
    void (*progress)(void *arg, int64_t sent, int64_t total);
    void *progress_arg;
    void *user;
    int64_t attempts;                    /* 0: the client's */
    struct trace_hook *trace;            /* or NULL */
    char *unix_socket;                   /* or NULL */
    char *tls_name;                      /* or NULL */
    bool proxy_chosen;                   /* by the request, none being a choice too */
    struct proxy proxy;                  /* without a host: none */
    enum snapshot_follow follow;         /* redirects */
    int64_t max_redirects;               /* 0: the client's */
    gofer_redirect_keep keep[3];         /* of 301, 302 and 303 */
    bool auto_referer;                   /* behind redirects, in place of one of its own */
    struct headers secrets;              /* names only */
    struct wire *wire;                   /* or NULL */
    char *path;                          /* in place of the URL's path and query; or NULL */
    bool no_cookies;                     /* the client's jar has nothing to do with it */
    struct hops *hops;                   /* hops.h: how a call came to it; NULL: it is a user's */
    _Atomic(struct prepared *) prepared; /* or NULL */
    struct cache_line_gap gap;
    struct refs refs;
};

void snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot);

/*
 * What `core` sends for it, for as long as the caller holds the snapshot; given
 * back with snapshot_release(). On failure NULL, the status in *status and, but
 * for GOFER_ERR_NOMEM, a line in why.
 */
struct prepared *snapshot_prepare(struct snapshot *snapshot, const struct core *core,
                                  gofer_status *status, struct buf *why);
void snapshot_release(struct snapshot *snapshot, struct prepared *prepared);

/* A snapshot that nobody else holds, for a setter: this one or a copy, the old reference dropped.
 * NULL without memory. */
struct snapshot *snapshot_writable(struct snapshot **snapshot);

/* A copy, with nothing prepared, that nobody else holds. NULL without memory. */
struct snapshot *snapshot_copy(const struct snapshot *from);

/* Gives it another URL, which it takes over: *url is empty then. False without memory. */
bool snapshot_take_url(struct snapshot *snapshot, struct url *url);

/* Makes one. NULL only without memory; what is wrong with method or URL is in its status. */
struct snapshot *snapshot_new(const char *method, const char *url);

/* Notes what is wrong, the first time; takes the text out of why. Returns status. */
gofer_status snapshot_blame(struct snapshot *snapshot, gofer_status status, struct buf *why);

/* The snapshot of a request; the request keeps it. */
struct snapshot *request_snapshot(const gofer_request *request);

/* Whether something that was to be set is missing in it, for want of memory. */
bool request_is_lost(const gofer_request *request);

/* The same, for a setter: snapshot_writable(). Without memory NULL, and the request is lost. */
struct snapshot *request_own_snapshot(gofer_request *request);

/* What a setter returns. With GOFER_ERR_NOMEM the request is lost from here on: its calls fail. */
gofer_status request_settle(gofer_request *request, gofer_status status);

#endif
