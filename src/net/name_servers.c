/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Channels, one generation behind the other.
 */
#include "net/name_servers.h"

#include <errno.h>

#include "base/clock.h"
#include "net/dns.h"
#include "net/endpoint.h"
#include "net/resolver.h"

/* How soon a socket is looked at that could not be watched. */
enum { UNWATCHED_MS = 10 };

bool name_servers_recheck(struct name_servers *s)
{
    if (s->channels[0] != NULL && dns_conf(s->channels[0])->no_reload)
        return false;
    bool changed = config_file_changed(&s->file);
    s->outdated = s->outdated || changed;
    return changed;
}

/* What the resolver's options say goes before what the file says. False for servers that are none.
 */
static bool apply_options(struct resolv_conf *conf, const struct resolver_options *o)
{
    if (o->servers != NULL && !endpoint_servers(o->servers, RESOLV_CONF_PORT, conf->servers,
                                                RESOLV_CONF_SERVERS_MAX, &conf->servers_len))
        return false;
    for (size_t i = 0; o->servers == NULL && o->port != 0 && i < conf->servers_len; i++)
        addr_set_port(&conf->servers[i], o->port);
    if (o->timeout_ms > 0)
        conf->timeout_ms = o->timeout_ms;
    if (o->tries > 0)
        conf->attempts = o->tries;
    return true;
}

static struct dns *open_channel(struct name_servers *s, enum lookup_error *error)
{
    struct resolv_conf conf;
    int err = resolv_conf_read(&conf, s->file.path);
    *error = err == ENOMEM ? LOOKUP_NOMEM : LOOKUP_FAILED;
    if (err != 0)
        return NULL;
    struct dns *dns = NULL;
    *error = LOOKUP_FAILED;
    if (apply_options(&conf, s->options))
        dns = dns_new(s->task, &conf, s->answers, error);
    resolv_conf_fini(&conf);
    return dns;
}

/* The place for a channel behind the current one; 0: none is free. */
static int free_place(const struct name_servers *s)
{
    for (int i = 1; i < NAME_SERVERS_CHANNELS; i++)
        if (s->channels[i] == NULL)
            return i;
    return 0;
}

struct dns *name_servers_channel(struct name_servers *s, enum lookup_error *error)
{
    int place = s->channels[0] != NULL ? free_place(s) : 0;
    /* With no place left the file waits until a channel has drained. */
    if (s->channels[0] != NULL && (!s->outdated || place == 0))
        return s->channels[0];
    struct dns *fresh = open_channel(s, error);
    if (fresh == NULL)
        return s->channels[0];
    if (place != 0)
        s->channels[place] = s->channels[0];
    s->channels[0] = fresh;
    s->outdated = false;
    return fresh;
}

void name_servers_process(struct name_servers *s)
{
    for (int i = 0; i < NAME_SERVERS_CHANNELS; i++)
        if (s->channels[i] != NULL)
            dns_process(s->channels[i]);
}

static void drop_drained(struct name_servers *s)
{
    for (int i = 1; i < NAME_SERVERS_CHANNELS; i++) {
        if (s->channels[i] == NULL || !dns_is_idle(s->channels[i]))
            continue;
        dns_free(s->channels[i]);
        s->channels[i] = NULL;
    }
}

int64_t name_servers_watch(struct name_servers *s, int64_t now_ns)
{
    int64_t at = CLOCK_NEVER;
    drop_drained(s);
    for (int i = 0; i < NAME_SERVERS_CHANNELS; i++) {
        if (s->channels[i] == NULL)
            continue;
        if (!dns_watch(s->channels[i]))
            at = clock_min(at, clock_after_ms(now_ns, UNWATCHED_MS));
        at = clock_min(at, dns_due_ns(s->channels[i], now_ns));
    }
    return at;
}

void name_servers_close(struct name_servers *s)
{
    for (int i = 0; i < NAME_SERVERS_CHANNELS; i++) {
        dns_free(s->channels[i]);
        s->channels[i] = NULL;
    }
}
