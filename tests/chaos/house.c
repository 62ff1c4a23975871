/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The far side's process: see far.h and house.h.
 */
#include "chaos/house.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/certs.h"
#include "support/gate.h"
#include "support/leaks.h"

enum { EVENTS = 128, BACKLOG = 4096, TRIES = 200, SHUT_ONCE_IN = 300, SHUT_MAX_MS = 20 };

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    abort();
}

/* --- doors --- */

static int try_bind(unsigned index, uint16_t *port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t len = sizeof addr;
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    must(fd >= 0, "chaos: socket");
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK + index);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&addr, sizeof addr) != 0) {
        close(fd);
        return -1;
    }
    must(getsockname(fd, (struct sockaddr *)&addr, &len) == 0, "chaos: getsockname");
    *port = ntohs(addr.sin_port);
    return fd;
}

/* The same port of every address, which the kernel picks for the first. */
static uint16_t bind_all(int fds[FAR_ADDRESSES])
{
    for (int tries = 0; tries < TRIES; tries++) {
        uint16_t port = 0;
        unsigned n = 0;
        while (n < FAR_ADDRESSES && (fds[n] = try_bind(n, &port)) >= 0)
            n++;
        if (n == FAR_ADDRESSES)
            return port;
        while (n > 0)
            close(fds[--n]);
    }
    must(false, "chaos: no port is free on all addresses");
    return 0;
}

static void open_doors(struct house *house, enum far_port port)
{
    int fds[FAR_ADDRESSES];

    house->far->ports[port] = bind_all(fds);
    for (unsigned i = 0; i < FAR_ADDRESSES; i++) {
        must(listen(fds[i], BACKLOG) == 0, "chaos: listen");
        house->doors[house->doors_len++] =
            (struct door){.entry = ENTRY_DOOR, .fd = fds[i], .port = port};
    }
}

static void watch_door(struct house *house, struct door *door, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = door};

    must(epoll_ctl(house->epoll, EPOLL_CTL_MOD, door->fd, &event) == 0, "chaos: a door");
}

/* Now and then nobody comes to the door for a while. */
static void answer_door(struct house *house, struct door *door)
{
    guest_welcome(house, door);
    if (!dice_once_in(&house->dice, SHUT_ONCE_IN))
        return;
    door->shut_until_ms = house->now_ms + 1 + dice_roll(&house->dice, SHUT_MAX_MS);
    house->far->tally->pauses++;
    watch_door(house, door, 0);
}

/* --- time --- */

static void sooner(int64_t *soonest, int64_t ms)
{
    if (ms != 0 && (*soonest == 0 || ms < *soonest))
        *soonest = ms;
}

/* How long to wait for events; -1: as long as it takes. */
static int time_to_wait(const struct house *house)
{
    int64_t soonest = 0;

    for (unsigned i = 0; i < house->doors_len; i++)
        sooner(&soonest, house->doors[i].shut_until_ms);
    for (const struct guest *guest = house->guests; guest != NULL; guest = guest->next)
        sooner(&soonest, guest->due_ms);
    if (soonest == 0)
        return -1;
    return soonest > house->now_ms ? (int)(soonest - house->now_ms) : 0;
}

static void do_what_is_due(struct house *house)
{
    struct guest *next;

    for (unsigned i = 0; i < house->doors_len; i++) {
        struct door *door = &house->doors[i];
        if (door->shut_until_ms == 0 || door->shut_until_ms > house->now_ms)
            continue;
        door->shut_until_ms = 0;
        watch_door(house, door, EPOLLIN);
    }
    for (struct guest *guest = house->guests; guest != NULL; guest = next) {
        next = guest->next;
        if (guest->due_ms != 0 && guest->due_ms <= house->now_ms)
            guest_due(guest);
    }
}

/* --- the process --- */

static void empty_graves(struct house *house)
{
    while (house->graves != NULL) {
        struct guest *guest = house->graves;
        house->graves = guest->next;
        free(guest);
    }
}

static void keep_house(struct house *house)
{
    struct epoll_event events[EVENTS];

    for (;;) {
        int n = epoll_wait(house->epoll, events, EVENTS, time_to_wait(house));
        house->now_ms = now_ms();
        for (int i = 0; i < n; i++) {
            if (*(const enum entry *)events[i].data.ptr == ENTRY_DOOR)
                answer_door(house, events[i].data.ptr);
            else
                guest_event(events[i].data.ptr, events[i].events);
        }
        do_what_is_due(house);
        empty_graves(house);
        house->now_ms = now_ms();
    }
}

static void child(struct house *house)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    house->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < house->doors_len; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &house->doors[i]};
        must(epoll_ctl(house->epoll, EPOLL_CTL_ADD, house->doors[i].fd, &event) == 0, "a door");
    }
    keep_house(house);
}

static void *share(size_t size)
{
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    must(memory != MAP_FAILED, "chaos: mmap");
    return memory;
}

void far_start(struct far *far, uint64_t ids, uint64_t seed)
{
    static struct house house;
    uint16_t port = 0;

    house = (struct house){.far = far, .now_ms = now_ms(), .dice = dice_of(seed, 0)};
    house.origin_tls = certs_server("star", NULL);
    house.proxy_tls = certs_server("good", NULL);
    far->ids = ids;
    far->tally = share(sizeof *far->tally);
    far->seen = share(ids);
    for (enum far_port p = FAR_PLAIN; p < FAR_CLOSED; p++)
        open_doors(&house, p);
    far->closed = try_bind(0, &port);
    far->ports[FAR_CLOSED] = port;
    far->pid = fork();
    must(far->pid >= 0, "chaos: fork");
    if (far->pid == 0)
        child(&house);
    for (unsigned i = 0; i < house.doors_len; i++)
        close(house.doors[i].fd);
    SSL_CTX_free(house.origin_tls);
    SSL_CTX_free(house.proxy_tls);
}

bool far_runs(const struct far *far)
{
    return waitpid(far->pid, NULL, WNOHANG) == 0;
}

void far_stop(struct far *far)
{
    kill(far->pid, SIGKILL);
    waitpid(far->pid, NULL, 0);
    close(far->closed);
    munmap((void *)far->tally, sizeof *far->tally);
    munmap((void *)far->seen, far->ids);
}
