/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The command line: curl's options as data. Each group of options is a file of
 * its own with one table; options.c knows the grammar and no option.
 *
 * Grammar, as curl has it: short options combine (-sSf), a value follows its
 * letter at once or as the next argument (-ofile, -o file), a long name may be
 * cut where that is unambiguous, --no-NAME turns a switch off, "--" ends the
 * options, and everything else is a URL.
 */
#ifndef GOFER_CLI_OPTIONS_H
#define GOFER_CLI_OPTIONS_H

#include <stddef.h>

#include "cli/config.h"
#include "cli/exit_code.h"

enum option_error {
    OPTION_OK = 0,
    OPTION_UNKNOWN,
    OPTION_AMBIGUOUS,
    OPTION_NEEDS_VALUE,
    OPTION_NOT_A_SWITCH, /* --no- before an option that takes a value */
    OPTION_NOT_A_NUMBER,
    OPTION_NEGATIVE,
    OPTION_BAD_VALUE,
    OPTION_MISUSED,   /* a value that says nothing known */
    OPTION_UNREADABLE /* a file that it names; already reported */
};

/*
 * One option. A switch has value NULL and sets (or with --no- clears) the bool
 * at offset field of the config, or is applied with NULL; any other is applied
 * with its value, or (OPTION_STRING) sets the string at that offset.
 */
struct option {
    char letter;       /* '\0': none */
    const char *name;  /* without the dashes */
    const char *value; /* what --help calls the value */
    size_t field;
    enum option_error (*apply)(struct config *config, const char *value);
    const char *help;
};

/* In place of an apply. */
#define OPTION_STRING NULL

/* A group of options, as --help prints them. Its table ends with a NULL name. */
struct option_group {
    const char *title;
    const struct option *options;
};

extern const struct option proxy_options[];
extern const struct option follow_options[];
extern const struct option request_options[];
extern const struct option form_options[];
extern const struct option output_options[];
extern const struct option transfer_options[];
extern const struct option connect_options[];
extern const struct option tls_options[];
extern const struct option retry_options[];

/* All groups; the last has a NULL title. */
extern const struct option_group option_groups[];

/* Fills an initialised config. CODE_OK, or the code to end with, the reason already told. */
enum exit_code options_parse(struct config *config, int argc, char **argv);

#endif
