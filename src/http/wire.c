/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Remaking a head: first the request line, then the fields in their order.
 */
#include "http/wire.h"

#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"

/* --- life --- */

struct wire *wire_new(void)
{
    struct wire *wire = mem_zalloc(sizeof(*wire));
    if (wire != NULL)
        atomic_init(&wire->refs, 1);
    return wire;
}

struct wire *wire_ref(struct wire *wire)
{
    if (wire != NULL)
        atomic_fetch_add_explicit(&wire->refs, 1, memory_order_relaxed);
    return wire;
}

void wire_unref(struct wire *wire)
{
    if (wire == NULL || atomic_fetch_sub(&wire->refs, 1) != 1)
        return;
    for (size_t i = 0; i < wire->order_len; i++)
        mem_free(wire->order[i]);
    mem_free(wire->order);
    mem_free(wire->target);
    mem_free(wire);
}

bool wire_set_order(struct wire *wire, const char *const *names, size_t len)
{
    if (len == 0)
        return true;
    wire->order = mem_zalloc(len * sizeof(*wire->order));
    if (wire->order == NULL)
        return false;
    for (; wire->order_len < len; wire->order_len++) {
        char *copy = mem_strdup(names[wire->order_len]);
        if (copy == NULL)
            return false;
        wire->order[wire->order_len] = copy;
    }
    return true;
}

bool wire_is_target(const char *text)
{
    const char *at = text;
    while (*at > ' ' && *at < 0x7f)
        at++;
    return at > text && *at == '\0';
}

/* --- the request line --- */

/* Where the path of an absolute target begins; of another one, its begin. */
static const char *path_of(const char *target, const char *end)
{
    const char *scheme = memmem(target, (size_t)(end - target), "://", 3);
    if (*target == '/' || scheme == NULL)
        return target;
    const char *slash = memchr(scheme + 3, '/', (size_t)(end - scheme - 3));
    return slash != NULL ? slash : end;
}

/* Returns where the fields begin. */
static const char *remake_line(const struct wire *wire, const char *path, const struct buf *head,
                               struct buf *out)
{
    const char *end = head->data + head->len;
    const char *target = (const char *)memchr(head->data, ' ', head->len) + 1;
    const char *version = memchr(target, ' ', (size_t)(end - target));
    const char *line_end = memchr(version, '\n', (size_t)(end - version));

    buf_append(out, head->data, (size_t)(target - head->data));
    if (wire->target != NULL) {
        buf_append_str(out, wire->target);
    } else if (path != NULL) {
        buf_append(out, target, (size_t)(path_of(target, version) - target));
        buf_append_str(out, path);
    } else {
        buf_append(out, target, (size_t)(version - target));
    }
    buf_append_str(out, wire->http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    return line_end + 1;
}

/* --- the fields --- */

/* The length of the line that begins there, its end included; 0 at the empty line. */
static size_t line_len(const char *line, const char *end)
{
    const char *lf = memchr(line, '\n', (size_t)(end - line));
    return lf == NULL || *line == '\r' ? 0 : (size_t)(lf + 1 - line);
}

static bool has_name(const char *line, size_t len, const char *name)
{
    const char *colon = memchr(line, ':', len);
    return colon != NULL && ascii_equal_n(line, (size_t)(colon - line), name);
}

/* The lines of the fields, and which of them are out already. */
struct lines {
    const char *begin;
    const char *end;
    size_t len;
    bool *done;
};

/* Writes those that nobody has written and that have that name, or none of the order's (NULL). */
static void put_lines(const struct wire *wire, struct lines *lines, const char *name, size_t most,
                      struct buf *out)
{
    const char *at = lines->begin;
    for (size_t i = 0; i < lines->len && most > 0; i++) {
        size_t len = line_len(at, lines->end);
        bool mine = name != NULL ? has_name(at, len, name) : true;
        for (size_t n = 0; name == NULL && mine && n < wire->order_len; n++)
            mine = !has_name(at, len, wire->order[n]);
        if (mine && !lines->done[i]) {
            buf_append(out, at, len);
            lines->done[i] = true;
            most--;
        }
        at += len;
    }
}

/* Whether the name stands again behind place i. */
static bool stands_again(const struct wire *wire, size_t i)
{
    for (size_t n = i + 1; n < wire->order_len; n++)
        if (strlen(wire->order[n]) == strlen(wire->order[i]) &&
            ascii_equal(wire->order[n], wire->order[i]))
            return true;
    return false;
}

static void put_in_order(const struct wire *wire, struct lines *lines, struct buf *out)
{
    for (size_t i = 0; i < wire->order_len; i++) {
        bool others = strcmp(wire->order[i], "*") == 0;
        put_lines(wire, lines, others ? NULL : wire->order[i], stands_again(wire, i) ? 1 : SIZE_MAX,
                  out);
    }
    put_lines(wire, lines, NULL, SIZE_MAX, out);
}

void wire_remake_head(const struct wire *wire, const char *path, struct buf *head)
{
    struct buf out = BUF_INIT;
    if (buf_failed(head))
        return;
    struct lines lines = {.begin = remake_line(wire, path, head, &out),
                          .end = head->data + head->len};
    for (const char *at = lines.begin; at < lines.end;) {
        size_t len = line_len(at, lines.end);
        if (len == 0)
            break;
        at += len;
        lines.len++;
    }
    lines.done = mem_zalloc(lines.len + 1);
    if (lines.done == NULL)
        out.failed = true;
    else
        put_in_order(wire, &lines, &out);
    buf_append_str(&out, "\r\n");
    mem_free(lines.done);
    buf_fini(head);
    *head = out;
}
