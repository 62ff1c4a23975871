/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One URL's way through the command: its request, its outcome, and what is said
 * and written about it.
 *
 * Life: transfer_init, the call (run.c), transfer_finish, transfer_fini. The
 * config outlives it. One thread.
 */
#ifndef GOFER_CLI_TRANSFER_H
#define GOFER_CLI_TRANSFER_H

#include <gofer/gofer.h>

#include "cli/config.h"
#include "cli/exit_code.h"

struct transfer {
    const struct config *config;
    size_t index;             /* of its URL */
    struct text url;          /* with a scheme */
    gofer_request *request;   /* NULL: not to be called, code and message say why */
    gofer_response *response; /* once there is an outcome */
    enum exit_code refused;   /* what it means when the library refuses the request */
    enum exit_code code;
    struct text message; /* the error, "" without one */
    int64_t begun_us;
    int64_t took_us;
    uint64_t connects; /* connections opened since the transfer before it ended */
    size_t downloaded; /* bytes of body */
};

/* Prepares the transfer of URL number index and starts its clock. */
void transfer_init(struct transfer *t, const struct config *config, size_t index);

/*
 * Takes the call's response, judges it, writes it where it belongs, and says
 * what there is to say. NULL where no call was made or there was no memory.
 * Returns the transfer's exit code.
 */
enum exit_code transfer_finish(struct transfer *t, gofer_response *response, uint64_t connects);

/* Frees what the transfer holds. */
void transfer_fini(struct transfer *t);

/* The URL that answered, or else the one that was asked for. */
const char *transfer_effective_url(const struct transfer *t);

#endif
