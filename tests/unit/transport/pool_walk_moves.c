/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The moves of the pool's walk, one operation on the pool each: what the callers
 * do, how dials end, what peers and the timer thread do.
 */
#include <sys/socket.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "transport/dial.h"
#include "unit/transport/pool_walk.h"

enum {
    BY_TAKING = 1 << CLOSE_EXPIRED | 1 << CLOSE_OLD | 1 << CLOSE_LIMIT,
    BY_GIVING = 1 << CLOSE_ASKED | 1 << CLOSE_OLD | 1 << CLOSE_LIMIT,
    BY_LOOKING = 1 << CLOSE_TALKING | 1 << CLOSE_STALE,
    BY_TIME = BY_LOOKING | BY_TAKING | 1 << CLOSE_ASKED
};

enum { DIALS_MANY = 128, LINES_MANY = 200, CALM_ROUNDS = 2000, STARVED_MS = 100, LOOK_MS = 1000 };

/* --- taking --- */

static void go_away(struct walker *w)
{
    task_take_events(&w->task);
    w->line = NULL;
    w->state = AWAY;
}

/* The checkout check finds what its peer did to the connection. */
static void look_over(struct walk *walk, struct walker *w)
{
    struct line *line = w->line;
    struct conn *conn = line->conn;
    bool found = (line->closed || line->talked) && conn->reused && !walk->options.skip_check;
    walk->causes |= BY_LOOKING;
    if (found)
        line->owner = NULL;
    bool good = pool_check(walk->pool, &conn);
    walk_expect(walk, good == !found && (conn != NULL) == good);
    if (good)
        return;
    walk->reused--;
    go_away(w);
}

static void fetch(struct walk *walk, struct walker *w)
{
    w->state = HOLDING;
    walk->reused += w->line->conn->reused;
    if (!seed_once_in(walk->seed, 4))
        look_over(walk, w);
}

/* The idle connection that a plain want must get: of those that may serve the one used last. */
static struct line *best_idle(struct walk *walk, int key)
{
    struct line *best = NULL;
    for (size_t i = 0; i < walk->lines_len; i++) {
        struct line *line = &walk->lines[i];
        if (line->key != key || !model_is_pooled(line) || !model_may_serve(walk, line))
            continue;
        if (best == NULL || line->conn->idle_since_ns > best->conn->idle_since_ns)
            best = line;
    }
    return best;
}

static void got_at_once(struct walk *walk, struct walker *w, struct line *line)
{
    walk_expect(walk, line != NULL && line->owner == NULL && w->want.state == WANT_TAKEN);
    if (walk->wrong)
        return;
    line->owner = w;
    line->idle = false;
    line->spoilt_ns = 0;
    w->line = line;
    fetch(walk, w);
}

static void got_nothing(struct walk *walk, struct walker *w)
{
    gofer_status expected = walk->closed ? GOFER_ERR_CLOSED : GOFER_ERR_NOMEM;
    walk_expect(walk, walk->closed || walk->scarce);
    walk_expect(walk, w->fault.code == expected && w->want.state == WANT_FAILED);
    go_away(w);
}

static void ask(struct walk *walk, struct walker *w, int key, bool fresh)
{
    struct conn *conn;
    model_begin(walk, fresh ? "take fresh" : "take", BY_TAKING);
    *w = (struct walker){.key = key, .since = ++walk->arrivals};
    w->want = (struct want){.task = &w->task, .fresh = fresh, .fault = &w->fault};
    static const struct task_ops no_ops = {.name = "walker"};
    task_init(&w->task, walk->engine, &no_ops);
    task_begin_held(&w->task);
    task_take_events(&w->task);
    struct line *best = fresh || walk->closed ? NULL : best_idle(walk, key);
    walk->refuse_idle = walk->refuse_idle && walk->closed;
    enum pool_answer answer =
        pool_take(walk->pool, &walk->keys[key], &w->want, walk->now_ns, &conn);
    walk_expect(walk, (answer == POOL_CONN) == (best != NULL));
    walk_expect(walk, conn == (best != NULL ? best->conn : NULL));
    if (answer == POOL_CONN)
        got_at_once(walk, w, best);
    else if (answer == POOL_FAILED)
        got_nothing(walk, w);
    else
        w->state = WAITING;
    model_end(walk);
}

static void come(struct walk *walk, struct walker *w)
{
    int key = (int)seed_below(walk->seed, WALK_KEYS);
    ask(walk, w, key, seed_once_in(walk->seed, walk->nested ? 2 : 8));
}

