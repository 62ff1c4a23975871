/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The system calls of the world. The linker (--wrap) leads every call of NAME to
 * __wrap_NAME here; __real_NAME is the system's.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "fuzz/origin.h"
#include "fuzz/world.h"
#include "fuzz/world_state.h"

/* The names are the linker's. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wpragmas"

#define REAL(type, name, ...)                                                                      \
    type __real_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__);

REAL(int, socket, int domain, int type, int protocol)
REAL(int, bind, int fd, const struct sockaddr *addr, socklen_t len)
REAL(int, connect, int fd, const struct sockaddr *addr, socklen_t len)
REAL(int, getsockname, int fd, struct sockaddr *addr, socklen_t *len)
REAL(int, getpeername, int fd, struct sockaddr *addr, socklen_t *len)
REAL(int, getsockopt, int fd, int level, int option, void *value, socklen_t *len)
REAL(int, setsockopt, int fd, int level, int option, const void *value, socklen_t len)
REAL(int, fcntl, int fd, int command, long arg)
REAL(int, ioctl, int fd, unsigned long request, int *value)
REAL(int, shutdown, int fd, int how)
REAL(int, close, int fd)
REAL(ssize_t, send, int fd, const void *data, size_t len, int flags)
REAL(ssize_t, sendmsg, int fd, const struct msghdr *msg, int flags)
REAL(ssize_t, recv, int fd, void *data, size_t len, int flags)
REAL(ssize_t, sendfile, int to, int from, off_t *offset, size_t count)
REAL(ssize_t, write, int fd, const void *data, size_t len)
REAL(int, poll, struct pollfd *fds, nfds_t n, int timeout)
REAL(int, epoll_create1, int flags)
REAL(int, epoll_ctl, int set, int op, int fd, struct epoll_event *event)
REAL(int, epoll_wait, int set, struct epoll_event *events, int max, int timeout)
REAL(int, eventfd, unsigned count, int flags)
REAL(int, pthread_join, pthread_t thread, void **result)
REAL(int, thread_start, pthread_t *thread, void *(*body)(void *arg), void *arg)
REAL(void, futex_wait, _Atomic uint32_t *word, uint32_t value, int64_t at_ns)
REAL(uint64_t, core_random, void *core)

static int fail(int err)
{
    errno = err;
    return -1;
}

/* One of the errors, or 0: trouble of a kind that this call does not know is none. */
static int trouble_of(const int *errors, size_t n)
{
    world_note_call();
    unsigned trouble = world_trouble();
    return trouble > 0 && trouble <= n ? errors[trouble - 1] : 0;
}

#define TROUBLE_OF(...)                                                                            \
    trouble_of((const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

/* --- opening and closing --- */

static int open_thing(enum thing_kind kind)
{
    int fd = world_open(kind);
    return fd >= 0 ? fd : fail(EMFILE);
}

int __wrap_socket(int domain, int type, int protocol)
{
    if (!world.on)
        return __real_socket(domain, type, protocol);
    int err = TROUBLE_OF(EMFILE, ENFILE, ENOBUFS, ENOMEM, EAFNOSUPPORT);
    if (err != 0)
        return fail(err);
    int fd = open_thing((type & SOCK_DGRAM) == SOCK_DGRAM ? A_DATAGRAM : A_STREAM);
    if (fd < 0)
        return fd;
    world_thing(fd)->family = domain;
    world_thing(fd)->nonblocking = (type & SOCK_NONBLOCK) != 0;
    return fd;
}

int __wrap_epoll_create1(int flags)
{
    if (!world.on)
        return __real_epoll_create1(flags);
    int err = TROUBLE_OF(EMFILE, ENOMEM);
    return err != 0 ? fail(err) : open_thing(AN_EPOLL);
}

int __wrap_eventfd(unsigned count, int flags)
{
    if (!world.on)
        return __real_eventfd(count, flags);
    int err = TROUBLE_OF(EMFILE, ENFILE);
    return err != 0 ? fail(err) : open_thing(AN_EVENT);
}

int __wrap_close(int fd)
{
    struct thing *thing = world_thing(fd);
    if (thing == NULL)
        return __real_close(fd);
    int err = TROUBLE_OF(EINTR, EIO);
    world_close(thing);
    return err != 0 ? fail(err) : 0;
}

/* --- connecting --- */

int __wrap_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
    return world_thing(fd) != NULL ? 0 : __real_bind(fd, addr, len);
}

static int connect_later(struct thing *s, int err, unsigned byte)
{
    s->state = S_CONNECTING;
    s->connect_error = err;
    s->connect_at = world.now + world_delay_ms(byte) * CLOCK_MS;
    return fail(EINPROGRESS);
}

int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
    struct thing *s = world_thing(fd);
    if (s == NULL)
        return __real_connect(fd, addr, len);
    if (s->kind == A_DATAGRAM) {
        int err = TROUBLE_OF(ENETUNREACH, EACCES);
        return err != 0 ? fail(err) : 0;
    }
    FUZZ_CHECK(s->kind == A_STREAM && s->state == S_NEW && len <= sizeof s->peer);
    memcpy(&s->peer, addr, len);
    int err =
        TROUBLE_OF(ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, ECONNREFUSED, EACCES, ENOBUFS, EINTR);
    if (err != 0 && err != EINTR)
        return fail(err);
    unsigned byte = world_byte();
    if (err == EINTR) {
        connect_later(s, 0, byte);
        return fail(EINTR);
    }
    switch (byte >> 5) {
    case 5:
        return connect_later(s, ECONNREFUSED, byte);
    case 6:
        return connect_later(s, EHOSTUNREACH, byte);
    case 7: /* nobody answers */
        connect_later(s, ETIMEDOUT, 0);
        s->connect_at = world.now + 130 * 1000 * CLOCK_MS;
        return fail(EINPROGRESS);
    default:
        return connect_later(s, 0, byte);
    }
}

