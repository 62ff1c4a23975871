/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An origin that keeps its callers waiting. It is a process of its own, so that
 * neither its descriptors nor its memory count as the client's, and it holds as
 * many connections as the descriptor limit allows.
 *
 * It answers every request with 13 bytes: at once, or, where the path begins with
 * /hold, when told to. It ends when its owner does.
 *
 * One thread owns a struct hold_origin.
 */
#ifndef GOFER_TESTS_BENCH_HOLD_ORIGIN_H
#define GOFER_TESTS_BENCH_HOLD_ORIGIN_H

#include <stdbool.h>
#include <sys/types.h>

struct hold_origin {
    pid_t pid;
    int control; /* this end of the pair over which the process is told what to do */
    int port;    /* on 127.0.0.1 */
};

/* Forks the process. Call it before the client, or any thread, exists. False on failure. */
bool hold_origin_start(struct hold_origin *origin);

/* Waits until the process holds `count` requests at once; false when it did not come to that. */
bool hold_origin_wait_held(struct hold_origin *origin, long count);

/* Answers what is held now. */
void hold_origin_release(struct hold_origin *origin);

/* Ends the process and waits for it. */
void hold_origin_stop(struct hold_origin *origin);

#endif
