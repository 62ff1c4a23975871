/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Blocking SIGPIPE around one system call.
 */
#include "base/quiet_pipe.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/sendfile.h>
#include <time.h>
#include <unistd.h>

struct quiet {
    sigset_t old;
    bool pending; /* before */
};

static sigset_t pipe_only(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

static void begin(struct quiet *q)
{
    sigset_t set = pipe_only(), pending;
    pthread_sigmask(SIG_BLOCK, &set, &q->old);
    sigpending(&pending);
    q->pending = sigismember(&pending, SIGPIPE);
}

/* Keeps errno. A call that moved some bytes before the peer was gone returns how many, and has
 * raised the signal all the same: only one that moved all of them has not. */
static void end(const struct quiet *q, bool moved_all)
{
    int err = errno;
    sigset_t set = pipe_only();
    const struct timespec at_once = {0};
    if (!moved_all && !q->pending)
        while (sigtimedwait(&set, NULL, &at_once) < 0 && errno == EINTR)
            continue;
    pthread_sigmask(SIG_SETMASK, &q->old, NULL);
    errno = err;
}

ssize_t quiet_write(int fd, const void *data, size_t len)
{
    struct quiet q;
    ssize_t n;
    begin(&q);
    do
        n = write(fd, data, len);
    while (n < 0 && errno == EINTR);
    end(&q, n >= 0 && (size_t)n == len);
    return n;
}

ssize_t quiet_sendfile(int to, int from, int64_t offset, size_t count)
{
    struct quiet q;
    ssize_t n;
    begin(&q);
    do {
        off_t at = (off_t)offset;
        n = sendfile(to, from, &at, count);
    } while (n < 0 && errno == EINTR);
    end(&q, n >= 0 && (size_t)n == count);
    return n;
}
