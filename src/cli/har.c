/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The archive; see har.h and http://www.softwareishard.com/blog/har-12-spec/.
 */
#include "cli/har.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/text.h"

/* --- values ---------------------------------------------------------------- */

/* jansson returns NULL without memory, and where it is given NULL. */
static json_t *need(json_t *json)
{
    if (json == NULL)
        cli_out_of_memory();
    return json;
}

static void set(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, need(value)) != 0)
        cli_out_of_memory();
}

static void push(json_t *array, json_t *value)
{
    if (json_array_append_new(array, need(value)) != 0)
        cli_out_of_memory();
}

/* What a server sent may be no UTF-8: a byte that is none is shown as Latin-1. */
static json_t *string(const char *s)
{
    json_t *json = json_string(s != NULL ? s : "");
    struct text text = {0};

    if (json != NULL || s == NULL)
        return json;
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;

        if (c < 0x80)
            text_append(&text, s, 1);
        else
            text_append(&text, (char[]){(char)(0xC0 | c >> 6), (char)(0x80 | (c & 0x3F))}, 2);
    }
    json = need(json_string(text_str(&text)));
    text_fini(&text);
    return json;
}

static json_t *ms(int64_t us)
{
    return json_real((double)us / 1000);
}

/* From one event to another, where both came; -1: it does not apply. */
static json_t *span(int64_t from_us, int64_t to_us)
{
    if (from_us == 0 || to_us == 0)
        return json_integer(-1);
    return ms(to_us > from_us ? to_us - from_us : 0);
}

/* "2026-11-30T12:00:00.123Z" */
static json_t *date(int64_t us)
{
    time_t seconds = (time_t)(us / 1000000);
    struct tm tm;
    char day[32];
    char whole[64];

    gmtime_r(&seconds, &tm);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(whole, sizeof whole, "%s.%03dZ", day, (int)(us / 1000 % 1000));
    return json_string(whole);
}

static json_t *pair(const char *name, const char *value)
{
    json_t *pair = need(json_object());

    set(pair, "name", string(name));
    set(pair, "value", string(value));
    return pair;
}

static json_t *fields(const struct timeline_fields *fields)
{
    json_t *array = need(json_array());

    for (size_t i = 0; i < fields->len; i++)
        push(array, pair(fields->items[i].name, fields->items[i].value));
    return array;
}

/* --- the query ------------------------------------------------------------- */

static int hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* "%41" and "+" as what they stand for; "%00" stays. */
static void decode(struct text *out, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool escape = s[i] == '%' && i + 2 < len && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0;
        char c = s[i];

        if (escape)
            c = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
        if (escape && c != '\0')
            i += 2;
        else if (escape)
            c = '%';
        text_append(out, c == '+' && !escape ? " " : &c, 1);
    }
}

static json_t *query_pair(const char *s, size_t len)
{
    const char *equals = memchr(s, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - s) : len;
    struct text name = {0}, value = {0};
    json_t *json;

    decode(&name, s, name_len);
    if (equals != NULL)
        decode(&value, equals + 1, len - name_len - 1);
    json = pair(text_str(&name), text_str(&value));
    text_fini(&name);
    text_fini(&value);
    return json;
}

static json_t *query(const char *url)
{
    json_t *array = need(json_array());
    const char *at = strchr(url, '?');

    while (at != NULL && *at != '\0' && *at != '#') {
        size_t len = strcspn(++at, "&#");

        if (len > 0)
            push(array, query_pair(at, len));
        at += len;
    }
    return array;
}

/* --- an entry -------------------------------------------------------------- */

static int64_t length_of(const struct timeline_fields *fields, int64_t otherwise)
{
    const char *length = timeline_field(fields, "Content-Length");

    return length != NULL ? strtoll(length, NULL, 10) : otherwise;
}

static json_t *request_of(const struct trip *t)
{
    json_t *request = need(json_object());
    const char *type = timeline_field(&t->request, "Content-Type");
    bool chunked = timeline_field(&t->request, "Transfer-Encoding") != NULL;
    int64_t len = length_of(&t->request, chunked ? -1 : 0);

    set(request, "method", string(t->method));
    set(request, "url", string(t->url));
    set(request, "httpVersion", json_string("HTTP/1.1"));
    set(request, "cookies", json_array());
    set(request, "headers", fields(&t->request));
    set(request, "queryString", query(t->url));
    set(request, "headersSize", json_integer(-1));
    set(request, "bodySize", json_integer(len));
    if (len != 0) {
        json_t *data = need(json_object());

        set(data, "mimeType", string(type));
        set(data, "params", json_array());
        set(data, "text", json_string(""));
        set(data, "comment", json_string("bodies are not recorded"));
        set(request, "postData", data);
    }
    return request;
}

static json_t *content_of(const struct trip *t)
{
    json_t *content = need(json_object());
    int64_t len = length_of(&t->response, 0);

    set(content, "size", json_integer(t->body_bytes >= 0 ? t->body_bytes : len));
    set(content, "mimeType", string(timeline_field(&t->response, "Content-Type")));
    return content;
}

static json_t *response_of(const struct trip *t)
{
    json_t *response = need(json_object());
    const char *version = t->status == 0 ? "" : t->http_minor == 0 ? "HTTP/1.0" : "HTTP/1.1";

    set(response, "status", json_integer(t->status));
    set(response, "statusText", string(t->reason));
    set(response, "httpVersion", json_string(version));
    set(response, "cookies", json_array());
    set(response, "headers", fields(&t->response));
    set(response, "content", content_of(t));
    set(response, "redirectURL", string(timeline_field(&t->response, "Location")));
    set(response, "headersSize", json_integer(-1));
    set(response, "bodySize", json_integer(length_of(&t->response, -1)));
    return response;
}

