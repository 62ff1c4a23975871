/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From a call's outcome to curl's exit code: the reason's, where the library
 * knows one, else the status's. curl tells broken connections apart by what was
 * going on, so those look at the phase and at the system's error too.
 */
#include "cli/exit_code.h"

#include <stddef.h>

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

/* curl: 63 is about bodies, 56 what is wrong with a head that came. */
static enum exit_code too_large_code(const gofer_error *error)
{
    return error->phase == GOFER_PHASE_HEADERS ? CODE_RECV : CODE_TOO_LARGE;
}

/* curl reports a socket that it could not get as a failed connect. */
static enum exit_code system_code(const gofer_error *error)
{
    return error->phase == GOFER_PHASE_CONNECT ? CODE_CONNECT : CODE_USAGE;
}

/* What the library knows more precisely than a status says; CODE_OK: nothing. A proxy's certificate
 * is to curl what a server's is. */
static enum exit_code reason_code(gofer_reason reason)
{
    switch (reason) {
    case GOFER_REASON_LOCAL_ADDRESS:
        return CODE_INTERFACE;
    case GOFER_REASON_CA:
        return CODE_CA_FILE;
    case GOFER_REASON_CRL:
        return CODE_CRL_FILE;
    case GOFER_REASON_IDENTITY:
        return CODE_CLIENT_CERTIFICATE;
    case GOFER_REASON_CIPHERS:
        return CODE_CIPHERS;
    case GOFER_REASON_CERTIFICATE:
        return CODE_CERTIFICATE;
    case GOFER_REASON_PIN:
        return CODE_PIN;
    case GOFER_REASON_HANDSHAKE:
        return CODE_TLS;
    case GOFER_REASON_SOCKS:
        return CODE_SOCKS;
    case GOFER_REASON_CONNECT:
        return CODE_RECV;
    case GOFER_REASON_NONE:
    case GOFER_REASON_DENIED:
        break;
    }
    return CODE_OK;
}

/* curl: what the proxy's name and connection come to is what a server's would. */
static enum exit_code proxy_code(const gofer_error *error)
{
    if (error->phase == GOFER_PHASE_RESOLVE)
        return CODE_PROXY;
    return error->phase == GOFER_PHASE_CONNECT ? CODE_CONNECT : CODE_RECV;
}

static enum exit_code status_code(const gofer_error *error)
{
    switch (error->code) {
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
        return CODE_TLS;
    case GOFER_ERR_CERTIFICATE:
        return CODE_CERTIFICATE;
    case GOFER_ERR_PROXY:
        return proxy_code(error);
    case GOFER_ERR_BROKEN:
        return broken_code(error);
    case GOFER_ERR_TRUNCATED:
        return truncated_code(error);
    case GOFER_ERR_PROTOCOL:
        return protocol_code(error);
    case GOFER_ERR_TOO_LARGE:
        return too_large_code(error);
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

enum exit_code exit_code_of(const gofer_error *error)
{
    if (error == NULL)
        return CODE_OK;
    enum exit_code code = reason_code(error->reason);
    return code != CODE_OK ? code : status_code(error);
}
