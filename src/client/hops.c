/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Making and dropping it.
 */
#include "client/hops.h"

#include "base/alloc.h"
#include "client/snapshot.h"
#include "transport/history.h"

struct hops *hops_new(struct snapshot *first)
{
    struct hops *hops = mem_zalloc(sizeof(*hops));
    if (hops == NULL)
        return NULL;
    hops->history = history_new();
    if (hops->history == NULL) {
        mem_free(hops);
        return NULL;
    }
    snapshot_ref(first);
    hops->first = first;
    return hops;
}

void hops_forget_left(struct hops *hops)
{
    if (hops->left == NULL)
        return;
    snapshot_release(hops->left, hops->left_prepared);
    snapshot_unref(hops->left);
    hops->left = NULL;
    hops->left_prepared = NULL;
}

void hops_free(struct hops *hops)
{
    if (hops == NULL)
        return;
    hops_forget_left(hops);
    snapshot_unref(hops->first);
    history_free(hops->history);
    mem_free(hops);
}
