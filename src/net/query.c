/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The way of a query through names and families.
 */
#include "net/query.h"

#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"

struct query *query_new(const struct lookup_key *key)
{
    struct query *q = mem_zalloc(sizeof(*q));
    if (q != NULL)
        q->key = *key;
    return q;
}

void query_free(struct query *q)
{
    answer_fini(&q->found);
    answer_fini(&q->questions[0].answer);
    answer_fini(&q->questions[1].answer);
    mem_free(q);
}

/* --- asking --- */

static void ask(struct query *q, struct dns *dns, int i)
{
    q->questions[i] =
        (struct dns_question){.query = q, .host = q->name, .family = i == 0 ? AF_INET : AF_INET6};
    dns_ask(dns, &q->questions[i]);
}

static bool wants(const struct query *q, int i)
{
    return lookup_kind_wants(lookup_key_kind(&q->key), i == 0 ? AF_INET : AF_INET6);
}

/* Asks for the candidate, or for what is left of it. */
static void ask_families(struct query *q, struct dns *dns)
{
    bool one_by_one = dns_conf(dns)->single_request;
    for (int i = 0; i < 2; i++) {
        if (!wants(q, i) || q->questions[i].query != NULL)
            continue;
        ask(q, dns, i);
        if (one_by_one)
            return;
    }
}

/* Goes to the next name. False where there is none. */
static bool next_candidate(struct query *q, struct dns *dns)
{
    if (!resolv_conf_name(dns_conf(dns), lookup_key_host(&q->key), q->candidate++, q->name))
        return false;
    q->questions[0] = q->questions[1] = (struct dns_question){.query = NULL};
    ask_families(q, dns);
    return true;
}

void query_begin(struct query *q, struct dns *dns)
{
    next_candidate(q, dns);
}

/* --- answers --- */

static bool is_settled(const struct query *q, int i)
{
    return !wants(q, i) || q->questions[i].answered;
}

/* Moves what a family's answer has to what was found. */
static void collect(struct query *q, struct dns_question *question)
{
    struct answer *answer = &question->answer;
    if (answer->len > 0) {
        if (q->found.len == 0 || question->ttl_ms < q->ttl_ms)
            q->ttl_ms = question->ttl_ms;
        answer_add(&q->found, answer->addrs, answer->len);
    }
    q->doubtful = q->doubtful || lookup_is_transient(answer->error);
    mem_free(answer->addrs);
    answer->addrs = NULL;
    answer->len = 0;
}

/* Of two families' errors the one that leaves more open. */
static enum lookup_error candidate_error(const struct query *q)
{
    enum lookup_error error = LOOKUP_NOT_FOUND;
    for (int i = 0; i < 2; i++)
        if (wants(q, i) && lookup_is_transient(q->questions[i].answer.error))
            error = q->questions[i].answer.error;
    return error;
}

/* The error of the name as it was given says more than that of one that was only tried. */
static void note_error(struct query *q)
{
    bool is_host = hostname_equal(q->name, lookup_key_host(&q->key));
    if (q->host_failed && !is_host)
        return;
    q->found.error = candidate_error(q);
    q->ttl_ms = INT64_MAX; /* no answer says how long a name does not exist */
    q->host_failed = is_host;
}

/* Both families of a name are known. */
static enum query_progress settle(struct query *q, struct dns *dns)
{
    if (q->found.error == LOOKUP_NOMEM)
        return QUERY_ENDED;
    if (q->found.len > 0) {
        q->found.error = LOOKUP_OK;
        return QUERY_ENDED;
    }
    note_error(q);
    return next_candidate(q, dns) ? QUERY_WAITS : QUERY_ENDED;
}

enum query_progress query_take(struct query *q, struct dns_question *question)
{
    struct dns *dns = question->dns;
    for (int i = 0; i < 2; i++) {
        if (!q->questions[i].answered)
            continue;
        /* Both came in one step: they are one answer, IPv4 first. */
        list_remove(&q->questions[i].link);
        collect(q, &q->questions[i]);
    }
    if (is_settled(q, 0) && is_settled(q, 1))
        return settle(q, dns);
    ask_families(q, dns);
    return q->found.len > q->told ? QUERY_SOME : QUERY_WAITS;
}
