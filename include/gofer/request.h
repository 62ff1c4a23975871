/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Requests. A request is made once and sent as often as you like: each submit
 * takes a snapshot, and a setter called later does not touch calls in flight.
 * Setters are for one thread at a time; submitting one request from many
 * threads at once is fine.
 *
 * Every function accepts a NULL request and reports it. A bad URL, method or
 * header is reported by its setter and also sticks: it becomes the error of
 * every call made with the request, before anything is sent. So does running out
 * of memory in a setter; nothing can be set any more then.
 */
#ifndef GOFER_REQUEST_H
#define GOFER_REQUEST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <gofer/cancel.h>
#include <gofer/error.h>
#include <gofer/trace.h>

GOFER_BEGIN_DECLS

typedef struct gofer_request gofer_request;

/*
 * Makes a request. method NULL or "" means GET; any RFC 9110 token is a
 * method, case-sensitive. url is absolute, http or https, and parsed by RFC 3986 with
 * what people type: spaces and UTF-8 in path and query are escaped,
 * international host names become punycode, a missing path is "/".
 * Returns NULL only without memory. Free with gofer_request_free().
 */
GOFER_API gofer_request *gofer_request_new(const char *method, const char *url);

/* Frees the request; calls in flight keep what they need. NULL is legal. */
GOFER_API void gofer_request_free(gofer_request *request);

/*
 * Sets a header field (RFC 9110 section 5), replacing every field of that name
 * (case does not matter). Setting Host overrides the host of the URL;
 * User-Agent and Accept replace the defaults; Authorization wins over the
 * URL's userinfo; Proxy-Authorization reaches proxies only (<gofer/proxy.h>); "Connection: close"
 * makes the connection end with the call. "Expect: 100-continue" is
 * gofer_request_set_expect_continue(), "Upgrade" with "Connection: upgrade" is
 * gofer_request_set_upgrade(). A Content-Length that is not the body's, Transfer-Encoding, Trailer
 * and other Connection options, TE apart, are refused: framing is the library's. GOFER_ERR_INVALID
 * for a bad name or value, GOFER_ERR_NOMEM.
 */
GOFER_API gofer_status gofer_request_set_header(gofer_request *request, const char *name,
                                                const char *value);

/* Adds a field beside others of that name. Same rules. */
GOFER_API gofer_status gofer_request_add_header(gofer_request *request, const char *name,
                                                const char *value);

/*
 * Removes every field of that name and keeps the default of that name
 * (User-Agent, Accept, Authorization, client-wide headers) from being sent.
 */
GOFER_API gofer_status gofer_request_remove_header(gofer_request *request, const char *name);

/* Sets the body: len bytes, copied. len 0 removes it. */
GOFER_API gofer_status gofer_request_set_body(gofer_request *request, const void *data, size_t len);

/*
 * Sets the body by reference. The bytes must not change until free_fn(arg) was
 * called, once, by whichever thread drops the last use; on failure before this
 * returns. free_fn NULL: they outlive the request and all its calls.
 */
GOFER_API gofer_status gofer_request_set_body_ref(gofer_request *request, const void *data,
                                                  size_t len, void (*free_fn)(void *arg),
                                                  void *arg);

/*
 * Sets the body to a regular file, or to length bytes of a descriptor from offset
 * on (length -1: to the end the file has now). The path is opened at once; the
 * descriptor is duplicated, and its position neither used nor changed. The file is
 * sent without being read into memory, as it is then: it must not change
 * meanwhile (one that became shorter ends the call with GOFER_ERR_BODY).
 * GOFER_ERR_BODY, with the cause in errno, where it cannot be opened or is no
 * regular file; that sticks to the request.
 */
GOFER_API gofer_status gofer_request_set_body_file(gofer_request *request, const char *path);
GOFER_API gofer_status gofer_request_set_body_fd(gofer_request *request, int fd, int64_t offset,
                                                 int64_t length);

/* What a body reader returns instead of a count. */
#define GOFER_BODY_LATER (-1) /* nothing now; gofer_request_body_ready() resumes it */
#define GOFER_BODY_ERROR (-2) /* the source failed; errno may say why */

/*
 * A body that is made while it is sent. Every function gets `arg` and runs on a
 * thread of the client (or one that waits for a call or was lent to it), for one
 * thread at a time; none may block, none may free the client.
 */
