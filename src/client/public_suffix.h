/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Public suffixes: names under which strangers register theirs ("com", "co.uk",
 * "github.io"), for which nobody may set a cookie. The list is libpsl's: the one
 * built into it, or the system's file where that is newer. Without any list every
 * name counts as one, so that each host keeps to itself.
 *
 * Immutable after init: any thread. Hosts are canonical (http/host.h).
 */
#ifndef GOFER_CLIENT_PUBLIC_SUFFIX_H
#define GOFER_CLIENT_PUBLIC_SUFFIX_H

#include <stdbool.h>
#include <stddef.h>

struct psl_ctx_st; /* libpsl.h stays out of headers */

struct public_suffixes {
    struct psl_ctx_st *loaded;      /* owned, or NULL */
    const struct psl_ctx_st *known; /* that, or the built-in one, or NULL */
};

/* The system's file where it is newer, else the built-in list; there is always a usable result. */
void public_suffixes_init(struct public_suffixes *suffixes);

/* A list of one's own; the built-in one where path is NULL or no list can be read there. */
void public_suffixes_init_from(struct public_suffixes *suffixes, const char *path);

void public_suffixes_fini(struct public_suffixes *suffixes);

/* Writes whose list it is, as "libpsl/0.21.2", with a NUL. */
void public_suffixes_describe(char *out, size_t size);

/* Whether the name, which is no address, is a public suffix. */
bool public_suffixes_has(const struct public_suffixes *suffixes, const char *name);

/*
 * The site that the host belongs to: its public suffix and one label more; the
 * host itself where that is no name, a public suffix, or ends in a dot. Part of
 * `host`. Equal for a host and for every domain that it may set a cookie for.
 */
const char *public_suffixes_site(const struct public_suffixes *suffixes, const char *host,
                                 bool is_ip);

#endif
