/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a transfer came to, variable by variable; see write_value.h. The names and
 * their order are curl's.
 */
#include "cli/write_value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/certificate.h"
#include "cli/effective_url.h"
#include "cli/head.h"
#include "cli/json.h"

enum value_kind {
    VALUE_TEXT, /* "" where there is none; null in JSON */
    VALUE_NUMBER,
    VALUE_CODE, /* three digits, but in JSON */
    VALUE_SECONDS
};

/* The text is the transfer's, or in the scratch; the number is microseconds for seconds. */
struct value {
    const char *text;
    int64_t number;
};

static struct value text_value(const char *text)
{
    return (struct value){.text = text != NULL && *text != '\0' ? text : NULL};
}

static struct value number_value(int64_t number)
{
    return (struct value){.number = number};
}

/* --- texts ----------------------------------------------------------------- */

/* What the server showed, for a person; returns how many there were. */
static size_t append_certificates(const struct transfer *t, struct text *out)
{
    gofer_certificate *certificate = gofer_response_certificate(t->response);
    size_t n = 0;

    if (certificate != NULL)
        n = certificate_append_all(out, certificate->chain_pem);
    gofer_certificate_free(certificate);
    return n;
}

static struct value certs(const struct transfer *t, struct text *scratch)
{
    append_certificates(t, scratch);
    return (struct value){.text = text_str(scratch)};
}

static struct value content_type(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return text_value(gofer_response_header(t->response, "Content-Type"));
}

static struct value error_message(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return text_value(text_str(&t->message));
}

static struct value file(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return text_value(transfer_file(t));
}

/* No protocol here has one. */
static struct value entry_path(const struct transfer *t, struct text *scratch)
{
    (void)t, (void)scratch;
    return text_value(NULL);
}

/* curl knows no number for HTTP/0.9. */
static struct value http_version(const struct transfer *t, struct text *scratch)
{
    static const char *const versions[] = {"1", "1.1"};
    int minor = gofer_response_http_minor(t->response);
    bool known = gofer_response_status(t->response) != 0 && (minor == 0 || minor == 1);

    (void)scratch;
    return text_value(known ? versions[minor] : "0");
}

static struct value local_ip(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return text_value(t->facts.local.ip);
}

static struct value remote_ip(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return text_value(t->facts.remote.ip);
}

static struct value method(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return text_value(t->facts.method.len > 0 ? text_str(&t->facts.method) : transfer_method(t));
}

/* Where a redirect leads, as the library understands it. False: it does not. */
static bool append_location(const struct transfer *t, struct text *out)
{
    size_t len = gofer_response_location(t->response, NULL, 0);
    char *url;

    if (len == 0)
        return false;
    url = cli_realloc(NULL, len + 1, 1);
    gofer_response_location(t->response, url, len + 1);
    text_append(out, url, len);
    free(url);
    return true;
}

/* Where it would have gone on. What the library cannot follow is shown as it came. */
static struct value redirect_url(const struct transfer *t, struct text *scratch)
{
    int status = gofer_response_status(t->response);
    const char *location = gofer_response_header(t->response, "Location");

    if (status < 300 || status >= 400 || location == NULL || transfer_is_astray(t))
        return text_value(NULL);
    return text_value(append_location(t, scratch) ? text_str(scratch) : location);
}

static struct value referer(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return text_value(text_str(&t->facts.referer));
}

static struct value scheme(const struct transfer *t, struct text *scratch)
{
    bool tls = strncasecmp(transfer_effective_url(t), "https", 5) == 0;

    (void)scratch;
    return text_value(!t->facts.connected ? NULL : tls ? "HTTPS" : "HTTP");
}

static struct value url(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return text_value(t->job.url);
}

static struct value url_effective(const struct transfer *t, struct text *scratch)
{
    if (!transfer_is_astray(t) || !append_location(t, scratch))
        effective_url_append(t, scratch);
    return text_value(text_str(scratch));
}

/* --- numbers --------------------------------------------------------------- */

static struct value exit_code(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return number_value(t->code);
}

static struct value http_code(const struct transfer *t, struct text *scratch)
{
    bool bare = gofer_response_http_minor(t->response) == 9; /* a status of the library's */

