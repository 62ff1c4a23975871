/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Origins that answer with coded bodies: any bytes under any Content-Encoding, in
 * each framing. What a test codes through coded_text() and its kin is given back
 * when the next test makes its first.
 *
 * For the test's own thread; the handler runs on the origin's.
 */
#ifndef TESTS_INTEGRATION_CODED_REPLY_H
#define TESTS_INTEGRATION_CODED_REPLY_H

#include <gofer/gofer.h>

#include "integration/rig.h"
#include "support/coded_sample.h"

enum coded_framing { CODED_LENGTH, CODED_CHUNKS, CODED_TO_END, CODED_FRAMINGS };

struct coded_reply {
    const char *coding;      /* of Content-Encoding; NULL: no such field */
    struct coded_bytes body; /* must live as long as the origin */
    enum coded_framing framing;
    const char *status; /* NULL: "200 OK" */
    size_t piece;       /* chunks of so many bytes; 0: one chunk */
    struct gate *go;    /* passed once before the last `held` bytes of the body go out; or NULL */
    size_t held;
};

/* Frees what the last test made. Call it first. */
void coded_fresh(void);

/* gzip of a text; of a number of zeros; of other coded bytes; a body of `n` times the same bytes.
 */
struct coded_bytes coded_text(const char *text);
struct coded_bytes coded_nothing(size_t zeros);
struct coded_bytes coded_again(struct coded_bytes bytes);
struct coded_bytes coded_times(struct coded_bytes bytes, size_t n);
struct coded_bytes coded_in(enum coded_format format, const char *text);

/* An origin of the rig that answers everything so; HEAD gets the head alone. */
struct origin *coded_origin(const struct coded_reply *reply);

#endif