static int give_address(const union address *from, struct sockaddr *addr, socklen_t *len)
{
    socklen_t size = from->sa.sa_family == AF_INET6 ? sizeof from->in6 : sizeof from->in;
    memcpy(addr, from, *len < size ? *len : size);
    *len = size;
    return 0;
}

int __wrap_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
    struct thing *s = world_thing(fd);
    if (s == NULL)
        return __real_getsockname(fd, addr, len);
    union address own = {.in = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)fd),
                                .sin_addr.s_addr = htonl(0x0a000001)}};
    if (s->family == AF_INET6)
        own.in6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                        .sin6_port = htons((uint16_t)fd),
                                        .sin6_addr = {{{0x20, 1, 0x0d, 0xb8, 9}}}};
    return give_address(&own, addr, len);
}

int __wrap_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
    struct thing *s = world_thing(fd);
    if (s == NULL)
        return __real_getpeername(fd, addr, len);
    return s->state == S_CONNECTED && !s->reset ? give_address(&s->peer, addr, len)
                                                : fail(ENOTCONN);
}

int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
    struct thing *s = world_thing(fd);
    if (s == NULL)
        return __real_getsockopt(fd, level, option, value, len);
    FUZZ_CHECK(level == SOL_SOCKET && option == SO_ERROR && *len == sizeof(int));
    memcpy(value, &s->error, sizeof(int));
    s->error = 0;
    return 0;
}

int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
    if (world_thing(fd) == NULL)
        return __real_setsockopt(fd, level, option, value, len);
    int err = TROUBLE_OF(ENOPROTOOPT, EPERM);
    return err != 0 ? fail(err) : 0;
}

int __wrap_fcntl(int fd, int command, long arg)
{
    struct thing *s = world_thing(fd);
    if (s == NULL)
        return __real_fcntl(fd, command, arg);
    if (command == F_GETFL)
        return O_RDWR | (s->nonblocking ? O_NONBLOCK : 0);
    FUZZ_CHECK(command == F_SETFL);
    s->nonblocking = (arg & O_NONBLOCK) != 0;
    return 0;
}

int __wrap_ioctl(int fd, unsigned long request, int *value)
{
    struct thing *s = world_thing(fd);
    if (s == NULL)
        return __real_ioctl(fd, request, value);
    FUZZ_CHECK(request == FIONBIO);
    s->nonblocking = *value != 0;
    return 0;
}

int __wrap_shutdown(int fd, int how)
{
    struct thing *s = world_thing(fd);
    if (s == NULL)
        return __real_shutdown(fd, how);
    if (s->state != S_CONNECTED || s->reset)
        return fail(ENOTCONN);
    s->shut_read = s->shut_read || how != SHUT_WR;
    s->shut_write = s->shut_write || how != SHUT_RD;
    s->changes++;
    return 0;
}

/* --- moving bytes --- */

static bool waits(const struct thing *s, int flags)
{
    return !s->nonblocking && (flags & MSG_DONTWAIT) == 0;
}

static int take_error(struct thing *s, int otherwise)
{
    int err = s->error != 0 ? s->error : otherwise;
    s->error = 0;
    return fail(err);
}

static bool can_send(void *arg)
{
    return (world_events(arg) & EPOLLOUT) != 0;
}

static bool can_recv(void *arg)
{
    return (world_events(arg) & EPOLLIN) != 0;
}

static void block(struct thing *s, bool (*ready)(void *arg))
{
    FUZZ_CHECK(!world.serving);
    world_wait(CLOCK_NEVER, ready, s);
}

