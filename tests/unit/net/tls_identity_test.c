/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/tls_identity and net/tls_pin: the formats of certificates and keys, each
 * shown to a server that demands a certificate, and public keys that are pinned
 * by a file.
 */
#include "net/tls_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "support/certs.h"
#include "unit/net/tls_pair.h"

extern CU_TestInfo tls_identity_tests[];

/* --- files --- */

static char path[] = "/tmp/gofer-identity-XXXXXX";

/* A new file of bytes that a BIO has, which it frees; the one file there is. */
static const char *file_of(BIO *bio)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, data, (size_t)len), len);
    close(fd);
    BIO_free(bio);
    return path;
}

static BIO *der_certificate(const char *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    CU_ASSERT_EQUAL(i2d_X509_bio(bio, certs_get(name)), 1);
    return bio;
}

static BIO *der_key(const char *name, const char *password)
{
    BIO *bio = BIO_new(BIO_s_mem());
    EVP_PKEY *key = certs_key(name);
    int ok = password != NULL ? i2d_PKCS8PrivateKey_bio(bio, key, EVP_aes_256_cbc(), password,
                                                        (int)strlen(password), NULL, NULL)
                              : i2d_PrivateKey_bio(bio, key);
    CU_ASSERT_EQUAL(ok, 1);
    return bio;
}

/* A certificate, its key unless without, and the CA that issued it. */
static BIO *p12(const char *name, const char *ca, const char *password, bool keyless)
{
    BIO *bio = BIO_new(BIO_s_mem());
    STACK_OF(X509) *cas = sk_X509_new_null();
    sk_X509_push(cas, certs_get(ca));
    PKCS12 *made = PKCS12_create(password, NULL, keyless ? NULL : certs_key(name), certs_get(name),
                                 cas, 0, 0, 0, 0, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(made);
    CU_ASSERT_EQUAL(i2d_PKCS12_bio(bio, made), 1);
    PKCS12_free(made);
    sk_X509_free(cas);
    return bio;
}

/* --- who we are --- */

/* Whether a server that demands a certificate of "root" is shown the client's with these options;
 * else the words are in *fault. */
static bool is_shown(gofer_tls_options options, struct fault *fault)
{
    struct tls_pair pair;
    options.ca_pem = certs_pem("root");
    struct tls_source *source = pair_source(&options);
    SSL_CTX *server = certs_server("good", NULL);
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(server), certs_get("root"));
    struct tls_wait wait = {0};
    struct tls_context *context = tls_source_get(source, &wait, fault);
    bool shown = context != NULL;
    tls_context_unref(context);
    if (shown) {
        pair_meet(&pair, source, server, "good.test");
        X509 *cert = SSL_get0_peer_certificate(pair.server);
        shown = pair.step == TLS_DONE && cert != NULL && X509_cmp(cert, certs_get("client")) == 0;
        pair_end(&pair);
    }
    SSL_CTX_free(server);
    tls_source_free(source);
    return shown;
}

/* It cannot be loaded, in these words. */
static void check_refused(gofer_tls_options options, const char *words)
{
    struct fault fault = {0};
    CU_ASSERT_FALSE(is_shown(options, &fault));
    CU_ASSERT_EQUAL(fault.code, GOFER_ERR_TLS);
    CU_ASSERT_EQUAL(fault.reason, GOFER_REASON_IDENTITY);
    CU_ASSERT_PTR_NOT_NULL(strstr(fault.detail, words));
}

static void a_pkcs12_file_is_all_there_is_to_show(void)
{
    struct fault fault = {0};
    gofer_tls_options o = {.cert_file = file_of(p12("client", "middle", "secret", false)),
                           .cert_format = GOFER_TLS_P12,
                           .key_password = "secret"};
    CU_ASSERT(is_shown(o, &fault)); /* the issuer was sent, too: the server knows the root only */
    o.key_password = "wrong";
    check_refused(o, "client certificate: wrong password");
    o.key_password = NULL;
    check_refused(o, "client certificate: wrong password");
    o.cert_format = GOFER_TLS_PEM;
    check_refused(o, "client certificate: nothing of that kind in it");
    unlink(path);
    o = (gofer_tls_options){.cert_file = file_of(p12("client", "middle", NULL, false)),
                            .cert_format = GOFER_TLS_P12};
    CU_ASSERT(is_shown(o, &fault));
    unlink(path);
}

static void a_pkcs12_file_without_a_key_is_refused(void)
{
    gofer_tls_options o = {.cert_file = file_of(p12("client", "middle", "secret", true)),
                           .cert_format = GOFER_TLS_P12,
                           .key_password = "secret"};
    check_refused(o, "client certificate");
    unlink(path);
}

/* The certificate has an issuer below the root, which a DER file has no room for: a server that
 * does not know it refuses, one that looks at the certificate alone is content. */
