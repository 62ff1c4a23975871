/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * How far bytes of a kind reach, a lane of several bytes at a time: what the
 * parser of response heads spends most of its time on. The one place that asks
 * what the processor has: SSE2 looks at 16 bytes at once, every other machine at
 * the 8 of a word.
 *
 * A lane function reads LANE_BYTES bytes, of any alignment, and returns how many
 * of them, from the first on, are of the kind: LANE_BYTES where all are. Kinds
 * are a little narrower than the grammar's, so that few instructions tell them;
 * whoever asks looks at the byte that stopped it (header_classes).
 *
 * Any thread; no state.
 */
#ifndef GOFER_HTTP_LANE_H
#define GOFER_HTTP_LANE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* --- a word --- */

enum { WORD_BYTES = 8 };

#define WORD_ONES UINT64_C(0x0101010101010101)
#define WORD_HIGH (0x80 * WORD_ONES)

/* The first byte is the lowest. */
static inline uint64_t word_load(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return le64toh(word);
}

/* `stop`: the high bit of each byte that is not of the kind. */
static inline unsigned word_len(uint64_t stop)
{
    return stop == 0 ? WORD_BYTES : (unsigned)__builtin_ctzll(stop) / 8;
}

/* Bytes of a field's value, but for HTAB: 0x20 to 0x7e and from 0x80 on. */
static inline unsigned word_value_len(const char *at)
{
    uint64_t word = word_load(at);
    uint64_t low7 = word & ~WORD_HIGH;
    uint64_t not_control = low7 + 0x60 * WORD_ONES; /* the high bit: not under 0x20 */
    uint64_t del = low7 + WORD_ONES;                /* the high bit: is 0x7f */
    return word_len((~not_control | del) & ~word & WORD_HIGH);
}

/* Bytes of a field's name, but for digits and odd ones: letters and '-'. */
static inline unsigned word_name_len(const char *at)
{
    uint64_t word = word_load(at);
    uint64_t lower = (word | 0x20 * WORD_ONES) & ~WORD_HIGH;
    uint64_t letter = (lower + (0x80 - 'a') * WORD_ONES) & ~(lower + (0x7f - 'z') * WORD_ONES);
    uint64_t dash = ~(((word & ~WORD_HIGH) ^ '-' * WORD_ONES) + 0x7f * WORD_ONES);
    return word_len((~(letter | dash) | word) & WORD_HIGH);
}

/* --- a lane --- */

#ifdef __SSE2__

#include <emmintrin.h>

enum { LANE_BYTES = 16 };

static inline __m128i lane_load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* `kind`: all bits of each byte that is of the kind. */
static inline unsigned lane_len(__m128i kind)
{
    return (unsigned)__builtin_ctz(~(unsigned)_mm_movemask_epi8(kind));
}

static inline unsigned lane_value_len(const char *at)
{
    __m128i bytes = lane_load(at);
    __m128i no_control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, _mm_set1_epi8(0x20)), bytes);
    __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
    return lane_len(_mm_andnot_si128(del, no_control));
}

static inline unsigned lane_name_len(const char *at)
{
    __m128i bytes = lane_load(at);
    __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    /* Letters become the lowest of the signed numbers, so that one comparison finds them. */
    __m128i place = _mm_add_epi8(lower, _mm_set1_epi8((char)(0x80 - 'a')));
    __m128i letter = _mm_cmpgt_epi8(_mm_set1_epi8((char)(0x80 + 'z' + 1 - 'a')), place);
    __m128i dash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-'));
    return lane_len(_mm_or_si128(letter, dash));
}

#else

enum { LANE_BYTES = WORD_BYTES };

static inline unsigned lane_value_len(const char *at)
{
    return word_value_len(at);
}

static inline unsigned lane_name_len(const char *at)
{
    return word_name_len(at);
}

#endif

#endif
