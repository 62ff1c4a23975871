/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * engine/wakes: what is collected under a lock and made later reaches every
 * sleeper, however many there are, and touches nobody's memory.
 */
#include "engine/wakes.h"

#include <CUnit/CUnit.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lock.h"
#include "engine/waiter.h"
#include "support/gate.h"

extern CU_TestInfo wakes_tests[];

enum { SLEEPERS = 2 * WAKES_MAX + 1, LONG_MS = 60000 };

struct sleeper {
    struct waiter waiter;
    pthread_t thread;
    bool woken;
};

static void *sleep_until_woken(void *arg)
{
    struct sleeper *s = arg;
    s->woken = waiter_wait(&s->waiter, clock_after_ms(clock_now_ns(), LONG_MS));
    return NULL;
}

static void fall_asleep(struct sleeper *s)
{
    s->woken = false;
    waiter_init(&s->waiter, NULL);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&s->thread, NULL, sleep_until_woken, s), 0);
}

static bool is_asleep(void *arg)
{
    struct sleeper *s = arg;
    lock_take(&s->waiter.lock);
    bool asleep = s->waiter.cond.sleepers > 0;
    lock_drop(&s->waiter.lock);
    return asleep;
}

static void join(struct sleeper *s)
{
    pthread_join(s->thread, NULL);
    CU_ASSERT_TRUE(s->woken);
    waiter_fini(&s->waiter);
}

static void nobody_asleep_is_no_wake(void)
{
    struct sleeper s;
    struct wakes wakes;
    WAKES_INIT(&wakes);
    waiter_init(&s.waiter, NULL);
    waiter_wake_later(&s.waiter, &wakes);
    CU_ASSERT_EQUAL(wakes.len, 0);
    CU_ASSERT_PTR_NULL(wakes.poke);
    CU_ASSERT_TRUE(waiter_wait(&s.waiter, 0));
    waiter_fini(&s.waiter);
}

static void all_are_woken(void)
{
    static struct sleeper sleepers[SLEEPERS];
    struct wakes wakes;
    WAKES_INIT(&wakes);
    for (int i = 0; i < SLEEPERS; i++)
        fall_asleep(&sleepers[i]);
    for (int i = 0; i < SLEEPERS; i++) {
        CU_ASSERT_TRUE(eventually(is_asleep, &sleepers[i]));
        waiter_wake_later(&sleepers[i].waiter, &wakes);
    }
    CU_ASSERT_EQUAL(wakes.len, WAKES_MAX);
    wakes_deliver(&wakes);
    CU_ASSERT_EQUAL(wakes.len, 0);
    for (int i = 0; i < SLEEPERS; i++)
        join(&sleepers[i]);
}

/* A thread that begins to wait between the change and the wake does not sleep. */
static void who_comes_in_between_does_not_sleep(void)
{
    struct sleeper s;
    struct wakes wakes;
    WAKES_INIT(&wakes);
    waiter_init(&s.waiter, NULL);
    waiter_wake_later(&s.waiter, &wakes);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&s.thread, NULL, sleep_until_woken, &s), 0);
    join(&s);
    wakes_deliver(&wakes);
}

static void a_sleeper_may_be_gone(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    _Atomic uint32_t *word =
        mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct wakes wakes;
    WAKES_INIT(&wakes);
    CU_ASSERT_PTR_NOT_EQUAL_FATAL(word, MAP_FAILED);
    wakes_add(&wakes, word);
    munmap((void *)word, page);
    wakes_deliver(&wakes);
    CU_ASSERT_EQUAL(wakes.len, 0);
}

CU_TestInfo wakes_tests[] = {
    {"nobody asleep is no wake", nobody_asleep_is_no_wake},
    {"all are woken, however many", all_are_woken},
    {"who comes in between does not sleep", who_comes_in_between_does_not_sleep},
    {"a sleeper may be gone", a_sleeper_may_be_gone},
    CU_TEST_INFO_NULL,
};
