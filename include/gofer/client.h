/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The client: one pool, one queue, workers and a timer thread, shared by every
 * thread of the program. All functions may be called from any thread.
 */
#ifndef GOFER_CLIENT_H
#define GOFER_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gofer/address.h>
#include <gofer/cookie.h>
#include <gofer/error.h>
#include <gofer/log.h>
#include <gofer/proxy.h>
#include <gofer/redirect.h>
#include <gofer/request.h>
#include <gofer/resolver.h>
#include <gofer/response.h>
#include <gofer/tls.h>
#include <gofer/trace.h>

GOFER_BEGIN_DECLS

typedef struct gofer_client gofer_client;

/* "No limit", for every option in milliseconds, bytes or counts. 0 always means the default. */
#define GOFER_NEVER (-1)

/* gofer_client_options.workers: no worker threads; see <gofer/worker.h>. */
#define GOFER_NO_WORKERS (-1)

/* What a submit does when max_queued calls are unfinished. */
typedef enum gofer_queue_full {
    GOFER_QUEUE_REJECT = 0, /* the future fails at once with GOFER_ERR_QUEUE_FULL */
    GOFER_QUEUE_BLOCK       /* gofer_submit() blocks until a call ends; see gofer_submit() */
} gofer_queue_full;

/* What is worth another try; see gofer_client_options.retry_attempts. */
typedef enum gofer_retry_on {
    GOFER_RETRY_STATUS = 1,  /* a response with one of retry_statuses */
    GOFER_RETRY_RESOLVE = 2, /* the name could not be looked up */
    GOFER_RETRY_CONNECT = 4, /* no connection could be made, the proxy refused */
    GOFER_RETRY_TIMEOUT = 8, /* a time limit other than the call's own: of connecting, of the
                                response's headers, of a stall */
    GOFER_RETRY_BROKEN = 16, /* the connection broke before the response or, where it is not
                                streamed, inside */
    GOFER_RETRY_OTHER = 32   /* TLS, a malformed response, a lack of system resources */
} gofer_retry_on;

/* One header field. */
typedef struct gofer_header {
    const char *name;
    const char *value;
} gofer_header;

/*
 * Options of a client. Zero every member that you do not set (a designated
 * initializer does); 0 is the default everywhere, GOFER_NEVER no limit; any
 * other negative value is GOFER_ERR_INVALID. Strings are copied. Times are
 * milliseconds on the monotonic clock.
 */
