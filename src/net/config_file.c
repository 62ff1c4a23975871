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
#include "base/file.h"

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

void config_file_forget(struct config_file *file)
{
    file->seen = false;
}

/* Appends what the descriptor gives, up to max bytes. Returns 0 or an errno value. */
static int read_all(int fd, size_t max, struct buf *out)
{
    while (out->len < max) {
        size_t want = max - out->len < PIECE ? max - out->len : PIECE;
        if (!buf_reserve(out, want))
            return ENOMEM;
        ssize_t n = read(fd, out->data + out->len, want);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? 0 : errno;
        out->len += (size_t)n;
    }
    return 0;
}

/* Whether the error is this process's or the system's, and passes; not the file's. */
static bool is_lack(int err)
{
    return err == ENOMEM || err == EMFILE || err == ENFILE;
}

int config_file_read(const char *path, size_t max, char **text, size_t *len)
{
    struct buf whole = BUF_INIT;
    *text = NULL;
    *len = 0;
    /* O_NONBLOCK: a FIFO or a device there must not hold up a worker. */
    int fd = file_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0)
        return is_lack(errno) ? errno : 0;
    int err = read_all(fd, max, &whole);
    close(fd);
    if (err != 0) {
        buf_fini(&whole);
        return is_lack(err) ? err : 0;
    }
    size_t got = whole.len;
    *text = buf_take_str(&whole);
    if (*text == NULL)
        return ENOMEM;
    *len = got;
    return 0;
}
