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

#include "cli/request.h"
#include "cli/verbose.h"

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

/* --- responses ------------------------------------------------------------- */

static void say_received(const struct transfer *t, const gofer_error *error, struct text *out)
{
    if (error->reason == GOFER_REASON_CONNECT && t->facts.connect_status != 0)
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
        if (t->config->tls.ca_file != NULL)
            text_printf(out, "error setting certificate file: %s", t->config->tls.ca_file);
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
