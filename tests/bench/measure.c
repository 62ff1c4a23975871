/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Clocks, counters and the line that a run prints. User and system time are
 * those of the whole process, so a library's own threads are paid for too.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Descriptors that are not connections: standard streams, epoll sets, the origin's control. */
#define SPARE_DESCRIPTORS 64

static void stamp_take(struct stamp *stamp)
{
    clock_gettime(CLOCK_MONOTONIC, &stamp->at);
    getrusage(RUSAGE_SELF, &stamp->usage);
}

void run_begin(struct run *run)
{
    run->heap_at_begin = heap_allocations();
    stamp_take(&run->begin);
}

void run_end(struct run *run)
{
    stamp_take(&run->end);
    run->heap_at_end = heap_allocations();
}

static double wall_seconds(const struct run *run)
{
    if (run->seconds > 0)
        return run->seconds;
    return (double)(run->end.at.tv_sec - run->begin.at.tv_sec) +
           (double)(run->end.at.tv_nsec - run->begin.at.tv_nsec) / 1e9;
}

static double microseconds_between(struct timeval begin, struct timeval end)
{
    return (double)(end.tv_sec - begin.tv_sec) * 1e6 + (double)(end.tv_usec - begin.tv_usec);
}

int run_print(const struct run *run)
{
    double n = (double)run->requests;
    double wall = wall_seconds(run);
    double user = microseconds_between(run->begin.usage.ru_utime, run->end.usage.ru_utime);
    double sys = microseconds_between(run->begin.usage.ru_stime, run->end.usage.ru_stime);
    printf("mode=%s threads=%d requests=%ld ok=%ld seconds=%.4f rps=%.0f cpu_us=%.3f user_us=%.3f "
           "sys_us=%.3f",
           run->mode, run->threads, run->requests, run->ok, wall, n / wall, (user + sys) / n,
           user / n, sys / n);
    if (run->count_heap)
        printf(" allocs=%.3f", (double)(run->heap_at_end - run->heap_at_begin) / n);
    putchar('\n');
    return run->ok == run->requests ? 0 : 1;
}

int run_skip(const struct run *run, const char *why)
{
    printf("mode=%s skipped (%s)\n", run->mode, why);
    return 0;
}

int run_fail(const struct run *run, const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", run->mode, what);
    return 1;
}

int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

long raise_descriptors(long wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return wanted;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > (rlim_t)wanted + SPARE_DESCRIPTORS)
        return wanted;
    return (long)limit.rlim_max - SPARE_DESCRIPTORS;
}

long resident_bytes(void)
{
    char line[256];
    long kib = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "re");
    if (file == NULL)
        return -1;
    while (kib < 0 && fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "Rss: %ld kB", &kib) != 1)
            kib = -1;
    fclose(file);
    return kib < 0 ? -1 : kib * 1024;
}

long thread_count(void)
{
    long count = 0;
    DIR *dir = opendir("/proc/self/task");
    if (dir == NULL)
        return -1;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

int free_port_main(struct run *run)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return run_fail(run, "no port");
    close(fd);
    printf("%d\n", ntohs(address.sin_port));
    return 0;
}
