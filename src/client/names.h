/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a client's options say about names: whom to ask, what is known without
 * asking, where to connect instead. Made with the core, never changed, freed
 * with it.
 */
#ifndef GOFER_CLIENT_NAMES_H
#define GOFER_CLIENT_NAMES_H

#include "net/resolver.h"
#include <gofer/client.h>

struct connect_to;
struct dns_overrides;

struct names {
    struct dns_overrides *overrides; /* or NULL */
    struct connect_to *connect_to;   /* or NULL */
};

/* Checks and copies. 0, EINVAL or ENOMEM. */
int names_resolve(struct names *names, const gofer_client_options *o);

/* The resolver's options; o is resolved, its strings still the program's. */
struct resolver_options names_resolver_options(const struct names *names,
                                               const gofer_client_options *o);

void names_fini(struct names *names);

#endif
