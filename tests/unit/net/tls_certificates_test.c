/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/tls_trust: good and bad certificates, one handshake each. A row says which
 * certificate a server shows, who the client wants, and what becomes of it: no
 * words, or those of the error.
 */
#include "net/tls_trust.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/certs.h"
#include "unit/net/tls_pair.h"

extern CU_TestInfo tls_certificates_tests[];

struct row {
    const char *cert;
    const char *chain; /* as certs_server() takes it */
    const char *name;
    const char *words; /* how the error begins; NULL: all is well */
};

/* A message that OpenSSL would not read says nothing about the certificate in it. */
static gofer_status code_of(const struct row *row)
{
    static const char unread[] = "TLS handshake failed";
    return strncmp(row->words, unread, strlen(unread)) == 0 ? GOFER_ERR_TLS : GOFER_ERR_CERTIFICATE;
}

/* Whether the handshake ended as the row says. */
static bool ends_as(const struct tls_pair *pair, const struct row *row)
{
    if (row->words == NULL)
        return pair->step == TLS_DONE && pair->fault.code == GOFER_OK;
    return pair->step == TLS_FAILED && pair->fault.code == code_of(row) &&
           pair->fault.phase == GOFER_PHASE_TLS &&
           strncmp(pair->fault.detail, row->words, strlen(row->words)) == 0;
}

static void check_row(struct tls_source *source, const struct row *row)
{
    struct tls_pair pair;
    SSL_CTX *server = certs_server(row->cert, row->chain);
    pair_meet(&pair, source, server, row->name);
    bool ok = ends_as(&pair, row);
    if (!ok)
        printf("\n    %s for %s: step %d, \"%s\"", row->cert, row->name, (int)pair.step,
               pair.fault.detail);
    CU_ASSERT(ok);
    /* A server that is not trusted reads nothing of ours. */
    CU_ASSERT(ok && (row->words == NULL || !SSL_is_init_finished(pair.server)));
    pair_end(&pair);
    SSL_CTX_free(server);
}

static void check_rows(const gofer_tls_options *options, const struct row *rows, size_t n)
{
    struct tls_source *source = pair_source(options);
    for (size_t i = 0; i < n; i++)
        check_row(source, &rows[i]);
    tls_source_free(source);
}

#define CHECK_ROWS(options, rows) check_rows(options, rows, sizeof rows / sizeof *rows)

/* --- names --- */

static void names_must_match(void)
{
    static const struct row rows[] = {
        {"good", NULL, "good.test", NULL},
        {"good", NULL, "good.test.", NULL},
        {"good", NULL, "GOOD.TEST", NULL},
        {"good", NULL, "localhost", NULL},
        {"good", NULL, "127.0.0.1", NULL},
        {"good", NULL, "::1", NULL},
        {"good", NULL, "bad.test",
         "certificate is for good.test, localhost and 2 more, not bad.test"},
        {"good", NULL, "a.very-long-name.of-a-server.in-some-region.of-a-provider.bad.test",
         "certificate is for good.test, localhost and 2 more, not "
         "a.very-long-name.of-a-server.in-..."},
        {"wrong name", NULL, "b.test", "certificate is for a.test, not b.test"},
        {"wrong name", NULL, "www.a.test", "certificate is for a.test, not www.a.test"},
        {"wrong name", NULL, "test", "certificate is for a.test, not test"},
        {"wrong name", NULL, "xa.test", "certificate is for a.test, not xa.test"},
        {"wrong name", NULL, "a.test.evil", "certificate is for a.test, not a.test.evil"},
        {"three names", NULL, "b.test", NULL},
        {"three names", NULL, "192.0.2.7", NULL},
        {"three names", NULL, "c.test", "certificate is for a.test, b.test and 1 more, not c.test"},
        {"no names", NULL, "good.test",
         "certificate names no host (a common name does not count), so not good.test"},
        {"mail only", NULL, "good.test", "certificate names no host"},
    };
    CHECK_ROWS(NULL, rows);
}

