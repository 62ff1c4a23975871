/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See crew.h. The crew is a page of memory that its processes have in common. Pieces
 * of one layer follow each other in a plan; who ends a layer's last one prints its
 * line.
 */
#include "faults/crew.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/gate.h"

enum { LAYERS_MAX = 64, PAIRS = LAYERS_MAX };

/* What the pieces of a layer came to, or all pairs. */
struct tally {
    atomic_uint left;
    atomic_ulong runs;
    _Atomic int64_t began; /* 0: not yet */
};

struct crew {
    const struct plan *plan;
    atomic_uint taken;
    atomic_ulong runs, strikes, failures;
    struct tally of[LAYERS_MAX + 1];
};

static struct tally *tally_of(struct crew *crew, const struct piece *piece)
{
    return &crew->of[piece->layer != NULL ? piece->layer - layers : PAIRS];
}

static struct crew *make(const struct plan *plan)
{
    struct crew *crew =
        mmap(NULL, sizeof *crew, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (crew == MAP_FAILED || layers_len > LAYERS_MAX)
        abort();
    crew->plan = plan;
    for (unsigned i = 0; i < plan->len; i++)
        tally_of(crew, &plan->pieces[i])->left++;
    return crew;
}

/* --- a process of the crew --- */

static void play(struct crew *crew, const struct piece *piece, struct matrix *matrix)
{
    struct tally *tally = tally_of(crew, piece);
    struct matrix before = *matrix;
    int64_t unset = 0;

    atomic_compare_exchange_strong(&tally->began, &unset, now_ms());
    plan_play(piece, matrix);
    atomic_fetch_add(&crew->runs, matrix->runs - before.runs);
    atomic_fetch_add(&crew->strikes, matrix->strikes - before.strikes);
    atomic_fetch_add(&crew->failures, matrix->failures - before.failures);
    atomic_fetch_add(&tally->runs, matrix->runs - before.runs);
    if (atomic_fetch_sub(&tally->left, 1) == 1)
        printf("fault_tests: %-14s %6lu runs in %lld ms\n",
               piece->layer != NULL ? piece->layer->name : "pairs", tally->runs,
               (long long)(now_ms() - tally->began));
}

void crew_work(struct crew *crew, struct matrix *matrix)
{
    for (unsigned i = atomic_fetch_add(&crew->taken, 1); i < crew->plan->len;
         i = atomic_fetch_add(&crew->taken, 1))
        play(crew, &crew->plan->pieces[i], matrix);
}

/* --- the process that waits --- */

static bool await(unsigned processes)
{
    bool ended_well = true;
    int status;

    for (unsigned i = 0; i < processes; i++) {
        if (wait(&status) > 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
            ended_well = false;
    }
    return ended_well;
}

bool crew_start(const struct plan *plan, unsigned processes, struct crew **crew, bool *failed)
{
    struct crew *c = *crew = make(plan);

    for (unsigned i = 0; i < processes; i++) {
        pid_t pid = fork();
        if (pid < 0)
            abort();
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            return true;
        }
    }
    *failed = !await(processes) || c->failures > 0 || c->taken < plan->len;
    printf("fault_tests: %lu runs, %lu of them with a fault that struck, %lu went wrong\n", c->runs,
           c->strikes, c->failures);
    return false;
}
