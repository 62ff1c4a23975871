/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From an error and the facts to a line; see words.h.
 */
#include "cli/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/client.h"
#include "cli/request.h"
#include "cli/verbose.h"
#include "cli/words_tls.h"

const char words_unknown_coding[] =
    "Unrecognized content encoding type. libgofer understands deflate, gzip, br, zstd content "
    "encodings.";

static int64_t elapsed_ms(const struct transfer *t)
{
    return (transfer_now_us() - t->begun_us) / 1000;
}

/* --- connections ----------------------------------------------------------- */

static void say_connect(const struct transfer *t, const char *why, struct text *out)
{
    if (t->facts.attempted)
        text_printf(out, "Failed to connect to %s port %u after %" PRId64 " ms: %s",
                    text_str(&t->facts.host), t->facts.port, elapsed_ms(t), why);
}

/* -m: what it was over. */
static void say_late(const struct transfer *t, const gofer_error *error, struct text *out)
{
    int64_t length = gofer_response_content_length(t->response);

    if (error->phase == GOFER_PHASE_RESOLVE) {
        text_printf(out, "Resolving timed out after %" PRId64 " milliseconds", elapsed_ms(t));
    } else if (error->phase < GOFER_PHASE_SEND) {
        text_printf(out, "Connection timed out after %" PRId64 " milliseconds", elapsed_ms(t));
    } else {
        text_printf(out, "Operation timed out after %" PRId64 " milliseconds with %zu ",
                    elapsed_ms(t), t->downloaded);
        if (length >= 0)
            text_printf(out, "out of %" PRId64 " ", length);
        text_append_str(out, "bytes received");
    }
}

static void say_timeout(const struct transfer *t, const gofer_error *error, struct text *out)
{
    int64_t max_ms = t->config->max_time_ms;

    if (error->phase == GOFER_PHASE_RESOLVE || (max_ms > 0 && elapsed_ms(t) >= max_ms))
        say_late(t, error, out);
    else if (error->phase == GOFER_PHASE_CONNECT)
        say_connect(t, "Timeout was reached", out);
    else if (error->phase == GOFER_PHASE_TLS)
        text_append_str(out, "SSL connection timeout");
    else if (error->phase == GOFER_PHASE_PROXY)
        text_append_str(out, "Proxy CONNECT aborted due to timeout");
    else if (t->config->speed.min_bytes_per_s > 0)
        text_printf(out,
                    "Operation too slow. Less than %" PRId64
                    " bytes/sec transferred the last %" PRId64 " seconds",
                    t->config->speed.min_bytes_per_s, t->config->speed.window_ms / 1000);
}

/* --- certificates ---------------------------------------------------------- */

/* OpenSSL's words for what X509_verify_cert() commonly finds. */
static const struct finding {
    int number;
    const char *words;
} findings[] = {
    {2, "unable to get issuer certificate"},
    {3, "unable to get certificate CRL"},
    {9, "certificate is not yet valid"},
    {10, "certificate has expired"},
    {18, "self-signed certificate"},
    {19, "self-signed certificate in certificate chain"},
    {20, "unable to get local issuer certificate"},
    {21, "unable to verify the first certificate"},
    {23, "certificate revoked"},
};

enum { WRONG_HOST = 62, WRONG_ADDRESS = 64 };

static void say_certificate(const struct transfer *t, struct text *out)
{
    int found = t->facts.tls_verify != 0 ? t->facts.tls_verify : t->facts.proxy_tls_verify;

    if (found == WRONG_HOST || found == WRONG_ADDRESS)
        text_printf(out,
                    "SSL: no alternative certificate subject name matches target host name '%s'",
                    text_str(&t->facts.tls_host));
    for (size_t i = 0; i < sizeof findings / sizeof findings[0]; i++)
        if (findings[i].number == found)
            text_printf(out, "SSL certificate problem: %s", findings[i].words);
}

/* --- SOCKS ----------------------------------------------------------------- */

