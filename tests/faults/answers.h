/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the scenes' origins answer; the list of paths is in servers.h.
 */
#ifndef TESTS_FAULTS_ANSWERS_H
#define TESTS_FAULTS_ANSWERS_H

#include "support/origin.h"

/* An origin's handler; arg is not used. */
void answers_serve(struct peer *peer, void *arg);

#endif
