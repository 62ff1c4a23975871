/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Checking and writing request heads. Fields that the library has a say in are
 * told apart once, by length and then by name.
 */
#include "http/request_head.h"

#include <string.h>

#include "base/ascii.h"
#include "http/base64.h"
#include "http/decimal.h"
#include "http/refuse.h"
#include "http/trailer.h"

enum field {
    FIELD_OTHER,
    FIELD_HOST,
    FIELD_AUTHORIZATION,
    FIELD_USER_AGENT,
    FIELD_ACCEPT,
    FIELD_CONNECTION,
    FIELD_CONTENT_LENGTH,
    FIELD_EXPECT,
    FIELD_UPGRADE,
    FIELD_PROXY_AUTHORIZATION,
    FIELD_REFUSED
};

enum { TYPICAL_HEAD_BYTES = 512 };

static enum field either(const char *name, const char *known, enum field field)
{
    return ascii_equal(name, known) ? field : FIELD_OTHER;
}

static enum field field_of(const char *name)
{
    switch (strlen(name)) {
    case 4:
        return either(name, "Host", FIELD_HOST);
    case 6:
        if (ascii_equal(name, "Expect"))
            return FIELD_EXPECT;
        return either(name, "Accept", FIELD_ACCEPT);
    case 7:
        if (ascii_equal(name, "Trailer"))
            return FIELD_REFUSED;
        return either(name, "Upgrade", FIELD_UPGRADE);
    case 10:
        if (ascii_equal(name, "Connection"))
            return FIELD_CONNECTION;
        return either(name, "User-Agent", FIELD_USER_AGENT);
    case 13:
        return either(name, "Authorization", FIELD_AUTHORIZATION);
    case 14:
        return either(name, "Content-Length", FIELD_CONTENT_LENGTH);
    case 17:
        return either(name, "Transfer-Encoding", FIELD_REFUSED);
    case 19:
        return either(name, "Proxy-Authorization", FIELD_PROXY_AUTHORIZATION);
    default:
        return FIELD_OTHER;
    }
}

/* 1*DIGIT up to INT64_MAX, or -1. */
static int64_t parse_length(const char *text)
{
    int64_t n = 0;
    if (*text == '\0')
        return -1;
    for (; *text != '\0'; text++) {
        int digit = *text - '0';
        if (!ascii_is_digit(*text) || n > (INT64_MAX - digit) / 10)
            return -1;
        n = 10 * n + digit;
    }
    return n;
}

static gofer_status check_connection(const char *value, struct buf *why)
{
    bool close = false, keep_alive = false, upgrade = false;
    const char *end = value + strlen(value);
    for (const char *at = value, *item; at != NULL;) {
        size_t len = header_next_item(&at, end, &item);
        if (ascii_equal_n(item, len, "close"))
            close = true;
        else if (ascii_equal_n(item, len, "upgrade"))
            upgrade = true;
        else if (ascii_equal_n(item, len, "keep-alive"))
            keep_alive = true;
        else if (!ascii_equal_n(item, len, "te")) /* RFC 9110 section 10.1.4 */
            return refuse(why, "Connection header with an option other than close, keep-alive or "
                               "upgrade");
    }
    if (close && keep_alive)
        return refuse(why, "Connection header with both close and keep-alive");
    if (close && upgrade)
        return refuse(why, "Connection header with both close and upgrade");
    return GOFER_OK;
}

/* RFC 9110 section 7.8: protocol-name ["/" protocol-version], in a list. */
static gofer_status check_upgrade(const char *value, struct buf *why)
{
    const char *end = value + strlen(value);
    for (const char *at = value, *item; at != NULL;) {
        size_t len = header_next_item(&at, end, &item);
        const char *slash = memchr(item, '/', len);
        size_t name = slash != NULL ? (size_t)(slash - item) : len;
        if (!header_is_token(item, name) ||
            (slash != NULL && !header_is_token(slash + 1, len - name - 1)))
            return refuse(why, "invalid Upgrade header");
    }
    return GOFER_OK;
}

static gofer_status check_host(const char *value, struct buf *why)
{
    struct buf normal = BUF_INIT;
    gofer_status status = url_check_host_port(value, &normal);
    buf_fini(&normal);
    return status == GOFER_ERR_INVALID ? refuse(why, "invalid Host header") : status;
}

