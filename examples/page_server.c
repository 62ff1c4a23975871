/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What gofer is for: a multithreaded server that makes calls of its own for each
 * request it serves. A page here is made of three parts that other servers have.
 * They are asked at once, through one client that all threads share, and have
 * a second together; what is missing then is left out, and the page says so.
 *
 *     page_server PORT     serves on 127.0.0.1:PORT until it is killed
 *     page_server          serves itself some pages, and checks them
 */
#include <arpa/inet.h>
#include <gofer/gofer.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "origin.h"

enum { THREADS = 4, PARTS = 3, TIME_FOR_A_PAGE_MS = 1000, PAGES = 8 };

struct server {
    int listener;
    gofer_client *client; /* one, for all threads: that is the point */
    const char *backend;
};

/* --- one page --- */

/* Appends what a call came to; a part that failed is named with its error. */
static void add_part(gofer_future *future, char *page, size_t size)
{
    gofer_response *response;
    gofer_status status = gofer_future_wait(future, &response);
    const char *name = gofer_future_user(future);
    size_t len = strlen(page);

    if (status == GOFER_OK)
        snprintf(page + len, size - len, "%s: %s", name,
                 (const char *)gofer_response_body(response, NULL));
    else
        snprintf(page + len, size - len, "%s: (missing: %s)\n", name, gofer_strerror(status));
    gofer_response_free(response);
    gofer_future_free(future);
}

static void ask_for_part(gofer_group *group, const struct server *s, const char *path)
{
    char url[128];

    snprintf(url, sizeof url, "%s%s", s->backend, path);
    gofer_request *request = gofer_request_new("GET", url);
    gofer_request_set_user(request, (void *)path);
    gofer_group_submit(group, request);
    gofer_request_free(request);
}

/* The parts stand in the order in which they came. */
static void make_page(const struct server *s, char *page, size_t size)
{
    static const char *const paths[PARTS] = {"/instant", "/50ms", "/never"};
    gofer_group *group = gofer_group_new(s->client);
    gofer_future *future;

    page[0] = '\0';
    gofer_group_set_timeout_ms(group, TIME_FOR_A_PAGE_MS);
    for (int i = 0; i < PARTS; i++)
        ask_for_part(group, s, paths[i]);
    while ((future = gofer_group_next(group, GOFER_NEVER)) != NULL)
        add_part(future, page, size);
    gofer_group_free(group);
}

/* --- a server, as small as it can be: it reads no more of a request than its end --- */

static void serve(const struct server *s, int fd)
{
    char in[4096];
    char page[1024];
    size_t len = 0;
    ssize_t n;

    while (len < sizeof in - 1 && (n = read(fd, in + len, sizeof in - 1 - len)) > 0) {
        len += (size_t)n;
        in[len] = '\0';
        if (strstr(in, "\r\n\r\n") == NULL)
            continue;
        make_page(s, page, sizeof page);
        dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                strlen(page), page);
        break;
    }
    close(fd);
}

static void *thread_main(void *arg)
{
    const struct server *s = arg;
    int fd;

    while ((fd = accept(s->listener, NULL, NULL)) >= 0)
        serve(s, fd);
    return NULL; /* the listener was shut down */
}

/* Listens on 127.0.0.1; port 0 is one that the kernel picks. Returns the port, or -1. */
static int listen_on(struct server *s, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t len = sizeof address;
    int on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0)
        return -1;
    setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s->listener, (struct sockaddr *)&address, len) != 0 || listen(s->listener, 128) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&address, &len) != 0)
        return -1;
    return ntohs(address.sin_port);
}

/* --- trying it --- */

static int is_right(const char *page)
{
    return strstr(page, "/instant: instant 0\n") != NULL &&
           strstr(page, "/50ms: 50ms 0\n") != NULL && strstr(page, "/never: (missing: ") != NULL;
}

/* Asks for many pages at once, with a client like any other. */
static int try_it(int port)
{
    gofer_client *client = gofer_client_new(NULL);
    gofer_future *pages[PAGES];
    char url[64];
    int right = 0;

    snprintf(url, sizeof url, "http://127.0.0.1:%d/", port);
    for (int i = 0; i < PAGES; i++)
        pages[i] = gofer_submit_get(client, url);
    for (int i = 0; i < PAGES; i++) {
        gofer_response *response;
        gofer_future_wait(pages[i], &response);
        right += is_right(gofer_response_body(response, NULL));
        if (i == 0)
            printf("%s", (const char *)gofer_response_body(response, NULL));
        gofer_response_free(response);
        gofer_future_free(pages[i]);
    }
    gofer_client_free(client);
    printf("%d of %d pages as they should be\n", right, PAGES);
    return right == PAGES;
}

int main(int argc, char **argv)
{
    struct origin *origin = origin_start();
    struct server server = {.client = gofer_client_new(NULL), .backend = origin_url(origin)};
    int port = listen_on(&server, argc > 1 ? atoi(argv[1]) : 0);
    pthread_t threads[THREADS];
    int ok = 0;

    signal(SIGPIPE, SIG_IGN); /* for this server's own writes: gofer's need it not */
    if (server.client == NULL || port < 0)
        return 1;
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, thread_main, &server) != 0)
            return 1;
    if (argc <= 1) {
        ok = try_it(port);
        shutdown(server.listener, SHUT_RDWR);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);

    close(server.listener);
    gofer_client_free(server.client);
    origin_stop(origin);
    return ok ? 0 : 1;
}
