/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Redirects as servers see them: who asks for what, gathered and streaming.
 * Fields are redirect_field_test.c. What becomes of bodies, connections and
 * deadlines between two of them is redirect_hop_test.c; the rules alone are
 * redirect_test in tests/unit/client.
 */
#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/flow.h"
#include "integration/rig.h"
#include "integration/trail.h"

extern CU_TestInfo redirect_tests[];

#define ROWS(rows) (sizeof(rows) / sizeof *(rows))

static void expect_refused(const struct outcome *got, int status, const char *words)
{
    rig_expect_error(got, GOFER_ERR_REDIRECT);
    EXPECT_INT(got->error->phase, GOFER_PHASE_REDIRECT);
    EXPECT_HOLDS(got->error->message, words);
    EXPECT_INT(gofer_response_status(got->response), status);
    EXPECT_TEXT(gofer_response_body(got->response, NULL), "");
}

/* --- limits --- */

static void chain_of(unsigned hops, char *target, size_t size)
{
    snprintf(target, size, "/?code=302&next=302");
    for (unsigned i = 2; i < hops; i++)
        snprintf(target + strlen(target), size - strlen(target), ",302");
}

static void a_chain_ends_after_ten_hops(void)
{
    static const char *const methods[] = {"GET", "HEAD", ""};
    char target[128];
    chain_of(15, target, sizeof target);
    for (size_t i = 0; i < ROWS(methods); i++) {
        struct trail *trail = trail_begin();
        gofer_client *client = rig_client(NULL);
        struct outcome got = rig_call(client, trail_request(methods[i], trail, target));
        expect_refused(&got, 302, "stopped after 10 redirects");
        EXPECT_INT(trail_len(trail), 11);
        EXPECT_INT(gofer_response_redirect_count(got.response), 10);
        EXPECT_HOLDS(gofer_response_url(got.response), "/?code=302&next=302,302,302");
        EXPECT_INT(got.error->sent, GOFER_SENT_ALL);
        EXPECT_INT(origin_count(trail->origin, ORIGIN_ACCEPTED), 1);
        rig_end_client(client);
    }
}

static void a_longer_chain_may_be_allowed(void)
{
    char target[128];
    chain_of(15, target, sizeof target);
    for (int i = 0; i < 2; i++) {
        struct trail *trail = trail_begin();
        gofer_client_options options = {.max_redirects = i == 0 ? 15 : 1};
        gofer_client *client = rig_client(&options);
        gofer_request *request = trail_request("GET", trail, target);
        if (i == 1)
            gofer_request_set_max_redirects(request, GOFER_NEVER);
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_INT(gofer_response_redirect_count(got.response), 15);
        char referer[ORIGIN_URL_BYTES + 16], chain[128];
        chain_of(10, chain, sizeof chain);
        snprintf(referer, sizeof referer, "\r\nReferer: %s\r\n", trail_url(trail, chain));
        EXPECT_HOLDS(trail_head(trail, 7), referer);
        rig_end_client(client);
    }
}

static void a_loop_ends_with_the_last_response(void)
{
    struct trail *trail = trail_begin();
    trail_redirect(trail, "/loop", 307, "/loop");
    gofer_client *client = rig_client(&(gofer_client_options){.max_redirects = 3});
    struct outcome got = trail_get(client, trail, "/loop");
    expect_refused(&got, 307, "stopped after 3 redirects");
    EXPECT_TEXT(gofer_response_header(got.response, "Location"), "/loop");
    EXPECT_INT(trail_len(trail), 4);
    gofer_request *request = flow_request("GET", trail->origin, "/loop");
    gofer_request_set_max_redirects(request, 1);
    got = rig_call(client, request);
    expect_refused(&got, 307, "stopped after 1 redirects");
    EXPECT_TEXT(gofer_response_header(got.response, "Location"), "/loop");
}

/* --- what is asked for --- */

