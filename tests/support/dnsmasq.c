/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See dnsmasq.h. All names are in one hosts file of its own.
 */
#include "support/dnsmasq.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/gate.h"

struct dnsmasq {
    pid_t pid;
    uint16_t port;
    char address[32];
    char binary[PATH_MAX];
    char folder[64];
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
    fprintf(file, configuration, d->port, d->folder, DNSMASQ_TTL_S);
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

/* --- the child --- */

static bool find_binary(char *binary)
{
    static const char *const folders[] = {"/usr/sbin", "/usr/local/sbin", "/usr/bin", "/sbin"};
    for (int i = 0; i < 4; i++) {
        snprintf(binary, PATH_MAX, "%s/dnsmasq", folders[i]);
        if (access(binary, X_OK) == 0)
            return true;
    }
    return false;
}

static int loopback_socket(struct sockaddr_in *addr, uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        abort();
    *addr = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return fd;
}

/* A port that is free now; somebody may take it before dnsmasq does, so the start is retried. */
static uint16_t free_port(void)
{
    struct sockaddr_in addr;
    socklen_t len = sizeof addr;
    int fd = loopback_socket(&addr, 0);
    if (bind(fd, (struct sockaddr *)&addr, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &len) != 0)
        abort();
    close(fd);
    return ntohs(addr.sin_port);
}

static bool answers(uint16_t port)
{
    struct sockaddr_in addr;
    int fd = loopback_socket(&addr, port);
    bool ok = connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0;
    close(fd);
    return ok;
}

static void run(const struct dnsmasq *d)
{
    char option[128];
    int null = open("/dev/null", O_RDWR);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    snprintf(option, sizeof option, "--conf-file=%s/conf", d->folder);
    execl(d->binary, d->binary, "--keep-in-foreground", option, (char *)NULL);
    _exit(127);
}

static void stop_child(struct dnsmasq *d)
{
    if (d->pid > 0) {
        kill(d->pid, SIGKILL);
        waitpid(d->pid, NULL, 0);
    }
    d->pid = 0;
}

/* Starts the child on a fresh port; false where it ended (the port was taken, most likely). */
static bool launch(struct dnsmasq *d)
{
    int64_t until = now_ms() + PATIENCE_MS;
    d->port = free_port();
    if (!write_configuration(d))
        return false;
    d->pid = fork();
    if (d->pid == 0)
        run(d);
    while (d->pid > 0 && now_ms() < until) {
        if (waitpid(d->pid, NULL, WNOHANG) != 0) {
            d->pid = 0;
            return false;
        }
        if (answers(d->port))
            return true;
        pass_ms(5);
    }
    stop_child(d);
    return false;
}

/* --- life --- */

static bool make_folder(struct dnsmasq *d)
{
    strcpy(d->folder, "/tmp/gofer-dnsmasq-XXXXXX");
    if (mkdtemp(d->folder) != NULL)
        return true;
    d->folder[0] = '\0';
    return false;
}

struct dnsmasq *dnsmasq_start(void)
{
    struct dnsmasq *d = calloc(1, sizeof *d);
    if (d == NULL)
        abort();
    if (find_binary(d->binary) && make_folder(d) && write_hosts(d)) {
        for (int attempt = 0; attempt < 5; attempt++) {
            if (!launch(d))
                continue;
            snprintf(d->address, sizeof d->address, "127.0.0.1:%u", (unsigned)d->port);
            return d;
        }
        fprintf(stderr, "\n    %s does not start\n", d->binary);
    }
    dnsmasq_stop(d);
    return NULL;
}

void dnsmasq_stop(struct dnsmasq *dnsmasq)
{
    if (dnsmasq == NULL)
        return;
    stop_child(dnsmasq);
    if (dnsmasq->folder[0] != '\0')
        remove_folder(dnsmasq);
    free(dnsmasq);
}

uint16_t dnsmasq_port(const struct dnsmasq *dnsmasq)
{
    return dnsmasq->port;
}

const char *dnsmasq_address(const struct dnsmasq *dnsmasq)
{
    return dnsmasq->address;
}
