/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/cookie_date: dates as servers write them, and texts that are none.
 */
#include "http/cookie_date.h"

#include "unit/http/expect.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define NO_DATE INT64_MIN

extern CU_TestInfo cookie_date_tests[];

static void every_date_is_read_or_refused(void)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", INT64_C(784111777)},
        {"Sunday, 06-Nov-94 08:49:37 GMT", INT64_C(784111777)},
        {"Sun Nov  6 08:49:37 1994", INT64_C(784111777)},
        {"Wed, 23-Nov-2011 01:05:03 GMT", INT64_C(1322010303)},
        {"Wed, 07-Mar-2012 14:25:06 GMT", INT64_C(1331130306)},
        {"Tue, 01 Jan 2013 11:59:50 UTC", INT64_C(1357041590)},
        {"Thu, 01 Jan 1970 00:00:00 GMT", INT64_C(0)},
        {"Thu, 01-Jan-70 00:00:01 GMT", INT64_C(1)},
        {"06 Nov 1994 08:49:37", INT64_C(784111777)},
        {"Nov 6 1994 08:49:37", INT64_C(784111777)},
        {"1994 Nov 6 08:49:37", INT64_C(784111777)},
        {"1994 6 Nov 08:49:37", INT64_C(784111777)},
        {"08:49:37 6 Nov 1994", INT64_C(784111777)},
        {"08:49:37 1994 Nov 6", INT64_C(784111777)},
        {"6 08:49:37 Nov 1994", INT64_C(784111777)},
        {"on 6 of November, in 1994, at 08:49:37 o'clock", INT64_C(784111777)},
        {"GMT 6 Nov 1994 GMT 08:49:37 GMT", INT64_C(784111777)},
        {"Mon, 6 Nov 1994 08:49:37 +0200", INT64_C(784111777)},
        {"6 Nov 1994 08:49:37 PST", INT64_C(784111777)},
        {"6 Nov 1994 08:49:37 AM", INT64_C(784111777)},
        {"6-Nov-1994-08:49:37", INT64_C(784111777)},
        {"6/Nov/1994/08:49:37", INT64_C(784111777)},
        {"6;Nov;1994;08:49:37", INT64_C(784111777)},
        {"6\tNov\t1994\t08:49:37", INT64_C(784111777)},
        {"{6}[Nov]<1994>(08:49:37)", INT64_C(784111777)},
        {"~6~Nov~1994~08:49:37~", INT64_C(784111777)},
        {"6_Nov_1994_08:49:37", INT64_C(784111777)},
        {"  ,,6 Nov 1994 ,08:49:37,,  ", INT64_C(784111777)},
        {"6th Nov 1994 08:49:37", INT64_C(784111777)},
        {"6 Nov 1994x 08:49:37", INT64_C(784111777)},
        {"6 Nov 1994 08:49:37.123", INT64_C(784111777)},
        {"6 Nov 1994 08:49:37Z", INT64_C(784111777)},
        {"6 NOVEMBER 1994 08:49:37", INT64_C(784111777)},
        {"6 novel 1994 08:49:37", INT64_C(784111777)},
        {"6 Nov 1994 8:4:7", INT64_C(784109047)},
        {"06 Nov 01994 08:49:37", NO_DATE},
        {"006 Nov 1994 08:49:37", NO_DATE},
        {"6 Nov 1994 008:49:37", NO_DATE},
        {"6 Nov 1994 08:049:37", NO_DATE},
        {"6 Nov 1994 08:49:037", NO_DATE},
        {"6 Nov 1994 08:49", NO_DATE},
        {"6 Nov 1994 08.49.37", NO_DATE},
        {"6 Nov 69 08:49:37", INT64_C(3150953377)},
        {"6 Nov 70 08:49:37", INT64_C(26729377)},
        {"6 Nov 99 08:49:37", INT64_C(941878177)},
        {"6 Nov 00 08:49:37", INT64_C(973500577)},
        {"6 Nov 994 08:49:37", NO_DATE},
        {"6 Nov 0094 08:49:37", INT64_C(784111777)},
        {"6 Nov 4 08:49:37", NO_DATE},
        {"1 Jan 1601 00:00:00", INT64_C(-11644473600)},
        {"31 Dec 1600 23:59:59", NO_DATE},
        {"31 Dec 9999 23:59:59", INT64_C(253402300799)},
        {"1 Jan 10000 00:00:00", NO_DATE},
        {"19 Jan 2038 03:14:08", INT64_C(2147483648)},
        {"31 Dec 1969 23:59:59", INT64_C(-1)},
        {"29 Feb 2000 12:00:00", INT64_C(951825600)},
        {"29 Feb 1900 12:00:00", NO_DATE},
        {"29 Feb 2024 12:00:00", INT64_C(1709208000)},
        {"29 Feb 2023 12:00:00", NO_DATE},
        {"30 Feb 2024 12:00:00", NO_DATE},
        {"31 Apr 2024 12:00:00", NO_DATE},
        {"31 May 2024 12:00:00", INT64_C(1717156800)},
        {"0 Nov 1994 08:49:37", NO_DATE},
        {"32 Nov 1994 08:49:37", NO_DATE},
        {"6 Nov 1994 23:59:59", INT64_C(784166399)},
        {"6 Nov 1994 24:00:00", NO_DATE},
        {"6 Nov 1994 08:60:00", NO_DATE},
        {"6 Nov 1994 08:49:60", NO_DATE},
        {"6 Nov Dec 1994 08:49:37", INT64_C(784111777)},
        {"6 Nov 1994 1995 08:49:37", INT64_C(784111777)},
        {"6 7 Nov 1994 08:49:37", INT64_C(784111777)},
        {"6 Nov 12 1994 08:49:37", INT64_C(1352191777)},
        {"6 Nov 1994 08:49:37 09:50:38", INT64_C(784111777)},
        {"09:50:38 08:49:37 Nov 1994", INT64_C(784288238)},
        {"", NO_DATE},
        {"tomorrow", NO_DATE},
        {"0", NO_DATE},
        {"-1", NO_DATE},
        {"1994-11-06T08:49:37Z", NO_DATE},
        {"Sun, 06 Foo 1994 08:49:37 GMT", NO_DATE},
        {"6 No 1994 08:49:37", NO_DATE},
        {"6 Nov 08:49:37", NO_DATE},
        {"Nov 1994 08:49:37", NO_DATE},
        {"99999999999999999999", NO_DATE},
    };
    CU_ASSERT(LENGTH(rows) >= 70);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        int64_t seconds = NO_DATE;
        bool ok = cookie_date_parse(rows[i].text, strlen(rows[i].text), &seconds);
        EXPECT(ok == (rows[i].seconds != NO_DATE), rows[i].text);
        EXPECT(seconds == rows[i].seconds, rows[i].text);
    }
}

