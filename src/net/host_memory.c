/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A cell, from its highest bit: 24 bits of the hash (the other 8 are the cell's
 * number), 16 of the turn, 2 of the family, 22 of the minute of the monotonic
 * clock at which that was learnt, enough for eight years without a boot.
 */
#include "net/host_memory.h"

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"

enum { MINUTE_BITS = 22, FAMILY_BITS = 2, TURN_BITS = 16 };
enum { FAMILY_NONE, FAMILY_IPV4, FAMILY_IPV6 };

struct cell {
    uint32_t tag;
    uint16_t turn;
    uint8_t family;
    uint32_t minute;
};

static uint64_t pack(struct cell cell)
{
    uint64_t word = cell.tag;
    word = word << TURN_BITS | cell.turn;
    word = word << FAMILY_BITS | cell.family;
    return word << MINUTE_BITS | cell.minute;
}

/* The host's cell; an empty one where another host's is there. */
static struct cell unpack(uint64_t word, uint32_t host, uint32_t seed)
{
    struct cell cell = {.tag = host / HOST_MEMORY_CELLS,
                        .turn = (uint16_t)((host ^ seed) * UINT32_C(2654435761) >> 16)};
    if (word == 0 || word >> (MINUTE_BITS + FAMILY_BITS + TURN_BITS) != cell.tag)
        return cell;
    cell.minute = word & ((1u << MINUTE_BITS) - 1);
    cell.family = word >> MINUTE_BITS & ((1u << FAMILY_BITS) - 1);
    cell.turn = (uint16_t)(word >> (MINUTE_BITS + FAMILY_BITS));
    return cell;
}

static uint32_t minute_of(int64_t now_ns)
{
    return (uint32_t)(now_ns / (60000 * CLOCK_MS)) & ((1u << MINUTE_BITS) - 1);
}

static uint8_t remembered(struct cell cell, int64_t now_ns)
{
    uint32_t age = (minute_of(now_ns) - cell.minute) & ((1u << MINUTE_BITS) - 1);
    return age < HOST_MEMORY_MINUTES ? cell.family : FAMILY_NONE;
}

void host_memory_init(struct host_memory *memory, uint32_t seed)
{
    for (size_t i = 0; i < HOST_MEMORY_CELLS; i++)
        atomic_init(&memory->cells[i], 0);
    memory->seed = seed;
}

unsigned host_memory_turn(struct host_memory *memory, uint32_t host)
{
    _Atomic uint64_t *place = &memory->cells[host % HOST_MEMORY_CELLS];
    uint64_t word = atomic_load_explicit(place, memory_order_relaxed);
    struct cell cell;
    do {
        cell = unpack(word, host, memory->seed);
        cell.turn++;
    } while (!atomic_compare_exchange_weak(place, &word, pack(cell)));
    return cell.turn;
}

sa_family_t host_memory_family(const struct host_memory *memory, uint32_t host, int64_t now_ns)
{
    static const sa_family_t families[] = {AF_UNSPEC, AF_INET, AF_INET6, AF_UNSPEC};
    uint64_t word = atomic_load(&memory->cells[host % HOST_MEMORY_CELLS]);
    return families[remembered(unpack(word, host, memory->seed), now_ns)];
}

/* Changes what is remembered of the winner. False where nothing does. */
static bool learn(struct cell *cell, uint8_t winner, bool regular_won, int64_t now_ns)
{
    uint8_t before = remembered(*cell, now_ns);
    uint8_t after = regular_won ? FAMILY_NONE : winner;
    /* The minute stays that of the beginning, or it would never be over. */
    if (before == after)
        return false;
    cell->family = after;
    cell->minute = minute_of(now_ns);
    return true;
}

void host_memory_learn(struct host_memory *memory, uint32_t host, sa_family_t winner,
                       sa_family_t regular, int64_t now_ns)
{
    if (regular == AF_UNSPEC)
        return;
    uint8_t family = winner == AF_INET6 ? FAMILY_IPV6 : FAMILY_IPV4;
    _Atomic uint64_t *place = &memory->cells[host % HOST_MEMORY_CELLS];
    uint64_t word = atomic_load_explicit(place, memory_order_relaxed);
    struct cell cell;
    do {
        cell = unpack(word, host, memory->seed);
        if (!learn(&cell, family, winner == regular, now_ns))
            return;
    } while (!atomic_compare_exchange_weak(place, &word, pack(cell)));
}
