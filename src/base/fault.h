/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A fault: what went wrong, on its way from the floor where it happened to the
 * call that reports it as a gofer_error. Plain data, passed by pointer.
 *
 * Invariant: the first fault set wins; later ones, which only follow from it,
 * change nothing.
 */
#ifndef GOFER_BASE_FAULT_H
#define GOFER_BASE_FAULT_H

#include <stdbool.h>

#include <gofer/error.h>

enum { FAULT_DETAIL_BYTES = 96 };

struct fault {
    gofer_status code; /* GOFER_OK: none */
    gofer_phase phase;
    int sys_errno;
    gofer_reason reason;
    char detail[FAULT_DETAIL_BYTES]; /* a person's words after the request line; "" : the status's
                                        own */
};

/* Sets the fault where there is none yet, without a reason. format NULL: no detail. The detail is
 * cut where it is too long. True where it was set: then a reason may be given, too. */
bool fault_set(struct fault *fault, gofer_status code, gofer_phase phase, int sys_errno,
               const char *format, ...) __attribute__((format(printf, 5, 6)));

/* An errno value in words, the same in every locale where libc can. Never NULL. */
const char *fault_errno_words(int err);

#endif
