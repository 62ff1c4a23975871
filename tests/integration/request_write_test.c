/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The tables request_write (E20) and invalid_trailers (M3): what a request looks
 * like on the wire, its target, framing fields, body and trailers, and which
 * requests are refused. Inputs are those of golang/go's tests, and so are the
 * results but where gofer refuses more: an empty host (M5), a length that is not
 * the body's (INJ-07). Each row is sent directly and through a proxy; over
 * TLS directly, since a proxy only makes a tunnel there.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/feed.h"
#include "integration/intake.h"
#include "integration/rig.h"
#include "integration/scene.h"
#include "support/certs.h"

extern CU_TestInfo request_write_tests[];

/* How the request has its body. */
enum source { NONE, MEMORY, READER, SIZED_READER };

struct row {
    const char *method, *url;
    const char *fields[9]; /* name, value, ... that the caller sets */
    enum source source;
    const char *body;
    int64_t length;          /* that a SIZED_READER declares */
    int err;                 /* a READER fails with it behind its text */
    const char *trailers[6]; /* name, value, ... */
    gofer_status status;
    /* On success: */
    const char *path;
    const char *head; /* behind the request line, what is not in all requests */
    const char *wire; /* the body as it is sent */
};

#define HOST(name) "Host: " name "\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n"

static const struct row rows[] = {
    {.method = "GET",
     .url = "http://www.techcrunch.com/",
     .fields = {"Accept-Charset", "ISO-8859-1,utf-8;q=0.7,*;q=0.7", "Keep-Alive", "300",
                "Proxy-Connection", "keep-alive"},
     .path = "/",
     .head = HOST("www.techcrunch.com") "Accept-Charset: ISO-8859-1,utf-8;q=0.7,*;q=0.7\r\n"
                                        "Keep-Alive: 300\r\nProxy-Connection: keep-alive\r\n",
     .wire = ""},
    {.method = "GET",
     .url = "http://www.google.com/search",
     .source = READER,
     .body = "abcdef",
     .path = "/search",
     .head = HOST("www.google.com") CHUNKED,
     .wire = "6\r\nabcdef\r\n0\r\n\r\n"},
    {.method = "POST",
     .url = "http://www.google.com/search",
     .fields = {"Connection", "close"},
     .source = READER,
     .body = "abcdef",
     .path = "/search",
     .head = HOST("www.google.com") "Connection: close\r\n" CHUNKED,
     .wire = "6\r\nabcdef\r\n0\r\n\r\n"},
    {.method = "POST",
     .url = "http://www.google.com/search",
     .fields = {"Connection", "close"},
     .source = MEMORY,
     .body = "abcdef",
     .path = "/search",
     .head = HOST("www.google.com") "Connection: close\r\nContent-Length: 6\r\n",
     .wire = "abcdef"},
    {.method = "POST",
     .url = "http://example.com/",
     .fields = {"Content-Length", "10"},
     .source = MEMORY,
     .body = "abcdef",
     .status = GOFER_ERR_INVALID},
    {.method = "POST",
     .url = "http://example.com/",
     .source = MEMORY,
     .body = "abcdef",
     .path = "/",
     .head = HOST("example.com") "Content-Length: 6\r\n",
     .wire = "abcdef"},
    {.method = "GET",
     .url = "http://www.google.com/search",
     .path = "/search",
     .head = HOST("www.google.com"),
     .wire = ""},
    {.method = "POST",
     .url = "http://example.com/",
     .source = READER,
     .body = "",
     .path = "/",
     .head = HOST("example.com") CHUNKED,
     .wire = "0\r\n\r\n"},
    {.method = "POST",
     .url = "http://example.com/",
     .path = "/",
     .head = HOST("example.com") "Content-Length: 0\r\n",
     .wire = ""},
    {.method = "POST",
     .url = "http://example.com/",
     .source = READER,
     .body = "x",
     .path = "/",
     .head = HOST("example.com") CHUNKED,
     .wire = "1\r\nx\r\n0\r\n\r\n"},
    {.method = "POST",
     .url = "http://example.com/",
     .source = SIZED_READER,
     .body = "12345",
     .length = 10,
     .status = GOFER_ERR_BODY},
    {.method = "POST",
     .url = "http://example.com/",
     .source = SIZED_READER,
     .body = "12345678",
     .length = 4,
     .status = GOFER_ERR_BODY},
    {.method = "POST",
     .url = "http://example.com/",
     .fields = {"Content-Length", "5"},
     .status = GOFER_ERR_INVALID},
    {.method = "POST",
     .url = "http://example.com/",
     .source = READER,
     .body = "",
     .err = EIO,
     .status = GOFER_ERR_BODY},
    {.method = "POST",
     .url = "http://example.com/",
     .source = READER,
     .body = "x",
     .err = EIO,
     .status = GOFER_ERR_BODY},
    {.method = "GET", .url = "/foo", .fields = {"X-Foo", "X-Bar"}, .status = GOFER_ERR_INVALID},
    {.method = "GET",
     .url = "http:///search",
     .fields = {"Host", "bad.example.com"},
     .status = GOFER_ERR_INVALID},
    {.method = "GET",
     .url = "http://www.google.com/%2F/%2F/",
     .path = "/%2F/%2F/",
     .head = HOST("www.google.com"),
     .wire = ""},
    {.method = "GET",
     .url = "http://www.google.com/",
     .fields = {"ALL-CAPS", "x"},
     .path = "/",
     .head = HOST("www.google.com") "ALL-CAPS: x\r\n",
     .wire = ""},
    {.method = "GET",
     .url = "http://[fe80::1%25lo]/",
     .path = "/",
     .head = HOST("[fe80::1]"),
     .wire = ""},
    {.method = "CONNECT", .url = "https://proxy.com/", .status = GOFER_ERR_INVALID},
    {.method = "GET", .url = "http://www.example.com/?new\nline", .status = GOFER_ERR_INVALID},
    {.method = "PATCH",
     .url = "http://example.com/",
     .path = "/",
     .head = HOST("example.com") "Content-Length: 0\r\n",
     .wire = ""},
    {.method = "POST",
     .url = "http://example.com/",
     .source = READER,
     .body = "abcdef",
     .trailers = {"X-Trailer", "ok"},
     .path = "/",
     .head = HOST("example.com") CHUNKED "Trailer: X-Trailer\r\n",
     .wire = "6\r\nabcdef\r\n0\r\nX-Trailer: ok\r\n\r\n"},
};

