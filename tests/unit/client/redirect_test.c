/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * client/redirect: which request follows a redirect, what it carries along, and
 * which is not followed.
 */
#include "client/redirect.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "base/alloc.h"
#include "client/hops.h"
#include "client/snapshot.h"
#include "transport/message.h"
#include "unit/client/redirect_rows.h"
#include "unit/http/scarce.h"

extern CU_TestInfo redirect_tests[];

#define ROWS(rows) (sizeof(rows) / sizeof *(rows))

static const struct redirect_rules strict = {.has_jar = false};

/* --- a redirect in few words --- */

static struct gofer_response *answer(int status, const char *fields)
{
    struct response_head head;
    struct head_field parsed[HEAD_FIELDS_INLINE];
    struct buf text = BUF_INIT;
    buf_printf(&text, "HTTP/1.1 %d X\r\n%sContent-Length: 0\r\n\r\n", status, fields);
    CU_ASSERT_EQUAL_FATAL(
        head_parse(text.data, text.len, ASKED_PLAIN, &head, parsed, HEAD_FIELDS_INLINE), GOFER_OK);
    struct gofer_response *r =
        message_new(&head, text.data, text.len, parsed, "http://a/", strlen("http://a/"), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    buf_fini(&text);
    return r;
}

/* Follows from a snapshot, which is dropped. NULL where nothing follows; *got says why. */
static struct snapshot *follow(struct snapshot *from, int status, const char *fields,
                               const struct redirect_rules *rules, enum redirect_next *got,
                               struct buf *why)
{
    struct snapshot *next = NULL;
    struct gofer_response *r = answer(status, fields);
    *got = redirect_next(from, r, rules, &next, why);
    CU_ASSERT_EQUAL(*got == REDIRECT_FOLLOW, next != NULL);
    if (next != NULL) { /* as hop.c does */
        next->hops = from->hops != NULL ? from->hops : hops_new(from);
        from->hops = NULL;
    }
    snapshot_unref(from);
    message_free(r);
    return next;
}

static struct snapshot *hop_by(struct snapshot *from, int status, const char *location,
                               const struct redirect_rules *rules)
{
    char fields[512];
    enum redirect_next got;
    struct buf why = BUF_INIT;
    snprintf(fields, sizeof fields, "Location: %s\r\n", location);
    struct snapshot *next = follow(from, status, fields, rules, &got, &why);
    if (next == NULL)
        fprintf(stderr, "\n    %s: %.*s", location, (int)why.len, why.data);
    CU_ASSERT_PTR_NOT_NULL_FATAL(next);
    buf_fini(&why);
    return next;
}

static struct snapshot *hop(struct snapshot *from, const char *location)
{
    return hop_by(from, 302, location, &strict);
}

static struct snapshot *request(const char *method, const char *url)
{
    struct snapshot *s = snapshot_new(method, url);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    CU_ASSERT_EQUAL_FATAL(s->status, GOFER_OK);
    return s;
}

static void set(struct snapshot *s, const char *name, const char *value)
{
    CU_ASSERT_EQUAL(headers_set(&s->headers, name, value), GOFER_OK);
}

/* The field's value; NULL where there is none, or a mark. */
static const char *value(const struct snapshot *s, const char *name)
{
    const struct header *field = headers_find(&s->headers, name);
    return field != NULL ? field->value : NULL;
}

static bool is_marked(const struct snapshot *s, const char *name)
{
    const struct header *field = headers_find(&s->headers, name);
    return field != NULL && field->value == NULL;
}

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void expect_text(const char *actual, const char *wanted)
{
    if (!same(actual, wanted))
        fprintf(stderr, "\n    \"%s\" is not \"%s\"", actual != NULL ? actual : "(none)",
                wanted != NULL ? wanted : "(none)");
    CU_ASSERT(same(actual, wanted));
}

static void expect_url(const struct snapshot *s, const char *wanted)
{
    struct buf text = BUF_INIT;
    url_write_without_userinfo(&s->url, &text);
    char *url = buf_take_str(&text);
    expect_text(url, wanted);
    mem_free(url);
}

/* --- methods and bodies --- */

static void methods_as_in_the_table(void)
{
    for (size_t i = 0; i < ROWS(method_rows); i++) {
        const struct method_row *row = &method_rows[i];
        struct snapshot *next =
            hop_by(request(row->method, "http://a/"), row->status, "/b", &strict);
        expect_text(next->method, row->wanted);
        snapshot_unref(next);
    }
}

static struct snapshot *with_body(const char *method)
{
    struct snapshot *s = request(method, "http://a/");
    s->source = source_new_copy("body", 4);
    headers_add(&s->trailers, "X-Sum", "1");
    set(s, "Content-Type", "text/plain");
    set(s, "Content-Encoding", "x");
    set(s, "Content-Language", "en");
    set(s, "Content-Location", "/x");
    set(s, "Content-Length", "4");
    set(s, "Expect", "100-continue");
    set(s, "X-Other", "kept");
    return s;
}

static void a_dropped_body_takes_its_fields_along(void)
{
    static const char *const methods[] = {"POST", "GET", "HEAD", "DELETE"};
    static const int statuses[] = {301, 302, 303};
    for (size_t i = 0; i < ROWS(methods) * ROWS(statuses); i++) {
        struct snapshot *next = hop_by(with_body(methods[i / ROWS(statuses)]),
                                       statuses[i % ROWS(statuses)], "/b", &strict);
        CU_ASSERT_PTR_NULL(next->source);
        CU_ASSERT_EQUAL(next->trailers.len, 0);
        CU_ASSERT(is_marked(next, "Content-Type"));
        CU_ASSERT(is_marked(next, "Content-Encoding"));
        CU_ASSERT(is_marked(next, "Content-Language"));
        CU_ASSERT(is_marked(next, "Content-Location"));
        CU_ASSERT(is_marked(next, "Content-Length"));
        CU_ASSERT(is_marked(next, "Expect"));
        expect_text(value(next, "X-Other"), "kept");
        snapshot_unref(next);
    }
}

static void a_body_that_stays_keeps_its_fields(void)
{
    static const struct {
        const char *method;
        int status;
    } rows[] = {{"POST", 307}, {"PUT", 308}, {"QUERY", 301}, {"QUERY", 302}, {"QUERY", 307}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct snapshot *next = hop_by(with_body(rows[i].method), rows[i].status, "/b", &strict);
        expect_text(next->method, rows[i].method);
        CU_ASSERT_PTR_NOT_NULL(next->source);
        CU_ASSERT_EQUAL(next->trailers.len, 1);
        expect_text(value(next, "Content-Type"), "text/plain");
        snapshot_unref(next);
    }
    struct snapshot *next = hop_by(with_body("QUERY"), 303, "/b", &strict);
    expect_text(next->method, "GET");
    CU_ASSERT_PTR_NULL(next->source);
    snapshot_unref(next);
}

static ssize_t no_bytes(void *arg, void *buf, size_t cap)
{
    (void)arg, (void)buf, (void)cap;
    return 0;
}

static void a_body_that_cannot_be_sent_again_is_not_followed(void)
{
    gofer_body_reader reader = {.read = no_bytes, .length = -1};
    for (int status = 302; status <= 308; status += 6) {
        enum redirect_next got;
        struct buf why = BUF_INIT;
        struct snapshot *s = request("POST", "http://a/");
        s->source = source_new_reader(&reader);
        CU_ASSERT_TRUE(source_begin(s->source));
        char byte;
        CU_ASSERT_EQUAL(source_read(s->source, 0, &byte, 1), 0);
        struct snapshot *next = follow(s, status, "Location: /b\r\n", &strict, &got, &why);
        CU_ASSERT_EQUAL(got, status == 302 ? REDIRECT_FOLLOW : REDIRECT_NONE);
        snapshot_unref(next);
        buf_fini(&why);
    }
}

/* --- Location --- */

static void locations_are_resolved(void)
{
    static const struct {
        const char *location, *wanted;
    } rows[] = {{"/b?c", "http://a:81/b?c"},
                {"b", "http://a:81/x/b"},
                {"../b", "http://a:81/b"},
                {"?q", "http://a:81/x/y?q"},
                {"#f", "http://a:81/x/y?z"},
                {"//other", "http://other/"},
                {"//other:82/p", "http://other:82/p"},
                {"HTTP://Other", "http://other/"},
                {"https://other/", "https://other/"},
                {"/a b\xc3\xa9", "http://a:81/a%20b%C3%A9"},
                {"http://u:p@other/", "http://other/"}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct snapshot *next = hop(request("GET", "http://a:81/x/y?z"), rows[i].location);
        expect_url(next, rows[i].wanted);
        snapshot_unref(next);
    }
}

static void expect_refused(const char *from, const char *fields, enum redirect_next wanted,
                           const char *words)
{
    enum redirect_next got;
    struct buf why = BUF_INIT;
    struct snapshot *next = follow(request("GET", from), 301, fields, &strict, &got, &why);
    CU_ASSERT_EQUAL(got, wanted);
    buf_append_char(&why, '\0');
    if (strstr(why.data, words) == NULL)
        fprintf(stderr, "\n    \"%s\" lacks \"%s\"", why.data, words);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.data, words));
    CU_ASSERT_PTR_NULL(strstr(why.data, "sesame"));
    snapshot_unref(next);
    buf_fini(&why);
}

