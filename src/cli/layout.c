/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The wire options; see layout.h.
 */
#include "cli/layout.h"

#include <gofer/wire.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/header.h"
#include "cli/target.h"

/* curl's order: these, then the caller's in their order, then those about the body. A field of the
 * caller's, Host apart, stands among his, also where it replaces one of these. */
static const char *const leading[] = {
    "Host",
    "Proxy-Authorization",
    "Authorization",
    "Range",
    "Content-Range",
    "User-Agent",
    "Accept",
    "Connection",
    "TE",
    "Accept-Encoding",
    "Referer",
    "Proxy-Connection",
    "Transfer-Encoding",
    "Cookie",
    "If-Modified-Since",
    "If-Unmodified-Since",
};
static const char *const trailing[] = {"*", "Content-Length", "Content-Type", "Expect"};

static void push_unmentioned(struct strings *order, const struct config *config,
                             const char *const *names, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(names[i], "Host") == 0 || !header_is_mentioned(config, names[i]))
            strings_push(order, names[i]);
}

static void push_own(struct strings *order, const struct config *config)
{
    for (size_t i = 0; i < config->headers.len; i++) {
        struct header header = header_parse(config->headers.items[i]);

        if (header.kind == HEADER_SEND && strcasecmp(text_str(&header.name), "Host") != 0)
            strings_push(order, text_str(&header.name));
        header_fini(&header);
    }
}

/* --json's two stand behind the caller's, in that order. */
static void push_json(struct strings *order, const struct config *config)
{
    static const char *const names[] = {"Content-Type", "Accept"};

    if (config->message.has_json)
        push_unmentioned(order, config, names, 2);
}

static bool is_pushed(const struct strings *order, const char *name)
{
    for (size_t i = 0; i < order->len; i++)
        if (strcasecmp(order->items[i], name) == 0)
            return true;
    return false;
}

static void make_order(struct strings *order, const struct config *config)
{
    for (size_t i = 0; i < sizeof leading / sizeof leading[0]; i++)
        if (!(config->message.has_json && strcmp(leading[i], "Accept") == 0))
            push_unmentioned(order, config, &leading[i], 1);
    push_own(order, config);
    push_json(order, config);
    for (size_t i = 0; i < sizeof trailing / sizeof trailing[0]; i++)
        if (!is_pushed(order, trailing[i]))
            push_unmentioned(order, config, &trailing[i], 1);
}

/* The caller's fields as he wrote them; those that stand without a value have no such line. */
static void push_lines(struct strings *lines, const struct strings *given)
{
    for (size_t i = 0; i < given->len; i++) {
        const char *line = given->items[i];
        struct header header = header_parse(line);

        if (header.kind == HEADER_SEND && *header.value != '\0')
            strings_push(lines, line);
        header_fini(&header);
    }
}

void layout_apply(gofer_request *request, const struct config *config, const char *url)
{
    const struct config_message *m = &config->message;
    struct strings order = {0}, lines = {0};
    struct text path = {0};

    make_order(&order, config);
    push_lines(&lines, &config->headers);
    push_lines(&lines, &config->proxy.headers);
    target_append(&path, url, m->path_as_is);
    gofer_wire_options options = {.target = m->target,
                                  .path = path.len > 0 ? text_str(&path) : NULL,
                                  .field_order = (const char *const *)order.items,
                                  .field_order_len = order.len,
                                  .http_1_0 = m->http_1_0,
                                  .accept_http_0_9 = m->accept_http_0_9,
                                  .keep_chunks = m->raw,
                                  .ignore_content_length = m->ignore_length,
                                  .decode = config->compressed && !m->raw,
                                  .trace_bytes = true,
                                  .decode_transfer = m->transfer_codings,
                                  .field_lines = (const char *const *)lines.items,
                                  .field_lines_len = lines.len,
                                  .omit_zero_length = true};
    if (gofer_request_set_wire(request, &options) == GOFER_ERR_NOMEM)
        cli_out_of_memory();
    strings_fini(&order);
    strings_fini(&lines);
    text_fini(&path);
}
