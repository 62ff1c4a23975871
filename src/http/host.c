/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Hosts. Everything is checked on the ASCII form, after IDNA: its mappings turn
 * full-width digits into an IPv4 address and a full-width solidus into "/".
 */
#include "http/host.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "http/refuse.h"

enum {
    NAME_MAX_BYTES = 253,
    LABEL_MAX_BYTES = 63,
    TYPED_MAX_BYTES = 4 * NAME_MAX_BYTES, /* before IDNA, whose work is not linear */
    ZONE_MAX_BYTES = 15,
    PORT_MAX = 65535
};

static gofer_status refuse_host(struct buf *why, const char *text, size_t len)
{
    return refuse_quoting(why, "invalid host", text, len);
}

/* -1: none; -2: no port. */
static int parse_port(const char *text, size_t len)
{
    int port = 0;
    for (size_t i = 0; i < len; i++) {
        if (!ascii_is_digit(text[i]))
            return -2;
        port = 10 * port + (text[i] - '0');
        if (port > PORT_MAX)
            return -2;
    }
    if (len == 0)
        return -1;
    return port == 0 ? -2 : port;
}

/* The port is not quoted: where a password held a '/', it is what stands there. */
static gofer_status take_port(const char *text, size_t len, struct host *host, struct buf *why)
{
    host->port = parse_port(text, len);
    if (host->port >= -1)
        return GOFER_OK;
    return refuse_quoting(why, "invalid port behind host", host->name, strlen(host->name));
}

static gofer_status parse_zone(const char *text, size_t len, struct host *host, struct buf *why)
{
    if (len < 4 || len > 3 + ZONE_MAX_BYTES || memcmp(text, "%25", 3) != 0)
        return refuse(why, "invalid zone in IPv6 host");
    for (size_t i = 3; i < len; i++)
        if (!ascii_is_alpha(text[i]) && !ascii_is_digit(text[i]) &&
            memchr("-._~", text[i], 4) == NULL)
            return refuse(why, "invalid zone in IPv6 host");
    host->zone = mem_strndup(text + 3, len - 3);
    return host->zone == NULL ? GOFER_ERR_NOMEM : GOFER_OK;
}

/* text[0..len) stood between brackets. */
static gofer_status parse_ipv6(const char *text, size_t len, struct host *host, struct buf *why)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr binary;
    const char *percent = len == 0 ? NULL : memchr(text, '%', len);
    size_t n = percent == NULL ? len : (size_t)(percent - text);
    if (n >= sizeof address)
        return refuse_host(why, text, len);
    memcpy(address, text, n);
    address[n] = '\0';
    if (inet_pton(AF_INET6, address, &binary) != 1)
        return refuse_host(why, text, len);
    inet_ntop(AF_INET6, &binary, address, sizeof address);
    host->kind = URL_HOST_IPV6;
    host->name = mem_strdup(address);
    if (host->name == NULL)
        return GOFER_ERR_NOMEM;
    return percent == NULL ? GOFER_OK : parse_zone(percent, len - n, host, why);
}

static gofer_status idn_status(int rc)
{
    return rc == IDN2_OK ? GOFER_OK : rc == IDN2_MALLOC ? GOFER_ERR_NOMEM : GOFER_ERR_INVALID;
}

/* *name becomes the ASCII form of the UTF-8 text. */
static gofer_status to_ascii(const char *text, char **name)
{
    uint8_t *ascii = NULL;
    int rc = idn2_lookup_u8((const uint8_t *)text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (rc != IDN2_OK)
        return idn_status(rc);
    *name = mem_strdup((const char *)ascii);
    idn2_free(ascii);
    return *name == NULL ? GOFER_ERR_NOMEM : GOFER_OK;
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text > 0x7f)
            return false;
    return true;
}

/* An A-label says one thing only: it decodes to non-ASCII text, and that encodes to it. */
static gofer_status check_a_label(const char *text, size_t len)
{
    char label[LABEL_MAX_BYTES + 1];
    memcpy(label, text, len);
    label[len] = '\0';
    char *unicode = NULL;
    int rc = idn2_to_unicode_8z8z(label, &unicode, 0);
    if (rc != IDN2_OK)
        return idn_status(rc);
    char *back = NULL;
    gofer_status status = is_ascii(unicode) ? GOFER_ERR_INVALID : to_ascii(unicode, &back);
    if (status == GOFER_OK && strcmp(back, label) != 0)
        status = GOFER_ERR_INVALID;
    mem_free(back);
    idn2_free(unicode);
    return status;
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || ascii_is_digit(c) || c == '-' || c == '_';
}