static void other_schemes_are_refused(void)
{
    static const char *const rows[] = {
        "file:///etc/passwd", "ftp://a/", "gopher://a/", "javascript:alert(1)", "data:,x",
        "mailto:a@b",         "ws://a/"};
    for (size_t i = 0; i < ROWS(rows); i++) {
        char fields[128];
        snprintf(fields, sizeof fields, "Location: %s\r\n", rows[i]);
        expect_refused("http://a/", fields, REDIRECT_REFUSED, "scheme");
    }
}

static void from_https_to_http_is_refused_unless_allowed(void)
{
    static const struct redirect_rules lax = {.allows_plain = true};
    expect_refused("https://a/", "Location: http://a/\r\n", REDIRECT_REFUSED, "from https to http");
    struct snapshot *next = hop_by(request("GET", "https://a/"), 301, "http://a/", &lax);
    expect_url(next, "http://a/");
    snapshot_unref(next);
}

static void no_location_is_no_redirect(void)
{
    expect_refused("http://a/", "", REDIRECT_NONE, "");
    expect_refused("http://a/", "Location:\r\n", REDIRECT_NONE, "");
    expect_refused("http://a/", "Location:  \r\n", REDIRECT_NONE, "");
}

static void two_locations_must_agree(void)
{
    expect_refused("http://a/", "Location: /b\r\nLocation: /c\r\n", REDIRECT_REFUSED, "two");
    expect_refused("http://a/", "Location:\r\nlocation: /c\r\n", REDIRECT_REFUSED, "two");
    enum redirect_next got;
    struct buf why = BUF_INIT;
    struct snapshot *next = follow(request("GET", "http://a/"), 301,
                                   "Location: /b\r\nLOCATION: /b\r\n", &strict, &got, &why);
    CU_ASSERT_PTR_NOT_NULL(next);
    snapshot_unref(next);
    buf_fini(&why);
}

