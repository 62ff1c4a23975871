/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Setting a fault, and the words of statuses and phases.
 */
#include "base/fault.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

bool fault_set(struct fault *fault, gofer_status code, gofer_phase phase, int sys_errno,
               const char *format, ...)
{
    if (fault->code != GOFER_OK)
        return false;
    fault->code = code;
    fault->phase = phase;
    fault->sys_errno = sys_errno;
    fault->reason = GOFER_REASON_NONE;
    fault->detail[0] = '\0';
    if (format == NULL)
        return true;
    va_list args;
    va_start(args, format);
    vsnprintf(fault->detail, sizeof(fault->detail), format, args);
    va_end(args);
    return true;
}

struct status_text {
    const char *name;
    const char *words;
};

static const struct status_text status_texts[] = {
    [GOFER_OK] = {"GOFER_OK", "success"},
    [GOFER_PENDING] = {"GOFER_PENDING", "not finished yet"},
    [GOFER_ERR_INVALID] = {"GOFER_ERR_INVALID", "invalid argument"},
    [GOFER_ERR_NOMEM] = {"GOFER_ERR_NOMEM", "out of memory"},
    [GOFER_ERR_TIMEOUT] = {"GOFER_ERR_TIMEOUT", "timed out"},
    [GOFER_ERR_CANCELED] = {"GOFER_ERR_CANCELED", "canceled"},
    [GOFER_ERR_CLOSED] = {"GOFER_ERR_CLOSED", "closed"},
    [GOFER_ERR_QUEUE_FULL] = {"GOFER_ERR_QUEUE_FULL", "too many unfinished calls"},
    [GOFER_ERR_RESOLVE] = {"GOFER_ERR_RESOLVE", "host name lookup failed"},
    [GOFER_ERR_CONNECT] = {"GOFER_ERR_CONNECT", "connecting failed"},
    [GOFER_ERR_TLS] = {"GOFER_ERR_TLS", "TLS failed"},
    [GOFER_ERR_PROXY] = {"GOFER_ERR_PROXY", "proxy failed"},
    [GOFER_ERR_BROKEN] = {"GOFER_ERR_BROKEN", "connection broke before a response"},
    [GOFER_ERR_TRUNCATED] = {"GOFER_ERR_TRUNCATED", "response ended early"},
    [GOFER_ERR_PROTOCOL] = {"GOFER_ERR_PROTOCOL", "malformed HTTP response"},
    [GOFER_ERR_TOO_LARGE] = {"GOFER_ERR_TOO_LARGE", "response too large"},
    [GOFER_ERR_REDIRECT] = {"GOFER_ERR_REDIRECT", "redirect refused"},
    [GOFER_ERR_DECODE] = {"GOFER_ERR_DECODE", "malformed content coding"},
    [GOFER_ERR_BODY] = {"GOFER_ERR_BODY", "request body failed"},
    [GOFER_ERR_FORKED] = {"GOFER_ERR_FORKED", "client belongs to the parent process"},
    [GOFER_ERR_SYSTEM] = {"GOFER_ERR_SYSTEM", "system resource refused"},
    [GOFER_ERR_CERTIFICATE] = {"GOFER_ERR_CERTIFICATE", "server certificate refused"},
};

static const char *const phase_texts[] = {
    [GOFER_PHASE_NONE] = "beginning",
    [GOFER_PHASE_QUEUE] = "waiting for a worker",
    [GOFER_PHASE_POOL] = "waiting for a connection",
    [GOFER_PHASE_RESOLVE] = "looking up the host name",
    [GOFER_PHASE_CONNECT] = "connecting",
    [GOFER_PHASE_PROXY] = "talking to the proxy",
    [GOFER_PHASE_TLS] = "shaking hands",
    [GOFER_PHASE_SEND] = "sending the request",
    [GOFER_PHASE_WAIT] = "waiting for response headers",
    [GOFER_PHASE_HEADERS] = "reading response headers",
    [GOFER_PHASE_BODY] = "reading the response body",
    [GOFER_PHASE_REDIRECT] = "following a redirect",
    [GOFER_PHASE_RETRY] = "waiting to be tried again",
};

static const struct status_text *text_of(gofer_status status)
{
    size_t n = sizeof(status_texts) / sizeof(status_texts[0]);
    return (size_t)status < n ? &status_texts[status] : NULL;
}

const char *gofer_strerror(gofer_status status)
{
    const struct status_text *text = text_of(status);
    return text != NULL ? text->words : "unknown status";
}

const char *gofer_status_name(gofer_status status)
{
    const struct status_text *text = text_of(status);
    return text != NULL ? text->name : "GOFER_ERR_UNKNOWN";
}

const char *gofer_phase_name(gofer_phase phase)
{
    size_t n = sizeof(phase_texts) / sizeof(phase_texts[0]);
    return (size_t)phase < n ? phase_texts[phase] : "unknown phase";
}

#ifdef __GLIBC__
const char *fault_errno_words(int err)
{
    const char *words = strerrordesc_np(err);
    return words != NULL ? words : "unknown error";
}
#else
const char *fault_errno_words(int err)
{
    return strerror(err);
}
#endif