static void der_certificates_and_keys_are_read(void)
{
    struct tls_wait wait = {0};
    struct fault fault = {0};
    gofer_tls_options o = {.cert_file = file_of(der_certificate("client")),
                           .cert_format = GOFER_TLS_DER,
                           .key_pem = certs_key_pem("client", NULL)};
    struct tls_source *source = pair_source(&o);
    struct tls_context *context = tls_source_get(source, &wait, &fault);
    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    CU_ASSERT_EQUAL(X509_cmp(SSL_CTX_get0_certificate(context->ctx), certs_get("client")), 0);
    tls_context_unref(context);
    tls_source_free(source);
    o.key_pem = certs_key_pem("other client", NULL);
    check_refused(o, "client key: certificate and key do not belong together");
    o.cert_format = GOFER_TLS_PEM;
    check_refused(o, "client certificate: nothing of that kind in it");
    unlink(path);
}

static void der_keys_may_be_encrypted(void)
{
    static const char *const passwords[] = {NULL, "secret"};
    for (int i = 0; i < 2; i++) {
        struct fault fault = {0};
        gofer_tls_options o = {.cert_pem = certs_pem("client;middle"),
                               .key_file = file_of(der_key("client", passwords[i])),
                               .key_format = GOFER_TLS_DER,
                               .key_password = "secret"};
        CU_ASSERT(is_shown(o, &fault));
        o.key_format = GOFER_TLS_PEM;
        check_refused(o, "client key: nothing of that kind in it");
        o.key_format = GOFER_TLS_DER;
        o.key_password = "wrong";
        if (passwords[i] != NULL)
            check_refused(o, "client key: ");
        else
            CU_ASSERT(is_shown(o, &fault)); /* nobody asked for it */
        unlink(path);
    }
}

/* --- pinned by a file --- */

static BIO *public_key(const char *name, bool pem)
{
    BIO *bio = BIO_new(BIO_s_mem());
    CU_ASSERT_EQUAL(
        pem ? PEM_write_bio_PUBKEY(bio, certs_key(name)) : i2d_PUBKEY_bio(bio, certs_key(name)), 1);
    return bio;
}

/* What a handshake with "good" comes to. */
static struct fault met(const gofer_tls_options *options)
{
    struct tls_pair pair;
    struct tls_source *source = pair_source(options);
    SSL_CTX *server = certs_server("good", NULL);
    pair_meet(&pair, source, server, "good.test");
    pair_end(&pair);
    SSL_CTX_free(server);
    tls_source_free(source);
    return pair.fault;
}

static void a_file_may_hold_the_pinned_key(void)
{
    for (int pem = 0; pem < 2; pem++) {
        gofer_tls_options o = *pair_trusting();
        o.pin_file = file_of(public_key("good", pem));
        CU_ASSERT_EQUAL(met(&o).code, GOFER_OK);
        unlink(path);
        o.pin_file = file_of(public_key("client", pem));
        struct fault fault = met(&o);
        CU_ASSERT_EQUAL(fault.code, GOFER_ERR_CERTIFICATE);
        CU_ASSERT_EQUAL(fault.reason, GOFER_REASON_PIN);
        o.verify = GOFER_TLS_INSECURE;
        CU_ASSERT_EQUAL(met(&o).reason, GOFER_REASON_PIN);
        o.pins = certs_pin("good"); /* one of them is enough */
        CU_ASSERT_EQUAL(met(&o).code, GOFER_OK);
        unlink(path);
    }
}

static void a_file_without_a_public_key_is_refused(void)
{
    struct tls_wait wait = {0};
    const char *const files[] = {file_of(der_certificate("good")), "/nowhere/key.pem"};
    for (int i = 0; i < 2; i++) {
        struct fault fault = {0};
        struct tls_source *source = pair_source(&(gofer_tls_options){.pin_file = files[i]});
        CU_ASSERT_PTR_NULL(tls_source_get(source, &wait, &fault));
        CU_ASSERT_EQUAL(fault.code, GOFER_ERR_TLS);
        CU_ASSERT_EQUAL(fault.reason, GOFER_REASON_PIN);
        CU_ASSERT_EQUAL(strncmp(fault.detail, "pinned public key", 17), 0);
        tls_source_free(source);
    }
    unlink(path);
}

CU_TestInfo tls_identity_tests[] = {
    {"a PKCS #12 file is all there is to show", a_pkcs12_file_is_all_there_is_to_show},
    {"a PKCS #12 file without a key is refused", a_pkcs12_file_without_a_key_is_refused},
    {"DER certificates and keys are read", der_certificates_and_keys_are_read},
    {"DER keys may be encrypted", der_keys_may_be_encrypted},
    {"a file may hold the pinned key", a_file_may_hold_the_pinned_key},
    {"a file without a public key is refused", a_file_without_a_public_key_is_refused},
    CU_TEST_INFO_NULL,
};
