/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A request's body as a reader, for a program that passes the bytes on in its own
 * way. The reader holds a reference to the source, which has no position: one source
 * may have many readers, and calls that send it.
 */
#include "base/alloc.h"
#include "client/snapshot.h"
#include "transport/source.h"

struct passage {
    struct source *source;
    uint64_t at;
};

static ssize_t read_passage(void *arg, void *buf, size_t cap)
{
    struct passage *p = arg;
    ssize_t n = source_read(p->source, p->at, buf, cap);
    if (n > 0)
        p->at += (uint64_t)n;
    return n;
}

static int rewind_passage(void *arg)
{
    ((struct passage *)arg)->at = 0;
    return 0;
}

static void close_passage(void *arg)
{
    struct passage *p = arg;
    source_unref(p->source);
    mem_free(p);
}

gofer_status gofer_request_body_reader(const gofer_request *request, gofer_body_reader *reader)
{
    struct source *source = request != NULL ? request_snapshot(request)->source : NULL;
    struct passage *p;
    if (reader == NULL || source == NULL || source->kind == SOURCE_READER)
        return GOFER_ERR_INVALID;
    p = mem_alloc(sizeof(*p));
    if (p == NULL)
        return GOFER_ERR_NOMEM;
    source_ref(source);
    *p = (struct passage){.source = source};
    *reader = (gofer_body_reader){.read = read_passage,
                                  .rewind = rewind_passage,
                                  .close = close_passage,
                                  .arg = p,
                                  .length = source->len};
    return GOFER_OK;
}
