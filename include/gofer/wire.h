/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The bytes of a message, for tools that must say exactly this or look at exactly
 * that: the request's target, version, order and spelling of fields, how much of the
 * response's framing is undone, and the bytes as they pass. A program that talks
 * to well-behaved servers needs none of it. Everything else holds as always: what
 * a request may contain, limits, deadlines, who gets credentials.
 */
#ifndef GOFER_WIRE_H
#define GOFER_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include <gofer/error.h>
#include <gofer/request.h>

GOFER_BEGIN_DECLS

/* Members may be added at the end; 0 is the default of each. */
typedef struct gofer_wire_options {
    /*
     * The request target in place of the URL's (RFC 9112 section 3.2), after redirects and for a
     * proxy that fetches, too: visible ASCII, as "*". NULL: the URL's.
     */
    const char *target;
    /*
     * The URL's path and query as they are to be sent, where target is NULL: dot segments are left
     * alone. Begins with '/'; visible ASCII. Not for redirects. NULL: the URL's, normalised.
     */
    const char *path;
    /*
     * The order of the request's fields: all of a name stand where the name does, "*" are those
     * that are not named, in the usual order; without a "*" they come last. Of a name that stands
     * several times each place but the last takes one field. The list decides the order only, and
     * not what is sent. Copied.
     */
    const char *const *field_order;
    size_t field_order_len; /* how many */
    /* "HTTP/1.0" in the request line. A body of unknown length is GOFER_ERR_INVALID then, and
     * nothing waits for a "100 Continue". */
    bool http_1_0;
    /*
     * Bytes that are no HTTP/1 head are an HTTP/0.9 response: a body up to the end of the
     * connection. Its status is 200, gofer_response_http_minor() is 9. Whoever can put bytes on
     * the connection can answer like that, so off by default.
     */
    bool accept_http_0_9;
    /* A chunked body is given as it came, sizes and trailer section included. */
    bool keep_chunks;
    /* Content-Length is not believed: the body goes up to the end of the connection. */
    bool ignore_content_length;
    /* Content codings are undone (gofer_content_codings()) although Accept-Encoding is the
     * request's own field, or a part was asked for; not of a 206, and not where the request or the
     * client wants none undone. */
    bool decode;
    /* Traces are told GOFER_TRACE_SENT_HEAD, _SENT_BODY, _RECEIVED and _GOT_HEAD. */
    bool trace_bytes;
    /* Codings below chunked in Transfer-Encoding are undone, where a server may use some: the
     * request's own fields "TE: gzip" and "Connection: TE" ask for them (RFC 9110 section 10.1.4).
     * Otherwise such a response is an error. With keep_chunks the body is given as it came. */
    bool decode_transfer;
    /*
     * How fields are to be spelled: each a "Name:value" as it is to stand in the head, with the
     * blanks around its value. A line is sent in place of a field that has its name, in any case,
     * and its value, the blanks aside; the lines decide the spelling only, and not what is sent.
     * Copied.
     */
    const char *const *field_lines;
    size_t field_lines_len; /* how many */
    /* A POST, PUT or PATCH without a body sends no "Content-Length: 0". Servers may answer 411. */
    bool omit_zero_length;
} gofer_wire_options;

/* Sets the first `size` bytes of the options; use gofer_request_set_wire(). */
GOFER_API gofer_status gofer_request_set_wire_sized(gofer_request *request,
                                                    const gofer_wire_options *options, size_t size);

/*
 * Sets all of a request's wire options, which are copied; NULL: none. GOFER_ERR_INVALID for a
 * target, path or line of a field that would not be one, which sticks to the request;
 * GOFER_ERR_NOMEM.
 */
static inline gofer_status gofer_request_set_wire(gofer_request *request,
                                                  const gofer_wire_options *options)
{
    return gofer_request_set_wire_sized(request, options, sizeof(gofer_wire_options));
}

GOFER_END_DECLS

#endif
