/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See stage.h.
 */
#include "faults/stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults/fault.h"

bool stage_must(struct stage *stage, bool holds, const char *text, const char *file, int line)
{
    if (holds)
        return true;
    stage->failures++;
    fprintf(stderr, "    %s:%d: %s\n", file, line, text);
    return false;
}

bool stage_holds(struct stage *stage, bool holds, const char *text, const char *file, int line)
{
    stage->lacks |= !holds;
    if (holds || fault_excuses())
        return holds;
    return stage_must(stage, holds, text, file, line);
}

/* --- the client --- */

/* What errno says of a client that was not made. */
static bool is_allowed_errno(int error)
{
    return error != 0 && error != EINVAL && fault_excuses();
}

gofer_client *stage_client(struct stage *stage, const gofer_client_options *options)
{
    gofer_client_options copy = {0};
    const gofer_tls_options tls = {.ca_pem = stage->servers->ca_pem};

    if (options != NULL)
        copy = *options;
    if (copy.workers == 0)
        copy.workers = 1;
    if (copy.tls == NULL)
        copy.tls = &tls;
    if (copy.proxy == NULL)
        copy.disable_proxy_env = true;
    /* What hangs is to be seen, and what is slow on a busy machine is no fault. */
    copy.timeout_ms = copy.stall_timeout_ms = copy.connect_timeout_ms =
        copy.tls_handshake_timeout_ms = GOFER_NEVER;
    errno = 0;
    stage->client = gofer_client_new(&copy);
    if (stage->client == NULL && !MUST(stage, is_allowed_errno(errno)))
        fprintf(stderr, "    errno %d\n", errno);
    return stage->client;
}

void stage_end_client(struct stage *stage)
{
    gofer_client_free(stage->client);
    stage->client = NULL;
}

/* --- names --- */

static char *next_name(struct stage *stage)
{
    if (stage->named == sizeof stage->urls / sizeof *stage->urls)
        abort();
    return stage->urls[stage->named++];
}

static const char *url_of(struct stage *stage, const char *host, const char *path)
{
    char *url = next_name(stage);
    bool secure = stage->way == TLS;

    snprintf(url, sizeof *stage->urls, "%s://%s:%u%s", secure ? "https" : "http", host,
             secure ? stage->servers->tls : stage->servers->plain, path);
    return url;
}

const char *stage_url(struct stage *stage, const char *path)
{
    return url_of(stage, "127.0.0.1", path);
}

const char *stage_named_url(struct stage *stage, const char *path)
{
    return url_of(stage, "origin.test", path);
}

const char *stage_path(struct stage *stage, const char *name)
{
    char *path = next_name(stage);

    snprintf(path, sizeof *stage->urls, "%s/%s", stage->directory, name);
    return path;
}

const char *stage_file(struct stage *stage, const char *name, const char *text)
{
    const char *path = stage_path(stage, name);
    FILE *file = fopen(path, "we");

    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
    return path;
}

gofer_request *stage_request(struct stage *stage, const char *method, const char *path)
{
    gofer_request *request = gofer_request_new(method, stage_url(stage, path));

    HOLDS(stage, request != NULL);
    return request;
}

/* --- outcomes --- */

static bool is_allowed(struct stage *stage, gofer_status status)
{
    if (stage->lacks && status == GOFER_ERR_INVALID)
        return true;
    if (MUST(stage, fault_allows(status)))
        return true;
    fprintf(stderr, "    it is %s\n", gofer_status_name(status));
    return false;
}

bool stage_ok(struct stage *stage, gofer_status status)
{
    if (status != GOFER_OK)
        is_allowed(stage, status);
    return status == GOFER_OK;
}

/* An error in full; no response only without memory, whatever the status. */
static void look_at_error(struct stage *stage, gofer_status status, const gofer_response *response)
{
    const gofer_error *error = gofer_response_error(response);

    if (response == NULL) {
        MUST(stage, status == GOFER_ERR_NOMEM || fault_allows(GOFER_ERR_NOMEM));
        MUST(stage, error != NULL && error->code == GOFER_ERR_NOMEM);
        return;
    }
    if (!MUST(stage, error != NULL))
        return;
    MUST(stage, error->code == status);
    MUST(stage, error->message != NULL && error->message[0] != '\0');
}

static void look_at_body(struct stage *stage, const gofer_response *response, const char *body)
{
    size_t len = 0;
    const char *data = gofer_response_body(response, &len);

    if (!MUST(stage, len == strlen(body) && memcmp(data, body, len) == 0))
        fprintf(stderr, "    the body is \"%.60s\"\n", data);
}

void stage_answer(struct stage *stage, gofer_status status, gofer_response *response,
                  const char *body)
{
    if (status == GOFER_OK && MUST(stage, response != NULL)) {
        MUST(stage, gofer_response_error(response) == NULL);
        MUST(stage, gofer_response_status(response) == 200);
        if (body != NULL)
            look_at_body(stage, response, body);
    } else if (status != GOFER_OK) {
        if (!is_allowed(stage, status) && gofer_response_error(response) != NULL)
            fprintf(stderr, "    %s\n", gofer_response_error(response)->message);
        look_at_error(stage, status, response);
    }
    gofer_response_free(response);
}

void stage_error(struct stage *stage, gofer_status status, gofer_response *response,
                 gofer_status expected)
{
    if (status != expected)
        is_allowed(stage, status);
    look_at_error(stage, status, response);
    gofer_response_free(response);
}

void stage_future(struct stage *stage, gofer_future *future, const char *body)
{
    gofer_response *response = NULL;
    gofer_status status;

    if (future == NULL) {
        HOLDS(stage, future != NULL);
        MUST(stage, gofer_future_wait(future, &response) != GOFER_OK);
        gofer_response_free(response);
        return;
    }
    status = gofer_future_wait_for(future, -1, &response);
    if (status != GOFER_OK && MUST(stage, gofer_future_error(future) != NULL))
        MUST(stage, gofer_future_error(future)->code == status);
    stage_answer(stage, status, response, body);
    gofer_future_free(future);
}
