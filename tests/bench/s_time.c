/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * `openssl s_time` as a mode: one process that connects, shakes hands, gets the
 * page and closes, for some seconds, one connection after the other. It is what
 * OpenSSL itself takes for that, with nothing around it. Its own count, but this
 * program's clocks: s_time knows whole seconds only.
 */
#include "outside.h"

#include <stdlib.h>
#include <string.h>

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

/* "1234 connections in 0.98s; ..." */
static void read_count(struct run *run, const char *line)
{
    if (strstr(line, "connections in ") != NULL && strstr(line, "/user sec") != NULL)
        run->requests = run->ok = strtol(line, NULL, 10);
}

int s_time_main(struct run *run)
{
    char authority[128], path[128];
    if (run->ca == NULL || !take_apart(run->url, authority, path, sizeof(path)))
        return run_fail(run, "needs --ca and an https URL");
    char *argv[] = {"openssl",
                    "s_time",
                    "-connect",
                    authority,
                    "-www",
                    path,
                    "-time",
                    SECONDS,
                    run->full ? "-new" : "-reuse",
                    "-CAfile",
                    (char *)(void *)run->ca,
                    "-verify",
                    "2",
                    NULL};
    run->threads = 1;
    run->requests = run->ok = 0;
    if (!outside_run(run, argv, read_count))
        return run_skip(run, "no openssl");
    return run->ok > 0 ? run_print(run) : run_fail(run, "no connection");
}
