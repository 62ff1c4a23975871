/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * br, by libbrotlidec (RFC 7932). Its window is at most 16 MiB, and allocated as
 * far as the stream says that it needs it.
 */
#include "http/coding.h"

#include <brotli/decode.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/alloc.h"

static void *take_memory(void *arg, size_t size)
{
    (void)arg;
    return mem_alloc(size);
}

static void give_memory(void *arg, void *p)
{
    (void)arg;
    mem_free(p);
}

static void *begin_brotli(void)
{
    return BrotliDecoderCreateInstance(take_memory, give_memory, NULL);
}

static void end_brotli(void *state)
{
    BrotliDecoderDestroyInstance(state);
}

static enum coding_next failed(const BrotliDecoderState *b, const char **why)
{
    BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(b);
    *why = BrotliDecoderErrorString(code);
    bool memory = code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
                  code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
    return memory ? CODING_NO_MEMORY : CODING_BROKEN;
}

static enum coding_next step_brotli(void *state, struct coding_io *io, const char **why)
{
    BrotliDecoderState *b = state;
    const uint8_t *in = (const uint8_t *)io->in;
    uint8_t *out = (uint8_t *)io->out;
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_SUCCESS;
    if (!BrotliDecoderIsFinished(b))
        result = BrotliDecoderDecompressStream(b, &io->in_len, &in, &io->out_len, &out, NULL);
    io->in = (const char *)in;
    io->out = (char *)out;
    if (result == BROTLI_DECODER_RESULT_ERROR)
        return failed(b, why);
    if (result != BROTLI_DECODER_RESULT_SUCCESS)
        return CODING_WITHIN;
    *why = "data behind its end";
    return io->in_len == 0 ? CODING_AT_END : CODING_BROKEN;
}

/* Eight bits for the first number, twelve for each of the others. */
static void describe_brotli(char *out, size_t size)
{
    unsigned v = BrotliDecoderVersion();
    snprintf(out, size, "brotli/%u.%u.%u", v >> 24, v >> 12 & 0xfff, v & 0xfff);
}

static const struct coding brotli = {"br", begin_brotli, step_brotli, end_brotli, describe_brotli};
const struct coding *const coding_brotli = &brotli;