static void what_is_no_url_is_refused(void)
{
    expect_refused("http://a/", "Location: http://u:sesame@\r\n", REDIRECT_REFUSED, "refused");
    expect_refused("http://a/", "Location: http://u:sesame@h:x/\r\n", REDIRECT_REFUSED, "refused");
    expect_refused("http://a/", "Location: http://[::1\r\n", REDIRECT_REFUSED, "refused");
}

static void a_fragment_is_inherited(void)
{
    struct snapshot *next = hop(request("GET", "http://a/#top"), "/b");
    expect_text(next->url.fragment, "top");
    next = hop(next, "http://b/");
    expect_text(next->url.fragment, "top");
    next = hop(next, "/c#own");
    expect_text(next->url.fragment, "own");
    snapshot_unref(next);
}

/* --- credentials --- */

static struct snapshot *with_secrets(const char *url)
{
    struct snapshot *s = request("GET", url);
    set(s, "Authorization", "Basic x");
    set(s, "Cookie", "a=b");
    set(s, "Proxy-Authorization", "Basic y");
    set(s, "X-Api-Key", "z");
    set(s, "X-Plain", "p");
    CU_ASSERT_EQUAL(headers_remove(&s->secrets, "x-api-key"), GOFER_OK);
    return s;
}

static void expect_secrets(const struct snapshot *s, bool kept)
{
    expect_text(value(s, "Authorization"), kept ? "Basic x" : NULL);
    expect_text(value(s, "Cookie"), kept ? "a=b" : NULL);
    expect_text(value(s, "Proxy-Authorization"), kept ? "Basic y" : NULL);
    expect_text(value(s, "X-Api-Key"), kept ? "z" : NULL);
    expect_text(value(s, "X-Plain"), "p");
    CU_ASSERT_EQUAL(is_marked(s, "Authorization"), !kept);
    CU_ASSERT_EQUAL(is_marked(s, "X-Api-Key"), !kept);
}

