/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the command line says about connections, as options of a client: TLS, the
 * way to a host, proxies. What they point to is kept here, until the client was
 * made.
 */
#ifndef GOFER_CLI_NETWORK_H
#define GOFER_CLI_NETWORK_H

#include <gofer/client.h>

#include "cli/config.h"
#include "cli/exit_code.h"
#include "cli/source_address.h"

struct network {
    gofer_tls_options tls;
    gofer_tls_options proxy_tls;
    struct source_address source;
    struct text proxy_user;
    struct text no_proxy;
    struct strings header_texts; /* names and values of the headers */
    gofer_header *headers;       /* for proxies */
    const char *key_log;         /* borrowed from the environment, or NULL */
};

/* Sets the client's options; all zeros before. CODE_OK, or the code to end with, the reason told.
 * network_fini() either way. */
enum exit_code network_init(struct network *network, const struct config *config,
                            gofer_client_options *options);

void network_fini(struct network *network);

/* The code to end with where the library refused an option, and a line that tells so. */
enum exit_code network_refusal(const struct config *config, const gofer_option_error *refused,
                               struct text *words);

#endif
