/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Prometheus's text format (version 0.0.4): the counters are tables, a row a line.
 * A family is written in one piece: HELP, TYPE, then its samples.
 */
#include <gofer/metrics.h>

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "client/core.h"
#include "client/meter.h"

struct row {
    const char *name;
    const char *help;
    bool counter; /* else a gauge */
    size_t member;
};

#define COUNTER(type, name, member, help)                                                          \
    {                                                                                              \
        name, help, true, offsetof(type, member)                                                   \
    }
#define GAUGE(type, name, member, help)                                                            \
    {                                                                                              \
        name, help, false, offsetof(type, member)                                                  \
    }

static const struct row client_rows[] = {
    COUNTER(gofer_stats, "gofer_conns_opened_total", conns_opened, "Connections made."),
    COUNTER(gofer_stats, "gofer_conns_reused_total", conns_reused,
            "Requests sent on a connection that had served another."),
    COUNTER(gofer_stats, "gofer_conns_late_bound_total", conns_late_bound,
            "Calls that took a freed connection while their own dial ran."),
    GAUGE(gofer_stats, "gofer_conns_idle", conns_idle, "Idle connections."),
    GAUGE(gofer_stats, "gofer_conns_in_use", conns_in_use, "Connections that serve a call."),
    GAUGE(gofer_stats, "gofer_conns_dialing", conns_dialing, "Dials in progress."),
    GAUGE(gofer_stats, "gofer_calls_active", calls_active, "Calls submitted and not finished."),
    GAUGE(gofer_stats, "gofer_calls_waiting", calls_waiting, "Calls that wait for a connection."),
    COUNTER(gofer_stats, "gofer_calls_done_total", calls_done, "Calls finished with a response."),
    COUNTER(gofer_stats, "gofer_calls_failed_total", calls_failed, "Calls finished with an error."),
    COUNTER(gofer_stats, "gofer_calls_retried_total", calls_retried,
            "Requests sent once more because a reused connection turned out dead."),
    COUNTER(gofer_stats, "gofer_retries_total", retries, "Attempts made again by the policy."),
    COUNTER(gofer_stats, "gofer_retries_denied_total", retries_denied,
            "Attempts that the retry budget did not allow."),
    COUNTER(gofer_stats, "gofer_origin_bans_total", origin_bans,
            "How often an origin lost keep-alive for sending bytes that nobody asked for."),
};

static const struct row closed_rows[] = {
    COUNTER(gofer_stats, "spent", closed_spent, ""),
    COUNTER(gofer_stats, "talking", closed_talking, ""),
    COUNTER(gofer_stats, "stale", closed_stale, ""),
    COUNTER(gofer_stats, "expired", closed_expired, ""),
    COUNTER(gofer_stats, "old", closed_old, ""),
    COUNTER(gofer_stats, "limit", closed_limit, ""),
    COUNTER(gofer_stats, "asked", closed_asked, ""),
};

static const struct row origin_rows[] = {
    COUNTER(gofer_origin_stats, "gofer_origin_conns_opened_total", conns_opened,
            "Connections made to the origin, for as long as it is known."),
    COUNTER(gofer_origin_stats, "gofer_origin_conns_reused_total", conns_reused,
            "Requests sent to the origin on a connection that had served another."),
    COUNTER(gofer_origin_stats, "gofer_origin_calls_retried_total", calls_retried,
            "Requests sent to the origin once more."),
    GAUGE(gofer_origin_stats, "gofer_origin_conns_idle", conns_idle, "Idle connections."),
    GAUGE(gofer_origin_stats, "gofer_origin_conns_in_use", conns_in_use,
          "Connections that serve a call."),
    GAUGE(gofer_origin_stats, "gofer_origin_conns_dialing", conns_dialing, "Dials in progress."),
    GAUGE(gofer_origin_stats, "gofer_origin_calls_waiting", calls_waiting,
          "Calls that wait for a connection."),
};

#define LENGTH(rows) (sizeof(rows) / sizeof *(rows))

static uint64_t value_of(const void *stats, const struct row *row)
{
    return *(const uint64_t *)(const void *)((const char *)stats + row->member);
}

/* --- pieces of a line --- */

static void write_family(struct buf *out, const char *name, const char *help, const char *type)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_escaped(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            buf_append_str(out, "\\n");
        else if (*text == '"' || *text == '\\')
            buf_printf(out, "\\%c", *text);
        else
            buf_append_char(out, *text);
    }
}

/* The client's label and another one, each where it has a value. */
static void write_labels(struct buf *out, const char *client, const char *label, const char *value)
{
    const char *before = "{";
    if (client != NULL) {
        buf_printf(out, "%sclient=\"", before);
        write_escaped(out, client);
        buf_append_char(out, '"');
        before = ",";
    }
    if (value != NULL) {
        buf_printf(out, "%s%s=\"", before, label);
        write_escaped(out, value);
        buf_append_char(out, '"');
    }
    if (client != NULL || value != NULL)
        buf_append_char(out, '}');
}

static void write_sample(struct buf *out, const char *name, const char *client, const char *label,
                         const char *label_value, uint64_t value)
{
    buf_append_str(out, name);
    write_labels(out, client, label, label_value);
    buf_printf(out, " %" PRIu64 "\n", value);
}

/* --- the parts --- */

