/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The system calls that gofer makes, as functions of this program, which the
 * dynamic linker prefers to libc's. Each asks whether it is to fail, and is passed
 * on else. The next definition may be a sanitizer's, which has to see the calls too.
 *
 * A call that only moves a part (EFFECT_DRIP) does so on a stream or a file: a
 * datagram goes whole or not at all, and an eventfd's word always goes.
 */
#include "faults/sys_taps.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "faults/fault.h"
#include "faults/next.h"
#include "support/sanitizer.h"

static bool fails(struct verdict verdict)
{
    return verdict.strikes && (verdict.effect == EFFECT_FAIL || verdict.effect == EFFECT_STORM);
}

/* After the call was made. */
static bool lies(struct verdict verdict)
{
    return verdict.strikes &&
           (verdict.effect == EFFECT_AFTER || verdict.effect == EFFECT_STORM_AFTER);
}

static int refuse(struct verdict verdict)
{
    errno = verdict.error;
    return -1;
}

/* A call that fails, or is made, or is made and says that it failed. */
#define PASS(call, name, ...)                                                                      \
    do {                                                                                           \
        struct verdict verdict = ASK(call);                                                        \
        if (fails(verdict))                                                                        \
            return refuse(verdict);                                                                \
        __typeof__(NEXT(name)(__VA_ARGS__)) result = NEXT(name)(__VA_ARGS__);                      \
        return lies(verdict) ? refuse(verdict) : result;                                           \
    } while (0)

/* --- sockets --- */

KEEPS(socket);
int socket(int domain, int type, int protocol)
{
    PASS(SOCKET, socket, domain, type, protocol);
}

KEEPS(connect);
int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
    PASS(CONNECT, connect, fd, addr, len);
}

KEEPS(bind);
int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
    PASS(BIND, bind, fd, addr, len);
}

KEEPS(setsockopt);
int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    PASS(SETSOCKOPT, setsockopt, fd, level, name, value, len);
}

KEEPS(getsockopt);
int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    PASS(GETSOCKOPT, getsockopt, fd, level, name, value, len);
}

KEEPS(getsockname);
int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
    PASS(GETSOCKNAME, getsockname, fd, addr, len);
}

KEEPS(getpeername);
int getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
    PASS(GETPEERNAME, getpeername, fd, addr, len);
}

KEEPS(shutdown);
int shutdown(int fd, int how)
{
    PASS(SHUTDOWN, shutdown, fd, how);
}

/* --- bytes --- */

static bool is_stream(int fd)
{
    int type = 0;
    socklen_t len = sizeof type;

    return NEXT(getsockopt)(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

static bool is_file(int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

/* How much of len bytes may be moved. */
static size_t cut(struct verdict verdict, int fd, size_t len)
{
    bool drips = verdict.strikes && verdict.effect == EFFECT_DRIP && len > 1;

    return drips && (is_stream(fd) || is_file(fd)) ? 1 : len;
}

/* EAGAIN is no answer to a call that waits. */
static struct verdict sensible(struct verdict verdict, int fd, int flags)
{
    if (verdict.strikes && verdict.error == EAGAIN && (flags & MSG_DONTWAIT) == 0 &&
        (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0)
        verdict.strikes = false;
    return verdict;
}

KEEPS(send);
ssize_t send(int fd, const void *buf, size_t len, int flags)
{
    struct verdict verdict = sensible(ASK(SEND), fd, flags);

    return fails(verdict) ? refuse(verdict) : NEXT(send)(fd, buf, cut(verdict, fd, len), flags);
}

KEEPS(sendmsg);
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
    struct verdict verdict = sensible(ASK(SEND), fd, flags);
    struct msghdr first = *msg;
    struct iovec part = msg->msg_iovlen > 0 ? msg->msg_iov[0] : (struct iovec){0};

    if (fails(verdict))
        return refuse(verdict);
    if (!verdict.strikes || verdict.effect != EFFECT_DRIP || part.iov_len == 0)
        return NEXT(sendmsg)(fd, msg, flags);
    part.iov_len = cut(verdict, fd, part.iov_len);
    first.msg_iov = &part;
    first.msg_iovlen = 1;
    return NEXT(sendmsg)(fd, &first, flags);
}

KEEPS(recv);
ssize_t recv(int fd, void *buf, size_t len, int flags)
{
    struct verdict verdict = sensible(ASK(RECV), fd, flags);

    return fails(verdict) ? refuse(verdict) : NEXT(recv)(fd, buf, cut(verdict, fd, len), flags);
}

KEEPS(recvfrom);
ssize_t recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *size)
{
    struct verdict verdict = sensible(ASK(RECV), fd, flags);

    if (fails(verdict))
        return refuse(verdict);
    return NEXT(recvfrom)(fd, buf, cut(verdict, fd, len), flags, from, size);
}

KEEPS(sendfile);
ssize_t sendfile(int to, int from, off_t *offset, size_t count)
{
    struct verdict verdict = sensible(ASK(SENDFILE), to, 0);

    if (fails(verdict))
        return refuse(verdict);
    return NEXT(sendfile)(to, from, offset, cut(verdict, to, count));
}

KEEPS(read);
ssize_t read(int fd, void *buf, size_t len)
{
    struct verdict verdict = ASK(READ);

    return fails(verdict) ? refuse(verdict) : NEXT(read)(fd, buf, cut(verdict, fd, len));
}

KEEPS(pread);
ssize_t pread(int fd, void *buf, size_t len, off_t offset)
{
    struct verdict verdict = ASK(READ);

    return fails(verdict) ? refuse(verdict) : NEXT(pread)(fd, buf, cut(verdict, fd, len), offset);
}

KEEPS(write);
ssize_t write(int fd, const void *buf, size_t len)
{
    struct verdict verdict = {0};

    if (is_stream(fd) || is_file(fd))
        verdict = ASK(WRITE);
    return fails(verdict) ? refuse(verdict) : NEXT(write)(fd, buf, cut(verdict, fd, len));
}

KEEPS(writev);
ssize_t writev(int fd, const struct iovec *parts, int count)
{
    PASS(SEND, writev, fd, parts, count);
}

/* --- waiting --- */

KEEPS(poll);
int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    PASS(POLL, poll, fds, count, timeout);
}

KEEPS(ppoll);
int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
    PASS(POLL, ppoll, fds, count, timeout, mask);
}

