/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From options about proxies to who goes through which.
 */
#include "client/proxies.h"

#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/callback.h"
#include "client/refusal.h"
#include "http/connect_head.h"
#include "http/refuse.h"
#include "net/tls_source.h"

/* "" is a choice too: none. */
static int resolve_option(struct proxies *p, const gofer_client_options *o)
{
    struct buf why = BUF_INIT;
    p->chosen = o->proxy != NULL;
    if (o->proxy == NULL || *o->proxy == '\0')
        return 0;
    gofer_status status = proxy_parse(o->proxy, &p->proxy, &why);
    return refusal_of(o, "proxy", 0, status, &why);
}

/* It makes tunnels, for whatever is behind it. Where it stands alone it is the proxy. */
static int resolve_before(struct proxies *p, const gofer_client_options *o)
{
    struct buf why = BUF_INIT;
    if (o->preproxy == NULL || *o->preproxy == '\0')
        return 0;
    p->chosen = true;
    gofer_status status = proxy_parse(o->preproxy, &p->before, &why);
    if (status == GOFER_OK && proxy_is_http(&p->before))
        status = refuse(&why, "a proxy in front of another speaks SOCKS");
    return refusal_of(o, "preproxy", 0, status, &why);
}

static int resolve_env(struct proxies *p, const gofer_client_options *o)
{
    if (o->no_proxy != NULL && !no_proxy_parse(o->no_proxy, &p->without))
        return ENOMEM;
    if (p->chosen || o->disable_proxy_env)
        return 0;
    if (!proxy_env_read(&p->env, getenv))
        return ENOMEM;
    if (o->no_proxy != NULL) {
        no_proxy_fini(&p->env.no_proxy);
        p->env.no_proxy.with_local = p->without.with_local;
    }
    return 0;
}

/* What is wrong with the credentials is told here, what is wrong with the environment is not. */
static int set_credentials(struct proxy *proxy, const gofer_client_options *o)
{
    struct buf why = BUF_INIT;
    if (proxy->host == NULL)
        return 0;
    gofer_status status = proxy_set_credentials(proxy, o->proxy_user, o->proxy_password, &why);
    return refusal_of(o, "proxy_user", 0, status, &why);
}

static int resolve_credentials(struct proxies *p, const gofer_client_options *o)
{
    if (o->proxy_user == NULL)
        return o->proxy_password == NULL
                   ? 0
                   : refusal_tell(o, "proxy_password", 0, "it is without a proxy_user");
    int err = set_credentials(&p->proxy, o);
    err = err != 0 ? err : set_credentials(&p->env.http.proxy, o);
    return err != 0 ? err : set_credentials(&p->env.https.proxy, o);
}

/* A list of fields for proxies. */
struct field_list {
    const char *option;
    const gofer_header *items;
    size_t len;
    bool takes_back; /* defaults, by a field without a value */
    struct headers *to;
};

static gofer_status add_header(const struct field_list *list, const gofer_header *header,
                               struct buf *why)
{
    if (header->name == NULL || (header->value == NULL && !list->takes_back))
        return refuse(why, "a header field without name or value");
    gofer_status status = connect_check_field(header->name, header->value, why);
    if (status != GOFER_OK)
        return status;
    return header->value != NULL ? headers_add(list->to, header->name, header->value)
                                 : headers_remove(list->to, header->name);
}

static int resolve_list(const struct field_list *list, const gofer_client_options *o)
{
    int err = 0;
    if (list->len > 0 && list->items == NULL)
        return refusal_tell(o, list->option, 0, "NULL, with a length");
    for (size_t i = 0; i < list->len && err == 0; i++) {
        struct buf why = BUF_INIT;
        gofer_status status = add_header(list, &list->items[i], &why);
        err = refusal_of(o, list->option, i, status, &why);
    }
    return err;
}

static int resolve_headers(struct proxies *p, const gofer_client_options *o)
{
    const struct field_list tunnels = {"connect_headers", o->connect_headers,
                                       o->connect_headers_len, true, &p->connect_headers};
    const struct field_list fetches = {"proxy_headers", o->proxy_headers, o->proxy_headers_len,
                                       false, &p->fetch_headers};
    int err = resolve_list(&tunnels, o);
    return err != 0 ? err : resolve_list(&fetches, o);
}

int proxies_resolve(struct proxies *proxies, const gofer_client_options *o)
{
    proxies->answered = o->proxy_answered;
    proxies->answered_arg = o->proxy_answered_arg;
    proxies->http_1_0 = o->connect_http_1_0;
    int err = resolve_option(proxies, o);
    err = err != 0 ? err : resolve_before(proxies, o);
    err = err != 0 ? err : resolve_env(proxies, o);
    err = err != 0 ? err : resolve_credentials(proxies, o);
    err = err != 0 ? err : resolve_headers(proxies, o);
    if (err == 0)
        proxies->tls = tls_source_new(o->proxy_tls, &err);
    return err;
}

/* --- the hook --- */

static int show_answer(const struct proxies *p, const gofer_proxy_answer *answer)
{
    callback_enter();
    int err = p->answered(answer, p->answered_arg);
    callback_leave();
    return err;
}

static int answered(const struct proxy *proxy, const char *host, uint16_t port,
                    const struct connect_reply *reply, void *arg)
{
    struct buf url = BUF_INIT, head = BUF_INIT;
    proxy_write_masked(proxy, &url);
    buf_append(&head, reply->head.data, reply->head.len);
    gofer_proxy_answer answer = {
        .host = host, .port = port, .status = reply->status, .head_len = reply->head.len};
    char *url_text = buf_take_str(&url), *head_text = buf_take_str(&head);
    answer.proxy = url_text;
    answer.head = head_text;
    int err = url_text != NULL && head_text != NULL ? show_answer(arg, &answer) : ENOMEM;
    mem_free(url_text);
    mem_free(head_text);
    return err;
}

struct tunnel_options proxies_tunnel_options(struct proxies *proxies, const char *user_agent)
{
    return (struct tunnel_options){.user_agent = user_agent,
                                   .headers = &proxies->connect_headers,
                                   .http_1_0 = proxies->http_1_0,
                                   .answered = proxies->answered != NULL ? answered : NULL,
                                   .answered_arg = proxies};
}

void proxies_fini(struct proxies *proxies)
{
    proxy_fini(&proxies->proxy);
    proxy_fini(&proxies->before);
    proxy_env_fini(&proxies->env);
    no_proxy_fini(&proxies->without);
    headers_fini(&proxies->connect_headers);
    headers_fini(&proxies->fetch_headers);
    tls_source_free(proxies->tls);
}

gofer_status proxies_choose(const struct proxies *proxies, const struct url *url,
                            const struct proxy **proxy, struct buf *why)
{
    *proxy = NULL;
    if (no_proxy_has(&proxies->without, url))
        return GOFER_OK;
    if (!proxies->chosen)
        return proxy_env_choose(&proxies->env, url, proxy, why);
    if (proxies->proxy.host != NULL)
        *proxy = &proxies->proxy;
    else if (proxies->before.host != NULL)
        *proxy = &proxies->before;
    return GOFER_OK;
}

const struct proxy *proxies_before(const struct proxies *proxies, const struct proxy *chosen)
{
    const struct proxy *before = &proxies->before;
    return chosen != NULL && chosen != before && before->host != NULL ? before : NULL;
}
