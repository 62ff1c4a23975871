/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the command line asked for. options.c fills it, once, before anything
 * is sent; everything else only reads it.
 *
 * Invariant: every string is owned by the config. The nth output belongs to the
 * nth URL, wherever the two stood on the command line.
 */
#ifndef GOFER_CLI_CONFIG_H
#define GOFER_CLI_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include <gofer/address.h>
#include <gofer/form.h>
#include <gofer/tls.h>

#include "cli/text.h"

/* https. Strings are NULL where nothing was said. */
struct config_tls {
    bool insecure;
    char *ca_file;
    char *ca_dir;
    char *crl_file;
    char *pins;
    char *cert;
    char *key;
    char *password;
    char *ciphers;
    char *ciphersuites;
    gofer_tls_version min_version;
    gofer_tls_version max_version;
};

/* Where a connection goes, and where from. */
struct config_connect {
    gofer_address_family family;
    char *interface;
    char *local_address;
    char *unix_socket;
    struct strings resolve;    /* as gofer_client_options.resolve */
    struct strings connect_to; /* as .connect_to */
};

/* Which proxy. Strings are NULL where nothing was said. */
struct config_proxy {
    char *url;      /* "": none */
    char *user;     /* "user:password", or a user alone */
    char *no_proxy; /* as gofer_client_options.no_proxy */
    char *ca_file;
    bool insecure;
    bool tunnel;
};

/* Redirects, and who asks. Strings are NULL where nothing was said. */
struct config_follow {
    bool follows;
    bool trusts; /* follows, too */
    long max;    /* -1: any number */
    char *user;  /* "user:password", or a user alone */
    char *bearer;
    char *referer; /* "": none of its own */
    bool auto_referer;
    struct text cookies; /* for a Cookie field */
    struct strings cookie_files;
    char *cookie_jar; /* where they go in the end; "-" is stdout */
};

/* Trying again. */
struct config_retry {
    int64_t times;       /* 0: not at all */
    int64_t delay_ms;    /* 0: 1 s, then twice as long */
    int64_t max_time_ms; /* 0: no limit */
    bool all_errors;
    bool refused;
};

struct config {
    struct strings urls;
    struct strings outputs; /* file names; "-" is stdout */

    /* the request */
    char *method;           /* -X, or NULL */
    struct strings headers; /* -H, one "Name: value", "Name:" or "Name;" each */
    struct text data;       /* -d, joined */
    bool has_data;          /* a -d was given, maybe an empty one */
    bool head;
    gofer_form *form;  /* -F, or NULL */
    struct text query; /* --url-query, joined */
    bool get;          /* data goes into the query */
    bool compressed;

    /* the transfer */
    int64_t max_time_ms; /* 0: no limit */
    bool fail;
    bool parallel;
    long parallel_max;

    struct config_retry retry;
    struct config_tls tls;
    struct config_connect connect;
    struct config_proxy proxy;
    struct config_follow follow;

    /* what is shown */
    bool include;
    bool silent;
    bool show_error;
    bool verbose;
    struct text write_out;

    /* instead of a transfer */
    bool help;
    bool version;
};

void config_init(struct config *config);
void config_fini(struct config *config);

/* Takes a copy in place of what *string held. */
void config_set_string(char **string, const char *value);

/* The method of its requests: as -X says, or what -I and -d imply. */
const char *config_method(const struct config *config);

/* Where URL number i goes: a file name, "-" for stdout, NULL when nothing was said (stdout too). */
const char *config_output(const struct config *config, size_t i);

#endif
