/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Files and stdout; see sink.h.
 */
#include "cli/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CLOBBER_MAX = 100, FILE_MODE = 0666, DIRECTORY_MODE = 0750 };

/* --- names ----------------------------------------------------------------- */

/* Behind the last slash of the URL's path. */
static void append_remote_name(struct text *out, const char *url)
{
    const char *path = strstr(url, "://");
    size_t len;

    path = path != NULL ? path + 3 : url;
    path += strcspn(path, "/?#");
    len = strcspn(path, "?#");
    for (size_t i = len; i > 0; i--)
        if (path[i - 1] == '/') {
            text_append(out, path + i, len - i);
            return;
        }
}

static void set_path(struct sink *sink, const char *name)
{
    const char *directory = sink->config->files.directory;

    text_fini(&sink->path);
    if (directory != NULL)
        text_printf(&sink->path, "%s/", directory);
    text_append_str(&sink->path, name);
}

bool sink_init(struct sink *sink, const struct job *job, const char *url)
{
    struct text name = {0};

    *sink = (struct sink){.config = job->config, .kind = job->output_kind};
    sink->appends = job->config->message.resumes;
    sink->exclusive = job->config->files.no_clobber;
    if (sink->kind == OUTPUT_FILE && strcmp(job->output, "-") != 0)
        set_path(sink, job->output);
    if (sink->kind != OUTPUT_REMOTE_NAME)
        return true;
    append_remote_name(&name, url);
    bool ok = name.len > 0 || job->config->files.header_name;
    set_path(sink, text_str(&name));
    text_fini(&name);
    return ok;
}

void sink_fini(struct sink *sink)
{
    if (sink->file != NULL && sink->file != stdout)
        fclose(sink->file);
    text_fini(&sink->path);
}

/* The value of filename=, in quotes or not, without the folders before it. */
void sink_rename(struct sink *sink, const char *disposition)
{
    const char *at = disposition != NULL ? strcasestr(disposition, "filename=") : NULL;
    struct text name = {0};
    const char *last;

    if (at == NULL)
        return;
    at += 9;
    if (*at == '"')
        text_append(&name, at + 1, strcspn(at + 1, "\""));
    else
        text_append(&name, at, strcspn(at, "; "));
    last = text_str(&name);
    for (const char *p = last; *p != '\0'; p++)
        if (*p == '/' || *p == '\\')
            last = p + 1;
    if (*last != '\0' && strcmp(last, ".") != 0 && strcmp(last, "..") != 0) {
        set_path(sink, last);
        sink->exclusive = true;
    }
    text_fini(&name);
}

bool sink_is_file(const struct sink *sink)
{
    return sink->path.len > 0;
}

bool sink_is_terminal(const struct sink *sink)
{
    return sink->kind == OUTPUT_STDOUT && isatty(STDOUT_FILENO);
}

bool sink_shares_terminal(const struct sink *sink)
{
    return sink->kind != OUTPUT_NULL && !sink_is_file(sink) && isatty(STDOUT_FILENO);
}

/* --- opening --------------------------------------------------------------- */

static void make_directories(const char *path)
{
    struct text part = {0};

    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        text_fini(&part);
        text_append(&part, path, (size_t)(slash - path));
        mkdir(text_str(&part), DIRECTORY_MODE); /* the open tells what is wrong */
    }
    text_fini(&part);
}

/* With --no-clobber the first free one of name, name.1, name.2 and so on. */
static int open_new(struct sink *sink)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd = open(text_str(&sink->path), flags, FILE_MODE);

    for (int i = 1; fd < 0 && errno == EEXIST && sink->config->files.no_clobber; i++) {
        struct text numbered = {0};

        text_printf(&numbered, "%s.%d", text_str(&sink->path), i);
        fd = open(text_str(&numbered), flags, FILE_MODE);
        if (fd >= 0 || i == CLOBBER_MAX) {
            text_fini(&sink->path);
            sink->path = numbered;
            break;
        }
        text_fini(&numbered);
    }
    return fd;
}

static FILE *open_file(struct sink *sink)
{
    const char *path = text_str(&sink->path);
    FILE *file;
    int fd;

    if (sink->config->files.create_dirs)
        make_directories(path);
    if (!sink->exclusive)
        return fopen(path, sink->appends ? "abe" : "wbe");
    fd = open_new(sink);
    if (fd < 0)
        return NULL;
    file = fdopen(fd, "wb");
    if (file == NULL)
        close(fd);
    return file;
}

static bool fail(const struct sink *sink, struct text *problem)
{
    text_printf(problem, "Failed writing to %s: %s",
                sink_is_file(sink) ? text_str(&sink->path) : "stdout", strerror(errno));
    return false;
}

static bool open_sink(struct sink *sink)
{
    struct stat st;

    sink->opened = true;
    sink->file = sink_is_file(sink) ? open_file(sink) : stdout;
    if (sink->file == NULL)
        return false;
    sink->start = sink->appends && fstat(fileno(sink->file), &st) == 0 ? st.st_size : 0;
    return true;
}

/* --- writing --------------------------------------------------------------- */

bool sink_write(struct sink *sink, const void *data, size_t len, struct text *problem)
{
    if (sink->kind == OUTPUT_NULL || len == 0)
        return true;
    if (!sink->opened && !open_sink(sink))
        return fail(sink, problem);
    if (fwrite(data, 1, len, sink->file) == len && fflush(sink->file) == 0)
        return true;
    return fail(sink, problem);
}

bool sink_finish(struct sink *sink, bool create, struct text *problem)
{
    FILE *file;

    if (create && !sink->opened && sink_is_file(sink) && !open_sink(sink))
        return fail(sink, problem);
    file = sink->file;
    sink->file = NULL;
    if (file == NULL || file == stdout)
        return true;
    return fclose(file) == 0 || fail(sink, problem);
}

/* From here on the file is this one, numbered or not, and what it had before is kept. */
void sink_again(struct sink *sink)
{
    if (sink->opened && sink_is_file(sink)) {
        int ignored = truncate(text_str(&sink->path), sink->start);

        (void)ignored; /* where it is gone it is made anew */
        sink->appends = true;
        sink->exclusive = false;
    }
    sink->opened = false;
}
