/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Chance from a seed (xorshift64). One thread at a time has a set of dice.
 */
#ifndef TESTS_CHAOS_DICE_H
#define TESTS_CHAOS_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

/* Sets of the same seed and different numbers have nothing in common. */
static inline struct dice dice_of(uint64_t seed, uint64_t number)
{
    return (struct dice){(seed + number + 1) * 0x9e3779b97f4a7c15ULL | 1};
}

/* 0 to below - 1. */
static inline unsigned dice_roll(struct dice *dice, unsigned below)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return (unsigned)((dice->state >> 20) % below);
}

/* Once in n times. */
static inline bool dice_once_in(struct dice *dice, unsigned n)
{
    return dice_roll(dice, n) == 0;
}

#endif
