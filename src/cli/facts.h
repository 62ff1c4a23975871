/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the library's events told of a transfer: whom it was connected to, what
 * went over the wire. For -w and for the words of errors; of the last attempt.
 *
 * The counts are those of the last attempt, all its redirects included. The place
 * is where the last connection was, or was to be, made.
 */
#ifndef GOFER_CLI_FACTS_H
#define GOFER_CLI_FACTS_H

#include <netdb.h>
#include <stdbool.h>

#include <gofer/trace.h>

#include "cli/text.h"

enum { FACTS_IP_BYTES = 64 };

/* One end of a connection. */
struct facts_end {
    char ip[FACTS_IP_BYTES]; /* "": not known */
    unsigned port;
};

struct facts {
    struct text host; /* that was looked up or connected to, maybe a proxy's */
    unsigned port;
    bool attempted;    /* to connect to it */
    unsigned connects; /* that succeeded */
    bool connected;
    struct facts_end local;
    struct facts_end remote;
    struct text referer;
    struct text tls_host; /* whose certificate was looked at last */
    int connect_status;   /* a proxy's answer to CONNECT; 0: none */
    int tls_verify;       /* X509_V_OK, or what is wrong with the server's certificate */
    int proxy_tls_verify;
    struct text method; /* of the last request */
    unsigned requests;  /* sent, since the library last began again */
    size_t sent_heads_bytes;
    size_t sent_bodies_bytes;
    size_t sent_body_bytes; /* the last one's */
    size_t got_heads_bytes;
};

/* Takes an event in. */
void facts_event(struct facts *facts, const gofer_trace_event *e);

/* As before the first event. */
void facts_fini(struct facts *facts);

#endif
