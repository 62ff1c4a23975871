/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Cookie files in the Netscape format: a cookie a line, in seven fields with tabs
 * between them: domain, whether hosts below it get the cookie, path, secure,
 * expiry in seconds since 1970 (0: with the session), name, value. A line begins
 * with "#HttpOnly_" where the cookie is (curl's extension), else with "#" where it
 * is a comment. Before a domain whose hosts below get the cookie there is a dot.
 *
 * No lock is held across I/O: a file is read into memory whole before the first
 * line of it reaches the jar, and the jar is written into memory before the first
 * byte of it reaches a file. The new file takes the old one's name in one step; what
 * is there and no file, a device or a pipe, is written to.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/file.h"
#include "client/cookie_jar.h"

enum { FILE_MAX_BYTES = 32 * 1024 * 1024, READ_BYTES = 16 * 1024, FIELDS = 7 };

static const char http_only_mark[] = "#HttpOnly_";

/* --- reading --- */

/* The whole file, in out. */
static gofer_status read_all(int fd, struct buf *out)
{
    for (;;) {
        if (out->len > FILE_MAX_BYTES)
            return GOFER_ERR_TOO_LARGE;
        if (!buf_reserve(out, READ_BYTES))
            return GOFER_ERR_NOMEM;
        ssize_t n = read(fd, out->data + out->len, READ_BYTES);
        if (n == 0)
            return GOFER_OK;
        if (n > 0)
            out->len += (size_t)n;
        else if (errno != EINTR)
            return GOFER_ERR_SYSTEM;
    }
}

static gofer_status read_file(const char *path, struct buf *out)
{
    int fd = file_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return GOFER_ERR_SYSTEM;
    gofer_status status = read_all(fd, out);
    int err = errno;
    close(fd);
    errno = err;
    return status;
}

/* Cuts the line at its tabs, in place. A missing last field is an empty value. False where it has
 * another number of fields. */
static bool cut(char *line, char *fields[FIELDS])
{
    size_t n = 0;
    for (char *at = line; at != NULL; n++) {
        char *tab = strchr(at, '\t');
        if (n == FIELDS)
            return false;
        fields[n] = at;
        if (tab != NULL)
            *tab = '\0';
        at = tab == NULL ? NULL : tab + 1;
    }
    if (n == FIELDS - 1)
        fields[n++] = line + strlen(line);
    return n == FIELDS;
}

/* Seconds as milliseconds, saturated: false where the text is no number. */
static bool parse_expiry(const char *text, int64_t *expires_ms)
{
    bool minus = text[0] == '-';
    const char *at = text + minus;
    int64_t n = 0;
    if (*at == '\0')
        return false;
    for (; *at != '\0'; at++) {
        if (!ascii_is_digit(*at))
            return false;
        n = n < INT64_MAX / 10000 ? 10 * n + (*at - '0') : n;
    }
    n = n < INT64_MAX / 1000 ? n : INT64_MAX / 1000;
    *expires_ms = minus ? COOKIE_EXPIRED : n * 1000;
    return true;
}

/* GOFER_ERR_INVALID where the line, which is changed, holds no cookie that could be added. */
static gofer_status add_line(gofer_cookie_jar *jar, char *line)
{
    char *fields[FIELDS];
    gofer_cookie cookie = {.name = NULL};
    size_t mark = sizeof http_only_mark - 1;
    cookie.http_only = strncmp(line, http_only_mark, mark) == 0;
    if (cookie.http_only)
        line += mark;
    else if (line[0] == '#')
        return GOFER_ERR_INVALID;
    if (!cut(line, fields) || !parse_expiry(fields[4], &cookie.expires_ms))
        return GOFER_ERR_INVALID;
    cookie.domain = fields[0];
    cookie.include_subdomains = ascii_equal(fields[1], "TRUE");
    cookie.path = fields[2];
    cookie.secure = ascii_equal(fields[3], "TRUE");
    cookie.name = fields[5];
    cookie.value = fields[6];
    return gofer_cookie_jar_add(jar, &cookie);
}

/* A line [line, end), and writable memory at end. */
static gofer_status take_line(gofer_cookie_jar *jar, char *line, char *end)
{
    if (end > line && end[-1] == '\r')
        end--;
    *end = '\0';
    return strlen(line) == (size_t)(end - line) ? add_line(jar, line) : GOFER_ERR_INVALID;
}

static gofer_status add_lines(gofer_cookie_jar *jar, char *text, size_t len)
{
    char *end = text + len;
    for (char *line = text; line < end;) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        char *stop = newline == NULL ? end : newline;
        if (take_line(jar, line, stop) == GOFER_ERR_NOMEM)
            return GOFER_ERR_NOMEM;
        line = stop + 1;
    }
    return GOFER_OK;
}

