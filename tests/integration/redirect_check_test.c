/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The check of redirects (check_redirect): what it is told and what its verdicts
 * come to; redirects between http and https.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/flow.h"
#include "integration/rig.h"
#include "integration/trail.h"
#include "support/certs.h"

extern CU_TestInfo redirect_check_tests[];

/* A check that writes down what it sees, on the driving thread. */
struct checker {
    gofer_redirect_verdict verdict;
    unsigned from; /* the verdict holds from the check of that number on, from 0 */
    unsigned calls;
    char log[4096];
    char authorization[64];
    const char *missing;
    void *user;
};

static gofer_redirect_verdict check(void *arg, const gofer_redirect *redirect)
{
    struct checker *c = arg;
    const gofer_response *response = gofer_redirect_response(redirect);
    const char *authorization = gofer_redirect_header(redirect, "authorization");
    size_t used = strlen(c->log);
    snprintf(c->log + used, sizeof c->log - used, "%d %zu %s %s\n", gofer_response_status(response),
             gofer_response_redirect_count(response), gofer_redirect_method(redirect),
             strrchr(gofer_redirect_url(redirect), '/'));
    snprintf(c->authorization, sizeof c->authorization, "%s",
             authorization != NULL ? authorization : "none");
    c->missing = gofer_redirect_header(redirect, "X-Missing");
    c->user = gofer_redirect_user(redirect);
    return c->calls++ >= c->from ? c->verdict : GOFER_REDIRECT_FOLLOW;
}

static gofer_client *client_with(struct checker *checker)
{
    return rig_client(&(gofer_client_options){
        .check_redirect = check, .check_redirect_arg = checker, .max_redirects = GOFER_NEVER});
}

static void it_sees_every_hop_in_order(void)
{
    struct checker checker = {.verdict = GOFER_REDIRECT_FOLLOW};
    struct trail *trail = trail_begin();
    gofer_client *client = client_with(&checker);
    gofer_request *request = trail_request("POST", trail, "/?code=307&next=308,302#top");
    gofer_request_set_body(request, "b", 1);
    gofer_request_set_user(request, &checker);
    gofer_request_set_header(request, "Authorization", "mine");
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(checker.log, "307 0 POST /?code=308&next=302#top\n"
                             "308 1 POST /?code=302#top\n302 2 GET /#top\n");
    EXPECT_TEXT(checker.authorization, "mine");
    EXPECT(checker.missing == NULL);
    EXPECT(checker.user == &checker);
}

static void it_sees_what_would_be_sent(void)
{
    struct checker checker = {.verdict = GOFER_REDIRECT_FOLLOW};
    struct trail *a = trail_begin(), *b = trail_begin();
    gofer_client *client = client_with(&checker);
    gofer_request *request = trail_request("GET", a, "/");
    trail_redirect(a, "/", 302, trail_url(b, "/"));
    gofer_request_set_header(request, "Authorization", "mine");
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(checker.authorization, "none");
}

static void it_may_allow_fifteen_hops(void)
{
    struct checker checker = {.verdict = GOFER_REDIRECT_FOLLOW};
    struct trail *trail = trail_begin();
    struct outcome got = rig_call(
        client_with(&checker),
        trail_request("GET", trail,
                      "/?code=302&next=302,302,302,302,302,302,302,302,302,302,302,302,302,302"));
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(checker.calls, 15);
    EXPECT_INT(trail_len(trail), 16);
}

static void it_may_use_the_redirect(void)
{
    struct checker checker = {.verdict = GOFER_REDIRECT_USE, .from = 1};
    struct trail *trail = trail_begin();
    gofer_client *client = client_with(&checker);
    struct outcome got = rig_call(client, trail_request("GET", trail, "/?code=301&next=302"));
    rig_expect_answer(&got, 302, "gone");
    EXPECT_INT(gofer_response_redirect_count(got.response), 1);
    EXPECT_INT(trail_len(trail), 2);
    checker.calls = 0;
    gofer_response *response = flow_open(client, trail->origin, "/?code=301&next=302");
    EXPECT_INT(gofer_response_status(response), 302);
    flow_expect_text(response, 1, "gone");
    EXPECT_INT(origin_count(trail->origin, ORIGIN_ACCEPTED), 1);
}

static void it_may_refuse_it(void)
{
    struct checker checker = {.verdict = GOFER_REDIRECT_REFUSE};
    struct trail *trail = trail_begin();
    struct outcome got = rig_call(client_with(&checker), trail_request("GET", trail, "/?code=301"));
    rig_expect_error(&got, GOFER_ERR_REDIRECT);
    EXPECT_INT(got.error->phase, GOFER_PHASE_REDIRECT);
    EXPECT_HOLDS(got.error->message, "refused by the program");
    EXPECT_INT(gofer_response_status(got.response), 301);
    EXPECT_TEXT(gofer_response_header(got.response, "Location"), "/");
    EXPECT_TEXT(gofer_response_body(got.response, NULL), "");
    EXPECT_INT(trail_len(trail), 1);
}

