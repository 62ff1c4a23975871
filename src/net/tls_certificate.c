/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A certificate in words; see tls_certificate.h. Text that its issuer chose is
 * escaped: it may end on a terminal.
 */
#include "net/tls_certificate.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/refs.h"
#include "net/tls_library.h"
#include "net/tls_state.h"

/* A host's name has no more (RFC 1035), escaped bytes apart. */
enum { HOST_SHOWN_MAX = 255 };

struct tls_shown {
    struct refs holders; /* the connection, and responses */
    X509 *own;
    STACK_OF(X509) * all; /* owned, its own first; NULL: that alone */
};

static struct tls_shown *shown_new(const struct tls *tls)
{
    X509 *own = SSL_get1_peer_certificate(tls->ssl);
    struct tls_shown *shown = own != NULL ? mem_alloc(sizeof(*shown)) : NULL;
    struct tls_visit visit;
    if (shown == NULL) {
        X509_free(own);
        return NULL;
    }
    tls_enter(&visit);
    STACK_OF(X509) *all = SSL_get_peer_cert_chain(tls->ssl);
    *shown = (struct tls_shown){.own = own, .all = all != NULL ? X509_chain_up_ref(all) : NULL};
    refs_init(&shown->holders, 1);
    bool ok = all == NULL || shown->all != NULL;
    tls_leave(&visit);
    if (ok)
        return shown;
    tls_certificate_unref(shown);
    return NULL;
}

struct tls_shown *tls_certificate_ref(struct tls *tls)
{
    if (tls->shown == NULL)
        tls->shown = shown_new(tls);
    if (tls->shown != NULL)
        refs_add(&tls->shown->holders);
    return tls->shown;
}

void tls_certificate_unref(struct tls_shown *shown)
{
    if (shown == NULL || !refs_drop(&shown->holders))
        return;
    X509_free(shown->own);
    sk_X509_pop_free(shown->all, X509_free);
    mem_free(shown);
}

/* --- hosts --- */

bool tls_certificate_is_host(const GENERAL_NAME *name)
{
    return name->type == GEN_DNS || name->type == GEN_IPADD;
}

static void write_address(const ASN1_OCTET_STRING *bytes, struct buf *out)
{
    char shown[INET6_ADDRSTRLEN];
    int len = ASN1_STRING_length(bytes);
    int family = len == 4 ? AF_INET : AF_INET6;
    if ((len == 4 || len == 16) &&
        inet_ntop(family, ASN1_STRING_get0_data(bytes), shown, sizeof(shown)) != NULL)
        buf_append_str(out, shown);
    else
        buf_append_char(out, '?');
}

void tls_certificate_write_host(const GENERAL_NAME *name, size_t max, struct buf *out)
{
    if (name->type == GEN_IPADD) {
        write_address(name->d.iPAddress, out);
        return;
    }
    const ASN1_IA5STRING *text = name->d.dNSName;
    ascii_escape(out, (const char *)ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text),
                 max);
}

static void write_hosts(X509 *cert, struct buf *out)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    size_t begin = out->len;
    /* One that cannot be decoded names nobody; one that memory was lacking for does. */
    if (names == NULL && ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
        out->failed = true;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (!tls_certificate_is_host(name))
            continue;
        buf_append_str(out, out->len > begin ? ", " : "");
        tls_certificate_write_host(name, HOST_SHOWN_MAX, out);
    }
    GENERAL_NAMES_free(names);
}

/* --- the rest --- */

/* What OpenSSL writes; fails as a buffer does. */
static void write_bio(BIO *bio, bool ok, struct buf *out)
{
    char *data;
    long len = bio != NULL ? BIO_get_mem_data(bio, &data) : 0;
    if (ok && len > 0)
        buf_append(out, data, (size_t)len);
    else
        out->failed = out->failed || !ok;
    BIO_free(bio);
}

static void write_entity(const X509_NAME *entity, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    write_bio(bio, bio != NULL && X509_NAME_print_ex(bio, entity, 0, XN_FLAG_RFC2253) >= 0, out);
}

static void write_pem(X509 *cert, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    write_bio(bio, bio != NULL && PEM_write_bio_X509(bio, cert) == 1, out);
}

/* Seconds since 1970; 0 where it is no time. */
static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm tm;
    return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

enum text { SUBJECT, ISSUER, HOSTS, PEM, CHAIN, TEXTS };

static void write_chain(X509 *own, const STACK_OF(X509) * all, struct buf *out)
{
    if (all == NULL)
        write_pem(own, out);
    for (int i = 0; i < sk_X509_num(all); i++)
        write_pem(sk_X509_value(all, i), out);
}

static void write_text(X509 *cert, const STACK_OF(X509) * all, enum text which, struct buf *out)
{
    switch (which) {
    case SUBJECT:
        write_entity(X509_get_subject_name(cert), out);
        break;
    case ISSUER:
        write_entity(X509_get_issuer_name(cert), out);
        break;
    case HOSTS:
        write_hosts(cert, out);
        break;
    case PEM:
        write_pem(cert, out);
        break;
    case CHAIN:
    case TEXTS:
        write_chain(cert, all, out);
        break;
    }
}

/* One block: the struct, then its texts. */
static gofer_certificate *lay_out(X509 *cert, const struct buf *texts, const size_t at[TEXTS])
{
    gofer_certificate *c = buf_failed(texts) ? NULL : mem_alloc(sizeof(*c) + texts->len);
    if (c == NULL)
        return NULL;
    const char *bytes = memcpy(c + 1, texts->data, texts->len);
    *c = (gofer_certificate){.subject = bytes + at[SUBJECT],
                             .issuer = bytes + at[ISSUER],
                             .hosts = bytes + at[HOSTS],
                             .pem = bytes + at[PEM],
                             .chain_pem = bytes + at[CHAIN],
                             .not_before = seconds_of(X509_get0_notBefore(cert)),
                             .not_after = seconds_of(X509_get0_notAfter(cert))};
    return c;
}

gofer_certificate *tls_certificate_describe_one(X509 *own, const STACK_OF(X509) * all)
{
    struct buf texts = BUF_INIT;
    size_t at[TEXTS];
    struct tls_visit visit;
    tls_enter(&visit);
    for (enum text which = SUBJECT; which < TEXTS; which++) {
        at[which] = texts.len;
        write_text(own, all, which, &texts);
        buf_append_char(&texts, '\0');
    }
    gofer_certificate *c = lay_out(own, &texts, at);
    tls_leave(&visit);
    buf_fini(&texts);
    return c;
}

gofer_certificate *tls_certificate_describe(const struct tls_shown *shown)
{
    return tls_certificate_describe_one(shown->own, shown->all);
}

void gofer_certificate_free(gofer_certificate *certificate)
{
    mem_free(certificate);
}
