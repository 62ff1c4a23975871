/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From OpenSSL's numbers to words. The commonest failures have words of their
 * own, which say what to look at; the rest has OpenSSL's.
 */
#include "net/tls_error.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "net/tls_certificate.h"

/* How much is shown of a name, where there is room and where not, and how many names: a fault's
 * detail is short. */
enum { NAME_SHOWN_MAX = 64, NAME_SHOWN_MIN = 16, NAMES_SHOWN_MAX = 2 };

/* Sets the text as a fault and frees it. True where it was set. */
static bool set(struct fault *fault, gofer_status code, struct buf *text)
{
    bool ok = !buf_failed(text);
    if (ok)
        ok = fault_set(fault, code, GOFER_PHASE_TLS, 0, "%.*s", (int)text->len, text->data);
    else
        fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_TLS, ENOMEM, NULL);
    buf_fini(text);
    return ok;
}

static void set_words(struct fault *fault, const char *words)
{
    fault_set(fault, GOFER_ERR_TLS, GOFER_PHASE_TLS, 0, "%s", words);
}

/* --- certificates --- */

/* A text about a certificate. */
struct words {
    struct buf text;
    size_t name_max; /* bytes of a name that are shown */
};

static void write_string(struct words *w, const ASN1_STRING *s)
{
    ascii_escape(&w->text, (const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s),
                 w->name_max);
}

/* What people call the holder or issuer: its common name, else its organization. */
static void write_entity(struct words *w, const X509_NAME *entity)
{
    int at = X509_NAME_get_index_by_NID(entity, NID_commonName, -1);
    if (at < 0)
        at = X509_NAME_get_index_by_NID(entity, NID_organizationName, -1);
    buf_append_char(&w->text, '"');
    if (at >= 0)
        write_string(w, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(entity, at)));
    buf_append_char(&w->text, '"');
}

static void write_span(struct words *w, int days, int seconds)
{
    int n = days > 0          ? days
            : seconds >= 3600 ? seconds / 3600
            : seconds >= 60   ? seconds / 60
                              : seconds;
    const char *unit = days > 0          ? "day"
                       : seconds >= 3600 ? "hour"
                       : seconds >= 60   ? "minute"
                                         : "second";
    buf_printf(&w->text, "%d %s%s", n, unit, n == 1 ? "" : "s");
}

/* "certificate", or which one of the chain. */
static void write_which(struct words *w, const X509 *cert, int depth)
{
    buf_append_str(&w->text, depth > 0 ? "CA certificate " : "certificate");
    if (depth > 0)
        write_entity(w, X509_get_subject_name(cert));
}

static void write_expired(struct words *w, const X509 *cert)
{
    int days = 0, seconds = 0;
    ASN1_TIME_diff(&days, &seconds, X509_get0_notAfter(cert), NULL);
    buf_append_str(&w->text, " has expired (");
    write_span(w, days, seconds);
    buf_append_str(&w->text, " ago)");
}

static void write_not_yet(struct words *w, const X509 *cert)
{
    int days = 0, seconds = 0;
    ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notBefore(cert));
    buf_append_str(&w->text, " is not valid yet (in ");
    write_span(w, days, seconds);
    buf_append_char(&w->text, ')');
}

/* The first names, and how many more; returns how many there are. */
static int write_names(struct words *w, const GENERAL_NAMES *names)
{
    int n = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (!tls_certificate_is_host(name) || n++ >= NAMES_SHOWN_MAX)
            continue;
        buf_append_str(&w->text, n > 1 ? ", " : "");
        tls_certificate_write_host(name, w->name_max, &w->text);
    }
    if (n > NAMES_SHOWN_MAX)
        buf_printf(&w->text, " and %d more", n - NAMES_SHOWN_MAX);
    return n;
}

static void write_mismatch(struct words *w, const X509 *cert, const char *name)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    struct words shown = {BUF_INIT, w->name_max};
    int n = names != NULL ? write_names(&shown, names) : 0;
    GENERAL_NAMES_free(names);
    if (n > 0)
        buf_printf(&w->text, " is for %.*s, not ", (int)shown.text.len, shown.text.data);
    else
        buf_append_str(&w->text, " names no host (a common name does not count), so not ");
    w->text.failed = w->text.failed || buf_failed(&shown.text);
    buf_fini(&shown.text);
    ascii_escape(&w->text, name, strlen(name), w->name_max);
}

static void write_unknown_issuer(struct words *w, const X509 *cert)
{
    buf_append_str(&w->text, "'s issuer ");
    write_entity(w, X509_get_issuer_name(cert));
    buf_append_str(&w->text, " is unknown (not trusted, or not sent)");
}

static void write_revocation(struct words *w, const X509 *cert, int error)
{
    if (error == X509_V_ERR_CERT_REVOKED) {
        buf_append_str(&w->text, " has been revoked");
        return;
    }
    bool expired = error == X509_V_ERR_CRL_HAS_EXPIRED;
    buf_printf(&w->text,
               ": the revocation list of its issuer %s: ", expired ? "has expired" : "is missing");
    write_entity(w, X509_get_issuer_name(cert));
}

