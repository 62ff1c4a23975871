/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Reading the environment and choosing by it.
 */
#include "http/proxy_env.h"

#include <string.h>

#include "base/alloc.h"

/* A variable's two names, the winner first. */
struct names {
    const char *lower;
    const char *upper;
};

static const struct names http_names = {"http_proxy", "HTTP_PROXY"};
static const struct names https_names = {"https_proxy", "HTTPS_PROXY"};
static const struct names no_proxy_names = {"no_proxy", "NO_PROXY"};

/* The value, or NULL where both are unset or empty. *name is the one it has. */
static const char *value_of(char *(*get)(const char *), const struct names *names,
                            const char **name)
{
    *name = names->lower;
    const char *value = get(names->lower);
    if (value != NULL && *value != '\0')
        return value;
    *name = names->upper;
    value = get(names->upper);
    return value != NULL && *value != '\0' ? value : NULL;
}

/* False without memory. */
static bool read_setting(struct proxy_setting *setting, char *(*get)(const char *),
                         const struct names *names)
{
    const char *name;
    const char *value = value_of(get, names, &name);
    if (value == NULL)
        return true;
    struct buf why = BUF_INIT, line = BUF_INIT;
    gofer_status status = proxy_parse(value, &setting->proxy, &why);
    setting->given = true;
    if (status == GOFER_ERR_INVALID) {
        buf_printf(&line, "%s in the environment: ", name);
        buf_append(&line, why.data, why.len);
        setting->why = buf_take_str(&line);
        status = setting->why != NULL ? GOFER_OK : GOFER_ERR_NOMEM;
    }
    buf_fini(&why);
    return status == GOFER_OK;
}

bool proxy_env_read(struct proxy_env *env, char *(*get)(const char *name))
{
    const char *name;
    *env = (struct proxy_env){.http.given = false};
    bool ok = get("REQUEST_METHOD") != NULL || read_setting(&env->http, get, &http_names);
    ok = ok && read_setting(&env->https, get, &https_names);
    ok = ok && no_proxy_parse(value_of(get, &no_proxy_names, &name), &env->no_proxy);
    if (!ok)
        proxy_env_fini(env);
    return ok;
}

static void setting_fini(struct proxy_setting *setting)
{
    proxy_fini(&setting->proxy);
    mem_free(setting->why);
}

void proxy_env_fini(struct proxy_env *env)
{
    setting_fini(&env->http);
    setting_fini(&env->https);
    no_proxy_fini(&env->no_proxy);
    *env = (struct proxy_env){.http.given = false};
}

static const struct proxy_setting *setting_for(const struct proxy_env *env, const char *scheme)
{
    if (strcmp(scheme, "http") == 0)
        return &env->http;
    return strcmp(scheme, "https") == 0 ? &env->https : NULL;
}

gofer_status proxy_env_choose(const struct proxy_env *env, const struct url *url,
                              const struct proxy **proxy, struct buf *why)
{
    const struct proxy_setting *setting = setting_for(env, url->scheme);
    *proxy = NULL;
    if (setting == NULL || !setting->given)
        return GOFER_OK;
    if (!env->no_proxy.with_local && no_proxy_is_local(url))
        return GOFER_OK;
    if (no_proxy_has(&env->no_proxy, url))
        return GOFER_OK;
    if (setting->why != NULL) {
        buf_append_str(why, setting->why);
        return GOFER_ERR_INVALID;
    }
    *proxy = &setting->proxy;
    return GOFER_OK;
}
