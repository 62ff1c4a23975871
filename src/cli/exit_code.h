/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The command's exit codes: curl's, by number and meaning (the list in curl's
 * man page), and how a call's outcome becomes one.
 */
#ifndef GOFER_CLI_EXIT_CODE_H
#define GOFER_CLI_EXIT_CODE_H

#include <gofer/error.h>

enum exit_code {
    CODE_OK = 0,
    CODE_UNSUPPORTED_PROTOCOL = 1,
    CODE_USAGE = 2, /* curl's "failed init": a bad command line included */
    CODE_BAD_URL = 3,
    CODE_PROXY = 5,
    CODE_RESOLVE = 6,
    CODE_CONNECT = 7,
    CODE_WEIRD_REPLY = 8,
    CODE_PARTIAL_FILE = 18,
    CODE_HTTP_ERROR = 22, /* 400 and above, with --fail */
    CODE_WRITE = 23,
    CODE_READ = 26,
    CODE_OUT_OF_MEMORY = 27,
    CODE_TIMEOUT = 28,
    CODE_RANGE = 33, /* -C, and the server knows no ranges */
    CODE_TLS = 35,
    CODE_ABORTED = 42,
    CODE_INTERFACE = 45,
    CODE_REDIRECT = 47,
    CODE_BAD_OPTION_SYNTAX = 49,
    CODE_EMPTY_REPLY = 52,
    CODE_SEND = 55,
    CODE_RECV = 56,
    CODE_CLIENT_CERTIFICATE = 58,
    CODE_CIPHERS = 59,
    CODE_CERTIFICATE = 60,
    CODE_BAD_ENCODING = 61,
    CODE_TOO_LARGE = 63,
    CODE_CA_FILE = 77,
    CODE_CRL_FILE = 82,
    CODE_PIN = 90,
    CODE_SOCKS = 97
};

/* The exit code of a call that ended with this error; CODE_OK for NULL. */
enum exit_code exit_code_of(const gofer_error *error);

#endif
