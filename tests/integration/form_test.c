/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Forms on the wire: pairs in bodies and URLs, and parts, which a parser of the
 * test's own takes apart, strictly by RFC 7578.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "integration/expect.h"
#include "integration/payload.h"
#include "integration/rig.h"
#include "support/heap.h"

extern CU_TestInfo form_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* The value of a field of the last request, until the next call; "" where there is none. */
static const char *field_of(struct origin *origin, const char *name)
{
    static char value[256];
    char start[64];

    snprintf(start, sizeof start, "\r\n%s: ", name);
    const char *at = strstr(origin_last_head(origin), start);
    if (at == NULL)
        return "";
    at += strlen(start);
    snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
    return value;
}

static void expect_body(struct origin *origin, const char *wanted)
{
    size_t len;
    char digits[32];

    EXPECT_TEXT(origin_last_body(origin, &len), wanted);
    snprintf(digits, sizeof digits, "%zu", strlen(wanted));
    EXPECT_TEXT(field_of(origin, "Content-Length"), digits);
    EXPECT_TEXT(field_of(origin, "Transfer-Encoding"), "");
}

/* --- pairs --- */

/* M8, E1. */
static void m8_a_posted_form_has_type_length_and_encoding(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_params *params = gofer_params_new();
    char url[ORIGIN_URL_BYTES];
    gofer_response *response;

    rig_get(client, origin, "/"); /* the first segments of TLS are not a request's */
    gofer_params_add(params, "foo", "bar");
    gofer_params_add(params, "foo", "bar2");
    gofer_params_add(params, "bar", "baz");
    gofer_status status = gofer_post_form(client, origin_url(origin, "/", url), params, &response);
    struct outcome got = rig_outcome(status, response);

    rig_expect_answer(&got, 200, "hello");
    EXPECT(strncmp(origin_last_head(origin), "POST / HTTP/1.1\r\n", 17) == 0);
    EXPECT_TEXT(field_of(origin, "Content-Type"), "application/x-www-form-urlencoded");
    EXPECT_TEXT(field_of(origin, "Connection"), "");
    expect_body(origin, "foo=bar&foo=bar2&bar=baz");
    EXPECT_INT(origin_last_segments(origin), 1);
    gofer_params_free(params);
}

/* M8: the same of a POST in general. */
static void m8_a_post_has_type_and_length(void)
{
    struct origin *origin = rig_script(hello);
    char url[ORIGIN_URL_BYTES];
    gofer_response *response;
    gofer_status status = gofer_post(rig_client(NULL), origin_url(origin, "/", url),
                                     "application/json", "{\"a\":1}", 7, &response);
    struct outcome got = rig_outcome(status, response);

    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(field_of(origin, "Content-Type"), "application/json");
    expect_body(origin, "{\"a\":1}");
}

static void pairs_are_escaped(void)
{
    gofer_params *params = gofer_params_new();

    EXPECT_TEXT(gofer_params_text(params), "");
    gofer_params_add(params, "a b", "c&d=e+f");
    gofer_params_add(params, "", "");
    gofer_params_add(params, NULL, "alone~");
    gofer_params_add(params, "\xc3\xa4", "\r\n%*-._");
    gofer_params_add_data(params, "nul", "\0x", 2);
    EXPECT_TEXT(gofer_params_text(params),
                "a+b=c%26d%3De%2Bf&=&alone%7E&%C3%A4=%0D%0A%25*-._&nul=%00x");
    EXPECT_STATUS(gofer_params_add(params, "a", NULL), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_params_add_data(params, "a", NULL, 1), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_params_add(NULL, "a", "b"), GOFER_ERR_INVALID);
    gofer_params_free(params);
    gofer_params_free(NULL);
}

static void pairs_go_into_a_query(void)
{
    static const char *const rows[][2] = {
        {"http://h/a", "http://h/a?x=1&y=%23"},
        {"http://h/a?", "http://h/a?x=1&y=%23"},
        {"http://h/a?b", "http://h/a?b&x=1&y=%23"},
        {"http://h/a?b=c&", "http://h/a?b=c&x=1&y=%23"},
        {"http://h/a#f?g", "http://h/a?x=1&y=%23#f?g"},
        {"http://h/a?b#f", "http://h/a?b&x=1&y=%23#f"},
        {"http://h", "http://h?x=1&y=%23"},
    };
    gofer_params *params = gofer_params_new();

    EXPECT_TEXT(gofer_params_url(params, "http://h/a?b#f"), "http://h/a?b#f");
    gofer_params_add(params, "x", "1");
    gofer_params_add(params, "y", "#");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        EXPECT_TEXT(gofer_params_url(params, rows[i][0]), rows[i][1]);
    EXPECT(gofer_params_url(params, NULL) == NULL);
    EXPECT(gofer_params_url(NULL, "http://h/") == NULL);
    gofer_params_free(params);
}

