/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The bookkeeping of fanout.c; see fanout_tally.h.
 */
#include "fanout_tally.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *path;
    const char *label;
} routes[ROUTES] = {
    [ROUTE_INSTANT] = {"/instant", "instant"},
    [ROUTE_50MS] = {"/50ms", "after 50 ms"},
    [ROUTE_2S] = {"/2s", "after 2 s"},
    [ROUTE_1MIB] = {"/1MiB", "1 MiB"},
    [ROUTE_NEVER] = {"/never", "never answered"},
};

/* --- memory ---------------------------------------------------------------- */

static _Atomic size_t live_blocks;

static void *counting_malloc(size_t size)
{
    void *block = malloc(size);

    if (block != NULL)
        live_blocks++;
    return block;
}

static void *counting_realloc(void *old, size_t size)
{
    void *block = realloc(old, size);

    if (old == NULL && block != NULL)
        live_blocks++;
    return block;
}

static void counting_free(void *block)
{
    if (block != NULL)
        live_blocks--;
    free(block);
}

void tally_watch_memory(void)
{
    gofer_set_allocator(counting_malloc, counting_realloc, counting_free);
}

/* --- calls ----------------------------------------------------------------- */

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void tally_deal(struct call *calls, const int counts[ROUTES], unsigned first_id)
{
    uint32_t random = first_id + 1;
    size_t len = 0;

    for (int route = 0; route < ROUTES; route++)
        for (int i = 0; i < counts[route]; i++)
            calls[len++] = (struct call){.route = (enum route)route};
    for (size_t i = 0; i < len; i++) {
        enum route route = calls[i].route;
        size_t other = i + (random >> 8) % (len - i);

        random = random * 1664525 + 1013904223;
        calls[i].route = calls[other].route;
        calls[other].route = route;
        calls[i].id = first_id + (unsigned)i;
    }
}

const char *route_path(enum route route)
{
    return routes[route].path;
}

void call_begin(struct call *call)
{
    call->begun_us = now_us();
}

void call_end(struct call *call)
{
    call->ended_us = now_us();
}

static bool is_right_text(const struct call *call, const char *body, size_t len)
{
    char expected[32];
    int n = snprintf(expected, sizeof expected, "%s %u\n", routes[call->route].path + 1, call->id);

    return len == (size_t)n && memcmp(body, expected, len) == 0;
}

static bool is_right_mib(const struct call *call, const char *body, size_t len)
{
    size_t right = 0;

    while (right < len && body[right] == (char)(call->id + right))
        right++;
    return right == len && len == ORIGIN_MIB;
}

static bool is_right(const struct call *call, const gofer_response *response)
{
    size_t len;
    const char *body = gofer_response_body(response, &len);
    const char *id = gofer_response_header(response, "X-Id");

    if (gofer_response_status(response) != 200 || id == NULL || strtoul(id, NULL, 10) != call->id)
        return false;
    return call->route == ROUTE_1MIB ? is_right_mib(call, body, len)
                                     : is_right_text(call, body, len);
}

void call_settle(struct tally *tally, struct call *call, gofer_status status,
                 const gofer_response *response)
{
    const gofer_error *error = gofer_response_error(response);

    if (call->ended_us == 0)
        call_end(call);
    call->status = status;
    call->right = status == GOFER_OK && is_right(call, response);
    if (error != NULL) {
        call->phase = error->phase;
        snprintf(call->failure, sizeof call->failure, "%s", error->message);
    }
    tally->settled++;
}

/* --- showing --------------------------------------------------------------- */

const char *with_commas(char text[32], uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    char *out = text;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            *out++ = ',';
        *out++ = digits[i];
    }
    *out = '\0';
    return text;
}

void tally_show_progress(struct tally *tally, gofer_client *client)
{
    enum { WIDTH = 30 };
    static const char bar[] = "##############################";
    char done[32], all[32];
    size_t settled = tally->settled;
    gofer_stats stats;

    gofer_client_stats(client, &stats);
    printf("\r\033[K[%-*.*s] %s of %s calls, %" PRIu64 " in flight, %" PRIu64 " connections opened",
           WIDTH, (int)(settled * WIDTH / tally->len), bar, with_commas(done, settled),
           with_commas(all, tally->len), stats.calls_active, stats.conns_opened);
    fflush(stdout);
}

void tally_clear_progress(void)
{
    printf("\r\033[K");
}

