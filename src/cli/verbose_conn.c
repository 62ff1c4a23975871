/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The connection in words; see verbose_conn.h.
 */
#include "cli/verbose_conn.h"

#include <netdb.h>
#include <stdio.h>
#include <time.h>

static void show_peer(const struct transfer *t)
{
    socklen_t len;
    const struct sockaddr *peer = gofer_response_peer(t->response, &len);
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (peer == NULL && t->config->connect.unix_socket != NULL)
        fprintf(stderr, "* Connected to %s\n", t->config->connect.unix_socket);
    else if (peer != NULL && getnameinfo(peer, len, host, sizeof host, port, sizeof port,
                                         NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        fprintf(stderr, "* Connected to %s port %s\n", host, port);
}

static void show_date(const char *name, int64_t seconds)
{
    time_t t = (time_t)seconds;
    struct tm tm;
    char text[64];

    if (gmtime_r(&t, &tm) != NULL && strftime(text, sizeof text, "%b %e %T %Y GMT", &tm) > 0)
        fprintf(stderr, "*  %s: %s\n", name, text);
}

static void show_certificate(const struct transfer *t)
{
    gofer_certificate *cert = gofer_response_certificate(t->response);

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

static void show_tls(const struct transfer *t)
{
    const char *version = gofer_response_tls_version(t->response);

    if (version == NULL)
        return;
    fprintf(stderr, "* SSL connection using %s / %s%s\n", version,
            gofer_response_tls_cipher(t->response),
            gofer_response_tls_resumed(t->response) ? ", resumed" : "");
    show_certificate(t);
}

void verbose_conn(const struct transfer *t)
{
    show_peer(t);
    show_tls(t);
}
