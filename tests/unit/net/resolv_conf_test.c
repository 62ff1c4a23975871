/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/resolv_conf: the files of table resolv_conf, broken ones, and the names
 * that a search list makes. The table's "lookup" line and its mark for unknown
 * options choose between resolvers that gofer does not have; it passes over
 * them. Its interface lo0 is lo here: a server on one that this machine lacks
 * cannot be asked and is left out.
 */
#include "net/resolv_conf.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "base/alloc.h"

extern CU_TestInfo resolv_conf_tests[];

#define DEFAULTS "127.0.0.1:53 [::1]:53"
#define HOST_NAME "host.domain.local"

struct row {
    const char *text;
    const char *servers;
    const char *search;
    int ndots, timeout_ms, attempts;
    unsigned flags;
};

enum { ROTATE = 1, USE_TCP = 2, SINGLE = 4 };

static const struct row table[] = {
    {"# /etc/resolv.conf\n\ndomain localdomain\nnameserver 8.8.8.8\n"
     "nameserver 2001:4860:4860::8888\nnameserver fe80::1%lo\n"
     "options ndots:5 timeout:10 attempts:3 rotate\noptions attempts 3\n",
     "8.8.8.8:53 [2001:4860:4860::8888]:53 [fe80::1%1]:53", "localdomain", 5, 10000, 3, ROTATE},
    {"search test invalid\ndomain localdomain\nnameserver 8.8.8.8\n", "8.8.8.8:53", "localdomain",
     1, 5000, 2, 0},
    {"domain localdomain\nsearch test invalid\nnameserver 8.8.8.8\n", "8.8.8.8:53", "test invalid",
     1, 5000, 2, 0},
    {"domain localdomain\nsearch .\nnameserver 8.8.8.8\n", "8.8.8.8:53", "", 1, 5000, 2, 0},
    {"", DEFAULTS, "domain.local", 1, 5000, 2, 0},
    {"options ndots:invalid\n", DEFAULTS, "domain.local", 0, 5000, 2, 0},
    {"options ndots:16\n", DEFAULTS, "domain.local", 15, 5000, 2, 0},
    {"options ndots:-1\n", DEFAULTS, "domain.local", 0, 5000, 2, 0},
    {"search c.symbolic-datum-552.internal.\nnameserver 169.254.169.254\nnameserver 10.240.0.1\n"
     "lookup file bind\n",
     "169.254.169.254:53 10.240.0.1:53", "c.symbolic-datum-552.internal", 1, 5000, 2, 0},
    {"options single-request\n", DEFAULTS, "domain.local", 1, 5000, 2, SINGLE},
    {"options single-request-reopen\n", DEFAULTS, "domain.local", 1, 5000, 2, SINGLE},
    {"options use-vc\n", DEFAULTS, "domain.local", 1, 5000, 2, USE_TCP},
    {"options usevc\n", DEFAULTS, "domain.local", 1, 5000, 2, USE_TCP},
    {"options tcp\n", DEFAULTS, "domain.local", 1, 5000, 2, USE_TCP},
};

/* Lines that no table has. */
static const struct row others[] = {
    {"nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\nnameserver 4.4.4.4\n",
     "1.1.1.1:53 2.2.2.2:53 3.3.3.3:53", "domain.local", 1, 5000, 2, 0},
    {"nameserver\nnameserver x\nnameserver 300.0.0.1\nnameserver fe80::1%nosuch\nnameserver ::1",
     "[::1]:53", "domain.local", 1, 5000, 2, 0},
    {"options timeout:0 attempts:0\n", DEFAULTS, "domain.local", 1, 1000, 1, 0},
    {"options timeout:99999999999999999999 attempts:7 ndots:15\n", DEFAULTS, "domain.local", 15,
     30000, 5, 0},
    {"options timeout:x attempts: ndots:\n", DEFAULTS, "domain.local", 0, 1000, 1, 0},
    {"search\ndomain\noptions\nunknown words here\n\t \n", DEFAULTS, "domain.local", 1, 5000, 2, 0},
    {"\tsearch \t A.Test\t b.test.\r\n", DEFAULTS, "a.test b.test", 1, 5000, 2, 0},
    {"search a..b 127.1 ok.test x/y\n", DEFAULTS, "ok.test", 1, 5000, 2, 0},
    {"; nameserver 1.1.1.1\n# search x\nsearch y.test", DEFAULTS, "y.test", 1, 5000, 2, 0},
};

static char *servers_of(const struct resolv_conf *conf)
{
    struct buf out = BUF_INIT;
    for (size_t i = 0; i < conf->servers_len; i++) {
        buf_append_str(&out, i > 0 ? " " : "");
        addr_write(&conf->servers[i], &out);
    }
    return buf_take_str(&out);
}

static char *search_of(const struct resolv_conf *conf)
{
    struct buf out = BUF_INIT;
    for (size_t i = 0; i < conf->search_len; i++) {
        buf_append_str(&out, i > 0 ? " " : "");
        buf_append_str(&out, conf->search[i]);
    }
    return buf_take_str(&out);
}

