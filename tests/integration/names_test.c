/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From a name in a URL to a connection: DNS servers, what a client's options say
 * in their place, and what a call sees of all that.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "support/dns_server.h"
#include "support/dnsmasq.h"

extern CU_TestInfo names_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* A scripted server and a client that asks it. */
struct scene {
    struct dns_server *dns;
    struct origin *origin;
    gofer_client *client;
};

static struct scene begin(gofer_client_options options)
{
    struct scene s = {.dns = dns_server_start(), .origin = rig_script(hello)};
    options.dns_servers = dns_server_address(s.dns);
    s.client = rig_client(&options);
    return s;
}

static void end(struct scene *s)
{
    rig_end_client(s->client);
    dns_server_stop(s->dns);
}

/* The URL of a host on the origin's port. */
static const char *url_of(const struct origin *origin, const char *host, char *buf)
{
    snprintf(buf, ORIGIN_URL_BYTES, "http://%s:%u/", host, origin_port(origin));
    return buf;
}

static struct outcome get(gofer_client *client, const struct origin *origin, const char *host)
{
    char url[ORIGIN_URL_BYTES];
    return rig_get_url(client, url_of(origin, host, url));
}

static void expect_hello(gofer_client *client, const struct origin *origin, const char *host)
{
    struct outcome got = get(client, origin, host);
    rig_expect_answer(&got, 200, "hello");
}

/* --- servers --- */

static void a_name_is_looked_up_and_connected_to(void)
{
    struct scene s = begin((gofer_client_options){0});
    char host[64];

    dns_server_add(s.dns, "web.test", "127.0.0.1", 60);
    expect_hello(s.client, s.origin, "web.test");
    snprintf(host, sizeof host, "\r\nHost: web.test:%u\r\n", origin_port(s.origin));
    EXPECT_HOLDS(origin_last_head(s.origin), host);
    expect_hello(s.client, s.origin, "localhost");
    EXPECT_INT(dns_server_asked(s.dns, "localhost"), 0);
    end(&s);
}

static void a_dead_address_does_not_hide_the_live_one(void)
{
    struct scene s = begin((gofer_client_options){0});

    dns_server_add(s.dns, "web.test", "::1", 60); /* nobody listens there */
    dns_server_add(s.dns, "web.test", "127.0.0.1", 60);
    expect_hello(s.client, s.origin, "web.test");
    end(&s);
}

/* One family's answer never comes; the lookup as a whole would last longer than the dial may. */
static void the_dial_does_not_wait_for_the_other_family(void)
{
    static const unsigned held[] = {DNS_AAAA, DNS_A};

    for (int i = 0; i < 2; i++) {
        struct scene s = begin((gofer_client_options){.connect_timeout_ms = 10000});
        dns_server_add(s.dns, "web.test", "127.0.0.1", 60);
        dns_server_add(s.dns, "web.test", "::ffff:127.0.0.1", 60);
        dns_server_rule(s.dns, "web.test", held[i], DNS_RULE_HOLD);
        expect_hello(s.client, s.origin, "web.test");
        EXPECT(dns_server_wait_type(s.dns, "web.test", held[i], 1));
        end(&s);
    }
}

static void only_the_family_asked_for_is_looked_up(void)
{
    struct scene s = begin((gofer_client_options){.address_family = GOFER_IPV4});

    dns_server_add(s.dns, "web.test", "127.0.0.1", 60);
    dns_server_add(s.dns, "six.test", "::1", 60);
    expect_hello(s.client, s.origin, "web.test");
    EXPECT_INT(dns_server_asked_type(s.dns, "web.test", DNS_AAAA), 0);
    struct outcome got = get(s.client, s.origin, "six.test");
    rig_expect_error(&got, GOFER_ERR_RESOLVE);
    EXPECT_HOLDS(got.error->message, "no such host, or of another family");
    end(&s);
}

