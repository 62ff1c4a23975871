/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See call.h.
 */
#include "chaos/call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chaos/pattern.h"
#include "support/gate.h"

enum {
    LONG_MS = 60000,  /* the limit of a call that nothing holds up */
    SLACK_MS = 10000, /* how much later than its limit a call may end on a busy machine */
    STALL_MIN_MS = 5,
    STALL_MORE_MS = 30,
    HEAVY_MS = 100,
    SMALL = 1500,
    MIDDLE = 40000,
    LARGE = 1 << 20
};

static unsigned roll(struct call *call, unsigned below)
{
    return dice_roll(&call->caller->dice, below);
}

/* --- where to --- */

/* Names that move, names that do not exist, ports where nobody is. */
static void write_url(struct call *call, const char *scheme, const char *host, enum far_port port)
{
    const struct storm *storm = call->caller->storm;
    unsigned number =
        call->fault->kind == FAULT_black_hole ? storm->hole.port : storm->far.ports[port];

    snprintf(call->url, sizeof call->url, "%s://%s:%u/%s/%" PRIu64 "/%zu", scheme, host, number,
             call->fault->name, call->id, call->size);
}

static void write_away_url(struct call *call)
{
    char host[48];
    char *mark = host;

    switch (call->fault->kind) {
    case FAULT_refused:
        return write_url(call, "http", "127.0.0.1", FAR_CLOSED);
    case FAULT_black_hole:
        return write_url(call, "http", "127.0.0.1", FAR_PLAIN);
    case FAULT_no_name:
        return write_url(call, "http", "gone.good.test", FAR_PLAIN);
    case FAULT_no_dns:
        return write_url(call, "http", "mute.good.test", FAR_PLAIN);
    case FAULT_rude_tls:
        return write_url(call, "https", "127.0.0.1", FAR_RUDE);
    case FAULT_mute_tls:
        return write_url(call, "https", "127.0.0.1", FAR_MUTE);
    default:
        snprintf(host, sizeof host, "%s.good.test", call->fault->name);
        while ((mark = strchr(mark, '_')) != NULL)
            *mark = '-';
        return write_url(call, "https", host, FAR_TLS);
    }
}

/* Three of four are direct, and one of four is https. */
static void write_any_url(struct call *call)
{
    char host[32];
    bool tls = roll(call, 4) == 0;

    snprintf(host, sizeof host, "h%u.good.test", roll(call, STORM_HOSTS));
    if ((call->fault->flags & FAULT_OWN_HOST) != 0)
        snprintf(host, sizeof host, "stray.good.test");
    write_url(call, tls ? "https" : "http", host, tls ? FAR_TLS : FAR_PLAIN);
}

static void set_proxy(struct call *call)
{
    static const char *const schemes[] = {"http", "https", "socks5h"};
    static const enum far_port ports[] = {FAR_PROXY, FAR_TLS_PROXY, FAR_SOCKS};
    const struct far *far = &call->caller->storm->far;
    unsigned which = roll(call, 3);
    char proxy[64];

    snprintf(proxy, sizeof proxy, "%s://127.0.0.1:%u", schemes[which], far->ports[ports[which]]);
    gofer_request_set_proxy(call->request, proxy);
}

/* --- what --- */

static size_t draw_size(struct call *call)
{
    unsigned kind = roll(call, 40);

    if (call->fault->kind == FAULT_large)
        return LARGE + roll(call, LARGE);
    return 1 + roll(call, kind == 0 ? MIDDLE : SMALL);
}

static const char *draw_method(struct call *call, bool with_body)
{
    unsigned which = roll(call, 10);

    call->post = with_body ? which < 5 : which < 1;
    call->repeatable = !with_body && !call->post;
    return call->post ? "POST" : with_body ? "PUT" : "GET";
}

static int64_t draw_limit(struct call *call)
{
    if ((call->fault->flags & FAULT_HEAVY) != 0)
        return HEAVY_MS;
    if ((call->fault->flags & FAULT_STALLS) != 0)
        return STALL_MIN_MS + roll(call, STALL_MORE_MS);
    call->brief = roll(call, 60) == 0;
    return call->brief ? 1 + roll(call, 20) : LONG_MS;
}

