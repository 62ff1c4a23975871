/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A server's certificate in words: whatever stands in it, each text is one clean
 * line, and its PEM is the certificate again. The input: DER.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "net/tls_certificate.h"
#include "net/tls_library.h"

static X509 *read_pem(const char *text)
{
    BIO *bio = BIO_new_mem_buf(text, -1);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return cert;
}

static void check_words(X509 *cert)
{
    gofer_certificate *words = tls_certificate_describe_one(cert, NULL);
    FUZZ_CHECK(words != NULL);
    FUZZ_CHECK(fuzz_is_clean(words->subject) && fuzz_is_clean(words->issuer));
    FUZZ_CHECK(fuzz_is_clean(words->hosts));
    struct tls_visit visit;
    tls_enter(&visit);
    X509 *again = read_pem(words->pem);
    FUZZ_CHECK(again != NULL && X509_cmp(cert, again) == 0);
    X509_free(again);
    tls_leave(&visit);
    gofer_certificate_free(words);
}

void fuzz_certificate(struct fuzz *f)
{
    size_t len;
    char *data = fuzz_rest(f, &len);
    const unsigned char *at = (const unsigned char *)data;
    struct tls_visit visit;
    FUZZ_CHECK(tls_library_init());
    tls_enter(&visit);
    X509 *cert = d2i_X509(NULL, &at, (long)len);
    tls_leave(&visit);
    if (cert != NULL)
        check_words(cert);
    X509_free(cert);
    free(data);
}
