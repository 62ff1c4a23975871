/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Where --interface says that connections come from: a network interface, an
 * address, or a host's first address.
 */
#ifndef GOFER_CLI_SOURCE_ADDRESS_H
#define GOFER_CLI_SOURCE_ADDRESS_H

#include <stdbool.h>

#include <gofer/address.h>

enum { SOURCE_BYTES = 256 };

/* For gofer_client_options of the same names; "" : none. */
struct source_address {
    char interface[SOURCE_BYTES];
    char local_address[SOURCE_BYTES];
};

/*
 * Understands "name", "if!name", "host!name" and "ifhost!interface!name", as curl
 * does: a plain name is an interface's where there is one, else a host's, which is
 * looked up now, in that family. False where the host has no address.
 */
bool source_address_find(const char *said, gofer_address_family family,
                         struct source_address *source);

#endif
