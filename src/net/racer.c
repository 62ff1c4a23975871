/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Addresses into the race, attempts out of it. The race decides; this file asks
 * the kernel. An attempt's watch and descriptor exist exactly while the race
 * holds its slot open, but for the winner's, which leaves with racer_run().
 */
#include "net/racer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/task.h"

/* Codes of the race's errors that are no errno values; how often an attempt is repeated. */
enum { CODE_DENIED = -1, REPEATS_MAX = 2 };
enum { IPV4, IPV6 };

/* The list of an address: that of the packets that go out for it. */
static unsigned list_of(const struct addr *addr)
{
    bool mapped = addr->sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&addr->in6.sin6_addr);
    return addr->sa.sa_family == AF_INET6 && !mapped ? IPV6 : IPV4;
}

static unsigned list_of_family(sa_family_t family)
{
    return family == AF_INET ? IPV4 : IPV6;
}

static sa_family_t family_of(unsigned list)
{
    return list == IPV4 ? AF_INET : AF_INET6;
}

static bool is_wanted(const struct racer *r, const struct addr *addr)
{
    sa_family_t only = r->options->family;
    return (only == AF_UNSPEC || list_of(addr) == list_of_family(only)) &&
           socket_local_fits(&r->options->socket, addr);
}

/* Which list is waited for while answers come one by one: RFC 8305, 3, says that of IPv6. */
static unsigned preferred_list(const struct racer *r)
{
    const struct addr ipv4 = {.in = {.sin_family = AF_INET}};
    const struct addr ipv6 = {.in6 = {.sin6_family = AF_INET6}};
    if (!is_wanted(r, &ipv6))
        return IPV4;
    return is_wanted(r, &ipv4) ? list_of_family(r->goal.preferred) : IPV6;
}

void racer_init(struct racer *racer, struct task *task, const struct racer_options *options,
                const struct racer_goal *goal)
{
    *racer = (struct racer){.options = options, .task = task, .goal = *goal};
    for (unsigned i = 0; i < RACE_MAX_OPEN; i++)
        racer->attempts[i].watch.fd = -1;
    race_init(&racer->race, goal->deadline, clock_after_ms(0, options->fallback_delay_ms));
    race_prefer(&racer->race, preferred_list(racer));
}

/* --- addresses --- */

/* The wanted ones, as many as *count; NULL without memory. */
static struct candidate *choose(const struct racer *r, const struct addr *addrs, size_t len,
                                size_t *count)
{
    struct candidate *chosen = mem_zalloc_array(len, sizeof(*chosen));
    *count = 0;
    for (size_t i = 0; chosen != NULL && i < len; i++)
        if (is_wanted(r, &addrs[i]))
            chosen[(*count)++].addr = addrs[i];
    return chosen;
}

static void find_sources(const struct racer *r, struct candidate *c, size_t len)
{
    for (size_t i = 0; i < len; i++)
        c[i].reachable = socket_source(&c[i].addr, &r->options->socket, &c[i].source);
}

/* Puts one address behind those of its family. The room was made. */
static void append(struct racer *r, const struct candidate *c, int64_t now)
{
    unsigned list = list_of(&c->addr);
    struct racer_family *family = &r->families[list];
    if (family->len == 0)
        family->best = *c;
    family->addrs[family->len++] = c->addr;
    race_add(&r->race, list, 1, now);
}

static bool make_room(struct racer *r, const struct candidate *c, size_t len)
{
    size_t counts[RACE_LISTS] = {0};
    for (size_t i = 0; i < len; i++)
        counts[list_of(&c[i].addr)]++;
    for (unsigned i = 0; i < RACE_LISTS; i++) {
        struct racer_family *family = &r->families[i];
        if (counts[i] == 0)
            continue;
        size_t size = (family->len + counts[i]) * sizeof(struct addr);
        void *grown = mem_realloc(family->addrs, size);
        if (grown == NULL)
            return false;
        family->addrs = grown;
    }
    return true;
}

/* Once there are two families, the better of their best goes first, unless another was remembered.
 */
static void prefer(struct racer *r)
{
    if (r->regular != AF_UNSPEC || r->families[IPV4].len == 0 || r->families[IPV6].len == 0)
        return;
    struct candidate best[] = {r->families[IPV4].best, r->families[IPV6].best};
    address_order(best, 2, 0);
    r->regular = family_of(list_of(&best[0].addr));
    if (r->goal.preferred == AF_UNSPEC)
        race_prefer(&r->race, list_of_family(r->regular));
}

