/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See file.h.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int file_open(const char *path, int flags, mode_t mode)
{
    int fd;
    do
        fd = open(path, flags, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int file_open_temporary(char *path, int flags)
{
    static const char blank[] = "XXXXXX";
    char *end = path + strlen(path) - strlen(blank);
    int fd;
    do {
        memcpy(end, blank, strlen(blank));
        fd = mkostemp(path, flags);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

int file_sync(int fd)
{
    int result;
    do
        result = fsync(fd);
    while (result != 0 && errno == EINTR);
    return result;
}

/* Linux has closed it before it looks at signals: a second close() might hit another's. */
int file_close(int fd)
{
    int result = close(fd);
    return result != 0 && errno == EINTR ? 0 : result;
}
