/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * cli/options: the grammar of the command line, and what goes with what.
 */
#include "cli/options.h"

#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

extern CU_TestInfo options_tests[];

enum { ARGS = 16 };

/* Parses the arguments, up to a NULL, with what is said about them out of the way. */
static enum exit_code parse(struct global *global, const char *const *args)
{
    char *argv[ARGS + 1] = {(char *)"gofer"};
    int argc = 1;
    int saved = dup(STDERR_FILENO);

    while (args[argc - 1] != NULL) {
        argv[argc] = (char *)(uintptr_t)args[argc - 1];
        argc++;
    }
    fflush(stderr);
    CU_ASSERT_PTR_NOT_NULL(freopen("/dev/null", "w", stderr));
    global_init(global);
    enum exit_code code = options_parse(global, argc, argv);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    return code;
}

#define PARSE(global, ...) parse(global, (const char *const[ARGS]){__VA_ARGS__, NULL})

static void letters_combine_and_take_values(void)
{
    struct global c;

    CU_ASSERT_EQUAL(PARSE(&c, "-sSfXPUT", "-ofile", "u", "-m", "2", "-"), CODE_USAGE);
    global_fini(&c);
    CU_ASSERT_EQUAL(PARSE(&c, "-sSfXPUT", "-ofile", "u", "-m", "2"), CODE_OK);
    CU_ASSERT(c.silent && c.show_error && c.first->fail);
    CU_ASSERT_STRING_EQUAL(c.first->method, "PUT");
    CU_ASSERT_STRING_EQUAL(c.first->targets[0].output, "file");
    CU_ASSERT_EQUAL(c.first->max_time_ms, 2000);
    global_fini(&c);
}

static void long_names_may_be_cut_where_that_is_unambiguous(void)
{
    struct global c;

    CU_ASSERT_EQUAL(PARSE(&c, "--inc", "--max-t", "1", "u"), CODE_OK);
    CU_ASSERT(c.first->include);
    CU_ASSERT_EQUAL(c.first->max_time_ms, 1000);
    global_fini(&c);
    CU_ASSERT_EQUAL(PARSE(&c, "--max", "1", "u"), CODE_USAGE);
    global_fini(&c);
    CU_ASSERT_EQUAL(PARSE(&c, "--head", "u"), CODE_OK); /* --header goes on behind it */
    CU_ASSERT(c.first->head);
    global_fini(&c);
}

static void no_turns_a_switch_off(void)
{
    struct global c;

    CU_ASSERT_EQUAL(PARSE(&c, "-i", "--no-include", "-s", "--no-silent", "u"), CODE_OK);
    CU_ASSERT_FALSE(c.first->include || c.silent);
    global_fini(&c);
    CU_ASSERT_EQUAL(PARSE(&c, "--no-output", "x", "u"), CODE_USAGE);
    global_fini(&c);
    CU_ASSERT_EQUAL(PARSE(&c, "--no-ipv4", "u"), CODE_USAGE);
    global_fini(&c);
    CU_ASSERT_EQUAL(PARSE(&c, "--no-sil", "u"), CODE_USAGE); /* not cut */
    global_fini(&c);
}

static void behind_two_dashes_all_are_urls(void)
{
    struct global c;

    CU_ASSERT_EQUAL(PARSE(&c, "-i", "--", "-s", "--next"), CODE_OK);
    CU_ASSERT_EQUAL(c.first->urls_len, 2);
    CU_ASSERT_STRING_EQUAL(c.first->targets[1].url, "--next");
    global_fini(&c);
}

static void the_last_word_counts(void)
{
    struct global c;

    CU_ASSERT_EQUAL(PARSE(&c, "-X", "A", "-XB", "-m1", "-m", "3", "u"), CODE_OK);
    CU_ASSERT_STRING_EQUAL(c.first->method, "B");
    CU_ASSERT_EQUAL(c.first->max_time_ms, 3000);
    global_fini(&c);
}

