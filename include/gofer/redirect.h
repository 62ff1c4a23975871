/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Redirects. A call follows 301, 302, 303, 307 and 308 with a Location by itself,
 * within its one deadline (RFC 9110 section 15.4): 301, 302 and 303 go on as GET
 * (HEAD stays HEAD) without the body and its fields, unless
 * gofer_request_set_redirect_keep() says otherwise; 307 and 308 repeat method and
 * body. A body that cannot be sent again, and a redirect without Location, end
 * the call with the redirect itself as its response.
 *
 * What a request says of its origin stays there: on another scheme, host or port
 * Authorization, Cookie, Proxy-Authorization and the fields marked with
 * gofer_request_mark_secret(), client-wide ones too, are dropped, and so are
 * the URL's userinfo, the unix-domain socket and the TLS server name; they do not
 * come back. A cookie jar is asked for each URL anew. Referer is the URL before,
 * without userinfo, and none from https to http; one of the caller's stays, unless
 * gofer_request_set_auto_referer() says otherwise. A Host of the caller's stays only where Location
 * names no host.
 *
 * The call fails with GOFER_ERR_REDIRECT, and the redirect as its response, for
 * more than max_redirects of them, from https to http, for other schemes than http
 * and https, for a Location that is no URL, and for two that differ.
 */
#ifndef GOFER_REDIRECT_H
#define GOFER_REDIRECT_H

#include <gofer/error.h>
#include <gofer/response.h>

GOFER_BEGIN_DECLS

/* A redirect that is about to be followed. It lives until the check returns. */
typedef struct gofer_redirect gofer_redirect;

/* What to do with it. */
typedef enum gofer_redirect_verdict {
    GOFER_REDIRECT_FOLLOW = 0, /* go on */
    GOFER_REDIRECT_USE,        /* the redirect is the response, with its body */
    GOFER_REDIRECT_REFUSE      /* the call fails with GOFER_ERR_REDIRECT */
} gofer_redirect_verdict;

/*
 * gofer_client_options.check_redirect: called before each redirect that would be
 * followed, on the thread that drives the call, with check_redirect_arg. It must not
 * block.
 */
typedef gofer_redirect_verdict gofer_redirect_check(void *arg, const gofer_redirect *redirect);

/* The upcoming request: its method; its URL, with fragment, without userinfo. Never NULL. */
GOFER_API const char *gofer_redirect_method(const gofer_redirect *redirect);
GOFER_API const char *gofer_redirect_url(const gofer_redirect *redirect);

/*
 * The value of the first field of that name in the head that would be sent (case
 * does not matter), or NULL. Valid until the next call of this function. Where it
 * is NULL for want of memory the call ends with GOFER_ERR_NOMEM, whatever the check says.
 */
GOFER_API const char *gofer_redirect_header(const gofer_redirect *redirect, const char *name);

/* The redirect's response: status, fields, gofer_response_url(), and the redirects before it; no
 * body. Not to be freed. */
GOFER_API const gofer_response *gofer_redirect_response(const gofer_redirect *redirect);

/* The pointer of gofer_request_set_user(). */
GOFER_API void *gofer_redirect_user(const gofer_redirect *redirect);

GOFER_END_DECLS

#endif
