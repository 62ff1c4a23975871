/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * engine/timer: the heap on a clock that the test sets, against a model that
 * looks at every entry; and the thread: whom it is woken by, and that a task may
 * end while its timer fires.
 *
 * How often the thread woke is read from the kernel, which counts its voluntary
 * context switches: the library needs no hook for it.
 */
#include "engine/timer.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"
#include "engine/task.h"
#include "support/gate.h"
#include "support/leaks.h"
#include "unit/engine/seed.h"

extern CU_TestInfo timer_tests[];

enum { ENTRIES_MAX = 64, FIRED_MAX = 256 };

/* The entries of a test, and the order in which they fired. */
static struct timer entries[ENTRIES_MAX];
static int fired[FIRED_MAX];
static int fired_len;

static void note_fired(void *arg)
{
    struct timer *t = arg;
    if (fired_len < FIRED_MAX)
        fired[fired_len] = (int)(t - entries);
    fired_len++;
}

static struct timers *new_heap(void)
{
    struct timers *timers = timers_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(timers);
    fired_len = 0;
    for (int i = 0; i < ENTRIES_MAX; i++)
        entries[i] = (struct timer){.fire = note_fired, .arg = &entries[i]};
    return timers;
}

/* Whether exactly the entries of the string, "a" for 0, fired since the last look, in its order. */
static bool fired_were(const char *letters)
{
    bool same = fired_len == (int)strlen(letters);
    for (int i = 0; same && i < fired_len; i++)
        same = fired[i] == letters[i] - 'a';
    fired_len = 0;
    return same;
}

static void fires_what_is_due_in_order_of_time(void)
{
    static const int64_t at[] = {50, 20, 70, 10, 60, 30, 40};
    struct timers *timers = new_heap();
    CU_ASSERT_EQUAL(timers_fire(timers, 1000), CLOCK_NEVER);
    for (int i = 0; i < 7; i++)
        timer_arm(timers, &entries[i], at[i]);
    CU_ASSERT_EQUAL(timers_fire(timers, 9), 10);
    CU_ASSERT(fired_were(""));
    CU_ASSERT_EQUAL(timers_fire(timers, 40), 50);
    CU_ASSERT(fired_were("dbfg"));
    CU_ASSERT_FALSE(entries[3].armed);
    CU_ASSERT(entries[0].armed);
    CU_ASSERT_EQUAL(timers_fire(timers, 70), CLOCK_NEVER);
    CU_ASSERT(fired_were("aec"));
    timers_free(timers);
}

static void entries_of_one_time_fire_once_each(void)
{
    struct timers *timers = new_heap();
    unsigned seen = 0;
    for (int i = 0; i < 20; i++)
        timer_arm(timers, &entries[i], i < 19 ? 5 : 6);
    CU_ASSERT_EQUAL(timers_fire(timers, 5), 6);
    CU_ASSERT_EQUAL(fired_len, 19);
    for (int i = 0; i < fired_len; i++)
        seen |= 1u << fired[i];
    CU_ASSERT_EQUAL(seen, (1u << 19) - 1);
    timers_free(timers);
}

static void arming_again_moves_both_ways(void)
{
    struct timers *timers = new_heap();
    for (int i = 0; i < 4; i++)
        timer_arm(timers, &entries[i], 10 * (i + 1));
    timer_arm(timers, &entries[0], 35); /* the root, later */
    timer_arm(timers, &entries[3], 5);  /* the last, earlier */
    timer_arm(timers, &entries[1], 20); /* where it is */
    CU_ASSERT_EQUAL(timers_fire(timers, 5), 20);
    CU_ASSERT(fired_were("d"));
    timers_fire(timers, 100);
    CU_ASSERT(fired_were("bca"));
    timers_free(timers);
}

static void arm_earlier_never_moves_later(void)
{
    struct timers *timers = new_heap();
    timer_arm_earlier(timers, &entries[0], 50);
    CU_ASSERT_EQUAL(timers_fire(timers, 0), 50);
    timer_arm_earlier(timers, &entries[0], 60);
    CU_ASSERT_EQUAL(timers_fire(timers, 0), 50);
    timer_arm_earlier(timers, &entries[0], CLOCK_NEVER);
    CU_ASSERT_EQUAL(timers_fire(timers, 0), 50);
    timer_arm_earlier(timers, &entries[0], 40);
    CU_ASSERT_EQUAL(timers_fire(timers, 0), 40);
    CU_ASSERT(fired_were(""));
    timers_free(timers);
}

static void arming_for_never_disarms(void)
{
    struct timers *timers = new_heap();
    timer_arm(timers, &entries[0], CLOCK_NEVER);
    CU_ASSERT_FALSE(entries[0].armed);
    timer_arm(timers, &entries[1], 10);
    timer_arm(timers, &entries[1], CLOCK_NEVER);
    CU_ASSERT_FALSE(entries[1].armed);
    CU_ASSERT_EQUAL(timers_fire(timers, INT64_MAX - 1), CLOCK_NEVER);
    CU_ASSERT(fired_were(""));
    timers_free(timers);
}

