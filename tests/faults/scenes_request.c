/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Scenes: requests and their bodies.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "faults/play.h"
#include "faults/stage.h"

#define TEXT "0123456789"

PLAY(request)
{
    static int user;
    gofer_request *request = stage_request(stage, NULL, "/hello");

    STEP(stage, gofer_request_set_header(request, "X-A", "one"));
    STEP(stage, gofer_request_add_header(request, "X-A", "two"));
    STEP(stage, gofer_request_remove_header(request, "Accept"));
    STEP(stage, gofer_request_set_timeout_ms(request, 20000));
    STEP(stage, gofer_request_set_user(request, &user));
    STEP(stage, gofer_request_set_idempotent(request, 1));
    STEP(stage, gofer_request_set_attempts(request, 2));
    STEP(stage, gofer_request_mark_secret(request, "X-A"));
    STEP(stage, gofer_request_disable_cookies(request, 1));
    STEP(stage, gofer_request_set_follow_redirects(request, 1));
    STEP(stage, gofer_request_set_max_redirects(request, 3));
    STEP(stage, gofer_request_set_redirect_keep(request, 302, GOFER_KEEP_ALL));
    STEP(stage, gofer_request_set_auto_referer(request, 1));
    STEP(stage, gofer_request_status(request));
    if (stage_client(stage, NULL) != NULL)
        play_do(stage, request, "hello");
    gofer_request_free(request);
}

PLAY(wire)
{
    static const char *const order[] = {"Accept", "*", "Host"};
    static const char *const lines[] = {"accept:*/*"};
    gofer_wire_options options = {.path = "/hello",
                                  .field_order = order,
                                  .field_order_len = sizeof order / sizeof order[0],
                                  .field_lines = lines,
                                  .field_lines_len = sizeof lines / sizeof lines[0],
                                  .trace_bytes = true};
    gofer_request *request = stage_request(stage, "GET", "/elsewhere/../hello");

    STEP(stage, gofer_request_set_wire(request, &options));
    if (stage_client(stage, NULL) != NULL)
        play_do(stage, request, "hello");
    gofer_request_free(request);
}

PLAY(refused_request)
{
    gofer_request *request = gofer_request_new("GET", "http://127.0.0.1:99999/");
    gofer_response *response = NULL;
    gofer_status status = gofer_request_status(request);

    HOLDS(stage, status == GOFER_ERR_INVALID);
    if (stage_client(stage, NULL) != NULL) {
        status = gofer_do(stage->client, request, &response);
        stage_error(stage, status, response, GOFER_ERR_INVALID);
    }
    gofer_request_free(request);
}

PLAY(authorization)
{
    gofer_client_options options = {.username = "client", .password = "word"};
    gofer_request *request = stage_request(stage, "GET", "/who");

    STEP(stage, gofer_request_set_basic_auth(request, "user", "secret"));
    if (stage_client(stage, &options) != NULL)
        play_do(stage, request, "Basic dXNlcjpzZWNyZXQ=");
    STEP(stage, gofer_request_set_bearer_token(request, "token"));
    if (stage->client != NULL)
        play_do(stage, request, "Bearer token");
    gofer_request_free(request);
}

static void count(void *arg)
{
    atomic_fetch_add((atomic_int *)arg, 1);
}

PLAY(body_by_reference)
{
    atomic_int freed = 0;
    gofer_request *request = stage_request(stage, "POST", "/echo");
    gofer_status status = gofer_request_set_body_ref(request, TEXT, 10, count, &freed);

    STEP(stage, status);
    if (stage_client(stage, NULL) != NULL)
        play_do(stage, request, TEXT);
    gofer_request_free(request);
    stage_end_client(stage);
    MUST(stage, freed == 1);
}

PLAY(body_file)
{
    const char *path = stage_file(stage, "body", TEXT TEXT);
    gofer_request *request = stage_request(stage, "PUT", "/echo");

    STEP(stage, gofer_request_set_body_file(request, path));
    if (stage_client(stage, NULL) != NULL) {
        play_do(stage, request, TEXT TEXT);
        stage_future(stage, gofer_submit(stage->client, request), TEXT TEXT);
    }
    gofer_request_free(request);
}

PLAY(body_fd)
{
    int fd = open(stage_file(stage, "body", TEXT TEXT), O_RDONLY | O_CLOEXEC);
    gofer_request *request = stage_request(stage, "PUT", "/echo");

    STEP(stage, gofer_request_set_body_fd(request, fd, 10, 5));
    close(fd);
    if (stage_client(stage, NULL) != NULL)
        play_do(stage, request, "01234");
    gofer_request_free(request);
}

/* --- readers --- */

/* Gives TEXT, a byte a time; with nothing at first where it is to be later. */
struct feed {
    size_t at;
    bool later;
    gofer_request *request;
    atomic_int closed;
};

static ssize_t feed_read(void *arg, void *buf, size_t cap)
{
    struct feed *feed = arg;

    (void)cap;
    if (feed->later) {
        feed->later = false;
        gofer_request_body_ready(feed->request);
        return GOFER_BODY_LATER;
    }
    if (feed->at == strlen(TEXT))
        return 0;
    memcpy(buf, &TEXT[feed->at++], 1);
    return 1;
}

