/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The defaults are a table: one row an option that is a number.
 */
#include "client/settings.h"

#include <errno.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "client/cookie_jar.h"
#include "client/core.h"
#include "http/credentials.h"
#include "http/header.h"
#include "http/request_head.h"
#include "net/tls_source.h"

enum { WORKERS_MIN = 2, WORKERS_MAX = 1024 };

struct number {
    size_t offset;
    int64_t standard;
};

#define NUMBER(member, value)                                                                      \
    {                                                                                              \
        offsetof(gofer_client_options, member), value                                              \
    }

static const struct number numbers[] = {
    NUMBER(timeout_ms, 30000),
    NUMBER(stall_timeout_ms, 30000),
    NUMBER(connect_timeout_ms, 30000),
    NUMBER(response_header_timeout_ms, GOFER_NEVER),
    NUMBER(idle_conn_timeout_ms, 90000),
    NUMBER(conn_max_age_ms, GOFER_NEVER),
    NUMBER(keepalive_ms, 15000),
    NUMBER(max_queued, 10000),
    NUMBER(max_idle_conns, 1000),
    NUMBER(max_idle_conns_per_host, 0), /* as max_idle_conns */
    NUMBER(max_conns_per_host, GOFER_NEVER),
    NUMBER(max_response_header_bytes, 256 * 1024),
    NUMBER(max_body_bytes, 64 * 1024 * 1024),
    NUMBER(expect_continue_timeout_ms, 1000),
    NUMBER(min_rate_bytes_per_s, GOFER_NEVER),
    NUMBER(min_rate_window_ms, 30000),
    NUMBER(fallback_delay_ms, 250),
    NUMBER(dns_cache_max_ttl_ms, 60000),
    NUMBER(dns_stale_ms, 0),
    NUMBER(tls_handshake_timeout_ms, 10000),
    NUMBER(max_decode_ratio, 200),
    NUMBER(max_redirects, 10),
    NUMBER(retry_attempts, 1),
    NUMBER(retry_delay_ms, 100),
    NUMBER(retry_max_delay_ms, 10000),
    NUMBER(retry_max_after_ms, GOFER_NEVER),
    NUMBER(retry_max_time_ms, GOFER_NEVER),
    NUMBER(retry_budget_percent, 20),
    NUMBER(retry_budget_min, 10),
};

static int resolve_numbers(gofer_client_options *o)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        int64_t *value = (int64_t *)(void *)((char *)o + numbers[i].offset);
        if (*value < GOFER_NEVER)
            return EINVAL;
        if (*value == 0)
            *value = numbers[i].standard;
    }
    if (o->max_idle_conns_per_host == 0)
        o->max_idle_conns_per_host = o->max_idle_conns;
    return 0;
}

static int resolve_workers(gofer_client_options *o)
{
    if (o->workers == GOFER_NO_WORKERS) {
        o->workers = 0;
        return 0;
    }
    if (o->workers < 0 || o->workers > WORKERS_MAX)
        return EINVAL;
    if (o->workers > 0)
        return 0;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    o->workers = processors < WORKERS_MIN   ? WORKERS_MIN
                 : processors > WORKERS_MAX ? WORKERS_MAX
                                            : (int)processors;
    return 0;
}

static gofer_status add_default(struct headers *defaults, const gofer_header *header)
{
    if (header->name == NULL || header->value == NULL)
        return GOFER_ERR_INVALID;
    /* These belong to one request; nothing sends them for all. */
    static const char *const single[] = {"Host", "Content-Length", "Expect", "Upgrade"};
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (ascii_equal(header->name, single[i]))
            return GOFER_ERR_INVALID;
    struct buf why = BUF_INIT;
    gofer_status status = request_check_field(header->name, header->value, &why);
    buf_fini(&why);
    return status == GOFER_OK ? headers_add(defaults, header->name, header->value) : status;
}

static int resolve_headers(struct core *core, const gofer_client_options *o)
{
    if (o->headers_len > 0 && o->headers == NULL)
        return EINVAL;
    for (size_t i = 0; i < o->headers_len; i++) {
        gofer_status status = add_default(&core->defaults, &o->headers[i]);
        if (status != GOFER_OK)
            return status == GOFER_ERR_NOMEM ? ENOMEM : EINVAL;
    }
    return 0;
}

static int add_authorization(struct core *core, char *value)
{
    if (value == NULL)
        return ENOMEM;
    bool twice = headers_find(&core->defaults, "Authorization") != NULL;
    gofer_status status =
        twice ? GOFER_ERR_INVALID : headers_add(&core->defaults, "Authorization", value);
    mem_free(value);
    return status == GOFER_ERR_NOMEM ? ENOMEM : status != GOFER_OK ? EINVAL : 0;
}

/* Credentials for all calls are client-wide fields. */
static int resolve_credentials(struct core *core, const gofer_client_options *o)
{
    char *value;
    if (o->password != NULL && o->username == NULL)
        return EINVAL;
    if (o->bearer_token != NULL)
        return credentials_bearer(o->bearer_token, &value) ? add_authorization(core, value)
                                                           : EINVAL;
    if (o->username == NULL)
        return 0;
    return credentials_basic(o->username, o->password, &value) ? add_authorization(core, value)
                                                               : EINVAL;
}

static int resolve_jar(struct core *core, gofer_cookie_jar *jar)
{
    if (jar != NULL && cookie_jar_check(jar) != GOFER_OK)
        return EINVAL;
    cookie_jar_ref(jar);
    core->jar = jar;
    return 0;
}

