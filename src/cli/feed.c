/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Bytes as they come; see feed.h.
 *
 * The reader may be freed by a call's worker while feed_stop() is under way on the
 * transfer's thread: each of the two drops one of the references, and the last one
 * frees. The thread holds none: it is joined before feed_stop() drops its own.
 */
#include "cli/feed.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "cli/pace.h"
#include "cli/text.h"

enum { BLOCK_BYTES = 16 * 1024 };

struct feed {
    struct feed_source source;
    int64_t at; /* bytes taken from the source */
    struct pace pace;
    bool was_cr;  /* the last byte taken was one */
    bool owes_lf; /* a CR was put before it, and there was no room for it */

    int wake; /* an eventfd: the thread is to end, or has something to do */
    pthread_mutex_t lock;
    unsigned holders;
    gofer_request *request; /* NULL: stopped */
    bool has_thread;
    pthread_t thread;
    bool waits;       /* the call waits for bytes: */
    bool for_fd;      /* from the descriptor, or */
    int64_t until_us; /* until then */
};

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- life ------------------------------------------------------------------ */

struct feed *feed_new(const struct feed_source *source)
{
    struct feed *f = cli_realloc(NULL, 1, sizeof *f);

    *f = (struct feed){.source = *source,
                       .pace.bytes_per_s = source->bytes_per_s,
                       .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                       .holders = 2};
    if (f->wake < 0)
        cli_out_of_memory();
    pthread_mutex_init(&f->lock, NULL);
    return f;
}

static void drop(struct feed *f)
{
    bool last;

    pthread_mutex_lock(&f->lock);
    last = --f->holders == 0;
    pthread_mutex_unlock(&f->lock);
    if (!last)
        return;
    if (f->source.owns_fd)
        close(f->source.fd);
    if (f->source.reader.close != NULL)
        f->source.reader.close(f->source.reader.arg);
    close(f->wake);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

static void wake_thread(const struct feed *f)
{
    uint64_t one = 1;
    ssize_t n = write(f->wake, &one, sizeof one); /* full is as good as written */

    (void)n;
}

void feed_stop(struct feed *feed)
{
    bool has_thread;

    if (feed == NULL)
        return;
    pthread_mutex_lock(&feed->lock);
    feed->request = NULL;
    has_thread = feed->has_thread;
    feed->has_thread = false;
    pthread_mutex_unlock(&feed->lock);
    wake_thread(feed);
    if (has_thread)
        pthread_join(feed->thread, NULL);
    drop(feed);
}

/* --- waiting --------------------------------------------------------------- */

/* What is left of the time, in whole milliseconds, rounded up; -1: no time was named. */
static int left_ms(int64_t until_us)
{
    int64_t left = until_us - now_us();

    if (until_us == 0)
        return -1;
    return left > 0 ? (int)((left + 999) / 1000) : 0;
}

/* Sleeps until something may have happened: what is waited for, or a word. */
static void sleep_once(const struct feed *f, bool waits, bool for_fd, int64_t until_us)
{
    struct pollfd fds[2] = {{.fd = f->wake, .events = POLLIN},
                            {.fd = waits && for_fd ? f->source.fd : -1, .events = POLLIN}};
    uint64_t word;

    if (poll(fds, 2, waits && !for_fd ? left_ms(until_us) : -1) > 0 && fds[0].revents != 0) {
        ssize_t n = read(f->wake, &word, sizeof word);

        (void)n;
    }
}

/* Whether what is waited for is there. */
static bool is_due(const struct feed *f)
{
    struct pollfd fd = {.fd = f->source.fd, .events = POLLIN};

    return f->for_fd ? poll(&fd, 1, 0) != 0 : now_us() >= f->until_us;
}

/* The request is told under the lock: feed_stop() returns, and it may be freed, only afterwards. */
static void *wait_for_bytes(void *arg)
{
    struct feed *f = arg;

    pthread_mutex_lock(&f->lock);
    while (f->request != NULL) {
        bool waits = f->waits, for_fd = f->for_fd;
        int64_t until_us = f->until_us;

        if (waits && is_due(f)) {
            f->waits = false;
            gofer_request_body_ready(f->request);
            continue;
        }
        pthread_mutex_unlock(&f->lock);
        sleep_once(f, waits, for_fd, until_us);
        pthread_mutex_lock(&f->lock);
    }
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

/* Has the thread say when there is more. */
static ssize_t later(struct feed *f, bool for_fd, int64_t until_us)
{
    bool ok;

    pthread_mutex_lock(&f->lock);
    f->waits = true;
    f->for_fd = for_fd;
    f->until_us = until_us;
    if (!f->has_thread && f->request != NULL)
        f->has_thread = pthread_create(&f->thread, NULL, wait_for_bytes, f) == 0;
    ok = f->has_thread;
    pthread_mutex_unlock(&f->lock);
    wake_thread(f);
    return ok ? GOFER_BODY_LATER : GOFER_BODY_ERROR;
}

/* --- bytes ----------------------------------------------------------------- */

static bool is_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) != 0;
}

