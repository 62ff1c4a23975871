/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The floor: each thread sends the same bytes on its own blocking socket and
 * reads the answer, with as little parsing as tells where the answer ends (the
 * blank line and Content-Length). No deadline, no error handling worth the name,
 * no reuse by others: what remains is what the kernel costs.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct raw {
    int fd;
    size_t request_len;
    size_t body_len;
    char request[512];
    char buffer[65536];
};

/* Only what the bench's own URLs need: http, an IPv4 literal, a port, a path. */
static bool parse_url(const char *url, struct sockaddr_in *address, const char **path)
{
    char host[64];
    unsigned port;
    int used = 0;
    if (sscanf(url, "http://%63[0-9.]:%u%n", host, &port, &used) != 2 || port > 65535)
        return false;
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    *path = url + used;
    return inet_pton(AF_INET, host, &address->sin_addr) == 1;
}

static int dial(const struct sockaddr_in *address)
{
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
        return fd;
    close(fd);
    return -1;
}

static void *raw_open(const struct run *run, void *shared)
{
    struct sockaddr_in address;
    const char *path;
    struct raw *raw = calloc(1, sizeof(*raw));
    (void)shared;
    if (raw == NULL || !parse_url(run->url, &address, &path) || (raw->fd = dial(&address)) < 0) {
        free(raw);
        return NULL;
    }
    raw->body_len = run->body_len;
    raw->request_len = (size_t)snprintf(
        raw->request, sizeof(raw->request),
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: raw/1.0\r\nAccept: */*\r\n\r\n", path,
        ntohs(address.sin_port));
    return raw;
}

/* Length of the head with its blank line, or 0 while that has not come. */
static size_t head_len(const char *data, size_t len)
{
    const char *end = memmem(data, len, "\r\n\r\n", 4);
    return end != NULL ? (size_t)(end - data) + 4 : 0;
}

static size_t content_length(const char *head, size_t len)
{
    static const char name[] = "\r\nContent-Length: ";
    const char *field = memmem(head, len, name, sizeof(name) - 1);
    return field != NULL ? strtoul(field + sizeof(name) - 1, NULL, 10) : 0;
}

/* Bytes of the whole answer; 0 when the connection ended first. *len is what has been read. */
static size_t read_head(struct raw *raw, size_t *len)
{
    *len = 0;
    while (*len < sizeof(raw->buffer)) {
        ssize_t n = recv(raw->fd, raw->buffer + *len, sizeof(raw->buffer) - *len, 0);
        if (n <= 0)
            return 0;
        *len += (size_t)n;
        size_t head = head_len(raw->buffer, *len);
        if (head > 0 && content_length(raw->buffer, head) == raw->body_len)
            return head + raw->body_len;
        if (head > 0)
            return 0;
    }
    return 0;
}

static bool raw_get(void *lane)
{
    struct raw *raw = lane;
    size_t len;
    if (send(raw->fd, raw->request, raw->request_len, MSG_NOSIGNAL) != (ssize_t)raw->request_len)
        return false;
    size_t total = read_head(raw, &len);
    if (total == 0)
        return false;
    bool ok = memcmp(raw->buffer, "HTTP/1.1 200", 12) == 0;
    while (len < total) {
        ssize_t n = recv(raw->fd, raw->buffer, sizeof(raw->buffer), 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
    }
    return ok && len == total;
}

static void raw_close(void *lane)
{
    struct raw *raw = lane;
    close(raw->fd);
    free(raw);
}

int raw_main(struct run *run)
{
    static const struct lane_ops ops = {raw_open, raw_get, raw_close};
    return lanes_run(run, &ops, NULL);
}
