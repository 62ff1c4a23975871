/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See child.h.
 */
#include "support/child.h"

#include <arpa/inet.h>
#include <fcntl.h>
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
#include "support/relay.h"

static bool find_in(const char *folders, const char *name, char *binary)
{
    while (*folders != '\0') {
        size_t len = strcspn(folders, ":");
        snprintf(binary, PATH_MAX, "%.*s/%s", (int)len, folders, name);
        if (access(binary, X_OK) == 0)
            return true;
        folders += len + (folders[len] == ':');
    }
    return false;
}

bool child_find(const char *name, char *binary)
{
    const char *path = getenv("PATH");

    return (path != NULL && find_in(path, name, binary)) ||
           find_in("/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/usr/local/nginx/sbin", name,
                   binary);
}

int child_hold_port(uint16_t *port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&addr, sizeof addr) != 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &len) != 0)
        abort();
    *port = ntohs(addr.sin_port);
    return fd;
}

static bool accepts(uint16_t port)
{
    int fd = relay_connect(port);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void run(const struct child *child, const char *args[])
{
    int null = open("/dev/null", O_RDWR);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execv(child->binary, (char *const *)args);
    _exit(127);
}

/* False where it ended. */
static bool launch(struct child *child, child_arguments arguments, void *arg)
{
    const char *args[CHILD_ARGS_MAX];
    int64_t until = now_ms() + PATIENCE_MS;

    if (!arguments(child, args, arg))
        return false;
    child->pid = fork();
    if (child->pid == 0)
        run(child, args);
    while (child->pid > 0 && now_ms() < until) {
        if (waitpid(child->pid, NULL, WNOHANG) != 0) {
            child->pid = 0;
            return false;
        }
        if (accepts(child->port))
            return true;
        pass_ms(5);
    }
    child_stop(child);
    return false;
}

bool child_start(struct child *child, const char *name, child_arguments arguments, void *arg)
{
    *child = (struct child){.pid = 0};
    if (!child_find(name, child->binary))
        return false;
    for (int attempt = 0; attempt < 5; attempt++) {
        int port = child_hold_port(&child->port);
        bool runs = launch(child, arguments, arg);
        close(port);
        if (runs)
            return true;
    }
    fprintf(stderr, "\n    %s does not start\n", child->binary);
    return false;
}

void child_stop(struct child *child)
{
    if (child->pid > 0) {
        kill(child->pid, SIGKILL);
        waitpid(child->pid, NULL, 0);
    }
    child->pid = 0;
}
