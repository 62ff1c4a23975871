/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/tls_settings: what is accepted, what is refused before a file is read, and
 * copies that are copies.
 */
#include "net/tls_settings.h"

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "unit/http/scarce.h"

extern CU_TestInfo tls_settings_tests[];

#define PIN_A "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define PIN_B "sha256//b+/BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="

static int outcome(const gofer_tls_options *given)
{
    struct tls_settings settings;
    int err = tls_settings_init(&settings, given);
    tls_settings_fini(&settings);
    return err;
}

static void nothing_given_is_all_defaults(void)
{
    struct tls_settings s;
    CU_ASSERT_EQUAL(tls_settings_init(&s, NULL), 0);
    CU_ASSERT_EQUAL(s.options.verify, GOFER_TLS_VERIFY);
    CU_ASSERT(tls_settings_use_system_store(&s));
    CU_ASSERT_EQUAL_FATAL(s.alpn_len, 9);
    CU_ASSERT_EQUAL(memcmp(s.alpn, "\x08http/1.1", 9), 0);
    tls_settings_fini(&s);
}

static void strings_are_copied(void)
{
    char texts[15][8];
    gofer_tls_options o = {0};
    const char **members[] = {&o.ca_file,   &o.ca_dir,  &o.ca_pem,       &o.crl_file,
                              &o.cert_file, &o.key_pem, &o.key_password, &o.server_name,
                              &o.ciphers,   &o.alpn,    &o.ciphersuites, &o.keylog_file,
                              &o.pin_file};
    enum { MEMBERS = sizeof members / sizeof *members };
    for (size_t i = 0; i < MEMBERS; i++) {
        memcpy(texts[i], "text", 5);
        texts[i][3] = (char)('a' + i);
        *members[i] = texts[i];
    }
    struct tls_settings s;
    CU_ASSERT_EQUAL_FATAL(tls_settings_init(&s, &o), 0);
    size_t offset = (size_t)((char *)&s.options - (char *)&o);
    for (size_t i = 0; i < MEMBERS; i++) {
        const char *copy = *(const char **)(void *)((char *)members[i] + offset);
        CU_ASSERT_STRING_EQUAL(copy, texts[i]);
        CU_ASSERT_PTR_NOT_EQUAL(copy, texts[i]);
    }
    tls_settings_fini(&s);
}

