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

static int open_socket(int flags)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

    if (fd >= 0)
        return fd;
    perror("socket");
    abort();
}

void blackhole_open(struct blackhole *hole)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    hole->listener = open_socket(0);
    if (bind(hole->listener, (struct sockaddr *)&addr, sizeof addr) != 0 ||
        listen(hole->listener, 0) != 0 ||
        getsockname(hole->listener, (struct sockaddr *)&addr, &len) != 0)
        abort();
    hole->port = ntohs(addr.sin_port);
    for (int i = 0; i < FILL; i++) {
        /* The first completes; the others find the queue full and stay in SYN_SENT. */
        hole->fill[i] = open_socket(i == 0 ? 0 : SOCK_NONBLOCK);
        (void)!connect(hole->fill[i], (struct sockaddr *)&addr, sizeof addr);
    }
}

void blackhole_close(struct blackhole *hole)
{
    for (int i = 0; i < FILL; i++)
        close(hole->fill[i]);
    close(hole->listener);
}