static ssize_t take_memory(struct feed *f, char *buf, size_t cap)
{
    size_t left = (size_t)(f->source.length - f->at);
    size_t n = left < cap ? left : cap;

    memcpy(buf, f->source.data + f->at, n);
    return (ssize_t)n;
}

/* Raw bytes: as read(2), or GOFER_BODY_LATER. */
static ssize_t take(struct feed *f, char *buf, size_t cap)
{
    ssize_t n;

    if (f->source.reader.read != NULL)
        return f->source.reader.read(f->source.reader.arg, buf, cap);
    if (f->source.fd < 0)
        return take_memory(f, buf, cap);
    if (f->source.seeks) {
        n = pread(f->source.fd, buf, cap, f->source.offset + f->at);
    } else {
        if (!is_readable(f->source.fd))
            return later(f, true, 0);
        n = read(f->source.fd, buf, cap);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return later(f, true, 0);
    }
    return n < 0 ? GOFER_BODY_ERROR : n;
}

/* Copies n raw bytes and puts a CR before each LF that has none. There is room for twice as many,
 * or for the one LF that is owed. */
static size_t convert(struct feed *f, const char *raw, size_t n, char *out)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        if (raw[i] == '\n' && !f->was_cr)
            out[len++] = '\r';
        out[len++] = raw[i];
        f->was_cr = raw[i] == '\r';
    }
    return len;
}

/* One byte of room is enough: what does not fit is owed. */
static ssize_t take_converted(struct feed *f, char *buf, size_t cap)
{
    char raw[BLOCK_BYTES];
    ssize_t n;

    if (f->owes_lf) {
        f->owes_lf = false;
        buf[0] = '\n';
        return 1;
    }
    n = take(f, raw, cap / 2 == 0 ? 1 : cap / 2 < sizeof raw ? cap / 2 : sizeof raw);
    if (n <= 0)
        return n;
    f->at += n;
    if (cap > 1)
        return (ssize_t)convert(f, raw, (size_t)n, buf);
    f->owes_lf = raw[0] == '\n' && !f->was_cr;
    f->was_cr = raw[0] == '\r';
    buf[0] = raw[0];
    if (f->owes_lf)
        buf[0] = '\r';
    return 1;
}

static ssize_t read_bytes(void *arg, void *buf, size_t cap)
{
    struct feed *f = arg;
    int64_t now = now_us(), wait_us = pace_wait_us(&f->pace, now);
    ssize_t n;

    if (wait_us > 0)
        return later(f, false, now + wait_us);
    cap = pace_piece(&f->pace, cap);
    if (f->source.crlf) {
        n = take_converted(f, buf, cap);
    } else {
        n = take(f, buf, cap);
        f->at += n > 0 ? n : 0;
    }
    if (n > 0)
        pace_take(&f->pace, (size_t)n, now);
    return n;
}

static int rewind_bytes(void *arg)
{
    struct feed *f = arg;

    f->at = 0;
    f->was_cr = f->owes_lf = false;
    return f->source.reader.rewind != NULL ? f->source.reader.rewind(f->source.reader.arg) : 0;
}

static void close_reader(void *arg)
{
    drop(arg);
}

struct feed *feed_attach(struct feed *feed, gofer_request *request)
{
    bool begins_again = feed->source.fd < 0 || feed->source.seeks;
    gofer_body_reader reader = {.read = read_bytes,
                                .rewind = begins_again ? rewind_bytes : NULL,
                                .close = close_reader,
                                .arg = feed,
                                .length = feed->source.length};
    gofer_status status;

    feed->request = request;
    status = gofer_request_set_body_reader(request, &reader);
    if (status == GOFER_ERR_NOMEM)
        cli_out_of_memory();
    if (status == GOFER_OK)
        return feed;
    feed_stop(feed);
    return NULL;
}

int64_t feed_crlf_length(int fd, int64_t offset)
{
    struct feed count = {.source.crlf = true};
    char raw[BLOCK_BYTES], out[2 * BLOCK_BYTES];
    int64_t length = 0;
    ssize_t n;

    while ((n = pread(fd, raw, sizeof raw, offset)) > 0) {
        length += (int64_t)convert(&count, raw, (size_t)n, out);
        offset += n;
    }
    return n < 0 ? -1 : length;
}
