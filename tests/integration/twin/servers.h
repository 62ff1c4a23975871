/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The servers that curl and gofer are held against, one set a job: an origin, the
 * same over TLS, an HTTP proxy, one that wants a user, and a SOCKS proxy. They are
 * deterministic, keep every byte that they receive, and answer by the path as
 * answers.c says.
 *
 * An HTTP proxy answers absolute targets itself, as the origin would; after a
 * CONNECT it is the origin, over TLS where the client begins one.
 */
#ifndef TESTS_TWIN_SERVERS_H
#define TESTS_TWIN_SERVERS_H

#include "integration/twin/bytes.h"

struct servers;

struct servers *servers_start(void);
void servers_stop(struct servers *servers);

/* Sets a shell's variables for them: "O=http://127.0.0.1:1" and so on, a line each. */
void servers_variables(const struct servers *servers, struct bytes *out);

/*
 * Waits until every connection has ended, and appends what the servers received,
 * connection by connection; then they forget it, and what they remember of a row.
 */
void servers_take_view(struct servers *servers, struct bytes *out);

#endif
