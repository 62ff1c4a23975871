/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Lending threads. A client has its own worker threads; a program may lend it
 * more, or run the client from its event loop and give it none
 * (gofer_client_options.workers = GOFER_NO_WORKERS). Without any worker inside,
 * a thread that waits for a call runs the turns itself.
 */
#ifndef GOFER_WORKER_H
#define GOFER_WORKER_H

#include <gofer/client.h>

GOFER_BEGIN_DECLS

/*
 * Serves the client as a worker until the client is freed. GOFER_ERR_CLOSED
 * then; GOFER_ERR_INVALID in a callback.
 */
GOFER_API gofer_status gofer_worker_run(gofer_client *client);

/*
 * Waits at most timeout_ms (0 polls, -1 for ever) for work, does what is due
 * and returns: GOFER_OK when something was done, GOFER_PENDING when the time
 * was up, GOFER_ERR_CLOSED, or GOFER_ERR_INVALID in a callback.
 */
GOFER_API gofer_status gofer_worker_run_once(gofer_client *client, int64_t timeout_ms);

/*
 * A descriptor that polls readable when gofer_worker_run_once() has something
 * to do. It belongs to the client: do not read, write or close it; forget it
 * before the client is freed. -1 for NULL.
 */
GOFER_API int gofer_client_fd(const gofer_client *client);

GOFER_END_DECLS

#endif
