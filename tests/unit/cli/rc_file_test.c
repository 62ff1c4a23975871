/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * cli/rc_file: the grammar of files of options.
 */
#include "cli/rc_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

extern CU_TestInfo rc_file_tests[];

enum { SAID_MAX = 4096 };

/* Applies the text; what is said about it, on stderr, is returned, to be freed. */
static char *apply(struct global *global, const char *text)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    FILE *said = tmpfile();
    int saved = dup(STDERR_FILENO);
    char *words = calloc(1, SAID_MAX);

    global_init(global);
    fflush(stderr);
    dup2(fileno(said), STDERR_FILENO);
    rc_file_apply_stream(global, file, "rc");
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(said);
    CU_ASSERT(fread(words, 1, SAID_MAX - 1, said) < SAID_MAX - 1);
    fclose(said);
    fclose(file);
    return words;
}

/* Whether -X gets this value out of the line. */
static bool method_is(const char *line, const char *value)
{
    struct global g;
    char *said = apply(&g, line);
    const char *method = g.first->method;
    bool same = value == NULL ? method == NULL : method != NULL && strcmp(method, value) == 0;

    global_fini(&g);
    free(said);
    return same;
}

static void values_stand_behind_blanks_or_separators(void)
{
    CU_ASSERT(method_is("request PUT\n", "PUT"));
    CU_ASSERT(method_is("request=PUT", "PUT"));
    CU_ASSERT(method_is("request = PUT\r\n", "PUT"));
    CU_ASSERT(method_is("  request : PUT", "PUT"));
    CU_ASSERT(method_is("--request PUT", "PUT"));
    CU_ASSERT(method_is("--request =PUT", "=PUT"));
    CU_ASSERT(method_is("-X PUT", "PUT"));
    CU_ASSERT(method_is("-XPUT", "PUT"));
    CU_ASSERT(method_is("request PUT # why", "PUT"));
    CU_ASSERT(method_is("request", NULL));
}

static void quotes_keep_blanks(void)
{
    CU_ASSERT(method_is("request = \"a b\"", "a b"));
    CU_ASSERT(method_is("request \"\\t\\n\\r\\v\\\\\\\"\\x\"", "\t\n\r\v\\\"x"));
    CU_ASSERT(method_is("request \"open", "open"));
    CU_ASSERT(method_is("request \"\"", ""));
}

static void comments_and_empty_lines_say_nothing(void)
{
    struct global g;
    char *said = apply(&g, "# request A\n\n   \n/ x\n* x\n  # y\ninclude\n");

    CU_ASSERT_STRING_EQUAL(said, "");
    CU_ASSERT(g.first->include);
    global_fini(&g);
    free(said);
}

static void operations_and_urls(void)
{
    struct global g;
    char *said = apply(&g, "url = a\noutput = 1\nnext\nurl = b\n-sS\n");

    CU_ASSERT_STRING_EQUAL(said, "");
    CU_ASSERT_STRING_EQUAL(g.first->targets[0].url, "a");
    CU_ASSERT_STRING_EQUAL(g.last->targets[0].url, "b");
    CU_ASSERT(g.silent && g.show_error && g.first != g.last);
    global_fini(&g);
    free(said);
}

static void mistakes_are_told_and_passed_over(void)
{
    struct global g;
    char *said = apply(&g, "nonsense\ninclude yes\nrequest a b\nmax-time\nhead\n");

    CU_ASSERT_PTR_NOT_NULL(strstr(said, "rc:1: warning: 'nonsense' is unknown"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "rc:2: warning: 'include' had unsupported trailing"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "rc:3: warning: 'request' uses unquoted whitespace"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "rc:4: warning: 'max-time' requires parameter"));
    CU_ASSERT(g.first->head);
    global_fini(&g);
    free(said);
}

static void a_file_within_itself_ends(void)
{
    char name[] = "/tmp/gofer-rc-XXXXXX";
    int fd = mkstemp(name);
    struct global g;

    CU_ASSERT_FATAL(fd >= 0);
    dprintf(fd, "header = a:b\nconfig = %s\n", name);
    close(fd);
    free(apply(&g, "silent\n")); /* for what it says at the twentieth */
    rc_file_apply(&g, name);
    CU_ASSERT_EQUAL(g.first->headers.len, 20);
    global_fini(&g);
    unlink(name);
}

CU_TestInfo rc_file_tests[] = {
    {"values stand behind blanks or separators", values_stand_behind_blanks_or_separators},
    {"quotes keep blanks", quotes_keep_blanks},
    {"comments and empty lines say nothing", comments_and_empty_lines_say_nothing},
    {"operations and URLs", operations_and_urls},
    {"mistakes are told and passed over", mistakes_are_told_and_passed_over},
    {"a file within itself ends", a_file_within_itself_ends},
    CU_TEST_INFO_NULL,
};
