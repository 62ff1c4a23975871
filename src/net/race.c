/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The race: see race.h for its rules. race_next() looks at the state and the time
 * alone and does one thing; there is no queue of things to do, so nothing in it
 * can be out of date.
 */
#include "net/race.h"

#include <errno.h>

#include "base/clock.h"

static int64_t after(int64_t now, int64_t ns)
{
    return ns > CLOCK_NEVER - now ? CLOCK_NEVER : now + ns;
}

static size_t untried(const struct race *r)
{
    return r->lists[0].len - r->lists[0].next + r->lists[1].len - r->lists[1].next;
}

static size_t open_attempts(const struct race *r)
{
    return r->lists[0].open + r->lists[1].open;
}

static size_t max_open(const struct race *r)
{
    return r->delay == CLOCK_NEVER ? 1 : RACE_MAX_OPEN;
}

static bool is_on(const struct race *r)
{
    return r->state == RACE_GATHERS || r->state == RACE_RUNS;
}

/* --- what is told --- */

void race_init(struct race *race, int64_t deadline_ns, int64_t delay_ns)
{
    *race = (struct race){
        .deadline = deadline_ns, .delay = delay_ns, .expects = true, .gather_end = CLOCK_NEVER};
}

void race_add(struct race *race, unsigned list, size_t count, int64_t now_ns)
{
    if (count > 0 && race->gather_end == CLOCK_NEVER)
        race->gather_end = after(now_ns, RACE_RESOLUTION_MS * CLOCK_MS);
    race->lists[list].len += count;
}

void race_expect_no_more(struct race *race)
{
    race->expects = false;
}

void race_prefer(struct race *race, unsigned list)
{
    if (race->state == RACE_GATHERS)
        race->first = list;
}

void race_connected(struct race *race, unsigned slot)
{
    /* A second one in the same look is closed like any other. */
    if (!is_on(race))
        return;
    race->state = RACE_IS_WON;
    race->winner = slot;
}

static void note_error(struct race *r, const struct race_slot *slot, int code)
{
    bool earlier = r->error.code != 0 && (r->error.list == r->first || slot->list != r->first);
    if (!earlier)
        r->error = (struct race_error){.code = code, .list = slot->list, .index = slot->index};
}

static void free_slot(struct race *r, struct race_slot *slot)
{
    slot->open = false;
    r->lists[slot->list].open--;
}

void race_failed(struct race *race, unsigned slot, int code, int64_t now_ns)
{
    struct race_slot *s = &race->slots[slot];
    note_error(race, s, code);
    free_slot(race, s);
    race->lists[s->list].due = now_ns;
}

void race_cancel(struct race *race)
{
    if (is_on(race))
        race->state = RACE_CANCELED;
}

/* --- times --- */

int64_t race_share_end(int64_t now_ns, int64_t deadline_ns, size_t left, size_t at_once)
{
    if (deadline_ns == CLOCK_NEVER || deadline_ns <= now_ns || left == 0)
        return deadline_ns;
    int64_t time = deadline_ns - now_ns;
    int64_t rounds = (int64_t)((left + at_once - 1) / at_once);
    int64_t share = time / (int64_t)left;
    if (share < RACE_SHARE_MIN_MS * CLOCK_MS)
        share = RACE_SHARE_MIN_MS * CLOCK_MS;
    /* As long as that only where all others come in turn. */
    return now_ns + clock_min(share, time / rounds);
}

/* When an attempt may follow that begins now, with so many addresses behind it. */
static int64_t next_due(const struct race *r, int64_t now, size_t left)
{
    if (r->delay == CLOCK_NEVER || r->deadline == CLOCK_NEVER || left == 0)
        return after(now, r->delay);
    int64_t time = r->deadline - now;
    if (r->delay < time / (int64_t)left)
        return now + r->delay;
    return now + time / (int64_t)(left + 1);
}

/* --- what to do --- */

static bool has_untried(const struct race_list *list)
{
    return list->next < list->len;
}

static bool is_spent(const struct race_list *list)
{
    return !has_untried(list) && list->open == 0;
}

static void begin(struct race *r, int64_t now)
{
    if (r->lists[r->first].len == 0)
        r->first = 1 - r->first;
    r->state = RACE_RUNS;
    r->lists[r->first].due = now;
    r->lists[1 - r->first].due = next_due(r, now, untried(r) - 1);
}