gofer_status request_check_field(const char *name, const char *value, struct buf *why)
{
    size_t name_len = strlen(name);
    if (!header_is_token(name, name_len))
        return refuse_quoting(why, "invalid header field name", name, name_len);
    if (value == NULL)
        return GOFER_OK;
    if (!header_is_value(value, strlen(value)))
        return refuse_quoting(why, "invalid header field value for", name, name_len);
    switch (field_of(name)) {
    case FIELD_REFUSED:
        return refuse_quoting(why, "header field that the library keeps to itself:", name,
                              name_len);
    case FIELD_CONNECTION:
        return check_connection(value, why);
    case FIELD_CONTENT_LENGTH:
        return parse_length(value) >= 0 ? GOFER_OK : refuse(why, "invalid Content-Length header");
    case FIELD_HOST:
        return check_host(value, why);
    case FIELD_EXPECT:
        return ascii_equal(value, "100-continue")
                   ? GOFER_OK
                   : refuse(why, "Expect header other than 100-continue");
    case FIELD_UPGRADE:
        return check_upgrade(value, why);
    default:
        return GOFER_OK;
    }
}

static gofer_status check_method(const char *method, struct buf *why)
{
    size_t len = strlen(method);
    if (!header_is_token(method, len))
        return refuse_quoting(why, "invalid method", method, len);
    /* CONNECT makes a tunnel, and its target and answer have other forms. */
    if (strcmp(method, "CONNECT") == 0)
        return refuse_quoting(why, "unsupported method", method, len);
    return GOFER_OK;
}

static gofer_status check_single(const struct headers *headers, struct buf *why)
{
    static const char *const single[] = {"Host", "Content-Length", "Connection", "Expect",
                                         "Upgrade"};
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (headers_count(headers, single[i]) > 1)
            return refuse_quoting(why, "more than one header field", single[i], strlen(single[i]));
    return GOFER_OK;
}

static gofer_status check_body(const struct request_parts *parts, struct buf *why)
{
    int64_t len = parts->has_body ? parts->body_len : 0;
    /* RFC 9110 section 9.3.8. */
    if (parts->has_body && strcmp(parts->method, "TRACE") == 0)
        return refuse(why, "TRACE request with a body");
    if (parts->trailers != NULL && parts->trailers->len > 0 && !parts->has_body)
        return refuse(why, "trailers without a body");
    const struct header *field = headers_find(parts->headers, "Content-Length");
    if (field != NULL && field->value != NULL && parse_length(field->value) != len)
        return refuse(why, "Content-Length header that is not the body's length");
    return GOFER_OK;
}

bool request_wants_upgrade(const struct headers *headers)
{
    return headers_count(headers, "Upgrade") > 0;
}

bool request_expects_continue(const struct request_parts *parts)
{
    return parts->has_body && headers_count(parts->headers, "Expect") > 0;
}

bool request_is_chunked(const struct request_parts *parts)
{
    return parts->has_body &&
           (parts->body_len < 0 || (parts->trailers != NULL && parts->trailers->len > 0));
}

/* An Upgrade concerns this connection only, so both fields stand or neither (RFC 9110 section 7.8).
 */
static gofer_status check_upgrading(const struct headers *headers, struct buf *why)
{
    const struct header *field = headers_find(headers, "Connection");
    bool named = field != NULL && field->value != NULL &&
                 header_has_token(field->value, strlen(field->value), "upgrade");
    if (named != request_wants_upgrade(headers))
        return refuse(why,
                      "an Upgrade header needs \"Connection: upgrade\", and the other way round");
    return GOFER_OK;
}

gofer_status request_check(const struct request_parts *parts, struct buf *why)
{
    gofer_status status = check_method(parts->method, why);
    if (status == GOFER_OK)
        status = check_single(parts->headers, why);
    if (status == GOFER_OK)
        status = check_upgrading(parts->headers, why);
    if (status == GOFER_OK)
        status = check_body(parts, why);
    if (status != GOFER_OK)
        return status;
    if (parts->user_agent != NULL && !header_is_value(parts->user_agent, strlen(parts->user_agent)))
        return refuse_quoting(why, "invalid header field value for", "User-Agent", 10);
    return GOFER_OK;
}

/* buf_append() for the common case that there is room: a head is made of many small pieces. */
static inline void put(struct buf *out, const char *text, size_t len)
{
    if (out->failed || len > out->cap - out->len) {
        buf_append(out, text, len);
        return;
    }
    memcpy(out->data + out->len, text, len);
    out->len += len;
}

