/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/racer: on what sockets it connects, what it makes of failures, and that
 * nothing is left whatever happens.
 */
#include "net/racer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"
#include "support/heap.h"
#include "support/leaks.h"
#include "unit/engine/seed.h"
#include "unit/net/arena.h"

extern CU_TestInfo racer_failure_tests[];

/* --- the local address --- */

enum local_outcome { CONNECTED, UNFIT, ANY_ERROR };

/* The table's rows with a local address of another type than TCP cannot be written here: a local
 * address is a string of digits. */
static const struct {
    sa_family_t family;
    const char *remote, *local;
    enum local_outcome outcome;
} locals[] = {
    {AF_INET, "127.0.0.1", NULL, CONNECTED},
    {AF_INET, "127.0.0.1", "0.0.0.0", CONNECTED},
    {AF_INET, "127.0.0.1", "::", ANY_ERROR},
    {AF_INET, "127.0.0.1", "127.0.0.1", CONNECTED},
    {AF_INET, "127.0.0.1", "::1", UNFIT},
    {AF_INET6, "::1", NULL, CONNECTED},
    {AF_INET6, "::1", "0.0.0.0", CONNECTED},
    {AF_INET6, "::1", "::", CONNECTED},
    {AF_INET6, "::1", "127.0.0.1", UNFIT},
    {AF_INET6, "::1", "::1", CONNECTED},
    {AF_UNSPEC, "127.0.0.1", NULL, CONNECTED},
    {AF_UNSPEC, "127.0.0.1", "0.0.0.0", CONNECTED},
    {AF_UNSPEC, "127.0.0.1", "127.0.0.1", CONNECTED},
    {AF_UNSPEC, "127.0.0.1", "::1", UNFIT},
    {AF_UNSPEC, "::1", NULL, CONNECTED},
    {AF_UNSPEC, "::1", "0.0.0.0", CONNECTED},
    {AF_UNSPEC, "::1", "::", CONNECTED},
    {AF_UNSPEC, "::1", "127.0.0.1", UNFIT},
    {AF_UNSPEC, "::1", "::1", CONNECTED},
};

static void check_local(size_t i, uint16_t port)
{
    struct racer_options options = arena_plain();
    struct addr local;
    if (locals[i].local != NULL) {
        local = arena_at(locals[i].local, 0);
        options.socket.local = &local;
    }
    options.family = locals[i].family;
    arena_begin(&options);
    ARENA_GIVE(port, locals[i].remote);
    enum racer_state wanted = locals[i].outcome == CONNECTED ? RACER_WON : RACER_FAILED;
    CU_ASSERT_EQUAL(arena_serve_to_end(), wanted);
    if (wanted == RACER_FAILED)
        CU_ASSERT_EQUAL(racer_failure(&arena_runner.racer).cause,
                        locals[i].outcome == UNFIT ? RACER_UNFIT : RACER_REFUSED);
    arena_end();
}

static void a_local_address_chooses_the_family(void)
{
    int listeners[2];
    uint16_t port;
    arena_open();
    arena_listen_twice(listeners, &port);
    for (size_t i = 0; i < sizeof locals / sizeof *locals; i++)
        check_local(i, port);
    arena_close_pair(listeners);
    arena_close();
}

static void connections_come_from_the_local_address(void)
{
    uint16_t port = 0;
    struct addr local = arena_at("127.0.0.9", 0), own;
    socklen_t len = sizeof own;
    arena_open();
    struct racer_options options = arena_plain();
    options.socket.local = &local;
    options.socket.interface = "lo";
    int listener = arena_listen("127.0.0.1", &port, 64);
    arena_begin(&options);
    ARENA_GIVE(port, "127.0.0.1");
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_WON);
    CU_ASSERT_EQUAL(getsockname(arena_runner.fd, &own.sa, &len), 0);
    addr_set_port(&own, 0);
    CU_ASSERT(addr_equal(&own, &local));
    arena_end();
    options.socket.interface = "no-such-thing";
    arena_begin(&options);
    ARENA_GIVE(port, "127.0.0.1");
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_FAILED);
    CU_ASSERT_EQUAL(racer_failure(&arena_runner.racer).err, ENODEV);
    arena_end();
    close(listener);
    arena_close();
}

/* --- failures --- */

static void a_hook_that_fails_makes_its_address_fail(void)
{
    uint16_t port = 0;
    arena_open();
    struct racer_options options = arena_hooked();
    int listener = arena_listen("0.0.0.0", &port, 64);
    arena_seen.errors[0] = EPERM;
    arena_begin(&options);
    ARENA_GIVE(port, "127.0.0.1", "127.0.0.2");
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_WON);
    CU_ASSERT_EQUAL(arena_seen.opened, 2);
    arena_end();
    arena_seen.opened = 0;
    arena_seen.errors[1] = -7;
    arena_begin(&options);
    ARENA_GIVE(port, "127.0.0.1", "127.0.0.2");
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_FAILED);
    CU_ASSERT_EQUAL(racer_failure(&arena_runner.racer).err, EPERM);
    arena_end();
    close(listener);
    arena_close();
}

