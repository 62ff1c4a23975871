/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about the request's bytes and how the response's are read: agent, range,
 * conditions, target, version.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/message.h"
#include "cli/number.h"
#include "cli/options.h"

#define MESSAGE_FIELD(member) LOCAL_FIELD(message.member)

/* A lone number is where the range begins, as curl has it. */
static enum option_error apply_range(struct config *config, const char *value)
{
    struct text range = {0};

    text_append_str(&range, value);
    if (*value != '\0' && value[strspn(value, "0123456789")] == '\0') {
        message_warn(config, "A specified range MUST include at least one dash '-'. Appending one "
                             "for you!");
        text_append_str(&range, "-");
    }
    config_set_string(&config->message.range, text_str(&range));
    text_fini(&range);
    return OPTION_OK;
}

static enum option_error apply_continue(struct config *config, const char *value)
{
    long at = -1;
    enum option_error error = OPTION_OK;

    if (strcmp(value, "-") != 0)
        error = number_take(value, 0, &at);
    config->message.resumes = true;
    config->message.resume_at = at;
    return error;
}

static enum option_error apply_expect(struct config *config, const char *value)
{
    return number_take_seconds(value, &config->message.expect_ms);
}

static enum option_error apply_http_1_1(struct config *config, const char *value)
{
    (void)value;
    config->message.http_1_0 = false;
    return OPTION_OK;
}

/* Basic is the one scheme there is; it is the default. */
static enum option_error apply_basic(struct config *config, const char *value)
{
    (void)config, (void)value;
    return OPTION_OK;
}

static enum option_error apply_netrc_file(struct config *config, const char *value)
{
    config_set_string(&config->message.netrc_file, value);
    config->message.netrc = true;
    return OPTION_OK;
}

const struct option message_options[] = {
    {0, "basic", NULL, 0, apply_basic, "Send credentials as Basic, which is the default", HELP_AUTH,
     OPTION_LOCAL},
    {'C', "continue-at", "offset", 0, apply_continue, "Go on behind so many bytes; - asks the file",
     HELP_CONNECTION, OPTION_LOCAL},
    {0, "etag-compare", "file", MESSAGE_FIELD(etag_compare), OPTION_STRING,
     "Ask for what is not what this file's ETag names", HELP_HTTP, OPTION_LOCAL},
    {0, "etag-save", "file", MESSAGE_FIELD(etag_save), OPTION_STRING,
     "Write the response's ETag to this file", HELP_HTTP, OPTION_LOCAL},
    {0, "expect100-timeout", "seconds", 0, apply_expect, "Wait so long for 100 Continue (1)",
     HELP_HTTP, OPTION_LOCAL},
    {0, "http0.9", NULL, MESSAGE_FIELD(accept_http_0_9), NULL, "Take answers without a head",
     HELP_HTTP, OPTION_LOCAL},
    {'0', "http1.0", NULL, MESSAGE_FIELD(http_1_0), NULL, "Ask in HTTP/1.0", HELP_HTTP,
     OPTION_LOCAL},
    {0, "http1.1", NULL, 0, apply_http_1_1, "Ask in HTTP/1.1, which is the default", HELP_HTTP,
     OPTION_LOCAL},
    {0, "ignore-content-length", NULL, MESSAGE_FIELD(ignore_length), NULL,
     "Read to the end of the connection", HELP_HTTP, OPTION_LOCAL},
    {'j', "junk-session-cookies", NULL, MESSAGE_FIELD(junk_session), NULL,
     "Leave out a file's session cookies", HELP_HTTP, OPTION_LOCAL},
    {'n', "netrc", NULL, MESSAGE_FIELD(netrc), NULL, "Take credentials from ~/.netrc", HELP_AUTH,
     OPTION_LOCAL},
    {0, "netrc-file", "file", 0, apply_netrc_file, "Take them from this file", HELP_AUTH,
     OPTION_LOCAL},
    {0, "netrc-optional", NULL, MESSAGE_FIELD(netrc_optional), NULL,
     "Take them from it where the URL and -u have none", HELP_AUTH, OPTION_LOCAL},
    {0, "path-as-is", NULL, MESSAGE_FIELD(path_as_is), NULL, "Leave /../ and /./ in the path alone",
     HELP_CURL, OPTION_LOCAL},
    {'r', "range", "range", 0, apply_range, "Ask for these bytes alone", HELP_HTTP, OPTION_LOCAL},
    {0, "raw", NULL, MESSAGE_FIELD(raw), NULL, "Show the body with chunks and codings as it came",
     HELP_HTTP, OPTION_LOCAL},
    {0, "request-target", "target", MESSAGE_FIELD(target), OPTION_STRING,
     "Send this in place of the URL's path", HELP_HTTP, OPTION_LOCAL},
    {'z', "time-cond", "time", MESSAGE_FIELD(time_condition), OPTION_STRING,
     "Ask for what is newer than a date or a file; -time: older", HELP_HTTP, OPTION_LOCAL},
    {0, "tr-encoding", NULL, MESSAGE_FIELD(transfer_codings), NULL,
     "Let the server compress what it sends on its way", HELP_HTTP, OPTION_LOCAL},
    {'A', "user-agent", "name", MESSAGE_FIELD(agent), OPTION_STRING, "Send this User-Agent",
     HELP_IMPORTANT | HELP_HTTP, OPTION_LOCAL},
    {0},
};
