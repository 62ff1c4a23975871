/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The servers that cli_tls_test.sh holds the command against: a program that
 * makes certificates, writes what a client needs of them into the working
 * directory, and serves "hello" over TLS until its standard input ends.
 *
 *     cli_tls_origin NAME...
 *
 * prints "NAME=port" for each certificate (support/certs.h), '_' in place of what
 * a shell's variable cannot have, then "demanding=port" of a server that wants a
 * certificate of its clients, "plain=port" of one without TLS, "abstract=port" of one
 * that listens on the abstract socket gofer-test-port, too, and "rude=port" of
 * one that answers in HTTP whatever it is told.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "support/certs.h"
#include "support/script.h"

static const struct route hello[] = {
    {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"}};

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "we");

    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
}

static void write_files(void)
{
    write_file("root.pem", certs_pem("root"));
    write_file("other.pem", certs_pem("other root"));
    write_file("crl.pem", certs_crl_pem("root;middle", -1, 30));
    write_file("client.pem", certs_pem("client;middle"));
    write_file("client.key", certs_key_pem("client", "secret"));
    write_file("pin", certs_pin("good"));
    write_file("garbage.pem", "-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n");
}

static void print_port(const char *name, const struct origin *origin)
{
    for (; *name != '\0'; name++)
        putchar(isalnum((unsigned char)*name) ? *name : '_');
    printf("=%u\n", origin_port(origin));
}

static void be_rude(struct peer *peer, void *arg)
{
    char byte;

    (void)arg;
    if (peer_read(peer, &byte, 1))
        peer_say(peer, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    peer_sees_end(peer);
}

static struct origin *start(SSL_CTX *ctx)
{
    struct origin *origin = origin_start_tls(script_serve, (void *)(uintptr_t)hello, ctx);

    SSL_CTX_free(ctx);
    return origin;
}

static struct origin *start_demanding(void)
{
    SSL_CTX *ctx = certs_server("good", NULL);

    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), certs_get("root"));
    return start(ctx);
}

/* On the abstract socket "gofer-test-port", too. */
static struct origin *start_abstract(void)
{
    struct origin *origin = origin_start(script_serve, (void *)(uintptr_t)hello);
    char name[40];

    snprintf(name, sizeof name, "@gofer-test-%u", origin_port(origin));
    origin_listen_unix(origin, name);
    return origin;
}

int main(int argc, char **argv)
{
    struct origin *plain = origin_start(script_serve, (void *)(uintptr_t)hello);
    struct origin *rude = origin_start(be_rude, NULL);
    struct origin *demanding = start_demanding();
    struct origin *abstract = start_abstract();
    struct origin **origins = calloc((size_t)argc, sizeof *origins);
    char byte;

    if (origins == NULL)
        return 1;
    origin_listen_unix(plain, "plain.sock");
    for (int i = 1; i < argc; i++) {
        origins[i] = start(certs_server(argv[i], NULL));
        print_port(argv[i], origins[i]);
    }
    write_files();
    print_port("demanding", demanding);
    print_port("plain", plain);
    print_port("abstract", abstract);
    print_port("rude", rude);
    puts("ready=1");
    fclose(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    for (int i = 1; i < argc; i++)
        origin_stop(origins[i]);
    origin_stop(demanding);
    origin_stop(plain);
    origin_stop(abstract);
    origin_stop(rude);
    free(origins);
    return 0;
}
