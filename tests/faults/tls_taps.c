/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The functions of OpenSSL, c-ares and pthreads that gofer calls and that can fail,
 * as functions of this program; see sys_taps.c. Where one is to fail it leaves what
 * the library would: an entry in the error queue, a status.
 */
#include <ares.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>

#include "faults/fault.h"
#include "faults/next.h"

static bool refuse_ssl(struct verdict verdict)
{
    if (verdict.strikes)
        ERR_raise(ERR_LIB_SSL,
                  verdict.error == ENOMEM ? ERR_R_MALLOC_FAILURE : ERR_R_INTERNAL_ERROR);
    return verdict.strikes;
}

/* A function that returns `failure` where it fails. */
#define TAP(type, name, failure, params, ...)                                                      \
    KEEPS(name);                                                                                   \
    type name params                                                                               \
    {                                                                                              \
        if (refuse_ssl(ASK(OPENSSL)))                                                              \
            return failure;                                                                        \
        return NEXT(name)(__VA_ARGS__);                                                            \
    }

/* --- contexts and connections --- */

TAP(SSL_CTX *, SSL_CTX_new, NULL, (const SSL_METHOD *method), method)
TAP(SSL *, SSL_new, NULL, (SSL_CTX * ctx), ctx)
TAP(BIO *, BIO_new, NULL, (const BIO_METHOD *method), method)
TAP(BIO *, BIO_new_mem_buf, NULL, (const void *buf, int len), buf, len)
TAP(BIO_METHOD *, BIO_meth_new, NULL, (int type, const char *name), type, name)
TAP(int, OPENSSL_init_ssl, 0, (uint64_t options, const OPENSSL_INIT_SETTINGS *settings), options,
    settings)
TAP(int, SSL_set_ex_data, 0, (SSL * ssl, int index, void *data), ssl, index, data)
TAP(int, SSL_set1_host, 0, (SSL * ssl, const char *host), ssl, host)
TAP(int, SSL_set_session, 0, (SSL * ssl, SSL_SESSION *session), ssl, session)
TAP(int, X509_VERIFY_PARAM_set1_ip, 0,
    (X509_VERIFY_PARAM * param, const unsigned char *ip, size_t len), param, ip, len)
TAP(SSL_SESSION *, SSL_SESSION_dup, NULL, (const SSL_SESSION *session), session)
TAP(int, SSL_CTX_set_alpn_protos, 1, (SSL_CTX * ctx, const unsigned char *protos, unsigned len),
    ctx, protos, len)
TAP(int, SSL_CTX_set_cipher_list, 0, (SSL_CTX * ctx, const char *list), ctx, list)
TAP(int, SSL_CTX_set_ciphersuites, 0, (SSL_CTX * ctx, const char *list), ctx, list)

/* --- certificates --- */

TAP(X509 *, PEM_read_bio_X509, NULL, (BIO * bio, X509 **out, pem_password_cb *fn, void *arg), bio,
    out, fn, arg)
TAP(X509 *, PEM_read_bio_X509_AUX, NULL, (BIO * bio, X509 **out, pem_password_cb *fn, void *arg),
    bio, out, fn, arg)
TAP(X509_CRL *, PEM_read_bio_X509_CRL, NULL,
    (BIO * bio, X509_CRL **out, pem_password_cb *fn, void *arg), bio, out, fn, arg)
TAP(EVP_PKEY *, PEM_read_bio_PrivateKey, NULL,
    (BIO * bio, EVP_PKEY **out, pem_password_cb *fn, void *arg), bio, out, fn, arg)
TAP(int, PEM_write_bio_X509, 0, (BIO * bio, const X509 *x), bio, x)
TAP(int, SSL_CTX_use_certificate, 0, (SSL_CTX * ctx, X509 *x), ctx, x)
TAP(int, SSL_CTX_use_PrivateKey, 0, (SSL_CTX * ctx, EVP_PKEY *key), ctx, key)
TAP(int, X509_STORE_add_cert, 0, (X509_STORE * store, X509 *x), store, x)
TAP(int, X509_STORE_add_crl, 0, (X509_STORE * store, X509_CRL *x), store, x)
TAP(int, X509_STORE_load_path, 0, (X509_STORE * store, const char *path), store, path)
TAP(int, X509_verify_cert, -1, (X509_STORE_CTX * ctx), ctx)
TAP(X509 *, SSL_get1_peer_certificate, NULL, (const SSL *ssl), ssl)
TAP(void *, X509_get_ext_d2i, NULL, (const X509 *x, int nid, int *critical, int *index), x, nid,
    critical, index)
