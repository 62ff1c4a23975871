/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A received response. Struct, field table, head, URL and a body of known and
 * moderate length are one allocation; the getters are in client/response.c.
 * The head's bytes are a copy in which a NUL ends each name and value, so that
 * they are C strings in place.
 *
 * Invariant: body has room for one byte more than body_cap; that byte is the NUL
 * behind the body and, while a body of known length is read, catches a byte too
 * many.
 */
#ifndef GOFER_TRANSPORT_MESSAGE_H
#define GOFER_TRANSPORT_MESSAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/response_head.h"
#include "net/addr.h"
#include <gofer/response.h>

enum { MESSAGE_BODY_INLINE = 256 * 1024 };

struct history;
struct stream;
struct trace;

struct gofer_response {
    int status; /* 0: none, see error */
    int minor;
    int64_t content_length;
    struct head_field *fields;
    size_t fields_len;
    char *head; /* what the fields' offsets count from */
    const char *reason;
    const char *url;
    char *body;
    size_t body_len;
    size_t body_cap;
    bool body_apart; /* the body is an allocation of its own */
    char *trailers;  /* owned; their lines, in which a NUL ends each name and value; or NULL */
    struct head_field *trailer_fields; /* in the same allocation */
    size_t trailers_len;
    struct stream *stream; /* client/stream.h; or NULL: not streaming */
    size_t read_at;        /* where gofer_response_read() is in a gathered body */
    _Atomic bool closed;   /* a gathered one, by gofer_response_close(), on any thread */
    _Atomic bool refused;  /* and read after that */
    bool uncompressed;     /* its content coding was undone on the way in */
    bool tls_resumed;
    const char *tls_version; /* static; NULL: plain, as the next one */
    const char *tls_cipher;
    struct tls_shown *certificate; /* a reference; NULL: plain */
    struct addr peer;              /* its family is 0 where there is none */
    gofer_error *error;            /* inside this allocation, or NULL */
    struct trace *trace;           /* a reference, to its times; or NULL */
    bool error_apart;              /* it is an allocation of its own */
    struct history *history;       /* owned: the redirects before it; or NULL: none */
};

/*
 * Makes a response from a parsed head. `fields` are the first of head->fields_len;
 * where that is more than HEAD_FIELDS_INLINE, the head is parsed again. The body is empty, with
 * body_room bytes of room inside the allocation. NULL without memory.
 */
struct gofer_response *message_new(const struct response_head *head, const char *bytes, size_t len,
                                   const struct head_field *fields, const char *url, size_t url_len,
                                   size_t body_room);

/* Makes a response with status 0 that carries a copy of an error. NULL without memory. */
struct gofer_response *message_new_error(const gofer_error *error, const char *url);

/* Notes whose times are the response's; takes a reference. Both may be NULL. */
void message_note_trace(struct gofer_response *response, struct trace *trace);

/* Whether field i has that name; takes away those that have. */
bool message_is_field(const struct gofer_response *response, size_t i, const char *name);
void message_drop_fields(struct gofer_response *response, const char *name);

/* Gives a response, whose body nobody reads any more, a copy of an error. False without memory. */
bool message_blame(struct gofer_response *response, const gofer_error *error);

/* Makes room for len more body bytes. False without memory. */
bool message_reserve(struct gofer_response *response, size_t len);

/* Appends to the body. False without memory. */
bool message_append(struct gofer_response *response, const char *bytes, size_t len);

/* Takes the lines of a trailer section that was decoded. False without memory. */
bool message_take_trailers(struct gofer_response *response, struct buf *lines);

/* Frees a response that is not, or no longer, streaming. NULL is legal. */
void message_free(struct gofer_response *response);

#endif