bool racer_add(struct racer *racer, const struct addr *addrs, size_t len, bool more, int64_t now_ns)
{
    size_t count = 0;
    struct candidate *chosen = len > 0 ? choose(racer, addrs, len, &count) : NULL;
    bool ok = len == 0 || (chosen != NULL && make_room(racer, chosen, count));
    bool alone = count == 1 && !more && racer->families[IPV4].len + racer->families[IPV6].len == 0;
    if (ok && !alone) {
        find_sources(racer, chosen, count);
        address_order(chosen, count, racer->goal.turn);
    }
    for (size_t i = 0; ok && i < count; i++)
        append(racer, &chosen[i], now_ns);
    mem_free(chosen);
    prefer(racer);
    if (!more)
        race_expect_no_more(&racer->race);
    return ok;
}

/* --- attempts --- */

static gofer_address address_of(const struct racer *r, const struct addr *addr)
{
    return (gofer_address){.addr = &addr->sa, .addr_len = addr_len(addr), .host = r->goal.host};
}

static void tell_end(const struct racer *r, unsigned slot, int err)
{
    if (r->goal.ended == NULL)
        return;
    gofer_address address = address_of(r, &r->attempts[slot].addr);
    r->goal.ended(r->goal.arg, &address, err);
}

static void close_attempt(struct racer *r, unsigned slot)
{
    struct watch *watch = &r->attempts[slot].watch;
    if (watch->fd < 0)
        return;
    watch_drop(watch, r->task->engine);
    close(watch->fd);
    *watch = (struct watch){.fd = -1};
}

/* It lost, or nobody waits for it any more. */
static void drop_attempt(struct racer *r, unsigned slot)
{
    if (r->attempts[slot].watch.fd < 0)
        return;
    tell_end(r, slot, r->race.state == RACE_TIMED_OUT ? ETIMEDOUT : ECANCELED);
    close_attempt(r, slot);
}

bool racer_allows(const struct racer_options *options, const char *host, const struct addr *addr)
{
    gofer_address address = {.addr = &addr->sa, .addr_len = addr_len(addr), .host = host};
    return options->filter == NULL || options->filter(&address, options->filter_arg);
}

enum racer_cause racer_cause_of(int err)
{
    switch (err) {
    case CODE_DENIED:
        return RACER_DENIED;
    case ENOMEM:
        return RACER_NOMEM;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOSPC:
    case EADDRNOTAVAIL:
    case EADDRINUSE: /* all ports that the options name */
        return RACER_STARVED;
    default:
        return RACER_REFUSED;
    }
}

/* EADDRNOTAVAIL is a lack of ports, which may be over at the next look, or of any address to send
 * from, which will not: IPv6 switched off, a local address of another machine. */
static enum racer_cause cause_of(const struct racer *r, int code, const struct addr *addr)
{
    struct addr source;
    if (code == EADDRNOTAVAIL && !socket_source(addr, &r->options->socket, &source))
        return RACER_REFUSED;
    return racer_cause_of(code);
}

static void failed(struct racer *r, unsigned slot, int code, int64_t now)
{
    struct addr *addr = &r->attempts[slot].addr;
    close_attempt(r, slot);
    if (code != CODE_DENIED)
        tell_end(r, slot, code);
    enum racer_cause cause = cause_of(r, code, addr);
    if ((cause == RACER_STARVED || cause == RACER_NOMEM) && r->starved.cause == RACER_NOTHING)
        r->starved = (struct racer_failure){.cause = cause, .err = code, .addr = *addr};
    race_failed(&r->race, slot, code, now);
}

/*
 * Whether a failure may be chance: a connection to itself, or a port of the
 * kernel's choice that another socket had at that moment. A port of the options'
 * that is taken is EADDRINUSE.
 */
static bool is_spurious(int fd, int code)
{
    return code == EADDRNOTAVAIL || (code == ECONNREFUSED && fd >= 0 && socket_is_own_peer(fd));
}

/* Opens the attempt's socket: 0, or the error's code. */
static int open_attempt(struct racer *r, struct racer_attempt *a)
{
    int err = 0;
    int fd = socket_connect(&a->addr, r->goal.host, &r->options->socket, &err);
    if (fd < 0)
        return err;
    a->watch = (struct watch){.fd = fd};
    return watch_arm(&a->watch, r->task, EPOLLOUT);
}

/* Begins the attempt, again after `code` where that is not 0. */
static void begin(struct racer *r, unsigned slot, int code, int64_t now)
{
    struct racer_attempt *a = &r->attempts[slot];
    while (code == 0 || (is_spurious(a->watch.fd, code) && a->repeats++ < REPEATS_MAX)) {
        close_attempt(r, slot);
        code = open_attempt(r, a);
        if (code == 0)
            return;
    }
    failed(r, slot, code, now);
}

