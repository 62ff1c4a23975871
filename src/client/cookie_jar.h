/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A cookie jar (<gofer/cookie.h>) as the client uses it: a store behind a lock.
 * Lines are parsed and cookies made before the lock is taken, so that it is held
 * for a walk over one site's cookies.
 *
 * Lock: LOCK_JAR guards the store. Everything else in a jar is immutable. The
 * functions here do not look for a fork: a call's client has.
 */
#ifndef GOFER_CLIENT_COOKIE_JAR_H
#define GOFER_CLIENT_COOKIE_JAR_H

#include <sys/types.h>

#include "base/lock.h"
#include "base/refs.h"
#include "client/cookie_store.h"
#include "http/response_head.h"

/* As many Set-Cookie fields may be in one response: with more, none counts (as in Go). */
enum { COOKIE_RESPONSE_MAX = 3000 };

struct gofer_cookie_jar {
    struct refs refs;
    pid_t pid; /* who made it */
    struct public_suffixes suffixes;
    struct lock lock; /* guards all below */
    struct cookie_store store;
};

/* Another holder; the last one frees. NULL is legal. */
void cookie_jar_ref(gofer_cookie_jar *jar);
void cookie_jar_unref(gofer_cookie_jar *jar);

/* GOFER_OK; GOFER_ERR_INVALID for NULL; GOFER_ERR_FORKED in a child process. For the public
 * functions. */
gofer_status cookie_jar_check(const gofer_cookie_jar *jar);

/* gofer_cookie_jar_set() with a scope, and a line that may hold any byte. */
gofer_status cookie_jar_set_line(gofer_cookie_jar *jar, const struct cookie_scope *scope,
                                 const char *line, size_t len);

/*
 * Takes all Set-Cookie fields of a response to `url`, of which head and fields are
 * parts (http/response_head.h). GOFER_OK, whatever was refused, or
 * GOFER_ERR_NOMEM: then some of them are missing.
 */
gofer_status cookie_jar_take(gofer_cookie_jar *jar, const struct url *url, const char *head,
                             const struct head_field *fields, size_t fields_len);

/* Appends the Cookie field's value for a request to `url`; nothing where there is none. GOFER_OK or
 * GOFER_ERR_NOMEM. */
gofer_status cookie_jar_write(gofer_cookie_jar *jar, const struct url *url, struct buf *out);

/* Runs `visit` under the lock on each cookie that has not expired and is for the scope (NULL:
 * any), oldest first. It takes no lock and does no I/O. */
void cookie_jar_each(gofer_cookie_jar *jar, const struct cookie_scope *scope,
                     void (*visit)(const gofer_cookie *cookie, void *arg), void *arg);

/* Copies these cookies. GOFER_OK, or GOFER_ERR_NOMEM with *out NULL. In cookie_list.c. */
gofer_status cookie_jar_copy(gofer_cookie_jar *jar, const struct cookie_scope *scope,
                             gofer_cookies **out);

#endif
