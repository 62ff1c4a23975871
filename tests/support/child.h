/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A server program of this machine as a child of a test: it is told a loopback
 * port, runs in the foreground with its output thrown away, and dies with the
 * thread that started it.
 *
 * One thread at a time.
 */
#ifndef TESTS_SUPPORT_CHILD_H
#define TESTS_SUPPORT_CHILD_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
    pid_t pid; /* 0: none runs */
    uint16_t port;
    char binary[PATH_MAX];
};

enum { CHILD_ARGS_MAX = 20 };

/* Writes the arguments for child->port into args, the program's name and the final NULL too. False:
 * it cannot be started. */
typedef bool (*child_arguments)(struct child *child, const char *args[CHILD_ARGS_MAX], void *arg);

/* Where the program of that name is, into binary (PATH_MAX). */
bool child_find(const char *name, char *binary);

/* A descriptor that holds a port of 127.0.0.1: until it is closed nobody is given that port who
 * does not ask for it by number, as the program does (with SO_REUSEADDR, as all of them). */
int child_hold_port(uint16_t *port);

/* Starts the program of that name on a free port of 127.0.0.1 and waits until it accepts
 * connections. False where there is no such program; says so where it does not start. */
bool child_start(struct child *child, const char *name, child_arguments arguments, void *arg);

/* Ends it. Legal when none runs. */
void child_stop(struct child *child);

#endif
