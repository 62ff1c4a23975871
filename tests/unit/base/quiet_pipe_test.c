/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * base/quiet_pipe: a peer that is gone, or goes meanwhile, raises no signal, and
 * a signal of somebody else's stays. The default disposition would end the program.
 */
#include "base/quiet_pipe.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

extern CU_TestInfo quiet_pipe_tests[];

enum { LONG_LEN = 4 * 1024 * 1024 };

static bool is_pending(void)
{
    sigset_t set;

    sigpending(&set);
    return sigismember(&set, SIGPIPE);
}

static bool is_blocked(void)
{
    sigset_t set;

    pthread_sigmask(SIG_SETMASK, NULL, &set);
    return sigismember(&set, SIGPIPE);
}

static int long_file(void)
{
    char path[] = "/tmp/gofer-quiet-XXXXXX";
    int fd = mkstemp(path);

    CU_ASSERT_FATAL(fd >= 0);
    unlink(path);
    CU_ASSERT_EQUAL(ftruncate(fd, LONG_LEN), 0);
    return fd;
}

/* Reads a little, so that the writer is at work, and closes. */
static void *read_and_close(void *arg)
{
    int fd = *(int *)arg;
    char bytes[100];

    if (read(fd, bytes, sizeof bytes) > 0)
        close(fd);
    return NULL;
}

static void expect_quiet(void)
{
    CU_ASSERT(!is_pending());
    CU_ASSERT(!is_blocked());
}

static void a_peer_that_is_gone(void)
{
    int ends[2], file = long_file();

    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    close(ends[1]);
    CU_ASSERT_EQUAL(quiet_write(ends[0], "x", 1), -1);
    CU_ASSERT_EQUAL(errno, EPIPE);
    expect_quiet();
    CU_ASSERT_EQUAL(quiet_sendfile(ends[0], file, 0, 100), -1);
    CU_ASSERT_EQUAL(errno, EPIPE);
    expect_quiet();
    close(ends[0]);
    close(file);
}

static void a_peer_that_goes_in_the_middle_of_a_write(void)
{
    int ends[2];
    pthread_t thread;
    char *bytes = calloc(1, LONG_LEN);

    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, read_and_close, &ends[0]), 0);
    ssize_t n = quiet_write(ends[1], bytes, LONG_LEN);
    CU_ASSERT(n > 0 && n < LONG_LEN);
    expect_quiet();
    pthread_join(thread, NULL);
    close(ends[1]);
    free(bytes);
}

static void a_peer_that_goes_in_the_middle_of_a_sendfile(void)
{
    int ends[2], file = long_file();
    pthread_t thread;

    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, read_and_close, &ends[1]), 0);
    ssize_t n = quiet_sendfile(ends[0], file, 0, LONG_LEN);
    CU_ASSERT(n > 0 && n < LONG_LEN);
    expect_quiet();
    pthread_join(thread, NULL);
    close(ends[0]);
    close(file);
}

static void a_signal_of_somebody_elses_stays(void)
{
    int ends[2];
    sigset_t set;
    const struct timespec at_once = {0};

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_kill(pthread_self(), SIGPIPE);
    CU_ASSERT(is_pending());
    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    CU_ASSERT_EQUAL(quiet_write(ends[1], "x", 1), -1);
    close(ends[1]);
    CU_ASSERT(is_pending());
    CU_ASSERT(is_blocked());
    CU_ASSERT_EQUAL(sigtimedwait(&set, NULL, &at_once), SIGPIPE);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void what_is_well_is_passed_on(void)
{
    int ends[2], file = long_file();
    char bytes[8];

    CU_ASSERT_EQUAL(pwrite(file, "in a file", 9, 100), 9);
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    CU_ASSERT_EQUAL(quiet_write(ends[0], "ab", 2), 2);
    CU_ASSERT_EQUAL(quiet_sendfile(ends[0], file, 105, 4), 4);
    CU_ASSERT_EQUAL(lseek(file, 0, SEEK_CUR), 0);
    CU_ASSERT_EQUAL(read(ends[1], bytes, sizeof bytes), 6);
    CU_ASSERT_NSTRING_EQUAL(bytes, "abfile", 6);
    CU_ASSERT_EQUAL(quiet_write(-1, "x", 1), -1);
    CU_ASSERT_EQUAL(errno, EBADF);
    close(ends[0]);
    close(ends[1]);
    close(file);
}

CU_TestInfo quiet_pipe_tests[] = {
    {"TCP-08 a peer that is gone raises no signal", a_peer_that_is_gone},
    {"TCP-08 nor one that goes in the middle of a write",
     a_peer_that_goes_in_the_middle_of_a_write},
    {"TCP-08 nor one that goes in the middle of a sendfile",
     a_peer_that_goes_in_the_middle_of_a_sendfile},
    {"a signal of somebody else's stays", a_signal_of_somebody_elses_stays},
    {"what is well is passed on", what_is_well_is_passed_on},
    CU_TEST_INFO_NULL};