static void run_sequence(const char *method, const char *const targets[][2], const char *log)
{
    struct trail *trail = trail_begin();
    gofer_client *client = rig_client(NULL);
    for (size_t i = 0; targets[i][0] != NULL; i++) {
        gofer_request *request = trail_request(method, trail, targets[i][0]);
        gofer_request_set_body(request, targets[i][1], strlen(targets[i][1]));
        gofer_request_set_header(request, "Content-Type", "text/x");
        struct outcome got = rig_call(client, request);
        const char *code = strstr(targets[i][0], "304");
        int status = code != NULL                           ? 304
                     : strstr(targets[i][0], "305") != NULL ? 305
                     : strstr(targets[i][0], "404") != NULL ? 404
                                                            : 200;
        EXPECT_STATUS(got.status, GOFER_OK);
        EXPECT_INT(gofer_response_status(got.response), status);
    }
    EXPECT_TEXT(trail_lines(trail), log);
    for (unsigned i = 1; i <= trail_len(trail); i++) {
        const char *head = trail_head(trail, i);
        if (strncmp(head, "GET ", 4) != 0)
            continue;
        EXPECT_WITHOUT(head, "Content-Length");
        EXPECT_WITHOUT(head, "Content-Type");
        EXPECT_WITHOUT(head, "Transfer-Encoding");
    }
    rig_end_client(client);
}

static void sequences_as_in_the_table(void)
{
    static const char *const post[][2] = {{"/", "first"},
                                          {"/?code=301&next=302", "c301"},
                                          {"/?code=302&next=302", "c302"},
                                          {"/?code=303&next=301", "c303wc301"},
                                          {"/?code=304", "c304"},
                                          {"/?code=305", "c305"},
                                          {"/?code=307&next=303,308,302", "c307"},
                                          {"/?code=308&next=302,301", "c308"},
                                          {"/?code=404", "c404"},
                                          {NULL, NULL}};
    run_sequence("POST", post,
                 "POST / \"first\"\nPOST /?code=301&next=302 \"c301\"\nGET /?code=302 \"\"\n"
                 "GET / \"\"\nPOST /?code=302&next=302 \"c302\"\nGET /?code=302 \"\"\nGET / \"\"\n"
                 "POST /?code=303&next=301 \"c303wc301\"\nGET /?code=301 \"\"\nGET / \"\"\n"
                 "POST /?code=304 \"c304\"\nPOST /?code=305 \"c305\"\n"
                 "POST /?code=307&next=303,308,302 \"c307\"\n"
                 "POST /?code=303&next=308,302 \"c307\"\nGET /?code=308&next=302 \"\"\n"
                 "GET /?code=302 \"\"\nGET / \"\"\nPOST /?code=308&next=302,301 \"c308\"\n"
                 "POST /?code=302&next=301 \"c308\"\nGET /?code=301 \"\"\nGET / \"\"\n"
                 "POST /?code=404 \"c404\"\n");
    static const char *const delete[][2] = {{"/", "first"},
                                            {"/?code=301&next=302,308", "c301"},
                                            {"/?code=302&next=302", "c302"},
                                            {"/?code=303", "c303"},
                                            {"/?code=307&next=301,308,303,302,304", "c307"},
                                            {"/?code=308&next=307", "c308"},
                                            {"/?code=404", "c404"},
                                            {NULL, NULL}};
    run_sequence("DELETE", delete,
                 "DELETE / \"first\"\nDELETE /?code=301&next=302,308 \"c301\"\n"
                 "GET /?code=302&next=308 \"\"\nGET /?code=308 \"\"\nGET / \"\"\n"
                 "DELETE /?code=302&next=302 \"c302\"\nGET /?code=302 \"\"\nGET / \"\"\n"
                 "DELETE /?code=303 \"c303\"\nGET / \"\"\n"
                 "DELETE /?code=307&next=301,308,303,302,304 \"c307\"\n"
                 "DELETE /?code=301&next=308,303,302,304 \"c307\"\n"
                 "GET /?code=308&next=303,302,304 \"\"\nGET /?code=303&next=302,304 \"\"\n"
                 "GET /?code=302&next=304 \"\"\nGET /?code=304 \"\"\n"
                 "DELETE /?code=308&next=307 \"c308\"\nDELETE /?code=307 \"c308\"\n"
                 "DELETE / \"c308\"\nDELETE /?code=404 \"c404\"\n");
    static const char *const query[][2] = {{"/", "first"},
                                           {"/?code=302&next=302", "c302"},
                                           {"/?code=301&next=302,308", "c301"},
                                           {"/?code=303&next=301", "c303"},
                                           {"/?code=307&next=303,302", "c307"},
                                           {"/?code=404", "c404"},
                                           {NULL, NULL}};
    run_sequence("QUERY", query,
                 "QUERY / \"first\"\nQUERY /?code=302&next=302 \"c302\"\n"
                 "QUERY /?code=302 \"c302\"\nQUERY / \"c302\"\n"
                 "QUERY /?code=301&next=302,308 \"c301\"\nQUERY /?code=302&next=308 \"c301\"\n"
                 "QUERY /?code=308 \"c301\"\nQUERY / \"c301\"\n"
                 "QUERY /?code=303&next=301 \"c303\"\nGET /?code=301 \"\"\nGET / \"\"\n"
                 "QUERY /?code=307&next=303,302 \"c307\"\nQUERY /?code=303&next=302 \"c307\"\n"
                 "GET /?code=302 \"\"\nGET / \"\"\nQUERY /?code=404 \"c404\"\n");
}

