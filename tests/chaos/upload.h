/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A request's body: none, copied, borrowed, read from a function or a file. The
 * function may have nothing for a while, says so in *hungry, and is to be asked
 * again (gofer_request_body_ready()) by whoever sees that.
 */
#ifndef TESTS_CHAOS_UPLOAD_H
#define TESTS_CHAOS_UPLOAD_H

#include <gofer/gofer.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chaos/dice.h"

struct upload {
    uint64_t number; /* of its pattern; 0: there is none */
    uint64_t len;
};

/* Gives the request a body of the id's, or none; `heavy`: more than any buffer takes. */
void upload_set(struct upload *upload, gofer_request *request, uint64_t id, struct dice *dice,
                bool heavy, int file, _Atomic bool *hungry);

#endif
