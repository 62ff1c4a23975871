/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The ledger's entries.
 */
#include "fuzz/ledger.h"

#include "fuzz/fuzz.h"

static struct entry entries[LEDGER_CALLS];
static size_t entries_len;

void ledger_clear(void)
{
    entries_len = 0;
}

size_t ledger_len(void)
{
    return entries_len;
}

struct entry *ledger_at(size_t number)
{
    return number < entries_len ? &entries[number] : NULL;
}

size_t ledger_add(bool once, size_t body_len)
{
    if (entries_len == LEDGER_CALLS)
        return LEDGER_CALLS;
    entries[entries_len] = (struct entry){.once = once, .body_len = body_len};
    return entries_len++;
}

char ledger_char(enum ledger_side side, size_t number, size_t at)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    if (at % 16 == 0)
        return (char)side;
    return digits[(number * 7 + at / 16 + at) % (sizeof digits - 1)];
}

bool ledger_is(enum ledger_side side, size_t number, size_t at, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (data[i] != ledger_char(side, number, at + i))
            return false;
    return true;
}

void ledger_seen(size_t number, unsigned hop, bool safe)
{
    struct entry *e = ledger_at(number);
    FUZZ_CHECK(e != NULL && hop < LEDGER_HOPS);
    e->seen[hop] += !safe;
    FUZZ_CHECK(safe || !e->once || e->tainted || e->seen[hop] == 1);
}

void ledger_answered(size_t number, int status, size_t len)
{
    struct entry *e = ledger_at(number);
    if (e->answers_len < LEDGER_ANSWERS)
        e->answers[e->answers_len++] = (struct answer){status, len};
    else
        e->tainted = true;
}

bool ledger_was_answered(size_t number, int status, const char *body, size_t len)
{
    const struct entry *e = ledger_at(number);
    for (size_t i = 0; i < e->answers_len; i++)
        if (e->answers[i].status == status && e->answers[i].len == len)
            return ledger_is(ANSWERED, number, 0, body, len);
    return false;
}
