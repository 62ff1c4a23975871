/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The sockets of one c-ares channel. c-ares gets gofer's own socket functions,
 * for what its own do not do: a descriptor is close-on-exec from birth, leaves
 * the epoll set before it is closed, raises no SIGPIPE when a server resets a
 * TCP query, hands over a bounded number of datagrams a step, and finds the
 * interface of a link-local server, which c-ares 1.18 has no place for.
 *
 * Which socket became ready is not known to the task (EV_IO says only that one
 * did), so all of them are offered to c-ares: there are two a server at most,
 * and a read in vain is one system call.
 *
 * The resolver's task calls all of this; no lock.
 */
#ifndef GOFER_NET_DNS_SOCKET_H
#define GOFER_NET_DNS_SOCKET_H

/* What newer versions call old is what version 1.18 has. */
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "net/addr.h"

struct task;

struct dns_sockets {
    struct task *task; /* woken by them */
    ares_channel channel;
    const struct addr *servers; /* borrowed; their zones */
    size_t servers_len;
    /* Sees each datagram before c-ares does. */
    void (*on_datagram)(void *arg, const unsigned char *packet, size_t len);
    void *arg;
    struct list open;
    unsigned round;
    int reads_left; /* in this step */
};

/* Makes the channel use them. It was made with dns_sockets_note() as its sock_state_cb. */
void dns_sockets_attach(struct dns_sockets *socks);
void dns_sockets_note(void *socks, ares_socket_t fd, int readable, int writable);

/* Lets c-ares read and write whatever is ready. */
void dns_sockets_process(struct dns_sockets *socks);

/* Arms the watches of all; false where one could not be. */
bool dns_sockets_watch(struct dns_sockets *socks);

#endif