KEEPS(epoll_create1);
int epoll_create1(int flags)
{
    PASS(EPOLL_CREATE, epoll_create1, flags);
}

KEEPS(epoll_ctl);
int epoll_ctl(int set, int op, int fd, struct epoll_event *event)
{
    if (op == EPOLL_CTL_DEL)
        return NEXT(epoll_ctl)(set, op, fd, event);
    PASS(EPOLL_CTL, epoll_ctl, set, op, fd, event);
}

KEEPS(epoll_wait);
int epoll_wait(int set, struct epoll_event *events, int max, int timeout)
{
    PASS(EPOLL_WAIT, epoll_wait, set, events, max, timeout);
}

KEEPS(eventfd);
int eventfd(unsigned count, int flags)
{
    PASS(EVENTFD, eventfd, count, flags);
}

/* --- files and memory --- */

static const char *replaced = "", *replacement;

void sys_taps_replace(const char *path, const char *other)
{
    replaced = path;
    replacement = other;
}

KEEPS(open);
int open(const char *path, int flags, ...)
{
    mode_t mode;
    va_list args;

    va_start(args, flags);
    mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    path = strcmp(path, replaced) == 0 ? replacement : path;
    PASS(OPEN, open, path, flags, mode);
}

KEEPS(mkostemp);
int mkostemp(char *path, int flags)
{
    PASS(OPEN, mkostemp, path, flags);
}

KEEPS(close);
int close(int fd)
{
    PASS(CLOSE, close, fd);
}

KEEPS(fcntl);
int fcntl(int fd, int command, ...)
{
    void *value;
    va_list args;

    va_start(args, command);
    value = va_arg(args, void *);
    va_end(args);
    if (command != F_DUPFD_CLOEXEC)
        return NEXT(fcntl)(fd, command, value);
    PASS(DUP, fcntl, fd, command, value);
}

KEEPS(fstat);
int fstat(int fd, struct stat *info)
{
    PASS(FSTAT, fstat, fd, info);
}

KEEPS(fsync);
int fsync(int fd)
{
    PASS(FSYNC, fsync, fd);
}

KEEPS(rename);
int rename(const char *from, const char *to)
{
    PASS(RENAME, rename, from, to);
}

KEEPS(madvise);
int madvise(void *at, size_t len, int advice)
{
    PASS(MADVISE, madvise, at, len, advice);
}

KEEPS(getrandom);
ssize_t getrandom(void *buf, size_t len, unsigned flags)
{
    PASS(GETRANDOM, getrandom, buf, len, flags);
}

/* ThreadSanitizer's runtime calls this one before it is ready for anybody's code. */
#if !SANITIZED_THREADS
KEEPS(mmap);
void *mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
    struct verdict verdict = ASK(MMAP);

    if (!fails(verdict))
        return NEXT(mmap)(at, len, protection, flags, fd, offset);
    errno = verdict.error;
    return MAP_FAILED;
}
#endif
