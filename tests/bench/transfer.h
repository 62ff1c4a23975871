/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Ways to move one large body between this process and bulk_origin: gofer's, and
 * beside each the loop of receives or sends that does the same and nothing else.
 * All of one kind use one connection, which stays open between transfers, and
 * count what arrived at its end.
 *
 * One thread owns a struct bulk.
 */
#ifndef GOFER_TESTS_BENCH_TRANSFER_H
#define GOFER_TESTS_BENCH_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gofer_client;

/* What transfers need. */
struct bulk {
    int port;
    struct gofer_client *client;
    int raw;            /* a connection of its own */
    const char *memory; /* max_bytes of zeros, mapped */
    int file;           /* the same as a file */
    int sink;           /* /dev/null */
    uint64_t max_bytes;
    uint64_t to_give; /* what the body reader has left */
    char *buffer;     /* BULK_BUFFER_BYTES */
};

enum { BULK_BUFFER_BYTES = 256 * 1024 };

/* Opens all of it towards a bulk_origin's port. False on failure; bulk_close() either way. */
bool bulk_open(struct bulk *bulk, int port, uint64_t max_bytes);
void bulk_close(struct bulk *bulk);

struct transfer {
    const char *name;
    bool raw;
    const char *peer; /* the raw one that it is compared with, or NULL */
    bool (*move)(struct bulk *bulk, uint64_t bytes);
};

extern const struct transfer transfers[];
extern const int transfers_len;

/* --- raw_transfer.c --- */

/* Connects to the origin. -1 on failure. */
int raw_connect(int port);

bool raw_recv_64k(struct bulk *bulk, uint64_t bytes);
bool raw_recv_256k(struct bulk *bulk, uint64_t bytes);
bool raw_send(struct bulk *bulk, uint64_t bytes);
bool raw_sendfile(struct bulk *bulk, uint64_t bytes);

#endif
