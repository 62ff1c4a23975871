/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From the command line to a gofer_request; see request.h.
 */
#include "cli/request.h"

#include <errno.h>
#include <gofer/client.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cli/header.h"
#include "cli/input.h"
#include "cli/layout.h"
#include "cli/message.h"
#include "cli/moment.h"
#include "cli/netrc.h"
#include "cli/upload.h"

/* RFC 3986 section 3.1. "localhost:8080/x" has none: only "://" makes one. */
static size_t scheme_len(const char *url)
{
    size_t len = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    return strncmp(url + len, "://", 3) == 0 ? len : 0;
}

void request_complete_url(struct text *out, const char *typed, const char *scheme)
{
    if (scheme_len(typed) == 0)
        text_printf(out, "%s://", scheme != NULL ? scheme : "http");
    text_append_str(out, typed);
}

/* Puts pairs behind a query, or makes it one. */
static void add_pairs(struct text *url, const struct text *pairs)
{
    const char *query = strchr(text_str(url), '?');

    if (pairs->len == 0)
        return;
    if (query == NULL)
        text_append_str(url, "?");
    else if (query[1] != '\0' && url->data[url->len - 1] != '&')
        text_append_str(url, "&");
    text_append(url, pairs->data, pairs->len);
}

void request_add_query(struct text *url, const struct config *config)
{
    struct text whole = *url;
    size_t len = strcspn(text_str(&whole), "#");

    *url = (struct text){0};
    text_append(url, text_str(&whole), len);
    if (config->get)
        add_pairs(url, &config->data);
    add_pairs(url, &config->query);
    text_append_str(url, text_str(&whole) + len);
    text_fini(&whole);
}

void request_foreign_scheme(struct text *out, const char *url, unsigned schemes)
{
    size_t len = scheme_len(url);
    bool http = strncasecmp(url, "http://", len + 3) == 0;
    bool https = strncasecmp(url, "https://", len + 3) == 0;

    if (((http ? SCHEME_HTTP : https ? SCHEME_HTTPS : 0) & schemes) == 0)
        text_append(out, url, len);
}

static bool url_is_good(const char *url)
{
    gofer_request *probe = gofer_request_new(NULL, url);
    bool good = gofer_request_status(probe) == GOFER_OK;

    gofer_request_free(probe);
    return good;
}

/* What the library refuses it remembers and tells when the call is made; memory it cannot. */
static void check_memory(gofer_status status)
{
    if (status == GOFER_ERR_NOMEM)
        cli_out_of_memory();
}

static void add_header(gofer_request *request, const char *line)
{
    struct header header = header_parse(line);

    if (header.kind == HEADER_SEND)
        check_memory(gofer_request_add_header(request, text_str(&header.name), header.value));
    else if (header.kind == HEADER_REMOVE)
        check_memory(gofer_request_remove_header(request, text_str(&header.name)));
    header_fini(&header);
}

const char *request_method(const struct request_about *about)
{
    if (about->config->method == NULL && !about->config->head && about->upload != NULL)
        return "PUT";
    return config_method(about->config);
}

static void set_header(gofer_request *request, const char *name, const char *value)
{
    check_memory(gofer_request_set_header(request, name, value));
}

/* Sets a field that no -H speaks of. */
static void set_default(gofer_request *request, const struct config *config, const char *name,
                        const char *value)
{
    if (!header_is_mentioned(config, name))
        set_header(request, name, value);
}

static bool sends_data(const struct config *config)
{
    return config->has_data && !config->get;
}

/* --- the body -------------------------------------------------------------- */

enum { EXPECT_FROM_BYTES = 1024 * 1024 };

/* As curl: a large body, or one of unknown length, waits for the server's word. */
static void expect(gofer_request *request, const struct config *config, int64_t length)
{
    bool large = length < 0 || length > EXPECT_FROM_BYTES;

    if (large && !config->message.http_1_0 && !header_is_mentioned(config, "Expect"))
        check_memory(gofer_request_set_expect_continue(request, 1));
}

static void add_data(gofer_request *request, const struct request_about *about)
{
    const struct config *config = about->config;

    if (config->form != NULL) {
        check_memory(gofer_request_set_form(request, config->form));
        *about->feed = upload_pace_form(request, config);
    }
    if (!config->has_data || config->get)
        return;
    *about->feed = upload_set_data(request, config);
    if (config->message.has_json) {
        set_default(request, config, "Content-Type", "application/json");
        set_default(request, config, "Accept", "application/json");
    } else {
        set_default(request, config, "Content-Type", "application/x-www-form-urlencoded");
    }
    expect(request, config, (int64_t)config->data.len);
}

/* -r of what is sent: which part of it that is, whatever part it is; -1 is an unknown length. */
static void add_content_range(gofer_request *request, const struct config *config, int64_t length)
{
    struct text value = {0};

    text_printf(&value, "bytes %s/%lld", config->message.range, (long long)length);
    set_default(request, config, "Content-Range", text_str(&value));
    text_fini(&value);
}

