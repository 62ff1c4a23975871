/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Loading a client's certificate and key.
 */
#include "net/tls_identity.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/alloc.h"
#include "net/tls_error.h"
#include "net/tls_files.h"

/* PEM from a file or from memory. */
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
        tls_error_file(fault, what, path, err);
        source_fini(s);
        return false;
    }
    s->bio = path != NULL ? BIO_new_mem_buf(s->bytes.data, (int)s->bytes.len)
                          : BIO_new_mem_buf(text, (int)strlen(text));
    if (s->bio == NULL)
        tls_error_settings(fault, what, path);
    return s->bio != NULL;
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

static bool use_certificate(SSL_CTX *ctx, BIO *pem)
{
    X509 *cert = PEM_read_bio_X509_AUX(pem, NULL, give_password, NULL);
    bool ok = cert != NULL && SSL_CTX_use_certificate(ctx, cert) == 1;
    X509_free(cert);
    return ok && add_issuers(ctx, pem);
}

static bool use_key(SSL_CTX *ctx, BIO *pem, const char *password)
{
    EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, give_password, (void *)password);
    bool ok = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1;
    EVP_PKEY_free(key);
    return ok;
}

static bool load_certificate(SSL_CTX *ctx, const gofer_tls_options *o, struct fault *fault)
{
    struct source s;
    if (!source_init(&s, "client certificate", o->cert_file, o->cert_pem, fault))
        return false;
    bool ok = use_certificate(ctx, s.bio);
    if (!ok)
        tls_error_settings(fault, s.what, s.path);
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
    bool ok = use_key(ctx, s.bio, o->key_password);
    if (!ok)
        tls_error_settings(fault, s.what, s.path);
    source_fini(&s);
    return ok;
}

bool tls_identity_load(SSL_CTX *ctx, const struct tls_settings *settings, struct fault *fault)
{
    const gofer_tls_options *o = &settings->options;
    if (o->cert_file == NULL && o->cert_pem == NULL)
        return true;
    return load_certificate(ctx, o, fault) && load_key(ctx, o, fault);
}