gofer_status gofer_cookie_jar_load(gofer_cookie_jar *jar, const char *path)
{
    struct buf text = BUF_INIT;
    gofer_status status = cookie_jar_check(jar);
    if (status == GOFER_OK && path == NULL)
        status = GOFER_ERR_INVALID;
    if (status != GOFER_OK)
        return status;
    lock_assert_none();
    status = read_file(path, &text);
    if (status == GOFER_OK)
        status = add_lines(jar, text.data, text.len); /* read_all() left room behind the end */
    int err = errno;
    buf_fini(&text);
    errno = err;
    return status;
}

/* --- writing --- */

static void write_cookie(const gofer_cookie *cookie, void *arg)
{
    struct buf *out = arg;
    int64_t seconds = cookie->expires_ms / 1000 + (cookie->expires_ms % 1000 != 0);
    buf_printf(out, "%s%s%s\t%s\t%s\t%s\t%lld\t%s\t%s\n", cookie->http_only ? http_only_mark : "",
               cookie->include_subdomains ? "." : "", cookie->domain,
               cookie->include_subdomains ? "TRUE" : "FALSE", cookie->path,
               cookie->secure ? "TRUE" : "FALSE", (long long)seconds, cookie->name, cookie->value);
}

static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

/* Writes, syncs a file and closes; what is not whole on the disk must not get the name. */
static bool write_and_close(int fd, const struct buf *text, bool is_file)
{
    bool ok = write_all(fd, text->data, text->len) && (!is_file || file_sync(fd) == 0);
    int err = errno;
    bool closed = file_close(fd) == 0;
    if (!ok)
        errno = err;
    return ok && closed;
}

/* `temporary` ends in XXXXXX. mkostemp(3) makes files with mode 0600. */
static gofer_status replace_file(const char *path, char *temporary, const struct buf *text)
{
    int fd = file_open_temporary(temporary, O_CLOEXEC);
    if (fd < 0)
        return GOFER_ERR_SYSTEM;
    if (write_and_close(fd, text, true) && rename(temporary, path) == 0)
        return GOFER_OK;
    int err = errno;
    unlink(temporary);
    errno = err;
    return GOFER_ERR_SYSTEM;
}

static bool is_no_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* A device's name is nobody's to take. */
static gofer_status write_to(const char *path, const struct buf *text)
{
    int fd = file_open(path, O_WRONLY | O_CLOEXEC, 0);
    return fd >= 0 && write_and_close(fd, text, false) ? GOFER_OK : GOFER_ERR_SYSTEM;
}

static char *temporary_beside(const char *path)
{
    struct buf name = BUF_INIT;
    buf_append_str(&name, path);
    buf_append_str(&name, ".XXXXXX");
    return buf_take_str(&name);
}

gofer_status gofer_cookie_jar_save(gofer_cookie_jar *jar, const char *path)
{
    struct buf text = BUF_INIT;
    gofer_status status = cookie_jar_check(jar);
    if (status == GOFER_OK && path == NULL)
        status = GOFER_ERR_INVALID;
    if (status != GOFER_OK)
        return status;
    buf_append_str(&text,
                   "# Netscape HTTP Cookie File\n# Written by gofer. Edit at your own risk.\n\n");
    cookie_jar_each(jar, NULL, write_cookie, &text);
    char *temporary = buf_failed(&text) ? NULL : temporary_beside(path);
    lock_assert_none();
    if (temporary == NULL)
        status = GOFER_ERR_NOMEM;
    else if (is_no_file(path))
        status = write_to(path, &text);
    else
        status = replace_file(path, temporary, &text);
    int err = errno;
    mem_free(temporary);
    buf_fini(&text);
    errno = err;
    return status;
}
