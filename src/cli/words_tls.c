/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The options that the error is about are those towards the server or, where it is
 * the proxy's failure, those towards the proxy.
 */
#include "cli/words_tls.h"

#include <string.h>
#include <strings.h>

static const struct config_tls *options_of(const struct transfer *t, const gofer_error *error)
{
    return error->code == GOFER_ERR_PROXY ? &t->config->proxy.tls : &t->config->tls;
}

static bool is_type(const char *given, const char *type)
{
    return given != NULL && strcasecmp(given, type) == 0;
}

static void say_pkcs12(const struct config_tls *tls, const gofer_error *error, struct text *out)
{
    if (strstr(error->message, "cannot be read") != NULL)
        text_printf(out, "could not open PKCS12 file '%s'", tls->cert);
    else
        text_append_str(out, "could not parse PKCS12 file, check password");
}

/* Our certificate, or its key. */
static void say_identity(const struct config_tls *tls, const gofer_error *error, struct text *out)
{
    if (is_type(tls->cert_type, "P12"))
        say_pkcs12(tls, error, out);
    else if (strstr(error->message, "client key") != NULL)
        text_printf(out, "unable to set private key file: '%s' type %s",
                    tls->key != NULL ? tls->key : tls->cert,
                    is_type(tls->key_type, "DER") ? "DER" : "PEM");
    else
        text_printf(out,
                    "could not load %s client certificate from %s, (no key found, wrong pass "
                    "phrase, or wrong file format?)",
                    is_type(tls->cert_type, "DER") ? "ASN1" : "PEM", tls->cert);
}

static void say_ciphers(const struct config_tls *tls, const gofer_error *error, struct text *out)
{
    bool suites = strstr(error->message, "ciphersuites") != NULL;

    if (suites && tls->ciphersuites != NULL)
        text_printf(out, "failed setting TLS 1.3 cipher suite: %s", tls->ciphersuites);
    else if (!suites && tls->ciphers != NULL)
        text_printf(out, "failed setting cipher list: %s", tls->ciphers);
}

void words_tls(const struct transfer *t, const gofer_error *error, struct text *out)
{
    const struct config_tls *tls = options_of(t, error);

    if (error->reason == GOFER_REASON_IDENTITY && tls->cert != NULL)
        say_identity(tls, error, out);
    else if (error->reason == GOFER_REASON_CIPHERS)
        say_ciphers(tls, error, out);
    else if (error->reason == GOFER_REASON_CRL && tls->crl_file != NULL)
        text_printf(out, "error loading CRL file: %s", tls->crl_file);
    else if (error->reason == GOFER_REASON_CA && tls->ca_file != NULL)
        text_printf(out, "error setting certificate file: %s", tls->ca_file);
}
