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

#include "cli/verbose.h"

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

static void show_lookup(const struct transfer *t, const gofer_trace_event *e)
{
    struct text line = {0};
    char address[ADDRESS_BYTES];

    if (e->status != GOFER_OK)
        text_printf(&line, "Could not resolve host: %s", e->host);
    else
        text_printf(&line, "Host %s was resolved:", e->host);
    for (size_t i = 0; i < e->addresses_len; i++)
        text_printf(&line, "%s %s", i > 0 ? "," : "",
                    address_text(&e->addresses[i], false, address));
    verbose_say(t, "%s", text_str(&line));
    text_fini(&line);
}

static void show_attempt(const struct transfer *t, const gofer_trace_event *e)
{
    char address[ADDRESS_BYTES];

    if (e->addresses_len > 0)
        verbose_say(t, "  Trying %s...", address_text(e->addresses, true, address));
}

static void show_attempt_end(const struct transfer *t, const gofer_trace_event *e)
{
    char buf[ADDRESS_BYTES];

    if (e->addresses_len == 0)
        return;
    const char *address = address_text(e->addresses, true, buf);
    if (e->status == GOFER_OK)
        verbose_say(t, "Connected to %s (%s)", e->host, address);
    else if (e->status == GOFER_ERR_CANCELED)
        verbose_say(t, "  %s given up: another one was faster", address);
    else
        verbose_say(t, "  connect to %s failed: %s", address,
                    e->sys_errno != 0 ? strerror(e->sys_errno) : gofer_strerror(e->status));
}

static void show_handshake(const struct transfer *t, const gofer_trace_event *e)
{
    if (e->status == GOFER_OK)
        verbose_say(t, "SSL connection using %s / %s%s", e->tls_version, e->tls_cipher,
                    e->tls_resumed ? ", resumed" : "");
    else
        verbose_say(t, "TLS with %s failed: %s", e->host,
                    e->message != NULL ? e->message : gofer_strerror(e->status));
}

void verbose_conn_event(const struct transfer *t, const gofer_trace_event *e)
{
    switch (e->kind) {
    case GOFER_TRACE_DNS_DONE:
        show_lookup(t, e);
        break;
    case GOFER_TRACE_CONNECT_START:
        show_attempt(t, e);
        break;
    case GOFER_TRACE_CONNECT_DONE:
        show_attempt_end(t, e);
        break;
    case GOFER_TRACE_TLS_DONE:
        show_handshake(t, e);
        break;
    case GOFER_TRACE_GOT_CONN:
        if (e->reused)
            verbose_say(t, "Re-using a connection, idle for %" PRId64 " ms", e->idle_us / 1000);
        break;
    case GOFER_TRACE_RETRY:
        verbose_say(t, "Trying again in %" PRId64 " ms", e->delay_ms);
        break;
    default:
        break;
    }
}

/* --- afterwards ------------------------------------------------------------ */

static void show_date(const struct transfer *t, const char *name, int64_t seconds)
{
    time_t moment = (time_t)seconds;
    struct tm tm;
    char text[64];

    if (gmtime_r(&moment, &tm) != NULL && strftime(text, sizeof text, "%b %e %T %Y GMT", &tm) > 0)
        verbose_say(t, " %s: %s", name, text);
}

void verbose_conn_certificate(const struct transfer *t)
{
    gofer_certificate *cert =
        t->facts.connects > 0 ? gofer_response_certificate(t->response) : NULL;

    if (cert == NULL)
        return;
    verbose_say(t, "Server certificate:");
    verbose_say(t, " subject: %s", cert->subject);
    show_date(t, "start date", cert->not_before);
    show_date(t, "expire date", cert->not_after);
    verbose_say(t, " hosts: %s", cert->hosts);
    verbose_say(t, " issuer: %s", cert->issuer);
    verbose_say(t, "%s",
                t->config->tls.insecure
                    ? " NOT CHECKED (-k): whoever is in between may read and change everything"
                    : " SSL certificate verify ok.");
    gofer_certificate_free(cert);
}
