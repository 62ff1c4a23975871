/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The words are OpenSSL's, the order and the names curl's; see certificate.h. Each
 * line is written to a BIO of its own, whose bytes are then appended.
 */
#include "cli/certificate.h"

#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { NAME_MAX_BYTES = 128 };

static BIO *begin(void)
{
    BIO *bio = BIO_new(BIO_s_mem());

    if (bio == NULL)
        cli_out_of_memory();
    return bio;
}

/* "name:", what the BIO holds, and a line's end where that has none. Frees it. */
static void end(struct text *out, const char *name, BIO *bio)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);

    if (name != NULL)
        text_printf(out, "%s:", name);
    text_append(out, data, (size_t)len);
    if (out->len > 0 && out->data[out->len - 1] != '\n')
        text_append_str(out, "\n");
    BIO_free(bio);
}

static void append_name(struct text *out, const char *name, const X509_NAME *entity)
{
    BIO *bio = begin();

    X509_NAME_print_ex(bio, entity, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
    end(out, name, bio);
}

static void append_object(struct text *out, const char *name, const ASN1_OBJECT *object)
{
    BIO *bio = begin();

    i2a_ASN1_OBJECT(bio, object);
    end(out, name, bio);
}

static void append_time(struct text *out, const char *name, const ASN1_TIME *time)
{
    BIO *bio = begin();

    ASN1_TIME_print(bio, time);
    end(out, name, bio);
}

static void append_serial(struct text *out, const X509 *cert)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);

    text_printf(out, "Serial Number:%s", serial->type == V_ASN1_NEG_INTEGER ? "-" : "");
    for (int i = 0; i < serial->length; i++)
        text_printf(out, "%02x", serial->data[i]);
    text_append_str(out, "\n");
}

static void append_algorithms(struct text *out, const X509 *cert)
{
    const X509_ALGOR *algorithm;
    ASN1_OBJECT *key;

    X509_get0_signature(NULL, &algorithm, cert);
    append_object(out, "Signature Algorithm", algorithm->algorithm);
    X509_PUBKEY_get0_param(&key, NULL, NULL, NULL, X509_get_X509_PUBKEY(cert));
    append_object(out, "Public Key Algorithm", key);
}

static void append_extensions(struct text *out, const X509 *cert)
{
    for (int i = 0; i < X509_get_ext_count(cert); i++) {
        X509_EXTENSION *extension = X509_get_ext(cert, i);
        char name[NAME_MAX_BYTES];
        BIO *bio = begin();

        i2t_ASN1_OBJECT(name, sizeof name, X509_EXTENSION_get_object(extension));
        if (X509V3_EXT_print(bio, extension, 0, 0) != 1)
            ASN1_STRING_print(bio, X509_EXTENSION_get_data(extension));
        end(out, name, bio);
    }
}

/* A number of a key, in hexadecimal. */
static void append_number(struct text *out, const char *name, const EVP_PKEY *key,
                          const char *which)
{
    BIGNUM *number = NULL;
    BIO *bio = begin();

    if (EVP_PKEY_get_bn_param(key, which, &number) == 1)
        BN_print(bio, number);
    BN_free(number);
    end(out, name, bio);
}

/* Of RSA; of the other kinds in use nothing is told. */
static void append_key(struct text *out, X509 *cert)
{
    const EVP_PKEY *key = X509_get0_pubkey(cert);

    if (key == NULL || EVP_PKEY_get_id(key) != EVP_PKEY_RSA)
        return;
    text_printf(out, "RSA Public Key:%d\n", EVP_PKEY_get_bits(key));
    append_number(out, "rsa(n)", key, OSSL_PKEY_PARAM_RSA_N);
    append_number(out, "rsa(e)", key, OSSL_PKEY_PARAM_RSA_E);
}

static void append_signature(struct text *out, const X509 *cert)
{
    const ASN1_BIT_STRING *signature;

    X509_get0_signature(&signature, NULL, cert);
    text_append_str(out, "Signature:");
    for (int i = 0; i < signature->length; i++)
        text_printf(out, "%02x:", signature->data[i]);
    text_append_str(out, "\n");
}

static void append_pem(struct text *out, X509 *cert)
{
    BIO *bio = begin();

    PEM_write_bio_X509(bio, cert);
    end(out, NULL, bio);
}

static void append_one(struct text *out, X509 *cert)
{
    append_name(out, "Subject", X509_get_subject_name(cert));
    append_name(out, "Issuer", X509_get_issuer_name(cert));
    text_printf(out, "Version:%lx\n", (unsigned long)X509_get_version(cert));
    append_serial(out, cert);
    append_algorithms(out, cert);
    append_extensions(out, cert);
    append_time(out, "Start date", X509_get0_notBefore(cert));
    append_time(out, "Expire date", X509_get0_notAfter(cert));
    append_key(out, cert);
    append_signature(out, cert);
    append_pem(out, cert);
}

size_t certificate_append_all(struct text *out, const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    size_t n = 0;
    X509 *cert;

    if (bio == NULL)
        cli_out_of_memory();
    while ((cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        append_one(out, cert);
        X509_free(cert);
        n++;
    }
    BIO_free(bio);
    return n;
}
