/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One URL's way through the command; see transfer.h.
 */
#include "cli/transfer.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/again.h"
#include "cli/message.h"
#include "cli/receive.h"
#include "cli/request.h"
#include "cli/timeline.h"
#include "cli/upload.h"
#include "cli/verbose.h"
#include "cli/words.h"
#include "cli/write_out.h"

int64_t transfer_now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void refuse_scheme(struct transfer *t, const char *scheme)
{
    t->code = CODE_UNSUPPORTED_PROTOCOL;
    text_fini(&t->message);
    text_printf(&t->message, "Protocol \"%s\" not supported or disabled in libgofer", scheme);
}

static void refuse_url(struct transfer *t)
{
    t->code = CODE_BAD_URL;
    text_append_str(&t->message, "URL using bad/illegal format or missing URL");
}

/* -C: how much of it there is. */
static int64_t resume_point(const struct transfer *t)
{
    const struct config_message *m = &t->config->message;
    struct stat st;

    if (!m->resumes || m->resume_at >= 0)
        return m->resumes ? m->resume_at : 0;
    return sink_is_file(&t->sink) && stat(text_str(&t->sink.path), &st) == 0 ? st.st_size : 0;
}

static struct request_about about_of(const struct transfer *t)
{
    return (struct request_about){.config = t->config,
                                  .url = text_str(&t->url),
                                  .upload = t->job.upload,
                                  .resume_at = t->resume_at};
}

static void forget_request(struct transfer *t)
{
    feed_stop(t->feed);
    t->feed = NULL;
    gofer_request_free(t->request);
    t->request = NULL;
}

static void make_request(struct transfer *t)
{
    struct request_about about = about_of(t);

    about.feed = &t->feed;
    t->request = request_new(&about, &t->refused, &t->message);
    t->unmade = t->request == NULL;
    if (t->unmade)
        t->code = CODE_READ;
    else if (receive_begin(t))
        verbose_begin(t);
    else
        forget_request(t);
}

void transfer_init(struct transfer *t, const struct job *job)
{
    const struct config *config = job->config;
    struct text scheme = {0};

    *t = (struct transfer){.config = config, .job = *job};
    request_complete_url(&t->url, job->url, config->default_scheme);
    if (job->upload != NULL)
        upload_complete_url(&t->url, job->upload);
    request_add_query(&t->url, config);
    request_foreign_scheme(&scheme, text_str(&t->url), config->schemes);
    if (strchr(text_str(&t->url), ' ') != NULL) {
        refuse_url(t); /* the library would escape it */
    } else if (scheme.len > 0) {
        refuse_scheme(t, text_str(&scheme));
    } else if (!sink_init(&t->sink, &t->job, text_str(&t->url))) {
        t->code = CODE_WRITE;
        text_append_str(&t->message, "Remote file name has no length!");
    } else {
        t->resume_at = resume_point(t);
        make_request(t);
    }
    text_fini(&scheme);
}

/* What the library says about the call. */
static void judge_call(struct transfer *t)
{
    const gofer_error *error = gofer_response_error(t->response);

    if (t->response == NULL) {
        t->code = CODE_OUT_OF_MEMORY;
        text_append_str(&t->message, "Out of memory");
    } else if (error != NULL) {
        words_take(t, error);
    }
}

static void judge_status(struct transfer *t)
{
    int status = gofer_response_status(t->response);

    if (t->code == CODE_OK && status >= 400) {
        t->code = CODE_HTTP_ERROR;
        text_printf(&t->message, "The requested URL returned error: %d", status);
    }
}

static void call(struct transfer *t, gofer_client *client)
{
    gofer_request_set_user(t->request, t);
    gofer_do(client, t->request, &t->response);
}

/* Whoever pressed Ctrl-C knows what ended. */
static void tell(const struct transfer *t)
{
    bool known = t->code == CODE_ABORTED && interrupt_is_signalled(t->interrupt);

    if (t->code != CODE_OK && !known)
        message_error(t->config, t->code, text_str(&t->message));
}

/* What failed is told at once: a warning about the next attempt comes behind it. */
static void attempt(struct transfer *t, gofer_client *client)
{
    t->begun_us = transfer_now_us();
    progress_begin(t->progress, &t->gauge, t->resume_at, progress_now_us());
    call(t, client);
    judge_call(t);
    if (t->config->fail)
        judge_status(t);
    receive_response(t);
    if (t->config->fail_with_body)
        judge_status(t);
    progress_end(t->progress, &t->gauge, progress_now_us());
    verbose_end(t);
    timeline_body(t->config->global->timeline, t, (int64_t)t->downloaded);
    t->took_us = transfer_now_us() - t->begun_us;
    tell(t);
}

/* As it was before the attempt. */
static void forget_attempt(struct transfer *t)
{
    if (sink_is_file(&t->sink) && t->downloaded > 0)
        message_note(t->config, "Throwing away %zu bytes", t->downloaded);
    gofer_response_free(t->response);
    t->response = NULL;
    t->code = CODE_OK;
    text_fini(&t->message);
    t->downloaded = 0;
    text_fini(&t->heads);
    t->last_head = 0;
    text_fini(&t->untold);
    facts_fini(&t->facts);
    sink_again(&t->sink);
}

static void attempt_all(struct transfer *t, gofer_client *client)
{
    struct again again;
    int64_t wait_ms;

    gofer_request_set_cancel(t->request, interrupt_token(t->interrupt));
    again_begin(&again, t->config);
    attempt(t, client);
    while (again_is_due(&again, t->config, t->code, t->response, &wait_ms) &&
           interrupt_pause(t->interrupt, wait_ms)) {
        forget_attempt(t);
        attempt(t, client);
    }
}

enum exit_code transfer_run(struct transfer *t, const struct transfer_means *means)
{
    t->interrupt = means->interrupt;
    t->progress = sink_shares_terminal(&t->sink) ? NULL : means->progress;
    if (t->request != NULL)
        attempt_all(t, means->client);
    else
        tell(t);
    write_out(t);
    return t->code;
}

void transfer_fini(struct transfer *t)
{
    verbose_forget(t);
    gofer_response_free(t->response);
    feed_stop(t->feed);
    gofer_request_free(t->request);
    text_fini(&t->url);
    text_fini(&t->message);
    text_fini(&t->heads);
    text_fini(&t->untold);
    facts_fini(&t->facts);
    sink_fini(&t->sink);
    job_fini(&t->job);
}

const char *transfer_method(const struct transfer *t)
{
    struct request_about about = about_of(t);

    return request_method(&about);
}

const char *transfer_file(const struct transfer *t)
{
    return sink_is_file(&t->sink) ? text_str(&t->sink.path) : NULL;
}

bool transfer_is_astray(const struct transfer *t)
{
    const gofer_error *error = gofer_response_error(t->response);

    return error != NULL && error->code == GOFER_ERR_REDIRECT && t->code != CODE_REDIRECT;
}

const char *transfer_effective_url(const struct transfer *t)
{
    const char *url = t->response != NULL ? gofer_response_url(t->response) : "";

    return *url != '\0' ? url : text_str(&t->url);
}

const char *transfer_last_head(const struct transfer *t)
{
    return text_str(&t->heads) + t->last_head;
}

const char *transfer_response_head(const struct transfer *t)
{
    return gofer_response_status(t->response) != 0 ? transfer_last_head(t) : "";
}
