/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See real_proxy.h. tinyproxy reads a file; microsocks takes arguments.
 */
#include "support/real_proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/child.h"

struct real_proxy {
    struct child child;
    const char *user;
    const char *password;
    char port[8];
    char file[64]; /* "": none */
};

static bool write_file(struct real_proxy *proxy)
{
    FILE *file = fopen(proxy->file, "we");

    if (file == NULL)
        return false;
    fprintf(file,
            "Port %u\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 60\nMaxClients 200\n"
            "LogLevel Critical\n",
            proxy->child.port);
    if (proxy->user != NULL)
        fprintf(file, "BasicAuth %s %s\n", proxy->user, proxy->password);
    return fclose(file) == 0;
}

static bool tinyproxy(struct child *child, const char *args[CHILD_ARGS_MAX], void *arg)
{
    struct real_proxy *proxy = arg;
    const char *const list[] = {child->binary, "-d", "-c", proxy->file, NULL};

    memcpy(args, list, sizeof list);
    return write_file(proxy);
}

static bool microsocks(struct child *child, const char *args[CHILD_ARGS_MAX], void *arg)
{
    struct real_proxy *proxy = arg;
    const char *const list[] = {child->binary, "-i", "127.0.0.1", "-p", proxy->port,
                                NULL,          NULL, NULL,        NULL, NULL};

    snprintf(proxy->port, sizeof proxy->port, "%u", child->port);
    memcpy(args, list, sizeof list);
    if (proxy->user != NULL) {
        const char *const login[] = {"-u", proxy->user, "-P", proxy->password};
        memcpy(args + 5, login, sizeof login);
    }
    return true;
}

static bool make_file(struct real_proxy *proxy)
{
    strcpy(proxy->file, "/tmp/gofer-tinyproxy-XXXXXX");
    int fd = mkstemp(proxy->file);

    if (fd < 0) {
        proxy->file[0] = '\0';
        return false;
    }
    close(fd);
    return true;
}

struct real_proxy *real_proxy_start(enum real_proxy_kind kind, const char *user,
                                    const char *password)
{
    struct real_proxy *proxy = calloc(1, sizeof *proxy);
    bool ok;

    if (proxy == NULL)
        abort();
    proxy->user = user;
    proxy->password = password;
    if (kind == REAL_MICROSOCKS)
        ok = child_start(&proxy->child, "microsocks", microsocks, proxy);
    else
        ok = make_file(proxy) && child_start(&proxy->child, "tinyproxy", tinyproxy, proxy);
    if (ok)
        return proxy;
    real_proxy_stop(proxy);
    return NULL;
}

void real_proxy_stop(struct real_proxy *proxy)
{
    if (proxy == NULL)
        return;
    child_stop(&proxy->child);
    if (proxy->file[0] != '\0')
        unlink(proxy->file);
    free(proxy);
}

uint16_t real_proxy_port(const struct real_proxy *proxy)
{
    return proxy->child.port;
}