/* The replies of RFC 1928 section 6, and those of version 4, in the library's words. */
static const struct reply {
    int number;
    const char *words;
    const char *curls; /* of version 4 */
} replies[] = {
    {1, "general failure", NULL},
    {2, "connection not allowed by its rules", NULL},
    {3, "network unreachable", NULL},
    {4, "host unreachable", NULL},
    {5, "connection refused", NULL},
    {6, "time to live expired", NULL},
    {7, "does not know CONNECT", NULL},
    {8, "does not know this type of address", NULL},
    {91, "refused or failed", "request rejected or failed."},
    {92, "cannot reach identd on this machine",
     "request rejected because SOCKS server cannot connect to identd on the client."},
    {93, "identd names another user",
     "request rejected because the client program and identd report different user-ids."},
};

/* Whom the proxy was asked for: the host of the URL. */
static void append_host(const char *url, struct text *out)
{
    const char *authority = strstr(url, "://") + 3;
    const char *end = authority + strcspn(authority, "/?#");
    const char *at = memrchr(authority, '@', (size_t)(end - authority));
    const char *host = at != NULL ? at + 1 : authority;

    text_append(out, host, strcspn(host, *host == '[' ? "/?#" : ":/?#"));
}

static void say_socks(const struct transfer *t, const gofer_error *error, struct text *out)
{
    const char *why = strstr(error->message, " proxy: ");

    for (size_t i = 0; why != NULL && i < sizeof replies / sizeof replies[0]; i++) {
        const struct reply *r = &replies[i];

        if (strncmp(why + 8, r->words, strlen(r->words)) != 0)
            continue;
        text_printf(out, "Can't complete SOCKS%d connection", r->curls != NULL ? 4 : 5);
        if (r->curls == NULL) {
            text_append_str(out, " to ");
            append_host(transfer_effective_url(t), out);
        }
        text_printf(out, ". (%d)%s%s", r->number, r->curls != NULL ? ", " : "",
                    r->curls != NULL ? r->curls : "");
        return;
    }
}

/* --- responses ------------------------------------------------------------- */

/* What the library finds malformed that has words, or a code, of curl's. */
static const struct fault_words {
    const char *found;
    enum exit_code code;
    const char *words;
} malformed[] = {
    {"unsupported HTTP version", CODE_UNSUPPORTED_PROTOCOL, "Unsupported HTTP version in response"},
    {"malformed status code", CODE_UNSUPPORTED_PROTOCOL,
     "Unsupported response code in HTTP response"},
    {"header line without a colon", CODE_WEIRD_REPLY, "Header without colon"},
    {"invalid Content-Length", CODE_WEIRD_REPLY, "Invalid Content-Length: value"},
    {"unsupported Transfer-Encoding", CODE_BAD_ENCODING, words_unknown_coding},
};

static void say_malformed(struct transfer *t, const gofer_error *error, struct text *out)
{
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++)
        if (strstr(error->message, malformed[i].found) != NULL) {
            t->code = malformed[i].code;
            text_append_str(out, malformed[i].words);
        }
}

/* What the decoder says, without the remark in parentheses at the message's end. */
static void say_coding(const gofer_error *error, struct text *out)
{
    static const char mark[] = "coding of the body: ";
    const char *why = strstr(error->message, mark);
    const char *end = why != NULL ? strrchr(why, '(') : NULL;

    if (why == NULL)
        return;
    why += sizeof mark - 1;
    text_append_str(out, "Error while processing content unencoding: ");
    text_append(out, why, end != NULL && end > why ? (size_t)(end - 1 - why) : strlen(why));
}

static void say_received(const struct transfer *t, const gofer_error *error, struct text *out)
{
    if (error->code == GOFER_ERR_TOO_LARGE)
        text_printf(out, "Too large response headers: more than %d", CLIENT_HEAD_MAX_BYTES);
    else if (error->reason == GOFER_REASON_CONNECT && t->facts.connect_status != 0)
        text_printf(out, "CONNECT tunnel failed, response %d", t->facts.connect_status);
    else if (error->code == GOFER_ERR_PROTOCOL && strstr(error->message, "chunk size") != NULL)
        text_append_str(out, "Illegal or missing hexadecimal sequence in chunked-encoding");
    else if (error->sys_errno != 0)
        text_printf(out, "Recv failure: %s", strerror(error->sys_errno));
}

static void say_cut(const struct transfer *t, struct text *out)
{
    int64_t length = gofer_response_content_length(t->response);

    if (length >= 0)
        text_printf(out, "transfer closed with %" PRId64 " bytes remaining to read",
                    length - (int64_t)t->downloaded);
    else
        text_append_str(out, "transfer closed with outstanding read data remaining");
}

