/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Good and bad certificates as other people's servers show them: nginx, and
 * openssl s_server. One table holds for both. That each kind of certificate is
 * judged right, the unit tests of net/tls say with many more of them; here it is
 * what reaches a program: the status, the words, and that nothing was sent.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "support/certs.h"
#include "support/child.h"
#include "support/nginx.h"

extern CU_TestInfo certificate_tests[];

enum {
    WITH_CRL = 1,
    DEMANDS = 2,   /* the server wants a certificate, */
    AS_CLIENT = 4, /* and the client has one */
    TOO_MUCH = 8   /* it does not come to a check */
};

static const struct row {
    const char *host;  /* of the URL */
    const char *shown; /* the certificates that the server shows, its own first */
    const char *words; /* of the error; NULL: all is well */
    int flags;
} rows[] = {
    {"good.test", "good;middle", NULL, 0},
    {"GOOD.test.", "good;middle", NULL, 0},
    {"127.0.0.1", "good;middle", NULL, 0},
    {"[::1]", "good;middle", NULL, 0},
    {"good.test", "good;middle;root", NULL, 0},
    {"good.test", "good;root;middle", NULL, 0}, /* reversed */
    {"good.test", "good;other root;middle;other middle", NULL, 0},
    {"good.test", "good by root", NULL, 0},
    {"b.test", "three names;middle", NULL, 0},
    {"a.good.test", "star;middle", NULL, 0},
    {"xn--bcher-kva.test", "idn;middle", NULL, 0},
    {"127.0.0.1", "address;middle", NULL, 0},
    {"good.test", "good;middle", NULL, WITH_CRL},

    {"good.test", "old;middle", "certificate has expired (2 days ago)", 0},
    {"good.test", "future;middle", "certificate is not valid yet (in 3 days)", 0},
    {"good.test", "wrong name;middle", "certificate is for a.test, not good.test", 0},
    {"127.0.0.1", "wrong name;middle", "certificate is for a.test, not 127.0.0.1", 0},
    {"c.test", "three names;middle", "certificate is for a.test, b.test and 1 more, not c.test", 0},
    {"good.test", "no names;middle", "certificate names no host", 0},
    {"good.test", "mail only;middle", "certificate names no host", 0},
    {"good.test", "star;middle", "certificate is for *.good.test, not good.test", 0},
    {"b.a.good.test", "star;middle", "certificate is for *.good.test, not b.a.good.test", 0},
    {"foo.good.test", "part star;middle", "certificate is for f*.good.test", 0},
    {"a.b.good.test", "inner star;middle", "certificate is for a.*.good.test", 0},
    {"good.test", "top star;middle", "certificate is for *.test, not good.test", 0},
    {"good.test", "bare star;middle", "certificate is for *, not good.test", 0},
    {"good.test", "nul name;middle", "certificate", 0},
    {"other.test", "nul name;middle", "certificate is for good.test\\x00.evil.test", 0},
    {"127.0.0.1", "other address;middle", "certificate is for 192.0.2.1, not 127.0.0.1", 0},
    {"127.0.0.1", "address as name;middle", "certificate is for 127.0.0.1, not 127.0.0.1", 0},
    {"127.0.0.1", "star address;middle", "certificate is for *.0.0.1, not 127.0.0.1", 0},
    {"localhost", "address;middle", "certificate is for 127.0.0.1, not localhost", 0},
    {"good.test", "self-signed", "certificate is self-signed and not trusted", 0},
    {"good.test", "unknown issuer;other middle", "issuer \"other root\" is unknown", 0},
    {"good.test", "unknown issuer;other middle;other root", "is a root that is not trusted", 0},
    {"good.test", "good", "certificate's issuer \"middle\" is unknown (not trusted, or not sent)",
     0},
    {"good.test", "by leaf;good;middle", "CA certificate \"good\" may not issue certificates", 0},
    {"good.test", "by expired;expired middle",
     "CA certificate \"expired middle\" has expired (3 days ago)", 0},
    {"good.test", "by too deep;too deep middle;middle", "CA certificate \"middle\": path length",
     0},
    {"good.test", "by test only;test only middle", "certificate: permitted subtree violation", 0},
    {"good.test", "unknown critical;middle", "certificate: unhandled critical extension", 0},
    {"good.test", "client only;middle", "certificate is not one of a TLS server", 0},
    {"good.test", "code only;middle", "certificate is not one of a TLS server", 0},
    {"good.test", "weak key;middle", "certificate's key is too weak", 0},
    {"good.test", "by weak;weak middle", "CA certificate \"weak middle\"'s key is too weak", 0},
    {"good.test", "weak hash;middle", "certificate", 0},
    {"good.test", "revoked;middle", "certificate has been revoked", WITH_CRL},
    {"good.test", "revoked;middle", NULL, 0},
    {"good.test", "many names;middle", "certificates are too large", TOO_MUCH},
    {"good.test", "good;middle", NULL, DEMANDS | AS_CLIENT},
};

