/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Laying a response out in one block:
 *   struct | error | field table | head, NUL | url, NUL | body room, NUL
 */
#include "transport/message.h"

#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "http/trailer.h"
#include "net/tls_certificate.h"
#include "transport/history.h"
#include "transport/trace.h"

static size_t aligned(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

/* Takes the fields over, and ends every name and value with a NUL: over the colon, and over the CR,
 * LF or blank behind the value. */
static inline void take_fields(struct head_field *to, const struct head_field *from,
                               size_t fields_len, char *head)
{
    for (size_t i = 0; i < fields_len; i++) {
        struct head_field f = from[i];
        head[f.name + f.name_len] = '\0';
        head[f.value + f.value_len] = '\0';
        to[i] = f;
    }
}

struct gofer_response *message_new(const struct response_head *head, const char *bytes, size_t len,
                                   const struct head_field *fields, const char *url, size_t url_len,
                                   size_t body_room)
{
    size_t table = aligned(head->fields_len * sizeof(*fields));
    size_t size = sizeof(struct gofer_response) + table + len + 1 + url_len + 1 + body_room + 1;
    struct gofer_response *r = mem_alloc(size);
    if (r == NULL)
        return NULL;
    char *at = (char *)(r + 1);
    *r = (struct gofer_response){.status = head->status,
                                 .minor = head->minor,
                                 .content_length = head->content_length,
                                 .fields = (struct head_field *)(void *)at,
                                 .fields_len = head->fields_len,
                                 .head = at + table,
                                 .url = at + table + len + 1,
                                 .body = at + table + len + 1 + url_len + 1,
                                 .body_cap = body_room};
    memcpy(r->head, bytes, len);
    r->head[len] = '\0';
    memcpy((char *)r->url, url, url_len + 1);
    if (head->fields_len > HEAD_FIELDS_INLINE) {
        struct response_head again;
        head_parse(bytes, len, ASKED_CODED, &again, r->fields, head->fields_len);
        fields = r->fields;
    }
    take_fields(r->fields, fields, r->fields_len, r->head);
    r->head[head->reason + head->reason_len] = '\0';
    r->reason = r->head + head->reason;
    r->body[0] = '\0';
    return r;
}

struct gofer_response *message_new_error(const gofer_error *error, const char *url)
{
    size_t message_len = strlen(error->message);
    size_t url_len = strlen(url);
    size_t room = aligned(sizeof(*error)) + message_len + 1 + url_len + 1 + 1;
    struct gofer_response *r = mem_alloc(sizeof(*r) + room);
    if (r == NULL)
        return NULL;
    gofer_error *copy = (gofer_error *)(void *)(r + 1);
    char *message = (char *)copy + aligned(sizeof(*error));
    char *url_copy = message + message_len + 1;
    memcpy(message, error->message, message_len + 1);
    memcpy(url_copy, url, url_len + 1);
    *copy = *error;
    copy->message = message;
    char *body = url_copy + url_len + 1;
    *body = '\0';
    *r = (struct gofer_response){
        .content_length = -1, .reason = body, .url = url_copy, .body = body, .error = copy};
    return r;
}

bool message_is_field(const struct gofer_response *response, size_t i, const char *name)
{
    return ascii_equal(response->head + response->fields[i].name, name);
}

void message_drop_fields(struct gofer_response *response, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < response->fields_len; i++)
        if (!message_is_field(response, i, name))
            response->fields[kept++] = response->fields[i];
    response->fields_len = kept;
}

bool message_blame(struct gofer_response *response, const gofer_error *error)
{
    size_t len = strlen(error->message) + 1;
    gofer_error *copy = mem_alloc(sizeof(*copy) + len);
    if (copy == NULL)
        return false;
    *copy = *error;
    copy->message = memcpy(copy + 1, error->message, len);
    response->error = copy;
    response->error_apart = true;
    response->body_len = 0;
    response->body[0] = '\0';
    return true;
}

static bool has_room(const struct gofer_response *response, size_t len)
{
    return len <= response->body_cap - response->body_len;
}

bool message_reserve(struct gofer_response *response, size_t len)
{
    if (has_room(response, len))
        return true;
    size_t cap = response->body_cap > 0 ? response->body_cap : 1024;
    while (cap - response->body_len < len && cap <= SIZE_MAX / 4)
        cap *= 2;
    if (cap - response->body_len < len)
        return false;
    char *body = mem_realloc(response->body_apart ? response->body : NULL, cap + 1);
    if (body == NULL)
        return false;
    if (!response->body_apart)
        memcpy(body, response->body, response->body_len);
    response->body = body;
    response->body_cap = cap;
    response->body_apart = true;
    return true;
}

bool message_append(struct gofer_response *response, const char *bytes, size_t len)
{
    if (!has_room(response, len) && !message_reserve(response, len))
        return false;
    memcpy(response->body + response->body_len, bytes, len);
    response->body_len += len;
    return true;
}

bool message_take_trailers(struct gofer_response *response, struct buf *lines)
{
    size_t n = trailer_parse(lines->data, lines->len, NULL, 0);
    size_t table = n * sizeof(struct head_field);
    char *block = buf_failed(lines) ? NULL : mem_alloc(table + lines->len + 1);
    if (block == NULL)
        return false;
    response->trailer_fields = (struct head_field *)(void *)block;
    response->trailers = memcpy(block + table, lines->data, lines->len);
    response->trailers_len = trailer_parse(lines->data, lines->len, response->trailer_fields, n);
    take_fields(response->trailer_fields, response->trailer_fields, n, response->trailers);
    buf_fini(lines);
    return true;
}

void message_note_trace(struct gofer_response *response, struct trace *trace)
{
    if (response != NULL)
        response->trace = trace_ref(trace);
}

void message_free(struct gofer_response *response)
{
    if (response == NULL)
        return;
    trace_unref(response->trace);
    if (response->body_apart)
        mem_free(response->body);
    if (response->error_apart)
        mem_free(response->error);
    history_free(response->history);
    mem_free(response->trailer_fields);
    tls_certificate_unref(response->certificate);
    mem_free(response);
}