/* Each entry of a heap with some depth: `popped` entries fire first, so that roots were melded. */
static void disarm_each(int popped)
{
    for (int gone = popped; gone < 16; gone++) {
        struct timers *timers = new_heap();
        char rest[17];
        size_t len = 0;
        for (int i = 15; i >= 0; i--)
            timer_arm(timers, &entries[i], 10 * (i + 1));
        timers_fire(timers, 10 * popped);
        fired_len = 0;
        timer_disarm(timers, &entries[gone]);
        timer_disarm(timers, &entries[gone]);
        CU_ASSERT_FALSE(entries[gone].armed);
        for (int i = popped; i < 16; i++)
            if (i != gone)
                rest[len++] = (char)('a' + i);
        rest[len] = '\0';
        timers_fire(timers, 1000);
        CU_ASSERT(fired_were(rest));
        timers_free(timers);
    }
}

static void root_inner_and_leaf_can_be_disarmed(void)
{
    disarm_each(0);
    disarm_each(1);
    disarm_each(5);
}

static struct timers *rearm_heap;

static void arm_again(void *arg)
{
    struct timer *t = arg;
    fired_len++;
    if (fired_len < 5)
        timer_arm(rearm_heap, t, t->at + 10);
}

static void a_fire_function_may_arm_its_entry_again(void)
{
    rearm_heap = new_heap();
    entries[0].fire = arm_again;
    timer_arm(rearm_heap, &entries[0], 10);
    CU_ASSERT_EQUAL(timers_fire(rearm_heap, 25), 30);
    CU_ASSERT_EQUAL(fired_len, 2);
    CU_ASSERT_EQUAL(timers_fire(rearm_heap, 1000), CLOCK_NEVER);
    CU_ASSERT_EQUAL(fired_len, 5);
    timers_free(rearm_heap);
}

/* --- against the model --- */

static int64_t model[ENTRIES_MAX]; /* the time of each entry, or CLOCK_NEVER */

static int64_t model_next(void)
{
    int64_t next = CLOCK_NEVER;
    for (int i = 0; i < ENTRIES_MAX; i++)
        next = clock_min(next, model[i]);
    return next;
}

/* What fired must have been due, the earliest first, and all that was due. */
static bool check_fired(int64_t now)
{
    int64_t last = 0;
    for (int i = 0; i < fired_len; i++) {
        int64_t at = model[fired[i]];
        if (at > now || at < last)
            return false;
        last = at;
        model[fired[i]] = CLOCK_NEVER;
    }
    fired_len = 0;
    return model_next() > now;
}

static bool random_operation(struct timers *timers, struct seed *seed, int64_t *now)
{
    size_t i = seed_below(seed, ENTRIES_MAX);
    int64_t at = *now + (int64_t)seed_below(seed, 40) - 2;
    switch (seed_below(seed, 8)) {
    case 0:
    case 1:
    case 2:
        timer_arm(timers, &entries[i], at);
        model[i] = at;
        return true;
    case 3:
        timer_arm_earlier(timers, &entries[i], at);
        model[i] = clock_min(model[i], at);
        return true;
    case 4:
    case 5:
        timer_disarm(timers, &entries[i]);
        model[i] = CLOCK_NEVER;
        return true;
    case 6:
        timer_arm(timers, &entries[i], CLOCK_NEVER);
        model[i] = CLOCK_NEVER;
        return true;
    default:
        *now += (int64_t)seed_below(seed, 8);
        int64_t next = timers_fire(timers, *now);
        return check_fired(*now) && next == model_next();
    }
}

static void ten_thousand_random_operations_agree_with_a_model(void)
{
    struct seed seed = seed_new();
    struct timers *timers = new_heap();
    int64_t now = 1000;
    int agreed = 0;
    for (int i = 0; i < ENTRIES_MAX; i++)
        model[i] = CLOCK_NEVER;
    while (agreed < 10000 && random_operation(timers, &seed, &now))
        agreed++;
    CU_ASSERT_EQUAL(agreed, 10000);
    for (int i = 0; i < ENTRIES_MAX; i++)
        CU_ASSERT_EQUAL(entries[i].armed, model[i] != CLOCK_NEVER);
    timers_free(timers);
}

/* --- the thread --- */

static long switches_of(const char *tid)
{
    char path[300], line[128];
    long n = -1;
    bool is_timer = false;
    snprintf(path, sizeof path, "/proc/self/task/%s/status", tid);
    FILE *status = fopen(path, "r");
    if (status == NULL)
        return -1;
    while (fgets(line, sizeof line, status) != NULL) {
        is_timer = is_timer || strcmp(line, "Name:\tgofer-timer\n") == 0;
        sscanf(line, "voluntary_ctxt_switches: %ld", &n);
    }
    fclose(status);
    return is_timer ? n : -1;
}

/* How often the timer thread went to sleep so far; -1: there is none yet. */
static long sleeps_of_thread(void)
{
    long n = -1;
    const struct dirent *entry;
    DIR *dir = opendir("/proc/self/task");
    while (dir != NULL && n < 0 && (entry = readdir(dir)) != NULL)
        n = switches_of(entry->d_name);
    closedir(dir);
    return n;
}

