/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The response's head (RFC 9112 sections 2.2, 4, 5 and 6), in two steps so that
 * the common case allocates and copies nothing: head_scan() finds the end of the
 * head, however the bytes arrive, and refuses early what cannot be HTTP/1;
 * head_parse() reads the complete head in place. Both are linear and look at
 * each byte once; the caller bounds how long a head may grow.
 *
 * Lines end in CRLF or LF. Strict where smuggling hides: no obs-fold, no blank
 * before the colon, no control bytes, no odd version or status, one rule for
 * lengths (see head_parse). Bytes over 0x7f pass in values and reason. Any
 * number of blanks may stand before the status code, since servers are seen
 * that send two.
 *
 * One thread at a time; no memory is allocated.
 */
#ifndef GOFER_HTTP_RESPONSE_HEAD_H
#define GOFER_HTTP_RESPONSE_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include <gofer/error.h>

/* Where the end of the head is looked for; zero it before a message. */
struct head_scan {
    size_t seen;     /* bytes looked at; they are not looked at again */
    size_t line;     /* where the current line begins */
    const char *why; /* after HEAD_BAD: static text for a person */
};

enum head_result {
    HEAD_MORE, /* no end yet */
    HEAD_DONE, /* *head_len bytes are the head, the empty line included */
    HEAD_BAD   /* this is no HTTP/1 response */
};

/*
 * Looks at data[0..len), of which the first scan->seen bytes are those of the
 * last call (they may have moved). HEAD_BAD (as soon as it shows) where the bytes
 * cannot begin "HTTP/1.0 nnn" or "HTTP/1.1 nnn".
 */
enum head_result head_scan(struct head_scan *scan, const char *data, size_t len, size_t *head_len);

/* One field, as offsets into the head. */
struct head_field {
    uint32_t name;
    uint32_t name_len;
    uint32_t value; /* without outer blanks */
    uint32_t value_len;
};

/* How the body ends (RFC 9112 section 6.3). BODY_TUNNEL: behind a 101 that was asked for the
 * connection speaks another protocol, both ways. */
enum body_framing { BODY_NONE, BODY_LENGTH, BODY_CHUNKED, BODY_TO_EOF, BODY_TUNNEL };

/* What of the request decides how its response is read. ASKED_CODED: as a plain one, and a
 * coding may stand below chunked (TE). */
enum head_asked { ASKED_PLAIN, ASKED_HEAD, ASKED_UPGRADE, ASKED_CODED };

struct response_head {
    int status;      /* 100 to 999 */
    int minor;       /* of HTTP/1.x: 0 or 1 */
    uint32_t reason; /* offset */
    uint32_t reason_len;
    size_t fields_len;      /* fields there are */
    int64_t content_length; /* as declared, or -1 */
    enum body_framing framing;
    bool keep_alive;     /* the peer lets the connection live after this message */
    bool coded;          /* there is a Content-Encoding field */
    bool coded_transfer; /* Transfer-Encoding names codings below chunked */
    const char *why;     /* where parsing failed: static text for a person */
};

enum { HEAD_FIELDS_INLINE = 64 };

/*
 * Parses a complete head, of which data[0..len) are all bytes, the empty line
 * included. The first fields_cap fields are written to fields; head->fields_len counts all (call
 * again with a larger array where it is larger). GOFER_OK or GOFER_ERR_PROTOCOL with head->why.
 *
 * Lengths: several Content-Length fields, or a list, are one where all are equal
 * and an error where not; a sign, an empty value, more than 19 digits or more
 * than INT64_MAX is an error, also where there is no body. Transfer-Encoding in
 * HTTP/1.1 is exactly one "chunked", else an error, or with ASKED_CODED a list of
 * codings that coding_find() knows and "chunked" at its end; with it Content-Length is
 * ignored and the connection is not kept. In HTTP/1.0 it is an error (RFC 9112
 * section 6.1: the framing is faulty).
 * HEAD, 1xx, 204 and 304: BODY_NONE whatever the fields say.
 * HTTP/1.1 is kept unless a Connection field says close; HTTP/1.0 needs
 * keep-alive; BODY_TO_EOF is never kept.
 * 101 is BODY_TUNNEL where an upgrade was asked for and the head names one, an error otherwise.
 */
gofer_status head_parse(const char *data, size_t len, enum head_asked asked,
                        struct response_head *head, struct head_field *fields, size_t fields_cap);

/*
 * The same for an answer to CONNECT: Content-Length and Transfer-Encoding are not
 * looked at, right or wrong, and the framing is BODY_NONE (RFC 9110 section
 * 9.3.6; what follows an answer that is no 2xx is nobody's business either).
 */
gofer_status head_parse_connect(const char *data, size_t len, struct response_head *head);

/*
 * Both steps at once, in one pass over a head that is there as a whole, which is
 * the common case. data[len] must be writable memory holding LF: a sentinel.
 * HEAD_DONE: *head and fields are set, *head_len bytes are the head. HEAD_MORE and
 * HEAD_BAD (scan->why) as head_scan().
 */
enum head_result head_read(struct head_scan *scan, const char *data, size_t len,
                           enum head_asked asked, struct response_head *head,
                           struct head_field *fields, size_t fields_cap, size_t *head_len);

/* Whether a status asks for another request to where Location says (RFC 9110 section 15.4). 300,
 * 304 and 305 never do. */
static inline bool head_is_redirect(int status)
{
    return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

/* Whether what stands in `why` is that the bytes do not even begin as HTTP does. */
bool head_is_not_http(const char *why);

/* Whether bytes on an idle connection are the beginning of a 408 answer (table is408). */
bool head_is_408(const char *data, size_t len);

#endif
