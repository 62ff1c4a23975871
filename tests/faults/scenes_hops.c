/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Scenes: redirects and cookies.
 */
#include <stdatomic.h>
#include <string.h>

#include "faults/play.h"
#include "faults/stage.h"

static gofer_response *get(struct stage *stage, const char *path, const char *body)
{
    gofer_response *response = NULL;
    gofer_status status = gofer_get(stage->client, stage_url(stage, path), &response);

    if (status == GOFER_OK)
        return response;
    stage_answer(stage, status, response, body);
    return NULL;
}

PLAY(redirect)
{
    gofer_request *request = stage_request(stage, "POST", "/post");
    gofer_response *response;
    const char *url = NULL;
    int status = 0;

    STEP(stage, gofer_request_set_body(request, "body", 4));
    if (stage_client(stage, NULL) != NULL) {
        response = get(stage, "/moved", NULL);
        if (response != NULL) {
            MUST(stage, gofer_response_redirect_count(response) == 1);
            MUST(stage, gofer_response_redirect_at(response, 0, &status, &url) == 1);
            MUST(stage, status == 302 && strstr(url, "/moved") != NULL);
            stage_answer(stage, GOFER_OK, response, "hello");
        }
        play_do(stage, request, "body");
    }
    gofer_request_free(request);
}

static gofer_redirect_verdict check(void *arg, const gofer_redirect *redirect)
{
    bool good = strcmp(gofer_redirect_method(redirect), "GET") == 0 &&
                strstr(gofer_redirect_url(redirect), "/hello") != NULL &&
                gofer_redirect_header(redirect, "X-A") != NULL &&
                gofer_response_status(gofer_redirect_response(redirect)) == 302 &&
                gofer_redirect_user(redirect) == arg;

    return good ? GOFER_REDIRECT_FOLLOW : GOFER_REDIRECT_USE;
}

PLAY(redirect_check)
{
    static int user;
    gofer_client_options options = {.check_redirect = check, .check_redirect_arg = &user};
    gofer_request *request = stage_request(stage, "GET", "/moved");

    STEP(stage, gofer_request_set_header(request, "X-A", "b"));
    STEP(stage, gofer_request_set_user(request, &user));
    if (stage_client(stage, &options) != NULL)
        play_do(stage, request, "hello");
    gofer_request_free(request);
}

static gofer_redirect_verdict refuse(void *arg, const gofer_redirect *redirect)
{
    (void)arg;
    (void)redirect;
    return GOFER_REDIRECT_REFUSE;
}

PLAY(redirect_not_followed)
{
    gofer_response *response = NULL;
    char url[128];

    if (stage_client(stage, &(gofer_client_options){.disable_redirects = true}) == NULL)
        return;
    gofer_status status = gofer_get(stage->client, stage_url(stage, "/moved"), &response);
    if (status != GOFER_OK) {
        stage_answer(stage, status, response, NULL);
        return;
    }
    MUST(stage, gofer_response_status(response) == 302);
    if (STEP(stage,
             gofer_response_location(response, url, sizeof url) > 0 ? GOFER_OK : GOFER_ERR_NOMEM))
        MUST(stage, strstr(url, "/hello") != NULL);
    gofer_response_free(response);
}

PLAY(redirect_limit)
{
    gofer_response *response = NULL;
    gofer_status status;

    if (stage_client(stage, &(gofer_client_options){.check_redirect = refuse}) == NULL)
        return;
    status = gofer_get(stage->client, stage_url(stage, "/moved"), &response);
    stage_error(stage, status, response, GOFER_ERR_REDIRECT);
}

/* --- cookies --- */

PLAY(cookies)
{
    gofer_cookie_jar *jar = gofer_cookie_jar_new();
    gofer_response *response;

    HOLDS(stage, jar != NULL);
    if (jar != NULL && stage_client(stage, &(gofer_client_options){.cookie_jar = jar}) != NULL) {
        response = get(stage, "/cookie", NULL);
        if (response != NULL)
            stage_answer(stage, GOFER_OK, response, "hello");
        response = get(stage, "/cookies", NULL);
        if (response != NULL)
            HOLDS(stage, strcmp(gofer_response_body(response, NULL), "a=1; b=2") == 0);
        gofer_response_free(response);
    }
    gofer_cookie_jar_free(jar);
}

static void list(struct stage *stage, gofer_cookie_jar *jar, size_t most)
{
    gofer_cookies *cookies = NULL;

    if (STEP(stage, gofer_cookie_jar_list(jar, NULL, &cookies))) {
        HOLDS(stage, gofer_cookies_len(cookies) == most);
        MUST(stage, gofer_cookies_len(cookies) <= most);
        MUST(stage, (gofer_cookies_at(cookies, 0) != NULL) == (gofer_cookies_len(cookies) > 0));
    }
    gofer_cookies_free(cookies);
}

PLAY(cookie_jar)
{
    const gofer_cookie own = {.name = "c", .value = "3", .domain = "a.test", .path = "/"};
    gofer_cookie_jar *jar = gofer_cookie_jar_new();
    char field[GOFER_COOKIE_HEADER_BYTES];

    HOLDS(stage, jar != NULL);
    if (jar == NULL)
        return;
    STEP(stage, gofer_cookie_jar_set(jar, "http://a.test/", "a=1; Max-Age=100"));
    STEP(stage, gofer_cookie_jar_set(jar, "http://b.a.test/", "b=2; Domain=a.test; Path=/x"));
    STEP(stage, gofer_cookie_jar_add(jar, &own));
    if (STEP(stage, gofer_cookie_jar_get(jar, "http://a.test/x", field, sizeof field)))
        HOLDS(stage, strcmp(field, "b=2; a=1; c=3") == 0);
    list(stage, jar, 3);
    STEP(stage, gofer_cookie_jar_remove(jar, "a.test", "/x", "b"));
    STEP(stage, gofer_cookie_jar_clear_session(jar));
    list(stage, jar, 1);
    STEP(stage, gofer_cookie_jar_clear(jar));
    list(stage, jar, 0);
    gofer_cookie_jar_free(jar);
}

PLAY(cookie_file)
{
    gofer_cookie_jar *jar = gofer_cookie_jar_new(), *copy = gofer_cookie_jar_new();
    const char *path = stage_path(stage, "cookies");

    HOLDS(stage, jar != NULL && copy != NULL);
    if (jar != NULL && copy != NULL) {
        STEP(stage, gofer_cookie_jar_set(jar, "http://a.test/", "a=1; Max-Age=100"));
        STEP(stage, gofer_cookie_jar_set(jar, "http://b.test/", "b=2"));
        if (STEP(stage, gofer_cookie_jar_save(jar, path)) &&
            STEP(stage, gofer_cookie_jar_load(copy, path)))
            list(stage, copy, 2);
    }
    gofer_cookie_jar_free(copy);
    gofer_cookie_jar_free(jar);
}