/* The kinds of trouble that moving bytes meets. */
enum {
    INTERRUPTED = 1,
    NOT_NOW,
    BROKEN,
    NO_BUFFERS,
    TIMED_OUT,
    ONE_BYTE,
    FEW_BYTES,
    MANY_BYTES,
    SLOW,
    FULL
};

/* How many of len bytes this call may move. */
static size_t share(unsigned trouble, size_t len)
{
    size_t most = trouble == ONE_BYTE     ? 1
                  : trouble == FEW_BYTES  ? 1 + world_byte() % 64
                  : trouble == MANY_BYTES ? 64 * (1 + world_byte())
                                          : len;
    return most < len ? most : len;
}

/* How many of len bytes the kernel takes now; -1 with errno. */
static ssize_t begin_send(struct thing *s, size_t len, int flags)
{
    FUZZ_CHECK(s->kind == A_STREAM);
    world_note_call();
    unsigned trouble = world_trouble();
    if (trouble == INTERRUPTED)
        return fail(EINTR);
    if (trouble == NOT_NOW && !waits(s, flags))
        return fail(EAGAIN);
    if (trouble == NO_BUFFERS)
        return fail(ENOBUFS);
    if (trouble == BROKEN)
        world_send_reset(world_number(s), 0);
    if (trouble == SLOW)
        s->full_until = world.now + (1 + world_delay_ms(world_byte())) * CLOCK_MS;
    world_catch_up();
    if (s->state != S_CONNECTED || s->reset || s->shut_write)
        return take_error(s, EPIPE);
    if (!can_send(s) && !waits(s, flags))
        return fail(EAGAIN);
    if (!can_send(s))
        block(s, can_send);
    if (s->reset || s->shut_write)
        return take_error(s, EPIPE);
    size_t n = share(trouble, len);
    if (trouble == FULL)
        s->full_until = world.now + (1 + world_delay_ms(world_byte())) * CLOCK_MS;
    return (ssize_t)n;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
    struct thing *s = world_thing(fd);
    if (s == NULL)
        return __real_sendmsg(fd, msg, flags);
    FUZZ_CHECK((flags & MSG_NOSIGNAL) != 0);
    size_t len = 0;
    for (size_t i = 0; i < msg->msg_iovlen; i++)
        len += msg->msg_iov[i].iov_len;
    ssize_t n = begin_send(s, len, flags);
    size_t left = n > 0 ? (size_t)n : 0;
    for (size_t i = 0; left > 0; i++) {
        size_t piece = msg->msg_iov[i].iov_len < left ? msg->msg_iov[i].iov_len : left;
        origin_receive(s->origin, msg->msg_iov[i].iov_base, piece);
        left -= piece;
    }
    return n;
}

ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
    struct iovec iov = {.iov_base = (void *)data, .iov_len = len};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    return world_thing(fd) != NULL ? __wrap_sendmsg(fd, &msg, flags)
                                   : __real_send(fd, data, len, flags);
}

ssize_t __wrap_sendfile(int to, int from, off_t *offset, size_t count)
{
    struct thing *s = world_thing(to);
    char data[4096];
    if (s == NULL)
        return __real_sendfile(to, from, offset, count);
    ssize_t n = begin_send(s, count < sizeof data ? count : sizeof data, 0);
    if (n <= 0)
        return n;
    n = pread(from, data, (size_t)n, *offset);
    if (n > 0) {
        origin_receive(s->origin, data, (size_t)n);
        *offset += n;
    }
    return n;
}

ssize_t __wrap_recv(int fd, void *data, size_t len, int flags)
{
    struct thing *s = world_thing(fd);
    if (s == NULL)
        return __real_recv(fd, data, len, flags);
    FUZZ_CHECK(s->kind == A_STREAM);
    world_note_call();
    unsigned trouble = world_trouble();
    if (trouble == INTERRUPTED)
        return fail(EINTR);
    if (trouble == NOT_NOW && !waits(s, flags))
        return fail(EAGAIN);
    if (trouble == BROKEN)
        world_send_reset(world_number(s), 0);
    world_catch_up();
    if (s->state == S_CONNECTED && waits(s, flags) && !can_recv(s))
        block(s, can_recv);
    size_t there = s->in.len - s->in_at;
    if (trouble == TIMED_OUT && there == 0)
        return fail(ETIMEDOUT);
    if (there > 0) {
        size_t n = share(trouble, there < len ? there : len);
        memcpy(data, s->in.data + s->in_at, n);
        s->in_at += (flags & MSG_PEEK) == 0 ? n : 0;
        return (ssize_t)n;
    }
    if (s->error != 0 || s->state != S_CONNECTED)
        return take_error(s, ENOTCONN);
    return s->ended || s->reset || s->shut_read ? 0 : fail(EAGAIN);
}

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    struct thing *thing = world_thing(fd);
    uint64_t count;
    if (thing == NULL)
        return __real_write(fd, data, len);
    FUZZ_CHECK(thing->kind == AN_EVENT && len == sizeof count);
    memcpy(&count, data, len);
    thing->count += count;
    thing->changes++;
    return (ssize_t)len;
}

