/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The model of the pool's walk: what must become of a connection that is given
 * back, and what must be true after every operation, in the order of pool.h's
 * rules. It looks at want.h, dial.h and conn.h, never at the pool's own records.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "transport/dial.h"
#include "transport/pool_state.h"
#include "unit/transport/pool_walk.h"

enum { LOOK_MS = 1000 };

/* --- counting --- */

/* What has left the pool is not closed before the lock is dropped; it counts no more. */
static bool is_open(const struct line *line)
{
    return line->conn != NULL && line->conn->host != NULL;
}

bool model_is_pooled(const struct line *line)
{
    return line->conn != NULL && line->idle && line->conn->idle.owner != NULL;
}

bool model_may_serve(const struct walk *walk, const struct line *line)
{
    const struct pool_options *o = &walk->options;
    return walk->now_ns < clock_after_ms(line->conn->idle_since_ns, o->idle_timeout_ms) &&
           walk->now_ns < clock_after_ms(line->conn->born_ns, o->max_age_ms);
}

size_t model_open(const struct walk *walk, int key)
{
    size_t n = 0;
    for (size_t i = 0; i < walk->lines_len; i++)
        n += is_open(&walk->lines[i]) && (key < 0 || walk->lines[i].key == key);
    return n;
}

size_t model_dialing(const struct walk *walk, int key)
{
    size_t n = 0;
    for (size_t i = 0; i < walk->dials_len; i++)
        n += walk_key_of(walk->dials[i]->key) == key;
    return n;
}

size_t model_idle(const struct walk *walk, int key)
{
    size_t n = 0;
    for (size_t i = 0; i < walk->lines_len; i++)
        n += model_is_pooled(&walk->lines[i]) && (key < 0 || walk->lines[i].key == key);
    return n;
}

static size_t waiting(const struct walk *walk, int key)
{
    size_t n = 0;
    for (size_t i = 0; i < walk->callers; i++)
        n += walk->walkers[i].state == WAITING && (key < 0 || walk->walkers[i].key == key);
    return n;
}

bool model_any_starved(const struct walk *walk)
{
    for (size_t i = 0; i < walk->callers; i++) {
        if (walk->walkers[i].state == WAITING && walk->walkers[i].want.starved.owner != NULL)
            return true;
    }
    return false;
}

static bool has_slot(const struct walk *walk, int key)
{
    size_t used = model_open(walk, key) + model_dialing(walk, key);
    return walk->options.max_per_host < 0 || used < (uint64_t)walk->options.max_per_host;
}

static bool within(size_t count, int64_t limit)
{
    return limit < 0 || count <= (uint64_t)limit;
}

/* --- what must become of a connection --- */

/* Who has waited longest of those that may have it. */
static struct walker *first_waiting(struct walk *walk, int key, bool newly_dialled)
{
    struct walker *first = NULL;
    for (size_t i = 0; i < walk->callers; i++) {
        struct walker *w = &walk->walkers[i];
        if (w->state != WAITING || w->key != key || (w->want.fresh && !newly_dialled))
            continue;
        if (first == NULL || w->since < first->since)
            first = w;
    }
    return first;
}

static bool any_undialed(const struct walk *walk, int key)
{
    for (size_t i = 0; i < walk->callers; i++) {
        const struct walker *w = &walk->walkers[i];
        if (w->state == WAITING && w->key == key && w->want.undialed.owner != NULL)
            return true;
    }
    return false;
}

enum fate model_fate(struct walk *walk, const struct line *line, bool newly_dialled,
                     struct walker **heir)
{
    const struct pool_options *o = &walk->options;
    *heir = NULL;
    if (walk->closed || o->disable_keep_alives || walk->banned[line->key] ||
        walk->now_ns >= clock_after_ms(line->conn->born_ns, o->max_age_ms))
        return FATE_CLOSED;
    *heir = first_waiting(walk, line->key, newly_dialled);
    if (*heir != NULL)
        return FATE_WANT;
    if (walk->refuse_idle || o->max_idle == 0)
        return FATE_CLOSED;
    bool room = within(model_idle(walk, line->key) + 1, o->max_idle_per_host);
    if (!room || any_undialed(walk, line->key))
        return FATE_CLOSED;
    /* Room for a starved want that dials next may be made at its cost. */
    return model_any_starved(walk) ? FATE_ANY : FATE_IDLE;
}

void model_let_go(struct line *line)
{
    if (line->owner != NULL)
        line->owner->line = NULL;
    line->owner = NULL;
}

