/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The command line: curl's options as data. Each group of options is a file of
 * its own with one table; options.c knows the grammar and no option.
 *
 * Grammar, as curl has it: short options combine (-sSf), a value follows its
 * letter at once or as the next argument (-ofile, -o file), a long name may be
 * cut where that is unambiguous, --no-NAME, which may not, turns a switch off, "--" ends the
 * options, and everything else is a URL. --next begins another operation.
 * --expand-NAME is --NAME with the variables in its value replaced.
 *
 * Parsing has no effect but on the global that it fills, and on stderr; it reads the
 * files that options name.
 */
#ifndef GOFER_CLI_OPTIONS_H
#define GOFER_CLI_OPTIONS_H

#include <stddef.h>

#include "cli/config.h"
#include "cli/exit_code.h"

enum option_error {
    OPTION_OK = 0,
    OPTION_NEXT,   /* no error: another operation begins */
    OPTION_ENOUGH, /* no error: nothing behind it matters (--help, --version) */
    OPTION_UNKNOWN,
    OPTION_AMBIGUOUS,
    OPTION_NEEDS_VALUE,
    OPTION_NOT_A_SWITCH, /* --no- before an option that takes a value */
    OPTION_NOT_A_NUMBER,
    OPTION_NEGATIVE,
    OPTION_TOO_LARGE,
    OPTION_BAD_VALUE,
    OPTION_TRAILED,    /* in a file: a value behind a switch */
    OPTION_UNEXPANDED, /* --expand-: already told why */
    OPTION_FOREIGN,    /* a protocol that is not spoken */
    OPTION_MISUSED,    /* a value that says nothing known; why may have been told */
    OPTION_UNREADABLE, /* a file that it names; already reported */
    OPTION_UNWRITABLE  /* the same */
};

/* For whom an option holds, and what is odd about it; they go together with '|'. */
enum option_traits {
    OPTION_LOCAL = 0,     /* holds for its operation, until --next; field is one of struct config */
    OPTION_GLOBAL = 1,    /* holds for all, wherever it stands; field is one of struct global */
    OPTION_NEGATABLE = 2, /* a switch with an apply that knows --no-: the value is then "" */
    OPTION_MAY_TAKE = 4   /* takes the next argument where there is one */
};

/* The lists of --help in which an option stands; they go together with '|'. */
enum option_help {
    HELP_IMPORTANT = 1, /* what --help alone shows */
    HELP_AUTH = 2,
    HELP_CONNECTION = 4,
    HELP_CURL = 8, /* the command itself */
    HELP_DNS = 16,
    HELP_HTTP = 32,
    HELP_MISC = 64,
    HELP_OUTPUT = 128,
    HELP_POST = 256,
    HELP_PROXY = 512,
    HELP_TLS = 1024,
    HELP_UPLOAD = 2048,
    HELP_VERBOSE = 4096
};

/*
 * One option. A switch has value NULL and sets (or with --no- clears) the bool
 * at offset field of the config or, by its traits, of the global, or is applied
 * with NULL; any other is applied with its value, or (OPTION_STRING) sets the
 * string at that offset. A name "no-thing" is a switch that is off by default:
 * --no-thing sets the bool, --thing clears it.
 *
 * apply finds what holds for all in config->global.
 */
struct option {
    char letter;       /* '\0': none */
    const char *name;  /* without the dashes */
    const char *value; /* what --help calls the value */
    size_t field;
    enum option_error (*apply)(struct config *config, const char *value);
    const char *help;
    unsigned lists;  /* of enum option_help */
    unsigned traits; /* of enum option_traits */
};

/* Offsets for `field`. */
#define LOCAL_FIELD(member) offsetof(struct config, member)
#define GLOBAL_FIELD(member) offsetof(struct global, member)

/* In place of an apply. */
#define OPTION_STRING NULL

/* The groups; each table ends with a NULL name. */
extern const struct option proxy_options[];
extern const struct option flow_options[];
extern const struct option follow_options[];
extern const struct option request_options[];
extern const struct option form_options[];
extern const struct option output_options[];
extern const struct option picture_options[];
extern const struct option data_options[];
extern const struct option message_options[];
extern const struct option file_options[];
extern const struct option trace_options[];
extern const struct option transfer_options[];
extern const struct option connect_options[];
extern const struct option tls_options[];
extern const struct option retry_options[];

/* All groups; the last is NULL. */
extern const struct option *const option_groups[];

/* Finds an option by its letter; NULL: there is none. Finds one by its name, "no-" before it or
 * not, or by a beginning that no other shares; *on tells what a switch is to be set to. OPTION_OK,
 * _UNKNOWN or _AMBIGUOUS. */
const struct option *option_by_letter(char letter);
enum option_error option_by_name(const char *name, const struct option **found, bool *on);

/* What is wrong, for a person; NULL where nothing is, or it was told. */
const char *option_error_words(enum option_error error);

/*
 * Applies an option to the last operation: arg is "--name", "-xyz" or "-xvalue", next the argument
 * behind it or NULL; *used tells whether next was its value.
 */
enum option_error option_apply(struct global *global, const char *arg, const char *next,
                               bool *used);

/* Complains about arg; returns the code to end with, CODE_OK where that is no error. */
enum exit_code option_report(enum option_error error, const char *arg);

/* Fills an initialised global. CODE_OK, or the code to end with, the reason already told. */
enum exit_code options_parse(struct global *global, int argc, char **argv);

#endif