static void gather(struct race *r, int64_t now)
{
    size_t count = untried(r);
    if (count > 0 && (r->lists[r->first].len > 0 || !r->expects || now >= r->gather_end))
        begin(r, now);
    else if (count == 0 && !r->expects)
        r->state = RACE_HAS_FAILED;
}

static bool is_due(const struct race *r, unsigned list, int64_t now)
{
    const struct race_list *l = &r->lists[list];
    if (!has_untried(l))
        return false;
    return now >= l->due || (list != r->first && is_spent(&r->lists[r->first]));
}

/* The list whose next attempt is due, the one with fewer open attempts where both are; RACE_LISTS:
 * none. */
static unsigned due_list(const struct race *r, int64_t now)
{
    unsigned first = r->first, other = 1 - first;
    if (!is_due(r, other, now))
        return is_due(r, first, now) ? first : RACE_LISTS;
    if (!is_due(r, first, now))
        return other;
    return r->lists[other].open < r->lists[first].open ? other : first;
}

static struct race_action start(struct race *r, unsigned list, int64_t now)
{
    struct race_list *l = &r->lists[list];
    unsigned slot = 0;
    while (r->slots[slot].open)
        slot++;
    size_t left = untried(r);
    r->slots[slot] =
        (struct race_slot){.open = true,
                           .list = list,
                           .index = l->next++,
                           .share_end = race_share_end(now, r->deadline, left, max_open(r))};
    l->open++;
    l->due = next_due(r, now, left - 1);
    return (struct race_action){
        .verb = RACE_START, .slot = slot, .list = list, .index = r->slots[slot].index};
}

static struct race_action close_slot(struct race *r, unsigned slot)
{
    free_slot(r, &r->slots[slot]);
    return (struct race_action){.verb = RACE_CLOSE, .slot = slot};
}

/* The open attempt whose share ends first. */
static unsigned first_to_end(const struct race *r)
{
    unsigned found = RACE_MAX_OPEN;
    for (unsigned i = 0; i < RACE_MAX_OPEN; i++)
        if (r->slots[i].open &&
            (found == RACE_MAX_OPEN || r->slots[i].share_end < r->slots[found].share_end))
            found = i;
    return found;
}

static struct race_action wait_until(const struct race *r, int64_t at)
{
    return (struct race_action){.verb = RACE_WAIT, .at = clock_min(at, r->deadline)};
}

/* No attempt may begin for want of a place: one whose time is over makes it. */
static struct race_action make_place(struct race *r, int64_t now)
{
    unsigned slot = first_to_end(r);
    struct race_slot *s = &r->slots[slot];
    if (now < s->share_end)
        return wait_until(r, s->share_end);
    note_error(r, s, ETIMEDOUT);
    r->lists[s->list].due = now;
    return close_slot(r, slot);
}

static struct race_action run(struct race *r, int64_t now)
{
    if (untried(r) > 0 && open_attempts(r) >= max_open(r))
        return make_place(r, now);
    unsigned list = due_list(r, now);
    if (list < RACE_LISTS)
        return start(r, list, now);
    int64_t at = CLOCK_NEVER;
    for (unsigned i = 0; i < RACE_LISTS; i++)
        if (has_untried(&r->lists[i]))
            at = clock_min(at, r->lists[i].due);
    return wait_until(r, at);
}

/* Closes what is open, then says how it ended. */
static struct race_action finish(struct race *r)
{
    bool won = r->state == RACE_IS_WON;
    for (unsigned i = 0; i < RACE_MAX_OPEN; i++)
        if (r->slots[i].open && !(won && i == r->winner))
            return close_slot(r, i);
    if (won)
        return (struct race_action){.verb = RACE_WON, .slot = r->winner};
    return (struct race_action){.verb = RACE_OVER};
}

struct race_action race_next(struct race *race, int64_t now_ns)
{
    if (is_on(race) && now_ns >= race->deadline)
        race->state = RACE_TIMED_OUT;
    if (race->state == RACE_GATHERS)
        gather(race, now_ns);
    if (race->state == RACE_RUNS && untried(race) == 0 && open_attempts(race) == 0 &&
        !race->expects)
        race->state = RACE_HAS_FAILED;
    if (race->state == RACE_GATHERS)
        return wait_until(race, race->gather_end);
    return race->state == RACE_RUNS ? run(race, now_ns) : finish(race);
}
