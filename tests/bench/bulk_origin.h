/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An origin of large bodies, in a process of its own (forked.h):
 *
 *     GET /down?N    N bytes
 *     PUT /up        how many bytes the body had, as BULK_ANSWER_BYTES digits
 *     PUT /slow      likewise, read in small pieces
 *     PUT /hold      likewise, but nothing of it is read before forked_release()
 *     PUT /echo      the body, from its first byte on
 *
 * Bodies of requests have a Content-Length. What the bytes are says nothing; they
 * are counted.
 */
#ifndef GOFER_TESTS_BENCH_BULK_ORIGIN_H
#define GOFER_TESTS_BENCH_BULK_ORIGIN_H

#include "forked.h"

enum { BULK_ANSWER_BYTES = 20 };

/* As forked_start(). */
bool bulk_origin_start(struct forked *origin);

#endif
