/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * base/lock: mutual exclusion, conditions on the monotonic clock and, in debug
 * builds, the rank check. What must abort runs in a forked child whose standard
 * error is read; in other builds the same bodies must run through.
 */
#include "base/lock.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"

extern CU_TestInfo lock_tests[];

#ifdef GOFER_DEBUG
static const bool ranks_checked = true;
#else
static const bool ranks_checked = false;
#endif

static struct lock pool, call, timers;

static void init_locks(void)
{
    lock_init(&pool, LOCK_POOL);
    lock_init(&call, LOCK_CALL);
    lock_init(&timers, LOCK_TIMERS);
}

static void fini_locks(void)
{
    lock_fini(&pool);
    lock_fini(&call);
    lock_fini(&timers);
}

/* The child: body, with standard error in the pipe and no core file. */
static void run_child(void (*body)(void), int err)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGABRT, SIG_DFL);
    dup2(err, STDERR_FILENO);
    init_locks();
    body();
    _exit(0);
}

static size_t read_all(int fd, char *text, size_t size)
{
    size_t len = 0;
    while (len < size) {
        ssize_t n = read(fd, text + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    return len;
}

/* Runs body in a child. True where it aborted and said `expected`. */
static bool aborts(void (*body)(void), const char *expected)
{
    int ends[2];
    char text[4096];
    if (pipe(ends) != 0)
        return false;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        run_child(body, ends[1]);
    close(ends[1]);
    text[read_all(ends[0], text, sizeof text - 1)] = '\0';
    close(ends[0]);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return false;
    CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, expected));
    return true;
}

static void take_rising(void)
{
    lock_take(&pool);
    lock_take(&call);
    lock_take(&timers);
    lock_drop(&call);
    lock_drop(&timers);
    lock_take(&call);
    lock_drop(&call);
    lock_drop(&pool);
    lock_assert_none();
}

static void take_falling(void)
{
    lock_take(&call);
    lock_take(&pool);
}

static void take_equal(void)
{
    struct lock other;
    lock_init(&other, LOCK_CALL);
    lock_take(&call);
    lock_take(&other);
}

static void take_falling_after_drop(void)
{
    lock_take(&pool);
    lock_take(&timers);
    lock_drop(&pool);
    lock_take(&call);
}

static void assert_not_held(void)
{
    lock_take(&pool);
    lock_assert_held(&call);
}

static void assert_none_while_held(void)
{
    lock_take(&pool);
    lock_assert_none();
}

static void wait_under_two_locks(void)
{
    struct lock_cond c;
    lock_cond_init(&c);
    lock_take(&pool);
    lock_take(&call);
    lock_cond_wait(&c, &call, clock_now_ns());
}

static void rising_ranks_are_fine(void)
{
    CU_ASSERT_FALSE(aborts(take_rising, ""));
}

static void rank_faults_abort_in_debug_builds(void)
{
    CU_ASSERT_EQUAL(aborts(take_falling, "lock \"pool\": taken out of rank"), ranks_checked);
    CU_ASSERT_EQUAL(aborts(take_falling, "this thread holds \"call\""), ranks_checked);
    CU_ASSERT_EQUAL(aborts(take_equal, "lock \"call\": taken out of rank"), ranks_checked);
    CU_ASSERT_EQUAL(aborts(take_falling_after_drop, "lock \"call\": taken out of rank"),
                    ranks_checked);
}

static void false_claims_abort_in_debug_builds(void)
{
    CU_ASSERT_EQUAL(aborts(assert_not_held, "lock \"call\": not held"), ranks_checked);
    CU_ASSERT_EQUAL(aborts(assert_none_while_held, "lock \"pool\": held where no lock may be"),
                    ranks_checked);
    CU_ASSERT_EQUAL(aborts(wait_under_two_locks, "waited on while another lock is held"),
                    ranks_checked);
}

enum { ADDERS = 4, ROUNDS = 5000 };

static int shared_count;

static void *add_rounds(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        lock_take(&call);
        shared_count++;
        lock_drop(&call);
    }
    return NULL;
}

static void a_lock_excludes(void)
{
    pthread_t threads[ADDERS];
    init_locks();
    shared_count = 0;
    for (int i = 0; i < ADDERS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, add_rounds, NULL), 0);
    for (int i = 0; i < ADDERS; i++)
        pthread_join(threads[i], NULL);
    CU_ASSERT_EQUAL(shared_count, ADDERS * ROUNDS);
    fini_locks();
}

struct taker {
    int err;        /* errno behind lock_take() */
    bool was_first; /* found nobody's mark */
};

static bool first_was_here; /* guarded by call */

static void *take_once(void *arg)
{
    struct taker *t = arg;
    errno = ENOANO;
    lock_take(&call);
    t->err = errno;
    t->was_first = !first_was_here;
    lock_drop(&call);
    return NULL;
}

