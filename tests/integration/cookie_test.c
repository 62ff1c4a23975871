/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Calls with a cookie jar: asked before each exchange with that exchange's URL,
 * told after each response; what a caller's own Cookie field and the jar come to.
 * The jar alone is tested in tests/unit/client.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/flow.h"
#include "integration/rig.h"
#include "integration/trail.h"

extern CU_TestInfo cookie_tests[];

static gofer_cookie_jar *new_jar(void)
{
    gofer_cookie_jar *jar = gofer_cookie_jar_new();
    REQUIRE(jar != NULL);
    return jar;
}

/* A client that alone holds a jar. */
static gofer_client *jar_client(void)
{
    gofer_cookie_jar *jar = new_jar();
    gofer_client *client = rig_client(&(gofer_client_options){.cookie_jar = jar});
    gofer_cookie_jar_free(jar);
    return client;
}

static gofer_request *ask(struct trail *trail, const char *target)
{
    return rig_request_to("GET", trail_url(trail, target));
}

static struct outcome get(gofer_client *client, struct trail *trail, const char *target)
{
    struct outcome got = rig_call(client, ask(trail, target));
    EXPECT_STATUS(got.status, GOFER_OK);
    return got;
}

/* The Cookie field of request number n; "" where there is none. Two are never sent. */
static const char *cookies_of(struct trail *trail, unsigned n)
{
    static char value[TRAIL_HEAD_BYTES];
    const char *field = strstr(trail_head(trail, n), "\r\nCookie: ");
    value[0] = '\0';
    if (field == NULL)
        return value;
    field += 10;
    EXPECT(strstr(field, "\r\nCookie: ") == NULL);
    snprintf(value, sizeof value, "%.*s", (int)strcspn(field, "\r"), field);
    return value;
}

#define OK_SETTING(cookie) "HTTP/1.1 200 OK\r\n" cookie "Content-Length: 2\r\n\r\nok"
#define GO_SETTING(location, cookie)                                                               \
    "HTTP/1.1 302 X\r\nLocation: " location "\r\n" cookie "Content-Length: 0\r\n\r\n"

static void what_a_server_sets_comes_back(void)
{
    struct trail *trail = trail_begin();
    gofer_client *client = jar_client();
    trail_answer(trail, "/set", OK_SETTING("Set-Cookie: a=1\r\nSet-Cookie: b=2; Path=/x\r\n"));
    trail_answer(trail, "/drop", OK_SETTING("Set-Cookie: a=; Max-Age=0\r\n"));
    get(client, trail, "/set");
    get(client, trail, "/y");
    get(client, trail, "/x/y");
    get(client, trail, "/drop");
    get(client, trail, "/y");
    EXPECT_TEXT(cookies_of(trail, 1), "");
    EXPECT_TEXT(cookies_of(trail, 2), "a=1");
    EXPECT_TEXT(cookies_of(trail, 3), "b=2; a=1");
    EXPECT_TEXT(cookies_of(trail, 4), "a=1");
    EXPECT_TEXT(cookies_of(trail, 5), "");
}

static void one_request_made_often_has_todays_cookies(void)
{
    struct trail *trail = trail_begin();
    gofer_client *client = jar_client();
    gofer_request *request = ask(trail, "/");
    trail_answer(trail, "/set", OK_SETTING("Set-Cookie: a=1\r\n"));
    rig_call(client, request);
    get(client, trail, "/set");
    rig_call(client, request);
    rig_call(rig_client(NULL), request);
    rig_call(client, request);
    EXPECT_TEXT(cookies_of(trail, 1), "");
    EXPECT_TEXT(cookies_of(trail, 3), "a=1");
    EXPECT_TEXT(cookies_of(trail, 4), "");
    EXPECT_TEXT(cookies_of(trail, 5), "a=1");
}

