/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * How a response fails, as a fault. All return DOWNLOAD_FAILED, so that a step ends with
 * one of them; none changes the download.
 */
#include "transport/download_state.h"

#include <errno.h>

#include "transport/conn.h"

enum download_next download_too_large(struct fault *fault, gofer_phase phase, const char *what,
                                      uint64_t limit)
{
    fault_set(fault, GOFER_ERR_TOO_LARGE, phase, 0, "%s exceeds %llu bytes", what,
              (unsigned long long)limit);
    return DOWNLOAD_FAILED;
}

enum download_next download_malformed(struct fault *fault, gofer_phase phase, const char *why)
{
    fault_set(fault, GOFER_ERR_PROTOCOL, phase, 0, "malformed HTTP response: %s", why);
    return DOWNLOAD_FAILED;
}

enum download_next download_no_memory(const struct download *d, struct fault *fault)
{
    gofer_phase phase = d->head_done ? GOFER_PHASE_BODY : GOFER_PHASE_HEADERS;
    fault_set(fault, GOFER_ERR_NOMEM, phase, ENOMEM, NULL);
    return DOWNLOAD_FAILED;
}

/* What TLS knows of a broken stream. A reused connection that ends before a response is one that
 * the server had closed, however it said so: that is tried again. */
static bool explained(const struct download *d, const struct download_io *io, int err,
                      struct fault *fault)
{
    gofer_phase phase = d->head_done ? GOFER_PHASE_BODY
                        : d->begun   ? GOFER_PHASE_HEADERS
                                     : io->phase;
    return err != 0 && (d->begun || !io->conn->reused) && conn_explain(io->conn, phase, fault);
}

enum download_next download_broken(const struct download *d, const struct download_io *io, int err,
                                   struct fault *fault)
{
    int cause = io->write_errno != 0 ? io->write_errno : err;
    const char *how = err == 0 ? "closed" : "broke";
    if (explained(d, io, err, fault))
        return DOWNLOAD_FAILED;
    if (download_is_before_response(d))
        fault_set(fault, GOFER_ERR_BROKEN, io->phase, cause, "the server %s %s before a response",
                  how, io->conn->reused ? "the reused connection" : "the connection");
    else if (!d->head_done)
        fault_set(fault, GOFER_ERR_TRUNCATED, GOFER_PHASE_HEADERS, cause,
                  "the server %s the connection inside the response headers", how);
    else
        fault_set(fault, GOFER_ERR_TRUNCATED, GOFER_PHASE_BODY, cause,
                  "the server %s the connection after %llu bytes of the response body", how,
                  (unsigned long long)d->received);
    return DOWNLOAD_FAILED;
}
