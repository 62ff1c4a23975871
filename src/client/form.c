/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Forms in parts. Making a body of one puts what is small into one block of
 * memory, from delimiter to delimiter, and leaves files and large data where they
 * are: sources of their own, shared by all bodies.
 */
#include <gofer/form.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fault.h"
#include "base/file.h"
#include "client/snapshot.h"
#include "http/header.h"
#include "http/multipart.h"

/* Data up to this size is copied into the block around it. */
enum { INLINE_MAX_BYTES = 8 * 1024 };

/* So that the length of its body is a number, whatever stands between the parts. */
#define FORM_MAX_BYTES (INT64_MAX / 2)

struct part {
    char *name;
    char *filename;     /* or NULL */
    char *content_type; /* or NULL */
    struct source *source;
};

struct gofer_form {
    gofer_status status; /* the first thing that is wrong with it, and */
    int err;             /* errno where that is a file's, and */
    const char *why;     /* static */
    int64_t bytes;       /* of all parts */
    bool backslashes;    /* how names are escaped */
    struct part *parts;
    size_t len;
    size_t cap;
};

/* --- parts --- */

gofer_form *gofer_form_new(void)
{
    return mem_zalloc(sizeof(gofer_form));
}

static void part_fini(struct part *p)
{
    mem_free(p->name);
    mem_free(p->filename);
    mem_free(p->content_type);
    source_unref(p->source);
}

void gofer_form_free(gofer_form *form)
{
    if (form == NULL)
        return;
    for (size_t i = 0; i < form->len; i++)
        part_fini(&form->parts[i]);
    mem_free(form->parts);
    mem_free(form);
}

static gofer_status blame(gofer_form *form, gofer_status status, int err, const char *why)
{
    if (form->status == GOFER_OK) {
        form->status = status;
        form->err = err;
        form->why = why;
    }
    return status;
}

static bool make_room(gofer_form *form)
{
    if (form->len < form->cap)
        return true;
    size_t cap = form->cap > 0 ? 2 * form->cap : 8;
    struct part *parts = mem_realloc(form->parts, cap * sizeof(*parts));
    if (parts == NULL)
        return false;
    form->parts = parts;
    form->cap = cap;
    return true;
}

/* A copy of a string that may be NULL; false without memory. */
static bool copy_string(char **to, const char *from)
{
    *to = from != NULL ? mem_strdup(from) : NULL;
    return from == NULL || *to != NULL;
}

/* Takes the source over, which may be NULL: without memory. */
static gofer_status add_part(gofer_form *form, const char *name, struct source *source,
                             const char *filename, const char *content_type)
{
    struct part p = {.source = source};
    if (source != NULL && source->len > FORM_MAX_BYTES - form->bytes) {
        source_unref(source);
        return blame(form, GOFER_ERR_INVALID, 0, "the form is too large");
    }
    bool ok = source != NULL && copy_string(&p.name, name) && copy_string(&p.filename, filename) &&
              copy_string(&p.content_type, content_type) && make_room(form);
    if (ok) {
        form->parts[form->len++] = p;
        form->bytes += source->len;
        return GOFER_OK;
    }
    part_fini(&p);
    return blame(form, GOFER_ERR_NOMEM, 0, NULL);
}

static bool is_type(const char *content_type)
{
    return content_type == NULL || header_is_value(content_type, strlen(content_type));
}

gofer_status gofer_form_add_data(gofer_form *form, const char *name, const void *data, size_t len,
                                 const char *filename, const char *content_type)
{
    if (form == NULL)
        return GOFER_ERR_INVALID;
    if (name == NULL || (data == NULL && len > 0))
        return blame(form, GOFER_ERR_INVALID, 0, "form field whose name or value is NULL");
    if (!is_type(content_type))
        return blame(form, GOFER_ERR_INVALID, 0, "invalid content type of a form field");
    if (filename != NULL && content_type == NULL)
        content_type = "application/octet-stream";
    else if (content_type != NULL && *content_type == '\0')
        content_type = NULL;
    return add_part(form, name, source_new_copy(len > 0 ? data : "", len), filename, content_type);
}

gofer_status gofer_form_set_backslashes(gofer_form *form, int on)
{
    if (form == NULL)
        return GOFER_ERR_INVALID;
    form->backslashes = on != 0;
    return GOFER_OK;
}

gofer_status gofer_form_add_text(gofer_form *form, const char *name, const char *value)
{
    /* NULL with a length is what add_data() refuses. */
    return gofer_form_add_data(form, name, value, value != NULL ? strlen(value) : 1, NULL, NULL);
}

/* The file as long as it is now, or NULL with errno. */
static struct source *open_file(const char *path)
{
    struct stat st;
    /* Not to be held up by a FIFO that nobody writes to. */
    int fd = file_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        errno = ENOMEM;
        return source_new_file(fd, 0, st.st_size);
    }
    close(fd);
    errno = EINVAL;
    return NULL;
}

