/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See certs.h. A certificate is a row of a table; what no extension of OpenSSL's
 * configuration language can say (a NUL in a name, ten thousand names) is made by
 * a function that the row names.
 */
#include "support/certs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#define CA "critical,CA:TRUE"
#define LEAF "critical,CA:FALSE"

enum {
    CHAIN_MAX = 16,
    MANY_NAMES = 10000,
    BOMB_NAMES = 1100,
    WEAK_BITS = 1024,
    GIANT_BITS = 16384,
    NAMES_BYTES = 512
};

struct recipe {
    const char *name;
    const char *issuer;      /* NULL: itself */
    const char *basic;       /* basicConstraints */
    const char *names;       /* subjectAltName, or NULL */
    const char *usage;       /* extendedKeyUsage, or NULL */
    const char *constraints; /* nameConstraints, or NULL */
    const char *common_name; /* NULL: its name */
    int from_days;
    int to_days;
    bool weak_key;
    bool sha1;
    bool revoked;
    void (*add)(X509 *cert);   /* what else */
    void (*spoil)(X509 *cert); /* once it is signed */
};

struct made {
    X509 *cert;
    EVP_PKEY *key;
};

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "certs: %s\n", what);
    ERR_print_errors_fp(stderr);
    abort();
}

/* --- what strings cannot say --- */

static void add_names(X509 *cert, GENERAL_NAMES *names)
{
    must(X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1, "names");
    GENERAL_NAMES_free(names);
}

static void push_name(GENERAL_NAMES *names, const char *text, size_t len)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *string = ASN1_IA5STRING_new();
    must(name != NULL && string != NULL, "a name");
    must(ASN1_STRING_set(string, text, (int)len) == 1, "a name's text");
    GENERAL_NAME_set0_value(name, GEN_DNS, string);
    must(sk_GENERAL_NAME_push(names, name) > 0, "a name more");
}

static void add_nul_name(X509 *cert)
{
    static const char name[] = "good.test\0.evil.test";
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    push_name(names, name, sizeof name - 1);
    add_names(cert, names);
}

static void add_control_name(X509 *cert)
{
    static const char name[] = "evil.test\r\nX: \x1b[2J\"";
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    push_name(names, name, sizeof name - 1);
    add_names(cert, names);
}

static void add_numbered_names(X509 *cert, int n)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    char text[32];
    for (int i = 0; i < n; i++)
        push_name(names, text, (size_t)snprintf(text, sizeof text, "h%d.many.test", i));
    push_name(names, "good.test", 9);
    add_names(cert, names);
}

static void add_many_names(X509 *cert)
{
    add_numbered_names(cert, MANY_NAMES);
}

static void add_bomb_names(X509 *cert)
{
    add_numbered_names(cert, BOMB_NAMES);
}

/* As many constraints, none of which allows any of the names. */
static void add_bomb_constraints(X509 *cert)
{
    NAME_CONSTRAINTS *constraints = NAME_CONSTRAINTS_new();
    constraints->excludedSubtrees = sk_GENERAL_SUBTREE_new_null();
    for (int i = 0; i < BOMB_NAMES; i++) {
        GENERAL_SUBTREE *tree = GENERAL_SUBTREE_new();
        char text[32];
        int len = snprintf(text, sizeof text, "x%d.test", i);
        tree->base->type = GEN_DNS;
        tree->base->d.dNSName = ASN1_IA5STRING_new();
        must(ASN1_STRING_set(tree->base->d.dNSName, text, len) == 1, "a constraint");
        sk_GENERAL_SUBTREE_push(constraints->excludedSubtrees, tree);
    }
    must(X509_add1_ext_i2d(cert, NID_name_constraints, constraints, 1, X509V3_ADD_DEFAULT) == 1,
         "constraints");
    NAME_CONSTRAINTS_free(constraints);
}

/* An extension that nobody knows and everybody must. */
static void add_unknown_critical(X509 *cert)
{
    ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
    ASN1_OBJECT *type = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
    must(ASN1_OCTET_STRING_set(data, (const unsigned char *)"\x05\x00", 2) == 1, "data");
    X509_EXTENSION *ext = X509_EXTENSION_create_by_OBJ(NULL, type, 1, data);
    must(ext != NULL && X509_add_ext(cert, ext, -1) == 1, "an unknown extension");
    X509_EXTENSION_free(ext);
    ASN1_OBJECT_free(type);
    ASN1_OCTET_STRING_free(data);
}

