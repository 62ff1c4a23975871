/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Files and stdin as bodies; see upload.h.
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

/* Blocks until there is something: nobody else waits for this call's thread. */
static ssize_t read_stdin(void *arg, void *buf, size_t cap)
{
    ssize_t n;

    (void)arg;
    do {
        n = read(STDIN_FILENO, buf, cap);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? GOFER_BODY_ERROR : n;
}

static void check_memory(gofer_status status)
{
    if (status == GOFER_ERR_NOMEM)
        cli_out_of_memory();
}

/* A file that is no regular one is read like stdin. */
static ssize_t read_descriptor(void *arg, void *buf, size_t cap)
{
    ssize_t n = read((int)(intptr_t)arg, buf, cap);

    return n < 0 ? GOFER_BODY_ERROR : n;
}

static void close_descriptor(void *arg)
{
    close((int)(intptr_t)arg);
}

static void set_reader(gofer_request *request, int fd)
{
    gofer_body_reader reader = {.read = fd < 0 ? read_stdin : read_descriptor,
                                .close = fd < 0 ? NULL : close_descriptor,
                                .arg = (void *)(intptr_t)fd,
                                .length = -1};

    check_memory(gofer_request_set_body_reader(request, &reader));
}

bool upload_set_body(gofer_request *request, const char *name, int64_t offset, int64_t *length)
{
    struct stat st;
    int fd;

    *length = -1;
    if (upload_is_stdin(name)) {
        set_reader(request, -1);
        return true;
    }
    fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        return false;
    if (!S_ISREG(st.st_mode)) {
        set_reader(request, fd);
        return true;
    }
    *length = st.st_size > offset ? st.st_size - offset : 0;
    check_memory(gofer_request_set_body_fd(request, fd, offset, *length));
    close(fd);
    return true;
}
