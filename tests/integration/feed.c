/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See feed.h. Feeds come out of a ring: whoever made the one before in a place
 * ended with its test.
 */
#include "integration/feed.h"

#include <errno.h>
#include <string.h>

#include "integration/expect.h"

enum { FEEDS = 1024 };

char feed_byte(uint64_t i)
{
    return (char)('!' + (i * 7 + i / 89 + i / 16384) % 89);
}

void feed_fill(void *buf, uint64_t from, size_t len)
{
    char *to = buf;

    for (size_t i = 0; i < len; i++)
        to[i] = feed_byte(from + i);
}

/* --- the reader --- */

static void next_step(struct feed *feed)
{
    feed->step++;
    feed->at = 0;
}

static ssize_t give(struct feed *feed, void *buf, size_t cap)
{
    const struct feed_step *s = &feed->plan.steps[feed->step];
    uint64_t left = (s->act == FEED_TEXT ? strlen(s->text) : s->n) - feed->at;
    size_t n = left < cap ? (size_t)left : cap;

    if (feed->plan.piece > 0 && n > feed->plan.piece)
        n = feed->plan.piece;
    if (s->act == FEED_TEXT)
        memcpy(buf, s->text + feed->at, n);
    else
        feed_fill(buf, feed->at, n);
    feed->at += n;
    if (n == left)
        next_step(feed);
    return (ssize_t)n;
}

static ssize_t refuse(struct feed *feed)
{
    gate_pass(feed->asked);
    return GOFER_BODY_LATER;
}

static ssize_t read_feed(void *arg, void *buf, size_t cap)
{
    struct feed *feed = arg;

    atomic_fetch_add(&feed->reads, 1);
    for (;;) {
        switch (feed->plan.steps[feed->step].act) {
        case FEED_TEXT:
        case FEED_BYTES:
            return give(feed, buf, cap);
        case FEED_LATER:
            if (atomic_load(&feed->released) == feed->laters)
                return refuse(feed);
            feed->laters++;
            break;
        case FEED_NEVER:
            return refuse(feed);
        case FEED_FAIL:
            errno = (int)feed->plan.steps[feed->step].n;
            return GOFER_BODY_ERROR;
        case FEED_BLOCK:
            gate_pass(feed->inside);
            gate_wait(feed->go, 1);
            break;
        case FEED_OVERFLOW:
            return (ssize_t)cap + 1;
        case FEED_CALL:
            next_step(feed);
            return feed->plan.call(feed, buf, cap);
        case FEED_END:
            return 0;
        }
        next_step(feed);
    }
}

static int rewind_feed(void *arg)
{
    struct feed *feed = arg;

    atomic_fetch_add(&feed->rewinds, 1);
    if (feed->plan.rewind == FEED_REWIND_FAILS)
        return -1;
    feed->step = 0;
    feed->at = 0;
    return 0;
}

static const char *trailer_of(void *arg, const char *name)
{
    const struct feed *feed = arg;

    for (size_t i = 0; feed->plan.trailers != NULL && feed->plan.trailers[i] != NULL; i += 2) {
        if (strcmp(feed->plan.trailers[i], name) == 0)
            return feed->plan.trailers[i + 1];
    }
    return NULL;
}

static void close_feed(void *arg)
{
    atomic_fetch_add(&((struct feed *)arg)->closes, 1);
}

/* --- life --- */

static struct feed *place(void)
{
    static struct feed feeds[FEEDS];
    static unsigned used;
    struct feed *feed = &feeds[used++ % FEEDS];

    memset(feed, 0, sizeof *feed);
    for (int i = 0; i < 3; i++)
        feed->gates[i] = (struct gate)GATE_INIT;
    return feed;
}

static gofer_body_reader reader_of(struct feed *feed)
{
    const struct feed_plan *plan = &feed->plan;

    return (gofer_body_reader){.read = read_feed,
                               .rewind = plan->rewind == FEED_NO_REWIND ? NULL : rewind_feed,
                               .trailer = plan->trailers == NULL ? NULL : trailer_of,
                               .close = close_feed,
                               .arg = feed,
                               .length = plan->sized ? plan->length : -1};
}

struct feed *feed_loose(const struct feed_plan *plan, gofer_body_reader *reader)
{
    struct feed *feed = place();

    feed->plan = *plan;
    feed->asked = &feed->gates[0];
    feed->inside = &feed->gates[1];
    feed->go = &feed->gates[2];
    *reader = reader_of(feed);
    return feed;
}

struct feed *feed_new(const char *method, const struct origin *origin, const char *path,
                      const struct feed_plan *plan)
{
    char url[ORIGIN_URL_BYTES];
    gofer_body_reader reader;
    struct feed *feed = feed_loose(plan, &reader);

    feed->request = gofer_request_new(method, origin_url(origin, path, url));
    REQUIRE(feed->request != NULL);
    EXPECT_STATUS(gofer_request_set_body_reader(feed->request, &reader), GOFER_OK);
    return feed;
}

void feed_go_on(struct feed *feed)
{
    atomic_fetch_add(&feed->released, 1);
    gofer_request_body_ready(feed->request);
}

static bool is_closed(void *feed)
{
    return atomic_load(&((struct feed *)feed)->closes) > 0;
}

void feed_end(struct feed *feed)
{
    gofer_request_free(feed->request);
    feed->request = NULL;
    EXPECT(eventually(is_closed, feed));
    EXPECT_INT(atomic_load(&feed->closes), 1);
}
