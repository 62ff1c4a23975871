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

struct curl_transfer;
struct gofer_client;
struct raw_tls;

enum { BULK_URL_MAX = 96 };

/* What transfers need. */
struct bulk {
    bool tls;     /* the transfer that moves is one over TLS */
    int port;     /* of the plain origin */
    int tls_port; /* of the other; 0: none */
    struct gofer_client *client;
    struct curl_transfer *curl; /* NULL: there is no libcurl */
    struct raw_tls *raw_tls;    /* a connection of its own, where there is TLS */
    int raw;                    /* likewise, plain */
    const char *memory;         /* max_bytes of zeros, mapped */
    int file;                   /* the same as a file */
    int sink;                   /* /dev/null */
    uint64_t max_bytes;
    uint64_t to_give; /* what the body reader has left */
    char *buffer;     /* BULK_BUFFER_BYTES */
};

enum { BULK_BUFFER_BYTES = 256 * 1024 };

/* Opens all of it towards a bulk_origin's port, and a tls_origin's (0: none), whose CA is in the
 * file. False on failure; bulk_close() either way. */
bool bulk_open(struct bulk *bulk, int port, int tls_port, const char *ca_file, uint64_t max_bytes);
void bulk_close(struct bulk *bulk);

struct transfer {
    const char *name;
    enum transfer_by { BY_GOFER, BY_RAW_LOOP, BY_CURL } by;
    bool tls;
    const char *peer; /* the raw one that it is compared with, or NULL */
    bool (*move)(struct bulk *bulk, uint64_t bytes);
};

extern const struct transfer transfers[];
extern const int transfers_len;

/* Whether there is what the transfer needs. */
bool transfer_is_possible(const struct bulk *bulk, const struct transfer *transfer);

/* Moves so many bytes. Whether all arrived. */
bool transfer_move(struct bulk *bulk, const struct transfer *transfer, uint64_t bytes);

/* --- raw_transfer.c --- */

/* Connects to the origin. -1 on failure. */
int raw_connect(int port);

bool raw_recv_64k(struct bulk *bulk, uint64_t bytes);
bool raw_recv_256k(struct bulk *bulk, uint64_t bytes);
bool raw_send(struct bulk *bulk, uint64_t bytes);
bool raw_sendfile(struct bulk *bulk, uint64_t bytes);

#endif