static void the_jar_is_asked_and_told_at_every_hop(void)
{
    struct trail *a = trail_begin();
    gofer_client *client = jar_client();
    char there[ORIGIN_URL_BYTES], line[ORIGIN_URL_BYTES + 128];
    snprintf(there, sizeof there, "%s://localhost:%u/there", rig_scheme(), origin_port(a->origin));
    snprintf(line, sizeof line,
             "HTTP/1.1 302 X\r\nLocation: %s\r\nSet-Cookie: ip=1; Path=/\r\n"
             "Content-Length: 0\r\n\r\n",
             there);
    trail_answer(a, "/", line);
    trail_answer(a, "/there", GO_SETTING("/again", "Set-Cookie: name=1; Path=/\r\n"));
    struct outcome got = rig_call(client, ask(a, "/"));
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(cookies_of(a, 1), "");
    EXPECT_TEXT(cookies_of(a, 2), "");
    EXPECT_TEXT(cookies_of(a, 3), "name=1");
    get(client, a, "/back");
    EXPECT_TEXT(cookies_of(a, 4), "ip=1");
}

static void streams_set_cookies_with_their_head(void)
{
    struct trail *trail = trail_begin();
    gofer_client *client = jar_client();
    trail_answer(trail, "/go", GO_SETTING("/set", "Set-Cookie: a=1; Path=/\r\n"));
    trail_answer(trail, "/set", OK_SETTING("Set-Cookie: b=2; Path=/\r\n"));
    gofer_response *response = flow_open(client, trail->origin, "/go");
    get(client, trail, "/");
    EXPECT_TEXT(cookies_of(trail, 2), "a=1");
    EXPECT_TEXT(cookies_of(trail, 3), "a=1; b=2");
    flow_expect_text(response, 9, "ok");
}