static void a_star_is_one_whole_leftmost_label(void)
{
    static const struct row rows[] = {
        {"star", NULL, "a.good.test", NULL},
        {"star", NULL, "xn--bcher-kva.good.test", NULL},
        {"star", NULL, "a.good.test.", NULL},
        {"star", NULL, "good.test", "certificate is for *.good.test, not good.test"},
        {"star", NULL, "b.a.good.test", "certificate is for *.good.test, not b.a.good.test"},
        {"star", NULL, "a.goodxtest", "certificate is for *.good.test"},
        {"part star", NULL, "foo.good.test", "certificate is for f*.good.test"},
        {"part star", NULL, "f.good.test", "certificate is for f*.good.test"},
        {"idn star", NULL, "xn--bcher-kva.good.test", "certificate is for xn--*.good.test"},
        {"inner star", NULL, "a.b.good.test", "certificate is for a.*.good.test"},
        {"two stars", NULL, "a.b.good.test", "certificate is for *.*.good.test"},
        {"top star", NULL, "good.test", "certificate is for *.test, not good.test"},
        {"bare star", NULL, "good.test", "certificate is for *, not good.test"},
        {"bare star", NULL, "test", "certificate is for *, not test"},
        {"idn", NULL, "xn--bcher-kva.test", NULL},
        {"idn", NULL, "bucher.test", "certificate is for xn--bcher-kva.test"},
    };
    CHECK_ROWS(NULL, rows);
}

static void a_nul_ends_no_name(void)
{
    static const struct row rows[] = {
        {"nul name", NULL, "good.test", "certificate"},
        {"nul name", NULL, "evil.test", "certificate"},
        {"nul name", NULL, "x.evil.test", "certificate"},
    };
    CHECK_ROWS(NULL, rows);
}

static void names_in_errors_are_escaped(void)
{
    static const struct row rows[] = {
        {"control name", NULL, "good.test",
         "certificate is for evil.test\\x0d\\x0aX: \\x1b[2J\\\", not good.test"},
        {"nul name", NULL, "other.test", "certificate is for good.test\\x00.evil.test, not other"},
    };
    CHECK_ROWS(NULL, rows);
}

static void addresses_match_only_addresses(void)
{
    static const struct row rows[] = {
        {"address", NULL, "127.0.0.1", NULL},
        {"address 6", NULL, "2001:db8::1", NULL},
        {"address 6", NULL, "2001:0db8:0:0:0:0:0:1", NULL},
        {"address", NULL, "::ffff:127.0.0.1", "certificate is for 127.0.0.1, not ::ffff:127.0.0.1"},
        {"other address", NULL, "127.0.0.1", "certificate is for 192.0.2.1, not 127.0.0.1"},
        {"address 6", NULL, "2001:db8::2", "certificate is for 2001:db8::1, not 2001:db8::2"},
        {"address as name", NULL, "127.0.0.1", "certificate is for 127.0.0.1, not 127.0.0.1"},
        {"star address", NULL, "127.0.0.1", "certificate is for *.0.0.1, not 127.0.0.1"},
        {"star", NULL, "127.0.0.1", "certificate is for *.good.test, not 127.0.0.1"},
        {"wrong name", NULL, "127.0.0.1", "certificate is for a.test, not 127.0.0.1"},
        {"address", NULL, "localhost", "certificate is for 127.0.0.1, not localhost"},
    };
    CHECK_ROWS(NULL, rows);
}

/* --- chains --- */

static void chains_must_lead_to_a_trusted_root(void)
{
    static const struct row rows[] = {
        {"good", "middle", "good.test", NULL},
        {"good", "middle;root", "good.test", NULL},
        {"good", "root;middle", "good.test", NULL},
        {"good", "other middle;other root;root;middle", "good.test", NULL},
        {"good by root", NULL, "good.test", NULL},
        {"good", "", "good.test", "certificate's issuer \"middle\" is unknown"},
        {"good", "root", "good.test", "certificate's issuer \"middle\" is unknown"},
        {"good", "other middle", "good.test", "certificate's issuer \"middle\" is unknown"},
        {"self-signed", NULL, "good.test", "certificate is self-signed and not trusted"},
        {"unknown issuer", NULL, "good.test",
         "CA certificate \"other middle\"'s issuer \"other root\" is unknown"},
        {"unknown issuer", "other middle;other root", "good.test",
         "CA certificate \"other root\" is a root that is not trusted"},
        {"by leaf", NULL, "good.test", "CA certificate \"good\" may not issue certificates"},
        {"by too deep", NULL, "good.test", "CA certificate \"middle\": path length"},
        {"by test only", NULL, "good.test", "certificate: permitted subtree violation"},
        {"unknown critical", NULL, "good.test", "certificate: unhandled critical extension"},
    };
    CHECK_ROWS(NULL, rows);
}

