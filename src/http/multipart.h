/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * multipart/form-data (RFC 7578): what stands between the parts of a body. Names
 * and file names are escaped as the HTML standard's encoding algorithm says: a
 * quote is %22, CR and LF are %0D and %0A, and in a name every line end is both.
 * Nothing else is, so that what is not ASCII stays as it is. The older way, a
 * quoted-string (RFC 2183), has a backslash before quotes and backslashes; line
 * ends are escaped in any case: they would end the field.
 */
#ifndef GOFER_HTTP_MULTIPART_H
#define GOFER_HTTP_MULTIPART_H

#include "base/buf.h"

/* Random bytes of a boundary; its text with a NUL. */
enum { MULTIPART_RANDOM_BYTES = 16, MULTIPART_BOUNDARY_BYTES = 48 };

/* Writes the boundary that random bytes make; of characters that need no quotes in Content-Type. */
void multipart_boundary(const unsigned char *random, char *boundary);

/* What is said of a part. filename and content_type may be NULL. */
struct multipart_part {
    const char *name;
    const char *filename;
    const char *content_type;
    bool backslashes; /* the older way */
};

/* Appends what stands before a part: delimiter, fields, empty line. `first`: no part was before. */
void multipart_begin_part(struct buf *out, const char *boundary, bool first,
                          const struct multipart_part *part);

/* Appends what closes the body. */
void multipart_end(struct buf *out, const char *boundary, bool empty);

#endif