static void the_response_tells_its_history(void)
{
    struct trail *trail = trail_begin();
    gofer_client *client = rig_client(NULL);
    struct outcome got = trail_get(client, trail, "/?code=301&next=307#f");
    int status = 0;
    const char *url = NULL;

    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(gofer_response_url(got.response), trail_url(trail, "/"));
    EXPECT_INT(gofer_response_redirect_count(got.response), 2);
    EXPECT_INT(gofer_response_redirect_at(got.response, 0, &status, &url), 1);
    EXPECT_INT(status, 301);
    EXPECT_TEXT(url, trail_url(trail, "/?code=301&next=307"));
    EXPECT_INT(gofer_response_redirect_at(got.response, 1, &status, &url), 1);
    EXPECT_INT(status, 307);
    EXPECT_TEXT(url, trail_url(trail, "/?code=307"));
    EXPECT_INT(gofer_response_redirect_at(got.response, 2, &status, &url), 0);
    EXPECT_INT(gofer_response_redirect_at(got.response, 1, NULL, NULL), 1);
    EXPECT_INT(gofer_response_redirect_count(NULL), 0);
    got = trail_get(client, trail, "/");
    EXPECT_INT(gofer_response_redirect_count(got.response), 0);
    EXPECT_INT(gofer_response_redirect_at(got.response, 0, &status, &url), 0);
}

static void a_stream_is_that_of_the_last_response(void)
{
    struct trail *trail = trail_begin();
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, trail->origin, "/?code=302&next=301,308");
    EXPECT_INT(gofer_response_status(response), 200);
    EXPECT_INT(gofer_response_redirect_count(response), 3);
    flow_expect_text(response, 2, "hello");
    EXPECT_INT(trail_len(trail), 4);
    EXPECT_INT(origin_count(trail->origin, ORIGIN_ACCEPTED), 1);
}

/* --- what is not followed --- */

/* The redirect is the response, gathered and streaming, and its connection serves again. */
static void expect_not_followed(gofer_client *client, struct trail *trail, const char *target,
                                int status)
{
    unsigned before = trail_len(trail);
    struct outcome got = trail_get(client, trail, target);
    rig_expect_answer(&got, status, "gone");
    gofer_response *response = flow_open(client, trail->origin, target);
    EXPECT_INT(gofer_response_status(response), status);
    flow_expect_text(response, 3, "gone");
    EXPECT_INT(trail_len(trail), before + 2);
    EXPECT_INT(origin_count(trail->origin, ORIGIN_ACCEPTED), 1);
}

