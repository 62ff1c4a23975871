/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Responses. A response is owned by who received it and stays valid after the
 * client was freed. Reading one from several threads is fine; freeing is once.
 * Every function accepts NULL.
 *
 * A streaming response (gofer_request_set_streaming()) is a call that goes on: its
 * time limits run, from any thread and between reads, and its future and cancel
 * token still cancel it. Buffered responses may be read with the same functions.
 */
#ifndef GOFER_RESPONSE_H
#define GOFER_RESPONSE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <gofer/error.h>
#include <gofer/tls.h>

GOFER_BEGIN_DECLS

typedef struct gofer_response gofer_response;

/* Frees the response and everything it returned; closes it first. NULL is legal. */
GOFER_API void gofer_response_free(gofer_response *response);

/* The status code, 100 to 999; 0 when there is no response (see gofer_response_error()). */
GOFER_API int gofer_response_status(const gofer_response *response);

/* The reason phrase as the server sent it, maybe "". Never NULL. */
GOFER_API const char *gofer_response_reason(const gofer_response *response);

/* The minor version of the server's HTTP/1: 0 or 1. 9 for HTTP/0.9, where that was accepted. */
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
 * does not count follows. Never NULL; "" without a body and for a streaming response.
 */
GOFER_API const void *gofer_response_body(const gofer_response *response, size_t *len);

/*
 * Reads body bytes: up to len of them as soon as there is one. Returns how many,
 * 0 at the end (the connection is then free for other calls), or -1 with
 * gofer_response_error() after the bytes that came before it: a body that ends
 * early is an error, never an end. Blocks, so not in a callback (-1, errno
 * EDEADLK). For one thread at a time; len 0 returns 0.
 */
GOFER_API ssize_t gofer_response_read(gofer_response *response, void *buf, size_t len);

/* What gofer_response_read_for() returns when its own time is up. */
#define GOFER_READ_PENDING (-2)

/* Reads and waits at most timeout_ms for the first byte (0 polls, and is legal in a callback;
 * -1 waits for ever). */
GOFER_API ssize_t gofer_response_read_for(gofer_response *response, void *buf, size_t len,
                                          int64_t timeout_ms);

/*
 * Calls fn(arg) once, on a thread of the client, as soon as a read would not
 * block: for bytes, the end, or an error; at once and on this thread where that
 * is so already. fn NULL, and freeing the response, take an earlier one back that
 * is not on its way yet. A read may still find nothing (GOFER_READ_PENDING): ask
 * again then. GOFER_OK, or GOFER_ERR_NOMEM, where an earlier one stays.
 */
GOFER_API gofer_status gofer_response_on_readable(gofer_response *response, void (*fn)(void *arg),
                                                  void *arg);

/*
 * Writes the rest of the body to a descriptor, or hands it to fn(arg, data, len)
 * piece by piece; fn returns 0 to go on. Block until the end. GOFER_OK, the
 * call's error, GOFER_ERR_SYSTEM with errno where writing failed, or
 * GOFER_ERR_CANCELED where fn said stop; the response is closed after a failure.
 */
GOFER_API gofer_status gofer_response_to_fd(gofer_response *response, int fd);
GOFER_API gofer_status gofer_response_to_callback(
    gofer_response *response, int (*fn)(void *arg, const void *data, size_t len), void *arg);

/*
 * After status 101: writes to the connection, all len bytes, and returns len; or
 * -1 with gofer_response_error(). One thread may write while another reads. A
 * write that fails leaves reading alone: what the peer said before is still there.
 * gofer_response_shutdown_write() tells the peer that nothing more comes; a write
 * after it returns -1 with errno EPIPE. Elsewhere -1 with errno EINVAL, or
 * GOFER_ERR_INVALID.
 */
GOFER_API ssize_t gofer_response_write(gofer_response *response, const void *data, size_t len);
GOFER_API gofer_status gofer_response_shutdown_write(gofer_response *response);

/*
 * Ends the exchange now, from any thread: a blocked read or write wakes, later
 * ones return -1 with GOFER_ERR_CLOSED. The rest of a small body is read in the
 * background (at most 256 KiB and 50 ms) so that the connection can be used
 * again; else it is closed.
 */
GOFER_API void gofer_response_close(gofer_response *response);

/*
 * The trailer fields (RFC 9110 section 6.5), there once the body was read to its
 * end; as the header functions above. Fields that may not be trailers are left out.
 */
GOFER_API const char *gofer_response_trailer(const gofer_response *response, const char *name);
GOFER_API size_t gofer_response_trailer_count(const gofer_response *response);
GOFER_API int gofer_response_trailer_at(const gofer_response *response, size_t index,
                                        const char **name, const char **value);

/* Whether the body came compressed and was decompressed on its way in (gofer_content_codings()):
 * then Content-Encoding and Content-Length are gone. */
GOFER_API int gofer_response_uncompressed(const gofer_response *response);

/* The URL that answered, without fragment and password. Never NULL. */
GOFER_API const char *gofer_response_url(const gofer_response *response);

/*
 * Where the response's Location leads, made whole with the URL that answered, fragment
 * included: writes it and a NUL to buf, cut where cap is less, and returns its length,
 * however large cap is. 0, and "" where there is room, without a Location, where it is
 * no http or https URL, and without memory.
 */
GOFER_API size_t gofer_response_location(const gofer_response *response, char *buf, size_t cap);

/*
 * The redirects that were followed before this response: how many; and of number
 * index, from 0, the first first, its status and the URL that answered. Returns 1,
 * or 0 past the end. status and url may be NULL; they live as long as the response.
 */
GOFER_API size_t gofer_response_redirect_count(const gofer_response *response);
GOFER_API int gofer_response_redirect_at(const gofer_response *response, size_t index, int *status,
                                         const char **url);

/*
 * The connection's TLS: its version ("TLSv1.3") and cipher
 * ("TLS_AES_256_GCM_SHA384") as OpenSSL names them, and whether its handshake
 * resumed an earlier session. NULL and 0 for http and without a response. Static.
 */
GOFER_API const char *gofer_response_tls_version(const gofer_response *response);
GOFER_API const char *gofer_response_tls_cipher(const gofer_response *response);
GOFER_API int gofer_response_tls_resumed(const gofer_response *response);

/*
 * The certificate that the server showed, in this connection's handshake or in
 * the one that it resumed, in words: the caller's, for gofer_certificate_free().
 * NULL for http, without a response and without memory.
 */
GOFER_API gofer_certificate *gofer_response_certificate(const gofer_response *response);

/*
 * Who answered: the address that the connection went to, and its length in *len
 * where len is not NULL. NULL and 0 without a response and for a unix-domain
 * socket. Lives as long as the response.
 */
GOFER_API const struct sockaddr *gofer_response_peer(const gofer_response *response,
                                                     socklen_t *len);

/* The call's error, or NULL when the call succeeded. Of no response, which is what a call leaves
 * that had no memory for one, it is GOFER_ERR_NOMEM: after a failure it is never NULL. */
GOFER_API const gofer_error *gofer_response_error(const gofer_response *response);

GOFER_END_DECLS

#endif
