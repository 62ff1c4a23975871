/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Parsing and writing proxies. url_parse() cannot do it: it knows http and https
 * only, and a proxy has neither path nor query. Host, port and userinfo go
 * through the same functions.
 */
#include "http/proxy.h"

#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "http/base64.h"
#include "http/decimal.h"
#include "http/escape.h"
#include "http/host.h"
#include "http/refuse.h"

enum { SOCKS_CREDENTIAL_MAX = 255 };

static const struct scheme {
    const char *name;
    uint16_t port;
} schemes[] = {
    [PROXY_HTTP] = {"http", 80},       [PROXY_HTTPS] = {"https", 443},
    [PROXY_SOCKS5] = {"socks5", 1080}, [PROXY_SOCKS5H] = {"socks5h", 1080},
    [PROXY_SOCKS4] = {"socks4", 1080}, [PROXY_SOCKS4A] = {"socks4a", 1080},
};

static gofer_status check_text(const char *text, struct buf *why)
{
    size_t i = 0;
    for (; text[i] != '\0'; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f)
            return refuse(why, "control byte in proxy URL");
        if (i == URL_MAX_BYTES)
            return refuse(why, "proxy URL too long");
    }
    return GOFER_OK;
}

/* Takes "scheme://" from the text. Without one it is http, and a ':' is a port's or a password's.
 */
static gofer_status take_scheme(const char **text, struct proxy *proxy, struct buf *why)
{
    size_t len = 0;
    const char *at = *text;
    while (ascii_is_alpha(at[len]) || ascii_is_digit(at[len]) ||
           (at[len] != '\0' && strchr("+-.", at[len]) != NULL))
        len++;
    if (strncmp(at + len, "://", 3) != 0)
        return GOFER_OK;
    *text += len + 3;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        proxy->kind = (enum proxy_kind)i;
        if (ascii_equal_n(at, len, schemes[i].name))
            return GOFER_OK;
    }
    return refuse_quoting(why, "unsupported proxy scheme", at, len);
}

static gofer_status decode(const char *from, const char *to, char **out, struct buf *why)
{
    if (!escape_decode(from, (size_t)(to - from), out))
        return refuse(why, "invalid userinfo in proxy URL");
    return *out == NULL ? GOFER_ERR_NOMEM : GOFER_OK;
}

static gofer_status set_userinfo(struct proxy *proxy, const char *from, const char *to,
                                 struct buf *why)
{
    if (from == to)
        return GOFER_OK;
    const char *colon = memchr(from, ':', (size_t)(to - from));
    gofer_status status = decode(from, colon == NULL ? to : colon, &proxy->user, why);
    if (status == GOFER_OK && colon != NULL)
        status = decode(colon + 1, to, &proxy->password, why);
    return status;
}

static gofer_status check_socks5_credentials(const struct proxy *proxy, struct buf *why)
{
    if (proxy->user[0] == '\0')
        return refuse(why, "empty user in SOCKS5 proxy URL");
    if (strlen(proxy->user) > SOCKS_CREDENTIAL_MAX)
        return refuse(why, "user over 255 bytes in SOCKS5 proxy URL");
    if (proxy->password != NULL && strlen(proxy->password) > SOCKS_CREDENTIAL_MAX)
        return refuse(why, "password over 255 bytes in SOCKS5 proxy URL");
    return GOFER_OK;
}

static gofer_status check_socks4_credentials(const struct proxy *proxy, struct buf *why)
{
    if (proxy->password != NULL)
        return refuse(why, "password in SOCKS4 proxy URL: the protocol has none");
    if (strlen(proxy->user) > SOCKS_CREDENTIAL_MAX)
        return refuse(why, "user over 255 bytes in SOCKS4 proxy URL");
    return GOFER_OK;
}

static gofer_status check_credentials(const struct proxy *proxy, struct buf *why)
{
    if (proxy->user == NULL)
        return GOFER_OK;
    if (strchr(proxy->user, ':') != NULL)
        return refuse(why, "encoded ':' in proxy user");
    switch (proxy->kind) {
    case PROXY_SOCKS5:
    case PROXY_SOCKS5H:
        return check_socks5_credentials(proxy, why);
    case PROXY_SOCKS4:
    case PROXY_SOCKS4A:
        return check_socks4_credentials(proxy, why);
    default:
        return GOFER_OK;
    }
}

static gofer_status set_host(struct proxy *proxy, const char *from, const char *to, struct buf *why)
{
    struct host host;
    if (from == to || *from == ':')
        return refuse(why, "no host in proxy URL");
    gofer_status status = host_parse(from, (size_t)(to - from), &host, why);
    if (status != GOFER_OK)
        return status;
    proxy->host = host.name;
    proxy->zone = host.zone;
    proxy->host_kind = host.kind;
    proxy->port = host.port >= 0 ? (uint16_t)host.port : schemes[proxy->kind].port;
    return GOFER_OK;
}

