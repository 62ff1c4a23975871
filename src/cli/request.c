/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From the command line to a gofer_request; see request.h.
 */
#include "cli/request.h"

#include <gofer/client.h>
#include <string.h>
#include <strings.h>

#include "cli/header.h"

/* RFC 3986 section 3.1. "localhost:8080/x" has none: only "://" makes one. */
static size_t scheme_len(const char *url)
{
    size_t len = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    return strncmp(url + len, "://", 3) == 0 ? len : 0;
}

void request_complete_url(struct text *out, const char *typed, const char *scheme)
{
    if (scheme_len(typed) == 0)
        text_printf(out, "%s://", scheme != NULL ? scheme : "http");
    text_append_str(out, typed);
}

/* Puts pairs behind a query, or makes it one. */
static void add_pairs(struct text *url, const struct text *pairs)
{
    const char *query = strchr(text_str(url), '?');

    if (pairs->len == 0)
        return;
    if (query == NULL)
        text_append_str(url, "?");
    else if (query[1] != '\0' && url->data[url->len - 1] != '&')
        text_append_str(url, "&");
    text_append(url, pairs->data, pairs->len);
}

void request_add_query(struct text *url, const struct config *config)
{
    struct text whole = *url;
    size_t len = strcspn(text_str(&whole), "#");

    *url = (struct text){0};
    text_append(url, text_str(&whole), len);
    if (config->get)
        add_pairs(url, &config->data);
    add_pairs(url, &config->query);
    text_append_str(url, text_str(&whole) + len);
    text_fini(&whole);
}

void request_foreign_scheme(struct text *out, const char *url, unsigned schemes)
{
    size_t len = scheme_len(url);
    bool http = strncasecmp(url, "http://", len + 3) == 0;
    bool https = strncasecmp(url, "https://", len + 3) == 0;

    if (((http ? SCHEME_HTTP : https ? SCHEME_HTTPS : 0) & schemes) == 0)
        text_append(out, url, len);
}

static bool url_is_good(const char *url)
{
    gofer_request *probe = gofer_request_new(NULL, url);
    bool good = gofer_request_status(probe) == GOFER_OK;

    gofer_request_free(probe);
    return good;
}

/* What the library refuses it remembers and tells when the call is made; memory it cannot. */
static void check_memory(gofer_status status)
{
    if (status == GOFER_ERR_NOMEM)
        cli_out_of_memory();
}

static void add_header(gofer_request *request, const char *line)
{
    struct header header = header_parse(line);

    if (header.kind == HEADER_SEND)
        check_memory(gofer_request_add_header(request, text_str(&header.name), header.value));
    else if (header.kind == HEADER_REMOVE)
        check_memory(gofer_request_remove_header(request, text_str(&header.name)));
    header_fini(&header);
}

static void add_data(gofer_request *request, const struct config *config)
{
    if (config->form != NULL)
        check_memory(gofer_request_set_form(request, config->form));
    if (!config->has_data || config->get)
        return;
    check_memory(
        gofer_request_set_body_ref(request, text_str(&config->data), config->data.len, NULL, NULL));
    if (!header_is_mentioned(config, "Content-Type"))
        check_memory(
            gofer_request_add_header(request, "Content-Type", "application/x-www-form-urlencoded"));
}

/* The command says where it came from only where it was asked to; -H wins over -b and -e. */
static void add_origins(gofer_request *request, const struct config *config)
{
    const struct config_follow *f = &config->follow;
    bool given = header_is_mentioned(config, "Referer");

    if (!given && f->referer != NULL && f->referer[0] != '\0')
        check_memory(gofer_request_set_header(request, "Referer", f->referer));
    else if (!given && !f->auto_referer)
        check_memory(gofer_request_remove_header(request, "Referer"));
    if (f->cookies.len > 0)
        check_memory(gofer_request_add_header(request, "Cookie", text_str(&f->cookies)));
}

gofer_request *request_new(const struct config *config, const char *url, enum exit_code *refused)
{
    int64_t timeout_ms = config->max_time_ms > 0 ? config->max_time_ms : GOFER_NEVER;
    gofer_request *request = gofer_request_new(config_method(config), url);

    if (request == NULL)
        cli_out_of_memory();
    *refused = url_is_good(url) ? CODE_USAGE : CODE_BAD_URL;
    for (size_t i = 0; i < config->headers.len; i++)
        add_header(request, config->headers.items[i]);
    add_data(request, config);
    add_origins(request, config);
    if (config->connect.unix_socket != NULL)
        check_memory(gofer_request_set_unix_socket(request, config->connect.unix_socket));
    check_memory(gofer_request_set_timeout_ms(request, timeout_ms));
    return request;
}