/* A CA's RSA key of 16,384 bits: nobody has the other half. */
static void set_giant_key(X509 *cert)
{
    BIGNUM *n = BN_new(), *e = BN_new();
    EVP_PKEY *key = NULL;
    must(BN_rand(n, GIANT_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD) == 1 &&
             BN_set_word(e, 65537) == 1,
         "numbers");
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_BN(build, "n", n);
    OSSL_PARAM_BLD_push_BN(build, "e", e);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    must(EVP_PKEY_fromdata_init(ctx) == 1 &&
             EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1,
         "a giant key");
    must(X509_set_pubkey(cert, key) == 1, "a giant key's certificate");
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
}

/* A signature as long as the giant key: to find that it is wrong takes the work. */
static void spoil_signature(X509 *cert)
{
    const ASN1_BIT_STRING *signature;
    unsigned char bytes[GIANT_BITS / 8];
    must(RAND_bytes(bytes, sizeof bytes) == 1, "random bytes");
    bytes[0] = 0;
    X509_get0_signature(&signature, NULL, cert);
    must(ASN1_STRING_set((ASN1_BIT_STRING *)signature, bytes, sizeof bytes) == 1, "a signature");
}

/* --- the list --- */

#define YEAR -10, 365

/* name, issuer, basic, names, usage, constraints, common name, validity, flags */
static const struct recipe recipes[] = {
    {"root", NULL, CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"other root", NULL, CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"middle", "root", CA ",pathlen:0", NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"other middle", "other root", CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"expired middle", "root", CA, NULL, NULL, NULL, NULL, -30, -3, .add = NULL},
    {"weak middle", "root", CA, NULL, NULL, NULL, NULL, YEAR, .weak_key = true},
    {"test only middle", "root", CA, NULL, NULL, "critical,permitted;DNS:elsewhere.test", NULL,
     YEAR, .add = NULL},
    {"bomb middle", "root", CA, NULL, NULL, NULL, NULL, YEAR, .add = add_bomb_constraints},
    {"giant middle", "root", CA, NULL, NULL, NULL, NULL, YEAR, .weak_key = true,
     .add = set_giant_key},
    /* a second CA below one that allows none */
    {"too deep middle", "middle", CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"deep 1", "root", CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"deep 2", "deep 1", CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"deep 3", "deep 2", CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"deep 4", "deep 3", CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"deep 5", "deep 4", CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"deep 6", "deep 5", CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"deep 7", "deep 6", CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"deep 8", "deep 7", CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"deep 9", "deep 8", CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"deep 10", "deep 9", CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"deep 11", "deep 10", CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},
    {"deep 12", "deep 11", CA, NULL, NULL, NULL, NULL, YEAR, .add = NULL},

    {"good", "middle", LEAF, "DNS:good.test,DNS:localhost,IP:127.0.0.1,IP:::1", "serverAuth", NULL,
     NULL, YEAR, .add = NULL},
    {"good again", "middle", LEAF, "DNS:good.test,IP:127.0.0.1", "serverAuth", NULL, NULL, YEAR,
     .add = NULL},
    {"good by root", "root", LEAF, "DNS:good.test,IP:127.0.0.1", NULL, NULL, NULL, YEAR,
     .add = NULL},
    {"old", "middle", LEAF, "DNS:good.test,IP:127.0.0.1", NULL, NULL, NULL, -30, -2, .add = NULL},
    {"future", "middle", LEAF, "DNS:good.test,IP:127.0.0.1", NULL, NULL, NULL, 3, 30, .add = NULL},
    {"wrong name", "middle", LEAF, "DNS:a.test", NULL, NULL, NULL, YEAR, .add = NULL},
    {"three names", "middle", LEAF, "DNS:a.test,DNS:b.test,IP:192.0.2.7", NULL, NULL, NULL, YEAR,
     .add = NULL},
    {"no names", "middle", LEAF, NULL, NULL, NULL, "good.test", YEAR, .add = NULL},
    {"mail only", "middle", LEAF, "email:a@good.test,URI:https://good.test/", NULL, NULL,
     "good.test", YEAR, .add = NULL},
    {"star", "middle", LEAF, "DNS:*.good.test", NULL, NULL, NULL, YEAR, .add = NULL},
    {"part star", "middle", LEAF, "DNS:f*.good.test", NULL, NULL, NULL, YEAR, .add = NULL},
    {"idn star", "middle", LEAF, "DNS:xn--*.good.test", NULL, NULL, NULL, YEAR, .add = NULL},
    {"inner star", "middle", LEAF, "DNS:a.*.good.test", NULL, NULL, NULL, YEAR, .add = NULL},
    {"two stars", "middle", LEAF, "DNS:*.*.good.test", NULL, NULL, NULL, YEAR, .add = NULL},
    {"top star", "middle", LEAF, "DNS:*.test", NULL, NULL, NULL, YEAR, .add = NULL},
    {"bare star", "middle", LEAF, "DNS:*", NULL, NULL, NULL, YEAR, .add = NULL},
    {"idn", "middle", LEAF, "DNS:xn--bcher-kva.test", NULL, NULL, NULL, YEAR, .add = NULL},
    {"nul name", "middle", LEAF, NULL, NULL, NULL, NULL, YEAR, .add = add_nul_name},
    {"control name", "middle", LEAF, NULL, NULL, NULL, NULL, YEAR, .add = add_control_name},
    {"address", "middle", LEAF, "IP:127.0.0.1", NULL, NULL, NULL, YEAR, .add = NULL},
    {"other address", "middle", LEAF, "IP:192.0.2.1", NULL, NULL, NULL, YEAR, .add = NULL},
    {"address 6", "middle", LEAF, "IP:2001:db8::1", NULL, NULL, NULL, YEAR, .add = NULL},
    {"address as name", "middle", LEAF, "DNS:127.0.0.1", NULL, NULL, "127.0.0.1", YEAR,
     .add = NULL},
    {"star address", "middle", LEAF, "DNS:*.0.0.1", NULL, NULL, NULL, YEAR, .add = NULL},
    {"self-signed", NULL, LEAF, "DNS:good.test", NULL, NULL, NULL, YEAR, .add = NULL},
    {"unknown issuer", "other middle", LEAF, "DNS:good.test", NULL, NULL, NULL, YEAR, .add = NULL},
    {"by leaf", "good", LEAF, "DNS:good.test", NULL, NULL, NULL, YEAR, .add = NULL},
    {"by expired", "expired middle", LEAF, "DNS:good.test", NULL, NULL, NULL, YEAR, .add = NULL},
    {"by weak", "weak middle", LEAF, "DNS:good.test", NULL, NULL, NULL, YEAR, .add = NULL},
    {"by too deep", "too deep middle", LEAF, "DNS:good.test", NULL, NULL, NULL, YEAR, .add = NULL},
    {"by test only", "test only middle", LEAF, "DNS:good.test", NULL, NULL, NULL, YEAR,
     .add = NULL},
    {"by deep", "deep 12", LEAF, "DNS:good.test", NULL, NULL, NULL, YEAR, .add = NULL},
    {"by giant", "giant middle", LEAF, "DNS:good.test", NULL, NULL, NULL, YEAR,
     .spoil = spoil_signature},
    {"bomb", "bomb middle", LEAF, NULL, NULL, NULL, NULL, YEAR, .add = add_bomb_names},
    {"weak key", "middle", LEAF, "DNS:good.test", NULL, NULL, NULL, YEAR, .weak_key = true},
    {"weak hash", "middle", LEAF, "DNS:good.test", NULL, NULL, NULL, YEAR, .sha1 = true},
    {"client only", "middle", LEAF, "DNS:good.test", "clientAuth", NULL, NULL, YEAR, .add = NULL},
    {"code only", "middle", LEAF, "DNS:good.test", "codeSigning", NULL, NULL, YEAR, .add = NULL},
    {"unknown critical", "middle", LEAF, "DNS:good.test", NULL, NULL, NULL, YEAR,
     .add = add_unknown_critical},
    {"revoked", "middle", LEAF, "DNS:good.test", NULL, NULL, NULL, YEAR, .revoked = true},
    {"many names", "middle", LEAF, NULL, NULL, NULL, NULL, YEAR, .add = add_many_names},

    {"client", "middle", LEAF, NULL, "clientAuth", NULL, NULL, YEAR, .add = NULL},
    {"other client", "other middle", LEAF, NULL, "clientAuth", NULL, NULL, YEAR, .add = NULL},
};

