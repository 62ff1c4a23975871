/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * libpsl. Its own psl_latest() opens the file without close-on-exec; hence the
 * same in three steps here.
 */
#include "client/public_suffix.h"

#include <libpsl.h>
#include <stdio.h>
#include <string.h>

static psl_ctx_t *load(const char *path)
{
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    if (file == NULL)
        return NULL;
    psl_ctx_t *list = psl_load_fp(file);
    fclose(file);
    return list;
}

void public_suffixes_init_from(struct public_suffixes *suffixes, const char *path)
{
    suffixes->loaded = load(path);
    suffixes->known = suffixes->loaded != NULL ? suffixes->loaded : psl_builtin();
}

void public_suffixes_init(struct public_suffixes *suffixes)
{
    bool built_in_will_do = psl_builtin() != NULL && psl_builtin_outdated() != 1;
    public_suffixes_init_from(suffixes, built_in_will_do ? NULL : psl_dist_filename());
}

void public_suffixes_fini(struct public_suffixes *suffixes)
{
    psl_free(suffixes->loaded);
}

bool public_suffixes_has(const struct public_suffixes *suffixes, const char *name)
{
    return suffixes->known == NULL || psl_is_public_suffix(suffixes->known, name);
}

const char *public_suffixes_site(const struct public_suffixes *suffixes, const char *host,
                                 bool is_ip)
{
    size_t len = strlen(host);
    if (suffixes->known == NULL || is_ip || len == 0 || host[len - 1] == '.')
        return host;
    const char *site = psl_registrable_domain(suffixes->known, host);
    return site != NULL ? site : host;
}

void public_suffixes_describe(char *out, size_t size)
{
    snprintf(out, size, "libpsl/%s", psl_get_version());
}