static void poll_want(struct walk *walk, struct walker *w)
{
    struct conn *conn;
    bool waits = w->state == WAITING;
    enum pool_answer expected = waits ? POOL_WAIT : w->line != NULL ? POOL_CONN : POOL_FAILED;
    model_begin(walk, "poll", 0);
    walk_expect(walk, pool_poll(walk->pool, &w->want, &conn) == expected);
    walk_expect(walk, conn == (expected == POOL_CONN ? w->line->conn : NULL));
    if (!waits)
        task_take_events(&w->task);
    if (expected == POOL_CONN)
        fetch(walk, w);
    else if (expected == POOL_FAILED)
        go_away(w);
    model_end(walk);
}

/* --- giving up and giving back --- */

/* What becomes of a line that is given back by one of three ways. */
static void give_back(struct walk *walk, struct walker *w, bool newly_dialled)
{
    struct walker *heir;
    struct line *line = w->line;
    struct conn *conn = line->conn;
    const struct conn *was = conn;
    enum fate fate = model_fate(walk, line, newly_dialled, &heir);
    model_let_go(line);
    walk->given = line;
    walk->evicting = true;
    if (w->state == ANSWERED)
        pool_drop_want(walk->pool, &w->want);
    else
        pool_put(walk->pool, &conn);
    walk_expect(walk, w->state == ANSWERED || conn == NULL);
    model_judge(walk, line, was, fate, heir);
}

static void drop(struct walk *walk, struct walker *w)
{
    struct dial *dial = w->want.dial;
    model_begin(walk, "drop", BY_GIVING);
    if (w->state == ANSWERED && w->line != NULL) {
        give_back(walk, w, !w->line->conn->reused);
    } else {
        gofer_phase phase = pool_drop_want(walk->pool, &w->want);
        walk_expect(walk, phase == (dial != NULL ? dial_phase(dial) : GOFER_PHASE_POOL));
        walk_expect(walk, dial == NULL || dial->want == NULL);
    }
    walk_expect(walk, w->want.state == WANT_DROPPED);
    go_away(w);
    model_end(walk);
}

static void put(struct walk *walk, struct walker *w)
{
    model_begin(walk, "put", BY_GIVING);
    give_back(walk, w, false);
    go_away(w);
    model_end(walk);
}

static void discard(struct walk *walk, struct walker *w, enum pool_close cause)
{
    struct line *line = w->line;
    struct conn *conn = line->conn;
    model_begin(walk, "discard", 1U << cause);
    model_let_go(line);
    pool_discard(walk->pool, &conn, cause);
    walk_expect(walk, conn == NULL && line->conn == NULL);
    go_away(w);
    model_end(walk);
    walk_expect(walk, cause != CLOSE_TALKING || walk->banned[line->key]);
}

/* A reused connection turned out dead: once more, on a fresh one. */
static void retry(struct walk *walk, struct walker *w)
{
    int key = w->key;
    discard(walk, w, CLOSE_STALE);
    pool_count_retry(walk->pool, &walk->keys[key]);
    walk->retried++;
    ask(walk, w, key, true);
}

static void be_done(struct walk *walk, struct walker *w)
{
    switch (seed_below(walk->seed, 16)) {
    case 0:
    case 1:
        discard(walk, w, CLOSE_SPENT);
        break;
    case 2:
        retry(walk, w);
        break;
    case 3:
        discard(walk, w, seed_once_in(walk->seed, 20) ? CLOSE_TALKING : CLOSE_SPENT);
        break;
    default:
        put(walk, w);
    }
}

static void move_caller(struct walk *walk)
{
    struct walker *w = &walk->walkers[seed_below(walk->seed, walk->callers)];
    switch (w->state) {
    case AWAY:
        come(walk, w);
        break;
    case WAITING:
        if (seed_once_in(walk->seed, 5))
            drop(walk, w);
        else
            poll_want(walk, w);
        break;
    case ANSWERED:
        if (seed_once_in(walk->seed, 5))
            drop(walk, w);
        else
            poll_want(walk, w);
        break;
    default:
        be_done(walk, w);
    }
}

/* --- the ends of dials --- */

static struct dial *pick_dial(struct walk *walk)
{
    size_t i = seed_below(walk->seed, walk->dials_len);
    struct dial *dial = walk->dials[i];
    walk->dials[i] = walk->dials[--walk->dials_len];
    return dial;
}

