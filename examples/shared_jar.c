/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One cookie jar for two clients: one logs in, and is redirected to who it is;
 * threads of the other one, with limits of its own, are known there at once. The
 * jar may be kept in a file between runs.
 *
 *     shared_jar
 */
#include <gofer/gofer.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "origin.h"

enum { THREADS = 4 };

struct visit {
    gofer_client *client;
    const char *url;
    int known;
};

/* Whether the server answers with the session that the log-in made. */
static int is_known(gofer_client *client, const char *url)
{
    gofer_response *response;
    int known = 0;

    if (gofer_get(client, url, &response) != GOFER_OK)
        fprintf(stderr, "%s\n", gofer_response_error(response)->message);
    else
        known = strcmp(gofer_response_body(response, NULL), "session 17\n") == 0;
    gofer_response_free(response);
    return known;
}

static void *visit(void *arg)
{
    struct visit *v = arg;

    v->known = is_known(v->client, v->url);
    return NULL;
}

static int visit_from_threads(gofer_client *client, const char *url)
{
    struct visit visits[THREADS];
    pthread_t threads[THREADS];
    int known = 0;

    for (int i = 0; i < THREADS; i++) {
        visits[i] = (struct visit){.client = client, .url = url};
        if (pthread_create(&threads[i], NULL, visit, &visits[i]) != 0)
            return 0;
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        known += visits[i].known;
    }
    return known;
}

int main(void)
{
    struct origin *origin = origin_start();
    gofer_cookie_jar *jar = gofer_cookie_jar_new();
    gofer_client *one = gofer_client_new(&(gofer_client_options){.cookie_jar = jar});
    gofer_client *two =
        gofer_client_new(&(gofer_client_options){.cookie_jar = jar, .timeout_ms = 5000});
    char login[64], whoami[64];
    int known;

    gofer_cookie_jar_free(jar); /* the clients have their own hold */
    if (origin == NULL)
        return 1;
    snprintf(login, sizeof login, "%s/login?id=17", origin_url(origin));
    snprintf(whoami, sizeof whoami, "%s/whoami", origin_url(origin));
    known = is_known(one, login) + visit_from_threads(two, whoami);
    printf("known in %d of %d calls\n", known, THREADS + 1);

    gofer_client_free(one);
    gofer_client_free(two);
    origin_stop(origin);
    return known == THREADS + 1 ? 0 : 1;
}
