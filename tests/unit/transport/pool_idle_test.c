/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * transport/pool_idle: what the idle watch reports of idle connections (design
 * 7.5), and what happens to a pool while one of them is looked at.
 *
 * A look is outside the pool's lock, so anything may happen meanwhile. To force
 * it, this program answers recv(2) itself, for the library too: the first look
 * after during_next_look() runs a piece of the test before it looks.
 */
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"
#include "transport/pool_state.h"
#include "unit/transport/pool_hands.h"

extern CU_TestInfo pool_idle_tests[];

enum { LOOK_MS = 1000, MANY = 3 };

static int peers[MANY];
static int peers_len;

static void (*during_look)(void);

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
    void (*run)(void) = flags & MSG_PEEK ? during_look : NULL;
    if (run != NULL) {
        during_look = NULL;
        run();
    }
    return recvfrom(fd, buf, len, flags, NULL, NULL);
}

static void during_next_look(void (*run)(void))
{
    during_look = run;
}

/* The caller's want was answered by a newly dialled connection; it is given back. */
static void expect_new_conn(struct caller *caller)
{
    enum pool_answer answer = caller_poll(&rig, caller);
    CU_ASSERT_EQUAL(answer, POOL_CONN);
    if (answer == POOL_CONN) {
        CU_ASSERT_FALSE(caller->conn->reused);
        put(caller);
    } else {
        caller_drop(&rig, caller);
    }
}

/* Connects the caller; its peer is peers[], in order. */
static void connect_peer(struct caller *caller)
{
    caller_connect(&rig, caller, &rig.place);
    CU_ASSERT_FATAL(peers_len < MANY);
    peers[peers_len] = accept4(rig.place.listener, NULL, NULL, SOCK_CLOEXEC);
    CU_ASSERT_FATAL(peers[peers_len] >= 0);
    peers_len++;
}

static void begin(struct pool_options options)
{
    peers_len = 0;
    rig_begin(&rig, options);
}

static void end(void)
{
    CU_ASSERT_PTR_NULL(during_look); /* what was to happen did */
    during_look = NULL;
    for (int i = 0; i < peers_len; i++)
        if (peers[i] >= 0)
            close(peers[i]);
    rig_end(&rig);
}

static void hang_up(int i)
{
    close(peers[i]);
    peers[i] = -1;
}

