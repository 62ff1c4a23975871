/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the command line asked for; see config.h.
 */
#include "cli/config.h"

#include <stdlib.h>

void config_init(struct config *config)
{
    *config = (struct config){.parallel_max = 50, .follow.max = 50};
}

static void tls_fini(struct config_tls *tls)
{
    char *strings[] = {tls->ca_file, tls->ca_dir,   tls->crl_file, tls->pins,        tls->cert,
                       tls->key,     tls->password, tls->ciphers,  tls->ciphersuites};

    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        free(strings[i]);
    *tls = (struct config_tls){.insecure = false};
}

static void connect_fini(struct config_connect *connect)
{
    free(connect->interface);
    free(connect->local_address);
    free(connect->unix_socket);
    strings_fini(&connect->resolve);
    strings_fini(&connect->connect_to);
    *connect = (struct config_connect){.family = GOFER_ANY_FAMILY};
}

static void proxy_fini(struct config_proxy *proxy)
{
    free(proxy->url);
    free(proxy->user);
    free(proxy->no_proxy);
    free(proxy->ca_file);
    *proxy = (struct config_proxy){.insecure = false};
}

static void follow_fini(struct config_follow *follow)
{
    free(follow->user);
    free(follow->bearer);
    free(follow->referer);
    free(follow->cookie_jar);
    text_fini(&follow->cookies);
    strings_fini(&follow->cookie_files);
    *follow = (struct config_follow){.follows = false};
}

void config_fini(struct config *config)
{
    strings_fini(&config->urls);
    strings_fini(&config->outputs);
    strings_fini(&config->headers);
    text_fini(&config->data);
    text_fini(&config->query);
    gofer_form_free(config->form);
    config->form = NULL;
    text_fini(&config->write_out);
    free(config->method);
    config->method = NULL;
    tls_fini(&config->tls);
    connect_fini(&config->connect);
    proxy_fini(&config->proxy);
    follow_fini(&config->follow);
}

void config_set_string(char **string, const char *value)
{
    free(*string);
    *string = cli_strdup(value);
}

const char *config_method(const struct config *config)
{
    if (config->method != NULL)
        return config->method;
    if (config->head)
        return "HEAD";
    bool posts = config->form != NULL || (config->has_data && !config->get);
    return posts ? "POST" : "GET";
}

const char *config_output(const struct config *config, size_t i)
{
    return i < config->outputs.len ? config->outputs.items[i] : NULL;
}