typedef struct gofer_client_options {
    /* --- time limits --- */
    int64_t timeout_ms;         /* 30 s: the whole call, from submit to the last body byte */
    int64_t stall_timeout_ms;   /* 30 s: no byte moved either way while one was due */
    int64_t connect_timeout_ms; /* 30 s: one dial: lookup, connection, the proxy */
    int64_t response_header_timeout_ms; /* none: from the request sent to the end of the headers */
    int64_t idle_conn_timeout_ms;       /* 90 s: how long an idle connection is kept */
    int64_t conn_max_age_ms;            /* none: age at which a connection is not reused any more */
    int64_t keepalive_ms;               /* 15 s: TCP keepalive idle time and interval */

    /* --- the queue and who serves it --- */
    int workers;                     /* one a processor, at least 2; or GOFER_NO_WORKERS */
    void (*worker_start)(void *arg); /* called by each worker thread before its first turn */
    void (*worker_stop)(void *arg);  /* called by each worker thread after its last */
    void *worker_arg;
    int64_t max_queued;          /* 10,000: submitted, unfinished calls */
    gofer_queue_full queue_full; /* reject */

    /* --- the pool --- */
    int64_t max_idle_conns;          /* 1,000: idle connections in all */
    int64_t max_idle_conns_per_host; /* max_idle_conns: idle connections of one origin */
    int64_t max_conns_per_host;      /* none: dialing, active and idle connections of one origin */
    bool disable_keep_alives;        /* one connection a request, with "Connection: close" */
    bool skip_checkout_check;        /* saves a system call a request, loses the guard against
                                        stray answers and most stale connections */

    /* --- messages --- */
    int64_t max_response_header_bytes; /* 256 KiB: status line and header fields, 1xx included */
    int64_t max_body_bytes;            /* 64 MiB: a buffered response body, decoded */
    const char *user_agent;            /* "gofer/VERSION"; "" sends none */
    const gofer_header *headers;       /* sent with every request that does not set the name */
    size_t headers_len;                /* how many */

    /* --- bodies --- */
    int64_t expect_continue_timeout_ms; /* 1 s: wait for "100 Continue", then send all the same */
    int64_t min_rate_bytes_per_s;       /* none: slower transfers, both ways together, time out */
    int64_t min_rate_window_ms;         /* 30 s: measured over such windows */

    /* --- connecting --- */
    int64_t fallback_delay_ms; /* 250 ms: head start of the better address family, and of each
                                  address before the next; GOFER_NEVER: one after another */
    const char *local_address; /* none: numeric address to connect from; addresses of the other
                                  family are not used, unless it is "0.0.0.0" or "::" */
    const char *interface;     /* none: network interface to connect through, by name */
    gofer_address_family address_family; /* both */
    gofer_socket_opened *socket_opened;  /* none: called for each new socket */
    void *socket_opened_arg;
    gofer_address_filter *address_filter; /* none: which addresses may be connected to, as
                                             gofer_deny_private */
    void *address_filter_arg;
    /* --- names --- */
    int64_t dns_cache_max_ttl_ms;  /* 60 s: no answer is kept for longer, whatever it says */
    int64_t dns_stale_ms;          /* 0: for how long an answer that is over may serve while it is
                                      asked for again, or the servers are down */
    const char *dns_servers;       /* resolv.conf's; "192.0.2.1,192.0.2.2:5353,[2001:db8::1]:53" */
    const char *const *resolve;    /* "host:port:address[,address]...": not looked up; the host may
                                      be "*" */
    size_t resolve_len;            /* how many */
    const char *const *connect_to; /* "host:port:other_host:other_port": connected to the other; an
                                      empty part matches everything, or changes nothing */
    size_t connect_to_len;         /* how many */
    gofer_resolver *resolver;      /* asked instead of the DNS; see <gofer/resolver.h> */
    void *resolver_arg;
    void (*resolver_close)(void *arg); /* called once, when the client was freed and the resolver
                                          has no lookup left; not where the client was not made */

    /* --- https --- */
    int64_t tls_handshake_timeout_ms; /* 10 s: from connected to the first byte of a request */
    const gofer_tls_options *tls;     /* see <gofer/tls.h>; copied */

    /* --- watching --- */
    bool measure;          /* gofer_response_times() of every response, and histograms of
                              them; see <gofer/metrics.h> */
    gofer_trace_fn *trace; /* none: told of every call's events; see <gofer/trace.h> */
    void *trace_arg;
    void (*trace_close)(void *arg); /* called once, when the client was freed and nothing is told
                                       any more; not where the client was not made */

    /* --- proxies: see <gofer/proxy.h> --- */
    const char *proxy;      /* the environment's: "http://user:password@host:port"; "": none */
    const char *no_proxy;   /* hosts reached without it, or without the environment's, in place of
                               the environment's list */
    const char *proxy_user; /* credentials in place of those in the proxy's URL, the client's or
                               the environment's; not encoded */
    const char *proxy_password;           /* none; with proxy_user only */
    const gofer_header *connect_headers;  /* sent with CONNECT; a value NULL: a default of that name
                                             is not, User-Agent */
    size_t connect_headers_len;           /* how many */
    const gofer_tls_options *proxy_tls;   /* towards https proxies; nothing of `tls` holds there */
    gofer_proxy_answered *proxy_answered; /* none: shown each answer to CONNECT */
    void *proxy_answered_arg;
    bool disable_proxy_env; /* the environment is not looked at */
    bool proxy_tunnel;      /* an HTTP proxy is asked for a tunnel for http too */

    /* --- content codings; see gofer_content_codings() --- */
    bool disable_decompression; /* none is asked for, and none undone */
    int64_t max_decode_ratio;   /* 200: a body may expand to so many times its coded size; what is
                                   within 8 MiB may in any case */

    /* --- redirects: see <gofer/redirect.h> --- */
    int64_t max_redirects;    /* 10: more end the call with GOFER_ERR_REDIRECT */
    bool disable_redirects;   /* a redirect is a response as any other */
    bool allow_https_to_http; /* such redirects are followed, too */
    bool trust_redirects;     /* credentials and secret fields go to whatever origin is named */
    gofer_redirect_check *check_redirect; /* none: asked before each redirect */
    void *check_redirect_arg;

    /* --- who asks --- */
    gofer_cookie_jar *cookie_jar; /* none: its cookies are sent, and what servers set goes into it;
                                     the client keeps a hold of its own. See <gofer/cookie.h> */
    const char *username;         /* none: Basic (RFC 7617), where a request has no Authorization
                                     and its URL no userinfo; without ':' */
    const char *password;         /* ""; with username only */
    const char *bearer_token;     /* none: Bearer (RFC 6750), in place of the two */

    /*
     * --- retries, beside the one of a reused connection that turns out dead ---
     * Only what is idempotent by its method or a key, or of which no byte was sent; only bodies
     * that can be sent again; never beyond the call's deadline. When no attempt is left, the time
     * or the budget is used up, the last response or error is the outcome.
     */
    int64_t retry_attempts; /* 1: how often a request is begun in all */
    int64_t retry_delay_ms; /* 100 ms: the first wait is anything up to this; each further one up
                               to twice as much */
    int64_t retry_max_delay_ms;   /* 10 s: at most */
    int64_t retry_max_after_ms;   /* none: the longest Retry-After that is waited for */
    int64_t retry_max_time_ms;    /* none: no attempt begins later, from the call's begin on */
    unsigned retry_on;            /* gofer_retry_on values together; all but GOFER_RETRY_OTHER */
    const int *retry_statuses;    /* 429, 502, 503, 504; copied */
    size_t retry_statuses_len;    /* how many */
    bool retry_unsafe;            /* other requests, too: they may be done twice */
    bool retry_no_jitter;         /* the whole wait, and not a part of it by chance */
    int64_t retry_budget_percent; /* 20: retries a 100 calls of the last 10 s */
    int64_t retry_budget_min;     /* 10: so many in 10 s in any case */

    /* --- the log: see <gofer/log.h> --- */
    gofer_log_fn *log;         /* none */
    void *log_arg;             /* lives until gofer_client_free() has returned */
    gofer_log_level log_level; /* warnings: lines of this level and those that matter more */

    /* --- what is wrong with all this --- */
    gofer_option_error *option_error; /* none: where gofer_client_new() finds an option out of range
                                         (EINVAL), it writes there which and why; else it is
                                         cleared. Not used later */

    /* --- more about sockets --- */
    uint16_t local_port;      /* any: the port to connect from, or */
    uint16_t local_port_last; /* with local_port: the last of a range, whose first free one is
                                 taken. One port has one connection at a time */
    bool disable_tcp_nodelay; /* small writes wait for the peer's acknowledgement (RFC 896) */
    bool proxy_protocol; /* each connection's first bytes, behind proxies and before TLS, are the
                            PROXY protocol's header, version 1: for servers that demand it */
    const char *proxy_protocol_address; /* the connection's own: whom it names, a numeric address */

    /* --- more about proxies: see <gofer/proxy.h> --- */
    const char *preproxy;  /* none: a SOCKS proxy through which the others are reached */
    bool connect_http_1_0; /* CONNECT is asked with HTTP/1.0 */
    const gofer_header *proxy_headers; /* sent with requests that an HTTP proxy is to fetch, and
                                          that do not set the name */
    size_t proxy_headers_len;          /* how many */
    bool connect_timeout_covers_tls;   /* connect_timeout_ms is the TLS handshake's, too, from the
                                          dial's begin on; there is no tls_handshake_timeout_ms */
} gofer_client_options;

