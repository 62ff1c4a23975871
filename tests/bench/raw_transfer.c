/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The floor of large bodies: a blocking socket, and a loop of recv, send or
 * sendfile around it. Of HTTP it knows how to write a head and where one ends.
 */
#include "bulk_origin.h"
#include "transfer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SEND_BYTES = 256 * 1024, SENDFILE_BYTES = 1024 * 1024 };

int raw_connect(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n < 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

/* Reads the head of an answer. Returns how many bytes of the body, which begin at bulk->buffer,
 * came with it; -1 where it is none. */
static ssize_t read_head(struct bulk *bulk)
{
    size_t len = 0;
    while (len < BULK_BUFFER_BYTES) {
        ssize_t n = recv(bulk->raw, bulk->buffer + len, BULK_BUFFER_BYTES - len, 0);
        if (n <= 0)
            return -1;
        len += (size_t)n;
        const char *end = memmem(bulk->buffer, len, "\r\n\r\n", 4);
        if (end == NULL)
            continue;
        size_t head = (size_t)(end - bulk->buffer) + 4;
        memmove(bulk->buffer, bulk->buffer + head, len - head);
        return (ssize_t)(len - head);
    }
    return -1;
}

static bool receive(struct bulk *bulk, uint64_t bytes, size_t piece)
{
    char head[128];
    int len = snprintf(head, sizeof(head), "GET /down?%llu HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                       (unsigned long long)bytes);
    if (!send_all(bulk->raw, head, (size_t)len))
        return false;
    ssize_t n = read_head(bulk);
    uint64_t got = n > 0 ? (uint64_t)n : 0;
    while (n >= 0 && got < bytes) {
        uint64_t left = bytes - got;
        n = recv(bulk->raw, bulk->buffer, left < piece ? (size_t)left : piece, 0);
        if (n <= 0)
            return false;
        got += (uint64_t)n;
    }
    return got == bytes;
}

bool raw_recv_64k(struct bulk *bulk, uint64_t bytes)
{
    return receive(bulk, bytes, 64 * 1024);
}

bool raw_recv_256k(struct bulk *bulk, uint64_t bytes)
{
    return receive(bulk, bytes, 256 * 1024);
}

static bool send_put(struct bulk *bulk, uint64_t bytes)
{
    char head[128];
    int len = snprintf(head, sizeof(head),
                       "PUT /up HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %llu\r\n\r\n",
                       (unsigned long long)bytes);
    return send_all(bulk->raw, head, (size_t)len);
}

/* The origin says how many bytes it got. */
static bool confirm(struct bulk *bulk, uint64_t bytes)
{
    ssize_t len = read_head(bulk);
    while (len >= 0 && len < BULK_ANSWER_BYTES) {
        ssize_t n = recv(bulk->raw, bulk->buffer + len, (size_t)(BULK_ANSWER_BYTES - len), 0);
        if (n <= 0)
            return false;
        len += n;
    }
    if (len < 0)
        return false;
    bulk->buffer[len] = '\0';
    return strtoull(bulk->buffer, NULL, 10) == bytes;
}

bool raw_send(struct bulk *bulk, uint64_t bytes)
{
    if (!send_put(bulk, bytes))
        return false;
    for (uint64_t at = 0; at < bytes; at += SEND_BYTES) {
        uint64_t left = bytes - at;
        if (!send_all(bulk->raw, bulk->memory + at, left < SEND_BYTES ? (size_t)left : SEND_BYTES))
            return false;
    }
    return confirm(bulk, bytes);
}

bool raw_sendfile(struct bulk *bulk, uint64_t bytes)
{
    off_t at = 0;
    if (!send_put(bulk, bytes))
        return false;
    while ((uint64_t)at < bytes) {
        uint64_t left = bytes - (uint64_t)at;
        size_t count = left < SENDFILE_BYTES ? (size_t)left : SENDFILE_BYTES;
        if (sendfile(bulk->raw, bulk->file, &at, count) <= 0)
            return false;
    }
    return confirm(bulk, bytes);
}
