/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * -v and --trace, out of the library's events; see verbose.h.
 */
#include "cli/verbose.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/trace_file.h"
#include "cli/verbose_conn.h"

static bool is_told(const struct transfer *t)
{
    return t->config->global->verbose && t->config->global->trace == NULL;
}

void verbose_say(const struct transfer *t, const char *format, ...)
{
    struct text line = {0};
    char *words = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&words, format, args) < 0)
        cli_out_of_memory();
    va_end(args);
    text_printf(&line, "%s\n", words);
    free(words);
    trace_file_info(t, text_str(&line));
    if (is_told(t)) {
        flockfile(stderr);
        trace_file_prefix(stderr, t);
        fprintf(stderr, "* %s", text_str(&line));
        funlockfile(stderr);
    }
    text_fini(&line);
}

/* Each line of a head with a mark before it. */
static void show_head(const struct transfer *t, char mark, const char *data, size_t len)
{
    if (!is_told(t))
        return;
    flockfile(stderr);
    for (size_t at = 0; at < len;) {
        size_t n = 0;

        while (at + n < len && data[at + n] != '\r' && data[at + n] != '\n')
            n++;
        trace_file_prefix(stderr, t);
        fprintf(stderr, "%c %.*s\n", mark, (int)n, data + at);
        at += n;
        at += at < len && data[at] == '\r';
        at += at < len && data[at] == '\n';
    }
    funlockfile(stderr);
}

/* --- events ---------------------------------------------------------------- */

/*
 * What the trace is told through: a dial, or a response that nobody reads to its end, may have
 * something to tell when the transfer is gone. Once the call has its connection, dials are not
 * heard: they tell on other threads, and the transfer is the call's thread's alone from then on.
 */
struct ear {
    pthread_mutex_t lock;      /* guards the rest, and the transfer while an event is told */
    struct transfer *transfer; /* NULL: gone */
    bool deaf;                 /* to dials: the call has its connection, or has ended */
};

static void gather_head(struct transfer *t, const gofer_trace_event *e)
{
    t->last_head = t->heads.len;
    text_append(&t->heads, e->data, e->data_len);
}

static void on_head(struct transfer *t, const gofer_trace_event *e)
{
    if (e->kind == GOFER_TRACE_GOT_HEAD || !t->config->proxy.hides_answer)
        gather_head(t, e);
    show_head(t, '<', e->data, e->data_len);
    trace_file_got_head(t, e->data, e->data_len);
}

static void on_sent_head(struct transfer *t, const gofer_trace_event *e)
{
    if (e->kind == GOFER_TRACE_SENT_HEAD && t->facts.requests > 1)
        progress_hop(t->progress, &t->gauge, progress_now_us());
    show_head(t, '>', e->data, e->data_len);
    trace_file_sent_head(t, e->data, e->data_len);
}

/* Another attempt: what the last one brought does not count. */
static void on_retry(struct transfer *t, const gofer_trace_event *e)
{
    text_fini(&t->heads);
    t->last_head = 0;
    text_fini(&t->untold);
    verbose_conn_event(t, e);
}

static void hear(struct transfer *t, const gofer_trace_event *e)
{
    switch (e->kind) {
    case GOFER_TRACE_SENT_HEAD:
    case GOFER_TRACE_SENT_CONNECT:
        on_sent_head(t, e);
        break;
    case GOFER_TRACE_SENT_BODY:
        trace_file_sent_body(t, e->data, e->data_len);
        break;
    case GOFER_TRACE_RECEIVED:
        trace_file_received(t, e->data, e->data_len);
        break;
    case GOFER_TRACE_GOT_HEAD:
    case GOFER_TRACE_GOT_CONNECT:
        on_head(t, e);
        break;
    case GOFER_TRACE_RETRY:
        on_retry(t, e);
        break;
    default:
        if (is_told(t) || t->config->global->trace != NULL)
            verbose_conn_event(t, e);
        break;
    }
}

static bool is_dials(gofer_trace_kind kind)
{
    return (kind >= GOFER_TRACE_DNS_START && kind <= GOFER_TRACE_TLS_DONE) ||
           kind == GOFER_TRACE_SENT_CONNECT || kind == GOFER_TRACE_GOT_CONNECT;
}

static void take(struct ear *ear, const gofer_trace_event *e)
{
    if (e->kind == GOFER_TRACE_GET_CONN)
        ear->deaf = false;
    else if (e->kind == GOFER_TRACE_GOT_CONN || e->kind == GOFER_TRACE_END)
        ear->deaf = true;
    if (ear->deaf && is_dials(e->kind))
        return;
    facts_event(&ear->transfer->facts, e);
    hear(ear->transfer, e);
}

static void on_event(const gofer_trace_event *e, void *arg)
{
    struct ear *ear = arg;

    pthread_mutex_lock(&ear->lock);
    if (ear->transfer != NULL)
        take(ear, e);
    pthread_mutex_unlock(&ear->lock);
}

/* The ear is there as long as the trace is, and that as long as the call. */
static void on_upload(void *arg, int64_t sent, int64_t total)
{
    struct ear *ear = arg;

    pthread_mutex_lock(&ear->lock);
    if (ear->transfer != NULL) {
        atomic_store(&ear->transfer->gauge.up, sent);
        atomic_store(&ear->transfer->gauge.up_total, total > 0 ? total : 0);
    }
    pthread_mutex_unlock(&ear->lock);
}

static void drop_ear(void *arg)
{
    struct ear *ear = arg;

    pthread_mutex_destroy(&ear->lock);
    free(ear);
}

void verbose_begin(struct transfer *t)
{
    t->ear = cli_realloc(NULL, 1, sizeof *t->ear);
    *t->ear = (struct ear){.transfer = t};
    pthread_mutex_init(&t->ear->lock, NULL);
    if (gofer_request_set_trace(t->request, on_event, t->ear, drop_ear) == GOFER_ERR_NOMEM ||
        gofer_request_set_progress(t->request, on_upload, t->ear) == GOFER_ERR_NOMEM)
        cli_out_of_memory();
    verbose_say(t, "%s %s", transfer_method(t), text_str(&t->url));
}

void verbose_forget(struct transfer *t)
{
    if (t->ear == NULL)
        return;
    pthread_mutex_lock(&t->ear->lock);
    t->ear->transfer = NULL;
    pthread_mutex_unlock(&t->ear->lock);
    t->ear = NULL;
}

void verbose_end(struct transfer *t)
{
    trace_file_flush(t);
    if (t->response != NULL && (is_told(t) || t->config->global->trace != NULL))
        verbose_conn_certificate(t);
    if (t->message.len > 0)
        verbose_say(t, "%s", text_str(&t->message));
}