void model_judge(struct walk *walk, struct line *line, const struct conn *conn, enum fate fate,
                 const struct walker *heir)
{
    bool lives = line->conn == conn;
    if (fate == FATE_WANT)
        walk_expect(walk, heir->want.state == WANT_CONN && heir->want.conn == conn);
    if (fate == FATE_IDLE)
        walk_expect(walk, lives && line->owner == NULL && conn->idle.owner != NULL);
    if (fate == FATE_CLOSED)
        walk_expect(walk, !lives);
}

/* --- the end of a connection --- */

/* Of the key's; key < 0: of all. */
static bool is_eldest(const struct walk *walk, int key, const struct line *line)
{
    for (size_t i = 0; i < walk->lines_len; i++) {
        const struct line *other = &walk->lines[i];
        if (model_is_pooled(other) && (key < 0 || other->key == key) &&
            other->conn->idle_since_ns < line->conn->idle_since_ns)
            return false;
    }
    return true;
}

/* A want that starved, and takes newly dialled connections only, dials in the line's place. */
static bool makes_room(const struct walk *walk, const struct line *line)
{
    bool dials = false;
    for (size_t i = 0; i < walk->callers; i++) {
        const struct walker *w = &walk->walkers[i];
        dials = dials || (w->state == WAITING && w->key == line->key && w->want.fresh &&
                          w->want.dial != NULL);
    }
    return dials && is_eldest(walk, line->key, line);
}

void model_freed(struct walk *walk, struct line *line)
{
    walk_expect(walk, line->owner == NULL);
    walk_expect(walk, fcntl(line->conn->watch.fd, F_GETFD) == -1 && errno == EBADF);
    if (walk->evicting && walk->given != line)
        walk_expect(walk, line->idle && (is_eldest(walk, -1, line) || makes_room(walk, line)));
    close(line->peer);
    line->conn = NULL;
    walk->freed++;
}

/* --- taking in what an operation changed --- */

/* Its own dial's connection goes to a want out of turn; any other to the first that may have it. */
static void check_turn(struct walk *walk, struct walker *w)
{
    const struct walker *first = first_waiting(walk, w->key, !w->want.conn->reused);
    w->answered_now = false;
    if (w->line->dialled_for != w)
        walk_expect(walk, first == NULL || first->since > w->since);
    walk_expect(walk, !w->want.fresh || !w->want.conn->reused);
}

static void take_in_conn(struct walk *walk, struct walker *w)
{
    w->line = walk_line_of(walk, w->want.conn);
    walk_expect(walk, w->line != NULL && w->line->key == w->key && w->line->owner == NULL);
    if (walk->wrong)
        return;
    w->line->owner = w;
    w->line->idle = false;
    w->line->spoilt_ns = 0;
    w->answered_now = true;
    walk->late_bound += w->want.conn->reused;
}

static void take_in_fault(struct walk *walk, struct walker *w)
{
    gofer_status code = w->fault.code;
    walk_expect(walk, code == w->expected_code || (walk->scarce && code == GOFER_ERR_NOMEM));
    walk_expect(walk, code != GOFER_OK);
    w->expected_code = code;
}

static void take_in_answers(struct walk *walk)
{
    for (size_t i = 0; i < walk->callers && !walk->wrong; i++) {
        struct walker *w = &walk->walkers[i];
        if (w->state != WAITING || w->want.state == WANT_WAITING)
            continue;
        w->state = ANSWERED;
        if (w->want.state == WANT_CONN)
            take_in_conn(walk, w);
        else
            take_in_fault(walk, w);
    }
    for (size_t i = 0; i < walk->callers && !walk->wrong; i++) {
        if (walk->walkers[i].answered_now)
            check_turn(walk, &walk->walkers[i]);
    }
}

/* A connection that lives and has no owner is idle from now on. */
static void take_in_idle(struct walk *walk)
{
    for (size_t i = 0; i < walk->lines_len; i++) {
        struct line *line = &walk->lines[i];
        line->dialled_for = NULL;
        if (line->conn == NULL || line->owner != NULL)
            continue;
        line->idle = true;
        walk_expect(walk, walk->nested || line->conn->idle.owner != NULL);
    }
}

/* --- what must be true --- */

