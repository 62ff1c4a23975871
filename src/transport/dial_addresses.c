/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Whom a dial connects to, and from the resolver's answers to addresses in the
 * race. What returns false has set the fault.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "base/clock.h"
#include "http/proxy.h"
#include "transport/dial.h"
#include "transport/pool.h"
#include "transport/trace.h"

static struct destination place_of(const struct proxy *proxy)
{
    return (struct destination){proxy->host, proxy->zone, proxy->port};
}

void dial_set_way(struct dial *dial)
{
    const struct key *key = dial->key;
    const struct proxy *const way[] = {key->before, key->proxy};
    struct destination host = {key->host, key->zone, key->port};
    if (key->proxy == NULL || key->tunnel)
        connect_to_apply(pool_options_of(dial->pool)->connect_to, &host);
    for (unsigned i = 0; i < DIAL_HOPS_MAX; i++)
        if (way[i] != NULL)
            dial->hops[dial->hops_len++].proxy = way[i];
    for (unsigned i = 0; i < dial->hops_len; i++)
        dial->hops[i].next = i + 1 < dial->hops_len ? place_of(dial->hops[i + 1].proxy) : host;
    dial->to = dial->hops_len > 0 ? place_of(dial->hops[0].proxy) : host;
}

/* --- into the race --- */

/* The lookup is over. */
static void looked_up(struct dial *d)
{
    d->looking = d->finding = false;
    if (d->trace != NULL)
        trace_dns_done(d->trace, &d->lookup, &d->fault);
}

static bool fail_lookup(struct dial *d, enum lookup_error error)
{
    gofer_status code = error == LOOKUP_NOMEM ? GOFER_ERR_NOMEM : GOFER_ERR_RESOLVE;
    bool unfit = error == LOOKUP_NOT_FOUND && d->lookup.kind != LOOKUP_ANY;
    fault_set(&d->fault, code, GOFER_PHASE_RESOLVE, 0, "lookup of %.45s: %s%s", d->lookup.host,
              lookup_strerror(error), unfit ? ", or of another family" : "");
    return false;
}

static bool add(struct dial *d, struct addr *addrs, size_t len, bool more)
{
    int64_t now = clock_now_ns();
    if (d->times.found_ns == 0 && len > 0)
        d->times.found_ns = dial_phase(d) == GOFER_PHASE_RESOLVE ? now : d->times.began_ns;
    for (size_t i = 0; i < len; i++)
        addr_set_port(&addrs[i], d->to.port);
    if (racer_add(&d->racer, addrs, len, more, now))
        return true;
    fault_set(&d->fault, GOFER_ERR_NOMEM, GOFER_PHASE_CONNECT, ENOMEM, NULL);
    return false;
}

/* Whether the host is an address, which is added then. */
static bool add_literal(struct dial *d, bool *ok)
{
    struct addr addrs[2];
    if (!addr_parse(d->to.host, d->to.zone, 0, &addrs[0]))
        return false;
    /* "::" is this machine, where a server may listen on IPv4 only (L11). */
    bool any = addrs[0].sa.sa_family == AF_INET6 &&
               IN6_IS_ADDR_UNSPECIFIED(&addrs[0].in6.sin6_addr) &&
               addr_parse("::1", NULL, 0, &addrs[0]) && addr_parse("127.0.0.1", NULL, 0, &addrs[1]);
    *ok = add(d, addrs, any ? 2 : 1, false);
    return true;
}

static enum lookup_kind kind_of(sa_family_t family)
{
    return family == AF_INET ? LOOKUP_IPV4 : family == AF_INET6 ? LOOKUP_IPV6 : LOOKUP_ANY;
}

static void ask(struct dial *d, const struct destination *whom, enum lookup_kind kind)
{
    dial_set_phase(d, GOFER_PHASE_RESOLVE);
    if (d->trace != NULL)
        trace_dns_start(d->trace, whom->host);
    d->lookup =
        (struct lookup){.task = &d->task, .host = whom->host, .port = whom->port, .kind = kind};
    resolver_ask(pool_resolver(d->pool), &d->lookup);
}

static bool find_host(struct dial *d)
{
    bool ok;
    if (add_literal(d, &ok))
        return ok;
    d->looking = true;
    ask(d, &d->to, kind_of(pool_options_of(d->pool)->race.family));
    return true;
}

/* --- what SOCKS4 proxies are told --- */

/* It is addresses only, which gofer finds, and the program's filter is asked about. The first that
 * this allows is where the tunnel is to lead. */
static bool choose_next(struct dial *d, const struct addr *addrs, size_t len)
{
    const struct racer_options *race = &pool_options_of(d->pool)->race;
    struct hop *hop = &d->hops[d->hop];
    struct addr to;
    size_t i = 0;
    do {
        to = addrs[i];
        addr_set_port(&to, hop->next.port);
    } while (!racer_allows(race, hop->next.host, &to) && ++i < len);
    inet_ntop(AF_INET, &to.in.sin_addr, hop->address, sizeof(hop->address));
    hop->next.host = hop->address;
    if (i < len)
        return true;
    fault_set(&d->fault, GOFER_ERR_CONNECT, GOFER_PHASE_CONNECT, EACCES,
              "connect to %s denied by the address filter", hop->address);
    d->fault.reason = GOFER_REASON_DENIED;
    return false;
}

/* Goes on from the hop: looks up what the next SOCKS4 proxy is to be told, and, once there is none
 * left, whom to connect to. An address that is no IPv4 one, the handshake refuses. */
static bool find_from(struct dial *d, unsigned hop)
{
    for (d->hop = hop; d->hop < d->hops_len; d->hop++) {
        const struct hop *h = &d->hops[d->hop];
        struct addr literal;
        d->is_hosts_fault = d->hop + 1 == d->hops_len;
        if (!proxy_wants_address(h->proxy))
            continue;
        if (!addr_parse(h->next.host, h->next.zone, 0, &literal)) {
            d->finding = true;
            ask(d, &h->next, LOOKUP_IPV4);
            return true;
        }
        if (literal.sa.sa_family == AF_INET && !choose_next(d, &literal, 1))
            return false;
    }
    d->hop = 0;
    d->is_hosts_fault = false;
    return find_host(d);
}

static bool take_next(struct dial *d)
{
    if (!resolver_answered(pool_resolver(d->pool), &d->lookup))
        return true;
    if (d->lookup.error != LOOKUP_OK)
        return fail_lookup(d, d->lookup.error);
    looked_up(d);
    if (!choose_next(d, d->lookup.addrs, d->lookup.addrs_len))
        return false;
    resolver_forget(pool_resolver(d->pool), &d->lookup);
    return find_from(d, d->hop + 1);
}

/* --- both --- */

/* Gives the race what the lookup found since it was asked last: all at once, or the one family's
 * addresses and then the other's. */
static bool take_host(struct dial *d)
{
    bool whole = resolver_answered(pool_resolver(d->pool), &d->lookup);
    if (d->lookup.error != LOOKUP_OK)
        return fail_lookup(d, d->lookup.error);
    if (whole)
        looked_up(d);
    size_t known = d->known;
    d->known = d->lookup.addrs_len;
    if (d->looking && d->known == known)
        return true;
    return add(d, d->lookup.addrs + known, d->known - known, d->looking);
}

bool dial_find_addresses(struct dial *dial)
{
    return find_from(dial, 0);
}

bool dial_take_addresses(struct dial *dial)
{
    if (dial->finding && !take_next(dial))
        return false;
    if (dial->finding || !dial->looking)
        return true;
    return take_host(dial);
}
