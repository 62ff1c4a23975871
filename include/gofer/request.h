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
 * every call made with the request, before anything is sent.
 */
#ifndef GOFER_REQUEST_H
#define GOFER_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include <gofer/cancel.h>
#include <gofer/error.h>

GOFER_BEGIN_DECLS

typedef struct gofer_request gofer_request;

/*
 * Makes a request. method NULL or "" means GET; any RFC 9110 token is a
 * method, case-sensitive. url is absolute, http, and parsed by RFC 3986 with
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
 * URL's userinfo; "Connection: close" makes the connection end with the call.
 * A Content-Length that is not the body's, Transfer-Encoding, Expect and other
 * Connection options are refused: framing is the library's.
 * GOFER_ERR_INVALID for a bad name or value, GOFER_ERR_NOMEM.
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

/* Overrides the client's timeout_ms. 0: the client's; GOFER_NEVER: none. */
GOFER_API gofer_status gofer_request_set_timeout_ms(gofer_request *request, int64_t timeout_ms);

/* Calls of this request end when the token fires. The request holds the token. NULL removes it. */
GOFER_API gofer_status gofer_request_set_cancel(gofer_request *request, gofer_cancel *cancel);

/*
 * Says that repeating the request does no harm although its method does not
 * promise it (POST with a key that the server deduplicates), so that it may be
 * sent once more when a reused connection turns out dead.
 */
GOFER_API gofer_status gofer_request_set_idempotent(gofer_request *request, int idempotent);

/* A pointer of yours, which gofer_future_user() returns. Never dereferenced. */
GOFER_API gofer_status gofer_request_set_user(gofer_request *request, void *user);

/* Why calls of this request would fail before they are sent, or GOFER_OK. */
GOFER_API gofer_status gofer_request_status(const gofer_request *request);

GOFER_END_DECLS

#endif