typedef struct gofer_body_reader {
    /* Puts up to cap (at least 1) bytes into buf. Returns how many, 0 at the end, GOFER_BODY_LATER
     * or GOFER_BODY_ERROR. Required. */
    ssize_t (*read)(void *arg, void *buf, size_t cap);
    /* Begins again from the first byte, for a retry or another call. Returns 0, or -1 where it
     * cannot. NULL: it cannot. */
    int (*rewind)(void *arg);
    /* The value of a trailer that gofer_request_add_trailer() announced without one; asked after
     * the end of the body. NULL, or returning NULL: it is not sent. */
    const char *(*trailer)(void *arg, const char *name);
    /* Called once, when neither the request nor a call needs the reader any more. May be NULL. */
    void (*close)(void *arg);
    void *arg;
    int64_t length; /* bytes it will give; -1: unknown, the body is sent in chunks */
} gofer_body_reader;

/*
 * Sets the body to a reader, which is copied. It serves one call at a time: a
 * second call meanwhile fails with GOFER_ERR_INVALID, a later one asks rewind
 * first (GOFER_ERR_BODY where it cannot). Giving fewer or more bytes than
 * `length` ends the call with GOFER_ERR_BODY and closes the connection.
 * On failure close was called before this returns.
 */
GOFER_API gofer_status gofer_request_set_body_reader(gofer_request *request,
                                                     const gofer_body_reader *reader);

/*
 * Fills in a reader of the body that the request has now, of bytes, a file or a
 * form: for a program that sends them at a pace of its own, or has something else
 * done to them, with a reader that reads this one. It is the program's, which calls
 * its close once; it outlives the request, and one request may give many.
 * GOFER_OK, GOFER_ERR_NOMEM, or GOFER_ERR_INVALID without a body or where that is
 * a reader itself.
 */
GOFER_API gofer_status gofer_request_body_reader(const gofer_request *request,
                                                 gofer_body_reader *reader);

/* The request's reader has bytes again, its end, or an error: the call that it feeds asks it.
 * Any thread, at any time; nothing where no call needs it. */
GOFER_API void gofer_request_body_ready(gofer_request *request);

/*
 * Announces a trailer field, sent behind the body, which is sent in chunks
 * (RFC 9112 section 7.1.2). value NULL: the reader's `trailer` function gives it
 * then. GOFER_ERR_INVALID for a bad name or value and for names that frame, route
 * or authenticate a message.
 */
GOFER_API gofer_status gofer_request_add_trailer(gofer_request *request, const char *name,
                                                 const char *value);

/*
 * With `expect` not 0 the body waits for the server's "100 Continue", or for
 * expect_continue_timeout_ms (RFC 9110 section 10.1.1). After any other answer it
 * is not sent, and the connection is closed.
 */
GOFER_API gofer_status gofer_request_set_expect_continue(gofer_request *request, int expect);

/*
 * With `streaming` not 0 the outcome is the response's head, and the body is read
 * with gofer_response_read() and its kin, in memory that does not grow with it.
 * Without a timeout of its own the request then has none: the client's
 * stall_timeout_ms ends a body that does not move.
 */
GOFER_API gofer_status gofer_request_set_streaming(gofer_request *request, int streaming);

/*
 * Asks for another protocol on the connection ("websocket"): sends Upgrade and
 * "Connection: Upgrade", and makes the request a streaming one. After a response
 * with status 101 gofer_response_read() and gofer_response_write() speak that
 * protocol; any other status is an ordinary response. NULL: asks no more.
 */
GOFER_API gofer_status gofer_request_set_upgrade(gofer_request *request, const char *protocols);

/*
 * fn(arg, sent, total) is called, on the thread that sends, whenever body bytes
 * went out, retries counted anew. total is -1 where the length is unknown. It must not block.
 * NULL removes it.
 */
GOFER_API gofer_status gofer_request_set_progress(
    gofer_request *request, void (*fn)(void *arg, int64_t sent, int64_t total), void *arg);

/*
 * Whether content codings are asked for and undone (gofer_content_codings()), for
 * this request whatever the client's disable_decompression says. With 0, what the
 * server sends is what the response has.
 */
GOFER_API gofer_status gofer_request_set_decompression(gofer_request *request, int decompress);

/* Overrides the client's timeout_ms. 0: the client's; GOFER_NEVER: none. */
GOFER_API gofer_status gofer_request_set_timeout_ms(gofer_request *request, int64_t timeout_ms);

/* Calls of this request end when the token fires. The request holds the token. NULL removes it. */
GOFER_API gofer_status gofer_request_set_cancel(gofer_request *request, gofer_cancel *cancel);

/*
 * Says that repeating the request does no harm although its method does not
 * promise it (POST with a key that the server deduplicates), so that it may be
 * sent once more when a reused connection turns out dead, and be tried again where
 * the client's retry_attempts say so.
 */
GOFER_API gofer_status gofer_request_set_idempotent(gofer_request *request, int idempotent);