/* What is wrong with the certificate; it follows "certificate". */
static void write_fault(struct words *w, const X509 *cert, int error, const char *name)
{
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        write_expired(w, cert);
        return;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        write_not_yet(w, cert);
        return;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        write_mismatch(w, cert, name);
        return;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        buf_append_str(&w->text, " is self-signed and not trusted");
        return;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        buf_append_str(&w->text, " is a root that is not trusted");
        return;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        write_unknown_issuer(w, cert);
        return;
    case X509_V_ERR_INVALID_PURPOSE:
        buf_append_str(&w->text, " is not one of a TLS server (its purpose is another)");
        return;
    case X509_V_ERR_INVALID_CA:
        buf_append_str(&w->text, " may not issue certificates, yet did");
        return;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
        buf_append_str(&w->text, "'s key is too weak");
        return;
    case X509_V_ERR_CA_MD_TOO_WEAK:
        buf_append_str(&w->text, "'s signature is too weak");
        return;
    case X509_V_ERR_CERT_REVOKED:
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
        write_revocation(w, cert, error);
        return;
    default:
        buf_printf(&w->text, ": %s", X509_verify_cert_error_string(error));
    }
}

static void write_certificate(struct words *w, X509_STORE_CTX *verified, const char *name)
{
    int error = X509_STORE_CTX_get_error(verified);
    const X509 *cert = X509_STORE_CTX_get_current_cert(verified);
    if (cert == NULL) {
        buf_printf(&w->text, "certificate: %s", X509_verify_cert_error_string(error));
        return;
    }
    write_which(w, cert, X509_STORE_CTX_get_error_depth(verified));
    write_fault(w, cert, error, name);
}

void tls_error_certificate(struct fault *fault, X509_STORE_CTX *verified, const char *name)
{
    struct words w = {BUF_INIT, NAME_SHOWN_MAX};
    if (X509_STORE_CTX_get_error(verified) == X509_V_ERR_OUT_OF_MEM) {
        fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_TLS, ENOMEM, NULL);
        return;
    }
    write_certificate(&w, verified, name);
    /* Where long names would push the end out of the text, less of each is shown. */
    while (w.text.len >= FAULT_DETAIL_BYTES && w.name_max > NAME_SHOWN_MIN) {
        buf_fini(&w.text);
        w.name_max -= NAME_SHOWN_MIN / 2;
        write_certificate(&w, verified, name);
    }
    if (set(fault, GOFER_ERR_CERTIFICATE, &w.text))
        fault->reason = GOFER_REASON_CERTIFICATE;
}

void tls_error_pin(struct fault *fault, const char *base64)
{
    if (fault_set(fault, GOFER_ERR_CERTIFICATE, GOFER_PHASE_TLS, 0,
                  "public key is not pinned: it is sha256//%s", base64))
        fault->reason = GOFER_REASON_PIN;
}

/* --- handshakes --- */

/* The peer's alerts (RFC 8446 section 6.2) that say what to change here. */
static const struct alert {
    int number;
    const char *words;
} alerts[] = {
    {SSL_AD_HANDSHAKE_FAILURE,
     "server refused the handshake: no cipher in common, or it wants a certificate"},
    {SSL_AD_BAD_CERTIFICATE, "server refused the client certificate"},
    {SSL_AD_UNSUPPORTED_CERTIFICATE, "server refused the client certificate: wrong kind"},
    {SSL_AD_CERTIFICATE_REVOKED, "server refused the client certificate: revoked"},
    {SSL_AD_CERTIFICATE_EXPIRED, "server refused the client certificate: expired"},
    {SSL_AD_CERTIFICATE_UNKNOWN, "server refused the client certificate"},
    {SSL_AD_UNKNOWN_CA, "server refused the client certificate: it does not know the issuer"},
    {SSL_AD_ACCESS_DENIED, "server refused the client certificate: access denied"},
    {SSL_AD_PROTOCOL_VERSION, "server speaks no version of TLS that is allowed here"},
    {SSL_AD_INSUFFICIENT_SECURITY, "server demands stronger ciphers"},
    {SSL_AD_UNRECOGNIZED_NAME, "server does not know the name it was asked for"},
    {SSL_AD_CERTIFICATE_REQUIRED, "server demands a client certificate"},
    {SSL_AD_NO_APPLICATION_PROTOCOL, "server speaks none of the protocols offered (ALPN)"},
};

static void set_alert(struct fault *fault, int number)
{
    for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
        if (alerts[i].number == number) {
            set_words(fault, alerts[i].words);
            return;
        }
    fault_set(fault, GOFER_ERR_TLS, GOFER_PHASE_TLS, 0, "server sent the TLS alert \"%s\"",
              SSL_alert_desc_string_long(number));
}