static void it_is_not_asked_for_what_is_not_followed(void)
{
    struct checker checker = {.verdict = GOFER_REDIRECT_REFUSE};
    struct trail *trail = trail_begin();
    gofer_client *client = client_with(&checker);
    trail_redirect(trail, "/a", 302, "ftp://x/");
    struct outcome got = rig_call(client, trail_request("GET", trail, "/a"));
    rig_expect_error(&got, GOFER_ERR_REDIRECT);
    got = rig_call(client, trail_request("GET", trail, "/?code=304"));
    EXPECT_STATUS(got.status, GOFER_OK);
    EXPECT_INT(checker.calls, 0);
}

static void its_questions_accept_null(void)
{
    EXPECT_TEXT(gofer_redirect_method(NULL), "");
    EXPECT_TEXT(gofer_redirect_url(NULL), "");
    EXPECT(gofer_redirect_header(NULL, "a") == NULL);
    EXPECT(gofer_redirect_response(NULL) == NULL);
    EXPECT(gofer_redirect_user(NULL) == NULL);
}

/* --- a check that does not come back --- */

struct sleeper {
    struct gate *inside, *go;
};

static gofer_redirect_verdict sleep_in_check(void *arg, const gofer_redirect *redirect)
{
    struct sleeper *s = arg;
    (void)redirect;
    gate_pass(s->inside);
    gate_wait(s->go, 1);
    return GOFER_REDIRECT_FOLLOW;
}

static void it_does_not_hold_up_a_deadline(void)
{
    struct sleeper s = {rig_gate(), rig_gate()};
    struct trail *trail = trail_begin();
    gofer_client *client = rig_client(&(gofer_client_options){
        .workers = 2, .check_redirect = sleep_in_check, .check_redirect_arg = &s});
    gofer_request *request = trail_request("GET", trail, "/?code=302");
    gofer_request_set_timeout_ms(request, 200);
    gofer_future *future = gofer_submit(client, request);
    gofer_response *response = NULL;
    EXPECT(gate_wait(s.inside, 1));
    gofer_status status = gofer_future_wait_for(future, PATIENCE_MS, &response);
    struct outcome got = rig_outcome(status, response);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    EXPECT_INT(got.error->phase, GOFER_PHASE_REDIRECT);
    EXPECT_HOLDS(got.error->message, "in a callback for a redirect");
    gate_pass(s.go);
    gofer_future_free(future);
    rig_end_client(client);
    EXPECT_INT(trail_len(trail), 1);
}

static void it_does_not_hold_up_a_cancel(void)
{
    struct sleeper s = {rig_gate(), rig_gate()};
    struct trail *trail = trail_begin();
    gofer_client *client = rig_client(&(gofer_client_options){
        .workers = 2, .check_redirect = sleep_in_check, .check_redirect_arg = &s});
    gofer_future *future = gofer_submit(client, trail_request("GET", trail, "/?code=302"));
    gofer_response *response = NULL;
    EXPECT(gate_wait(s.inside, 1));
    gofer_future_cancel(future);
    gofer_status status = gofer_future_wait_for(future, PATIENCE_MS, &response);
    struct outcome got = rig_outcome(status, response);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    gate_pass(s.go);
    gofer_future_free(future);
    /* The check has its argument until it is back. */
    rig_end_client(client);
}

/* --- between http and https --- */

static gofer_client *tls_client(bool allows)
{
    static gofer_tls_options tls;
    tls = (gofer_tls_options){.ca_pem = certs_pem("root")};
    return rig_client(&(gofer_client_options){.tls = &tls, .allow_https_to_http = allows});
}

static void https_does_not_lead_to_http(void)
{
    struct trail *plain = trail_begin_plain(), *secure = trail_begin_tls();
    trail_redirect(secure, "/", 302, trail_url(plain, "/"));
    struct outcome got = rig_call(tls_client(false), trail_request("GET", secure, "/"));
    rig_expect_error(&got, GOFER_ERR_REDIRECT);
    EXPECT_HOLDS(got.error->message, "from https to http");
    EXPECT_INT(gofer_response_status(got.response), 302);
    EXPECT_INT(trail_len(plain), 0);
}