/* Every day of four centuries is one more than the day before. */
static void the_calendar_has_no_gaps(void)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t expected = 0, days = 0;
    for (int year = 1970; year < 2370; year++)
        for (int month = 0; month < 12; month++)
            for (int day = 1; day <= 31; day++) {
                char text[40];
                int64_t seconds;
                int n = snprintf(text, sizeof text, "%d %s %d 00:00:00", day, months[month], year);
                if (!cookie_date_parse(text, (size_t)n, &seconds))
                    continue;
                EXPECT(seconds == expected, text);
                expected += 86400;
                days++;
            }
    CU_ASSERT_EQUAL(days, 146097);
}

/* Only text[0..len) is looked at. */
static void nothing_behind_the_end_is_read(void)
{
    static const char text[] = "6 Nov 1994 08:49:37";
    int64_t seconds;
    for (size_t len = 0; len < sizeof text - 3; len++) {
        char *exact = malloc(len + 1);
        memcpy(exact, text, len);
        exact[len] = '9';
        EXPECT(!cookie_date_parse(exact, len, &seconds), text);
        free(exact);
    }
    CU_ASSERT(cookie_date_parse(text, sizeof text - 2, &seconds)); /* 08:49:3 */
    CU_ASSERT_EQUAL(seconds, 784111777 - 34);
}

static void bytes_over_0x7f_are_letters(void)
{
    int64_t seconds;
    CU_ASSERT(cookie_date_parse("\xc3\xa4 6 Nov 1994 08:49:37\xc3", 23, &seconds));
    CU_ASSERT_EQUAL(seconds, 784111777);
}

CU_TestInfo cookie_date_tests[] = {
    {"CK-10 70 dates and more are read, or refused, as the algorithm says",
     every_date_is_read_or_refused},
    {"CK-10 the calendar has no gaps", the_calendar_has_no_gaps},
    {"CK-10 nothing behind the end is read", nothing_behind_the_end_is_read},
    {"CK-10 bytes over 0x7f are letters", bytes_over_0x7f_are_letters},
    CU_TEST_INFO_NULL,
};
