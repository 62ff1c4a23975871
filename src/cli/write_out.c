/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * -w; see write_out.h. The variables are data: a name and what it shows of a
 * transfer. Escapes and odd cases are curl's: an unknown variable is reported
 * and shows nothing, an unknown escape shows itself.
 */
#include "cli/write_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* --- variables ------------------------------------------------------------- */

static void show_content_type(FILE *out, const struct transfer *t)
{
    const char *type = gofer_response_header(t->response, "Content-Type");

    fputs(type != NULL ? type : "", out);
}

static void show_error_message(FILE *out, const struct transfer *t)
{
    fputs(text_str(&t->message), out);
}

static void show_exit_code(FILE *out, const struct transfer *t)
{
    fprintf(out, "%d", t->code);
}

static void show_file(FILE *out, const struct transfer *t)
{
    const char *name = transfer_file(t);

    fputs(name != NULL ? name : "", out);
}

static void show_http_code(FILE *out, const struct transfer *t)
{
    fprintf(out, "%03d", gofer_response_status(t->response));
}

static void show_http_version(FILE *out, const struct transfer *t)
{
    if (gofer_response_status(t->response) == 0)
        fputs("0", out);
    else
        fputs(gofer_response_http_minor(t->response) == 0 ? "1" : "1.1", out);
}

static void show_method(FILE *out, const struct transfer *t)
{
    fputs(transfer_method(t), out);
}

static void show_num_connects(FILE *out, const struct transfer *t)
{
    fprintf(out, "%" PRIu64, t->connects);
}

static void show_num_headers(FILE *out, const struct transfer *t)
{
    fprintf(out, "%zu", gofer_response_header_count(t->response));
}

static void show_num_redirects(FILE *out, const struct transfer *t)
{
    fprintf(out, "%zu", gofer_response_redirect_count(t->response));
}

static void show_scheme(FILE *out, const struct transfer *t)
{
    bool tls = strncasecmp(text_str(&t->url), "https", 5) == 0;

    fputs(t->request == NULL ? "" : tls ? "HTTPS" : "HTTP", out);
}

static void show_size_download(FILE *out, const struct transfer *t)
{
    fprintf(out, "%zu", t->downloaded);
}

static void show_size_upload(FILE *out, const struct transfer *t)
{
    fprintf(out, "%zu", t->uploaded);
}

static void show_speed_download(FILE *out, const struct transfer *t)
{
    fprintf(out, "%.0f", (double)t->downloaded * 1e6 / (double)(t->took_us + 1));
}

static void show_seconds(FILE *out, int64_t us)
{
    fprintf(out, "%" PRId64 ".%06" PRId64, us / 1000000, us % 1000000);
}

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

static void show_time_namelookup(FILE *out, const struct transfer *t)
{
    gofer_times times = times_of(t);

    show_seconds(out, looked_up_us(&times));
}

static void show_time_connect(FILE *out, const struct transfer *t)
{
    gofer_times times = times_of(t);

    show_seconds(out, looked_up_us(&times) + times.connect_us);
}

/* 0 without a handshake. */
static void show_time_appconnect(FILE *out, const struct transfer *t)
{
    gofer_times times = times_of(t);
    int64_t us = looked_up_us(&times) + times.connect_us + times.tls_us;

    show_seconds(out, times.tls_us > 0 ? us : 0);
}

static void show_time_pretransfer(FILE *out, const struct transfer *t)
{
    gofer_times times = times_of(t);

    show_seconds(out, looked_up_us(&times) + times.connect_us + times.tls_us);
}

static void show_time_starttransfer(FILE *out, const struct transfer *t)
{
    gofer_times times = times_of(t);

    show_seconds(out, looked_up_us(&times) + times.connect_us + times.tls_us + times.send_us +
                          times.wait_us);
}

static void show_time_redirect(FILE *out, const struct transfer *t)
{
    show_seconds(out, times_of(t).earlier_us);
}

static void show_time_total(FILE *out, const struct transfer *t)
{
    show_seconds(out, t->took_us);
}

static void show_url(FILE *out, const struct transfer *t)
{
    fputs(t->job.url, out);
}

