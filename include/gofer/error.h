/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Statuses and errors. A gofer_status says what to do about an outcome; a
 * gofer_error says precisely what happened. There is no thread-local error:
 * each call owns its own.
 */
#ifndef GOFER_ERROR_H
#define GOFER_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include <gofer/export.h>

GOFER_BEGIN_DECLS

/* What became of a call. Names and values are stable; new ones are added at the end. */
typedef enum gofer_status {
    GOFER_OK = 0,
    GOFER_PENDING,        /* the wait's own time is up; the call goes on */
    GOFER_ERR_INVALID,    /* a bad argument, URL, method, header or option; nothing was sent */
    GOFER_ERR_NOMEM,      /* out of memory */
    GOFER_ERR_TIMEOUT,    /* one of the call's time limits passed; see gofer_error.phase */
    GOFER_ERR_CANCELED,   /* cancelled through its future, its group or its gofer_cancel */
    GOFER_ERR_CLOSED,     /* the client was freed or the response was closed */
    GOFER_ERR_QUEUE_FULL, /* max_queued calls are unfinished */
    GOFER_ERR_RESOLVE,    /* the host name could not be resolved */
    GOFER_ERR_CONNECT,    /* no connection could be made */
    GOFER_ERR_TLS,        /* TLS failed: a handshake, a file of the settings */
    GOFER_ERR_PROXY,      /* the proxy refused or failed */
    GOFER_ERR_BROKEN,     /* the connection broke before a response began, maybe after a 1xx */
    GOFER_ERR_TRUNCATED,  /* the response ended early */
    GOFER_ERR_PROTOCOL,   /* the peer does not speak valid HTTP */
    GOFER_ERR_TOO_LARGE,  /* a limit on the response's size was passed */
    GOFER_ERR_REDIRECT,   /* a redirect was refused or there were too many */
    GOFER_ERR_DECODE,     /* the content coding is broken */
    GOFER_ERR_BODY,       /* the request body's source failed */
    GOFER_ERR_FORKED,     /* the client belongs to the parent process */
    GOFER_ERR_SYSTEM,     /* the system refused a resource; see gofer_error.sys_errno */
    GOFER_ERR_CERTIFICATE /* the server's certificate was refused: it may be another server */
} gofer_status;

/* What a call was doing when it failed. */
typedef enum gofer_phase {
    GOFER_PHASE_NONE = 0, /* before the call began, or no failure */
    GOFER_PHASE_QUEUE,    /* waiting for a worker */
    GOFER_PHASE_POOL,     /* waiting for a connection of its origin to come free */
    GOFER_PHASE_RESOLVE,  /* looking up the host name */
    GOFER_PHASE_CONNECT,  /* connecting */
    GOFER_PHASE_PROXY,    /* talking to a proxy */
    GOFER_PHASE_TLS,      /* shaking hands */
    GOFER_PHASE_SEND,     /* sending the request */
    GOFER_PHASE_WAIT,     /* waiting for the first byte of the response */
    GOFER_PHASE_HEADERS,  /* reading the response's header section */
    GOFER_PHASE_BODY,     /* reading the response's body */
    GOFER_PHASE_REDIRECT, /* deciding on a redirect */
    GOFER_PHASE_RETRY     /* waiting to be tried again */
} gofer_phase;

/* How much of the request may have reached the server. */
typedef enum gofer_sent {
    GOFER_SENT_NOTHING = 0, /* not a byte: any request may be repeated */
    GOFER_SENT_SOME,        /* at least a byte: repeat only what is idempotent */
    GOFER_SENT_ALL          /* all of it */
} gofer_sent;

/*
 * Whose fault it was, where that is known more precisely than by status and phase:
 * for programs that act on it, as the words of a message are for people. Names and
 * values are stable; new ones are added at the end.
 */
typedef enum gofer_reason {
    GOFER_REASON_NONE = 0,      /* status and phase say all */
    GOFER_REASON_LOCAL_ADDRESS, /* the local address, its ports or the interface that the options
                                   name cannot be had */
    GOFER_REASON_DENIED,        /* the address filter */
    GOFER_REASON_CA,            /* the CAs that the options name cannot be read */
    GOFER_REASON_CRL,           /* nor the revocation lists */
    GOFER_REASON_IDENTITY,      /* nor the client's own certificate or key, or they do not fit */
    GOFER_REASON_CIPHERS,       /* `ciphers` or `ciphersuites` name none */
    GOFER_REASON_CERTIFICATE,   /* the peer's certificate was refused: the server's or, with
                                   GOFER_ERR_PROXY, the proxy's */
    GOFER_REASON_PIN,           /* its public key is not pinned, or the pinned one cannot be read */
    GOFER_REASON_HANDSHAKE,     /* another failure of a TLS handshake, the proxy's as above */
    GOFER_REASON_SOCKS,         /* a SOCKS proxy refused, or is none */
    GOFER_REASON_CONNECT        /* an HTTP proxy's answer to CONNECT was no consent */
} gofer_reason;

/*
 * What went wrong in one call. Owned by the future or response it was asked
 * of, and valid as long as that is. Members may be added at the end.
 */
typedef struct gofer_error {
    gofer_status code;   /* the same status that the call returned */
    gofer_phase phase;   /* what the call was doing */
    int sys_errno;       /* the system's errno value, or 0 */
    bool timeout;        /* a time limit passed */
    gofer_sent sent;     /* how much of the request may have reached the server */
    bool reused;         /* on a connection that had served a request before */
    int attempts;        /* how many times the request was begun on a connection; where the client
                            tries again, connections that failed count as well */
    const char *message; /* one line for a person; never NULL, never a password in it */
    gofer_reason reason; /* whose fault it was, where that is known */
} gofer_error;

/*
 * Which of a client's options gofer_client_new() refused, and why. The program's own;
 * see gofer_client_options.option_error. It never grows.
 */
typedef struct gofer_option_error {
    char option[32]; /* its name, "proxy", "tls.pins"; "": none was refused */
    char why[224];   /* one line for a person, never a password in it */
    uint64_t index;  /* which entry of a list, the first being 0; else 0 */
} gofer_option_error;

/* A status in words ("timed out"). Static; never NULL, also for unknown values. Any thread. */
GOFER_API const char *gofer_strerror(gofer_status status);

/* A status's constant name ("GOFER_ERR_TIMEOUT"). Static; never NULL. Any thread. */
GOFER_API const char *gofer_status_name(gofer_status status);

/* A phase in words ("waiting for response headers"). Static; never NULL. Any thread. */
GOFER_API const char *gofer_phase_name(gofer_phase phase);

GOFER_END_DECLS

#endif
