/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An origin that sends its callers on, and writes down who came: for each request
 * a line `METHOD target "body"`, and its head.
 *
 * A target with "code=N" is answered with status N and a Location with the next
 * code of "next=A,B,..." in place of it, "/" where there is none left; anything
 * else with 200 and "hello". Rules come before that: the body of a rule is its
 * whole answer.
 *
 * Any number of connections; what was written down may be read at any time.
 */
#ifndef TESTS_INTEGRATION_TRAIL_H
#define TESTS_INTEGRATION_TRAIL_H

#include <pthread.h>

#include "integration/rig.h"

enum { TRAIL_MANY = 40, TRAIL_HEAD_BYTES = 2048, TRAIL_REPLY_BYTES = 1024, TRAIL_RULES = 12 };

struct trail {
    struct origin *origin;
    pthread_mutex_t lock; /* guards what is below */
    struct {
        char target[128];
        char reply[TRAIL_REPLY_BYTES];
    } rules[TRAIL_RULES];
    unsigned rules_len;
    char lines[8192];
    char heads[TRAIL_MANY][TRAIL_HEAD_BYTES];
    unsigned len;
};

/* A trail for this test, of the rig. */
struct trail *trail_begin(void);

/* The same over TLS, or plain, whatever the driver. */
struct trail *trail_begin_tls(void);
struct trail *trail_begin_plain(void);

/* From now on a target is answered so; a redirect to there, with no body, or a small one. */
void trail_answer(struct trail *trail, const char *target, const char *reply);
void trail_redirect(struct trail *trail, const char *target, int status, const char *location);

/* The URL of a target. Valid until the test is over. */
const char *trail_url(const struct trail *trail, const char *target);

/* A request to there, of the rig; a GET by the driver. */
gofer_request *trail_request(const char *method, const struct trail *trail, const char *target);
struct outcome trail_get(gofer_client *client, const struct trail *trail, const char *target);

/* All lines so far, "" before the first; how many; the head of number n, from 1, "" where there was
 * none. Valid until the test is over. */
const char *trail_lines(struct trail *trail);
unsigned trail_len(struct trail *trail);
const char *trail_head(struct trail *trail, unsigned n);

/* The head has no field of that name. */
#define EXPECT_WITHOUT(head, name) EXPECT_LACKS((head), "\r\n" name ": ")

#endif
