/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options that shape the request: method, header fields, body.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/header.h"
#include "cli/input.h"
#include "cli/options.h"

static enum option_error apply_request(struct config *config, const char *value)
{
    free(config->method);
    config->method = cli_strdup(value);
    return OPTION_OK;
}

static enum option_error apply_header(struct config *config, const char *value)
{
    return header_take(config, value, &config->headers) ? OPTION_OK : OPTION_UNREADABLE;
}

/* As curl does for -d: a file's line ends and NULs are left out. */
static void append_without_line_ends(struct text *out, const struct text *in)
{
    for (size_t i = 0; i < in->len; i++) {
        char c = in->data[i];

        if (c != '\r' && c != '\n' && c != '\0')
            text_append(out, &c, 1);
    }
}

static enum option_error apply_data(struct config *config, const char *value)
{
    struct text file = {0};
    bool ok = value[0] != '@' || input_read(config, value + 1, &file);

    if (ok && config->has_data)
        text_append_str(&config->data, "&");
    if (ok && value[0] == '@')
        append_without_line_ends(&config->data, &file);
    else if (ok)
        text_append_str(&config->data, value);
    config->has_data = true;
    text_fini(&file);
    return ok ? OPTION_OK : OPTION_UNREADABLE;
}

const struct option request_options[] = {
    {'d', "data", "data", 0, apply_data, "Send this in a POST; @file reads it",
     HELP_IMPORTANT | HELP_HTTP | HELP_POST | HELP_UPLOAD, OPTION_LOCAL},
    {0, "data-ascii", "data", 0, apply_data, "The same", HELP_HTTP | HELP_POST, OPTION_LOCAL},
    {0, "compressed", NULL, LOCAL_FIELD(compressed), NULL,
     "Ask for a compressed response, and show it decompressed", HELP_HTTP, OPTION_LOCAL},
    {'I', "head", NULL, LOCAL_FIELD(head), NULL, "Ask for the headers only (HEAD)", HELP_HTTP,
     OPTION_LOCAL},
    {'H', "header", "header", 0, apply_header,
     "Send this field; \"Name:\" removes, \"Name;\" empties", HELP_HTTP, OPTION_LOCAL},
    {'X', "request", "method", 0, apply_request, "Use this method", HELP_HTTP, OPTION_LOCAL},
    {0},
};