/* Trailers that are refused: those of both tables, and INJ-09's. */
static const char *const bad_trailers[][2] = {
    {"X-Trailer\r\nInjected: 1", "ok"},
    {"X-Trailer", "evil\r\nInjected: 1"},
    {"", "ok"},
    {"Trx", "x\r\nX-Another-One"},
    {"\r\nTrx", "X-Another-One"},
    {"Content-Length", "6"},
    {"content-length", NULL},
    {"Host", "example.com"},
    {"Transfer-Encoding", "chunked"},
    {"TRANSFER-ENCODING", NULL},
};

enum {
    ROWS = sizeof rows / sizeof *rows,
    BAD_TRAILERS = sizeof bad_trailers / sizeof *bad_trailers,
    HEAD_MAX = 1024
};

/* --- making one --- */

static void set_reader(gofer_request *request, const struct row *row)
{
    struct feed_step steps[] = {{FEED_TEXT, row->body, 0},
                                {row->err != 0 ? FEED_FAIL : FEED_END, NULL, (uint64_t)row->err}};
    static struct feed_step kept[ROWS][2];
    struct feed_step *mine = kept[row - rows];
    gofer_body_reader reader;

    memcpy(mine, row->body[0] != '\0' ? steps : steps + 1,
           (row->body[0] != '\0' ? 2 : 1) * sizeof *steps);
    feed_loose(&(struct feed_plan){.steps = mine,
                                   .sized = row->source == SIZED_READER,
                                   .length = row->length,
                                   .rewind = FEED_REWINDS},
               &reader);
    EXPECT_STATUS(gofer_request_set_body_reader(request, &reader), GOFER_OK);
}

/* The row's URL with the driver's scheme. */
static gofer_request *begin(const struct row *row)
{
    char url[ORIGIN_URL_BYTES];

    if (strncmp(row->url, "http://", 7) != 0)
        return rig_request_to(row->method, row->url);
    snprintf(url, sizeof url, "%s://%s", rig_scheme(), row->url + 7);
    return rig_request_to(row->method, url);
}

static gofer_request *make(const struct row *row)
{
    gofer_request *request = begin(row);

    for (const char *const *f = row->fields; *f != NULL; f += 2)
        gofer_request_add_header(request, f[0], f[1]);
    if (row->source == MEMORY)
        gofer_request_set_body(request, row->body, strlen(row->body));
    if (row->source == READER || row->source == SIZED_READER)
        set_reader(request, row);
    for (const char *const *t = row->trailers; *t != NULL; t += 2)
        EXPECT_STATUS(gofer_request_add_trailer(request, t[0], t[1]), GOFER_OK);
    return request;
}

/* --- looking at it --- */

static bool is_in_all(const char *line)
{
    return strncmp(line, "User-Agent: ", 12) == 0 || strncmp(line, "Accept: ", 8) == 0 ||
           strncmp(line, "Accept-Encoding: ", 17) == 0;
}