static void a_response_that_breaks_has_set_its_cookies(void)
{
    static const struct route routes[] = {
        {.target = "/break",
         .reply = "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 9\r\n\r\nok",
         .then = THEN_CLOSE},
        {.reply = REPLY_HELLO}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = jar_client();
    struct outcome got = rig_get(client, origin, "/break");
    rig_expect_error(&got, GOFER_ERR_TRUNCATED);
    rig_get(client, origin, "/");
    EXPECT_HOLDS(origin_last_head(origin), "\r\nCookie: a=1\r\n");
}

static void a_refused_redirect_has_set_its_cookies(void)
{
    struct trail *trail = trail_begin();
    gofer_client *client = jar_client();
    trail_answer(trail, "/go", GO_SETTING("ftp://x/", "Set-Cookie: a=1; Path=/\r\n"));
    struct outcome got = rig_call(client, ask(trail, "/go"));
    rig_expect_error(&got, GOFER_ERR_REDIRECT);
    get(client, trail, "/");
    EXPECT_TEXT(cookies_of(trail, 2), "a=1");
}

static void a_callers_cookies_come_first_in_one_field(void)
{
    const gofer_header all[] = {{"Cookie", "all=1"}};
    struct trail *trail = trail_begin();
    gofer_cookie_jar *jar = new_jar();
    gofer_client *client =
        rig_client(&(gofer_client_options){.cookie_jar = jar, .headers = all, .headers_len = 1});
    gofer_cookie_jar_set(jar, trail_url(trail, "/"), "jar=1");
    gofer_cookie_jar_free(jar);
    get(client, trail, "/");
    gofer_request *request = ask(trail, "/");
    gofer_request_set_header(request, "cookie", "own=1");
    rig_call(client, request);
    gofer_request_add_header(request, "Cookie", "own=2");
    rig_call(client, request);
    gofer_request_remove_header(request, "Cookie");
    rig_call(client, request);
    EXPECT_TEXT(cookies_of(trail, 1), "all=1; jar=1");
    EXPECT_TEXT(cookies_of(trail, 2), "own=1; jar=1");
    EXPECT_TEXT(cookies_of(trail, 3), "own=1; own=2; jar=1");
    EXPECT_TEXT(cookies_of(trail, 4), "jar=1");
}

static void redirects_alter_a_callers_cookies(void)
{
    struct trail *trail = trail_begin();
    gofer_client *client = jar_client();
    gofer_request *request = ask(trail, "/1");
    trail_answer(trail, "/1",
                 GO_SETTING("/2", "Set-Cookie: changed=new; Path=/\r\n"
                                  "Set-Cookie: deleted=; Path=/; Max-Age=0\r\n"));
    trail_answer(trail, "/2", GO_SETTING("/3", "Set-Cookie: added=1; Path=/\r\n"));
    gofer_request_set_header(request, "Cookie", "kept=1; changed=old; deleted=1");
    rig_call(client, request);
    EXPECT_TEXT(cookies_of(trail, 1), "kept=1; changed=old; deleted=1");
    EXPECT_TEXT(cookies_of(trail, 2), "kept=1; changed=new");
    EXPECT_TEXT(cookies_of(trail, 3), "kept=1; changed=new; added=1");
}

static void another_origin_gets_the_jars_alone(void)
{
    struct trail *a = trail_begin(), *b = trail_begin();
    gofer_cookie_jar *jar = new_jar();
    gofer_client *client = rig_client(&(gofer_client_options){.cookie_jar = jar});
    gofer_request *request = ask(a, "/");
    trail_redirect(a, "/", 302, trail_url(b, "/"));
    /* Ports play no part in a cookie's scope. */
    gofer_cookie_jar_set(jar, trail_url(b, "/"), "jar=1");
    gofer_cookie_jar_free(jar);
    gofer_request_set_header(request, "Cookie", "own=1");
    rig_call(client, request);
    EXPECT_TEXT(cookies_of(a, 1), "own=1; jar=1");
    EXPECT_TEXT(cookies_of(b, 1), "jar=1");
}

static void a_host_field_does_not_change_the_scope(void)
{
    struct trail *trail = trail_begin();
    gofer_cookie_jar *jar = new_jar();
    gofer_client *client = rig_client(&(gofer_client_options){.cookie_jar = jar});
    gofer_request *request = ask(trail, "/set");
    trail_answer(trail, "/set",
                 OK_SETTING("Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=1; Domain=evil.test\r\n"));
    char url[ORIGIN_URL_BYTES], out[GOFER_COOKIE_HEADER_BYTES];
    snprintf(url, sizeof url, "%s://evil.test/", rig_scheme());
    gofer_cookie_jar_set(jar, url, "theirs=1");
    gofer_request_set_header(request, "Host", "evil.test");
    rig_call(client, request);
    get(client, trail, "/");
    EXPECT_TEXT(cookies_of(trail, 1), "");
    EXPECT_TEXT(cookies_of(trail, 2), "a=1");
    EXPECT_STATUS(gofer_cookie_jar_get(jar, url, out, sizeof out), GOFER_OK);
    EXPECT_TEXT(out, "theirs=1");
    gofer_cookie_jar_free(jar);
}

static void a_request_may_do_without(void)
{
    struct trail *trail = trail_begin();
    gofer_client *client = jar_client();
    gofer_request *request = ask(trail, "/set");
    trail_answer(trail, "/set", GO_SETTING("/", "Set-Cookie: a=1; Path=/\r\n"));
    get(client, trail, "/set");
    gofer_request_disable_cookies(request, 1);
    gofer_request_set_header(request, "Cookie", "a=own");
    rig_call(client, request);
    EXPECT_TEXT(cookies_of(trail, 2), "a=1");
    EXPECT_TEXT(cookies_of(trail, 3), "a=own");
    EXPECT_TEXT(cookies_of(trail, 4), "a=own");
    EXPECT_STATUS(gofer_request_disable_cookies(NULL, 1), GOFER_ERR_INVALID);
}

static void clients_share_a_jar(void)
{
    struct trail *trail = trail_begin();
    gofer_cookie_jar *jar = new_jar();
    gofer_client *one = rig_client(&(gofer_client_options){.cookie_jar = jar});
    gofer_client *two = rig_client(&(gofer_client_options){.cookie_jar = jar});
    trail_answer(trail, "/set", OK_SETTING("Set-Cookie: a=1\r\n"));
    get(one, trail, "/set");
    get(two, trail, "/");
    rig_end_client(one);
    gofer_cookie_jar_free(jar); /* the client's hold is enough */
    get(two, trail, "/");
    EXPECT_TEXT(cookies_of(trail, 2), "a=1");
    EXPECT_TEXT(cookies_of(trail, 3), "a=1");
}

static void secure_cookies_stay_on_https(void)
{
    struct trail *trail = trail_begin();
    gofer_cookie_jar *jar = new_jar();
    gofer_client *client = rig_client(&(gofer_client_options){.cookie_jar = jar});
    trail_answer(trail, "/set", OK_SETTING("Set-Cookie: s=1; Secure\r\n"));
    get(client, trail, "/set");
    get(client, trail, "/");
    EXPECT_TEXT(cookies_of(trail, 2), "s=1");
    char out[GOFER_COOKIE_HEADER_BYTES];
    gofer_cookie_jar_set(jar, "https://jar.test/", "t=1; Secure");
    EXPECT_STATUS(gofer_cookie_jar_get(jar, "http://jar.test/", out, sizeof out), GOFER_OK);
    EXPECT_TEXT(out, "");
    gofer_cookie_jar_free(jar);
}

enum { THREADS = 16, CALLS = 20 };

static void *call_often(void *arg)
{
    gofer_client *client = arg;
    char url[ORIGIN_URL_BYTES];
    for (unsigned long i = 0; i < CALLS; i++)
        gofer_get(client, rig_echo_url("echo", i, url), NULL);
    return NULL;
}

static void threads_share_a_jar(void)
{
    gofer_cookie_jar *jar = new_jar();
    gofer_client *client = rig_client(&(gofer_client_options){.cookie_jar = jar});
    pthread_t threads[THREADS];
    char url[ORIGIN_URL_BYTES], line[32];
    rig_echo_url("echo", 1, url);
    for (int i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&threads[i], NULL, call_often, client) == 0);
    for (int i = 0; i < 200; i++) {
        snprintf(line, sizeof line, "c%d=%d; Path=/", i % 10, i);
        gofer_cookie_jar_set(jar, url, line);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    EXPECT_INT(rig_stats(client).calls_done, THREADS * CALLS);
    gofer_cookie_jar_free(jar);
}

CU_TestInfo cookie_tests[] = {
    {"H1 what a server sets comes back", what_a_server_sets_comes_back},
    {"H1 one request made often has today's cookies", one_request_made_often_has_todays_cookies},
    {"H1 the jar is asked and told at every hop", the_jar_is_asked_and_told_at_every_hop},
    {"H1 streams set cookies with their head", streams_set_cookies_with_their_head},
    {"H1 a response that breaks has set its cookies", a_response_that_breaks_has_set_its_cookies},
    {"H1 a refused redirect has set its cookies", a_refused_redirect_has_set_its_cookies},
    {"a caller's cookies come first, in one field", a_callers_cookies_come_first_in_one_field},
    {"G16 redirects alter a caller's cookies", redirects_alter_a_callers_cookies},
    {"RD-04 another origin gets the jar's alone", another_origin_gets_the_jars_alone},
    {"H2 CK-11 a Host field does not change the scope", a_host_field_does_not_change_the_scope},
    {"a request may do without", a_request_may_do_without},
    {"clients share a jar", clients_share_a_jar},
    {"Secure cookies stay on https, and this machine", secure_cookies_stay_on_https},
    {"CK-12 threads share a jar", threads_share_a_jar},
    CU_TEST_INFO_NULL,
};
