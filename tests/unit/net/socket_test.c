/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/socket: connecting on loopback, and the options that a socket is born with.
 */
#include "net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

extern CU_TestInfo socket_tests[];

/* A socket bound to a free loopback port; its address in *addr. */
static int bound(struct addr *addr)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t len = sizeof(*addr);
    CU_ASSERT_FATAL(fd >= 0 && addr_parse("127.0.0.1", NULL, 0, addr));
    CU_ASSERT_EQUAL_FATAL(bind(fd, &addr->sa, addr_len(addr)), 0);
    CU_ASSERT_EQUAL_FATAL(getsockname(fd, &addr->sa, &len), 0);
    return fd;
}

static int listener(struct addr *addr)
{
    int fd = bound(addr);
    CU_ASSERT_EQUAL_FATAL(listen(fd, 8), 0);
    return fd;
}

static int get_int(int fd, int level, int option)
{
    int value = -1;
    socklen_t len = sizeof(value);
    CU_ASSERT_EQUAL(getsockopt(fd, level, option, &value, &len), 0);
    return value;
}

/* Connects and waits for the outcome: the descriptor, or -1 with *err. */
static int connected(const struct addr *addr, int64_t keepalive_ms, int *err)
{
    bool in_progress;
    int fd = socket_connect(addr, keepalive_ms, &in_progress, err);
    if (fd < 0 || !in_progress)
        return fd;
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    CU_ASSERT_EQUAL(poll(&p, 1, 10000), 1);
    *err = socket_connect_result(fd);
    if (*err == 0)
        return fd;
    close(fd);
    return -1;
}

static void connects_to_a_listener(void)
{
    struct addr addr;
    int err;
    int server = listener(&addr);
    int fd = connected(&addr, 15000, &err);
    CU_ASSERT_FATAL(fd >= 0);
    int peer = accept(server, NULL, NULL);
    CU_ASSERT(peer >= 0);
    CU_ASSERT_EQUAL(send(fd, "x", 1, MSG_NOSIGNAL), 1);
    char byte = 0;
    CU_ASSERT(recv(peer, &byte, 1, 0) == 1 && byte == 'x');
    close(peer);
    close(fd);
    close(server);
}

static void refused_port_is_an_error(void)
{
    struct addr addr;
    int err = 0;
    int holder = bound(&addr); /* bound but not listening: nobody else gets the port */
    CU_ASSERT_EQUAL(connected(&addr, 15000, &err), -1);
    CU_ASSERT_EQUAL(err, ECONNREFUSED);
    close(holder);
}

static void unreachable_family_is_an_error(void)
{
    struct addr addr;
    int err = 0;
    bool in_progress;
    CU_ASSERT(addr_parse("255.255.255.255", NULL, 9, &addr));
    CU_ASSERT_EQUAL(socket_connect(&addr, -1, &in_progress, &err), -1);
    CU_ASSERT_NOT_EQUAL(err, 0);
    CU_ASSERT_FALSE(in_progress);
}

static void sockets_are_born_with_their_options(void)
{
    struct addr addr;
    int err;
    int server = listener(&addr);
    int fd = connected(&addr, 15000, &err);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    CU_ASSERT_NOT_EQUAL(get_int(fd, IPPROTO_TCP, TCP_NODELAY), 0);
    CU_ASSERT_NOT_EQUAL(get_int(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
    CU_ASSERT_EQUAL(get_int(fd, IPPROTO_TCP, TCP_KEEPIDLE), 15);
    CU_ASSERT_EQUAL(get_int(fd, IPPROTO_TCP, TCP_KEEPINTVL), 15);
    close(fd);
    close(server);
}

/* The keepalive idle time that a socket gets, in seconds; 0: none. */
static int keepalive_of(const struct addr *addr, int64_t keepalive_ms)
{
    int err;
    int fd = connected(addr, keepalive_ms, &err);
    CU_ASSERT_FATAL(fd >= 0);
    int s = get_int(fd, SOL_SOCKET, SO_KEEPALIVE) ? get_int(fd, IPPROTO_TCP, TCP_KEEPIDLE) : 0;
    close(fd);
    return s;
}

static void keepalive_is_whole_seconds_within_the_kernels_bounds(void)
{
    struct addr addr;
    int server = listener(&addr);
    CU_ASSERT_EQUAL(keepalive_of(&addr, -1), 0);
    CU_ASSERT_EQUAL(keepalive_of(&addr, 0), 1);
    CU_ASSERT_EQUAL(keepalive_of(&addr, 1), 1);
    CU_ASSERT_EQUAL(keepalive_of(&addr, 1001), 2);
    CU_ASSERT_EQUAL(keepalive_of(&addr, INT64_MAX), 32767);
    close(server);
}

static void sockets_block_once_told_so(void)
{
    struct addr addr;
    int err;
    int server = listener(&addr);
    int fd = connected(&addr, -1, &err);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT(fcntl(fd, F_GETFL) & O_NONBLOCK);
    CU_ASSERT_EQUAL(socket_set_blocking(fd), 0);
    CU_ASSERT_FALSE(fcntl(fd, F_GETFL) & O_NONBLOCK);
    close(fd);
    close(server);
    CU_ASSERT_EQUAL(socket_set_blocking(-1), EBADF);
}

static void self_connect_is_refused(void)
{
    struct addr addr;
    int fd = bound(&addr);
    CU_ASSERT_EQUAL_FATAL(connect(fd, &addr.sa, addr_len(&addr)), 0);
    CU_ASSERT_EQUAL(socket_connect_result(fd), ECONNREFUSED);
    close(fd);
}

static void result_that_is_still_to_come_is_no_success(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_EQUAL(socket_connect_result(fd), EINPROGRESS);
    close(fd);
    CU_ASSERT_EQUAL(socket_connect_result(-1), EBADF);
}

CU_TestInfo socket_tests[] = {
    {"connects to a listener", connects_to_a_listener},
    {"TCP-03 refused port is an error", refused_port_is_an_error},
    {"address that cannot be connected to is an error", unreachable_family_is_an_error},
    {"sockets are born with their options", sockets_are_born_with_their_options},
    {"keepalive is whole seconds within the kernel's bounds",
     keepalive_is_whole_seconds_within_the_kernels_bounds},
    {"sockets block once told so", sockets_block_once_told_so},
    {"TCP-06 self-connect is refused", self_connect_is_refused},
    {"result that is still to come is no success", result_that_is_still_to_come_is_no_success},
    CU_TEST_INFO_NULL,
};