static int compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* One line of the table: the calls of one route that were answered, or (ROUTES) all of them. */
static void show_latency(const struct tally *tally, int route, int64_t *times)
{
    char count[32];
    size_t n = 0;

    for (size_t i = 0; i < tally->len; i++) {
        const struct call *call = &tally->calls[i];

        if (call->status == GOFER_OK && (route == ROUTES || (int)call->route == route))
            times[n++] = call->ended_us - call->begun_us;
    }
    if (n == 0)
        return;
    qsort(times, n, sizeof *times, compare_times);
    printf("  %-14s %6s  %9.2f ms  %9.2f ms\n", route == ROUTES ? "all" : routes[route].label,
           with_commas(count, n), (double)times[n / 2] / 1e3, (double)times[n * 99 / 100] / 1e3);
}

static size_t count_timeouts(const struct tally *tally, gofer_phase phase)
{
    size_t n = 0;

    for (size_t i = 0; i < tally->len; i++)
        n += tally->calls[i].status == GOFER_ERR_TIMEOUT && tally->calls[i].phase == phase;
    return n;
}

static void show_timeouts(const struct tally *tally)
{
    for (int phase = GOFER_PHASE_NONE; phase <= GOFER_PHASE_REDIRECT; phase++) {
        size_t n = count_timeouts(tally, (gofer_phase)phase);

        if (n > 0)
            printf("  timed out      %6zu  %s\n", n, gofer_phase_name((gofer_phase)phase));
    }
}

void tally_show(const struct tally *tally, const gofer_stats *stats)
{
    int64_t *times = calloc(tally->len, sizeof *times);
    char text[32];

    printf("  answered       %6s\n", with_commas(text, stats->calls_done));
    show_timeouts(tally);
    printf("  connections    %6s  opened\n", with_commas(text, stats->conns_opened));
    printf("  reused         %6s  times a request found a connection waiting for it\n",
           with_commas(text, stats->conns_reused));
    printf("  late-bound     %6s  calls took a freed connection while their own was dialled\n\n",
           with_commas(text, stats->conns_late_bound));
    printf("  latency         calls           p50           p99\n");
    for (int route = 0; times != NULL && route <= ROUTES; route++)
        show_latency(tally, route, times);
    printf("\n");
    free(times);
}

/* --- checking -------------------------------------------------------------- */

static bool expect(const char *what, uint64_t is, uint64_t should)
{
    if (is != should)
        fprintf(stderr, "fanout: %s: %" PRIu64 ", but should be %" PRIu64 "\n", what, is, should);
    return is == should;
}

/* Every call to the route that never answers timed out, every other got its own answer. */
static bool check_calls(const struct tally *tally, size_t *never)
{
    size_t wrong = 0;

    for (size_t i = 0; i < tally->len; i++) {
        const struct call *call = &tally->calls[i];
        bool to_never = call->route == ROUTE_NEVER;

        *never += to_never;
        if (to_never ? call->status == GOFER_ERR_TIMEOUT : call->right)
            continue;
        if (wrong++ == 0)
            fprintf(stderr, "fanout: call %u to %s: %s %s\n", call->id, routes[call->route].path,
                    gofer_status_name(call->status), call->failure);
    }
    return expect("calls with a wrong outcome", wrong, 0);
}

bool tally_check(struct tally *tally, const gofer_stats *stats, size_t origin_requests)
{
    size_t never = 0;
    bool ok = check_calls(tally, &never);

    ok &= expect("calls settled", tally->settled, tally->len);
    ok &= expect("timed out waiting for an answer", count_timeouts(tally, GOFER_PHASE_WAIT), never);
    ok &= expect("calls still active", stats->calls_active, 0);
    ok &= expect("calls done, says the client", stats->calls_done, tally->len - never);
    ok &= expect("calls failed, says the client", stats->calls_failed, never);
    ok &= expect("requests, says the origin", origin_requests, tally->len + stats->calls_retried);
    ok &= expect("connections were reused", stats->conns_reused > 0, true);
    ok &= expect("fewer connections than calls", stats->conns_opened < tally->len, true);
    return ok;
}

static size_t count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t n = 0;

    while (dir != NULL && readdir(dir) != NULL)
        n++;
    if (dir != NULL)
        closedir(dir);
    return n;
}

size_t open_descriptors(void)
{
    return count_entries("/proc/self/fd");
}

bool tally_check_leftovers(size_t descriptors)
{
    bool ok = expect("blocks of memory left", live_blocks, 0);

    ok &= expect("descriptors open", open_descriptors(), descriptors);
    return ok;
}
