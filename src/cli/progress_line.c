/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Progress in a line; see progress_line.h.
 */
#include "cli/progress_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/speed.h"

const char progress_line_meter_head[] =
    "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
    "                                 Dload  Upload   Total   Spent    Left  Speed\n";

const char progress_line_sum_head[] =
    "DL% UL%  Dled  Uled  Xfers  Live Total     Current  Left    Speed\n";

enum { AMOUNT_BYTES = 24, TIME_BYTES = 24, PERCENT_BYTES = 24 };

/* --- fields ---------------------------------------------------------------- */

/* In five columns: bytes, or a number of a unit, with a decimal where there is room. */
static const char *amount(char *out, int64_t bytes)
{
    static const char units[] = "kMGTP";
    int64_t n = bytes, before = bytes;
    size_t unit = 0;

    if (bytes < 100000) {
        snprintf(out, AMOUNT_BYTES, "%5" PRId64, bytes);
        return out;
    }
    n /= 1024;
    while (n >= 10000 && units[unit + 1] != '\0') {
        before = n;
        n /= 1024;
        unit++;
    }
    if ((units[unit] == 'M' || units[unit] == 'G') && n < 100)
        snprintf(out, AMOUNT_BYTES, "%2" PRId64 ".%d%c", n, (int)(before % 1024 * 10 / 1024),
                 units[unit]);
    else
        snprintf(out, AMOUNT_BYTES, "%4" PRId64 "%c", n, units[unit]);
    return out;
}

/* In eight columns. */
static const char *duration(char *out, int64_t seconds)
{
    int64_t hours = seconds / 3600, days = seconds / 86400;

    if (seconds <= 0)
        snprintf(out, TIME_BYTES, "--:--:--");
    else if (hours <= 99)
        snprintf(out, TIME_BYTES, "%2d:%02d:%02d", (int)hours, (int)(seconds / 60 % 60),
                 (int)(seconds % 60));
    else if (days <= 999)
        snprintf(out, TIME_BYTES, "%3dd %02dh", (int)days, (int)(hours % 24));
    else
        snprintf(out, TIME_BYTES, "%7" PRId64 "d", days < 9999999 ? days : 9999999);
    return out;
}

static int64_t percent(const struct progress_way *way)
{
    return way->total > 0 ? (int64_t)(100.0 * (double)way->now / (double)way->total) : 0;
}

/* How many seconds all of it takes at this speed; 0: nobody knows. */
static int64_t estimate(const struct progress_way *way, int64_t took_us)
{
    int64_t speed = speed_of(way->now, took_us);

    return way->total > 0 && speed > 0 ? way->total / speed : 0;
}

/* --- the meter ------------------------------------------------------------- */

/* What is known to come in both directions, of one that is unknown what came. */
static struct progress_way both(const struct progress_numbers *n)
{
    return (struct progress_way){
        .now = n->down.now + n->up.now,
        .total = (n->down.total > 0 ? n->down.total : n->down.now) +
                 (n->up.total > 0 ? n->up.total : n->up.now),
    };
}

void progress_line_meter(struct text *out, const struct progress_numbers *n)
{
    struct progress_way all = both(n);
    int64_t down_s = estimate(&n->down, n->took_us), up_s = estimate(&n->up, n->took_us);
    int64_t total_s = down_s > up_s ? down_s : up_s, spent_s = n->took_us / 1000000;
    char a[5][AMOUNT_BYTES], t[3][TIME_BYTES], speed[AMOUNT_BYTES];

    text_printf(out, "\r%3" PRId64 " %s  %3" PRId64 " %s  %3" PRId64 " %s  %s  %s %s %s %s %s",
                percent(&all), amount(a[0], all.total), percent(&n->down),
                amount(a[1], n->down.now), percent(&n->up), amount(a[2], n->up.now),
                amount(a[3], speed_of(n->down.now, n->took_us)),
                amount(a[4], speed_of(n->up.now, n->took_us)), duration(t[0], total_s),
                duration(t[1], spent_s), duration(t[2], total_s > 0 ? total_s - spent_s : 0),
                amount(speed, n->speed));
}

/* --- the sum --------------------------------------------------------------- */

static const char *percent_text(char *out, const struct progress_way *way)
{
    if (way->total > 0)
        snprintf(out, PERCENT_BYTES, "%3" PRId64, percent(way));
    else
        snprintf(out, PERCENT_BYTES, "-- ");
    return out;
}

void progress_line_sum(struct text *out, const struct progress_numbers *n)
{
    int64_t spent_s = n->took_us / 1000000;
    int64_t total_s = n->down.total > 0 && n->speed > 0 ? n->down.total / n->speed : 0;
    char p[2][PERCENT_BYTES], a[3][AMOUNT_BYTES], t[3][TIME_BYTES];

    text_printf(out, "\r%s %s %s %s %5u %5u  %s %s %s %s      ", percent_text(p[0], &n->down),
                percent_text(p[1], &n->up), amount(a[0], n->down.now), amount(a[1], n->up.now),
                n->transfers, n->live, duration(t[0], total_s), duration(t[1], spent_s),
                duration(t[2], total_s > 0 ? total_s - spent_s : 0), amount(a[2], n->speed));
}

/* --- the bar --------------------------------------------------------------- */

/* " 100.0%" */
enum { TAIL_COLUMNS = 7, COLUMNS_MIN = 20, COLUMNS_MAX = 400 };

/* 0 to 1000000 and back in 200 steps: half a million times 1 + sin, with pi as short as curl has
 * it.
 */
static unsigned swing(unsigned step)
{
    static const double sin_step = 0.0314098330, cos_step = 0.9995065895; /* of 2 * 3.1415 / 200 */
    double x = 1, y = 0;

    for (unsigned i = 0; i <= step % 200; i++) {
        double turned = x * cos_step - y * sin_step;

        y = x * sin_step + y * cos_step;
        x = turned;
    }
    return (unsigned)(500000 + 500000 * y);
}

/* Of a way to and fro between 0 and room; at 0 it stays for two moves. */
static unsigned place(unsigned moves, unsigned room)
{
    unsigned at = moves % (2 * room + 1);

    return at <= room ? at : 2 * room - at;
}

/* curl's: what moves by each step that brought bytes, and four that swing with each step. */
static void append_runner(struct text *out, unsigned columns, unsigned step, unsigned moves)
{
    static const char runner[] = "-=O=-";
    char line[COLUMNS_MAX];

    memset(line, ' ', sizeof line);
    memcpy(line + place(moves, columns - 6), runner, sizeof runner - 1);
    for (unsigned behind = 0; behind < 20; behind += 5)
        line[swing(150 + 2 * step + behind) / (1000000 / (columns - 2))] = '#';
    text_append(out, line, columns - 1);
    text_append_str(out, "\r");
}

void progress_line_bar(struct text *out, const struct progress_numbers *n, unsigned columns,
                       unsigned step, unsigned moves)
{
    struct progress_way all = both(n);
    char hashes[COLUMNS_MAX];
    double part;
    int width;

    columns = columns < COLUMNS_MIN ? COLUMNS_MIN : columns > COLUMNS_MAX ? COLUMNS_MAX : columns;
    if (n->down.total == 0 && n->up.total == 0) {
        append_runner(out, columns, step, moves);
        return;
    }
    width = (int)columns - TAIL_COLUMNS;
    part = all.total > 0 ? (double)all.now / (double)all.total : 0;
    part = part > 1 ? 1 : part;
    memset(hashes, '#', sizeof hashes);
    text_printf(out, "\r%-*.*s %5.1f%%", width, (int)(part * width), hashes, part * 100);
}
