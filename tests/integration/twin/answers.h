/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the servers of the comparison answer, by the request's path. /echo answers
 * with the request itself, in normal form (normal.h); the table in answers.c
 * names the others.
 */
#ifndef TESTS_TWIN_ANSWERS_H
#define TESTS_TWIN_ANSWERS_H

#include <stdatomic.h>

#include "integration/twin/bytes.h"

/* What is remembered from request to request; zeroed with each row. */
struct answer_memory {
    atomic_uint busy; /* how often /busy was asked for */
};

/* What comes behind an answer. */
enum answer_end {
    ANSWER_NEXT,  /* the next request */
    ANSWER_CLOSE, /* a FIN */
    ANSWER_RESET, /* an RST */
    ANSWER_HOLD   /* nothing, until the client closes */
};

/* Whether a request with that head is answered without its body having been read. */
bool answer_is_final_at_once(const char *head);

/* Whether such a request's body is waited for without a "100 Continue" that it asks for. */
bool answer_has_no_100(const char *head);

/* Appends the answer to a whole request. */
enum answer_end answer_to(const struct bytes *request, struct answer_memory *memory,
                          struct bytes *out);

#endif
