/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Bodies of which every byte says whose it is and where it stands: a byte that is
 * lost, doubled, moved or another message's is seen. Pure functions.
 */
#ifndef TESTS_CHAOS_PATTERN_H
#define TESTS_CHAOS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes from `at` on of the body of a number. */
void pattern_fill(uint64_t number, uint64_t at, void *buf, size_t len);

/* Whether they are. */
bool pattern_is(uint64_t number, uint64_t at, const void *data, size_t len);

/* A request's body is of another number than its response's. */
uint64_t pattern_of_upload(uint64_t number);

#endif