static void secrets_stay_with_the_exact_origin(void)
{
    static const struct redirect_rules lax = {.allows_plain = true};
    for (size_t i = 0; i < ROWS(origin_rows); i++) {
        const struct origin_row *row = &origin_rows[i];
        /* An invalid host is not gone to at all. */
        if (strstr(row->to, "%25.foo.com") != NULL)
            continue;
        struct snapshot *next = hop_by(with_secrets(row->from), 302, row->to, &lax);
        expect_secrets(next, row->keeps);
        CU_ASSERT(row->go || !row->keeps || strcmp(row->from, row->to) != 0);
        snapshot_unref(next);
    }
    expect_refused("http://a/", "Location: http://[::1%25.foo.com]evil/\r\n", REDIRECT_REFUSED, "");
}

static void zones_are_part_of_an_origin(void)
{
    struct snapshot *next = hop(with_secrets("http://[fe80::1%25lo]/"), "http://[fe80::1]/");
    expect_secrets(next, false);
    snapshot_unref(next);
}

static void what_was_dropped_does_not_come_back(void)
{
    struct snapshot *next = hop(with_secrets("http://a/"), "http://b/");
    expect_secrets(next, false);
    next = hop(next, "http://b/2");
    expect_secrets(next, false);
    next = hop(next, "http://a/");
    expect_secrets(next, false);
    snapshot_unref(next);
}

static void trust_lets_them_go_anywhere(void)
{
    static const struct redirect_rules trusting = {.trusts_all = true};
    struct snapshot *next = hop_by(with_secrets("http://u:p@a/"), 302, "http://b:1/", &trusting);
    expect_secrets(next, true);
    expect_text(next->url.user, "u");
    expect_text(next->url.password, "p");
    snapshot_unref(next);
}

static void userinfo_stays_with_its_origin(void)
{
    struct snapshot *next = hop(request("GET", "http://u:p@a/"), "/b");
    expect_text(next->url.user, "u");
    next = hop(next, "http://a/c");
    expect_text(next->url.user, "u");
    expect_text(next->url.password, "p");
    next = hop(next, "http://b/");
    expect_text(next->url.user, NULL);
    next = hop(next, "http://a/");
    expect_text(next->url.user, NULL);
    snapshot_unref(next);
}

static void a_locations_own_userinfo_is_for_its_url(void)
{
    struct snapshot *next = hop(with_secrets("http://a/"), "http://v:q@b/");
    expect_text(next->url.user, "v");
    CU_ASSERT_FALSE(is_marked(next, "Authorization"));
    expect_text(value(next, "Authorization"), NULL);
    expect_text(value(next, "Cookie"), NULL);
    next = hop(next, "http://c/");
    expect_text(next->url.user, NULL);
    CU_ASSERT_TRUE(is_marked(next, "Authorization"));
    next = hop(next, "http://w:r@c/");
    expect_text(next->url.user, "w");
    CU_ASSERT_FALSE(is_marked(next, "Authorization"));
    snapshot_unref(next);
}

static void the_way_to_a_host_is_not_the_next_ones(void)
{
    struct snapshot *s = request("GET", "http://a/");
    s->unix_socket = mem_strdup("/run/a");
    s->tls_name = mem_strdup("a.test");
    struct snapshot *next = hop(s, "/b");
    expect_text(next->unix_socket, "/run/a");
    expect_text(next->tls_name, "a.test");
    next = hop(next, "https://a/");
    expect_text(next->unix_socket, NULL);
    expect_text(next->tls_name, NULL);
    snapshot_unref(next);
}