/* The head that came without those fields and the empty line. */
static const char *essence(const char *head, char *buf)
{
    size_t len = 0;

    for (const char *end; (end = strstr(head, "\r\n")) != NULL && end > head; head = end + 2) {
        size_t n = (size_t)(end - head) + 2;
        if (is_in_all(head) || len + n >= HEAD_MAX)
            continue;
        memcpy(buf + len, head, n);
        len += n;
    }
    buf[len] = '\0';
    return buf;
}

/* In absolute form to a proxy (RFC 9112 section 3.2.2). */
static void expect_sent(const struct row *row, bool proxied, struct origin *origin,
                        struct intake *intake)
{
    char want[HEAD_MAX], got[HEAD_MAX], authority[64] = "";

    if (proxied) {
        int host_len = (int)strcspn(row->head + strlen("Host: "), "\r");
        snprintf(authority, sizeof authority, "http://%.*s", host_len,
                 row->head + strlen("Host: "));
    }
    snprintf(want, sizeof want, "%s %s%s HTTP/1.1\r\n%s", row->method, authority, row->path,
             row->head);
    EXPECT_TEXT(essence(origin_last_head(origin), got), want);
    EXPECT_TEXT(intake_last(intake).wire, row->wire);
    EXPECT(intake_last(intake).whole);
}

static void send_row(const struct row *row, bool proxied, bool sips)
{
    struct intake *intake = intake_new();
    struct origin *origin = intake_origin(intake);
    char to[64], proxy[64];
    const char *const tos[] = {to};
    gofer_tls_options anybody = {.ca_pem = certs_pem("root"),
                                 .verify = GOFER_TLS_VERIFY_CHAIN_ONLY};
    gofer_client_options options = {.connect_to = tos,
                                    .connect_to_len = proxied ? 0 : 1,
                                    .tls = rig_is_tls() ? &anybody : NULL};

    snprintf(to, sizeof to, "::127.0.0.1:%u", origin_port(origin));
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", origin_port(origin));
    options.proxy = proxied ? proxy : "";
    intake->pace = sips ? INTAKE_SIPS : INTAKE_GULPS;
    gofer_client *client = scene_client(&options);
    struct outcome got = rig_call(client, make(row));
    if (row->status == GOFER_OK) {
        EXPECT_STATUS(got.status, GOFER_OK);
        expect_sent(row, proxied, origin, intake);
    } else {
        rig_expect_error(&got, row->status);
    }
    if (row->status == GOFER_ERR_INVALID)
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 0);
    if (row->err != 0)
        EXPECT_INT(got.error->sys_errno, row->err);
    rig_end_client(client);
}

static void send_rows(bool sips)
{
    for (int i = 0; i < ROWS; i++) {
        send_row(&rows[i], false, sips);
        if (!rig_is_tls())
            send_row(&rows[i], true, sips);
    }
}

static void every_row_is_as_the_table_says(void)
{
    send_rows(false);
}

/* Every call of the library moves one byte, and some move none. */
static int move_one(enum tap_call call, unsigned nth, void *arg)
{
    (void)arg;
    if (call != TAP_SEND && call != TAP_RECV)
        return 0;
    if (nth % 7 == 5 && call == TAP_SEND)
        return -EAGAIN;
    return nth % 7 == 3 ? -EINTR : 1;
}

static void byte_by_byte_too(void)
{
    tap_open(move_one, NULL);
    send_rows(true);
    tap_close();
}

/* Whatever the body; and the call is refused too. */
static void bad_trailers_are_refused(void)
{
    struct intake *intake = intake_new();
    struct origin *origin = intake_origin(intake);
    gofer_client *client = rig_client(NULL);

    for (int i = 0; i < BAD_TRAILERS; i++) {
        gofer_request *request = rig_request("POST", origin, "/");
        gofer_request_set_body(request, "abcdef", 6);
        EXPECT_STATUS(gofer_request_add_trailer(request, "X-Trailer", "ok"), GOFER_OK);
        EXPECT_STATUS(gofer_request_add_trailer(request, bad_trailers[i][0], bad_trailers[i][1]),
                      GOFER_ERR_INVALID);
        struct outcome got = rig_call(client, request);
        rig_expect_error(&got, GOFER_ERR_INVALID);
        EXPECT_LACKS(got.error->message, "\r");
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 0);
}

CU_TestInfo request_write_tests[] = {
    {"E20 table request_write: every row, direct and through a proxy",
     every_row_is_as_the_table_says},
    {"E20 table request_write: byte by byte too", byte_by_byte_too},
    {"M3 INJ-09 table invalid_trailers: bad trailers are refused", bad_trailers_are_refused},
    CU_TEST_INFO_NULL};