static void start(struct racer *r, const struct race_action *action, int64_t now)
{
    struct racer_attempt *a = &r->attempts[action->slot];
    *a = (struct racer_attempt){.addr = r->families[action->list].addrs[action->index],
                                .watch = {.fd = -1}};
    if (!racer_allows(r->options, r->goal.host, &a->addr)) {
        failed(r, action->slot, CODE_DENIED, now);
        return;
    }
    if (r->goal.began != NULL) {
        gofer_address address = address_of(r, &a->addr);
        r->goal.began(r->goal.arg, &address);
    }
    begin(r, action->slot, 0, now);
}

/* --- running --- */

/* One attempt's answer: `ready` says that there is one. */
static void look_at(struct racer *r, unsigned slot, bool ready, bool io, int64_t now)
{
    struct watch *watch = &r->attempts[slot].watch;
    /* A watch is silent once it has reported, and which one did is not known. */
    int code = ready ? socket_connect_result(watch->fd) : EINPROGRESS;
    if (code == EINPROGRESS)
        code = io ? watch_arm(watch, r->task, EPOLLOUT) : 0;
    else if (code == 0)
        race_connected(&r->race, slot);
    if (code != 0)
        begin(r, slot, code, now);
}

static void look(struct racer *r, bool io, int64_t now)
{
    struct pollfd fds[RACE_MAX_OPEN];
    int open = 0;
    for (unsigned i = 0; i < RACE_MAX_OPEN; i++) {
        /* poll(2) passes over negative descriptors. */
        fds[i] =
            (struct pollfd){.fd = r->attempts[i].watch.fd, .events = POLLOUT, .revents = POLLOUT};
        open += fds[i].fd >= 0;
    }
    /* Of several poll tells which are ready; the only one is asked itself. A pending signal ends
     * even a poll that does not wait. */
    while (open > 1 && poll(fds, RACE_MAX_OPEN, 0) < 0 && errno == EINTR)
        continue;
    for (unsigned i = 0; i < RACE_MAX_OPEN; i++)
        if (fds[i].fd >= 0)
            look_at(r, i, fds[i].revents != 0, io, now);
}

static int take_winner(struct racer *r, unsigned slot)
{
    struct racer_attempt *a = &r->attempts[slot];
    int fd = a->watch.fd;
    /* The connection begins with a watch of its own. */
    watch_drop(&a->watch, r->task->engine);
    a->watch = (struct watch){.fd = -1};
    r->winner = family_of(list_of(&a->addr));
    r->peer = a->addr;
    tell_end(r, slot, 0);
    return fd;
}

enum racer_state racer_run(struct racer *racer, bool io, int64_t now_ns, int *fd)
{
    look(racer, io, now_ns);
    for (;;) {
        struct race_action action = race_next(&racer->race, now_ns);
        switch (action.verb) {
        case RACE_START:
            start(racer, &action, now_ns);
            break;
        case RACE_CLOSE:
            drop_attempt(racer, action.slot);
            break;
        case RACE_WAIT:
            racer->wake_at = action.at;
            return RACER_RUNS;
        case RACE_WON:
            *fd = take_winner(racer, action.slot);
            return RACER_WON;
        case RACE_OVER:
            return RACER_FAILED;
        }
    }
}

bool racer_has_begun(const struct racer *racer)
{
    return racer->race.state != RACE_GATHERS;
}

struct racer_failure racer_failure(const struct racer *racer)
{
    const struct race_error *e = &racer->race.error;
    struct racer_failure failure = {.cause = RACER_TIMED_OUT, .err = ETIMEDOUT};
    if (racer->race.state == RACE_TIMED_OUT)
        return failure;
    if (racer->starved.cause != RACER_NOTHING)
        return racer->starved;
    if (e->code == 0)
        return (struct racer_failure){.cause = RACER_UNFIT, .err = EAFNOSUPPORT};
    failure.addr = racer->families[e->list].addrs[e->index];
    failure.cause = cause_of(racer, e->code, &failure.addr);
    failure.err = e->code == CODE_DENIED ? EACCES : e->code;
    return failure;
}

void racer_close(struct racer *racer)
{
    if (racer->task == NULL) /* never begun: its descriptors are not -1 but 0 */
        return;
    for (unsigned i = 0; i < RACE_MAX_OPEN; i++)
        drop_attempt(racer, i);
    for (unsigned i = 0; i < RACE_LISTS; i++) {
        mem_free(racer->families[i].addrs);
        racer->families[i] = (struct racer_family){.addrs = NULL};
    }
}
