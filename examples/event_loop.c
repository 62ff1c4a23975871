/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * gofer inside an event loop, without a worker thread: the loop polls one
 * descriptor of the client beside its own, and everything gofer does, callbacks
 * included, happens on the loop's thread.
 *
 *     event_loop [URL]
 */
#include <gofer/gofer.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "origin.h"

enum { CALLS = 10 };

static int unfinished;
static int failures;

/* On the loop's thread, from gofer_worker_run_once(). It must not block. */
static void on_done(gofer_future *future, void *arg)
{
    gofer_response *response;
    gofer_status status = gofer_future_wait(future, &response); /* there is an outcome: no wait */

    (void)arg;
    if (status == GOFER_OK)
        printf("answer %d\n", gofer_response_status(response));
    else
        fprintf(stderr, "%s\n", gofer_response_error(response)->message);
    failures += status != GOFER_OK;
    unfinished--;
    gofer_response_free(response);
    gofer_future_free(future);
}

/* The loop's own work: a timer that ticks every 20 ms. */
static int new_ticker(void)
{
    const struct itimerspec every_20_ms = {{0, 20000000}, {0, 20000000}};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    timerfd_settime(fd, 0, &every_20_ms, NULL);
    return fd;
}

static void loop(gofer_client *client, int ticker)
{
    struct pollfd fds[] = {{gofer_client_fd(client), POLLIN, 0}, {ticker, POLLIN, 0}};
    uint64_t ticks;

    while (unfinished > 0 && poll(fds, 2, -1) > 0) {
        if (fds[0].revents != 0)
            gofer_worker_run_once(client, 0); /* does what is due, and returns */
        if (fds[1].revents != 0 && read(ticker, &ticks, sizeof ticks) > 0)
            printf("tick: %d calls in flight\n", unfinished);
    }
}

int main(int argc, char **argv)
{
    struct origin *origin;
    const char *url = origin_or_argument(&origin, argc, argv, "/50ms");
    gofer_client_options options = {.workers = GOFER_NO_WORKERS, .timeout_ms = 5000};
    gofer_client *client = gofer_client_new(&options);
    int ticker = new_ticker();

    unfinished = CALLS; /* before the first: a call that is refused is done at once */
    for (int i = 0; i < CALLS; i++)
        gofer_future_on_done(gofer_submit_get(client, url), on_done, NULL);
    loop(client, ticker);

    close(ticker);
    gofer_client_free(client);
    origin_stop(origin);
    return failures != 0;
}
