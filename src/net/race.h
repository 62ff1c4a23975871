/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The connection race (RFC 8305, with Go's guarantees) as a pure state machine:
 * no sockets, no addresses, no clock. Its dialer tells it how many addresses came
 * into which of two lists, what became of attempts, and the time; it answers with
 * what to do next. An address is a list's number and an index.
 *
 *                race_add              race_connected
 *     GATHERS ─────────────► RUNS ──────────────────────────► WON
 *        │     50 ms without   │  all failed ───────────────► FAILED
 *        │     the preferred   │  deadline ─────────────────► TIMED_OUT
 *        └── list ───────►─────┴─ race_cancel ──────────────► CANCELED
 *
 * The rules:
 * - While more addresses may come, the preferred list is waited for until 50 ms
 *   after the first address of the other one came.
 * - The second list begins `delay` after the first, or when the first has failed.
 *   Within a list the next attempt begins when one fails, or `delay` after the
 *   last. `delay` is an equal share of the time that is left where it would leave
 *   addresses untried.
 * - At most RACE_MAX_OPEN attempts are open. Where that holds addresses back, and
 *   only then, the attempt whose share of the time is over ends (race_share_end).
 * - The first to connect wins; all others are closed before RACE_WON is said.
 * - The error is the first of the first list, or else the first of the other.
 *
 * Invariant: an address is begun at most once; each RACE_START is answered by one
 * race_connected(), one race_failed() or one RACE_CLOSE.
 * No lock: its owner's thread.
 */
#ifndef GOFER_NET_RACE_H
#define GOFER_NET_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RACE_LISTS = 2, RACE_MAX_OPEN = 6, RACE_RESOLUTION_MS = 50, RACE_SHARE_MIN_MS = 2000 };

enum race_state {
    RACE_GATHERS,
    RACE_RUNS,
    RACE_IS_WON,
    RACE_HAS_FAILED,
    RACE_TIMED_OUT,
    RACE_CANCELED
};

enum race_verb {
    RACE_WAIT,  /* nothing before `at`, unless something else happens */
    RACE_START, /* begin `slot` with address `index` of `list` */
    RACE_CLOSE, /* close what is open in `slot` */
    RACE_WON,   /* over: the connection in `slot` */
    RACE_OVER   /* over without one: race->state and error say why */
};

struct race_action {
    enum race_verb verb;
    unsigned slot;
    unsigned list;
    size_t index;
    int64_t at;
};

struct race_list {
    size_t len;
    size_t next; /* the first that was not begun */
    size_t open; /* attempts */
    int64_t due; /* when the next may begin */
};

struct race_slot {
    bool open;
    unsigned list;
    size_t index;
    int64_t share_end;
};

struct race_error {
    int code; /* the dialer's, not 0; 0: none */
    unsigned list;
    size_t index;
};

struct race {
    enum race_state state;
    int64_t deadline;
    int64_t delay; /* nanoseconds; CLOCK_NEVER: one attempt at a time */
    bool expects;  /* more addresses may come */
    unsigned first;
    int64_t gather_end;
    struct race_list lists[RACE_LISTS];
    struct race_slot slots[RACE_MAX_OPEN];
    unsigned winner; /* with RACE_IS_WON */
    struct race_error error;
};

/* Begins a race that expects addresses and prefers list 0. deadline_ns may be CLOCK_NEVER; delay_ns
 * CLOCK_NEVER: no attempt beside another. */
void race_init(struct race *race, int64_t deadline_ns, int64_t delay_ns);

/* So many addresses came into a list, behind those that are there. */
void race_add(struct race *race, unsigned list, size_t count, int64_t now_ns);

/* No more addresses will come. */
void race_expect_no_more(struct race *race);

/* Which list goes first. Nothing once the race runs. */
void race_prefer(struct race *race, unsigned list);

/* What to do next. Called again after each answer but RACE_WAIT, and whenever something happened.
 */
struct race_action race_next(struct race *race, int64_t now_ns);

/* The attempt in the slot is connected. It stays open: it wins, or is closed like the others. */
void race_connected(struct race *race, unsigned slot);

/* The attempt in the slot failed and is closed; code is not 0. */
void race_failed(struct race *race, unsigned slot, int code, int64_t now_ns);

/* Ends it; what is open is to be closed. */
void race_cancel(struct race *race);

/*
 * When an attempt ends that begins now, with so many addresses left (itself
 * included) of which at_once may be open: an equal part of the time to the
 * deadline, but at least RACE_SHARE_MIN_MS where all others can still be tried,
 * so many at once. The deadline where there is none, or it has passed.
 */
int64_t race_share_end(int64_t now_ns, int64_t deadline_ns, size_t left, size_t at_once);

#endif