static bool add_upload(gofer_request *request, const struct request_about *about, struct text *why)
{
    const struct upload upload = {about->config, about->upload, about->resume_at};
    struct text range = {0};
    struct upload_body body;

    if (about->upload == NULL)
        return true;
    if (!upload_set_body(request, &upload, &body)) {
        text_printf(why, "Can't open '%s'!", about->upload);
        return false;
    }
    feed_stop(*about->feed); /* of -d's data, which it replaces */
    *about->feed = body.feed;
    if (about->resume_at > 0 && body.length > 0) {
        text_printf(&range, "bytes %lld-%lld/%lld", (long long)about->resume_at,
                    (long long)(about->resume_at + body.length - 1),
                    (long long)(about->resume_at + body.length));
        set_default(request, about->config, "Content-Range", text_str(&range));
    } else if (about->resume_at == 0 && about->config->message.range != NULL) {
        add_content_range(request, about->config, body.length);
    }
    text_fini(&range);
    expect(request, about->config, body.length != 0 ? -1 : 0); /* of PUT any body, however small */
    return true;
}

/* --- who asks, and for what ------------------------------------------------ */

/* The command says where it came from only where it was asked to; -H wins over -b and -e. */
static void add_origins(gofer_request *request, const struct config *config)
{
    const struct config_follow *f = &config->follow;
    bool given = header_is_mentioned(config, "Referer");

    if (!given && f->referer != NULL && f->referer[0] != '\0')
        set_header(request, "Referer", f->referer);
    else if (!given && !f->auto_referer)
        check_memory(gofer_request_remove_header(request, "Referer"));
    if (!given && f->auto_referer)
        check_memory(gofer_request_set_auto_referer(request, 1));
    if (f->cookies.len > 0 && !header_is_mentioned(config, "Cookie"))
        set_header(request, "Cookie", text_str(&f->cookies));
    if (config->message.agent != NULL && config->message.agent[0] != '\0')
        set_default(request, config, "User-Agent", config->message.agent);
    else if (config->message.agent != NULL && !header_is_mentioned(config, "User-Agent"))
        check_memory(gofer_request_remove_header(request, "User-Agent"));
}

static void add_range(gofer_request *request, const struct request_about *about)
{
    const char *range = about->config->message.range;
    bool asks = !sends_data(about->config) && about->config->form == NULL;
    struct text value = {0};

    if (about->upload != NULL)
        return;
    if (about->resume_at > 0)
        text_printf(&value, "bytes=%lld-", (long long)about->resume_at);
    else if (range != NULL && asks)
        text_printf(&value, "bytes=%s", range);
    if (range != NULL && sends_data(about->config))
        add_content_range(request, about->config, (int64_t)about->config->data.len);
    if (value.len > 0)
        set_default(request, about->config, "Range", text_str(&value));
    text_fini(&value);
}

/* In curl's order. */
static void add_codings(gofer_request *request, const struct config *config)
{
    static const char *const names[] = {"deflate", "gzip", "br", "zstd"};
    struct text value = {0};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strstr(gofer_content_codings(), names[i]) != NULL)
            text_printf(&value, "%s%s", value.len > 0 ? ", " : "", names[i]);
    if (config->compressed)
        set_default(request, config, "Accept-Encoding", text_str(&value));
    text_fini(&value);
}

/* RFC 9110 section 10.1.4; a TE of the caller's says all there is to say. */
static void add_transfer_codings(gofer_request *request, const struct config *config)
{
    if (!config->message.transfer_codings || header_is_mentioned(config, "TE"))
        return;
    set_default(request, config, "Connection", "TE");
    set_header(request, "TE", "gzip");
}

/* -z: a date, or when a file was changed; '-' before it turns the question round, '=' tells. */
static void add_time_condition(gofer_request *request, const struct config *config)
{
    const char *given = config->message.time_condition;
    const char *field = "If-Modified-Since";
    struct text value = {0};
    struct stat st;
    time_t moment;

    if (given == NULL)
        return;
    if (*given == '-' || *given == '=')
        field = *given == '-' ? "If-Unmodified-Since" : "Last-Modified";
    given += *given == '-' || *given == '+' || *given == '=';
    bool known = moment_parse(given, &moment);
    if (!known && stat(given, &st) == 0) {
        moment = st.st_mtime;
        known = true;
    }
    if (known) {
        moment_append(&value, moment);
        set_default(request, config, field, text_str(&value));
    } else {
        message_warn(config, "Illegal date format for -z, --time-cond (and not a file name). "
                             "Disabling time condition.");
    }
    text_fini(&value);
}

