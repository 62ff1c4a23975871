/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Cookie dates. One pass over the words; each is tried against what is still
 * missing, in the order that the RFC gives.
 */
#include "http/cookie_date.h"

#include "base/ascii.h"

enum { YEAR_MIN = 1601, MISSING = -1 };

struct date {
    int hour, minute, second;
    int day, month, year; /* month: 1 to 12 */
};

static bool is_delimiter(char c)
{
    unsigned char u = (unsigned char)c;
    return u == 0x09 || (u >= 0x20 && u <= 0x2f) || (u >= 0x3b && u <= 0x40) ||
           (u >= 0x5b && u <= 0x60) || (u >= 0x7b && u <= 0x7e);
}

/* Takes min to max digits, and no digit behind them. */
static bool take_number(const char **at, const char *end, int min, int max, int *number)
{
    const char *p = *at;
    int n = 0, digits = 0;
    for (; p < end && ascii_is_digit(*p); p++, digits++) {
        if (digits == max)
            return false;
        n = 10 * n + (*p - '0');
    }
    if (digits < min)
        return false;
    *at = p;
    *number = n;
    return true;
}

static bool take_colon(const char **at, const char *end)
{
    if (*at == end || **at != ':')
        return false;
    ++*at;
    return true;
}

static bool take_time(const char *word, const char *end, struct date *date)
{
    int hour, minute, second;
    if (!take_number(&word, end, 1, 2, &hour) || !take_colon(&word, end) ||
        !take_number(&word, end, 1, 2, &minute) || !take_colon(&word, end) ||
        !take_number(&word, end, 1, 2, &second))
        return false;
    date->hour = hour;
    date->minute = minute;
    date->second = second;
    return true;
}

static bool take_month(const char *word, const char *end, struct date *date)
{
    static const char *const names[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};
    if (end - word < 3)
        return false;
    for (int i = 0; i < 12; i++) {
        if (!ascii_equal_n(word, 3, names[i]))
            continue;
        date->month = i + 1;
        return true;
    }
    return false;
}

static void take_word(const char *word, const char *end, struct date *date)
{
    if (date->hour == MISSING && take_time(word, end, date))
        return;
    if (date->day == MISSING && take_number(&word, end, 1, 2, &date->day))
        return;
    if (date->month == MISSING && take_month(word, end, date))
        return;
    if (date->year == MISSING)
        take_number(&word, end, 2, 4, &date->year);
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

static bool exists(const struct date *date)
{
    return date->hour != MISSING && date->day != MISSING && date->month != MISSING &&
           date->year >= YEAR_MIN && date->hour <= 23 && date->minute <= 59 && date->second <= 59 &&
           date->day >= 1 && date->day <= month_days(date->year, date->month);
}

/* Days from 1970-01-01 to the date. */
static int64_t days_to(const struct date *date)
{
    int64_t before = date->year - 1; /* whole years of the calendar */
    int64_t days = 365 * before + before / 4 - before / 100 + before / 400;
    for (int month = 1; month < date->month; month++)
        days += month_days(date->year, month);
    return days + date->day - 1 - 719162; /* those before 1970 */
}

bool cookie_date_parse(const char *text, size_t len, int64_t *seconds)
{
    struct date date = {MISSING, MISSING, MISSING, MISSING, MISSING, MISSING};
    const char *end = text + len;
    while (text < end) {
        const char *word = text;
        while (text < end && !is_delimiter(*text))
            text++;
        if (text > word)
            take_word(word, text, &date);
        else
            text++;
    }
    if (date.year >= 0 && date.year <= 99)
        date.year += date.year >= 70 ? 1900 : 2000;
    if (!exists(&date))
        return false;
    *seconds = ((days_to(&date) * 24 + date.hour) * 60 + date.minute) * 60 + date.second;
    return true;
}