gofer_status gofer_form_add_file(gofer_form *form, const char *name, const char *path,
                                 const char *filename, const char *content_type)
{
    if (form == NULL)
        return GOFER_ERR_INVALID;
    if (name == NULL || path == NULL)
        return blame(form, GOFER_ERR_INVALID, 0, "form field whose name or path is NULL");
    if (!is_type(content_type))
        return blame(form, GOFER_ERR_INVALID, 0, "invalid content type of a form field");
    struct source *source = open_file(path);
    int err = errno;
    if (source == NULL && err != ENOMEM) {
        blame(form, GOFER_ERR_BODY, err, "a form field's file");
        errno = err;
        return GOFER_ERR_BODY;
    }
    const char *slash = strrchr(path, '/');
    if (filename == NULL)
        filename = slash != NULL ? slash + 1 : path;
    return add_part(form, name, source, filename,
                    content_type != NULL ? content_type : "application/octet-stream");
}

/* --- the body --- */

/* A body in the making: sources, and the bytes that come behind them. */
struct body {
    struct source **sources; /* owned */
    size_t len;
    struct buf bytes;
    bool failed;
};

/* Takes the source over. */
static void push(struct body *b, struct source *source)
{
    b->failed = b->failed || source == NULL;
    if (source != NULL)
        b->sources[b->len++] = source;
}

static void push_bytes(struct body *b)
{
    b->failed = b->failed || buf_failed(&b->bytes);
    if (b->bytes.len > 0 && !b->failed)
        push(b, source_new_copy(b->bytes.data, b->bytes.len));
    buf_fini(&b->bytes);
}

static void write_part(struct body *b, const struct part *p)
{
    struct source *s = p->source;
    if (s->kind == SOURCE_MEMORY && s->len <= INLINE_MAX_BYTES) {
        buf_append(&b->bytes, s->data, (size_t)s->len);
        return;
    }
    push_bytes(b);
    source_ref(s);
    push(b, s);
}

/* The one source that all of them are, or NULL without memory. */
static struct source *body_end(struct body *b)
{
    push_bytes(b);
    struct source *whole = NULL;
    if (!b->failed)
        whole = b->len == 1 ? b->sources[0] : source_new_parts(b->sources, b->len);
    else
        for (size_t i = 0; i < b->len; i++)
            source_unref(b->sources[i]);
    mem_free(b->sources);
    return whole;
}

static struct source *make_body(const gofer_form *form, const char *boundary)
{
    /* Before and behind each part may be bytes. */
    struct body b = {.sources = mem_zalloc_array(2 * form->len + 1, sizeof(struct source *))};
    if (b.sources == NULL)
        return NULL;
    for (size_t i = 0; i < form->len; i++) {
        const struct part *p = &form->parts[i];
        const struct multipart_part said = {.name = p->name,
                                            .filename = p->filename,
                                            .content_type = p->content_type,
                                            .backslashes = form->backslashes};
        multipart_begin_part(&b.bytes, boundary, i == 0, &said);
        write_part(&b, p);
    }
    multipart_end(&b.bytes, boundary, form->len == 0);
    return body_end(&b);
}

static gofer_status refuse(gofer_request *request, gofer_status status, int err, const char *words)
{
    struct snapshot *s = request_own_snapshot(request);
    struct buf why = BUF_INIT;
    if (s == NULL || status == GOFER_ERR_NOMEM)
        return request_settle(request, GOFER_ERR_NOMEM);
    buf_append_str(&why, words);
    if (err != 0)
        buf_printf(&why, ": %s", fault_errno_words(err));
    return snapshot_blame(s, status, &why);
}

static gofer_status set_type(gofer_request *request, const char *boundary)
{
    char type[32 + MULTIPART_BOUNDARY_BYTES];
    snprintf(type, sizeof type, "multipart/form-data; boundary=%s", boundary);
    return gofer_request_set_header(request, "Content-Type", type);
}

gofer_status gofer_request_set_form(gofer_request *request, const gofer_form *form)
{
    unsigned char random[MULTIPART_RANDOM_BYTES];
    char boundary[MULTIPART_BOUNDARY_BYTES];
    if (request == NULL)
        return GOFER_ERR_INVALID;
    if (form == NULL)
        return refuse(request, GOFER_ERR_INVALID, 0, "the form is NULL");
    if (form->status != GOFER_OK)
        return refuse(request, form->status, form->err, form->why);
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return refuse(request, GOFER_ERR_SYSTEM, errno, "random bytes for a form");
    multipart_boundary(random, boundary);
    struct source *body = make_body(form, boundary);
    struct snapshot *s = body != NULL ? request_own_snapshot(request) : NULL;
    if (s == NULL) {
        source_unref(body);
        return request_settle(request, GOFER_ERR_NOMEM);
    }
    source_unref(s->source);
    s->source = body;
    return set_type(request, boundary);
}