/* Counters of a client. Members may be added at the end. */
typedef struct gofer_stats {
    uint64_t conns_opened;     /* connections made since the client began */
    uint64_t conns_reused;     /* requests sent on a connection that had served another */
    uint64_t conns_idle;       /* idle now */
    uint64_t conns_dialing;    /* dials in progress now */
    uint64_t conns_late_bound; /* calls that took a freed connection while their own dial ran */
    uint64_t conns_stale;      /* connections found dead or talking when they were to be reused */
    uint64_t calls_active;     /* submitted and not finished */
    uint64_t calls_done;       /* finished with a response */
    uint64_t calls_failed;     /* finished with an error */
    uint64_t calls_retried;    /* sent once more because a reused connection turned out dead */
    uint64_t conns_in_use;     /* serving a call now */
    uint64_t calls_waiting;    /* waiting for a connection now */
    /* connections closed since the client began, by cause */
    uint64_t closed_spent;   /* "Connection: close", an error, a cancelled call */
    uint64_t closed_talking; /* the server sent bytes that nobody asked for */
    uint64_t closed_stale;   /* the server had closed it while it was idle */
    uint64_t closed_expired; /* idle_conn_timeout_ms */
    uint64_t closed_old;     /* conn_max_age_ms */
    uint64_t closed_limit;   /* max_idle_conns and max_idle_conns_per_host, or room for a dial */
    uint64_t closed_asked;   /* gofer_client_close_idle(), disable_keep_alives, a ban, the end */
    uint64_t origin_bans;    /* how often an origin lost keep-alive for sending such bytes */
    uint64_t retries;        /* attempts made again by the retry options */
    uint64_t retries_denied; /* and those that the budget did not allow */
} gofer_stats;