    (void)scratch;
    return number_value(bare ? 0 : gofer_response_status(t->response));
}

static struct value http_connect(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return number_value(t->facts.connect_status);
}

static struct value local_port(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return number_value(t->facts.local.port);
}

static struct value remote_port(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return number_value(t->facts.remote.port);
}

static struct value num_certs(const struct transfer *t, struct text *scratch)
{
    return number_value((int64_t)append_certificates(t, scratch));
}

static struct value num_connects(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return number_value(t->facts.connects);
}

static struct value num_headers(const struct transfer *t, struct text *scratch)
{
    const char *at = transfer_last_head(t);
    struct head_field field;
    int64_t n = 0;

    (void)scratch;
    while (head_next(&at, &field))
        n++;
    return number_value(n);
}

static struct value num_redirects(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return number_value((int64_t)gofer_response_redirect_count(t->response) +
                        transfer_is_astray(t));
}

static struct value proxy_verify(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return number_value(t->facts.proxy_tls_verify);
}

static struct value verify(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return number_value(t->facts.tls_verify);
}

static struct value size_download(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return number_value((int64_t)t->downloaded);
}

static struct value size_header(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return number_value((int64_t)t->facts.got_heads_bytes);
}

/* curl's is what it sends at once: heads, and the data of -d where there are less than 64 KiB. */
static struct value size_request(const struct transfer *t, struct text *scratch)
{
    const struct config *c = t->config;
    bool at_once = c->has_data && !c->get && c->data.len < (size_t)64 * 1024;

    (void)scratch;
    return number_value(
        (int64_t)(t->facts.sent_heads_bytes + (at_once ? t->facts.sent_bodies_bytes : 0)));
}

static struct value size_upload(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return number_value((int64_t)t->facts.sent_body_bytes);
}

static struct value speed_value(const struct transfer *t, size_t bytes)
{
    return number_value((int64_t)((double)bytes * 1e6 / (double)(t->took_us + 1)));
}

static struct value speed_download(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return speed_value(t, t->downloaded);
}

static struct value speed_upload(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return speed_value(t, t->facts.sent_body_bytes);
}

static struct value url_number(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return number_value((int64_t)t->job.number);
}

/* --- times ----------------------------------------------------------------- */

static gofer_times times_of(const struct transfer *t)
{
    gofer_times times;

    gofer_response_times(t->response, &times);
    return times;
}

/* From the beginning, redirects and earlier attempts included, as the four after it. */
static int64_t looked_up_us(const gofer_times *t)
{
    return t->queue_us + t->earlier_us + t->pool_us + t->resolve_us;
}

static struct value time_namelookup(const struct transfer *t, struct text *scratch)
{
    gofer_times times = times_of(t);

    (void)scratch;
    return number_value(looked_up_us(&times));
}

static struct value time_connect(const struct transfer *t, struct text *scratch)
{
    gofer_times times = times_of(t);

    (void)scratch;
    return number_value(looked_up_us(&times) + times.connect_us);
}

/* 0 without a handshake. */
static struct value time_appconnect(const struct transfer *t, struct text *scratch)
{
    gofer_times times = times_of(t);
    int64_t us = looked_up_us(&times) + times.connect_us + times.tls_us;

    (void)scratch;
    return number_value(times.tls_us > 0 ? us : 0);
}

static struct value time_pretransfer(const struct transfer *t, struct text *scratch)
{
    gofer_times times = times_of(t);

    (void)scratch;
    return number_value(looked_up_us(&times) + times.connect_us + times.tls_us);
}

static struct value time_starttransfer(const struct transfer *t, struct text *scratch)
{
    gofer_times times = times_of(t);

    (void)scratch;
    return number_value(looked_up_us(&times) + times.connect_us + times.tls_us + times.send_us +
                        times.wait_us);
}

static struct value time_redirect(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return number_value(times_of(t).earlier_us);
}

static struct value time_total(const struct transfer *t, struct text *scratch)
{
    (void)scratch;
    return number_value(t->took_us);
}

/* --- all of them ----------------------------------------------------------- */

