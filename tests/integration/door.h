/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A server that the test's own thread plays, with a door that it opens and
 * shuts: behind a shut door a connection attempt hangs, as long as the test
 * likes, and succeeds after it was opened again (the kernel tries again once a
 * second). So the end of a dial is where the test puts it.
 *
 * All waits are bounded by PATIENCE_MS. One thread.
 */
#ifndef TESTS_INTEGRATION_DOOR_H
#define TESTS_INTEGRATION_DOOR_H

#include <gofer/gofer.h>
#include <stdbool.h>
#include <stdint.h>

#include "integration/rig.h"

struct door {
    int listener;
    int plug; /* fills the accept queue while the door is shut; or -1 */
    uint16_t port;
};

/* Opens a listener on 127.0.0.1, the door open. */
void door_init(struct door *door);

/* Closes it: attempts that hang are refused at their next try. Idempotent. */
void door_fini(struct door *door);

/* From now on connection attempts hang; or no longer. */
void door_shut(struct door *door);
void door_open(struct door *door);

/* Waits until n connection attempts hang at the door, as the kernel counts them. */
bool door_knocks(const struct door *door, unsigned n);

/* A GET of a path behind the door, of the rig. */
gofer_request *door_request(const struct door *door, const char *path);

/* The next connection that comes in; -1 where none does. */
int door_let_in(const struct door *door);

/* Reads a request's head: whether it asks for `path`. False at the connection's end. */
bool door_hears(int fd, const char *path);

/* Whether the peer closes without a byte. */
bool door_sees_end(int fd);

/* Answers 200 with `body`. */
void door_answer(int fd, const char *body);

/* Takes turns for the client until it has no dial left: orphan dials have no other driver where
 * there are no workers. */
bool door_dials_end(gofer_client *client);

#endif
