/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Searching /etc/hosts. Nothing in the text is NUL-terminated or changed.
 */
#include "net/hosts.h"

#include <string.h>

#include "base/alloc.h"
#include "net/config_file.h"
#include "net/endpoint.h"

enum { FILE_MAX_BYTES = 16 * 1024 * 1024 };

int hosts_read(struct hosts *hosts, const char *path)
{
    hosts_fini(hosts);
    return config_file_read(path, FILE_MAX_BYTES, &hosts->text, &hosts->len);
}

void hosts_fini(struct hosts *hosts)
{
    mem_free(hosts->text);
    *hosts = (struct hosts){NULL, 0};
}

struct span {
    const char *text;
    size_t len;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span skip(struct span s, size_t n)
{
    return (struct span){s.text + n, s.len - n};
}

/* Takes the next word off a line. False where there is none. */
static bool take_word(struct span *line, struct span *word)
{
    size_t begin = 0;
    while (begin < line->len && is_space(line->text[begin]))
        begin++;
    size_t end = begin;
    while (end < line->len && !is_space(line->text[end]))
        end++;
    *word = (struct span){line->text + begin, end - begin};
    *line = skip(*line, end);
    return word->len > 0;
}

/* Takes the next line, without its comment, off the rest. */
static bool take_line(struct span *rest, struct span *line)
{
    if (rest->len == 0)
        return false;
    const char *end = memchr(rest->text, '\n', rest->len);
    size_t len = end != NULL ? (size_t)(end - rest->text) : rest->len;
    const char *comment = len > 0 ? memchr(rest->text, '#', len) : NULL;
    *line = (struct span){rest->text, comment != NULL ? (size_t)(comment - rest->text) : len};
    *rest = skip(*rest, len + (end != NULL));
    return true;
}

/* Copies a word as a string. False where it is too long for a name or an address. */
static bool copy_word(const struct span *word, char *text)
{
    if (word->len >= ENDPOINT_BYTES)
        return false;
    memcpy(text, word->text, word->len);
    text[word->len] = '\0';
    return true;
}

static bool has_name(struct span names, const char *name)
{
    char text[ENDPOINT_BYTES];
    struct span word;
    while (take_word(&names, &word))
        if (copy_word(&word, text) && hostname_equal(text, name))
            return true;
    return false;
}

static bool parse_addr(const struct span *word, struct addr *addr)
{
    char text[ENDPOINT_BYTES];
    return copy_word(word, text) && endpoint_addr(text, 0, addr);
}

bool hosts_find(const struct hosts *hosts, const char *name, enum lookup_kind kind,
                struct answer *answer)
{
    struct span rest = {hosts->text, hosts->len};
    struct span line;
    struct span first;
    struct addr addr;
    bool found = false;
    while (take_line(&rest, &line)) {
        if (!take_word(&line, &first) || !has_name(line, name) || !parse_addr(&first, &addr) ||
            !lookup_kind_wants(kind, addr.sa.sa_family))
            continue;
        found = true;
        if (!answer_add(answer, &addr, 1))
            break;
    }
    return found;
}
