/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Recording calls; see timeline.h.
 */
#include "cli/timeline.h"

#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cli/text.h"

struct timeline {
    pthread_mutex_t lock;
    struct timeline_call *running; /* the youngest first, as below */
    struct timeline_call *ended;
    int64_t epoch_us;
};

static int64_t clock_us(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct timeline *timeline_new(void)
{
    struct timeline *t = cli_realloc(NULL, 1, sizeof *t);

    *t = (struct timeline){.epoch_us = clock_us(CLOCK_REALTIME) - clock_us(CLOCK_MONOTONIC)};
    pthread_mutex_init(&t->lock, NULL);
    return t;
}

/* --- fields ---------------------------------------------------------------- */

static void add_field(struct timeline_fields *fields, const char *name, const char *value)
{
    fields->items = cli_realloc(fields->items, fields->len + 1, sizeof *fields->items);
    fields->items[fields->len++] =
        (struct timeline_field){.name = cli_strdup(name), .value = cli_strdup(value)};
}

static void free_fields(struct timeline_fields *fields)
{
    for (size_t i = 0; i < fields->len; i++) {
        free(fields->items[i].name);
        free(fields->items[i].value);
    }
    free(fields->items);
}

const char *timeline_field(const struct timeline_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->len; i++)
        if (strcasecmp(fields->items[i].name, name) == 0)
            return fields->items[i].value;
    return NULL;
}

/* --- calls and trips ------------------------------------------------------- */

static void free_call(struct timeline_call *call)
{
    for (size_t i = 0; i < call->trips_len; i++) {
        struct trip *trip = &call->trips[i];
        char *strings[] = {trip->method, trip->url,    trip->tls_version, trip->tls_cipher,
                           trip->peer,   trip->reason, trip->error};

        for (size_t s = 0; s < sizeof strings / sizeof strings[0]; s++)
            free(strings[s]);
        free_fields(&trip->request);
        free_fields(&trip->response);
    }
    free(call->trips);
    free(call);
}

static void free_calls(struct timeline_call *call)
{
    while (call != NULL) {
        struct timeline_call *next = call->next;

        free_call(call);
        call = next;
    }
}

void timeline_free(struct timeline *timeline)
{
    if (timeline == NULL)
        return;
    free_calls(timeline->running);
    free_calls(timeline->ended);
    pthread_mutex_destroy(&timeline->lock);
    free(timeline);
}

static struct timeline_call *find(struct timeline_call *call, uint64_t number)
{
    while (call != NULL && call->number != number)
        call = call->next;
    return call;
}

static struct trip *add_trip(struct timeline_call *call, const gofer_trace_event *e)
{
    struct trip *trip;

    call->trips = cli_realloc(call->trips, call->trips_len + 1, sizeof *call->trips);
    trip = &call->trips[call->trips_len++];
    *trip = (struct trip){.method = cli_strdup(e->method),
                          .url = cli_strdup(e->url),
                          .begun_us = e->at_us,
                          .body_bytes = -1};
    return trip;
}

static void begin_call(struct timeline *t, const gofer_trace_event *e)
{
    struct timeline_call *call = cli_realloc(NULL, 1, sizeof *call);

    *call = (struct timeline_call){.number = e->call, .user = e->user, .begun_us = e->at_us};
    call->next = t->running;
    t->running = call;
    add_trip(call, e);
}

static void end_call(struct timeline *t, struct timeline_call *call)
{
    struct timeline_call **at = &t->running;

    while (*at != NULL && *at != call)
        at = &(*at)->next;
    if (*at == NULL)
        return;
    *at = call->next;
    call->next = t->ended;
    t->ended = call;
}

/* --- events ---------------------------------------------------------------- */

static void set_string(char **string, const char *value)
{
    free(*string);
    *string = value != NULL ? cli_strdup(value) : NULL;
}

/* The first time counts: of several addresses, the first that was tried. */
static void set_first(int64_t *at, int64_t now)
{
    if (*at == 0)
        *at = now;
}

static void ask(struct timeline_call *call, const gofer_trace_event *e)
{
    struct trip *trip = &call->trips[call->trips_len - 1];

    if (trip->asked_us != 0) {
        set_first(&trip->ended_us, e->at_us);
        trip = add_trip(call, e);
    }
    trip->asked_us = e->at_us;
}

static void note_conn(struct trip *trip, const gofer_trace_event *e)
{
    char host[NI_MAXHOST];

    trip->got_us = e->at_us;
    trip->conn = e->conn;
    trip->reused = e->reused;
    trip->was_idle = e->was_idle;
    trip->idle_us = e->idle_us;
    if (e->addresses_len > 0 && getnameinfo(e->addresses->addr, e->addresses->addr_len, host,
                                            sizeof host, NULL, 0, NI_NUMERICHOST) == 0)
        set_string(&trip->peer, host);
}

static void note_tls(struct trip *trip, const gofer_trace_event *e)
{
    trip->secured_us = e->at_us;
    trip->tls_resumed = e->tls_resumed;
    set_string(&trip->tls_version, e->tls_version);
    set_string(&trip->tls_cipher, e->tls_cipher);
}

static bool sets_cookies(const char *name)
{
    return strcasecmp(name, "Set-Cookie") == 0;
}

