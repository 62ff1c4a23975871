/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The parts of a config (config.h) about connections: TLS, the way to a host, and
 * proxies. All zeros is the default. Strings are owned, and NULL where nothing was
 * said.
 */
#ifndef GOFER_CLI_CONFIG_NETWORK_H
#define GOFER_CLI_CONFIG_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include <gofer/address.h>
#include <gofer/tls.h>

#include "cli/text.h"

/* TLS with servers, or with proxies. */
struct config_tls {
    bool insecure;
    bool ca_native; /* the system's CAs, too */
    bool no_alpn;
    char *ca_file;
    char *ca_dir;
    char *crl_file;
    char *pins; /* "sha256//...", or a file's name */
    char *cert;
    char *cert_type; /* "PEM", "DER", "P12" */
    char *key;
    char *key_type;
    char *password;
    char *ciphers;
    char *ciphersuites;
    gofer_tls_version min_version;
    gofer_tls_version max_version;
};

/* Where a connection goes, and where from. */
struct config_connect {
    gofer_address_family family;
    char *interface; /* as --interface has it */
    uint16_t local_port;
    uint16_t local_port_last;
    char *unix_socket;
    struct strings resolve;    /* as gofer_client_options.resolve */
    struct strings connect_to; /* as .connect_to */
    char *dns_servers;         /* as .dns_servers */
    int64_t timeout_ms;        /* 0: nothing was said */
    int64_t fallback_delay_ms; /* same */
    int64_t keepalive_s;       /* same */
    bool no_keepalive;
    bool no_tcp_nodelay;
    bool proxy_protocol;
    char *proxy_protocol_address;
};

/* Which proxy. */
struct config_proxy {
    char *url;      /* "": none */
    char *preproxy; /* the one in front of it */
    char *user;     /* "user:password", or a user alone */
    char *no_proxy; /* --noproxy; NULL: as the environment says */
    bool tunnel;
    bool http_1_0;          /* CONNECT is asked with it */
    bool hides_answer;      /* to CONNECT, from the output */
    bool socks5_basic;      /* what it says holds always */
    struct strings headers; /* --proxy-header, one "Name: value", "Name:" or "Name;" each */
    struct config_tls tls;
};

/* Free what they own; all zeros after. */
void config_tls_fini(struct config_tls *tls);
void config_connect_fini(struct config_connect *connect);
void config_proxy_fini(struct config_proxy *proxy);

#endif
