/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/tls_context: what the files that options name may hold, what the environment
 * names, and what is said of those that are bad; the hook; key logs.
 */
#include "net/tls_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <CUnit/CUnit.h>
#include <openssl/x509.h>

#include "support/certs.h"
#include "unit/net/folder.h"
#include "unit/net/tls_pair.h"

extern CU_TestInfo tls_files_tests[];

static gofer_reason told_reason;

/* What a client with these options is told. The words, or "" where all is well; told_reason has the
 * reason. */
static const char *told(const gofer_tls_options *options, int *sys_errno)
{
    static struct fault fault;
    struct tls_source *source = pair_source(options);
    struct tls_context *context = pair_try_context(source, &fault);
    CU_ASSERT((context != NULL) == (fault.code == GOFER_OK));
    CU_ASSERT(context != NULL || (fault.code == GOFER_ERR_TLS && fault.phase == GOFER_PHASE_TLS));
    tls_context_unref(context);
    tls_source_free(source);
    *sys_errno = fault.sys_errno;
    told_reason = fault.reason;
    return fault.detail;
}

/* --- what files hold --- */

static void a_ca_directory_is_trusted(void)
{
    struct folder p;
    char name[32];
    folder_begin(&p);
    snprintf(name, sizeof name, "%08lx.0", X509_subject_name_hash(certs_get("root")));
    folder_put(&p, name, certs_pem("root"));
    gofer_tls_options o = {.ca_dir = p.dir};
    struct tls_source *source = pair_source(&o);
    CU_ASSERT(pair_trusts(source, "good"));
    CU_ASSERT_FALSE(pair_trusts(source, "unknown issuer"));
    tls_source_free(source);
    folder_end(&p);
}

static void the_environment_names_the_systems_store(void)
{
    struct folder p;
    folder_begin(&p);
    setenv("SSL_CERT_FILE", folder_put(&p, "ca", certs_pem("root")), 1);
    setenv("SSL_CERT_DIR", "/nowhere", 1);
    struct tls_source *source = pair_source(&(gofer_tls_options){0});
    CU_ASSERT(pair_trusts(source, "good"));
    tls_source_free(source);
    source = pair_source(&(gofer_tls_options){.ca_pem = certs_pem("other root")});
    CU_ASSERT_FALSE(pair_trusts(source, "good"));
    tls_source_free(source);
    source = pair_source(
        &(gofer_tls_options){.ca_pem = certs_pem("other root"), .add_system_store = true});
    CU_ASSERT(pair_trusts(source, "good"));
    CU_ASSERT(pair_trusts(source, "unknown issuer"));
    tls_source_free(source);
    unsetenv("SSL_CERT_FILE");
    unsetenv("SSL_CERT_DIR");
    folder_end(&p);
}

/* One more CA in the directory is seen, as one that the program did not know at its start. */
static void the_environments_directory_is_read(void)
{
    struct folder p;
    char name[32];
    folder_begin(&p);
    snprintf(name, sizeof name, "%08lx.0", X509_subject_name_hash(certs_get("root")));
    folder_put(&p, name, certs_pem("root"));
    setenv("SSL_CERT_FILE", "/nowhere", 1);
    setenv("SSL_CERT_DIR", p.dir, 1);
    struct tls_source *source = pair_source(&(gofer_tls_options){0});
    CU_ASSERT(pair_trusts(source, "good"));
    CU_ASSERT_FALSE(pair_trusts(source, "unknown issuer"));
    tls_source_free(source);
    unsetenv("SSL_CERT_FILE");
    unsetenv("SSL_CERT_DIR");
    folder_end(&p);
}

/* How a server of the certificate fares with a client of the options. */
static const char *met(const gofer_tls_options *options, const char *cert)
{
    static struct tls_pair pair;
    struct tls_source *source = pair_source(options);
    SSL_CTX *server = certs_server(cert, NULL);
    pair_meet(&pair, source, server, "good.test");
    pair_end(&pair);
    SSL_CTX_free(server);
    tls_source_free(source);
    return pair.fault.detail;
}

static void a_revoked_certificate_is_refused(void)
{
    struct folder p;
    folder_begin(&p);
    gofer_tls_options o = {.ca_pem = certs_pem("root"),
                           .crl_file = folder_put(&p, "crl", certs_crl_pem("root;middle", -1, 1))};
    CU_ASSERT_STRING_EQUAL(met(&o, "good"), "");
    CU_ASSERT_STRING_EQUAL(met(&o, "revoked"), "certificate has been revoked");
    file_replace(o.crl_file, certs_crl_pem("root", -1, 1));
    CU_ASSERT_STRING_EQUAL(met(&o, "good"),
                           "certificate: the revocation list of its issuer is missing: \"middle\"");
    file_replace(o.crl_file, certs_crl_pem("root;middle", -3, -1));
    CU_ASSERT_STRING_EQUAL(
        met(&o, "good"), "certificate: the revocation list of its issuer has expired: \"middle\"");
    o.crl_file = NULL;
    CU_ASSERT_STRING_EQUAL(met(&o, "revoked"), "");
    folder_end(&p);
}

