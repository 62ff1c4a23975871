/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A .netrc file, word by word; see netrc.h.
 */
#include "cli/netrc.h"

#include <string.h>
#include <strings.h>

/* The next word: up to a blank, or in double quotes, in which a backslash takes the next byte as it
 * is. Comments go to the line's end. False at the end. */
static bool next_word(const char **at, struct text *out)
{
    const char *p = *at + strspn(*at, " \t\r\n");

    while (*p == '#') {
        p += strcspn(p, "\n");
        p += strspn(p, " \t\r\n");
    }
    text_fini(out);
    if (*p == '\0')
        return false;
    text_append_str(out, "");
    if (*p != '"') {
        size_t len = strcspn(p, " \t\r\n");

        text_append(out, p, len);
        *at = p + len;
        return true;
    }
    for (p++; *p != '\0' && *p != '"'; p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
        text_append(out, p, 1);
    }
    *at = *p == '"' ? p + 1 : p;
    return true;
}

static bool is(const struct text *word, const char *name)
{
    return strcasecmp(text_str(word), name) == 0;
}

static void set(struct text *to, const struct text *from)
{
    text_fini(to);
    text_append_str(to, text_str(from));
}

/* What is known of the entry that is read. */
struct entry {
    bool ours;
    bool done; /* ours has ended */
    struct text login;
    struct text password;
};

/* A machine or default begins: an entry of ours before it is all there. */
static void begin(struct entry *e, bool ours, const struct text *user)
{
    bool wanted = user->len == 0 || strcmp(text_str(user), text_str(&e->login)) == 0;

    e->done = e->ours && wanted && (e->login.len > 0 || e->password.len > 0);
    e->ours = ours;
    if (!e->done) {
        text_fini(&e->login);
        text_fini(&e->password);
    }
}

static void take(struct entry *e, const struct text *word, const char **at, const char *host,
                 const struct text *user)
{
    struct text value = {0};

    if (is(word, "default"))
        begin(e, true, user);
    else if (is(word, "machine") && next_word(at, &value))
        begin(e, is(&value, host), user);
    else if (e->ours && is(word, "login") && next_word(at, &value))
        set(&e->login, &value);
    else if (e->ours && is(word, "password") && next_word(at, &value))
        set(&e->password, &value);
    text_fini(&value);
}

bool netrc_find(const char *text, const char *host, struct text *user, struct text *password)
{
    struct entry e = {.ours = false};
    struct text word = {0};
    const char *at = text;

    while (!e.done && next_word(&at, &word))
        take(&e, &word, &at, host, user);
    if (!e.done)
        begin(&e, false, user);
    if (e.done) {
        set(user, &e.login);
        set(password, &e.password);
    }
    text_fini(&word);
    text_fini(&e.login);
    text_fini(&e.password);
    return e.done;
}
