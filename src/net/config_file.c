/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Looking at files. Whoever reads one looks first: a change in between is then
 * seen at the next look.
 */
#include "net/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

enum { PIECE = 4096 };

bool config_file_changed(struct config_file *file)
{
    struct stat st;
    if (stat(file->path, &st) != 0)
        st = (struct stat){.st_size = 0};
    bool same = file->seen && file->modified.tv_sec == st.st_mtim.tv_sec &&
                file->modified.tv_nsec == st.st_mtim.tv_nsec && file->inode == st.st_ino &&
                file->size == st.st_size;
    file->modified = st.st_mtim;
    file->inode = st.st_ino;
    file->size = st.st_size;
    file->seen = true;
    return !same;
}

/* Appends what the descriptor gives, up to max bytes. False where reading failed. */
static bool read_all(int fd, size_t max, struct buf *out)
{
    while (out->len < max) {
        size_t want = max - out->len < PIECE ? max - out->len : PIECE;
        if (!buf_reserve(out, want))
            return false;
        ssize_t n = read(fd, out->data + out->len, want);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        out->len += (size_t)n;
    }
    return true;
}

char *config_file_read(const char *path, size_t max, size_t *len)
{
    /* O_NONBLOCK: a FIFO or a device there must not hold up a worker. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return NULL;
    struct buf text = BUF_INIT;
    bool read = read_all(fd, max, &text);
    close(fd);
    size_t got = text.len;
    char *whole = read ? buf_take_str(&text) : NULL;
    *len = whole != NULL ? got : 0;
    if (!read)
        buf_fini(&text);
    return whole;
}