enum { RECIPES = sizeof recipes / sizeof *recipes };

static struct made made[RECIPES];

size_t certs_count(void)
{
    return RECIPES;
}

const char *certs_name(size_t i)
{
    return recipes[i].name;
}

static size_t find(const char *name)
{
    for (size_t i = 0; i < RECIPES; i++)
        if (strcmp(recipes[i].name, name) == 0)
            return i;
    fprintf(stderr, "certs: there is no \"%s\"\n", name);
    abort();
}

/* --- making --- */

/* exit() in a test program must not take OpenSSL from under threads that still run. */
static void init(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, NULL);
}

static EVP_PKEY *make_key(const struct recipe *r)
{
    EVP_PKEY *key = r->weak_key ? EVP_RSA_gen(WEAK_BITS) : EVP_EC_gen("P-256");
    must(key != NULL, "a key");
    return key;
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    if (value == NULL)
        return;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    must(ext != NULL && X509_add_ext(cert, ext, -1) == 1, value);
    X509_EXTENSION_free(ext);
}

static void set_name(X509_NAME *name, const char *common)
{
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common, -1,
                                    -1, 0) == 1,
         "a common name");
}

/* An hour of slack, so that "2 days ago" is so for the whole of a test. */
static void set_validity(X509 *cert, const struct recipe *r)
{
    const int slack = 3600;
    X509_time_adj_ex(X509_getm_notBefore(cert), r->from_days, slack, NULL);
    X509_time_adj_ex(X509_getm_notAfter(cert), r->to_days, -slack, NULL);
}

