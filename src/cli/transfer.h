/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One URL's way through the command: its request, its outcome, and what is said
 * and written about it.
 *
 * Life: transfer_init, transfer_run, transfer_fini. The config and the client
 * outlive it. One thread at a time; several transfers may run at once.
 */
#ifndef GOFER_CLI_TRANSFER_H
#define GOFER_CLI_TRANSFER_H

#include <gofer/gofer.h>

#include "cli/config.h"
#include "cli/exit_code.h"
#include "cli/facts.h"
#include "cli/interrupt.h"
#include "cli/plan.h"
#include "cli/progress.h"
#include "cli/sink.h"

struct transfer {
    const struct config *config;
    struct job job;           /* what it is about */
    struct text url;          /* with a scheme */
    gofer_request *request;   /* NULL: not to be called, code and message say why */
    struct feed *feed;        /* of the request's body; or NULL */
    gofer_response *response; /* once there is an outcome */
    enum exit_code refused;   /* what it means when the library refuses the request */
    enum exit_code code;
    bool unmade;         /* what it is to read or write cannot be: nothing behind it is begun */
    struct text message; /* the error, "" without one */
    int64_t begun_us;
    int64_t took_us;
    size_t downloaded; /* bytes of body */
    int64_t resume_at; /* -C: where it goes on; 0: at the begin */
    struct sink sink;
    struct interrupt *interrupt; /* ends everything; while it runs */
    struct progress *progress;   /* where it is shown; NULL: it is not */
    struct gauge gauge;
    struct text heads;  /* of all responses, as they came */
    size_t last_head;   /* where in heads the last one begins */
    struct text untold; /* received, and not in the trace yet: trace_file.h */
    struct facts facts;
    struct ear *ear; /* hears the request's events (verbose.h); NULL: nothing is heard */
};

/* Prepares the transfer; the job is the transfer's own from now on. */
void transfer_init(struct transfer *t, const struct job *job);

/* What a transfer shares with all others. */
struct transfer_means {
    gofer_client *client;
    struct interrupt *interrupt;
    struct progress *progress; /* NULL: none is shown */
};

/*
 * Makes the call, judges its outcome and writes the response where it belongs, as
 * often as --retry says; then says what there is to say. Ends early where everything
 * does. Returns the transfer's exit code.
 */
enum exit_code transfer_run(struct transfer *t, const struct transfer_means *means);

/* Frees what the transfer holds. */
void transfer_fini(struct transfer *t);

/* Its method. */
const char *transfer_method(const struct transfer *t);

/* The file that it writes; NULL: stdout. */
const char *transfer_file(const struct transfer *t);

/* The last head that came, "" for none; that of the response, and not of a proxy before it. Until
 * the next one comes. */
const char *transfer_last_head(const struct transfer *t);
const char *transfer_response_head(const struct transfer *t);

/* The clock of begun_us. */
int64_t transfer_now_us(void);

/* Whether a redirect was to be followed, but not to where it leads. curl has gone there by then. */
bool transfer_is_astray(const struct transfer *t);

/* The URL that answered, or else the one that was asked for. */
const char *transfer_effective_url(const struct transfer *t);

#endif
