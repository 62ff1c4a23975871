/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The end of what was said about connections.
 */
#include "cli/config_network.h"

#include <stdlib.h>

void config_tls_fini(struct config_tls *tls)
{
    char *strings[] = {tls->ca_file,  tls->ca_dir,    tls->crl_file,    tls->pins,
                       tls->cert,     tls->cert_type, tls->key,         tls->key_type,
                       tls->password, tls->ciphers,   tls->ciphersuites};

    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        free(strings[i]);
    *tls = (struct config_tls){.insecure = false};
}

void config_connect_fini(struct config_connect *connect)
{
    free(connect->interface);
    free(connect->unix_socket);
    free(connect->dns_servers);
    free(connect->proxy_protocol_address);
    strings_fini(&connect->resolve);
    strings_fini(&connect->connect_to);
    *connect = (struct config_connect){.family = GOFER_ANY_FAMILY};
}

void config_proxy_fini(struct config_proxy *proxy)
{
    free(proxy->url);
    free(proxy->preproxy);
    free(proxy->user);
    free(proxy->no_proxy);
    strings_fini(&proxy->headers);
    config_tls_fini(&proxy->tls);
    *proxy = (struct config_proxy){.tunnel = false};
}