static void set_fields(struct call *call)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, call->id);
    gofer_request_set_header(call->request, "X-Id", text);
    if (call->upload.len == 0)
        return;
    snprintf(text, sizeof text, "%" PRIu64, call->upload.number);
    gofer_request_set_header(call->request, "X-Body", text);
    snprintf(text, sizeof text, "%" PRIu64, call->upload.len);
    gofer_request_set_header(call->request, "X-Body-Length", text);
}

static void make_request(struct call *call)
{
    unsigned flags = call->fault->flags;
    bool with_body = (flags & FAULT_UPLOAD) != 0 || roll(call, 4) == 0;
    struct caller *caller = call->caller;
    const char *method = draw_method(call, with_body);

    if ((flags & FAULT_AWAY) != 0)
        write_away_url(call);
    else
        write_any_url(call);
    call->request = gofer_request_new(method, call->url);
    /* Only one call at a time of a caller, and none that it drops, may have a hungry body. */
    if (with_body)
        upload_set(&call->upload, call->request, call->id, &caller->dice,
                   (flags & FAULT_HEAVY) != 0, caller->storm->file,
                   call->watched == caller->watched && call->way != WAY_DROP ? &caller->hungry
                                                                             : NULL);
    set_fields(call);
    if ((flags & FAULT_PROXIED) != 0 || ((flags & FAULT_AWAY) == 0 && roll(call, 4) == 0))
        set_proxy(call);
    call->expects = with_body && (flags & FAULT_HEAVY) == 0 && roll(call, 8) == 0;
    gofer_request_set_expect_continue(call->request, call->expects);
    if ((flags & FAULT_TRIED) != 0) {
        gofer_request_set_attempts(call->request, 3);
        gofer_request_set_idempotent(call->request, 1);
        call->post = false;
        call->repeatable = true;
    }
}

static bool is_streaming(enum way way)
{
    return way == WAY_STREAM || way == WAY_STREAM_FUTURE || way == WAY_SINK || way == WAY_QUIT;
}

void call_begin(struct call *call, struct caller *caller, enum way way, unsigned slot)
{
    struct storm *storm = caller->storm;

    *call = (struct call){.caller = caller, .way = way, .watched = &caller->watched[slot]};
    call->id = storm->next_id++;
    do
        call->fault = fault_draw(&caller->dice);
    while ((call->fault->flags & FAULT_BUFFERED) != 0 && is_streaming(way));
    call->size = draw_size(call);
    make_request(call);
    call->limit_ms = draw_limit(call);
    call->canceled = way == WAY_IMPATIENT || way == WAY_TOKEN;
    gofer_request_set_timeout_ms(call->request, call->limit_ms);
    gofer_request_set_streaming(call->request, is_streaming(way));
    gofer_request_set_user(call->request, call);
    call->began_ms = now_ms();
    call->watched->id = call->id;
    call->watched->fault = call->fault->kind;
    call->watched->way = way;
    call->watched->due_ms = call->began_ms + call->limit_ms + SLACK_MS;
    storm->begun++;
    storm->by_way[way]++;
    storm->by_fault[call->fault->kind]++;
    pthread_mutex_lock(&caller->lock);
    if (slot == 0)
        caller->feeding = call->request;
    pthread_mutex_unlock(&caller->lock);
}

void call_limit(struct call *call, int64_t limit_ms)
{
    if (limit_ms >= call->limit_ms)
        return;
    call->limit_ms = limit_ms;
    call->brief = true;
}

/* --- the judgement --- */

static void complain(struct call *call, const char *what, const gofer_error *error)
{
    storm_complain(call->caller->storm, "call %" PRIu64 " (%s, %s%s) %s: %s: %s", call->id,
                   call->fault->name, way_names[call->way], call->post ? ", POST" : "", call->url,
                   what, error != NULL ? error->message : "no error");
}

/* It met a connection that was being closed, and is not sent again unasked. */
static bool met_a_close(const struct call *call, const gofer_error *error)
{
    return !call->repeatable && error != NULL && error->code == GOFER_ERR_BROKEN && error->reused;
}

/* A good dial took longer than dials may. */
static bool met_a_slow_machine(const struct call *call, const gofer_error *error)
{
    return error != NULL && error->timeout && error->phase >= GOFER_PHASE_QUEUE &&
           error->phase <= GOFER_PHASE_TLS && now_ms() - call->began_ms >= STORM_DIAL_MS;
}