#define PUT(out, literal) put((out), (literal), sizeof(literal) - 1)

static void write_field(const char *name, const char *value, struct buf *out)
{
    put(out, name, strlen(name));
    put(out, ": ", *value == '\0' ? 1 : 2);
    put(out, value, strlen(value));
    PUT(out, "\r\n");
}

/* Writes the fields of that kind. Whether there are any, a "removed" mark included. */
static bool write_own(const struct headers *headers, enum field field, struct buf *out)
{
    bool found = false;
    if (headers == NULL)
        return false;
    for (size_t i = 0; i < headers->len; i++) {
        const struct header *h = &headers->items[i];
        if (field_of(h->name) != field)
            continue;
        found = true;
        if (h->value != NULL)
            write_field(h->name, h->value, out);
    }
    return found;
}

static void write_request_line(const struct request_parts *parts, struct buf *out)
{
    put(out, parts->method, strlen(parts->method));
    PUT(out, " ");
    if (parts->absolute)
        url_write_without_userinfo(parts->url, out);
    else
        put(out, parts->url->target, strlen(parts->url->target));
    PUT(out, " HTTP/1.1\r\n");
}

static void write_host(const struct request_parts *parts, struct buf *out)
{
    const struct header *own = headers_find(parts->headers, "Host");
    PUT(out, "Host: ");
    if (own == NULL || own->value == NULL)
        url_write_host(parts->url, out);
    else if (url_check_host_port(own->value, out) != GOFER_OK)
        out->failed = true;
    PUT(out, "\r\n");
}

static void write_basic(const struct url *url, struct buf *out)
{
    struct buf pair = BUF_INIT;
    buf_append_str(&pair, url->user);
    buf_append_char(&pair, ':');
    if (url->password != NULL)
        buf_append_str(&pair, url->password);
    PUT(out, "Authorization: Basic ");
    base64_append(out, pair.data, pair.len);
    PUT(out, "\r\n");
    out->failed = out->failed || buf_failed(&pair);
    buf_fini(&pair);
}

static void write_authorization(const struct request_parts *parts, struct buf *out)
{
    if (write_own(parts->headers, FIELD_AUTHORIZATION, out))
        return;
    if (parts->url->user != NULL)
        write_basic(parts->url, out);
    else
        write_own(parts->defaults, FIELD_AUTHORIZATION, out);
}

static void write_proxy_authorization(const struct request_parts *parts, struct buf *out)
{
    if (!parts->absolute)
        return;
    if (parts->proxy_authorization != NULL)
        write_field("Proxy-Authorization", parts->proxy_authorization, out);
    else if (!write_own(parts->headers, FIELD_PROXY_AUTHORIZATION, out) &&
             !write_own(parts->defaults, FIELD_PROXY_AUTHORIZATION, out))
        write_own(parts->proxy_fields, FIELD_PROXY_AUTHORIZATION, out);
}

static void write_user_agent(const struct request_parts *parts, struct buf *out)
{
    const struct header *own = headers_find(parts->headers, "User-Agent");
    if (own == NULL && parts->defaults != NULL)
        own = headers_find(parts->defaults, "User-Agent");
    const char *agent = own == NULL ? parts->user_agent : own->value;
    if (agent != NULL && *agent != '\0')
        write_field("User-Agent", agent, out);
}

static void write_accept(const struct request_parts *parts, struct buf *out)
{
    if (!write_own(parts->headers, FIELD_ACCEPT, out) &&
        !write_own(parts->defaults, FIELD_ACCEPT, out))
        PUT(out, "Accept: */*\r\n");
}

/* Whether a field is sent in another place. */
static bool is_apart(const struct request_parts *parts, const char *name)
{
    return field_of(name) != FIELD_OTHER || (parts->cookies != NULL && ascii_equal(name, "Cookie"));
}

static void write_others(const struct request_parts *parts, struct buf *out)
{
    for (size_t i = 0; i < parts->headers->len; i++) {
        const struct header *h = &parts->headers->items[i];
        if (h->value != NULL && !is_apart(parts, h->name))
            write_field(h->name, h->value, out);
    }
}