static void note_head(struct trip *trip, const gofer_response *response)
{
    const char *name, *value;

    trip->status = gofer_response_status(response);
    trip->http_minor = gofer_response_http_minor(response);
    set_string(&trip->reason, gofer_response_reason(response));
    for (size_t i = 0; gofer_response_header_at(response, i, &name, &value); i++)
        add_field(&trip->response, name, sets_cookies(name) ? "***" : value);
}

static void end(struct timeline *t, struct timeline_call *call, const gofer_trace_event *e)
{
    struct trip *trip = &call->trips[call->trips_len - 1];

    set_first(&trip->ended_us, e->at_us);
    call->ended_us = e->at_us;
    call->status = e->status;
    if (e->status != GOFER_OK)
        set_string(&trip->error, e->message);
    end_call(t, call);
}

static void note(struct timeline *t, struct timeline_call *call, const gofer_trace_event *e)
{
    struct trip *trip = &call->trips[call->trips_len - 1];

    switch (e->kind) {
    case GOFER_TRACE_GET_CONN:
        ask(call, e);
        break;
    case GOFER_TRACE_DNS_START:
        set_first(&trip->lookup_us, e->at_us);
        break;
    case GOFER_TRACE_DNS_DONE:
        trip->looked_up_us = e->at_us;
        break;
    case GOFER_TRACE_CONNECT_START:
        set_first(&trip->connect_us, e->at_us);
        break;
    case GOFER_TRACE_CONNECT_DONE:
        if (e->status == GOFER_OK)
            trip->connected_us = e->at_us;
        break;
    case GOFER_TRACE_TLS_START:
        set_first(&trip->tls_us, e->at_us);
        break;
    case GOFER_TRACE_TLS_DONE:
        note_tls(trip, e);
        break;
    case GOFER_TRACE_GOT_CONN:
        note_conn(trip, e);
        break;
    case GOFER_TRACE_WROTE_HEADER_FIELD:
        add_field(&trip->request, e->field_name, e->field_value);
        break;
    case GOFER_TRACE_WROTE_REQUEST:
        trip->sent_us = e->at_us;
        break;
    case GOFER_TRACE_GOT_FIRST_BYTE:
        set_first(&trip->first_byte_us, e->at_us);
        break;
    case GOFER_TRACE_GOT_HEADERS:
        note_head(trip, e->response);
        break;
    case GOFER_TRACE_PUT_IDLE:
        set_first(&trip->ended_us, e->at_us);
        break;
    case GOFER_TRACE_RETRY:
        set_first(&trip->ended_us, e->at_us);
        set_string(&trip->error, e->message);
        break;
    case GOFER_TRACE_END:
        end(t, call, e);
        break;
    default:
        break;
    }
}

void timeline_event(const gofer_trace_event *event, void *timeline)
{
    struct timeline *t = timeline;
    struct timeline_call *call;

    pthread_mutex_lock(&t->lock);
    if (event->kind == GOFER_TRACE_BEGIN) {
        begin_call(t, event);
    } else {
        call = find(t->running, event->call);
        if (call == NULL)
            call = find(t->ended, event->call);
        if (call != NULL)
            note(t, call, event);
    }
    pthread_mutex_unlock(&t->lock);
}

/* --- afterwards ------------------------------------------------------------ */

void timeline_body(struct timeline *timeline, const void *user, int64_t bytes)
{
    struct timeline_call *call;

    if (timeline == NULL)
        return;
    pthread_mutex_lock(&timeline->lock);
    for (call = timeline->ended; call != NULL && call->user != user;)
        call = call->next;
    if (call != NULL)
        call->trips[call->trips_len - 1].body_bytes = bytes;
    pthread_mutex_unlock(&timeline->lock);
}

/* The youngest first. */
static int by_age(const void *a, const void *b)
{
    const struct timeline_call *const *x = a, *const *y = b;

    return ((*y)->number > (*x)->number) - ((*y)->number < (*x)->number);
}

/* Moves all calls into an array; returns how many. */
static size_t collect(struct timeline *t, struct timeline_call ***calls)
{
    struct timeline_call *lists[] = {t->running, t->ended};
    size_t n = 0;

    *calls = NULL;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        for (struct timeline_call *c = lists[i]; c != NULL; c = c->next) {
            set_first(&c->trips[c->trips_len - 1].ended_us, clock_us(CLOCK_MONOTONIC));
            *calls = cli_realloc(*calls, n + 1, sizeof(void *));
            (*calls)[n++] = c;
        }
    t->running = t->ended = NULL;
    return n;
}

const struct timeline_call *timeline_calls(struct timeline *timeline)
{
    struct timeline_call **calls;
    size_t n;

    pthread_mutex_lock(&timeline->lock);
    n = collect(timeline, &calls);
    if (n > 0)
        qsort(calls, n, sizeof(void *), by_age);
    for (size_t i = 0; i < n; i++) {
        calls[i]->next = timeline->ended;
        timeline->ended = calls[i];
    }
    pthread_mutex_unlock(&timeline->lock);
    free(calls);
    return timeline->ended;
}

int64_t timeline_epoch_us(const struct timeline *timeline)
{
    return timeline->epoch_us;
}