/* Whether a want whose dial found no descriptor waits on: as long as the pool holds one. Nested,
 * one of those that are about to be closed may count. */
static bool may_fail(const struct walk *walk, gofer_status code)
{
    return code != GOFER_ERR_SYSTEM || walk->closed || walk->scarce ||
           model_open(walk, -1) + walk->dials_len == 0;
}

static bool may_starve(const struct walk *walk, gofer_status code)
{
    return code == GOFER_ERR_SYSTEM && !walk->closed &&
           (walk->nested || model_open(walk, -1) + walk->dials_len > 0);
}

static void dial_failed(struct walk *walk, struct dial *dial, gofer_status code)
{
    struct conn *none = NULL;
    struct fault fault = {0};
    struct walker *its = dial->want != NULL ? walker_of(dial->want) : NULL;
    bool fails = may_fail(walk, code), starves = may_starve(walk, code);
    fault_set(&fault, code, GOFER_PHASE_CONNECT, 0, NULL);
    if (its != NULL)
        its->expected_code = fails ? code : GOFER_OK;
    walk->evicting = true;
    pool_dial_ended(walk->pool, dial, &none, &fault);
    if (its != NULL)
        walk_expect(walk, (fails && its->want.state == WANT_FAILED) ||
                              (starves && its->want.state == WANT_WAITING));
}

static void dial_succeeded(struct walk *walk, struct dial *dial, struct line *line)
{
    struct walker *heir = dial->want != NULL ? walker_of(dial->want) : NULL;
    struct conn *conn = line->conn;
    const struct conn *was = conn;
    enum fate fate = FATE_WANT;
    line->dialled_for = heir;
    if (heir == NULL || walk->closed)
        fate = model_fate(walk, line, true, &heir);
    walk->opened++;
    walk->given = line;
    walk->evicting = true;
    pool_dial_ended(walk->pool, dial, &conn, NULL);
    walk_expect(walk, conn == NULL);
    model_judge(walk, line, was, fate, heir);
}

static void end_dial(struct walk *walk, bool well, gofer_status code)
{
    struct dial *dial = pick_dial(walk);
    int key = walk_key_of(dial->key);
    model_begin(walk, well ? "dial ends well" : "dial fails", BY_GIVING);
    struct line *line = well ? walk_open_line(walk, key) : NULL;
    if (line != NULL)
        dial_succeeded(walk, dial, line);
    else
        dial_failed(walk, dial, well ? GOFER_ERR_NOMEM : code);
    walk_expect(walk, dial->want == NULL || dial->want->dial != dial);
    model_end(walk);
    dial_discard(dial);
}

static void move_dial(struct walk *walk)
{
    static const gofer_status codes[] = {GOFER_ERR_CONNECT, GOFER_ERR_TIMEOUT, GOFER_ERR_RESOLVE,
                                         GOFER_ERR_SYSTEM, GOFER_ERR_SYSTEM};
    if (walk->dials_len > 0)
        end_dial(walk, !seed_once_in(walk->seed, 4), codes[seed_below(walk->seed, 5)]);
}

/* --- peers, time, and the whole client --- */

static void pass_time(struct walk *walk, int64_t ms)
{
    walk_set_clock(walk, walk->now_ns + ms * CLOCK_MS);
}

static void fire_timers(struct walk *walk)
{
    model_begin(walk, "timers", BY_TIME);
    walk->firing = true;
    walk->fired_ns = walk->now_ns;
    timers_fire(engine_timers(walk->engine), walk->now_ns);
    model_end(walk);
    walk->firing = false;
}

