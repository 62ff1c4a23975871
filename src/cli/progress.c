/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Lines while transfers go on; see progress.h.
 */
#include "cli/progress.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>

#include "cli/progress_line.h"
#include "cli/text.h"

/* How often there is a line, and over how many of them a speed is that of now: as curl. */
static const struct {
    int64_t period_us;
    size_t window;
} habits[] = {
    [PROGRESS_METER] = {1000000, 6},
    [PROGRESS_BAR] = {100000, 2},
    [PROGRESS_SUM] = {500000, 10},
};

enum { COLUMNS_DEFAULT = 79 };

struct progress {
    enum progress_kind kind;
    FILE *out;
    unsigned columns;
    bool has_thread;
    pthread_t thread;

    pthread_mutex_t lock;
    pthread_cond_t changed; /* on the monotonic clock */
    bool ending;
    struct gauge *live;

    /* of a sum: when it began, what ended, how fast it goes */
    int64_t begun_us;
    unsigned transfers;
    struct progress_numbers past;
    bool down_unknown; /* of one that ended nobody knew how much it would be */
    bool up_unknown;
    struct speed speed;
};

int64_t progress_now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- life ------------------------------------------------------------------ */

struct progress *progress_new_kind(enum progress_kind kind, FILE *out, unsigned columns)
{
    struct progress *p = cli_realloc(NULL, 1, sizeof *p);
    pthread_condattr_t attr;

    *p = (struct progress){
        .kind = kind, .out = out, .columns = columns, .speed.window = habits[kind].window};
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, &attr);
    pthread_condattr_destroy(&attr);
    return p;
}

/* As wide as $COLUMNS says, or the terminal is. */
static unsigned columns_of(FILE *out)
{
    const char *said = getenv("COLUMNS");
    long n = said != NULL ? strtol(said, NULL, 10) : 0;
    struct winsize size;

    if (n > 0)
        return n < COLUMNS_DEFAULT * 5 ? (unsigned)n : COLUMNS_DEFAULT * 5;
    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return COLUMNS_DEFAULT;
}

struct progress *progress_new(const struct global *global, FILE *out)
{
    enum progress_kind kind = global->parallel       ? PROGRESS_SUM
                              : global->progress_bar ? PROGRESS_BAR
                                                     : PROGRESS_METER;

    if (global->silent || global->no_progress_meter)
        return NULL;
    return progress_new_kind(kind, out, columns_of(out));
}

static struct timespec time_of(int64_t us)
{
    return (struct timespec){.tv_sec = (time_t)(us / 1000000),
                             .tv_nsec = (long)(us % 1000000) * 1000};
}

/* --- lines ----------------------------------------------------------------- */

static void write_line(struct progress *p, const struct text *line)
{
    fwrite(text_str(line), 1, line->len, p->out);
    fflush(p->out);
}

static struct progress_numbers numbers_of(const struct gauge *g)
{
    return (struct progress_numbers){
        .down = {atomic_load(&g->down), atomic_load(&g->down_total)},
        .up = {atomic_load(&g->up), atomic_load(&g->up_total)},
    };
}

static bool is_known(const struct gauge *g)
{
    return atomic_load(&g->down_total) > 0 || atomic_load(&g->up_total) > 0;
}

/* The average until there are samples enough. */
static int64_t speed_by(struct speed *speed, const struct progress_numbers *n, int64_t now_us)
{
    int64_t bytes = n->down.now + n->up.now, now;

    speed_note(speed, bytes, now_us);
    now = speed_now(speed);
    return now >= 0 ? now : speed_of(bytes, n->took_us);
}

static void show_meter(struct progress *p, struct gauge *g, int64_t now_us)
{
    struct progress_numbers n = numbers_of(g);
    struct text line = {0};

    n.took_us = now_us - g->begun_us;
    n.speed = speed_by(&g->speed, &n, now_us);
    progress_line_meter(&line, &n);
    write_line(p, &line);
    text_fini(&line);
}

/* A bar that knows how long it is says nothing twice. */
static void show_bar(struct progress *p, struct gauge *g)
{
    struct progress_numbers n = numbers_of(g);
    int64_t came = n.down.now + n.up.now;
    bool moved = came != g->shown;
    struct text line = {0};

    if (!moved && is_known(g))
        return;
    progress_line_bar(&line, &n, p->columns, g->steps, g->moves);
    g->steps++;
    g->moves += moved;
    g->shown = came;
    write_line(p, &line);
    text_fini(&line);
}

static void show_one(struct progress *p, struct gauge *g, int64_t now_us)
{
    if (p->kind == PROGRESS_METER)
        show_meter(p, g, now_us);
    else
        show_bar(p, g);
}

static void add_way(struct progress_way *sum, bool *unknown, const struct progress_way *way)
{
    sum->now += way->now;
    sum->total += way->total;
    *unknown = *unknown || way->total == 0;
}

