/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about what is sent, beside -d and -F: as it is, as JSON, a file.
 */
#include <string.h>

#include "cli/input.h"
#include "cli/options.h"

/* Puts the data behind what is there already. */
static void append(struct config *config, const struct text *data)
{
    if (config->has_data)
        text_append_str(&config->data, "&");
    text_append(&config->data, text_str(data), data->len);
    config->has_data = true;
}

static enum option_error apply_raw(struct config *config, const char *value)
{
    struct text data = {0};

    text_append_str(&data, value);
    append(config, &data);
    text_fini(&data);
    return OPTION_OK;
}

/* What "@file" holds, or the value. */
static bool take_content(const struct config *config, const char *value, struct text *out)
{
    if (value[0] == '@')
        return input_read(config, value + 1, out);
    text_append_str(out, value);
    return true;
}

static enum option_error apply_binary(struct config *config, const char *value)
{
    struct text data = {0};
    bool ok = take_content(config, value, &data);

    if (ok)
        append(config, &data);
    text_fini(&data);
    return ok ? OPTION_OK : OPTION_UNREADABLE;
}

/* Pieces are joined as they are. */
static enum option_error apply_json(struct config *config, const char *value)
{
    struct text data = {0};
    bool ok = take_content(config, value, &data);

    if (ok)
        text_append(&config->data, text_str(&data), data.len);
    config->has_data = config->has_data || ok;
    config->message.has_json = true;
    text_fini(&data);
    return ok ? OPTION_OK : OPTION_UNREADABLE;
}

static enum option_error apply_upload(struct config *config, const char *value)
{
    config_add_upload(config, *value != '\0' ? value : NULL);
    return OPTION_OK;
}

const struct option data_options[] = {
    {0, "crlf", NULL, LOCAL_FIELD(crlf), NULL, "Send a file's lone line feeds as CRLF", HELP_UPLOAD,
     OPTION_LOCAL},
    {0, "data-binary", "data", 0, apply_binary, "As -d, a file's line ends included",
     HELP_HTTP | HELP_POST, OPTION_LOCAL},
    {0, "data-raw", "data", 0, apply_raw, "As -d, with no meaning to an @", HELP_HTTP | HELP_POST,
     OPTION_LOCAL},
    {0, "json", "data", 0, apply_json, "Send this as JSON, and ask for JSON", HELP_HTTP | HELP_POST,
     OPTION_LOCAL},
    {'T', "upload-file", "file", 0, apply_upload, "Send this file with PUT; - is stdin",
     HELP_IMPORTANT | HELP_UPLOAD, OPTION_LOCAL},
    {0},
};
