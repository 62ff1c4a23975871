/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Whom to ask now: the channel made of resolv.conf as it is, and those of what
 * it was. A changed file makes a new channel at the next question; the old one
 * is asked nothing more and goes with its last answer (design 7.11).
 *
 *   channels[0]   is asked; made at the first question
 *   the others    drain
 *
 * The resolver's task owns it; no lock.
 */
#ifndef GOFER_NET_NAME_SERVERS_H
#define GOFER_NET_NAME_SERVERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "net/answer.h"
#include "net/config_file.h"

struct dns;
struct resolver_options;
struct task;

enum { NAME_SERVERS_CHANNELS = 4 };

struct name_servers {
    /* set before use, borrowed */
    struct task *task;
    const struct resolver_options *options;
    struct list *answers;
    struct config_file file; /* resolv.conf; its path is set */

    bool outdated; /* the file changed after channels[0] was made */
    struct dns *channels[NAME_SERVERS_CHANNELS];
};

/* Looks at the file. True where it changed. */
bool name_servers_recheck(struct name_servers *s);

/* The channel to ask; NULL and *error where none can be had. */
struct dns *name_servers_channel(struct name_servers *s, enum lookup_error *error);

/* Lets all channels work. */
void name_servers_process(struct name_servers *s);

/* Closes the channels that have drained, and watches the others; returns when
 * name_servers_process() is due though no socket reports. */
int64_t name_servers_watch(struct name_servers *s, int64_t now_ns);

/* Closes all channels; questions in flight are answered LOOKUP_FAILED. */
void name_servers_close(struct name_servers *s);

#endif
