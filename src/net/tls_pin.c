/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Digests of public keys.
 */
#include "net/tls_pin.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include "net/tls_error.h"
#include "net/tls_files.h"

/* Of a SubjectPublicKeyInfo in DER, which it frees; len <= 0: there is none. */
static bool digest(unsigned char *der, int len, char pin[TLS_PIN_BYTES])
{
    unsigned char sum[SHA256_DIGEST_LENGTH];
    bool ok = len > 0 && EVP_Digest(der, (size_t)len, sum, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    if (ok)
        EVP_EncodeBlock((unsigned char *)pin, sum, sizeof(sum));
    return ok;
}

bool tls_pin_of(X509 *cert, char pin[TLS_PIN_BYTES])
{
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    return digest(der, len, pin);
}

/* PEM where it is, else DER. */
static EVP_PKEY *read_key(const struct buf *file)
{
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->len);
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    if (key == NULL && bio != NULL && BIO_reset(bio) == 1)
        key = d2i_PUBKEY_bio(bio, NULL);
    BIO_free(bio);
    return key;
}

bool tls_pin_load(const char *path, char pin[TLS_PIN_BYTES], struct fault *fault)
{
    static const char what[] = "pinned public key";
    struct buf file = BUF_INIT;
    int err = tls_file_read(path, &file);
    if (err != 0) {
        tls_error_file(fault, GOFER_REASON_PIN, what, path, err);
        buf_fini(&file);
        return false;
    }
    EVP_PKEY *key = read_key(&file);
    unsigned char *der = NULL;
    int len = key != NULL ? i2d_PUBKEY(key, &der) : 0;
    bool ok = digest(der, len, pin);
    if (!ok)
        tls_error_settings(fault, GOFER_REASON_PIN, what, path);
    ERR_clear_error();
    EVP_PKEY_free(key);
    buf_fini(&file);
    return ok;
}