static void dates_must_hold(void)
{
    static const struct row rows[] = {
        {"old", NULL, "good.test", "certificate has expired (2 days ago)"},
        {"future", NULL, "good.test", "certificate is not valid yet (in 3 days)"},
        {"by expired", NULL, "good.test",
         "CA certificate \"expired middle\" has expired (3 days ago)"},
    };
    CHECK_ROWS(NULL, rows);
}

static void purposes_and_strength_must_do(void)
{
    static const struct row rows[] = {
        {"client only", NULL, "good.test", "certificate is not one of a TLS server"},
        {"code only", NULL, "good.test", "certificate is not one of a TLS server"},
        {"weak key", NULL, "good.test", "certificate's key is too weak"},
        {"by weak", NULL, "good.test", "CA certificate \"weak middle\"'s key is too weak"},
        {"weak hash", NULL, "good.test", "certificate"},
    };
    CHECK_ROWS(NULL, rows);
}

static void monstrous_certificates_are_refused(void)
{
    static const struct row rows[] = {
        {"many names", NULL, "good.test",
         "TLS handshake failed: server's certificates are too large"},
        {"by deep", NULL, "good.test", "CA certificate \"deep 2\": certificate chain too long"},
        {"by giant", NULL, "good.test", "certificate"},
        {"bomb", NULL, "good.test", "certificate"},
    };
    CHECK_ROWS(NULL, rows);
}

/* --- what is trusted --- */

static void a_ca_below_a_root_may_stand_for_itself(void)
{
    static const struct row rows[] = {
        {"good", "", "good.test", NULL},
        {"good", "middle", "good.test", NULL},
        {"good by root", NULL, "good.test", "certificate's issuer \"root\" is unknown"},
    };
    CHECK_ROWS((&(gofer_tls_options){.ca_pem = certs_pem("middle")}), rows);
}

static void a_servers_own_certificate_may_stand_for_itself(void)
{
    static const struct row rows[] = {
        {"self-signed", NULL, "good.test", NULL},
        {"self-signed", NULL, "bad.test", "certificate is for good.test, not bad.test"},
        {"good", NULL, "good.test", "CA certificate \"middle\"'s issuer \"root\" is unknown"},
    };
    CHECK_ROWS((&(gofer_tls_options){.ca_pem = certs_pem("self-signed")}), rows);
}

static void the_systems_store_does_not_know_the_workshop(void)
{
    static const struct row rows[] = {{"good", "middle;root", "good.test",
                                       "CA certificate \"root\" is a root that is not trusted"}};
    CHECK_ROWS((&(gofer_tls_options){0}), rows);
}

static void pins_hold_beside_all_else(void)
{
    static const struct row right[] = {
        {"good", NULL, "good.test", NULL},
        {"good again", NULL, "good.test", "public key is not pinned: it is sha256//"},
        {"wrong name", NULL, "good.test", "certificate is for a.test"},
    };
    static const struct row of_ca[] = {
        {"good", NULL, "good.test", "public key is not pinned: it is sha256//"}};
    gofer_tls_options o = {.ca_pem = certs_pem("root"), .pins = certs_pin("good")};
    CHECK_ROWS(&o, right);
    o.pins = certs_pin("middle"); /* a server's own key is meant */
    CHECK_ROWS(&o, of_ca);
    char both[256];
    snprintf(both, sizeof both, "%s;%s", certs_pin("middle"), certs_pin("good"));
    o.pins = both;
    CHECK_ROWS(&o, right);
}

static void the_pin_in_the_error_is_the_one_to_set(void)
{
    struct tls_pair pair;
    gofer_tls_options o = {.ca_pem = certs_pem("root"), .pins = certs_pin("middle")};
    struct tls_source *source = pair_source(&o);
    SSL_CTX *server = certs_server("good", NULL);
    CU_ASSERT_EQUAL(pair_meet(&pair, source, server, "good.test"), TLS_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(pair.fault.detail, certs_pin("good")));
    pair_end(&pair);
    SSL_CTX_free(server);
    tls_source_free(source);
}

