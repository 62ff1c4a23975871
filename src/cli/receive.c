/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Heads and bodies on their way out; see receive.h.
 */
#include "cli/receive.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/message.h"
#include "cli/moment.h"
#include "cli/pace.h"
#include "cli/words.h"

enum { BLOCK_BYTES = 64 * 1024, NOT_MODIFIED = 304, PARTIAL = 206, NOT_SATISFIABLE = 416 };

static void fail(struct transfer *t, enum exit_code code, const char *words)
{
    t->code = code;
    text_fini(&t->message);
    text_append_str(&t->message, words);
}

static void write_bytes(struct transfer *t, const void *data, size_t len)
{
    struct text problem = {0};

    if (!sink_write(&t->sink, data, len, &problem) && t->code == CODE_OK)
        fail(t, CODE_WRITE, text_str(&problem));
    text_fini(&problem);
}

/* --- heads ----------------------------------------------------------------- */

static bool is_stdout(const char *name)
{
    return strcmp(name, "-") == 0;
}

/* Each transfer of the operation behind the first adds to the file. */
static void dump_heads(struct transfer *t)
{
    const char *name = t->config->files.dump_header;
    bool shown;
    FILE *file;

    if (name == NULL)
        return;
    shown = is_stdout(name);
    file = shown ? stdout : fopen(name, "abe");
    if (file == NULL) {
        message_warn(t->config, "Failed to open %s", name);
        return;
    }
    fwrite(text_str(&t->heads), 1, t->heads.len, file);
    if (shown)
        fflush(file);
    else
        fclose(file);
}

static void save_etag(const struct transfer *t)
{
    const char *tag = gofer_response_header(t->response, "ETag");
    const char *name = t->config->message.etag_save;
    bool shown;
    FILE *file;

    if (name == NULL || tag == NULL)
        return;
    shown = is_stdout(name);
    file = shown ? stdout : fopen(name, "we");
    if (file == NULL)
        return;
    fprintf(file, "%s\n", tag);
    if (shown)
        fflush(file);
    else
        fclose(file);
}

/* An empty file, or one that is added to; none has no name, and stdout is there. */
static bool make_file(const char *name, bool adds)
{
    FILE *file;

    if (name == NULL || is_stdout(name))
        return true;
    file = fopen(name, adds ? "ae" : "we");
    if (file != NULL)
        fclose(file);
    return file != NULL;
}

bool receive_begin(struct transfer *t)
{
    const char *heads = t->config->files.dump_header, *tag = t->config->message.etag_save;

    if (!make_file(heads, t->job.number > 0)) {
        t->unmade = true;
        t->code = CODE_WRITE;
        text_printf(&t->message, "Failed to open %s: %s", heads, strerror(errno));
    } else if (!make_file(tag, false)) {
        t->code = CODE_READ; /* to curl no transfer was asked for */
        text_printf(&t->message, "Failed creating file for saving etags: \"%s\": %s", tag,
                    strerror(errno));
    }
    return t->code == CODE_OK;
}

/* --- what speaks against the body ------------------------------------------ */

/* Whether the document is not what -z asked for, although the server sent it. */
static bool misses_time_condition(const struct transfer *t)
{
    const char *given = t->config->message.time_condition;
    const char *modified = gofer_response_header(t->response, "Last-Modified");
    bool older = given != NULL && *given == '-';
    time_t wanted, is;
    struct stat st;

    if (given == NULL || modified == NULL || !moment_parse(modified, &is))
        return false;
    given += *given == '-' || *given == '+' || *given == '=';
    if (!moment_parse(given, &wanted)) {
        if (stat(given, &st) != 0)
            return false;
        wanted = st.st_mtime;
    }
    return older ? is > wanted : is <= wanted;
}

static bool is_too_large(const struct transfer *t)
{
    const char *length = gofer_response_header(t->response, "Content-Length");
    int64_t max = t->config->files.max_bytes;

    return max > 0 && length != NULL && strtoll(length, NULL, 10) > max;
}

/* Whether the body is wanted; says why not where that is an error. */
static bool wants_body(struct transfer *t)
{
    int status = gofer_response_status(t->response);

    if (t->code != CODE_OK || t->config->head)
        return false;
    if (t->resume_at > 0 && t->job.upload == NULL && status != PARTIAL) {
        if (status >= 400)
            return status != NOT_SATISFIABLE;
        fail(t, CODE_RANGE, "HTTP server doesn't seem to support byte ranges. Cannot resume.");
        return false;
    }
    if (is_too_large(t)) {
        fail(t, CODE_TOO_LARGE, "Maximum file size exceeded");
        return false;
    }
    return !misses_time_condition(t);
}