/* It has a dial of its own, or waits for a resource, or for a slot that nothing could free. */
static void check_waiting(struct walk *walk, const struct walker *w)
{
    const struct want *want = &w->want;
    int places =
        (want->dial != NULL) + (want->starved.owner != NULL) + (want->undialed.owner != NULL);
    walk_expect(walk, (task_pending(&w->task) & EV_CONN) == 0);
    walk_expect(walk, want->waiting.owner != NULL);
    walk_expect(walk, want->conn == NULL);
    if (walk->closed)
        return;
    walk_expect(walk, places == 1);
    walk_expect(walk, want->fresh || model_idle(walk, w->key) == 0);
    if (want->undialed.owner == NULL)
        return;
    walk_expect(walk, !has_slot(walk, w->key));
    walk_expect(walk, model_idle(walk, w->key) == 0);
}

static void check_walker(struct walk *walk, const struct walker *w)
{
    switch (w->state) {
    case WAITING:
        check_waiting(walk, w);
        break;
    case ANSWERED:
        walk_expect(walk, (task_pending(&w->task) & EV_CONN) != 0);
        walk_expect(walk, w->want.state == (w->line != NULL ? WANT_CONN : WANT_FAILED));
        walk_expect(walk, w->line == NULL || w->want.conn == w->line->conn);
        break;
    default:
        walk_expect(walk, task_pending(&w->task) == 0 || w->task.ops == NULL);
        walk_expect(walk, (w->state == HOLDING) == (w->line != NULL));
    }
    if (w->state != WAITING)
        walk_expect(walk, w->want.waiting.owner == NULL && w->want.undialed.owner == NULL &&
                              w->want.starved.owner == NULL && w->want.dial == NULL);
}

static void check_dials(struct walk *walk)
{
    size_t orphans[WALK_KEYS] = {0};
    for (size_t i = 0; i < walk->dials_len; i++) {
        const struct dial *dial = walk->dials[i];
        bool canceled = (task_pending(&dial->task) & EV_CANCEL) != 0;
        orphans[walk_key_of(dial->key)] += dial->want == NULL && !canceled;
        walk_expect(walk, dial->want == NULL || dial->want->dial == dial);
        walk_expect(walk, dial->want == NULL || !canceled);
        walk_expect(walk, dial->want != NULL || canceled || walk->firing ||
                              walk->fired_ns <
                                  clock_after_ms(dial->orphaned_ns, POOL_ORPHAN_MS + LOOK_MS));
        walk_expect(walk, !walk->closed || (task_pending(&dial->task) & EV_CLOSE) != 0);
    }
    for (int key = 0; key < WALK_KEYS; key++)
        walk_expect(walk, within(orphans[key], walk->options.max_idle_per_host));
}

static void check_limits(struct walk *walk)
{
    const struct pool_options *o = &walk->options;
    walk_expect(walk, within(model_idle(walk, -1), o->max_idle));
    for (int key = 0; key < WALK_KEYS; key++) {
        walk_expect(walk, within(model_idle(walk, key), o->max_idle_per_host));
        walk_expect(walk,
                    within(model_open(walk, key) + model_dialing(walk, key), o->max_per_host));
    }
}

/* The timer thread was here: nothing has been idle for too long, or dead for more than a look. */
static void check_idle_lines(struct walk *walk)
{
    const struct pool_options *o = &walk->options;
    for (size_t i = 0; i < walk->lines_len; i++) {
        const struct line *line = &walk->lines[i];
        if (!model_is_pooled(line))
            continue;
        walk_expect(walk,
                    walk->fired_ns < clock_after_ms(line->conn->idle_since_ns, o->idle_timeout_ms));
        walk_expect(walk, line->spoilt_ns == 0 || line->conn->idle_epoll_fd < 0 ||
                              walk->fired_ns < clock_after_ms(line->spoilt_ns, LOOK_MS));
    }
}

/* --- the counters --- */

/* Reused and handed over, but not fetched by its caller. */
static uint64_t reused_on_the_way(const struct walk *walk)
{
    uint64_t n = 0;
    for (size_t i = 0; i < walk->callers; i++) {
        const struct walker *w = &walk->walkers[i];
        n += w->state == ANSWERED && w->line != NULL && w->line->conn->reused;
    }
    return n;
}

static void check_closed(struct walk *walk, const struct pool_stats *stats)
{
    uint64_t closed = 0;
    for (int cause = 0; cause < CLOSE_CAUSES; cause++) {
        closed += stats->closed[cause];
        walk_expect(walk, stats->closed[cause] == walk->closed_for[cause] ||
                              (walk->causes & 1U << cause) != 0);
        walk->closed_for[cause] = stats->closed[cause];
    }
    walk_expect(walk, closed == walk->freed || walk->nested);
}

