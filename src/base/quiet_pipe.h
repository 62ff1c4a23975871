/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Writing without SIGPIPE, where the system has no flag for it. The signal is
 * blocked for this thread meanwhile, and taken back where it was raised and did
 * not pend before; the program's handlers and masks stay as they are.
 */
#ifndef GOFER_BASE_QUIET_PIPE_H
#define GOFER_BASE_QUIET_PIPE_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* write(2); EINTR is handled. */
ssize_t quiet_write(int fd, const void *data, size_t len);

/* sendfile(2) from an offset, which the caller advances; EINTR is handled. */
ssize_t quiet_sendfile(int to, int from, int64_t offset, size_t count);

#endif
