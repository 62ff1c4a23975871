/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Ending everything early: on SIGINT or SIGTERM, or because a transfer failed
 * (--fail-early). All calls are cancelled and all waits end, so that what was begun
 * is put away; then the signal kills the command as it would have. A second signal,
 * or a second too many, kills it at once.
 *
 * A thread takes the signals, which all others have blocked.
 */
#ifndef GOFER_CLI_INTERRUPT_H
#define GOFER_CLI_INTERRUPT_H

#include <gofer/cancel.h>
#include <stdbool.h>
#include <stdint.h>

struct interrupt;

/* Before any other thread is begun. */
struct interrupt *interrupt_new(void);

/* Fires when everything is to end. */
gofer_cancel *interrupt_token(const struct interrupt *interrupt);

/* Has everything end. Any thread. */
void interrupt_fire(struct interrupt *interrupt);

/* Whether that has happened. Any thread. */
bool interrupt_is_over(struct interrupt *interrupt);

/* Whether a signal has asked for that. */
bool interrupt_is_signalled(struct interrupt *interrupt);

/* Waits so long; false: everything is to end. Any thread. */
bool interrupt_pause(struct interrupt *interrupt, int64_t ms);

/* When all other threads have ended. Does not return after a signal. */
void interrupt_free(struct interrupt *interrupt);

#endif
