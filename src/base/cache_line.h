/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What processors hand each other whole. Fields that every call writes stand apart
 * from those that it only reads, or each write makes the readers on other
 * processors fetch both again.
 */
#ifndef GOFER_BASE_CACHE_LINE_H
#define GOFER_BASE_CACHE_LINE_H

enum { CACHE_LINE_BYTES = 64 };

/* Stands between the two kinds. */
struct cache_line_gap {
    char unused[CACHE_LINE_BYTES];
};

#endif
