/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The watch: see caller.h. One thread, once a millisecond.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "chaos/caller.h"
#include "support/gate.h"

enum { HANG_MS = 30000, LOOK_MS = 1000, RENAME_MS = 20, TICK_MS = 1 };

struct watch {
    pthread_t thread;
    struct storm *storm;
    struct caller *callers;
    struct dice dice;
    _Atomic bool over;
};

/* --- who hangs --- */

static bool tell_if_it_hangs(const struct watched *watched, int64_t now)
{
    int64_t due_ms = watched->due_ms;

    if (due_ms == 0 || now < due_ms + HANG_MS)
        return false;
    fprintf(stderr, "chaos: HANGS: call %" PRIu64 " (%s, %s), due %lld ms ago\n", watched->id,
            faults[watched->fault].name, way_names[watched->way], (long long)(now - due_ms));
    return true;
}

static void look_for_hangs(struct watch *watch)
{
    int64_t now = now_ms();
    bool hangs = false;

    for (unsigned i = 0; i < CALLERS * BATCH_MAX; i++)
        hangs |= tell_if_it_hangs(&watch->callers[i / BATCH_MAX].watched[i % BATCH_MAX], now);
    if (!far_runs(&watch->storm->far)) {
        fprintf(stderr, "chaos: the far side has ended\n");
        hangs = true;
    }
    if (hangs)
        abort();
}

/* --- services for callers --- */

static void serve_caller(struct caller *caller, int64_t now)
{
    int64_t fire_ms = caller->fire_ms;
    bool fires = fire_ms != 0 && now >= fire_ms;

    if (!caller->hungry && !fires)
        return;
    pthread_mutex_lock(&caller->lock);
    if (atomic_exchange(&caller->hungry, false) && caller->feeding != NULL)
        gofer_request_body_ready(caller->feeding);
    if (fires && caller->token != NULL)
        gofer_cancel_fire(caller->token);
    pthread_mutex_unlock(&caller->lock);
}

/* --- names that move --- */

static void rename_host(struct watch *watch)
{
    static const char *const lives[FAR_ADDRESSES] = {"127.0.0.1", "127.0.0.2", "127.0.0.3",
                                                     "127.0.0.4"};
    const char *live = lives[dice_roll(&watch->dice, FAR_ADDRESSES)];
    bool first_is_dead = dice_once_in(&watch->dice, 4);
    const char *addresses[3] = {first_is_dead ? "127.0.0.99" : live, first_is_dead ? live : NULL};
    char name[32];

    snprintf(name, sizeof name, "h%u.good.test", dice_roll(&watch->dice, STORM_HOSTS));
    dns_server_move(watch->storm->dns, name, addresses, 1);
}

static void *watch_main(void *arg)
{
    struct watch *watch = arg;
    int64_t look_ms = 0, rename_ms = 0;

    while (!watch->over) {
        int64_t now = now_ms();
        for (unsigned i = 0; i < CALLERS; i++)
            serve_caller(&watch->callers[i], now);
        if (now >= rename_ms) {
            rename_host(watch);
            rename_ms = now + RENAME_MS;
        }
        if (now >= look_ms) {
            look_for_hangs(watch);
            look_ms = now + LOOK_MS;
        }
        pass_ms(TICK_MS);
    }
    return NULL;
}

struct watch *watch_begin(struct storm *storm, struct caller *callers)
{
    struct watch *watch = calloc(1, sizeof *watch);

    if (watch == NULL)
        abort();
    watch->storm = storm;
    watch->callers = callers;
    watch->dice = dice_of(storm->seed, CALLERS + 1);
    if (pthread_create(&watch->thread, NULL, watch_main, watch) != 0)
        abort();
    return watch;
}

void watch_end(struct watch *watch)
{
    watch->over = true;
    pthread_join(watch->thread, NULL);
    free(watch);
}
