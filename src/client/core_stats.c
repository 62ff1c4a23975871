/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A client's numbers for the program: the calls' are the core's, the connections' the
 * pool's, all in all or by origin. The two are read one after the other, so a call that
 * ends meanwhile may be counted in one of them alone.
 */
#include "client/core.h"

#include <string.h>

#include "base/alloc.h"
#include "transport/pool.h"

void core_read_stats(struct core *core, gofer_stats *stats)
{
    struct pool_stats pool;
    pool_read_stats(core->pool, &pool);
    lock_take(&core->lock);
    *stats = (gofer_stats){
        .conns_opened = pool.opened,
        .conns_reused = pool.reused,
        .conns_idle = pool.idle,
        .conns_dialing = pool.dialing,
        .conns_late_bound = pool.late_bound,
        .conns_stale = pool.closed[CLOSE_STALE] + pool.closed[CLOSE_TALKING],
        .calls_active = core_unfinished(core),
        .calls_done = core->done,
        .calls_failed = core->failed,
        .calls_retried = pool.retried,
        .conns_in_use = pool.in_use,
        .calls_waiting = pool.waiting,
        .closed_spent = pool.closed[CLOSE_SPENT],
        .closed_talking = pool.closed[CLOSE_TALKING],
        .closed_stale = pool.closed[CLOSE_STALE],
        .closed_expired = pool.closed[CLOSE_EXPIRED],
        .closed_old = pool.closed[CLOSE_OLD],
        .closed_limit = pool.closed[CLOSE_LIMIT],
        .closed_asked = pool.closed[CLOSE_ASKED],
        .origin_bans = pool.bans,
        .retries = core->retries,
        .retries_denied = core->retries_denied,
    };
    lock_drop(&core->lock);
}

static gofer_origin_stats public_stats(const struct pool_key_stats *key)
{
    const struct pool_stats *s = &key->stats;
    gofer_origin_stats out = {
        .conns_opened = s->opened,
        .conns_reused = s->reused,
        .conns_idle = s->idle,
        .conns_in_use = s->in_use,
        .conns_dialing = s->dialing,
        .conns_late_bound = s->late_bound,
        .calls_waiting = s->waiting,
        .calls_retried = s->retried,
        .closed_spent = s->closed[CLOSE_SPENT],
        .closed_talking = s->closed[CLOSE_TALKING],
        .closed_stale = s->closed[CLOSE_STALE],
        .closed_expired = s->closed[CLOSE_EXPIRED],
        .closed_old = s->closed[CLOSE_OLD],
        .closed_limit = s->closed[CLOSE_LIMIT],
        .closed_asked = s->closed[CLOSE_ASKED],
        .bans = s->bans,
        .banned = s->banned,
    };
    memcpy(out.origin, key->key, sizeof(out.origin));
    return out;
}

size_t core_read_origins(struct core *core, gofer_origin_stats *origins, size_t max, size_t size)
{
    /* No more room than there are origins, whatever the caller has; more may come meanwhile. */
    size_t n = pool_read_key_stats(core->pool, NULL, 0);
    if (max == 0 || n == 0)
        return n;
    size_t room = n < max ? n : max;
    struct pool_key_stats *keys = mem_zalloc_array(room, sizeof(*keys));
    if (keys == NULL)
        return 0;
    n = pool_read_key_stats(core->pool, keys, room);
    size_t written = n < room ? n : room;
    for (size_t i = 0; i < written; i++) {
        gofer_origin_stats known = public_stats(&keys[i]);
        char *to = (char *)origins + i * size;
        memset(to, 0, size);
        memcpy(to, &known, size < sizeof(known) ? size : sizeof(known));
    }
    mem_free(keys);
    return room == max ? n : written;
}