static void a_failed_lookup_is_an_error_with_its_reason(void)
{
    static const struct {
        enum dns_rule rule;
        const char *words;
    } rows[] = {{DNS_RULE_NX, "no such host"},
                {DNS_RULE_NODATA, "no such host"},
                {DNS_RULE_SERVFAIL, "the DNS server failed"},
                {DNS_RULE_REFUSED, "the DNS server refused"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene s = begin((gofer_client_options){0});
        dns_server_rule(s.dns, NULL, 0, rows[i].rule);
        struct outcome got = get(s.client, s.origin, "web.test");
        rig_expect_error(&got, GOFER_ERR_RESOLVE);
        EXPECT_INT(got.error->phase, GOFER_PHASE_RESOLVE);
        EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
        EXPECT_HOLDS(got.error->message, "lookup of web.test: ");
        EXPECT_HOLDS(got.error->message, rows[i].words);
        end(&s);
    }
}

static void the_deadline_holds_while_a_server_is_silent(void)
{
    struct scene s = begin((gofer_client_options){0});
    char url[ORIGIN_URL_BYTES];
    gofer_request *request = rig_request_to("GET", url_of(s.origin, "web.test", url));

    dns_server_rule(s.dns, NULL, 0, DNS_RULE_SILENT);
    rig_limited_call(s.client, request, GOFER_PHASE_RESOLVE);
    end(&s);
}

static gofer_future *submit(struct scene *s, const char *host)
{
    char url[ORIGIN_URL_BYTES];
    return gofer_submit_get(s->client, url_of(s->origin, host, url));
}

static void one_callers_cancel_leaves_the_others(void)
{
    struct scene s = begin((gofer_client_options){.workers = 2});

    dns_server_add(s.dns, "web.test", "127.0.0.1", 60);
    dns_server_rule(s.dns, "web.test", 0, DNS_RULE_HOLD);
    gofer_future *leaves = submit(&s, "web.test"), *stays = submit(&s, "web.test");
    EXPECT(dns_server_wait_asked(s.dns, "web.test", 1));
    gofer_future_cancel(leaves);
    EXPECT_STATUS(gofer_future_wait_for(leaves, -1, NULL), GOFER_ERR_CANCELED);
    dns_server_release(s.dns);
    EXPECT_STATUS(gofer_future_wait_for(stays, -1, NULL), GOFER_OK);
    EXPECT_INT(dns_server_asked(s.dns, "web.test"), 1);
    gofer_future_free(leaves);
    gofer_future_free(stays);
    end(&s);
}

static void a_thousand_calls_of_a_name_are_one_question(void)
{
    enum { MANY = 1000 };
    static gofer_future *futures[MANY];
    struct scene s = begin((gofer_client_options){.workers = 2, .max_conns_per_host = 50});

    dns_server_add(s.dns, "web.test", "127.0.0.1", 60);
    dns_server_rule(s.dns, "web.test", 0, DNS_RULE_HOLD);
    for (int i = 0; i < MANY; i++)
        futures[i] = submit(&s, i % 2 == 0 ? "web.test" : "WEB.test");
    EXPECT(dns_server_wait_asked(s.dns, "web.test", 1));
    EXPECT(rig_wait_dialing(s.client, 50));
    dns_server_release(s.dns);
    for (int i = 0; i < MANY; i++) {
        EXPECT_STATUS(gofer_future_wait_for(futures[i], -1, NULL), GOFER_OK);
        gofer_future_free(futures[i]);
    }
    EXPECT_INT(dns_server_asked(s.dns, "web.test"), 1);
    end(&s);
}

static void answers_are_kept_between_connections(void)
{
    struct scene s = begin((gofer_client_options){.disable_keep_alives = true});

    dns_server_add(s.dns, "web.test", "127.0.0.1", 60);
    for (int i = 0; i < 5; i++)
        expect_hello(s.client, s.origin, "web.test");
    EXPECT_INT(dns_server_asked(s.dns, "web.test"), 1);
    EXPECT_INT(origin_count(s.origin, ORIGIN_ACCEPTED), 5);
    end(&s);
}

/* Answers are over after a millisecond here, the servers answer nothing from the second question
 * on. */
static void an_outage_is_survived(void)
{
    struct scene s = begin((gofer_client_options){
        .disable_keep_alives = true, .dns_cache_max_ttl_ms = 1, .dns_stale_ms = GOFER_NEVER});

    dns_server_add(s.dns, "web.test", "127.0.0.1", 60);
    expect_hello(s.client, s.origin, "web.test");
    dns_server_rule(s.dns, NULL, 0, DNS_RULE_SILENT);
    pass_ms(5);
    for (int i = 0; i < 5; i++)
        expect_hello(s.client, s.origin, "web.test");
    EXPECT(dns_server_wait_asked(s.dns, "web.test", 2));
    end(&s);
}

/* --- names that change --- */

/* Lets only the origin's own address through, which stands for the public internet here. */
static bool as_public(const gofer_address *address, void *arg)
{
    const struct sockaddr_in *in = (const void *)address->addr;
    bool origin = in->sin_family == AF_INET && in->sin_addr.s_addr == htonl(INADDR_LOOPBACK);

    return origin || gofer_deny_private(address, arg);
}

static int count_socket(int fd, const gofer_address *address, void *arg)
{
    (void)fd;
    (void)address;
    atomic_fetch_add((atomic_uint *)arg, 1);
    return 0;
}

/* DNS rebinding: good at the first lookup, within at the next. */
static void a_name_that_changes_leads_nowhere(void)
{
    static const char *const within[] = {"169.254.169.254",        "10.0.0.1", "127.0.0.2", "::1",
                                         "::ffff:169.254.169.254", "fd00::1",  "0.0.0.0"};
    atomic_uint sockets = 0;
    struct scene s = begin((gofer_client_options){.disable_keep_alives = true,
                                                  .dns_cache_max_ttl_ms = 1,
                                                  .address_filter = as_public,
                                                  .socket_opened = count_socket,
                                                  .socket_opened_arg = &sockets});

    dns_server_add(s.dns, "web.test", "127.0.0.1", 60);
    expect_hello(s.client, s.origin, "web.test");
    EXPECT_INT(atomic_load(&sockets), 1);
    for (size_t i = 0; i < sizeof within / sizeof *within; i++) {
        dns_server_clear(s.dns);
        dns_server_add(s.dns, "web.test", within[i], 60);
        pass_ms(5); /* what was known is over */
        struct outcome got = get(s.client, s.origin, "web.test");
        rig_expect_error(&got, GOFER_ERR_CONNECT);
        EXPECT_HOLDS(got.error->message, "denied by the address filter");
    }
    EXPECT_INT(atomic_load(&sockets), 1);
    EXPECT_INT(origin_count(s.origin, ORIGIN_ACCEPTED), 1);
    end(&s);
}

static void a_real_server_answers(void)
{
    struct dnsmasq *dnsmasq = dnsmasq_start();

    if (dnsmasq == NULL) {
        printf("skipped: no dnsmasq ");
        return;
    }
    gofer_client *client =
        rig_client(&(gofer_client_options){.dns_servers = dnsmasq_address(dnsmasq)});
    struct outcome got = rig_get_url(client, "http://nx.test/");
    rig_expect_error(&got, GOFER_ERR_RESOLVE);
    EXPECT_HOLDS(got.error->message, "no such host");
    rig_end_client(client);
    dnsmasq_stop(dnsmasq);
}

/* --- what options say instead --- */

static void resolve_names_the_addresses(void)
{
    struct origin *origin = rig_script(hello);
    char one[64], all[64];

    snprintf(one, sizeof one, "web.test:%u:127.0.0.1", origin_port(origin));
    snprintf(all, sizeof all, "*:%u:[::1],127.0.0.1", origin_port(origin));
    const char *const texts[] = {one, all};
    gofer_client *client = rig_client(
        &(gofer_client_options){.resolve = texts, .resolve_len = 2, .dns_servers = "127.0.0.1:1"});
    expect_hello(client, origin, "web.test");
    expect_hello(client, origin, "any.test");
    struct outcome got = rig_get_url(client, "http://web.test:1/");
    rig_expect_error(&got, GOFER_ERR_RESOLVE);
}

static void connect_to_changes_where_and_nothing_else(void)
{
    struct origin *origin = rig_script(hello);
    char text[64];

    snprintf(text, sizeof text, ":80:127.0.0.1:%u", origin_port(origin));
    const char *const texts[] = {text};
    gofer_client *client =
        rig_client(&(gofer_client_options){.connect_to = texts, .connect_to_len = 1});
    struct outcome got = rig_get_url(client, "http://one.test/");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(origin_last_head(origin), "\r\nHost: one.test\r\n");
    /* The same place, another origin: no shared connection. */
    got = rig_get_url(client, "http://other.test/");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(origin_last_head(origin), "\r\nHost: other.test\r\n");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
    got = rig_get_url(client, "http://one.test/");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
}

static void connect_to_may_name_a_host_that_is_looked_up(void)
{
    struct origin *origin = rig_script(hello);
    char to[64], addr[64];

    snprintf(to, sizeof to, "one.test:80:web.test:%u", origin_port(origin));
    snprintf(addr, sizeof addr, "web.test:%u:127.0.0.1", origin_port(origin));
    const char *const tos[] = {to}, *const addrs[] = {addr};
    gofer_client *client = rig_client(&(gofer_client_options){
        .connect_to = tos, .connect_to_len = 1, .resolve = addrs, .resolve_len = 1});
    struct outcome got = rig_get_url(client, "http://one.test/");
    rig_expect_answer(&got, 200, "hello");
}

/* --- the program's own resolver --- */

struct hook {
    struct gate *called;
    struct gate *closed;
    gofer_client *client; /* to call from inside */
    gofer_status inside;
    gofer_lookup *_Atomic held;
};

/* "now..." is 127.0.0.1 at once, "no..." does not exist, "later..." is kept for the test. */
static void resolve(gofer_lookup *lookup, void *arg)
{
    struct hook *hook = arg;
    const char *host = gofer_lookup_host(lookup);

    if (hook->client != NULL)
        hook->inside = gofer_get(hook->client, "http://127.0.0.1:1/", NULL);
    if (strncmp(host, "later", 5) == 0) {
        hook->held = lookup;
    } else {
        if (strncmp(host, "now", 3) == 0)
            gofer_lookup_add(lookup, "127.0.0.1");
        gofer_lookup_done(lookup, 0);
    }
    gate_pass(hook->called);
}

static void close_hook(void *arg)
{
    struct hook *hook = arg;
    gate_pass(hook->closed);
}

static gofer_client_options with(struct hook *hook)
{
    *hook = (struct hook){.called = rig_gate(), .closed = rig_gate()};
    return (gofer_client_options){
        .resolver = resolve, .resolver_arg = hook, .resolver_close = close_hook};
}

static void a_resolver_answers_instead_of_the_dns(void)
{
    struct origin *origin = rig_script(hello);
    struct hook hook;
    gofer_client_options options = with(&hook);
    gofer_client *client = rig_client(&options);

    expect_hello(client, origin, "now.test");
    struct outcome got = get(client, origin, "no.test");
    rig_expect_error(&got, GOFER_ERR_RESOLVE);
    EXPECT_HOLDS(got.error->message, "no such host");
    EXPECT_INT(gate_passes(hook.called), 2);
    rig_end_client(client);
    EXPECT_INT(gate_passes(hook.closed), 1);
}

static void *answer(void *arg)
{
    struct hook *hook = arg;
    if (!gate_wait(hook->called, 1))
        return NULL;
    gofer_lookup_add(hook->held, "127.0.0.1");
    gofer_lookup_done(hook->held, 1000);
    return NULL;
}

static void a_resolver_may_answer_from_another_thread(void)
{
    struct origin *origin = rig_script(hello);
    struct hook hook;
    gofer_client_options options = with(&hook);
    gofer_client *client = rig_client(&options);
    pthread_t thread;

    REQUIRE(pthread_create(&thread, NULL, answer, &hook) == 0);
    expect_hello(client, origin, "later.test");
    pthread_join(thread, NULL);
    rig_end_client(client);
}

static void a_lookup_may_outlive_its_client(void)
{
    struct origin *origin = rig_script(hello);
    struct hook hook;
    gofer_client_options options = with(&hook);
    gofer_client *client = rig_client(&options);
    gofer_cancel *token = gofer_cancel_new();
    char url[ORIGIN_URL_BYTES];
    gofer_request *request = rig_request_to("GET", url_of(origin, "later.test", url));
    struct caller caller;

    gofer_request_set_cancel(request, token);
    caller_start(&caller, client, request);
    EXPECT(gate_wait(hook.called, 1));
    gofer_cancel_fire(token);
    gofer_cancel_free(token);
    struct outcome got = caller_join(&caller);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    EXPECT_INT(got.error->phase, GOFER_PHASE_RESOLVE);
    rig_end_client(client);
    EXPECT_INT(gate_passes(hook.closed), 0);
    gofer_lookup_fail(hook.held);
    EXPECT_INT(gate_passes(hook.closed), 1);
}

static void a_resolver_must_not_block_on_its_client(void)
{
    struct origin *origin = rig_script(hello);
    struct hook hook;
    gofer_client_options options = with(&hook);
    gofer_client *client = rig_client(&options);

    hook.client = client;
    expect_hello(client, origin, "now.test");
    EXPECT_STATUS(hook.inside, GOFER_ERR_INVALID);
    rig_end_client(client);
}

static void a_client_that_is_not_made_closes_nothing(void)
{
    struct hook hook;
    gofer_client_options options = with(&hook);

    options.dns_servers = "nobody";
    errno = 0;
    EXPECT(gofer_client_new(&options) == NULL);
    EXPECT_INT(errno, EINVAL);
    EXPECT_INT(gate_passes(hook.closed), 0);
}

CU_TestInfo names_tests[] = {
    {"a name is looked up and connected to", a_name_is_looked_up_and_connected_to},
    {"a dead address does not hide the live one", a_dead_address_does_not_hide_the_live_one},
    {"DNS-06 the dial does not wait for the other family",
     the_dial_does_not_wait_for_the_other_family},
    {"only the family asked for is looked up", only_the_family_asked_for_is_looked_up},
    {"DNS-01 L22 a failed lookup is an error with its reason",
     a_failed_lookup_is_an_error_with_its_reason},
    {"DNS-02 the deadline holds while a server is silent",
     the_deadline_holds_while_a_server_is_silent},
    {"L21 one caller's cancel leaves the others", one_callers_cancel_leaves_the_others},
    {"DNS-12 a thousand calls of a name are one question",
     a_thousand_calls_of_a_name_are_one_question},
    {"answers are kept between connections", answers_are_kept_between_connections},
    {"DNS-01 an outage is survived", an_outage_is_survived},
    {"DNS-10 a name that changes leads nowhere", a_name_that_changes_leads_nowhere},
    {"DNS-01 a real server answers", a_real_server_answers},
    {"resolve names the addresses", resolve_names_the_addresses},
    {"connect_to changes where, and nothing else", connect_to_changes_where_and_nothing_else},
    {"connect_to may name a host that is looked up", connect_to_may_name_a_host_that_is_looked_up},
    {"a resolver answers instead of the DNS", a_resolver_answers_instead_of_the_dns},
    {"a resolver may answer from another thread", a_resolver_may_answer_from_another_thread},
    {"DNS-02 a lookup may outlive its client", a_lookup_may_outlive_its_client},
    {"a resolver must not block on its client", a_resolver_must_not_block_on_its_client},
    {"a client that is not made closes nothing", a_client_that_is_not_made_closes_nothing},
    CU_TEST_INFO_NULL,
};