static void the_nth_output_is_the_nth_urls(void)
{
    struct global c;

    CU_ASSERT_EQUAL(PARSE(&c, "a", "-o", "1", "-o", "2", "--url", "b", "c"), CODE_OK);
    CU_ASSERT_EQUAL(c.first->urls_len, 3);
    CU_ASSERT_STRING_EQUAL(c.first->targets[0].output, "1");
    CU_ASSERT_STRING_EQUAL(c.first->targets[1].output, "2");
    CU_ASSERT_STRING_EQUAL(c.first->targets[1].url, "b");
    CU_ASSERT_EQUAL(c.first->targets[2].output_kind, OUTPUT_STDOUT);
    global_fini(&c);
}

static void next_begins_an_operation_of_its_own(void)
{
    struct global c;

    CU_ASSERT_EQUAL(PARSE(&c, "-i", "-o1", "a", "--next", "-Z", "-o2", "b", "-:", "-s", "c"),
                    CODE_OK);
    const struct config *second = c.first->next;
    CU_ASSERT(c.first->include && !second->include && !second->next->include);
    CU_ASSERT_STRING_EQUAL(second->targets[0].output, "2");
    CU_ASSERT_EQUAL(second->next->targets[0].output_kind, OUTPUT_STDOUT);
    CU_ASSERT_PTR_EQUAL(second->next, c.last);
    CU_ASSERT(c.parallel && c.silent);
    CU_ASSERT_PTR_EQUAL(c.last->global, &c);
    global_fini(&c);
}

static void an_operation_without_a_url_goes_on(void)
{
    struct global c;

    CU_ASSERT_EQUAL(PARSE(&c, "-i"), CODE_USAGE);
    global_fini(&c);
    CU_ASSERT_EQUAL(PARSE(&c, "-i", "--next", "u", "--next"), CODE_OK);
    CU_ASSERT(c.first->include);
    CU_ASSERT_PTR_EQUAL(c.first->next, c.last);
    CU_ASSERT_EQUAL(c.last->urls_len, 0);
    global_fini(&c);
}

static void help_and_version_end_it(void)
{
    struct global c;

    CU_ASSERT_EQUAL(PARSE(&c, "-s", "--help"), CODE_OK);
    CU_ASSERT(c.help && c.help_category == NULL);
    global_fini(&c);
    CU_ASSERT_EQUAL(PARSE(&c, "-sh", "tls", "--nonsense"), CODE_OK);
    CU_ASSERT_STRING_EQUAL(c.help_category, "tls");
    global_fini(&c);
    CU_ASSERT_EQUAL(PARSE(&c, "-V", "--nonsense"), CODE_OK);
    CU_ASSERT(c.version);
    global_fini(&c);
}

static void names_and_letters_are_of_one_option_each(void)
{
    for (const struct option *const *g = option_groups; *g != NULL; g++)
        for (const struct option *o = *g; o->name != NULL; o++) {
            const struct option *found = NULL;
            bool on = false;

            CU_ASSERT_EQUAL(option_by_name(o->name, &found, &on), OPTION_OK);
            CU_ASSERT_PTR_EQUAL(found, o);
            CU_ASSERT(on);
            if (o->letter != '\0')
                CU_ASSERT_PTR_EQUAL(option_by_letter(o->letter), o);
            CU_ASSERT_NOT_EQUAL(o->lists, 0);
        }
}

CU_TestInfo options_tests[] = {
    {"letters combine and take values", letters_combine_and_take_values},
    {"long names may be cut", long_names_may_be_cut_where_that_is_unambiguous},
    {"no- turns a switch off", no_turns_a_switch_off},
    {"behind -- all are URLs", behind_two_dashes_all_are_urls},
    {"the last word counts", the_last_word_counts},
    {"the nth output is the nth URL's", the_nth_output_is_the_nth_urls},
    {"--next begins an operation of its own", next_begins_an_operation_of_its_own},
    {"an operation without a URL goes on", an_operation_without_a_url_goes_on},
    {"--help and --version end it", help_and_version_end_it},
    {"names and letters are of one option each", names_and_letters_are_of_one_option_each},
    CU_TEST_INFO_NULL,
};
