/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One program's run of a row: in an empty directory that is its home too, with an
 * environment that holds nothing of the caller's, and what is left of it.
 */
#ifndef TESTS_TWIN_SIDE_H
#define TESTS_TWIN_SIDE_H

#include "integration/twin/bytes.h"
#include "integration/twin/rows.h"
#include "integration/twin/servers.h"

struct side {
    int code; /* exit code; 128 and more: by a signal */
    struct bytes out;
    struct bytes err;
    struct bytes files; /* name, mode and bytes of each, in order of names */
    struct bytes view;  /* what the servers received */
};

/* A place to run rows in, one a job. */
struct stage {
    struct servers *servers;
    char *directory;  /* exists; holds "ca.pem" */
    char **variables; /* what every row sees; ends with NULL */
};

/* Runs the row with that program, which is an absolute path. */
void side_run(struct side *side, const struct stage *stage, const struct row *row,
              const char *program);
void side_fini(struct side *side);

/* Takes everything that is in a directory away. */
void side_clear(const char *directory);

#endif