static void show_sum(struct progress *p, int64_t now_us)
{
    struct progress_numbers n = p->past;
    bool down_unknown = p->down_unknown, up_unknown = p->up_unknown;
    struct text line = {0};

    n.transfers = p->transfers;
    n.took_us = now_us - p->begun_us;
    for (const struct gauge *g = p->live; g != NULL; g = g->next) {
        struct progress_numbers one = numbers_of(g);

        add_way(&n.down, &down_unknown, &one.down);
        add_way(&n.up, &up_unknown, &one.up);
        n.live++;
    }
    if (down_unknown)
        n.down.total = 0;
    if (up_unknown)
        n.up.total = 0;
    n.speed = speed_by(&p->speed, &n, now_us);
    progress_line_sum(&line, &n);
    write_line(p, &line);
    text_fini(&line);
}

static void show(struct progress *p, int64_t now_us)
{
    if (p->kind == PROGRESS_SUM)
        show_sum(p, now_us);
    else if (p->live != NULL)
        show_one(p, p->live, now_us);
}

void progress_tick(struct progress *progress, int64_t now_us)
{
    if (progress == NULL)
        return;
    pthread_mutex_lock(&progress->lock);
    if (progress->transfers > 0)
        show(progress, now_us);
    pthread_mutex_unlock(&progress->lock);
}

/* --- transfers ------------------------------------------------------------- */

static void write_head(struct progress *p, const struct gauge *g, int64_t resume_at)
{
    struct text head = {0};

    if (p->kind == PROGRESS_METER && !g->has_head && resume_at > 0)
        text_printf(&head, "** Resuming transfer from byte position %lld\n", (long long)resume_at);
    if (p->kind == PROGRESS_METER && !g->has_head)
        text_append_str(&head, progress_line_meter_head);
    if (p->kind == PROGRESS_SUM && p->transfers == 0)
        text_append_str(&head, progress_line_sum_head);
    write_line(p, &head);
    text_fini(&head);
}

void progress_begin(struct progress *progress, struct gauge *gauge, int64_t resume_at,
                    int64_t now_us)
{
    bool first = !gauge->has_head;

    if (progress == NULL)
        return;
    pthread_mutex_lock(&progress->lock);
    write_head(progress, gauge, resume_at);
    if (progress->transfers == 0)
        progress->begun_us = now_us;
    progress->transfers += first;
    *gauge = (struct gauge){.next = progress->live,
                            .begun_us = now_us,
                            .has_head = true,
                            .speed.window = habits[progress->kind].window};
    progress->live = gauge;
    if (progress->kind == PROGRESS_METER ||
        (progress->kind == PROGRESS_SUM && first && progress->transfers == 1))
        show(progress, now_us);
    pthread_mutex_unlock(&progress->lock);
}

void progress_hop(struct progress *progress, struct gauge *gauge, int64_t now_us)
{
    if (progress == NULL || progress->kind == PROGRESS_SUM)
        return;
    pthread_mutex_lock(&progress->lock);
    if (progress->kind == PROGRESS_METER) {
        show_one(progress, gauge, now_us);
        fputc('\n', progress->out);
    }
    atomic_store(&gauge->up, 0);
    atomic_store(&gauge->up_total, 0);
    if (progress->kind == PROGRESS_METER)
        show_one(progress, gauge, now_us);
    pthread_mutex_unlock(&progress->lock);
}

/* A sum remembers what ended. */
static void bury(struct progress *p, struct gauge *gauge)
{
    struct progress_numbers n = numbers_of(gauge);
    struct gauge **at = &p->live;

    while (*at != gauge)
        at = &(*at)->next;
    *at = gauge->next;
    add_way(&p->past.down, &p->down_unknown, &n.down);
    add_way(&p->past.up, &p->up_unknown, &n.up);
}

/* A bar that could not say how far it was does not do so in the end. */
void progress_end(struct progress *progress, struct gauge *gauge, int64_t now_us)
{
    if (progress == NULL)
        return;
    pthread_mutex_lock(&progress->lock);
    if (progress->kind == PROGRESS_METER || (progress->kind == PROGRESS_BAR && is_known(gauge)))
        show_one(progress, gauge, now_us);
    if (progress->kind != PROGRESS_SUM)
        fputc('\n', progress->out);
    bury(progress, gauge);
    pthread_mutex_unlock(&progress->lock);
}

/* --- the thread ------------------------------------------------------------ */

static void *write_lines(void *arg)
{
    struct progress *p = arg;
    int64_t period_us = habits[p->kind].period_us, next_us = progress_now_us() + period_us;

    pthread_mutex_lock(&p->lock);
    while (!p->ending) {
        struct timespec until = time_of(next_us);

        if (pthread_cond_timedwait(&p->changed, &p->lock, &until) == 0)
            continue;
        if (p->transfers > 0)
            show(p, progress_now_us());
        next_us = progress_now_us() + period_us;
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

void progress_start(struct progress *progress)
{
    if (progress != NULL)
        progress->has_thread = pthread_create(&progress->thread, NULL, write_lines, progress) == 0;
}

static void end_thread(struct progress *p)
{
    if (!p->has_thread)
        return;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
}

void progress_free(struct progress *progress, int64_t now_us)
{
    if (progress == NULL)
        return;
    end_thread(progress);
    if (progress->kind == PROGRESS_SUM && progress->transfers > 0) {
        show_sum(progress, now_us);
        fputc('\n', progress->out);
    }
    pthread_cond_destroy(&progress->changed);
    pthread_mutex_destroy(&progress->lock);
    free(progress);
}
