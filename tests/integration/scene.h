/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A server that spoils its first connection at a moment that the test chooses: it
 * answers, and then waits for its cue to close, reset or say something that
 * nobody asked for. The other connections answer as long as they are asked.
 *
 * The cue may be given by a tap, between two system calls of one request.
 */
#ifndef TESTS_INTEGRATION_SCENE_H
#define TESTS_INTEGRATION_SCENE_H

#include <stdbool.h>

#include "integration/rig.h"
#include "integration/tap.h"

enum scene_end { SCENE_CLOSE, SCENE_RESET, SCENE_TALK };

struct scene {
    enum scene_end end;
    bool unanswered;  /* the first connection does not answer before its cue */
    bool heard;       /* its cue is the next request, which it has read */
    const char *talk; /* what SCENE_TALK says */
    struct gate *cue, *done;
    struct origin *origin;
};

/* What every request is answered with: right for HEAD too. */
#define SCENE_STATUS 204

/* Starts the server; end, unanswered and talk are set. */
void scene_begin(struct scene *scene);

/* Gives the cue and waits until it happened. */
void scene_cue(struct scene *scene);

/* A client whose workers are tapped. */
gofer_client *scene_client(const gofer_client_options *options);

/* The first call, which makes the connection that is to be spoiled. */
void scene_warm_up(const struct scene *scene, gofer_client *client);

#endif
