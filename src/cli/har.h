/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * --trace-har: the timeline as an HTTP Archive, version 1.2, an entry a round
 * trip. What the format has no place for stands in each entry's "_gofer":
 *
 *     call, trip       which call, and which of its trips, from 1
 *     beginMs, endMs   since the first call's begin
 *     reused, idleMs, lateBound   about its connection
 *     tls, resumed     "TLSv1.3 TLS_AES_256_GCM_SHA384"
 *     ownDial          where another connection was free sooner: the phases of the dial that was
 *                      begun for it, each ["connect", begin, length] in ms
 *     error            why it came to nothing, or was tried again
 *
 * No body is in it, no cookie and no credentials.
 */
#ifndef GOFER_CLI_HAR_H
#define GOFER_CLI_HAR_H

#include "cli/timeline.h"

/* False in a build without jansson. */
bool har_is_built_in(void);

/* The archive as JSON text, for free(). Only where it is built in. */
char *har_text(struct timeline *timeline);

#endif
