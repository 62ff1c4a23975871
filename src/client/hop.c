/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Deciding, with the user's check; leaving; reading a rest.
 */
#include "client/hop.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/callback.h"
#include "base/clock.h"
#include "client/call.h"
#include "client/core.h"
#include "client/driver.h"
#include "client/hops.h"
#include "client/late.h"
#include "client/limits.h"
#include "client/redirect.h"
#include "client/snapshot.h"
#include "client/steps.h"
#include "transport/history.h"
#include <gofer/redirect.h>

/* A redirect's body is read this far, as in Go, and this long. */
enum { REST_MAX_BYTES = 2048, REST_MS = 50 };

/* A request that a redirect asks for, and the check's view of it. */
struct gofer_redirect {
    const struct gofer_response *response;
    struct snapshot *next;
    struct prepared *prepared; /* of next */
    char *url;                 /* owned */
    char *value;               /* owned: what gofer_redirect_header() gave last */
    bool lacked;               /* it had no memory for one: the check was told that there is none */
};

static void upcoming_fini(struct gofer_redirect *up)
{
    if (up->next != NULL && up->prepared != NULL)
        snapshot_release(up->next, up->prepared);
    snapshot_unref(up->next);
    mem_free(up->url);
    mem_free(up->value);
}

/* --- the check's questions --- */

const char *gofer_redirect_method(const gofer_redirect *redirect)
{
    return redirect != NULL ? redirect->next->method : "";
}

const char *gofer_redirect_url(const gofer_redirect *redirect)
{
    return redirect != NULL ? redirect->url : "";
}

const gofer_response *gofer_redirect_response(const gofer_redirect *redirect)
{
    return redirect != NULL ? redirect->response : NULL;
}

void *gofer_redirect_user(const gofer_redirect *redirect)
{
    return redirect != NULL ? redirect->next->user : NULL;
}

/* The line of that name in a head that gofer wrote itself: "Name: value". NULL where there is none.
 */
static const char *find_line(const char *head, const char *name, size_t *value_len)
{
    size_t name_len = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncmp(line, "\r\n", 2) == 0)
            return NULL;
        if (strcspn(line, ":") != name_len || !ascii_equal_n(line, name_len, name))
            continue;
        const char *value = line + name_len + 1;
        value += *value == ' ';
        *value_len = strcspn(value, "\r");
        return value;
    }
    return NULL;
}

const char *gofer_redirect_header(const gofer_redirect *redirect, const char *name)
{
    if (redirect == NULL || name == NULL)
        return NULL;
    size_t len;
    const char *value = find_line(redirect->prepared->head, name, &len);
    char *copy = value != NULL ? mem_alloc(len + 1) : NULL;
    /* The check's view is const; whose it is, is here. */
    struct gofer_redirect *own = (struct gofer_redirect *)redirect;
    mem_free(own->value);
    own->value = copy;
    own->lacked = own->lacked || (value != NULL && copy == NULL);
    if (copy == NULL)
        return NULL;
    memcpy(copy, value, len);
    copy[len] = '\0';
    return copy;
}

/* --- deciding --- */

/* Beside redirect.h's answers: what came of asking. */
enum decision { DECLINE, FOLLOW, REFUSE, OUT_OF_MEMORY, NOT_NOW, SETTLED };

static enum decision refuse(struct buf *why, const char *format, long long number)
{
    buf_fini(why);
    buf_printf(why, format, number);
    return REFUSE;
}

static bool write_url(struct gofer_redirect *up)
{
    struct buf text = BUF_INIT;
    const struct url *url = &up->next->url;
    url_write_without_userinfo(url, &text);
    if (url->fragment != NULL) {
        buf_append_char(&text, '#');
        buf_append_str(&text, url->fragment);
    }
    up->url = buf_take_str(&text);
    return up->url != NULL;
}

