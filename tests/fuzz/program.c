/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options and requests, as the input has them; 0 is the simplest of each.
 */
#include "fuzz/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "fuzz/world.h"

static int64_t pick(struct fuzz *f, const int64_t *from, size_t n)
{
    return from[fuzz_byte(f) % n];
}

#define PICK(f, ...)                                                                               \
    pick((f), (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / 8)

/* --- names --- */

static void answer(gofer_lookup *lookup, unsigned byte)
{
    if (byte >= 240) {
        gofer_lookup_fail(lookup);
        return;
    }
    if (byte < 224)
        gofer_lookup_add(lookup, "192.0.2.3");
    if (byte % 4 == 1)
        gofer_lookup_add(lookup, "2001:db8::3");
    if (byte % 4 == 2)
        gofer_lookup_add(lookup, "192.0.2.4");
    gofer_lookup_done(lookup, byte % 8 == 0 ? 1000 : byte);
}

static void look_up(gofer_lookup *lookup, void *arg)
{
    struct program *p = arg;
    unsigned byte = world_byte();
    if (byte % 2 == 0 || p->lookups_len == LOOKUPS)
        answer(lookup, byte);
    else
        p->lookups[p->lookups_len++] = lookup;
}

void program_answer_lookups(struct program *p)
{
    while (p->lookups_len > 0)
        answer(p->lookups[--p->lookups_len], world_byte());
}

/* --- the client --- */

static void set_limits(gofer_client_options *o, struct fuzz *f)
{
    o->timeout_ms = PICK(f, 0, 50, 1000, 5000);
    o->stall_timeout_ms = PICK(f, 0, 200, 1000);
    o->connect_timeout_ms = PICK(f, 0, 100, 1000, GOFER_NEVER);
    o->response_header_timeout_ms = PICK(f, 0, 100, 1000);
    o->idle_conn_timeout_ms = PICK(f, 0, 500, 5000);
    o->conn_max_age_ms = PICK(f, 0, 300);
    o->expect_continue_timeout_ms = PICK(f, 0, 50);
    o->min_rate_bytes_per_s = PICK(f, 0, 0, 0, 1000);
    o->min_rate_window_ms = PICK(f, 0, 500);
    o->fallback_delay_ms = PICK(f, 0, 10, GOFER_NEVER);
}

static void set_bounds(gofer_client_options *o, struct fuzz *f)
{
    o->max_queued = PICK(f, 0, 0, 2, 5);
    o->queue_full = (gofer_queue_full)PICK(f, GOFER_QUEUE_REJECT, GOFER_QUEUE_BLOCK);
    o->max_idle_conns = PICK(f, 0, 1, 2);
    o->max_idle_conns_per_host = PICK(f, 0, 1);
    o->max_conns_per_host = PICK(f, 0, 1, 2);
    o->max_body_bytes = PICK(f, 0, 0, 1000);
    o->max_response_header_bytes = PICK(f, 0, 0, 200);
    unsigned flags = fuzz_byte(f);
    o->disable_keep_alives = (flags & 7) == 7;
    o->skip_checkout_check = (flags & 8) != 0;
    o->disable_decompression = (flags & 16) != 0;
    o->disable_redirects = (flags & 32) != 0;
    o->measure = (flags & 64) != 0;
    o->max_redirects = PICK(f, 0, 1, 3);
}

static void set_retries(gofer_client_options *o, struct fuzz *f)
{
    o->retry_attempts = PICK(f, 0, 0, 3, 5);
    o->retry_delay_ms = PICK(f, 0, 20, 500);
    o->retry_max_after_ms = PICK(f, 0, 1000);
    o->retry_max_time_ms = PICK(f, 0, 3000);
    o->retry_on = (unsigned)PICK(f, 0, 63, 16, 8);
    o->retry_no_jitter = fuzz_byte(f) % 2 != 0;
    o->retry_unsafe = fuzz_byte(f) % 8 == 7;
}

static int64_t shortest_limit(const gofer_client_options *o)
{
    const int64_t limits[] = {o->stall_timeout_ms, o->connect_timeout_ms,
                              o->response_header_timeout_ms,
                              o->min_rate_bytes_per_s > 0 ? o->min_rate_window_ms : 0};
    int64_t shortest = 10 * 1000; /* no default is shorter */
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (limits[i] > 0 && limits[i] < shortest)
            shortest = limits[i];
    return shortest;
}

void program_begin(struct program *p, struct fuzz *f)
{
    static const char *const proxies[] = {NULL, NULL, "http://192.0.2.9:3128", "http://name.test"};
    *p = (struct program){.f = f};
    gofer_client_options *o = &p->options;
    o->workers = GOFER_NO_WORKERS;
    o->disable_proxy_env = true;
    o->resolver = look_up;
    o->resolver_arg = p;
    set_limits(o, f);
    set_bounds(o, f);
    set_retries(o, f);
    unsigned proxy = fuzz_byte(f);
    o->proxy = proxies[proxy % 4];
    o->proxy_tunnel = (proxy & 4) != 0;
    p->limit_ms = shortest_limit(o);
    p->client = gofer_client_new(o);
}

/* --- bodies --- */

static ssize_t source_read(void *arg, void *buf, size_t cap)
{
    struct source *s = arg;
    unsigned byte = world_byte();
    if (byte >= 250)
        return GOFER_BODY_ERROR;
    if (byte >= 224) {
        s->waits = true;
        return GOFER_BODY_LATER;
    }
    size_t n = byte == 0 ? cap : byte;
    n = n < cap ? n : cap;
    n = n < s->len - s->at ? n : s->len - s->at;
    for (size_t i = 0; i < n; i++)
        ((char *)buf)[i] = ledger_char(ASKED, s->number, s->at + i);
    s->at += n;
    return (ssize_t)n;
}

static int source_rewind(void *arg)
{
    ((struct source *)arg)->at = 0;
    return 0;
}

static void source_close(void *arg)
{
    struct issued *call = arg;
    FUZZ_CHECK(call->program->sources-- > 0);
    free(call->source);
    call->source = NULL;
}

/* The reader's argument is the call, which knows its source for as long as there is one. */
static ssize_t read_source(void *arg, void *buf, size_t cap)
{
    return source_read(((struct issued *)arg)->source, buf, cap);
}

static int rewind_source(void *arg)
{
    return source_rewind(((struct issued *)arg)->source);
}

/* What was refused for lack of memory does not stick to the request. */
static void need(struct program *p, gofer_status status)
{
    FUZZ_CHECK(status == GOFER_OK || (status == GOFER_ERR_NOMEM && p->scarce));
    p->refused = p->refused || status != GOFER_OK;
}

static void set_reader(struct issued *call, gofer_request *q, size_t len, bool in_chunks)
{
    call->source = calloc(1, sizeof *call->source);
    if (call->source == NULL)
        abort();
    *call->source = (struct source){.number = call->number, .len = len};
    call->program->sources++;
    gofer_body_reader reader = {.read = read_source,
                                .rewind = rewind_source,
                                .close = source_close,
                                .arg = call,
                                .length = in_chunks ? -1 : (int64_t)len};
    need(call->program, gofer_request_set_body_reader(q, &reader));
}

void program_wake_sources(struct program *p)
{
    for (size_t i = 0; i < p->calls_len; i++) {
        struct issued *call = &p->calls[i];
        if (call->source == NULL || !call->source->waits)
            continue;
        call->source->waits = false;
        gofer_request_body_ready(call->request);
    }
}

struct lent {
    struct program *program;
    char *data;
};

static void take_back(void *arg)
{
    struct lent *lent = arg;
    FUZZ_CHECK(lent->program->borrowed-- > 0);
    free(lent->data);
    free(lent);
}

static void lend(struct program *p, gofer_request *q, char *data, size_t len)
{
    struct lent *lent = malloc(sizeof *lent);
    if (lent == NULL)
        abort();
    *lent = (struct lent){p, fuzz_exact(data, len)};
    p->borrowed++;
    need(p, gofer_request_set_body_ref(q, lent->data, len, take_back, lent));
}

static void set_file(struct program *p, gofer_request *q, const char *data, size_t len)
{
    int fd = memfd_create("body", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && write(fd, data, len) == (ssize_t)len);
    need(p, gofer_request_set_body_fd(q, fd, 0, (int64_t)len));
    close(fd);
}

static void set_body(struct issued *call, gofer_request *q, size_t len, unsigned how)
{
    char *data = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        data[i] = ledger_char(ASKED, call->number, i);
    switch (how % 6) {
    case 1:
        lend(call->program, q, data, len);
        break;
    case 2:
    case 3:
        set_reader(call, q, len, how % 6 == 3);
        break;
    case 4:
        set_file(call->program, q, data, len);
        break;
    default:
        need(call->program, gofer_request_set_body(q, data, len));
    }
    free(data);
    if (how >= 192)
        need(call->program, gofer_request_set_expect_continue(q, 1));
}

/* --- requests --- */

static void set_call_limits(struct program *p, struct issued *call, gofer_request *q)
{
    int64_t own = PICK(p->f, 0, 30, 300, 2000);
    /* A streaming call has no limit unless it says one. */
    if (call->streaming && own == 0)
        own = 20000;
    need(p, gofer_request_set_timeout_ms(q, own));
    int64_t ms = own > 0 ? own : p->options.timeout_ms > 0 ? p->options.timeout_ms : 30000;
    call->deadline = world_now() + ms * CLOCK_MS;
    call->limit_ms = ms < p->limit_ms ? ms : p->limit_ms;
}

gofer_request *program_request(struct program *p, struct issued *call)
{
    static const char *const methods[] = {"GET", "POST", "HEAD", "PUT", "DELETE", "POST"};
    static const char *const hosts[] = {"192.0.2.1", "192.0.2.2:8080", "[2001:db8::1]",
                                        "name.test"};
    static const size_t lengths[] = {10, 1, 3000, 20000, 66000};
    unsigned what = fuzz_byte(p->f);
    unsigned flags = fuzz_byte(p->f);
    const char *method = methods[what % 6];
    bool has_body = what % 6 == 1 || what % 6 == 3 || what % 6 == 5;
    unsigned how = has_body ? fuzz_byte(p->f) : 0;
    size_t len = has_body ? lengths[fuzz_byte(p->f) % 5] : 0;
    bool repeats = (flags & 4) != 0 && (flags & 8) != 0;
    char url[64];
    call->number = ledger_add(!repeats && !p->options.retry_unsafe, len);
    snprintf(url, sizeof url, "http://%s/%zu/0", hosts[what / 6 % 4], call->number);
    gofer_request *q = gofer_request_new(method, url);
    p->refused = q == NULL;
    if (p->refused)
        return NULL;
    call->begun = world_now();
    call->streaming = flags % 4 == 3;
    set_call_limits(p, call, q);
    if (len > 0)
        set_body(call, q, len, how);
    need(p, gofer_request_set_streaming(q, call->streaming));
    if (repeats)
        need(p, gofer_request_set_idempotent(q, 1));
    if ((flags & 16) != 0)
        need(p, gofer_request_set_cancel(q, p->token));
    if ((flags & 32) != 0)
        need(p, gofer_request_set_attempts(q, 3));
    if (!p->refused)
        return q;
    gofer_request_free(q);
    return NULL;
}