static void fill(X509 *cert, const struct recipe *r, size_t number, X509 *issuer)
{
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), (long)number + 1);
    set_name(X509_get_subject_name(cert), r->common_name != NULL ? r->common_name : r->name);
    X509_set_issuer_name(cert, X509_get_subject_name(issuer));
    set_validity(cert, r);
    add_extension(cert, issuer, NID_basic_constraints, r->basic);
    add_extension(cert, issuer, NID_subject_key_identifier, "hash");
    add_extension(cert, issuer, NID_subject_alt_name, r->names);
    add_extension(cert, issuer, NID_ext_key_usage, r->usage);
    add_extension(cert, issuer, NID_name_constraints, r->constraints);
    if (r->add != NULL)
        r->add(cert);
}

static void make(size_t i)
{
    const struct recipe *r = &recipes[i];
    struct made *m = &made[i];
    init();
    m->key = make_key(r);
    m->cert = X509_new();
    must(m->cert != NULL && X509_set_pubkey(m->cert, m->key) == 1, "a certificate");
    X509 *issuer = r->issuer != NULL ? certs_get(r->issuer) : m->cert;
    EVP_PKEY *issuer_key = r->issuer != NULL ? certs_key(r->issuer) : m->key;
    fill(m->cert, r, i, issuer);
    must(X509_sign(m->cert, issuer_key, r->sha1 ? EVP_sha1() : EVP_sha256()) > 0, "a signature");
    if (r->spoil != NULL)
        r->spoil(m->cert);
}

static struct made *get(const char *name)
{
    size_t i = find(name);
    if (made[i].cert == NULL)
        make(i);
    return &made[i];
}

X509 *certs_get(const char *name)
{
    return get(name)->cert;
}

EVP_PKEY *certs_key(const char *name)
{
    return get(name)->key;
}

/* --- texts --- */

/* The texts that were given out: they are the workshop's. */
static const char *keep_text(BIO *bio)
{
    static struct kept {
        struct kept *next;
        char text[];
    } * all;
    char *data;
    long len = BIO_get_mem_data(bio, &data);
    struct kept *kept = malloc(sizeof *kept + (size_t)len + 1);
    must(kept != NULL, "memory");
    memcpy(kept->text, data, (size_t)len);
    kept->text[len] = '\0';
    kept->next = all;
    all = kept;
    BIO_free(bio);
    return kept->text;
}

