/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A query: what is done once for everybody who looks up the same name. It goes
 * through the names of the search list in turn, asks for both families of each
 * at once (RFC 8305, 3), and ends with the first name that has an address.
 *
 * Lax, as Go's resolver is by default (L17): what one family or one name of the
 * list lacks, because a server failed, does not fail the rest.
 *
 * It belongs to the resolver's task; only `lookups` is guarded by the resolver's
 * lock.
 */
#ifndef GOFER_NET_QUERY_H
#define GOFER_NET_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "net/dns.h"
#include "net/lookup_key.h"

struct query {
    struct lookup_key key;
    UT_hash_handle hh;   /* among the resolver's queries */
    struct link waiting; /* among those that are not begun */
    struct list lookups; /* who waits for it */

    struct answer found; /* so far; its error is that of the whole only once it ended */
    size_t told;         /* how many of the addresses found those who wait know */
    int64_t ttl_ms;      /* how long what was found is good; 0: not to be kept */
    bool doubtful;       /* something failed for the moment: with more luck more may be found */

    struct dns_question questions[2]; /* IPv4 and IPv6 */
    size_t candidate;                 /* which name of the search list */
    char name[HOSTNAME_MAX + 1];      /* that name */
    bool host_failed;                 /* found.error is that of the name as it was given */
};

enum query_progress {
    QUERY_WAITS, /* nothing to tell yet */
    QUERY_SOME,  /* addresses came, more may */
    QUERY_ENDED
};

/* Makes a query of a key, in no map and not begun. NULL without memory. */
struct query *query_new(const struct lookup_key *key);

/* Frees one of which no question is open. */
void query_free(struct query *q);

/* Begins to ask. Answers come to query_take(). */
void query_begin(struct query *q, struct dns *dns);

/* Takes one of its questions that came out of the list of answers. */
enum query_progress query_take(struct query *q, struct dns_question *question);

#endif
