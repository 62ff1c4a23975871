/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Hash maps: uthash, told to use the house's allocator and to fail instead of
 * exiting where there is no memory. After HASH_ADD_*, map_added() tells.
 */
#ifndef GOFER_BASE_MAP_H
#define GOFER_BASE_MAP_H

#include "base/alloc.h"

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(ptr, size) mem_free(ptr)
#include <uthash.h>

/* Whether the element whose handle is hh is in a map. */
#define map_added(element) ((element)->hh.tbl != NULL)

#endif
