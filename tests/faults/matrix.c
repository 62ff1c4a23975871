/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See matrix.h.
 */
#include "faults/matrix.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults/memory.h"
#include "support/leaks.h"

/* How long a run may take; how many n without a strike end a sweep: a run may make fewer calls than
 * another by chance. */
enum { GUARD_SECONDS = 300, MISSES = 3, COMMAND_BYTES = 256 };

static char command[COMMAND_BYTES]; /* of the run that goes on */

static void describe(const struct run *run)
{
    int len =
        snprintf(command, sizeof command, "%s%s", run->scene->name, run->way == TLS ? "/tls" : "");

    for (unsigned i = 0; i < run->len; i++)
        len += snprintf(command + len, sizeof command - (size_t)len, " %s:%ld",
                        run->faults[i].layer->name, run->faults[i].n);
}

/* --- hangs --- */

static void print_stacks(void)
{
    char pid[24];
    pid_t child;

    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    child = fork();
    if (child == 0) {
        execlp("gdb", "gdb", "-p", pid, "-batch", "-ex", "thread apply all bt", (char *)NULL);
        _exit(1);
    }
    waitpid(child, NULL, 0);
}

static void on_alarm(int signal)
{
    (void)signal;
    dprintf(STDERR_FILENO, "fault_tests: HANGS; again: fault_tests %s\n", command);
    print_stacks();
    abort();
}

/* --- one run --- */

static void look_after(struct stage *stage)
{
    gofer_response *response = NULL;
    gofer_status status;

    stage->named = 0;
    if (stage->client == NULL && stage_client(stage, NULL) == NULL)
        return;
    status = gofer_get(stage->client, stage_url(stage, "/hello"), &response);
    stage_answer(stage, status, response, "hello");
}

bool matrix_play(struct matrix *matrix, const struct run *run, bool *struck)
{
    struct stage stage = {
        .servers = matrix->servers, .way = run->way, .directory = matrix->directory};
    struct leaks before;
    long ares = memory_ares_live();

    describe(run);
    leaks_count(&before);
    signal(SIGALRM, on_alarm);
    alarm(GUARD_SECONDS);
    fault_arm(run->faults, run->len);
    run->scene->play(&stage);
    *struck = fault_disarm();
    look_after(&stage);
    stage_end_client(&stage);
    MUST(&stage, leaks_none(&before));
    MUST(&stage, memory_ares_live() == ares);
    alarm(0);
    matrix->runs++;
    matrix->strikes += *struck;
    if (stage.failures == 0)
        return true;
    matrix->failures++;
    fprintf(stderr, "fault_tests: FAILED; again: fault_tests %s\n", command);
    return false;
}

/* --- many --- */

/* Every step-th n, until none strikes any more. */
static void sweep(struct matrix *matrix, struct run *run, long step)
{
    bool struck = false;

    run->faults[0].n = 1;
    for (int misses = 0; misses < MISSES; misses = struck ? 0 : misses + 1) {
        matrix_play(matrix, run, &struck);
        run->faults[0].n += step;
    }
}

void matrix_sweep(struct matrix *matrix, const struct scene *scene, enum way way,
                  const struct layer *layer, long most)
{
    struct run run = {.scene = scene, .way = way, .faults = {{layer, 0}}, .len = 1};
    bool struck;

    if (layer_is_storm(layer)) {
        run.faults[0].n = layer->effect == EFFECT_DRIP ? 1 : 2;
        matrix_play(matrix, &run, &struck);
    } else if (matrix_play(matrix, &run, &struck) && fault_calls(0) > 0) {
        sweep(matrix, &run, most > 0 ? fault_calls(0) / most + 1 : 1);
    }
}

static unsigned long draw(unsigned long *state, unsigned long below)
{
    *state = *state * 6364136223846793005UL + 1442695040888963407UL;
    return (*state >> 33) % below;
}

/* How many calls of its layers a run makes when nothing fails; -1 where even that goes wrong. */
static long count_calls(struct matrix *matrix, struct run run, long calls[FAULTS_MAX])
{
    bool struck;

    for (unsigned i = 0; i < run.len; i++)
        run.faults[i].n = 0;
    if (!matrix_play(matrix, &run, &struck))
        return -1;
    for (unsigned i = 0; i < run.len; i++)
        calls[i] = fault_calls(i);
    return 0;
}

static void draw_run(struct run *run, unsigned long *state)
{
    run->len = FAULTS_MAX;
    run->scene = &scenes[draw(state, scenes_len)];
    run->way = draw(state, 2) == 0 ? PLAIN : TLS;
    if ((run->scene->ways & run->way) == 0)
        run->way = run->scene->ways;
    for (unsigned i = 0; i < run->len; i++) {
        do
            run->faults[i].layer = &layers[draw(state, layers_len)];
        while (layer_is_storm(run->faults[i].layer));
    }
}

void matrix_pairs(struct matrix *matrix, unsigned count, unsigned long seed)
{
    unsigned long state = seed;
    long calls[FAULTS_MAX];
    struct run run;
    bool struck;

    draw_run(&run, &state);
    if (count_calls(matrix, run, calls) < 0)
        return;
    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; k < run.len; k++)
            run.faults[k].n = 1 + (long)draw(&state, (unsigned long)calls[k] + 1);
        matrix_play(matrix, &run, &struck);
    }
}
