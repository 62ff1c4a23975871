/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Making, copying, preparing and dropping snapshots.
 */
#include "client/snapshot.h"

#include <limits.h>
#include <string.h>

#include "base/alloc.h"
#include "base/helgrind.h"
#include "client/cookie_jar.h"
#include "client/core.h"
#include "client/hops.h"
#include "client/token.h"
#include "http/coding.h"
#include "http/request_head.h"
#include "http/wire.h"
#include "transport/trace.h"

/* --- prepared --- */

static void prepared_free(struct prepared *p)
{
    if (p == NULL)
        return;
    key_fini(&p->key);
    mem_free(p->head);
    mem_free(p->url);
    mem_free(p);
}

static enum head_asked asked_for(const struct snapshot *s)
{
    if (request_wants_upgrade(&s->headers))
        return ASKED_UPGRADE;
    if (request_method_is_head(s->method))
        return ASKED_HEAD;
    return s->wire != NULL && s->wire->decode_transfer ? ASKED_CODED : ASKED_PLAIN;
}

/* Whether a response to it may have a body, and nothing else. */
static bool may_have_body(const struct snapshot *s)
{
    return asked_for(s) == ASKED_PLAIN || asked_for(s) == ASKED_CODED;
}

/* Whether it or the client has a field of that name; a "removed" mark is one. */
static bool has_field(const struct snapshot *s, const struct core *core, const char *name)
{
    return headers_find(&s->headers, name) != NULL || headers_find(&core->defaults, name) != NULL;
}

/* Whether they are wanted at all. */
static bool wants_decoding(const struct snapshot *s, const struct core *core)
{
    if (core == NULL || s->decoding == DECODING_OFF)
        return false;
    return s->decoding == DECODING_ON || !core->options.disable_decompression;
}

/* Whether content codings are asked for, and undone: where the caller has no say of his own in it,
 * and the body is a whole one. */
static bool decodes(const struct snapshot *s, const struct core *core)
{
    return wants_decoding(s, core) && may_have_body(s) && !has_field(s, core, "Accept-Encoding") &&
           !has_field(s, core, "Range");
}

static struct request_parts parts_of(const struct snapshot *s, const struct core *core)
{
    return (struct request_parts){
        .method = s->method,
        .url = &s->url,
        .headers = &s->headers,
        .defaults = core != NULL ? &core->defaults : NULL,
        .user_agent = core != NULL ? core->user_agent : NULL,
        .has_body = s->source != NULL,
        .body_len = s->source != NULL ? s->source->len : 0,
        .trailers = &s->trailers,
        .accept_encoding = decodes(s, core) ? coding_names() : NULL,
        .omit_zero_length = s->wire != NULL && s->wire->omit_zero_length,
        .close = core != NULL && core->options.disable_keep_alives,
    };
}

static bool undoes_codings(const struct snapshot *s, const struct core *core)
{
    return s->wire != NULL && s->wire->decode && wants_decoding(s, core) && may_have_body(s);
}

static bool is_http_1_0(const struct snapshot *s)
{
    return s->wire != NULL && s->wire->http_1_0;
}

static uint64_t bytes_limit(int64_t option)
{
    return option < 0 ? INT64_MAX : (uint64_t)option;
}

/* How the host is reached: a unix-domain socket is this machine's, no proxy's. */
static gofer_status choose_route(const struct snapshot *s, const struct core *core,
                                 struct key_route *route, struct buf *why)
{
    *route = (struct key_route){.unix_socket = s->unix_socket,
                                .tls_name = s->tls_name,
                                .tunnel = core->options.proxy_tunnel ||
                                          request_wants_upgrade(&s->headers)};
    if (s->unix_socket != NULL)
        return GOFER_OK;
    gofer_status status = GOFER_OK;
    if (s->proxy_chosen)
        route->proxy = s->proxy.host != NULL ? &s->proxy : NULL;
    else
        status = proxies_choose(&core->proxies, &s->url, &route->proxy, why);
    route->before = proxies_before(&core->proxies, route->proxy);
    return status;
}