/* The count does not move for a while: the thread sleeps. */
static bool is_asleep(void *arg)
{
    long *count = arg;
    long before = *count;
    *count = sleeps_of_thread();
    return before > 0 && before == *count;
}

static long settle(void)
{
    long count = -1;
    CU_ASSERT(eventually(is_asleep, &count));
    return count;
}

static void pass_gate(void *arg)
{
    gate_pass(arg);
}

static int64_t in_ms(int64_t ms)
{
    return clock_after_ms(clock_now_ns(), ms);
}

static void arming_earlier_wakes_the_thread(void)
{
    struct gate gate = GATE_INIT;
    struct timer late = {.fire = pass_gate, .arg = &gate};
    struct timer soon = {.fire = pass_gate, .arg = &gate};
    struct timers *timers = new_heap();
    timer_arm(timers, &late, in_ms(600000));
    CU_ASSERT_EQUAL_FATAL(timers_start(timers), 0);
    settle();
    timer_arm(timers, &soon, in_ms(1));
    CU_ASSERT(gate_wait(&gate, 1));
    settle();
    timer_arm_earlier(timers, &late, in_ms(1));
    CU_ASSERT(gate_wait(&gate, 2));
    timers_stop(timers);
    timers_free(timers);
}

static void arming_later_and_disarming_do_not_wake_the_thread(void)
{
    struct gate gate = GATE_INIT;
    struct timer soon = {.fire = pass_gate, .arg = &gate};
    struct timers *timers = new_heap();
    timer_arm(timers, &soon, in_ms(600000));
    CU_ASSERT_EQUAL_FATAL(timers_start(timers), 0);
    long before = settle();
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < ENTRIES_MAX; i++)
            timer_arm(timers, &entries[i], in_ms(700000 + i));
        for (int i = 0; i < ENTRIES_MAX; i++)
            timer_disarm(timers, &entries[i]);
        if (round % 20 == 0)
            pass_ms(1); /* were the thread woken, it would have run by now */
    }
    CU_ASSERT_EQUAL(sleeps_of_thread(), before);
    timer_arm(timers, &soon, in_ms(0)); /* earlier: that the seam can tell */
    CU_ASSERT(gate_wait(&gate, 1));
    CU_ASSERT(settle() > before);
    timers_stop(timers);
    timers_free(timers);
}

static void a_stopped_thread_leaves_nothing_and_fires_no_more(void)
{
    struct leaks before;
    struct gate gate = GATE_INIT;
    struct timer t = {.fire = pass_gate, .arg = &gate};
    leaks_count(&before);
    struct timers *timers = new_heap();
    timers_stop(timers); /* never started */
    CU_ASSERT_EQUAL_FATAL(timers_start(timers), 0);
    timers_stop(timers);
    timer_arm(timers, &t, 0);
    CU_ASSERT(leaks_none(&before));
    CU_ASSERT_EQUAL(gate_passes(&gate), 0);
    timers_free(timers);
}

/* --- a task that ends while its timer fires --- */

static struct timers *task_heap;
static int tasks_freed;

static void end_in_wake(struct task *task, struct wakes *wakes)
{
    (void)wakes;
    timer_disarm(task_heap, &task->timer);
    task_end_driven(task);
    CU_ASSERT_EQUAL(tasks_freed, 0); /* the firing thread still holds it */
}

static void count_freed(struct task *task)
{
    (void)task;
    tasks_freed++;
}

static void a_task_may_end_while_its_timer_fires(void)
{
    static const struct task_ops ops = {
        .name = "test", .wake_driver = end_in_wake, .free = count_freed};
    struct task task;
    task_heap = new_heap();
    tasks_freed = 0;
    task_init(&task, NULL, &ops);
    task_begin_driven(&task);
    timer_arm(task_heap, &task.timer, 10);
    CU_ASSERT_EQUAL(timers_fire(task_heap, 10), CLOCK_NEVER);
    CU_ASSERT_EQUAL(tasks_freed, 1);
    timers_free(task_heap);
}

CU_TestInfo timer_tests[] = {
    {"fires what is due in order of time", fires_what_is_due_in_order_of_time},
    {"entries of one time fire once each", entries_of_one_time_fire_once_each},
    {"arming again moves an entry both ways", arming_again_moves_both_ways},
    {"arm_earlier never moves an entry later", arm_earlier_never_moves_later},
    {"arming for never disarms", arming_for_never_disarms},
    {"root, inner and leaf entries can be disarmed", root_inner_and_leaf_can_be_disarmed},
    {"a fire function may arm its entry again", a_fire_function_may_arm_its_entry_again},
    {"10,000 random operations agree with a model",
     ten_thousand_random_operations_agree_with_a_model},
    {"7.8 arming earlier wakes the thread", arming_earlier_wakes_the_thread},
    {"7.8 arming later and disarming do not wake the thread",
     arming_later_and_disarming_do_not_wake_the_thread},
    {"a stopped thread leaves nothing and fires no more",
     a_stopped_thread_leaves_nothing_and_fires_no_more},
    {"7.7 a task may end while its timer fires", a_task_may_end_while_its_timer_fires},
    CU_TEST_INFO_NULL,
};