/* --- Referer, Host, cookies --- */

static void referers_as_in_the_table(void)
{
    static const struct redirect_rules lax = {.allows_plain = true};
    for (size_t i = 0; i < ROWS(referer_rows); i++) {
        const struct referer_row *row = &referer_rows[i];
        struct snapshot *s = request("GET", row->last);
        if (row->given != NULL)
            set(s, "Referer", row->given);
        struct snapshot *next = hop_by(s, 302, row->next, &lax);
        expect_text(value(next, "Referer"), row->wanted);
        snapshot_unref(next);
    }
}

static void referer_follows_the_last_hop(void)
{
    struct snapshot *next = hop(request("GET", "http://a/1?x#f"), "/2");
    expect_text(value(next, "Referer"), "http://a/1?x");
    next = hop(next, "/3");
    expect_text(value(next, "Referer"), "http://a/2");
    snapshot_unref(next);
}

static void a_callers_referer_is_his_own(void)
{
    static struct headers defaults;
    static const struct redirect_rules with_defaults = {.defaults = &defaults,
                                                        .allows_plain = true};
    struct snapshot *s = request("GET", "http://a/");
    CU_ASSERT_EQUAL(headers_remove(&s->headers, "Referer"), GOFER_OK);
    struct snapshot *next = hop(hop(s, "/2"), "/3");
    CU_ASSERT(is_marked(next, "Referer"));
    snapshot_unref(next);
    CU_ASSERT_EQUAL(headers_set(&defaults, "Referer", "http://all/"), GOFER_OK);
    next = hop_by(request("GET", "https://a/"), 302, "http://a/", &with_defaults);
    CU_ASSERT(is_marked(next, "Referer"));
    next = hop_by(next, 302, "https://a/", &with_defaults);
    expect_text(value(next, "Referer"), "http://all/");
    snapshot_unref(next);
    headers_fini(&defaults);
}

static void host_stays_where_location_names_none(void)
{
    struct snapshot *s = request("GET", "http://a/");
    set(s, "Host", "other.test");
    struct snapshot *next = hop(s, "/b");
    expect_text(value(next, "Host"), "other.test");
    next = hop(next, "?q");
    expect_text(value(next, "Host"), "other.test");
    next = hop(next, "http://a/c");
    CU_ASSERT_PTR_NULL(headers_find(&next->headers, "Host"));
    set(next, "Host", "other.test");
    next = hop(next, "//b/c");
    CU_ASSERT_PTR_NULL(headers_find(&next->headers, "Host"));
    snapshot_unref(next);
}

static struct snapshot *cookie_hop(struct snapshot *s, const char *fields,
                                   const struct redirect_rules *rules)
{
    enum redirect_next got;
    struct buf why = BUF_INIT;
    struct snapshot *next = follow(s, 302, fields, rules, &got, &why);
    CU_ASSERT_PTR_NOT_NULL_FATAL(next);
    buf_fini(&why);
    return next;
}

static void cookies_that_a_redirect_sets_are_the_jars(void)
{
    static struct headers defaults;
    static const struct redirect_rules with_jar = {.has_jar = true, .defaults = &defaults};
    static const char set_b[] = "Location: /\r\nSet-Cookie: b=new; Path=/\r\nset-cookie:  c =\r\n";
    struct snapshot *s = request("GET", "http://a/");
    set(s, "Cookie", "a=1; b=2;c=3 ; d=\"4;\"");
    struct snapshot *next = cookie_hop(s, set_b, &with_jar);
    expect_text(value(next, "Cookie"), "a=1; d=\"4; \"");
    next = cookie_hop(
        next, "Location: /\r\nSet-Cookie: a=\r\nSet-Cookie: d=\r\nSet-Cookie: \"=\r\n", &with_jar);
    CU_ASSERT(is_marked(next, "Cookie"));
    snapshot_unref(next);
    s = request("GET", "http://a/");
    set(s, "Cookie", "b=2");
    next = cookie_hop(s, set_b, &strict);
    expect_text(value(next, "Cookie"), "b=2");
    snapshot_unref(next);
    CU_ASSERT_EQUAL(headers_set(&defaults, "Cookie", "a=1; b=2"), GOFER_OK);
    next = cookie_hop(request("GET", "http://a/"), set_b, &with_jar);
    expect_text(value(next, "Cookie"), "a=1");
    snapshot_unref(next);
    headers_fini(&defaults);
}

