/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Loading CAs and lists, and checking a server against them. The name is checked
 * by OpenSSL as a part of the chain's check, so that nothing can end a handshake
 * without it: only names in the certificate's subjectAltName count, and a
 * wildcard is a whole leftmost label (RFC 9525 section 6.3).
 */
#include "net/tls_trust.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "net/addr.h"
#include "net/tls_error.h"
#include "net/tls_files.h"
#include "net/tls_pin.h"
#include "net/tls_state.h"

/* CAs between a server's certificate and its root; chains in use have one to three. */
enum { CHAIN_DEPTH_MAX = 10 };

/* --- PEM --- */

/* Whether reading ended because there is no block more, and not by a damaged one. */
static bool at_end(void)
{
    unsigned long error = ERR_peek_last_error();
    bool end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    if (end)
        ERR_clear_error();
    return end;
}

/* Whether OpenSSL knows the certificate's key, and how strong that is. */
static bool has_key(const X509 *cert)
{
    const EVP_PKEY *key = X509_get0_pubkey(cert);
    return key != NULL && EVP_PKEY_get_security_bits(key) > 0;
}

/* OpenSSL says nothing where it had no memory to decode a certificate's key: a CA would be of no
 * use, for as long as it is kept. A key that cannot be decoded twice is one that it does not know.
 */
static X509 *read_cert(BIO *pem)
{
    X509 *cert = PEM_read_bio_X509_AUX(pem, NULL, NULL, NULL);
    if (cert == NULL || has_key(cert))
        return cert;
    ERR_clear_error();
    X509 *again = X509_dup(cert);
    X509_free(cert);
    return again;
}

/* Adds all certificates, one at least. */
static bool add_certs(X509_STORE *store, BIO *pem)
{
    X509 *cert;
    int n = 0;
    for (; (cert = read_cert(pem)) != NULL; n++) {
        int ok = X509_STORE_add_cert(store, cert);
        X509_free(cert);
        if (ok != 1)
            return false;
    }
    if (n == 0)
        return false; /* the queue says that no block was there */
    return at_end();
}

static bool add_crls(X509_STORE *store, BIO *pem)
{
    X509_CRL *crl;
    int n = 0;
    for (; (crl = PEM_read_bio_X509_CRL(pem, NULL, NULL, NULL)) != NULL; n++) {
        int ok = X509_STORE_add_crl(store, crl);
        X509_CRL_free(crl);
        if (ok != 1)
            return false;
    }
    if (n == 0)
        return false;
    return at_end();
}

static bool add_pem(X509_STORE *store, const char *pem, size_t len,
                    bool (*add)(X509_STORE *store, BIO *pem))
{
    BIO *bio = BIO_new_mem_buf(pem, (int)len);
    bool ok = bio != NULL && add(store, bio);
    BIO_free(bio);
    return ok;
}

/* What a file with PEM is for. */
struct use {
    const char *what; /* in errors */
    gofer_reason reason;
    bool (*add)(X509_STORE *store, BIO *pem);
};

static const struct use of_cas = {"CA file", GOFER_REASON_CA, add_certs};
static const struct use of_crls = {"revocation list", GOFER_REASON_CRL, add_crls};

static bool add_file(X509_STORE *store, const char *path, const struct use *use,
                     struct fault *fault)
{
    struct buf pem = BUF_INIT;
    int err = tls_file_read(path, &pem);
    if (err != 0)
        tls_error_file(fault, use->reason, use->what, path, err);
    else if (!add_pem(store, pem.data, pem.len, use->add))
        tls_error_settings(fault, use->reason, use->what, path);
    buf_fini(&pem);
    return fault->code == GOFER_OK;
}

/* --- what is trusted --- */

/* A directory's certificates are read when a handshake asks for one. */
static bool add_dir(X509_STORE *store, const char *path, struct fault *fault)
{
    if (X509_STORE_load_path(store, path) == 1)
        return true;
    tls_error_settings(fault, GOFER_REASON_CA, "CA directory", path);
    return false;
}

/* Neither need be there: a chain that leads to nowhere fails in its own words. */
static bool add_system(X509_STORE *store, struct fault *fault)
{
    struct buf pem = BUF_INIT;
    if (tls_file_read(tls_system_ca_file(), &pem) == 0)
        add_pem(store, pem.data, pem.len, add_certs);
    buf_fini(&pem);
    ERR_clear_error();
    return add_dir(store, tls_system_ca_dir(), fault);
}

static bool add_text(X509_STORE *store, const char *pem, struct fault *fault)
{
    if (add_pem(store, pem, strlen(pem), add_certs))
        return true;
    tls_error_settings(fault, GOFER_REASON_CA, "CA certificates in memory", NULL);
    return false;
}

static bool load(X509_STORE *store, const struct tls_settings *s, struct fault *fault)
{
    const gofer_tls_options *o = &s->options;
    if (o->ca_file != NULL && !add_file(store, o->ca_file, &of_cas, fault))
        return false;
    if (o->ca_pem != NULL && !add_text(store, o->ca_pem, fault))
        return false;
    if (o->ca_dir != NULL && !add_dir(store, o->ca_dir, fault))
        return false;
    if (tls_settings_use_system_store(s) && !add_system(store, fault))
        return false;
    return o->crl_file == NULL || add_file(store, o->crl_file, &of_crls, fault);
}

/* --- the check --- */

