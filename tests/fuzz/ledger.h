/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the program and its peers know of each call, by its number: how often it
 * reached a server, and what was answered. A call is *tainted* where a server broke
 * the rules on one of its connections: then anything may be taken for its answer.
 *
 * Call N asks for /N/HOP, HOP being the redirects before; its body, and that of its
 * answer, are made of its number (ledger_char).
 */
#ifndef TESTS_FUZZ_LEDGER_H
#define TESTS_FUZZ_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

enum { LEDGER_CALLS = 40, LEDGER_HOPS = 16, LEDGER_ANSWERS = 24 };

enum ledger_side { ASKED = 'Q', ANSWERED = 'R' };

struct answer {
    int status;
    size_t len;
};

struct entry {
    bool once; /* its unsafe requests must not be sent twice */
    size_t body_len;
    bool tainted;
    unsigned seen[LEDGER_HOPS];
    struct answer answers[LEDGER_ANSWERS];
    size_t answers_len;
};

void ledger_clear(void);

/* The call's entry; NULL for a number that no call has. */
struct entry *ledger_at(size_t number);

/* A new call's number; LEDGER_CALLS where there is no room. */
size_t ledger_add(bool once, size_t body_len);
size_t ledger_len(void);

/* Byte number `at` of the call's body. */
char ledger_char(enum ledger_side side, size_t number, size_t at);

/* Whether these are the bytes from `at` on. */
bool ledger_is(enum ledger_side side, size_t number, size_t at, const char *data, size_t len);

/* A request came to a server; `safe`: by its method it may be repeated. */
void ledger_seen(size_t number, unsigned hop, bool safe);

/* It is answered well. */
void ledger_answered(size_t number, int status, size_t len);

/* Whether that is one of the answers. */
bool ledger_was_answered(size_t number, int status, const char *body, size_t len);

#endif
