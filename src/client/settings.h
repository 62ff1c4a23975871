/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From the options that a program gave to those that hold: defaults filled in,
 * ranges checked, strings copied.
 */
#ifndef GOFER_CLIENT_SETTINGS_H
#define GOFER_CLIENT_SETTINGS_H

#include <gofer/client.h>

struct core;

/* Fills core->options, user_agent, defaults, local_address, interface, names, proxies and
 * tls. given may be
 * NULL. 0, EINVAL or ENOMEM. */
int settings_resolve(struct core *core, const gofer_client_options *given);

void settings_fini(struct core *core);

#endif
