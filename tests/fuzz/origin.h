/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The other end of each of the world's connections: a server, or a proxy in front
 * of one, that takes requests and does what the input's bytes say: answers them
 * well, in pieces and late, early, twice, wrongly or not at all.
 *
 * What it holds the client to: every byte that it gets belongs to a request that is
 * right to the last byte, of a call that was made, and no request that must not be
 * repeated comes twice (ledger.h).
 */
#ifndef TESTS_FUZZ_ORIGIN_H
#define TESTS_FUZZ_ORIGIN_H

#include <stddef.h>

struct origin;

/* A connection was made: its peer, until origin_close(). */
struct origin *origin_accept(int number);
void origin_close(struct origin *origin);

/* Bytes reached it. */
void origin_receive(struct origin *origin, const char *data, size_t len);

#endif
