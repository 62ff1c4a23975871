/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Copying and checking TLS options.
 */
#include "net/tls_settings.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/alloc.h"
#include "base/ascii.h"

#define PIN_PREFIX "sha256//"

enum {
    PIN_PREFIX_LEN = sizeof(PIN_PREFIX) - 1,
    PIN_BASE64_LEN = 44, /* 32 bytes */
    PIN_LEN = PIN_PREFIX_LEN + PIN_BASE64_LEN,
    ALPN_NAME_MAX = 255,
    SERVER_NAME_MAX = 253
};

/* Every string of the options, and whether it is nobody else's business. */
static const struct text_member {
    size_t offset;
    bool secret;
} text_members[] = {
    {offsetof(gofer_tls_options, ca_file), false},
    {offsetof(gofer_tls_options, ca_dir), false},
    {offsetof(gofer_tls_options, ca_pem), false},
    {offsetof(gofer_tls_options, crl_file), false},
    {offsetof(gofer_tls_options, pins), false},
    {offsetof(gofer_tls_options, cert_file), false},
    {offsetof(gofer_tls_options, cert_pem), true}, /* a key may stand beside it */
    {offsetof(gofer_tls_options, key_file), false},
    {offsetof(gofer_tls_options, key_pem), true},
    {offsetof(gofer_tls_options, key_password), true},
    {offsetof(gofer_tls_options, server_name), false},
    {offsetof(gofer_tls_options, alpn), false},
    {offsetof(gofer_tls_options, ciphers), false},
    {offsetof(gofer_tls_options, ciphersuites), false},
    {offsetof(gofer_tls_options, keylog_file), false},
    {offsetof(gofer_tls_options, pin_file), false},
};

enum { TEXT_MEMBERS = sizeof(text_members) / sizeof(text_members[0]) };

static const char **text_at(gofer_tls_options *o, size_t i)
{
    return (const char **)(void *)((char *)o + text_members[i].offset);
}

/* --- checks --- */

static bool is_base64(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!ascii_is_alpha(text[i]) && !ascii_is_digit(text[i]) && text[i] != '+' &&
            text[i] != '/')
            return false;
    return true;
}

static bool is_pin(const char *text, size_t len)
{
    return len == PIN_LEN && memcmp(text, PIN_PREFIX, PIN_PREFIX_LEN) == 0 &&
           text[PIN_LEN - 1] == '=' && is_base64(text + PIN_PREFIX_LEN, PIN_BASE64_LEN - 1);
}

/* One pin at least, and nothing but pins: a list that is understood in part only is none. */
static bool are_pins(const char *pins)
{
    for (;;) {
        size_t len = strcspn(pins, ";");
        if (!is_pin(pins, len))
            return false;
        if (pins[len] == '\0')
            return true;
        pins += len + 1;
    }
}

/* A name as it stands in a certificate, or an address: a-z, 0-9, '-', '_', '.' and ':'. A dot at
 * its beginning would be any name below it to OpenSSL. */
bool tls_settings_is_name(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        if (!ascii_is_alpha(name[i]) && !ascii_is_digit(name[i]) && strchr("-_.:", name[i]) == NULL)
            return false;
    return len > 0 && len <= SERVER_NAME_MAX && name[0] != '.';
}

static bool are_versions(const gofer_tls_options *o)
{
    unsigned min = (unsigned)o->min_version, max = (unsigned)o->max_version;
    return min <= GOFER_TLS_1_3 && max <= GOFER_TLS_1_3 && (max == GOFER_TLS_ANY || min <= max);
}

/* Names of 1 to 255 bytes with commas between them, or none at all. */
static bool is_alpn(const char *names)
{
    size_t n = strcspn(names, ",");
    while (n > 0 && n <= ALPN_NAME_MAX && names[n] == ',') {
        names += n + 1;
        n = strcspn(names, ",");
    }
    return n > 0 && n <= ALPN_NAME_MAX;
}

static bool refuse(struct tls_refusal *refusal, const char *member, const char *why)
{
    *refusal = (struct tls_refusal){member, why};
    return false;
}

/* Text is PEM, and what holds the key of a certificate in DER is another file. */
static bool check_formats(const gofer_tls_options *o, struct tls_refusal *r)
{
    bool key = o->key_file != NULL || o->key_pem != NULL;
    if ((unsigned)o->cert_format > GOFER_TLS_P12 ||
        (o->cert_format != GOFER_TLS_PEM && o->cert_file == NULL))
        return refuse(r, "cert_format", "it is none, or there is no cert_file");
    if ((unsigned)o->key_format > GOFER_TLS_DER ||
        (o->key_format != GOFER_TLS_PEM && o->key_file == NULL))
        return refuse(r, "key_format", "it is none of a key's, or there is no key_file");
    if (o->cert_format == GOFER_TLS_P12 && key)
        return refuse(r, o->key_file != NULL ? "key_file" : "key_pem",
                      "the key is in the PKCS #12 file");
    if (o->cert_format == GOFER_TLS_DER && !key)
        return refuse(r, "key_file", "a certificate in DER has no key with it");
    return true;
}

