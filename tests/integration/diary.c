/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See diary.h.
 */
#include "integration/diary.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support/gate.h"

void diary_begin(struct diary *diary)
{
    memset(diary, 0, sizeof *diary);
    pthread_mutex_init(&diary->lock, NULL);
    pthread_cond_init(&diary->told, NULL);
}

/* "STATUS VALUE ", of one field, behind what stands there. */
static void note_head(char *words, const gofer_response *response, const char *field)
{
    const char *value = gofer_response_header(response, field);
    size_t len = strlen(words);

    snprintf(words + len, DIARY_WORDS - len, "%d %s ", gofer_response_status(response),
             value != NULL ? value : "-");
}

static void note_asked(struct diary *d, const gofer_trace_event *event)
{
    size_t len = strlen(d->asked);

    snprintf(d->asked + len, sizeof d->asked - len, "%s %s ", event->method, event->url);
}

static void note_name(struct diary *d, const gofer_trace_event *event)
{
    size_t len = strlen(d->text);

    snprintf(d->text + len, sizeof d->text - len, "%s%s", len > 0 ? " " : "",
             gofer_trace_name(event->kind));
}

static void note_field(struct diary *d, const gofer_trace_event *event)
{
    size_t len = strlen(d->fields);

    snprintf(d->fields + len, sizeof d->fields - len, "%s=%s;", event->field_name,
             event->field_value);
}

static void note(struct diary *d, const gofer_trace_event *event)
{
    struct diary_entry *entry = &d->entries[event->kind];

    if (event->kind == GOFER_TRACE_WROTE_HEADER_FIELD)
        note_field(d, event);
    else
        note_name(d, event);
    entry->event = *event;
    snprintf(entry->host, sizeof entry->host, "%s", event->host != NULL ? event->host : "");
    snprintf(entry->message, sizeof entry->message, "%s",
             event->message != NULL ? event->message : "");
    entry->count++;
    if (event->kind == GOFER_TRACE_GET_CONN)
        note_asked(d, event);
    if (event->kind == GOFER_TRACE_GOT_1XX)
        note_head(d->informational, event->response, "Link");
    if (event->kind == GOFER_TRACE_GOT_HEADERS)
        note_head(d->heads, event->response, "Location");
}

void diary_write(const gofer_trace_event *event, void *diary)
{
    struct diary *d = diary;

    pthread_mutex_lock(&d->lock);
    for (int i = 0; i < DIARY_KINDS; i++) {
        d->mixed |= d->entries[i].count > 0 && d->entries[i].event.call != event->call;
        d->disorder |= d->entries[i].count > 0 && d->entries[i].event.at_us > event->at_us;
    }
    if (event->kind > 0 && (int)event->kind < DIARY_KINDS)
        note(d, event);
    pthread_cond_broadcast(&d->told);
    pthread_mutex_unlock(&d->lock);
}

void diary_close(void *diary)
{
    struct diary *d = diary;

    pthread_mutex_lock(&d->lock);
    d->closed++;
    pthread_mutex_unlock(&d->lock);
}

const char *diary_text(struct diary *diary, char *buf)
{
    pthread_mutex_lock(&diary->lock);
    memcpy(buf, diary->text, sizeof diary->text);
    pthread_mutex_unlock(&diary->lock);
    return buf;
}

struct diary_entry diary_last(struct diary *diary, gofer_trace_kind kind)
{
    struct diary_entry entry;

    pthread_mutex_lock(&diary->lock);
    entry = diary->entries[kind];
    pthread_mutex_unlock(&diary->lock);
    return entry;
}

unsigned diary_count(struct diary *diary, gofer_trace_kind kind)
{
    return diary_last(diary, kind).count;
}

unsigned diary_closed(struct diary *diary)
{
    unsigned closed;

    pthread_mutex_lock(&diary->lock);
    closed = diary->closed;
    pthread_mutex_unlock(&diary->lock);
    return closed;
}

bool diary_wait(struct diary *diary, gofer_trace_kind kind, unsigned n)
{
    const struct timespec until = patience_end(CLOCK_REALTIME);
    int err = 0;

    pthread_mutex_lock(&diary->lock);
    while (diary->entries[kind].count < n && err != ETIMEDOUT)
        err = pthread_cond_timedwait(&diary->told, &diary->lock, &until);
    bool came = diary->entries[kind].count >= n;
    pthread_mutex_unlock(&diary->lock);
    return came;
}