static void the_systems_store_gives_way_to_named_cas(void)
{
    static const struct {
        gofer_tls_options options;
        bool system;
    } rows[] = {
        {{.ca_file = "x"}, false}, {{.ca_dir = "x"}, false},
        {{.ca_pem = "x"}, false},  {{.ca_pem = "x", .add_system_store = true}, true},
        {{.crl_file = "x"}, true}, {{.pins = PIN_A}, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tls_settings s;
        CU_ASSERT_EQUAL_FATAL(tls_settings_init(&s, &rows[i].options), 0);
        CU_ASSERT_EQUAL(tls_settings_use_system_store(&s), rows[i].system);
        tls_settings_fini(&s);
    }
}

static void pins_are_a_list_of_digests(void)
{
    static const char *const bad[] = {"",
                                      ";",
                                      "sha256//",
                                      "sha1//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                                      PIN_A ";",
                                      ";" PIN_A,
                                      PIN_A ";;" PIN_B,
                                      PIN_A " ",
                                      PIN_A ";x",
                                      "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                      "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
                                      "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-AA=",
                                      "/etc/pin.pem"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_EQUAL(outcome(&(gofer_tls_options){.pins = bad[i]}), EINVAL);
    struct tls_settings s;
    CU_ASSERT_EQUAL_FATAL(tls_settings_init(&s, &(gofer_tls_options){.pins = PIN_A ";" PIN_B}), 0);
    CU_ASSERT(tls_settings_has_pin(&s, &PIN_A[8]));
    CU_ASSERT(tls_settings_has_pin(&s, &PIN_B[8]));
    CU_ASSERT_FALSE(tls_settings_has_pin(&s, "CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    tls_settings_fini(&s);
}

static void one_thing_has_one_source(void)
{
    static const gofer_tls_options bad[] = {
        {.cert_file = "a", .cert_pem = "b"},
        {.cert_file = "a", .key_file = "b", .key_pem = "c"},
        {.key_file = "a"},
        {.key_pem = "a"},
        {.key_password = "a"},
        {.cert_pem = "a", .cert_format = GOFER_TLS_DER},
        {.cert_format = GOFER_TLS_P12},
        {.cert_file = "a", .cert_format = GOFER_TLS_DER},
        {.cert_file = "a", .cert_format = GOFER_TLS_P12, .key_file = "b"},
        {.cert_file = "a", .key_format = GOFER_TLS_DER},
        {.cert_file = "a", .key_file = "b", .key_format = GOFER_TLS_P12},
    };
    static const gofer_tls_options good[] = {
        {.cert_file = "a"},
        {.cert_file = "a", .key_pem = "b"},
        {.cert_pem = "a", .key_file = "b", .key_password = "c"},
        {.cert_file = "a", .cert_format = GOFER_TLS_DER, .key_pem = "b"},
        {.cert_file = "a", .cert_format = GOFER_TLS_P12, .key_password = "b"},
        {.cert_pem = "a", .key_file = "b", .key_format = GOFER_TLS_DER},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_EQUAL(outcome(&bad[i]), EINVAL);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CU_ASSERT_EQUAL(outcome(&good[i]), 0);
}

static void values_that_are_none_are_refused(void)
{
    const gofer_tls_options bad[] = {
        {.verify = (gofer_tls_verify)4},
        {.verify = (gofer_tls_verify)-1},
        {.min_version = (gofer_tls_version)3},
        {.max_version = (gofer_tls_version)-1},
        {.min_version = GOFER_TLS_1_3, .max_version = GOFER_TLS_1_2},
        {.cert_file = "a", .cert_format = (gofer_tls_format)3},
        {.cert_file = "a", .key_file = "b", .key_format = (gofer_tls_format)-1},
        {.server_name = ""},
        {.server_name = "."},
        {.server_name = ".a.test"},
        {.server_name = "a test"},
        {.server_name = "a.test\r\n"},
        {.server_name = "b\xc3\xbc.test"},
        {.server_name = "*.test"},
        {.alpn = ","},
        {.alpn = "a,,b"},
        {.alpn = "a,"},
        {.alpn = ",a"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_EQUAL(outcome(&bad[i]), EINVAL);
}

static void versions_make_a_range(void)
{
    static const gofer_tls_options good[] = {
        {.min_version = GOFER_TLS_1_2},
        {.min_version = GOFER_TLS_1_3},
        {.max_version = GOFER_TLS_1_2},
        {.min_version = GOFER_TLS_1_2, .max_version = GOFER_TLS_1_2},
        {.min_version = GOFER_TLS_1_2, .max_version = GOFER_TLS_1_3},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CU_ASSERT_EQUAL(outcome(&good[i]), 0);
}

static void protocols_are_put_as_they_go_over_the_wire(void)
{
    char longest[257];
    struct tls_settings s;
    CU_ASSERT_EQUAL_FATAL(tls_settings_init(&s, &(gofer_tls_options){.alpn = "h2,http/1.1"}), 0);
    CU_ASSERT_EQUAL_FATAL(s.alpn_len, 12);
    CU_ASSERT_EQUAL(memcmp(s.alpn, "\x02h2\x08http/1.1", 12), 0);
    tls_settings_fini(&s);
    CU_ASSERT_EQUAL_FATAL(tls_settings_init(&s, &(gofer_tls_options){.alpn = ""}), 0);
    CU_ASSERT_EQUAL(s.alpn_len, 0);
    tls_settings_fini(&s);
    memset(longest, 'a', 256);
    longest[256] = '\0';
    CU_ASSERT_EQUAL(outcome(&(gofer_tls_options){.alpn = longest}), EINVAL);
    longest[255] = '\0';
    CU_ASSERT_EQUAL(outcome(&(gofer_tls_options){.alpn = longest}), 0);
}

static gofer_status copies(void)
{
    struct tls_settings s;
    const gofer_tls_options o = {.ca_file = "a", .cert_pem = "b", .key_pem = "c", .pins = PIN_A};
    int err = tls_settings_init(&s, &o);
    CU_ASSERT(err == 0 || err == ENOMEM);
    tls_settings_fini(&s);
    return err == 0 ? GOFER_OK : GOFER_ERR_NOMEM;
}

static void without_memory_it_says_so(void)
{
    scarce_run(copies);
}

CU_TestInfo tls_settings_tests[] = {
    {"nothing given is all defaults", nothing_given_is_all_defaults},
    {"strings are copied", strings_are_copied},
    {"the system's store gives way to named CAs", the_systems_store_gives_way_to_named_cas},
    {"pins are a list of digests", pins_are_a_list_of_digests},
    {"one thing has one source", one_thing_has_one_source},
    {"values that are none are refused", values_that_are_none_are_refused},
    {"versions make a range", versions_make_a_range},
    {"protocols are put as they go over the wire", protocols_are_put_as_they_go_over_the_wire},
    {"RES-01 without memory it says so", without_memory_it_says_so},
    CU_TEST_INFO_NULL,
};
