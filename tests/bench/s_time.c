/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * `openssl s_time` as a mode: one process that connects, shakes hands, gets the
 * page and closes, for some seconds, one connection after the other. It is what
 * OpenSSL itself takes for that, with nothing around it. Its own count, but this
 * program's clocks: s_time knows whole seconds only.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS "2"

/* "https://127.0.0.1:8443/once" in two. */
static bool take_apart(const char *url, char *authority, char *path, size_t size)
{
    if (strncmp(url, "https://", 8) != 0)
        return false;
    size_t len = strcspn(url + 8, "/");
    if (len >= size || strlen(url + 8 + len) >= size)
        return false;
    memcpy(authority, url + 8, len);
    authority[len] = '\0';
    strcpy(path, url + 8 + len);
    return true;
}

static void run_s_time(const struct run *run, int out)
{
    char authority[128], path[128];
    if (!take_apart(run->url, authority, path, sizeof(path)))
        _exit(126);
    dup2(out, STDOUT_FILENO);
    execlp("openssl", "openssl", "s_time", "-connect", authority, "-www", path, "-time", SECONDS,
           run->full ? "-new" : "-reuse", "-CAfile", run->ca, "-verify", "2", (char *)NULL);
    _exit(127);
}

/* "1234 connections in 0.98s; ..." */
static long read_count(int fd)
{
    char line[256];
    long count = 0;
    FILE *file = fdopen(fd, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (strstr(line, "connections in ") != NULL && strstr(line, "/user sec") != NULL)
            count = strtol(line, NULL, 10);
    if (file != NULL)
        fclose(file);
    return count;
}

/* Its time and processor time, in place of this process's. */
static bool wait_for(struct run *run, pid_t pid)
{
    int status;
    while (wait4(pid, &status, 0, &run->end.usage) < 0)
        if (errno != EINTR)
            return false;
    clock_gettime(CLOCK_MONOTONIC, &run->end.at);
    return WIFEXITED(status) && WEXITSTATUS(status) != 127;
}

int s_time_main(struct run *run)
{
    int ends[2];
    if (run->ca == NULL || pipe(ends) != 0)
        return run_fail(run, "needs --ca");
    clock_gettime(CLOCK_MONOTONIC, &run->begin.at);
    pid_t pid = fork();
    if (pid == 0)
        run_s_time(run, ends[1]);
    close(ends[1]);
    run->threads = 1;
    run->requests = run->ok = read_count(ends[0]);
    if (pid < 0 || !wait_for(run, pid))
        return run_skip(run, "no openssl");
    return run->ok > 0 ? run_print(run) : run_fail(run, "no connection");
}
