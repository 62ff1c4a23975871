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
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "client/cookie_jar.h"
#include "client/core.h"
#include "client/refusal.h"
#include "http/credentials.h"
#include "http/header.h"
#include "http/refuse.h"
#include "http/request_head.h"
#include "net/endpoint.h"
#include "net/tls_settings.h"
#include "net/tls_source.h"

enum { WORKERS_MIN = 2, WORKERS_MAX = 1024 };

struct number {
    const char *name;
    size_t offset;
    int64_t standard;
};

#define NUMBER(member, value)                                                                      \
    {                                                                                              \
#member, offsetof(gofer_client_options, member), value                                     \
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
            return refusal_tell(o, numbers[i].name, 0, "it is negative, and not GOFER_NEVER");
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
        return refusal_tell(o, "workers", 0, "more than 1,024, or negative");
    if (o->workers > 0)
        return 0;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    o->workers = processors < WORKERS_MIN   ? WORKERS_MIN
                 : processors > WORKERS_MAX ? WORKERS_MAX
                                            : (int)processors;
    return 0;
}

static gofer_status add_default(struct headers *defaults, const gofer_header *header,
                                struct buf *why)
{
    if (header->name == NULL || header->value == NULL)
        return refuse(why, "a header field without name or value");
    /* These belong to one request; nothing sends them for all. */
    static const char *const single[] = {"Host", "Content-Length", "Expect", "Upgrade"};
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (ascii_equal(header->name, single[i]))
            return refuse_quoting(why, "a header field of one request only:", header->name,
                                  strlen(header->name));
    gofer_status status = request_check_field(header->name, header->value, why);
    return status == GOFER_OK ? headers_add(defaults, header->name, header->value) : status;
}

static int resolve_headers(struct core *core, const gofer_client_options *o)
{
    int err = 0;
    if (o->headers_len > 0 && o->headers == NULL)
        return refusal_tell(o, "headers", 0, "NULL, with a length");
    for (size_t i = 0; err == 0 && i < o->headers_len; i++) {
        struct buf why = BUF_INIT;
        gofer_status status = add_default(&core->defaults, &o->headers[i], &why);
        err = refusal_of(o, "headers", i, status, &why);
    }
    return err;
}

static int add_authorization(struct core *core, const char *option, char *value)
{
    struct buf why = BUF_INIT;
    if (value == NULL)
        return ENOMEM;
    bool twice = headers_find(&core->defaults, "Authorization") != NULL;
    gofer_status status = twice ? refuse(&why, "there is an Authorization among the headers")
                                : headers_add(&core->defaults, "Authorization", value);
    mem_free(value);
    return refusal_of(&core->options, option, 0, status, &why);
}

/* Credentials for all calls are client-wide fields. */
static int resolve_credentials(struct core *core, const gofer_client_options *o)
{
    char *value;
    if (o->password != NULL && o->username == NULL)
        return refusal_tell(o, "password", 0, "it is without a username");
    if (o->bearer_token != NULL)
        return credentials_bearer(o->bearer_token, &value)
                   ? add_authorization(core, "bearer_token", value)
                   : refusal_tell(o, "bearer_token", 0, "it is no token");
    if (o->username == NULL)
        return 0;
    return credentials_basic(o->username, o->password, &value)
               ? add_authorization(core, "username", value)
               : refusal_tell(o, "username", 0,
                              "':' in it, or a control byte in it or the password");
}

static int resolve_jar(struct core *core, gofer_cookie_jar *jar)
{
    if (jar != NULL && cookie_jar_check(jar) != GOFER_OK)
        return refusal_tell(&core->options, "cookie_jar", 0, "it cannot be used");
    cookie_jar_ref(jar);
    core->jar = jar;
    return 0;
}

static int resolve_agent(struct core *core, const char *given)
{
    struct buf why = BUF_INIT;
    gofer_status status = given != NULL ? request_check_field("User-Agent", given, &why) : GOFER_OK;
    int err = refusal_of(&core->options, "user_agent", 0, status, &why);
    if (err != 0)
        return err;
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
    if (given == NULL || endpoint_addr(given, 0, &core->local_address))
        return 0;
    return refusal_tell(&core->options, "local_address", 0, "it is no numeric address");
}

