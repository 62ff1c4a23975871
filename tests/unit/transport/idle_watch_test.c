/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * transport/idle_watch: the table of slots, and the set behind it. What the pool
 * makes of a report is in pool_idle_test.c.
 */
#include "transport/idle_watch.h"

#include <sys/socket.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "support/heap.h"
#include "transport/conn.h"

extern CU_TestInfo idle_watch_tests[];

enum { MANY = 100 };

static struct idle_watch watch;

static void begin(void)
{
    heap_install();
    CU_ASSERT_EQUAL_FATAL(idle_watch_init(&watch), 0);
}

static void end(void)
{
    idle_watch_fini(&watch);
}

static uint64_t enrol(struct conn *conn)
{
    uint64_t data = 0;
    CU_ASSERT(idle_watch_enrol(&watch, conn, &data));
    return data;
}

/* --- slots --- */

static void each_connection_is_found_by_its_own_data(void)
{
    static struct conn conns[MANY];
    uint64_t data[MANY];
    begin();
    for (int i = 0; i < MANY; i++)
        data[i] = enrol(&conns[i]);
    for (int i = 0; i < MANY; i++)
        CU_ASSERT_PTR_EQUAL(idle_watch_find(&watch, data[i]), &conns[i]);
    for (int i = 0; i < MANY; i += 2)
        idle_watch_release(&watch, &conns[i]);
    for (int i = 0; i < MANY; i++)
        CU_ASSERT_PTR_EQUAL(idle_watch_find(&watch, data[i]), i % 2 == 0 ? NULL : &conns[i]);
    for (int i = 1; i < MANY; i += 2)
        idle_watch_release(&watch, &conns[i]);
    end();
}

static void a_slot_is_used_again_and_its_old_data_finds_nobody(void)
{
    struct conn first = {0}, second = {0};
    begin();
    uint64_t old = enrol(&first);
    idle_watch_release(&watch, &first);
    CU_ASSERT_PTR_NULL(idle_watch_find(&watch, old));
    uint64_t now = enrol(&second);
    CU_ASSERT_EQUAL((uint32_t)now, (uint32_t)old);
    CU_ASSERT_EQUAL(watch.len, 1);
    CU_ASSERT_PTR_NULL(idle_watch_find(&watch, old));
    CU_ASSERT_PTR_EQUAL(idle_watch_find(&watch, now), &second);
    idle_watch_release(&watch, &second);
    end();
}

static void a_release_twice_or_of_a_stranger_does_nothing(void)
{
    struct conn first = {0}, second = {0}, stranger = {0};
    begin();
    enrol(&first);
    idle_watch_release(&watch, &first);
    idle_watch_release(&watch, &first);
    idle_watch_release(&watch, &stranger);
    uint64_t a = enrol(&first), b = enrol(&second);
    CU_ASSERT_NOT_EQUAL(a, b);
    CU_ASSERT_PTR_EQUAL(idle_watch_find(&watch, a), &first);
    CU_ASSERT_PTR_EQUAL(idle_watch_find(&watch, b), &second);
    end();
}

static void data_of_no_slot_finds_nobody(void)
{
    struct conn conn = {0};
    begin();
    CU_ASSERT_PTR_NULL(idle_watch_find(&watch, 0));
    CU_ASSERT_PTR_NULL(idle_watch_find(&watch, 1));
    uint64_t data = enrol(&conn);
    CU_ASSERT_PTR_NULL(idle_watch_find(&watch, 0));
    CU_ASSERT_PTR_NULL(idle_watch_find(&watch, data + 1));
    CU_ASSERT_PTR_NULL(idle_watch_find(&watch, data + (UINT64_C(1) << 32)));
    CU_ASSERT_PTR_NULL(idle_watch_find(&watch, UINT64_MAX));
    end();
}

static void without_memory_a_connection_has_no_slot(void)
{
    static struct conn conns[MANY];
    uint64_t data;
    begin();
    heap_fail_at(1);
    CU_ASSERT_FALSE(idle_watch_enrol(&watch, &conns[0], &data));
    heap_fail_at(0);
    CU_ASSERT_EQUAL(conns[0].idle_slot, 0);
    idle_watch_release(&watch, &conns[0]);
    for (int i = 0; i < MANY && watch.len < watch.cap; i++)
        enrol(&conns[i]);
    uint64_t first = enrol(&conns[0]);
    while (watch.len < watch.cap)
        enrol(&conns[1]);
    heap_fail_at(1);
    CU_ASSERT_FALSE(idle_watch_enrol(&watch, &conns[2], &data));
    heap_fail_at(0);
    CU_ASSERT_PTR_EQUAL(idle_watch_find(&watch, first), &conns[0]);
    end();
}

