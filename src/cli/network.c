/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From what was said to the library's options; see network.h.
 */
#include "cli/network.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/bypass.h"
#include "cli/header.h"
#include "cli/message.h"

/* curl's, where the command line says nothing. */
enum { CONNECT_TIMEOUT_MS = 300000, KEEPALIVE_S = 60 };

/* --- TLS -------------------------------------------------------------------- */

/* NULL, and any other than the three: PEM; those are complained about before. */
static gofer_tls_format format_of(const char *type)
{
    if (type != NULL && strcasecmp(type, "DER") == 0)
        return GOFER_TLS_DER;
    return type != NULL && strcasecmp(type, "P12") == 0 ? GOFER_TLS_P12 : GOFER_TLS_PEM;
}

static bool is_known(const char *type, bool p12)
{
    return type == NULL || strcasecmp(type, "PEM") == 0 || strcasecmp(type, "DER") == 0 ||
           (p12 && strcasecmp(type, "P12") == 0);
}

static enum exit_code check_types(const struct config *config, const struct config_tls *t)
{
    struct text words = {0};

    if (t->cert == NULL)
        return CODE_OK;
    if (!is_known(t->cert_type, true))
        text_printf(&words, "not supported file type '%s' for certificate", t->cert_type);
    else if (!is_known(t->key_type, false))
        text_printf(&words, "not supported file type '%s' for private key", t->key_type);
    else if (format_of(t->cert_type) == GOFER_TLS_DER && t->key == NULL)
        text_append_str(&words,
                        "a certificate in DER has no private key with it: name one (--key)");
    if (words.len == 0)
        return CODE_OK;
    message_error(config, CODE_CLIENT_CERTIFICATE, text_str(&words));
    text_fini(&words);
    return CODE_CLIENT_CERTIFICATE;
}

/* curl takes no notice of a key without a certificate, nor of one beside a PKCS #12 file. */
static void set_identity(gofer_tls_options *o, const struct config_tls *t)
{
    if (t->cert == NULL)
        return;
    o->cert_file = t->cert;
    o->cert_format = format_of(t->cert_type);
    o->key_password = t->password;
    if (o->cert_format == GOFER_TLS_P12 || t->key == NULL)
        return;
    o->key_file = t->key;
    o->key_format = format_of(t->key_type);
}

static gofer_tls_options tls_of(const struct config_tls *t, const char *key_log)
{
    bool is_list = t->pins != NULL && strncmp(t->pins, "sha256//", 8) == 0;
    gofer_tls_options o = {
        .ca_file = t->ca_file,
        .ca_dir = t->ca_dir,
        .add_system_store = t->ca_native,
        .crl_file = t->crl_file,
        .pins = is_list ? t->pins : NULL,
        .pin_file = is_list ? NULL : t->pins,
        .verify = t->insecure ? GOFER_TLS_INSECURE : GOFER_TLS_VERIFY,
        .alpn = t->no_alpn ? "" : NULL,
        .min_version = t->min_version,
        .max_version = t->max_version,
        .ciphers = t->ciphers,
        .ciphersuites = t->ciphersuites,
        .keylog_file = key_log,
    };

    /* Who trusts anybody needs no list of whom to trust, which may not even be there. */
    if (t->insecure)
        o.ca_file = o.ca_dir = NULL;
    set_identity(&o, t);
    return o;
}

/* curl's: a file that cannot be written is no reason to fail. */
static const char *find_key_log(void)
{
    const char *path = getenv("SSLKEYLOGFILE");
    int fd = path != NULL && *path != '\0'
                 ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600)
                 : -1;

    if (fd < 0)
        return NULL;
    close(fd);
    return path;
}

static enum exit_code set_tls(struct network *n, const struct config *config,
                              gofer_client_options *o)
{
    enum exit_code code = check_types(config, &config->tls);

    if (code == CODE_OK)
        code = check_types(config, &config->proxy.tls);
    n->key_log = find_key_log();
    n->tls = tls_of(&config->tls, n->key_log);
    n->proxy_tls = tls_of(&config->proxy.tls, n->key_log);
    o->tls = &n->tls;
    o->proxy_tls = &n->proxy_tls;
    return code;
}

