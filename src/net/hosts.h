/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * hosts(5): names that are known without asking. The file's text is kept as it
 * is and searched line by line; that is cheap beside the question that it saves,
 * and a file of any form costs no more than its bytes. The resolver's task owns
 * it; no lock.
 */
#ifndef GOFER_NET_HOSTS_H
#define GOFER_NET_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "net/answer.h"
#include "net/lookup_key.h"

struct hosts {
    char *text; /* owned; NULL: none */
    size_t len;
};

/* Reads the file in place of what was read before; one that is not there, or can never be read, has
 * no names. Returns 0, or the errno value of a lack of memory or descriptors: then nobody knows. */
int hosts_read(struct hosts *hosts, const char *path);

void hosts_fini(struct hosts *hosts);

/* Adds the addresses of the kind that the file has for the name, from all its lines. False where
 * there is none. Without memory it is true and the answer's error says so. */
bool hosts_find(const struct hosts *hosts, const char *name, enum lookup_kind kind,
                struct answer *answer);

#endif
