/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Runs README.md's programs, and those that move whole files, against the
 * examples' origin and compares what they print and leave behind. The programs
 * are found below GOFER_BUILDDIR, the current directory where it is not set.
 */
#include "examples/origin.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CUnit/Basic.h>

extern char **environ;

static struct origin *origin;

struct run {
    int status;
    char out[4096];
};

static int start_origin(void)
{
    origin = origin_start();
    return origin == NULL;
}

static int stop_origin(void)
{
    origin_stop(origin);
    return 0;
}

static void url_to(char *url, size_t size, const char *path)
{
    snprintf(url, size, "%s%s", origin_url(origin), path);
}

static size_t read_all(int fd, char *text, size_t size)
{
    size_t len = 0;
    while (len < size) {
        ssize_t n = read(fd, text + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    return len;
}

static pid_t spawn(const char *program, char **argv, int out)
{
    posix_spawn_file_actions_t actions;
    pid_t child = -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (posix_spawn(&child, program, &actions, NULL, argv, environ) != 0)
        child = -1;
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

/* Runs examples/NAME with up to three arguments; status -1 where it did not exit by itself. */
static struct run run_example(const char *name, const char *const *args)
{
    struct run r = {.status = -1};
    char path[4096];
    char *argv[] = {path, (char *)args[0], (char *)args[1], (char *)args[2], NULL};
    const char *dir = getenv("GOFER_BUILDDIR");
    int ends[2];
    snprintf(path, sizeof path, "%s/examples/%s", dir != NULL ? dir : ".", name);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return r;
    pid_t child = spawn(path, argv, ends[1]);
    close(ends[1]);
    r.out[read_all(ends[0], r.out, sizeof r.out - 1)] = '\0';
    close(ends[0]);
    int status;
    if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status))
        r.status = WEXITSTATUS(status);
    return r;
}

static void get_prints_the_body(void)
{
    char url[256];
    url_to(url, sizeof url, "/instant?id=7");
    struct run r = run_example("readme_get", (const char *[]){url, NULL, NULL});
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_STRING_EQUAL(r.out, "instant 7\n\n");
}

static void get_says_what_went_wrong(void)
{
    struct run r = run_example("readme_get", (const char *[]){"http://:bad/", NULL, NULL});
    CU_ASSERT_EQUAL(r.status, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "bad"));
}

static void parallel_prints_a_line_for_each(void)
{
    char a[256], b[256], c[256], expected[1024];
    url_to(a, sizeof a, "/50ms");
    url_to(b, sizeof b, "/instant");
    url_to(c, sizeof c, "/nowhere");
    snprintf(expected, sizeof expected, "%s: 200\n%s: 200\n%s: 404\n", a, b, c);
    struct run r = run_example("readme_parallel", (const char *[]){a, b, c});
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_STRING_EQUAL(r.out, expected);
}

/* --- files ------------------------------------------------------------------ */

enum { DOWNLOADED = 32 * 1024 * 1024 };

/* A name that nobody has, and nothing behind it. */
static void new_name(char *name)
{
    strcpy(name, "/tmp/gofer-readme-test-XXXXXX");
    int fd = mkstemp(name);
    CU_ASSERT_FATAL(fd >= 0);
    close(fd);
    unlink(name);
}

/* How many bytes the file has in which byte i is (7 + i) modulo 256; -1 where one is not. */
static long count_pattern(const char *name)
{
    static unsigned char bytes[65536];
    long count = 0;
    size_t n;
    FILE *file = fopen(name, "rbe");
    while (file != NULL && (n = fread(bytes, 1, sizeof bytes, file)) > 0)
        for (size_t i = 0; i < n && count >= 0; i++)
            count = bytes[i] == (unsigned char)(7 + count) ? count + 1 : -1;
    if (file != NULL)
        fclose(file);
    return file != NULL ? count : -1;
}

static void download_keeps_every_byte(void)
{
    char url[256], name[64];
    url_to(url, sizeof url, "/32MiB?id=7");
    new_name(name);
    struct run r = run_example("download", (const char *[]){url, name, NULL});
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_EQUAL(count_pattern(name), DOWNLOADED);
    unlink(name);
}

static void download_leaves_nothing_after_a_refusal(void)
{
    char url[256], name[64];
    url_to(url, sizeof url, "/nowhere");
    new_name(name);
    struct run r = run_example("download", (const char *[]){url, name, NULL});
    CU_ASSERT_EQUAL(r.status, 1);
    CU_ASSERT_NOT_EQUAL(access(name, F_OK), 0);
}

static void upload_sends_the_whole_file(void)
{
    char url[256], name[64];
    url_to(url, sizeof url, "/count");
    new_name(name);
    int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CU_ASSERT_EQUAL(ftruncate(fd, 5000000), 0);
    close(fd);
    struct run r = run_example("upload", (const char *[]){url, name, NULL});
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_STRING_EQUAL(r.out, "5000000 bytes\n");
    unlink(name);
}

static void upload_says_that_there_is_no_file(void)
{
    char url[256], name[64];
    url_to(url, sizeof url, "/count");
    new_name(name);
    struct run r = run_example("upload", (const char *[]){url, name, NULL});
    CU_ASSERT_EQUAL(r.status, 1);
    CU_ASSERT_STRING_EQUAL(r.out, "");
}

static void echo_says_that_the_server_does_not_switch(void)
{
    char url[256];
    url_to(url, sizeof url, "/instant");
    struct run r = run_example("upgrade_echo", (const char *[]){url, NULL, NULL});
    CU_ASSERT_EQUAL(r.status, 1);
}

static CU_TestInfo file_tests[] = {
    {"download keeps every byte", download_keeps_every_byte},
    {"download leaves nothing after a refusal", download_leaves_nothing_after_a_refusal},
    {"upload sends the whole file", upload_sends_the_whole_file},
    {"upload says that there is no file", upload_says_that_there_is_no_file},
    {"upgrade_echo says that the server does not switch",
     echo_says_that_the_server_does_not_switch},
    CU_TEST_INFO_NULL,
};

static CU_TestInfo tests[] = {
    {"readme_get prints the body", get_prints_the_body},
    {"readme_get says what went wrong", get_says_what_went_wrong},
    {"readme_parallel prints a line for each URL, in their order", parallel_prints_a_line_for_each},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"README.md", start_origin, stop_origin, NULL, NULL, tests},
    {"files", start_origin, stop_origin, NULL, NULL, file_tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
        return 1;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned ran = CU_get_number_of_tests_run();
    unsigned failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
    CU_cleanup_registry();
    return ran == 0 || failed > 0;
}
