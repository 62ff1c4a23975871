/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See https.h.
 */
#include "integration/https.h"

#include <stdio.h>

#include "integration/expect.h"
#include "support/certs.h"

static const struct route hello[] = {{.reply = REPLY_HELLO}};

gofer_client *https_client(void)
{
    gofer_tls_options tls = {.ca_pem = certs_pem("root")};

    return rig_client(&(gofer_client_options){.tls = &tls});
}

gofer_client *https_client_with(const gofer_tls_options *tls)
{
    return rig_client(&(gofer_client_options){.tls = tls});
}

struct origin *https_hello(const char *cert)
{
    return rig_origin_tls(script_serve, (void *)(uintptr_t)hello, cert);
}

const char *https_url(const struct origin *origin, const char *host, char *buf)
{
    snprintf(buf, ORIGIN_URL_BYTES, "https://%s:%u/", host, origin_port(origin));
    return buf;
}

struct outcome https_get(gofer_client *client, const struct origin *origin)
{
    char url[ORIGIN_URL_BYTES];

    return rig_get_url(client, https_url(origin, "127.0.0.1", url));
}

void https_expect_failed(const struct outcome *got, gofer_status code, const char *words)
{
    rig_expect_error(got, code);
    EXPECT_INT(got->error->phase, GOFER_PHASE_TLS);
    EXPECT_INT(got->error->sent, GOFER_SENT_NOTHING);
    EXPECT_HOLDS(got->error->message, words);
}
