/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * zstd, by libzstd (RFC 8878): frames one behind the other, each with a window of
 * at most 8 MiB, which is all that a sender may count on (RFC 9659). libzstd takes
 * its memory from malloc: that it could be told otherwise is no part of its stable
 * interface.
 */
#include "http/coding.h"

#include <stdbool.h>
#include <stdio.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/alloc.h"

enum { WINDOW_LOG_MAX = 23 };

struct unzstd {
    ZSTD_DCtx *ctx;
    bool full;  /* there may be more output without more input */
    bool over;  /* a frame ended; nothing of another was seen */
    bool later; /* one had ended before */
};

static void end_zstd(void *state)
{
    struct unzstd *u = state;
    ZSTD_freeDCtx(u->ctx);
    mem_free(u);
}

static void *begin_zstd(void)
{
    struct unzstd *u = mem_zalloc(sizeof(*u));
    if (u == NULL)
        return NULL;
    u->ctx = ZSTD_createDCtx();
    if (u->ctx != NULL &&
        !ZSTD_isError(ZSTD_DCtx_setParameter(u->ctx, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
        return u;
    end_zstd(u);
    return NULL;
}

static enum coding_next failed(const struct unzstd *u, size_t result, const char **why)
{
    ZSTD_ErrorCode code = ZSTD_getErrorCode(result);
    if (code == ZSTD_error_memory_allocation)
        return CODING_NO_MEMORY;
    *why = u->later && code == ZSTD_error_prefix_unknown ? "data behind its end"
                                                         : ZSTD_getErrorName(result);
    return CODING_BROKEN;
}

/* libzstd takes a call that moves nothing for a mistake of its caller's, after some. */
static bool can_move(const struct unzstd *u, const struct coding_io *io)
{
    return io->out_len > 0 && (io->in_len > 0 || u->full);
}

static enum coding_next step_zstd(void *state, struct coding_io *io, const char **why)
{
    struct unzstd *u = state;
    while (can_move(u, io)) {
        ZSTD_inBuffer in = {io->in, io->in_len, 0};
        ZSTD_outBuffer out = {io->out, io->out_len, 0};
        size_t result = ZSTD_decompressStream(u->ctx, &out, &in);
        if (ZSTD_isError(result))
            return failed(u, result, why);
        io->in += in.pos;
        io->in_len -= in.pos;
        io->out += out.pos;
        io->out_len -= out.pos;
        u->over = result == 0;
        u->later = u->later || u->over;
        u->full = io->out_len == 0 && !u->over;
    }
    return u->over ? CODING_AT_END : CODING_WITHIN;
}

static void describe_zstd(char *out, size_t size)
{
    snprintf(out, size, "zstd/%s", ZSTD_versionString());
}

static const struct coding zstd = {"zstd", begin_zstd, step_zstd, end_zstd, describe_zstd};
const struct coding *const coding_zstd = &zstd;
