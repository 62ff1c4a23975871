/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The handshakes of http/connect_head and net/socks against servers: the tests'
 * own proxy with each of its misbehaviours, tinyproxy and microsocks. A plain
 * blocking socket stands for the dial.
 */
#include <CUnit/CUnit.h>

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "http/connect_head.h"
#include "http/proxy.h"
#include "http/request_head.h"
#include "net/socks.h"
#include "tests/support/proxy.h"
#include "tests/support/real_proxy.h"
#include "tests/support/relay.h"
#include "tests/support/script.h"
#include "tests/unit/http/expect.h"

extern CU_TestInfo proxy_talk_tests[];

#define LENGTH(rows) (sizeof(rows) / sizeof *(rows))
#define STALLED "stalled"
#define OPEN NULL

static const struct route routes[] = {{.reply = REPLY_HELLO}};

/* A proxy, an origin behind it and a connection to the proxy. */
struct scene {
    struct origin *origin;
    int fd;
    char words[FAULT_DETAIL_BYTES]; /* of a failed handshake, or STALLED; "" : the tunnel is open */
};

static void be_patient_for(struct scene *scene, int ms)
{
    struct timeval time = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    setsockopt(scene->fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

static void begin(struct scene *scene, uint16_t proxy_port)
{
    scene->words[0] = '\0';
    scene->origin = origin_start(script_serve, (void *)routes);
    scene->fd = relay_connect(proxy_port);
    CU_ASSERT_FATAL(scene->fd >= 0);
    be_patient_for(scene, PATIENCE_MS);
}

/* Where an answer must not come, waiting for it is short. */
static void begin_for(struct scene *scene, uint16_t proxy_port, const char *words)
{
    begin(scene, proxy_port);
    if (words != OPEN && strcmp(words, STALLED) == 0)
        be_patient_for(scene, 50);
}

static void end(struct scene *scene)
{
    close(scene->fd);
    origin_stop(scene->origin);
}

/* Reads in blocks but takes only what belongs to the answer. */
static void read_reply(struct scene *scene)
{
    struct connect_reply reply;
    struct fault fault = {0};
    char block[1000];
    size_t used;
    connect_reply_init(&reply);
    while (reply.state == CONNECT_READING) {
        ssize_t n = recv(scene->fd, block, sizeof block, MSG_PEEK);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            connect_reply_eof(&reply, &fault);
        else if (n < 0)
            strcpy(fault.detail, STALLED);
        if (n <= 0)
            break;
        connect_reply_feed(&reply, block, (size_t)n, &used, &fault);
        CU_ASSERT_EQUAL(recv(scene->fd, block, used, MSG_WAITALL), (ssize_t)used);
    }
    strcpy(scene->words, fault.detail);
    connect_reply_fini(&reply);
}

static void connect_to(struct scene *scene, const char *host, const char *setting)
{
    struct proxy proxy;
    struct buf why = BUF_INIT, authorization = BUF_INIT, head = BUF_INIT;
    CU_ASSERT_EQUAL_FATAL(proxy_parse(setting, &proxy, &why), GOFER_OK);
    proxy_write_basic(&proxy, &authorization);
    bool known = authorization.len > 0;
    buf_append_char(&authorization, '\0');
    struct connect_parts parts = {.host = host,
                                  .port = origin_port(scene->origin),
                                  .user_agent = "gofer/test",
                                  .authorization = known ? authorization.data : NULL};
    connect_write_head(&parts, &head);
    CU_ASSERT(relay_send(scene->fd, head.data, head.len));
    read_reply(scene);
    proxy_fini(&proxy);
    buf_fini(&authorization);
    buf_fini(&head);
    buf_fini(&why);
}

static void socks_to(struct scene *scene, struct socks_request request)
{
    struct socks socks;
    struct fault fault = {0};
    char block[SOCKS_IN_MAX];
    const void *data;
    size_t len, used;
    request.port = origin_port(scene->origin);
    CU_ASSERT_FATAL(socks_begin(&socks, &request, &fault));
    while (socks.state < SOCKS_OPEN) {
        while ((len = socks_to_send(&socks, &data)) > 0) {
            CU_ASSERT(relay_send(scene->fd, data, len));
            socks_sent(&socks, len);
        }
        ssize_t n = recv(scene->fd, block, socks_to_read(&socks), 0);
        if (n > 0)
            socks_feed(&socks, block, (size_t)n, &used, &fault);
        else if (n == 0 || errno == ECONNRESET)
            socks_eof(&socks, &fault);
        else
            break;
    }
    if (socks.state < SOCKS_OPEN)
        strcpy(fault.detail, STALLED);
    strcpy(scene->words, fault.detail);
}

/* Reads exactly that text. */
static void expect_read(int fd, const char *want)
{
    char got[512] = "";
    size_t len = strlen(want), at = 0;
    CU_ASSERT_FATAL(len < sizeof got);
    for (ssize_t n; at < len && (n = recv(fd, got + at, len - at, 0)) > 0;)
        at += (size_t)n;
    EXPECT(at == len && memcmp(got, want, len) == 0, got);
}

static void expect_tunnel(struct scene *scene)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT(scene->words[0] == '\0', scene->words);
    if (scene->words[0] != '\0')
        return;
    for (int i = 0; i < 2; i++) {
        CU_ASSERT(relay_send(scene->fd, request, sizeof request - 1));
        expect_read(scene->fd, REPLY_HELLO);
    }
    CU_ASSERT_EQUAL(strcmp(origin_last_head(scene->origin), request), 0);
}

static void connect_through_the_scripted_proxy(void)
{
    struct test_proxy *proxy = test_proxy_start(
        &(struct test_proxy_script){.kind = TEST_PROXY_HTTP, .authorization = "Basic dXM6cHc="});
    struct test_proxy_seen seen;
    struct scene scene;
    char want[256];
    begin(&scene, test_proxy_port(proxy));
    connect_to(&scene, "name.test", "http://us:pw@proxy");
    expect_tunnel(&scene);
    test_proxy_look(proxy, &seen);
    snprintf(want, sizeof want,
             "CONNECT name.test:%u HTTP/1.1\r\nHost: name.test:%u\r\n"
             "Proxy-Authorization: Basic dXM6cHc=\r\nUser-Agent: gofer/test\r\n\r\n",
             origin_port(scene.origin), origin_port(scene.origin));
    EXPECT(strcmp(seen.head, want) == 0, seen.head);
    EXPECT(strcmp(seen.host, "name.test") == 0, seen.host);
    CU_ASSERT(seen.questions == 1 && seen.tunnels == 1 && seen.fetches == 0);
    end(&scene);
    begin(&scene, test_proxy_port(proxy));
    connect_to(&scene, "::1", "http://us:no@proxy");
    EXPECT(strcmp(scene.words, "proxy refused CONNECT: 407 Proxy Authentication Required") == 0,
           scene.words);
    test_proxy_look(proxy, &seen);
    EXPECT(strcmp(seen.host, "::1") == 0, seen.host);
    CU_ASSERT(seen.questions == 2 && seen.tunnels == 1);
    end(&scene);
    CU_ASSERT(test_proxy_wait_open(proxy, 0));
    test_proxy_stop(proxy);
}

/* Nobody listens at the far end. */
static void a_far_end_that_is_not_there(void)
{
    struct test_proxy *http =
        test_proxy_start(&(struct test_proxy_script){.kind = TEST_PROXY_HTTP});
    struct test_proxy *socks =
        test_proxy_start(&(struct test_proxy_script){.kind = TEST_PROXY_SOCKS});
    struct scene scene;
    char answer[2];
    begin(&scene, test_proxy_port(http));
    CU_ASSERT(relay_send(scene.fd, "CONNECT a:1 HTTP/1.1\r\n\r\n", 24));
    read_reply(&scene);
    EXPECT(strcmp(scene.words, "proxy refused CONNECT: 403 Filtered") == 0, scene.words);
    end(&scene);
    begin(&scene, test_proxy_port(socks));
    CU_ASSERT(relay_send(scene.fd, "\x04\x01\x00\x01\x7f\x00\x00\x01\x00", 9));
    CU_ASSERT_EQUAL(recv(scene.fd, answer, 2, MSG_WAITALL), 2);
    CU_ASSERT_EQUAL(memcmp(answer, "\x00\x5b", 2), 0);
    end(&scene);
    test_proxy_stop(http);
    test_proxy_stop(socks);
}

/* What each misbehaviour comes to; NULL: the tunnel opens. The others are test_proxy_words[]. */
static const struct test_proxy_words misbehaviours[] = {
    {PROXY_FAULT_NONE, OPEN, OPEN, OPEN},
    {PROXY_FAULT_SLOW, OPEN, OPEN, OPEN},
    {PROXY_FAULT_LENGTHS, OPEN, OPEN, OPEN},
    {PROXY_FAULT_STALL, STALLED, STALLED, STALLED},
    {PROXY_FAULT_HALF, STALLED, STALLED, STALLED},
    {PROXY_FAULT_RESET, "proxy's answer to CONNECT: none, the connection was closed",
     "SOCKS5 proxy: closed the connection during the handshake",
     "SOCKS4 proxy: closed the connection during the handshake"},
};

static size_t misbehaviours_len(void)
{
    return LENGTH(misbehaviours) + test_proxy_words_len;
}

static const struct test_proxy_words *misbehaviour(size_t i)
{
    return i < LENGTH(misbehaviours) ? &misbehaviours[i]
                                     : &test_proxy_words[i - LENGTH(misbehaviours)];
}

static void expect_words(struct scene *scene, const char *words)
{
    if (words == OPEN)
        expect_tunnel(scene);
    else
        EXPECT(strcmp(scene->words, words) == 0, scene->words);
}

static void connect_and_misbehaviours(void)
{
    struct test_proxy *proxy =
        test_proxy_start(&(struct test_proxy_script){.kind = TEST_PROXY_HTTP});
    for (size_t i = 0; i < misbehaviours_len(); i++) {
        const struct test_proxy_words *row = misbehaviour(i);
        struct scene scene;
        test_proxy_misbehave(proxy, row->fault);
        begin_for(&scene, test_proxy_port(proxy), row->http);
        connect_to(&scene, "a.test", "proxy");
        expect_words(&scene, row->http);
        end(&scene);
        CU_ASSERT(test_proxy_wait_open(proxy, 0));
    }
    test_proxy_stop(proxy);
}

static void socks_and_misbehaviours(void)
{
    struct test_proxy *proxy =
        test_proxy_start(&(struct test_proxy_script){.kind = TEST_PROXY_SOCKS});
    for (size_t i = 0; i < 2 * misbehaviours_len(); i++) {
        const struct test_proxy_words *row = misbehaviour(i / 2);
        struct scene scene;
        bool four = i % 2 == 1;
        const char *words = four ? row->socks4 : row->socks5;
        test_proxy_misbehave(proxy, row->fault);
        begin_for(&scene, test_proxy_port(proxy), words);
        socks_to(&scene,
                 (struct socks_request){.version = four ? SOCKS_4 : SOCKS_5, .host = "10.1.2.3"});
        expect_words(&scene, words);
        end(&scene);
        CU_ASSERT(test_proxy_wait_open(proxy, 0));
    }
    test_proxy_stop(proxy);
}

static void misbehaviour_at_the_greeting(void)
{
    static const struct {
        enum test_proxy_fault fault;
        const char *words;
    } rows[] = {
        {PROXY_FAULT_STALL, STALLED},
        {PROXY_FAULT_HALF, STALLED},
        {PROXY_FAULT_CLOSE, "SOCKS5 proxy: closed the connection during the handshake"},
        {PROXY_FAULT_REFUSE, "SOCKS5 proxy: wants a user and a password"},
        {PROXY_FAULT_GARBAGE, "SOCKS5 proxy: not one, it begins with 0x53"},
    };
    struct test_proxy *proxy =
        test_proxy_start(&(struct test_proxy_script){.kind = TEST_PROXY_SOCKS, .early = true});
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct scene scene;
        test_proxy_misbehave(proxy, rows[i].fault);
        begin_for(&scene, test_proxy_port(proxy), rows[i].words);
        socks_to(&scene, (struct socks_request){.version = SOCKS_5, .host = "a.test"});
        expect_words(&scene, rows[i].words);
        end(&scene);
    }
    test_proxy_stop(proxy);
}

