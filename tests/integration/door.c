/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See door.h. A listener with a backlog of 0 holds one connection that nobody
 * has accepted; while there is one, the kernel drops further attempts.
 */
#include "integration/door.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "integration/expect.h"

enum { TCP_SYN_SENT_STATE = 2 };

void door_init(struct door *door)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    door->plug = -1;
    door->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(door->listener >= 0);
    REQUIRE(bind(door->listener, (struct sockaddr *)&addr, sizeof addr) == 0);
    REQUIRE(listen(door->listener, 0) == 0);
    REQUIRE(getsockname(door->listener, (struct sockaddr *)&addr, &len) == 0);
    door->port = ntohs(addr.sin_port);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void door_fini(struct door *door)
{
    close_fd(&door->plug);
    close_fd(&door->listener);
}

void door_shut(struct door *door)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(door->port)};

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    door->plug = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(door->plug >= 0);
    REQUIRE(connect(door->plug, (struct sockaddr *)&addr, sizeof addr) == 0);
}

void door_open(struct door *door)
{
    int plugged = door_let_in(door);

    close_fd(&plugged);
    close_fd(&door->plug);
}

static unsigned count_knocks(uint16_t port)
{
    FILE *table = fopen("/proc/net/tcp", "re");
    char line[256];
    unsigned n = 0, to, state;

    while (table != NULL && fgets(line, sizeof line, table) != NULL) {
        if (sscanf(line, " %*u: %*x:%*x %*x:%x %x", &to, &state) == 2)
            n += to == port && state == TCP_SYN_SENT_STATE;
    }
    if (table != NULL)
        fclose(table);
    return n;
}

struct knocks {
    uint16_t port;
    unsigned n;
};

static bool has_knocks(void *arg)
{
    const struct knocks *wanted = arg;

    return count_knocks(wanted->port) == wanted->n;
}

bool door_knocks(const struct door *door, unsigned n)
{
    return eventually(has_knocks, &(struct knocks){door->port, n});
}

gofer_request *door_request(const struct door *door, const char *path)
{
    char url[ORIGIN_URL_BYTES];

    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", door->port, path);
    return rig_request_to("GET", url);
}

static bool is_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    return poll(&ready, 1, PATIENCE_MS) > 0;
}

int door_let_in(const struct door *door)
{
    return is_readable(door->listener) ? accept4(door->listener, NULL, NULL, SOCK_CLOEXEC) : -1;
}

bool door_hears(int fd, const char *path)
{
    char head[2048], wanted[256];
    size_t len = 0;

    snprintf(wanted, sizeof wanted, "GET %s HTTP/1.1\r\n", path);
    while (len < sizeof head - 1 && is_readable(fd)) {
        ssize_t n = recv(fd, head + len, sizeof head - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        head[len] = '\0';
        if (strstr(head, "\r\n\r\n") != NULL)
            return strncmp(head, wanted, strlen(wanted)) == 0;
    }
    return false;
}

bool door_sees_end(int fd)
{
    char byte;

    return is_readable(fd) && recv(fd, &byte, 1, 0) == 0;
}

void door_answer(int fd, const char *body)
{
    char reply[256];
    int len = snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
                       strlen(body), body);

    EXPECT_INT(send(fd, reply, (size_t)len, MSG_NOSIGNAL), len);
}

static bool has_no_dial(void *arg)
{
    gofer_worker_run_once(arg, 0);
    return rig_stats(arg).conns_dialing == 0;
}

bool door_dials_end(gofer_client *client)
{
    return eventually(has_no_dial, client);
}
