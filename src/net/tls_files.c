/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Reading files and their states.
 */
#include "net/tls_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/x509.h>

#include "base/file.h"

enum { FILE_MAX_BYTES = 16 * 1024 * 1024 };

const char *tls_system_ca_file(void)
{
    const char *path = secure_getenv(X509_get_default_cert_file_env());
    return path != NULL ? path : X509_get_default_cert_file();
}

const char *tls_system_ca_dir(void)
{
    const char *path = secure_getenv(X509_get_default_cert_dir_env());
    return path != NULL ? path : X509_get_default_cert_dir();
}

/* --- states --- */

static void stamp(struct tls_stamp *s, const char *path)
{
    struct stat st;
    *s = (struct tls_stamp){0};
    if (path == NULL || stat(path, &st) != 0)
        return;
    s->dev = st.st_dev;
    s->ino = st.st_ino;
    s->mtime = st.st_mtim;
    s->size = st.st_size;
}

void tls_stamps_take(struct tls_stamps *stamps, const struct tls_settings *settings)
{
    const gofer_tls_options *o = &settings->options;
    bool system = tls_settings_use_system_store(settings);
    const char *paths[TLS_STAMPS] = {o->ca_file,
                                     o->ca_dir,
                                     o->crl_file,
                                     o->cert_file,
                                     o->key_file,
                                     o->pin_file,
                                     system ? tls_system_ca_file() : NULL,
                                     system ? tls_system_ca_dir() : NULL};
    for (int i = 0; i < TLS_STAMPS; i++)
        stamp(&stamps->of[i], paths[i]);
}

static bool is_same(const struct tls_stamp *a, const struct tls_stamp *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec;
}

bool tls_stamps_equal(const struct tls_stamps *a, const struct tls_stamps *b)
{
    for (int i = 0; i < TLS_STAMPS; i++)
        if (!is_same(&a->of[i], &b->of[i]))
            return false;
    return true;
}

/* --- reading --- */

/* Reads n bytes. 0 or an errno value; a file that shrank meanwhile is as long as it is. */
static int read_all(int fd, struct buf *out, size_t n)
{
    while (n > 0) {
        ssize_t got = read(fd, out->data + out->len, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            return 0;
        out->len += (size_t)got;
        n -= (size_t)got;
    }
    return 0;
}

static int read_open(int fd, struct buf *out)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return errno;
    if (S_ISDIR(st.st_mode))
        return EISDIR;
    if (!S_ISREG(st.st_mode))
        return EINVAL;
    if (st.st_size > FILE_MAX_BYTES)
        return EFBIG;
    /* One more: the bytes of an empty file are somewhere, too. */
    if (!buf_reserve(out, (size_t)st.st_size + 1))
        return ENOMEM;
    return read_all(fd, out, (size_t)st.st_size);
}

int tls_file_read(const char *path, struct buf *out)
{
    /* O_NONBLOCK: a FIFO in the file's place must not hold a worker. */
    int fd = file_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    int err = read_open(fd, out);
    close(fd);
    return err;
}
