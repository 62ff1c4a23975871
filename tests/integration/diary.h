/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A trace that writes down what it is told: the events' names in order, with a
 * space between, and a copy of the last event of each kind. Events of several
 * threads are put in a row by its lock. It tells whether it was closed, and lives
 * until its test is over.
 */
#ifndef TESTS_INTEGRATION_DIARY_H
#define TESTS_INTEGRATION_DIARY_H

#include <gofer/gofer.h>
#include <pthread.h>

enum { DIARY_KINDS = GOFER_TRACE_GOT_HEADERS + 1, DIARY_TEXT = 4096, DIARY_WORDS = 256 };

/* What of an event outlives it. */
struct diary_entry {
    gofer_trace_event event; /* its pointers are not valid, but these: */
    char host[DIARY_WORDS];
    char message[DIARY_WORDS];
    unsigned count;
};

struct diary {
    pthread_mutex_t lock;
    pthread_cond_t told; /* an event came */
    char text[DIARY_TEXT];
    struct diary_entry entries[DIARY_KINDS];
    char fields[DIARY_TEXT]; /* "Host=a;Accept=b;": those sent, which stand not in the text */
    char informational[DIARY_WORDS]; /* "103 </a> 123 - ": status and Link of each 1xx */
    char heads[DIARY_WORDS];         /* "302 /b 200 - ": status and Location of each response */
    char asked[DIARY_WORDS];         /* "POST http://h/a GET http://h/b ": of each GET_CONN */
    bool mixed;                      /* events of more than one call */
    bool disorder;                   /* an event's time before the one's before it */
    unsigned closed;
};

/* Begins an empty one. */
void diary_begin(struct diary *diary);

/* gofer_trace_fn, and its close. */
void diary_write(const gofer_trace_event *event, void *diary);
void diary_close(void *diary);

/* Copies, for the test's thread. */
const char *diary_text(struct diary *diary, char *buf);
struct diary_entry diary_last(struct diary *diary, gofer_trace_kind kind);
unsigned diary_count(struct diary *diary, gofer_trace_kind kind);
unsigned diary_closed(struct diary *diary);

/* Waits, in a bounded time, until there are n events of that kind. */
bool diary_wait(struct diary *diary, gofer_trace_kind kind, unsigned n);

#endif