static void unless_it_is_allowed(void)
{
    struct trail *plain = trail_begin_plain(), *secure = trail_begin_tls();
    gofer_request *request = trail_request("GET", secure, "/");
    trail_redirect(secure, "/", 302, trail_url(plain, "/"));
    gofer_request_set_header(request, "Authorization", "secret");
    struct outcome got = rig_call(tls_client(true), request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_LACKS(trail_head(plain, 1), "\r\nReferer: ");
    EXPECT_LACKS(trail_head(plain, 1), "\r\nAuthorization: ");
}

static void http_leads_to_https(void)
{
    struct trail *plain = trail_begin_plain(), *secure = trail_begin_tls();
    gofer_request *request = trail_request("GET", plain, "/");
    trail_redirect(plain, "/", 301, trail_url(secure, "/"));
    gofer_request_set_header(request, "Authorization", "secret");
    struct outcome got = rig_call(tls_client(false), request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT(gofer_response_tls_version(got.response) != NULL);
    EXPECT_HOLDS(trail_head(secure, 1), "\r\nReferer: http://");
    EXPECT_LACKS(trail_head(secure, 1), "\r\nAuthorization: ");
}

/* --- through proxies --- */

/* A trail that plays an HTTP proxy: its targets are URLs, http in any case. The last one goes to
 * the driver's kind of origin, past the proxy. */
static void a_proxys_credentials_stay_with_it(void)
{
    struct trail *proxy = trail_begin_plain(), *direct = trail_begin();
    char options_proxy[ORIGIN_URL_BYTES], resolve[64], there[ORIGIN_URL_BYTES];
    const char *const resolves[] = {resolve};
    snprintf(options_proxy, sizeof options_proxy, "http://user:sesame@127.0.0.1:%u",
             origin_port(proxy->origin));
    snprintf(resolve, sizeof resolve, "good.test:%u:127.0.0.1", origin_port(direct->origin));
    snprintf(there, sizeof there, "%s://good.test:%u/", rig_scheme(), origin_port(direct->origin));
    trail_redirect(proxy, "http://first.test/", 302, "http://second.test/");
    trail_redirect(proxy, "http://second.test/", 302, there);
    gofer_client *client = rig_client(&(gofer_client_options){
        .proxy = options_proxy, .no_proxy = "good.test", .resolve = resolves, .resolve_len = 1});
    gofer_request *request = rig_request_to("GET", "http://first.test/");
    gofer_request_set_header(request, "Authorization", "mine");
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(trail_head(proxy, 1), "\r\nProxy-Authorization: Basic dXNlcjpzZXNhbWU=\r\n");
    EXPECT_HOLDS(trail_head(proxy, 1), "\r\nAuthorization: mine\r\n");
    EXPECT_HOLDS(trail_head(proxy, 2), "\r\nProxy-Authorization: Basic dXNlcjpzZXNhbWU=\r\n");
    EXPECT_LACKS(trail_head(proxy, 2), "\r\nAuthorization: ");
    EXPECT_INT(trail_len(direct), 1);
    EXPECT_LACKS(trail_head(direct, 1), "Authorization");
}

/* A caller's own field for the first one's proxy is not the next one's. */
static void a_callers_proxy_field_is_dropped(void)
{
    struct trail *proxy = trail_begin_plain();
    char options_proxy[ORIGIN_URL_BYTES];
    snprintf(options_proxy, sizeof options_proxy, "http://127.0.0.1:%u",
             origin_port(proxy->origin));
    trail_redirect(proxy, "http://first.test/", 302, "http://second.test/");
    gofer_client *client = rig_client(&(gofer_client_options){.proxy = options_proxy});
    gofer_request *request = rig_request_to("GET", "http://first.test/");
    gofer_request_set_header(request, "Proxy-Authorization", "mine");
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(trail_head(proxy, 1), "\r\nProxy-Authorization: mine\r\n");
    EXPECT_LACKS(trail_head(proxy, 2), "Authorization");
}

CU_TestInfo redirect_check_tests[] = {
    {"G1 it sees every hop in order; RD-09 with the inherited fragment",
     it_sees_every_hop_in_order},
    {"G10 it sees what would be sent", it_sees_what_would_be_sent},
    {"G1 it may allow fifteen hops", it_may_allow_fifteen_hops},
    {"G4 it may use the redirect", it_may_use_the_redirect},
    {"G1 it may refuse it: the response and an error", it_may_refuse_it},
    {"it is not asked for what is not followed", it_is_not_asked_for_what_is_not_followed},
    {"its questions accept NULL", its_questions_accept_null},
    {"it does not hold up a deadline", it_does_not_hold_up_a_deadline},
    {"it does not hold up a cancel", it_does_not_hold_up_a_cancel},
    {"RD-03 https does not lead to http", https_does_not_lead_to_http},
    {"RD-03 unless it is allowed, G9 without Referer", unless_it_is_allowed},
    {"http leads to https, RD-04 without credentials", http_leads_to_https},
    {"RD-13 a proxy's credentials stay with it", a_proxys_credentials_stay_with_it},
    {"RD-13 RD-04 a caller's field for a proxy is dropped", a_callers_proxy_field_is_dropped},
    CU_TEST_INFO_NULL,
};
