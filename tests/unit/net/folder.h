/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A folder of the test's, for files that change with the time: which is the test's
 * too, and stands at one second to begin with. One thread.
 */
#ifndef TESTS_UNIT_NET_FOLDER_H
#define TESTS_UNIT_NET_FOLDER_H

#include <stddef.h>
#include <stdint.h>

struct folder {
    char dir[32];
    char path[8][64];
    size_t paths;
    int64_t now;
};

void folder_begin(struct folder *p);

/* Removes the files whose paths were asked for, and fails the test where there are others. */
void folder_end(struct folder *p);

/* Lets time pass. */
void folder_pass(struct folder *p, int64_t ns);

/* The path of a new file in it; with text in it at once. */
const char *folder_path(struct folder *p, const char *name);
const char *folder_put(struct folder *p, const char *name, const char *text);

void file_write(const char *path, const char *text);

/* As those do who care: the file is there at every moment, old or new. */
void file_replace(const char *path, const char *text);

#endif
