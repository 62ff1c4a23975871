/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about the transfer: how long it may take, what counts as a failure.
 */
#include <string.h>

#include "cli/message.h"
#include "cli/number.h"
#include "cli/options.h"

static enum option_error apply_max_time(struct config *config, const char *value)
{
    return number_take_seconds(value, &config->max_time_ms);
}

static enum option_error set_fail(struct config *config, bool *field, const char *value)
{
    *field = value == NULL;
    if (!config->fail || !config->fail_with_body)
        return OPTION_OK;
    message_explain(config, "You must select either --fail or --fail-with-body, not both.");
    return OPTION_MISUSED;
}

static enum option_error apply_fail(struct config *config, const char *value)
{
    return set_fail(config, &config->fail, value);
}

static enum option_error apply_fail_with_body(struct config *config, const char *value)
{
    return set_fail(config, &config->fail_with_body, value);
}

/* What the other one says without this: 30 seconds, 1 byte. */
static enum option_error apply_speed_limit(struct config *config, const char *value)
{
    long n;
    enum option_error error = number_take(value, 0, &n);

    if (error != OPTION_OK)
        return error;
    config->speed.min_bytes_per_s = n;
    if (config->speed.window_ms == 0)
        config->speed.window_ms = 30000;
    return OPTION_OK;
}

static enum option_error apply_speed_time(struct config *config, const char *value)
{
    long n;
    enum option_error error = number_take(value, 0, &n);

    if (error != OPTION_OK)
        return error;
    config->speed.window_ms = (int64_t)(n < INT32_MAX ? n : INT32_MAX) * 1000;
    if (config->speed.min_bytes_per_s == 0)
        config->speed.min_bytes_per_s = 1;
    return OPTION_OK;
}

/* curl knows fewer units of speed than of size. */
static enum option_error apply_limit_rate(struct config *config, const char *value)
{
    int64_t n = 0;
    enum option_error error = number_take_bytes(value, &n);

    if (error == OPTION_OK && value[strcspn(value, "pPtT")] != '\0')
        error = OPTION_MISUSED;
    if (error == OPTION_MISUSED)
        message_warn(config, "unsupported rate unit. Use G, M, K or B!");
    if (error == OPTION_OK)
        config->speed.max_bytes_per_s = n;
    return error;
}

const struct option transfer_options[] = {
    {'f', "fail", NULL, 0, apply_fail, "Status 400 and above: show no body, end with 22",
     HELP_IMPORTANT | HELP_HTTP, OPTION_LOCAL | OPTION_NEGATABLE},
    {0, "fail-with-body", NULL, 0, apply_fail_with_body, "The same, but write the body", HELP_HTTP,
     OPTION_LOCAL | OPTION_NEGATABLE},
    {0, "limit-rate", "speed", 0, apply_limit_rate,
     "Neither send nor receive more bytes a second; K, M, G", HELP_CONNECTION, OPTION_LOCAL},
    {'m', "max-time", "seconds", 0, apply_max_time, "Allow this long for each transfer",
     HELP_CONNECTION, OPTION_LOCAL},
    {'Y', "speed-limit", "bytes/s", 0, apply_speed_limit, "Give up on a transfer that is slower",
     HELP_CONNECTION, OPTION_LOCAL},
    {'y', "speed-time", "seconds", 0, apply_speed_time, "For so long (30)", HELP_CONNECTION,
     OPTION_LOCAL},
    {0},
};
