/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The servers that scenes talk to, in a process of their own, so that no call of
 * theirs is mistaken for gofer's and none of their threads and descriptors for a
 * leak: an origin, one over TLS, proxies, a DNS server.
 *
 * The origins answer by path:
 *
 *   /hello      "hello"                      /echo       the request's body
 *   /chunked    "hello", in chunks, with the trailer "X-Sum: 5"
 *   /gzip       SERVERS_TEXT, coded where gzip is accepted
 *   /big        SERVERS_BIG_BYTES times 'b'  /never      nothing
 *   /cookie     "hello", sets two cookies    /cookies    the request's Cookie field
 *   /moved      302 to /hello                /post       307 to /echo
 *   /busy       503, then, on that connection, "hello"
 *   /upgrade    101, then echoes             /close      "hello", and closes
 *   /drop       closes without an answer on a connection's second request
 *   /who        the request's Authorization field
 *   /count      how long the request's body is
 */
#ifndef TESTS_FAULTS_SERVERS_H
#define TESTS_FAULTS_SERVERS_H

#include <stdint.h>

enum { SERVERS_BIG_BYTES = 100000 };

#define SERVERS_TEXT "hello hello hello hello hello hello hello hello hello hello"

struct servers {
    uint16_t plain, tls;
    uint16_t http_proxy; /* wants "user:secret" */
    uint16_t tls_proxy;  /* shows the certificate that the TLS origin shows */
    uint16_t socks_proxy;
    char dns[64];       /* knows origin.test, which is 127.0.0.1 */
    char unix_path[64]; /* abstract: the plain origin */
    char ca_pem[8192];
    char cert_pem[8192]; /* a client's, and its key */
    char key_pem[8192];
    char crl_pem[8192];
    char pin[128];
};

/* Starts them while the program has one thread; aborts it where they do not start. They die with
 * it. What is returned is never freed. */
const struct servers *servers_start(void);

/* Ends them. */
void servers_stop(void);

#endif
