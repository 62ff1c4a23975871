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
#include "http/connect_head.h"
#include "net/tls_source.h"

static int errno_of(gofer_status status)
{
    return status == GOFER_OK ? 0 : status == GOFER_ERR_NOMEM ? ENOMEM : EINVAL;
}

/* "" is a choice too: none. */
static int resolve_option(struct proxies *p, const char *given)
{
    struct buf why = BUF_INIT;
    p->chosen = given != NULL;
    if (given == NULL || *given == '\0')
        return 0;
    gofer_status status = proxy_parse(given, &p->proxy, &why);
    buf_fini(&why);
    return errno_of(status);
}

static int resolve_env(struct proxies *p, const gofer_client_options *o)
{
    if (o->no_proxy != NULL && !no_proxy_parse(o->no_proxy, &p->without))
        return ENOMEM;
    if (p->chosen || o->disable_proxy_env)
        return 0;
    if (!proxy_env_read(&p->env, getenv))
        return ENOMEM;
    if (o->no_proxy != NULL)
        no_proxy_fini(&p->env.no_proxy);
    return 0;
}

/* What is wrong with the credentials is told here, what is wrong with the environment is not. */
static int set_credentials(struct proxy *proxy, const gofer_client_options *o)
{
    struct buf why = BUF_INIT;
    if (proxy->host == NULL)
        return 0;
    gofer_status status = proxy_set_credentials(proxy, o->proxy_user, o->proxy_password, &why);
    buf_fini(&why);
    return errno_of(status);
}

static int resolve_credentials(struct proxies *p, const gofer_client_options *o)
{
    if (o->proxy_user == NULL)
        return o->proxy_password == NULL ? 0 : EINVAL;
    int err = set_credentials(&p->proxy, o);
    err = err != 0 ? err : set_credentials(&p->env.http.proxy, o);
    return err != 0 ? err : set_credentials(&p->env.https.proxy, o);
}

static gofer_status add_header(struct headers *headers, const gofer_header *header)
{
    struct buf why = BUF_INIT;
    if (header->name == NULL || header->value == NULL)
        return GOFER_ERR_INVALID;
    gofer_status status = connect_check_field(header->name, header->value, &why);
    buf_fini(&why);
    return status == GOFER_OK ? headers_add(headers, header->name, header->value) : status;
}

static int resolve_headers(struct proxies *p, const gofer_client_options *o)
{
    gofer_status status = GOFER_OK;
    if (o->connect_headers_len > 0 && o->connect_headers == NULL)
        return EINVAL;
    for (size_t i = 0; i < o->connect_headers_len && status == GOFER_OK; i++)
        status = add_header(&p->connect_headers, &o->connect_headers[i]);
    return errno_of(status);
}

int proxies_resolve(struct proxies *proxies, const gofer_client_options *o)
{
    proxies->answered = o->proxy_answered;
    proxies->answered_arg = o->proxy_answered_arg;
    int err = resolve_option(proxies, o->proxy);
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
                                   .answered = proxies->answered != NULL ? answered : NULL,
                                   .answered_arg = proxies};
}

void proxies_fini(struct proxies *proxies)
{
    proxy_fini(&proxies->proxy);
    proxy_env_fini(&proxies->env);
    no_proxy_fini(&proxies->without);
    headers_fini(&proxies->connect_headers);
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
    return GOFER_OK;
}
