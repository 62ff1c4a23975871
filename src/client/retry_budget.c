/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See retry_budget.h.
 */
#include "client/retry_budget.h"

#include <stddef.h>

enum { NS_PER_SECOND = 1000000000 };

/* The slot of this second, emptied where it was an earlier one's. */
static size_t slot_of(struct retry_budget *b, int64_t second)
{
    size_t i = (size_t)(second % RETRY_BUDGET_SECONDS);
    if (b->slots[i].second != second) {
        b->slots[i].second = second;
        b->slots[i].calls = 0;
        b->slots[i].retries = 0;
    }
    return i;
}

void retry_budget_note(struct retry_budget *budget, int64_t now_ns)
{
    budget->slots[slot_of(budget, now_ns / NS_PER_SECOND)].calls++;
}

bool retry_budget_take(struct retry_budget *budget, int64_t now_ns)
{
    int64_t second = now_ns / NS_PER_SECOND;
    size_t now = slot_of(budget, second);
    uint64_t calls = 0, retries = 0;
    for (size_t i = 0; i < RETRY_BUDGET_SECONDS; i++) {
        if (second - budget->slots[i].second >= RETRY_BUDGET_SECONDS)
            continue;
        calls += budget->slots[i].calls;
        retries += budget->slots[i].retries;
    }
    uint64_t most = (uint64_t)budget->floor;
    if (budget->percent >= 0)
        most += calls * (uint64_t)budget->percent / 100;
    if (budget->percent >= 0 && retries >= most)
        return false;
    budget->slots[now].retries++;
    return true;
}
