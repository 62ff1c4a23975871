/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The table of scenes, as scenes.def has it.
 */
#include "faults/stage.h"

#define FIXED(name, ways) void scene_##name(struct stage *stage);
#define SCENE(name, ways) FIXED(name, ways)
#include "faults/scenes.def"
#undef SCENE
#undef FIXED

#define FIXED(name, ways) {#name, ways, true, scene_##name},
#define SCENE(name, ways) {#name, ways, false, scene_##name},
const struct scene scenes[] = {
#include "faults/scenes.def"
};
#undef SCENE
#undef FIXED

const unsigned scenes_len = sizeof scenes / sizeof *scenes;
