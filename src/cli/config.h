/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the command line asked for. options.c fills it, once, before anything
 * is sent; everything else only reads it.
 *
 * A command line is a list of operations, separated by --next. Each has a config:
 * its URLs and what holds for them alone. What holds for the whole command is in
 * the one `struct global`, which every config points to.
 *
 * Invariant: every string is owned by the config. The nth output belongs to the
 * nth URL of its operation, wherever the two stood on the command line.
 */
#ifndef GOFER_CLI_CONFIG_H
#define GOFER_CLI_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <gofer/form.h>

#include "cli/config_network.h"
#include "cli/text.h"

struct timeline;

/* Redirects, and who asks. Strings are NULL where nothing was said. */
struct config_follow {
    bool follows;
    bool trusts; /* follows, too */
    long max;    /* -1: any number */
    char *user;  /* "user:password", or a user alone */
    char *bearer;
    char *referer; /* "": none of its own */
    bool auto_referer;
    bool posts_again[3]; /* behind 301, 302 and 303 */
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

/* How slow a transfer may be, and how fast. */
struct config_speed {
    int64_t min_bytes_per_s; /* 0: as it may */
    int64_t window_ms;       /* for so long */
    int64_t max_bytes_per_s; /* 0: as fast as it goes */
};

/* The request's bytes, and who asks. Strings are NULL where nothing was said. */
struct config_message {
    char *agent; /* "": none */
    char *range; /* as behind "bytes=" */
    bool resumes;
    int64_t resume_at;    /* with resumes; negative: behind what the output file has */
    char *time_condition; /* a date or a file's name, maybe with '-', '+' or '=' before it */
    char *target;
    bool path_as_is;
    bool http_1_0;
    bool accept_http_0_9;
    bool raw;
    bool transfer_codings;
    bool ignore_length;
    struct text json; /* joined */
    bool has_json;
    char *etag_save;
    char *etag_compare;
    bool netrc;
    bool netrc_optional;
    char *netrc_file;
    bool junk_session;
    int64_t expect_ms; /* 0: as usual */
};

/* The files that responses are written to. Strings are NULL where nothing was said. */
struct config_files {
    char *dump_header; /* "-" is stdout */
    char *directory;
    bool create_dirs;
    bool header_name; /* -O: as Content-Disposition says */
    bool no_clobber;
    bool remove_on_error;
    bool remote_time;
    int64_t max_bytes; /* 0: no limit */
    long create_mode;  /* for protocols that create files on servers: none here */
};

/* The whole command line: at least one operation, and what holds for all of them, the options that
 * curl's man page calls global. */
struct global {
    struct config *first;
    struct config *last; /* which options are added to */

    /* how the transfers follow each other */
    bool parallel;
    long parallel_max;
    bool parallel_immediate;
    bool fail_early;
    int64_t interval_ms; /* --rate: from one transfer's begin to the next one's; 0: none */

    /* what is shown */
    bool silent;
    bool show_error;
    bool verbose;
    char *stderr_file; /* in place of stderr, "-" is stdout; or NULL */
    char *trace;       /* a file, "-" is stdout, "%" stderr; or NULL */
    FILE *trace_file;  /* once it is open */
    bool trace_ascii;
    bool trace_time;
    bool trace_ids;
    bool no_progress_meter;
    bool progress_bar;

    /* pictures of the calls: files, "-" is stdout, NULL: none */
    char *har;
    char *waterfall;
    struct timeline *timeline; /* where calls are recorded for them; or NULL. Not the global's */

    /* instead of transfers */
    char *completion; /* a shell, or NULL */
    bool help;
    char *help_category; /* NULL: none was named */
    bool version;

    struct variable *variables;
    int rc_depth; /* in how many files of options the parser is */
    int rc_files; /* how many there were */
};

/* Protocols, as bits. */
enum { SCHEME_HTTP = 1, SCHEME_HTTPS = 2, SCHEMES_ALL = 3 };

/* Where a response goes. */
enum output_kind {
    OUTPUT_STDOUT = 0,  /* nothing was said, or no */
    OUTPUT_FILE,        /* -o */
    OUTPUT_REMOTE_NAME, /* -O */
    OUTPUT_NULL         /* --out-null */
};

/* A URL of an operation, with the -o and the -T that belong to it. */
struct target {
    char *url; /* NULL: there are more -o or -T than URLs */
    enum output_kind output_kind;
    char *output; /* of OUTPUT_FILE: "-" is stdout */
    bool literal; /* nothing in the URL is a pattern */
    bool uploads;
    char *upload; /* -T: a file, "-" or "." is stdin */
};

/* One operation. */
struct config {
    struct config *next;
    struct global *global;

    /* URLs; urls, outputs and uploads tell how many of each were given */
    struct target *targets;
    size_t targets_len;
    size_t urls_len;
    size_t outputs_len;
    size_t uploads_len;
    enum output_kind default_output; /* of the URLs behind --remote-name-all */

    bool no_globs;             /* in no URL is anything a pattern */
    char *default_scheme;      /* of URLs without one; NULL: http */
    unsigned schemes;          /* of SCHEME_HTTP and SCHEME_HTTPS, those that may be used */
    unsigned redirect_schemes; /* and that redirects may lead to */

    /* the request */
    char *method;           /* -X, or NULL */
    struct strings headers; /* -H, one "Name: value", "Name:" or "Name;" each */
    struct text data;       /* -d, joined */
    bool has_data;          /* a -d was given, maybe an empty one */
    bool head;
    gofer_form *form; /* -F, or NULL */
    bool form_backslashes;
    struct text query; /* --url-query, joined */
    bool get;          /* data goes into the query */
    bool compressed;
    bool crlf; /* line ends of what is uploaded are both */

    /* the transfer */
    int64_t max_time_ms; /* 0: no limit */
    bool fail;
    bool fail_with_body; /* the same, but the body is written */

    struct config_retry retry;
    struct config_speed speed;
    struct config_tls tls;
    struct config_connect connect;
    struct config_proxy proxy;
    struct config_follow follow;
    struct config_message message;
    struct config_files files;

    /* what is shown */
    bool include;
    struct text write_out;
};

void global_init(struct global *global);
void global_fini(struct global *global);

/* Begins another operation, with nothing asked for yet. */
void global_next(struct global *global);

/* Takes a copy in place of what *string held. */
void config_set_string(char **string, const char *value);

/* One more URL; what is said of the next one that has none such yet: where it goes, what it sends.
 * The URL's target is valid until the next call. Strings are copied; output is NULL but for
 * OUTPUT_FILE, upload where nothing is sent (-T ""). */
struct target *config_add_url(struct config *config, const char *url);
void config_add_output(struct config *config, enum output_kind kind, const char *output);
void config_add_upload(struct config *config, const char *upload);

/* The method of its requests: as -X says, or what -I and -d imply. */
const char *config_method(const struct config *config);

#endif