/* --- parts --- */

struct part {
    char head[512]; /* with its line ends */
    const char *data;
    size_t len;
};

static const char *find(const char *data, size_t len, const char *what)
{
    return memmem(data, len, what, strlen(what));
}

/* Takes the last request's body apart; returns how many parts there are. */
static size_t take_apart(struct origin *origin, struct part *parts, size_t cap)
{
    const char *type = field_of(origin, "Content-Type");
    const char *prefix = "multipart/form-data; boundary=";
    char delimiter[128];
    size_t len, n = 0;
    const char *at = origin_last_body(origin, &len), *end = at + len;

    REQUIRE(strncmp(type, prefix, strlen(prefix)) == 0);
    snprintf(delimiter, sizeof delimiter, "\r\n--%s", type + strlen(prefix));
    REQUIRE(len > strlen(delimiter) && strncmp(at, delimiter + 2, strlen(delimiter) - 2) == 0);
    at += strlen(delimiter) - 2;
    while (strncmp(at, "--\r\n", 4) != 0) {
        REQUIRE(n < cap && strncmp(at, "\r\n", 2) == 0);
        const char *body = find(at, (size_t)(end - at), "\r\n\r\n");
        REQUIRE(body != NULL);
        struct part *p = &parts[n++];
        snprintf(p->head, sizeof p->head, "%.*s", (int)(body - at), at + 2);
        p->data = body + 4;
        at = find(p->data, (size_t)(end - p->data), delimiter);
        REQUIRE(at != NULL);
        p->len = (size_t)(at - p->data);
        at += strlen(delimiter);
    }
    EXPECT(at + 4 == end);
    return n;
}

static void expect_part(const struct part *part, const char *head, const char *data, size_t len)
{
    EXPECT_TEXT(part->head, head);
    EXPECT(part->len == len && memcmp(part->data, data, len) == 0);
}

/* A new file that holds the text; its path, until the next. To be unlinked. */
static const char *file_with(const void *data, size_t len)
{
    static char path[64];

    strcpy(path, "/tmp/gofer-form-XXXXXX");
    int fd = mkstemp(path);
    REQUIRE(fd >= 0);
    EXPECT(write(fd, data, len) == (ssize_t)len);
    close(fd);
    return path;
}

static gofer_request *form_request(struct origin *origin, gofer_form *form)
{
    gofer_request *request = rig_request("POST", origin, "/");

    EXPECT_STATUS(gofer_request_set_form(request, form), GOFER_OK);
    gofer_form_free(form);
    return request;
}

static void a_form_has_its_parts_in_order(void)
{
    struct origin *origin = rig_script(hello);
    gofer_form *form = gofer_form_new();
    struct part parts[8];
    const char *path = file_with("file\r\n", 6);
    char wanted[256];

    EXPECT_STATUS(gofer_form_add_text(form, "text", "a\nb"), GOFER_OK);
    EXPECT_STATUS(gofer_form_add_data(form, "data", "\0\r\n--", 5, NULL, NULL), GOFER_OK);
    EXPECT_STATUS(gofer_form_add_data(form, "named", "{}", 2, "n.json", NULL), GOFER_OK);
    EXPECT_STATUS(gofer_form_add_data(form, "typed", "{}", 2, NULL, "application/json"), GOFER_OK);
    EXPECT_STATUS(gofer_form_add_file(form, "file", path, NULL, NULL), GOFER_OK);
    EXPECT_STATUS(gofer_form_add_file(form, "again", path, "\xc3\xa4.txt", "text/plain"), GOFER_OK);
    EXPECT_STATUS(gofer_form_add_text(form, "", ""), GOFER_OK);
    EXPECT_STATUS(gofer_form_add_data(form, "untyped", "{}", 2, "n.json", ""), GOFER_OK);
    unlink(path);
    struct outcome got = rig_call(rig_client(NULL), form_request(origin, form));

    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(field_of(origin, "Transfer-Encoding"), "");
    REQUIRE(take_apart(origin, parts, 8) == 8);
    expect_part(&parts[0], "Content-Disposition: form-data; name=\"text\"\r\n", "a\nb", 3);
    expect_part(&parts[1], "Content-Disposition: form-data; name=\"data\"\r\n", "\0\r\n--", 5);
    expect_part(&parts[2],
                "Content-Disposition: form-data; name=\"named\"; filename=\"n.json\"\r\n"
                "Content-Type: application/octet-stream\r\n",
                "{}", 2);
    expect_part(&parts[3],
                "Content-Disposition: form-data; name=\"typed\"\r\n"
                "Content-Type: application/json\r\n",
                "{}", 2);
    snprintf(wanted, sizeof wanted,
             "Content-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n"
             "Content-Type: application/octet-stream\r\n",
             strrchr(path, '/') + 1);
    expect_part(&parts[4], wanted, "file\r\n", 6);
    expect_part(&parts[5],
                "Content-Disposition: form-data; name=\"again\"; filename=\"\xc3\xa4.txt\"\r\n"
                "Content-Type: text/plain\r\n",
                "file\r\n", 6);
    expect_part(&parts[6], "Content-Disposition: form-data; name=\"\"\r\n", "", 0);
    expect_part(&parts[7],
                "Content-Disposition: form-data; name=\"untyped\"; filename=\"n.json\"\r\n", "{}",
                2);
}

