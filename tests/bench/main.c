/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The bench program: `bench MODE [options]` runs one mode once and prints one
 * line. Interleaving, medians and ratios are the business of the script `run`
 * beside it, so that each figure comes from a fresh process.
 */
#include "bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mode {
    const char *name;
    int (*main)(struct run *run);
    const char *what;
};

static const struct mode modes[] = {
    {"raw", raw_main, "N threads, each send and recv on a socket of its own: the floor"},
    {"raw_pooled", raw_pooled_main,
     "the same, on connections that all threads share: the floor of a client"},
    {"epoll", epoll_main, "one epoll loop with N in flight: the floor for one thread"},
    {"epoll_cores", epoll_cores_main, "an epoll loop a processor, N in flight in all"},
    {"wrk", wrk_main, "wrk for a second, N connections: the outside limit"},
    {"soup", soup_main, "N threads, each with a libsoup session"},
    {"curl_easy", curl_easy_main, "N threads, each with a libcurl easy handle"},
    {"curl_multi", curl_multi_main, "one thread, N in flight through libcurl's multi interface"},
    {"gofer_do", gofer_do_main, "N threads in gofer_do(), one client and one request"},
    {"gofer_futures", gofer_futures_main, "one thread, N futures in flight through a group"},
    {"gofer_lent", gofer_lent_main, "the same on threads that the program lends, one a processor"},
    {"gofer_on_done", gofer_on_done_main,
     "N futures in flight, each submitted by the last one's "
     "callback"},
    {"gofer_submit_wait", gofer_submit_wait_main, "N threads, each submits and waits"},
    {"gofer_burst", gofer_burst_main, "--calls at once to an origin that answers later"},
    {"epoll_burst", epoll_burst_main, "the same of an epoll loop"},
    {"curl_burst", curl_burst_main, "the same of libcurl's multi interface"},
    {"gofer_cancel", gofer_cancel_main, "what cancelling each of --calls in flight costs"},
    {"memory", gofer_memory_main,
     "bytes of each of --calls in flight, and of each idle connection"},
    {"overshoot", gofer_overshoot_main, "how late --calls deadlines are"},
    {"stalled", gofer_stalled_main, "p99 of --url with --calls hanging elsewhere, over without"},
    {"stream", gofer_stream_main, "large bodies of --bytes, each way beside a raw loop, --rounds"},
    {"flat", gofer_flat_main, "fails where a body of --bytes makes the heap grow"},
    {"tls_memory", gofer_tls_memory_main, "bytes of each of --calls idle TLS connections"},
    {"curl_tls_memory", curl_tls_memory_main, "the same of libcurl's"},
    {"s_time", s_time_main, "openssl s_time: new TLS connections for two seconds, --ca, --full"},
    {"crowd", gofer_crowd_main,
     "fails where --calls bodies of --bytes at once need 64 MiB of heap"},
    {"origin", origin_main, "serves /after?MS until killed; prints its port"},
    {"free_port", free_port_main, "prints a loopback port that nobody uses"},
};

enum { MODES = sizeof(modes) / sizeof(modes[0]) };

static int usage(void)
{
    fputs("usage: bench MODE [--url URL] [--threads N] [--requests N] [--calls N] [--body BYTES]\n"
          "                  [--count-heap] [--skip-check] [--bytes BYTES] [--rounds N]\n"
          "                  [--only TRANSFER] [--ca FILE] [--key FILE] [--full] [--once]\n"
          "                  [--workers N] [--max-conns N] [--latency]\n",
          stderr);
    for (int i = 0; i < MODES; i++)
        fprintf(stderr, "  %-18s %s\n", modes[i].name, modes[i].what);
    return 2;
}

static const struct mode *find_mode(const char *name)
{
    for (int i = 0; i < MODES; i++)
        if (strcmp(modes[i].name, name) == 0)
            return &modes[i];
    return NULL;
}

static void set_option(struct run *run, int option, const char *value)
{
    switch (option) {
    case 'u':
        run->url = value;
        break;
    case 't':
        run->threads = atoi(value);
        break;
    case 'r':
        run->requests = atol(value);
        break;
    case 'c':
        run->calls = atol(value);
        break;
    case 'b':
        run->body_len = strtoul(value, NULL, 10);
        break;
    case 'h':
        run->count_heap = true;
        break;
    case 's':
        run->skip_check = true;
        break;
    case 'y':
        run->bytes = strtoull(value, NULL, 10);
        break;
    case 'o':
        run->rounds = atoi(value);
        break;
    case 'n':
        run->only = value;
        break;
    case 'a':
        run->ca = value;
        break;
    case 'f':
        run->full = true;
        break;
    case 'k':
        run->key = value;
        break;
    case 'e':
        run->once = true;
        break;
    case 'w':
        run->workers = atoi(value);
        break;
    case 'm':
        run->max_conns = atol(value);
        break;
    case 'l':
        run->latency = true;
        break;
    default:
        run->mode = NULL;
    }
}

static void parse_options(struct run *run, int argc, char **argv)
{
    static const struct option options[] = {
        {"url", required_argument, NULL, 'u'},      {"threads", required_argument, NULL, 't'},
        {"requests", required_argument, NULL, 'r'}, {"calls", required_argument, NULL, 'c'},
        {"body", required_argument, NULL, 'b'},     {"count-heap", no_argument, NULL, 'h'},
        {"skip-check", no_argument, NULL, 's'},     {"bytes", required_argument, NULL, 'y'},
        {"rounds", required_argument, NULL, 'o'},   {"only", required_argument, NULL, 'n'},
        {"ca", required_argument, NULL, 'a'},       {"full", no_argument, NULL, 'f'},
        {"key", required_argument, NULL, 'k'},      {"once", no_argument, NULL, 'e'},
        {"workers", required_argument, NULL, 'w'},  {"max-conns", required_argument, NULL, 'm'},
        {"latency", no_argument, NULL, 'l'},        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        set_option(run, option, optarg);
    if (run->threads < 1 || run->requests < 1 || run->calls < 1 || run->rounds < 1)
        run->mode = NULL;
}

int main(int argc, char **argv)
{
    struct run run = {
        .threads = 64, .requests = 100000, .calls = 5000, .body_len = 13, .rounds = 5};
    const struct mode *mode = argc > 1 ? find_mode(argv[1]) : NULL;
    if (mode == NULL)
        return usage();
    run.mode = mode->name;
    run.url = "http://127.0.0.1:80/hello";
    parse_options(&run, argc - 1, argv + 1);
    if (run.mode == NULL)
        return usage();
    return mode->main(&run);
}