static int resolve_agent(struct core *core, const char *given)
{
    struct buf why = BUF_INIT;
    if (given != NULL && request_check_field("User-Agent", given, &why) != GOFER_OK) {
        buf_fini(&why);
        return EINVAL;
    }
    struct buf agent = BUF_INIT;
    if (given != NULL)
        buf_append_str(&agent, given);
    else
        buf_printf(&agent, "gofer/%s", gofer_version());
    core->user_agent = buf_take_str(&agent);
    return core->user_agent != NULL ? 0 : ENOMEM;
}

/* "192.0.2.1", "2001:db8::1" or "fe80::1%eth0". */
static int resolve_local(struct core *core, const char *given)
{
    if (given == NULL)
        return 0;
    char host[INET6_ADDRSTRLEN];
    size_t len = strcspn(given, "%");
    const char *zone = given[len] == '%' ? given + len + 1 : NULL;
    if (len >= sizeof(host))
        return EINVAL;
    memcpy(host, given, len);
    host[len] = '\0';
    return addr_parse(host, zone, 0, &core->local_address) ? 0 : EINVAL;
}

static int resolve_interface(struct core *core, const char *given)
{
    if (given == NULL)
        return 0;
    size_t len = strlen(given);
    if (len == 0 || len >= IF_NAMESIZE)
        return EINVAL;
    core->interface = mem_strdup(given);
    return core->interface != NULL ? 0 : ENOMEM;
}

static int resolve_dialing(struct core *core, const gofer_client_options *o)
{
    if (o->address_family != GOFER_ANY_FAMILY && o->address_family != GOFER_IPV4 &&
        o->address_family != GOFER_IPV6)
        return EINVAL;
    int err = resolve_local(core, o->local_address);
    return err != 0 ? err : resolve_interface(core, o->interface);
}

static int resolve_statuses(struct retry_policy *policy, const gofer_client_options *o)
{
    static const int standard[] = {429, 502, 503, 504};
    const int *from = o->retry_statuses != NULL ? o->retry_statuses : standard;
    policy->statuses_len =
        o->retry_statuses != NULL ? o->retry_statuses_len : sizeof standard / sizeof *standard;
    policy->statuses = mem_zalloc_array(policy->statuses_len + 1, sizeof(int));
    if (policy->statuses == NULL)
        return ENOMEM;
    if (policy->statuses_len > 0)
        memcpy(policy->statuses, from, policy->statuses_len * sizeof(int));
    return 0;
}

static int resolve_retries(struct core *core, const gofer_client_options *o)
{
    const unsigned all = 2 * GOFER_RETRY_OTHER - 1;
    if ((o->retry_on & ~all) != 0 || (o->retry_statuses == NULL && o->retry_statuses_len > 0))
        return EINVAL;
    core->budget.percent = o->retry_budget_percent;
    core->budget.floor = o->retry_budget_min < 0 ? 0 : o->retry_budget_min;
    core->retry = (struct retry_policy){
        .on = o->retry_on != 0 ? o->retry_on : all & ~(unsigned)GOFER_RETRY_OTHER,
        .delay_ms = o->retry_delay_ms < 0 ? 0 : o->retry_delay_ms,
        .max_delay_ms = o->retry_max_delay_ms < 0 ? INT64_MAX / 4 : o->retry_max_delay_ms,
        .max_after_ms = o->retry_max_after_ms,
        .max_time_ms = o->retry_max_time_ms,
        .unsafe = o->retry_unsafe,
        .no_jitter = o->retry_no_jitter,
    };
    return resolve_statuses(&core->retry, o);
}

/* Files are read when the first call needs them. */
static int resolve_tls(struct core *core)
{
    int err = 0;
    gofer_tls_verify verify =
        core->options.tls != NULL ? core->options.tls->verify : GOFER_TLS_VERIFY;
    core->tls = tls_source_new(core->options.tls, &err);
    core->options.tls = NULL; /* the source has a copy */
    if (err == 0 && verify != GOFER_TLS_VERIFY)
        log_write(&core->log, GOFER_LOG_WARNING, "https servers are not verified%s",
                  verify == GOFER_TLS_INSECURE ? "" : " in full");
    return err;
}

int settings_resolve(struct core *core, const gofer_client_options *given)
{
    if (given != NULL)
        core->options = *given;
    gofer_client_options *o = &core->options;
    int err = resolve_numbers(o);
    core->log = (struct log){.fn = o->log, .arg = o->log_arg, .level = o->log_level};
    if (err == 0 && (unsigned)o->log_level > GOFER_LOG_DEBUG)
        err = EINVAL;
    err = err != 0 ? err : resolve_workers(o);
    if (err == 0 && o->queue_full != GOFER_QUEUE_REJECT && o->queue_full != GOFER_QUEUE_BLOCK)
        err = EINVAL;
    err = err != 0 ? err : resolve_dialing(core, o);
    err = err != 0 ? err : resolve_headers(core, o);
    err = err != 0 ? err : resolve_credentials(core, o);
    err = err != 0 ? err : resolve_jar(core, o->cookie_jar);
    err = err != 0 ? err : resolve_retries(core, o);
    err = err != 0 ? err : names_resolve(&core->names, o);
    err = err != 0 ? err : proxies_resolve(&core->proxies, o);
    o->proxy_tls = NULL; /* they have a copy */
    err = err != 0 ? err : resolve_tls(core);
    return err != 0 ? err : resolve_agent(core, o->user_agent);
}

void settings_fini(struct core *core)
{
    headers_fini(&core->defaults);
    cookie_jar_unref(core->jar);
    mem_free(core->interface);
    mem_free(core->retry.statuses);
    names_fini(&core->names);
    proxies_fini(&core->proxies);
    tls_source_free(core->tls);
    mem_free(core->user_agent);
}
