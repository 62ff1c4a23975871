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

/* The next look finds another file than the last: what was seen could not be read. */
void config_file_forget(struct config_file *file);

/*
 * Reads at most max bytes. A NUL follows them. *text is the caller's (mem_free); NULL where there
 * is no such file, or it can never be read. Returns 0, or the errno value of a lack of memory or
 * descriptors: nobody knows then what the file says.
 */
int config_file_read(const char *path, size_t max, char **text, size_t *len);

#endif
