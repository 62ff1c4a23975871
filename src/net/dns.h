/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One c-ares channel: questions of one name and one family, and what the
 * resolv.conf says that it was made of. With dns_socket the only place that
 * knows c-ares. It asks, tries again, turns to the next server and to TCP, and
 * takes no forgery; what is asked, and in which order, is not its business.
 * The resolver's task owns channels and calls all of this; no lock.
 *
 * Invariant: a question is open from dns_ask() until it is in the list of
 * answers, and gets there exactly once, dns_free() included.
 */
#ifndef GOFER_NET_DNS_H
#define GOFER_NET_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "net/answer.h"
#include "net/resolv_conf.h"

struct dns;
struct query;
struct task;

/* A question, embedded in whatever stands behind it. */
struct dns_question {
    struct query *query;       /* the asker's own; the next three also are its to set */
    const char *host;          /* borrowed until it is answered; without a final dot */
    int family;                /* AF_INET or AF_INET6 */
    struct dns *dns;           /* whom it was asked */
    struct link link;          /* among the open questions, then in the list of answers */
    enum lookup_error failure; /* what a server said that c-ares keeps to itself */
    bool without_edns;         /* asked a second time */
    bool answered;
    struct answer answer; /* the asker frees it */
    int64_t ttl_ms;       /* of the address that is good for the shortest time */
};

/*
 * Opens a channel to the servers of *conf, which it takes over (*conf is empty
 * after). Its sockets wake `task`; its answers go to `answers`. NULL and *error
 * on failure.
 */
struct dns *dns_new(struct task *task, struct resolv_conf *conf, struct list *answers,
                    enum lookup_error *error);

/* Closes the channel and its sockets; open questions are answered LOOKUP_FAILED. NULL is legal. */
void dns_free(struct dns *dns);

/* What it was made of; lives as long as it. */
const struct resolv_conf *dns_conf(const struct dns *dns);

/* Asks: query, host and family are set, the rest is zero. The answer may be in the list on return.
 */
void dns_ask(struct dns *dns, struct dns_question *question);

/* Reads, writes and times out whatever is due. */
void dns_process(struct dns *dns);

/* Arms the watches of all sockets; false where one could not be, and dns_process() has to look.
 * After every dns_ask() and dns_process(), before the task parks. */
bool dns_watch(struct dns *dns);

/* When dns_process() is due though no socket reports; CLOCK_NEVER where nothing is asked. */
int64_t dns_due_ns(struct dns *dns, int64_t now_ns);

/* Writes who asks, as "c-ares/1.18.1", with a NUL. Any thread. */
void dns_describe(char *out, size_t size);

/* Whether every question was answered. */
bool dns_is_idle(const struct dns *dns);

#endif
