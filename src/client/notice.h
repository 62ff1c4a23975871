/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A notice: a callback of the user's that is called once, later, on a thread that
 * serves the engine, as a task of its own. While it is on its way the client does
 * not end, and the call that it is about lives.
 */
#ifndef GOFER_CLIENT_NOTICE_H
#define GOFER_CLIENT_NOTICE_H

struct call;
struct engine;
struct notice;

/* NULL without memory. */
struct notice *notice_new(struct engine *engine, void (*fn)(void *arg), void *arg);

/* Frees one that is not on its way. NULL is legal. */
void notice_free(struct notice *notice);

/* Sends it off, about a call that is not finished yet; it frees itself. Under
 * the call's lock or none. */
void notice_send(struct notice *notice, struct call *call);

/* Calls it here and now, and frees it. Without locks. */
void notice_run(struct notice *notice);

#endif
