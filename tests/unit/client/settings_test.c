/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * client/settings: defaults, ranges and copies. The defaults stand here a second
 * time on purpose: they are those of the documentation.
 */
#include "client/settings.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "client/core.h"
#include "unit/http/scarce.h"

extern CU_TestInfo settings_tests[];

struct row {
    const char *name;
    size_t offset;
    int64_t standard;
};

#define ROW(member, value)                                                                         \
    {                                                                                              \
#member, offsetof(gofer_client_options, member), value                                     \
    }

static const struct row rows[] = {
    ROW(timeout_ms, 30000),
    ROW(stall_timeout_ms, 30000),
    ROW(connect_timeout_ms, 30000),
    ROW(tls_handshake_timeout_ms, 10000),
    ROW(response_header_timeout_ms, GOFER_NEVER),
    ROW(idle_conn_timeout_ms, 90000),
    ROW(conn_max_age_ms, GOFER_NEVER),
    ROW(keepalive_ms, 15000),
    ROW(max_queued, 10000),
    ROW(max_idle_conns, 1000),
    ROW(max_idle_conns_per_host, 1000),
    ROW(max_conns_per_host, GOFER_NEVER),
    ROW(max_response_header_bytes, 256 * 1024),
    ROW(max_body_bytes, 64 * 1024 * 1024),
    ROW(fallback_delay_ms, 250),
    ROW(dns_cache_max_ttl_ms, 60000),
    ROW(dns_stale_ms, 0),
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static int64_t *number(gofer_client_options *options, const struct row *row)
{
    return (int64_t *)(void *)((char *)options + row->offset);
}

static struct core core;

static int resolve(const gofer_client_options *given)
{
    core = (struct core){.refs = 0};
    return settings_resolve(&core, given);
}

/* Whether the options are accepted; all is freed either way. */
static int outcome(const gofer_client_options *given)
{
    int err = resolve(given);
    settings_fini(&core);
    return err;
}

static void check_defaults(const gofer_client_options *given)
{
    CU_ASSERT_EQUAL(resolve(given), 0);
    for (int i = 0; i < ROWS; i++)
        CU_ASSERT_EQUAL(*number(&core.options, &rows[i]), rows[i].standard);
    CU_ASSERT(core.options.workers >= 2);
    CU_ASSERT_EQUAL(core.options.queue_full, GOFER_QUEUE_REJECT);
    CU_ASSERT_FALSE(core.options.disable_keep_alives);
    CU_ASSERT_FALSE(core.options.skip_checkout_check);
    CU_ASSERT_EQUAL(core.defaults.len, 0);
    CU_ASSERT_EQUAL(strncmp(core.user_agent, "gofer/", 6), 0);
    CU_ASSERT_STRING_EQUAL(core.user_agent + 6, gofer_version());
    settings_fini(&core);
}

static void zero_and_null_mean_the_defaults(void)
{
    check_defaults(NULL);
    check_defaults(&(gofer_client_options){0});
}

static void given_numbers_hold(void)
{
    for (int i = 0; i < ROWS; i++) {
        gofer_client_options o = {0};
        *number(&o, &rows[i]) = 7;
        CU_ASSERT_EQUAL(resolve(&o), 0);
        CU_ASSERT_EQUAL(*number(&core.options, &rows[i]), 7);
        settings_fini(&core);
        *number(&o, &rows[i]) = GOFER_NEVER;
        CU_ASSERT_EQUAL(resolve(&o), 0);
        CU_ASSERT_EQUAL(*number(&core.options, &rows[i]), GOFER_NEVER);
        settings_fini(&core);
    }
}

static void other_negatives_are_refused(void)
{
    static const int64_t bad[] = {-2, -1000, INT64_MIN};
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < 3; j++) {
            gofer_client_options o = {0};
            *number(&o, &rows[i]) = bad[j];
            CU_ASSERT_EQUAL(outcome(&o), EINVAL);
        }
}

static void the_idle_limit_of_a_host_follows_that_of_all(void)
{
    static const int64_t all[] = {5, GOFER_NEVER};
    for (int i = 0; i < 2; i++) {
        gofer_client_options o = {.max_idle_conns = all[i]};
        CU_ASSERT_EQUAL(resolve(&o), 0);
        CU_ASSERT_EQUAL(core.options.max_idle_conns_per_host, all[i]);
        settings_fini(&core);
    }
}