/* --- the set --- */

struct wire {
    struct conn conn;
    int peer;
    uint64_t data;
};

static void wire_open(struct wire *wire)
{
    int fds[2];
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    *wire = (struct wire){.conn = {.watch = {.fd = fds[0]}, .idle_epoll_fd = -1}, .peer = fds[1]};
    wire->data = enrol(&wire->conn);
    idle_watch_add(&watch, &wire->conn, wire->data);
    CU_ASSERT_EQUAL(wire->conn.idle_epoll_fd, watch.epoll_fd);
}

static void wire_close(struct wire *wire)
{
    idle_watch_release(&watch, &wire->conn);
    close(conn_fd(&wire->conn));
    if (wire->peer >= 0)
        close(wire->peer);
}

static void what_happens_is_reported_once(void)
{
    struct epoll_event events[IDLE_WATCH_EVENTS];
    struct wire quiet, ended, talking;
    begin();
    wire_open(&quiet);
    wire_open(&ended);
    wire_open(&talking);
    CU_ASSERT_EQUAL(idle_watch_look(&watch, events), 0);
    close(ended.peer);
    ended.peer = -1;
    CU_ASSERT_EQUAL(idle_watch_look(&watch, events), 1);
    CU_ASSERT_PTR_EQUAL(idle_watch_find(&watch, events[0].data.u64), &ended.conn);
    CU_ASSERT_EQUAL(send(talking.peer, "x", 1, MSG_NOSIGNAL), 1);
    CU_ASSERT_EQUAL(idle_watch_look(&watch, events), 1);
    CU_ASSERT_PTR_EQUAL(idle_watch_find(&watch, events[0].data.u64), &talking.conn);
    CU_ASSERT_EQUAL(idle_watch_look(&watch, events), 0); /* both are still unread */
    wire_close(&quiet);
    wire_close(&ended);
    wire_close(&talking);
    end();
}

static void what_was_read_in_between_is_not_reported(void)
{
    struct epoll_event events[IDLE_WATCH_EVENTS];
    struct wire wire;
    char byte;
    begin();
    wire_open(&wire);
    CU_ASSERT_EQUAL(send(wire.peer, "x", 1, MSG_NOSIGNAL), 1);
    CU_ASSERT_EQUAL(recv(conn_fd(&wire.conn), &byte, 1, 0), 1);
    CU_ASSERT_EQUAL(idle_watch_look(&watch, events), 0);
    CU_ASSERT_EQUAL(send(wire.peer, "y", 1, MSG_NOSIGNAL), 1);
    CU_ASSERT_EQUAL(idle_watch_look(&watch, events), 1);
    wire_close(&wire);
    end();
}

/* The slot ended, and the descriptor had not left the set yet, when the report was fetched. */
static void a_report_of_a_released_slot_is_nobodys(void)
{
    struct epoll_event events[IDLE_WATCH_EVENTS];
    struct wire first;
    struct conn second = {0};
    begin();
    wire_open(&first);
    close(first.peer);
    first.peer = -1;
    idle_watch_release(&watch, &first.conn);
    uint64_t data = enrol(&second);
    CU_ASSERT_EQUAL((uint32_t)data, (uint32_t)first.data);
    CU_ASSERT_EQUAL(idle_watch_look(&watch, events), 1);
    CU_ASSERT_PTR_NULL(idle_watch_find(&watch, events[0].data.u64));
    wire_close(&first);
    end();
}

static void a_socket_that_the_set_refuses_stays_unwatched(void)
{
    struct conn conn = {.watch = {.fd = -1}, .idle_epoll_fd = -1};
    begin();
    idle_watch_add(&watch, &conn, enrol(&conn));
    CU_ASSERT_EQUAL(conn.idle_epoll_fd, -1);
    end();
}

CU_TestInfo idle_watch_tests[] = {
    {"each connection is found by its own data", each_connection_is_found_by_its_own_data},
    {"7.4 a slot is used again and its old data finds nobody",
     a_slot_is_used_again_and_its_old_data_finds_nobody},
    {"a release twice or of a stranger does nothing",
     a_release_twice_or_of_a_stranger_does_nothing},
    {"data of no slot finds nobody", data_of_no_slot_finds_nobody},
    {"RES-01 without memory a connection has no slot", without_memory_a_connection_has_no_slot},
    {"7.5 what happens is reported once", what_happens_is_reported_once},
    {"what was read in between is not reported", what_was_read_in_between_is_not_reported},
    {"7.4 a report of a released slot is nobody's", a_report_of_a_released_slot_is_nobodys},
    {"a socket that the set refuses stays unwatched",
     a_socket_that_the_set_refuses_stays_unwatched},
    CU_TEST_INFO_NULL,
};
