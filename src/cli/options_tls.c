/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about TLS: whom to trust, who we are, how to talk; the same again with
 * "proxy-" for an https proxy.
 */
#include <string.h>

#include "cli/options.h"

#define TLS_FIELD(member) LOCAL_FIELD(tls.member)
#define PROXY_TLS_FIELD(member) LOCAL_FIELD(proxy.tls.member)

static enum option_error apply_tls_1(struct config *config, const char *value)
{
    (void)value;
    config->tls.min_version = GOFER_TLS_ANY;
    return OPTION_OK;
}

static enum option_error apply_tls_1_2(struct config *config, const char *value)
{
    (void)value;
    config->tls.min_version = GOFER_TLS_1_2;
    return OPTION_OK;
}

static enum option_error apply_tls_1_3(struct config *config, const char *value)
{
    (void)value;
    config->tls.min_version = GOFER_TLS_1_3;
    return OPTION_OK;
}

static enum option_error apply_proxy_tls_1(struct config *config, const char *value)
{
    (void)value;
    config->proxy.tls.min_version = GOFER_TLS_ANY;
    return OPTION_OK;
}

static enum option_error apply_tls_max(struct config *config, const char *value)
{
    if (strcmp(value, "default") == 0)
        config->tls.max_version = GOFER_TLS_ANY;
    else if (strcmp(value, "1.2") == 0)
        config->tls.max_version = GOFER_TLS_1_2;
    else if (strcmp(value, "1.3") == 0)
        config->tls.max_version = GOFER_TLS_1_3;
    else
        return OPTION_BAD_VALUE;
    return OPTION_OK;
}

/* "file", or "file:password"; a colon or backslash of the file's name has a backslash before it. */
static void set_cert(struct config_tls *tls, const char *value)
{
    struct text file = {0};

    for (; *value != '\0' && *value != ':'; value++) {
        if (value[0] == '\\' && (value[1] == '\\' || value[1] == ':'))
            value++;
        text_append(&file, value, 1);
    }
    config_set_string(&tls->cert, text_str(&file));
    if (*value == ':')
        config_set_string(&tls->password, value + 1);
    text_fini(&file);
}

static enum option_error apply_cert(struct config *config, const char *value)
{
    set_cert(&config->tls, value);
    return OPTION_OK;
}

static enum option_error apply_proxy_cert(struct config *config, const char *value)
{
    set_cert(&config->proxy.tls, value);
    return OPTION_OK;
}