static void stray_bytes_are_the_tunnels(void)
{
    static const enum test_proxy_kind kinds[] = {TEST_PROXY_HTTP, TEST_PROXY_SOCKS};
    for (size_t i = 0; i < LENGTH(kinds); i++) {
        struct test_proxy *proxy = test_proxy_start(
            &(struct test_proxy_script){.kind = kinds[i], .fault = PROXY_FAULT_STRAY});
        struct scene scene;
        begin(&scene, test_proxy_port(proxy));
        if (kinds[i] == TEST_PROXY_HTTP)
            connect_to(&scene, "a.test", "proxy");
        else
            socks_to(&scene, (struct socks_request){.version = SOCKS_5, .host = "a.test"});
        expect_read(scene.fd, "stray");
        expect_tunnel(&scene);
        end(&scene);
        test_proxy_stop(proxy);
    }
}

static void socks_through_the_scripted_proxy(void)
{
    static const struct {
        struct socks_request request;
        bool is_name;
        const char *words;
    } rows[] = {
        {{SOCKS_5, "name.test", 0, "us", "pw"}, true, OPEN},
        {{SOCKS_5, "10.1.2.3", 0, "us", "pw"}, false, OPEN},
        {{SOCKS_5, "2001:db8::1", 0, "us", "pw"}, false, OPEN},
        {{SOCKS_4A, "name.test", 0, "us", NULL}, true, OPEN},
        {{SOCKS_4A, "10.1.2.3", 0, "us", NULL}, false, OPEN},
        {{SOCKS_4, "10.1.2.3", 0, "us", NULL}, false, OPEN},
        {{SOCKS_4, "10.1.2.3", 0, "no", NULL}, false, "SOCKS4 proxy: refused or failed"},
        {{SOCKS_5, "", 0, "us", "no"}, false, "SOCKS5 proxy: refused the user or the password"},
        {{SOCKS_5, "", 0, NULL, NULL}, false, "SOCKS5 proxy: wants a user and a password"},
    };
    struct test_proxy *proxy = test_proxy_start(
        &(struct test_proxy_script){.kind = TEST_PROXY_SOCKS, .user = "us", .password = "pw"});
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct socks_request request = rows[i].request;
        struct test_proxy_seen seen;
        struct scene scene;
        bool asked = request.host[0] != '\0';
        begin(&scene, test_proxy_port(proxy));
        request.host = asked ? request.host : "never.test";
        socks_to(&scene, request);
        expect_words(&scene, rows[i].words);
        test_proxy_look(proxy, &seen);
        EXPECT(strcmp(seen.host, rows[i].request.host) == 0, seen.host);
        EXPECT(seen.port == (asked ? origin_port(scene.origin) : 0), request.host);
        EXPECT(seen.is_name == rows[i].is_name, request.host);
        EXPECT(strcmp(seen.user, request.user != NULL ? request.user : "") == 0, seen.user);
        EXPECT(strcmp(seen.password, request.password != NULL ? request.password : "") == 0,
               seen.password);
        end(&scene);
    }
    test_proxy_stop(proxy);
}

