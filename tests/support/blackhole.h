/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An address of this machine on which every connection attempt hangs: a
 * listening socket whose backlog is full, so that the kernel drops further SYNs.
 */
#ifndef TESTS_SUPPORT_BLACKHOLE_H
#define TESTS_SUPPORT_BLACKHOLE_H

#include <stdint.h>

struct blackhole {
    int listener;
    int fill[4];
    uint16_t port;
};

/* Opens one on 127.0.0.1; aborts the program where the system refuses. */
void blackhole_open(struct blackhole *hole);

/* Opens one on ::1, at a port that is free there: that of a server on 127.0.0.1, so that a name
 * with both addresses has one that hangs. */
void blackhole_open_ipv6(struct blackhole *hole, uint16_t port);

void blackhole_close(struct blackhole *hole);

#endif
