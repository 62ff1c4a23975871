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
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/message.h"

static const char SET_COOKIE[] = "Set-Cookie:", DOMAIN_IS[] = "domain=";

static bool wants_jar(const struct global *global)
{
    for (const struct config *c = global->first; c != NULL; c = c->next)
        if (c->follow.cookie_files.len > 0 || c->follow.cookie_jar != NULL)
            return true;
    return false;
}

/* The value of a field's last Domain attribute, without a dot in front, and its length; 0: it has
 * none. */
static size_t find_domain(const char *field, const char **domain)
{
    size_t len = 0;

    for (const char *at = field; (at = strchr(at, ';')) != NULL;) {
        at += 1 + strspn(at + 1, " \t");
        if (strncasecmp(at, DOMAIN_IS, strlen(DOMAIN_IS)) != 0)
            continue;
        *domain = at + strlen(DOMAIN_IS);
        *domain += **domain == '.';
        len = strcspn(*domain, "; \t\r\n");
    }
    return len;
}

/* As it came from a server of its domain: which one that was a file does not say. */
static void take_field(gofer_cookie_jar *jar, const char *field)
{
    struct text url = {0}, value = {0};
    const char *domain;
    size_t len = find_domain(field, &domain);

    if (len == 0)
        return;
    text_printf(&url, "https://%.*s/", (int)len, domain);
    text_append(&value, field, strcspn(field, "\r\n"));
    gofer_cookie_jar_set(jar, text_str(&url), text_str(&value));
    text_fini(&url);
    text_fini(&value);
}

/* The Set-Cookie fields of a file, as -D leaves them. Of one that can be read twice: the library
 * has read it already. */
static void load_fields(gofer_cookie_jar *jar, const char *path)
{
    struct stat about;
    char *line = NULL;
    size_t room = 0;

    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
        return;
    FILE *file = fopen(path, "re");
    while (file != NULL && getline(&line, &room, file) > 0)
        if (strncasecmp(line, SET_COOKIE, strlen(SET_COOKIE)) == 0)
            take_field(jar, line + strlen(SET_COOKIE) + strspn(line + strlen(SET_COOKIE), " \t"));
    free(line);
    if (file != NULL)
        fclose(file);
}

static void load_file(gofer_cookie_jar *jar, const struct config *config, const char *path)
{
    if (path[0] == '\0')
        return;
    if (gofer_cookie_jar_load(jar, path) != GOFER_OK && errno != ENOENT)
        message_warn(config, "Failed to read cookies from %s", path);
    load_fields(jar, path);
}

static void load(gofer_cookie_jar *jar, const struct config *config)
{
    const struct strings *files = &config->follow.cookie_files;

    for (size_t i = 0; i < files->len; i++)
        load_file(jar, config, files->items[i]);
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
