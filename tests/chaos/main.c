/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Chaos: see README.md.
 *
 *     chaos [--seconds N | --calls N] [--seed S]
 *
 * Exits with 0 where every call ended in its time, with its own answer or an error
 * that was to be expected, and nothing was left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chaos/caller.h"
#include "chaos/gauge.h"
#include "chaos/phases.h"
#include "support/certs.h"
#include "support/gate.h"
#include "support/heap.h"

enum { LEGS = 6, DEFAULT_SECONDS = 60, IDS_A_SECOND = 50000, IDS_MORE = 100000 };

struct settings {
    uint64_t seconds, calls, seed;
};

static struct storm storm;
static struct caller callers[CALLERS];

/* --- the client, some of whose options are the seed's --- */

static gofer_client *new_client(struct storm *of)
{
    static const int64_t limits[] = {0, 8, 40}, ages[] = {0, 300, 5000};
    struct dice dice = dice_of(of->seed, CALLERS + 2);
    gofer_tls_options tls = storm_tls();
    gofer_client_options options = {.workers = 1 + (int)dice_roll(&dice, 4),
                                    .max_conns_per_host = limits[dice_roll(&dice, 3)],
                                    .conn_max_age_ms = ages[dice_roll(&dice, 3)],
                                    .idle_conn_timeout_ms = 200,
                                    .max_response_header_bytes = 16 * 1024,
                                    .max_body_bytes = 4 << 20,
                                    .expect_continue_timeout_ms = 50,
                                    .connect_timeout_ms = STORM_DIAL_MS,
                                    .tls_handshake_timeout_ms = STORM_DIAL_MS,
                                    .dns_cache_max_ttl_ms = 50,
                                    .dns_servers = dns_server_address(of->dns),
                                    .retry_delay_ms = 1,
                                    .retry_max_delay_ms = 2,
                                    .disable_proxy_env = true,
                                    .measure = true,
                                    .tls = &tls,
                                    .proxy_tls = &tls};

    printf("chaos: seed %llu, %d workers, at most %lld connections a host, %lld ms old\n",
           (unsigned long long)of->seed, options.workers, (long long)options.max_conns_per_host,
           (long long)options.conn_max_age_ms);
    return gofer_client_new(&options);
}

/* A thread that is lent for as long as the client lives. */
static void *lend_for_good(void *arg)
{
    gofer_worker_run(arg);
    return NULL;
}

/* --- legs --- */

static void run_leg(const struct settings *settings)
{
    storm.stops_by_time = settings->calls == 0;
    storm.left = (int64_t)(settings->calls / LEGS);
    storm.stop_ms = now_ms() + (int64_t)settings->seconds * 1000 / LEGS;
    callers_run(callers);
}

static void run_legs(const struct settings *settings)
{
    struct gauge gauges[LEGS];
    struct watch *watch;
    gofer_stats stats;
    pthread_t lent;

    storm.client = new_client(&storm);
    if (storm.client == NULL || pthread_create(&lent, NULL, lend_for_good, storm.client) != 0)
        abort();
    callers_init(callers, &storm);
    watch = watch_begin(&storm, callers);
    for (int i = 0; i < LEGS; i++) {
        run_leg(settings);
        /* The first leg warms up. */
        gauge_read(&gauges[i], &gauges[i < 1 ? i : 1], &storm);
    }
    gofer_client_stats(storm.client, &stats);
    if (stats.calls_done + stats.calls_failed != storm.begun)
        storm_complain(&storm, "%llu calls were begun, and %llu ended",
                       (unsigned long long)storm.begun,
                       (unsigned long long)(stats.calls_done + stats.calls_failed));
    printf("chaos: %llu connections, %llu reused, %llu late bound, %llu stale, %llu retried; "
           "%llu retries, %llu denied; %llu bans\n",
           (unsigned long long)stats.conns_opened, (unsigned long long)stats.conns_reused,
           (unsigned long long)stats.conns_late_bound, (unsigned long long)stats.conns_stale,
           (unsigned long long)stats.calls_retried, (unsigned long long)stats.retries,
           (unsigned long long)stats.retries_denied, (unsigned long long)stats.origin_bans);
    gofer_client_free(storm.client);
    pthread_join(lent, NULL);
    watch_end(watch);
    gauge_compare(gauges + 1, LEGS - 1, &storm);
}

