/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Where a scene plays. A scene uses a piece of the public API and tells the stage
 * what came of it; the stage knows which faults are about, and so whether that may
 * be. Without a fault everything has to succeed. With one, a step succeeds or says
 * so in the one way that is documented; what it did succeed in is right all the
 * same. After the scene the stage makes a GET with the scene's client, without
 * faults, ends it, and looks for what was left.
 *
 * A scene goes on after a step that failed, with the NULL or the sticky error that
 * the step left: that has to be safe as well.
 */
#ifndef TESTS_FAULTS_STAGE_H
#define TESTS_FAULTS_STAGE_H

#include <gofer/gofer.h>
#include <stdbool.h>

#include "faults/servers.h"

enum way { PLAIN = 1, TLS = 2, WAYS = 2 };

struct stage {
    const struct servers *servers;
    gofer_client *client; /* the scene's; the stage ends it */
    enum way way;         /* what stage_url() speaks */
    unsigned failures;    /* so far, in this run */
    bool lacks;           /* something could not be made: what is given its NULL may say so */
    unsigned named;       /* URLs in use */
    char urls[16][128];
    const char *directory; /* for files; gone when the program ends */
};

struct scene {
    const char *name;
    unsigned ways;
    bool is_fixed; /* of the fixed set that CI plays with all faults */
    void (*play)(struct stage *stage);
};

extern const struct scene scenes[];
extern const unsigned scenes_len;

/* The scene's client, of these options: with one worker where they say none, and with the trust
 * that its URLs need. NULL where it could not be made. */
gofer_client *stage_client(struct stage *stage, const gofer_client_options *options);

/* Ends the scene's client now. */
void stage_end_client(struct stage *stage);

/* The URL of a path of the origin; one that is looked up in the DNS. Lives as long as the scene. */
const char *stage_url(struct stage *stage, const char *path);
const char *stage_named_url(struct stage *stage, const char *path);

/* A path in the stage's directory. Lives as long. */
const char *stage_path(struct stage *stage, const char *name);

/* Writes a file there and returns its path. */
const char *stage_file(struct stage *stage, const char *name, const char *text);

/* A request to a path; NULL is told. */
gofer_request *stage_request(struct stage *stage, const char *method, const char *path);

/* Whether a step succeeded; where it did not, that must be allowed. */
bool stage_ok(struct stage *stage, gofer_status status);
#define STEP(stage, call) stage_ok(stage, call)

/* An outcome, which is freed: the response to be had, or an error in full. body NULL: any. */
void stage_answer(struct stage *stage, gofer_status status, gofer_response *response,
                  const char *body);

/* The same where the call fails by itself, so. */
void stage_error(struct stage *stage, gofer_status status, gofer_response *response,
                 gofer_status expected);

/* What must be true whatever fails; what must be true where nothing does. */
#define MUST(stage, condition) stage_must(stage, condition, #condition, __FILE__, __LINE__)
#define HOLDS(stage, condition) stage_holds(stage, condition, #condition, __FILE__, __LINE__)
bool stage_must(struct stage *stage, bool holds, const char *text, const char *file, int line);
bool stage_holds(struct stage *stage, bool holds, const char *text, const char *file, int line);

/* Waits for a future, which may be NULL, tells what came of it and frees it. */
void stage_future(struct stage *stage, gofer_future *future, const char *body);

#endif
