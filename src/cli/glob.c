/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Patterns and their combinations; see glob.h.
 */
#include "cli/glob.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 100, ADDRESS_MAX = 70 };

enum part_kind { PART_FIXED, PART_SET, PART_LETTERS, PART_NUMBERS };

/* What stands between two others: a text, or something that varies. */
struct part {
    enum part_kind kind;
    struct strings words; /* of PART_FIXED, one */
    uint64_t first;       /* letters and numbers */
    uint64_t step;
    int width; /* numbers: zeros before it up to so many digits */
    uint64_t count;
    uint64_t at; /* below count */
};

struct glob {
    struct part parts[PARTS_MAX];
    size_t len;
    uint64_t count;
    bool begun;
};

/* A pattern on its way into parts. */
struct parser {
    struct glob *glob;
    const char *whole;
    const char *at;
    size_t uncounted;    /* closing braces: curl's positions leave them out */
    const char *problem; /* what is wrong at `at`, or NULL */
};

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* --- parts ----------------------------------------------------------------- */

static void refuse(struct parser *p, const char *problem, const char *at)
{
    p->problem = problem;
    p->at = at;
}

/* Room for one more, which multiplies the combinations. */
static struct part *add_part(struct parser *p, enum part_kind kind, uint64_t count)
{
    struct glob *glob = p->glob;

    if (glob->len == PARTS_MAX) {
        refuse(p, "too many {} sets", p->at);
        return NULL;
    }
    if (glob->count > UINT64_MAX / count) {
        refuse(p, "range overflow", p->at);
        return NULL;
    }
    glob->count *= count;
    glob->parts[glob->len] = (struct part){.kind = kind, .count = count};
    return &glob->parts[glob->len++];
}

static void add_fixed(struct parser *p, const struct text *text)
{
    struct part *part = text->len > 0 ? add_part(p, PART_FIXED, 1) : NULL;

    if (part != NULL)
        strings_push(&part->words, text_str(text));
}

/* How long the numeric IPv6 address in brackets is that the text begins with; 0: none. */
static size_t address_len(const char *text)
{
    const char *end = strchr(text, ']');
    char address[ADDRESS_MAX];
    struct in6_addr parsed;
    size_t len;

    if (end == text + 1) /* "[]" is no range either */
        return 2;
    if (end == NULL || end - text >= ADDRESS_MAX)
        return 0;
    len = (size_t)(end - text) - 1;
    memcpy(address, text + 1, len);
    address[len] = '\0';
    address[strcspn(address, "%")] = '\0';
    return inet_pton(AF_INET6, address, &parsed) == 1 ? len + 2 : 0;
}

/* Up to a brace or bracket that begins something. */
static void parse_fixed(struct parser *p)
{
    struct text text = {0};

    for (size_t len; *p->at != '\0' && *p->at != '{'; p->at += len) {
        bool is_escape = p->at[0] == '\\' && p->at[1] != '\0' && strchr("{}[]", p->at[1]) != NULL;

        len = *p->at == '[' ? address_len(p->at) : 1;
        if (len == 0)
            break;
        if (*p->at == '}' || *p->at == ']') {
            refuse(p, "unmatched close brace/bracket", p->at);
            break;
        }
        p->at += is_escape;
        text_append(&text, p->at, len);
    }
    if (p->problem == NULL)
        add_fixed(p, &text);
    text_fini(&text);
}

/* --- {one,two} ------------------------------------------------------------- */

/* One word of a set, up to its comma or brace. */
static void parse_word(struct parser *p, const char *brace, struct text *word)
{
    for (; p->problem == NULL && *p->at != ',' && *p->at != '}'; p->at++) {
        if (*p->at == '\0')
            refuse(p, "unmatched brace", brace);
        else if (*p->at == '{' || *p->at == '[')
            refuse(p, "nested brace", p->at);
        else if (*p->at == ']')
            refuse(p, "unexpected close bracket", p->at);
        else
            text_append(word, p->at += p->at[0] == '\\' && p->at[1] != '\0', 1);
        if (p->problem != NULL)
            return;
    }
}

static void parse_set(struct parser *p)
{
    const char *brace = p->at;
    struct strings words = {0};
    struct part *part;
    char stop = '\0';

    if (p->at[1] == '}') {
        refuse(p, "empty string within braces", p->at + 1);
        return;
    }
    while (p->problem == NULL && stop != '}') {
        struct text word = {0};

        p->at++;
        parse_word(p, brace, &word);
        strings_push(&words, text_str(&word));
        text_fini(&word);
        stop = *p->at;
    }
    part = p->problem == NULL ? add_part(p, PART_SET, words.len) : NULL;
    if (part == NULL) {
        strings_fini(&words);
        return;
    }
    part->words = words;
    p->at++;
    p->uncounted++;
}

/* --- [a-z:2], [1-9] -------------------------------------------------------- */

static bool take_number(const char **at, uint64_t *out)
{
    char *end;

    if (!is_digit(**at))
        return false;
    errno = 0;
    *out = strtoull(*at, &end, 10);
    *at = end;
    return errno == 0;
}

/* The part, where its range is one; else it is refused at `at`, which is where curl says so. */
static void end_range(struct parser *p, struct part range, const char *at, uint64_t last)
{
    uint64_t span = last - range.first;
    struct part *part;

    if (last < range.first || range.step == 0 ||
        (span == 0 ? range.step != 1 : range.step > span)) {
        refuse(p, "bad range", at);
        return;
    }
    part = span / range.step < UINT64_MAX ? add_part(p, range.kind, span / range.step + 1) : NULL;
    if (part == NULL)
        return;
    range.count = part->count;
    *part = range;
    p->at = at;
}