static void an_empty_form_is_an_end(void)
{
    struct origin *origin = rig_script(hello);
    struct part parts[1];
    struct outcome got = rig_call(rig_client(NULL), form_request(origin, gofer_form_new()));

    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(take_apart(origin, parts, 1), 0);
}

/* A name cannot end its quotes, its line or its part. */
static void names_cannot_inject(void)
{
    static const char evil[] = "x\"\r\nContent-Type: text/html\r\n\r\n--";
    struct origin *origin = rig_script(hello);
    gofer_form *form = gofer_form_new();
    struct part parts[2];

    gofer_form_add_data(form, evil, "v", 1, evil, NULL);
    struct outcome got = rig_call(rig_client(NULL), form_request(origin, form));

    rig_expect_answer(&got, 200, "hello");
    REQUIRE(take_apart(origin, parts, 2) == 1);
    expect_part(&parts[0],
                "Content-Disposition: form-data; "
                "name=\"x%22%0D%0AContent-Type: text/html%0D%0A%0D%0A--\"; "
                "filename=\"x%22%0D%0AContent-Type: text/html%0D%0A%0D%0A--\"\r\n"
                "Content-Type: application/octet-stream\r\n",
                "v", 1);
}

/* The request is small: head and form go out in one send. */
static void a_small_form_is_one_send(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_form *form = gofer_form_new();

    rig_get(client, origin, "/");
    gofer_form_add_text(form, "a", "b");
    rig_call(client, form_request(origin, form));
    EXPECT_INT(origin_last_segments(origin), 1);
}

/* --- large ones --- */

enum { LARGE = 3 * 1000 * 1000 };

/* The request's form is `before`, a large file of generated bytes, large data. */
static gofer_request *large_request(struct origin *origin, const char *data, size_t len)
{
    gofer_form *form = gofer_form_new();
    const char *path = payload_file(LARGE);

    EXPECT_STATUS(gofer_form_add_text(form, "before", "1"), GOFER_OK);
    EXPECT_STATUS(gofer_form_add_file(form, "file", path, "f", NULL), GOFER_OK);
    EXPECT_STATUS(gofer_form_add_data(form, "data", data, len, NULL, NULL), GOFER_OK);
    unlink(path);
    return form_request(origin, form);
}

static void expect_large(struct origin *origin, const char *data, size_t len)
{
    struct part parts[4];

    REQUIRE(take_apart(origin, parts, 4) == 3);
    EXPECT(parts[0].len == 1 && parts[1].len == LARGE);
    EXPECT(parts[2].len == len && memcmp(parts[2].data, data, len) == 0);
    size_t same = 0;
    while (same < LARGE && parts[1].data[same] == feed_byte(same))
        same++;
    EXPECT_INT(same, LARGE);
}

/* Files are read as they are sent; the body can be sent as often as one likes. */
static void a_large_form_is_not_held_in_memory(void)
{
    static char data[100 * 1000];
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);

    memset(data, 'd', sizeof data);
    gofer_request *request = large_request(origin, data, sizeof data);
    heap_forget_peak();
    long before = heap_bytes();
    for (int i = 0; i < 3; i++) {
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
        expect_large(origin, data, sizeof data);
    }
    EXPECT(heap_peak() - before < 500 * 1000);
}

