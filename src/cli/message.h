/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the command says to a person, on stderr, in curl's form: an error with
 * its exit code, a warning, a complaint about the command line. -s silences
 * errors and warnings, -S brings the errors back.
 */
#ifndef GOFER_CLI_MESSAGE_H
#define GOFER_CLI_MESSAGE_H

#include "cli/config.h"
#include "cli/exit_code.h"

/* From here on stderr is what --stderr named; where that cannot be opened it stays, and is told. */
void message_open(const struct global *global);

/* "gofer: (7) text". */
void message_error(const struct config *config, enum exit_code code, const char *text);

/* "Warning: text"; "gofer: text", before an option is said to be wrong; "text" alone. In lines of
 * at most 79 columns, and not with -s. */
void message_warn(const struct config *config, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void message_explain(const struct config *config, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void message_note(const struct config *config, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "gofer: text", then where to read more. Never silenced: -s may stand behind the mistake. */
void message_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Where to read more, and nothing else. */
void message_hint(void);

#endif
