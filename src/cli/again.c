/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Who is tried again; see again.h.
 */
#include "cli/again.h"

#include <errno.h>
#include <gofer/client.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/message.h"

enum { FIRST_WAIT_MS = 1000, LAST_WAIT_MS = 600000 };

void again_begin(struct again *again, const struct config *config)
{
    const struct config_retry *r = &config->retry;

    *again = (struct again){.left = r->times,
                            .wait_ms = r->delay_ms > 0 ? r->delay_ms : FIRST_WAIT_MS,
                            .begun_ms = gofer_now_ms()};
}

/* --- what it ended with ---------------------------------------------------- */

static bool is_passing_status(int status)
{
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
           status == 504;
}

static bool is_refused(enum exit_code code, const gofer_response *response)
{
    const gofer_error *error = gofer_response_error(response);

    return code == CODE_CONNECT && error != NULL && error->sys_errno == ECONNREFUSED;
}

/* As it stands behind "Problem"; NULL: it is not tried again. */
static const char *problem_of(const struct config_retry *r, enum exit_code code,
                              const gofer_response *response)
{
    if (code == CODE_TIMEOUT || code == CODE_RESOLVE || code == CODE_PROXY)
        return ": timeout";
    if (r->refused && is_refused(code, response))
        return ": connection refused";
    if ((code == CODE_OK || code == CODE_HTTP_ERROR) && response != NULL &&
        is_passing_status(gofer_response_status(response)))
        return ": HTTP error";
    return r->all_errors && code != CODE_OK ? "(retrying all errors)" : NULL;
}

/* --- when ------------------------------------------------------------------ */

/* RFC 9110 section 10.2.3: seconds or a date; 0: nothing is said. */
static int64_t retry_after_ms(const gofer_response *response)
{
    const char *value = response != NULL ? gofer_response_header(response, "Retry-After") : NULL;
    struct tm date = {.tm_year = 0};
    char *end;

    if (value == NULL)
        return 0;
    long long seconds = strtoll(value, &end, 10);
    if (end == value && strptime(value, "%a, %d %b %Y %H:%M:%S GMT", &date) != NULL)
        seconds = (long long)(timegm(&date) - time(NULL));
    return seconds > 0 && seconds < INT64_MAX / 1000 ? seconds * 1000 : 0;
}

static bool is_too_late(const struct again *again, const struct config_retry *r, int64_t more_ms)
{
    return r->max_time_ms > 0 && gofer_now_ms() - again->begun_ms + more_ms >= r->max_time_ms;
}

/* Each wait twice as long as the one before, where none was asked for. */
static int64_t next_wait(struct again *again, const struct config_retry *r)
{
    int64_t wait_ms = again->wait_ms;

    if (r->delay_ms == 0)
        again->wait_ms = wait_ms < LAST_WAIT_MS / 2 ? 2 * wait_ms : LAST_WAIT_MS;
    return wait_ms;
}

/* In curl's words, which know whole seconds only. */
static void announce(const struct again *again, const struct config *config, const char *problem,
                     int64_t wait_ms)
{
    char fraction[8] = "";

    if (wait_ms % 1000 != 0)
        snprintf(fraction, sizeof fraction, ".%03d", (int)(wait_ms % 1000));
    message_warn(config,
                 "Problem %s. Will retry in %" PRId64 "%s seconds. %" PRId64 " retries left.",
                 problem, wait_ms / 1000, fraction, again->left);
}

bool again_is_due(struct again *again, const struct config *config, enum exit_code code,
                  const gofer_response *response, int64_t *wait_ms)
{
    const struct config_retry *r = &config->retry;
    const char *problem = problem_of(r, code, response);

    if (problem == NULL || again->left == 0 || is_too_late(again, r, 0))
        return false;
    *wait_ms = retry_after_ms(response);
    if (*wait_ms > 0 && is_too_late(again, r, *wait_ms)) {
        message_warn(config, "The Retry-After: time would make this command line exceed the "
                             "maximum allowed time for retries.");
        return false;
    }
    if (*wait_ms == 0)
        *wait_ms = next_wait(again, r);
    announce(again, config, problem, *wait_ms);
    again->left--;
    return true;
}
