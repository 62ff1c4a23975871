/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Intrusive doubly linked lists: utlist's, with the one thing that it lacks,
 * a link that knows whether it is in a list. A node embeds a struct link; the
 * list's head is a struct list. All operations are O(1).
 *
 * Invariant: link.owner is the list that the link is in, or NULL. The list's
 * lock, where it has one, guards the links too.
 */
#ifndef GOFER_BASE_LIST_H
#define GOFER_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <utlist.h>

struct list;

struct link {
    struct link *prev;
    struct link *next;
    struct list *owner;
};

struct list {
    struct link *head;
    size_t len;
};

#define LIST_INIT ((struct list){NULL, 0})

static inline void *list_owner(void *member, size_t offset)
{
    return member == NULL ? NULL : (char *)member - offset;
}

/* The struct of type `type` whose member `member` is *ptr; NULL for NULL. */
#define list_item(ptr, type, member) ((type *)list_owner((ptr), offsetof(type, member)))

static inline bool list_has(const struct list *l, const struct link *n)
{
    return n->owner == l;
}

static inline void list_push(struct list *l, struct link *n)
{
    DL_APPEND(l->head, n);
    n->owner = l;
    l->len++;
}

static inline void list_push_front(struct list *l, struct link *n)
{
    DL_PREPEND(l->head, n);
    n->owner = l;
    l->len++;
}

/* Puts n before `at`, or at the end where that is NULL. */
static inline void list_insert_before(struct list *l, struct link *at, struct link *n)
{
    if (at == NULL) {
        list_push(l, n);
        return;
    }
    DL_PREPEND_ELEM(l->head, at, n);
    n->owner = l;
    l->len++;
}

/* Takes n out of the list that it is in; nothing where it is in none. */
static inline void list_remove(struct link *n)
{
    struct list *l = n->owner;
    if (l == NULL)
        return;
    DL_DELETE(l->head, n);
    *n = (struct link){NULL, NULL, NULL};
    l->len--;
}

static inline struct link *list_first(const struct list *l)
{
    return l->head;
}

static inline struct link *list_last(const struct list *l)
{
    return l->head == NULL ? NULL : l->head->prev;
}

/* The link behind n, or NULL. */
static inline struct link *list_next(const struct link *n)
{
    return n->next;
}

/* The first link, taken out; NULL where the list is empty. */
static inline struct link *list_pop(struct list *l)
{
    struct link *n = l->head;
    if (n != NULL)
        list_remove(n);
    return n;
}

#endif