static gofer_status parse(const char *text, struct proxy *proxy, struct buf *why)
{
    gofer_status status = check_text(text, why);
    if (status == GOFER_OK)
        status = take_scheme(&text, proxy, why);
    if (status != GOFER_OK)
        return status;
    const char *end = text + strcspn(text, "/?#\\");
    if (*end != '\0' && strcmp(end, "/") != 0)
        return refuse(why, "text behind the address in proxy URL");
    const char *at = memrchr(text, '@', (size_t)(end - text));
    if (at != NULL)
        status = set_userinfo(proxy, text, at, why);
    if (status == GOFER_OK)
        status = check_credentials(proxy, why);
    return status == GOFER_OK ? set_host(proxy, at == NULL ? text : at + 1, end, why) : status;
}

gofer_status proxy_parse(const char *text, struct proxy *proxy, struct buf *why)
{
    *proxy = (struct proxy){.kind = PROXY_HTTP};
    gofer_status status = parse(text, proxy, why);
    if (status != GOFER_OK)
        proxy_fini(proxy);
    return status;
}

static bool has_control_byte(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

gofer_status proxy_set_credentials(struct proxy *proxy, const char *user, const char *password,
                                   struct buf *why)
{
    struct proxy changed = {.kind = proxy->kind};
    if (has_control_byte(user) || (password != NULL && has_control_byte(password)))
        return refuse(why, "control byte in proxy credentials");
    changed.user = mem_strdup(user);
    changed.password = password != NULL ? mem_strdup(password) : NULL;
    gofer_status status = GOFER_ERR_NOMEM;
    if (changed.user != NULL && (password == NULL || changed.password != NULL))
        status = check_credentials(&changed, why);
    if (status != GOFER_OK) {
        proxy_fini(&changed);
        return status;
    }
    mem_free(proxy->user);
    mem_free(proxy->password);
    proxy->user = changed.user;
    proxy->password = changed.password;
    return GOFER_OK;
}

bool proxy_copy(struct proxy *to, const struct proxy *from)
{
    char **const owned[] = {&to->user, &to->password, &to->host, &to->zone};
    bool ok = true;
    *to = *from;
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        if (*owned[i] == NULL)
            continue;
        *owned[i] = mem_strdup(*owned[i]);
        ok = ok && *owned[i] != NULL;
    }
    if (!ok)
        proxy_fini(to);
    return ok;
}

void proxy_fini(struct proxy *proxy)
{
    mem_free(proxy->user);
    mem_free(proxy->password);
    mem_free(proxy->host);
    mem_free(proxy->zone);
    *proxy = (struct proxy){.kind = PROXY_HTTP};
}

bool proxy_is_http(const struct proxy *proxy)
{
    return proxy->kind == PROXY_HTTP || proxy->kind == PROXY_HTTPS;
}

bool proxy_wants_address(const struct proxy *proxy)
{
    return proxy->kind == PROXY_SOCKS4;
}

static void write_scheme_and_user(const struct proxy *proxy, struct buf *out)
{
    buf_append_str(out, schemes[proxy->kind].name);
    buf_append_str(out, "://");
    if (proxy->user != NULL)
        escape_userinfo(out, proxy->user, strlen(proxy->user));
}

static void write_address(const struct proxy *proxy, bool with_port, struct buf *out)
{
    bool bracket = proxy->host_kind == URL_HOST_IPV6;
    buf_append_str(out, bracket ? "[" : "");
    buf_append_str(out, proxy->host);
    if (proxy->zone != NULL) {
        buf_append_str(out, "%25");
        buf_append_str(out, proxy->zone);
    }
    buf_append_str(out, bracket ? "]" : "");
    if (!with_port)
        return;
    buf_append_char(out, ':');
    decimal_append(out, proxy->port);
}

void proxy_write_masked(const struct proxy *proxy, struct buf *out)
{
    write_scheme_and_user(proxy, out);
    if (proxy->user != NULL)
        buf_append_str(out, proxy->password == NULL ? "@" : ":***@");
    write_address(proxy, proxy->port != schemes[proxy->kind].port, out);
}

void proxy_write_key(const struct proxy *proxy, struct buf *out)
{
    write_scheme_and_user(proxy, out);
    if (proxy->password != NULL) {
        buf_append_char(out, ':');
        escape_userinfo(out, proxy->password, strlen(proxy->password));
    }
    if (proxy->user != NULL)
        buf_append_char(out, '@');
    write_address(proxy, true, out);
}

void proxy_write_basic(const struct proxy *proxy, struct buf *out)
{
    struct buf pair = BUF_INIT;
    if (proxy->user == NULL)
        return;
    buf_append_str(&pair, proxy->user);
    buf_append_char(&pair, ':');
    if (proxy->password != NULL)
        buf_append_str(&pair, proxy->password);
    buf_append_str(out, "Basic ");
    base64_append(out, pair.data, pair.len);
    out->failed = out->failed || buf_failed(&pair);
    buf_fini(&pair);
}
