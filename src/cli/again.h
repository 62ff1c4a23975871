/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Whether a transfer is tried again (--retry), by curl's rules: what passes by
 * itself is, whatever the method: names that cannot be looked up, timeouts, and the
 * statuses 408, 429, 500, 502, 503 and 504; more where it is asked for. The waits are
 * 1, 2, 4 ... 600 seconds, or what --retry-delay or the server's Retry-After says.
 *
 * The command does it and not the library, so that -m is the limit of one attempt.
 */
#ifndef GOFER_CLI_AGAIN_H
#define GOFER_CLI_AGAIN_H

#include <gofer/response.h>

#include "cli/config.h"
#include "cli/exit_code.h"

struct again {
    int64_t left;    /* attempts */
    int64_t wait_ms; /* the next one, where nothing else is said */
    int64_t begun_ms;
};

/* At the begin of the first attempt. */
void again_begin(struct again *again, const struct config *config);

/* After an attempt that ended so; response may be NULL. False, or *wait_ms until the next one,
 * which a warning has announced. */
bool again_is_due(struct again *again, const struct config *config, enum exit_code code,
                  const gofer_response *response, int64_t *wait_ms);

#endif