/* Sends a GET for the origin's URL in absolute form. */
static void ask_absolute(int fd, const struct origin *origin, const char *authorization, bool close)
{
    char text[ORIGIN_URL_BYTES];
    struct url url;
    struct headers none = HEADERS_INIT;
    struct buf head = BUF_INIT, why = BUF_INIT;
    CU_ASSERT_EQUAL_FATAL(url_parse(origin_url(origin, "/x?y", text), &url, &why), GOFER_OK);
    struct request_parts parts = {.method = "GET",
                                  .url = &url,
                                  .headers = &none,
                                  .close = close,
                                  .absolute = true,
                                  .proxy_authorization = authorization};
    request_write_head(&parts, &head);
    CU_ASSERT(relay_send(fd, head.data, head.len));
    buf_fini(&head);
    buf_fini(&why);
    url_fini(&url);
}

static void one_connection_fetches_from_two_origins(void)
{
    struct test_proxy *proxy = test_proxy_start(
        &(struct test_proxy_script){.kind = TEST_PROXY_HTTP, .authorization = "Basic dTpw"});
    struct origin *other = origin_start(script_serve, (void *)routes);
    struct test_proxy_seen seen;
    struct scene scene;
    begin(&scene, test_proxy_port(proxy));
    ask_absolute(scene.fd, scene.origin, "Basic dTpw", false);
    expect_read(scene.fd, REPLY_HELLO);
    ask_absolute(scene.fd, other, "Basic dTpw", false);
    expect_read(scene.fd, REPLY_HELLO);
    CU_ASSERT_EQUAL(test_proxy_accepted(proxy), 1);
    CU_ASSERT_PTR_NULL(strstr(origin_last_head(other), "Proxy"));
    CU_ASSERT_EQUAL(strncmp(origin_last_head(other), "GET /x?y HTTP/1.1\r\nHost: 127", 27), 0);
    ask_absolute(scene.fd, other, NULL, false);
    expect_read(scene.fd, "HTTP/1.1 407 ");
    test_proxy_look(proxy, &seen);
    CU_ASSERT(seen.questions == 3 && seen.fetches == 2 && seen.tunnels == 0);
    end(&scene);
    origin_stop(other);
    test_proxy_stop(proxy);
}

