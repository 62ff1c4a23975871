/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See fickle_origin.h. In the child: one thread, no locks.
 */
#include "integration/fickle_origin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/gate.h"
#include "support/leaks.h"

enum { REQUEST_MAX = 2048, EVENTS = 128, IDLE_MAX_MS = 6, TICK_MS = 1 };

struct guest {
    int fd;
    size_t len;
    int64_t leave_ms; /* when it is shown out; 0: not before it was answered */
    struct guest *next, **link;
    char request[REQUEST_MAX];
};

struct house {
    struct fickle_origin *origin;
    int epoll;
    int listener;
    unsigned breaks;
    uint64_t random;
    struct guest *guests;
};

static unsigned draw(struct house *house, unsigned below)
{
    house->random ^= house->random << 13;
    house->random ^= house->random >> 7;
    house->random ^= house->random << 17;
    return (unsigned)((house->random >> 20) % below);
}

static void show_out(struct guest *guest, bool reset)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    if (reset)
        setsockopt(guest->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(guest->fd);
    *guest->link = guest->next;
    if (guest->next != NULL)
        guest->next->link = guest->link;
    free(guest);
}

static bool say(struct guest *guest, const char *text, size_t len)
{
    return send(guest->fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* A FIN, an RST, or half an answer and one of them. False: the guest is out. */
static bool break_off(struct house *house, struct guest *guest)
{
    static const char half[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha";

    if (draw(house, 4) == 0)
        say(guest, half, sizeof half - 1);
    show_out(guest, draw(house, 2) == 0);
    return false;
}

static bool answer(struct house *house, struct guest *guest, unsigned long number)
{
    char body[24], text[128];
    int body_len = snprintf(body, sizeof body, "%lu", number);
    int len = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s",
                       body_len, body);

    if (draw(house, 1000) < house->breaks)
        return break_off(house, guest);
    if (!say(guest, text, (size_t)len)) {
        show_out(guest, false);
        return false;
    }
    if (draw(house, 50) == 0) {
        show_out(guest, false);
        return false;
    }
    guest->leave_ms = now_ms() + draw(house, IDLE_MAX_MS);
    return true;
}

static size_t request_length(const struct guest *guest)
{
    const char *end = memmem(guest->request, guest->len, "\r\n\r\n", 4);
    const char *length = memmem(guest->request, guest->len, "Content-Length: ", 16);

    if (end == NULL)
        return 0;
    return (size_t)(end - guest->request) + 4 +
           (length != NULL ? strtoul(length + 16, NULL, 10) : 0);
}

static bool serve(struct house *house, struct guest *guest)
{
    const struct fickle_origin *origin = house->origin;
    unsigned long number;
    size_t len;

    guest->request[guest->len] = '\0';
    len = request_length(guest);
    if (len == 0 || guest->len < len)
        return true;
    if (sscanf(guest->request, "%*s /%lu ", &number) != 1 || number >= origin->seen_len)
        abort();
    if (origin->seen[number] < UINT8_MAX)
        origin->seen[number]++;
    guest->len -= len;
    memmove(guest->request, guest->request + len, guest->len);
    return answer(house, guest, number);
}

static void hear(struct house *house, struct guest *guest)
{
    ssize_t n =
        recv(guest->fd, guest->request + guest->len, REQUEST_MAX - 1 - guest->len, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        show_out(guest, false);
        return;
    }
    guest->len += (size_t)n;
    serve(house, guest);
}

static void welcome(struct house *house)
{
    int fd = accept4(house->listener, NULL, NULL, SOCK_CLOEXEC);
    struct guest *guest = fd < 0 ? NULL : calloc(1, sizeof *guest);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = guest};
    int one = 1;

    if (guest == NULL)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    guest->fd = fd;
    guest->next = house->guests;
    guest->link = &house->guests;
    if (guest->next != NULL)
        guest->next->link = &guest->next;
    house->guests = guest;
    epoll_ctl(house->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Who has been idle for long enough. What they may be saying right now is lost. */
static void close_time(struct house *house)
{
    int64_t now = now_ms();
    struct guest *next;

    for (struct guest *guest = house->guests; guest != NULL; guest = next) {
        next = guest->next;
        if (guest->leave_ms != 0 && now >= guest->leave_ms)
            show_out(guest, draw(house, 4) == 0);
    }
}

static void keep_house(struct house *house)
{
    struct epoll_event events[EVENTS];

    for (;;) {
        int n = epoll_wait(house->epoll, events, EVENTS, TICK_MS);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == NULL)
                welcome(house);
            else
                hear(house, events[i].data.ptr);
        }
        close_time(house);
    }
}

static int listen_loopback(uint16_t *port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) != 0 || listen(fd, 4096) != 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &len) != 0) {
        perror("fickle origin");
        abort();
    }
    *port = ntohs(addr.sin_port);
    return fd;
}

static void child(struct house *house)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    leaks_raise_fd_limit();
    house->epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(house->epoll, EPOLL_CTL_ADD, house->listener, &event);
    keep_house(house);
}

void fickle_origin_start(struct fickle_origin *origin, size_t requests, unsigned breaks,
                         uint64_t seed)
{
    struct house house = {.origin = origin, .breaks = breaks, .random = seed | 1};

    house.listener = listen_loopback(&origin->port);
    origin->seen_len = requests;
    origin->seen = mmap(NULL, requests, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (origin->seen == MAP_FAILED)
        abort();
    origin->pid = fork();
    if (origin->pid == 0)
        child(&house);
    if (origin->pid < 0)
        abort();
    close(house.listener);
}

void fickle_origin_stop(struct fickle_origin *origin)
{
    kill(origin->pid, SIGKILL);
    waitpid(origin->pid, NULL, 0);
    munmap(origin->seen, origin->seen_len);
}
