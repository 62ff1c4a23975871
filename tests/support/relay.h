/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a test's proxy does behind the handshake: a connection to a loopback port,
 * and bytes carried between it and a peer (origin.h). Runs on the peer's thread.
 */
#ifndef TESTS_SUPPORT_RELAY_H
#define TESTS_SUPPORT_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/origin.h"

/* Connects to 127.0.0.1. The descriptor, or -1. */
int relay_connect(uint16_t port);

/* Sends all of it. False where the connection broke. */
bool relay_send(int fd, const void *data, size_t len);

/* Carries bytes both ways until the peer's end closes; the far end's FIN is passed on. */
void relay_run(struct peer *peer, int fd);

/*
 * Carries one HTTP response from fd to the peer, interim ones before it too; it
 * ends by its Content-Length, else with the connection. head_request: it has no
 * body. Whether the peer's connection can live on.
 */
bool relay_response(struct peer *peer, int fd, bool head_request);

#endif
