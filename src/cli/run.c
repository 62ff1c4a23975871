/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * All URLs of the command line through one client; see run.h.
 */
#include "cli/run.h"

#include <stdlib.h>

#include "cli/client.h"
#include "cli/jar.h"
#include "cli/message.h"
#include "cli/transfer.h"

/* How many connections the client has opened since *before, which moves on. */
static uint64_t new_connects(gofer_client *client, uint64_t *before)
{
    gofer_stats stats;
    uint64_t since;

    gofer_client_stats(client, &stats);
    since = stats.conns_opened - *before;
    *before = stats.conns_opened;
    return since;
}

static enum exit_code run_serial(gofer_client *client, const struct config *config)
{
    enum exit_code code = CODE_OK;
    uint64_t opened = 0;

    for (size_t i = 0; i < config->urls.len; i++) {
        gofer_response *response = NULL;
        struct transfer t;

        transfer_init(&t, config, i);
        if (t.request != NULL)
            gofer_do(client, t.request, &response);
        code = transfer_finish(&t, response, new_connects(client, &opened));
        transfer_fini(&t);
    }
    return code;
}

/* --- at the same time ------------------------------------------------------ */

struct parallel {
    const struct config *config;
    gofer_client *client;
    gofer_group *group;
    struct transfer *transfers; /* one a URL */
    uint64_t opened;
    enum exit_code code;
};

static void finish(struct parallel *p, struct transfer *t, gofer_response *response)
{
    enum exit_code code = transfer_finish(t, response, new_connects(p->client, &p->opened));

    if (code != CODE_OK)
        p->code = code;
    transfer_fini(t);
}

static void begin(struct parallel *p, size_t i)
{
    struct transfer *t = &p->transfers[i];

    transfer_init(t, p->config, i);
    gofer_request_set_user(t->request, t);
    if (t->request == NULL || gofer_group_submit(p->group, t->request) != GOFER_OK)
        finish(p, t, NULL);
}

static void finish_next(struct parallel *p)
{
    gofer_future *future = gofer_group_next(p->group, -1);
    gofer_response *response = NULL;

    if (future == NULL)
        return;
    gofer_future_wait(future, &response);
    finish(p, gofer_future_user(future), response);
    gofer_future_free(future);
}

static enum exit_code run_parallel(gofer_client *client, const struct config *config)
{
    struct parallel p = {.config = config, .client = client};
    size_t n = config->urls.len;
    size_t i = 0;

    p.group = gofer_group_new(client);
    if (p.group == NULL) {
        message_error(config, CODE_OUT_OF_MEMORY, "Out of memory");
        return CODE_OUT_OF_MEMORY;
    }
    p.transfers = cli_realloc(NULL, n, sizeof *p.transfers);
    while (i < n || gofer_group_pending(p.group) > 0) {
        while (i < n && gofer_group_pending(p.group) < (size_t)config->parallel_max)
            begin(&p, i++);
        finish_next(&p);
    }
    gofer_group_free(p.group);
    free(p.transfers);
    return p.code;
}

enum exit_code run(const struct config *config)
{
    enum exit_code code;
    gofer_cookie_jar *jar = jar_open(config);
    gofer_client *client = client_new(config, jar, &code);

    if (client != NULL)
        code = config->parallel ? run_parallel(client, config) : run_serial(client, config);
    gofer_client_free(client);
    jar_close(jar, config);
    return code;
}
