/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The argument of -H taken apart, by curl's rules: "Name: value" sends a field,
 * "Name:" keeps the default of that name from being sent, "Name;" sends the
 * field empty. Anything else says nothing.
 */
#ifndef GOFER_CLI_HEADER_H
#define GOFER_CLI_HEADER_H

#include "cli/config.h"

enum header_kind { HEADER_NOTHING, HEADER_SEND, HEADER_REMOVE };

struct header {
    enum header_kind kind;
    struct text name;
    const char *value; /* into the line; "" for an empty field */
};

/* Takes line apart. The caller ends with header_fini(). */
struct header header_parse(const char *line);
/* Adds an argument to a list: itself or, "@file", each line of the file. False: it cannot be read,
 * which was told. */
bool header_take(const struct config *config, const char *argument, struct strings *list);

void header_fini(struct header *header);

/* Whether a -H speaks of the field of that name, be it to send or to remove it. */
bool header_is_mentioned(const struct config *config, const char *name);

#endif
