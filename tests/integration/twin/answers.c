/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the servers answer; see answers.h. To a HEAD only the head goes out.
 */
#include "integration/twin/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "integration/twin/normal.h"
#include "support/coded_sample.h"

struct fixed {
    const char *path;
    const char *bytes;
    enum answer_end end;
    unsigned delay_ms; /* how slow the server is: what a time limit is tried on */
};

#define EMPTY "Content-Length: 0\r\n\r\n"

static const struct fixed fixed_answers[] = {
    {"/hello", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n",
     ANSWER_NEXT, 0},
    {"/a", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na\n", ANSWER_NEXT, 0},
    {"/b", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nb\n", ANSWER_NEXT, 0},
    {"/silent", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsilent\n", ANSWER_NEXT, 0},
    {"/dir/file.txt", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfile\n", ANSWER_NEXT, 0},
    {"/empty", "HTTP/1.1 200 OK\r\n" EMPTY, ANSWER_NEXT, 0},
    {"/chunked",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n"
     "\r\n",
     ANSWER_NEXT, 0},
    {"/trailer",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\n"
     "X-Sum: 5\r\n\r\n",
     ANSWER_NEXT, 0},
    {"/old", "HTTP/1.0 200 Fine\r\nServer: old\r\n\r\nuntil the end", ANSWER_CLOSE, 0},
    {"/bare", "no head at all\n", ANSWER_CLOSE, 0},
    {"/headers",
     "HTTP/1.1 200 OK\r\nX-One: 1\r\nx-two: two words\r\nX-One: again\r\nX-Empty:\r\n"
     "Content-Length: 2\r\n\r\nok",
     ANSWER_NEXT, 0},
    {"/204", "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n", ANSWER_NEXT, 0},
    {"/404", "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nnone\n", ANSWER_NEXT, 0},
    {"/500", "HTTP/1.1 500 Oh No\r\nContent-Length: 5\r\n\r\noops\n", ANSWER_NEXT, 0},
    {"/301", "HTTP/1.1 301 Moved\r\nLocation: /echo\r\n" EMPTY, ANSWER_NEXT, 0},
    {"/302", "HTTP/1.1 302 Found\r\nLocation: /echo\r\nX-Hop: 1\r\n" EMPTY, ANSWER_NEXT, 0},
    {"/303", "HTTP/1.1 303 See Other\r\nLocation: /echo\r\n" EMPTY, ANSWER_NEXT, 0},
    {"/307", "HTTP/1.1 307 Temporary\r\nLocation: /echo\r\n" EMPTY, ANSWER_NEXT, 0},
    {"/308", "HTTP/1.1 308 Permanent\r\nLocation: /echo\r\n" EMPTY, ANSWER_NEXT, 0},
    {"/twice", "HTTP/1.1 302 Found\r\nLocation: /302\r\nContent-Length: 6\r\n\r\nmoved\n",
     ANSWER_NEXT, 0},
    {"/to-hello", "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 6\r\n\r\nmoved\n",
     ANSWER_NEXT, 0},
    {"/to-whole", "HTTP/1.1 302 Found\r\nLocation: http://you:x@a.test/hello#part\r\n" EMPTY,
     ANSWER_NEXT, 0},
    {"/to-frag", "HTTP/1.1 302 Found\r\nLocation: /hello#theirs\r\n" EMPTY, ANSWER_NEXT, 0},
    {"/loop", "HTTP/1.1 302 Found\r\nLocation: /loop\r\n" EMPTY, ANSWER_NEXT, 0},
    {"/to-foo", "HTTP/1.1 302 Found\r\nLocation: foo://a.test/\r\n" EMPTY, ANSWER_NEXT, 0},
    {"/to-b", "HTTP/1.1 302 Found\r\nLocation: http://b.test/echo\r\n" EMPTY, ANSWER_NEXT, 0},
    {"/to-ftp", "HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/x\r\n" EMPTY, ANSWER_NEXT, 0},
    {"/cookie",
     "HTTP/1.1 302 Found\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=two words; Path=/; "
     "HttpOnly\r\nLocation: /echo\r\n" EMPTY,
     ANSWER_NEXT, 0},
    {"/set-cookie",
     "HTTP/1.1 200 OK\r\nSet-Cookie: k=v; Path=/; Expires=Fri, 01 Jan 2100 00:00:00 GMT\r\n" EMPTY,
     ANSWER_NEXT, 0},
    {"/attachment",
     "HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=\"given name.txt\"\r\n"
     "Content-Length: 6\r\n\r\ngiven\n",
     ANSWER_NEXT, 0},
    {"/plain-attachment",
     "HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=plain.txt\r\nContent-Length: "
     "2\r\n\r\nx\n",
     ANSWER_NEXT, 0},
    {"/inline-attachment",
     "HTTP/1.1 200 OK\r\nContent-Disposition: inline; filename=x.txt; size=3\r\nContent-Length: "
     "2\r\n\r\nx\n",
     ANSWER_NEXT, 0},
    {"/backslash-attachment",
     "HTTP/1.1 200 OK\r\nContent-Disposition: attachment; "
     "filename=\"..\\\\up.txt\"\r\nContent-Length: 2\r\n\r\nx\n",
     ANSWER_NEXT, 0},
    {"/evil-attachment",
     "HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=\"../../evil.txt\"\r\n"
     "Content-Length: 5\r\n\r\nevil\n",
     ANSWER_NEXT, 0},
    {"/tagged-set", "HTTP/1.1 200 OK\r\nETag: \"new\"\r\nContent-Length: 4\r\n\r\nnew\n",
     ANSWER_NEXT, 0},
    {"/hints",
     "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"
     "hello\n",
     ANSWER_NEXT, 0},
    {"/dated",
     "HTTP/1.1 200 OK\r\nLast-Modified: Sat, 01 Jan 2022 10:00:00 GMT\r\nContent-Length: "
     "6\r\n\r\ndated\n",
     ANSWER_NEXT, 0},
    {"/longer", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", ANSWER_CLOSE, 0},
    {"/shorter", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nonly this", ANSWER_CLOSE, 0},
    {"/cut-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly this",
     ANSWER_CLOSE, 0},
    {"/bad-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
     ANSWER_CLOSE, 0},
    {"/badly-coded", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
     ANSWER_NEXT, 0},
    {"/oddly-coded", "HTTP/1.1 200 OK\r\nContent-Encoding: odd\r\nContent-Length: 5\r\n\r\nplain",
     ANSWER_NEXT, 0},
    {"/half-head", "HTTP/1.1 200 OK\r\nX-One: 1\r\nContent-Le", ANSWER_CLOSE, 0},
    {"/version-1.2", "HTTP/1.2 200 OK\r\n" EMPTY, ANSWER_CLOSE, 0},
    {"/version-x", "HTTP/1.x 200 OK\r\n" EMPTY, ANSWER_CLOSE, 0},
    {"/version-none", "HTTP/ 200 OK\r\n" EMPTY, ANSWER_CLOSE, 0},
    {"/status-x", "HTTP/1.1 abc OK\r\n" EMPTY, ANSWER_CLOSE, 0},
    {"/status-20", "HTTP/1.1 20 OK\r\n" EMPTY, ANSWER_CLOSE, 0},
    {"/status-2000", "HTTP/1.1 2000 OK\r\n" EMPTY, ANSWER_CLOSE, 0},
    {"/no-colon", "HTTP/1.1 200 OK\r\nno-colon\r\n" EMPTY, ANSWER_CLOSE, 0},
    {"/bad-length", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhello\n", ANSWER_CLOSE, 0},
    {"/negative-length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello\n", ANSWER_CLOSE, 0},
    {"/odd-transfer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: odd\r\n\r\nhello\n", ANSWER_CLOSE, 0},
    {"/drop", "", ANSWER_CLOSE, 0},
    {"/reset", "", ANSWER_RESET, 0},
    {"/never", "", ANSWER_HOLD, 0},
    {"/stall", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", ANSWER_HOLD, 0},
    {"/slow", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nslow\n", ANSWER_NEXT, 200},
    {"/late", "HTTP/1.0 200 OK\r\n\r\nuntil the end", ANSWER_CLOSE, 600},
    {"/refuse", "HTTP/1.1 417 No\r\nConnection: close\r\nContent-Length: 3\r\n\r\nno\n",
     ANSWER_CLOSE, 0},
};

/* --- answers that depend on the request ------------------------------------ */

static const char *value_of(const struct bytes *request, const char *field)
{
    const char *hit = strcasestr(request->data, field);

    return hit != NULL ? hit + strlen(field) : NULL;
}

static void echo(const struct bytes *request, struct bytes *out)
{
    struct bytes same = {0};

    bytes_append(&same, request->data, request->len);
    normal_form(&same);
    bytes_printf(out,
                 "HTTP/1.1 200 OK\r\nContent-Type: message/http\r\nContent-Length: %zu\r\n\r\n",
                 same.len);
    bytes_append(out, same.data, same.len);
    bytes_fini(&same);
}

/* A hundred bytes, of which Range picks some. */
static void range(const struct bytes *request, struct bytes *out)
{
    const char *asked = value_of(request, "\r\nRange: bytes=");
    unsigned from = 0, to = 99;
    char body[101];

    for (int i = 0; i < 100; i++)
        body[i] = (char)('0' + i % 10);
    if (asked == NULL) {
        bytes_append_str(out, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        bytes_append(out, body, 100);
        return;
    }
    if (*asked == '-')
        from = 100 - (unsigned)strtoul(asked + 1, NULL, 10);
    else if (sscanf(asked, "%u-%u", &from, &to) < 1)
        to = 99;
    if (from >= 100) {
        bytes_append_str(out, "HTTP/1.1 416 No\r\nContent-Range: bytes */100\r\n" EMPTY);
        return;
    }
    to = to > 99 ? 99 : to;
    bytes_printf(out,
                 "HTTP/1.1 206 Some\r\nContent-Range: bytes %u-%u/100\r\nContent-Length: "
                 "%u\r\n\r\n",
                 from, to, to - from + 1);
    bytes_append(out, body + from, to - from + 1);
}

static void tagged(const struct bytes *request, struct bytes *out)
{
    if (value_of(request, "\r\nIf-None-Match: \"tag\"\r\n") != NULL)
        bytes_append_str(out, "HTTP/1.1 304 Same\r\nETag: \"tag\"\r\n\r\n");
    else
        bytes_append_str(out, "HTTP/1.1 200 OK\r\nETag: \"tag\"\r\nContent-Length: 7\r\n\r\n"
                              "tagged\n");
}

static void gate(const struct bytes *request, struct bytes *out)
{
    if (value_of(request, "\r\nAuthorization: Basic bWU6c2VjcmV0\r\n") != NULL)
        bytes_append_str(out, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nopen\n");
    else
        bytes_append_str(out, "HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
                              "Content-Length: 5\r\n\r\nshut\n");
}

static void coded(struct bytes *out)
{
    struct coded_bytes body = coded_make(CODED_GZIP, "squeezed\n", 9);

    bytes_printf(out, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
                 body.len);
    bytes_append(out, body.data, body.len);
    coded_free_bytes(&body);
}

/* gzip as a transfer coding, below chunked. */
static void transfer_coded(const struct bytes *request, struct bytes *out)
{
    struct coded_bytes body = coded_make(CODED_GZIP, "squeezed\n", 9);

    if (value_of(request, "\r\nTE: gzip") == NULL) {
        bytes_append_str(out, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nplain\n");
    } else {
        bytes_printf(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n%zx\r\n",
                     body.len);
        bytes_append(out, body.data, body.len);
        bytes_append_str(out, "\r\n0\r\n\r\n");
    }
    coded_free_bytes(&body);
}

/* The end of a document, which breaks off the first time. */
static void frail(struct answer_memory *memory, struct bytes *out)
{
    bytes_append_str(out, "HTTP/1.1 206 Some\r\nContent-Range: bytes 3-9/10\r\n"
                          "Content-Length: 7\r\nConnection: close\r\n\r\n");
    bytes_append_str(out, memory->busy++ == 0 ? "3456" : "3456789");
}

/* Busy the first time; when to come again stands behind the path. */
static void busy_until(const char *when, struct answer_memory *memory, struct bytes *out)
{
    if (memory->busy++ > 0)
        bytes_append_str(out, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ndone\n");
    else
        bytes_printf(out, "HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 5\r\n\r\nbusy\n",
                     when);
}

static void big(struct bytes *out)
{
    bytes_append_str(out, "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n");
    for (unsigned i = 0; i < 20000; i++)
        bytes_printf(out, "line %04u\n", i % 10000);
}

/* A head of 400 kB. */
static void huge_head(struct bytes *out)
{
    bytes_append_str(out, "HTTP/1.1 200 OK\r\n");
    for (unsigned i = 0; i < 4000; i++)
        bytes_printf(out, "X-%04u: %091u\r\n", i, i);
    bytes_append_str(out, EMPTY);
}

static bool computed(const char *path, const struct bytes *request, struct answer_memory *memory,
                     struct bytes *out)
{
    if (strncmp(path, "/echo", 5) == 0)
        echo(request, out);
    else if (strcmp(path, "/range") == 0)
        range(request, out);
    else if (strcmp(path, "/tagged") == 0)
        tagged(request, out);
    else if (strcmp(path, "/gate") == 0)
        gate(request, out);
    else if (strcmp(path, "/coded") == 0)
        coded(out);
    else if (strcmp(path, "/transfer-coded") == 0)
        transfer_coded(request, out);
    else if (strcmp(path, "/frail") == 0)
        frail(memory, out);
    else if (strcmp(path, "/big") == 0)
        big(out);
    else if (strncmp(path, "/busy-until/", 12) == 0)
        busy_until(path + 12, memory, out);
    else if (strcmp(path, "/huge-head") == 0)
        huge_head(out);
    else if (strcmp(path, "/busy") == 0)
        bytes_append_str(out, memory->busy++ == 0
                                  ? "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nbusy\n"
                                  : "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ndone\n");
    else
        return false;
    return true;
}

/* --- which ----------------------------------------------------------------- */

/* The target's path, of an absolute one too; the caller's. */
static char *path_of(const char *head)
{
    const char *target = strchr(head, ' ');
    const char *after;

    target = target != NULL ? target + 1 : head;
    after = strncmp(target, "http://", 7) == 0 ? target + 7 + strcspn(target + 7, "/ ") : target;
    char *path = strndup(after, strcspn(after, "? \r"));
    if (path == NULL)
        abort();
    return path;
}

static bool has_path(const char *head, const char *wanted)
{
    char *path = path_of(head);
    bool is = strcmp(path, wanted) == 0;

    free(path);
    return is;
}

bool answer_is_final_at_once(const char *head)
{
    return has_path(head, "/refuse");
}

bool answer_has_no_100(const char *head)
{
    return has_path(head, "/silent");
}

static enum answer_end fixed(const char *path, struct bytes *out)
{
    for (size_t i = 0; i < sizeof fixed_answers / sizeof fixed_answers[0]; i++) {
        const struct fixed *f = &fixed_answers[i];
        struct timespec delay = {0, f->delay_ms * 1000000L};

        if (strcmp(f->path, path) != 0)
            continue;
        nanosleep(&delay, NULL);
        bytes_append_str(out, f->bytes);
        return f->end;
    }
    bytes_append_str(out, "HTTP/1.1 404 Not Found\r\nContent-Length: 8\r\n\r\nunknown\n");
    return ANSWER_NEXT;
}

enum answer_end answer_to(const struct bytes *request, struct answer_memory *memory,
                          struct bytes *out)
{
    char *path = path_of(request->data);
    enum answer_end end = strcmp(path, "/frail") == 0 ? ANSWER_CLOSE : ANSWER_NEXT;

    if (!computed(path, request, memory, out))
        end = fixed(path, out);
    free(path);
    if (strncmp(request->data, "HEAD ", 5) == 0) {
        char *empty_line = out->data != NULL ? strstr(out->data, "\r\n\r\n") : NULL;

        if (empty_line != NULL)
            out->len = (size_t)(empty_line + 4 - out->data);
    }
    return end;
}