/* Writes the head for whom it is sent to: the host, or a proxy that fetches. */
static void write_head(const struct snapshot *s, const struct core *core,
                       const struct key_route *route, const char *cookies, struct buf *head)
{
    struct request_parts parts = parts_of(s, core);
    parts.cookies = cookies;
    struct buf basic = BUF_INIT;
    parts.absolute = key_route_fetches(route, &s->url);
    if (parts.absolute)
        proxy_write_basic(route->proxy, &basic);
    bool known = basic.len > 0;
    char *authorization = buf_take_str(&basic);
    parts.proxy_authorization = known ? authorization : NULL;
    parts.proxy_fields = &core->proxies.fetch_headers;
    request_write_head(&parts, head);
    if (s->wire != NULL)
        wire_remake_head(s->wire, s->path, head);
    head->failed = head->failed || authorization == NULL;
    mem_free(authorization);
}

static bool follows(const struct snapshot *s, const gofer_client_options *o)
{
    return s->follow == FOLLOW_AS_CLIENT ? !o->disable_redirects : s->follow == FOLLOW_ALWAYS;
}

/* Fills in all that a client sends; false without memory. */
static bool prepare(struct prepared *p, const struct snapshot *s, const struct core *core,
                    const struct key_route *route, const char *cookies)
{
    const gofer_client_options *o = &core->options;
    struct request_parts parts = parts_of(s, core);
    struct buf head = BUF_INIT;
    struct buf url = BUF_INIT;
    write_head(s, core, route, cookies, &head);
    url_write_without_userinfo(&s->url, &url);
    p->request = (struct exchange_request){
        .up = {.head_len = head.len,
               .source = s->source,
               .chunked = request_is_chunked(&parts),
               .expects_continue = !is_http_1_0(s) && request_expects_continue(&parts),
               .trailers = &s->trailers,
               .progress = s->progress,
               .progress_arg = s->progress_arg,
               .secrets = &s->secrets},
        .down = {.url_len = url.len,
                 .asked = asked_for(s),
                 .streaming = s->streaming,
                 .redirects = follows(s, o),
                 .max_head_bytes = bytes_limit(o->max_response_header_bytes),
                 .max_body_bytes = bytes_limit(o->max_body_bytes),
                 .decodes = parts.accept_encoding != NULL || undoes_codings(s, core),
                 .max_decode_ratio = o->max_decode_ratio,
                 .wire = s->wire},
        .close = request_will_close(&parts),
        .stall_timeout_ms = o->stall_timeout_ms,
        .header_timeout_ms = o->response_header_timeout_ms,
        .expect_timeout_ms = o->expect_continue_timeout_ms,
        .min_rate = o->min_rate_bytes_per_s,
        .rate_window_ms = o->min_rate_window_ms,
    };
    p->core_id = core->id;
    p->request.up.head = p->head = buf_take_str(&head);
    p->request.down.url = p->url = buf_take_str(&url);
    p->max_attempts = s->attempts != 0 ? s->attempts : o->retry_attempts;
    if (p->max_attempts < 0)
        p->max_attempts = INT_MAX;
    p->replayable = s->idempotent || request_is_replayable(s->method, &s->headers);
    p->idempotent =
        p->replayable || strcmp(s->method, "PUT") == 0 || strcmp(s->method, "DELETE") == 0;
    return key_init_route(&p->key, &s->url, route) && p->head != NULL && p->url != NULL;
}

static struct prepared *prepared_new(const struct snapshot *s, const struct core *core,
                                     const char *cookies, gofer_status *status, struct buf *why)
{
    struct request_parts parts = parts_of(s, core);
    *status = request_check(&parts, why);
    if (*status == GOFER_OK && request_wants_upgrade(&s->headers) && !s->streaming) {
        buf_append_str(why, "an upgrade needs a streaming request");
        *status = GOFER_ERR_INVALID;
    }
    if (*status == GOFER_OK && is_http_1_0(s) && request_is_chunked(&parts)) {
        buf_append_str(why, "HTTP/1.0 cannot send a body of unknown length");
        *status = GOFER_ERR_INVALID;
    }
    struct key_route route;
    if (*status == GOFER_OK)
        *status = choose_route(s, core, &route, why);
    if (*status != GOFER_OK)
        return NULL;
    *status = GOFER_ERR_NOMEM;
    struct prepared *p = mem_zalloc(sizeof(*p));
    if (p != NULL && prepare(p, s, core, &route, cookies))
        *status = GOFER_OK;
    if (*status == GOFER_OK)
        return p;
    prepared_free(p);
    return NULL;
}