/* --- the summary --- */

static void print_count(const char *name, uint64_t count)
{
    if (count > 0)
        printf("  %-24s %12llu\n", name, (unsigned long long)count);
}

static void print_summary(void)
{
    const struct far_tally *tally = storm.far.tally;

    printf("\nfaults\n");
    for (int i = 0; i < FAULTS; i++)
        print_count(faults[i].name, storm.by_fault[i]);
    printf("ways\n");
    for (int i = 0; i < WAYS; i++)
        print_count(way_names[i], storm.by_way[i]);
    printf("outcomes\n");
    for (int i = 0; i < STORM_STATUSES; i++)
        print_count(gofer_status_name((gofer_status)i), storm.by_status[i]);
    print_count("nobody looked", storm.dropped);
    print_count("dials too slow", storm.slow_dials);
    printf("deadlines\n");
    for (int i = 0; i < STORM_PHASES; i++)
        print_count(gofer_phase_name((gofer_phase)i), storm.timeouts[i]);
    printf("the far side\n");
    print_count("connections", tally->conns);
    print_count("tunnels", tally->tunnels);
    print_count("requests", tally->requests);
    print_count("pauses of accepting", tally->pauses);
}

/* What the far side noticed, too. */
static void judge_far_side(void)
{
    const struct far_tally *tally = storm.far.tally;

    if (tally->bad_requests > 0)
        storm_complain(&storm, "%llu requests that nobody sends",
                       (unsigned long long)tally->bad_requests);
    if (tally->bad_uploads > 0)
        storm_complain(&storm, "%llu REQUEST BODIES THAT ARE NOT THEIR OWN",
                       (unsigned long long)tally->bad_uploads);
    for (int i = GOFER_PHASE_QUEUE; i <= GOFER_PHASE_RETRY; i++) {
        if (storm.timeouts[i] == 0)
            storm_complain(&storm, "no deadline in phase \"%s\"", gofer_phase_name((gofer_phase)i));
    }
}

/* --- the program --- */

static int usage(void)
{
    fprintf(stderr, "usage: chaos [--seconds N | --calls N] [--seed S]\n");
    return 2;
}

static bool read_settings(struct settings *settings, int argc, char **argv)
{
    const char *seconds = getenv("GOFER_CHAOS_SECONDS");

    settings->seed = (uint64_t)time(NULL);
    settings->seconds = seconds != NULL ? strtoull(seconds, NULL, 10) : DEFAULT_SECONDS;
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t *which = strcmp(argv[i], "--seconds") == 0 ? &settings->seconds
                          : strcmp(argv[i], "--calls") == 0 ? &settings->calls
                          : strcmp(argv[i], "--seed") == 0  ? &settings->seed
                                                            : NULL;
        char *end;
        if (which == NULL)
            return false;
        *which = strtoull(argv[i + 1], &end, 10);
        if (*end != '\0')
            return false;
    }
    return argc % 2 == 1;
}

int main(int argc, char **argv)
{
    struct settings settings = {0};
    struct leaks before;
    int64_t began;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!read_settings(&settings, argc, argv))
        return usage();
    gauge_begin();
    leaks_raise_fd_limit();
    certs_pem("root");
    if (!heap_install())
        return 1;
    storm_begin(&storm, settings.seed,
                settings.calls != 0 ? 2 * settings.calls * BATCH_MAX + IDS_MORE
                                    : settings.seconds * IDS_A_SECOND + IDS_MORE);
    gofer_client_free(gofer_client_new(NULL));
    leaks_count(&before);
    began = now_ms();
    phases_prove(&storm);
    printf("chaos: deadlines in %d phases, %lld ms\n", GOFER_PHASE_RETRY,
           (long long)(now_ms() - began));
    began = now_ms();
    run_legs(&settings);
    print_summary();
    judge_far_side();
    if (!leaks_none(&before))
        storm_complain(&storm, "something is left");
    printf("\nchaos: %llu calls in %lld ms, %llu body bytes checked, at most %lld ms late, "
           "%llu complaints, seed %llu\n",
           (unsigned long long)storm.begun, (long long)(now_ms() - began),
           (unsigned long long)storm.checked_bytes, (long long)storm.latest_ms,
           (unsigned long long)storm.complaints, (unsigned long long)storm.seed);
    storm_end(&storm);
    return storm.complaints > 0;
}
