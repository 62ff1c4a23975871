/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * libsoup's blocking interface: a session per thread, since a session is not to
 * be used by several at once, kept for all requests so that its connection is
 * reused. One message is made for each request, as the library asks for.
 */
#include "bench.h"

#include <stdlib.h>

#include <libsoup/soup.h>

struct soup {
    SoupSession *session;
    GUri *uri;
    size_t body_len;
};

static void soup_close(void *lane)
{
    struct soup *soup = lane;
    g_clear_object(&soup->session);
    g_clear_pointer(&soup->uri, g_uri_unref);
    free(soup);
}

/* No proxy resolver: it would look for the desktop's settings. */
static void *soup_open(const struct run *run, void *shared)
{
    struct soup *soup = calloc(1, sizeof(*soup));
    (void)shared;
    if (soup == NULL)
        return NULL;
    soup->body_len = run->body_len;
    soup->uri = g_uri_parse(run->url, SOUP_HTTP_URI_FLAGS, NULL);
    soup->session = soup_session_new_with_options("proxy-resolver", NULL, "timeout", 30u, NULL);
    if (soup->uri != NULL && soup->session != NULL)
        return soup;
    soup_close(soup);
    return NULL;
}

static bool soup_get(void *lane)
{
    struct soup *soup = lane;
    SoupMessage *message = soup_message_new_from_uri(SOUP_METHOD_GET, soup->uri);
    GBytes *body = soup_session_send_and_read(soup->session, message, NULL, NULL);
    bool ok = body != NULL && soup_message_get_status(message) == SOUP_STATUS_OK &&
              g_bytes_get_size(body) == soup->body_len;
    g_bytes_unref(body);
    g_object_unref(message);
    return ok;
}

int soup_main(struct run *run)
{
    static const struct lane_ops ops = {soup_open, soup_get, soup_close};
    return lanes_run(run, &ops, NULL);
}