static int resolve_interface(struct core *core, const char *given)
{
    if (given == NULL)
        return 0;
    size_t len = strlen(given);
    if (len == 0 || len >= IF_NAMESIZE)
        return refusal_tell(&core->options, "interface", 0, "no interface has such a name");
    core->interface = mem_strdup(given);
    return core->interface != NULL ? 0 : ENOMEM;
}

/* The PROXY header, and whom it names. */
static int resolve_greeting(struct core *core, const gofer_client_options *o)
{
    core->greeting.wanted = o->proxy_protocol;
    if (o->proxy_protocol_address == NULL)
        return 0;
    if (!o->proxy_protocol)
        return refusal_tell(o, "proxy_protocol_address", 0, "it is without proxy_protocol");
    if (addr_parse(o->proxy_protocol_address, NULL, 0, &core->greeting.client))
        return 0;
    return refusal_tell(o, "proxy_protocol_address", 0, "it is no numeric address");
}

static int resolve_ports(gofer_client_options *o)
{
    if (o->local_port_last == 0)
        o->local_port_last = o->local_port;
    if (o->local_port == 0 ? o->local_port_last != 0 : o->local_port_last < o->local_port)
        return refusal_tell(o, "local_port_last", 0, "no port is between the two");
    return 0;
}

static int resolve_dialing(struct core *core, gofer_client_options *o)
{
    if (o->address_family != GOFER_ANY_FAMILY && o->address_family != GOFER_IPV4 &&
        o->address_family != GOFER_IPV6)
        return refusal_tell(o, "address_family", 0, "it is none");
    int err = resolve_ports(o);
    err = err != 0 ? err : resolve_greeting(core, o);
    err = err != 0 ? err : resolve_local(core, o->local_address);
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
    if ((o->retry_on & ~all) != 0)
        return refusal_tell(o, "retry_on", 0, "unknown values in it");
    if (o->retry_statuses == NULL && o->retry_statuses_len > 0)
        return refusal_tell(o, "retry_statuses", 0, "NULL, with a length");
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

/* What is wrong with them in themselves; files are read when the first call needs them. */
static int check_tls(const gofer_client_options *o, const char *option,
                     const gofer_tls_options *given)
{
    struct tls_refusal r;
    char name[sizeof(o->option_error->option)];
    if (given == NULL || tls_settings_check(given, &r))
        return 0;
    snprintf(name, sizeof(name), "%s.%s", option, r.member);
    return refusal_tell(o, name, 0, r.why);
}

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
    refusal_clear(o);
    int err = resolve_numbers(o);
    core->log = (struct log){.fn = o->log, .arg = o->log_arg, .level = o->log_level};
    if (err == 0 && (unsigned)o->log_level > GOFER_LOG_DEBUG)
        err = refusal_tell(o, "log_level", 0, "it is none");
    err = err != 0 ? err : resolve_workers(o);
    if (err == 0 && o->queue_full != GOFER_QUEUE_REJECT && o->queue_full != GOFER_QUEUE_BLOCK)
        err = refusal_tell(o, "queue_full", 0, "it is none");
    err = err != 0 ? err : resolve_dialing(core, o);
    err = err != 0 ? err : resolve_headers(core, o);
    err = err != 0 ? err : resolve_credentials(core, o);
    err = err != 0 ? err : resolve_jar(core, o->cookie_jar);
    err = err != 0 ? err : resolve_retries(core, o);
    err = err != 0 ? err : names_resolve(&core->names, o);
    err = err != 0 ? err : check_tls(o, "tls", o->tls);
    err = err != 0 ? err : check_tls(o, "proxy_tls", o->proxy_tls);
    err = err != 0 ? err : proxies_resolve(&core->proxies, o);
    o->proxy_tls = NULL; /* they have a copy */
    err = err != 0 ? err : resolve_tls(core);
    err = err != 0 ? err : resolve_agent(core, o->user_agent);
    o->option_error = NULL; /* the program's, until here */
    return err;
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
