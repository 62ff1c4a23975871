/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A jar fed with lines from one host and asked for another, and a cookie file: what
 * it sends is one clean field within its bounds, and never to a stranger.
 */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gofer/cookie.h>

enum { LINES = 16 };

static void check_sent(gofer_cookie_jar *jar, const char *url)
{
    char out[GOFER_COOKIE_HEADER_BYTES];
    gofer_status status = gofer_cookie_jar_get(jar, url, out, sizeof out);
    FUZZ_CHECK(status == GOFER_OK || status == GOFER_ERR_INVALID);
    FUZZ_CHECK(status == GOFER_OK || out[0] == '\0');
    FUZZ_CHECK(fuzz_is_clean(out));
}

static void load(gofer_cookie_jar *jar, struct fuzz *f)
{
    char path[64];
    size_t len;
    char *text = fuzz_rest(f, &len);
    int fd = memfd_create("cookies", MFD_CLOEXEC);
    if (fd < 0 || write(fd, text, len) != (ssize_t)len)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    gofer_cookie_jar_load(jar, path);
    close(fd);
    free(text);
}

void fuzz_jar(struct fuzz *f)
{
    gofer_cookie_jar *jar = gofer_cookie_jar_new();
    if (jar == NULL)
        abort();
    bool from_file = fuzz_byte(f) & 1;
    char *from = fuzz_text(f);
    char *to = fuzz_text(f);
    if (from_file)
        load(jar, f);
    for (int i = 0; i < LINES && f->at < f->len; i++) {
        char *line = fuzz_text(f);
        gofer_cookie_jar_set(jar, from, line);
        free(line);
    }
    check_sent(jar, from);
    check_sent(jar, to);
    /* A name of its own, under no domain of the input's: nothing is for it. */
    char out[GOFER_COOKIE_HEADER_BYTES];
    if (!from_file && strstr(from, "stranger") == NULL &&
        gofer_cookie_jar_get(jar, "http://stranger.invalid/", out, sizeof out) == GOFER_OK)
        FUZZ_CHECK(strstr(from, "invalid") != NULL || out[0] == '\0');
    free(to);
    free(from);
    gofer_cookie_jar_free(jar);
}
