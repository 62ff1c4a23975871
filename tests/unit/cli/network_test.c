/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * cli/network: what the options about connections come to in the library's. Where no
 * server could tell, as with times and a socket's options, this is what does.
 */
#include "cli/network.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "cli/options.h"

extern CU_TestInfo network_tests[];

enum { ARGS = 24 };

/* A command line, and what it came to. */
struct outcome {
    struct global global;
    struct network network;
    gofer_client_options o;
};

static void begin(struct outcome *out, const char *const *args)
{
    char *argv[ARGS + 2] = {(char *)"gofer", (char *)"http://a.test/"};
    int argc = 2;

    for (; args[argc - 2] != NULL; argc++)
        argv[argc] = (char *)(uintptr_t)args[argc - 2];
    memset(out, 0, sizeof *out);
    global_init(&out->global);
    CU_ASSERT_EQUAL(options_parse(&out->global, argc, argv), CODE_OK);
    CU_ASSERT_EQUAL(network_init(&out->network, out->global.first, &out->o), CODE_OK);
}

static void end(struct outcome *out)
{
    network_fini(&out->network);
    global_fini(&out->global);
}

#define BEGIN(out, ...) begin(out, (const char *const[ARGS]){__VA_ARGS__, NULL})

static void what_is_not_said_is_curls(void)
{
    struct outcome out;

    begin(&out, (const char *const[ARGS]){NULL});
    CU_ASSERT_EQUAL(out.o.connect_timeout_ms, 300000);
    CU_ASSERT_EQUAL(out.o.keepalive_ms, 60000);
    CU_ASSERT_FALSE(out.o.disable_tcp_nodelay || out.o.proxy_tunnel || out.o.proxy_protocol);
    CU_ASSERT(out.o.fallback_delay_ms == 0 && out.o.local_port == 0 && out.o.dns_servers == NULL);
    CU_ASSERT(out.o.proxy == NULL && out.o.preproxy == NULL && out.o.interface == NULL);
    CU_ASSERT_EQUAL(out.o.address_family, GOFER_ANY_FAMILY);
    end(&out);
}

static void times(void)
{
    struct outcome out;

    BEGIN(&out, "--connect-timeout", "1.5", "--keepalive-time", "7", "--happy-eyeballs-timeout-ms",
          "90");
    CU_ASSERT_EQUAL(out.o.connect_timeout_ms, 1500);
    CU_ASSERT_EQUAL(out.o.keepalive_ms, 7000);
    CU_ASSERT_EQUAL(out.o.fallback_delay_ms, 90);
    end(&out);
}

static void sockets(void)
{
    struct outcome out;

    BEGIN(&out, "--no-keepalive", "--no-tcp-nodelay", "--local-port", "5-9", "-4", "--interface",
          "host!127.0.0.9");
    CU_ASSERT_EQUAL(out.o.keepalive_ms, GOFER_NEVER);
    CU_ASSERT(out.o.disable_tcp_nodelay);
    CU_ASSERT(out.o.local_port == 5 && out.o.local_port_last == 9);
    CU_ASSERT_EQUAL(out.o.address_family, GOFER_IPV4);
    CU_ASSERT_STRING_EQUAL(out.o.local_address, "127.0.0.9");
    end(&out);
    BEGIN(&out, "--no-keepalive", "--keepalive", "--no-tcp-nodelay", "--tcp-nodelay", "-6",
          "--interface", "if!lo");
    CU_ASSERT_EQUAL(out.o.keepalive_ms, 60000);
    CU_ASSERT_FALSE(out.o.disable_tcp_nodelay);
    CU_ASSERT_EQUAL(out.o.address_family, GOFER_IPV6);
    CU_ASSERT_STRING_EQUAL(out.o.interface, "lo");
    end(&out);
}

static void names(void)
{
    struct outcome out;

    BEGIN(&out, "--dns-servers", "192.0.2.1,192.0.2.2:5353", "--resolve", "a:1:192.0.2.3",
          "--connect-to", "a:1:b:2");
    CU_ASSERT_STRING_EQUAL(out.o.dns_servers, "192.0.2.1,192.0.2.2:5353");
    CU_ASSERT(out.o.resolve_len == 1 && strcmp(out.o.resolve[0], "a:1:192.0.2.3") == 0);
    CU_ASSERT(out.o.connect_to_len == 1 && strcmp(out.o.connect_to[0], "a:1:b:2") == 0);
    CU_ASSERT(out.o.proxy_tunnel); /* which alone is led elsewhere */
    end(&out);
}

