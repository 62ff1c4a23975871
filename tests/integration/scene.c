/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See scene.h.
 */
#include "integration/scene.h"

#include "integration/expect.h"

static void spoil(struct peer *peer, const struct scene *scene)
{
    if (scene->heard ? !peer_read_request(peer) : !gate_wait(scene->cue, 1))
        return;
    if (scene->end == SCENE_RESET)
        peer_reset(peer);
    if (scene->end == SCENE_CLOSE)
        peer_close(peer);
    if (scene->end == SCENE_TALK)
        peer_say(peer, scene->talk);
    gate_pass(scene->done);
    if (scene->end == SCENE_TALK)
        peer_sees_end(peer);
}

static void play(struct peer *peer, void *arg)
{
    const struct scene *scene = arg;

    if (peer_number(peer) == 1) {
        if (scene->unanswered || (peer_read_request(peer) && peer_say(peer, REPLY_EMPTY)))
            spoil(peer, scene);
        return;
    }
    while (peer_read_request(peer))
        peer_say(peer, REPLY_EMPTY);
}

void scene_begin(struct scene *scene)
{
    scene->cue = rig_gate();
    scene->done = rig_gate();
    scene->origin = rig_origin(play, scene);
}

void scene_cue(struct scene *scene)
{
    gate_pass(scene->cue);
    gate_wait(scene->done, 1);
}

gofer_client *scene_client(const gofer_client_options *options)
{
    gofer_client_options copy = {0};

    if (options != NULL)
        copy = *options;
    copy.worker_start = tap_thread;
    return rig_client(&copy);
}

void scene_warm_up(const struct scene *scene, gofer_client *client)
{
    struct outcome got = rig_get(client, scene->origin, "/first");

    rig_expect_answer(&got, SCENE_STATUS, "");
}