/* --- memory --- */

static gofer_status scarce_follow(void)
{
    struct buf why = BUF_INIT;
    struct snapshot *next = NULL;
    struct snapshot *s = snapshot_new("POST", "http://u:p@a/#f");
    struct gofer_response *r = NULL;
    gofer_status status = GOFER_ERR_NOMEM;
    static const char text[] =
        "HTTP/1.1 302 X\r\nLocation: http://b/c\r\nContent-Length: 0\r\n\r\n";
    struct response_head head;
    struct head_field fields[4];
    head_parse(text, sizeof text - 1, ASKED_PLAIN, &head, fields, 4);
    if (s != NULL && headers_set(&s->headers, "Authorization", "x") == GOFER_OK)
        r = message_new(&head, text, sizeof text - 1, fields, "u", 1, 0);
    if (r != NULL) {
        enum redirect_next got = redirect_next(s, r, &strict, &next, &why);
        CU_ASSERT(got == REDIRECT_FOLLOW || got == REDIRECT_NO_MEMORY);
        CU_ASSERT_EQUAL(got == REDIRECT_FOLLOW, next != NULL);
        /* Words that nobody needed may be missing. */
        status = got == REDIRECT_FOLLOW && !buf_failed(&why) ? GOFER_OK : GOFER_ERR_NOMEM;
    }
    if (next != NULL)
        CU_ASSERT(is_marked(next, "Authorization"));
    snapshot_unref(next);
    message_free(r);
    snapshot_unref(s);
    buf_fini(&why);
    return status;
}

static void without_memory_nothing_is_half_done(void)
{
    scarce_run(scarce_follow);
}

CU_TestInfo redirect_tests[] = {
    {"G2 table redirect_methods: the next method", methods_as_in_the_table},
    {"G13 RD-10 a dropped body takes its fields along", a_dropped_body_takes_its_fields_along},
    {"G7 a body that stays keeps its fields; QUERY stays on 301 and 302",
     a_body_that_stays_keeps_its_fields},
    {"G6 RD-10 a body that cannot be sent again is not followed",
     a_body_that_cannot_be_sent_again_is_not_followed},
    {"RD-08 Locations are resolved", locations_are_resolved},
    {"RD-02 other schemes are refused", other_schemes_are_refused},
    {"RD-03 from https to http is refused unless allowed",
     from_https_to_http_is_refused_unless_allowed},
    {"G5 RD-08 without Location nothing is followed", no_location_is_no_redirect},
    {"RD-08 two Locations must agree", two_locations_must_agree},
    {"RD-08 what is no URL is refused, without its password", what_is_no_url_is_refused},
    {"RD-09 a fragment is inherited", a_fragment_is_inherited},
    {"G11 RD-04 RD-06 table redirect_sensitive_headers: the exact origin",
     secrets_stay_with_the_exact_origin},
    {"RD-06 zones are part of an origin", zones_are_part_of_an_origin},
    {"G12 RD-05 what was dropped does not come back", what_was_dropped_does_not_come_back},
    {"trust lets credentials go anywhere", trust_lets_them_go_anywhere},
    {"RD-07 userinfo stays with its origin", userinfo_stays_with_its_origin},
    {"RD-07 a Location's own userinfo is for its URL", a_locations_own_userinfo_is_for_its_url},
    {"the way to a host is not the next one's", the_way_to_a_host_is_not_the_next_ones},
    {"G9 RD-07 table referer", referers_as_in_the_table},
    {"G1 Referer is the hop before", referer_follows_the_last_hop},
    {"G9 a caller's Referer is its own", a_callers_referer_is_his_own},
    {"G14 Host stays where Location names none", host_stays_where_location_names_none},
    {"G16 cookies that a redirect sets are the jar's", cookies_that_a_redirect_sets_are_the_jars},
    {"without memory nothing is half done", without_memory_nothing_is_half_done},
    CU_TEST_INFO_NULL,
};