static void check_totals(struct walk *walk)
{
    struct pool_stats stats;
    pool_read_stats(walk->pool, &stats);
    walk_expect(walk, stats.opened == walk->opened);
    walk_expect(walk, stats.reused == walk->reused + reused_on_the_way(walk));
    walk_expect(walk, stats.late_bound == walk->late_bound);
    walk_expect(walk, stats.retried == walk->retried);
    walk_expect(walk, stats.dialing == walk->dials_len);
    walk_expect(walk, stats.waiting == waiting(walk, -1));
    walk_expect(walk, stats.idle == model_idle(walk, -1));
    walk_expect(walk, stats.idle + stats.in_use == model_open(walk, -1));
    check_closed(walk, &stats);
}

static int key_shown(const struct walk *walk, const struct pool_key_stats *shown)
{
    int key = 0;
    while (strcmp(walk->keys[key].text, shown->key) != 0)
        key++;
    return key;
}

static void check_key(struct walk *walk, const struct pool_key_stats *shown, size_t *keys)
{
    const struct pool_stats *stats = &shown->stats;
    int key = key_shown(walk, shown);
    *keys |= (size_t)1 << key;
    walk->banned[key] = stats->banned;
    walk_expect(walk, stats->dialing == model_dialing(walk, key));
    walk_expect(walk, stats->waiting == waiting(walk, key));
    walk_expect(walk, stats->idle == model_idle(walk, key));
    walk_expect(walk, stats->idle + stats->in_use == model_open(walk, key));
    walk_expect(walk, stats->bans > 0 ||
                          stats->dialing + stats->waiting + stats->idle + stats->in_use > 0);
}

/* Each key's counters, and that a key without anything is not shown. */
static void check_keys(struct walk *walk)
{
    struct pool_key_stats shown[WALK_KEYS];
    size_t seen = 0;
    size_t n = pool_read_key_stats(walk->pool, shown, WALK_KEYS);
    walk_expect(walk, n <= WALK_KEYS);
    memset(walk->banned, 0, sizeof walk->banned);
    for (size_t i = 0; i < n && !walk->wrong; i++)
        check_key(walk, &shown[i], &seen);
    for (int key = 0; key < WALK_KEYS; key++) {
        bool used = model_open(walk, key) + model_dialing(walk, key) + waiting(walk, key) > 0;
        walk_expect(walk, !used || (seen & (size_t)1 << key) != 0);
    }
}

/* --- an operation --- */

static void see_bans(struct walk *walk)
{
    struct pool_key_stats shown[WALK_KEYS];
    size_t keys = pool_read_key_stats(walk->pool, shown, WALK_KEYS);
    memset(walk->banned, 0, sizeof walk->banned);
    for (size_t i = 0; i < keys; i++)
        walk->banned[key_shown(walk, &shown[i])] = shown[i].stats.banned;
}

void model_catch_up(struct walk *walk)
{
    take_in_answers(walk);
    take_in_idle(walk);
    see_bans(walk);
}

void model_begin(struct walk *walk, const char *operation, unsigned causes)
{
    walk->operation = operation;
    walk->causes = walk->nested ? walk->causes | causes : causes;
    walk->operations++;
    /* Room for its dial may be made. */
    if (model_any_starved(walk))
        walk->causes |= 1U << CLOSE_LIMIT;
    if (!walk->nested && seed_once_in(walk->seed, 200)) {
        walk->scarce = true;
        walk->fail_at = 1 + seed_below(walk->seed, 4);
    }
    walk_set_clock(walk, walk->now_ns + 1 + (int64_t)seed_below(walk->seed, 1000));
    if (memchr(walk->banned, true, sizeof walk->banned) != NULL)
        see_bans(walk);
}

void model_end(struct walk *walk)
{
    take_in_answers(walk);
    take_in_idle(walk);
    for (size_t i = 0; i < walk->callers && !walk->wrong; i++)
        check_walker(walk, &walk->walkers[i]);
    check_dials(walk);
    check_limits(walk);
    check_totals(walk);
    check_keys(walk);
    if (walk->firing && !walk->nested)
        check_idle_lines(walk);
    walk->scarce = false;
    walk->fail_at = 0;
    walk->given = NULL;
    walk->evicting = false;
}