static bool is_explained(const struct call *call, gofer_status status, const gofer_error *error)
{
    if (fault_may_end(call->fault, status) || met_a_close(call, error))
        return true;
    if (status == GOFER_ERR_CANCELED)
        return call->canceled;
    if (status == GOFER_ERR_TRUNCATED && call->expects)
        return fault_may_end(call->fault, GOFER_ERR_BROKEN);
    return status == GOFER_ERR_TIMEOUT && (call->brief || met_a_slow_machine(call, error));
}

static void judge_error(struct call *call, const gofer_error *error)
{
    struct storm *storm = call->caller->storm;

    if (error->timeout)
        storm->timeouts[error->phase]++;
    storm->slow_dials += met_a_slow_machine(call, error);
    if (error->code == GOFER_ERR_CANCELED || call->brief || met_a_close(call, error) ||
        met_a_slow_machine(call, error))
        return;
    gofer_phase latest = call->fault->latest;
    if (call->expects && latest == GOFER_PHASE_WAIT)
        latest = GOFER_PHASE_HEADERS;
    if (error->phase > latest)
        complain(call, "in a phase that it cannot have reached", error);
}

static void judge_head(struct call *call, const gofer_response *response)
{
    int code = gofer_response_status(response);
    const char *id = gofer_response_header(response, "X-Id");
    bool tried = call->fault->kind == FAULT_busy && code == 200;

    if (code != call->fault->code && !tried)
        complain(call, "another status code", NULL);
    if (id == NULL || strtoull(id, NULL, 10) != call->id)
        complain(call, "ANOTHER CALL'S RESPONSE", NULL);
}

static void judge_posts(struct call *call, bool answered)
{
    const struct storm *storm = call->caller->storm;
    unsigned seen = storm->far.seen[call->id];

    if (call->post && seen > 1)
        complain(call, "A POST THAT CAME TWICE", NULL);
    if (answered && seen == 0)
        complain(call, "answered and never seen", NULL);
}

static void judge_time(struct call *call)
{
    _Atomic int64_t *latest = &call->caller->storm->latest_ms;
    int64_t late_ms = now_ms() - call->began_ms - call->limit_ms, most = *latest;

    while (late_ms > most && !atomic_compare_exchange_weak(latest, &most, late_ms))
        continue;
    if (late_ms > SLACK_MS)
        complain(call, "ended long after its deadline", NULL);
}

static void over(struct call *call, gofer_response *response)
{
    struct caller *caller = call->caller;

    if (call->watched == caller->watched) {
        pthread_mutex_lock(&caller->lock);
        caller->feeding = NULL;
        pthread_mutex_unlock(&caller->lock);
    }
    call->watched->due_ms = 0;
    gofer_response_free(response);
    gofer_request_free(call->request);
    caller->storm->ended++;
}

static bool judge(struct call *call, gofer_status status, const gofer_response *response)
{
    const gofer_error *error = gofer_response_error(response);
    struct storm *storm = call->caller->storm;

    storm->by_status[status]++;
    judge_time(call);
    judge_posts(call, status == GOFER_OK);
    if ((error != NULL ? error->code : GOFER_OK) != status)
        complain(call, "status and error differ", error);
    if (!is_explained(call, status, error))
        complain(call, gofer_status_name(status), error);
    if (error != NULL)
        judge_error(call, error);
    if (status == GOFER_OK)
        judge_head(call, response);
    return status == GOFER_OK;
}

static size_t body_length(const struct call *call)
{
    return call->fault->kind == FAULT_nothing ? 0 : call->size;
}

bool call_check(struct call *call, uint64_t at, const void *data, size_t len)
{
    call->caller->storm->checked_bytes += len;
    if (pattern_is(call->id, at, data, len))
        return true;
    complain(call, "A BODY THAT IS NOT ITS OWN", NULL);
    return false;
}

void call_end(struct call *call, gofer_status status, gofer_response *response)
{
    size_t len;
    const void *body = gofer_response_body(response, &len);

    if (judge(call, status, response)) {
        if (len != body_length(call))
            complain(call, "a body of another length", NULL);
        call_check(call, 0, body, len);
    }
    over(call, response);
}

void call_end_stream(struct call *call, gofer_status status, gofer_response *response,
                     uint64_t streamed)
{
    if (judge(call, status, response) && streamed != body_length(call))
        complain(call, "a stream of another length", NULL);
    over(call, response);
}

void call_end_unread(struct call *call, gofer_response *response)
{
    call->caller->storm->dropped++;
    over(call, response);
}