enum { ROWS = sizeof rows / sizeof *rows };

/* Files that servers and clients need. */
static struct {
    char dir[40], cert[64], key[64], chain[64], ca[64], crl[64];
} files;

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    REQUIRE(file != NULL);
    fputs(text, file);
    fclose(file);
}

static const char *path_of(char *buf, const char *name)
{
    snprintf(buf, sizeof files.cert, "%s/%s", files.dir, name);
    return buf;
}

static void begin_files(void)
{
    strcpy(files.dir, "/tmp/gofer-certs-XXXXXX");
    REQUIRE(mkdtemp(files.dir) != NULL);
    path_of(files.cert, "cert");
    path_of(files.key, "key");
    path_of(files.chain, "chain");
    write_file(path_of(files.ca, "ca"), certs_pem("root"));
    write_file(path_of(files.crl, "crl"), certs_crl_pem("root;middle", -1, 30));
}

static void end_files(void)
{
    const char *const paths[] = {files.cert, files.key, files.chain, files.ca, files.crl};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        unlink(paths[i]);
    rmdir(files.dir);
}

/* --- rows --- */

/* The key of the row's own certificate. */
static const char *key_of(const struct row *row)
{
    char name[64];

    snprintf(name, sizeof name, "%.*s", (int)strcspn(row->shown, ";"), row->shown);
    return certs_key_pem(name, NULL);
}

/* A client for a row. Its lookups need no server: every name is here. */
static gofer_client *client_for(const struct row *row, unsigned port)
{
    char entry[32];
    const char *resolve = entry;
    gofer_tls_options tls = {.ca_pem = certs_pem("root")};

    snprintf(entry, sizeof entry, "*:%u:127.0.0.1", port);
    if (row->flags & AS_CLIENT) {
        tls.cert_pem = certs_pem("client;middle");
        tls.key_pem = certs_key_pem("client", NULL);
    }
    if (row->flags & WITH_CRL)
        tls.crl_file = files.crl;
    return rig_client(
        &(gofer_client_options){.tls = &tls, .resolve = &resolve, .resolve_len = port != 0});
}

static bool ended_as(const struct row *row, const struct outcome *got)
{
    if (row->words == NULL)
        return got->status == GOFER_OK && gofer_response_status(got->response) == 200;
    return got->status == (row->flags & TOO_MUCH ? GOFER_ERR_TLS : GOFER_ERR_CERTIFICATE) &&
           got->error->phase == GOFER_PHASE_TLS && got->error->sent == GOFER_SENT_NOTHING &&
           got->error->attempts == 0 && strstr(got->error->message, row->words) != NULL;
}

static void check(const struct row *row, const struct outcome *got)
{
    bool ok = ended_as(row, got);

    if (!ok)
        printf("\n    %s for %s: %s", row->shown, row->host,
               got->error != NULL ? got->error->message : "fine");
    EXPECT(ok);
}

/* --- nginx --- */

static struct outcome get_site(const struct row *row, const struct nginx *nginx, size_t site)
{
    char url[ORIGIN_URL_BYTES], socket[NGINX_URL_BYTES];
    gofer_client *client = client_for(row, 0);

    snprintf(url, sizeof url, "https://%s/hello", row->host);
    gofer_request *request = rig_request_to("GET", url);
    gofer_request_set_unix_socket(request, nginx_site_socket(nginx, site, socket));
    struct outcome got = rig_call(client, request);
    rig_end_client(client);
    return got;
}

static struct nginx *start_nginx(void)
{
    struct nginx_site sites[ROWS];

