/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The system calls that gofer makes, which sys_taps.c has in libc's place.
 */
#ifndef TESTS_FAULTS_SYS_TAPS_H
#define TESTS_FAULTS_SYS_TAPS_H

/* Who opens the file `path` gets the one at `other`. One at a time, before there are threads; both
 * have to last. */
void sys_taps_replace(const char *path, const char *other);

#endif
