/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * resolv.conf(5), read by gofer itself and handed to c-ares as options: c-ares
 * 1.18 takes no notice of timeout:, attempts: and use-vc there and does not
 * bound ndots. What the file leaves out has resolv.conf's defaults; a file that
 * is missing or unreadable is an empty one (DNS-09), but for one that this process
 * cannot read at the moment. One thread at a time.
 */
#ifndef GOFER_NET_RESOLV_CONF_H
#define GOFER_NET_RESOLV_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"
#include "net/hostname.h"

enum {
    RESOLV_CONF_SERVERS = 3,     /* of the file */
    RESOLV_CONF_SERVERS_MAX = 8, /* where a program names them */
    RESOLV_CONF_SEARCH_MAX = 32,
    RESOLV_CONF_PORT = 53
};

struct resolv_conf {
    struct addr servers[RESOLV_CONF_SERVERS_MAX]; /* with their ports; never none */
    size_t servers_len;
    const char *search[RESOLV_CONF_SEARCH_MAX]; /* without a final dot, in lower case; in text */
    size_t search_len;
    char *text;     /* owned */
    int ndots;      /* 0 to 15 */
    int timeout_ms; /* of one try: 1 to 30 s */
    int attempts;   /* at each server: 1 to 5 */
    bool rotate;
    bool use_tcp;
    bool single_request; /* A and AAAA one after the other */
    bool no_reload;
};

/* Parses a file's text. host_name is this machine's: what stands behind its first dot is searched
 * where the file says nothing. False without memory; then it is empty. */
bool resolv_conf_parse(struct resolv_conf *conf, const char *text, size_t len,
                       const char *host_name);

/* Reads the file. Returns 0, or the errno value of a lack of memory or descriptors; then it is
 * empty, and the file may say anything. */
int resolv_conf_read(struct resolv_conf *conf, const char *path);

/* Frees what it holds; empty after. */
void resolv_conf_fini(struct resolv_conf *conf);

/*
 * The names that are asked for a host (hostname_is_valid()), in order: writes the i-th into name,
 * without a final dot. False: there is no i-th. A host with a final dot is asked
 * as it is. One with at least ndots dots is asked as it is and then with each
 * name of the search list behind it; any other, as it is at the end. Names that
 * would be too long, and those under .onion, are left out.
 */
bool resolv_conf_name(const struct resolv_conf *conf, const char *host, size_t i,
                      char name[HOSTNAME_MAX + 1]);

#endif
