/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Histograms, and the text that Prometheus reads: judged by a parser of its own,
 * line by line, and by promtool where that is installed.
 */
#include <CUnit/CUnit.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo metrics_tests[];

enum { TEXT_MAX = 256 * 1024, NAMES_MAX = 64, NAME_BYTES = 96 };

static const struct route hello[] = {{.reply = REPLY_HELLO}};
static char text[TEXT_MAX];

static int keep(void *arg, const void *data, size_t len)
{
    size_t *at = arg;

    REQUIRE(*at + len < sizeof text);
    memcpy(text + *at, data, len);
    *at += len;
    text[*at] = '\0';
    return 0;
}

static const char *scrape(gofer_client *client, const char *name)
{
    size_t len = 0;

    text[0] = '\0';
    EXPECT_STATUS(gofer_client_stats_prometheus(client, name, keep, &len), GOFER_OK);
    EXPECT_INT(strlen(text), len);
    return text;
}

/* --- the parser --- */

struct reader {
    const char *at; /* in the text */
    char families[NAMES_MAX][NAME_BYTES];
    int families_len;
    char type[NAME_BYTES];
    char series[NAME_BYTES * 4]; /* the last sample's name and labels */
    unsigned samples;
    double below; /* the last bucket's count */
};

static bool is_name_char(char c, bool first)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

    return letter || (!first && c >= '0' && c <= '9');
}

static bool take(struct reader *r, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(r->at, word, len) != 0)
        return false;
    r->at += len;
    return true;
}

static size_t take_name(struct reader *r, char *name)
{
    size_t len = 0;

    while (len < NAME_BYTES - 1 && is_name_char(r->at[len], len == 0))
        len++;
    memcpy(name, r->at, len);
    name[len] = '\0';
    r->at += len;
    return len;
}

/* A family may be told of once only. */
static bool begin_family(struct reader *r)
{
    char name[NAME_BYTES];

    if (take_name(r, name) == 0 || !take(r, " ") || r->families_len == NAMES_MAX)
        return false;
    for (int i = 0; i < r->families_len; i++)
        if (strcmp(r->families[i], name) == 0)
            return false;
    strcpy(r->families[r->families_len++], name);
    r->at += strcspn(r->at, "\n");
    return true;
}

static bool take_type(struct reader *r)
{
    char name[NAME_BYTES];

    return take_name(r, name) > 0 && strcmp(name, r->families[r->families_len - 1]) == 0 &&
           take(r, " ") && take_name(r, r->type) > 0 &&
           (strcmp(r->type, "counter") == 0 || strcmp(r->type, "gauge") == 0 ||
            strcmp(r->type, "histogram") == 0);
}

/* name="value", where value has no quote, backslash or newline that is not escaped. */
static bool take_label(struct reader *r, char *bound)
{
    char name[NAME_BYTES];
    const char *from;

    if (take_name(r, name) == 0 || !take(r, "=\""))
        return false;
    from = r->at;
    while (*r->at != '"') {
        if (*r->at == '\0' || *r->at == '\n')
            return false;
        if (*r->at == '\\' && strchr("\\\"n", r->at[1]) == NULL)
            return false;
        r->at += *r->at == '\\' ? 2 : 1;
    }
    if (strcmp(name, "le") == 0)
        snprintf(bound, NAME_BYTES, "%.*s", (int)(r->at - from), from);
    return take(r, "\"");
}

static bool take_labels(struct reader *r, char *bound)
{
    if (!take(r, "{"))
        return true;
    do {
        if (!take_label(r, bound))
            return false;
    } while (take(r, ","));
    return take(r, "}");
}

/* A name is its family's, or for a histogram that with one of three endings. */
static bool belongs(const struct reader *r, const char *name)
{
    const char *family = r->families[r->families_len - 1];
    size_t len = strlen(family);

    if (strcmp(r->type, "histogram") != 0)
        return strcmp(name, family) == 0;
    return strncmp(name, family, len) == 0 &&
           (strcmp(name + len, "_bucket") == 0 || strcmp(name + len, "_sum") == 0 ||
            strcmp(name + len, "_count") == 0);
}

/* Buckets never fall, and the last is the count. */
static bool is_in_order(struct reader *r, const char *name, const char *bound, double value)
{
    const char *ending = strrchr(name, '_');

    if (strcmp(r->type, "histogram") != 0)
        return true;
    if (strcmp(ending, "_count") == 0)
        return value == r->below;
    if (strcmp(ending, "_sum") == 0)
        return value >= 0;
    if (strcmp(bound, "0.000050") == 0)
        r->below = 0;
    bool rises = value >= r->below;
    r->below = value;
    return rises && bound[0] != '\0';
}

static bool take_sample(struct reader *r)
{
    const char *from = r->at;
    char name[NAME_BYTES], bound[NAME_BYTES] = "", *end;

    if (take_name(r, name) == 0 || r->families_len == 0 || !belongs(r, name) ||
        !take_labels(r, bound))
        return false;
    size_t len = (size_t)(r->at - from);
    if (len >= sizeof r->series || (strncmp(r->series, from, len) == 0 && r->series[len] == '\0'))
        return false; /* the same series twice */
    memcpy(r->series, from, len);
    r->series[len] = '\0';
    if (!take(r, " "))
        return false;
    double value = strtod(r->at, &end);
    if (end == r->at || value < 0)
        return false;
    r->at = end;
    r->samples++;
    return is_in_order(r, name, bound, value);
}

static bool take_line(struct reader *r)
{
    if (take(r, "# HELP "))
        return begin_family(r);
    if (take(r, "# TYPE "))
        return take_type(r);
    return take_sample(r);
}

