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
#include "http/header.h"

/* --- life --- */

struct wire *wire_new(void)
{
    struct wire *wire = mem_zalloc(sizeof(*wire));
    if (wire != NULL)
        refs_init(&wire->refs, 1);
    return wire;
}

struct wire *wire_ref(struct wire *wire)
{
    if (wire != NULL)
        refs_add(&wire->refs);
    return wire;
}

static void free_texts(char **texts, size_t len)
{
    for (size_t i = 0; i < len; i++)
        mem_free(texts[i]);
    mem_free(texts);
}

void wire_unref(struct wire *wire)
{
    if (wire == NULL || !refs_drop(&wire->refs))
        return;
    free_texts(wire->order, wire->order_len);
    free_texts(wire->lines, wire->lines_len);
    mem_free(wire->target);
    mem_free(wire);
}

/* What is copied is counted, also where memory ends. */
static bool copy_texts(char ***to, size_t *to_len, const char *const *from, size_t len)
{
    if (len == 0)
        return true;
    *to = mem_zalloc(len * sizeof(**to));
    if (*to == NULL)
        return false;
    for (; *to_len < len; (*to_len)++) {
        char *copy = mem_strdup(from[*to_len]);
        if (copy == NULL)
            return false;
        (*to)[*to_len] = copy;
    }
    return true;
}

bool wire_set_order(struct wire *wire, const char *const *names, size_t len)
{
    return copy_texts(&wire->order, &wire->order_len, names, len);
}

bool wire_set_lines(struct wire *wire, const char *const *lines, size_t len)
{
    return copy_texts(&wire->lines, &wire->lines_len, lines, len);
}

bool wire_is_target(const char *text)
{
    const char *at = text;
    while (*at > ' ' && *at < 0x7f)
        at++;
    return at > text && *at == '\0';
}

bool wire_is_line(const char *text)
{
    const char *colon = strchr(text, ':');
    return colon != NULL && header_is_token(text, (size_t)(colon - text)) &&
           header_is_value(colon + 1, strlen(colon + 1));
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

/* The lines of the fields, which of them are out already, and which spellings are used up. */
struct lines {
    const char *begin;
    const char *end;
    size_t len;
    bool *done;
    bool *used; /* behind done */
};

/* Blanks, and what ends a line. */
static bool is_margin(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Takes the margins off a value. Returns how long it is then. */
static size_t trim(const char **value, const char *end)
{
    while (*value < end && is_margin(**value))
        (*value)++;
    while (end > *value && is_margin(end[-1]))
        end--;
    return (size_t)(end - *value);
}

/* Whether a field of the head and a line of the caller's say the same. */
static bool says_the_same(const char *field, size_t len, const char *line)
{
    const char *colon = memchr(field, ':', len);
    size_t name = colon != NULL ? (size_t)(colon - field) : 0;
    if (colon == NULL || strcspn(line, ":") != name)
        return false;
    for (size_t i = 0; i < name; i++)
        if (ascii_lower(field[i]) != ascii_lower(line[i]))
            return false;
    const char *a = colon + 1, *b = line + name + 1;
    size_t a_len = trim(&a, field + len), b_len = trim(&b, line + strlen(line));
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* Writes a field as it is, or as the first of the caller's lines that says the same has it; two
 * equal fields take two lines. */
static void put_line(const struct wire *wire, struct lines *lines, const char *field, size_t len,
                     struct buf *out)
{
    size_t i = 0;
    while (i < wire->lines_len && (lines->used[i] || !says_the_same(field, len, wire->lines[i])))
        i++;
    if (i == wire->lines_len) {
        buf_append(out, field, len);
        return;
    }
    lines->used[i] = true;
    buf_append_str(out, wire->lines[i]);
    buf_append_str(out, "\r\n");
}

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
            put_line(wire, lines, at, len, out);
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
    lines.done = mem_zalloc(lines.len + wire->lines_len + 1);
    if (lines.done == NULL) {
        out.failed = true;
    } else {
        lines.used = lines.done + lines.len;
        put_in_order(wire, &lines, &out);
    }
    buf_append_str(&out, "\r\n");
    mem_free(lines.done);
    buf_fini(head);
    *head = out;
}
