/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Files of rows; see rows.h.
 */
#include "integration/twin/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/twin/bytes.h"

static void check(bool ok, const char *path, unsigned line, const char *why)
{
    if (ok)
        return;
    fprintf(stderr, "%s:%u: %s\n", path, line, why);
    abort();
}

static char *copy(const char *text, size_t len)
{
    char *s = strndup(text, len);

    if (s == NULL)
        abort();
    return s;
}

/* "@ name | words" */
static void begin_row(struct rows *rows, const char *path, unsigned line, const char *text)
{
    const char *name = text + 1 + strspn(text + 1, " ");
    const char *bar = strstr(name, " | ");
    struct row row = {.line = line, .command = copy("", 0)};

    check(*name != '\0', path, line, "a row without a name");
    row.file = copy(path, strlen(path));
    row.name = copy(name, bar != NULL ? (size_t)(bar - name) : strlen(name));
    for (const char *word = bar != NULL ? bar + 3 : ""; *word != '\0';) {
        size_t len = strcspn(word, " ");

        row.server = row.server || (len == 6 && memcmp(word, "server", len) == 0);
        row.err = row.err || (len == 6 && memcmp(word, "stderr", len) == 0);
        check(len == 6, path, line, "compares what is neither server nor stderr");
        word += len;
        word += strspn(word, " ");
    }
    rows->items = reallocarray(rows->items, rows->len + 1, sizeof *rows->items);
    if (rows->items == NULL)
        abort();
    rows->items[rows->len++] = row;
}

static void continue_row(struct row *row, const char *text)
{
    struct bytes command = {0};

    bytes_append_str(&command, row->command);
    bytes_printf(&command, "%s\n", text);
    free(row->command);
    row->command = command.data;
}

void rows_read(struct rows *rows, const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t cap = 0, before = rows->len;
    ssize_t len;

    check(file != NULL, path, 0, "cannot be read");
    for (unsigned line = 1; (len = getline(&text, &cap, file)) >= 0; line++) {
        if (len > 0 && text[len - 1] == '\n')
            text[len - 1] = '\0';
        if (text[0] == '#' || text[0] == '\0')
            continue;
        if (text[0] == '@') {
            begin_row(rows, path, line, text);
            continue;
        }
        check(rows->len > before, path, line, "a command before the first row");
        continue_row(&rows->items[rows->len - 1], text);
    }
    free(text);
    fclose(file);
}

void rows_fini(struct rows *rows)
{
    for (size_t i = 0; i < rows->len; i++) {
        free(rows->items[i].file);
        free(rows->items[i].name);
        free(rows->items[i].command);
    }
    free(rows->items);
    *rows = (struct rows){0};
}