TAP(int, i2d_X509_PUBKEY, -1, (const X509_PUBKEY *key, unsigned char **out), key, out)
TAP(int, EVP_Digest, 0,
    (const void *data, size_t len, unsigned char *out, unsigned *out_len, const EVP_MD *type,
     ENGINE *engine),
    data, len, out, out_len, type, engine)
TAP(int, X509_NAME_print_ex, -1,
    (BIO * bio, const X509_NAME *name, int indent, unsigned long flags), bio, name, indent, flags)

/* --- bytes: an error of the protocol's, or one of the system's, which leaves no entry --- */

static bool breaks(struct verdict verdict)
{
    if (!verdict.strikes)
        return false;
    ERR_clear_error();
    if (verdict.error == EPROTO)
        ERR_raise(ERR_LIB_SSL, SSL_R_BAD_RECORD_TYPE);
    errno = verdict.error;
    return true;
}

#define TAP_BYTES(name, failure, params, ...)                                                      \
    KEEPS(name);                                                                                   \
    int name params                                                                                \
    {                                                                                              \
        return breaks(ASK(TLS_BYTES)) ? failure : NEXT(name)(__VA_ARGS__);                         \
    }

TAP_BYTES(SSL_do_handshake, -1, (SSL * ssl), ssl)
TAP_BYTES(SSL_read_ex, 0, (SSL * ssl, void *buf, size_t len, size_t *got), ssl, buf, len, got)
TAP_BYTES(SSL_peek_ex, 0, (SSL * ssl, void *buf, size_t len, size_t *got), ssl, buf, len, got)
TAP_BYTES(SSL_write_ex, 0, (SSL * ssl, const void *buf, size_t len, size_t *sent), ssl, buf, len,
          sent)
TAP_BYTES(SSL_shutdown, -1, (SSL * ssl), ssl)

/* --- c-ares: its status is the layer's error --- */

KEEPS(ares_init_options);
int ares_init_options(ares_channel *channel, struct ares_options *options, int mask)
{
    struct verdict verdict = ASK(ARES);

    return verdict.strikes ? verdict.error : NEXT(ares_init_options)(channel, options, mask);
}

KEEPS(ares_set_servers_ports);
int ares_set_servers_ports(ares_channel channel, struct ares_addr_port_node *servers)
{
    struct verdict verdict = ASK(ARES);

    return verdict.strikes ? verdict.error : NEXT(ares_set_servers_ports)(channel, servers);
}

KEEPS(ares_query);
void ares_query(ares_channel channel, const char *name, int class, int type, ares_callback fn,
                void *arg)
{
    struct verdict verdict = ASK(ARES);

    if (verdict.strikes)
        fn(arg, verdict.error, 0, NULL, 0);
    else
        NEXT(ares_query)(channel, name, class, type, fn, arg);
}

KEEPS(ares_parse_a_reply);
int ares_parse_a_reply(const unsigned char *packet, int len, struct hostent **host,
                       struct ares_addrttl *ttls, int *count)
{
    struct verdict verdict = ASK(ARES);

    return verdict.strikes ? verdict.error
                           : NEXT(ares_parse_a_reply)(packet, len, host, ttls, count);
}

KEEPS(ares_parse_aaaa_reply);
int ares_parse_aaaa_reply(const unsigned char *packet, int len, struct hostent **host,
                          struct ares_addr6ttl *ttls, int *count)
{
    struct verdict verdict = ASK(ARES);

    return verdict.strikes ? verdict.error
                           : NEXT(ares_parse_aaaa_reply)(packet, len, host, ttls, count);
}

/* --- threads --- */

KEEPS(pthread_create);
int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
    struct verdict verdict = ASK(THREAD);

    return verdict.strikes ? verdict.error : NEXT(pthread_create)(thread, attr, fn, arg);
}
