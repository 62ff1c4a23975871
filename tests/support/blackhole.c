/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See blackhole.h.
 */
#include "support/blackhole.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILL = sizeof((struct blackhole *)0)->fill / sizeof(int) };

static int open_socket(int family, int flags)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

    if (fd >= 0)
        return fd;
    perror("socket");
    abort();
}

static void open_at(struct blackhole *hole, struct sockaddr *addr, socklen_t len)
{
    hole->listener = open_socket(addr->sa_family, 0);
    if (bind(hole->listener, addr, len) != 0 || listen(hole->listener, 0) != 0 ||
        getsockname(hole->listener, addr, &len) != 0)
        abort();
    for (int i = 0; i < FILL; i++) {
        /* The first completes; the others find the queue full and stay in SYN_SENT. */
        hole->fill[i] = open_socket(addr->sa_family, i == 0 ? 0 : SOCK_NONBLOCK);
        (void)!connect(hole->fill[i], addr, len);
    }
}

void blackhole_open(struct blackhole *hole)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    open_at(hole, (struct sockaddr *)&addr, sizeof addr);
    hole->port = ntohs(addr.sin_port);
}

void blackhole_open_ipv6(struct blackhole *hole, uint16_t port)
{
    struct sockaddr_in6 addr = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};

    addr.sin6_port = htons(port);
    open_at(hole, (struct sockaddr *)&addr, sizeof addr);
    hole->port = port;
}

void blackhole_close(struct blackhole *hole)
{
    for (int i = 0; i < FILL; i++)
        close(hole->fill[i]);
    close(hole->listener);
}
