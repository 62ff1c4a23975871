/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An engine of a test's, and its end.
 */
#ifndef TESTS_UNIT_ENGINE_ENGINE_RIG_H
#define TESTS_UNIT_ENGINE_ENGINE_RIG_H

#include <CUnit/CUnit.h>

#include "engine/engine.h"

/* It runs where it has workers. */
static inline struct engine *engine_rig_new(int workers)
{
    int err = -1;
    struct engine_options options = {.workers = workers};
    struct engine *engine = engine_new(&options, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
    CU_ASSERT_EQUAL(err, 0);
    if (workers > 0)
        CU_ASSERT_EQUAL_FATAL(engine_start(engine), 0);
    return engine;
}

/* Runs what is due. */
static inline void engine_rig_serve(struct engine *engine)
{
    while (engine_serve_once(engine, 0))
        continue;
}

static inline void engine_rig_free(struct engine *engine)
{
    engine_stop(engine);
    engine_free(engine);
}

#endif
