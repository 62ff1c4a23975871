/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See outside.h.
 */
#include "outside.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void read_lines(struct run *run, int fd, void (*read_line)(struct run *, const char *))
{
    char line[512];
    FILE *file = fdopen(fd, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        read_line(run, line);
    if (file != NULL)
        fclose(file);
}

static bool wait_for(struct run *run, pid_t pid)
{
    int status;
    while (wait4(pid, &status, 0, &run->end.usage) < 0)
        if (errno != EINTR)
            return false;
    clock_gettime(CLOCK_MONOTONIC, &run->end.at);
    return WIFEXITED(status) && WEXITSTATUS(status) != 127;
}

bool outside_run(struct run *run, char *const *argv,
                 void (*read_line)(struct run *run, const char *))
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    clock_gettime(CLOCK_MONOTONIC, &run->begin.at);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    read_lines(run, ends[0], read_line);
    return pid > 0 && wait_for(run, pid);
}
