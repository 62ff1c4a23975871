/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A meter: a client's histograms of call phases. Threads add and read without a
 * lock; each number is right, but two of them may be of different moments.
 */
#ifndef GOFER_CLIENT_METER_H
#define GOFER_CLIENT_METER_H

#include <gofer/metrics.h>
#include <gofer/trace.h>

enum { METER_PHASES = GOFER_TIMED_TOTAL + 1 };

struct meter;

/* NULL without memory. */
struct meter *meter_new(void);
void meter_free(struct meter *meter);

/* A call has ended. */
void meter_add(struct meter *meter, const gofer_times *times);

void meter_read(const struct meter *meter, gofer_timed phase, gofer_latency *latency);

/* "wait". Static. */
const char *meter_phase_name(gofer_timed phase);

#endif
