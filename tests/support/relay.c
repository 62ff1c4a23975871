/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See relay.h.
 */
#include "support/relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK_BYTES = 16 * 1024 };

int relay_connect(uint16_t port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0)
        return fd;
    close(fd);
    return -1;
}

bool relay_send(int fd, const void *data, size_t len)
{
    const char *from = data;

    while (len > 0) {
        ssize_t n = send(fd, from, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        from += n;
        len -= (size_t)n;
    }
    return true;
}

static size_t receive(int fd, char *buf, size_t len)
{
    ssize_t n;

    do {
        n = recv(fd, buf, len, 0);
    } while (n < 0 && errno == EINTR);
    return n > 0 ? (size_t)n : 0;
}

/* One block from one end to the other. False at the end. */
static bool carry_up(struct peer *peer, int fd)
{
    char block[BLOCK_BYTES];
    size_t n = peer_receive(peer, block, sizeof block);

    return n > 0 && relay_send(fd, block, n);
}

static bool carry_down(int fd, struct peer *peer)
{
    char block[BLOCK_BYTES];
    size_t n = receive(fd, block, sizeof block);

    return n > 0 && peer_send(peer, block, n);
}

void relay_run(struct peer *peer, int fd)
{
    struct pollfd ends[2] = {{.fd = peer_fd(peer), .events = POLLIN}, {.fd = fd, .events = POLLIN}};

    for (;;) {
        while (peer_has_received(peer))
            if (!carry_up(peer, fd))
                return;
        if (poll(ends, 2, -1) < 0 && errno != EINTR)
            return;
        if (ends[0].revents != 0 && !carry_up(peer, fd))
            return;
        if (ends[1].revents != 0 && !carry_down(fd, peer)) {
            peer_finish(peer);
            ends[1].fd = -1;
            ends[1].revents = 0;
        }
    }
}

/* As receive(), but nothing where the peer goes first: an origin may never answer. */
static size_t receive_for(struct peer *peer, int fd, char *buf, size_t len)
{
    struct pollfd ends[2] = {{.fd = peer_fd(peer), .events = POLLRDHUP},
                             {.fd = fd, .events = POLLIN}};

    while (poll(ends, 2, -1) < 0)
        if (errno != EINTR)
            return 0;
    return ends[0].revents == 0 ? receive(fd, buf, len) : 0;
}

/* Reads on until the head is complete; its length, or 0. More may stand behind it. */
static size_t read_head(struct peer *peer, int fd, char *buf, size_t *len)
{
    for (;;) {
        const char *end = memmem(buf, *len, "\r\n\r\n", 4);
        if (end != NULL)
            return (size_t)(end - buf) + 4;
        size_t n = *len < BLOCK_BYTES ? receive_for(peer, fd, buf + *len, BLOCK_BYTES - *len) : 0;
        if (n == 0)
            return 0;
        *len += n;
    }
}

/* What its head says of a response: its status, and its length or -1. */
static long body_length(const char *head, size_t len, int *status)
{
    static const char name[] = "\r\nContent-Length: ";
    const char *field = memmem(head, len, name, sizeof name - 1);

    *status = atoi(head + sizeof "HTTP/1.1" - 1);
    if (*status < 200 || *status == 204 || *status == 304)
        return 0;
    return field != NULL ? atol(field + sizeof name - 1) : -1;
}

/* The rest of a body of which `left` bytes are to come, or all there is (negative). */
static bool carry_body(struct peer *peer, int fd, long left)
{
    char block[BLOCK_BYTES];

    while (left != 0) {
        size_t want = left > 0 && left < (long)sizeof block ? (size_t)left : sizeof block;
        size_t n = receive_for(peer, fd, block, want);
        if (n == 0 || !peer_send(peer, block, n))
            return false;
        left -= left > 0 ? (long)n : 0;
    }
    return true;
}

bool relay_response(struct peer *peer, int fd, bool head_request)
{
    char buf[BLOCK_BYTES];
    size_t len = 0;
    int status = 0;

    while (status < 200) {
        size_t head = read_head(peer, fd, buf, &len);
        if (head == 0)
            return false;
        long body = body_length(buf, head, &status);
        if (status < 200) {
            if (!peer_send(peer, buf, head))
                return false;
            len -= head;
            memmove(buf, buf + head, len);
            continue;
        }
        if (!peer_send(peer, buf, len))
            return false;
        if (!head_request && !carry_body(peer, fd, body < 0 ? -1 : body - (long)(len - head)))
            return false;
    }
    return true;
}
