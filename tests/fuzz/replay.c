/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Gives every file of tests/fuzz/corpus/TARGET to its target, and a few thousand
 * small changes of each: cut at every place, single bytes changed, halves of two
 * files joined. No compiler's fuzzer is needed: this is part of `make check` with
 * any compiler, and what a fuzzer once found stays found. A property that does not
 * hold aborts; the file is named before. Arguments name targets.
 */
#include <CUnit/Basic.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"

enum { PATH_BYTES = 1024, INPUT_MAX = 64 * 1024, FILES_MAX = 256, CUTS_MAX = 512, CHANGES = 512 };

/* A file whose name begins so is given as it is: what it sets off takes too long for its changes.
 */
static const char as_it_is[] = "whole_";

struct target {
    const char *name;
    void (*run)(struct fuzz *f);
};

#define TARGET(name) {#name, fuzz_##name},
static const struct target targets[] = {
#include "fuzz/targets.def"
};
#undef TARGET

enum { TARGETS = sizeof targets / sizeof *targets };

struct input {
    char *data;
    size_t len;
    bool changes;
};

static const struct target *current;

static void give(const char *data, size_t len)
{
    char *exact = fuzz_exact(data, len);
    struct fuzz f = {.data = exact, .len = len};
    current->run(&f);
    free(exact);
}

/* --- small changes --- */

/* A fixed sequence (splitmix64): the same changes in every run. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void cut(const struct input *in)
{
    for (size_t len = 0; len < in->len && len < CUTS_MAX; len++)
        give(in->data, len);
}

/* A client's life is longer than a parser's. */
static int changes_of(const struct target *target)
{
    return strcmp(target->name, "client") == 0 ? CHANGES / 4 : CHANGES;
}

static void change(const struct input *in)
{
    static const char likely[] = "\r\n\t :;,=\"\\/?#@[]%.-+0129aAzZ\x7f\xff";
    uint64_t state = in->len;
    if (in->len == 0)
        return;
    char *copy = fuzz_exact(in->data, in->len);
    for (int i = 0; i < changes_of(current); i++) {
        size_t at = draw(&state) % in->len;
        char old = copy[at];
        copy[at] = likely[draw(&state) % sizeof likely];
        give(copy, in->len);
        if (i % 4 != 3) /* some changes stay, for a while */
            copy[at] = old;
        if (i % 32 == 31)
            memcpy(copy, in->data, in->len);
    }
    free(copy);
}

static void join(const struct input *a, const struct input *b)
{
    size_t head = a->len / 2;
    size_t tail = b->len - b->len / 2;
    char *both = malloc(head + tail + 1);
    if (both == NULL)
        abort();
    memcpy(both, a->data, head);
    memcpy(both + head, b->data + b->len / 2, tail);
    give(both, head + tail);
    free(both);
}

/* --- the corpus --- */

static bool read_file(const char *path, struct input *in)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    in->data = malloc(INPUT_MAX);
    in->len = in->data != NULL ? fread(in->data, 1, INPUT_MAX, file) : 0;
    fclose(file);
    return in->data != NULL;
}

static size_t read_corpus(const char *target, struct input *inputs)
{
    char path[PATH_BYTES];
    const char *top = getenv("GOFER_SRCDIR");
    struct dirent **names;
    size_t n = 0;
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%s", top != NULL ? top : ".", target);
    int found = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < found; i++) {
        char file[2 * PATH_BYTES];
        snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.' && n < FILES_MAX && read_file(file, &inputs[n]))
            inputs[n++].changes = strncmp(names[i]->d_name, as_it_is, strlen(as_it_is)) != 0;
        free(names[i]);
    }
    if (found >= 0)
        free(names);
    return n;
}

static void replay(void)
{
    static struct input inputs[FILES_MAX];
    size_t n = read_corpus(current->name, inputs);
    CU_ASSERT(n > 0);
    for (size_t i = 0; i < n; i++) {
        give(inputs[i].data, inputs[i].len);
        if (!inputs[i].changes)
            continue;
        cut(&inputs[i]);
        change(&inputs[i]);
        join(&inputs[i], &inputs[(i + 1) % n]);
    }
    for (size_t i = 0; i < n; i++)
        free(inputs[i].data);
}

static bool is_named(const char *name, int n, char **names)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return n == 0;
}

/* One test runs at a time, in the order in which they were added; `current` follows. */
static void replay_named(void)
{
    const char *name = CU_get_current_test()->pName;
    for (current = targets; strcmp(current->name, name) != 0;)
        current++;
    replay();
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_pSuite suite = CU_add_suite("fuzz corpus", NULL, NULL);
    for (size_t i = 0; i < TARGETS; i++)
        if (is_named(targets[i].name, argc - 1, argv + 1))
            CU_add_test(suite, targets[i].name, replay_named);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    bool ran = CU_basic_run_tests() == CUE_SUCCESS && CU_get_number_of_tests_run() > 0;
    int status = ran && CU_get_number_of_failures() == 0 ? 0 : 1;
    CU_cleanup_registry();
    return status;
}