/* Calls for each of the names, which are separated by semicolons. */
static void for_each(const char *names, void (*call)(const char *name, void *arg), void *arg)
{
    char copy[NAMES_BYTES], *rest = copy, *name;
    must(strlen(names) < sizeof copy, "fewer names");
    strcpy(copy, names);
    while ((name = strsep(&rest, ";")) != NULL)
        call(name, arg);
}

static void write_cert(const char *name, void *arg)
{
    must(PEM_write_bio_X509(arg, certs_get(name)) == 1, "PEM");
}

const char *certs_pem(const char *names)
{
    init();
    BIO *bio = BIO_new(BIO_s_mem());
    for_each(names, write_cert, bio);
    return keep_text(bio);
}

const char *certs_key_pem(const char *name, const char *password)
{
    init();
    BIO *bio = BIO_new(BIO_s_mem());
    const EVP_CIPHER *cipher = password != NULL ? EVP_aes_128_cbc() : NULL;
    must(PEM_write_bio_PKCS8PrivateKey(bio, certs_key(name), cipher, password,
                                       password != NULL ? (int)strlen(password) : 0, NULL,
                                       NULL) == 1,
         "a key's PEM");
    return keep_text(bio);
}

const char *certs_pin(const char *name)
{
    unsigned char *der = NULL, digest[SHA256_DIGEST_LENGTH], text[64];
    init();
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certs_get(name)), &der);
    must(len > 0, "a public key");
    SHA256(der, (size_t)len, digest);
    OPENSSL_free(der);
    EVP_EncodeBlock(text, digest, sizeof digest);
    BIO *bio = BIO_new(BIO_s_mem());
    BIO_printf(bio, "sha256//%s", (char *)text);
    return keep_text(bio);
}

/* --- revocation --- */

struct listing {
    BIO *bio;
    int from_days;
    int to_days;
};

static void revoke(X509_CRL *crl, size_t i)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    must(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certs_get(recipes[i].name))) ==
             1,
         "a serial number");
    X509_REVOKED_set_revocationDate(entry, (ASN1_TIME *)X509_CRL_get0_lastUpdate(crl));
    must(X509_CRL_add0_revoked(crl, entry) == 1, "an entry");
}

static void write_crl(const char *ca, void *arg)
{
    const struct listing *l = arg;
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *from = X509_time_adj_ex(NULL, l->from_days, 0, NULL);
    ASN1_TIME *to = X509_time_adj_ex(NULL, l->to_days, 0, NULL);
    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(certs_get(ca)));
    X509_CRL_set1_lastUpdate(crl, from);
    X509_CRL_set1_nextUpdate(crl, to);
    for (size_t i = 0; i < RECIPES; i++)
        if (recipes[i].revoked && strcmp(recipes[i].issuer, ca) == 0)
            revoke(crl, i);
    must(X509_CRL_sign(crl, certs_key(ca), EVP_sha256()) > 0, "a list's signature");
    must(PEM_write_bio_X509_CRL(l->bio, crl) == 1, "a list's PEM");
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    X509_CRL_free(crl);
}

const char *certs_crl_pem(const char *cas, int from_days, int to_days)
{
    init();
    struct listing l = {BIO_new(BIO_s_mem()), from_days, to_days};
    for_each(cas, write_crl, &l);
    return keep_text(l.bio);
}

/* --- servers --- */

static void show(const char *name, void *arg)
{
    must(SSL_CTX_add1_chain_cert(arg, certs_get(name)) == 1, "a chain");
}

static void show_issuers(SSL_CTX *ctx, const char *name)
{
    const struct recipe *r = &recipes[find(name)];
    while (r->issuer != NULL) {
        r = &recipes[find(r->issuer)];
        if (r->issuer != NULL)
            show(r->name, ctx);
    }
}

SSL_CTX *certs_server(const char *name, const char *chain)
{
    init();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    must(ctx != NULL, "a context");
    SSL_CTX_set_security_level(ctx, 0); /* a server that shows weak keys, too */
    must(SSL_CTX_use_certificate(ctx, certs_get(name)) == 1, "a server's certificate");
    must(SSL_CTX_use_PrivateKey(ctx, certs_key(name)) == 1, "a server's key");
    if (chain == NULL)
        show_issuers(ctx, name);
    else if (*chain != '\0')
        for_each(chain, show, ctx);
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"certs", 5);
    return ctx;
}