/* --- the body -------------------------------------------------------------- */

/* --compressed, and the server sent something that nobody here can undo. */
static bool is_strangely_coded(const struct transfer *t)
{
    static const char *const known[] = {"identity", "none", "gzip", "x-gzip",
                                        "deflate",  "br",   "zstd"};
    const char *coding = gofer_response_header(t->response, "Content-Encoding");

    if (!t->config->compressed || t->config->message.raw || coding == NULL)
        return false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(coding, known[i]) == 0)
            return false;
    return strchr(coding, ',') == NULL;
}

static void judge_read(struct transfer *t)
{
    const gofer_error *error = gofer_response_error(t->response);

    if (error != NULL)
        words_take(t, error);
    else
        fail(t, CODE_RECV, "Failure when receiving data from the peer");
}

/* Bytes that no terminal should be sent unasked. */
static bool garbles(struct transfer *t, const char *block, size_t len)
{
    if (t->downloaded > 0 || memchr(block, '\0', len) == NULL || !sink_is_terminal(&t->sink))
        return false;
    fail(t, CODE_WRITE,
         "Binary output can mess up your terminal: use \"--output -\" to show it "
         "anyway, or \"--output <FILE>\" to save it");
    return true;
}

/* --limit-rate. Everything may end meanwhile: the next read tells. */
static void keep_pace(const struct transfer *t, struct pace *pace, size_t len)
{
    int64_t wait_us;

    pace_take(pace, len, progress_now_us());
    wait_us = pace_wait_us(pace, progress_now_us());
    if (wait_us > 0)
        interrupt_pause(t->interrupt, (wait_us + 999) / 1000);
}

static void copy_body(struct transfer *t)
{
    struct pace pace = {.bytes_per_s = t->config->speed.max_bytes_per_s};
    size_t piece = pace_piece(&pace, BLOCK_BYTES);
    char *block = cli_realloc(NULL, BLOCK_BYTES, 1);
    ssize_t n = 0;

    while (t->code == CODE_OK && (n = gofer_response_read(t->response, block, piece)) > 0) {
        if (is_strangely_coded(t))
            fail(t, CODE_BAD_ENCODING, words_unknown_coding);
        if (t->code != CODE_OK || garbles(t, block, (size_t)n))
            break;
        write_bytes(t, block, (size_t)n);
        t->downloaded += (size_t)n;
        atomic_store(&t->gauge.down, (int64_t)t->downloaded);
        keep_pace(t, &pace, (size_t)n);
        if (t->config->files.max_bytes > 0 && t->downloaded > (size_t)t->config->files.max_bytes &&
            t->code == CODE_OK)
            fail(t, CODE_TOO_LARGE, "Exceeded the maximum allowed file size");
    }
    if (n < 0)
        judge_read(t);
    free(block);
}

/* --- afterwards ------------------------------------------------------------ */

static void set_time(const struct transfer *t)
{
    const char *modified = gofer_response_header(t->response, "Last-Modified");
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};

    if (t->config->files.remote_time && modified != NULL && sink_is_file(&t->sink) &&
        moment_parse(modified, &times[1].tv_sec))
        utimensat(AT_FDCWD, text_str(&t->sink.path), times, 0);
}

static void finish(struct transfer *t)
{
    struct text problem = {0};

    if (!sink_finish(&t->sink, t->code == CODE_OK, &problem) && t->code == CODE_OK)
        fail(t, CODE_WRITE, text_str(&problem));
    text_fini(&problem);
    if (t->code == CODE_OK)
        set_time(t);
    else if (t->config->files.remove_on_error && t->sink.opened && sink_is_file(&t->sink))
        unlink(text_str(&t->sink.path));
}

/* For the progress. */
static void note_length(struct transfer *t)
{
    const char *length = gofer_response_header(t->response, "Content-Length");

    if (length != NULL)
        atomic_store(&t->gauge.down_total, strtoll(length, NULL, 10));
}

void receive_response(struct transfer *t)
{
    bool shows_heads = t->config->include || t->config->head;
    bool has_response =
        t->code == CODE_OK || t->code == CODE_HTTP_ERROR || t->code == CODE_REDIRECT;

    if (gofer_response_status(t->response) == 0 && t->heads.len == 0)
        return;
    note_length(t);
    dump_heads(t);
    if (has_response && t->config->files.header_name && t->job.output_kind == OUTPUT_REMOTE_NAME)
        sink_rename(&t->sink, gofer_response_header(t->response, "Content-Disposition"));
    if (has_response)
        save_etag(t);
    if (shows_heads)
        write_bytes(t, text_str(&t->heads), t->heads.len);
    if (wants_body(t))
        copy_body(t);
    finish(t);
}
