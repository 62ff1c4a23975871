/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What several files of scenes need.
 */
#ifndef TESTS_FAULTS_PLAY_H
#define TESTS_FAULTS_PLAY_H

#include "faults/stage.h"

/* A scene: a line of scenes.def. */
#define PLAY(name)                                                                                 \
    void scene_##name(struct stage *stage);                                                        \
    void scene_##name(struct stage *stage)

/* gofer_do() with the scene's client, whose response is `body` (NULL: any). A setter that failed
 * before makes the call fail. */
void play_do(struct stage *stage, const gofer_request *request, const char *body);

/* gofer_do() of a streaming request; the response is the caller's, NULL where there is none. */
gofer_response *play_stream(struct stage *stage, gofer_request *request);

#endif
