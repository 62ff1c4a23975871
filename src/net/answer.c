/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Answers. An addition reallocates to the exact size: an answer grows once or
 * twice in its life and may then stay in the cache for long.
 */
#include "net/answer.h"

#include <string.h>

#include "base/alloc.h"

bool answer_add(struct answer *answer, const struct addr *addrs, size_t len)
{
    if (len > ANSWER_MAX_ADDRS - answer->len)
        len = ANSWER_MAX_ADDRS - answer->len;
    if (len == 0)
        return true;
    struct addr *grown = mem_realloc(answer->addrs, (answer->len + len) * sizeof(*grown));
    if (grown == NULL) {
        answer->error = LOOKUP_NOMEM;
        return false;
    }
    memcpy(grown + answer->len, addrs, len * sizeof(*grown));
    answer->addrs = grown;
    answer->len += len;
    return true;
}

void answer_fini(struct answer *answer)
{
    mem_free(answer->addrs);
    *answer = ANSWER_INIT;
}

bool lookup_is_transient(enum lookup_error error)
{
    return error != LOOKUP_OK && error != LOOKUP_NOT_FOUND && error != LOOKUP_BAD_NAME;
}

const char *lookup_strerror(enum lookup_error error)
{
    switch (error) {
    case LOOKUP_OK:
        return "no error";
    case LOOKUP_NOT_FOUND:
        return "no such host";
    case LOOKUP_REFUSED:
        return "the DNS server refused the question";
    case LOOKUP_SERVFAIL:
        return "the DNS server failed";
    case LOOKUP_TIMEOUT:
        return "no DNS server answered";
    case LOOKUP_BAD_NAME:
        return "not a valid host name";
    case LOOKUP_NOMEM:
        return "out of memory";
    case LOOKUP_FAILED:
        break;
    }
    return "the lookup failed";
}
