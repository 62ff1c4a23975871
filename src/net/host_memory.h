/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What earlier dials of a host taught: how many there were, so that each begins
 * with the next of the host's addresses, and the family that won where it was
 * not the one that the order of addresses puts first. That family goes first for
 * ten minutes from when it was learnt; then the regular one gets its chance
 * again, or a network that was mended would never be found out.
 *
 * A fixed table of one word a cell, by the hash of the host's key: no memory, no
 * lock, no clean-up. Hosts that fall into one cell displace each other, which
 * costs them nothing but what was remembered.
 * Any thread.
 */
#ifndef GOFER_NET_HOST_MEMORY_H
#define GOFER_NET_HOST_MEMORY_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/socket.h>

enum { HOST_MEMORY_CELLS = 256, HOST_MEMORY_MINUTES = 10 };

struct host_memory {
    _Atomic uint64_t cells[HOST_MEMORY_CELLS];
    uint32_t seed;
};

/* Makes it empty. seed: where the turns of a host begin, so that processes that start together do
 * not all begin with its first address. */
void host_memory_init(struct host_memory *memory, uint32_t seed);

/* The number of a new dial of the host: one more than that of the last. */
unsigned host_memory_turn(struct host_memory *memory, uint32_t host);

/* The family that goes first; AF_UNSPEC: none is remembered. */
sa_family_t host_memory_family(const struct host_memory *memory, uint32_t host, int64_t now_ns);

/* A dial ended well: `winner` is its family, `regular` the one that the order of addresses puts
 * first; AF_UNSPEC where the host had one family only, which teaches nothing. */
void host_memory_learn(struct host_memory *memory, uint32_t host, sa_family_t winner,
                       sa_family_t regular, int64_t now_ns);

#endif
