/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Connections in words, from the library's trace; see verbose_conn.h.
 */
#include "cli/verbose_conn.h"

#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>

/* --- as it happens --------------------------------------------------------- */

enum { ADDRESS_BYTES = NI_MAXHOST + NI_MAXSERV + 4 };

/* "127.0.0.1:80", "[::1]:80", or without the port; a socket's path. */
static const char *address_text(const gofer_address *address, bool with_port, char *buf)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    bool v6 = address->addr->sa_family == AF_INET6;

    if (getnameinfo(address->addr, address->addr_len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(buf, ADDRESS_BYTES, "%s", address->host);
    else if (!with_port)
        snprintf(buf, ADDRESS_BYTES, "%s", host);
    else
        snprintf(buf, ADDRESS_BYTES, v6 ? "[%s]:%s" : "%s:%s", host, port);
    return buf;
}

static void show_lookup(const gofer_trace_event *e)
{
    struct text line = {0};
    char address[ADDRESS_BYTES];

    if (e->status != GOFER_OK)
        text_printf(&line, "* Could not resolve host: %s", e->host);
    else
        text_printf(&line, "* Host %s was resolved:", e->host);
    for (size_t i = 0; i < e->addresses_len; i++)
        text_printf(&line, "%s %s", i > 0 ? "," : "",
                    address_text(&e->addresses[i], false, address));
    fprintf(stderr, "%s\n", text_str(&line));
    text_fini(&line);
}

static void show_attempt(const gofer_trace_event *e)
{
    char address[ADDRESS_BYTES];

    if (e->addresses_len > 0)
        fprintf(stderr, "*   Trying %s...\n", address_text(e->addresses, true, address));
}

static void show_attempt_end(const gofer_trace_event *e)
{
    char buf[ADDRESS_BYTES];

    if (e->addresses_len == 0)
        return;
    const char *address = address_text(e->addresses, true, buf);
    if (e->status == GOFER_OK)
        fprintf(stderr, "* Connected to %s (%s)\n", e->host, address);
    else if (e->status == GOFER_ERR_CANCELED)
        fprintf(stderr, "*   %s given up: another one was faster\n", address);
    else
        fprintf(stderr, "*   connect to %s failed: %s\n", address,
                e->sys_errno != 0 ? strerror(e->sys_errno) : gofer_strerror(e->status));
}

static void show_handshake(const gofer_trace_event *e)
{
    if (e->status == GOFER_OK)
        fprintf(stderr, "* SSL connection using %s / %s%s\n", e->tls_version, e->tls_cipher,
                e->tls_resumed ? ", resumed" : "");
    else
        fprintf(stderr, "* TLS with %s failed: %s\n", e->host,
                e->message != NULL ? e->message : gofer_strerror(e->status));
}

static void on_event(const gofer_trace_event *e, void *arg)
{
    (void)arg;
    switch (e->kind) {
    case GOFER_TRACE_DNS_DONE:
        show_lookup(e);
        break;
    case GOFER_TRACE_CONNECT_START:
        show_attempt(e);
        break;
    case GOFER_TRACE_CONNECT_DONE:
        show_attempt_end(e);
        break;
    case GOFER_TRACE_TLS_DONE:
        show_handshake(e);
        break;
    case GOFER_TRACE_GOT_CONN:
        if (e->reused)
            fprintf(stderr, "* Re-using a connection, idle for %" PRId64 " ms\n",
                    e->idle_us / 1000);
        break;
    case GOFER_TRACE_RETRY:
        fprintf(stderr, "* Trying again in %" PRId64 " ms\n", e->delay_ms);
        break;
    default:
        break;
    }
}

void verbose_conn_watch(gofer_request *request)
{
    if (gofer_request_set_trace(request, on_event, NULL, NULL) == GOFER_ERR_NOMEM)
        cli_out_of_memory();
}

int verbose_conn_tunnel(const gofer_proxy_answer *answer, void *arg)
{
    struct text lines = {0};
    bool v6 = strchr(answer->host, ':') != NULL;

    (void)arg;
    text_printf(&lines, v6 ? "* CONNECT [%s]:%u at %s\n" : "* CONNECT %s:%u at %s\n", answer->host,
                (unsigned)answer->port, answer->proxy);
    for (const char *line = answer->head; *line != '\0';) {
        size_t len = strcspn(line, "\r\n");

        text_printf(&lines, "< %.*s\n", (int)len, line);
        line += len;
        line += *line == '\r';
        line += *line == '\n';
    }
    fputs(text_str(&lines), stderr);
    text_fini(&lines);
    return 0;
}

/* --- afterwards ------------------------------------------------------------ */

static void show_date(const char *name, int64_t seconds)
{
    time_t t = (time_t)seconds;
    struct tm tm;
    char text[64];

    if (gmtime_r(&t, &tm) != NULL && strftime(text, sizeof text, "%b %e %T %Y GMT", &tm) > 0)
        fprintf(stderr, "*  %s: %s\n", name, text);
}

void verbose_conn_certificate(const struct transfer *t)
{
    gofer_certificate *cert = t->connects > 0 ? gofer_response_certificate(t->response) : NULL;

    if (cert == NULL)
        return;
    fputs("* Server certificate:\n", stderr);
    fprintf(stderr, "*  subject: %s\n", cert->subject);
    show_date("start date", cert->not_before);
    show_date("expire date", cert->not_after);
    fprintf(stderr, "*  hosts: %s\n", cert->hosts);
    fprintf(stderr, "*  issuer: %s\n", cert->issuer);
    fputs(t->config->tls.insecure
              ? "*  NOT CHECKED (-k): whoever is in between may read and change everything\n"
              : "*  SSL certificate verify ok.\n",
          stderr);
    gofer_certificate_free(cert);
}
