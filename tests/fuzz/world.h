/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A world for a client to live in: descriptors, sockets and time that exist only
 * here. The programs that hold it are linked so that the library's system calls
 * land in world_calls.c (fuzz.am lists them); without a world, and for descriptors
 * that are not the world's, they go on to the system.
 *
 * There is one thread. Where it would sleep, time passes: what is due arrives, the
 * timers fire as on the timer thread, the clock jumps to what comes next. Who the
 * peers are is origin.c's.
 *
 * The input is read from both ends: the program takes its bytes from the front, the
 * world from the back, and where they meet there are only zeros: a network without
 * faults, peers that answer at once. So each input comes to an end.
 *
 * What the world itself holds the library to: no call on a descriptor that is not
 * open, none closed while an epoll set has it, no sleep that nothing would end, no
 * turning in circles while time stands still, nothing left behind.
 */
#ifndef TESTS_FUZZ_WORLD_H
#define TESTS_FUZZ_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzz/fuzz.h"

void world_begin(struct fuzz *f);

/* Ends it: nothing of it may be left. */
void world_end(void);

/* From now on the world reads zeros only, and what was on its way has arrived or never does. */
void world_calm(void);

/* A byte for the world's choices; 0 at the end. */
unsigned world_byte(void);

/* A time from a short list, in milliseconds; 0 for a byte of 0. */
int64_t world_delay_ms(unsigned byte);

int64_t world_now(void);

/* Time passes for the world and its timers while the program does something else. */
void world_pass(int64_t ms);

/* Waits until the descriptor is readable; false where that time is up. */
bool world_wait_readable(int fd, int64_t ms);

/* The program serves its client: what it runs then must not block in a socket. */
void world_serving(bool serving);

/* The next allocations succeed so many times, then one fails. 0: none does. */
void world_fail_allocation(unsigned after);

/* How many connected sockets there are. */
size_t world_connections(void);

/* --- for the peers: one end of a connection, by its number --- */

/* Bytes, an end or a reset reach the client after so many milliseconds, behind all that were sent
 * before. */
void world_send(int number, int64_t delay_ms, const char *data, size_t len);
void world_send_end(int number, int64_t delay_ms);
void world_send_reset(int number, int64_t delay_ms);

#endif