/* Parses the text; how many samples it has, 0 where it is not right: *wrong is the line then. */
static unsigned try_parse(const char *from, const char **wrong)
{
    static struct reader r;

    r = (struct reader){.at = from};
    while (*r.at != '\0') {
        const char *line = r.at;
        if (!take_line(&r) || !take(&r, "\n")) {
            *wrong = line;
            return 0;
        }
    }
    return r.samples;
}

static unsigned parse(const char *from)
{
    const char *wrong = "";
    unsigned samples = try_parse(from, &wrong);

    if (samples == 0)
        printf("\n    not right: %.*s", (int)strcspn(wrong, "\n"), wrong);
    return samples;
}

static void a_parser_that_is_strict(void)
{
    static const char *const wrong[] = {
        "a 1\n",
        "# HELP a x\n# TYPE a counter\na 1",
        "# HELP a x\n# TYPE a counter\nb 1\n",
        "# HELP a x\n# TYPE b counter\na 1\n",
        "# HELP a x\n# TYPE a odd\na 1\n",
        "# HELP a x\n# TYPE a counter\na{b=\"c} 1\n",
        "# HELP a x\n# TYPE a counter\na{b=\"\\c\"} 1\n",
        "# HELP a x\n# TYPE a counter\na 1\na 2\n",
        "# HELP a x\n# TYPE a counter\na 1\n# HELP a x\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"0.000050\"} 2\na_bucket{le=\"+Inf\"} 1\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n",
    };

    const char *at;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        EXPECT_INT(try_parse(wrong[i], &at), 0);
    EXPECT_INT(parse("# HELP a x\n# TYPE a counter\na{b=\"\\\"\",c=\"d\"} 1\na 2.5\n"), 2);
}

/* --- the text --- */

static void expect_line(const char *from, const char *line)
{
    EXPECT_HOLDS(from, line);
}

static void counters_are_written_as_they_are(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    char line[256];

    for (int i = 0; i < 3; i++)
        rig_get(client, origin, "/");
    EXPECT_AT_LEAST(parse(scrape(client, NULL)), 20);
    expect_line(text, "\ngofer_conns_opened_total 1\n");
    expect_line(text, "\ngofer_conns_reused_total 2\n");
    expect_line(text, "\ngofer_calls_done_total 3\n");
    expect_line(text, "\ngofer_conns_idle 1\n");
    expect_line(text, "\ngofer_conns_closed_total{cause=\"stale\"} 0\n");
    snprintf(line, sizeof line,
             "\ngofer_origin_conns_reused_total{origin=\"%s://127.0.0.1:%u\"} 2\n", rig_scheme(),
             origin_port(origin));
    expect_line(text, line);
    EXPECT_LACKS(text, "gofer_call_phase_seconds"); /* nothing was measured */
}

static void a_clients_name_is_escaped(void)
{
    gofer_client *client = rig_client(&(gofer_client_options){.measure = true});

    EXPECT_AT_LEAST(parse(scrape(client, "a\"b\\c\nd")), 100);
    expect_line(text, "\ngofer_calls_done_total{client=\"a\\\"b\\\\c\\nd\"} 0\n");
    expect_line(text, "{client=\"a\\\"b\\\\c\\nd\",cause=\"old\"} 0\n");
    expect_line(text, "{client=\"a\\\"b\\\\c\\nd\",phase=\"wait\",le=\"+Inf\"} 0\n");
}

static void histograms_count_each_calls_phases(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.measure = true});
    gofer_latency latency;

    for (int i = 0; i < 4; i++)
        rig_get(client, origin, "/");
    EXPECT_AT_LEAST(parse(scrape(client, NULL)), 200);
    expect_line(text, "\ngofer_call_phase_seconds_count{phase=\"total\"} 4\n");
    expect_line(text, "\ngofer_call_phase_seconds_count{phase=\"connect\"} 1\n");
    REQUIRE(gofer_client_latency(client, GOFER_TIMED_WAIT, &latency));
    EXPECT_INT(latency.count, 4);
    EXPECT(!gofer_client_latency(client, (gofer_timed)99, &latency));
    EXPECT(!gofer_client_latency(rig_client(NULL), GOFER_TIMED_WAIT, &latency));
    EXPECT_INT(latency.count, 0);
}

static int stop(void *arg, const void *data, size_t len)
{
    (void)arg, (void)data, (void)len;
    return 1;
}

static void whoever_writes_may_stop(void)
{
    gofer_client *client = rig_client(NULL);

    EXPECT_STATUS(gofer_client_stats_prometheus(client, NULL, stop, NULL), GOFER_ERR_CANCELED);
    EXPECT_STATUS(gofer_client_stats_prometheus(NULL, NULL, stop, NULL), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_client_stats_prometheus(client, NULL, NULL, NULL), GOFER_ERR_INVALID);
}

static void promtool_takes_it(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.measure = true});
    FILE *judge;

    if (system("command -v promtool >/dev/null 2>&1") != 0) {
        printf("(no promtool: skipped) ");
        return;
    }
    rig_get(client, origin, "/");
    judge = popen("promtool check metrics", "w");
    REQUIRE(judge != NULL);
    fputs(scrape(client, "a\"b\\c\nd"), judge);
    EXPECT_INT(pclose(judge), 0);
}

CU_TestInfo metrics_tests[] = {
    {"the parser is strict", a_parser_that_is_strict},
    {"counters are written as they are", counters_are_written_as_they_are},
    {"a client's name is escaped", a_clients_name_is_escaped},
    {"histograms count each call's phases", histograms_count_each_calls_phases},
    {"whoever writes may stop", whoever_writes_may_stop},
    {"promtool takes it", promtool_takes_it},
    CU_TEST_INFO_NULL};