static void many_calls_send_one_form_at_once(void)
{
    enum { N = 4 };
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 2});
    gofer_request *request = large_request(origin, "d", 1);
    gofer_future *futures[N];

    for (int i = 0; i < N; i++)
        futures[i] = gofer_submit(client, request);
    for (int i = 0; i < N; i++) {
        gofer_response *response = NULL;
        gofer_status status = gofer_future_wait_for(futures[i], PATIENCE_MS, &response);
        struct outcome got = rig_outcome(status, response);
        rig_expect_answer(&got, 200, "hello");
        gofer_future_free(futures[i]);
    }
    expect_large(origin, "d", 1);
}

/* Takes a part of the body, then closes: a reused connection that dies so is worth one retry, which
 * begins at the first byte again. */
static void die_once(struct peer *peer, void *arg)
{
    (void)arg;
    while (peer_read_head(peer)) {
        if (peer_number(peer) == 1 && strncmp(peer_head(peer), "PUT", 3) == 0)
            return;
        char length[32] = "";
        const char *at = strstr(peer_head(peer), "Content-Length: ");
        if (at != NULL)
            snprintf(length, sizeof length, "%.*s", (int)strcspn(at + 16, "\r"), at + 16);
        size_t len = strtoul(length, NULL, 10);
        char *body = malloc(len + 1);
        bool ok = body != NULL && peer_read(peer, body, len) && len >= 4 + 3 &&
                  memcmp(body + len - 4, "--\r\n", 4) == 0 && memcmp(body, "--gofer", 7) == 0;
        free(body);
        if (!peer_say(peer, at == NULL || ok ? REPLY_HELLO : REPLY_EMPTY))
            return;
    }
}

static void a_retry_sends_the_form_from_its_beginning(void)
{
    struct origin *origin = rig_origin(die_once, NULL);
    gofer_client *client = rig_client(NULL);
    gofer_form *form = gofer_form_new();
    const char *path = payload_file(LARGE);
    gofer_request *request = rig_request("PUT", origin, "/");

    gofer_form_add_file(form, "file", path, NULL, NULL);
    unlink(path);
    EXPECT_STATUS(gofer_request_set_form(request, form), GOFER_OK);
    gofer_form_free(form);
    gofer_request_set_idempotent(request, 1);
    rig_get(client, origin, "/");
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(rig_stats(client).calls_retried, 1);
}

/* --- what goes wrong --- */

static void a_file_that_shrinks_is_an_error(void)
{
    struct origin *origin = rig_script(hello);
    gofer_form *form = gofer_form_new();
    const char *path = payload_file(LARGE);

    gofer_form_add_file(form, "file", path, NULL, NULL);
    REQUIRE(truncate(path, 1000) == 0);
    unlink(path);
    struct outcome got = rig_call(rig_client(NULL), form_request(origin, form));
    rig_expect_error(&got, GOFER_ERR_BODY);
    EXPECT_HOLDS(got.error->message, "the request body ended after");
}

/* What is wrong with a form sticks to it, and fails the calls of its requests. */
static void what_is_wrong_sticks(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_form *form = gofer_form_new();
    gofer_request *request = rig_request("POST", origin, "/");

    EXPECT_STATUS(gofer_form_add_file(form, "f", "/nonexistent/file", NULL, NULL), GOFER_ERR_BODY);
    EXPECT_INT(errno, ENOENT);
    EXPECT_STATUS(gofer_form_add_text(form, "a", "b"), GOFER_OK);
    EXPECT_STATUS(gofer_request_set_form(request, form), GOFER_ERR_BODY);
    struct outcome got = rig_call(client, request);
    rig_expect_error(&got, GOFER_ERR_BODY);
    EXPECT_HOLDS(got.error->message, "a form field's file: No such file");
    gofer_form_free(form);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 0);
}

/* --- as a reader --- */

static void read_all(gofer_body_reader *reader, char *to, size_t cap)
{
    ssize_t n;

    while ((n = reader->read(reader->arg, to, 5)) > 0 && (size_t)n < cap) {
        to += n;
        cap -= (size_t)n;
    }
    *to = '\0';
    EXPECT_INT(n, 0);
}