/* Out of line: nearly every call finds what another one made. */
__attribute__((noinline)) static struct prepared *prepare_and_keep(struct snapshot *snapshot,
                                                                   struct prepared *kept,
                                                                   const struct core *core,
                                                                   gofer_status *status,
                                                                   struct buf *why)
{
    struct prepared *made = prepared_new(snapshot, core, NULL, status, why);
    if (made == NULL || kept != NULL)
        return made;
    helgrind_before(made);
    if (atomic_compare_exchange_strong(&snapshot->prepared, &kept, made))
        return made;
    helgrind_after(kept);
    /* Another thread was first; it may have prepared for another client. */
    if (kept->core_id != core->id)
        return made;
    prepared_free(made);
    return kept;
}

/* Made for the first client, and kept. */
static struct prepared *prepare_once(struct snapshot *snapshot, const struct core *core,
                                     gofer_status *status, struct buf *why)
{
    *status = GOFER_OK;
    struct prepared *kept = atomic_load_explicit(&snapshot->prepared, memory_order_acquire);
    helgrind_after(kept);
    if (kept != NULL && kept->core_id == core->id)
        return kept;
    return prepare_and_keep(snapshot, kept, core, status, why);
}

/* The jar's cookies for it, owned; "": none. NULL without memory. */
static char *ask_jar(const struct snapshot *s, const struct core *core)
{
    struct buf cookies = BUF_INIT;
    cookie_jar_write(core->jar, &s->url, &cookies);
    return buf_take_str(&cookies);
}

struct prepared *snapshot_prepare(struct snapshot *snapshot, const struct core *core,
                                  gofer_status *status, struct buf *why)
{
    if (core->jar == NULL || snapshot->no_cookies)
        return prepare_once(snapshot, core, status, why);
    char *cookies = ask_jar(snapshot, core);
    *status = GOFER_ERR_NOMEM;
    if (cookies == NULL)
        return NULL;
    /* With cookies, which the next answer may change, it serves one exchange. */
    struct prepared *p = *cookies != '\0' ? prepared_new(snapshot, core, cookies, status, why)
                                          : prepare_once(snapshot, core, status, why);
    mem_free(cookies);
    return p;
}

void snapshot_release(struct snapshot *snapshot, struct prepared *prepared)
{
    if (prepared != atomic_load_explicit(&snapshot->prepared, memory_order_relaxed))
        prepared_free(prepared);
}

/* --- life --- */

void snapshot_ref(struct snapshot *snapshot)
{
    refs_add(&snapshot->refs);
}

void snapshot_unref(struct snapshot *snapshot)
{
    if (snapshot == NULL || !refs_drop(&snapshot->refs))
        return;
    prepared_free(atomic_load(&snapshot->prepared));
    mem_free(snapshot->why);
    mem_free(snapshot->method);
    url_fini(&snapshot->url);
    mem_free(snapshot->shown_url);
    headers_fini(&snapshot->headers);
    headers_fini(&snapshot->trailers);
    headers_fini(&snapshot->secrets);
    hops_free(snapshot->hops);
    source_unref(snapshot->source);
    token_unref(snapshot->cancel);
    trace_hook_unref(snapshot->trace);
    wire_unref(snapshot->wire);
    mem_free(snapshot->path);
    mem_free(snapshot->unix_socket);
    mem_free(snapshot->tls_name);
    proxy_fini(&snapshot->proxy);
    mem_free(snapshot);
}

gofer_status snapshot_blame(struct snapshot *snapshot, gofer_status status, struct buf *why)
{
    char *text = status != GOFER_OK ? buf_take_str(why) : NULL;
    buf_fini(why);
    if (status == GOFER_OK || snapshot->status != GOFER_OK) {
        mem_free(text);
        return status;
    }
    snapshot->status = status;
    snapshot->why = text;
    return status;
}

/* What to call the URL in messages. */
static char *show_url(const struct snapshot *s, const char *given)
{
    struct buf text = BUF_INIT;
    if (s->url.host != NULL)
        url_write_masked(&s->url, &text);
    else
        url_mask_text(given, &text);
    return buf_take_str(&text);
}

