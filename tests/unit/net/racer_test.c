/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/racer: who wins, in which order addresses are tried, and which are not.
 */
#include "net/racer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"
#include "support/leaks.h"
#include "unit/net/arena.h"

extern CU_TestInfo racer_tests[];

/* --- the race --- */

static void connects_and_hands_over_the_socket(void)
{
    uint16_t port = 0;
    arena_open();
    struct racer_options options = arena_hooked();
    int listener = arena_listen("127.0.0.1", &port, 64);
    arena_begin(&options);
    ARENA_GIVE(port, "127.0.0.1");
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_WON);
    CU_ASSERT_EQUAL(arena_runner.racer.winner, AF_INET);
    CU_ASSERT_EQUAL(arena_runner.racer.regular, AF_UNSPEC);
    CU_ASSERT(fcntl(arena_runner.fd, F_GETFL) & O_NONBLOCK);
    CU_ASSERT_EQUAL(send(arena_runner.fd, "x", 1, MSG_NOSIGNAL), 1);
    CU_ASSERT_EQUAL(arena_seen.opened, 1);
    CU_ASSERT_STRING_EQUAL(arena_seen.host, "host.test");
    close(listener);
    arena_end();
    arena_close();
}

/* What the peer of a loser reads: its end, without a byte. */
static bool is_ended(int fd)
{
    char byte;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1 && recv(fd, &byte, 1, MSG_DONTWAIT) <= 0;
}

static void of_two_connections_one_is_closed_without_data(void)
{
    int listeners[2], peers[2];
    uint16_t port;
    arena_open();
    struct racer_options options = arena_plain();
    options.fallback_delay_ms = 0;
    arena_listen_twice(listeners, &port);
    arena_begin(&options);
    ARENA_GIVE(port, "127.0.0.1", "::1");
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_WON);
    for (int i = 0; i < 2; i++)
        peers[i] = arena_accept(listeners[i]);
    int winner = arena_runner.racer.winner == AF_INET ? 0 : 1;
    CU_ASSERT_FALSE(is_ended(peers[winner]));
    CU_ASSERT(is_ended(peers[!winner]));
    arena_close_pair(peers);
    arena_close_pair(listeners);
    arena_end();
    arena_close();
}

static void a_family_that_refuses_costs_nothing(void)
{
    uint16_t port = 0;
    arena_open();
    struct racer_options options = arena_plain();
    int listener = arena_listen("127.0.0.1", &port, 64);
    arena_begin(&options);
    ARENA_GIVE(port, "127.0.0.1", "::1");
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_WON); /* the clock stands */
    CU_ASSERT_EQUAL(arena_runner.racer.winner, AF_INET);
    CU_ASSERT_EQUAL(arena_runner.racer.regular, AF_INET6);
    close(listener);
    arena_end();
    arena_close();
}

static void a_family_that_hangs_costs_the_delay(void)
{
    struct arena_hole hole;
    struct leaks open;
    uint16_t port = 0;
    arena_open();
    struct racer_options options = arena_plain();
    arena_open_hole(&hole, "::1", &port);
    int listener = arena_listen("127.0.0.1", &port, 64);
    leaks_count(&open);
    arena_begin(&options);
    ARENA_GIVE(port, "127.0.0.1", "::1");
    CU_ASSERT_EQUAL(arena_serve(), RACER_RUNS);
    CU_ASSERT_EQUAL(arena_runner.racer.wake_at, (ARENA_BEGIN_MS + ARENA_DELAY_MS) * CLOCK_MS);
    arena_move_to_ms(ARENA_DELAY_MS - 1);
    CU_ASSERT_EQUAL(arena_serve(), RACER_RUNS);
    arena_move_to_ms(ARENA_DELAY_MS);
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_WON);
    CU_ASSERT_EQUAL(arena_runner.racer.winner, AF_INET);
    struct leaks now;
    leaks_count(&now);
    CU_ASSERT_EQUAL(now.fds, open.fds + 1); /* the loser is closed already */
    close(listener);
    arena_close_hole(&hole);
    arena_end();
    arena_close();
}