/* --- redirects ------------------------------------------------------------- */

/* A redirect that was not followed because of where it leads is no fault of the redirect. */
static void say_redirect(struct transfer *t, struct text *out)
{
    const struct config *c = t->config;
    const char *location = gofer_response_header(t->response, "Location");
    bool known = gofer_response_location(t->response, NULL, 0) > 0;
    bool is_whole = location != NULL && strstr(location, "://") != NULL;
    struct text foreign = {0}, barred = {0};

    if (is_whole)
        request_foreign_scheme(&foreign, location, SCHEMES_ALL);
    request_foreign_scheme(&barred, is_whole ? location : gofer_response_url(t->response),
                           c->schemes & c->redirect_schemes);
    if (!known) {
        t->code = foreign.len > 0 ? CODE_UNSUPPORTED_PROTOCOL : CODE_BAD_URL;
        text_printf(out, "The redirect target URL could not be parsed: %s",
                    foreign.len > 0 ? "Unsupported URL scheme"
                                    : "Malformed input to a URL function");
    } else if (barred.len > 0) {
        t->code = CODE_UNSUPPORTED_PROTOCOL;
        text_printf(out, "Protocol \"%s\" not supported or disabled in libgofer",
                    text_str(&barred));
    } else {
        text_printf(out, "Maximum (%ld) redirects followed", c->follow.max);
    }
    text_fini(&foreign);
    text_fini(&barred);
}

/* --- all ------------------------------------------------------------------- */

static void say_fixed(enum exit_code code, struct text *out)
{
    static const struct {
        enum exit_code code;
        const char *words;
    } fixed[] = {
        {CODE_BAD_URL, "URL using bad/illegal format or missing URL"},
        {CODE_EMPTY_REPLY, "Empty reply from server"},
        {CODE_PIN, "SSL: public key does not match pinned public key"},
    };

    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (fixed[i].code == code)
            text_append_str(out, fixed[i].words);
}

static void say(struct transfer *t, const gofer_error *error, struct text *out)
{
    switch (t->code) {
    case CODE_PROXY:
        text_printf(out, "Could not resolve proxy: %s", text_str(&t->facts.host));
        break;
    case CODE_RESOLVE:
        text_printf(out, "Could not resolve host: %s", text_str(&t->facts.host));
        break;
    case CODE_CONNECT:
        say_connect(t, "Couldn't connect to server", out);
        break;
    case CODE_TIMEOUT:
        say_timeout(t, error, out);
        break;
    case CODE_PARTIAL_FILE:
        say_cut(t, out);
        break;
    case CODE_RECV:
        say_received(t, error, out);
        break;
    case CODE_SEND:
        if (error->sys_errno != 0)
            text_printf(out, "Send failure: %s", strerror(error->sys_errno));
        break;
    case CODE_REDIRECT:
        say_redirect(t, out);
        break;
    case CODE_CERTIFICATE:
        say_certificate(t, out);
        break;
    case CODE_CA_FILE:
    case CODE_CRL_FILE:
    case CODE_CLIENT_CERTIFICATE:
    case CODE_CIPHERS:
        words_tls(t, error, out);
        break;
    case CODE_WEIRD_REPLY:
        say_malformed(t, error, out);
        break;
    case CODE_BAD_ENCODING:
        say_coding(error, out);
        break;
    case CODE_SOCKS:
        say_socks(t, error, out);
        break;
    default:
        say_fixed(t->code, out);
        break;
    }
}

static bool is_bare(const struct transfer *t, const gofer_error *error)
{
    return error->code == GOFER_ERR_PROTOCOL && t->heads.len == 0 &&
           strstr(error->message, "not an HTTP/1 response") != NULL;
}

void words_take(struct transfer *t, const gofer_error *error)
{
    struct text words = {0};

    t->code = error->code == GOFER_ERR_INVALID ? t->refused : exit_code_of(error);
    if (is_bare(t, error)) {
        t->code = CODE_UNSUPPORTED_PROTOCOL;
        text_append_str(&words, "Received HTTP/0.9 when not allowed");
    } else {
        say(t, error, &words);
    }
    if (words.len > 0)
        verbose_say(t, "%s", error->message);
    text_fini(&t->message);
    text_append_str(&t->message, words.len > 0 ? text_str(&words) : error->message);
    text_fini(&words);
}
