/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A growing list of URLs.
 */
#include "transport/history.h"

#include "base/alloc.h"

enum { HISTORY_FIRST = 4 };

struct history *history_new(void)
{
    return mem_zalloc(sizeof(struct history));
}

static bool grow(struct history *h)
{
    size_t cap = h->cap > 0 ? 2 * h->cap : HISTORY_FIRST;
    struct history_item *items = mem_realloc(h->items, cap * sizeof(*items));
    if (items == NULL)
        return false;
    h->items = items;
    h->cap = cap;
    return true;
}

bool history_add(struct history *history, int status, const char *url)
{
    if (history->len == history->cap && !grow(history))
        return false;
    char *copy = mem_strdup(url);
    if (copy == NULL)
        return false;
    history->items[history->len++] = (struct history_item){status, copy};
    return true;
}

void history_free(struct history *history)
{
    if (history == NULL)
        return;
    for (size_t i = 0; i < history->len; i++)
        mem_free(history->items[i].url);
    mem_free(history->items);
    mem_free(history);
}