/* Its peer closes, or says something. What has closed already does neither. */
static void spoil(struct walk *walk, struct line *line, bool close)
{
    if (line->closed)
        return;
    if (close) {
        shutdown(line->peer, SHUT_WR);
        line->closed = true;
    } else if (send(line->peer, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1) {
        line->talked = true;
    }
    if (model_is_pooled(line) && line->spoilt_ns == 0)
        line->spoilt_ns = walk->now_ns;
}

static void spoil_one(struct walk *walk)
{
    struct line *line = &walk->lines[seed_below(walk->seed, walk->lines_len + 1)];
    if (line->conn != NULL)
        spoil(walk, line, seed_once_in(walk->seed, 2));
}

/* All idle ones at once, just before the timer thread looks at them. */
static void spoil_all_idle(struct walk *walk)
{
    size_t one = seed_below(walk->seed, walk->lines_len + 1);
    for (size_t i = 0; i < walk->lines_len; i++) {
        if (model_is_pooled(&walk->lines[i]))
            spoil(walk, &walk->lines[i], i == one);
    }
    pass_time(walk, LOOK_MS);
    fire_timers(walk);
}

static void pass_some_time(struct walk *walk)
{
    static const size_t most[] = {5, 5, 5, 5, 5, 5, 200, 200, 200, 1500};
    pass_time(walk, (int64_t)seed_below(walk->seed, most[seed_below(walk->seed, 10)]));
    if (seed_once_in(walk->seed, 30))
        pass_time(walk, POOL_BAN_MS);
}

static void close_idle(struct walk *walk)
{
    model_begin(walk, "close idle", 1U << CLOSE_ASKED);
    walk->refuse_idle = true;
    pool_close_idle(walk->pool);
    walk_expect(walk, model_idle(walk, -1) == 0);
    model_end(walk);
}

static void move_the_rest(struct walk *walk)
{
    size_t n = seed_below(walk->seed, 14);
    if (n == 0)
        close_idle(walk);
    else if (n <= 3)
        spoil_one(walk);
    else if (n <= 8)
        pass_some_time(walk);
    else if (!walk->nested && n == 9)
        spoil_all_idle(walk);
    else if (!walk->nested)
        fire_timers(walk);
}

void walk_move(struct walk *walk)
{
    size_t n = seed_below(walk->seed, 100);
    if (walk->dials_len > DIALS_MANY)
        move_dial(walk);
    else if (model_idle(walk, -1) > LINES_MANY)
        close_idle(walk);
    else if (n < 66)
        move_caller(walk);
    else if (n < 88)
        move_dial(walk);
    else
        move_the_rest(walk);
}

/* What a suspect was suspected for may be gone when it is examined: it goes back. */
static void acquit_some(struct walk *walk)
{
    char byte[64];
    for (size_t i = 0; i < walk->lines_len; i++) {
        struct line *line = &walk->lines[i];
        bool suspect = line->conn != NULL && line->idle && !model_is_pooled(line);
        if (!suspect || line->closed || seed_once_in(walk->seed, 4))
            continue;
        while (recv(conn_fd(line->conn), byte, sizeof byte, MSG_DONTWAIT) > 0)
            line->talked = false;
        line->spoilt_ns = 0;
    }
}

void walk_move_nested(struct walk *walk)
{
    const char *operation = walk->operation;
    walk->nested = true;
    model_catch_up(walk);
    acquit_some(walk);
    for (size_t n = seed_below(walk->seed, 12); n > 0 && !walk->wrong; n--)
        walk_move(walk);
    walk->nested = false;
    walk->operation = operation;
}

/* --- the end --- */

static bool anybody_left(const struct walk *walk)
{
    for (size_t i = 0; i < walk->callers; i++) {
        if (walk->walkers[i].state != AWAY)
            return true;
    }
    return walk->dials_len > 0;
}

static void serve(struct walk *walk, struct walker *w)
{
    if (w->state == HOLDING)
        put(walk, w);
    else if (w->state != AWAY)
        poll_want(walk, w);
}

/* Time passes only where somebody starves: no idle timeout may help the others. */
void walk_calm(struct walk *walk)
{
    int rounds = 0;
    while (anybody_left(walk) && !walk->wrong) {
        walk_expect(walk, rounds++ < CALM_ROUNDS);
        if (walk->dials_len > 0)
            end_dial(walk, true, GOFER_OK);
        for (size_t i = 0; i < walk->callers && !walk->wrong; i++)
            serve(walk, &walk->walkers[i]);
        if (!model_any_starved(walk))
            continue;
        pass_time(walk, STARVED_MS);
        fire_timers(walk);
    }
}

static void leave(struct walk *walk, struct walker *w)
{
    if (w->state == HOLDING)
        be_done(walk, w);
    else if (w->state != AWAY)
        drop(walk, w);
}

void walk_shut(struct walk *walk)
{
    model_begin(walk, "close the pool", 1U << CLOSE_ASKED);
    walk->closed = walk->refuse_idle = true;
    pool_close(walk->pool);
    model_end(walk);
    while (anybody_left(walk) && !walk->wrong) {
        if (seed_once_in(walk->seed, 2))
            move_dial(walk);
        else
            leave(walk, &walk->walkers[seed_below(walk->seed, walk->callers)]);
    }
}