/*
 * Makes a client with the first `size` bytes of *options and the first `tls_size`
 * bytes of *options->tls and *options->proxy_tls; use gofer_client_new().
 */
GOFER_API gofer_client *gofer_client_new_sized(const gofer_client_options *options, size_t size,
                                               size_t tls_size);

/*
 * Makes a client. NULL options mean all defaults. Returns NULL when an option
 * is out of range (errno EINVAL; `option_error` tells which), without memory (ENOMEM), or when the
 * system refuses a thread or descriptor (its errno). Free with gofer_client_free().
 */
static inline gofer_client *gofer_client_new(const gofer_client_options *options)
{
    return gofer_client_new_sized(options, sizeof(gofer_client_options), sizeof(gofer_tls_options));
}

/*
 * Ends a client: refuses new calls, ends every unfinished call with
 * GOFER_ERR_CLOSED, waits until no other thread is inside a function of this
 * client, and joins its threads. Futures and responses stay usable and must
 * still be freed. From a callback it returns at once and the last thread out
 * frees. NULL is legal. After fork(), in the child, it does nothing.
 */
GOFER_API void gofer_client_free(gofer_client *client);

/*
 * Waits until no call is unfinished, or timeout_ms passed (0 polls, -1 waits
 * for ever). New calls are still accepted. GOFER_OK, GOFER_PENDING when the
 * time is up, GOFER_ERR_INVALID in a callback.
 */
GOFER_API gofer_status gofer_client_drain(gofer_client *client, int64_t timeout_ms);

/* Closes the idle connections; connections in use are not kept when they come free, until the next
 * call begins. */
GOFER_API void gofer_client_close_idle(gofer_client *client);

/* Copies the first `size` bytes of the counters; use gofer_client_stats(). */
GOFER_API void gofer_client_stats_sized(gofer_client *client, gofer_stats *stats, size_t size);

/* Takes a consistent copy of the client's counters. */
static inline void gofer_client_stats(gofer_client *client, gofer_stats *stats)
{
    gofer_client_stats_sized(client, stats, sizeof(gofer_stats));
}

/* The same of one origin, as long as it has a connection, a dial, a waiting call or a ban. Members
 * may be added at the end. */