static void bad_files_are_named(void)
{
    struct folder p;
    int err;
    folder_begin(&p);
    char expected[160];
    const char *empty = folder_put(&p, "empty", "");
    const char *prose = folder_put(&p, "prose", "no certificate at all\n");
    const char *half = folder_put(&p, "half", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    const char *const bad[] = {empty, prose, half, p.dir, "/nowhere/ca.pem", "/dev/null"};
    const int errors[] = {0, 0, 0, EISDIR, ENOENT, EINVAL};
    for (int i = 0; i < 6; i++) {
        const char *words = told(&(gofer_tls_options){.ca_file = bad[i]}, &err);
        CU_ASSERT_PTR_NOT_NULL(strstr(words, bad[i]));
        CU_ASSERT_EQUAL(strncmp(words, "CA file", 7), 0);
        CU_ASSERT_EQUAL(told_reason, GOFER_REASON_CA);
        CU_ASSERT_EQUAL(err, errors[i]);
        words = told(&(gofer_tls_options){.crl_file = bad[i]}, &err);
        CU_ASSERT_EQUAL(strncmp(words, "revocation list", 15), 0);
        CU_ASSERT_EQUAL(told_reason, GOFER_REASON_CRL);
        CU_ASSERT_EQUAL(err, errors[i]);
        words = told(&(gofer_tls_options){.cert_file = bad[i]}, &err);
        CU_ASSERT_EQUAL(strncmp(words, "client certificate", 18), 0);
        CU_ASSERT_EQUAL(told_reason, GOFER_REASON_IDENTITY);
        CU_ASSERT_EQUAL(err, errors[i]);
        words =
            told(&(gofer_tls_options){.cert_pem = certs_pem("client"), .key_file = bad[i]}, &err);
        CU_ASSERT_EQUAL(strncmp(words, "client key", 10), 0);
        CU_ASSERT_EQUAL(told_reason, GOFER_REASON_IDENTITY);
        CU_ASSERT_EQUAL(err, errors[i]);
    }
    snprintf(expected, sizeof expected, "CA file: nothing of that kind in it: %s", prose);
    CU_ASSERT_STRING_EQUAL(told(&(gofer_tls_options){.ca_file = prose}, &err), expected);
    CU_ASSERT_STRING_EQUAL(told(&(gofer_tls_options){.ca_pem = "x"}, &err),
                           "CA certificates in memory: nothing of that kind in it");
    folder_end(&p);
}

/* The good certificates in a file do not make up for one that cannot be read. */
static void a_damaged_list_is_not_half_a_list(void)
{
    char pem[8192];
    int err;
    snprintf(pem, sizeof pem, "%s-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
             certs_pem("root"));
    CU_ASSERT_EQUAL(strncmp(told(&(gofer_tls_options){.ca_pem = pem}, &err), "CA cert", 7), 0);
    snprintf(pem, sizeof pem, "# my CAs\n%s\n# the end\n", certs_pem("root;other root"));
    CU_ASSERT_STRING_EQUAL(told(&(gofer_tls_options){.ca_pem = pem}, &err), "");
}

static void keys_may_have_a_password(void)
{
    int err;
    gofer_tls_options o = {.cert_pem = certs_pem("client;middle"),
                           .key_pem = certs_key_pem("client", "secret")};
    CU_ASSERT_STRING_EQUAL(told(&o, &err), "client key: it needs a password");
    o.key_password = "wrong";
    CU_ASSERT_STRING_EQUAL(told(&o, &err), "client key: wrong password, or damaged");
    o.key_password = "secret";
    CU_ASSERT_STRING_EQUAL(told(&o, &err), "");
    o.key_pem = certs_key_pem("other client", NULL);
    CU_ASSERT_STRING_EQUAL(told(&o, &err),
                           "client key: certificate and key do not belong together");
}

static void certificate_and_key_may_be_in_one_file(void)
{
    struct folder p;
    char pem[8192];
    int err;
    folder_begin(&p);
    snprintf(pem, sizeof pem, "%s%s", certs_key_pem("client", NULL), certs_pem("client;middle"));
    gofer_tls_options o = {.cert_file = folder_put(&p, "both", pem)};
    CU_ASSERT_STRING_EQUAL(told(&o, &err), "");
    o = (gofer_tls_options){.cert_pem = pem};
    CU_ASSERT_STRING_EQUAL(told(&o, &err), "");
    o = (gofer_tls_options){.cert_pem = certs_pem("client")};
    CU_ASSERT_STRING_EQUAL(told(&o, &err), "client key: nothing of that kind in it");
    folder_end(&p);
}

static void options_that_openssl_refuses_are_named(void)
{
    int err;
    CU_ASSERT_EQUAL(strncmp(told(&(gofer_tls_options){.ciphers = "nonsense"}, &err),
                            "TLS option ciphers: ", 20),
                    0);
    CU_ASSERT_EQUAL(strncmp(told(&(gofer_tls_options){.ciphersuites = "nonsense"}, &err),
                            "TLS option ciphersuites: ", 25),
                    0);
    CU_ASSERT_EQUAL(told_reason, GOFER_REASON_CIPHERS);
}

static int refuse_all(SSL_CTX *ctx, void *arg)
{
    (void)ctx;
    (void)arg;
    return 0;
}

static int only_1_2(SSL_CTX *ctx, void *arg)
{
    (void)arg;
    return SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
}

static void the_hook_has_the_last_word(void)
{
    int err;
    CU_ASSERT_STRING_EQUAL(told(&(gofer_tls_options){.ssl_ctx = refuse_all}, &err),
                           "the ssl_ctx hook refused the context");
    struct fault fault;
    gofer_tls_options o = {.min_version = GOFER_TLS_1_2, .ssl_ctx = only_1_2};
    struct tls_source *source = pair_source(&o);
    struct tls_context *context = pair_try_context(source, &fault);
    CU_ASSERT_EQUAL(SSL_CTX_get_max_proto_version(context->ctx), TLS1_2_VERSION);
    tls_context_unref(context);
    tls_source_free(source);
}

static void what_is_to_be_off_is_off(void)
{
    struct fault fault;
    struct tls_source *source = pair_source(NULL);
    struct tls_context *context = pair_try_context(source, &fault);
    uint64_t options = SSL_CTX_get_options(context->ctx);
    CU_ASSERT_EQUAL(options & SSL_OP_IGNORE_UNEXPECTED_EOF, 0);
    CU_ASSERT_NOT_EQUAL(options & SSL_OP_NO_RENEGOTIATION, 0);
    CU_ASSERT_NOT_EQUAL(options & SSL_OP_NO_COMPRESSION, 0);
    CU_ASSERT_NOT_EQUAL(SSL_CTX_get_mode(context->ctx) & SSL_MODE_RELEASE_BUFFERS, 0);
    CU_ASSERT_EQUAL(SSL_CTX_get_verify_mode(context->ctx), SSL_VERIFY_PEER);
    CU_ASSERT(SSL_CTX_get_security_level(context->ctx) >= 2);
    CU_ASSERT_EQUAL(SSL_CTX_get_min_proto_version(context->ctx), TLS1_2_VERSION);
    tls_context_unref(context);
    tls_source_free(source);
}

/* --- key logs --- */

static void keys_are_logged_where_it_is_said(void)
{
    struct folder p;
    struct stat st;
    char line[512] = "";
    folder_begin(&p);
    gofer_tls_options o = {.ca_pem = certs_pem("root"), .keylog_file = folder_path(&p, "keys")};
    CU_ASSERT_STRING_EQUAL(met(&o, "good"), "");
    CU_ASSERT_EQUAL_FATAL(stat(o.keylog_file, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
    FILE *f = fopen(o.keylog_file, "re");
    int lines = 0, secrets = 0;
    while (fgets(line, sizeof line, f) != NULL) {
        lines++;
        secrets +=
            strstr(line, "_TRAFFIC_SECRET") != NULL || strstr(line, "EXPORTER_SECRET") != NULL;
    }
    fclose(f);
    CU_ASSERT(lines >= 4);
    CU_ASSERT_EQUAL(lines, secrets);
    int err;
    o.keylog_file = "/nowhere/keys";
    CU_ASSERT_STRING_EQUAL(told(&o, &err), "key log cannot be opened: /nowhere/keys");
    CU_ASSERT_EQUAL(err, ENOENT);
    folder_end(&p);
}

CU_TestInfo tls_files_tests[] = {
    {"a CA directory is trusted", a_ca_directory_is_trusted},
    {"the environment names the system's store", the_environment_names_the_systems_store},
    {"the environment's directory is read", the_environments_directory_is_read},
    {"a revoked certificate is refused", a_revoked_certificate_is_refused},
    {"bad files are named", bad_files_are_named},
    {"a damaged list is not half a list", a_damaged_list_is_not_half_a_list},
    {"keys may have a password", keys_may_have_a_password},
    {"certificate and key may be in one file", certificate_and_key_may_be_in_one_file},
    {"options that OpenSSL refuses are named", options_that_openssl_refuses_are_named},
    {"the hook has the last word", the_hook_has_the_last_word},
    {"TLS-12 TLS-10 what is to be off is off", what_is_to_be_off_is_off},
    {"keys are logged where it is said", keys_are_logged_where_it_is_said},
    CU_TEST_INFO_NULL,
};
