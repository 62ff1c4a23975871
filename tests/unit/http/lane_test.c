/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/lane: every byte at every place and alignment beside a naive count, for
 * the lane of this machine and for the word of all; and the parser that stands
 * on them beside a naive one, with names and values of every length.
 */
#include "http/lane.h"

#include <stdbool.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "http/response_head.h"
#include "tests/unit/http/expect.h"

extern CU_TestInfo lane_tests[];

enum { ALIGNMENTS = 16, LANE_MAX = 16, LEN_MAX = 40 };

static bool is_plain_value_byte(unsigned char c)
{
    return c >= 0x20 && c != 0x7f;
}

static bool is_plain_name_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

static unsigned count(const char *at, unsigned len, bool (*is_kind)(unsigned char c))
{
    unsigned n = 0;
    while (n < len && is_kind((unsigned char)at[n]))
        n++;
    return n;
}

static void check_all(const char *at)
{
    CU_ASSERT_EQUAL(word_value_len(at), count(at, WORD_BYTES, is_plain_value_byte));
    CU_ASSERT_EQUAL(word_name_len(at), count(at, WORD_BYTES, is_plain_name_byte));
    CU_ASSERT_EQUAL(lane_value_len(at), count(at, LANE_BYTES, is_plain_value_byte));
    CU_ASSERT_EQUAL(lane_name_len(at), count(at, LANE_BYTES, is_plain_name_byte));
}

/* The lane is the last of its block, at each alignment. */
static void every_byte_at_every_place(void)
{
    char block[ALIGNMENTS + LANE_MAX];
    for (size_t begin = 0; begin < ALIGNMENTS; begin++)
        for (size_t place = 0; place < LANE_MAX; place++)
            for (int c = 0; c < 256; c++) {
                memset(block, 'm', sizeof(block));
                block[begin + place] = (char)c;
                check_all(block + begin);
            }
}

/* Bytes beside each other do not disturb each other: carries and borrows stay in their byte. */
static void every_pair_of_bytes(void)
{
    char block[LANE_MAX];
    for (int first = 0; first < 256; first++)
        for (int second = 0; second < 256; second++) {
            memset(block, '-', sizeof(block));
            block[3] = (char)first;
            block[4] = (char)second;
            check_all(block);
        }
}

static void random_lanes(void)
{
    uint64_t seed = random_seed();
    char block[LANE_MAX];
    for (int round = 0; round < 20000; round++) {
        for (size_t i = 0; i < sizeof(block); i++)
            block[i] = (char)random_below(&seed, 256);
        check_all(block);
    }
}

/* --- the parser --- */

static bool is_tchar(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* Puts `name`: `value` into a head that is a block of exactly its size. */
static gofer_status parse_one(const char *name, size_t name_len, const char *value,
                              size_t value_len, struct head_field *field)
{
    static const char line[] = "HTTP/1.1 200 OK\r\n", end[] = "\r\n\r\n";
    size_t len = sizeof line - 1 + name_len + 1 + value_len + sizeof end - 1;
    char *head = malloc(len), *at = head;
    memcpy(at, line, sizeof line - 1);
    at += sizeof line - 1;
    memcpy(at, name, name_len);
    at += name_len;
    *at++ = ':';
    memcpy(at, value, value_len);
    memcpy(at + value_len, end, sizeof end - 1);
    struct response_head parsed;
    gofer_status status = head_parse(head, len, ASKED_PLAIN, &parsed, field, 1);
    field->name -= sizeof line - 1;
    field->value -= (uint32_t)(sizeof line - 1 + name_len + 1);
    free(head);
    return status;
}

static void check_value(const char *value, size_t len, size_t place)
{
    unsigned char c = (unsigned char)value[place];
    bool good = c == '\t' || is_plain_value_byte(c);
    bool blank = c == '\t' || c == ' ';
    struct head_field f = {0};
    CU_ASSERT_EQUAL(parse_one("Some", 4, value, len, &f) == GOFER_OK, good);
    if (!good)
        return;
    CU_ASSERT_EQUAL(f.value, blank && place == 0 ? 1 : 0);
    CU_ASSERT_EQUAL(f.value_len, len - (blank && (place == 0 || place == len - 1)));
}

static void values_of_every_length(void)
{
    for (size_t len = 1; len <= LEN_MAX; len++)
        for (size_t place = 0; place < len; place++)
            for (int c = 0; c < 256; c++) {
                char value[LEN_MAX];
                memset(value, 'v', sizeof(value));
                value[place] = (char)c;
                /* An empty value is nowhere in particular. */
                if (len > 1 || (c != ' ' && c != '\t'))
                    check_value(value, len, place);
            }
}

static void check_name(const char *name, size_t len, size_t place)
{
    unsigned char c = (unsigned char)name[place];
    bool shorter = c == ':' && place > 0;
    struct head_field f = {0};
    CU_ASSERT_EQUAL(parse_one(name, len, " v", 2, &f) == GOFER_OK, is_tchar(c) || shorter);
    if (!is_tchar(c) && !shorter)
        return;
    CU_ASSERT_EQUAL(f.name, 0);
    CU_ASSERT_EQUAL(f.name_len, shorter ? place : len);
}

static void names_of_every_length(void)
{
    for (size_t len = 1; len <= LEN_MAX; len++)
        for (size_t place = 0; place < len; place++)
            for (int c = 0; c < 256; c++) {
                char name[LEN_MAX];
                memset(name, 'n', sizeof(name));
                name[place] = (char)c;
                check_name(name, len, place);
            }
}

CU_TestInfo lane_tests[] = {
    {"every byte at every place and alignment", every_byte_at_every_place},
    {"every pair of bytes beside each other", every_pair_of_bytes},
    {"random lanes", random_lanes},
    {"H1-16 every byte in values of every length", values_of_every_length},
    {"H1-14 every byte in names of every length", names_of_every_length},
    CU_TEST_INFO_NULL,
};