const struct option tls_options[] = {
    {0, "ca-native", NULL, TLS_FIELD(ca_native), NULL, "Trust the system's CAs beside those named",
     HELP_TLS, OPTION_LOCAL},
    {0, "cacert", "file", TLS_FIELD(ca_file), OPTION_STRING, "Trust the CAs in this file", HELP_TLS,
     OPTION_LOCAL},
    {0, "capath", "dir", TLS_FIELD(ca_dir), OPTION_STRING, "Trust the CAs in this folder, by hash",
     HELP_TLS, OPTION_LOCAL},
    {'E', "cert", "file[:password]", 0, apply_cert, "Show this certificate to a server that asks",
     HELP_TLS, OPTION_LOCAL},
    {0, "cert-type", "type", TLS_FIELD(cert_type), OPTION_STRING, "PEM, DER or P12", HELP_TLS,
     OPTION_LOCAL},
    {0, "ciphers", "list", TLS_FIELD(ciphers), OPTION_STRING, "Ciphers for TLS 1.2", HELP_TLS,
     OPTION_LOCAL},
    {0, "crlfile", "file", TLS_FIELD(crl_file), OPTION_STRING, "Refuse what this list revokes",
     HELP_TLS, OPTION_LOCAL},
    {'k', "insecure", NULL, TLS_FIELD(insecure), NULL, "Do not check who the server is", HELP_TLS,
     OPTION_LOCAL},
    {0, "key", "file", TLS_FIELD(key), OPTION_STRING, "The private key of --cert", HELP_TLS,
     OPTION_LOCAL},
    {0, "key-type", "type", TLS_FIELD(key_type), OPTION_STRING, "PEM or DER", HELP_TLS,
     OPTION_LOCAL},
    {0, "no-alpn", NULL, TLS_FIELD(no_alpn), NULL, "Do not offer HTTP/1.1 in the handshake",
     HELP_TLS | HELP_HTTP, OPTION_LOCAL},
    {0, "pass", "password", TLS_FIELD(password), OPTION_STRING, "The password of that key",
     HELP_TLS | HELP_AUTH, OPTION_LOCAL},
    {0, "pinnedpubkey", "pins", TLS_FIELD(pins), OPTION_STRING,
     "The server's key must be one of these (sha256//...), or the one in this file", HELP_TLS,
     OPTION_LOCAL},
    {0, "proxy-ca-native", NULL, PROXY_TLS_FIELD(ca_native), NULL,
     "Trust the system's CAs beside those named", HELP_PROXY | HELP_TLS, OPTION_LOCAL},
    {0, "proxy-cacert", "file", PROXY_TLS_FIELD(ca_file), OPTION_STRING,
     "The CAs of an https proxy are in this file", HELP_PROXY | HELP_TLS, OPTION_LOCAL},
    {0, "proxy-capath", "dir", PROXY_TLS_FIELD(ca_dir), OPTION_STRING,
     "The CAs of an https proxy are in this folder", HELP_PROXY | HELP_TLS, OPTION_LOCAL},
    {0, "proxy-cert", "file[:password]", 0, apply_proxy_cert,
     "Show this certificate to a proxy that asks", HELP_PROXY | HELP_TLS, OPTION_LOCAL},
    {0, "proxy-cert-type", "type", PROXY_TLS_FIELD(cert_type), OPTION_STRING, "PEM, DER or P12",
     HELP_PROXY | HELP_TLS, OPTION_LOCAL},
    {0, "proxy-ciphers", "list", PROXY_TLS_FIELD(ciphers), OPTION_STRING,
     "Ciphers for TLS 1.2 with proxies", HELP_PROXY | HELP_TLS, OPTION_LOCAL},
    {0, "proxy-crlfile", "file", PROXY_TLS_FIELD(crl_file), OPTION_STRING,
     "Refuse the proxies that this list revokes", HELP_PROXY | HELP_TLS, OPTION_LOCAL},
    {0, "proxy-insecure", NULL, PROXY_TLS_FIELD(insecure), NULL, "Do not check who the proxy is",
     HELP_PROXY | HELP_TLS, OPTION_LOCAL},
    {0, "proxy-key", "file", PROXY_TLS_FIELD(key), OPTION_STRING, "The private key of --proxy-cert",
     HELP_PROXY | HELP_TLS, OPTION_LOCAL},
    {0, "proxy-key-type", "type", PROXY_TLS_FIELD(key_type), OPTION_STRING, "PEM or DER",
     HELP_PROXY | HELP_TLS, OPTION_LOCAL},
    {0, "proxy-pass", "password", PROXY_TLS_FIELD(password), OPTION_STRING,
     "The password of that key", HELP_PROXY | HELP_TLS | HELP_AUTH, OPTION_LOCAL},
    {0, "proxy-pinnedpubkey", "pins", PROXY_TLS_FIELD(pins), OPTION_STRING,
     "The proxy's key must be one of these, or the one in this file", HELP_PROXY | HELP_TLS,
     OPTION_LOCAL},
    {0, "proxy-tls13-ciphers", "list", PROXY_TLS_FIELD(ciphersuites), OPTION_STRING,
     "Ciphers for TLS 1.3 with proxies", HELP_PROXY | HELP_TLS, OPTION_LOCAL},
    {0, "proxy-tlsv1", NULL, 0, apply_proxy_tls_1,
     "TLS 1.2 or newer with proxies; older ones are not spoken", HELP_PROXY | HELP_TLS,
     OPTION_LOCAL},
    {0, "tls-max", "version", 0, apply_tls_max, "TLS 1.2 or 1.3 at most", HELP_TLS, OPTION_LOCAL},
    {0, "tls13-ciphers", "list", TLS_FIELD(ciphersuites), OPTION_STRING, "Ciphers for TLS 1.3",
     HELP_TLS, OPTION_LOCAL},
    {'1', "tlsv1", NULL, 0, apply_tls_1, "TLS 1.2 or newer; older ones are not spoken", HELP_TLS,
     OPTION_LOCAL},
    {0, "tlsv1.2", NULL, 0, apply_tls_1_2, "TLS 1.2 or newer", HELP_TLS, OPTION_LOCAL},
    {0, "tlsv1.3", NULL, 0, apply_tls_1_3, "TLS 1.3 or newer", HELP_TLS, OPTION_LOCAL},
    {0},
};
