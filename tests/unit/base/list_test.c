/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * base/list: order, removal anywhere, and links that know their list.
 */
#include "base/list.h"

#include <CUnit/CUnit.h>

extern CU_TestInfo list_tests[];

struct item {
    int number;
    struct link link;
};

static struct item items[4];

static struct list filled(void)
{
    struct list l = LIST_INIT;
    for (int i = 0; i < 4; i++)
        items[i] = (struct item){.number = i};
    return l;
}

static int number(struct link *n)
{
    return list_item(n, struct item, link)->number;
}

/* The list's numbers as decimal digits: 0, 1, 2 reads 12. */
static int digits(const struct list *l)
{
    int all = 0;
    for (struct link *n = list_first(l); n != NULL; n = list_next(n))
        all = all * 10 + number(n);
    return all;
}

static void empty_list_has_no_ends(void)
{
    struct list l = LIST_INIT;
    CU_ASSERT_PTR_NULL(list_first(&l));
    CU_ASSERT_PTR_NULL(list_last(&l));
    CU_ASSERT_PTR_NULL(list_pop(&l));
    CU_ASSERT_PTR_NULL(list_item(list_pop(&l), struct item, link));
    CU_ASSERT_EQUAL(l.len, 0);
}

static void push_and_pop_are_first_in_first_out(void)
{
    struct list l = filled();
    for (int i = 0; i < 4; i++)
        list_push(&l, &items[i].link);
    CU_ASSERT_EQUAL(l.len, 4);
    CU_ASSERT_EQUAL(number(list_first(&l)), 0);
    CU_ASSERT_EQUAL(number(list_last(&l)), 3);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(number(list_pop(&l)), i);
    CU_ASSERT_EQUAL(l.len, 0);
    CU_ASSERT_PTR_NULL(list_first(&l));
}

static void push_front_goes_before_the_rest(void)
{
    struct list l = filled();
    list_push(&l, &items[2].link);
    list_push_front(&l, &items[1].link);
    list_push(&l, &items[3].link);
    CU_ASSERT_EQUAL(digits(&l), 123);
    CU_ASSERT_EQUAL(number(list_last(&l)), 3);
}

static void any_link_can_leave(void)
{
    static const int left[] = {123, 23, 13, 12};
    for (int gone = 0; gone < 4; gone++) {
        struct list l = filled();
        for (int i = 0; i < 4; i++)
            list_push(&l, &items[i].link);
        list_remove(&items[gone].link);
        CU_ASSERT_EQUAL(l.len, 3);
        CU_ASSERT_EQUAL(digits(&l), left[gone]);
        CU_ASSERT_EQUAL(number(list_last(&l)), gone == 3 ? 2 : 3);
    }
}

static void link_knows_its_list(void)
{
    struct list a = filled();
    struct list b = LIST_INIT;
    struct link *n = &items[0].link;
    CU_ASSERT_FALSE(list_has(&a, n));
    list_push(&a, n);
    CU_ASSERT_TRUE(list_has(&a, n));
    CU_ASSERT_FALSE(list_has(&b, n));
    list_remove(n);
    CU_ASSERT_FALSE(list_has(&a, n));
    list_push_front(&b, n);
    CU_ASSERT_TRUE(list_has(&b, n));
    CU_ASSERT_PTR_EQUAL(list_pop(&b), n);
    CU_ASSERT_FALSE(list_has(&b, n));
}

static void removing_twice_is_nothing(void)
{
    struct list l = filled();
    list_push(&l, &items[0].link);
    list_push(&l, &items[1].link);
    list_remove(&items[0].link);
    list_remove(&items[0].link);
    CU_ASSERT_EQUAL(l.len, 1);
    CU_ASSERT_EQUAL(digits(&l), 1);
}

CU_TestInfo list_tests[] = {
    {"an empty list has no ends", empty_list_has_no_ends},
    {"push and pop are first in, first out", push_and_pop_are_first_in_first_out},
    {"push_front goes before the rest", push_front_goes_before_the_rest},
    {"any link can leave", any_link_can_leave},
    {"a link knows its list", link_knows_its_list},
    {"removing twice is nothing", removing_twice_is_nothing},
    CU_TEST_INFO_NULL,
};
