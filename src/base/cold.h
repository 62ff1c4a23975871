/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What nearly every call does without: failures, who is told of events, waits.
 * A COLD function stands away from the others, and in its callers so does the way
 * to it. With many threads hardly any line of code is in a processor's cache still
 * when the next call comes, so a call costs what lines it runs through.
 */
#ifndef GOFER_BASE_COLD_H
#define GOFER_BASE_COLD_H

#define COLD __attribute__((cold))

#endif
