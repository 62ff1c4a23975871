/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * cli/progress and its lines: what is shown when, where the test says what time it
 * is. The lines are those that curl 7.88.1 wrote of the same numbers.
 */
#include "cli/progress.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "cli/progress_line.h"

extern CU_TestInfo progress_tests[];

#define SECOND INT64_C(1000000)

static bool same(struct text *line, const char *wanted)
{
    bool ok = strcmp(text_str(line), wanted) == 0;

    if (!ok)
        fprintf(stderr, "    \"%s\", not \"%s\"\n", text_str(line), wanted);
    text_fini(line);
    return ok;
}

static void the_meter_is_curls(void)
{
    static const struct {
        struct progress_numbers n;
        const char *line;
    } rows[] = {
        {{.took_us = 1},
         "\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0"},
        {{.down = {3000, 6000}, .took_us = 602600, .speed = 4975},
         "\r 50  6000   50  3000    0     0   4978      0  0:00:01 --:--:--  0:00:01  4975"},
        {{.down = {6000, 6000}, .took_us = 1503759, .speed = 3992},
         "\r100  6000  100  6000    0     0   3990      0  0:00:01  0:00:01 --:--:--  3992"},
        {{.down = {5, 100}, .took_us = 1200000, .speed = 4},
         "\r  5   100    5     5    0     0      4      0  0:00:25  0:00:01  0:00:24     4"},
        {{.down = {5000, 0}, .took_us = 1319, .speed = 5000000},
         "\r100  5000    0  5000    0     0  3701k      0 --:--:-- --:--:-- --:--:-- 4882k"},
        {{.down = {3, 3}, .up = {7, 7}, .took_us = 407000, .speed = 24},
         "\r100    10  100     3  100     7      7     17 --:--:-- --:--:-- --:--:--    24"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text line = {0};

        progress_line_meter(&line, &rows[i].n);
        CU_ASSERT(same(&line, rows[i].line));
    }
}

/* In the column of what was received. */
static void large_amounts_keep_to_their_columns(void)
{
    static const struct {
        int64_t bytes;
        const char *text;
    } rows[] = {
        {99999, "99999"},
        {100000, "  97k"},
        {10239999, "9999k"},
        {10240000, " 9.7M"},
        {104857599, "99.9M"},
        {104857600, " 100M"},
        {INT64_C(10485760000), " 9.7G"},
        {INT64_C(1099511627776), "1024G"},
        {INT64_C(10995116277760), "  10T"},
        {INT64_MAX, "8191P"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct progress_numbers n = {.down = {rows[i].bytes, 0}};
        struct text line = {0};

        progress_line_meter(&line, &n);
        CU_ASSERT_EQUAL(strncmp(text_str(&line) + 16, rows[i].text, 5), 0);
        text_fini(&line);
    }
}

static void long_times_keep_to_their_columns(void)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } rows[] = {
        {0, "--:--:--"},
        {59, " 0:00:59"},
        {359999, "99:59:59"},
        {360000, "  4d 04h"},
        {86400 * 999, "999d 00h"},
        {86400 * 1000, "   1000d"},
        {INT64_MAX / SECOND, NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct progress_numbers n = {.took_us = rows[i].seconds * SECOND};
        struct text line = {0};

        progress_line_meter(&line, &n);
        CU_ASSERT_EQUAL(line.len, 79);
        if (rows[i].text != NULL)
            CU_ASSERT_EQUAL(strncmp(text_str(&line) + 56, rows[i].text, 8), 0);
        text_fini(&line);
    }
}

static void the_sum_is_curls(void)
{
    struct progress_numbers n = {.transfers = 2, .live = 2, .took_us = 1};
    struct text line = {0};

    progress_line_sum(&line, &n);
    CU_ASSERT(
        same(&line, "\r--  --      0     0     2     2  --:--:-- --:--:-- --:--:--     0      "));
    n = (struct progress_numbers){.down = {3000, 4000},
                                  .up = {7, 7},
                                  .transfers = 1,
                                  .live = 1,
                                  .took_us = 600000,
                                  .speed = 4966};
    progress_line_sum(&line, &n);
    CU_ASSERT(
        same(&line, "\r 75 100  3000     7     1     1  --:--:-- --:--:-- --:--:--  4966      "));
}

static void the_bar_is_as_wide_as_it_may_be(void)
{
    struct progress_numbers n = {.down = {1, 3}};
    struct text line = {0};

    progress_line_bar(&line, &n, 40, 0, 0);
    CU_ASSERT(same(&line, "\r###########                        33.3%"));
    n.down.now = 3;
    progress_line_bar(&line, &n, 40, 1, 0);
    CU_ASSERT(same(&line, "\r################################# 100.0%"));
    n.down.now = 30; /* more than was said */
    progress_line_bar(&line, &n, 1, 1, 0);
    CU_ASSERT(same(&line, "\r############# 100.0%"));
}

/* As curl 7.88 drew them. */
static void a_bar_of_unknown_length_moves_to_and_fro(void)
{
    struct progress_numbers n = {.down = {1, 0}};
    static const char *const lines[] = {
        "###=-                                  \r", "###O=-                                 \r",
        "# ##O=-                                \r", "###-#O=-                               \r",
        "## #-#O=-                              \r", " ### #=O=-                             \r",
        " ## # #=O=-                            \r", "  ## # #=O=-                           \r",
        "  # # # #=O=-                          \r", "   # # # #=O=-                         \r",
        "   # #  # #=O=-                        \r", "    # #  # -#O=-                       \r",
    };

    for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct text line = {0};

        progress_line_bar(&line, &n, 40, i, i);
        CU_ASSERT(same(&line, lines[i]));
    }
}

