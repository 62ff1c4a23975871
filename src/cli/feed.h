/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A request's body that comes as fast as something lets it: a descriptor that may
 * be silent for long (stdin, a pipe), --limit-rate, --crlf. The library asks for
 * bytes and is never kept waiting: where there are none yet it is told so, and a
 * thread of the feed's own waits for the descriptor, or for the time, and then
 * says that there are. So deadlines and Ctrl-C hold however long stdin is silent.
 *
 *     the call asks ──no bytes──► waited for ──poll, time──► gofer_request_body_ready()
 *
 * Life: feed_new, feed_attach, feed_stop before the request is freed. The reader
 * of the request holds the rest, and frees it when no call reads any more. `lock`
 * guards what the thread is to do; the bytes are the reader's alone.
 */
#ifndef GOFER_CLI_FEED_H
#define GOFER_CLI_FEED_H

#include <gofer/request.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct feed;

/* Where the bytes are from, and how they go. */
struct feed_source {
    int fd;                   /* negative: from memory */
    bool owns_fd;             /* it is closed in the end */
    bool seeks;               /* a regular file, read from `offset` on; it can begin again */
    int64_t offset;           /* in the file */
    const char *data;         /* in memory, borrowed; or NULL: */
    gofer_body_reader reader; /* taken over */
    int64_t length;           /* of what is sent; -1: unknown */
    bool crlf;                /* each lone LF becomes CRLF; length is that of the result */
    int64_t bytes_per_s;      /* 0: as fast as they go */
};

/* Ends the program without memory. */
struct feed *feed_new(const struct feed_source *source);

/* Makes it the request's body. It is the reader's from here on; NULL where the library refused it,
 * which the request remembers. */
struct feed *feed_attach(struct feed *feed, gofer_request *request);

/* The thread ends, if there is one; who reads afterwards gets an error. NULL is legal. */
void feed_stop(struct feed *feed);

/* How many bytes a file from `offset` on becomes with lone LFs made CRLF; negative, with errno,
 * where it cannot be read. */
int64_t feed_crlf_length(int fd, int64_t offset);

#endif
