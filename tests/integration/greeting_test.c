/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The PROXY protocol's header: once on each connection, before all else that the
 * server gets, and behind a proxy's tunnel.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "integration/via.h"
#include "support/certs.h"

extern CU_TestInfo greeting_tests[];

/* What a server that demands the header saw of it, on its last connection. */
struct seen {
    SSL_CTX *tls; /* it speaks TLS behind it; or NULL */
    char line[128];
};

static bool read_line(struct peer *peer, char *line, size_t size)
{
    size_t n = 0;

    /* Not a byte more: a handshake may follow. */
    while (n + 1 < size && recv(peer_fd(peer), line + n, 1, 0) == 1 && line[n] != '\n')
        n++;
    line[n] = '\0';
    return n > 0 && line[n - 1] == '\r';
}

static void serve(struct peer *peer, void *arg)
{
    struct seen *seen = arg;

    if (!read_line(peer, seen->line, sizeof seen->line) ||
        (seen->tls != NULL && !peer_start_tls(peer, seen->tls)))
        return;
    while (peer_read_request(peer))
        peer_say(peer, REPLY_HELLO);
}

/* The client's port, behind the two addresses. */
static unsigned client_port(const char *line)
{
    unsigned port = 0;

    EXPECT_INT(sscanf(line, "PROXY %*s %*s %*s %u", &port), 1);
    return port;
}

static void a_connection_begins_with_it_once(void)
{
    for (int tls = 0; tls < 2; tls++) {
        struct seen seen = {.tls = tls ? certs_server("good", NULL) : NULL};
        struct origin *origin = rig_origin(serve, &seen);
        gofer_tls_options trusts = {.ca_pem = certs_pem("root")};
        gofer_client *client =
            rig_client(&(gofer_client_options){.proxy_protocol = true, .tls = &trusts});
        char url[ORIGIN_URL_BYTES], line[128];

        snprintf(url, sizeof url, "%s://127.0.0.1:%u/", tls ? "https" : "http",
                 origin_port(origin));
        for (int i = 0; i < 2; i++) {
            struct outcome got = rig_get_url(client, url);
            rig_expect_answer(&got, 200, "hello");
            snprintf(line, sizeof line, "PROXY TCP4 127.0.0.1 127.0.0.1 %u %u\r",
                     client_port(seen.line), origin_port(origin));
            EXPECT_TEXT(seen.line, line);
        }
        EXPECT_INT(rig_stats(client).conns_opened, 1);
        rig_end_client(client);
        SSL_CTX_free(seen.tls);
    }
}

static void another_client_may_be_named(void)
{
    static const struct {
        const char *address, *line;
    } rows[] = {
        {"192.0.2.7", "PROXY TCP4 192.0.2.7 127.0.0.1 "},
        {"2001:db8::7", "PROXY TCP6 2001:db8::7 ::ffff:127.0.0.1 "},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seen seen = {.tls = NULL};
        gofer_client *client = rig_client(&(gofer_client_options){
            .proxy_protocol = true, .proxy_protocol_address = rows[i].address});
        struct outcome got = rig_get(client, rig_origin(serve, &seen), "/");
        rig_expect_answer(&got, 200, "hello");
        EXPECT_HOLDS(seen.line, rows[i].line);
        rig_end_client(client);
    }
}

static void it_goes_behind_a_tunnel(void)
{
    struct seen seen = {.tls = NULL};
    struct origin *origin = rig_origin(serve, &seen);
    struct via via;

    via_start(&via, "socks5", NULL);
    gofer_client *client = via_client(&via, &(gofer_client_options){.proxy_protocol = true});
    struct outcome got = rig_get(client, origin, "/");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(seen.line, "PROXY TCP4 127.0.0.1 127.0.0.1 ");
}

static void a_unix_socket_has_no_address_to_tell(void)
{
    struct seen seen = {.tls = NULL};
    struct origin *origin = rig_origin(serve, &seen);
    gofer_request *request = rig_request_to("GET", "http://any.test/");
    char path[64];

    snprintf(path, sizeof path, "@gofer-greeting-%u", origin_port(origin));
    origin_listen_unix(origin, path);
    gofer_request_set_unix_socket(request, path);
    struct outcome got =
        rig_call(rig_client(&(gofer_client_options){.proxy_protocol = true}), request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(seen.line, "PROXY UNKNOWN\r");
}

CU_TestInfo greeting_tests[] = {
    {"a connection begins with it once", a_connection_begins_with_it_once},
    {"another client may be named", another_client_may_be_named},
    {"it goes behind a tunnel", it_goes_behind_a_tunnel},
    {"a unix-domain socket has no address to tell", a_unix_socket_has_no_address_to_tell},
    CU_TEST_INFO_NULL,
};
