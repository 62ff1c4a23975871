/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See leaks.h.
 */
#include "support/leaks.h"

#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/gate.h"
#include "support/heap.h"

static long entries(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    long n = 0;

    if (dir == NULL)
        abort();
    while ((entry = readdir(dir)) != NULL)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void *nothing(void *arg)
{
    return arg;
}

/* A sanitizer starts a thread of its own beside a program's first one: that is no leak. */
static void start_first_thread(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, nothing, NULL) == 0)
        pthread_join(thread, NULL);
}

void leaks_count(struct leaks *now)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, start_first_thread);
    now->fds = entries("/proc/self/fd");
    now->threads = entries("/proc/self/task");
    now->blocks = heap_live();
}

static bool is_settled(void *arg)
{
    const struct leaks *before = arg;
    struct leaks now;

    leaks_count(&now);
    return now.fds <= before->fds && now.threads <= before->threads && now.blocks <= before->blocks;
}

static void print_fds(void)
{
    char path[PATH_MAX], target[256];

    for (int fd = 0; fd < 1024; fd++) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t len = readlink(path, target, sizeof target - 1);
        if (len > 0)
            fprintf(stderr, "\n      %d -> %.*s", fd, (int)len, target);
    }
}

bool leaks_none(const struct leaks *before)
{
    struct leaks now, copy = *before;

    if (eventually(is_settled, &copy))
        return true;
    leaks_count(&now);
    fprintf(stderr, "\n    left: %ld descriptors, %ld threads, %ld blocks", now.fds - before->fds,
            now.threads - before->threads, now.blocks - before->blocks);
    if (now.fds > before->fds)
        print_fds();
    return false;
}

long leaks_raise_fd_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return (long)limit.rlim_cur;
}
