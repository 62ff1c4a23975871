/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * fault_tests                       every scene without faults, the fixed ones with
 *                                   every allocation of gofer's failing
 * fault_tests --ci                  the fixed scenes with all faults, all scenes with
 *                                   all of memory and with the storms, 1,000 pairs
 * fault_tests --all                 every scene with every fault, 10,000 pairs
 * fault_tests --pairs COUNT [SEED]  pairs only
 * fault_tests --list                scenes and layers
 * fault_tests SCENE[/tls] [LAYER[:N]]...   a scene: with every n of a layer, or
 *                                   with those faults, once
 *
 * The exit status is 1 when a run went wrong, 2 for a name that does not exist.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "faults/matrix.h"
#include "faults/memory.h"
#include "support/gate.h"
#include "support/sanitizer.h"

enum { SKIPPED = 77 };

static int report(const struct matrix *matrix)
{
    printf("fault_tests: %lu runs, %lu of them with a fault that struck, %lu went wrong\n",
           matrix->runs, matrix->strikes, matrix->failures);
    return matrix->failures > 0;
}

/* OpenSSL allocates a thousand times where gofer does ten times: CI fails some of them. */
static void sweep_scene(struct matrix *matrix, const struct scene *scene, const struct layer *layer,
                        bool all)
{
    enum { SOME = 40 };
    bool is_long = strcmp(layer->name, "openssl-memory") == 0;

    for (unsigned way = PLAIN; way <= TLS; way++) {
        if (scene->ways & way)
            matrix_sweep(matrix, scene, (enum way)way, layer, is_long && !all ? SOME : 0);
    }
}

enum amount { QUICK, CI, ALL };

static void sweep_layer(struct matrix *matrix, const struct layer *layer, enum amount amount)
{
    int64_t began = now_ms();
    unsigned long runs = matrix->runs;

    for (unsigned i = 0; i < scenes_len; i++) {
        if (amount == ALL || scenes[i].is_fixed || (amount == CI && layer_is_quick(layer)))
            sweep_scene(matrix, &scenes[i], layer, amount == ALL);
    }
    printf("fault_tests: %-14s %6lu runs in %lld ms\n", layer->name, matrix->runs - runs,
           (long long)(now_ms() - began));
}

static void pairs(struct matrix *matrix, unsigned long count, unsigned long seed)
{
    int64_t began = now_ms();

    printf("fault_tests: pairs, seed %lu\n", seed);
    matrix_pairs(matrix, count, seed);
    printf("fault_tests: %-14s %6lu runs in %lld ms\n", "pairs", count,
           (long long)(now_ms() - began));
}

static int run_many(struct matrix *matrix, enum amount amount)
{
    if (amount == QUICK) {
        sweep_layer(matrix, layer_named("memory"), amount);
        return report(matrix);
    }
    for (unsigned i = 0; i < layers_len; i++)
        sweep_layer(matrix, &layers[i], amount);
    pairs(matrix, amount == ALL ? 10000 : 1000, (unsigned long)time(NULL));
    return report(matrix);
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

static int run(struct matrix *matrix, int argc, char **argv)
{
    if (argc == 1)
        return run_many(matrix, QUICK);
    if (strcmp(argv[1], "--ci") == 0 || strcmp(argv[1], "--all") == 0)
        return run_many(matrix, strcmp(argv[1], "--ci") == 0 ? CI : ALL);
    if (strcmp(argv[1], "--pairs") == 0 && argc > 2) {
        pairs(matrix, strtoul(argv[2], NULL, 10),
              argc > 3 ? strtoul(argv[3], NULL, 10) : (unsigned long)time(NULL));
        return report(matrix);
    }
    return run_one(matrix, argc - 1, argv + 1);
}

/* What libraries make once and keep is there before the first run counts. */
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

static void remove_directory(const char *directory)
{
    static const char *const names[] = {"body",     "part",    "copy",     "ca.pem", "crl.pem",
                                        "cert.pem", "key.pem", "keys.log", "cookies"};
    char path[256];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    rmdir(directory);
}

int main(int argc, char **argv)
{
    char directory[] = "/tmp/gofer-faults-XXXXXX";
    struct matrix matrix = {.directory = directory};
    int status;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (SANITIZED_THREADS) {
        printf("fault_tests: skipped: ThreadSanitizer follows no threads of a forked child\n");
        return SKIPPED;
    }
    if (argc > 1 && strcmp(argv[1], "--list") == 0)
        return list();
    if (!memory_set_up() || mkdtemp(directory) == NULL)
        return 1;
    matrix.servers = servers_start();
    if (argc == 1 || argv[1][0] == '-')
        warm_up(&matrix);
    status = run(&matrix, argc, argv);
    if (status == 2)
        fprintf(stderr, "fault_tests: no such scene or layer; --list\n");
    servers_stop();
    remove_directory(directory);
    return status;
}
