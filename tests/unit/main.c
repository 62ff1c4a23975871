/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Runs the unit suites: all that tests/unit/suites.def names, or those named as
 * arguments. Prints every test and CUnit's summary; the exit status is 1 when
 * an assertion failed, a suite could not run or nothing ran at all, 2 for a
 * suite that does not exist.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/Basic.h>

#define SUITE(module) extern CU_TestInfo module##_tests[];
#include "tests/unit/suites.def"
#undef SUITE

#define SUITE(module) {#module, NULL, NULL, NULL, NULL, module##_tests},
static CU_SuiteInfo suites[] = {
#include "tests/unit/suites.def"
    CU_SUITE_INFO_NULL};
#undef SUITE

static CU_SuiteInfo *find_suite(const char *name)
{
    for (CU_SuiteInfo *s = suites; s->pName != NULL; s++)
        if (strcmp(s->pName, name) == 0)
            return s;
    return NULL;
}

static bool register_suites(CU_SuiteInfo *first)
{
    if (CU_register_suites(first) == CUE_SUCCESS)
        return true;
    fprintf(stderr, "unit_tests: %s\n", CU_get_error_msg());
    return false;
}

static bool register_named(int n, char **names)
{
    for (int i = 0; i < n; i++) {
        CU_SuiteInfo *found = find_suite(names[i]);
        if (found == NULL) {
            fprintf(stderr, "unit_tests: no suite \"%s\"\n", names[i]);
            return false;
        }
        CU_SuiteInfo one[] = {*found, CU_SUITE_INFO_NULL};
        if (!register_suites(one))
            return false;
    }
    return true;
}

static bool run(void)
{
    CU_basic_set_mode(CU_BRM_VERBOSE);
    if (CU_basic_run_tests() != CUE_SUCCESS || CU_get_number_of_tests_run() == 0)
        return false;
    return CU_get_number_of_failures() == 0 && CU_get_number_of_suites_failed() == 0;
}

int main(int argc, char **argv)
{
    /* Whole lines, so that a test that hangs or dies is the last one named. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    bool known = argc > 1 ? register_named(argc - 1, argv + 1) : register_suites(suites);
    int status = !known ? 2 : run() ? 0 : 1;
    CU_cleanup_registry();
    return status;
}