static void proxies(void)
{
    struct outcome out;

    BEGIN(&out, "-x", "p", "--preproxy", "socks5h://q:1", "-U", "me:secret", "-p", "--noproxy", "b",
          "--haproxy-clientip", "192.0.2.7");
    CU_ASSERT_STRING_EQUAL(out.o.proxy, "p:1080");
    CU_ASSERT_STRING_EQUAL(out.o.preproxy, "socks5h://q:1");
    CU_ASSERT_STRING_EQUAL(out.o.proxy_user, "me");
    CU_ASSERT_STRING_EQUAL(out.o.proxy_password, "secret");
    CU_ASSERT_STRING_EQUAL(out.o.no_proxy, "<-loopback>,b");
    CU_ASSERT(out.o.proxy_tunnel && out.o.proxy_protocol && !out.o.connect_http_1_0);
    CU_ASSERT_STRING_EQUAL(out.o.proxy_protocol_address, "192.0.2.7");
    end(&out);
    BEGIN(&out, "--proxy1.0", "p", "--haproxy-protocol");
    CU_ASSERT(out.o.connect_http_1_0 && out.o.proxy_protocol);
    CU_ASSERT_PTR_NULL(out.o.proxy_protocol_address);
    end(&out);
}

static void tls_with_a_proxy(void)
{
    struct outcome out;

    BEGIN(&out, "--proxy-cacert", "ca", "--proxy-capath", "dir", "--proxy-crlfile", "crl",
          "--proxy-cert", "me", "--proxy-key", "key", "--proxy-pass", "word", "--proxy-ciphers",
          "c2", "--proxy-tls13-ciphers", "c3");
    CU_ASSERT_STRING_EQUAL(out.o.proxy_tls->ca_file, "ca");
    CU_ASSERT_STRING_EQUAL(out.o.proxy_tls->ca_dir, "dir");
    CU_ASSERT_STRING_EQUAL(out.o.proxy_tls->crl_file, "crl");
    CU_ASSERT_STRING_EQUAL(out.o.proxy_tls->cert_file, "me");
    CU_ASSERT_STRING_EQUAL(out.o.proxy_tls->key_file, "key");
    CU_ASSERT_STRING_EQUAL(out.o.proxy_tls->key_password, "word");
    CU_ASSERT_STRING_EQUAL(out.o.proxy_tls->ciphers, "c2");
    CU_ASSERT_STRING_EQUAL(out.o.proxy_tls->ciphersuites, "c3");
    CU_ASSERT(out.o.tls->ca_file == NULL && out.o.tls->cert_file == NULL);
    end(&out);
    BEGIN(&out, "--proxy-insecure", "--proxy-ca-native", "--proxy-pinnedpubkey", "sha256//x",
          "--proxy-cert", "me", "--proxy-cert-type", "P12", "--proxy-tlsv1");
    CU_ASSERT_EQUAL(out.o.proxy_tls->verify, GOFER_TLS_INSECURE);
    CU_ASSERT_EQUAL(out.o.tls->verify, GOFER_TLS_VERIFY);
    CU_ASSERT(out.o.proxy_tls->add_system_store && !out.o.tls->add_system_store);
    CU_ASSERT_STRING_EQUAL(out.o.proxy_tls->pins, "sha256//x");
    CU_ASSERT_EQUAL(out.o.proxy_tls->cert_format, GOFER_TLS_P12);
    end(&out);
    BEGIN(&out, "--proxy-cert", "me", "--proxy-key", "k", "--proxy-key-type", "DER");
    CU_ASSERT_EQUAL(out.o.proxy_tls->key_format, GOFER_TLS_DER);
    end(&out);
}

CU_TestInfo network_tests[] = {
    {"what is not said is curl's", what_is_not_said_is_curls},
    {"times", times},
    {"sockets", sockets},
    {"names", names},
    {"proxies", proxies},
    {"TLS with a proxy", tls_with_a_proxy},
    CU_TEST_INFO_NULL,
};
