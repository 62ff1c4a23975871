/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The rows of the comparison with curl, read from files of rows:
 *
 *     # a comment
 *     @ what the row shows | server stderr
 *     $X -d a=b $O/echo
 *
 * A row is a name, after a bar what is compared beside stdout, files and exit
 * code, and a shell command, which goes on to the next row. In the command $X is
 * curl or gofer; README.md in this folder names the other variables.
 */
#ifndef TESTS_TWIN_ROWS_H
#define TESTS_TWIN_ROWS_H

#include <stdbool.h>
#include <stddef.h>

struct row {
    char *file;
    unsigned line;
    char *name;
    char *command;
    bool server; /* compares the requests as the servers received them */
    bool err;    /* compares stderr */
};

struct rows {
    struct row *items;
    size_t len;
};

/* Appends the rows of a file. Aborts, after a word on stderr, where it is no file of rows. */
void rows_read(struct rows *rows, const char *path);
void rows_fini(struct rows *rows);

#endif
