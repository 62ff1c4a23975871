/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * -w; see write_out.h. The variables are write_value.c's. Escapes and odd cases
 * are curl's: an unknown variable is reported and shows nothing, an unknown escape
 * shows itself.
 */
#include "cli/write_out.h"

#include <stdio.h>
#include <string.h>

#include "cli/head.h"
#include "cli/json.h"
#include "cli/message.h"
#include "cli/write_value.h"

/* --- the writer ------------------------------------------------------------ */

/* Where the format stands: its stream changes with %{stderr} and %output{}, %{onerror} may end it.
 */
struct writer {
    const struct transfer *t;
    FILE *out;
    FILE *file; /* of %output{}, or NULL */
    bool ended;
};

static bool equals(const char *word, const char *name, size_t len)
{
    return strlen(word) == len && memcmp(word, name, len) == 0;
}

static void close_file(struct writer *w)
{
    if (w->file != NULL)
        fclose(w->file);
    w->file = NULL;
}

static void write_to(struct writer *w, FILE *stream)
{
    close_file(w);
    w->out = stream;
}

/* --- header fields --------------------------------------------------------- */

/* Every value of the name, where the field at `from` is the first one of it. */
static void show_values(FILE *out, const char *from, const struct head_field *first)
{
    struct head_field field = *first;
    const char *comma = "[";

    do {
        if (!head_is_named(&field, first->name, first->name_len))
            continue;
        fputs(comma, out);
        json_write_string(out, field.value, field.value_len, false);
        comma = ",";
    } while (head_next(&from, &field));
    fputc(']', out);
}

/* An object: small names, and a list of values for each. */
static void show_headers_as_json(struct writer *w)
{
    const char *head = transfer_response_head(w->t), *at = head;
    struct head_field field, first;
    const char *separator = "";

    fputc('{', w->out);
    while (head_next(&at, &field)) {
        if (!head_find(head, field.name, field.name_len, &first) || first.name != field.name)
            continue;
        fputs(separator, w->out);
        json_write_string(w->out, field.name, field.name_len, true);
        fputc(':', w->out);
        show_values(w->out, at, &field);
        separator = ",\n";
    }
    fputs("\n}", w->out);
}

static void show_header(struct writer *w, const char *name, size_t len)
{
    struct head_field field;

    if (head_find(transfer_response_head(w->t), name, len, &field))
        fwrite(field.value, 1, field.value_len, w->out);
}

/* --- what stands in braces ------------------------------------------------- */

/* The words in braces that do something rather than show something. */
static bool do_command(struct writer *w, const char *name, size_t len)
{
    if (equals("stderr", name, len))
        write_to(w, stderr);
    else if (equals("stdout", name, len))
        write_to(w, stdout);
    else if (equals("onerror", name, len))
        w->ended = w->t->code == CODE_OK;
    else if (equals("json", name, len))
        write_values_as_json(w->out, w->t);
    else if (equals("header_json", name, len))
        show_headers_as_json(w);
    else
        return false;
    return true;
}

static void show_variable(struct writer *w, const char *name, size_t len)
{
    if (!write_value(w->out, w->t, name, len) && !do_command(w, name, len))
        fprintf(stderr, "gofer: unknown --write-out variable: '%.*s'\n", (int)len, name);
}

/* "file", or ">>file", which is added to. One that cannot be had changes nothing. */
static void change_output(struct writer *w, const char *name, size_t len)
{
    bool appends = len >= 2 && memcmp(name, ">>", 2) == 0;
    struct text path = {0};
    FILE *file;

    text_append(&path, name + 2 * appends, len - 2 * appends);
    file = fopen(text_str(&path), appends ? "ae" : "we");
    if (file == NULL)
        message_warn(w->t->config, "Failed to open %s", text_str(&path));
    else
        write_to(w, file);
    w->file = file != NULL ? file : w->file;
    text_fini(&path);
}

/* What may stand behind a '%': how it begins, and what is done with what stands up to the '}'. */
static const struct form {
    const char *opening;
    void (*act)(struct writer *w, const char *name, size_t len);
} forms[] = {
    {"%{", show_variable},
    {"%header{", show_header},
    {"%output{", change_output},
};

static const struct form *find_form(const char *at)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strncmp(at, forms[i].opening, strlen(forms[i].opening)) == 0)
            return &forms[i];
    return NULL;
}

/* --- the format ------------------------------------------------------------ */

/* At a '%'. Returns where the format goes on. */
static const char *show_percent(struct writer *w, const char *at)
{
    const struct form *form = find_form(at);
    const char *name = form != NULL ? at + strlen(form->opening) : at;
    const char *end = form != NULL ? strchr(name, '}') : NULL;

    if (end == NULL) { /* "%%", a lone '%', or a brace that nobody closed */
        fputc('%', w->out);
        return at + (at[1] == '%' ? 2 : 1);
    }
    form->act(w, name, (size_t)(end - name));
    return end + 1;
}

/* At a '\'. Returns where the format goes on. */
static const char *show_escape(struct writer *w, const char *at)
{
    static const char letters[] = "nrt";
    const char *letter = at[1] != '\0' ? strchr(letters, at[1]) : NULL;

    if (letter != NULL) {
        fputc("\n\r\t"[letter - letters], w -> out);
        return at + 2;
    }
    fputc('\\', w->out);
    return at + 1;
}

void write_out(const struct transfer *t)
{
    struct writer w = {.t = t, .out = stdout};
    const char *at = text_str(&t->config->write_out);

    while (*at != '\0' && !w.ended) {
        if (*at == '%')
            at = show_percent(&w, at);
        else if (*at == '\\')
            at = show_escape(&w, at);
        else
            fputc(*at++, w.out);
    }
    close_file(&w);
    fflush(stdout);
}