static void show_url_effective(FILE *out, const struct transfer *t)
{
    fputs(transfer_effective_url(t), out);
}

static void show_url_number(FILE *out, const struct transfer *t)
{
    fprintf(out, "%zu", t->job.number);
}

static const struct variable {
    const char *name;
    void (*show)(FILE *out, const struct transfer *t);
} variables[] = {
    {"content_type", show_content_type},
    {"errormsg", show_error_message},
    {"exitcode", show_exit_code},
    {"filename_effective", show_file},
    {"http_code", show_http_code},
    {"http_version", show_http_version},
    {"method", show_method},
    {"num_connects", show_num_connects},
    {"num_headers", show_num_headers},
    {"num_redirects", show_num_redirects},
    {"response_code", show_http_code},
    {"scheme", show_scheme},
    {"size_download", show_size_download},
    {"size_upload", show_size_upload},
    {"speed_download", show_speed_download},
    {"time_appconnect", show_time_appconnect},
    {"time_connect", show_time_connect},
    {"time_namelookup", show_time_namelookup},
    {"time_pretransfer", show_time_pretransfer},
    {"time_redirect", show_time_redirect},
    {"time_starttransfer", show_time_starttransfer},
    {"time_total", show_time_total},
    {"url", show_url},
    {"url_effective", show_url_effective},
    {"urlnum", show_url_number},
};

/* --- the format ------------------------------------------------------------ */

/* Where the format stands: its stream changes with %{stderr}, %{onerror} may end it. */
struct writer {
    const struct transfer *t;
    FILE *out;
    bool ended;
};

static bool equals(const char *word, const char *name, size_t len)
{
    return strlen(word) == len && memcmp(word, name, len) == 0;
}

/* The words in braces that do something rather than show something. */
static bool do_command(struct writer *w, const char *name, size_t len)
{
    if (equals("stderr", name, len))
        w->out = stderr;
    else if (equals("stdout", name, len))
        w->out = stdout;
    else if (equals("onerror", name, len))
        w->ended = w->t->code == CODE_OK;
    else
        return false;
    return true;
}

static void show_variable(struct writer *w, const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        if (equals(variables[i].name, name, len)) {
            variables[i].show(w->out, w->t);
            return;
        }
    if (!do_command(w, name, len))
        fprintf(stderr, "gofer: unknown --write-out variable: '%.*s'\n", (int)len, name);
}

static void show_header(struct writer *w, const char *name, size_t len)
{
    struct text copy = {0};
    const char *value;

    text_append(&copy, name, len);
    value = gofer_response_header(w->t->response, text_str(&copy));
    fputs(value != NULL ? value : "", w->out);
    text_fini(&copy);
}

/* At a '%'. Returns where the format goes on. */
static const char *show_percent(struct writer *w, const char *at)
{
    bool is_header = strncmp(at, "%header{", 8) == 0;
    const char *name = at + (is_header ? 8 : 2);
    const char *end = is_header || at[1] == '{' ? strchr(name, '}') : NULL;

    if (end == NULL) { /* "%%", a lone '%', or a brace that nobody closed */
        fputc('%', w->out);
        return at + (at[1] == '%' ? 2 : 1);
    }
    (is_header ? show_header : show_variable)(w, name, (size_t)(end - name));
    return end + 1;
}

/* At a '\'. Returns where the format goes on. */
static const char *show_escape(struct writer *w, const char *at)
{
    static const char letters[] = "nrt";
    const char *letter = at[1] != '\0' ? strchr(letters, at[1]) : NULL;

    if (letter != NULL) {
        fputc("\n\r\t"[letter - letters], w -> out);
        return at + 2;
    }
    fputc('\\', w->out);
    return at + 1;
}

void write_out(const struct transfer *t)
{
    struct writer w = {t, stdout, false};
    const char *at = text_str(&t->config->write_out);

    while (*at != '\0' && !w.ended) {
        if (*at == '%')
            at = show_percent(&w, at);
        else if (*at == '\\')
            at = show_escape(&w, at);
        else
            fputc(*at++, w.out);
    }
    fflush(stdout);
}
