/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See folder.h.
 */
#include "unit/net/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"

void folder_begin(struct folder *p)
{
    *p = (struct folder){.dir = "/tmp/gofer-tls-XXXXXX", .now = 1000 * CLOCK_MS};
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->dir));
    clock_fake(p->now);
}

void folder_end(struct folder *p)
{
    for (size_t i = 0; i < p->paths; i++)
        unlink(p->path[i]);
    CU_ASSERT_EQUAL(rmdir(p->dir), 0);
    clock_fake(-1);
}

void folder_pass(struct folder *p, int64_t ns)
{
    p->now += ns;
    clock_fake(p->now);
}

const char *folder_path(struct folder *p, const char *name)
{
    char *path = p->path[p->paths++], *end;
    CU_ASSERT_FATAL(p->paths <= 8 && strlen(p->dir) + strlen(name) + 2 <= sizeof p->path[0]);
    end = stpcpy(stpcpy(path, p->dir), "/");
    strcpy(end, name);
    return path;
}

void file_write(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    fclose(f);
}

void file_replace(const char *path, const char *text)
{
    char other[80];
    snprintf(other, sizeof other, "%s.new", path);
    file_write(other, text);
    CU_ASSERT_EQUAL(rename(other, path), 0);
}

const char *folder_put(struct folder *p, const char *name, const char *text)
{
    const char *path = folder_path(p, name);
    file_write(path, text);
    return path;
}
