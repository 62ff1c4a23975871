/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See tap.h. The dynamic linker prefers a program's definitions to libc's. The
 * next definition may be a sanitizer's, which has to see the calls too.
 */
#include "integration/tap.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static _Thread_local bool is_marked;

/* One that was opened. A thread may still ask the one before, so they take turns. */
struct tap {
    tap_fn fn;
    void *arg;
    bool writes;
    atomic_uint nth;
};

enum { TAPS = 256 };

static struct tap taps[TAPS];
static unsigned opened;
static _Atomic(struct tap *) now_open;

static struct {
    int (*socket)(int domain, int type, int protocol);
    int (*connect)(int fd, const struct sockaddr *addr, socklen_t len);
    ssize_t (*send)(int fd, const void *buf, size_t len, int flags);
    ssize_t (*sendmsg)(int fd, const struct msghdr *msg, int flags);
    ssize_t (*recv)(int fd, void *buf, size_t len, int flags);
    ssize_t (*sendfile)(int to, int from, off_t *offset, size_t count);
    ssize_t (*write)(int fd, const void *buf, size_t len);
} next;

/* The way POSIX says a function pointer comes out of dlsym(). */
static void find_next(void)
{
    *(void **)&next.socket = dlsym(RTLD_NEXT, "socket");
    *(void **)&next.connect = dlsym(RTLD_NEXT, "connect");
    *(void **)&next.send = dlsym(RTLD_NEXT, "send");
    *(void **)&next.sendmsg = dlsym(RTLD_NEXT, "sendmsg");
    *(void **)&next.recv = dlsym(RTLD_NEXT, "recv");
    *(void **)&next.sendfile = dlsym(RTLD_NEXT, "sendfile");
    *(void **)&next.write = dlsym(RTLD_NEXT, "write");
}

static void know_next(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, find_next);
}

static void open_tap(tap_fn fn, void *arg, bool writes)
{
    struct tap *tap = &taps[opened++ % TAPS];

    is_marked = true;
    tap->fn = fn;
    tap->arg = arg;
    tap->writes = writes;
    atomic_store(&tap->nth, 0);
    atomic_store(&now_open, tap);
}

void tap_open(tap_fn fn, void *arg)
{
    open_tap(fn, arg, false);
}

void tap_open_writes(tap_fn fn, void *arg)
{
    open_tap(fn, arg, true);
}

unsigned tap_close(void)
{
    struct tap *tap = atomic_exchange(&now_open, (struct tap *)NULL);

    is_marked = false;
    return tap != NULL ? atomic_load(&tap->nth) : 0;
}

void tap_thread(void *unused)
{
    (void)unused;
    is_marked = true;
}

/* What the test says to a call; the calls that its function makes itself are not tapped. */
static int ask(enum tap_call call)
{
    struct tap *tap = is_marked ? atomic_load(&now_open) : (struct tap *)NULL;
    int said;

    know_next();
    if (tap == NULL || tap->writes != (call == TAP_WRITE))
        return 0;
    is_marked = false;
    said = tap->fn(call, atomic_fetch_add(&tap->nth, 1) + 1, tap->arg);
    is_marked = true;
    return said;
}

static int refuse(int said)
{
    errno = -said;
    return -1;
}

static size_t cut(size_t len, int said)
{
    return said > 0 && (size_t)said < len ? (size_t)said : len;
}

int socket(int domain, int type, int protocol)
{
    int said = ask(TAP_SOCKET);

    return said < 0 ? refuse(said) : next.socket(domain, type, protocol);
}

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
    int type = 0, said = 0;
    socklen_t type_len = sizeof type;

    /* A datagram socket's only asks for a route. */
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) == 0 && type == SOCK_STREAM)
        said = ask(TAP_CONNECT);
    know_next();
    return said < 0 ? refuse(said) : next.connect(fd, addr, len);
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
    int said = ask(TAP_SEND);

    return said < 0 ? refuse(said) : next.send(fd, buf, cut(len, said), flags);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
    int said = ask(TAP_SEND);
    struct iovec part = {0};
    struct msghdr first = *msg;

    if (said <= 0)
        return said < 0 ? refuse(said) : next.sendmsg(fd, msg, flags);
    part.iov_base = msg->msg_iov[0].iov_base;
    part.iov_len = cut(msg->msg_iov[0].iov_len, said);
    first.msg_iov = &part;
    first.msg_iovlen = 1;
    return next.sendmsg(fd, &first, flags);
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
    int said = ask(TAP_RECV);

    return said < 0 ? refuse(said) : next.recv(fd, buf, cut(len, said), flags);
}

ssize_t sendfile(int to, int from, off_t *offset, size_t count)
{
    int said = ask(TAP_SENDFILE);

    return said < 0 ? refuse(said) : next.sendfile(to, from, offset, cut(count, said));
}

ssize_t write(int fd, const void *buf, size_t len)
{
    int said = ask(TAP_WRITE);

    return said < 0 ? refuse(said) : next.write(fd, buf, cut(len, said));
}