static const struct variable {
    const char *name;
    enum value_kind kind;
    struct value (*get)(const struct transfer *t, struct text *scratch);
} variables[] = {
    {"certs", VALUE_TEXT, certs},
    {"content_type", VALUE_TEXT, content_type},
    {"errormsg", VALUE_TEXT, error_message},
    {"exitcode", VALUE_NUMBER, exit_code},
    {"filename_effective", VALUE_TEXT, file},
    {"ftp_entry_path", VALUE_TEXT, entry_path},
    {"http_code", VALUE_CODE, http_code},
    {"http_connect", VALUE_CODE, http_connect},
    {"http_version", VALUE_TEXT, http_version},
    {"local_ip", VALUE_TEXT, local_ip},
    {"local_port", VALUE_NUMBER, local_port},
    {"method", VALUE_TEXT, method},
    {"num_certs", VALUE_NUMBER, num_certs},
    {"num_connects", VALUE_NUMBER, num_connects},
    {"num_headers", VALUE_NUMBER, num_headers},
    {"num_redirects", VALUE_NUMBER, num_redirects},
    {"proxy_ssl_verify_result", VALUE_NUMBER, proxy_verify},
    {"redirect_url", VALUE_TEXT, redirect_url},
    {"referer", VALUE_TEXT, referer},
    {"remote_ip", VALUE_TEXT, remote_ip},
    {"remote_port", VALUE_NUMBER, remote_port},
    {"response_code", VALUE_CODE, http_code},
    {"scheme", VALUE_TEXT, scheme},
    {"size_download", VALUE_NUMBER, size_download},
    {"size_header", VALUE_NUMBER, size_header},
    {"size_request", VALUE_NUMBER, size_request},
    {"size_upload", VALUE_NUMBER, size_upload},
    {"speed_download", VALUE_NUMBER, speed_download},
    {"speed_upload", VALUE_NUMBER, speed_upload},
    {"ssl_verify_result", VALUE_NUMBER, verify},
    {"time_appconnect", VALUE_SECONDS, time_appconnect},
    {"time_connect", VALUE_SECONDS, time_connect},
    {"time_namelookup", VALUE_SECONDS, time_namelookup},
    {"time_pretransfer", VALUE_SECONDS, time_pretransfer},
    {"time_redirect", VALUE_SECONDS, time_redirect},
    {"time_starttransfer", VALUE_SECONDS, time_starttransfer},
    {"time_total", VALUE_SECONDS, time_total},
    {"url", VALUE_TEXT, url},
    {"url_effective", VALUE_TEXT, url_effective},
    {"urlnum", VALUE_NUMBER, url_number},
};

enum { VARIABLES = sizeof variables / sizeof variables[0] };

static void show(FILE *out, enum value_kind kind, struct value value, bool as_json)
{
    if (kind == VALUE_TEXT && as_json && value.text == NULL)
        fputs("null", out);
    else if (kind == VALUE_TEXT && as_json)
        json_write_string(out, value.text, strlen(value.text), false);
    else if (kind == VALUE_TEXT)
        fputs(value.text != NULL ? value.text : "", out);
    else if (kind == VALUE_SECONDS)
        fprintf(out, "%" PRId64 ".%06" PRId64, value.number / 1000000, value.number % 1000000);
    else
        fprintf(out, kind == VALUE_CODE && !as_json ? "%03" PRId64 : "%" PRId64, value.number);
}

static void show_variable(FILE *out, const struct transfer *t, const struct variable *v,
                          bool as_json)
{
    struct text scratch = {0};

    show(out, v->kind, v->get(t, &scratch), as_json);
    text_fini(&scratch);
}

bool write_value(FILE *out, const struct transfer *t, const char *name, size_t len)
{
    for (size_t i = 0; i < VARIABLES; i++)
        if (strlen(variables[i].name) == len && memcmp(variables[i].name, name, len) == 0) {
            show_variable(out, t, &variables[i], false);
            return true;
        }
    return false;
}

void write_values_as_json(FILE *out, const struct transfer *t)
{
    for (size_t i = 0; i < VARIABLES; i++) {
        fprintf(out, "%s\"%s\":", i == 0 ? "{" : ",", variables[i].name);
        show_variable(out, t, &variables[i], true);
    }
    fprintf(out, ",\"gofer_version\":\"libgofer/%s\"}", gofer_version());
}
