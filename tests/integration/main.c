/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Runs the integration suites: all that suites.def names, or those named as
 * arguments ("get" for every driver, "get/workers" for one); "1of4" takes every
 * fourth of all, from the first on. The exit status is
 * 1 when an assertion failed, a suite could not run or nothing ran at all, 2
 * for a suite that does not exist.
 */
#include <CUnit/Basic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "integration/rig.h"
#include "support/heap.h"
#include "support/leaks.h"

#define SUITE(module) extern CU_TestInfo module##_tests[];
#define DRIVEN(module) SUITE(module)
#define SECURE(module) SUITE(module)
#include "integration/suites.def"
#undef DRIVEN
#undef SECURE
#undef SUITE

struct listed {
    const char *name;
    enum { ONCE, PLAIN_DRIVERS, ALL_DRIVERS } times;
    CU_TestInfo *tests;
};

#define SUITE(module) {#module, ONCE, module##_tests},
#define DRIVEN(module) {#module, PLAIN_DRIVERS, module##_tests},
#define SECURE(module) {#module, ALL_DRIVERS, module##_tests},
static const struct listed listed[] = {
#include "integration/suites.def"
};
#undef DRIVEN
#undef SECURE
#undef SUITE

enum { LISTED = sizeof listed / sizeof *listed, NAME_BYTES = 64 };

/* CUnit's suite initialisers take no argument, so there is one for each driver. */
static int drive_0(void)
{
    return rig_drive(&drivers[0]), 0;
}

static int drive_1(void)
{
    return rig_drive(&drivers[1]), 0;
}

static int drive_2(void)
{
    return rig_drive(&drivers[2]), 0;
}

static int drive_3(void)
{
    return rig_drive(&drivers[3]), 0;
}

static int drive_4(void)
{
    return rig_drive(&drivers[4]), 0;
}

static int drive_5(void)
{
    return rig_drive(&drivers[5]), 0;
}

static int drive_6(void)
{
    return rig_drive(&drivers[6]), 0;
}

static int drive_7(void)
{
    return rig_drive(&drivers[7]), 0;
}

static const CU_InitializeFunc drive[] = {drive_0, drive_1, drive_2, drive_3,
                                          drive_4, drive_5, drive_6, drive_7};

static bool is_named(const char *name, const char *module, int n, char **names)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0 || strcmp(names[i], module) == 0)
            return true;
    }
    return n == 0;
}

static bool register_one(const struct listed *one, unsigned driver, int n, char **names)
{
    char name[NAME_BYTES];

    if (one->times != ONCE)
        snprintf(name, sizeof name, "%s/%s", one->name, drivers[driver].name);
    else
        snprintf(name, sizeof name, "%s", one->name);
    if (!is_named(name, one->name, n, names))
        return false;
    CU_SuiteInfo suites[] = {
        {name, drive[driver], NULL, rig_set_up, rig_tear_down, one->tests},
        CU_SUITE_INFO_NULL,
    };
    if (CU_register_suites(suites) == CUE_SUCCESS)
        return true;
    fprintf(stderr, "integration_tests: %s\n", CU_get_error_msg());
    return false;
}

/* A share of the suites: most of a test's time is waiting, so shares run beside each other. */
struct share {
    unsigned nth;
    unsigned of;
};

static unsigned register_share(struct share share, int n, char **names)
{
    unsigned registered = 0, at = 0;

    for (unsigned i = 0; i < LISTED; i++) {
        unsigned times = listed[i].times == ONCE ? 1 : drivers_len;
        for (unsigned d = 0; d < times; d++) {
            if (drivers[d].tls && listed[i].times != ALL_DRIVERS)
                continue;
            if (at++ % share.of == share.nth - 1)
                registered += register_one(&listed[i], d, n, names);
        }
    }
    return registered;
}

static unsigned register_all(int n, char **names)
{
    struct share share = {1, 1};
    char rest;

    if (n == 1 && sscanf(names[0], "%uof%u%c", &share.nth, &share.of, &rest) == 2)
        return share.nth > 0 && share.nth <= share.of ? register_share(share, 0, names) : 0;
    return register_share((struct share){1, 1}, n, names);
}

/* What the library makes once and keeps is made before the first test counts. */
static void warm_up(void)
{
    gofer_client *client = gofer_client_new(NULL);
    char url[ORIGIN_URL_BYTES];
    gofer_response *response = NULL;

    gofer_get(client, rig_echo_url("echo", 1, url), &response);
    gofer_response_free(response);
    gofer_client_free(client);
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
    int status;

    setvbuf(stdout, NULL, _IONBF, 0); /* a test that ends the program is named before it does */
    leaks_raise_fd_limit();
    echo_origin_start(&rig_echo);
    if (!heap_install() || CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    warm_up();
    status = register_all(argc - 1, argv + 1) == 0 ? 2 : run() ? 0 : 1;
    CU_cleanup_registry();
    echo_origin_stop(&rig_echo);
    return status;
}
