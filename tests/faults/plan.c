/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See plan.h.
 */
#include "faults/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct plan *plan, struct piece piece)
{
    if (plan->len == PLAN_PIECES_MAX) {
        fprintf(stderr, "fault_tests: more than %d pieces\n", PLAN_PIECES_MAX);
        exit(1);
    }
    plan->pieces[plan->len++] = piece;
}

/* OpenSSL allocates a thousand times where gofer does ten times: CI fails some of them. */
static long most_of(const struct layer *layer, enum amount amount)
{
    enum { SOME = 40 };

    return strcmp(layer->name, "openssl-memory") == 0 && amount != AMOUNT_ALL ? SOME : 0;
}

static void add_scene(struct plan *plan, const struct scene *scene, const struct layer *layer,
                      enum amount amount)
{
    for (unsigned way = PLAIN; way <= TLS; way++) {
        if (scene->ways & way)
            add(plan, (struct piece){.layer = layer,
                                     .scene = scene,
                                     .way = (enum way)way,
                                     .most = most_of(layer, amount)});
    }
}

static bool is_wanted(const struct scene *scene, const struct layer *layer, enum amount amount)
{
    switch (amount) {
    case AMOUNT_QUICK:
        return scene->is_fixed && layer_is_quick(layer);
    case AMOUNT_CI:
        return scene->is_fixed || layer_is_quick(layer);
    case AMOUNT_ALL:
        break;
    }
    return true;
}

void plan_sweeps(struct plan *plan, enum amount amount, const struct layer *only)
{
    for (unsigned l = 0; l < layers_len; l++) {
        if (only != NULL && only != &layers[l])
            continue;
        for (unsigned i = 0; i < scenes_len; i++) {
            if (is_wanted(&scenes[i], &layers[l], amount))
                add_scene(plan, &scenes[i], &layers[l], amount);
        }
    }
}

void plan_pairs(struct plan *plan, unsigned long count, unsigned long seed)
{
    for (unsigned long i = 0; i < count; i += PLAN_PAIRS)
        add(plan, (struct piece){.seed = seed * 1000003 + i});
}

void plan_play(const struct piece *piece, struct matrix *matrix)
{
    if (piece->layer != NULL)
        matrix_sweep(matrix, piece->scene, piece->way, piece->layer, piece->most);
    else
        matrix_pairs(matrix, PLAN_PAIRS, piece->seed);
}
