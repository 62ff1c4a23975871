/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Copies of a jar's cookies for a program to look at. Their strings are gathered
 * in one buffer, one behind the other; since it moves as it grows, pointers into
 * it are set at the end. Nothing of the jar is referred to after.
 */
#include <string.h>

#include "base/alloc.h"
#include "client/cookie_jar.h"

struct gofer_cookies {
    gofer_cookie *items; /* in the same allocation as items_buf's bytes */
    struct buf items_buf;
    struct buf text; /* name, value, domain and path of each, with their NULs */
};

static void keep(struct buf *text, const char *string)
{
    buf_append(text, string, strlen(string) + 1);
}

static void copy_one(const gofer_cookie *cookie, void *arg)
{
    gofer_cookies *list = arg;
    keep(&list->text, cookie->name);
    keep(&list->text, cookie->value);
    keep(&list->text, cookie->domain);
    keep(&list->text, cookie->path);
    buf_append(&list->items_buf, cookie, sizeof *cookie);
}

/* The string at *at, which moves behind it. */
static const char *next_string(const char **at)
{
    const char *string = *at;
    *at += strlen(string) + 1;
    return string;
}

static void set_pointers(gofer_cookies *list)
{
    const char *at = list->text.data;
    list->items = (gofer_cookie *)(void *)list->items_buf.data;
    for (size_t i = 0; i < gofer_cookies_len(list); i++) {
        list->items[i].name = next_string(&at);
        list->items[i].value = next_string(&at);
        list->items[i].domain = next_string(&at);
        list->items[i].path = next_string(&at);
    }
}

gofer_status cookie_jar_copy(gofer_cookie_jar *jar, const struct cookie_scope *scope,
                             gofer_cookies **out)
{
    gofer_cookies *list = mem_zalloc(sizeof(*list));
    *out = NULL;
    if (list == NULL)
        return GOFER_ERR_NOMEM;
    cookie_jar_each(jar, scope, copy_one, list);
    if (buf_failed(&list->items_buf) || buf_failed(&list->text)) {
        gofer_cookies_free(list);
        return GOFER_ERR_NOMEM;
    }
    set_pointers(list);
    *out = list;
    return GOFER_OK;
}

size_t gofer_cookies_len(const gofer_cookies *cookies)
{
    return cookies == NULL ? 0 : cookies->items_buf.len / sizeof(gofer_cookie);
}

const gofer_cookie *gofer_cookies_at(const gofer_cookies *cookies, size_t index)
{
    return index < gofer_cookies_len(cookies) ? &cookies->items[index] : NULL;
}

void gofer_cookies_free(gofer_cookies *cookies)
{
    if (cookies == NULL)
        return;
    buf_fini(&cookies->items_buf);
    buf_fini(&cookies->text);
    mem_free(cookies);
}