/* Binds each of the first `times` sockets to the very port that they will connect to. */
struct mirror {
    uint16_t port;
    unsigned calls, times;
};

static int bind_to_peer(int fd, const gofer_address *address, void *arg)
{
    struct mirror *m = arg;
    struct addr own = arena_at("127.0.0.1", m->port);
    int one = 1;
    (void)address;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    return m->calls++ >= m->times || bind(fd, &own.sa, addr_len(&own)) == 0 ? 0 : errno;
}

static enum racer_state race_against_itself(struct mirror *m)
{
    struct racer_options options = arena_plain();
    options.socket.opened = bind_to_peer;
    options.socket.opened_arg = m;
    arena_begin(&options);
    ARENA_GIVE(m->port, "127.0.0.1");
    enum racer_state state = arena_serve_to_end();
    if (state == RACER_FAILED)
        CU_ASSERT_EQUAL(racer_failure(&arena_runner.racer).err, ECONNREFUSED);
    arena_end();
    return state;
}

static void a_connection_to_itself_is_tried_twice_more_then_refused(void)
{
    struct mirror m = {.times = 9};
    arena_open();
    close(arena_listen("127.0.0.1", &m.port, -1));
    CU_ASSERT_EQUAL(race_against_itself(&m), RACER_FAILED);
    CU_ASSERT_EQUAL(m.calls, 3);
    m.calls = 0, m.times = 1; /* the second time nobody is there at all */
    CU_ASSERT_EQUAL(race_against_itself(&m), RACER_FAILED);
    CU_ASSERT_EQUAL(m.calls, 2);
    arena_close();
}

static void a_port_that_cannot_be_had_is_tried_twice_more(void)
{
    uint16_t port = 0;
    arena_open();
    struct racer_options options = arena_hooked();
    int listener = arena_listen("127.0.0.1", &port, 64);
    for (int failing = 2; failing < 4; failing++) {
        arena_seen.opened = 0;
        for (int i = 0; i < failing; i++)
            arena_seen.errors[i] = EADDRNOTAVAIL;
        arena_begin(&options);
        ARENA_GIVE(port, "127.0.0.1");
        CU_ASSERT_EQUAL(arena_serve_to_end(), failing == 2 ? RACER_WON : RACER_FAILED);
        CU_ASSERT_EQUAL(arena_seen.opened, 3);
        if (failing == 3)
            CU_ASSERT_EQUAL(racer_failure(&arena_runner.racer).cause, RACER_STARVED);
        arena_end();
    }
    close(listener);
    arena_close();
}

static void no_address_to_send_from_is_no_lack_of_ports(void)
{
    struct addr elsewhere = arena_at("192.0.2.77", 0);
    arena_open();
    struct racer_options options = arena_plain();
    options.socket.local = &elsewhere;
    arena_begin(&options);
    ARENA_GIVE(9, "127.0.0.1");
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_FAILED);
    struct racer_failure f = racer_failure(&arena_runner.racer);
    CU_ASSERT(f.cause == RACER_REFUSED && f.err == EADDRNOTAVAIL);
    arena_end();
    arena_close();
}

static void what_may_be_tried_again_is_the_failure(void)
{
    uint16_t port = 0;
    arena_open();
    struct racer_options options = arena_hooked();
    int holder = arena_listen("0.0.0.0", &port, -1);
    arena_seen.errors[1] = EMFILE;
    arena_begin(&options);
    ARENA_GIVE(port, "127.0.0.1", "127.0.0.2");
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_FAILED);
    struct racer_failure f = racer_failure(&arena_runner.racer);
    CU_ASSERT(f.cause == RACER_STARVED && f.err == EMFILE);
    arena_end();
    close(holder);
    arena_close();
}

static void without_memory_it_says_so(void)
{
    arena_open();
    struct racer_options options = arena_plain();
    struct addr addrs[] = {arena_at("127.0.0.1", 9), arena_at("::1", 9)};
    for (long n = 1; n <= 3; n++) {
        arena_begin(&options);
        heap_fail_at(n);
        CU_ASSERT_FALSE(racer_add(&arena_runner.racer, addrs, 2, false, clock_now_ns()));
        CU_ASSERT(heap_failed());
        arena_end();
    }
    arena_begin(&options);
    heap_fail_at(4);
    CU_ASSERT(racer_add(&arena_runner.racer, addrs, 2, false, clock_now_ns()));
    heap_fail_at(0);
    arena_end();
    arena_close();
}

static void a_racer_that_never_began_closes_nothing(void)
{
    arena_open();
    int zero = fcntl(0, F_GETFD);
    racer_close(&arena_runner.racer);
    CU_ASSERT_EQUAL(fcntl(0, F_GETFD), zero);
    arena_close();
}

/* --- leaks --- */

enum { RACES = 10000, PLACES = 8 };

static unsigned ends[RACER_FAILED + 1]; /* how many races were left, won, lost */