static void a_hanging_race_ends_at_its_deadline_or_when_closed(void)
{
    struct arena_hole hole;
    struct leaks open, now;
    uint16_t port = 0;
    arena_open();
    struct racer_options options = arena_plain();
    arena_open_hole(&hole, "127.0.0.1", &port);
    leaks_count(&open);
    arena_begin_for(&options, &(struct racer_goal){.deadline = (ARENA_BEGIN_MS + 400) * CLOCK_MS});
    ARENA_GIVE(port, "127.0.0.1");
    CU_ASSERT_EQUAL(arena_serve(), RACER_RUNS);
    CU_ASSERT(racer_has_begun(&arena_runner.racer));
    arena_move_to_ms(400);
    CU_ASSERT_EQUAL(arena_serve(), RACER_FAILED);
    CU_ASSERT_EQUAL(racer_failure(&arena_runner.racer).cause, RACER_TIMED_OUT);
    arena_end();
    arena_begin(&options);
    ARENA_GIVE(port, "127.0.0.1");
    CU_ASSERT_EQUAL(arena_serve(), RACER_RUNS);
    arena_end();
    racer_close(&arena_runner.racer); /* twice is legal */
    leaks_count(&now);
    CU_ASSERT_EQUAL(now.fds, open.fds);
    arena_close_hole(&hole);
    arena_close();
}

/* --- the order --- */

/* Whether this was the i-th address that was to be connected to. */
static bool tried(size_t i, const char *ip, uint16_t port)
{
    struct addr addr = arena_at(ip, port);
    return i < arena_seen.filtered_len && addr_equal(&arena_seen.filtered[i], &addr);
}

static void equals_are_tried_in_rotation(void)
{
    arena_open();
    uint16_t port = 0;
    struct racer_options options = arena_hooked();
    int holder = arena_listen("0.0.0.0", &port, -1); /* bound, not listening: all refuse */
    for (unsigned turn = 0; turn < 3; turn++) {
        static const char *const ips[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3"};
        arena_seen.filtered_len = arena_seen.opened = 0;
        arena_begin_for(&options, &(struct racer_goal){.deadline = CLOCK_NEVER, .turn = turn});
        ARENA_GIVE(port, ips[0], ips[1], ips[2]);
        CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_FAILED);
        for (unsigned i = 0; i < 3; i++)
            CU_ASSERT(tried(i, ips[(i + turn) % 3], port));
        struct racer_failure f = racer_failure(&arena_runner.racer);
        CU_ASSERT(f.cause == RACER_REFUSED && f.err == ECONNREFUSED);
        CU_ASSERT(addr_equal(&f.addr, &arena_seen.filtered[0]));
        arena_end();
    }
    close(holder);
    arena_close();
}

static void a_remembered_family_goes_first(void)
{
    int listeners[2];
    uint16_t port;
    arena_open();
    struct racer_options options = arena_hooked();
    arena_listen_twice(listeners, &port);
    arena_begin(&options);
    ARENA_GIVE(port, "127.0.0.1", "::1");
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_WON);
    CU_ASSERT_EQUAL(arena_runner.racer.winner, AF_INET6); /* as RFC 6724 says */
    arena_end();
    arena_begin_for(&options, &(struct racer_goal){.deadline = CLOCK_NEVER, .preferred = AF_INET});
    ARENA_GIVE(port, "::1", "127.0.0.1");
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_WON);
    CU_ASSERT_EQUAL(arena_runner.racer.winner, AF_INET);
    CU_ASSERT_EQUAL(arena_runner.racer.regular, AF_INET6);
    arena_end();
    arena_close_pair(listeners);
    arena_close();
}

static void ipv4_alone_waits_50_ms_for_ipv6(void)
{
    int listeners[2];
    uint16_t port;
    arena_open();
    struct racer_options options = arena_plain();
    arena_listen_twice(listeners, &port);
    arena_begin(&options);
    CU_ASSERT_EQUAL(arena_serve(), RACER_RUNS);
    arena_give((const char *const[]){"127.0.0.1", NULL}, port, true);
    CU_ASSERT_EQUAL(arena_serve(), RACER_RUNS);
    CU_ASSERT_FALSE(racer_has_begun(&arena_runner.racer));
    CU_ASSERT_EQUAL(arena_runner.racer.wake_at, (ARENA_BEGIN_MS + RACE_RESOLUTION_MS) * CLOCK_MS);
    arena_move_to_ms(20);
    arena_give((const char *const[]){"::1", NULL}, port, false);
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_WON);
    CU_ASSERT_EQUAL(arena_runner.racer.winner, AF_INET6);
    arena_end();
    arena_move_to_ms(0);
    arena_begin(&options);
    arena_give((const char *const[]){"127.0.0.1", NULL}, port, true);
    arena_move_to_ms(RACE_RESOLUTION_MS);
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_WON);
    CU_ASSERT_EQUAL(arena_runner.racer.winner, AF_INET);
    CU_ASSERT_EQUAL(arena_runner.racer.regular, AF_UNSPEC);
    arena_end();
    /* Where only IPv4 is used, nothing is waited for. */
    options.family = AF_INET;
    arena_begin(&options);
    arena_give((const char *const[]){"127.0.0.1", NULL}, port, true);
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_WON);
    arena_end();
    arena_close_pair(listeners);
    arena_close();
}