static void write_client(struct buf *out, const gofer_stats *stats, const char *client)
{
    static const char closed[] = "gofer_conns_closed_total";
    for (size_t i = 0; i < LENGTH(client_rows); i++) {
        const struct row *row = &client_rows[i];
        write_family(out, row->name, row->help, row->counter ? "counter" : "gauge");
        write_sample(out, row->name, client, NULL, NULL, value_of(stats, row));
    }
    write_family(out, closed, "Connections closed, by cause.", "counter");
    for (size_t i = 0; i < LENGTH(closed_rows); i++)
        write_sample(out, closed, client, "cause", closed_rows[i].name,
                     value_of(stats, &closed_rows[i]));
}

static void write_origins(struct buf *out, const gofer_origin_stats *origins, size_t n,
                          const char *client)
{
    for (size_t i = 0; n > 0 && i < LENGTH(origin_rows); i++) {
        const struct row *row = &origin_rows[i];
        write_family(out, row->name, row->help, row->counter ? "counter" : "gauge");
        for (size_t j = 0; j < n; j++)
            write_sample(out, row->name, client, "origin", origins[j].origin,
                         value_of(&origins[j], row));
    }
}

/* One bucket's line: those up to its bound. */
static void write_bucket(struct buf *out, const char *client, const char *phase, size_t bucket,
                         uint64_t count)
{
    int64_t us = gofer_latency_bound_us(bucket);
    char bound[32] = "+Inf";
    if (us >= 0)
        snprintf(bound, sizeof(bound), "%" PRId64 ".%06" PRId64, us / 1000000, us % 1000000);
    buf_append_str(out, "gofer_call_phase_seconds_bucket{");
    if (client != NULL) {
        buf_append_str(out, "client=\"");
        write_escaped(out, client);
        buf_append_str(out, "\",");
    }
    buf_printf(out, "phase=\"%s\",le=\"%s\"} %" PRIu64 "\n", phase, bound, count);
}

static void write_histogram(struct buf *out, const gofer_latency *l, const char *client,
                            const char *phase)
{
    uint64_t below = 0;
    for (size_t i = 0; i < GOFER_LATENCY_BUCKETS; i++) {
        below += l->buckets[i];
        write_bucket(out, client, phase, i, below);
    }
    buf_append_str(out, "gofer_call_phase_seconds_sum");
    write_labels(out, client, "phase", phase);
    buf_printf(out, " %" PRIu64 ".%06" PRIu64 "\n", l->sum_us / 1000000, l->sum_us % 1000000);
    write_sample(out, "gofer_call_phase_seconds_count", client, "phase", phase, l->count);
}

static void write_meter(struct buf *out, const struct meter *meter, const char *client)
{
    if (meter == NULL)
        return;
    write_family(out, "gofer_call_phase_seconds", "How long the phases of finished calls took.",
                 "histogram");
    for (int i = 0; i < METER_PHASES; i++) {
        gofer_latency latency;
        meter_read(meter, (gofer_timed)i, &latency);
        write_histogram(out, &latency, client, meter_phase_name((gofer_timed)i));
    }
}

/* All origins that there are now; *n of them. NULL where there are none, or no memory. */
static gofer_origin_stats *read_origins(struct core *core, size_t *n)
{
    *n = core_read_origins(core, NULL, 0, sizeof(gofer_origin_stats));
    gofer_origin_stats *origins = *n > 0 ? mem_zalloc_array(*n, sizeof(*origins)) : NULL;
    if (origins == NULL) {
        *n = 0;
        return NULL;
    }
    size_t room = *n;
    *n = core_read_origins(core, origins, room, sizeof(*origins));
    *n = *n < room ? *n : room;
    return origins;
}

static void write_all(struct buf *out, struct core *core, const char *client)
{
    gofer_stats stats;
    size_t n;
    gofer_origin_stats *origins = read_origins(core, &n);
    core_read_stats(core, &stats);
    write_client(out, &stats, client);
    write_origins(out, origins, n, client);
    write_meter(out, core->meter, client);
    mem_free(origins);
}

/* --- public --- */

gofer_status gofer_client_stats_prometheus(gofer_client *client, const char *name,
                                           int (*fn)(void *arg, const void *data, size_t len),
                                           void *arg)
{
    struct core *core = (struct core *)(void *)client;
    struct buf out = BUF_INIT;
    if (client == NULL || fn == NULL)
        return GOFER_ERR_INVALID;
    gofer_status status = core_enter(core);
    if (status != GOFER_OK)
        return status;
    write_all(&out, core, name);
    core_leave(core);
    if (buf_failed(&out))
        status = GOFER_ERR_NOMEM;
    else if (fn(arg, out.data, out.len) != 0)
        status = GOFER_ERR_CANCELED;
    buf_fini(&out);
    return status;
}

bool gofer_client_latency(gofer_client *client, gofer_timed phase, gofer_latency *latency)
{
    struct core *core = (struct core *)(void *)client;
    if (latency == NULL)
        return false;
    *latency = (gofer_latency){0};
    if (client == NULL || (unsigned)phase >= METER_PHASES || core_enter(core) != GOFER_OK)
        return false;
    bool measures = core->meter != NULL;
    if (measures)
        meter_read(core->meter, phase, latency);
    core_leave(core);
    return measures;
}
