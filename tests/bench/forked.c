/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Orders are messages over a SOCK_SEQPACKET pair, whose end of file is the
 * owner's death.
 */
#include "forked.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BACKLOG = 16384, PATIENCE_MS = 30000 };

struct message {
    enum order order;
    long count;
};

static int open_listener(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        close(fd);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

bool forked_start(struct forked *forked, void (*serve)(int listener, int control))
{
    int pair[2];
    int listener = open_listener(&forked->port);
    if (listener < 0)
        return false;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        close(listener);
        return false;
    }
    forked->pid = fork();
    if (forked->pid == 0) {
        close(pair[0]);
        serve(listener, pair[1]);
        _exit(0);
    }
    close(pair[1]);
    close(listener);
    forked->control = pair[0];
    return forked->pid > 0;
}

static void give_order(struct forked *forked, enum order order, long count)
{
    struct message message = {.order = order, .count = count};
    send(forked->control, &message, sizeof(message), MSG_NOSIGNAL);
}

bool forked_wait_held(struct forked *forked, long count)
{
    struct pollfd pollfd = {.fd = forked->control, .events = POLLIN};
    char byte;
    give_order(forked, ORDER_TELL_WHEN_HELD, count);
    return poll(&pollfd, 1, PATIENCE_MS) == 1 && recv(forked->control, &byte, 1, 0) == 1;
}

void forked_release(struct forked *forked)
{
    give_order(forked, ORDER_RELEASE, 0);
}

void forked_stop(struct forked *forked)
{
    close(forked->control);
    waitpid(forked->pid, NULL, 0);
}

enum order forked_obey(int control, long *count)
{
    struct message message;
    if (recv(control, &message, sizeof(message), 0) != (ssize_t)sizeof(message))
        return ORDER_GONE;
    *count = message.count;
    return message.order;
}

void forked_tell(int control)
{
    char byte = 1;
    send(control, &byte, 1, MSG_NOSIGNAL);
}
