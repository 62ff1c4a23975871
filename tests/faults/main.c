/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * fault_tests                       every scene without faults, the fixed ones with
 *                                   every allocation of gofer's failing and the storms
 * fault_tests --ci                  the fixed scenes with all faults, all scenes with
 *                                   all of memory and with the storms, 1,000 pairs
 * fault_tests --all                 every scene with every fault, 10,000 pairs
 * fault_tests --ci|--all LAYER...   the same of some layers, without pairs
 * fault_tests --pairs COUNT [SEED]  pairs only
 * fault_tests --list                scenes and layers
 * fault_tests SCENE[/tls] [LAYER[:N]]...   a scene: with every n of a layer, or
 *                                   with those faults, once
 *
 * Many runs are shared by so many processes as JOBS says, or there are processors.
 * The exit status is 1 when a run went wrong, 2 for a name that does not exist.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "faults/crew.h"
#include "faults/matrix.h"
#include "faults/memory.h"
#include "faults/sys_taps.h"
#include "support/sanitizer.h"

enum { SKIPPED = 77 };

/* AddressSanitizer's, a fifth quicker: what is freed need not be remembered for many runs. A short
 * stack is enough to find the run; ASAN_OPTIONS in the environment wins. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=16:thread_local_quarantine_size_kb=64:malloc_context_size=6";
}

static int report(const struct matrix *matrix)
{
    printf("fault_tests: %lu runs, %lu of them with a fault that struck, %lu went wrong\n",
           matrix->runs, matrix->strikes, matrix->failures);
    return matrix->failures > 0;
}

static int list(void)
{
    for (unsigned i = 0; i < scenes_len; i++)
        printf("scene  %s%s%s\n", scenes[i].name, scenes[i].ways & TLS ? " [/tls]" : "",
               scenes[i].is_fixed ? ", fixed" : "");
    for (unsigned i = 0; i < layers_len; i++)
        printf("layer  %s\n", layers[i].name);
    return 0;
}

/* --- one scene --- */

static bool parse_scene(const char *text, struct run *run)
{
    size_t len = strcspn(text, "/");

    run->way = strcmp(text + len, "/tls") == 0 ? TLS : PLAIN;
    for (unsigned i = 0; i < scenes_len; i++) {
        if (strlen(scenes[i].name) == len && strncmp(scenes[i].name, text, len) == 0)
            run->scene = &scenes[i];
    }
    return run->scene != NULL && (run->scene->ways & run->way) != 0;
}

static bool parse_fault(const char *text, struct fault *fault)
{
    char name[64];
    size_t len = strcspn(text, ":");

    snprintf(name, sizeof name, "%.*s", (int)len, text);
    fault->layer = layer_named(name);
    fault->n = text[len] == ':' ? strtol(text + len + 1, NULL, 10) : 0;
    return fault->layer != NULL;
}

static int run_one(struct matrix *matrix, int argc, char **argv)
{
    struct run run = {0};
    bool struck;

    if (!parse_scene(argv[0], &run) || argc > 1 + FAULTS_MAX)
        return 2;
    for (int i = 1; i < argc; i++) {
        if (!parse_fault(argv[i], &run.faults[run.len++]))
            return 2;
    }
    if (run.len == 1 && run.faults[0].n == 0)
        matrix_sweep(matrix, run.scene, run.way, run.faults[0].layer, 0);
    else
        matrix_play(matrix, &run, &struck);
    return report(matrix);
}

/* --- many --- */

static bool plan_layers(struct plan *plan, enum amount amount, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (layer_named(argv[i]) == NULL)
            return false;
        plan_sweeps(plan, amount, layer_named(argv[i]));
    }
    return true;
}

static void plan_seed(struct plan *plan, unsigned long count, const char *text)
{
    unsigned long seed = text != NULL ? strtoul(text, NULL, 10) : (unsigned long)time(NULL);

    printf("fault_tests: pairs, seed %lu\n", seed);
    plan_pairs(plan, count, seed);
}