static bool fill(struct snapshot *s, const char *method, const char *url)
{
    struct buf why = BUF_INIT;
    gofer_status status = url_parse(url, &s->url, &why);
    s->method = mem_strdup(method);
    s->shown_url = show_url(s, url);
    if (status == GOFER_ERR_NOMEM || s->method == NULL || s->shown_url == NULL) {
        buf_fini(&why);
        return false;
    }
    snapshot_blame(s, status, &why);
    if (status != GOFER_OK)
        return true;
    struct request_parts parts = parts_of(s, NULL);
    status = request_check(&parts, &why);
    snapshot_blame(s, status, &why);
    return status != GOFER_ERR_NOMEM;
}

struct snapshot *snapshot_new(const char *method, const char *url)
{
    struct snapshot *s = mem_zalloc(sizeof(*s));
    if (s == NULL)
        return NULL;
    refs_init(&s->refs, 1);
    if (fill(s, method == NULL || *method == '\0' ? "GET" : method, url == NULL ? "" : url))
        return s;
    snapshot_unref(s);
    return NULL;
}

/* --- copying --- */

struct snapshot *snapshot_copy(const struct snapshot *from)
{
    struct snapshot *s = mem_zalloc(sizeof(*s));
    if (s == NULL)
        return NULL;
    refs_init(&s->refs, 1);
    s->status = from->status;
    s->timeout_ms = from->timeout_ms;
    s->idempotent = from->idempotent;
    s->user = from->user;
    s->attempts = from->attempts;
    s->trace = trace_hook_ref(from->trace);
    s->streaming = from->streaming;
    s->decoding = from->decoding;
    s->progress = from->progress;
    s->progress_arg = from->progress_arg;
    s->source = from->source;
    if (s->source != NULL)
        source_ref(s->source);
    s->cancel = from->cancel;
    token_ref(s->cancel);
    s->follow = from->follow;
    s->no_cookies = from->no_cookies;
    s->max_redirects = from->max_redirects;
    memcpy(s->keep, from->keep, sizeof s->keep);
    s->auto_referer = from->auto_referer;
    s->method = mem_strdup(from->method);
    s->shown_url = mem_strdup(from->shown_url);
    s->why = from->why != NULL ? mem_strdup(from->why) : NULL;
    s->unix_socket = from->unix_socket != NULL ? mem_strdup(from->unix_socket) : NULL;
    s->tls_name = from->tls_name != NULL ? mem_strdup(from->tls_name) : NULL;
    s->wire = wire_ref(from->wire);
    s->path = from->path != NULL ? mem_strdup(from->path) : NULL;
    s->proxy_chosen = from->proxy_chosen;
    bool ok = proxy_copy(&s->proxy, &from->proxy);
    ok = ok && url_copy(&s->url, &from->url);
    ok = ok && headers_copy(&s->headers, &from->headers) == GOFER_OK;
    ok = ok && headers_copy(&s->trailers, &from->trailers) == GOFER_OK;
    ok = ok && headers_copy(&s->secrets, &from->secrets) == GOFER_OK;
    ok = ok && s->method != NULL && s->shown_url != NULL;
    ok = ok && (from->unix_socket == NULL || s->unix_socket != NULL);
    ok = ok && (from->tls_name == NULL || s->tls_name != NULL);
    ok = ok && (from->path == NULL || s->path != NULL);
    if (ok && (from->why == NULL || s->why != NULL))
        return s;
    snapshot_unref(s);
    return NULL;
}

bool snapshot_take_url(struct snapshot *snapshot, struct url *url)
{
    url_fini(&snapshot->url);
    mem_free(snapshot->path);
    snapshot->path = NULL;
    snapshot->url = *url;
    *url = (struct url){.scheme = NULL};
    mem_free(snapshot->shown_url);
    snapshot->shown_url = show_url(snapshot, "");
    return snapshot->shown_url != NULL;
}

struct snapshot *snapshot_writable(struct snapshot **snapshot)
{
    struct snapshot *s = *snapshot;
    if (refs_is_one(&s->refs)) {
        prepared_free(atomic_exchange(&s->prepared, NULL));
        return s;
    }
    struct snapshot *own = snapshot_copy(s);
    if (own == NULL)
        return NULL;
    snapshot_unref(s);
    *snapshot = own;
    return own;
}
