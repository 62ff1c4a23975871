/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options in files; see rc_file.h.
 */
#include "cli/rc_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/message.h"

/* Files within files, how deep and how many in all: one that names itself, be it more than once,
 * comes to an end. */
enum { DEPTH_MAX = 20, FILES_MAX = 500 };

#define BLANKS " \t\v\f\r\n"

/* A line taken apart; text ends with NULs that were put into it. */
struct line {
    char *option; /* NULL: it has none */
    char *value;  /* NULL: none */
    bool trails;  /* something stands behind the value */
};

/* --- a line ---------------------------------------------------------------- */

/* Removes quotes and backslashes in place; at is behind the opening quote. Returns the end of what
 * was read. */
static char *unquote(char *at)
{
    char *to = at;

    for (; *at != '\0' && *at != '"'; at++) {
        static const char letters[] = "tnrv", meant[] = "\t\n\r\v";
        const char *letter, *from;

        if (at[0] != '\\' || at[1] == '\0') {
            *to++ = *at;
            continue;
        }
        at++;
        letter = strchr(letters, *at);
        from = letter != NULL ? meant + (letter - letters) : at;
        *to++ = *from;
    }
    char *rest = *at == '"' ? at + 1 : at;
    *to = '\0';
    return rest;
}

/* Ends the word at its stop; returns what follows. */
static char *cut(char *word, const char *stops)
{
    char *end = word + strcspn(word, stops);

    if (*end != '\0')
        *end++ = '\0';
    return end;
}

static struct line take_apart(char *text)
{
    struct line line = {NULL, NULL, false};
    const char *stops;
    char *rest;

    text += strspn(text, BLANKS);
    if (*text == '\0' || strchr("#/*", *text) != NULL)
        return line;
    line.option = text;
    stops = *text == '-' ? BLANKS : BLANKS "=:";
    rest = cut(text, stops);
    rest += strspn(rest, stops);
    if (*rest == '"') {
        line.value = rest + 1;
        unquote(rest + 1);
        return line;
    }
    line.value = *rest != '\0' ? rest : NULL;
    rest = cut(rest, BLANKS);
    rest += strspn(rest, BLANKS);
    line.trails = *rest != '\0' && *rest != '#';
    return line;
}

/* --- a file ---------------------------------------------------------------- */

static void complain(struct global *global, const char *name, size_t number, const char *option,
                     const char *what)
{
    message_warn(global->last, "%s:%zu: warning: '%s' %s", name, number, option, what);
}

static enum option_error apply_line(struct global *global, const struct line *line)
{
    bool used = false;
    enum option_error error;
    struct text arg = {0};

    if (line->option[0] != '-')
        text_append_str(&arg, "--");
    text_append_str(&arg, line->option);
    error = option_apply(global, text_str(&arg), line->value, &used);
    text_fini(&arg);
    if (error == OPTION_OK && line->value != NULL && *line->value != '\0' && !used)
        return OPTION_TRAILED;
    return error;
}

enum option_error rc_file_apply_stream(struct global *global, FILE *file, const char *name)
{
    enum option_error error = OPTION_OK;
    char *text = NULL;
    size_t cap = 0;

    for (size_t number = 1; error != OPTION_ENOUGH && getline(&text, &cap, file) >= 0; number++) {
        struct line line = take_apart(text);

        if (line.option == NULL)
            continue;
        if (line.trails)
            complain(global, name, number, line.option,
                     "uses unquoted whitespace in the option value that may cause unexpected "
                     "results");
        error = apply_line(global, &line);
        if (option_error_words(error) != NULL)
            complain(global, name, number, line.option, option_error_words(error));
    }
    free(text);
    return error == OPTION_ENOUGH ? OPTION_ENOUGH : OPTION_OK;
}

static enum option_error refuse(struct global *global, const char *name, const char *why)
{
    struct text words = {0};

    text_printf(&words, "cannot read config from '%s': %s", name, why);
    message_error(global->last, CODE_READ, text_str(&words));
    text_fini(&words);
    return OPTION_UNREADABLE;
}

enum option_error rc_file_apply(struct global *global, const char *name)
{
    enum option_error error;
    FILE *file;

    if (global->rc_depth == DEPTH_MAX)
        return refuse(global, name, "it is inside too many others");
    if (global->rc_files == FILES_MAX)
        return refuse(global, name, "it comes after too many others");
    if (strcmp(name, "-") == 0)
        return rc_file_apply_stream(global, stdin, "<stdin>");
    file = fopen(name, "re");
    if (file == NULL)
        return refuse(global, name, strerror(errno));
    global->rc_depth++;
    global->rc_files++;
    error = rc_file_apply_stream(global, file, name);
    global->rc_depth--;
    fclose(file);
    return error;
}

bool rc_file_find(struct text *name)
{
    static const struct {
        const char *variable;
        const char *file;
    } places[] = {{"GOFER_HOME", ".goferrc"},
                  {"XDG_CONFIG_HOME", "goferrc"},
                  {"HOME", ".goferrc"},
                  {"HOME", ".config/goferrc"}};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *folder = getenv(places[i].variable);

        if (folder == NULL || *folder == '\0')
            continue;
        text_fini(name);
        text_printf(name, "%s/%s", folder, places[i].file);
        if (access(text_str(name), R_OK) == 0)
            return true;
    }
    return false;
}
