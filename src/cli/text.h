/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Growing text and lists of strings for the command. The command lives for one
 * errand: when memory runs out it says so and ends with curl's exit code for
 * that (27), so that no caller has to check.
 *
 * Invariant: text.data is NUL-terminated whenever it is not NULL. One thread.
 */
#ifndef GOFER_CLI_TEXT_H
#define GOFER_CLI_TEXT_H

#include <stddef.h>

struct text {
    char *data; /* NULL while empty */
    size_t len;
    size_t cap;
};

/* Appends len bytes; those of a string; as printf does. */
void text_append(struct text *t, const void *data, size_t len);
void text_append_str(struct text *t, const char *s);
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The bytes as a string; "" while empty. Lives until the text changes. */
const char *text_str(const struct text *t);

/* Frees the bytes; the text is empty and usable again. */
void text_fini(struct text *t);

/* A list of owned strings. An item may be NULL. */
struct strings {
    char **items;
    size_t len;
};

/* Appends a copy of the first len bytes of s; of all of s. */
void strings_push_n(struct strings *list, const char *s, size_t len);
void strings_push(struct strings *list, const char *s);

/* Frees the list and its strings. */
void strings_fini(struct strings *list);

/* Says that memory ran out, and ends the program with 27. */
_Noreturn void cli_out_of_memory(void);

/* realloc() of n items of that size, and strdup(), which never return NULL. */
void *cli_realloc(void *old, size_t n, size_t size);
char *cli_strdup(const char *s);

#endif