/* What it is wide, wherever its parts are. */
static void a_bar_stays_in_its_line(void)
{
    struct progress_numbers n = {.down = {1, 0}};

    for (unsigned columns = 1; columns < 500; columns += 33)
        for (unsigned i = 0; i < 1000; i++) {
            struct text line = {0};

            progress_line_bar(&line, &n, columns, i, i);
            CU_ASSERT_EQUAL(line.len, columns < 20 ? 20 : columns > 400 ? 400 : columns);
            CU_ASSERT_EQUAL(line.data[line.len - 1], '\r');
            CU_ASSERT_PTR_NOT_NULL(strchr(line.data, '#'));
            text_fini(&line);
        }
}

/* --- when ------------------------------------------------------------------ */

struct stage {
    struct progress *progress;
    FILE *out;
    char *text;
    size_t len;
};

static void begin(struct stage *s, enum progress_kind kind)
{
    *s = (struct stage){.text = NULL};
    s->out = open_memstream(&s->text, &s->len);
    s->progress = progress_new_kind(kind, s->out, 40);
}

static void end(struct stage *s, int64_t now_us)
{
    progress_free(s->progress, now_us);
    fclose(s->out);
}

static void expect(struct stage *s, const char *wanted)
{
    struct text got = {0};

    text_append_str(&got, s->text);
    CU_ASSERT(same(&got, wanted));
    free(s->text);
}

#define METER_HEAD                                                                                 \
    "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"            \
    "                                 Dload  Upload   Total   Spent    Left  Speed\n"
#define METER_ZERO                                                                                 \
    "\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0"

/* The speed is that of the last five seconds: it falls while nothing comes. */
static void a_transfer_has_a_first_line_and_a_last(void)
{
    struct stage s;
    struct gauge g = {.down = 0};

    begin(&s, PROGRESS_METER);
    progress_tick(s.progress, 0);
    progress_begin(s.progress, &g, 0, SECOND);
    atomic_store(&g.down_total, 100);
    atomic_store(&g.down, 50);
    progress_tick(s.progress, 2 * SECOND);
    progress_tick(s.progress, 6 * SECOND);
    atomic_store(&g.down, 100);
    progress_end(s.progress, &g, 11 * SECOND);
    end(&s, 12 * SECOND);
    expect(&s, METER_HEAD METER_ZERO
           "\r 50   100   50    50    0     0     50      0  0:00:02  0:00:01  0:00:01    50"
           "\r 50   100   50    50    0     0     10      0  0:00:10  0:00:05  0:00:05    10"
           "\r100   100  100   100    0     0     10      0  0:00:10  0:00:10 --:--:--    10\n");
}

