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

static gofer_redirect_verdict check_redirect(void *arg, const gofer_redirect *redirect)
{
    const struct config *config = arg;
    unsigned scheme =
        strncasecmp(gofer_redirect_url(redirect), "https:", 6) == 0 ? SCHEME_HTTPS : SCHEME_HTTP;

    if (config->follow.max == 0 || (config->schemes & config->redirect_schemes & scheme) == 0)
        return GOFER_REDIRECT_REFUSE;
    return GOFER_REDIRECT_FOLLOW;
}

static void on_event(const gofer_trace_event *event, void *timeline)
{
    timeline_event(event, timeline);
}

static void add_trace(gofer_client_options *o, const struct config *config)
{
    if (config->global->timeline == NULL)
        return;
    o->trace = on_event;
    o->trace_arg = config->global->timeline;
}

static gofer_client_options options_of(const struct config *config)
{
    const struct config_follow *f = &config->follow;
    const struct config_speed *s = &config->speed;

    return (gofer_client_options){
        .timeout_ms = GOFER_NEVER,
        .user_agent = config->message.agent, /* of CONNECT, too */
        .stall_timeout_ms = s->min_bytes_per_s > 0 ? s->window_ms : GOFER_NEVER,
        .workers = config->global->parallel ? 0 : GOFER_NO_WORKERS,
        .max_queued = GOFER_NEVER,
        .max_response_header_bytes = CLIENT_HEAD_MAX_BYTES,
        .max_body_bytes = GOFER_NEVER,
        .disable_decompression = !config->compressed,
        .max_decode_ratio = GOFER_NEVER,
        .measure = true,
        .min_rate_bytes_per_s = s->min_bytes_per_s,
        .min_rate_window_ms = s->window_ms,
        .disable_redirects = !f->follows && !f->trusts,
        .allow_https_to_http = true,
        .trust_redirects = f->trusts,
        .max_redirects = f->max,
        .check_redirect = check_redirect, /* a max of 0 is the library's default */
        .check_redirect_arg = (void *)(uintptr_t)config,
        .bearer_token = f->bearer,
        .expect_continue_timeout_ms = config->message.expect_ms,
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
