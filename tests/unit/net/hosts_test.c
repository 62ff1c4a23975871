/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/hosts and net/config_file: what a hosts file says, and whether a file is
 * another one than it was.
 */
#include "net/hosts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "net/config_file.h"
#include "support/heap.h"

extern CU_TestInfo hosts_tests[];

static const char text[] = "# comment\n"
                           "127.0.0.1\tlocalhost  one.test   two.test # three.test\n"
                           "192.0.2.2 two.test\n"
                           "2001:db8::2\t\ttwo.test\r\n"
                           "   192.0.2.3   MiXed.Test dotted.test.\n"
                           "300.1.1.1 bad.test\n"
                           "bad.test 192.0.2.1\n"
                           "192.0.2.4\n"
                           "\n"
                           "fe80::1%lo zoned.test\n"
                           "#192.0.2.5 gone.test\n"
                           "192.0.2.6 last.test";

/* The addresses of a name, "" where it has none. */
static char *find(const char *name, enum lookup_kind kind)
{
    struct hosts hosts = {(char *)(uintptr_t)text, sizeof(text) - 1};
    struct answer answer = ANSWER_INIT;
    struct buf out = BUF_INIT;
    CU_ASSERT_EQUAL(hosts_find(&hosts, name, kind, &answer), answer.len > 0);
    for (size_t i = 0; i < answer.len; i++) {
        buf_append_str(&out, i > 0 ? " " : "");
        addr_write(&answer.addrs[i], &out);
    }
    answer_fini(&answer);
    return buf_take_str(&out);
}

static void check(const char *name, enum lookup_kind kind, const char *expected)
{
    char *found = find(name, kind);
    if (expected == NULL)
        CU_ASSERT(found == NULL || *found == '\0')
    else
        CU_ASSERT_STRING_EQUAL(found, expected);
    mem_free(found);
}

static void names_have_the_addresses_of_all_their_lines(void)
{
    check("one.test", LOOKUP_ANY, "127.0.0.1:0");
    check("two.test", LOOKUP_ANY, "127.0.0.1:0 192.0.2.2:0 [2001:db8::2]:0");
    check("two.test", LOOKUP_IPV4, "127.0.0.1:0 192.0.2.2:0");
    check("two.test", LOOKUP_IPV6, "[2001:db8::2]:0");
    check("one.test", LOOKUP_IPV6, NULL);
    check("last.test", LOOKUP_ANY, "192.0.2.6:0");
    check("zoned.test", LOOKUP_ANY, "[fe80::1%1]:0");
}

static void case_and_a_final_dot_do_not_matter(void)
{
    check("mixed.TEST", LOOKUP_ANY, "192.0.2.3:0");
    check("mixed.test.", LOOKUP_ANY, "192.0.2.3:0");
    check("dotted.test", LOOKUP_ANY, "192.0.2.3:0");
}

static void what_is_no_entry_is_passed_over(void)
{
    check("three.test", LOOKUP_ANY, NULL);
    check("gone.test", LOOKUP_ANY, NULL);
    check("bad.test", LOOKUP_ANY, NULL);
    check("comment", LOOKUP_ANY, NULL);
    check("test", LOOKUP_ANY, NULL);
    check("192.0.2.4", LOOKUP_ANY, NULL);
}

static void an_empty_file_has_no_names(void)
{
    struct hosts hosts = {NULL, 0};
    struct answer answer = ANSWER_INIT;
    CU_ASSERT_FALSE(hosts_find(&hosts, "a.test", LOOKUP_ANY, &answer));
    CU_ASSERT_EQUAL(hosts_read(&hosts, "/nonexistent/hosts"), 0);
    CU_ASSERT_FALSE(hosts_find(&hosts, "a.test", LOOKUP_ANY, &answer));
    CU_ASSERT_EQUAL(hosts_read(&hosts, "/dev/null"), 0);
    CU_ASSERT_FALSE(hosts_find(&hosts, "a.test", LOOKUP_ANY, &answer));
    hosts_fini(&hosts);
}

/* --- files --- */

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(content, file);
    fclose(file);
}

static void a_changed_file_is_noticed(void)
{
    char path[] = "/tmp/gofer-file-XXXXXX";
    char other[64];
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    close(fd);
    snprintf(other, sizeof(other), "%s.new", path);
    struct config_file file = {.path = path};
    CU_ASSERT(config_file_changed(&file));
    CU_ASSERT_FALSE(config_file_changed(&file));
    write_file(path, "longer");
    CU_ASSERT(config_file_changed(&file));
    write_file(other, "longer"); /* the same size, another file */
    CU_ASSERT_EQUAL(rename(other, path), 0);
    CU_ASSERT(config_file_changed(&file));
    CU_ASSERT_FALSE(config_file_changed(&file));
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT(config_file_changed(&file));
    CU_ASSERT_FALSE(config_file_changed(&file));
}

static void reading_is_bounded(void)
{
    size_t len = 0;
    char *bytes;
    CU_ASSERT_EQUAL(config_file_read("/dev/zero", 10000, &bytes, &len), 0);
    CU_ASSERT_PTR_NOT_NULL(bytes);
    CU_ASSERT_EQUAL(len, 10000);
    mem_free(bytes);
    CU_ASSERT_EQUAL(config_file_read("/tmp", 100, &bytes, &len), 0);
    CU_ASSERT_PTR_NULL(bytes);
    CU_ASSERT_EQUAL(config_file_read("/nonexistent/file", 100, &bytes, &len), 0);
    CU_ASSERT_PTR_NULL(bytes);
}

static void a_lack_of_memory_or_descriptors_is_told(void)
{
    char *bytes;
    size_t len;
    struct rlimit few;
    heap_install();
    heap_fail_at(1);
    CU_ASSERT_EQUAL(config_file_read("/dev/zero", 10000, &bytes, &len), ENOMEM);
    heap_fail_at(0);
    CU_ASSERT_PTR_NULL(bytes);
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &few), 0);
    rlim_t before = few.rlim_cur;
    few.rlim_cur = 0;
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &few), 0);
    CU_ASSERT_EQUAL(config_file_read("/dev/zero", 10000, &bytes, &len), EMFILE);
    few.rlim_cur = before;
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &few), 0);
    CU_ASSERT_PTR_NULL(bytes);
}

CU_TestInfo hosts_tests[] = {
    {"names have the addresses of all their lines", names_have_the_addresses_of_all_their_lines},
    {"case and a final dot do not matter", case_and_a_final_dot_do_not_matter},
    {"what is no entry is passed over", what_is_no_entry_is_passed_over},
    {"an empty file has no names", an_empty_file_has_no_names},
    {"DNS-09 a changed file is noticed", a_changed_file_is_noticed},
    {"DNS-09 reading is bounded", reading_is_bounded},
    {"a lack of memory or descriptors is told", a_lack_of_memory_or_descriptors_is_told},
    CU_TEST_INFO_NULL,
};
