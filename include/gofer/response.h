/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Responses. A response is owned by who received it and stays valid after the
 * client was freed. Reading one from several threads is fine; freeing is once.
 * Every function accepts NULL.
 */
#ifndef GOFER_RESPONSE_H
#define GOFER_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

#include <gofer/error.h>

GOFER_BEGIN_DECLS

typedef struct gofer_response gofer_response;

/* Frees the response and everything it returned. NULL is legal. */
GOFER_API void gofer_response_free(gofer_response *response);

/* The status code, 100 to 999; 0 when there is no response (see gofer_response_error()). */
GOFER_API int gofer_response_status(const gofer_response *response);

/* The reason phrase as the server sent it, maybe "". Never NULL. */
GOFER_API const char *gofer_response_reason(const gofer_response *response);

/* The minor version of the server's HTTP/1: 0 or 1. */
GOFER_API int gofer_response_http_minor(const gofer_response *response);

/*
 * The value of the first header field of that name (case does not matter), or
 * NULL. Lives as long as the response.
 */
GOFER_API const char *gofer_response_header(const gofer_response *response, const char *name);

/* How many header fields there are. */
GOFER_API size_t gofer_response_header_count(const gofer_response *response);

/*
 * Field number index, in the server's order and spelling. Returns 1, or 0 past
 * the end. name and value may be NULL.
 */
GOFER_API int gofer_response_header_at(const gofer_response *response, size_t index,
                                       const char **name, const char **value);

/* The body's length as the server declared it (for HEAD too), or -1. */
GOFER_API int64_t gofer_response_content_length(const gofer_response *response);

/*
 * The body, and its length in *len where len is not NULL. A NUL that the length
 * does not count follows. Never NULL; "" without a body.
 */
GOFER_API const void *gofer_response_body(const gofer_response *response, size_t *len);

/* The URL that answered, without fragment and password. Never NULL. */
GOFER_API const char *gofer_response_url(const gofer_response *response);

/* The call's error, or NULL when the call succeeded. */
GOFER_API const gofer_error *gofer_response_error(const gofer_response *response);

GOFER_END_DECLS

#endif