static enum decision run_check(struct call *c, const struct gofer_redirect *up, struct buf *why)
{
    const gofer_client_options *o = &c->core->options;
    struct gofer_response *response = c->exchange.down.response;
    if (!late_enter(c->late, GOFER_PHASE_REDIRECT))
        return NOT_NOW;
    response->history = c->snapshot->hops != NULL ? c->snapshot->hops->history : NULL;
    callback_enter();
    gofer_redirect_verdict verdict = o->check_redirect(o->check_redirect_arg, up);
    callback_leave();
    response->history = NULL;
    if (late_leave(c->late))
        return SETTLED;
    if (up->lacked)
        return OUT_OF_MEMORY;
    if (verdict == GOFER_REDIRECT_FOLLOW)
        return FOLLOW;
    return verdict == GOFER_REDIRECT_USE ? DECLINE
                                         : refuse(why, "redirect refused by the program", 0);
}

static enum decision prepare(struct call *c, struct gofer_redirect *up, struct buf *why)
{
    gofer_status status;
    buf_fini(why);
    up->prepared = snapshot_prepare(up->next, c->core, &status, why);
    if (up->prepared == NULL)
        return status == GOFER_ERR_NOMEM ? OUT_OF_MEMORY : REFUSE;
    if (c->core->options.check_redirect == NULL)
        return FOLLOW;
    return write_url(up) ? run_check(c, up, why) : OUT_OF_MEMORY;
}

static bool too_many(const struct call *c, int64_t *max)
{
    const struct snapshot *s = c->snapshot;
    *max = s->max_redirects != 0 ? s->max_redirects : c->core->options.max_redirects;
    size_t followed = s->hops != NULL ? s->hops->history->len : 0;
    return *max >= 0 && followed >= (uint64_t)*max;
}

static enum decision decide(struct call *c, struct gofer_redirect *up, struct buf *why)
{
    const struct core *core = c->core;
    struct redirect_rules rules = {.defaults = &core->defaults,
                                   .trusts_all = core->options.trust_redirects,
                                   .allows_plain = core->options.allow_https_to_http,
                                   .has_jar = core->jar != NULL && !c->snapshot->no_cookies};
    int64_t max;
    up->response = c->exchange.down.response;
    call_keep_cookies(c);
    switch (redirect_next(c->snapshot, up->response, &rules, &up->next, why)) {
    case REDIRECT_NONE:
        return DECLINE;
    case REDIRECT_REFUSED:
        return REFUSE;
    case REDIRECT_NO_MEMORY:
        return OUT_OF_MEMORY;
    case REDIRECT_FOLLOW:
        break;
    }
    if (too_many(c, &max))
        return refuse(why, "stopped after %lld redirects", (long long)max);
    return prepare(c, up, why);
}

/* --- what comes of it --- */

/* The redirect is a response as any other. */
static enum task_next take_as_response(struct call *c, struct turn *turn)
{
    struct exchange *x = &c->exchange;
    if (x->down.complete)
        return call_succeed(c);
    if (x->request->down.streaming)
        return call_begin_stream(c, turn);
    enum exchange_next next = exchange_resume(x, &c->fault);
    if (next == EXCHANGE_DONE)
        return call_succeed(c);
    return next == EXCHANGE_FAILED ? call_exchange_failed(c, turn) : TASK_YIELD;
}

static enum task_next end_refused(struct call *c, const struct buf *why)
{
    fault_set(&c->fault, GOFER_ERR_REDIRECT, GOFER_PHASE_REDIRECT, 0, "%.*s", (int)why->len,
              why->len > 0 ? why->data : "");
    gofer_response *response = download_take_response(&c->exchange.down);
    if (c->exchange.down.complete)
        call_give_back_conn(c, driver_unpublish(c));
    else
        call_drop_exchange(c);
    return call_fail_with(c, response);
}

static enum task_next end_without_memory(struct call *c)
{
    fault_set(&c->fault, GOFER_ERR_NOMEM, GOFER_PHASE_REDIRECT, ENOMEM, NULL);
    return call_fail(c);
}

/* Notes the redirect, and hands what is remembered on to the next request. */
static bool remember(struct call *c, struct snapshot *next)
{
    struct hops *hops = c->snapshot->hops;
    if (hops == NULL && (hops = hops_new(c->snapshot)) == NULL)
        return false;
    /* The first request is the user's: nothing is kept in it. */
    if (hops == c->snapshot->hops)
        c->snapshot->hops = NULL;
    next->hops = hops;
    return history_add(hops->history, c->exchange.down.response->status, c->prepared->url);
}

