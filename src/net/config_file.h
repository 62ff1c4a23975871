/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A small text file of the system's that others may change at any time:
 * /etc/resolv.conf, /etc/hosts. Looking is one stat(2); reading is bounded and
 * never waits, whatever stands at the path. One thread at a time; no lock.
 */
#ifndef GOFER_NET_CONFIG_FILE_H
#define GOFER_NET_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct config_file {
    const char *path; /* borrowed */
    /* as it was last seen; all zero: not there */
    struct timespec modified;
    ino_t inode;
    off_t size;
    bool seen;
};

/* Looks at the file. True at the first look, and where it is another one than at the last: newer,
 * replaced, gone or there again. */
bool config_file_changed(struct config_file *file);

/* Reads at most max bytes. A NUL follows them. Owned by the caller (mem_free); NULL without memory
 * or where the file cannot be read. */
char *config_file_read(const char *path, size_t max, size_t *len);

#endif
