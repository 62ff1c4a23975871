/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Bodies of any size in constant memory: --bytes bytes in each of gofer's ways
 * (transfer.h), and the most of gofer's heap that was in use meanwhile, above
 * what it was before. Fails where that is more than FLAT_MAX_BYTES, whatever the
 * size of the body.
 */
#include "bench.h"
#include "bulk_origin.h"
#include "transfer.h"

#include <stdio.h>
#include <string.h>

#include <gofer/gofer.h>

/* The largest piece that is in the library's hands at once is 64 KiB. */
enum { FLAT_MAX_BYTES = 128 * 1024, WARM_UP_BYTES = 1024 * 1024 };

/* What went wrong, or NULL. */
static const char *move(struct run *run, struct bulk *bulk, const struct transfer *t)
{
    if (!transfer_move(bulk, t, WARM_UP_BYTES))
        return "a transfer failed";
    heap_reset_peak();
    long before = heap_bytes();
    if (!transfer_move(bulk, t, run->bytes))
        return "a transfer failed";
    long peak = heap_peak() - before;
    printf("mode=%s transfer=%s bytes=%llu peak_bytes=%ld limit_bytes=%d\n", run->mode, t->name,
           (unsigned long long)run->bytes, peak, FLAT_MAX_BYTES);
    return peak <= FLAT_MAX_BYTES ? NULL : "the heap grew";
}

static const char *move_each(struct run *run, struct bulk *bulk)
{
    const char *failure = NULL;
    for (int i = 0; i < transfers_len && failure == NULL; i++) {
        const struct transfer *t = &transfers[i];
        if (t->by == BY_GOFER && transfer_is_possible(bulk, t) &&
            (run->only == NULL || strcmp(run->only, t->name) == 0))
            failure = move(run, bulk, t);
    }
    return failure;
}

int gofer_flat_main(struct run *run)
{
    struct forked origin;
    struct bulk bulk;
    if (run->bytes == 0)
        run->bytes = 4096ull * 1024 * 1024;
    if (run->bytes < WARM_UP_BYTES)
        return run_fail(run, "fewer bytes than the warm-up has");
    gofer_set_allocator(heap_malloc, heap_realloc, heap_free);
    if (!bulk_origin_start(&origin))
        return run_fail(run, "no origin");
    const char *failure = "setting up";
    if (bulk_open(&bulk, origin.port, 0, NULL, run->bytes))
        failure = move_each(run, &bulk);
    bulk_close(&bulk);
    forked_stop(&origin);
    return failure != NULL ? run_fail(run, failure) : 0;
}