    for (size_t i = 0; i < ROWS; i++)
        sites[i] = (struct nginx_site){
            .cert_pem = certs_pem(rows[i].shown),
            .key_pem = key_of(&rows[i]),
            .client_ca_pem = rows[i].flags & DEMANDS ? certs_pem("root") : NULL,
        };
    return nginx_start_sites(sites, ROWS);
}

static void certificates_of_nginx_are_judged_right(void)
{
    struct nginx *nginx = start_nginx();

    if (nginx == NULL) {
        printf(" skipped: no nginx ");
        return;
    }
    begin_files();
    for (size_t i = 0; i < ROWS; i++) {
        struct outcome got = get_site(&rows[i], nginx, i);
        check(&rows[i], &got);
        if (!(rows[i].flags & DEMANDS))
            continue;
        struct row nobody = rows[i];
        nobody.flags &= ~AS_CLIENT;
        got = get_site(&nobody, nginx, i); /* nginx says so in HTTP */
        EXPECT_INT(gofer_response_status(got.response), 400);
        EXPECT_HOLDS(gofer_response_body(got.response, NULL), "No required SSL certificate");
    }
    nginx_stop(nginx);
    end_files();
}

/* --- openssl s_server --- */

static bool s_server_arguments(struct child *child, const char *args[CHILD_ARGS_MAX], void *arg)
{
    const struct row *row = arg;
    static char accept[32];
    const char *all[] = {child->binary, "s_server", "-accept", accept,
                         "-cert",       files.cert, "-key",    files.key,
                         "-www",        "-quiet",   "-cipher", "ALL@SECLEVEL=0"};
    size_t n = sizeof all / sizeof *all;

    snprintf(accept, sizeof accept, "127.0.0.1:%u", child->port);
    memcpy(args, all, sizeof all);
    if (strchr(row->shown, ';') != NULL) {
        args[n++] = "-cert_chain";
        args[n++] = files.chain;
    }
    if (row->flags & DEMANDS) {
        args[n++] = "-Verify";
        args[n++] = "3";
        args[n++] = "-CAfile";
        args[n++] = files.ca;
        args[n++] = "-verify_return_error";
    }
    args[n] = NULL;
    return true;
}

static bool start_s_server(struct child *child, const struct row *row)
{
    const char *rest = strchr(row->shown, ';');
    char own[64];

    snprintf(own, sizeof own, "%.*s", (int)strcspn(row->shown, ";"), row->shown);
    write_file(files.cert, certs_pem(own));
    write_file(files.key, key_of(row));
    if (rest != NULL)
        write_file(files.chain, certs_pem(rest + 1));
    return child_start(child, "openssl", s_server_arguments, (void *)(uintptr_t)row);
}

static struct outcome get_s_server(const struct row *row, const struct child *child)
{
    char url[ORIGIN_URL_BYTES];
    gofer_client *client = client_for(row, child->port);

    snprintf(url, sizeof url, "https://%s:%u/", row->host, child->port);
    struct outcome got = rig_get_url(client, url);
    rig_end_client(client);
    return got;
}

/* It listens on 127.0.0.1 only. */
static bool is_elsewhere(const struct row *row)
{
    return row->host[0] == '[';
}

static void certificates_of_s_server_are_judged_right(void)
{
    begin_files();
    for (size_t i = 0; i < ROWS; i++) {
        struct child child = {0};
        if (is_elsewhere(&rows[i]))
            continue;
        if (!start_s_server(&child, &rows[i])) {
            printf(" skipped: no openssl ");
            break;
        }
        struct outcome got = get_s_server(&rows[i], &child);
        check(&rows[i], &got);
        if (rows[i].flags & DEMANDS) {
            struct row nobody = rows[i];
            nobody.flags &= ~AS_CLIENT;
            got = get_s_server(&nobody, &child);
            rig_expect_error(&got, GOFER_ERR_TLS);
            EXPECT_HOLDS(got.error->message, "server demands a client certificate");
        }
        child_stop(&child);
    }
    end_files();
}

CU_TestInfo certificate_tests[] = {
    {"TLS-01 TLS-02 TLS-03 TLS-04 TLS-05 TLS-07 certificates of nginx are judged right",
     certificates_of_nginx_are_judged_right},
    {"TLS-01 TLS-02 TLS-03 TLS-04 TLS-05 certificates of openssl s_server are judged right",
     certificates_of_s_server_are_judged_right},
    CU_TEST_INFO_NULL,
};
