/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The library's options out of the command's; see client.h.
 *
 * The library says that an option is wrong, but not which one: after a refusal
 * each one that may be is tried alone.
 */
#include "cli/client.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "cli/message.h"
#include "cli/verbose_conn.h"

static gofer_tls_options tls_of(const struct config *config)
{
    const struct config_tls *t = &config->tls;

    return (gofer_tls_options){
        .ca_file = t->ca_file,
        .ca_dir = t->ca_dir,
        .crl_file = t->crl_file,
        .pins = t->pins,
        .verify = t->insecure ? GOFER_TLS_INSECURE : GOFER_TLS_VERIFY,
        .cert_file = t->cert,
        .key_file = t->cert != NULL ? t->key : NULL, /* curl takes no notice of a key alone */
        .key_password = t->cert != NULL ? t->password : NULL,
        .min_version = t->min_version,
        .max_version = t->max_version,
        .ciphers = t->ciphers,
        .ciphersuites = t->ciphersuites,
    };
}

static const char *const *list_of(const struct strings *strings)
{
    return (const char *const *)strings->items;
}

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

static void tell_retry(const gofer_trace_event *event, void *config)
{
    if (event->kind == GOFER_TRACE_RETRY)
        message_warn(config, "Problem: %s. Will try again in %lld.%03lld seconds", event->message,
                     (long long)(event->delay_ms / 1000), (long long)(event->delay_ms % 1000));
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
    o->trace = tell_retry;
    o->trace_arg = (void *)(uintptr_t)config;
}

static gofer_client_options options_of(const struct config *config)
{
    const struct config_connect *c = &config->connect;
    const struct config_follow *f = &config->follow;

    return (gofer_client_options){
        .timeout_ms = GOFER_NEVER,
        .stall_timeout_ms = GOFER_NEVER,
        .connect_timeout_ms = 300000,
        .workers = config->global->parallel ? 0 : GOFER_NO_WORKERS,
        .max_queued = GOFER_NEVER,
        .max_body_bytes = GOFER_NEVER,
        .disable_decompression = !config->compressed,
        .max_decode_ratio = GOFER_NEVER,
        .measure = true,
        .local_address = c->local_address,
        .interface = c->interface,
        .address_family = c->family,
        .resolve = list_of(&c->resolve),
        .resolve_len = c->resolve.len,
        .connect_to = list_of(&c->connect_to),
        .connect_to_len = c->connect_to.len,
        .proxy = config->proxy.url,
        .no_proxy = config->proxy.no_proxy,
        .proxy_tunnel = config->proxy.tunnel,
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

static gofer_tls_options proxy_tls_of(const struct config *config)
{
    const struct config_proxy *p = &config->proxy;

    return (gofer_tls_options){.ca_file = p->ca_file,
                               .verify = p->insecure ? GOFER_TLS_INSECURE : GOFER_TLS_VERIFY};
}

/* Splits "user:password"; a user alone has an empty one, as in curl, but SOCKS4 has none. */
static void set_proxy_user(gofer_client_options *options, const struct config_proxy *proxy,
                           struct text *user)
{
    bool socks4 = proxy->url != NULL && strncasecmp(proxy->url, "socks4", 6) == 0;
    const char *colon;

    if (proxy->user == NULL)
        return;
    colon = strchrnul(proxy->user, ':');
    text_append(user, proxy->user, (size_t)(colon - proxy->user));
    options->proxy_user = text_str(user);
    if (!socks4)
        options->proxy_password = *colon == ':' ? colon + 1 : "";
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

/* --- why not --------------------------------------------------------------- */

static bool is_refused(gofer_client_options options)
{
    options.workers = GOFER_NO_WORKERS;
    gofer_client *client = gofer_client_new(&options);
    bool refused = client == NULL && errno == EINVAL;

    gofer_client_free(client);
    return refused;
}

/* The first of the entries that is wrong, or NULL. */
static const char *bad_resolve(const struct strings *list)
{
    for (size_t i = 0; i < list->len; i++)
        if (is_refused((gofer_client_options){.resolve = list_of(list) + i, .resolve_len = 1}))
            return list->items[i];
    return NULL;
}

static const char *bad_connect_to(const struct strings *list)
{
    for (size_t i = 0; i < list->len; i++)
        if (is_refused((gofer_client_options){.connect_to = list_of(list) + i, //
                                              .connect_to_len = 1}))
            return list->items[i];
    return NULL;
}

/* Tells what is wrong with the options. */
static enum exit_code tell_bad_option(const struct config *config)
{
    const struct config_connect *c = &config->connect;
    gofer_tls_options pins = {.pins = config->tls.pins};
    enum exit_code code = CODE_USAGE;
    struct text words = {0};
    const char *bad;

    if ((bad = bad_resolve(&c->resolve)) != NULL) {
        text_printf(&words, "Couldn't parse --resolve entry '%s'", bad);
        code = CODE_BAD_OPTION_SYNTAX;
    } else if ((bad = bad_connect_to(&c->connect_to)) != NULL) {
        text_printf(&words, "Couldn't parse --connect-to entry '%s'", bad);
        code = CODE_BAD_OPTION_SYNTAX;
    } else if (is_refused((gofer_client_options){.local_address = c->local_address,
                                                 .interface = c->interface})) {
        text_printf(&words, "Couldn't bind to '%s'",
                    c->local_address != NULL ? c->local_address : c->interface);
        code = CODE_INTERFACE;
    } else if (is_refused((gofer_client_options){.proxy = config->proxy.url})) {
        text_append_str(&words, "Unsupported proxy syntax or scheme"); /* a password may be in it */
        code = CODE_PROXY;
    } else if (is_refused((gofer_client_options){.tls = &pins})) {
        text_printf(&words, "Not a pin: '%s'", config->tls.pins);
        code = CODE_PIN;
    } else {
        text_append_str(&words, "The options contradict each other");
    }
    message_error(config, code, text_str(&words));
    text_fini(&words);
    return code;
}

gofer_client *client_new(const struct config *config, gofer_cookie_jar *jar, enum exit_code *code)
{
    gofer_tls_options tls = tls_of(config), proxy_tls = proxy_tls_of(config);
    gofer_client_options options = options_of(config);
    struct text proxy_user = {0}, user = {0};
    options.cookie_jar = jar;
    set_user(&options, &config->follow, &user);
    options.tls = &tls;
    options.proxy_tls = &proxy_tls;
    set_proxy_user(&options, &config->proxy, &proxy_user);
    add_retries(&options, config);
    gofer_client *client = gofer_client_new(&options);
    int err = errno;

    text_fini(&proxy_user);
    text_fini(&user);
    if (client != NULL)
        return client;
    if (err == EINVAL) {
        *code = tell_bad_option(config);
        return NULL;
    }
    *code = err == ENOMEM ? CODE_OUT_OF_MEMORY : CODE_USAGE;
    message_error(config, *code, strerror(err));
    return NULL;
}