/* --- waiting --- */

static int64_t until_ms(int timeout)
{
    return timeout < 0 ? CLOCK_NEVER : world.now + timeout * CLOCK_MS;
}

struct poll_set {
    struct pollfd *fds;
    nfds_t n;
};

static bool poll_ready(void *arg)
{
    struct poll_set *set = arg;
    bool ready = false;
    for (nfds_t i = 0; i < set->n; i++) {
        struct pollfd *p = &set->fds[i];
        p->revents = 0;
        if (p->fd < 0)
            continue;
        struct thing *thing = world_thing(p->fd);
        FUZZ_CHECK(thing != NULL);
        uint32_t wanted = (uint32_t)(unsigned short)p->events | POLLERR | POLLHUP;
        p->revents = (short)(world_events(thing) & wanted);
        ready = ready || p->revents != 0;
    }
    return ready;
}

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
    struct poll_set set = {fds, n};
    if (!world.on)
        return __real_poll(fds, n, timeout);
    if (TROUBLE_OF(EINTR) != 0)
        return fail(EINTR);
    world_wait(until_ms(timeout), poll_ready, &set);
    int count = 0;
    for (nfds_t i = 0; i < n; i++)
        count += fds[i].revents != 0;
    return count;
}

int __wrap_epoll_ctl(int fd, int op, int target, struct epoll_event *event)
{
    struct thing *set = world_thing(fd);
    if (set == NULL)
        return __real_epoll_ctl(fd, op, target, event);
    struct thing *thing = world_thing(target);
    FUZZ_CHECK(set->kind == AN_EPOLL && thing != NULL);
    struct watched *w = &set->watched[world_number(thing)];
    FUZZ_CHECK(w->in == (op != EPOLL_CTL_ADD));
    int err = op == EPOLL_CTL_ADD ? TROUBLE_OF(ENOMEM, ENOSPC) : 0;
    if (err != 0)
        return fail(err);
    *w = (struct watched){.in = op != EPOLL_CTL_DEL, .seen = UINT64_MAX};
    if (w->in) {
        w->events = event->events;
        w->data = event->data.u64;
    }
    return 0;
}

static bool epoll_ready(void *arg)
{
    return world_events(arg) != 0;
}

static void tell(struct thing *set, size_t number, struct epoll_event *event, uint32_t events)
{
    struct watched *w = &set->watched[number];
    *event = (struct epoll_event){.events = events, .data.u64 = w->data};
    w->off = (w->events & EPOLLONESHOT) != 0;
    w->seen = world.things[number].changes;
}

int __wrap_epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
    struct thing *set = world_thing(fd);
    if (set == NULL)
        return __real_epoll_wait(fd, events, max, timeout);
    unsigned trouble = world_trouble();
    if (trouble == INTERRUPTED)
        return fail(EINTR);
    world_wait(until_ms(timeout), epoll_ready, set);
    /* Which of them comes first is anybody's guess. */
    size_t first = trouble > 0 ? world_byte() % THINGS : 0;
    int n = 0;
    for (size_t i = 0; i < THINGS && n < max; i++) {
        uint32_t ready;
        size_t number = (first + i) % THINGS;
        if (world_would_tell(set, number, &ready))
            tell(set, number, &events[n++], ready);
    }
    return n;
}

/* --- threads --- */

/* The timer thread is world_wait(); there is no other. */
int __wrap_thread_start(pthread_t *thread, void *(*body)(void *arg), void *arg)
{
    if (!world.on)
        return __real_thread_start(thread, body, arg);
    int err = TROUBLE_OF(EAGAIN, ENOMEM);
    if (err != 0)
        return err;
    FUZZ_CHECK(world.timers == NULL);
    world.timers = arg;
    *thread = pthread_self();
    return 0;
}

int __wrap_pthread_join(pthread_t thread, void **result)
{
    if (!world.on)
        return __real_pthread_join(thread, result);
    world.timers = NULL;
    return 0;
}

void __wrap_futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t at_ns)
{
    FUZZ_CHECK(!world.on); /* nobody would wake it */
    __real_futex_wait(word, value, at_ns);
}

/* Its own number depends on an address. */
uint64_t __wrap_core_random(void *core)
{
    return world.on ? world_byte() * UINT64_C(0x0101010101010101) : __real_core_random(core);
}
