/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Variables and what becomes of their contents; see variable.h.
 */
#include "cli/variable.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 127 };

/* --- the list -------------------------------------------------------------- */

void variable_set(struct variable **list, const char *name, size_t name_len, struct text *content)
{
    struct variable *v = cli_realloc(NULL, 1, sizeof *v);

    v->next = *list;
    v->name = cli_realloc(NULL, name_len + 1, 1);
    memcpy(v->name, name, name_len);
    v->name[name_len] = '\0';
    v->content = *content;
    *content = (struct text){0};
    *list = v;
}

const struct variable *variable_find(const struct variable *list, const char *name, size_t len)
{
    for (const struct variable *v = list; v != NULL; v = v->next)
        if (strlen(v->name) == len && memcmp(v->name, name, len) == 0)
            return v;
    return NULL;
}

void variables_free(struct variable *list)
{
    while (list != NULL) {
        struct variable *next = list->next;

        text_fini(&list->content);
        free(list->name);
        free(list);
        list = next;
    }
}

size_t variable_name_len(const char *text)
{
    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

/* --- functions: each makes another text of one ------------------------------ */

static bool is_blank(char c)
{
    return c != '\0' && strchr(" \t\r\n\v\f", c) != NULL;
}

static void trim(const struct text *in, struct text *out)
{
    size_t from = 0, to = in->len;

    while (from < to && is_blank(in->data[from]))
        from++;
    while (to > from && is_blank(in->data[to - 1]))
        to--;
    if (to > from)
        text_append(out, in->data + from, to - from);
}

/* RFC 8259 section 7, without the quotes around it. */
static void json(const struct text *in, struct text *out)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";

    for (size_t i = 0; i < in->len; i++) {
        unsigned char c = (unsigned char)in->data[i];
        const char *found = c != '\0' ? strchr(plain, c) : NULL;

        if (found != NULL)
            text_printf(out, "\\%c", letters[found - plain]);
        else if (c < 0x20)
            text_printf(out, "\\u%04x", c);
        else
            text_append(out, &c, 1);
    }
}

/* RFC 3986 section 2.3 says what needs no percent sign. */
static void url(const struct text *in, struct text *out)
{
    for (size_t i = 0; i < in->len; i++) {
        char c[2] = {in->data[i], '\0'};

        if (variable_name_len(c) == 1 || (c[0] != '\0' && strchr("-.~", c[0]) != NULL))
            text_append(out, c, 1);
        else
            text_printf(out, "%%%02X", (unsigned char)c[0]);
    }
}

static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* RFC 4648 section 4. */
static void b64(const struct text *in, struct text *out)
{
    for (size_t i = 0; i < in->len; i += 3) {
        size_t n = in->len - i < 3 ? in->len - i : 3;
        uint32_t bits = 0;
        char four[4] = "====";

        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < n ? (unsigned char)in->data[i + k] : 0);
        for (size_t k = 0; k <= n; k++)
            four[k] = base64_letters[bits >> (18 - 6 * k) & 63];
        text_append(out, four, sizeof four);
    }
}

/* What is no base64 becomes curl's word for that. */
static void unb64(const struct text *in, struct text *out)
{
    const char *text = text_str(in);
    size_t len = strcspn(text, "=");
    size_t begin = out->len;
    uint32_t bits = 0;

    for (size_t i = 0; i < len; i++) {
        const char *letter = strchr(base64_letters, text[i]);

        if (letter == NULL || in->len % 4 != 0 || in->len - len > 2) {
            out->len = begin;
            text_append_str(out, "[64dec-fail]");
            return;
        }
        bits = bits << 6 | (uint32_t)(letter - base64_letters);
        if (i % 4 > 0) {
            unsigned char byte = (unsigned char)(bits >> (6 - 2 * (i % 4)));

            text_append(out, &byte, 1);
        }
    }
}

static const struct function {
    const char *name;
    void (*apply)(const struct text *in, struct text *out);
} functions[] = {{"trim", trim}, {"json", json}, {"url", url}, {"b64", b64}, {"64dec", unb64}};

static const struct function *function_of(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (strlen(functions[i].name) == len && memcmp(functions[i].name, name, len) == 0)
            return &functions[i];
    return NULL;
}

/* The names from `at` to `end`, a ':' before each, one after the other on *content. */
static bool apply_functions(const char *at, const char *end, struct text *content,
                            struct text *problem)
{
    while (at < end) {
        size_t len = strcspn(at + 1, ":}");
        const struct function *f = function_of(at + 1, len);
        struct text out = {0};

        if (f == NULL) {
            text_printf(problem, "unknown variable function in '%.*s'", (int)(end - at), at);
            return false;
        }
        f->apply(content, &out);
        text_fini(content);
        *content = out;
        at += 1 + len;
    }
    return true;
}

/* --- values ---------------------------------------------------------------- */

/* Between braces: "name" or "name:function...". */
static bool expand_one(const struct variable *list, const char *at, const char *end,
                       struct text *out, struct text *problem)
{
    size_t len = variable_name_len(at);
    const struct variable *v = variable_find(list, at, len);
    struct text content = {0};
    bool ok;

    if (v != NULL)
        text_append(&content, text_str(&v->content), v->content.len);
    ok = apply_functions(at + len, end, &content, problem);
    if (ok && content.len > 0 && memchr(content.data, '\0', content.len) != NULL) {
        text_append_str(problem, "variable contains null byte");
        ok = false;
    }
    if (ok && content.len > 0)
        text_append(out, content.data, content.len);
    text_fini(&content);
    return ok;
}

/* Whether there is a name up to `end`, or to the ':' of a function. */
static bool is_name(const char *at, const char *end)
{
    size_t len = variable_name_len(at);

    return len > 0 && len <= NAME_MAX_BYTES && (at + len == end || at[len] == ':');
}

bool variable_expand(const struct variable *list, const char *value, struct text *out,
                     struct text *problem)
{
    const char *open;

    while ((open = strstr(value, "{{")) != NULL) {
        bool escaped = open > value && open[-1] == '\\';
        const char *close = strstr(open, "}}");

        if (!escaped && close == NULL)
            break;
        text_append(out, value, (size_t)(open - value) - escaped);
        if (escaped)
            text_append_str(out, "{{");
        else if (!is_name(open + 2, close))
            text_append(out, open, (size_t)(close + 2 - open));
        else if (!expand_one(list, open + 2, close, out, problem))
            return false;
        value = escaped ? open + 2 : close + 2;
    }
    text_append_str(out, value);
    return true;
}
