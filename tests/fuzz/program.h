/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A program in the world: a client with options, and calls, of which the input
 * says what they are. client_fuzz.c says what is done with them.
 */
#ifndef TESTS_FUZZ_PROGRAM_H
#define TESTS_FUZZ_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzz/fuzz.h"
#include "fuzz/ledger.h"
#include <gofer/gofer.h>

/* A body that is made while it is sent. */
struct source {
    size_t number;
    size_t len;
    size_t at;
    bool waits; /* it said "later" */
};

struct issued {
    struct program *program;
    size_t number;
    bool streaming;
    gofer_request *request; /* kept, for its body reader */
    struct source *source;
    int64_t begun;    /* nanoseconds */
    int64_t deadline; /* the same */
    int64_t limit_ms; /* no limit is shorter */
    gofer_future *future;
    bool resolved; /* on_done ran */
    bool settled;  /* the outcome was looked at */
    gofer_response *response;
    size_t read;
    bool read_all;
};

enum { LOOKUPS = 64 };

struct program {
    struct fuzz *f;
    gofer_client_options options;
    gofer_client *client;
    gofer_cancel *token;
    int64_t limit_ms; /* the shortest of the client's limits */
    int64_t absent;   /* when the program last did not serve its client */
    struct issued calls[LEDGER_CALLS];
    size_t calls_len;
    gofer_lookup *lookups[LOOKUPS];
    size_t lookups_len;
    size_t sources;  /* alive */
    size_t borrowed; /* bodies that the library holds by reference */
    bool scarce;     /* an allocation may have failed */
    bool refused;    /* the request in making lacks something for that */
};

/* Makes the options, and the client (NULL where that fails). */
void program_begin(struct program *p, struct fuzz *f);

/* Makes a call's request, or NULL without memory; its entry is in the ledger. */
gofer_request *program_request(struct program *p, struct issued *call);

/* Answers the lookups that wait, and wakes the bodies that do. */
void program_answer_lookups(struct program *p);
void program_wake_sources(struct program *p);

#endif