typedef struct gofer_origin_stats {
    char origin[288]; /* "http://host:port", with " via " and the proxy behind it where there is
                         one, or "http via proxy" for all that it fetches; cut where it is longer */
    uint64_t conns_opened;
    uint64_t conns_reused;
    uint64_t conns_idle;
    uint64_t conns_in_use;
    uint64_t conns_dialing;
    uint64_t conns_late_bound;
    uint64_t calls_waiting;
    uint64_t calls_retried;
    uint64_t closed_spent;
    uint64_t closed_talking;
    uint64_t closed_stale;
    uint64_t closed_expired;
    uint64_t closed_old;
    uint64_t closed_limit;
    uint64_t closed_asked;
    uint64_t bans;
    bool banned; /* it is not kept alive for the moment, for sending bytes that nobody asked for */
} gofer_origin_stats;

/* Copies the counters of at most max origins, `size` bytes each; use gofer_client_origins(). */
GOFER_API size_t gofer_client_origins_sized(gofer_client *client, gofer_origin_stats *origins,
                                            size_t max, size_t size);

/*
 * Copies the counters of at most max origins, in no particular order, and returns
 * how many origins there are (origins may be NULL where max is 0); 0 without
 * memory.
 */
static inline size_t gofer_client_origins(gofer_client *client, gofer_origin_stats *origins,
                                          size_t max)
{
    return gofer_client_origins_sized(client, origins, max, sizeof(gofer_origin_stats));
}

/*
 * Makes the call and waits for its outcome. The calling thread does the work
 * itself where it can. The request is not changed and may be used again, by
 * many threads at once.
 *
 * With gofer_request_set_streaming() the outcome is the response's head; see
 * <gofer/response.h>.
 *
 * *response is set on every return: on failure it holds a response with status
 * 0, or the redirect that was not to be followed, whose gofer_response_error() is
 * the call's error; NULL only without memory.
 * The caller frees it either way. A response with status 404 or 500 is GOFER_OK.
 * `response` may be NULL when nobody wants it.
 */
GOFER_API gofer_status gofer_do(gofer_client *client, const gofer_request *request,
                                gofer_response **response);

/* gofer_do() with a GET of url. */
GOFER_API gofer_status gofer_get(gofer_client *client, const char *url, gofer_response **response);

/* gofer_do() with a POST of len bytes; content_type may be NULL. */
GOFER_API gofer_status gofer_post(gofer_client *client, const char *url, const char *content_type,
                                  const void *data, size_t len, gofer_response **response);

/*
 * The content codings that this library can undo, as it asks for them in
 * Accept-Encoding: "gzip, deflate", and "br" and "zstd" where it was built with
 * them. Static.
 *
 * They are asked for where the request has no Accept-Encoding of its own (set,
 * removed, or client-wide), no Range, and is no HEAD. Only then is the body of a
 * response decoded; Content-Encoding and Content-Length are then not among its
 * fields, its content length is -1, and gofer_response_uncompressed() says so. A
 * 206, a coding that is not known, and everything else stay as they came.
 *
 * A body that is broken, ends inside a coding, has bytes behind its end or more
 * than 4 codings is GOFER_ERR_DECODE; one that decodes to more than max_body_bytes
 * (buffered) or max_decode_ratio allow is GOFER_ERR_TOO_LARGE.
 */
GOFER_API const char *gofer_content_codings(void);

/* Milliseconds of the monotonic clock: the clock of absolute deadlines. */
GOFER_API int64_t gofer_now_ms(void);

/* The library's version, as "0.1.0". Static. */
GOFER_API const char *gofer_version(void);

/* The libraries below it and their versions, as they are at run time: words like
 * "OpenSSL/3.0.19 zlib/1.2.13", for a person or a bug report. Static. */
GOFER_API const char *gofer_libraries(void);

/*
 * Replaces the allocator of the whole library. Call it before anything else,
 * once; each function must be given and thread-safe. Returns GOFER_ERR_INVALID
 * when one is NULL.
 */
GOFER_API gofer_status gofer_set_allocator(void *(*malloc_fn)(size_t),
                                           void *(*realloc_fn)(void *, size_t),
                                           void (*free_fn)(void *));

GOFER_END_DECLS

#endif
