/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Writing the pictures; see picture.h.
 */
#include "cli/picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/har.h"
#include "cli/message.h"
#include "cli/waterfall.h"

struct timeline *picture_begin(const struct global *global)
{
    return global->har != NULL || global->waterfall != NULL ? timeline_new() : NULL;
}

static void write_har(FILE *out, const char *har)
{
    fprintf(out, "%s\n", har);
}

/* Into a file, or stdout where that is "-". */
static enum exit_code write_file(const struct global *global, const char *name,
                                 void (*write)(FILE *out, const char *har), const char *har)
{
    bool to_stdout = strcmp(name, "-") == 0;
    FILE *out = to_stdout ? stdout : fopen(name, "we");
    struct text problem = {0};
    int err = 0;

    if (out != NULL) {
        write(out, har);
        if (fflush(out) != 0 || ferror(out))
            err = errno;
        if (!to_stdout && fclose(out) != 0 && err == 0)
            err = errno;
    } else {
        err = errno;
    }
    if (err == 0)
        return CODE_OK;
    text_printf(&problem, "Failed to write the picture %s: %s", name, strerror(err));
    message_error(global->first, CODE_WRITE, text_str(&problem));
    text_fini(&problem);
    return CODE_WRITE;
}

enum exit_code picture_finish(struct timeline *timeline, const struct global *global)
{
    enum exit_code har_code = CODE_OK, waterfall_code = CODE_OK;
    char *har;

    if (timeline == NULL)
        return CODE_OK;
    har = har_text(timeline);
    if (global->har != NULL)
        har_code = write_file(global, global->har, write_har, har);
    if (global->waterfall != NULL)
        waterfall_code = write_file(global, global->waterfall, waterfall_write, har);
    free(har);
    timeline_free(timeline);
    return har_code != CODE_OK ? har_code : waterfall_code;
}
