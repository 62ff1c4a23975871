/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * -v; see verbose.h. The library reports no request head, so the one shown is
 * put together here from what was asked for and the library's documented
 * defaults.
 */
#include "cli/verbose.h"

#include <stdio.h>
#include <string.h>

#include "cli/header.h"
#include "cli/verbose_conn.h"

static void show_default(const struct config *config, const char *name, const char *value)
{
    if (!header_is_mentioned(config, name))
        fprintf(stderr, "> %s: %s\n", name, value);
}

static void show_own_headers(const struct config *config)
{
    for (size_t i = 0; i < config->headers.len; i++) {
        struct header header = header_parse(config->headers.items[i]);

        if (header.kind == HEADER_SEND)
            fprintf(stderr, "> %s: %s\n", text_str(&header.name), header.value);
        header_fini(&header);
    }
}

/* "GET /x HTTP/1.1" and "Host: a:80", out of "http://user@a:80/x". */
static void show_request_line(const struct transfer *t)
{
    const char *authority = strstr(transfer_effective_url(t), "://") + 3;
    size_t len = strcspn(authority, "/?#");
    const char *at = memchr(authority, '@', len);
    const char *path = authority + len;
    const char *host = at != NULL ? at + 1 : authority;

    fprintf(stderr, "> %s %s%.*s HTTP/1.1\n", config_method(t->config), *path == '/' ? "" : "/",
            (int)strcspn(path, "#"), path);
    if (!header_is_mentioned(t->config, "Host"))
        fprintf(stderr, "> Host: %.*s\n", (int)(path - host), host);
}

static void show_request(const struct transfer *t)
{
    const struct config *config = t->config;
    char agent[64];

    snprintf(agent, sizeof agent, "gofer/%s", gofer_version());
    show_request_line(t);
    show_default(config, "User-Agent", agent);
    show_default(config, "Accept", "*/*");
    show_own_headers(config);
    if (config->has_data) {
        show_default(config, "Content-Type", "application/x-www-form-urlencoded");
        fprintf(stderr, "> Content-Length: %zu\n", config->data.len);
    }
    fputs("> \n", stderr);
}

static void show_response(const gofer_response *response)
{
    const char *name;
    const char *value;

    fprintf(stderr, "< HTTP/1.%d %d %s\n", gofer_response_http_minor(response),
            gofer_response_status(response), gofer_response_reason(response));
    for (size_t i = 0; gofer_response_header_at(response, i, &name, &value); i++)
        fprintf(stderr, "< %s: %s\n", name, value);
    fputs("< \n", stderr);
}

void verbose_begin(const struct transfer *t)
{
    if (!t->config->global->verbose)
        return;
    fprintf(stderr, "* %s %s\n", config_method(t->config), text_str(&t->url));
    verbose_conn_watch(t->request);
}

void verbose_end(const struct transfer *t)
{
    const gofer_error *error = gofer_response_error(t->response);

    if (!t->config->global->verbose || t->response == NULL)
        return;
    verbose_conn_certificate(t);
    if (error == NULL || error->sent != GOFER_SENT_NOTHING)
        show_request(t);
    if (gofer_response_status(t->response) != 0)
        show_response(t->response);
    if (error != NULL)
        fprintf(stderr, "* %s\n", error->message);
}