static void without_location_it_is_a_response(void)
{
    struct trail *trail = trail_begin();
    gofer_client *client = rig_client(NULL);
    trail_answer(trail, "/301", "HTTP/1.1 301 X\r\nContent-Length: 4\r\n\r\ngone");
    trail_answer(trail, "/308",
                 "HTTP/1.1 308 X\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "1\r\ng\r\n3\r\none\r\n0\r\n\r\n");
    trail_answer(trail, "/303", "HTTP/1.1 303 X\r\nLocation:\r\nContent-Length: 4\r\n\r\ngone");
    expect_not_followed(client, trail, "/301", 301);
    expect_not_followed(client, trail, "/308", 308);
    expect_not_followed(client, trail, "/303", 303);
    trail_answer(trail, "/none", "HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n");
    struct outcome got = trail_get(client, trail, "/none");
    rig_expect_answer(&got, 302, "");
}

static void other_statuses_are_responses(void)
{
    static const int statuses[] = {201, 300, 304, 305, 306, 399};
    struct trail *trail = trail_begin();
    gofer_client *client = rig_client(NULL);
    for (size_t i = 0; i < ROWS(statuses); i++) {
        char target[16];
        snprintf(target, sizeof target, "/%d", statuses[i]);
        trail_redirect(trail, target, statuses[i], "/");
        if (statuses[i] != 304)
            expect_not_followed(client, trail, target, statuses[i]);
    }
}

/* What is said of one status holds for no other, and for all redirects of a call. */
static void a_request_may_keep_more(void)
{
    static const struct {
        int status;
        gofer_redirect_keep keep;
        const char *target, *log;
    } rows[] = {
        {301, GOFER_KEEP_ALL, "/?code=301&next=302",
         "POST /?code=301&next=302 \"b\"\nPOST /?code=302 \"b\"\nGET / \"\"\n"},
        {302, GOFER_KEEP_ALL, "/?code=302&next=302",
         "POST /?code=302&next=302 \"b\"\nPOST /?code=302 \"b\"\nPOST / \"b\"\n"},
        {303, GOFER_KEEP_ALL, "/?code=303", "POST /?code=303 \"b\"\nPOST / \"b\"\n"},
        {303, GOFER_KEEP_METHOD, "/?code=303", "POST /?code=303 \"b\"\nPOST / \"\"\n"},
        {301, GOFER_KEEP_DEFAULT, "/?code=301", "POST /?code=301 \"b\"\nGET / \"\"\n"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct trail *trail = trail_begin();
        gofer_request *request = trail_request("POST", trail, rows[i].target);
        gofer_request_set_body(request, "b", 1);
        gofer_request_set_redirect_keep(request, 301, GOFER_KEEP_METHOD);
        gofer_request_set_redirect_keep(request, 301, GOFER_KEEP_DEFAULT);
        EXPECT_STATUS(gofer_request_set_redirect_keep(request, rows[i].status, rows[i].keep),
                      GOFER_OK);
        struct outcome got = rig_call(rig_client(NULL), request);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_TEXT(trail_lines(trail), rows[i].log);
    }
}

static void no_other_status_keeps_more(void)
{
    static const int statuses[] = {300, 304, 307, 0};
    for (size_t i = 0; i < ROWS(statuses); i++) {
        gofer_request *request = gofer_request_new("GET", "http://localhost/");
        EXPECT_STATUS(gofer_request_set_redirect_keep(request, statuses[i], GOFER_KEEP_ALL),
                      GOFER_ERR_INVALID);
        gofer_request_free(request);
    }
    gofer_request *request = gofer_request_new("GET", "http://localhost/");
    EXPECT_STATUS(gofer_request_set_redirect_keep(request, 301, (gofer_redirect_keep)3),
                  GOFER_ERR_INVALID);
    gofer_request_free(request);
}

static void a_referer_stays_unless_it_is_to_follow(void)
{
    for (int automatic = 0; automatic <= 1; automatic++) {
        struct trail *trail = trail_begin();
        gofer_request *request = trail_request("GET", trail, "/?code=302&next=302");
        char follows[ORIGIN_URL_BYTES + 32];
        gofer_request_set_header(request, "Referer", "http://from.test/");
        EXPECT_STATUS(gofer_request_set_auto_referer(request, automatic), GOFER_OK);
        struct outcome got = rig_call(rig_client(NULL), request);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_HOLDS(trail_head(trail, 1), "\r\nReferer: http://from.test/\r\n");
        snprintf(follows, sizeof follows, "\r\nReferer: %s\r\n", trail_url(trail, "/?code=302"));
        EXPECT_HOLDS(trail_head(trail, 3),
                     automatic ? follows : "\r\nReferer: http://from.test/\r\n");
    }
    EXPECT_STATUS(gofer_request_set_auto_referer(NULL, 1), GOFER_ERR_INVALID);
}

static void following_may_be_disabled(void)
{
    struct trail *trail = trail_begin();
    gofer_client *client = rig_client(&(gofer_client_options){.disable_redirects = true});
    expect_not_followed(client, trail, "/?code=302", 302);
    gofer_request *request = trail_request("GET", trail, "/?code=302");
    gofer_request_set_follow_redirects(request, 1);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    gofer_request_set_follow_redirects(request, 0);
    got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 302, "gone");
    EXPECT_STATUS(gofer_request_set_max_redirects(request, -2), GOFER_ERR_INVALID);
}

static void where_one_leads_is_told(void)
{
    static const char *const rows[][2] = {
        {"/x?a=b#part", "/x?a=b#part"}, {"x/../y", "/1/y"}, {"//other.test/", NULL}};
    gofer_client *client = rig_client(&(gofer_client_options){.disable_redirects = true});
    struct trail *trail = trail_begin();
    char target[] = "/0/go", url[256], cut[8];

    for (size_t i = 0; i < ROWS(rows); i++, target[1]++) {
        trail_redirect(trail, target, 302, rows[i][0]);
        struct outcome got = trail_get(client, trail, target);
        size_t len = gofer_response_location(got.response, url, sizeof url);
        EXPECT_INT(len, strlen(url));
        EXPECT_INT(gofer_response_location(got.response, cut, sizeof cut), len);
        EXPECT(strncmp(cut, url, 7) == 0 && cut[7] == '\0');
        if (rows[i][1] != NULL)
            EXPECT_TEXT(url, trail_url(trail, rows[i][1]));
        else
            EXPECT_HOLDS(url, "://other.test/");
    }
    trail_redirect(trail, target, 302, "ftp://other.test/");
    struct outcome got = trail_get(client, trail, target);
    EXPECT_INT(gofer_response_location(got.response, NULL, 0), 0);
    EXPECT_INT(gofer_response_location(NULL, url, sizeof url), 0);
    EXPECT_TEXT(url, "");
}

static void a_long_body_of_one_is_gathered(void)
{
    static char reply[600 * 1024];
    int n = snprintf(reply, sizeof reply, "HTTP/1.1 302 X\r\nContent-Length: 500000\r\n\r\n");
    memset(reply + n, 'x', 500000);
    struct origin *origin =
        rig_script((struct route[]){{.reply = reply, .len = (size_t)n + 500000}});
    struct outcome got = rig_get(rig_client(NULL), origin, "/");
    size_t len;
    EXPECT_STATUS(got.status, GOFER_OK);
    const char *body = gofer_response_body(got.response, &len);
    EXPECT_INT(len, 500000);
    EXPECT(len == 500000 && body[0] == 'x' && body[499999] == 'x');
}

/* --- refused --- */

static void bad_locations_are_refused(void)
{
    static const struct {
        const char *location, *words;
    } rows[] = {{"file:///etc/passwd", "scheme"},
                {"ftp://127.0.0.1/", "scheme"},
                {"gopher://127.0.0.1/", "scheme"},
                {"javascript:alert(1)", "scheme"},
                {"data:text/plain,x", "scheme"},
                {"http://u:sesame@127.0.0.1:x/", "refused"},
                {"http://", "refused"},
                {"/b\r\nLocation: /c", "two Location"}};
    gofer_client *client = rig_client(NULL);
    struct trail *trail = trail_begin();
    for (size_t i = 0; i < ROWS(rows); i++) {
        char target[16];
        snprintf(target, sizeof target, "/%zu", i);
        trail_redirect(trail, target, 301, rows[i].location);
        struct outcome got = trail_get(client, trail, target);
        expect_refused(&got, 301, rows[i].words);
        EXPECT_LACKS(got.error->message, "sesame");
    }
    EXPECT_INT(trail_len(trail), ROWS(rows));
}

static void a_huge_location_is_bounded(void)
{
    enum { HUGE = 1024 * 1024 };
    static char reply[HUGE + 64];
    int n = snprintf(reply, sizeof reply, "HTTP/1.1 302 X\r\nLocation: /");
    memset(reply + n, 'a', HUGE);
    snprintf(reply + n + HUGE, sizeof reply - (size_t)n - HUGE, "\r\n\r\n");
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_get(client, rig_script((struct route[]){{.reply = reply}}), "/");
    rig_expect_error(&got, GOFER_ERR_TOO_LARGE);
    static char shorter[100 * 1024];
    n = snprintf(shorter, sizeof shorter, "HTTP/1.1 302 X\r\nLocation: /");
    memset(shorter + n, 'a', 90000);
    snprintf(shorter + n + 90000, sizeof shorter - (size_t)n - 90000,
             "\r\nContent-Length: 0\r\n\r\n");
    got = rig_get(client, rig_script((struct route[]){{.reply = shorter}}), "/");
    expect_refused(&got, 302, "refused");
}

static bool only_this_machine(const gofer_address *address, void *arg)
{
    (void)arg;
    const struct sockaddr_in *in = (const void *)address->addr;
    return in->sin_family == AF_INET && in->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

static void the_address_guard_holds(void)
{
    static const char *const hosts[] = {"127.0.0.2", "169.254.169.254", "10.0.0.1", "[::1]",
                                        "rebound.test"};
    static const char *const resolve[] = {"rebound.test:9:10.0.0.1"};
    struct trail *trail = trail_begin();
    gofer_client *client = rig_client(&(gofer_client_options){
        .address_filter = only_this_machine, .resolve = resolve, .resolve_len = 1});
    for (size_t i = 0; i < ROWS(hosts); i++) {
        char target[16], location[128];
        snprintf(target, sizeof target, "/%zu", i);
        snprintf(location, sizeof location, "%s://%s:9/", rig_scheme(), hosts[i]);
        trail_redirect(trail, target, 302, location);
        struct outcome got = trail_get(client, trail, target);
        rig_expect_error(&got, GOFER_ERR_CONNECT);
        EXPECT_HOLDS(got.error->message, location);
        EXPECT_INT(gofer_response_redirect_count(got.response), 1);
    }
    EXPECT_INT(trail_len(trail), ROWS(hosts));
}

CU_TestInfo redirect_tests[] = {
    {"a request may keep more", a_request_may_keep_more},
    {"a Referer stays unless it is to follow", a_referer_stays_unless_it_is_to_follow},
    {"no other status keeps more", no_other_status_keeps_more},
    {"G1 RD-01 a chain ends after ten hops", a_chain_ends_after_ten_hops},
    {"G1 a longer chain may be allowed", a_longer_chain_may_be_allowed},
    {"RD-01 a loop ends with the last response", a_loop_ends_with_the_last_response},
    {"G2 G3 G13 table redirect_sequences", sequences_as_in_the_table},
    {"G17 the response tells its history", the_response_tells_its_history},
    {"a stream is that of the last response", a_stream_is_that_of_the_last_response},
    {"G5 RD-08 without Location it is a response", without_location_it_is_a_response},
    {"other statuses are responses", other_statuses_are_responses},
    {"following may be disabled, and enabled for one", following_may_be_disabled},
    {"where one that is not followed leads is told", where_one_leads_is_told},
    {"a long body of one that is not followed is gathered", a_long_body_of_one_is_gathered},
    {"RD-02 RD-08 bad Locations are refused", bad_locations_are_refused},
    {"RD-08 a huge Location is bounded", a_huge_location_is_bounded},
    {"RD-12 the address guard holds through redirects", the_address_guard_holds},
    CU_TEST_INFO_NULL,
};
