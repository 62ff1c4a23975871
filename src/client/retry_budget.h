/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A retry budget: of what was called in the last ten seconds only a share may be
 * tried again, and a few more, so that an origin that is down, or about to go
 * down, gets no more than that on top. Counted in seconds; a second that is over
 * for long counts no more.
 *
 * No lock: its owner's guards it.
 */
#ifndef GOFER_CLIENT_RETRY_BUDGET_H
#define GOFER_CLIENT_RETRY_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

enum { RETRY_BUDGET_SECONDS = 10 };

struct retry_budget {
    int64_t percent; /* negative: no limit */
    int64_t floor;   /* so many in any case */
    struct {
        int64_t second;
        uint64_t calls;
        uint64_t retries;
    } slots[RETRY_BUDGET_SECONDS];
};

/* A call begins. */
void retry_budget_note(struct retry_budget *budget, int64_t now_ns);

/* Whether one may be tried again now, which is counted then. */
bool retry_budget_take(struct retry_budget *budget, int64_t now_ns);

#endif
