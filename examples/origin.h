/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A small HTTP/1.1 server in a thread of its own, on a loopback port that the
 * kernel picks: something for the examples to talk to. It is no part of the
 * library and no server to copy: it answers exactly these.
 *
 *     /instant    at once                      "instant ID\n"
 *     /50ms       after 50 ms                  "50ms ID\n"
 *     /2s         after 2 s                    "2s ID\n"
 *     /1MiB       1,048,576 bytes              byte i is (ID + i) modulo 256
 *     /32MiB      32 times as many             likewise
 *     /never      never
 *     /echo       the request's body, with its Content-Type
 *     /count      how long the request's body was, of any length: "N bytes\n"
 *     /busy       503, but for each third request of all: "busy ID\n"
 *     /login      302 to /whoami, and the cookie "session=ID"
 *     /whoami     that cookie's value          "session ID\n", or "nobody\n"
 *     /upgrade    101, with "Upgrade: echo"; then sends back whatever comes
 *
 * ID is the number after "?id=", 0 without one; every answer but the 101 repeats
 * it in an X-Id header, so that a caller can tell that the answer is its own. Any
 * other path is 404.
 *
 * All functions belong to the thread that started the origin, except
 * origin_requests().
 */
#ifndef GOFER_EXAMPLES_ORIGIN_H
#define GOFER_EXAMPLES_ORIGIN_H

#include <stddef.h>

#define ORIGIN_MIB ((size_t)1048576)

struct origin;

/* Starts the server. NULL with errno set when the system refuses something. */
struct origin *origin_start(void);

/* "http://127.0.0.1:PORT". Lives as long as the origin. */
const char *origin_url(const struct origin *origin);

/*
 * For an example's main(): its first argument, or without one the URL of `path`
 * at an origin started for it. *origin is to be stopped in the end; NULL with
 * an argument. Returns NULL, errno set, when no origin could be started.
 */
const char *origin_or_argument(struct origin **origin, int argc, char **argv, const char *path);

/* How many requests have arrived in full so far. Any thread. */
size_t origin_requests(struct origin *origin);

/* Closes every connection, joins the thread and frees. NULL is legal. */
void origin_stop(struct origin *origin);

#endif