static void say(int i, const char *text)
{
    CU_ASSERT_EQUAL(send(peers[i], text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Has the watch report a connection about which there is nothing to report. */
static void report(struct conn *conn)
{
    uint32_t generation = rig.pool->watch.slots[conn->idle_slot - 1].generation;
    struct epoll_event event = {.events = EPOLLOUT | EPOLLET,
                                .data.u64 = (uint64_t)generation << 32 | conn->idle_slot};
    CU_ASSERT_EQUAL(epoll_ctl(conn->idle_epoll_fd, EPOLL_CTL_MOD, conn_fd(conn), &event), 0);
}

/* --- what a report comes to --- */

/* What becomes of an idle connection whose peer does that; nobody makes a request. */
static void idle_one_goes(const char *text, bool hangs_up, bool resets, enum pool_close cause)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    begin(RIG_OPTIONS);
    connect_peer(&a);
    put(&a);
    if (text != NULL)
        say(0, text);
    if (resets)
        setsockopt(peers[0], SOL_SOCKET, SO_LINGER, &none, sizeof none);
    if (hangs_up)
        hang_up(0);
    rig_at_ms(&rig, LOOK_MS - 1);
    CU_ASSERT_EQUAL(stats().idle, 1);
    rig_at_ms(&rig, LOOK_MS);
    CU_ASSERT_EQUAL(stats().idle, 0);
    CU_ASSERT_EQUAL(stats().in_use, 0);
    CU_ASSERT_EQUAL(stats().closed[cause], 1);
    CU_ASSERT_EQUAL(stats().bans, cause == CLOSE_TALKING);
    end();
}

static void what_its_peer_closed_leaves_without_a_request(void)
{
    idle_one_goes(NULL, true, false, CLOSE_STALE);
    idle_one_goes(NULL, true, true, CLOSE_STALE);
    idle_one_goes("HTTP/1.1 408 Request Timeout\r\n\r\n", true, false, CLOSE_STALE);
}

static void what_talks_leaves_and_costs_keep_alive(void)
{
    idle_one_goes("HTTP/1.1 200 OK\r\n\r\n", false, false, CLOSE_TALKING);
    idle_one_goes("x", true, false, CLOSE_TALKING);
}

static void a_look_takes_what_reported_and_no_more(void)
{
    begin(RIG_OPTIONS);
    connect_peer(&a);
    connect_peer(&b);
    connect_peer(&c);
    struct conn *quiet = b.conn;
    put(&a);
    put(&b);
    put(&c);
    hang_up(0);
    hang_up(2);
    rig_at_ms(&rig, LOOK_MS);
    CU_ASSERT_EQUAL(stats().idle, 1);
    CU_ASSERT_EQUAL(stats().closed[CLOSE_STALE], 2);
    CU_ASSERT_EQUAL(take(&d), POOL_CONN);
    CU_ASSERT_PTR_EQUAL(d.conn, quiet);
    put(&d);
    hang_up(1);
    rig_at_ms(&rig, 2 * LOOK_MS); /* it looks again */
    CU_ASSERT_EQUAL(stats().idle, 0);
    end();
}

static void more_reports_than_one_look_holds_are_all_seen(void)
{
    enum { CROWD = IDLE_WATCH_EVENTS * 2 + 1 };
    static struct caller crowd[CROWD];
    static int ends[CROWD];
    begin(RIG_OPTIONS);
    for (int i = 0; i < CROWD; i++) {
        caller_connect(&rig, &crowd[i], &rig.place);
        ends[i] = accept4(rig.place.listener, NULL, NULL, SOCK_CLOEXEC);
        CU_ASSERT_FATAL(ends[i] >= 0);
    }
    for (int i = 0; i < CROWD; i++) {
        put(&crowd[i]);
        close(ends[i]);
    }
    rig_at_ms(&rig, LOOK_MS);
    CU_ASSERT_EQUAL(stats().idle, 0);
    CU_ASSERT_EQUAL(stats().closed[CLOSE_STALE], CROWD);
    end();
}

static void connections_in_use_are_let_alone(void)
{
    char byte;
    begin(RIG_OPTIONS);
    connect_peer(&a);
    connect_peer(&b);
    put(&b);
    say(0, "x");
    rig_at_ms(&rig, LOOK_MS);
    CU_ASSERT_EQUAL(stats().in_use, 1);
    CU_ASSERT_EQUAL(stats().closed[CLOSE_TALKING], 0);
    CU_ASSERT_EQUAL(conn_recv(a.conn, &byte, 1, false), 1);
    put(&a);
    rig_at_ms(&rig, 2 * LOOK_MS);
    CU_ASSERT_EQUAL(stats().idle, 2);
    hang_up(0); /* and it is still watched */
    rig_at_ms(&rig, 3 * LOOK_MS);
    CU_ASSERT_EQUAL(stats().idle, 1);
    end();
}

/* The watch tells of an end once. Where it tells of it while the connection is in use, that is not
 * forgotten. */
static void what_ended_in_use_goes_once_it_is_idle(void)
{
    begin(RIG_OPTIONS);
    connect_peer(&a);
    connect_peer(&b);
    put(&b);
    hang_up(0);
    rig_at_ms(&rig, LOOK_MS);
    CU_ASSERT_EQUAL(stats().in_use, 1);
    put(&a);
    CU_ASSERT_EQUAL(stats().idle, 2);
    rig_at_ms(&rig, 2 * LOOK_MS);
    CU_ASSERT_EQUAL(stats().idle, 1);
    CU_ASSERT_EQUAL(stats().closed[CLOSE_STALE], 1);
    end();
}

/* --- quiet after all: back at the old place and age --- */

/* Three idle connections, since 0, 100 and 200 ms; the one in the middle reports and is looked at.
 */
static struct conn *look_at_the_middle(struct pool_options options)
{
    begin(options);
    connect_peer(&a);
    connect_peer(&b);
    connect_peer(&c);
    struct conn *middle = b.conn;
    put(&a);
    rig_at_ms(&rig, 100);
    put(&b);
    rig_at_ms(&rig, 200);
    put(&c);
    int64_t since = middle->idle_since_ns;
    report(middle);
    rig_at_ms(&rig, LOOK_MS);
    CU_ASSERT_EQUAL(stats().idle, 3);
    CU_ASSERT_EQUAL(middle->idle_since_ns, since);
    return middle;
}

static void nothing(void)
{
}

static void a_quiet_one_is_taken_in_its_turn(void)
{
    during_next_look(nothing);
    struct conn *middle = look_at_the_middle(RIG_OPTIONS);
    CU_ASSERT_EQUAL(take(&a), POOL_CONN);
    CU_ASSERT_PTR_NOT_EQUAL(a.conn, middle);
    CU_ASSERT_EQUAL(take(&b), POOL_CONN);
    CU_ASSERT_PTR_EQUAL(b.conn, middle);
    CU_ASSERT_EQUAL(take(&c), POOL_CONN);
    put(&a);
    put(&b);
    put(&c);
    end();
}

static void a_quiet_one_expires_in_its_time(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.idle_timeout_ms = 1500;
    look_at_the_middle(options);
    rig_at_ms(&rig, 1599);
    CU_ASSERT_EQUAL(stats().idle, 2);
    rig_at_ms(&rig, 1600);
    CU_ASSERT_EQUAL(stats().idle, 1);
    rig_at_ms(&rig, 1700);
    CU_ASSERT_EQUAL(stats().idle, 0);
    CU_ASSERT_EQUAL(stats().closed[CLOSE_EXPIRED], 3);
    end();
}

static void a_quiet_one_is_evicted_in_its_turn(void)
{
    struct place other;
    struct pool_options options = RIG_OPTIONS;
    options.max_idle = 3;
    struct conn *middle = look_at_the_middle(options);
    place_open(&other);
    caller_connect(&rig, &d, &other);
    put(&d); /* the eldest goes */
    CU_ASSERT_EQUAL(take(&a), POOL_CONN);
    CU_ASSERT_EQUAL(take(&b), POOL_CONN);
    CU_ASSERT_PTR_EQUAL(b.conn, middle);
    CU_ASSERT_EQUAL(take(&c), POOL_WAIT);
    rig_serve(&rig);
    expect_new_conn(&c);
    put(&a);
    put(&b);
    place_close(&other);
    end();
}

static void the_only_one_looked_at_is_looked_at_again(void)
{
    begin(RIG_OPTIONS);
    connect_peer(&a);
    struct conn *conn = a.conn;
    put(&a);
    for (int i = 1; i < 4; i++) {
        report(conn);
        during_next_look(nothing);
        rig_at_ms(&rig, i * LOOK_MS);
        CU_ASSERT_PTR_NULL(during_look);
        CU_ASSERT_EQUAL(stats().idle, 1);
    }
    end();
}

/* --- meanwhile --- */

static void take_b(void)
{
    CU_ASSERT_EQUAL(take(&b), POOL_WAIT);
}

static void a_want_that_came_during_the_look_gets_the_connection(void)
{
    begin(RIG_OPTIONS);
    connect_peer(&a);
    struct conn *conn = a.conn;
    put(&a);
    report(conn);
    during_next_look(take_b);
    rig_at_ms(&rig, LOOK_MS);
    CU_ASSERT_EQUAL(stats().idle, 0);
    CU_ASSERT_EQUAL_FATAL(caller_poll(&rig, &b), POOL_CONN);
    CU_ASSERT_PTR_EQUAL(b.conn, conn);
    CU_ASSERT(b.conn->reused);
    CU_ASSERT_EQUAL(stats().late_bound, 1);
    put(&b);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(b.answers, 1);
    end();
}

static void a_want_that_came_during_the_look_at_a_dead_one_gets_its_slot(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.max_per_host = 1;
    begin(options);
    connect_peer(&a);
    put(&a);
    hang_up(0);
    during_next_look(take_b);
    rig_at_ms(&rig, LOOK_MS);
    CU_ASSERT_EQUAL(stats().closed[CLOSE_STALE], 1);
    rig_serve(&rig);
    expect_new_conn(&b);
    end();
}

static void take_b_fresh(void)
{
    CU_ASSERT_EQUAL(caller_take_fresh(&rig, &b, &rig.place), POOL_WAIT);
}

/* At the limit a retry may not have the connection: it needs its slot. */
static void a_retry_that_came_during_the_look_gets_the_slot(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.max_per_host = 1;
    begin(options);
    connect_peer(&a);
    report(a.conn);
    put(&a);
    during_next_look(take_b_fresh);
    rig_at_ms(&rig, LOOK_MS);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(stats().idle, 0);
    expect_new_conn(&b);
    end();
}

static void take_b_late(void)
{
    clock_fake(clock_now_ns() + 500 * CLOCK_MS);
    take_b();
}

/* Idle or not, a connection past its age goes to nobody. */
static void one_that_aged_during_the_look_is_not_handed_over(void)
{
    struct pool_options options = RIG_OPTIONS;
    options.max_age_ms = LOOK_MS + 400;
    begin(options);
    connect_peer(&a);
    report(a.conn);
    put(&a);
    during_next_look(take_b_late);
    rig_at_ms(&rig, LOOK_MS);
    CU_ASSERT_EQUAL(stats().closed[CLOSE_OLD], 1);
    rig_serve(&rig);
    expect_new_conn(&b);
    end();
}

static void close_the_idle(void)
{
    pool_close_idle(rig.pool);
}

static void close_the_pool(void)
{
    pool_close(rig.pool);
}

static void one_looked_at_while_all_are_closed_is_closed(void)
{
    static void (*const ways[])(void) = {close_the_idle, close_the_pool};
    for (int i = 0; i < 2; i++) {
        begin(RIG_OPTIONS);
        connect_peer(&a);
        connect_peer(&b);
        report(a.conn);
        report(b.conn);
        put(&a);
        put(&b);
        during_next_look(ways[i]); /* the other one waits for its look */
        rig_at_ms(&rig, LOOK_MS);
        CU_ASSERT_EQUAL(stats().idle, 0);
        CU_ASSERT_EQUAL(stats().in_use, 0);
        CU_ASSERT_EQUAL(stats().closed[CLOSE_ASKED], 2);
        end();
    }
}

static void put_b(void)
{
    put(&b);
}

/* Another connection takes its place among the idle ones. */
static void limit_holds_during_a_look(struct pool_options options)
{
    begin(options);
    connect_peer(&a);
    connect_peer(&b);
    report(a.conn);
    put(&a);
    during_next_look(put_b);
    rig_at_ms(&rig, LOOK_MS);
    CU_ASSERT_EQUAL(stats().idle, 1);
    CU_ASSERT_EQUAL(stats().closed[CLOSE_LIMIT], 1);
    end();
}

static void the_limits_of_idle_ones_hold_during_a_look(void)
{
    struct pool_options all = RIG_OPTIONS, per_host = RIG_OPTIONS;
    all.max_idle = 1;
    per_host.max_idle_per_host = 1;
    limit_holds_during_a_look(all);
    limit_holds_during_a_look(per_host);
}

static void ban_by_b(void)
{
    pool_discard(rig.pool, &b.conn, CLOSE_TALKING);
}

static void one_looked_at_while_its_key_is_banned_is_closed(void)
{
    begin(RIG_OPTIONS);
    connect_peer(&a);
    connect_peer(&b);
    report(a.conn);
    put(&a);
    during_next_look(ban_by_b);
    rig_at_ms(&rig, LOOK_MS);
    CU_ASSERT_EQUAL(stats().idle, 0);
    CU_ASSERT_EQUAL(stats().in_use, 0);
    end();
}

CU_TestInfo pool_idle_tests[] = {
    {"D5 RU-02 what its peer closed leaves the pool without a request",
     what_its_peer_closed_leaves_without_a_request},
    {"RU-02 RU-20 what talks leaves and costs keep-alive", what_talks_leaves_and_costs_keep_alive},
    {"7.5 a look takes what reported and no more", a_look_takes_what_reported_and_no_more},
    {"more reports than one look holds are all seen",
     more_reports_than_one_look_holds_are_all_seen},
    {"connections in use are let alone", connections_in_use_are_let_alone},
    {"7.5 what ended in use goes once it is idle", what_ended_in_use_goes_once_it_is_idle},
    {"7.5 a quiet one is taken in its turn", a_quiet_one_is_taken_in_its_turn},
    {"7.5 a quiet one expires in its time", a_quiet_one_expires_in_its_time},
    {"7.5 a quiet one is evicted in its turn", a_quiet_one_is_evicted_in_its_turn},
    {"the only one looked at is looked at again", the_only_one_looked_at_is_looked_at_again},
    {"a want that came during the look gets the connection",
     a_want_that_came_during_the_look_gets_the_connection},
    {"a want that came during the look at a dead one gets its slot",
     a_want_that_came_during_the_look_at_a_dead_one_gets_its_slot},
    {"a retry that came during the look gets the slot",
     a_retry_that_came_during_the_look_gets_the_slot},
    {"one that aged during the look is not handed over",
     one_that_aged_during_the_look_is_not_handed_over},
    {"one looked at while all are closed is closed", one_looked_at_while_all_are_closed_is_closed},
    {"the limits of idle ones hold during a look", the_limits_of_idle_ones_hold_during_a_look},
    {"one looked at while its key is banned is closed",
     one_looked_at_while_its_key_is_banned_is_closed},
    CU_TEST_INFO_NULL,
};
