/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * libcurl's multi interface: one thread keeps N transfers in flight with
 * curl_multi_perform() and curl_multi_poll(), and puts each handle back in as
 * soon as its transfer is done.
 */
#include "bench.h"
#include "curl_peer.h"

#include <stdlib.h>

struct multi {
    CURLM *multi;
    int in_flight;
    struct curl_peer **peers;
    long to_start;
    long to_finish;
    long ok;
};

static void multi_close(void *loop)
{
    struct multi *m = loop;
    for (int i = 0; m->peers != NULL && i < m->in_flight; i++)
        curl_peer_free(m->peers[i]);
    curl_multi_cleanup(m->multi);
    free(m->peers);
    free(m);
}

static bool make_peers(struct multi *m, const struct run *run)
{
    m->peers = calloc((size_t)m->in_flight, sizeof(m->peers[0]));
    m->multi = curl_multi_init();
    if (m->peers == NULL || m->multi == NULL)
        return false;
    curl_multi_setopt(m->multi, CURLMOPT_MAXCONNECTS, (long)m->in_flight);
    for (int i = 0; i < m->in_flight; i++)
        if ((m->peers[i] = curl_peer_new(run)) == NULL)
            return false;
    return true;
}

static void *multi_open(const struct run *run)
{
    struct multi *m = calloc(1, sizeof(*m));
    if (m == NULL)
        return NULL;
    m->in_flight = run->threads;
    if (make_peers(m, run))
        return m;
    multi_close(m);
    return NULL;
}

static void start(struct multi *m, struct curl_peer *peer)
{
    m->to_start--;
    peer->received = 0;
    curl_multi_add_handle(m->multi, peer->easy);
}

/* Takes a finished transfer out, and the handle goes in again while there are requests left. */
static void finish(struct multi *m, const CURLMsg *message)
{
    CURL *easy = message->easy_handle;
    bool done = message->data.result == CURLE_OK;
    char *private = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    struct curl_peer *peer = (struct curl_peer *)(void *)private;
    m->ok += done && curl_peer_check(peer);
    m->to_finish--;
    curl_multi_remove_handle(m->multi, easy);
    if (m->to_start > 0)
        start(m, peer);
}

static long multi_get_many(void *loop, long requests)
{
    struct multi *m = loop;
    m->to_start = m->to_finish = requests;
    m->ok = 0;
    for (int i = 0; i < m->in_flight && m->to_start > 0; i++)
        start(m, m->peers[i]);
    while (m->to_finish > 0) {
        int running, left;
        long before = m->to_finish;
        curl_multi_perform(m->multi, &running);
        for (CURLMsg *message; (message = curl_multi_info_read(m->multi, &left)) != NULL;)
            finish(m, message);
        if (m->to_finish == before)
            curl_multi_poll(m->multi, NULL, 0, 1000, NULL);
    }
    return m->ok;
}

int curl_multi_main(struct run *run)
{
    static const struct loop_ops ops = {multi_open, multi_get_many, multi_close};
    if (!curl_peer_global_init(run))
        return run_fail(run, "libcurl does not start");
    int status = loop_run(run, &ops);
    curl_global_cleanup();
    return status;
}
