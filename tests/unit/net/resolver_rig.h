/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the resolver's tests stand on: a world of a real engine, a resolver with
 * files of its own, a scripted DNS server, and small tasks that ask. A world is
 * taken down by the usual way and must leave no descriptor behind.
 *
 * Everything is for the test's own thread; `lock` guards what the askers' steps
 * tell it.
 */
#ifndef TESTS_UNIT_NET_RESOLVER_RIG_H
#define TESTS_UNIT_NET_RESOLVER_RIG_H

#include <pthread.h>
#include <stdbool.h>

#include "engine/engine.h"
#include "net/resolver.h"
#include "support/dns_server.h"

enum { PATIENCE_S = 10, TIMEOUT_MS = PATIENCE_S * 1000, TRIES = 1, ASKERS_MAX = 700 };

/*
 * Time-outs for tests of silence, one after the other: a short one is too short
 * for answers that do come on a busy machine, so what fails is tried with more.
 */
#define HASTES(ms)                                                                                 \
    int ms = 100;                                                                                  \
    ms < TIMEOUT_MS;                                                                               \
    ms *= 5

struct asker {
    struct task task;
    struct world *world;
    struct lookup lookup; /* the test's once the asker is done */
    int wakes;            /* EV_ANSWERs */

    /* guarded by the world's lock */
    int parts;         /* answers that were not whole */
    struct addr first; /* of the last of them */
    size_t part_len;   /* its addresses */
    int done;          /* 1 once it ended */
};

struct world {
    struct engine *engine;
    struct resolver *resolver;
    struct dns_server *server;
    char folder[64];
    char resolv_conf[96];
    char hosts[96];
    int fds; /* open before it began */
    struct asker *askers[ASKERS_MAX];
    int askers_len;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int asked; /* askers whose question was posted; guarded by lock */
};

/* --- worlds --- */

/* Makes the server and the files: a resolv.conf without a search list, a hosts file without names.
 */
void world_begin(struct world *w);

/* Options for its server and its files: one try of TIMEOUT_MS. */
struct resolver_options world_options(const struct world *w);

/* Makes the engine, with workers, and the resolver. */
void world_run(struct world *w, int workers, const struct resolver_options *options);

/* All three; with a time-out of one's own. */
void setup(struct world *w);
void setup_hasty(struct world *w, int timeout_ms);

/* Replaces a file of the world. */
void world_write(const char *path, const char *text);

void world_close_resolver(struct world *w);
void teardown(struct world *w);

/* Open descriptors; those that an exec would inherit. */
int rig_open_fds(void);
int rig_inherited_fds(void);

/* --- askers; they live as long as the world --- */

/* Makes one that does not ask yet. */
struct asker *make_asker(struct world *w, const char *host);

/* Begins to ask. */
struct asker *begin(struct world *w, const char *host);
void begin_asker(struct asker *a);

/* Posts its question on this thread. */
void post(struct asker *a);

/* Makes it forget its lookup and end. */
void cancel(struct asker *a);

/* Waits until it is done; until it has seen an answer that was not whole; until n have asked. */
void await(struct asker *a);
void await_part(struct asker *a);

/* Whether it is done by now. */
bool is_done(struct asker *a);
void await_asked(struct world *w, int n);

/* begin() and await(); for a kind. */
struct asker *ask(struct world *w, const char *host);
struct asker *ask_kind(struct world *w, const char *host, enum lookup_kind kind);
enum lookup_error error_of(struct world *w, const char *host);

/* Whether the lookup's address i is text. */
bool has(const struct lookup *l, size_t i, const char *text);

/* Whether the lookup's addresses are these, in this order; NULL: none. */
bool has_two(const struct lookup *l, const char *one, const char *two);

/* Whether the host is that one address; 192.0.2.1. */
bool is_addr(struct world *w, const char *host, const char *text);
bool is_v4(struct world *w, const char *host);

/* The same, asked again and again until it is so. */
bool becomes_addr(struct world *w, const char *host, const char *text);

#endif