/* --- which addresses --- */

static void a_denied_address_is_never_connected_to(void)
{
    int listeners[2];
    uint16_t port;
    arena_open();
    struct racer_options options = arena_hooked();
    arena_listen_twice(listeners, &port);
    arena_seen.denied = "::1";
    arena_begin(&options);
    ARENA_GIVE(port, "::1", "127.0.0.1");
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_WON);
    CU_ASSERT_EQUAL(arena_runner.racer.winner, AF_INET);
    CU_ASSERT_EQUAL(arena_seen.filtered_len, 2);
    arena_end();
    /* The same name, looked up again, is now somewhere else. */
    arena_begin(&options);
    ARENA_GIVE(port, "::1");
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_FAILED);
    struct racer_failure f = racer_failure(&arena_runner.racer);
    CU_ASSERT(f.cause == RACER_DENIED && f.err == EACCES);
    CU_ASSERT(addr_equal(&f.addr, &arena_seen.filtered[2]));
    CU_ASSERT_EQUAL(arena_seen.opened, 1);
    CU_ASSERT_EQUAL(accept(listeners[1], NULL, NULL), -1);
    arena_end();
    arena_close_pair(listeners);
    arena_close();
}

static void deny_private_sees_through_mapped_addresses(void)
{
    static const char *const ips[] = {"127.0.0.1", "::1", "::ffff:127.0.0.1", "::127.0.0.1", "::"};
    uint16_t port = 0;
    arena_open();
    struct racer_options options = arena_plain();
    int listener = arena_listen("127.0.0.1", &port, 64);
    arena_begin(&options);
    ARENA_GIVE(port, "::ffff:127.0.0.1");
    CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_WON); /* it is a way in */
    CU_ASSERT_EQUAL(arena_runner.racer.winner, AF_INET);
    close(arena_accept(listener));
    arena_end();
    options.filter = gofer_deny_private;
    for (int i = 0; i < 5; i++) {
        arena_begin(&options);
        ARENA_GIVE(port, ips[i]);
        CU_ASSERT_EQUAL(arena_serve_to_end(), RACER_FAILED);
        CU_ASSERT_EQUAL(racer_failure(&arena_runner.racer).cause, RACER_DENIED);
        arena_end();
    }
    CU_ASSERT_EQUAL(accept(listener, NULL, NULL), -1);
    close(listener);
    arena_close();
}

static void one_family_may_be_asked_for(void)
{
    static const struct {
        sa_family_t family;
        const char *ip;
        bool fits;
    } rows[] = {{AF_INET6, "127.0.0.1", false}, {AF_INET6, "::ffff:127.0.0.1", false},
                {AF_INET6, "::1", true},        {AF_INET, "::1", false},
                {AF_INET, "127.0.0.1", true},   {AF_INET, "::ffff:127.0.0.1", true}};
    int listeners[2];
    uint16_t port;
    arena_open();
    struct racer_options options = arena_plain();
    arena_listen_twice(listeners, &port);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        options.family = rows[i].family;
        arena_begin(&options);
        ARENA_GIVE(port, rows[i].ip);
        CU_ASSERT_EQUAL(arena_serve_to_end(), rows[i].fits ? RACER_WON : RACER_FAILED);
        if (!rows[i].fits)
            CU_ASSERT_EQUAL(racer_failure(&arena_runner.racer).cause, RACER_UNFIT);
        arena_end();
    }
    arena_close_pair(listeners);
    arena_close();
}

CU_TestInfo racer_tests[] = {
    {"connects and hands over the socket", connects_and_hands_over_the_socket},
    {"L3 of two connections one is closed without data",
     of_two_connections_one_is_closed_without_data},
    {"L5 TCP-03 a family that refuses costs nothing", a_family_that_refuses_costs_nothing},
    {"L5 DNS-06 a family that hangs costs the delay", a_family_that_hangs_costs_the_delay},
    {"L8 TCP-03 a hanging race ends at its deadline or when closed",
     a_hanging_race_ends_at_its_deadline_or_when_closed},
    {"equals are tried in rotation", equals_are_tried_in_rotation},
    {"a remembered family goes first", a_remembered_family_goes_first},
    {"IPv4 alone waits 50 ms for IPv6", ipv4_alone_waits_50_ms_for_ipv6},
    {"DNS-10 a denied address is never connected to", a_denied_address_is_never_connected_to},
    {"DNS-10 gofer_deny_private sees through mapped addresses",
     deny_private_sees_through_mapped_addresses},
    {"L12 one family may be asked for, mapped addresses are IPv4", one_family_may_be_asked_for},
    CU_TEST_INFO_NULL,
};