static void check(const struct row *row)
{
    struct resolv_conf conf;
    CU_ASSERT_FATAL(resolv_conf_parse(&conf, row->text, strlen(row->text), HOST_NAME));
    char *servers = servers_of(&conf);
    char *search = search_of(&conf);
    CU_ASSERT_STRING_EQUAL(servers, row->servers);
    CU_ASSERT_STRING_EQUAL(search, row->search);
    CU_ASSERT_EQUAL(conf.ndots, row->ndots);
    CU_ASSERT_EQUAL(conf.timeout_ms, row->timeout_ms);
    CU_ASSERT_EQUAL(conf.attempts, row->attempts);
    CU_ASSERT_EQUAL(conf.rotate, (row->flags & ROTATE) != 0);
    CU_ASSERT_EQUAL(conf.use_tcp, (row->flags & USE_TCP) != 0);
    CU_ASSERT_EQUAL(conf.single_request, (row->flags & SINGLE) != 0);
    CU_ASSERT_FALSE(conf.no_reload);
    mem_free(servers);
    mem_free(search);
    resolv_conf_fini(&conf);
}

static void files_of_the_table(void)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        check(&table[i]);
}

static void other_lines(void)
{
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        check(&others[i]);
}

static void no_reload_is_known(void)
{
    static const char text[] = "options no-reload\n";
    struct resolv_conf conf;
    CU_ASSERT_FATAL(resolv_conf_parse(&conf, text, strlen(text), ""));
    CU_ASSERT(conf.no_reload);
    CU_ASSERT_EQUAL(conf.search_len, 0);
    resolv_conf_fini(&conf);
}

/* Any bytes at all, NULs and endless lines among them. */
static void noise_is_no_crash(void)
{
    char text[4096];
    srand(11);
    for (int round = 0; round < 200; round++) {
        struct resolv_conf conf;
        static const char *const words[] = {"nameserver ", "search ", "options ndots:", "\n", " ."};
        size_t len = 0;
        while (len < sizeof(text) - 32) {
            const char *word = words[rand() % 5];
            memcpy(text + len, word, strlen(word));
            len += strlen(word);
            text[len++] = (char)(rand() % 256);
        }
        CU_ASSERT_FATAL(resolv_conf_parse(&conf, text, len, "a"));
        CU_ASSERT(conf.servers_len >= 1 && conf.servers_len <= RESOLV_CONF_SERVERS);
        CU_ASSERT(conf.search_len <= RESOLV_CONF_SEARCH_MAX);
        resolv_conf_fini(&conf);
    }
}

static void a_missing_file_is_an_empty_one(void)
{
    struct resolv_conf conf;
    CU_ASSERT_EQUAL_FATAL(resolv_conf_read(&conf, "/nonexistent/resolv.conf"), 0);
    CU_ASSERT_EQUAL(conf.servers_len, 2);
    CU_ASSERT_EQUAL(conf.ndots, 1);
    resolv_conf_fini(&conf);
}

/* --- names --- */

/* The names for a host, with " " between them. */
static char *names_of(const char *text, const char *host)
{
    struct resolv_conf conf;
    char name[HOSTNAME_MAX + 1];
    struct buf out = BUF_INIT;
    CU_ASSERT_FATAL(resolv_conf_parse(&conf, text, strlen(text), ""));
    for (size_t i = 0; resolv_conf_name(&conf, host, i, name); i++) {
        buf_append_str(&out, i > 0 ? " " : "");
        buf_append_str(&out, name);
    }
    resolv_conf_fini(&conf);
    buf_append_str(&out, "");
    return buf_take_str(&out);
}

static void names_are_made_of_the_search_list(void)
{
    static const char *const rows[][3] = {
        {"search a b.test\n", "host", "host.a host.b.test host"},
        {"search a b.test\n", "host.x", "host.x host.x.a host.x.b.test"},
        {"search a\n", "host.", "host"},
        {"search a\n", "host.x.", "host.x"},
        {"search a\noptions ndots:2\n", "host.x", "host.x.a host.x"},
        {"search a\noptions ndots:0\n", "host", "host host.a"},
        {"search .\n", "host", "host"},
        {"search a onion b.onion c\n", "host", "host.a host.c host"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *names = names_of(rows[i][0], rows[i][1]);
        CU_ASSERT_STRING_EQUAL(names, rows[i][2]);
        mem_free(names);
    }
}

static void names_that_would_be_too_long_are_left_out(void)
{
    char host[HOSTNAME_MAX + 1];
    for (size_t i = 0; i < sizeof(host) - 1; i++)
        host[i] = i % 60 == 59 ? '.' : 'h';
    host[sizeof(host) - 1] = '\0';
    char *names = names_of("search a\noptions ndots:15\n", host);
    CU_ASSERT_STRING_EQUAL(names, host);
    mem_free(names);
    host[HOSTNAME_MAX - 2] = '\0';
    names = names_of("search a bc\noptions ndots:15\n", host);
    CU_ASSERT_EQUAL(strlen(names), HOSTNAME_MAX + 1 + HOSTNAME_MAX - 2);
    mem_free(names);
}

CU_TestInfo resolv_conf_tests[] = {
    {"L20 table resolv_conf", files_of_the_table},
    {"DNS-09 other lines", other_lines},
    {"L20 no-reload is known", no_reload_is_known},
    {"DNS-09 noise is no crash", noise_is_no_crash},
    {"DNS-09 a missing file is an empty one", a_missing_file_is_an_empty_one},
    {"DNS-07 names are made of the search list", names_are_made_of_the_search_list},
    {"DNS-11 names that would be too long are left out", names_that_would_be_too_long_are_left_out},
    CU_TEST_INFO_NULL,
};
