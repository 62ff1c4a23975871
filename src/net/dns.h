/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One c-ares channel and its sockets: the resolver's lower half, and the only
 * file that calls c-ares. The resolver's task owns channels and calls all of
 * this; no lock.
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
#include "net/resolver.h"

struct dns;

/* A question, embedded in whatever stands behind it. */
struct dns_question {
    struct link link; /* among the open questions, then in the list of answers; else the owner's */
    struct dns *dns;  /* whom it was asked */
    const char *host; /* borrowed until it is answered */
    enum lookup_error failure; /* what a server said that c-ares keeps to itself */
    enum lookup_error error;
    struct addr *addrs; /* once answered; the question's owner frees them */
    size_t addrs_len;
};

/*
 * Opens a channel, which reads the system's configuration. Its sockets wake
 * `task`; its answers go to `answers`. NULL and *error on failure.
 */
struct dns *dns_new(struct task *task, const struct resolver_options *options, struct list *answers,
                    enum lookup_error *error);

/* Closes the channel and its sockets; open questions are answered LOOKUP_FAILED. NULL is legal. */
void dns_free(struct dns *dns);

/* Asks for both families. The answer may be in the list on return: /etc/hosts. The host, and the
 * question's place, must last until then. */
void dns_ask(struct dns *dns, const char *host, struct dns_question *question);

/* Reads, writes and times out whatever is due. */
void dns_process(struct dns *dns);

/* Arms the watches of all sockets. After every dns_ask() and dns_process(), before the task parks.
 */
void dns_watch(struct dns *dns);

/* When dns_process() is due though no socket reports; CLOCK_NEVER where nothing is asked. */
int64_t dns_due_ns(struct dns *dns, int64_t now_ns);

/* Whether every question was answered. */
bool dns_is_idle(const struct dns *dns);

#endif