/* Sockets are reset when closed, so that they leave no port behind; some fail. */
static int open_at_random(int fd, const gofer_address *address, void *arg)
{
    static const int errors[] = {EPERM, EADDRNOTAVAIL, EMFILE, ENETUNREACH};
    struct linger reset = {.l_onoff = 1};
    (void)address;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    return seed_once_in(arg, 5) ? errors[seed_below(arg, 4)] : 0;
}

static bool filter_at_random(const gofer_address *address, void *arg)
{
    (void)address;
    return !seed_once_in(arg, 8);
}

static void add_at_random(struct seed *seed, const struct addr places[PLACES])
{
    struct addr addrs[10];
    size_t len = seed_below(seed, 11);
    for (size_t i = 0; i < len; i++)
        addrs[i] = places[seed_below(seed, PLACES)];
    racer_add(&arena_runner.racer, addrs, len, !seed_once_in(seed, 4), clock_now_ns());
}

/* One race, from its begin to whatever end it takes; some are closed in between. */
static void race_at_random(struct seed *seed, const struct racer_options *options,
                           const struct addr places[PLACES])
{
    int64_t now = (int64_t)ARENA_BEGIN_MS * CLOCK_MS;
    clock_fake(now);
    struct racer_goal goal = {.deadline = now + (int64_t)seed_below(seed, 3000) * CLOCK_MS,
                              .turn = (unsigned)seed_below(seed, 9)};
    arena_begin_for(options, &goal);
    for (int steps = 0; arena_runner.state == RACER_RUNS && steps < 40; steps++) {
        if (seed_once_in(seed, 3))
            add_at_random(seed, places);
        if (seed_once_in(seed, 40))
            heap_fail_at(1 + (long)seed_below(seed, 4));
        arena_serve();
        now += (int64_t)seed_below(seed, 200) * CLOCK_MS;
        clock_fake(now);
        if (seed_once_in(seed, 30))
            break;
    }
    heap_fail_at(0);
    ends[arena_runner.state]++;
    arena_end();
}

/* Takes what came in at the listeners. */
static void accept_all(const int *listeners)
{
    for (int i = 0; i < 2; i++)
        for (int fd; (fd = accept4(listeners[i], NULL, NULL, SOCK_CLOEXEC)) >= 0;)
            close(fd);
}

static void no_descriptor_is_lost_in_many_races(void)
{
    int listeners[2];
    struct arena_hole hole;
    struct leaks open, now;
    uint16_t port, hole_port = 0, refusing = 0;
    struct seed seed = seed_new();
    arena_open();
    arena_listen_twice(listeners, &port);
    arena_open_hole(&hole, "127.0.0.1", &hole_port);
    int holder = arena_listen("127.0.0.1", &refusing, -1);
    struct addr places[PLACES] = {
        arena_at("127.0.0.1", port),      arena_at("::1", port),
        arena_at("127.0.0.1", hole_port), arena_at("127.0.0.1", hole_port),
        arena_at("127.0.0.1", refusing),  arena_at("::1", refusing),
        arena_at("::1", hole_port),       arena_at("255.255.255.255", port)};
    struct racer_options options = arena_plain();
    options.socket.opened = open_at_random;
    options.filter = filter_at_random;
    options.socket.opened_arg = options.filter_arg = &seed;
    memset(ends, 0, sizeof ends);
    leaks_count(&open);
    for (int i = 0; i < RACES; i++) {
        race_at_random(&seed, &options, places);
        accept_all(listeners);
    }
    leaks_count(&now);
    CU_ASSERT_EQUAL(now.fds, open.fds);
    for (int end = RACER_RUNS; end <= RACER_FAILED; end++)
        CU_ASSERT(ends[end] > RACES / 20); /* the races were of every kind */
    close(holder);
    arena_close_hole(&hole);
    arena_close_pair(listeners);
    arena_close();
}

CU_TestInfo racer_failure_tests[] = {
    {"L6 dial_local_addr: a local address chooses the family", a_local_address_chooses_the_family},
    {"L6 connections come from the local address and interface",
     connections_come_from_the_local_address},
    {"L13 a hook that fails makes its address fail", a_hook_that_fails_makes_its_address_fail},
    {"TCP-06 a connection to itself is tried twice more, then refused",
     a_connection_to_itself_is_tried_twice_more_then_refused},
    {"RES-04 a port that cannot be had is tried twice more",
     a_port_that_cannot_be_had_is_tried_twice_more},
    {"RES-04 no address to send from is no lack of ports",
     no_address_to_send_from_is_no_lack_of_ports},
    {"RES-02 what may be tried again is the failure", what_may_be_tried_again_is_the_failure},
    {"RES-01 without memory it says so", without_memory_it_says_so},
    {"RES-11 a racer that never began closes nothing", a_racer_that_never_began_closes_nothing},
    {"L5 RES-16 no descriptor is lost in 10,000 races", no_descriptor_is_lost_in_many_races},
    CU_TEST_INFO_NULL,
};