/* --- the way to a host ------------------------------------------------------ */

static const char *const *list_of(const struct strings *strings)
{
    return (const char *const *)strings->items;
}

static const char *or_null(const char *text)
{
    return *text != '\0' ? text : NULL;
}

static void set_sockets(const struct config_connect *c, gofer_client_options *o)
{
    int64_t keepalive_s = c->keepalive_s > 0 ? c->keepalive_s : KEEPALIVE_S;

    o->keepalive_ms = c->no_keepalive ? GOFER_NEVER : keepalive_s * 1000;
    o->disable_tcp_nodelay = c->no_tcp_nodelay;
    o->local_port = c->local_port;
    o->local_port_last = c->local_port_last;
    o->proxy_protocol = c->proxy_protocol;
    o->proxy_protocol_address = c->proxy_protocol ? c->proxy_protocol_address : NULL;
}

static enum exit_code set_way(struct network *n, const struct config *config,
                              gofer_client_options *o)
{
    const struct config_connect *c = &config->connect;
    struct text words = {0};

    o->connect_timeout_ms = c->timeout_ms > 0 ? c->timeout_ms : CONNECT_TIMEOUT_MS;
    o->connect_timeout_covers_tls = true;
    o->fallback_delay_ms = c->fallback_delay_ms;
    o->address_family = c->family;
    o->resolve = list_of(&c->resolve);
    o->resolve_len = c->resolve.len;
    o->connect_to = list_of(&c->connect_to);
    o->connect_to_len = c->connect_to.len;
    o->dns_servers = c->dns_servers;
    set_sockets(c, o);
    if (source_address_find(c->interface, c->family, &n->source)) {
        o->interface = or_null(n->source.interface);
        o->local_address = or_null(n->source.local_address);
        return CODE_OK;
    }
    text_printf(&words, "Couldn't bind to '%s'", c->interface);
    message_error(config, CODE_INTERFACE, text_str(&words));
    text_fini(&words);
    return CODE_INTERFACE;
}

/* --- proxies ---------------------------------------------------------------- */

/* Splits "user:password"; a user alone has an empty one, as in curl, but SOCKS4 has none. */
static void set_user(struct network *n, const struct config_proxy *p, gofer_client_options *o)
{
    bool socks4 = p->url != NULL && strncasecmp(p->url, "socks4", 6) == 0;
    const char *colon;

    if (p->user == NULL)
        return;
    colon = strchrnul(p->user, ':');
    text_append(&n->proxy_user, p->user, (size_t)(colon - p->user));
    o->proxy_user = text_str(&n->proxy_user);
    if (!socks4)
        o->proxy_password = *colon == ':' ? colon + 1 : "";
}

static void add_header(struct network *n, const char *name, const char *value)
{
    strings_push(&n->header_texts, name);
    strings_push(&n->header_texts, value);
}

/* Those of --proxy-header that are sent, or those that are not. */
static void add_headers(struct network *n, const struct config_proxy *p, enum header_kind kind)
{
    for (size_t i = 0; i < p->headers.len; i++) {
        struct header h = header_parse(p->headers.items[i]);

        if (h.kind == kind)
            add_header(n, text_str(&h.name), h.value);
        header_fini(&h);
    }
}

static bool speaks_of(const struct config_proxy *p, const char *name)
{
    bool found = false;

    for (size_t i = 0; i < p->headers.len && !found; i++) {
        struct header h = header_parse(p->headers.items[i]);

        found = h.kind != HEADER_NOTHING && strcasecmp(text_str(&h.name), name) == 0;
        header_fini(&h);
    }
    return found;
}

/* curl's own field comes first, unless a --proxy-header speaks of it. What is not sent matters to
 * CONNECT only, which has defaults: it comes last. */