/* Until some thread has found the lock taken and is about to sleep. */
static void await_wanted(void)
{
    while (atomic_load(&call.word) != LOCK_WANTED)
        sched_yield();
}

static void all_who_sleep_get_a_lock_and_keep_errno(void)
{
    pthread_t threads[ADDERS];
    struct taker takers[ADDERS] = {{0}};
    init_locks();
    first_was_here = false;
    lock_take(&call);
    for (int i = 0; i < ADDERS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, take_once, &takers[i]), 0);
    await_wanted();
    first_was_here = true;
    errno = ENOANO;
    lock_drop(&call);
    CU_ASSERT_EQUAL(errno, ENOANO);
    for (int i = 0; i < ADDERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < ADDERS; i++) {
        CU_ASSERT_EQUAL(takers[i].err, ENOANO);
        CU_ASSERT_FALSE(takers[i].was_first);
    }
    /* And it is as free as before. */
    lock_take(&call);
    lock_drop(&call);
    CU_ASSERT_EQUAL(atomic_load(&call.word), LOCK_FREE);
    fini_locks();
}

static void wait_ends_at_its_time_and_not_before(void)
{
    struct lock_cond c;
    init_locks();
    lock_cond_init(&c);
    int64_t at = clock_after_ms(clock_now_ns(), 20);
    lock_take(&call);
    while (clock_now_ns() < at)
        lock_cond_wait(&c, &call, at);
    lock_assert_held(&call);
    lock_drop(&call);
    CU_ASSERT(clock_now_ns() >= at);
    lock_cond_fini(&c);
    fini_locks();
}

struct relay {
    struct lock_cond changed;
    int turn; /* guarded by call */
};

static void *answer_turns(void *arg)
{
    struct relay *r = arg;
    lock_take(&call);
    for (int i = 0; i < 100; i++) {
        while (r->turn != 2 * i + 1)
            lock_cond_wait(&r->changed, &call, CLOCK_NEVER);
        r->turn++;
        i % 2 == 0 ? lock_cond_signal(&r->changed) : lock_cond_broadcast(&r->changed);
    }
    lock_drop(&call);
    return NULL;
}

static void signals_wake_waiters_both_ways(void)
{
    struct relay r = {.turn = 0};
    pthread_t other;
    init_locks();
    lock_cond_init(&r.changed);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&other, NULL, answer_turns, &r), 0);
    lock_take(&call);
    for (int i = 0; i < 100; i++) {
        r.turn++;
        lock_cond_signal(&r.changed);
        while (r.turn != 2 * i + 2)
            lock_cond_wait(&r.changed, &call, CLOCK_NEVER);
    }
    lock_drop(&call);
    pthread_join(other, NULL);
    CU_ASSERT_EQUAL(r.turn, 200);
    lock_cond_fini(&r.changed);
    fini_locks();
}

struct crowd {
    struct lock_cond changed;
    bool open;  /* guarded by call, as is */
    int inside; /* who wait, or have waited */
};

static void *wait_for_opening(void *arg)
{
    struct crowd *c = arg;
    lock_take(&call);
    c->inside++;
    while (!c->open)
        lock_cond_wait(&c->changed, &call, CLOCK_NEVER);
    lock_drop(&call);
    return NULL;
}

/* A thread that is counted has released the lock only to wait. */
static void await_crowd(struct crowd *c)
{
    for (int inside = 0; inside < ADDERS; sched_yield()) {
        lock_take(&call);
        inside = c->inside;
        lock_drop(&call);
    }
}

static void a_broadcast_wakes_all(void)
{
    pthread_t threads[ADDERS];
    struct crowd c = {.open = false};
    init_locks();
    lock_cond_init(&c.changed);
    for (int i = 0; i < ADDERS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, wait_for_opening, &c), 0);
    await_crowd(&c);
    lock_take(&call);
    c.open = true;
    lock_cond_broadcast(&c.changed);
    lock_drop(&call);
    for (int i = 0; i < ADDERS; i++)
        pthread_join(threads[i], NULL);
    CU_ASSERT_EQUAL(c.changed.sleepers, 0);
    lock_cond_fini(&c.changed);
    fini_locks();
}

CU_TestInfo lock_tests[] = {
    {"rising ranks are fine, in any order of release", rising_ranks_are_fine},
    {"a rank that does not rise aborts and names both (debug)", rank_faults_abort_in_debug_builds},
    {"a false claim about held locks aborts (debug)", false_claims_abort_in_debug_builds},
    {"a lock excludes", a_lock_excludes},
    {"all who sleep get a lock, and keep errno", all_who_sleep_get_a_lock_and_keep_errno},
    {"a wait ends at its time and not before", wait_ends_at_its_time_and_not_before},
    {"signals wake waiters, both ways", signals_wake_waiters_both_ways},
    {"a broadcast wakes all", a_broadcast_wakes_all},
    CU_TEST_INFO_NULL,
};
