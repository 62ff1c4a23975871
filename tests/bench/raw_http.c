/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See raw_http.h.
 */
#include "raw_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool raw_target_init(struct raw_target *target, const char *url)
{
    char host[64];
    unsigned port;
    int used = 0;
    if (sscanf(url, "http://%63[0-9.]:%u%n", host, &port, &used) != 2 || port > 65535)
        return false;
    target->address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    target->request_len =
        (size_t)snprintf(target->request, sizeof(target->request),
                         "GET %s HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: raw/1.0\r\nAccept: */*\r\n"
                         "Accept-Encoding: gzip, deflate, br, zstd\r\n\r\n",
                         url + used, host, port);
    return target->request_len < sizeof(target->request) &&
           inet_pton(AF_INET, host, &target->address.sin_addr) == 1;
}

int raw_dial(const struct raw_target *target, bool blocking)
{
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, (const struct sockaddr *)&target->address, sizeof(target->address)) == 0 ||
        errno == EINPROGRESS)
        return fd;
    close(fd);
    return -1;
}

static size_t content_length(const char *head, size_t len)
{
    static const char name[] = "\r\nContent-Length: ";
    const char *field = memmem(head, len, name, sizeof(name) - 1);
    return field != NULL ? strtoul(field + sizeof(name) - 1, NULL, 10) : 0;
}

ssize_t raw_answer_len(const char *data, size_t len, size_t body_len)
{
    const char *end = memmem(data, len, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    size_t head = (size_t)(end - data) + 4;
    bool right = memcmp(data, "HTTP/1.1 200", 12) == 0 && content_length(data, head) == body_len;
    return right ? (ssize_t)(head + body_len) : -1;
}