static struct tls *tls_of_chain(X509_STORE_CTX *chain)
{
    return tls_of(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
}

/* It is one of the pins, or the pinned file's. */
static bool is_pinned(X509_STORE_CTX *chain, const struct tls_context *context, struct fault *fault)
{
    const struct tls_settings *s = &context->profile->settings;
    char pin[TLS_PIN_BYTES];
    X509 *cert = X509_STORE_CTX_get0_cert(chain);
    if (s->options.pins == NULL && s->options.pin_file == NULL)
        return true;
    if (cert == NULL || !tls_pin_of(cert, pin)) {
        fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_TLS, ENOMEM, NULL);
        return false;
    }
    if (tls_settings_has_pin(s, pin) || strcmp(context->file_pin, pin) == 0)
        return true;
    tls_error_pin(fault, pin);
    return false;
}

/* GOFER_TLS_VERIFY_NAME_ONLY: whatever the chain lacks, the check goes on to the name. */
static int forgive_chain(int ok, X509_STORE_CTX *chain)
{
    int error = X509_STORE_CTX_get_error(chain);
    if (ok)
        return ok;
    if (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH)
        return 0;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

/* Where nothing is checked the result is only something to be told. */
static bool is_good_chain(X509_STORE_CTX *chain, struct tls *tls, const struct tls_settings *s)
{
    if (s->options.verify == GOFER_TLS_VERIFY_NAME_ONLY)
        X509_STORE_CTX_set_verify_cb(chain, forgive_chain);
    bool ok = X509_verify_cert(chain) == 1;
    tls->verify_result = X509_STORE_CTX_get_error(chain);
    if (s->options.verify != GOFER_TLS_INSECURE)
        return ok;
    ERR_clear_error();
    return true;
}

/* Whether a check failed for lack of memory, which its own words may not say. Empties the queue. */
static bool lacked_memory(X509_STORE_CTX *chain)
{
    bool lacked = X509_STORE_CTX_get_error(chain) == X509_V_ERR_OUT_OF_MEM;
    for (unsigned long error; (error = ERR_get_error()) != 0;)
        lacked = lacked || ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
    return lacked;
}

static unsigned count_invalid(X509_STORE *store)
{
    STACK_OF(X509) *cas = X509_STORE_get1_all_certs(store);
    unsigned n = 0;
    for (int i = 0; i < sk_X509_num(cas); i++)
        n += (X509_get_extension_flags(sk_X509_value(cas, i)) & EXFLAG_INVALID) != 0;
    sk_X509_pop_free(cas, X509_free);
    return n;
}

/* Whether more CAs are invalid than at the last failure. That OpenSSL had no memory to read one it
 * does not say: the CA is none, then. */
static bool lost_ca(X509_STORE_CTX *chain, struct tls_profile *profile)
{
    unsigned n = count_invalid(X509_STORE_CTX_get0_store(chain));
    return n > atomic_exchange(&profile->invalid_cas, n);
}

/* A certificate of which OpenSSL once could not keep what it says stays invalid to it. That may be
 * a CA of the context's: another context is made, then. */
static void fail_chain(struct fault *fault, X509_STORE_CTX *chain, const struct tls *tls)
{
    if (!lacked_memory(chain)) {
        tls_error_certificate(fault, chain, tls->name);
        if (lost_ca(chain, tls->context->profile))
            atomic_store(&tls->context->spoilt, true);
        return;
    }
    fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_TLS, ENOMEM, NULL);
    atomic_store(&tls->context->spoilt, true);
}

/* OpenSSL asks this in place of X509_verify_cert(); what it does not allow ends the handshake. */
static int check_server(X509_STORE_CTX *chain, void *arg)
{
    const struct tls_settings *s = arg;
    struct tls *tls = tls_of_chain(chain);
    struct fault unwanted = {0};
    struct fault *fault = tls->fault != NULL ? tls->fault : &unwanted;
    if (!is_good_chain(chain, tls, s)) {
        fail_chain(fault, chain, tls);
        return 0;
    }
    if (!is_pinned(chain, tls->context, fault)) {
        X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
        return 0;
    }
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

bool tls_trust_load(SSL_CTX *ctx, const struct tls_settings *settings, struct fault *fault)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    /* A CA below a root may stand for itself; OpenSSL cannot do that and lists together. */
    bool revocation = settings->options.crl_file != NULL;
    X509_STORE_set_flags(store, revocation ? X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL
                                           : X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_verify_depth(ctx, CHAIN_DEPTH_MAX);
    SSL_CTX_set_cert_verify_callback(ctx, check_server, (void *)settings);
    return load(store, settings, fault);
}

/* --- one handshake --- */

static bool expect_address(SSL *ssl, const struct addr *addr)
{
    bool v4 = addr->sa.sa_family == AF_INET;
    const void *bytes = v4 ? (const void *)&addr->in.sin_addr : (const void *)&addr->in6.sin6_addr;
    size_t len = v4 ? sizeof(addr->in.sin_addr) : sizeof(addr->in6.sin6_addr);
    return X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), bytes, len) == 1;
}

bool tls_trust_expect(struct tls *tls)
{
    gofer_tls_verify verify = tls->context->profile->settings.options.verify;
    bool check_name = verify == GOFER_TLS_VERIFY || verify == GOFER_TLS_VERIFY_NAME_ONLY;
    struct addr addr;
    assert(tls->name[0] != '.'); /* any name below it, to OpenSSL; URLs and settings have none */
    SSL_set_hostflags(tls->ssl,
                      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (addr_parse(tls->name, NULL, 0, &addr))
        return !check_name || expect_address(tls->ssl, &addr);
    if (check_name && SSL_set1_host(tls->ssl, tls->name) != 1)
        return false;
    return SSL_set_tlsext_host_name(tls->ssl, tls->name) == 1;
}
