/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From events to facts; see facts.h.
 */
#include "cli/facts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void set_text(struct text *text, const char *value, size_t len)
{
    text_fini(text);
    text_append(text, value, len);
}

/* "host:port", as the URL has it: until an address says it better. */
static void set_place(struct facts *f, const char *place)
{
    const char *colon = strrchr(place, ':');
    size_t len = colon != NULL ? (size_t)(colon - place) : strlen(place);
    bool brackets = *place == '[' && len > 2;

    set_text(&f->host, place + brackets, len - 2 * brackets);
    f->port = colon != NULL ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
}

static void set_end(struct facts_end *end, const gofer_address *address)
{
    char port[NI_MAXSERV];

    *end = (struct facts_end){.port = 0};
    if (address == NULL || address->addr->sa_family == AF_UNIX ||
        getnameinfo(address->addr, address->addr_len, end->ip, sizeof end->ip, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    end->port = (unsigned)strtoul(port, NULL, 10);
}

static const gofer_address *first_address(const gofer_trace_event *e)
{
    return e->addresses_len > 0 ? e->addresses : NULL;
}

/* A unix-domain socket has no host of its own: the URL's stays. */
static void on_connect_start(struct facts *f, const gofer_trace_event *e)
{
    struct facts_end end;

    f->attempted = true;
    set_end(&end, first_address(e));
    if (end.ip[0] == '\0')
        return;
    set_text(&f->host, e->host, strlen(e->host));
    f->port = end.port;
}

static void on_connect_done(struct facts *f, const gofer_trace_event *e)
{
    if (e->status != GOFER_OK)
        return;
    f->connects++;
    f->connected = true;
    set_end(&f->remote, first_address(e));
}

static void on_got_conn(struct facts *f, const gofer_trace_event *e)
{
    f->connected = true;
    set_end(&f->remote, first_address(e));
    set_end(&f->local, e->local);
}

static void on_got_connect(struct facts *f, const gofer_trace_event *e)
{
    const char *blank = memchr(e->data, ' ', e->data_len);

    f->got_heads_bytes += e->data_len;
    f->connect_status = blank != NULL ? (int)strtol(blank, NULL, 10) : 0;
}

void facts_event(struct facts *f, const gofer_trace_event *e)
{
    switch (e->kind) {
    case GOFER_TRACE_GET_CONN:
        set_place(f, e->host);
        set_text(&f->method, e->method, strlen(e->method));
        text_fini(&f->referer);
        f->sent_body_bytes = 0;
        f->attempted = false;
        break;
    case GOFER_TRACE_DNS_START:
        set_text(&f->host, e->host, strlen(e->host));
        break;
    case GOFER_TRACE_CONNECT_START:
        on_connect_start(f, e);
        break;
    case GOFER_TRACE_CONNECT_DONE:
        on_connect_done(f, e);
        break;
    case GOFER_TRACE_TLS_DONE:
        set_text(&f->tls_host, e->host, strlen(e->host));
        *(e->to_proxy ? &f->proxy_tls_verify : &f->tls_verify) = e->tls_verify;
        break;
    case GOFER_TRACE_GOT_CONN:
        on_got_conn(f, e);
        break;
    case GOFER_TRACE_WROTE_HEADER_FIELD:
        if (strcasecmp(e->field_name, "Referer") == 0)
            set_text(&f->referer, e->field_value, strlen(e->field_value));
        break;
    case GOFER_TRACE_RETRY:
        f->requests = 0;
        break;
    case GOFER_TRACE_SENT_HEAD:
    case GOFER_TRACE_SENT_CONNECT:
        f->requests += e->kind == GOFER_TRACE_SENT_HEAD;
        f->sent_heads_bytes += e->head_bytes;
        break;
    case GOFER_TRACE_SENT_BODY:
        f->sent_body_bytes += e->data_len;
        f->sent_bodies_bytes += e->data_len;
        break;
    case GOFER_TRACE_GOT_HEAD:
        f->got_heads_bytes += e->data_len;
        break;
    case GOFER_TRACE_GOT_CONNECT:
        on_got_connect(f, e);
        break;
    default:
        break;
    }
}

void facts_fini(struct facts *facts)
{
    text_fini(&facts->host);
    text_fini(&facts->referer);
    text_fini(&facts->method);
    text_fini(&facts->tls_host);
    *facts = (struct facts){.port = 0};
}
