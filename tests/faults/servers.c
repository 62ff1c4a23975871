/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See servers.h. Parent and child share one page of memory, which the child fills
 * in before it says, through a pipe, that it is ready.
 */
#include "faults/servers.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults/answers.h"
#include "support/certs.h"
#include "support/dns_server.h"
#include "support/proxy.h"

static pid_t pid;

static uint16_t start_proxy(enum test_proxy_kind kind, const char *authorization, const char *cert)
{
    struct test_proxy_script script = {.kind = kind, .authorization = authorization, .cert = cert};

    return test_proxy_port(test_proxy_start(&script));
}

static void start_origins(struct servers *servers, SSL_CTX *ctx)
{
    struct origin *plain = origin_start(answers_serve, NULL);

    origin_listen_unix(plain, servers->unix_path);
    servers->plain = origin_port(plain);
    servers->tls = origin_port(origin_start_tls(answers_serve, NULL, ctx));
}

static void start_dns(struct servers *servers)
{
    struct dns_server *dns = dns_server_start();

    dns_server_add(dns, "origin.test", "127.0.0.1", 60);
    snprintf(servers->dns, sizeof servers->dns, "%s", dns_server_address(dns));
}

static void serve(struct servers *servers, SSL_CTX *ctx, int ready)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    start_origins(servers, ctx);
    start_dns(servers);
    servers->http_proxy = start_proxy(TEST_PROXY_HTTP, "Basic dXNlcjpzZWNyZXQ=", NULL);
    servers->tls_proxy = start_proxy(TEST_PROXY_HTTP, NULL, "good");
    servers->socks_proxy = start_proxy(TEST_PROXY_SOCKS, NULL, NULL);
    if (write(ready, "r", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static void keep(char *out, size_t size, const char *text)
{
    if ((size_t)snprintf(out, size, "%s", text) >= size)
        abort();
}

static void make_certificates(struct servers *servers)
{
    keep(servers->ca_pem, sizeof servers->ca_pem, certs_pem("root"));
    keep(servers->cert_pem, sizeof servers->cert_pem, certs_pem("good;middle"));
    keep(servers->key_pem, sizeof servers->key_pem, certs_key_pem("good", NULL));
    keep(servers->crl_pem, sizeof servers->crl_pem, certs_crl_pem("root;middle", -1, 30));
    keep(servers->pin, sizeof servers->pin, certs_pin("good"));
}

const struct servers *servers_start(void)
{
    struct servers *servers =
        mmap(NULL, sizeof *servers, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int ready[2];
    char word;

    if (servers == MAP_FAILED || pipe(ready) != 0)
        abort();
    make_certificates(servers);
    snprintf(servers->unix_path, sizeof servers->unix_path, "@gofer-faults-%ld", (long)getpid());
    SSL_CTX *ctx = certs_server("good", NULL);
    pid = fork();
    if (pid == 0)
        serve(servers, ctx, ready[1]);
    SSL_CTX_free(ctx);
    close(ready[1]);
    if (pid < 0 || read(ready[0], &word, 1) != 1)
        abort();
    close(ready[0]);
    return servers;
}

void servers_stop(void)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