static gofer_status check_label(const char *label, size_t len)
{
    if (len == 0 || len > LABEL_MAX_BYTES)
        return GOFER_ERR_INVALID;
    for (size_t i = 0; i < len; i++)
        if (!is_name_byte(label[i]))
            return GOFER_ERR_INVALID;
    return len >= 4 && memcmp(label, "xn--", 4) == 0 ? check_a_label(label, len) : GOFER_OK;
}

static bool is_number(const char *label, size_t len)
{
    bool hex = len >= 2 && label[0] == '0' && label[1] == 'x';
    for (size_t i = hex ? 2 : 0; i < len; i++)
        if (hex ? ascii_hex_value(label[i]) < 0 : !ascii_is_digit(label[i]))
            return false;
    return true;
}

/* Checks the labels and finds out whether this is IPv4. */
static gofer_status check_name(const char *name, enum url_host_kind *kind)
{
    size_t len = strlen(name);
    size_t labels_len = len > 0 && name[len - 1] == '.' ? len - 1 : len;
    const char *label = name, *end = name + labels_len;
    size_t n = 0;
    if (labels_len == 0 || labels_len > NAME_MAX_BYTES)
        return GOFER_ERR_INVALID;
    for (;; label += n + 1) {
        const char *dot = label == end ? NULL : memchr(label, '.', (size_t)(end - label));
        n = (size_t)((dot == NULL ? end : dot) - label);
        gofer_status status = check_label(label, n);
        if (status != GOFER_OK)
            return status;
        if (dot == NULL)
            break;
    }
    *kind = URL_HOST_NAME;
    if (!is_number(label, n))
        return GOFER_OK;
    struct in_addr binary;
    *kind = URL_HOST_IPV4;
    return inet_pton(AF_INET, name, &binary) == 1 ? GOFER_OK : GOFER_ERR_INVALID;
}

static gofer_status parse_name(const char *text, size_t len, struct host *host, struct buf *why)
{
    if (len == 0)
        return refuse(why, "no Host in request URL");
    if (len > TYPED_MAX_BYTES)
        return refuse_host(why, text, len);
    char *typed = mem_strndup(text, len);
    if (typed == NULL)
        return GOFER_ERR_NOMEM;
    gofer_status status = GOFER_OK;
    if (!is_ascii(typed)) {
        status = to_ascii(typed, &host->name);
        mem_free(typed);
    } else {
        host->name = typed;
    }
    if (status == GOFER_OK) {
        ascii_lower_n(host->name, strlen(host->name));
        status = check_name(host->name, &host->kind);
    }
    return status == GOFER_ERR_INVALID ? refuse_host(why, text, len) : status;
}

static gofer_status parse(const char *text, size_t len, struct host *host, struct buf *why)
{
    const char *end = text + len;
    bool bracket = len > 0 && text[0] == '[';
    const char *stop = len == 0 ? NULL : memchr(text, bracket ? ']' : ':', len);
    if (bracket && stop == NULL)
        return refuse_host(why, text, len);
    if (stop == NULL)
        return parse_name(text, len, host, why);
    gofer_status status = bracket ? parse_ipv6(text + 1, (size_t)(stop - text) - 1, host, why)
                                  : parse_name(text, (size_t)(stop - text), host, why);
    if (status != GOFER_OK)
        return status;
    const char *colon = bracket ? stop + 1 : stop;
    if (colon == end)
        return GOFER_OK;
    if (*colon != ':')
        return refuse(why, "invalid text behind IPv6 host");
    return take_port(colon + 1, (size_t)(end - colon) - 1, host, why);
}

gofer_status host_parse(const char *text, size_t len, struct host *host, struct buf *why)
{
    *host = (struct host){.port = -1};
    gofer_status status = parse(text, len, host, why);
    if (status != GOFER_OK)
        host_fini(host);
    return status;
}

void host_fini(struct host *host)
{
    mem_free(host->name);
    mem_free(host->zone);
    *host = (struct host){.port = -1};
}

void host_describe_idn(char *out, size_t size)
{
    snprintf(out, size, "libidn2/%s", idn2_check_version(NULL));
}
