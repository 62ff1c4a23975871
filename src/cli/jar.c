/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Loading and saving; see jar.h.
 */
#include "cli/jar.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/message.h"

static bool wants_jar(const struct global *global)
{
    for (const struct config *c = global->first; c != NULL; c = c->next)
        if (c->follow.cookie_files.len > 0 || c->follow.cookie_jar != NULL)
            return true;
    return false;
}

static void load(gofer_cookie_jar *jar, const struct config *config)
{
    const struct strings *files = &config->follow.cookie_files;

    for (size_t i = 0; i < files->len; i++)
        if (files->items[i][0] != '\0' && gofer_cookie_jar_load(jar, files->items[i]) != GOFER_OK &&
            errno != ENOENT)
            message_warn(config, "Failed to read cookies from %s", files->items[i]);
    if (config->message.junk_session)
        gofer_cookie_jar_clear_session(jar);
}

gofer_cookie_jar *jar_open(const struct global *global)
{
    gofer_cookie_jar *jar;

    if (!wants_jar(global))
        return NULL;
    jar = gofer_cookie_jar_new();
    if (jar == NULL)
        cli_out_of_memory();
    for (const struct config *c = global->first; c != NULL; c = c->next)
        load(jar, c);
    return jar;
}

/* The library replaces files as a whole: stdout is none. */
static bool write_stdout(gofer_cookie_jar *jar)
{
    char path[] = "/tmp/gofer-cookies-XXXXXX";
    int fd = mkstemp(path);
    bool ok = fd >= 0 && gofer_cookie_jar_save(jar, path) == GOFER_OK;

    if (fd >= 0)
        close(fd);
    FILE *file = ok ? fopen(path, "re") : NULL;
    for (int c; file != NULL && (c = getc(file)) != EOF;)
        putchar(c);
    ok = file != NULL && ferror(file) == 0;
    if (file != NULL)
        fclose(file);
    if (fd >= 0)
        unlink(path);
    return ok;
}

static void save(gofer_cookie_jar *jar, const struct config *config)
{
    const char *path = config->follow.cookie_jar;
    bool ok;

    if (path == NULL)
        return;
    ok = strcmp(path, "-") == 0 ? write_stdout(jar) : gofer_cookie_jar_save(jar, path) == GOFER_OK;
    if (!ok)
        message_warn(config, "Failed to save cookies in %s", path);
}

void jar_close(gofer_cookie_jar *jar, const struct global *global)
{
    for (const struct config *c = global->first; jar != NULL && c != NULL; c = c->next)
        save(jar, c);
    gofer_cookie_jar_free(jar);
}