/* "a-z]" or "a-z:2]". */
static void parse_letters(struct parser *p)
{
    const char *at = p->at + 1, *end;
    struct part range = {.kind = PART_LETTERS, .first = (unsigned char)at[0], .step = 1};

    if (at[1] != '-' || at[2] == '\0' || (at[3] != ':' && at[3] != ']')) {
        refuse(p, "bad range", at);
        return;
    }
    end = at + 4;
    if (at[3] == ':' && (!take_number(&end, &range.step) || *end++ != ']')) {
        refuse(p, "bad range", at);
        return;
    }
    if (at[2] - at[0] > 'z' - 'a')
        refuse(p, "bad range", end);
    else
        end_range(p, range, end, (unsigned char)at[2]);
}

/* "-9]" or "-9:2]" behind the first number; *at gets as far as curl looks. */
static bool take_range_end(const char **at, uint64_t *last, uint64_t *step)
{
    const char *end = *at;

    if (*end != '-')
        return false;
    *at = ++end;
    end += strspn(end, " \t");
    *at = end;
    if (!take_number(&end, last))
        return false;
    if (*end == ':') {
        *at = ++end;
        if (!take_number(&end, step))
            return false;
    }
    if (*end != ']')
        return false;
    *at = end + 1;
    return true;
}

static void parse_numbers(struct parser *p)
{
    const char *at = p->at + 1, *digits = at;
    struct part range = {.kind = PART_NUMBERS, .step = 1};
    uint64_t last = 0;

    if (*at == '0')
        range.width = (int)strspn(at, "0123456789");
    if (!take_number(&digits, &range.first) || *digits != '-')
        refuse(p, "bad range", at);
    else if (!take_range_end(&digits, &last, &range.step))
        refuse(p, "bad range", digits);
    else
        end_range(p, range, digits, last);
}

static void parse_range(struct parser *p)
{
    if (is_letter(p->at[1]))
        parse_letters(p);
    else if (is_digit(p->at[1]))
        parse_numbers(p);
    else
        refuse(p, "bad range specification", p->at + 1);
}

/* --- the whole ------------------------------------------------------------- */

static void parse(struct parser *p)
{
    while (*p->at != '\0' && p->problem == NULL) {
        parse_fixed(p);
        if (p->problem != NULL)
            return;
        if (*p->at == '{')
            parse_set(p);
        else if (*p->at == '[')
            parse_range(p);
    }
}

struct glob *glob_new(const char *pattern, bool literal, struct text *problem)
{
    struct glob *glob = cli_realloc(NULL, 1, sizeof *glob);
    struct parser p = {.glob = glob, .whole = pattern, .at = pattern};
    struct text whole = {0};

    glob->len = 0;
    glob->count = 1;
    glob->begun = false;
    if (literal) {
        text_append_str(&whole, pattern);
        add_fixed(&p, &whole);
        text_fini(&whole);
    } else {
        parse(&p);
    }
    if (p.problem == NULL)
        return glob;
    size_t column = (size_t)(p.at - pattern) - p.uncounted;

    text_printf(problem, "%s in URL position %zu:\n%s\n%*s^", p.problem, column + 1, pattern,
                (int)column, "");
    glob_free(glob);
    return NULL;
}

uint64_t glob_count(const struct glob *glob)
{
    return glob->count;
}

static void append_part(const struct part *part, struct text *out)
{
    uint64_t n = part->first + part->at * part->step;
    char letter = (char)n;

    switch (part->kind) {
    case PART_FIXED:
    case PART_SET:
        text_append_str(out, part->words.items[part->at]);
        break;
    case PART_LETTERS:
        text_append(out, &letter, 1);
        break;
    case PART_NUMBERS:
        text_printf(out, "%0*" PRIu64, part->width, n);
        break;
    }
}

/* One more of the last part, and where that comes round of the one before it. */
static bool step(struct glob *glob)
{
    for (size_t i = glob->len; i-- > 0;) {
        struct part *part = &glob->parts[i];

        if (++part->at < part->count)
            return true;
        part->at = 0;
    }
    return false;
}

bool glob_next(struct glob *glob, struct text *out)
{
    if (glob->begun && !step(glob))
        return false;
    glob->begun = true;
    for (size_t i = 0; i < glob->len; i++)
        append_part(&glob->parts[i], out);
    return true;
}

void glob_rewind(struct glob *glob)
{
    for (size_t i = 0; i < glob->len; i++)
        glob->parts[i].at = 0;
    glob->begun = false;
}

/* The number-th part that varies, from 1. */
static const struct part *varying(const struct glob *glob, uint64_t number)
{
    for (size_t i = 0; i < glob->len; i++)
        if (glob->parts[i].kind != PART_FIXED && --number == 0)
            return &glob->parts[i];
    return NULL;
}

void glob_fill_in(const struct glob *glob, const char *name, struct text *out)
{
    while (*name != '\0') {
        const char *end = name + 1;
        const struct part *part = NULL;
        uint64_t number;

        if (*name == '#' && take_number(&end, &number) && number > 0)
            part = varying(glob, number);
        if (part != NULL) {
            append_part(part, out);
            name = end;
        } else {
            text_append(out, name++, 1);
        }
    }
}

void glob_free(struct glob *glob)
{
    if (glob == NULL)
        return;
    for (size_t i = 0; i < glob->len; i++)
        strings_fini(&glob->parts[i].words);
    free(glob);
}