static void a_form_can_be_read(void)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("POST", origin, "/");
    gofer_form *form = gofer_form_new();
    gofer_body_reader reader;
    size_t len;
    char first[512], again[512];

    EXPECT_STATUS(gofer_request_body_reader(request, &reader), GOFER_ERR_INVALID);
    gofer_form_add_text(form, "a", "b");
    gofer_form_add_data(form, "c", "d", 1, "e.bin", NULL);
    EXPECT_STATUS(gofer_request_set_form(request, form), GOFER_OK);
    gofer_form_free(form);
    EXPECT_STATUS(gofer_request_body_reader(request, &reader), GOFER_OK);
    read_all(&reader, first, sizeof first);
    EXPECT_INT(reader.rewind(reader.arg), 0);
    read_all(&reader, again, sizeof again);
    EXPECT_TEXT(first, again);
    EXPECT_INT(reader.length, strlen(first));
    reader.rewind(reader.arg);
    EXPECT_STATUS(gofer_request_set_body_reader(request, &reader), GOFER_OK);
    struct outcome got = rig_call(rig_client(NULL), request);
    EXPECT_INT(got.status, GOFER_OK);
    EXPECT_TEXT(origin_last_body(origin, &len), first);
    EXPECT_STATUS(gofer_request_body_reader(request, &reader), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_body_reader(NULL, &reader), GOFER_ERR_INVALID);
}

static void nonsense_is_refused(void)
{
    gofer_form *form = gofer_form_new();
    gofer_params *params = gofer_params_new();
    gofer_request *request = gofer_request_new("POST", "http://h/");

    EXPECT_STATUS(gofer_form_add_data(form, "a", "b", 1, NULL, "text/plain\r\nX: y"),
                  GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_form_add_file(form, "a", "/tmp", NULL, NULL), GOFER_ERR_BODY);
    EXPECT_STATUS(gofer_form_add_text(form, NULL, "b"), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_form_add_text(form, "a", NULL), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_form_add_file(form, "a", NULL, NULL, NULL), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_form_add_text(NULL, "a", "b"), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_form_add_file(NULL, "a", "b", NULL, NULL), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_form(NULL, form), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_params(NULL, params), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_params(request, NULL), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_status(request), GOFER_ERR_INVALID);
    gofer_form_free(form);
    gofer_form_free(NULL);
    gofer_params_free(params);
    gofer_request_free(request);
}

static gofer_status make_all(const char *path)
{
    gofer_request *request = gofer_request_new("POST", "http://h/");
    gofer_form *form = gofer_form_new();
    gofer_params *params = gofer_params_new();
    gofer_status status =
        request != NULL && form != NULL && params != NULL ? GOFER_OK : GOFER_ERR_NOMEM;

    gofer_form_add_data(form, "a", "b", 1, "c", "d/e");
    gofer_form_add_file(form, "f", path, NULL, NULL);
    if (status == GOFER_OK)
        status = gofer_request_set_form(request, form);
    gofer_params_add(params, "a", "b");
    if (status == GOFER_OK && gofer_params_text(params) == NULL)
        status = GOFER_ERR_NOMEM;
    if (status == GOFER_OK && gofer_params_url(params, "http://h/") == NULL)
        status = GOFER_ERR_NOMEM;
    if (status == GOFER_OK)
        status = gofer_request_set_params(request, params);
    gofer_params_free(params);
    gofer_form_free(form);
    gofer_request_free(request);
    return status;
}

static void every_allocation_may_fail(void)
{
    const char *path = file_with("x", 1);

    for (long n = 1;; n++) {
        heap_fail_at(n);
        gofer_status status = make_all(path);
        bool failed = heap_failed();
        heap_fail_at(0);
        EXPECT_STATUS(status, failed ? GOFER_ERR_NOMEM : GOFER_OK);
        if (!failed)
            break;
    }
    unlink(path);
}

CU_TestInfo form_tests[] = {
    {"M8 a posted form has type, length and encoding",
     m8_a_posted_form_has_type_length_and_encoding},
    {"M8 a POST has type and length", m8_a_post_has_type_and_length},
    {"pairs are escaped", pairs_are_escaped},
    {"pairs go into a query", pairs_go_into_a_query},
    {"a form has its parts in order", a_form_has_its_parts_in_order},
    {"an empty form is an end", an_empty_form_is_an_end},
    {"names cannot inject", names_cannot_inject},
    {"a small form is one send", a_small_form_is_one_send},
    {"a large form is not held in memory", a_large_form_is_not_held_in_memory},
    {"many calls send one form at once", many_calls_send_one_form_at_once},
    {"a retry sends the form from its beginning", a_retry_sends_the_form_from_its_beginning},
    {"a file that shrinks is an error", a_file_that_shrinks_is_an_error},
    {"what is wrong sticks", what_is_wrong_sticks},
    {"nonsense is refused", nonsense_is_refused},
    {"a form can be read", a_form_can_be_read},
    {"every allocation may fail", every_allocation_may_fail},
    CU_TEST_INFO_NULL,
};
