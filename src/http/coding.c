/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Names of content codings.
 */
#include "http/coding.h"

#include <stdbool.h>

#include "base/ascii.h"

const struct coding *coding_find(const char *name, size_t len)
{
    if (ascii_equal_n(name, len, "gzip") || ascii_equal_n(name, len, "x-gzip"))
        return &coding_gzip;
    if (ascii_equal_n(name, len, "deflate"))
        return &coding_deflate;
    if (ascii_equal_n(name, len, "br"))
        return coding_brotli;
    if (ascii_equal_n(name, len, "zstd"))
        return coding_zstd;
    return NULL;
}

const char *coding_names(void)
{
    if (coding_brotli != NULL)
        return coding_zstd != NULL ? "gzip, deflate, br, zstd" : "gzip, deflate, br";
    return coding_zstd != NULL ? "gzip, deflate, zstd" : "gzip, deflate";
}
