/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Held calls: begun as gofer_submit() does, but never put into the queue, so
 * that no thread runs them; what a driver would do at the end, the test does
 * when and where it likes.
 */
#ifndef TESTS_UNIT_CLIENT_HELD_H
#define TESTS_UNIT_CLIENT_HELD_H

#include "client/call.h"

/* A client that dials nothing. workers: a number or GOFER_NO_WORKERS. */
gofer_client *held_client(int workers);

/* A request whose calls may be held. */
gofer_request *held_request(void);

/* Begins a call. Its future is the caller's; it must be resolved. */
gofer_future *held_submit(gofer_client *client, const gofer_request *request);

/*
 * Ends the call as its driver would: status GOFER_OK with a response; any other
 * with an error. A cancel that is pending wins. Any thread, once. The future may
 * be freed already. Returns the status.
 */
gofer_status held_resolve(struct call *call, gofer_status status);

/* Events that the call was woken with and has not looked at. */
unsigned held_events(const gofer_future *future);

#endif
