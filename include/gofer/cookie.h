/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Cookie jars: what servers set, kept and sent back by the rules of RFC 6265bis,
 * with the list of public suffixes. A client with a jar (the option cookie_jar)
 * sends its cookies with every request, redirects included, and gives it those that
 * servers set. The scope is the URL's host, whatever a Host field says. A jar may be
 * shared by any number of clients and threads: every function of a jar may be called from any
 * thread, and what it hands out is a copy that nobody else touches.
 *
 * A jar keeps at most 3,000 cookies, 50 of one domain, of at most 4,096 bytes of
 * name and value, and for at most 400 days where a server set them. Where there
 * are too many of a domain, the one goes that was not used for the longest time,
 * those without Secure first; where there are too many in all, simply that one.
 * Expiry follows the system's date. Only http and https URLs have cookies; ports
 * play no part, as everywhere with cookies.
 *
 * Functions that take a jar accept NULL: GOFER_ERR_INVALID. After fork() a jar
 * belongs to the parent: in the child they do nothing and return
 * GOFER_ERR_FORKED.
 */
#ifndef GOFER_COOKIE_H
#define GOFER_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gofer/error.h>
#include <gofer/export.h>

GOFER_BEGIN_DECLS

typedef struct gofer_cookie_jar gofer_cookie_jar;

/* The SameSite attribute. It is kept and listed, and plays no part in what is sent: a server's call
 * has no site of its own. */
typedef enum gofer_same_site {
    GOFER_SAME_SITE_DEFAULT = 0, /* not given, or not understood */
    GOFER_SAME_SITE_NONE,
    GOFER_SAME_SITE_LAX,
    GOFER_SAME_SITE_STRICT
} gofer_same_site;

/* One cookie. Members may be added at the end. */
typedef struct gofer_cookie {
    const char *name;
    const char *value;       /* as it is sent, with its quotes where it has some */
    const char *domain;      /* whose it is: lower case, xn--; an address without brackets */
    const char *path;        /* begins with '/' */
    int64_t expires_ms;      /* milliseconds since 1970; 0: with the session */
    bool include_subdomains; /* hosts below the domain get it too; else that host only */
    bool secure;             /* only over https (or to this machine: localhost, loopback) */
    bool http_only;
    gofer_same_site same_site;
} gofer_cookie;

/* A buffer of so many bytes has room for every gofer_cookie_jar_get(). */
#define GOFER_COOKIE_HEADER_BYTES 8192

/* Makes an empty jar. NULL without memory. Free with gofer_cookie_jar_free(). */
GOFER_API gofer_cookie_jar *gofer_cookie_jar_new(void);

/* Drops the caller's hold; clients that use the jar keep their own. NULL is legal. */
GOFER_API void gofer_cookie_jar_free(gofer_cookie_jar *jar);

/*
 * Takes the value of one Set-Cookie field that came with an answer from `url`.
 * GOFER_OK: the cookie is kept, or has removed the one whose place it takes
 * where it has expired. GOFER_ERR_INVALID: `url` is no http or https URL, or the
 * cookie is refused, as servers may not set it (another domain, a public suffix,
 * Secure without https, a broken promise of __Secure- or __Host-, a control byte,
 * too long, in the place of a Secure cookie); the jar is as before.
 * GOFER_ERR_NOMEM: as before, too.
 */
GOFER_API gofer_status gofer_cookie_jar_set(gofer_cookie_jar *jar, const char *url,
                                            const char *set_cookie);

/*
 * Writes the value of the Cookie field for a request to `url` into out[0..size)
 * with a NUL behind it, "" where there is none: longer paths first, then older
 * cookies, at most 150 of them and 8,190 bytes; what does not fit is left out.
 * GOFER_ERR_TOO_LARGE: size is too small (GOFER_COOKIE_HEADER_BYTES never is);
 * GOFER_ERR_INVALID: `url` is no http or https URL; out is "" then.
 */
GOFER_API gofer_status gofer_cookie_jar_get(gofer_cookie_jar *jar, const char *url, char *out,
                                            size_t size);

/* gofer_cookie_jar_add() with the size of the struct that the caller was compiled with. */
GOFER_API gofer_status gofer_cookie_jar_add_sized(gofer_cookie_jar *jar, const gofer_cookie *cookie,
                                                  size_t size);

/*
 * Adds a copy of a cookie of the program's own, in the place of the one with the
 * same name, domain, path and include_subdomains; one that has expired only
 * removes that. name, value and domain are required; a leading dot of the domain
 * is ignored; path NULL is "/". GOFER_ERR_INVALID where a server could not have
 * set it over https, or GOFER_ERR_NOMEM; the jar is as before.
 */
static inline gofer_status gofer_cookie_jar_add(gofer_cookie_jar *jar, const gofer_cookie *cookie)
{
    return gofer_cookie_jar_add_sized(jar, cookie, sizeof(gofer_cookie));
}

/* Removes the cookie of that domain, path and name, if there is one, both the host's own and the
 * one with subdomains. GOFER_ERR_INVALID where one of them is NULL or the domain is no host. */
GOFER_API gofer_status gofer_cookie_jar_remove(gofer_cookie_jar *jar, const char *domain,
                                               const char *path, const char *name);

/* Removes all cookies. */
GOFER_API gofer_status gofer_cookie_jar_clear(gofer_cookie_jar *jar);

/* Removes the cookies without an expiry time, as the end of a session does. */
GOFER_API gofer_status gofer_cookie_jar_clear_session(gofer_cookie_jar *jar);

/* Copies of cookies, as they were at one moment, oldest first. For one thread at a time. */
typedef struct gofer_cookies gofer_cookies;

/*
 * Copies the jar's cookies that have not expired: those that a request to `url`
 * would send, or all where it is NULL. *out is the caller's and freed with
 * gofer_cookies_free(). GOFER_ERR_INVALID (`url` is no http or https URL) or
 * GOFER_ERR_NOMEM; *out is NULL then.
 */
GOFER_API gofer_status gofer_cookie_jar_list(gofer_cookie_jar *jar, const char *url,
                                             gofer_cookies **out);

/* How many cookies; 0 for NULL. */
GOFER_API size_t gofer_cookies_len(const gofer_cookies *cookies);

/* The cookie number `index`, from 0; NULL behind the last. It lives as long as the list. */
GOFER_API const gofer_cookie *gofer_cookies_at(const gofer_cookies *cookies, size_t index);

/* Frees the copies. NULL is legal. */
GOFER_API void gofer_cookies_free(gofer_cookies *cookies);

/*
 * Adds the cookies of a file in the Netscape format, as curl and browsers write
 * it: lines that hold none, or one that gofer_cookie_jar_add() refuses, are passed
 * over. Blocks on the file only. GOFER_ERR_SYSTEM (errno says why),
 * GOFER_ERR_TOO_LARGE (over 32 MiB) or GOFER_ERR_NOMEM; in the last case the
 * cookies before are in the jar.
 */
GOFER_API gofer_status gofer_cookie_jar_load(gofer_cookie_jar *jar, const char *path);

/*
 * Writes the jar's cookies to a file in the Netscape format, session cookies too;
 * the format has no place for SameSite. The file is replaced as a whole or not at
 * all: a new one (mode 0600) is written beside it, synced, and renamed. A device or
 * a pipe is written to. Blocks on the file only. GOFER_ERR_SYSTEM (errno says why) or
 * GOFER_ERR_NOMEM.
 */
GOFER_API gofer_status gofer_cookie_jar_save(gofer_cookie_jar *jar, const char *path);

GOFER_END_DECLS

#endif