static void set_foreign(struct fault *fault, const struct tls_wire *wire)
{
    if (wire->first_len >= 5 && memcmp(wire->first, "HTTP/", 5) == 0) {
        set_words(fault, "server answered plain HTTP to a TLS client");
        return;
    }
    struct buf text = BUF_INIT;
    buf_append_str(&text, "server does not speak TLS: it began with \"");
    ascii_escape(&text, wire->first, wire->first_len, sizeof(wire->first));
    buf_append_char(&text, '"');
    set(fault, GOFER_ERR_TLS, &text);
}

/* Words for the first error in the queue, where OpenSSL's do not say what to do. */
static const char *queued_words(unsigned long error)
{
    if (ERR_GET_LIB(error) == ERR_LIB_SSL)
        switch (ERR_GET_REASON(error)) {
        case SSL_R_UNSUPPORTED_PROTOCOL:
            return "server speaks no version of TLS that is allowed here";
        case SSL_R_DH_KEY_TOO_SMALL:
            return "server's Diffie-Hellman key is too weak";
        case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
            return "server is too old: it cannot negotiate securely (RFC 5746)";
        case SSL_R_EXCESSIVE_MESSAGE_SIZE:
            return "server's certificates are too large";
        case SSL_R_UNEXPECTED_EOF_WHILE_READING:
            return "server closed the connection in the handshake";
        }
    const char *words = ERR_reason_error_string(error);
    return words != NULL ? words : "protocol error";
}

static bool is_alert(unsigned long error)
{
    int reason = ERR_GET_REASON(error);
    return ERR_GET_LIB(error) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET &&
           reason <= SSL_AD_REASON_OFFSET + UINT8_MAX;
}

static void set_queued(struct fault *fault, unsigned long error)
{
    if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
        fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_TLS, ENOMEM, NULL);
    else if (is_alert(error))
        set_alert(fault, ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET);
    else
        fault_set(fault, GOFER_ERR_TLS, GOFER_PHASE_TLS, 0, "TLS handshake failed: %s",
                  queued_words(error));
}

static void set_handshake(struct fault *fault, int error, const struct tls_wire *wire)
{
    unsigned long queued = ERR_peek_error();
    if (tls_wire_is_foreign(wire))
        set_foreign(fault, wire);
    else if (error == SSL_ERROR_ZERO_RETURN)
        set_words(fault, "server ended TLS in the handshake (close_notify)");
    else if (wire->ended)
        set_words(fault, "server closed the connection in the handshake");
    else if (wire->err != 0)
        fault_set(fault, GOFER_ERR_TLS, GOFER_PHASE_TLS, wire->err,
                  "connection broke in the TLS handshake");
    else
        set_queued(fault, queued);
}

void tls_error_handshake(struct fault *fault, int error, const struct tls_wire *wire)
{
    bool first = fault->code == GOFER_OK; /* else the check of the certificate has said why */
    set_handshake(fault, error, wire);
    if (first && fault->code == GOFER_ERR_TLS)
        fault->reason = GOFER_REASON_HANDSHAKE;
}

void tls_error_broken(struct fault *fault, gofer_phase phase, unsigned long error)
{
    struct fault words = {0};
    set_queued(&words, error);
    if (is_alert(error))
        fault_set(fault, words.code, phase, 0, "%s", words.detail);
    else
        fault_set(fault, GOFER_ERR_TLS, phase, 0, "TLS broke: %s", queued_words(error));
}

/* --- settings --- */

static const char *settings_words(unsigned long error)
{
    int reason = ERR_GET_REASON(error);
    switch (ERR_GET_LIB(error)) {
    case ERR_LIB_PEM:
        if (reason == PEM_R_NO_START_LINE)
            return "nothing of that kind in it";
        if (reason == PEM_R_BAD_PASSWORD_READ)
            return "it needs a password";
        if (reason == PEM_R_BAD_DECRYPT)
            return "wrong password";
        break;
    case ERR_LIB_EVP:
    case ERR_LIB_PKCS12:
    case ERR_LIB_PROV:
        return "wrong password, or damaged";
    case ERR_LIB_ASN1:
    case ERR_LIB_OSSL_DECODER:
        return "nothing of that kind in it";
    case ERR_LIB_X509:
        if (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)
            return "certificate and key do not belong together";
        break;
    }
    const char *words = ERR_reason_error_string(error);
    return words != NULL ? words : "refused";
}

void tls_error_settings(struct fault *fault, gofer_reason reason, const char *what,
                        const char *path)
{
    unsigned long error = ERR_peek_last_error();
    if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
        fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_TLS, ENOMEM, NULL);
    else if (fault_set(fault, GOFER_ERR_TLS, GOFER_PHASE_TLS, 0, "%s: %s%s%s", what,
                       settings_words(error), path != NULL ? ": " : "", path != NULL ? path : ""))
        fault->reason = reason;
}

void tls_error_file(struct fault *fault, gofer_reason reason, const char *what, const char *path,
                    int err)
{
    if (err == ENOMEM)
        fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_TLS, ENOMEM, NULL);
    else if (fault_set(fault, GOFER_ERR_TLS, GOFER_PHASE_TLS, err, "%s cannot be read: %s", what,
                       path))
        fault->reason = reason;
}
