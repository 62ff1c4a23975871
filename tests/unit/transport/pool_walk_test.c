/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * transport/pool once more: random walks over all that callers, dials, peers and
 * the timer thread can do to a pool with tiny limits, checked after every
 * operation against a model (pool_walk.h). Nobody waits for nothing, no limit is
 * exceeded, no connection has two owners, and nothing is left.
 *
 * GOFER_WALK_OPS says how many operations, GOFER_SEED which.
 */
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "support/leaks.h"
#include "support/sanitizer.h"
#include "unit/transport/pool_walk.h"

extern CU_TestInfo pool_walk_tests[];

enum { OPERATIONS = SANITIZED_THREADS || SANITIZED_ADDRESSES ? 100000 : 500000 };

/* One pool serves so long; then the next one comes, with other options. */
enum { WORLD_MAX = 4000 };

static uint64_t operations_wanted(void)
{
    const char *given = getenv("GOFER_WALK_OPS");
    return given != NULL ? strtoull(given, NULL, 10) : OPERATIONS;
}

static int64_t draw(struct seed *seed, const int64_t *values, size_t n)
{
    return values[seed_below(seed, n)];
}

#define DRAW(seed, ...)                                                                            \
    draw((seed), (const int64_t[]){__VA_ARGS__}, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static struct pool_options draw_options(struct seed *seed)
{
    return (struct pool_options){
        .max_per_host = DRAW(seed, 1, 1, 2, 2, 3, 4, -1),
        .max_idle = DRAW(seed, 0, 1, 2, 3, -1, -1),
        .max_idle_per_host = DRAW(seed, 1, 1, 2, 2, -1),
        .idle_timeout_ms = DRAW(seed, 20, 300, 3000, -1),
        .max_age_ms = DRAW(seed, 100, 2000, -1, -1),
        .connect_timeout_ms = -1,
        .race = {.socket = {.keepalive_ms = -1}},
        .disable_keep_alives = seed_once_in(seed, 10),
        .skip_check = seed_once_in(seed, 4),
    };
}

static void check_nothing_left(struct walk *walk)
{
    struct pool_stats stats;
    pool_read_stats(walk->pool, &stats);
    walk_expect(walk, stats.in_use == 0 && stats.dialing == 0 && stats.waiting == 0);
    walk_expect(walk, !walk->closed || stats.idle == 0);
}

/* One pool, from its first operation to its last; false where something was wrong. */
static bool live(struct walk *walk)
{
    uint64_t end = walk->operations + 1 + seed_below(walk->seed, WORLD_MAX);
    walk->callers = (size_t)DRAW(walk->seed, 2, 6, 16, 64, 64);
    walk_begin(walk);
    while (walk->operations < end && !walk->wrong)
        walk_move(walk);
    if (!seed_once_in(walk->seed, 3)) {
        walk_calm(walk);
        check_nothing_left(walk);
    }
    if (!walk->wrong)
        walk_shut(walk);
    check_nothing_left(walk);
    /* What is wrong already may be wrong enough to crash here. */
    if (!walk->wrong)
        walk_end(walk);
    return !walk->wrong;
}

static void random_walks_follow_the_rules(void)
{
    static struct walk walk;
    struct seed seed = seed_new();
    uint64_t seed_number = seed.state / 2, done = 0, worlds = 0;
    uint64_t wanted = operations_wanted();
    struct leaks before;
    leaks_count(&before);
    while (done < wanted && !walk.wrong) {
        walk = (struct walk){.seed = &seed,
                             .seed_number = seed_number,
                             .operations = done,
                             .options = draw_options(&seed)};
        live(&walk);
        done = walk.operations;
        worlds++;
    }
    printf("%llu operations, %llu pools ", (unsigned long long)done, (unsigned long long)worlds);
    CU_ASSERT_FALSE(walk.wrong);
    CU_ASSERT(walk.wrong || leaks_none(&before));
    walk.wrong = false;
}

CU_TestInfo pool_walk_tests[] = {
    {"RU-11, RU-12, RU-13: random walks of callers, dials and time follow the rules",
     random_walks_follow_the_rules},
    CU_TEST_INFO_NULL,
};
