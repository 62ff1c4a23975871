/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The server that cli_test.sh holds the command against: a program that prints
 * its loopback port, serves until its standard input ends, and answers each
 * path with the bytes that the table below gives, broken ones included. /echo
 * answers with the request itself.
 *
 * One thread a connection, blocking, one request after the other; a connection
 * ends after an answer that says so. No lock: threads share nothing.
 */
#define _GNU_SOURCE 1 /* strcasestr */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* How a connection goes on after an answer. KEEP_NUL: a NUL is the last of the answer's bytes. */
enum after { KEEP, KEEP_NUL, CLOSE, RESET };

struct answer {
    const char *path;
    const char *bytes;
    enum after after;
    int delay_ms; /* how slow this server is: what a time limit, or a pace, is tried on */
};

static const struct answer answers[] = {
    {"/hello", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n",
     KEEP, 0},
    {"/plain10", "HTTP/1.0 200 Fine\r\nServer: old\r\n\r\nuntil the end", CLOSE, 0},
    {"/chunked",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
     KEEP, 0},
    {"/headers",
     "HTTP/1.1 200 OK\r\nX-One: 1\r\nx-two:  two words \r\nX-One: again\r\nContent-Length: "
     "2\r\n\r\nok",
     KEEP, 0},
    {"/no-reason", "HTTP/1.1 204 \r\nX-Empty:\r\n\r\n", KEEP, 0},
    {"/nothing", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", KEEP, 0},
    {"/coded",
     "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 11\r\n\r\n"
     "\x2b\x2e\x2c\x4d\x4d\xad\x4a\x4d\xe1\x02",
     KEEP_NUL, 0},
    {"/badly-coded", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
     KEEP, 0},
    {"/404", "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nnone\n", KEEP, 0},
    {"/500", "HTTP/1.1 500 Oh No\r\nContent-Length: 5\r\n\r\noops\n", KEEP, 0},
    {"/302", "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n", KEEP, 0},
    {"/to-echo", "HTTP/1.1 302 Found\r\nLocation: /echo\r\nContent-Length: 0\r\n\r\n", KEEP, 0},
    {"/twice", "HTTP/1.1 302 Found\r\nLocation: /to-echo\r\nContent-Length: 0\r\n\r\n", KEEP, 0},
    {"/loop", "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n", KEEP, 0},
    {"/cookie",
     "HTTP/1.1 302 Found\r\nSet-Cookie: a=1; Path=/\r\nLocation: /echo\r\n"
     "Content-Length: 0\r\n\r\n",
     KEEP, 0},
    {"/slow", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nslow\n", KEEP, 300},
    {"/slower", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nslower\n", KEEP, 600},
    {"/never", "", CLOSE, 20000},
    {"/empty", "", CLOSE, 0},
    {"/reset", "", RESET, 0},
    {"/partial", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", CLOSE, 0},
    {"/partial-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly this",
     CLOSE, 0},
    {"/bad-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
     CLOSE, 0},
    {"/half-head", "HTTP/1.1 200 OK\r\nContent-Le", CLOSE, 0},
    {"/not-http", "SSH-2.0-OpenSSH_9.2\r\nhello\r\n", CLOSE, 0},
};

static const struct answer unknown = {
    "", "HTTP/1.1 404 Not Found\r\nContent-Length: 8\r\n\r\nunknown\n", KEEP, 0};

/* "/busy": the first request of a connection, and the others. */
static const struct answer busy = {"", "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nbusy\n", KEEP,
                                   0};
static const struct answer no_more_busy = {"", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ndone\n",
                                           KEEP, 0};

struct request {
    char bytes[65536];
    size_t len;
    unsigned served; /* before it, on its connection */
};

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

/* The length of the whole request, 0 while its head is incomplete. */
static size_t request_len(const struct request *r)
{
    const char *end = strstr(r->bytes, "\r\n\r\n");
    const char *field = strcasestr(r->bytes, "\r\nContent-Length:");
    size_t body = 0;

    if (end == NULL)
        return 0;
    if (field != NULL && field < end)
        body = strtoul(field + 17, NULL, 10);
    return (size_t)(end + 4 - r->bytes) + body;
}

/* Reads one request. False when the connection ends first. */
static bool read_request(int fd, struct request *r)
{
    r->len = 0;
    r->bytes[0] = '\0';
    while (request_len(r) == 0 || r->len < request_len(r)) {
        ssize_t n = recv(fd, r->bytes + r->len, sizeof r->bytes - 1 - r->len, 0);

        if (n <= 0)
            return false;
        r->len += (size_t)n;
        r->bytes[r->len] = '\0';
    }
    return true;
}

/* The blank before the target; the line of the PROXY protocol is passed over. */
static const char *before_path(const struct request *r)
{
    const char *line = strncmp(r->bytes, "PROXY ", 6) == 0 ? strchr(r->bytes, '\n') + 1 : r->bytes;

    return strchr(line, ' ');
}

static const struct answer *find_answer(const struct request *r)
{
    const char *path = before_path(r);
    size_t len = path != NULL ? strcspn(path + 1, "? ") : 0;

    for (size_t i = 0; path != NULL && i < sizeof answers / sizeof answers[0]; i++)
        if (strlen(answers[i].path) == len && memcmp(answers[i].path, path + 1, len) == 0)
            return &answers[i];
    if (path != NULL && len == 5 && memcmp(path + 1, "/busy", 5) == 0)
        return r->served == 0 ? &busy : &no_more_busy;
    return &unknown;
}

static void send_echo(int fd, const struct request *r)
{
    char head[128];
    int len = snprintf(head, sizeof head,
                       "HTTP/1.1 200 OK\r\nContent-Type: message/http\r\n"
                       "Content-Length: %zu\r\n\r\n",
                       r->len);

    send_all(fd, head, (size_t)len);
    if (strncmp(r->bytes, "HEAD ", 5) != 0)
        send_all(fd, r->bytes, r->len);
}

/* Sends an answer: to HEAD only its head. */
static void send_answer(int fd, const struct answer *a, const struct request *r)
{
    struct timespec delay = {a->delay_ms / 1000, a->delay_ms % 1000 * 1000000L};
    const char *end = strstr(a->bytes, "\r\n\r\n");
    size_t len = strlen(a->bytes) + (a->after == KEEP_NUL ? 1 : 0);

    if (strncmp(r->bytes, "HEAD ", 5) == 0 && end != NULL)
        len = (size_t)(end + 4 - a->bytes);
    nanosleep(&delay, NULL);
    send_all(fd, a->bytes, len);
}

/* Answers one request. False when the connection is to end. */
static bool serve_request(int fd, struct request *r)
{
    struct linger hard = {1, 0};
    const struct answer *a;

    if (!read_request(fd, r))
        return false;
    if (strstr(r->bytes, " /echo") == before_path(r)) {
        send_echo(fd, r);
        return true;
    }
    a = find_answer(r);
    send_answer(fd, a, r);
    if (a->after == RESET)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    return a->after <= KEEP_NUL;
}

static void *serve_conn(void *arg)
{
    int fd = (int)(intptr_t)arg;
    struct request *r = malloc(sizeof *r);

    if (r != NULL)
        r->served = 0;
    while (r != NULL && serve_request(fd, r))
        r->served++;
    free(r);
    close(fd);
    return NULL;
}

static void *accept_conns(void *arg)
{
    int listener = (int)(intptr_t)arg;
    pthread_attr_t detached;
    pthread_t thread;
    int fd;

    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    while ((fd = accept(listener, NULL, NULL)) >= 0)
        if (pthread_create(&thread, &detached, serve_conn, (void *)(intptr_t)fd) != 0)
            close(fd);
    return NULL;
}

int main(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof addr;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t thread;
    char ignored;

    if (listener < 0 || bind(listener, (struct sockaddr *)&addr, len) != 0 ||
        listen(listener, 128) != 0 || getsockname(listener, (struct sockaddr *)&addr, &len) != 0 ||
        pthread_create(&thread, NULL, accept_conns, (void *)(intptr_t)listener) != 0) {
        perror("cli_origin");
        return 1;
    }
    printf("%d\n", ntohs(addr.sin_port));
    fflush(stdout);
    while (read(STDIN_FILENO, &ignored, 1) > 0)
        ;
    return 0; /* the process takes its threads with it */
}
