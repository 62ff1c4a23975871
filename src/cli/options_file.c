/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about the files that responses are written to.
 */
#include <stdlib.h>

#include "cli/number.h"
#include "cli/options.h"

#define FILES_FIELD(member) LOCAL_FIELD(files.member)

static enum option_error apply_remote_name(struct config *config, const char *value)
{
    (void)value;
    config_add_output(config, OUTPUT_REMOTE_NAME, NULL);
    return OPTION_OK;
}

static enum option_error apply_remote_name_all(struct config *config, const char *value)
{
    config->default_output = value == NULL ? OUTPUT_REMOTE_NAME : OUTPUT_STDOUT;
    return OPTION_OK;
}

static enum option_error apply_create_mode(struct config *config, const char *value)
{
    char *end;
    long mode = strtol(value, &end, 8);

    if (end == value || *end != '\0')
        return OPTION_NOT_A_NUMBER;
    if (mode < 0 || mode > 0777)
        return OPTION_TOO_LARGE;
    config->files.create_mode = mode;
    return OPTION_OK;
}

static enum option_error apply_max_filesize(struct config *config, const char *value)
{
    return number_take_bytes(value, &config->files.max_bytes);
}

/* Output is passed on as it comes in any case. */
static enum option_error apply_no_buffer(struct config *config, const char *value)
{
    (void)config, (void)value;
    return OPTION_OK;
}

const struct option file_options[] = {
    {0, "create-dirs", NULL, FILES_FIELD(create_dirs), NULL, "Make the folders that -o names",
     HELP_CURL, OPTION_LOCAL},
    {0, "create-file-mode", "mode", 0, apply_create_mode,
     "The mode of files made on servers, which HTTP does not tell", HELP_UPLOAD, OPTION_LOCAL},
    {'D', "dump-header", "file", FILES_FIELD(dump_header), OPTION_STRING,
     "Write the responses' heads to this file", HELP_HTTP, OPTION_LOCAL},
    {0, "max-filesize", "bytes", 0, apply_max_filesize, "Refuse bodies that are longer",
     HELP_CONNECTION, OPTION_LOCAL},
    {'N', "no-buffer", NULL, 0, apply_no_buffer, "Do not hold output back, which nothing does",
     HELP_CURL, OPTION_LOCAL},
    {0, "no-clobber", NULL, FILES_FIELD(no_clobber), NULL,
     "Write to file.1 and so on where a file is there", HELP_CURL, OPTION_LOCAL},
    {0, "output-dir", "dir", FILES_FIELD(directory), OPTION_STRING, "Write files to this folder",
     HELP_CURL, OPTION_LOCAL},
    {'J', "remote-header-name", NULL, FILES_FIELD(header_name), NULL,
     "With -O, name the file as the response says", HELP_OUTPUT, OPTION_LOCAL},
    {'O', "remote-name", NULL, 0, apply_remote_name, "Write to a file named as the URL's last part",
     HELP_IMPORTANT | HELP_OUTPUT, OPTION_LOCAL},
    {0, "remote-name-all", NULL, 0, apply_remote_name_all, "As -O, for all URLs behind it",
     HELP_OUTPUT, OPTION_LOCAL | OPTION_NEGATABLE},
    {'R', "remote-time", NULL, FILES_FIELD(remote_time), NULL,
     "Give the file the response's Last-Modified", HELP_OUTPUT, OPTION_LOCAL},
    {0, "remove-on-error", NULL, FILES_FIELD(remove_on_error), NULL,
     "Remove the file when a transfer fails", HELP_CURL, OPTION_LOCAL},
    {0},
};
