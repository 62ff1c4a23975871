/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Whoever ends a call from outside may find it gone before it is back: what the
 * end leads to, on another thread, may free the future, the token, everything
 * but the client. Here that happens in the middle, at the write that wakes a
 * sleeping worker; nobody serves the client but the test.
 */
#include <CUnit/CUnit.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "integration/tap.h"

extern CU_TestInfo waker_tests[];

struct waking {
    gofer_client *client;
    struct origin *origin;
    gofer_cancel *token; /* or NULL */
    gofer_future *future;
    unsigned done;
};

static const struct route hold[] = {{.then = THEN_HOLD}};

static void free_all(gofer_future *future, void *arg)
{
    struct waking *w = arg;

    gofer_future_free(future);
    gofer_cancel_free(w->token);
    w->done++;
}

/* No lock is held where a caller wakes a parked call. */
static int end_the_call(enum tap_call call, unsigned nth, void *arg)
{
    struct waking *w = arg;

    (void)call;
    for (int i = 0; nth == 1 && w->done == 0 && i < 100; i++)
        gofer_worker_run_once(w->client, 0);
    return 0;
}

/* A call that waits for its answer, and holds the token alone. */
static void begin(struct waking *w)
{
    char url[ORIGIN_URL_BYTES];

    w->client = rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS});
    w->origin = rig_script(hold);
    gofer_request *request = gofer_request_new("GET", origin_url(w->origin, "/", url));
    gofer_request_set_cancel(request, w->token);
    w->future = gofer_submit(w->client, request);
    gofer_request_free(request);
    gofer_future_on_done(w->future, free_all, w);
    while (origin_count(w->origin, ORIGIN_REQUESTS) == 0)
        gofer_worker_run_once(w->client, 10);
    while (gofer_worker_run_once(w->client, 0) == GOFER_OK)
        continue;
    tap_open_writes(end_the_call, w);
}

static void a_future_may_be_freed_while_it_is_cancelled(void)
{
    struct waking w = {.token = NULL};

    begin(&w);
    gofer_future_cancel(w.future);
    EXPECT_INT(tap_close(), 1);
    EXPECT_INT(w.done, 1);
}

static void a_token_may_be_freed_while_it_is_fired(void)
{
    struct waking w = {.token = gofer_cancel_new()};

    begin(&w);
    gofer_cancel_fire(w.token);
    EXPECT_INT(tap_close(), 1);
    EXPECT_INT(w.done, 1);
}

CU_TestInfo waker_tests[] = {
    {"RES-10 a future may be freed while it is cancelled",
     a_future_may_be_freed_while_it_is_cancelled},
    {"RES-10 a token may be freed while it is fired", a_token_may_be_freed_while_it_is_fired},
    CU_TEST_INFO_NULL,
};
