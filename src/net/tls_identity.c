/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Loading a client's certificate and key.
 */
#include "net/tls_identity.h"

#include <stdint.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/alloc.h"
#include "net/tls_error.h"
#include "net/tls_files.h"

/* A file, or PEM in memory. */
struct source {
    const char *what; /* in errors */
    const char *path; /* or NULL */
    struct buf bytes; /* the file's */
    BIO *bio;
};

static void source_fini(struct source *s)
{
    BIO_free(s->bio);
    if (s->bytes.cap > 0)
        OPENSSL_cleanse(s->bytes.data, s->bytes.cap);
    buf_fini(&s->bytes);
}

static bool source_init(struct source *s, const char *what, const char *path, const char *text,
                        struct fault *fault)
{
    *s = (struct source){.what = what, .path = path, .bytes = BUF_INIT};
    int err = path != NULL ? tls_file_read(path, &s->bytes) : 0;
    if (err != 0) {
        tls_error_file(fault, GOFER_REASON_IDENTITY, what, path, err);
        source_fini(s);
        return false;
    }
    s->bio = path != NULL ? BIO_new_mem_buf(s->bytes.data, (int)s->bytes.len)
                          : BIO_new_mem_buf(text, (int)strlen(text));
    if (s->bio != NULL)
        return true;
    tls_error_settings(fault, GOFER_REASON_IDENTITY, what, path);
    source_fini(s);
    return false;
}

/* OpenSSL's own would ask at the terminal. */
static int give_password(char *to, int room, int writing, void *arg)
{
    const char *password = arg;
    size_t len = password != NULL ? strlen(password) : 0;
    (void)writing;
    if (len == 0 || len > (size_t)room)
        return -1;
    memcpy(to, password, len);
    return (int)len;
}

/* --- PEM --- */

static bool add_issuers(SSL_CTX *ctx, BIO *pem)
{
    X509 *cert;
    while ((cert = PEM_read_bio_X509(pem, NULL, give_password, NULL)) != NULL) {
        if (SSL_CTX_add0_chain_cert(ctx, cert) == 1)
            continue;
        X509_free(cert);
        return false;
    }
    unsigned long error = ERR_peek_last_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static bool use_pem_certificate(SSL_CTX *ctx, BIO *pem)
{
    X509 *cert = PEM_read_bio_X509_AUX(pem, NULL, give_password, NULL);
    bool ok = cert != NULL && SSL_CTX_use_certificate(ctx, cert) == 1;
    X509_free(cert);
    return ok && add_issuers(ctx, pem);
}

/* --- DER --- */

static bool use_der_certificate(SSL_CTX *ctx, BIO *der)
{
    X509 *cert = d2i_X509_bio(der, NULL);
    bool ok = cert != NULL && SSL_CTX_use_certificate(ctx, cert) == 1;
    X509_free(cert);
    return ok;
}

/* An encrypted one has a wrapping of its own. */
static EVP_PKEY *read_der_key(BIO *der, const char *password)
{
    EVP_PKEY *key = d2i_PrivateKey_bio(der, NULL);
    if (key == NULL && password != NULL && BIO_reset(der) == 1)
        key = d2i_PKCS8PrivateKey_bio(der, NULL, give_password, (void *)(uintptr_t)password);
    return key;
}

/* --- PKCS #12 --- */

static bool add_authorities(SSL_CTX *ctx, STACK_OF(X509) * authorities)
{
    for (int i = 0; i < sk_X509_num(authorities); i++)
        if (SSL_CTX_add1_chain_cert(ctx, sk_X509_value(authorities, i)) != 1)
            return false;
    return true;
}

/* All of it: the certificate, its key, the CAs. */
static bool use_p12(SSL_CTX *ctx, BIO *bio, const char *password)
{
    EVP_PKEY *key = NULL;
    X509 *cert = NULL;
    STACK_OF(X509) *authorities = NULL;
    PKCS12 *p12 = d2i_PKCS12_bio(bio, NULL);
    bool ok = p12 != NULL && PKCS12_parse(p12, password, &key, &cert, &authorities) == 1 &&
              cert != NULL && key != NULL && SSL_CTX_use_certificate(ctx, cert) == 1 &&
              SSL_CTX_use_PrivateKey(ctx, key) == 1 && add_authorities(ctx, authorities);
    PKCS12_free(p12);
    EVP_PKEY_free(key);
    X509_free(cert);
    sk_X509_pop_free(authorities, X509_free);
    return ok;
}

/* --- whichever --- */

static bool use_certificate(SSL_CTX *ctx, BIO *bio, const gofer_tls_options *o)
{
    switch (o->cert_format) {
    case GOFER_TLS_DER:
        return use_der_certificate(ctx, bio);
    case GOFER_TLS_P12:
        return use_p12(ctx, bio, o->key_password);
    case GOFER_TLS_PEM:
        break;
    }
    return use_pem_certificate(ctx, bio);
}

static bool use_key(SSL_CTX *ctx, BIO *bio, const gofer_tls_options *o)
{
    EVP_PKEY *key =
        o->key_format == GOFER_TLS_DER
            ? read_der_key(bio, o->key_password)
            : PEM_read_bio_PrivateKey(bio, NULL, give_password, (void *)(uintptr_t)o->key_password);
    bool ok = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1;
    EVP_PKEY_free(key);
    return ok;
}

static bool load_certificate(SSL_CTX *ctx, const gofer_tls_options *o, struct fault *fault)
{
    struct source s;
    if (!source_init(&s, "client certificate", o->cert_file, o->cert_pem, fault))
        return false;
    bool ok = use_certificate(ctx, s.bio, o);
    if (!ok)
        tls_error_settings(fault, GOFER_REASON_IDENTITY, s.what, s.path);
    ERR_clear_error();
    source_fini(&s);
    return ok;
}

static bool load_key(SSL_CTX *ctx, const gofer_tls_options *o, struct fault *fault)
{
    bool apart = o->key_file != NULL || o->key_pem != NULL;
    struct source s;
    if (!source_init(&s, "client key", apart ? o->key_file : o->cert_file,
                     apart ? o->key_pem : o->cert_pem, fault))
        return false;
    bool ok = use_key(ctx, s.bio, o);
    if (!ok)
        tls_error_settings(fault, GOFER_REASON_IDENTITY, s.what, s.path);
    ERR_clear_error();
    source_fini(&s);
    return ok;
}

bool tls_identity_load(SSL_CTX *ctx, const struct tls_settings *settings, struct fault *fault)
{
    const gofer_tls_options *o = &settings->options;
    if (o->cert_file == NULL && o->cert_pem == NULL)
        return true;
    return load_certificate(ctx, o, fault) &&
           (o->cert_format == GOFER_TLS_P12 || load_key(ctx, o, fault));
}
