/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Files, stdin and data as bodies; see upload.h.
 */
#include "cli/upload.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool upload_is_stdin(const char *name)
{
    return strcmp(name, "-") == 0 || strcmp(name, ".") == 0;
}

static void append_escaped(struct text *out, const char *name)
{
    for (; *name != '\0'; name++) {
        bool plain = isalnum((unsigned char)*name) || strchr("-._~", *name) != NULL;

        text_printf(out, plain ? "%c" : "%%%02X", (unsigned char)*name);
    }
}

void upload_complete_url(struct text *url, const char *name)
{
    struct text whole = *url;
    const char *text = text_str(&whole);
    const char *path = strstr(text, "://") + 3;
    const char *base = strrchr(name, '/') != NULL ? strrchr(name, '/') + 1 : name;
    size_t end;

    path += strcspn(path, "/?#");
    end = (size_t)(path - text) + strcspn(path, "?#");
    if (upload_is_stdin(name) || (end > (size_t)(path - text) && text[end - 1] != '/'))
        return;
    *url = (struct text){0};
    text_append(url, text, end);
    if (*path != '/')
        text_append_str(url, "/");
    append_escaped(url, base);
    text_append_str(url, text + end);
    text_fini(&whole);
}

static void check_memory(gofer_status status)
{
    if (status == GOFER_ERR_NOMEM)
        cli_out_of_memory();
}

/* --- the body -------------------------------------------------------------- */

/* A regular file that goes as it is, as fast as it may, and unseen, is the library's. An empty one
 * is a body, too, and says its length. */
static struct feed *send_file(gofer_request *request, const struct feed_source *file)
{
    if (file->length == 0)
        check_memory(gofer_request_set_body_ref(request, "", 0, NULL, NULL));
    else
        check_memory(gofer_request_set_body_fd(request, file->fd, file->offset, file->length));
    close(file->fd);
    return NULL;
}

/* Of a regular file, which the source names already. False, with errno, where it cannot be read. */
static bool measure(struct feed_source *file, off_t size)
{
    file->seeks = true;
    file->length = size > file->offset ? size - file->offset : 0;
    if (file->crlf)
        file->length = feed_crlf_length(file->fd, file->offset);
    return file->length >= 0;
}

static bool open_file(struct feed_source *file, const char *name)
{
    struct stat st;

    file->fd = open(name, O_RDONLY | O_CLOEXEC);
    file->owns_fd = file->fd >= 0;
    if (file->fd < 0 || fstat(file->fd, &st) != 0)
        return false;
    return !S_ISREG(st.st_mode) || measure(file, st.st_size);
}

bool upload_set_body(gofer_request *request, const struct upload *upload, struct upload_body *body)
{
    const struct config *config = upload->config;
    struct feed_source source = {.fd = STDIN_FILENO,
                                 .offset = upload->offset,
                                 .length = -1,
                                 .crlf = config->crlf,
                                 .bytes_per_s = config->speed.max_bytes_per_s};

    *body = (struct upload_body){.length = -1};
    if (!upload_is_stdin(upload->name) && !open_file(&source, upload->name)) {
        int error = errno;

        if (source.owns_fd)
            close(source.fd);
        errno = error;
        return false;
    }
    body->length = source.length;
    if (source.seeks && !source.crlf && source.bytes_per_s == 0 && config->global->trace == NULL)
        body->feed = send_file(request, &source);
    else
        body->feed = feed_attach(feed_new(&source), request);
    return true;
}

struct feed *upload_set_data(gofer_request *request, const struct config *config)
{
    struct feed_source source = {.fd = -1,
                                 .data = text_str(&config->data),
                                 .length = (int64_t)config->data.len,
                                 .bytes_per_s = config->speed.max_bytes_per_s};

    if (source.bytes_per_s > 0)
        return feed_attach(feed_new(&source), request);
    check_memory(gofer_request_set_body_ref(request, source.data, config->data.len, NULL, NULL));
    return NULL;
}

struct feed *upload_pace_form(gofer_request *request, const struct config *config)
{
    struct feed_source source = {.fd = -1, .bytes_per_s = config->speed.max_bytes_per_s};
    gofer_status status;

    if (source.bytes_per_s == 0)
        return NULL;
    status = gofer_request_body_reader(request, &source.reader);
    check_memory(status);
    source.length = source.reader.length;
    return status == GOFER_OK ? feed_attach(feed_new(&source), request) : NULL;
}