static void less_is_checked_only_where_it_is_said(void)
{
    static const struct row any_chain[] = {
        {"self-signed", NULL, "good.test", NULL},
        {"unknown issuer", NULL, "good.test", NULL},
        {"old", NULL, "good.test", NULL},
        {"client only", NULL, "good.test", NULL},
        {"self-signed", NULL, "bad.test", "certificate is for good.test, not bad.test"},
        {"unknown issuer", NULL, "127.0.0.1", "certificate is for good.test, not 127.0.0.1"},
    };
    static const struct row any_name[] = {
        {"wrong name", NULL, "good.test", NULL},
        {"wrong name", NULL, "127.0.0.1", NULL},
        {"self-signed", NULL, "good.test", "certificate is self-signed"},
        {"old", NULL, "good.test", "certificate has expired"},
    };
    static const struct row anything[] = {
        {"self-signed", NULL, "bad.test", NULL},
        {"old", NULL, "127.0.0.1", NULL},
    };
    gofer_tls_options o = {.ca_pem = certs_pem("root"), .verify = GOFER_TLS_VERIFY_NAME_ONLY};
    CHECK_ROWS(&o, any_chain);
    o.verify = GOFER_TLS_VERIFY_CHAIN_ONLY;
    CHECK_ROWS(&o, any_name);
    o.verify = GOFER_TLS_INSECURE;
    CHECK_ROWS(&o, anything);
}

static void pins_hold_where_nothing_else_is_checked(void)
{
    static const struct row rows[] = {
        {"self-signed", NULL, "bad.test", NULL},
        {"good", NULL, "good.test", "public key is not pinned"},
    };
    gofer_tls_options o = {.pins = certs_pin("self-signed"), .verify = GOFER_TLS_INSECURE};
    CHECK_ROWS(&o, rows);
}

static void a_servers_name_may_be_set(void)
{
    static const struct row rows[] = {
        {"good", NULL, "elsewhere.test", NULL},
        {"wrong name", NULL, "a.test", "certificate is for a.test, not good.test"},
    };
    gofer_tls_options o = {.ca_pem = certs_pem("root"), .server_name = "good.test"};
    CHECK_ROWS(&o, rows);
}

/* Which name a server is told. */
static void check_sni(const gofer_tls_options *options, const char *name, const char *told)
{
    struct tls_pair pair;
    struct tls_source *source = pair_source(options);
    SSL_CTX *server = certs_server("good", NULL);
    pair_meet(&pair, source, server, name);
    const char *sni = SSL_get_servername(pair.server, TLSEXT_NAMETYPE_host_name);
    CU_ASSERT(told != NULL ? sni != NULL && strcmp(sni, told) == 0 : sni == NULL);
    pair_end(&pair);
    SSL_CTX_free(server);
    tls_source_free(source);
}

static void a_server_is_told_the_name_that_is_checked(void)
{
    gofer_tls_options o = {.ca_pem = certs_pem("root")};
    check_sni(&o, "good.test", "good.test");
    check_sni(&o, "good.test.", "good.test");
    check_sni(&o, "xn--bcher-kva.test", "xn--bcher-kva.test");
    check_sni(&o, "127.0.0.1", NULL);
    check_sni(&o, "::1", NULL);
    o.server_name = "other.test";
    check_sni(&o, "good.test", "other.test");
    o.verify = GOFER_TLS_INSECURE;
    check_sni(&o, "good.test", "other.test");
}

CU_TestInfo tls_certificates_tests[] = {
    {"TLS-01 J1 J2 names must match; a common name is none", names_must_match},
    {"TLS-02 a star is one whole leftmost label", a_star_is_one_whole_leftmost_label},
    {"TLS-03 a NUL ends no name", a_nul_ends_no_name},
    {"INJ-12 names in errors are escaped", names_in_errors_are_escaped},
    {"TLS-04 addresses match only addresses", addresses_match_only_addresses},
    {"TLS-05 chains must lead to a trusted root, in any order", chains_must_lead_to_a_trusted_root},
    {"TLS-05 dates must hold", dates_must_hold},
    {"TLS-05 purposes and strength must do", purposes_and_strength_must_do},
    {"TLS-07 monstrous certificates are refused", monstrous_certificates_are_refused},
    {"a CA below a root may stand for itself", a_ca_below_a_root_may_stand_for_itself},
    {"a server's own certificate may stand for itself",
     a_servers_own_certificate_may_stand_for_itself},
    {"J1 the system's store does not know the workshop",
     the_systems_store_does_not_know_the_workshop},
    {"pins hold beside all else", pins_hold_beside_all_else},
    {"the pin in the error is the one to set", the_pin_in_the_error_is_the_one_to_set},
    {"TLS-06 J1 less is checked only where it is said", less_is_checked_only_where_it_is_said},
    {"pins hold where nothing else is checked", pins_hold_where_nothing_else_is_checked},
    {"J3 a server's name may be set", a_servers_name_may_be_set},
    {"J2 J8 TLS-04 a server is told the name that is checked",
     a_server_is_told_the_name_that_is_checked},
    CU_TEST_INFO_NULL,
};
