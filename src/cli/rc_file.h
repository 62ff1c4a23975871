/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options in files (-K), in curl's grammar, and the one that is always read:
 *
 *     # a comment, as are lines that begin with '/' or '*'
 *     url = http://example.org/       a long name with or without its dashes
 *     max-time: 2.5                   '=' or ':' or blanks before the value
 *     header = "X-Quote: \"a\tb\""    \t \n \r \v, else the character itself
 *     -sS                             letters as on the command line
 *     next
 *
 * A value without quotes ends at the first blank. A line that says nothing known is
 * told of and passed over, as in curl.
 */
#ifndef GOFER_CLI_RC_FILE_H
#define GOFER_CLI_RC_FILE_H

#include <stdio.h>

#include "cli/options.h"

/* Applies the options of a file; name "-" is stdin. OPTION_OK, OPTION_UNREADABLE (told), or
 * OPTION_ENOUGH after a --help in it. */
enum option_error rc_file_apply(struct global *global, const char *name);

/* The same with what is in a stream; name is for messages. */
enum option_error rc_file_apply_stream(struct global *global, FILE *file, const char *name);

/*
 * The name of the file that is read before the command line: the first there is of
 * $GOFER_HOME/.goferrc, $XDG_CONFIG_HOME/goferrc, $HOME/.goferrc, $HOME/.config/goferrc. False:
 * there is none.
 */
bool rc_file_find(struct text *name);

#endif