/* Its connection is the one that was dialled for it. */
static bool was_dialled(const struct trip *t)
{
    return t->conn != 0 && !t->reused && t->connect_us != 0 && t->connected_us != 0;
}

/* When the dial that it waited for began; when a connection was got, or it gave up. */
static int64_t blocked_until(const struct trip *t)
{
    bool waits_for_dial = was_dialled(t) || t->conn == 0;

    if (waits_for_dial && t->lookup_us != 0)
        return t->lookup_us;
    if (waits_for_dial && t->connect_us != 0)
        return t->connect_us;
    return t->got_us != 0 ? t->got_us : t->ended_us;
}

static json_t *timings_of(const struct trip *t)
{
    json_t *timings = need(json_object());
    bool dials = was_dialled(t) || t->conn == 0;
    int64_t end = t->ended_us;
    int64_t until = t->got_us != 0 ? t->got_us : end;
    int64_t looked_up = t->looked_up_us != 0 ? t->looked_up_us : until;
    int64_t sent = t->sent_us != 0 ? t->sent_us : end;
    int64_t answered = t->first_byte_us != 0 ? t->first_byte_us : end;

    set(timings, "blocked", span(t->begun_us, blocked_until(t)));
    set(timings, "dns", dials ? span(t->lookup_us, looked_up) : json_integer(-1));
    set(timings, "connect", dials ? span(t->connect_us, until) : json_integer(-1));
    set(timings, "ssl",
        dials ? span(t->tls_us, t->secured_us != 0 ? t->secured_us : until) : json_integer(-1));
    set(timings, "send", t->got_us != 0 ? span(t->got_us, sent) : json_integer(0));
    set(timings, "wait", t->sent_us != 0 ? span(t->sent_us, answered) : json_integer(0));
    set(timings, "receive", t->first_byte_us != 0 ? span(t->first_byte_us, end) : json_integer(0));
    return timings;
}

static void push_own(json_t *list, const char *phase, int64_t from_us, int64_t to_us,
                     int64_t first_us)
{
    json_t *part = need(json_array());

    push(part, json_string(phase));
    push(part, ms(from_us - first_us));
    push(part, ms(to_us > from_us ? to_us - from_us : 0));
    push(list, part);
}

/* The dial that was begun for it and did not serve it; as far as it came. */
static json_t *own_dial(const struct trip *t, int64_t first_us)
{
    json_t *list = need(json_array());

    if (t->looked_up_us != 0)
        push_own(list, "dns", t->lookup_us, t->looked_up_us, first_us);
    if (t->connected_us != 0)
        push_own(list, "connect", t->connect_us, t->connected_us, first_us);
    if (t->secured_us != 0)
        push_own(list, "tls", t->tls_us, t->secured_us, first_us);
    return list;
}

static json_t *own_of(const struct timeline_call *call, size_t index, int64_t first_us)
{
    const struct trip *t = &call->trips[index];
    json_t *own = need(json_object());
    char tls[128];

    set(own, "call", json_integer((json_int_t)call->number));
    set(own, "trip", json_integer((json_int_t)index + 1));
    set(own, "beginMs", ms(t->begun_us - first_us));
    set(own, "endMs", ms(t->ended_us - first_us));
    set(own, "reused", json_boolean(t->reused));
    set(own, "lateBound", json_boolean(t->reused && !t->was_idle));
    set(own, "idleMs", ms(t->idle_us));
    if (t->tls_version != NULL && was_dialled(t)) {
        snprintf(tls, sizeof tls, "%s %s", t->tls_version, t->tls_cipher);
        set(own, "tls", string(tls));
        set(own, "resumed", json_boolean(t->tls_resumed));
    }
    if (t->reused && t->connect_us != 0)
        set(own, "ownDial", own_dial(t, first_us));
    if (t->error != NULL)
        set(own, "error", string(t->error));
    return own;
}

static json_t *entry_of(const struct timeline *timeline, const struct timeline_call *call,
                        size_t index, int64_t first_us)
{
    const struct trip *t = &call->trips[index];
    json_t *entry = need(json_object());
    char conn[24];

    snprintf(conn, sizeof conn, "%llu", (unsigned long long)t->conn);
    set(entry, "startedDateTime", date(t->begun_us + timeline_epoch_us(timeline)));
    set(entry, "time", ms(t->ended_us - t->begun_us));
    set(entry, "request", request_of(t));
    set(entry, "response", response_of(t));
    set(entry, "cache", json_object());
    set(entry, "timings", timings_of(t));
    if (t->peer != NULL)
        set(entry, "serverIPAddress", string(t->peer));
    if (t->conn != 0)
        set(entry, "connection", json_string(conn));
    set(entry, "_gofer", own_of(call, index, first_us));
    return entry;
}

/* --- the archive ----------------------------------------------------------- */

static json_t *entries_of(struct timeline *timeline)
{
    json_t *entries = need(json_array());
    const struct timeline_call *first = timeline_calls(timeline);

    for (const struct timeline_call *c = first; c != NULL; c = c->next)
        for (size_t i = 0; i < c->trips_len; i++)
            push(entries, entry_of(timeline, c, i, first->begun_us));
    return entries;
}

bool har_is_built_in(void)
{
    return true;
}

char *har_text(struct timeline *timeline)
{
    json_t *archive = need(json_object()), *log = need(json_object());
    json_t *creator = need(json_object());
    char *text;

    set(creator, "name", json_string("gofer"));
    set(creator, "version", json_string(gofer_version()));
    set(log, "version", json_string("1.2"));
    set(log, "creator", creator);
    set(log, "entries", entries_of(timeline));
    set(archive, "log", log);
    text = json_dumps(archive, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    if (text == NULL)
        cli_out_of_memory();
    json_decref(archive);
    return text;
}
