/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Where a response goes; see output.h. A file is made only when there is a
 * response to put into it, so that a failure leaves an older one alone.
 */
#include "cli/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/message.h"

static void write_head(FILE *file, const gofer_response *response)
{
    const char *name;
    const char *value;

    fprintf(file, "HTTP/1.%d %d %s\r\n", gofer_response_http_minor(response),
            gofer_response_status(response), gofer_response_reason(response));
    for (size_t i = 0; gofer_response_header_at(response, i, &name, &value); i++)
        fprintf(file, "%s:%s%s\r\n", name, *value != '\0' ? " " : "", value);
    fputs("\r\n", file);
}

static bool write_message(FILE *file, const struct transfer *t, bool with_body)
{
    size_t len;
    const void *body = gofer_response_body(t->response, &len);

    if (t->config->include || t->config->head)
        write_head(file, t->response);
    if (with_body && !t->config->head)
        fwrite(body, 1, len, file);
    return fflush(file) == 0 && !ferror(file);
}

static bool write_file(const char *name, const struct transfer *t, bool with_body)
{
    FILE *file = fopen(name, "wbe");
    bool ok;
    int error;

    if (file == NULL)
        return false;
    ok = write_message(file, t, with_body);
    error = errno;
    if (fclose(file) != 0 && ok)
        return false;
    errno = error;
    return ok;
}

/* Bytes that no terminal should be sent unasked. */
static bool would_garble_terminal(const struct transfer *t)
{
    size_t len;
    const void *body = gofer_response_body(t->response, &len);

    return memchr(body, '\0', len) != NULL && isatty(STDOUT_FILENO);
}

bool output_response(const struct transfer *t, bool with_body, struct text *problem)
{
    const char *name = transfer_file(t);
    bool unasked = t->job.output_kind == OUTPUT_STDOUT;

    if (!with_body && !t->config->include && !t->config->head)
        return true;
    if (unasked && with_body && would_garble_terminal(t)) {
        text_append_str(problem, "Binary output can mess up your terminal: use \"--output -\" to "
                                 "show it anyway, or \"--output <FILE>\" to save it");
        return false;
    }
    if (name == NULL ? write_message(stdout, t, with_body) : write_file(name, t, with_body))
        return true;
    text_printf(problem, "Failed writing to %s: %s", name == NULL ? "stdout" : name,
                strerror(errno));
    return false;
}
