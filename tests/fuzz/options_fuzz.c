/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The command's arguments, any of them: parsing ends with a code that is known, a
 * failure is told, in whole lines, and success is a config that is right in itself;
 * nothing is left, and no file is written.
 *
 * The input: what every file and the standard input hold, then the arguments. A file
 * is not there where its name begins with '!'. The linker leads fopen() and open()
 * here.
 */
#include "fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/config.h"
#include "cli/options.h"

enum { ARGUMENTS_MAX = 64 };

/* What the files hold while options are parsed; NULL otherwise: then they are the system's. */
static const char *contents;

FILE *__real_fopen(const char *name, const char *mode);
FILE *__wrap_fopen(const char *name, const char *mode);
int __real_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...);

static FILE *open_contents(void)
{
    size_t len = strlen(contents);
    FILE *file = len > 0 ? fmemopen((char *)contents, len, "r") : __real_fopen("/dev/null", "r");
    FUZZ_CHECK(file != NULL);
    return file;
}

FILE *__wrap_fopen(const char *name, const char *mode)
{
    if (contents == NULL)
        return __real_fopen(name, mode);
    FUZZ_CHECK(mode[0] == 'r' && strchr(mode, '+') == NULL);
    if (name[0] != '!')
        return open_contents();
    errno = ENOENT;
    return NULL;
}

int __wrap_open(const char *name, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (contents == NULL)
        return __real_open(name, flags, mode);
    FUZZ_CHECK((flags & (O_ACCMODE | O_CREAT | O_TRUNC)) == O_RDONLY);
    if (name[0] == '!') {
        errno = ENOENT;
        return -1;
    }
    int fd = memfd_create("contents", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && write(fd, contents, strlen(contents)) == (ssize_t)strlen(contents));
    return fd;
}

/* --- properties --- */

static bool ends_with(const char *text, size_t len, const char *end)
{
    size_t end_len = strlen(end);
    return len >= end_len && memcmp(text + len - end_len, end, end_len) == 0;
}

/* A failure is told, and nothing but one says where help is, unless the arguments asked for
 * silence. */
static void check_told(const struct global *global, enum exit_code code, const char *told)
{
    size_t len = strlen(told);
    FUZZ_CHECK(code >= CODE_OK && code <= CODE_SOCKS);
    FUZZ_CHECK(len == 0 || told[len - 1] == '\n');
    FUZZ_CHECK(code == CODE_OK || len > 0 || global->silent);
    FUZZ_CHECK(code != CODE_OK ||
               !ends_with(told, len, "try 'gofer --help' for more information\n"));
}

static void check_global(const struct global *global, enum exit_code code)
{
    FUZZ_CHECK(global->first != NULL && global->last != NULL && global->last->next == NULL);
    if (code != CODE_OK || global->help || global->version)
        return;
    for (const struct config *c = global->first; c != NULL; c = c->next) {
        /* Behind the last --next there may be nothing. */
        FUZZ_CHECK(c->global == global);
        FUZZ_CHECK(c->urls_len > 0 || (c != global->first && c->next == NULL));
        FUZZ_CHECK(config_method(c) != NULL);
    }
}

static void parse(int argc, char **argv)
{
    struct global global;
    char *told = NULL;
    size_t told_len = 0;
    FILE *errors = stderr, *input = stdin;
    stderr = open_memstream(&told, &told_len);
    stdin = open_contents();
    FUZZ_CHECK(stderr != NULL);
    global_init(&global);
    enum exit_code code = options_parse(&global, argc, argv);
    fclose(stderr);
    fclose(stdin);
    stderr = errors;
    stdin = input;
    check_told(&global, code, told);
    check_global(&global, code);
    global_fini(&global);
    free(told);
}

void fuzz_options(struct fuzz *f)
{
    char *argv[ARGUMENTS_MAX + 2] = {"gofer"};
    int argc = 1;
    char *files = fuzz_text(f);
    while (f->at < f->len && argc <= ARGUMENTS_MAX)
        argv[argc++] = fuzz_text(f);
    contents = files;
    parse(argc, argv);
    contents = NULL;
    while (argc > 1)
        free(argv[--argc]);
    free(files);
}
