/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See dnsmasq.h. All names are in one hosts file of its own.
 */
#include "support/dnsmasq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/child.h"

struct dnsmasq {
    struct child child;
    char address[32];
    char folder[64];
    char option[96];
};

static const char configuration[] = "port=%u\n"
                                    "listen-address=127.0.0.1\n"
                                    "bind-interfaces\n"
                                    "no-resolv\n"
                                    "no-hosts\n"
                                    "addn-hosts=%s/hosts\n"
                                    "cname=alias.test,both.test\n"
                                    "txt-record=nodata.test,text\n"
                                    "local=/test/\n"
                                    "local-ttl=%d\n"
                                    "pid-file=\n";

static const char names[] = "192.0.2.1 v4.test both.test\n"
                            "2001:db8::1 both.test\n";

/* --- files --- */

static FILE *create(const struct dnsmasq *d, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", d->folder, name);
    return fopen(path, "we");
}

static bool write_hosts(const struct dnsmasq *d)
{
    FILE *file = create(d, "hosts");
    if (file == NULL)
        return false;
    fputs(names, file);
    for (int i = 0; i < DNSMASQ_MANY; i++)
        fprintf(file, "198.51.100.%d many.test\n", i);
    return fclose(file) == 0;
}

static bool write_configuration(const struct dnsmasq *d)
{
    FILE *file = create(d, "conf");
    if (file == NULL)
        return false;
    fprintf(file, configuration, (unsigned)d->child.port, d->folder, DNSMASQ_TTL_S);
    /* It would change to a user who may not read the folder. */
    if (geteuid() == 0)
        fputs("user=root\n", file);
    return fclose(file) == 0;
}

static void remove_folder(const struct dnsmasq *d)
{
    static const char *const files[] = {"hosts", "conf"};
    char path[128];
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", d->folder, files[i]);
        unlink(path);
    }
    rmdir(d->folder);
}

/* --- life --- */

static bool arguments(struct child *child, const char *args[CHILD_ARGS_MAX], void *arg)
{
    struct dnsmasq *d = arg;
    snprintf(d->option, sizeof d->option, "--conf-file=%s/conf", d->folder);
    args[0] = child->binary;
    args[1] = "--keep-in-foreground";
    args[2] = d->option;
    args[3] = NULL;
    return write_configuration(d);
}

struct dnsmasq *dnsmasq_start(void)
{
    struct dnsmasq *d = calloc(1, sizeof *d);
    if (d == NULL)
        abort();
    strcpy(d->folder, "/tmp/gofer-dnsmasq-XXXXXX");
    if (mkdtemp(d->folder) == NULL)
        abort();
    if (write_hosts(d) && child_start(&d->child, "dnsmasq", arguments, d)) {
        snprintf(d->address, sizeof d->address, "127.0.0.1:%u", (unsigned)d->child.port);
        return d;
    }
    dnsmasq_stop(d);
    return NULL;
}

void dnsmasq_stop(struct dnsmasq *dnsmasq)
{
    if (dnsmasq == NULL)
        return;
    child_stop(&dnsmasq->child);
    remove_folder(dnsmasq);
    free(dnsmasq);
}

uint16_t dnsmasq_port(const struct dnsmasq *dnsmasq)
{
    return dnsmasq->child.port;
}

const char *dnsmasq_address(const struct dnsmasq *dnsmasq)
{
    return dnsmasq->address;
}