static void through_tinyproxy(void)
{
    struct real_proxy *proxy = real_proxy_start(REAL_TINYPROXY, "us", "pw");
    struct scene scene;
    if (proxy == NULL) {
        printf(" skipped: no tinyproxy ");
        return;
    }
    begin(&scene, real_proxy_port(proxy));
    connect_to(&scene, "127.0.0.1", "http://us:pw@proxy");
    expect_tunnel(&scene);
    end(&scene);
    begin(&scene, real_proxy_port(proxy));
    connect_to(&scene, "127.0.0.1", "http://us:no@proxy");
    EXPECT(strncmp(scene.words, "proxy refused CONNECT: 40", 25) == 0, scene.words);
    end(&scene);
    begin(&scene, real_proxy_port(proxy));
    ask_absolute(scene.fd, scene.origin, "Basic dXM6cHc=", true);
    expect_read(scene.fd, "HTTP/1.");
    CU_ASSERT(origin_wait(scene.origin, ORIGIN_REQUESTS, 1));
    CU_ASSERT_PTR_NULL(strstr(origin_last_head(scene.origin), "Proxy-Auth"));
    end(&scene);
    real_proxy_stop(proxy);
}

static void through_microsocks(void)
{
    static const struct {
        const char *user, *password, *words;
    } rows[] = {
        {NULL, NULL, OPEN},
        {"us", "pw", OPEN},
        {"us", "no", "SOCKS5 proxy: refused the user or the password"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct real_proxy *proxy =
            real_proxy_start(REAL_MICROSOCKS, rows[i].user, rows[i].user != NULL ? "pw" : NULL);
        struct scene scene;
        if (proxy == NULL) {
            printf(" skipped: no microsocks ");
            return;
        }
        begin(&scene, real_proxy_port(proxy));
        socks_to(&scene, (struct socks_request){.version = SOCKS_5,
                                                .host = i == 0 ? "localhost" : "127.0.0.1",
                                                .user = rows[i].user,
                                                .password = rows[i].password});
        expect_words(&scene, rows[i].words);
        end(&scene);
        real_proxy_stop(proxy);
    }
}

CU_TestInfo proxy_talk_tests[] = {
    {"I1 I3 PX-05 CONNECT opens a tunnel, with credentials", connect_through_the_scripted_proxy},
    {"I10 a far end that is not there", a_far_end_that_is_not_there},
    {"PX-01 PX-02 PX-03 PX-04 I8 CONNECT and each misbehaviour", connect_and_misbehaviours},
    {"PX-10 I10 SOCKS and each misbehaviour", socks_and_misbehaviours},
    {"PX-10 SOCKS5 and misbehaviours at the greeting", misbehaviour_at_the_greeting},
    {"PX-01 stray bytes are the tunnel's", stray_bytes_are_the_tunnels},
    {"I2 PX-10 SOCKS opens a tunnel; names stay names", socks_through_the_scripted_proxy},
    {"I1 PX-05 PX-11 one connection fetches from two origins",
     one_connection_fetches_from_two_origins},
    {"I1 I3 tinyproxy: tunnel, refusal, absolute target", through_tinyproxy},
    {"I2 microsocks: with and without login", through_microsocks},
    CU_TEST_INFO_NULL,
};
