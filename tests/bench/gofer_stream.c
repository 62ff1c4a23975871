/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Throughput of one large body: every round moves --bytes bytes once in each way
 * (transfer.h), one after the other, so whatever disturbs the machine for longer
 * than a round disturbs all alike. A ratio compares a transfer with its peer of
 * the same round; printed are its median and ends. Processor time is this
 * process's, all threads; the origin is another.
 */
#include "bench.h"
#include "bulk_origin.h"
#include "tls_origin.h"
#include "transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRANSFERS_MAX = 24, ROUNDS_MAX = 100 };

#define MIB (1024.0 * 1024.0)

/* Of one transfer, a value a round. */
struct series {
    double rate[ROUNDS_MAX]; /* MiB a second */
    double cpu[ROUNDS_MAX];  /* milliseconds a GiB */
};

struct stream {
    struct run *run;
    struct forked origin;
    struct forked tls_origin; /* where there is a certificate */
    struct bulk bulk;
    struct series series[TRANSFERS_MAX];
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int find(const char *name)
{
    for (int i = 0; i < transfers_len; i++)
        if (strcmp(transfers[i].name, name) == 0)
            return i;
    return -1;
}

/* Whether the transfer can be made and is asked for, or is the peer of one that is. */
static bool is_wanted(const struct stream *s, const struct transfer *t)
{
    const struct run *run = s->run;
    if (!transfer_is_possible(&s->bulk, t))
        return false;
    int only = run->only != NULL ? find(run->only) : -1;
    if (run->only == NULL || t == &transfers[only])
        return true;
    const char *peer = transfers[only].peer;
    return peer != NULL && strcmp(t->name, peer) == 0;
}

static double cpu_seconds(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

static bool measure(struct stream *s, int which, int round)
{
    struct rusage before, after;
    double bytes = (double)s->run->bytes;
    getrusage(RUSAGE_SELF, &before);
    int64_t begin = now_ns();
    bool done = transfer_move(&s->bulk, &transfers[which], s->run->bytes);
    double seconds = (double)(now_ns() - begin) / 1e9;
    getrusage(RUSAGE_SELF, &after);
    s->series[which].rate[round] = bytes / MIB / seconds;
    s->series[which].cpu[round] =
        (cpu_seconds(&after) - cpu_seconds(&before)) * 1000 / (bytes / MIB / 1024);
    return done;
}

/* Which comes first changes from round to round. Returns what failed, or NULL. */
static const char *go_through(struct stream *s)
{
    for (int round = -1; round < s->run->rounds; round++)
        for (int i = 0; i < transfers_len; i++) {
            int which = (i + round + 1) % transfers_len;
            if (!is_wanted(s, &transfers[which]))
                continue;
            if (!measure(s, which, round < 0 ? 0 : round)) /* the round before the first warms up */
                return transfers[which].name;
        }
    return NULL;
}

static double median(const double *values, int n)
{
    double sorted[ROUNDS_MAX];
    memcpy(sorted, values, (size_t)n * sizeof(double));
    qsort(sorted, (size_t)n, sizeof(double), compare);
    return sorted[n / 2];
}

static void print_ratio(const struct series *a, const struct series *b, int n)
{
    double rate[ROUNDS_MAX], cpu[ROUNDS_MAX];
    for (int i = 0; i < n; i++) {
        rate[i] = a->rate[i] / b->rate[i];
        cpu[i] = a->cpu[i] / b->cpu[i];
    }
    qsort(rate, (size_t)n, sizeof(double), compare);
    printf(" ratio=%.3f ratio_min=%.3f ratio_max=%.3f cpu_ratio=%.3f", rate[n / 2], rate[0],
           rate[n - 1], median(cpu, n));
}

static void print(const struct stream *s)
{
    int n = s->run->rounds;
    for (int i = 0; i < transfers_len; i++) {
        const struct transfer *t = &transfers[i];
        if (!is_wanted(s, t))
            continue;
        printf("mode=%s transfer=%s bytes=%llu rounds=%d mib_s=%.0f cpu_ms_gib=%.0f", s->run->mode,
               t->name, (unsigned long long)s->run->bytes, n, median(s->series[i].rate, n),
               median(s->series[i].cpu, n));
        if (t->peer != NULL) {
            printf(" peer=%s", t->peer);
            print_ratio(&s->series[i], &s->series[find(t->peer)], n);
        }
        putchar('\n');
    }
}

/* With a certificate and its key there is one of TLS too. */
static bool start_origins(struct stream *s)
{
    const struct run *run = s->run;
    if (!bulk_origin_start(&s->origin))
        return false;
    return run->ca == NULL || run->key == NULL ||
           tls_origin_start(&s->tls_origin, run->ca, run->key);
}

int gofer_stream_main(struct run *run)
{
    static struct stream s;
    s.run = run;
    if (run->bytes == 0)
        run->bytes = 1024ull * 1024 * 1024;
    if (run->rounds > ROUNDS_MAX || transfers_len > TRANSFERS_MAX ||
        (run->only != NULL && find(run->only) < 0))
        return run_fail(run, "no such transfer, or too many rounds");
    if (!start_origins(&s))
        return run_fail(run, "no origin");
    const char *failure = "setting up";
    if (bulk_open(&s.bulk, s.origin.port, s.tls_origin.port, run->ca, run->bytes))
        failure = go_through(&s);
    bulk_close(&s.bulk);
    if (s.tls_origin.port > 0)
        forked_stop(&s.tls_origin); /* first: it has a copy of the other's control */
    forked_stop(&s.origin);
    if (failure != NULL)
        return run_fail(run, failure);
    print(&s);
    return 0;
}