/* One thing has one source; a key without a certificate is nothing to show. */
static bool check_identity(const gofer_tls_options *o, struct tls_refusal *r)
{
    bool cert = o->cert_file != NULL || o->cert_pem != NULL;
    if (o->cert_file != NULL && o->cert_pem != NULL)
        return refuse(r, "cert_pem", "there is a cert_file, too");
    if (o->key_file != NULL && o->key_pem != NULL)
        return refuse(r, "key_pem", "there is a key_file, too");
    if (!cert && (o->key_file != NULL || o->key_pem != NULL))
        return refuse(r, o->key_file != NULL ? "key_file" : "key_pem",
                      "a key without a certificate");
    if (!cert && o->key_password != NULL)
        return refuse(r, "key_password", "a password without a certificate");
    return check_formats(o, r);
}

bool tls_settings_check(const gofer_tls_options *o, struct tls_refusal *r)
{
    if (!are_versions(o))
        return refuse(r, "max_version", "no version is between the two");
    if ((unsigned)o->verify > GOFER_TLS_INSECURE)
        return refuse(r, "verify", "it is none");
    if (o->pins != NULL && !are_pins(o->pins))
        return refuse(r, "pins", "no list of \"sha256//BASE64\" with semicolons between them");
    if (o->server_name != NULL && !tls_settings_is_name(o->server_name))
        return refuse(r, "server_name", "it is no name");
    if (o->alpn != NULL && *o->alpn != '\0' && !is_alpn(o->alpn))
        return refuse(r, "alpn", "no list of names with commas between them");
    return check_identity(o, r);
}

/* --- copies --- */

/* "a,b" to "\1a\1b". 0 or ENOMEM. */
static int set_alpn(struct tls_settings *s, const char *names)
{
    size_t len = strlen(names);
    if (len == 0)
        return 0;
    s->alpn_len = len + 1;
    s->alpn = mem_alloc(s->alpn_len);
    if (s->alpn == NULL)
        return ENOMEM;
    unsigned char *to = s->alpn;
    for (;;) {
        size_t n = strcspn(names, ",");
        *to++ = (unsigned char)n;
        memcpy(to, names, n);
        to += n;
        if (names[n] == '\0')
            return 0;
        names += n + 1;
    }
}

static int copy_texts(gofer_tls_options *o)
{
    bool ok = true;
    for (size_t i = 0; i < TEXT_MEMBERS; i++) {
        const char **text = text_at(o, i);
        const char *given = *text;
        *text = given != NULL ? mem_strdup(given) : NULL;
        ok = ok && (given == NULL || *text != NULL);
    }
    return ok ? 0 : ENOMEM;
}

int tls_settings_init(struct tls_settings *settings, const gofer_tls_options *given)
{
    struct tls_refusal refusal;
    *settings = (struct tls_settings){0};
    if (given != NULL && !tls_settings_check(given, &refusal))
        return EINVAL;
    if (given != NULL)
        settings->options = *given;
    int err = copy_texts(&settings->options);
    const char *alpn = settings->options.alpn;
    if (err == 0)
        err = set_alpn(settings, alpn != NULL ? alpn : "http/1.1");
    if (err != 0)
        tls_settings_fini(settings);
    return err;
}

void tls_settings_fini(struct tls_settings *settings)
{
    for (size_t i = 0; i < TEXT_MEMBERS; i++) {
        char *text = (char *)*text_at(&settings->options, i);
        if (text != NULL && text_members[i].secret)
            OPENSSL_cleanse(text, strlen(text));
        mem_free(text);
    }
    mem_free(settings->alpn);
    *settings = (struct tls_settings){0};
}

bool tls_settings_use_system_store(const struct tls_settings *settings)
{
    const gofer_tls_options *o = &settings->options;
    return o->add_system_store || (o->ca_file == NULL && o->ca_dir == NULL && o->ca_pem == NULL);
}

bool tls_settings_has_pin(const struct tls_settings *settings, const char *base64)
{
    for (const char *pin = settings->options.pins; pin != NULL; pin = strchr(pin, ';')) {
        pin += *pin == ';';
        if (memcmp(pin + PIN_PREFIX_LEN, base64, PIN_BASE64_LEN) == 0)
            return true;
    }
    return false;
}
