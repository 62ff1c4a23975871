/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * client/cookie_file: the Netscape format, to the byte; files as others write
 * them; and that a file is replaced as a whole or not at all. Each test has a
 * folder of its own, in which nothing may be left.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/heap.h"
#include "unit/client/cookie_rig.h"
#include "unit/http/scarce.h"

extern CU_TestInfo cookie_file_tests[];

static gofer_cookie_jar *jar;
static char folder[40];
static char file[60];

static void begin(void)
{
    clock_fake_wall(COOKIE_NOW);
    jar = gofer_cookie_jar_new();
    strcpy(folder, "/tmp/gofer-cookies-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/jar", folder);
}

/* How many files the folder has. */
static int files(void)
{
    int n = -2; /* . and .. */
    DIR *dir = opendir(folder);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

/* Only the file may be there. */
static void end(void)
{
    gofer_cookie_jar_free(jar);
    clock_fake_wall(-1);
    unlink(file);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
}

static void write_file(const void *text, size_t len)
{
    FILE *out = fopen(file, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(fwrite(text, 1, len, out), len);
    fclose(out);
}

/* Behind the head's lines. Static. */
static const char *file_text(void)
{
    static char text[4096];
    FILE *in = fopen(file, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(in);
    size_t n = fread(text, 1, sizeof text - 1, in);
    fclose(in);
    text[n] = '\0';
    CU_ASSERT(strncmp(text, "# Netscape HTTP Cookie File\n", 28) == 0);
    const char *blank = strstr(text, "\n\n");
    return blank == NULL ? "no blank line" : blank + 2;
}

static void load(const char *text)
{
    write_file(text, strlen(text));
    CU_ASSERT_EQUAL(gofer_cookie_jar_load(jar, file), GOFER_OK);
}

static void the_format_is_netscapes(void)
{
    begin();
    SET(jar, "https://www.a.test/x/y", "a=1; Domain=a.test; Secure; Max-Age=100");
    SET(jar, "http://www.a.test/", "b=\"2 3\"; HttpOnly");
    SET(jar, "http://[::1]/", "c=");
    SET(jar, "http://[fe80::1%25eth0]/", "d=4; Max-Age=1");
    SET(jar, "http://www.a.test/", "gone=5; Max-Age=1");
    clock_fake_wall(COOKIE_NOW + 1);
    SET(jar, "http://www.a.test/", "e=6; Max-Age=9");
    clock_fake_wall(COOKIE_NOW + 1000);
    CU_ASSERT_EQUAL(gofer_cookie_jar_save(jar, file), GOFER_OK);
    CU_ASSERT_STRING_EQUAL(file_text(), ".a.test\tTRUE\t/x\tTRUE\t1357041700\ta\t1\n"
                                        "#HttpOnly_www.a.test\tFALSE\t/\tFALSE\t0\tb\t\"2 3\"\n"
                                        "::1\tFALSE\t/\tFALSE\t0\tc\t\n"
                                        "www.a.test\tFALSE\t/\tFALSE\t1357041610\te\t6\n");
    end();
}

static void what_was_saved_is_loaded(void)
{
    begin();
    SET(jar, "https://www.a.test/x/y", "a=1; Domain=a.test; Secure; Max-Age=100");
    SET(jar, "http://www.a.test/", "b=\"2 3\"; HttpOnly");
    SET(jar, "http://[::1]/", "c=");
    SET(jar, "http://[fe80::1%25eth0]/", "d=4");
    SET(jar, "https://www.a.test/", "__Host-e=\xc3\xa4; Secure; Path=/");
    CU_ASSERT_EQUAL(gofer_cookie_jar_save(jar, file), GOFER_OK);
    char *first = strdup(file_text());
    gofer_cookie_jar_clear(jar);
    CU_ASSERT_EQUAL(gofer_cookie_jar_load(jar, file), GOFER_OK);
    CU_ASSERT_EQUAL(cookie_count(jar), 5);
    SENT(jar, "https://www.a.test/x", "a=1; b=\"2 3\"; __Host-e=\xc3\xa4");
    SENT(jar, "http://[fe80::1%25eth0]/", "d=4");
    CU_ASSERT_EQUAL(gofer_cookie_jar_save(jar, file), GOFER_OK);
    CU_ASSERT_STRING_EQUAL(file_text(), first);
    free(first);
    end();
}

static void files_of_others_are_read(void)
{
    begin();
    load("# HTTP Cookie File\r\n"
         "# .comment.test\tTRUE\t/\tFALSE\t0\tno\t1\r\n"
         "\r\n"
         ".A.test\tTRUE\t/\tFALSE\t2147483647\ta\t1\r\n"
         "#HttpOnly_b.test\tFALSE\t/p\tfalse\t0\tb\t2\n"
         "c.test\tFALSE\t/\ttrue\t9999999999999999999999\tc\n"
         "[::1]\tFALSE\t/\tFALSE\t0\td\t4\n"
         ".e.test\tFALSE\t/\tFALSE\t0\te\t5");
    SENT(jar, "http://x.a.test/", "a=1");
    SENT(jar, "http://b.test/p", "b=2");
    SENT(jar, "https://c.test/", "c=");
    SENT(jar, "http://[::1]/", "d=4");
    SENT(jar, "http://e.test/", "e=5");
    SENT(jar, "http://x.e.test/", "");
    CU_ASSERT_EQUAL(cookie_count(jar), 5);
    end();
}

static void lines_that_hold_no_cookie_are_passed_over(void)
{
    static const char nul[] = "nul.test\tFALSE\t/\tFALSE\t0\ta\t1\0\nlast.test\tFALSE\t/\tFALSE\t0"
                              "\ta\t1\n";
    begin();
    SET(jar, "http://a.test/", "a=1; Max-Age=5");
    load("one field\n"
         "a.test\tFALSE\t/\tFALSE\t0\n"
         "a.test\tFALSE\t/\tFALSE\t0\ta\t2\tmore\n"
         "a.test\tFALSE\t/\tFALSE\t\ta\t2\n"
         "a.test\tFALSE\t/\tFALSE\t-\ta\t2\n"
         "a.test\tFALSE\t/\tFALSE\tsoon\ta\t2\n"
         "a.test\tFALSE\t/\tFALSE\t0\t\t2\n"
         "a.test\tFALSE\t\tFALSE\t0\ta\t2\n"
         "a.test\tFALSE\tno\tFALSE\t0\ta\t2\n"
         "\tFALSE\t/\tFALSE\t0\ta\t2\n"
         "a b\tFALSE\t/\tFALSE\t0\ta\t2\n"
         ".co.uk\tTRUE\t/\tFALSE\t0\ta\t2\n"
         "1.2.3.4\tTRUE\t/\tFALSE\t0\ta\t2\n"
         "a.test\tFALSE\t/\tFALSE\t0\ta\t2;3\n"
         "a.test\tFALSE\t/\tFALSE\t0\ta\t2\r3\n"
         "a.test\tFALSE\t/\tFALSE\t0\t__Host-a\t2\n"
         "a.test\tFALSE\t/\tFALSE\t1357041600\tpast\t2\n"
         "a.test\tFALSE\t/\tFALSE\t-5\tpast\t2\n"
         "#HttpOnly_\n"
         "#\n");
    CU_ASSERT_EQUAL(cookie_count(jar), 1);
    SENT(jar, "http://a.test/", "a=1");
    load("a.test\tFALSE\t/\tFALSE\t1\ta\t1\n"); /* expired: removes what is in its place */
    CU_ASSERT_EQUAL(cookie_count(jar), 0);
    write_file(nul, sizeof nul - 1);
    CU_ASSERT_EQUAL(gofer_cookie_jar_load(jar, file), GOFER_OK);
    CU_ASSERT_EQUAL(cookie_count(jar), 1);
    load("");
    CU_ASSERT_EQUAL(cookie_count(jar), 1);
    end();
}

/* --- the file as a whole --- */

static void nobody_else_may_read_the_file(void)
{
    struct stat st;
    mode_t umask_before = umask(0);
    begin();
    write_file("old", 3);
    CU_ASSERT_EQUAL(chmod(file, 0644), 0);
    CU_ASSERT_EQUAL(gofer_cookie_jar_save(jar, file), GOFER_OK);
    CU_ASSERT_EQUAL(stat(file, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
    CU_ASSERT_STRING_EQUAL(file_text(), "");
    CU_ASSERT_EQUAL(files(), 1);
    umask(umask_before);
    end();
}

static void a_write_that_fails_leaves_the_old_file(void)
{
    struct rlimit before, small = {.rlim_cur = 10};
    begin();
    SET(jar, "http://a.test/", "a=1");
    CU_ASSERT_EQUAL(gofer_cookie_jar_save(jar, file), GOFER_OK);
    SET(jar, "http://a.test/", "b=2");
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT_EQUAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &small), 0);
    gofer_status status = gofer_cookie_jar_save(jar, file);
    int err = errno;
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    CU_ASSERT_EQUAL(status, GOFER_ERR_SYSTEM);
    CU_ASSERT_EQUAL(err, EFBIG);
    CU_ASSERT_STRING_EQUAL(file_text(), "a.test\tFALSE\t/\tFALSE\t0\ta\t1\n");
    CU_ASSERT_EQUAL(files(), 1);
    end();
}

static void a_name_that_cannot_be_taken_leaves_nothing(void)
{
    char missing[80];
    begin();
    CU_ASSERT_EQUAL(mkdir(file, 0700), 0);
    CU_ASSERT_EQUAL(gofer_cookie_jar_save(jar, file), GOFER_ERR_SYSTEM);
    CU_ASSERT_EQUAL(errno, EISDIR);
    CU_ASSERT_EQUAL(gofer_cookie_jar_load(jar, file), GOFER_ERR_SYSTEM);
    CU_ASSERT_EQUAL(errno, EISDIR);
    CU_ASSERT_EQUAL(files(), 1);
    rmdir(file);
    snprintf(missing, sizeof missing, "%s/missing/jar", folder);
    CU_ASSERT_EQUAL(gofer_cookie_jar_save(jar, missing), GOFER_ERR_SYSTEM);
    CU_ASSERT_EQUAL(errno, ENOENT);
    CU_ASSERT_EQUAL(gofer_cookie_jar_load(jar, missing), GOFER_ERR_SYSTEM);
    CU_ASSERT_EQUAL(errno, ENOENT);
    end();
}

static void a_file_over_32_mib_is_refused(void)
{
    begin();
    write_file("", 0);
    CU_ASSERT_EQUAL(truncate(file, 33 * 1024 * 1024), 0);
    CU_ASSERT_EQUAL(gofer_cookie_jar_load(jar, file), GOFER_ERR_TOO_LARGE);
    CU_ASSERT_EQUAL(cookie_count(jar), 0);
    end();
}

static void what_is_no_file_is_written_to(void)
{
    char text[256] = "";
    struct stat st;
    begin();
    SET(jar, "http://a.test/", "a=1");
    CU_ASSERT_EQUAL(mkfifo(file, 0600), 0);
    int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CU_ASSERT_EQUAL(gofer_cookie_jar_save(jar, file), GOFER_OK);
    CU_ASSERT(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "a.test\tFALSE\t/\tFALSE\t0\ta\t1\n"));
    CU_ASSERT_EQUAL(stat(file, &st), 0);
    CU_ASSERT(S_ISFIFO(st.st_mode));
    CU_ASSERT_EQUAL(files(), 1);
    end();
}

static gofer_status save_and_load(void)
{
    gofer_cookie_jar *made = gofer_cookie_jar_new();
    gofer_status status = made == NULL ? GOFER_ERR_NOMEM : gofer_cookie_jar_load(made, file);
    if (status == GOFER_OK)
        status = gofer_cookie_jar_save(made, file);
    gofer_cookie_jar_free(made);
    return status;
}

static void out_of_memory(void)
{
    begin();
    SET(jar, "http://a.test/", "a=1");
    CU_ASSERT_EQUAL(gofer_cookie_jar_save(jar, file), GOFER_OK);
    gofer_cookie_jar_free(jar);
    jar = NULL;
    scarce_run(save_and_load);
    CU_ASSERT_STRING_EQUAL(file_text(), "a.test\tFALSE\t/\tFALSE\t0\ta\t1\n");
    CU_ASSERT_EQUAL(files(), 1);
    end();
}

CU_TestInfo cookie_file_tests[] = {
    {"the format is Netscape's, with curl's #HttpOnly_", the_format_is_netscapes},
    {"what was saved is loaded", what_was_saved_is_loaded},
    {"files of others are read", files_of_others_are_read},
    {"lines that hold no cookie are passed over", lines_that_hold_no_cookie_are_passed_over},
    {"nobody else may read the file", nobody_else_may_read_the_file},
    {"a write that fails leaves the old file", a_write_that_fails_leaves_the_old_file},
    {"a name that cannot be taken leaves nothing", a_name_that_cannot_be_taken_leaves_nothing},
    {"what is no file is written to", what_is_no_file_is_written_to},
    {"a file over 32 MiB is refused", a_file_over_32_mib_is_refused},
    {"out of memory is an error like any other", out_of_memory},
    CU_TEST_INFO_NULL,
};
