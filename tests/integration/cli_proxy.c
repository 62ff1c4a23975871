/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The proxies that cli_proxy_test.sh holds the command against: an HTTP one, a
 * SOCKS one, and one of each that wants the user "me" with the password "secret".
 * Whatever host is asked for, they connect to 127.0.0.1 (support/proxy.h). And a DNS
 * server that knows four.test, 127.0.0.1, and six.test, ::1. Prints their ports on a
 * line, serves until its standard input ends.
 */
#include <stdio.h>
#include <unistd.h>

#include "support/dns_server.h"
#include "support/proxy.h"

enum { PROXIES = 4 };

int main(void)
{
    static const struct test_proxy_script scripts[PROXIES] = {
        {.kind = TEST_PROXY_HTTP},
        {.kind = TEST_PROXY_SOCKS},
        {.kind = TEST_PROXY_HTTP, .authorization = "Basic bWU6c2VjcmV0"},
        {.kind = TEST_PROXY_SOCKS, .user = "me", .password = "secret"},
    };
    struct test_proxy *proxies[PROXIES];
    struct dns_server *dns = dns_server_start();
    char byte;

    for (int i = 0; i < PROXIES; i++) {
        proxies[i] = test_proxy_start(&scripts[i]);
        printf("%u ", test_proxy_port(proxies[i]));
    }
    dns_server_add(dns, "four.test", "127.0.0.1", 60);
    dns_server_add(dns, "six.test", "::1", 60);
    printf("%u\n", dns_server_port(dns));
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    for (int i = 0; i < PROXIES; i++)
        test_proxy_stop(proxies[i]);
    dns_server_stop(dns);
    return 0;
}