/*
 * How often this request is begun in all, in place of the client's retry_attempts.
 * 0: the client's; 1: once, but for a reused connection that turns out dead;
 * GOFER_NEVER: until its time is up.
 */
GOFER_API gofer_status gofer_request_set_attempts(gofer_request *request, int64_t attempts);

/*
 * Tells fn of the events of this request's calls, before the client's trace is told.
 * fn may be called after a call ended, by a dial that was begun for it. close(arg),
 * or NULL, is called once, when nobody can call fn any more. fn NULL removes it.
 * On failure arg stays yours. See <gofer/trace.h>.
 */
GOFER_API gofer_status gofer_request_set_trace(gofer_request *request, gofer_trace_fn *fn,
                                               void *arg, void (*close)(void *arg));

/* A pointer of yours, which gofer_future_user() returns. Never dereferenced. */
GOFER_API gofer_status gofer_request_set_user(gofer_request *request, void *user);

/*
 * Connects to a unix-domain socket instead of the URL's host and port, which still
 * make the Host field. A path that begins with "@" names an abstract socket. NULL
 * removes it; empty and longer than 107 bytes are GOFER_ERR_INVALID. Calls share
 * connections only where the path is the same.
 */
GOFER_API gofer_status gofer_request_set_unix_socket(gofer_request *request, const char *path);

/*
 * Goes through this proxy (<gofer/proxy.h>) instead of the client's choice, and
 * whatever no_proxy says; "" goes through none, NULL leaves it to the client again.
 * Calls share connections only where the proxy and its credentials are the same.
 * GOFER_ERR_INVALID for what is no proxy.
 */
GOFER_API gofer_status gofer_request_set_proxy(gofer_request *request, const char *proxy);

/*
 * Says who an https server must prove to be, and is told it is (SNI), in place of
 * the URL's host and of the client's server_name: a name in ASCII or an address.
 * NULL removes it. Calls share connections only where the name is the same.
 */
GOFER_API gofer_status gofer_request_set_tls_server_name(gofer_request *request, const char *name);

/*
 * Whether redirects are followed, whatever the client's disable_redirects says: 1
 * or 0; and how many at most, in place of its max_redirects (0: the client's;
 * GOFER_NEVER: no limit; other negative values are GOFER_ERR_INVALID).
 */
GOFER_API gofer_status gofer_request_set_follow_redirects(gofer_request *request, int follow);
GOFER_API gofer_status gofer_request_set_max_redirects(gofer_request *request, int64_t max);

/* What a redirect leaves of a request. */
typedef enum gofer_redirect_keep {
    GOFER_KEEP_DEFAULT = 0, /* as browsers have it: see <gofer/redirect.h> */
    GOFER_KEEP_METHOD,      /* the method, without the body and its fields */
    GOFER_KEEP_ALL          /* method and body, as for 307 */
} gofer_redirect_keep;

/*
 * Says what a redirect of that status, 301, 302 or 303, keeps, in place of the
 * default: for a POST to be posted again, or a method to stay. GOFER_ERR_INVALID
 * for another status or keep.
 */
GOFER_API gofer_status gofer_request_set_redirect_keep(gofer_request *request, int status,
                                                       gofer_redirect_keep keep);

/*
 * Says where Referer comes from behind a redirect, where the request or the client has
 * one of its own: from the redirect, as it does where there is none (1); or it stays
 * (0, the default).
 */
GOFER_API gofer_status gofer_request_set_auto_referer(gofer_request *request, int automatic);

/*
 * Says that fields of that name, set before or after or client-wide, are a secret
 * between the program and the URL's origin, as Authorization and Cookie always
 * are: a redirect to another origin drops them, and traces are not shown their
 * values. GOFER_ERR_INVALID for a bad name.
 */
GOFER_API gofer_status gofer_request_mark_secret(gofer_request *request, const char *name);

/*
 * Sets the Authorization field: Basic with user and password (RFC 7617), NULL
 * being ""; or Bearer (RFC 6750). A NULL user or token removes the field.
 * GOFER_ERR_INVALID for a user with ':' and for control bytes; for a token that is
 * not of visible ASCII.
 */
GOFER_API gofer_status gofer_request_set_basic_auth(gofer_request *request, const char *user,
                                                    const char *password);
GOFER_API gofer_status gofer_request_set_bearer_token(gofer_request *request, const char *token);

/* With `disable` not 0 the client's cookie jar is neither asked nor told. */
GOFER_API gofer_status gofer_request_disable_cookies(gofer_request *request, int disable);

/* Why calls of this request would fail before they are sent, or GOFER_OK. */
GOFER_API gofer_status gofer_request_status(const gofer_request *request);

GOFER_END_DECLS

#endif
