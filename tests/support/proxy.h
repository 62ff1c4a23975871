/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A proxy on 127.0.0.1 that does what a test tells it to, right or wrong, and
 * keeps what it saw. An HTTP one opens tunnels (CONNECT) and fetches absolute
 * targets; a SOCKS one speaks versions 4, 4a and 5, as its client begins.
 *
 * Whatever host it is asked for, it connects to 127.0.0.1 and the port it is
 * asked for: a test may use any name, nothing is looked up, and nothing leaves
 * this machine.
 *
 * Built on origin.h: a thread a connection, and test_proxy_stop() cuts them all.
 * The proxy's lock guards its misbehaviour and what it saw.
 */
#ifndef TESTS_SUPPORT_PROXY_H
#define TESTS_SUPPORT_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test_proxy;

enum test_proxy_kind { TEST_PROXY_HTTP, TEST_PROXY_SOCKS };

/* What it does instead of, or beside, a good answer to the question for a connection. Fetching an
 * absolute target it does the same where it makes sense, else fetches. */
enum test_proxy_fault {
    PROXY_FAULT_NONE,
    PROXY_FAULT_STALL,        /* no answer: it waits until the client closes */
    PROXY_FAULT_HALF,         /* half an answer, then as above */
    PROXY_FAULT_CLOSE,        /* closes instead */
    PROXY_FAULT_HALF_CLOSE,   /* closes after half an answer */
    PROXY_FAULT_RESET,        /* resets instead */
    PROXY_FAULT_REFUSE,       /* 403; reply 2 (rules); reply 91 */
    PROXY_FAULT_GARBAGE,      /* what is no answer, then waits */
    PROXY_FAULT_ENDLESS_HEAD, /* HTTP: a 200 whose head does not end; SOCKS: garbage without end */
    PROXY_FAULT_ENDLESS_BODY, /* HTTP: a 407 whose body does not end; SOCKS: a refusal, then as
                                 above */
    PROXY_FAULT_PAGE,         /* HTTP: a 407 with a page for people, and closes; SOCKS: a refusal */
    PROXY_FAULT_INTERIM,      /* HTTP: 100 without end; SOCKS: as above */
    PROXY_FAULT_SLOW,         /* a good answer, a byte a segment */
    PROXY_FAULT_STRAY,        /* a good answer and "stray" before the tunnel's bytes */
    PROXY_FAULT_LENGTHS,      /* HTTP: a good answer with Content-Length and Transfer-Encoding */
    PROXY_FAULTS
};

/* In which words gofer tells of one: of CONNECT, SOCKS5, SOCKS4. All that end a handshake, but for
 * the reset, which shows otherwise where bytes are on the way. */
struct test_proxy_words {
    enum test_proxy_fault fault;
    const char *http, *socks5, *socks4;
};

extern const struct test_proxy_words test_proxy_words[];
extern const size_t test_proxy_words_len;

struct test_proxy_script {
    enum test_proxy_kind kind;
    enum test_proxy_fault fault;
    bool early;                /* SOCKS5: the fault strikes at the first answer already */
    const char *authorization; /* HTTP: the Proxy-Authorization it wants, else 407 */
    const char *cert;          /* it speaks TLS and shows that certificate of the workshop's */
    const char *user;          /* SOCKS: the user it wants; version 5: the password too */
    const char *password;
};

/* What it saw last; "" and 0 where it did not. */
struct test_proxy_seen {
    unsigned questions; /* CONNECT, absolute targets, SOCKS requests */
    unsigned tunnels;   /* opened */
    unsigned fetches;   /* absolute targets fetched */
    char head[4096];    /* HTTP: the request's head */
    int version;        /* SOCKS: 4 or 5 */
    char host[256];     /* asked for: a name, or an address in its usual form */
    bool is_name;       /* SOCKS: it was sent as a name */
    uint16_t port;
    char user[256]; /* SOCKS */
    char password[256];
};

/* Starts one; aborts the program where the system refuses. The script's strings are borrowed. */
struct test_proxy *test_proxy_start(const struct test_proxy_script *script);

/* Cuts every connection, joins every thread, frees. NULL is legal. */
void test_proxy_stop(struct test_proxy *proxy);

uint16_t test_proxy_port(const struct test_proxy *proxy);

/* From the next question on it misbehaves like that. */
void test_proxy_misbehave(struct test_proxy *proxy, enum test_proxy_fault fault);

void test_proxy_look(struct test_proxy *proxy, struct test_proxy_seen *seen);

/* How many of its connections resumed a TLS session. */
unsigned test_proxy_resumed(struct test_proxy *proxy);

/* How many connections it has accepted; waits until only n are open. */
unsigned test_proxy_accepted(struct test_proxy *proxy);
bool test_proxy_wait_open(struct test_proxy *proxy, unsigned n);

#endif