static void set_headers(struct network *n, const struct config_proxy *p, gofer_client_options *o)
{
    if (!speaks_of(p, "Proxy-Connection"))
        add_header(n, "Proxy-Connection", "Keep-Alive");
    add_headers(n, p, HEADER_SEND);
    o->proxy_headers_len = n->header_texts.len / 2;
    add_headers(n, p, HEADER_REMOVE);
    o->connect_headers_len = n->header_texts.len / 2;
    n->headers = cli_realloc(NULL, o->connect_headers_len + 1, sizeof *n->headers);
    for (size_t i = 0; i < o->connect_headers_len; i++)
        n->headers[i] =
            (gofer_header){n->header_texts.items[2 * i],
                           i < o->proxy_headers_len ? n->header_texts.items[2 * i + 1] : NULL};
    o->connect_headers = o->proxy_headers = n->headers;
}

enum exit_code network_init(struct network *network, const struct config *config,
                            gofer_client_options *options)
{
    const struct config_proxy *p = &config->proxy;
    enum exit_code code;

    *network = (struct network){.headers = NULL};
    options->proxy = p->url;
    options->preproxy = p->preproxy;
    bypass_write(&network->no_proxy, p->no_proxy);
    options->no_proxy = text_str(&network->no_proxy);
    /* What a proxy fetches is not led elsewhere, what goes through its tunnel is. */
    options->proxy_tunnel = p->tunnel || config->connect.connect_to.len > 0;
    options->connect_http_1_0 = p->http_1_0;
    set_user(network, p, options);
    set_headers(network, p, options);
    code = set_tls(network, config, options);
    return code != CODE_OK ? code : set_way(network, config, options);
}

void network_fini(struct network *network)
{
    text_fini(&network->proxy_user);
    text_fini(&network->no_proxy);
    strings_fini(&network->header_texts);
    free(network->headers);
    *network = (struct network){.headers = NULL};
}

/* --- why not ---------------------------------------------------------------- */

static bool is_scheme(const char *url)
{
    static const char *const known[] = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
    const char *end = strstr(url, "://");

    if (end == NULL)
        return true;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i]) == (size_t)(end - url) &&
            strncasecmp(url, known[i], (size_t)(end - url)) == 0)
            return true;
    return false;
}

/* curl has a proxy of a kind that it does not know fail to be connected to. The URL is not shown: a
 * password may be in it. */
static enum exit_code proxy_refusal(const char *url, const char *why, struct text *words)
{
    bool syntax = url == NULL || is_scheme(url);

    text_printf(words, "Unsupported proxy %s: %s", syntax ? "syntax" : "scheme", why);
    return syntax ? CODE_PROXY : CODE_CONNECT;
}

enum exit_code network_refusal(const struct config *config, const gofer_option_error *refused,
                               struct text *words)
{
    const struct config_connect *c = &config->connect;
    const char *option = refused->option;

    if (strcmp(option, "resolve") == 0) {
        text_printf(words, "Couldn't parse --resolve entry '%s'", c->resolve.items[refused->index]);
        return CODE_BAD_OPTION_SYNTAX;
    }
    if (strcmp(option, "connect_to") == 0) {
        text_printf(words, "Couldn't parse --connect-to entry '%s'",
                    c->connect_to.items[refused->index]);
        return CODE_BAD_OPTION_SYNTAX;
    }
    if (strcmp(option, "local_address") == 0 || strcmp(option, "interface") == 0) {
        text_printf(words, "Couldn't bind to '%s'", c->interface);
        return CODE_INTERFACE;
    }
    if (strcmp(option, "proxy") == 0)
        return proxy_refusal(config->proxy.url, refused->why, words);
    if (strcmp(option, "preproxy") == 0)
        return proxy_refusal(config->proxy.preproxy, refused->why, words);
    if (strcmp(option, "proxy_user") == 0)
        return proxy_refusal(NULL, refused->why, words);
    if (strcmp(option, "tls.pins") == 0 || strcmp(option, "proxy_tls.pins") == 0) {
        text_printf(words, "Not a pin: '%s'",
                    option[0] == 't' ? config->tls.pins : config->proxy.tls.pins);
        return CODE_PIN;
    }
    if (strstr(option, "tls.max_version") != NULL) {
        text_printf(words, "--tls-max: %s", refused->why);
        return CODE_TLS;
    }
    text_printf(words, "%s: %s", option, refused->why);
    return CODE_USAGE;
}
