/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Who stands in for a name: a hosts file, "host:port:address" and
 * "host:port:other_host:other_port", the environment's proxies. What is taken gives
 * addresses of the kind that was asked for, hosts that can be asked, proxies that
 * can be used; what is refused says why, in a clean line.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "http/proxy_env.h"
#include "net/connect_to.h"
#include "net/dns_override.h"
#include "net/hosts.h"

/* --- names --- */

static void check_answer(struct answer *answer, enum lookup_kind kind)
{
    FUZZ_CHECK(answer->len <= ANSWER_MAX_ADDRS && answer->error == LOOKUP_OK);
    for (size_t i = 0; i < answer->len; i++)
        FUZZ_CHECK(lookup_kind_wants(kind, answer->addrs[i].sa.sa_family));
    answer_fini(answer);
}

static void check_hosts(char *text, size_t len, const char *name)
{
    struct hosts hosts = {text, len};
    for (int kind = LOOKUP_ANY; kind <= LOOKUP_IPV6; kind++) {
        struct answer answer = ANSWER_INIT;
        if (hosts_find(&hosts, name, (enum lookup_kind)kind, &answer))
            FUZZ_CHECK(answer.len > 0);
        check_answer(&answer, (enum lookup_kind)kind);
    }
}

static void check_overrides(const char *const *texts, size_t len, const char *name, uint16_t port)
{
    int err;
    struct dns_overrides *overrides = dns_overrides_new(texts, len, &err);
    for (int kind = LOOKUP_ANY; overrides != NULL && kind <= LOOKUP_IPV6; kind++) {
        struct answer answer = ANSWER_INIT;
        if (!dns_overrides_find(overrides, name, port, (enum lookup_kind)kind, &answer))
            FUZZ_CHECK(answer.len == 0);
        answer.error = answer.len == 0 ? LOOKUP_OK : answer.error;
        check_answer(&answer, (enum lookup_kind)kind);
    }
    dns_overrides_free(overrides);
}

static void check_connect_to(const char *const *texts, size_t len, const char *name, uint16_t port)
{
    int err;
    struct connect_to *rules = connect_to_new(texts, len, &err);
    struct destination to = {name, NULL, port};
    connect_to_apply(rules, &to);
    FUZZ_CHECK(rules != NULL || to.host == name);
    if (to.host != name)
        FUZZ_CHECK(to.host[0] != '\0' && fuzz_is_clean(to.host));
    FUZZ_CHECK(to.port == port || to.port != 0);
    connect_to_free(rules);
}

/* --- the environment --- */

static char *proxy_value;
static char *no_proxy_value;

static char *get(const char *name)
{
    return strcasecmp(name, "no_proxy") == 0 ? no_proxy_value : proxy_value;
}

static void check_choice(const struct proxy_env *env, const char *text)
{
    struct url url;
    struct buf why = BUF_INIT;
    const struct proxy *proxy = NULL;
    if (url_parse(text, &url, &why) == GOFER_OK) {
        gofer_status status = proxy_env_choose(env, &url, &proxy, &why);
        FUZZ_CHECK(status == GOFER_OK || (proxy == NULL && why.len > 0));
        FUZZ_CHECK(status == GOFER_OK || status == GOFER_ERR_INVALID);
        url_fini(&url);
    }
    char *line = buf_take_str(&why);
    FUZZ_CHECK(line != NULL && fuzz_is_clean(line));
    mem_free(line);
}

static void check_environment(char *proxy, char *none, const char *name)
{
    struct proxy_env env;
    struct buf url = BUF_INIT;
    proxy_value = proxy;
    no_proxy_value = none;
    FUZZ_CHECK(proxy_env_read(&env, get));
    buf_printf(&url, "http://%s/", name);
    char *text = buf_take_str(&url);
    check_choice(&env, text);
    proxy_env_fini(&env);
    mem_free(text);
}

void fuzz_overrides(struct fuzz *f)
{
    size_t len;
    uint16_t port = (uint16_t)(fuzz_byte(f) % 4 == 0 ? 80 : 1 + fuzz_byte(f));
    char *name = fuzz_text(f);
    char *first = fuzz_text(f);
    char *second = fuzz_text(f);
    char *file = fuzz_rest(f, &len);
    const char *texts[] = {first, second};
    if (hostname_is_valid(name)) {
        check_hosts(file, len, name);
        check_overrides(texts, 2, name, port);
        check_connect_to(texts, 2, name, port);
    }
    check_environment(first, second, name);
    free(file);
    free(second);
    free(first);
    free(name);
}
