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
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
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
static int connected_with(const struct addr *addr, const struct socket_options *options, int *err)
{
    int fd = socket_connect(addr, "host.test", options, err);
    if (fd < 0)
        return fd;
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    CU_ASSERT_EQUAL(poll(&p, 1, 10000), 1);
    *err = socket_connect_result(fd);
    if (*err == 0)
        return fd;
    close(fd);
    return -1;
}

static int connected(const struct addr *addr, int64_t keepalive_ms, int *err)
{
    return connected_with(addr, &(struct socket_options){.keepalive_ms = keepalive_ms}, err);
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
    CU_ASSERT(addr_parse("255.255.255.255", NULL, 9, &addr));
    CU_ASSERT_EQUAL(connected(&addr, -1, &err), -1);
    CU_ASSERT_NOT_EQUAL(err, 0);
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

static void nagles_delay_may_be_asked_for(void)
{
    struct addr addr;
    int err;
    int server = listener(&addr);
    int fd = connected_with(&addr, &(struct socket_options){.nagle = true}, &err);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(get_int(fd, IPPROTO_TCP, TCP_NODELAY), 0);
    close(fd);
    close(server);
}

/* The port that a socket is bound to. */
static uint16_t own_port(int fd)
{
    struct sockaddr_in in = {.sin_family = AF_UNSPEC};
    socklen_t len = sizeof in;
    CU_ASSERT_EQUAL(getsockname(fd, (struct sockaddr *)&in, &len), 0);
    return ntohs(in.sin_port);
}

/* Ports that others take meanwhile are passed over, so the numbers are not known before. */
static void connects_from_the_first_free_port_of_a_range(void)
{
    struct addr addr, local, other;
    int err;
    int server = listener(&addr), holder = bound(&other);
    struct socket_options options = {.first_port = own_port(holder), .last_port = 65535};
    CU_ASSERT(addr_parse("127.0.0.1", NULL, 0, &local));
    for (int i = 0; i < 2; i++) {
        options.local = i == 0 ? NULL : &local;
        int first = connected_with(&addr, &options, &err);
        int second = connected_with(&addr, &options, &err);
        CU_ASSERT_FATAL(first >= 0 && second >= 0);
        CU_ASSERT(own_port(first) > options.first_port);
        CU_ASSERT(own_port(second) > own_port(first));
        close(first);
        close(second);
    }
    options.last_port = options.first_port;
    CU_ASSERT_FALSE(socket_can_bind(&addr, &options));
    CU_ASSERT_EQUAL(connected_with(&addr, &options, &err), -1);
    CU_ASSERT_EQUAL(err, EADDRINUSE);
    close(holder);
    close(server);
}

static void a_route_does_not_take_a_port(void)
{
    struct addr to, source, other;
    int holder = bound(&other);
    struct socket_options options = {.first_port = own_port(holder), .last_port = own_port(holder)};
    CU_ASSERT(addr_parse("127.0.0.1", NULL, 9, &to));
    CU_ASSERT(socket_source(&to, &options, &source));
    close(holder);
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

/* --- unix-domain sockets --- */

static int unix_listener(const char *path, int backlog)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    memcpy(un.sun_path, path, strlen(path));
    if (path[0] == '@')
        un.sun_path[0] = '\0';
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_FATAL(fd >= 0 && bind(fd, (struct sockaddr *)&un, len) == 0);
    CU_ASSERT_FATAL(backlog < 0 || listen(fd, backlog) == 0);
    return fd;
}

static int connected_unix(const char *path, int *err)
{
    struct socket_options options = {.keepalive_ms = 15000};
    *err = 0;
    int fd = socket_connect_unix(path, "host.test", &options, err);
    CU_ASSERT_EQUAL(*err != 0, fd < 0);
    if (fd >= 0)
        CU_ASSERT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    return fd;
}

static void make_path(char path[64], const char *format)
{
    snprintf(path, 64, format, (long)getpid());
}

static void connects_to_a_path_and_to_an_abstract_name(void)
{
    static const char *const formats[] = {"/tmp/gofer-socket-%ld", "@gofer-socket-%ld"};
    for (int i = 0; i < 2; i++) {
        char path[64];
        int err;
        make_path(path, formats[i]);
        int server = unix_listener(path, 8);
        int fd = connected_unix(path, &err);
        CU_ASSERT_FATAL(fd >= 0);
        CU_ASSERT_EQUAL(socket_set_blocking(fd), 0);
        CU_ASSERT_EQUAL(send(fd, "x", 1, MSG_NOSIGNAL), 1);
        close(fd);
        close(server);
        unlink(path);
    }
}

static void a_unix_socket_that_is_not_there_is_an_error(void)
{
    char path[64], longest[SOCKET_UNIX_PATH_MAX + 2];
    int err;
    make_path(path, "/tmp/gofer-nobody-%ld");
    CU_ASSERT(connected_unix(path, &err) < 0 && err == ENOENT);
    make_path(path, "@gofer-nobody-%ld");
    CU_ASSERT(connected_unix(path, &err) < 0 && err == ECONNREFUSED);
    int holder = unix_listener(path, -1);
    CU_ASSERT(connected_unix(path, &err) < 0 && err == ECONNREFUSED);
    close(holder);
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    CU_ASSERT(connected_unix(longest, &err) < 0 && err == ENAMETOOLONG);
    longest[SOCKET_UNIX_PATH_MAX] = '\0';
    CU_ASSERT(connected_unix(longest, &err) < 0 && err == ENOENT);
    CU_ASSERT(connected_unix("", &err) < 0 && err == ENAMETOOLONG);
}

static void a_full_queue_is_no_wait(void)
{
    char path[64];
    int err;
    make_path(path, "@gofer-full-%ld");
    int server = unix_listener(path, 0);
    int first = connected_unix(path, &err);
    CU_ASSERT(first >= 0);
    CU_ASSERT(connected_unix(path, &err) < 0 && err == EAGAIN);
    close(accept(server, NULL, NULL));
    int second = connected_unix(path, &err);
    CU_ASSERT(second >= 0);
    close(first);
    close(second);
    close(server);
}

/* --- routes --- */

static bool source_of(const char *ip, const struct socket_options *options, const char *wanted)
{
    struct addr to, source, expected;
    CU_ASSERT_FATAL(addr_parse(ip, NULL, 9, &to) && addr_parse(wanted, NULL, 0, &expected));
    if (!socket_source(&to, options, &source))
        return false;
    addr_set_port(&source, 0);
    CU_ASSERT(addr_equal(&source, &expected));
    return true;
}

static void the_source_is_what_the_system_would_send_from(void)
{
    struct addr local;
    struct socket_options options = {.keepalive_ms = -1};
    CU_ASSERT(source_of("127.0.0.1", &options, "127.0.0.1"));
    CU_ASSERT(source_of("::1", &options, "::1"));
    CU_ASSERT_FALSE(source_of("255.255.255.255", &options, "127.0.0.1"));
    CU_ASSERT(addr_parse("127.0.0.5", NULL, 0, &local));
    options.local = &local;
    CU_ASSERT(source_of("127.0.0.1", &options, "127.0.0.5"));
    CU_ASSERT(addr_parse("192.0.2.77", NULL, 0, &local)); /* another machine's */
    CU_ASSERT_FALSE(source_of("127.0.0.1", &options, "192.0.2.77"));
}

CU_TestInfo socket_tests[] = {
    {"Nagle's delay may be asked for", nagles_delay_may_be_asked_for},
    {"connects from the first free port of a range", connects_from_the_first_free_port_of_a_range},
    {"a route does not take a port", a_route_does_not_take_a_port},
    {"connects to a listener", connects_to_a_listener},
    {"connects to a path and to an abstract name", connects_to_a_path_and_to_an_abstract_name},
    {"a unix socket that is not there is an error", a_unix_socket_that_is_not_there_is_an_error},
    {"a full queue is no wait", a_full_queue_is_no_wait},
    {"the source is what the system would send from",
     the_source_is_what_the_system_would_send_from},
    {"TCP-03 refused port is an error", refused_port_is_an_error},
    {"address that cannot be connected to is an error", unreachable_family_is_an_error},
    {"sockets are born with their options", sockets_are_born_with_their_options},
    {"L7 keepalive is whole seconds within the kernel's bounds",
     keepalive_is_whole_seconds_within_the_kernels_bounds},
    {"sockets block once told so", sockets_block_once_told_so},
    {"TCP-06 self-connect is refused", self_connect_is_refused},
    {"result that is still to come is no success", result_that_is_still_to_come_is_no_success},
    CU_TEST_INFO_NULL,
};