/* It begins anew, below the first one. */
static void another_attempt_has_no_other_head(void)
{
    struct stage s;
    struct gauge g = {.down = 0};

    begin(&s, PROGRESS_METER);
    progress_begin(s.progress, &g, 7, 0);
    atomic_store(&g.down, 50);
    progress_end(s.progress, &g, 0);
    progress_begin(s.progress, &g, 7, 0);
    progress_end(s.progress, &g, 0);
    end(&s, 0);
    expect(&s, "** Resuming transfer from byte position 7\n" METER_HEAD METER_ZERO
               "\r100    50    0    50    0     0      0      0 --:--:-- --:--:-- --:--:--     "
               "0\n" METER_ZERO METER_ZERO "\n");
}

/* As curl's: a line for each request. */
static void a_redirect_begins_another_line(void)
{
    struct stage s;
    struct gauge g = {.down = 0};

    begin(&s, PROGRESS_METER);
    progress_begin(s.progress, &g, 0, 0);
    atomic_store(&g.up, 7);
    atomic_store(&g.up_total, 7);
    progress_hop(s.progress, &g, 0);
    progress_end(s.progress, &g, 0);
    end(&s, 0);
    expect(&s, METER_HEAD METER_ZERO
           "\r100     7    0     0  100     7      0      0 --:--:-- --:--:-- --:--:--     "
           "0\n" METER_ZERO METER_ZERO "\n");
}

static void a_sum_counts_what_ended_too(void)
{
    struct stage s;
    struct gauge a = {.down = 0}, b = {.down = 0};

    begin(&s, PROGRESS_SUM);
    progress_begin(s.progress, &a, 0, 0);
    progress_begin(s.progress, &b, 0, 0);
    atomic_store(&a.down_total, 60);
    atomic_store(&a.down, 60);
    atomic_store(&b.down_total, 40);
    progress_end(s.progress, &a, SECOND);
    progress_tick(s.progress, SECOND);
    atomic_store(&b.down, 40);
    progress_end(s.progress, &b, 2 * SECOND);
    end(&s, 2 * SECOND);
    expect(&s, "DL% UL%  Dled  Uled  Xfers  Live Total     Current  Left    Speed\n"
               "\r--  --      0     0     1     1  --:--:-- --:--:-- --:--:--     0      "
               "\r 60 --     60     0     2     1   0:00:01  0:00:01 --:--:--    60      "
               "\r100 --    100     0     2     0   0:00:02  0:00:02 --:--:--    50      \n");
}

static void a_bar_shows_nothing_that_it_does_not_know(void)
{
    struct stage s;
    struct gauge g = {.down = 0};

    begin(&s, PROGRESS_BAR);
    progress_begin(s.progress, &g, 0, 0);
    progress_end(s.progress, &g, SECOND);
    progress_begin(s.progress, &g, 0, 0);
    atomic_store(&g.down_total, 2);
    atomic_store(&g.down, 1);
    progress_end(s.progress, &g, SECOND);
    end(&s, SECOND);
    expect(&s, "\n\r################                   50.0%\n");
}

static void without_progress_nothing_happens(void)
{
    struct global global;
    struct gauge g = {.down = 3};

    global_init(&global);
    global.silent = true;
    CU_ASSERT_PTR_NULL(progress_new(&global, stderr));
    global_fini(&global);
    progress_begin(NULL, &g, 0, 0);
    progress_tick(NULL, 0);
    progress_end(NULL, &g, 0);
    progress_free(NULL, 0);
    CU_ASSERT_EQUAL(atomic_load(&g.down), 3);
}

CU_TestInfo progress_tests[] = {
    {"the meter is curl's", the_meter_is_curls},
    {"large amounts keep to their columns", large_amounts_keep_to_their_columns},
    {"long times keep to their columns", long_times_keep_to_their_columns},
    {"the sum is curl's", the_sum_is_curls},
    {"the bar is as wide as it may be", the_bar_is_as_wide_as_it_may_be},
    {"a bar of unknown length moves to and fro", a_bar_of_unknown_length_moves_to_and_fro},
    {"a transfer has a first line and a last", a_transfer_has_a_first_line_and_a_last},
    {"another attempt has no other head", another_attempt_has_no_other_head},
    {"a redirect begins another line", a_redirect_begins_another_line},
    {"a sum counts what ended, too", a_sum_counts_what_ended_too},
    {"a bar stays in its line", a_bar_stays_in_its_line},
    {"a bar shows nothing that it does not know", a_bar_shows_nothing_that_it_does_not_know},
    {"without progress nothing happens", without_progress_nothing_happens},
    CU_TEST_INFO_NULL,
};