static void write_cookies(const struct request_parts *parts, struct buf *out)
{
    const struct headers *own = parts->headers;
    if (headers_find(own, "Cookie") == NULL && parts->defaults != NULL)
        own = parts->defaults;
    PUT(out, "Cookie: ");
    for (size_t i = 0; i < own->len; i++) {
        const struct header *h = &own->items[i];
        if (h->value == NULL || *h->value == '\0' || !ascii_equal(h->name, "Cookie"))
            continue;
        put(out, h->value, strlen(h->value));
        PUT(out, "; ");
    }
    put(out, parts->cookies, strlen(parts->cookies));
    PUT(out, "\r\n");
}

/* Those of which the caller has none of the name. */
static void write_missing(const struct request_parts *parts, const struct headers *fields,
                          struct buf *out)
{
    for (size_t i = 0; fields != NULL && i < fields->len; i++) {
        const struct header *h = &fields->items[i];
        if (h->value != NULL && !is_apart(parts, h->name) &&
            headers_find(parts->headers, h->name) == NULL)
            write_field(h->name, h->value, out);
    }
}

bool request_will_close(const struct request_parts *parts)
{
    if (parts->close || headers_find(parts->headers, "Connection") != NULL)
        return parts->close || request_wants_close(parts->headers);
    return parts->defaults != NULL && request_wants_close(parts->defaults);
}

static void write_content_length(uint64_t len, struct buf *out)
{
    PUT(out, "Content-Length: ");
    decimal_append(out, len);
    PUT(out, "\r\n");
}

/* Methods whose request has a content by definition; servers answer 411 without a length. */
static bool method_has_content(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

static void write_framing(const struct request_parts *parts, struct buf *out)
{
    if (request_is_chunked(parts)) {
        PUT(out, "Transfer-Encoding: chunked\r\n");
        if (parts->trailers != NULL)
            trailer_write_names(parts->trailers, out);
    } else if (parts->has_body) {
        write_content_length((uint64_t)parts->body_len, out);
    } else if ((method_has_content(parts->method) && !parts->omit_zero_length) ||
               headers_count(parts->headers, "Content-Length") > 0) {
        write_content_length(0, out);
    }
}

/* Whether TE is for this connection only, as it has to be (RFC 9110 section 10.1.4). */
static bool names_te(const struct headers *headers)
{
    const struct header *field = headers_find(headers, "Connection");
    return field != NULL && field->value != NULL &&
           header_has_token(field->value, strlen(field->value), "te");
}

static void write_connection(const struct request_parts *parts, struct buf *out)
{
    bool te = names_te(parts->headers);
    if (request_wants_upgrade(parts->headers)) {
        buf_append_str(out, te ? "Connection: Upgrade, TE\r\n" : "Connection: Upgrade\r\n");
        write_own(parts->headers, FIELD_UPGRADE, out);
    } else if (request_will_close(parts)) {
        buf_append_str(out, te ? "Connection: close, TE\r\n" : "Connection: close\r\n");
    } else if (te) {
        PUT(out, "Connection: TE\r\n");
    }
}

void request_write_head(const struct request_parts *parts, struct buf *out)
{
    buf_reserve(out, TYPICAL_HEAD_BYTES);
    write_request_line(parts, out);
    write_host(parts, out);
    write_proxy_authorization(parts, out);
    write_authorization(parts, out);
    write_user_agent(parts, out);
    write_accept(parts, out);
    if (parts->accept_encoding != NULL)
        write_field("Accept-Encoding", parts->accept_encoding, out);
    write_others(parts, out);
    if (parts->cookies != NULL)
        write_cookies(parts, out);
    write_missing(parts, parts->defaults, out);
    if (parts->absolute)
        write_missing(parts, parts->proxy_fields, out);
    write_connection(parts, out);
    write_framing(parts, out);
    if (request_expects_continue(parts))
        PUT(out, "Expect: 100-continue\r\n");
    PUT(out, "\r\n");
}

bool request_wants_close(const struct headers *headers)
{
    const struct header *field = headers_find(headers, "Connection");
    return field != NULL && field->value != NULL &&
           header_has_token(field->value, strlen(field->value), "close");
}

bool request_is_replayable(const char *method, const struct headers *headers)
{
    static const char *const safe[] = {"GET", "HEAD", "OPTIONS", "TRACE"};
    for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
        if (strcmp(method, safe[i]) == 0)
            return true;
    return headers_count(headers, "Idempotency-Key") > 0 ||
           headers_count(headers, "X-Idempotency-Key") > 0;
}

bool request_method_is_head(const char *method)
{
    return strcmp(method, "HEAD") == 0;
}
