/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * transport/source: several sources as one, read from every place in pieces of
 * every size.
 */
#include "transport/source.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "unit/http/scarce.h"

extern CU_TestInfo source_tests[];

static const char whole[] = "memory, a file, nothing, and the end";

/* What holds whole[begin, end), in a file or in memory. */
static struct source *piece(size_t begin, size_t end, bool in_file)
{
    if (!in_file)
        return source_new_copy(whole + begin, end - begin);
    FILE *file = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(whole, 1, end, file), end);
    fflush(file);
    int fd = dup(fileno(file));
    fclose(file);
    return source_new_file(fd, (int64_t)begin, (int64_t)(end - begin));
}

static struct source *all(void)
{
    struct source *pieces[] = {piece(0, 8, false), piece(8, 15, true), piece(15, 15, false),
                               piece(15, 15, true), piece(15, sizeof whole - 1, false)};
    return source_new_parts(pieces, sizeof pieces / sizeof *pieces);
}

static void parts_are_read_as_one(void)
{
    struct source *s = all();
    size_t len = sizeof whole - 1;
    CU_ASSERT_EQUAL(s->len, (int64_t)len);
    for (size_t at = 0; at <= len; at++) {
        for (size_t cap = 1; cap <= len + 1; cap++) {
            char buf[64];
            ssize_t n = source_read(s, at, buf, cap);
            CU_ASSERT_EQUAL(n, (ssize_t)(len - at < cap ? len - at : cap));
            CU_ASSERT(n <= 0 || memcmp(buf, whole + at, (size_t)n) == 0);
        }
    }
    CU_ASSERT(source_can_begin(s) && source_begin(s) && source_begin(s));
    source_unref(s);
}

/* A file that got shorter ends the whole there: whoever sends it knows how much is missing. */
static void a_file_that_shrank_gives_no_more(void)
{
    struct source *file = piece(0, 8, true);
    CU_ASSERT_EQUAL(ftruncate(file->fd, 3), 0);
    struct source *pieces[] = {file, piece(8, 15, false)};
    struct source *s = source_new_parts(pieces, 2);
    char buf[64];
    CU_ASSERT_EQUAL(source_read(s, 0, buf, sizeof buf), 3);
    CU_ASSERT_EQUAL(source_read(s, 3, buf, sizeof buf), 0);
    source_unref(s);
}

/* Each part is shared: it goes with its last whole. */
static void parts_may_be_shared(void)
{
    struct source *shared = piece(0, 8, false);
    source_ref(shared);
    struct source *one = source_new_parts(&shared, 1);
    struct source *other = source_new_parts(&shared, 1);
    char buf[8];
    source_unref(one);
    CU_ASSERT_EQUAL(source_read(other, 0, buf, sizeof buf), 8);
    source_unref(other);
}

static gofer_status make_scarcely(void)
{
    struct source *shared = source_new_copy("a", 1);
    struct source *whole_one = shared != NULL ? source_new_parts(&shared, 1) : NULL;
    source_unref(whole_one);
    return whole_one != NULL ? GOFER_OK : GOFER_ERR_NOMEM;
}

static void without_memory_the_parts_are_given_back(void)
{
    scarce_run(make_scarcely);
}

CU_TestInfo source_tests[] = {
    {"parts are read as one", parts_are_read_as_one},
    {"a file that shrank gives no more", a_file_that_shrank_gives_no_more},
    {"parts may be shared", parts_may_be_shared},
    {"without memory the parts are given back", without_memory_the_parts_are_given_back},
    CU_TEST_INFO_NULL,
};