/* A file that is not there yet is no tag only where --etag-save would make one. */
static bool add_etag(gofer_request *request, const struct config *config, struct text *why)
{
    const char *file = config->message.etag_compare;
    struct text tag = {0};

    if (file == NULL)
        return true;
    if (!input_try(file, &tag) && config->message.etag_save == NULL) {
        text_printf(why, "Failed to open %s: %s", file, strerror(errno));
        return false;
    }
    size_t len = strcspn(text_str(&tag), "\r\n");
    struct text value = {0};

    text_append(&value, len > 0 ? text_str(&tag) : "\"\"", len > 0 ? len : 2);
    check_memory(gofer_request_add_header(request, "If-None-Match", text_str(&value)));
    text_fini(&value);
    text_fini(&tag);
    return true;
}

/* --- redirects ------------------------------------------------------------- */

/* As curl: -X holds for all requests, an upload stays one but for 303, and a POST where that was
 * asked for. */
static gofer_redirect_keep keep_of(const struct request_about *about, int status)
{
    const struct config *config = about->config;
    bool posts = config->form != NULL || (config->has_data && !config->get);

    if (about->upload != NULL && status != 303)
        return GOFER_KEEP_ALL;
    if (about->upload == NULL && posts && config->follow.posts_again[status - 301])
        return GOFER_KEEP_ALL;
    return config->method != NULL ? GOFER_KEEP_METHOD : GOFER_KEEP_DEFAULT;
}

static void add_redirects(gofer_request *request, const struct request_about *about)
{
    for (int status = 301; status <= 303; status++)
        check_memory(gofer_request_set_redirect_keep(request, status, keep_of(about, status)));
}

/* --- credentials ----------------------------------------------------------- */

/* "user" and "host" out of "http://user:x@host:1/". Returns whether there is a password. */
static bool take_authority(const char *url, struct text *user, struct text *host)
{
    const char *authority = strstr(url, "://") + 3;
    const char *end = authority + strcspn(authority, "/?#");
    const char *at = memrchr(authority, '@', (size_t)(end - authority));
    const char *name = at != NULL ? at + 1 : authority;
    const char *colon = at != NULL ? memchr(authority, ':', (size_t)(at - authority)) : NULL;

    if (at != NULL)
        text_append(user, authority, (size_t)((colon != NULL ? colon : at) - authority));
    text_append(host, name, strcspn(name, *name == '[' ? "/?#" : ":/?#"));
    return colon != NULL;
}

static void default_netrc(struct text *path)
{
    const char *home = getenv("HOME");

    text_printf(path, "%s/.netrc", home != NULL ? home : "");
}

/* -n and its kin; -u wins, and with --netrc-optional the URL, too. */
static void add_netrc(gofer_request *request, const struct request_about *about)
{
    const struct config_message *m = &about->config->message;
    struct text path = {0}, file = {0}, user = {0}, host = {0}, password = {0};
    bool known;

    if ((!m->netrc && !m->netrc_optional) || about->config->follow.user != NULL)
        return;
    if (m->netrc_file != NULL)
        text_append_str(&path, m->netrc_file);
    else
        default_netrc(&path);
    known = take_authority(about->url, &user, &host);
    if (!(known && m->netrc_optional) && input_try(text_str(&path), &file) &&
        netrc_find(text_str(&file), text_str(&host), &user, &password) &&
        !header_is_mentioned(about->config, "Authorization"))
        check_memory(gofer_request_set_basic_auth(request, text_str(&user), text_str(&password)));
    text_fini(&path);
    text_fini(&file);
    text_fini(&user);
    text_fini(&host);
    text_fini(&password);
}

/* --- the whole ------------------------------------------------------------- */

static void add_limits(gofer_request *request, const struct config *config)
{
    int64_t timeout_ms = config->max_time_ms > 0 ? config->max_time_ms : GOFER_NEVER;

    if (config->connect.unix_socket != NULL)
        check_memory(gofer_request_set_unix_socket(request, config->connect.unix_socket));
    check_memory(gofer_request_set_timeout_ms(request, timeout_ms));
    check_memory(gofer_request_set_streaming(request, 1));
    if (config->message.raw)
        check_memory(gofer_request_set_decompression(request, 0));
}

gofer_request *request_new(const struct request_about *about, enum exit_code *refused,
                           struct text *why)
{
    const struct config *config = about->config;
    gofer_request *request = gofer_request_new(request_method(about), about->url);

    if (request == NULL)
        cli_out_of_memory();
    *refused = url_is_good(about->url) ? CODE_USAGE : CODE_BAD_URL;
    add_origins(request, config);
    for (size_t i = 0; i < config->headers.len; i++)
        add_header(request, config->headers.items[i]);
    add_data(request, about);
    add_range(request, about);
    add_codings(request, config);
    add_transfer_codings(request, config);
    add_time_condition(request, config);
    add_netrc(request, about);
    add_limits(request, config);
    layout_apply(request, config, about->url);
    add_redirects(request, about);
    if (add_etag(request, config, why) && add_upload(request, about, why))
        return request;
    feed_stop(*about->feed);
    *about->feed = NULL;
    gofer_request_free(request);
    return NULL;
}
