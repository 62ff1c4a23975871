/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A config's part of a client as a text; see client_key.h. A string goes in with
 * its length before it, so that no two lists of strings look alike.
 */
#include "cli/client_key.h"

#include <inttypes.h>
#include <string.h>

static void write_number(struct text *key, int64_t number)
{
    text_printf(key, "%" PRId64 " ", number);
}

static void write_string(struct text *key, const char *string)
{
    if (string == NULL)
        text_append_str(key, "- ");
    else
        text_printf(key, "%zu:%s ", strlen(string), string);
}

static void write_strings(struct text *key, const struct strings *strings)
{
    write_number(key, (int64_t)strings->len);
    for (size_t i = 0; i < strings->len; i++)
        write_string(key, strings->items[i]);
}

static void write_all_strings(struct text *key, const char *const *strings, size_t len)
{
    for (size_t i = 0; i < len; i++)
        write_string(key, strings[i]);
}

static void write_tls(struct text *key, const struct config_tls *t)
{
    const char *const strings[] = {t->ca_file,  t->ca_dir,    t->crl_file,    t->pins,
                                   t->cert,     t->cert_type, t->key,         t->key_type,
                                   t->password, t->ciphers,   t->ciphersuites};

    write_all_strings(key, strings, sizeof strings / sizeof strings[0]);
    text_printf(key, "%d %d %d %d %d ", t->insecure, t->ca_native, t->no_alpn, (int)t->min_version,
                (int)t->max_version);
}

/* A unix-domain socket is the request's. */
static void write_connect(struct text *key, const struct config_connect *c)
{
    const char *const strings[] = {c->interface, c->dns_servers, c->proxy_protocol_address};

    write_all_strings(key, strings, sizeof strings / sizeof strings[0]);
    write_strings(key, &c->resolve);
    write_strings(key, &c->connect_to);
    write_number(key, c->timeout_ms);
    write_number(key, c->fallback_delay_ms);
    write_number(key, c->keepalive_s);
    text_printf(key, "%d %u %u %d %d %d ", (int)c->family, (unsigned)c->local_port,
                (unsigned)c->local_port_last, c->no_keepalive, c->no_tcp_nodelay,
                c->proxy_protocol);
}

static void write_proxy(struct text *key, const struct config_proxy *p)
{
    const char *const strings[] = {p->url, p->preproxy, p->user, p->no_proxy};

    write_all_strings(key, strings, sizeof strings / sizeof strings[0]);
    write_strings(key, &p->headers);
    text_printf(key, "%d %d ", p->tunnel, p->http_1_0);
    write_tls(key, &p->tls);
}

/* What is about redirects is asked of the config that the client was made with. */
static void write_message(struct text *key, const struct config *config)
{
    const struct config_follow *f = &config->follow;
    const char *const strings[] = {f->user, f->bearer, config->message.agent};

    write_all_strings(key, strings, sizeof strings / sizeof strings[0]);
    text_printf(key, "%d %d %ld %u %u %d ", f->follows, f->trusts, f->max, config->schemes,
                config->redirect_schemes, config->compressed);
    write_number(key, config->message.expect_ms);
    write_number(key, config->speed.min_bytes_per_s);
    write_number(key, config->speed.window_ms);
}

void client_key_write(struct text *key, const struct config *config)
{
    write_message(key, config);
    write_tls(key, &config->tls);
    write_connect(key, &config->connect);
    write_proxy(key, &config->proxy);
}
