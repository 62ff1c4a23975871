/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Who calls: gofer, or the program around it. Seen from a return address and the
 * shared objects of the process. Where gofer is linked statically everything in the
 * program counts as gofer's.
 */
#ifndef TESTS_FAULTS_CALLER_H
#define TESTS_FAULTS_CALLER_H

#include <stdbool.h>

/* Any thread; the first call looks at the process's objects, which must be loaded by then. */
bool caller_is_gofer(const void *from);

#endif
