/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The library's options out of the command's, but for those about connections
 * (network.h); see client.h.
 */
#include "cli/client.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "cli/message.h"
#include "cli/network.h"
#include "cli/timeline.h"
#include "cli/verbose_conn.h"

static gofer_redirect_verdict check_redirect(void *arg, const gofer_redirect *redirect)
{
    const struct config *config = arg;
    unsigned scheme =
        strncasecmp(gofer_redirect_url(redirect), "https:", 6) == 0 ? SCHEME_HTTPS : SCHEME_HTTP;

    if (config->follow.max == 0 || (config->schemes & config->redirect_schemes & scheme) == 0)
        return GOFER_REDIRECT_REFUSE;
    return GOFER_REDIRECT_FOLLOW;
}

/* 408, 429, 500, 502, 503, 504: or, where errors are statuses, too, all of those. */
enum { ERROR_STATUS_MIN = 400, ERROR_STATUS_MAX = 599 };

static const int *statuses_of(const struct config *config, size_t *len)
{
    static const int passing[] = {408, 429, 500, 502, 503, 504};
    static int all[ERROR_STATUS_MAX - ERROR_STATUS_MIN + 1];

    *len = sizeof passing / sizeof passing[0];
    if (!config->fail || !config->retry.all_errors)
        return passing;
    *len = sizeof all / sizeof all[0];
    for (int i = ERROR_STATUS_MIN; i <= ERROR_STATUS_MAX; i++)
        all[i - ERROR_STATUS_MIN] = i;
    return all;
}

static unsigned retried_errors(const struct config_retry *r)
{
    if (r->all_errors)
        return GOFER_RETRY_STATUS | GOFER_RETRY_RESOLVE | GOFER_RETRY_CONNECT |
               GOFER_RETRY_TIMEOUT | GOFER_RETRY_BROKEN | GOFER_RETRY_OTHER;
    return GOFER_RETRY_STATUS | GOFER_RETRY_RESOLVE | GOFER_RETRY_TIMEOUT |
           (r->refused ? GOFER_RETRY_CONNECT : 0);
}

static void tell_retry(const gofer_trace_event *event, const struct config *config)
{
    if (event->kind == GOFER_TRACE_RETRY)
        message_warn(config, "Problem: %s. Will try again in %lld.%03lld seconds", event->message,
                     (long long)(event->delay_ms / 1000), (long long)(event->delay_ms % 1000));
}

static void on_event(const gofer_trace_event *event, void *arg)
{
    const struct config *config = arg;

    tell_retry(event, config);
    if (config->global->timeline != NULL)
        timeline_event(event, config->global->timeline);
}

static void add_trace(gofer_client_options *o, const struct config *config)
{
    if (config->retry.times == 0 && config->global->timeline == NULL)
        return;
    o->trace = on_event;
    o->trace_arg = (void *)(uintptr_t)config;
}

static void add_retries(gofer_client_options *o, const struct config *config)
{
    const struct config_retry *r = &config->retry;

    if (r->times == 0)
        return;
    o->retry_attempts = r->times + 1;
    o->retry_delay_ms = r->delay_ms > 0 ? r->delay_ms : 1000;
    o->retry_max_delay_ms = r->delay_ms > 0 ? r->delay_ms : 600000;
    o->retry_no_jitter = true;
    o->retry_max_time_ms = r->max_time_ms;
    o->retry_on = retried_errors(r);
    o->retry_statuses = statuses_of(config, &o->retry_statuses_len);
    o->retry_unsafe = true;
    o->retry_budget_percent = GOFER_NEVER;
}

static gofer_client_options options_of(const struct config *config)
{
    const struct config_follow *f = &config->follow;

    return (gofer_client_options){
        .timeout_ms = GOFER_NEVER,
        .stall_timeout_ms = GOFER_NEVER,
        .workers = config->global->parallel ? 0 : GOFER_NO_WORKERS,
        .max_queued = GOFER_NEVER,
        .max_body_bytes = GOFER_NEVER,
        .disable_decompression = !config->compressed,
        .max_decode_ratio = GOFER_NEVER,
        .measure = true,
        .proxy_answered = config->global->verbose ? verbose_conn_tunnel : NULL,
        .disable_redirects = !f->follows && !f->trusts,
        .allow_https_to_http = true,
        .trust_redirects = f->trusts,
        .max_redirects = f->max,
        .check_redirect = check_redirect, /* a max of 0 is the library's default */
        .check_redirect_arg = (void *)(uintptr_t)config,
        .bearer_token = f->bearer,
    };
}

/* Splits "user:password"; a user alone has an empty one. */
static void set_user(gofer_client_options *options, const struct config_follow *follow,
                     struct text *user)
{
    const char *colon;

    if (follow->user == NULL)
        return;
    colon = strchrnul(follow->user, ':');
    text_append(user, follow->user, (size_t)(colon - follow->user));
    options->username = text_str(user);
    options->password = *colon == ':' ? colon + 1 : "";
}

gofer_client *client_new(const struct config *config, gofer_cookie_jar *jar, enum exit_code *code)
{
    gofer_client_options options = options_of(config);
    gofer_option_error refused;
    gofer_client *client = NULL;
    struct network network;
    struct text user = {0}, words = {0};

    options.cookie_jar = jar;
    options.option_error = &refused;
    set_user(&options, &config->follow, &user);
    add_retries(&options, config);
    add_trace(&options, config);
    *code = network_init(&network, config, &options);
    if (*code == CODE_OK && (client = gofer_client_new(&options)) == NULL) {
        int err = errno;

        *code = err == ENOMEM ? CODE_OUT_OF_MEMORY : CODE_USAGE;
        if (err == EINVAL)
            *code = network_refusal(config, &refused, &words);
        message_error(config, *code, err == EINVAL ? text_str(&words) : strerror(err));
    }
    network_fini(&network);
    text_fini(&user);
    text_fini(&words);
    return client;
}