static void workers_have_a_range(void)
{
    static const struct {
        int given;
        int err;
        int resolved;
    } cases[] = {
        {1, 0, 1}, {1024, 0, 1024}, {GOFER_NO_WORKERS, 0, 0}, {1025, EINVAL, -1}, {-2, EINVAL, -1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gofer_client_options o = {.workers = cases[i].given};
        CU_ASSERT_EQUAL(resolve(&o), cases[i].err);
        if (cases[i].err == 0)
            CU_ASSERT_EQUAL(core.options.workers, cases[i].resolved);
        settings_fini(&core);
    }
}

static void the_queue_policy_is_one_of_two(void)
{
    CU_ASSERT_EQUAL(outcome(&(gofer_client_options){.queue_full = GOFER_QUEUE_BLOCK}), 0);
    CU_ASSERT_EQUAL(outcome(&(gofer_client_options){.queue_full = (gofer_queue_full)2}), EINVAL);
}

static void default_headers_are_copied(void)
{
    char name[] = "X-A", value[] = "b";
    gofer_header headers[] = {{name, value}, {"Accept", "text/html"}, {"X-A", "c"}};
    gofer_client_options o = {.headers = headers, .headers_len = 3};
    CU_ASSERT_EQUAL(resolve(&o), 0);
    memset(name, '!', 3);
    memset(value, '!', 1);
    CU_ASSERT_EQUAL(core.defaults.len, 3);
    CU_ASSERT_STRING_EQUAL(core.defaults.items[0].name, "X-A");
    CU_ASSERT_STRING_EQUAL(core.defaults.items[0].value, "b");
    CU_ASSERT_STRING_EQUAL(core.defaults.items[2].value, "c");
    settings_fini(&core);
}

static void bad_default_headers_are_refused(void)
{
    static const gofer_header bad[] = {
        {"X A", "b"}, {"", "b"},   {"X", "a\r\nB: c"}, {"Transfer-Encoding", "chunked"},
        {NULL, "b"},  {"X", NULL}, {"Host", "other"},  {"Content-Length", "3"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gofer_client_options o = {.headers = &bad[i], .headers_len = 1};
        CU_ASSERT_EQUAL(outcome(&o), EINVAL);
    }
    CU_ASSERT_EQUAL(outcome(&(gofer_client_options){.headers_len = 1}), EINVAL);
}

static void the_agent_is_copied_and_checked(void)
{
    char agent[] = "mine/1";
    CU_ASSERT_EQUAL(resolve(&(gofer_client_options){.user_agent = agent}), 0);
    agent[0] = '!';
    CU_ASSERT_STRING_EQUAL(core.user_agent, "mine/1");
    settings_fini(&core);
    CU_ASSERT_EQUAL(resolve(&(gofer_client_options){.user_agent = ""}), 0);
    CU_ASSERT_STRING_EQUAL(core.user_agent, "");
    settings_fini(&core);
    CU_ASSERT_EQUAL(outcome(&(gofer_client_options){.user_agent = "a\nb"}), EINVAL);
}

static void texts_about_names_are_checked(void)
{
    static const char *const servers[] = {"", "a.test", "192.0.2.1,", "192.0.2.1:0"};
    static const char *const bad[] = {"a.test:80", NULL};
    CU_ASSERT_EQUAL(outcome(&(gofer_client_options){.dns_servers = "192.0.2.1,[::1]:53"}), 0);
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++)
        CU_ASSERT_EQUAL(outcome(&(gofer_client_options){.dns_servers = servers[i]}), EINVAL);
    for (int i = 0; i < 2; i++) {
        const char *const *text = &bad[i];
        CU_ASSERT_EQUAL(outcome(&(gofer_client_options){.resolve = text, .resolve_len = 1}),
                        EINVAL);
        CU_ASSERT_EQUAL(outcome(&(gofer_client_options){.connect_to = text, .connect_to_len = 1}),
                        EINVAL);
    }
    CU_ASSERT_EQUAL(outcome(&(gofer_client_options){.resolve_len = 1}), EINVAL);
    CU_ASSERT_EQUAL(outcome(&(gofer_client_options){.connect_to_len = 1}), EINVAL);
}

static void a_refused_option_is_told(void)
{
    static const char *const texts[] = {"a.test:80:192.0.2.1:8080", "a.test:80"};
    static const char *const overrides[] = {"a.test:80:192.0.2.1", "b.test:80:c.test"};
    static const gofer_header headers[] = {{"X-A", "b"}, {"X A", "b"}};
    const struct {
        gofer_client_options options;
        const char *option, *why;
        unsigned index;
    } refused[] = {
        {{.timeout_ms = -2}, "timeout_ms", "it is negative, and not GOFER_NEVER", 0},
        {{.workers = -7}, "workers", "more than 1,024, or negative", 0},
        {{.proxy = "gopher://u:secret@h"}, "proxy", "unsupported proxy scheme \"gopher\"", 0},
        {{.proxy = "http://u:secret@h:x"}, "proxy", "invalid port behind host \"h\"", 0},
        {{.proxy = "h:1/path"}, "proxy", "text behind the address in proxy URL", 0},
        {{.proxy = "h", .proxy_user = "a:b"}, "proxy_user", "encoded ':' in proxy user", 0},
        {{.proxy_password = "secret"}, "proxy_password", "it is without a proxy_user", 0},
        {{.headers = headers, .headers_len = 2}, "headers", "invalid header field name \"X A\"", 1},
        {{.connect_headers = headers, .connect_headers_len = 2},
         "connect_headers",
         "invalid header field name \"X A\"",
         1},
        {{.connect_to = texts, .connect_to_len = 2},
         "connect_to",
         "it is not \"host:port:other_host:other_port\"",
         1},
        {{.resolve = overrides, .resolve_len = 2},
         "resolve",
         "it is not \"host:port:address[,address]...\"",
         1},
        {{.local_address = "here"}, "local_address", "it is no numeric address", 0},
        {{.local_port_last = 80}, "local_port_last", "no port is between the two", 0},
        {{.local_port = 81, .local_port_last = 80},
         "local_port_last",
         "no port is between the two",
         0},
        {{.interface = ""}, "interface", "no interface has such a name", 0},
        {{.tls = &(gofer_tls_options){.pins = "x"}},
         "tls.pins",
         "no list of \"sha256//BASE64\" with semicolons between them",
         0},
        {{.proxy_tls = &(gofer_tls_options){.key_file = "x"}},
         "proxy_tls.key_file",
         "a key without a certificate",
         0},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        gofer_option_error told = {.option = "earlier"};
        gofer_client_options o = refused[i].options;
        CU_ASSERT_EQUAL(outcome(&o), EINVAL);
        o.option_error = &told;
        CU_ASSERT_EQUAL(outcome(&o), EINVAL);
        CU_ASSERT_STRING_EQUAL(told.option, refused[i].option);
        CU_ASSERT_STRING_EQUAL(told.why, refused[i].why);
        CU_ASSERT_EQUAL(told.index, refused[i].index);
    }
}

static void an_option_that_holds_clears_the_error(void)
{
    gofer_option_error told = {.option = "earlier", .why = "long ago", .index = 3};
    CU_ASSERT_EQUAL(outcome(&(gofer_client_options){.option_error = &told}), 0);
    CU_ASSERT_STRING_EQUAL(told.option, "");
    CU_ASSERT_STRING_EQUAL(told.why, "");
    CU_ASSERT_EQUAL(told.index, 0);
}

static gofer_status scarce_settings(void)
{
    static const char *const resolve[] = {"a.test:80:192.0.2.1"};
    static const char *const connect_to[] = {"a.test:80:b.test:81"};
    gofer_header headers[] = {{"X-A", "b"}, {"X-B", "c"}};
    gofer_client_options o = {.headers = headers,
                              .headers_len = 2,
                              .user_agent = "mine",
                              .resolve = resolve,
                              .resolve_len = 1,
                              .connect_to = connect_to,
                              .connect_to_len = 1};
    switch (outcome(&o)) {
    case 0:
        return GOFER_OK;
    case ENOMEM:
        return GOFER_ERR_NOMEM;
    default:
        return GOFER_ERR_SYSTEM;
    }
}

static void out_of_memory_is_enomem(void)
{
    scarce_run(scarce_settings);
}

CU_TestInfo settings_tests[] = {
    {"0 and NULL mean the defaults", zero_and_null_mean_the_defaults},
    {"given numbers and GOFER_NEVER hold", given_numbers_hold},
    {"RES-07 other negatives are refused", other_negatives_are_refused},
    {"the idle limit of a host follows that of all", the_idle_limit_of_a_host_follows_that_of_all},
    {"workers have a range", workers_have_a_range},
    {"the queue policy is one of two", the_queue_policy_is_one_of_two},
    {"default headers are copied", default_headers_are_copied},
    {"bad default headers are refused", bad_default_headers_are_refused},
    {"the agent is copied and checked", the_agent_is_copied_and_checked},
    {"texts about names are checked", texts_about_names_are_checked},
    {"a refused option is told", a_refused_option_is_told},
    {"an option that holds clears the error", an_option_that_holds_clears_the_error},
    {"out of memory is ENOMEM", out_of_memory_is_enomem},
    CU_TEST_INFO_NULL,
};
