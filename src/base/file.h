/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Calls on files that a signal may interrupt, begun again: on network and FUSE file
 * systems they wait for somebody. Any thread; no lock held.
 */
#ifndef GOFER_BASE_FILE_H
#define GOFER_BASE_FILE_H

#include <sys/types.h>

/* open(2); `mode` counts with O_CREAT. */
int file_open(const char *path, int flags, mode_t mode);

/* mkostemp(3): `path` ends in XXXXXX. */
int file_open_temporary(char *path, int flags);

/* fsync(2). */
int file_sync(int fd);

/* close(2). The descriptor is gone on every return; 0, or -1 with errno where what was written may
 * be lost. */
int file_close(int fd);

#endif