/* The arguments behind the program's name. False where there is no such amount or layer. */
static bool parse_many(struct plan *plan, int argc, char **argv)
{
    if (argc == 0) {
        plan_sweeps(plan, AMOUNT_QUICK, NULL);
        return true;
    }
    if (strcmp(argv[0], "--pairs") == 0 && argc > 1) {
        plan_seed(plan, strtoul(argv[1], NULL, 10), argv[2]);
        return true;
    }
    if (strcmp(argv[0], "--ci") != 0 && strcmp(argv[0], "--all") != 0)
        return false;
    enum amount amount = strcmp(argv[0], "--ci") == 0 ? AMOUNT_CI : AMOUNT_ALL;
    if (argc > 1)
        return plan_layers(plan, amount, argc - 1, argv + 1);
    plan_sweeps(plan, amount, NULL);
    plan_seed(plan, amount == AMOUNT_CI ? 1000 : 10000, NULL);
    return true;
}

static unsigned processes(void)
{
    const char *jobs = getenv("JOBS");
    long n = jobs != NULL ? strtol(jobs, NULL, 10) : sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : (unsigned)n;
}

/* What libraries make once and keep is there before the first run counts, of many or of one: the
 * n-th call is the same, then. */
static void warm_up(struct matrix *matrix)
{
    struct run one = {.way = PLAIN};
    bool struck;

    for (unsigned i = 0; i < scenes_len; i++) {
        one.scene = &scenes[i];
        one.way = scenes[i].ways & TLS ? TLS : PLAIN;
        matrix_play(matrix, &one, &struck);
    }
}

/* --- the system's files --- */

static const char *system_file(const char *directory, const char *name, const char *text)
{
    static char paths[2][PATH_MAX];
    static unsigned used;
    char *path = paths[used++];
    FILE *file;

    snprintf(path, PATH_MAX, "%s/%s", directory, name);
    file = fopen(path, "we");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
    return path;
}

/* The system's trust is one CA instead of hundreds, and a datagram that is lost costs a second. */
static void replace_system_files(const struct matrix *matrix)
{
    const char *trust = system_file(matrix->directory, "system.pem", matrix->servers->ca_pem);

    setenv("SSL_CERT_FILE", trust, 1);
    setenv("SSL_CERT_DIR", matrix->directory, 1);
    sys_taps_replace("/etc/resolv.conf", system_file(matrix->directory, "resolv.conf",
                                                     "options timeout:1 attempts:5\n"));
}

static void remove_directory(const char *directory)
{
    static const char *const names[] = {"body",    "part",       "copy",       "ca.pem",
                                        "crl.pem", "cert.pem",   "key.pem",    "keys.log",
                                        "cookies", "system.pem", "resolv.conf"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    rmdir(directory);
}

static bool begin(struct matrix *matrix, char *directory)
{
    if (!memory_set_up() || mkdtemp(directory) == NULL)
        return false;
    matrix->directory = directory;
    matrix->servers = servers_start();
    replace_system_files(matrix);
    return true;
}

static int run(struct crew *crew, int argc, char **argv)
{
    char directory[] = "/tmp/gofer-faults-XXXXXX";
    struct matrix matrix = {0};
    int status;

    if (!begin(&matrix, directory))
        return 1;
    warm_up(&matrix);
    if (crew != NULL) {
        crew_work(crew, &matrix);
        status = matrix.failures > 0;
    } else {
        status = run_one(&matrix, argc - 1, argv + 1);
    }
    servers_stop();
    remove_directory(directory);
    return status;
}

static int unknown(void)
{
    fprintf(stderr, "fault_tests: no such scene or layer; --list\n");
    return 2;
}

int main(int argc, char **argv)
{
    static struct plan plan;
    struct crew *crew = NULL;
    bool failed;
    int status;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (SANITIZED_THREADS) {
        printf("fault_tests: skipped: ThreadSanitizer follows no threads of a forked child\n");
        return SKIPPED;
    }
    if (argc > 1 && strcmp(argv[1], "--list") == 0)
        return list();
    if (argc == 1 || argv[1][0] == '-') {
        if (!parse_many(&plan, argc - 1, argv + 1))
            return unknown();
        if (!crew_start(&plan, processes(), &crew, &failed))
            return failed;
    }
    status = run(crew, argc, argv);
    return status == 2 ? unknown() : status;
}
