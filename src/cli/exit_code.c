/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From a call's outcome to curl's exit code. Most codes follow from the status
 * alone; curl tells broken connections apart by what was going on, so those
 * look at the phase and at the system's error too.
 */
#include "cli/exit_code.h"

#include <stddef.h>
#include <string.h>

/* curl: 52 when the server closed without a byte, 55 and 56 when send and recv failed. */
static enum exit_code broken_code(const gofer_error *error)
{
    if (error->phase == GOFER_PHASE_SEND)
        return CODE_SEND;
    return error->sys_errno == 0 ? CODE_EMPTY_REPLY : CODE_RECV;
}

/* curl: 18 when the server closed inside the body, 56 when recv failed there. */
static enum exit_code truncated_code(const gofer_error *error)
{
    return error->sys_errno == 0 ? CODE_PARTIAL_FILE : CODE_RECV;
}

/* curl: 8 for a head that is not HTTP, 56 for a body whose chunks are not. */
static enum exit_code protocol_code(const gofer_error *error)
{
    return error->phase == GOFER_PHASE_BODY ? CODE_RECV : CODE_WEIRD_REPLY;
}

/* curl reports a socket that it could not get as a failed connect. */
static enum exit_code system_code(const gofer_error *error)
{
    return error->phase == GOFER_PHASE_CONNECT ? CODE_CONNECT : CODE_USAGE;
}

/* curl tells apart what of its options TLS failed by; the library does in words only, which stand
 * behind the URL. */
static enum exit_code tls_code(const gofer_error *error, enum exit_code otherwise)
{
    static const struct {
        const char *words;
        enum exit_code code;
    } rows[] = {
        {"\": CA file", CODE_CA_FILE},
        {"\": CA directory", CODE_CA_FILE},
        {"\": revocation list", CODE_CRL_FILE},
        {"\": client certificate", CODE_CLIENT_CERTIFICATE},
        {"\": client key", CODE_CLIENT_CERTIFICATE},
        {"\": TLS option cipher", CODE_CIPHERS},
        {"\": public key is not pinned", CODE_PIN},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strstr(error->message, rows[i].words) != NULL)
            return rows[i].code;
    return otherwise;
}

/* curl: what the proxy's name, connection and certificate come to is what a server's would; 56 for
 * a CONNECT that was not granted, 97 for what SOCKS refused. */
static enum exit_code proxy_code(const gofer_error *error)
{
    if (error->phase == GOFER_PHASE_RESOLVE)
        return CODE_PROXY;
    if (error->phase == GOFER_PHASE_CONNECT)
        return CODE_CONNECT;
    if (strstr(error->message, "\": SOCKS") != NULL)
        return CODE_SOCKS;
    if (strstr(error->message, "ertificate") != NULL)
        return CODE_CERTIFICATE;
    return CODE_RECV;
}

enum exit_code exit_code_of(const gofer_error *error)
{
    switch (error != NULL ? error->code : GOFER_OK) {
    case GOFER_OK:
        return CODE_OK;
    case GOFER_ERR_NOMEM:
        return CODE_OUT_OF_MEMORY;
    case GOFER_ERR_TIMEOUT:
        return CODE_TIMEOUT;
    case GOFER_ERR_CANCELED:
    case GOFER_ERR_CLOSED:
        return CODE_ABORTED;
    case GOFER_ERR_RESOLVE:
        return CODE_RESOLVE;
    case GOFER_ERR_CONNECT:
        return CODE_CONNECT;
    case GOFER_ERR_TLS:
        return tls_code(error, CODE_TLS);
    case GOFER_ERR_CERTIFICATE:
        return tls_code(error, CODE_CERTIFICATE);
    case GOFER_ERR_PROXY:
        return proxy_code(error);
    case GOFER_ERR_BROKEN:
        return broken_code(error);
    case GOFER_ERR_TRUNCATED:
        return truncated_code(error);
    case GOFER_ERR_PROTOCOL:
        return protocol_code(error);
    case GOFER_ERR_TOO_LARGE:
        return CODE_TOO_LARGE;
    case GOFER_ERR_REDIRECT:
        return CODE_REDIRECT;
    case GOFER_ERR_DECODE:
        return CODE_BAD_ENCODING;
    case GOFER_ERR_BODY:
        return CODE_READ;
    case GOFER_ERR_SYSTEM:
        return system_code(error);
    case GOFER_PENDING:
    case GOFER_ERR_INVALID:
    case GOFER_ERR_QUEUE_FULL:
    case GOFER_ERR_FORKED:
        break;
    }
    return CODE_USAGE;
}
