/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * TLS: whom a client trusts, who it says it is, and how it talks. Without any
 * option a server must prove its name with a certificate that the system's store
 * trusts, over TLS 1.2 or 1.3.
 *
 * What is wrong with the options in themselves (two sources of one thing, a pin
 * that is none) is EINVAL of gofer_client_new(). Files are read when the first
 * call needs them; what is wrong with them is the error of the calls
 * (GOFER_ERR_TLS, with the file's name). While calls are made a named file is
 * looked at once a second: one that was replaced is read again and holds for all
 * new connections, sessions and idle connections of the old one are not used any
 * more. A replacement that cannot be read changes nothing until it can.
 */
#ifndef GOFER_TLS_H
#define GOFER_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include <gofer/export.h>

GOFER_BEGIN_DECLS

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

/* A version of the protocol. Older ones are not spoken. */
typedef enum gofer_tls_version {
    GOFER_TLS_ANY = 0, /* as a minimum TLS 1.2, as a maximum what OpenSSL has */
    GOFER_TLS_1_2,
    GOFER_TLS_1_3
} gofer_tls_version;

/* How a file with a certificate or a key is written. */
typedef enum gofer_tls_format {
    GOFER_TLS_PEM = 0,
    GOFER_TLS_DER, /* one certificate, or one key: PKCS #8, encrypted or not, or its kind's own */
    GOFER_TLS_P12  /* PKCS #12: the certificate, its key and the CAs between it and the root, under
                      key_password */
} gofer_tls_format;

/* What of a server's certificate is checked. Pins are checked always. */
typedef enum gofer_tls_verify {
    GOFER_TLS_VERIFY = 0,        /* issuers, dates, purpose and name */
    GOFER_TLS_VERIFY_CHAIN_ONLY, /* it may be of any name */
    GOFER_TLS_VERIFY_NAME_ONLY,  /* anybody may have issued it, at any time */
    GOFER_TLS_INSECURE           /* nothing: for tests; whoever is in between may read and change */
} gofer_tls_verify;

/*
 * Options of a client's TLS. Zero every member that you do not set. Strings are
 * copied. Text that holds certificates or keys is PEM, and so is a file where no
 * format is named.
 */
typedef struct gofer_tls_options {
    /* --- whom to trust: the system's store, or instead of it what is named here --- */
    const char *ca_file;   /* certificates of CAs; a CA below a root, or a server's own
                              certificate, may stand for itself where there is no crl_file */
    const char *ca_dir;    /* a directory of them, by hash as `openssl rehash` makes it */
    const char *ca_pem;    /* the same as text */
    bool add_system_store; /* trust the system's store beside those */
    const char *crl_file;  /* revocation lists: one of each CA of a chain is needed then */
    const char *pins;      /* "sha256//BASE64;sha256//BASE64": the server's public key must be one
                              of these (the SHA-256 of its SubjectPublicKeyInfo) */
    gofer_tls_verify verify;

    /* --- who we are, to servers that ask: none or one of the first two --- */
    const char *cert_file; /* the certificate, and those of the CAs between it and the root */
    const char *cert_pem;  /* the same as text */
    const char *key_file;  /* its private key; neither: where the certificate is */
    const char *key_pem;
    const char *key_password; /* of an encrypted key */

    /* --- how to talk --- */
    const char *server_name; /* who a server must be and is told it is (SNI): the URL's host */
    const char *alpn;        /* "http/1.1": protocols to offer, with commas; "" offers none */
    gofer_tls_version min_version;
    gofer_tls_version max_version;
    const char *ciphers;      /* for TLS 1.2, as ciphers(1) says: OpenSSL's */
    const char *ciphersuites; /* for TLS 1.3: OpenSSL's */
    bool disable_resumption;  /* a full handshake for each connection */

    /* --- a look inside --- */
    const char *keylog_file; /* the connections' secrets are appended, in NSS's format: for
                                Wireshark; whoever reads the file reads the traffic */
    int (*ssl_ctx)(struct ssl_ctx_st *ctx, void *arg); /* for what no option covers: called with
                                each SSL_CTX that is made, last; it must not block. 0 is an error */
    void *ssl_ctx_arg;

    /* --- more of whom to trust, and of who we are --- */
    const char *pin_file;         /* a file with a public key, PEM or DER: one more pin */
    gofer_tls_format cert_format; /* of cert_file: PEM */
    gofer_tls_format key_format;  /* of key_file: PEM, or DER */
} gofer_tls_options;

/* A server's certificate in words. Members may be added at the end. */
typedef struct gofer_certificate {
    const char *subject; /* "CN=www.example.com,O=Example" (RFC 2253), escaped */
    const char *issuer;  /* the same of the CA */
    const char *hosts;   /* "www.example.com, 192.0.2.1": whose it is; "": nobody's */
    const char *pem;     /* the certificate itself */
    int64_t not_before;  /* from when to when it holds: seconds since 1970 */
    int64_t not_after;
    const char *chain_pem; /* all that the server sent: its own first, then those of CAs */
} gofer_certificate;

/* Frees what gofer_response_certificate() returned. NULL is legal. */
GOFER_API void gofer_certificate_free(gofer_certificate *certificate);

GOFER_END_DECLS

#endif
