/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The files that TLS settings name: reading one, and telling whether any was
 * replaced or changed since it was read. A change is another inode, time or size;
 * a file that is not there has a state too. Links are followed, so that a link
 * that is turned to another file is a change.
 *
 * Plain data; one thread at a time.
 */
#ifndef GOFER_NET_TLS_FILES_H
#define GOFER_NET_TLS_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "base/buf.h"
#include "net/tls_settings.h"

/* One file's state, all zeros where there is none. */
struct tls_stamp {
    dev_t dev;
    ino_t ino;
    struct timespec mtime;
    off_t size;
};

/* CA file and directory, revocation list, certificate, key, pinned key; the system's CA file and
 * directory. */
enum { TLS_STAMPS = 8 };

struct tls_stamps {
    struct tls_stamp of[TLS_STAMPS];
};

/* Looks at every file that the settings name. */
void tls_stamps_take(struct tls_stamps *stamps, const struct tls_settings *settings);

bool tls_stamps_equal(const struct tls_stamps *a, const struct tls_stamps *b);

/* Reads a whole file, at most 16 MiB, behind what is in out. 0 or an errno value. The bytes may be
 * secret: out is to be wiped, and is not grown. */
int tls_file_read(const char *path, struct buf *out);

/* Where the system's CAs are: SSL_CERT_FILE and SSL_CERT_DIR (several, with colons) win over what
 * OpenSSL was built with. Static or the environment's. */
const char *tls_system_ca_file(void);
const char *tls_system_ca_dir(void);

#endif