static int feed_rewind(void *arg)
{
    struct feed *feed = arg;

    feed->at = 0;
    return 0;
}

static const char *feed_trailer(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, "X-Sum") == 0 ? "10" : NULL;
}

static void feed_close(void *arg)
{
    atomic_fetch_add(&((struct feed *)arg)->closed, 1);
}

static void play_feed(struct stage *stage, struct feed *feed, int64_t length)
{
    gofer_request *request = stage_request(stage, "POST", "/echo");
    const gofer_body_reader reader = {.read = feed_read,
                                      .rewind = feed_rewind,
                                      .trailer = feed_trailer,
                                      .close = feed_close,
                                      .arg = feed,
                                      .length = length};

    feed->request = request;
    STEP(stage, gofer_request_set_body_reader(request, &reader));
    if (length < 0)
        STEP(stage, gofer_request_add_trailer(request, "X-Sum", NULL));
    if (stage_client(stage, NULL) != NULL) {
        stage_future(stage, gofer_submit(stage->client, request), TEXT);
        play_do(stage, request, TEXT);
    }
    stage_end_client(stage);
    gofer_request_free(request);
    MUST(stage, feed->closed == 1);
}

PLAY(body_reader)
{
    play_feed(stage, &(struct feed){0}, -1);
}

PLAY(body_later)
{
    play_feed(stage, &(struct feed){.later = true}, 10);
}

static void progress(void *arg, int64_t sent, int64_t total)
{
    if (sent <= total)
        atomic_store((atomic_int *)arg, (int)sent);
}

PLAY(expect_continue)
{
    atomic_int sent = 0;
    gofer_request *request = stage_request(stage, "POST", "/echo");

    STEP(stage, gofer_request_set_body(request, TEXT, 10));
    STEP(stage, gofer_request_set_expect_continue(request, 1));
    STEP(stage, gofer_request_set_progress(request, progress, &sent));
    if (stage_client(stage, NULL) != NULL)
        play_do(stage, request, TEXT);
    gofer_request_free(request);
    stage_end_client(stage);
    HOLDS(stage, sent == 10);
}

/* --- forms --- */

static gofer_form *make_form(struct stage *stage)
{
    gofer_form *form = gofer_form_new();

    HOLDS(stage, form != NULL);
    if (form == NULL)
        return NULL;
    STEP(stage, gofer_form_set_backslashes(form, 1));
    STEP(stage, gofer_form_add_text(form, "name", "value"));
    STEP(stage, gofer_form_add_data(form, "data", "\0\1", 2, "file.bin", NULL));
    STEP(stage, gofer_form_add_file(form, "file", stage_file(stage, "part", TEXT), NULL, NULL));
    return form;
}

PLAY(form)
{
    gofer_form *form = make_form(stage);
    gofer_request *request = stage_request(stage, "POST", "/count");

    if (form != NULL && STEP(stage, gofer_request_set_form(request, form)) &&
        stage_client(stage, NULL) != NULL) {
        play_do(stage, request, NULL);
        stage_future(stage, gofer_submit(stage->client, request), NULL);
    }
    gofer_form_free(form);
    gofer_request_free(request);
}

/* The same through a reader. */
PLAY(form_read)
{
    gofer_form *form = make_form(stage);
    gofer_request *request = stage_request(stage, "POST", "/count");
    gofer_body_reader reader;

    if (form != NULL && STEP(stage, gofer_request_set_form(request, form)) &&
        STEP(stage, gofer_request_body_reader(request, &reader)) &&
        STEP(stage, gofer_request_set_body_reader(request, &reader)) &&
        stage_client(stage, NULL) != NULL)
        play_do(stage, request, NULL);
    gofer_form_free(form);
    gofer_request_free(request);
}

static void send_params(struct stage *stage, gofer_params *params)
{
    gofer_response *response = NULL;
    gofer_status status =
        gofer_post_form(stage->client, stage_url(stage, "/echo"), params, &response);

    stage_answer(stage, status, response, "a=b+c&d=%00e");
}

PLAY(params)
{
    gofer_params *params = gofer_params_new();
    gofer_request *request = stage_request(stage, "POST", "/echo");
    const char *text;

    HOLDS(stage, params != NULL);
    STEP(stage, gofer_params_add(params, "a", "b c"));
    STEP(stage, gofer_params_add_data(params, "d", "\0e", 2));
    text = gofer_params_text(params);
    HOLDS(stage, text != NULL && strcmp(text, "a=b+c&d=%00e") == 0);
    text = gofer_params_url(params, "http://h/p?q#f");
    HOLDS(stage, text != NULL && strcmp(text, "http://h/p?q&a=b+c&d=%00e#f") == 0);
    STEP(stage, gofer_request_set_params(request, params));
    if (stage_client(stage, NULL) != NULL) {
        play_do(stage, request, "a=b+c&d=%00e");
        send_params(stage, params);
    }
    gofer_params_free(params);
    gofer_request_free(request);
}
