/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <string.h>

#include "base/callback.h"
#include "base/log.h"

extern CU_TestInfo log_tests[];

static struct {
    unsigned lines;
    char last[1024];
    bool inside;
} heard;

static void hear(gofer_log_level level, const char *line, void *arg)
{
    (void)level, (void)arg;
    heard.lines++;
    heard.inside = callback_active();
    strncpy(heard.last, line, sizeof heard.last - 1);
    errno = EINVAL;
}

static void levels_below_the_log_s_are_not_heard(void)
{
    struct log log = {.fn = hear, .level = GOFER_LOG_INFO};
    heard.lines = 0;
    log_write(&log, GOFER_LOG_DEBUG, "x");
    CU_ASSERT_EQUAL(heard.lines, 0);
    log_write(&log, GOFER_LOG_INFO, "x");
    log_write(&log, GOFER_LOG_WARNING, "x");
    CU_ASSERT_EQUAL(heard.lines, 2);
    log.fn = NULL;
    log_write(&log, GOFER_LOG_WARNING, "x");
    log_write(NULL, GOFER_LOG_WARNING, "x");
    CU_ASSERT_EQUAL(heard.lines, 2);
}

static void a_line_is_one_line_of_plain_characters(void)
{
    struct log log = {.fn = hear};
    log_write(&log, GOFER_LOG_WARNING, "a%cb%cc\x7f\xc3\xa9%s", '\n', 27, "d");
    CU_ASSERT_STRING_EQUAL(heard.last, "a?b?c???d");
}

static void a_long_line_is_cut(void)
{
    struct log log = {.fn = hear};
    log_write(&log, GOFER_LOG_WARNING, "%2000d", 1);
    CU_ASSERT_EQUAL(strlen(heard.last), 511);
}

static void it_is_a_callback_and_keeps_errno(void)
{
    struct log log = {.fn = hear};
    errno = ENOENT;
    log_write(&log, GOFER_LOG_WARNING, "x");
    CU_ASSERT_EQUAL(errno, ENOENT);
    CU_ASSERT_TRUE(heard.inside);
}

CU_TestInfo log_tests[] = {
    {"levels below the log's are not heard", levels_below_the_log_s_are_not_heard},
    {"a line is one line of plain characters", a_line_is_one_line_of_plain_characters},
    {"a long line is cut", a_long_line_is_cut},
    {"it is a callback, and keeps errno", it_is_a_callback_and_keeps_errno},
    CU_TEST_INFO_NULL};