static void change_request(struct call *c, struct gofer_redirect *up)
{
    struct hops *hops = up->next->hops;
    if (c->snapshot->source != up->next->source)
        source_release(c->snapshot->source, c);
    hops->left = c->snapshot;
    hops->left_prepared = c->prepared;
    c->snapshot = up->next;
    c->prepared = up->prepared;
    up->next = NULL;
    up->prepared = NULL;
    c->attempts = 0;
}

static enum task_next arrive(struct call *c)
{
    hops_forget_left(c->snapshot->hops);
    return call_begin_again(c);
}

/* Where only a few bytes keep the connection from serving again they are waited for. */
static enum task_next leave(struct call *c, struct gofer_redirect *up, struct turn *turn)
{
    struct exchange *x = &c->exchange;
    bool complete = x->down.complete;
    bool reads = !complete && exchange_is_worth_reading(x, REST_MAX_BYTES);
    if (!remember(c, up->next))
        return end_without_memory(c);
    if (complete)
        call_give_back_conn(c, driver_unpublish(c));
    else if (!reads)
        call_drop_exchange(c);
    change_request(c, up);
    if (!reads)
        return arrive(c);
    call_set_state(c, CALL_HOP);
    exchange_read_until(x, clock_after_ms(clock_now_ns(), REST_MS));
    return hop_read_rest(c, 0, turn);
}

enum task_next hop_meet(struct call *call, struct turn *turn)
{
    struct gofer_redirect up = {.next = NULL};
    struct buf why = BUF_INIT;
    enum task_next next = TASK_PARK; /* NOT_NOW: an event that ends the call is pending */
    switch (decide(call, &up, &why)) {
    case DECLINE:
        next = take_as_response(call, turn);
        break;
    case FOLLOW:
        next = leave(call, &up, turn);
        break;
    case REFUSE:
        next = end_refused(call, &why);
        break;
    case OUT_OF_MEMORY:
        next = end_without_memory(call);
        break;
    case SETTLED:
        next = call_clean_up(call);
        break;
    case NOT_NOW:
        break;
    }
    upcoming_fini(&up);
    buf_fini(&why);
    return next;
}

/* --- the rest of its body --- */

/* The timer was taken for the rest; from here on it is for the whole call again. */
static enum task_next give_rest_up(struct call *c, unsigned events)
{
    if (events & EV_TIMER)
        core_arm(c, atomic_load_explicit(&c->total_at, memory_order_relaxed));
    call_drop_exchange(c);
    return arrive(c);
}

static enum task_next await_rest(struct call *c, struct turn *turn)
{
    limits_arm(c);
    if (!turn->driven)
        return call_park_on(c, exchange_events(&c->exchange));
    driver_await_socket(c);
    return TASK_YIELD;
}

enum task_next hop_read_rest(struct call *call, unsigned events, struct turn *turn)
{
    struct exchange *x = &call->exchange;
    struct fault ignored = {0};
    size_t got;
    int64_t now = clock_now_ns();
    bool in_time = now < atomic_load_explicit(&call->total_at, memory_order_relaxed);
    if (in_time && !(events & (EV_CANCEL | EV_CLOSE)) && now >= exchange_deadline(x))
        return give_rest_up(call, events);
    if (limits_end(call, events, now))
        return call_fail(call);
    for (;;) {
        enum exchange_next next =
            exchange_read(x, turn->scratch, turn->scratch_len, &got, &ignored);
        if (next == EXCHANGE_FAILED || x->down.received > REST_MAX_BYTES)
            return give_rest_up(call, events);
        if (next == EXCHANGE_DONE) {
            call_give_back_conn(call, driver_unpublish(call));
            return arrive(call);
        }
        if (got == 0)
            return await_rest(call, turn);
    }
}

/* --- the end --- */

void hop_tell(struct call *call, gofer_response *response)
{
    struct hops *hops = call->snapshot->hops;
    if (hops == NULL || response == NULL)
        return;
    response->history = hops->history;
    hops->history = NULL;
}
