/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See caller.h. c-ares is a part of gofer here: its system calls are on gofer's
 * behalf.
 */
#include "faults/caller.h"

#include <link.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

enum { RANGES_MAX = 8 };

static struct {
    uintptr_t from, to;
} ranges[RANGES_MAX];
static unsigned ranges_len;
static bool is_shared; /* there is a libgofer.so */

static bool is_named(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');

    return strncmp(slash != NULL ? slash + 1 : path, name, strlen(name)) == 0;
}

static int add_ranges(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    if (!is_named(info->dlpi_name, "libgofer.so") && !is_named(info->dlpi_name, "libcares.so"))
        return 0;
    is_shared |= is_named(info->dlpi_name, "libgofer.so");
    for (int i = 0; i < info->dlpi_phnum && ranges_len < RANGES_MAX; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0)
            continue;
        ranges[ranges_len].from = info->dlpi_addr + part->p_vaddr;
        ranges[ranges_len].to = ranges[ranges_len].from + part->p_memsz;
        ranges_len++;
    }
    return 0;
}

static void look(void)
{
    dl_iterate_phdr(add_ranges, NULL);
}

bool caller_is_gofer(const void *from)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uintptr_t at = (uintptr_t)from;

    pthread_once(&once, look);
    for (unsigned i = 0; i < ranges_len; i++) {
        if (at >= ranges[i].from && at < ranges[i].to)
            return true;
    }
    return !is_shared;
}
