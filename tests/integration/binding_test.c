/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Late binding: a call that waits for its dial takes what comes first, and a
 * dial that nobody waits for any more is not lost. The test is the server and
 * decides when a dial ends.
 */
#include <CUnit/CUnit.h>
#include <unistd.h>

#include "integration/door.h"
#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo binding_tests[];

static void joins(struct caller *caller, const char *body)
{
    struct outcome got = caller_join(caller);

    rig_expect_answer(&got, 200, body);
}

/* How many calls wait for a connection. */
struct queue {
    gofer_client *client;
    unsigned n;
};

static bool has_queue(void *arg)
{
    const struct queue *queue = arg;

    return rig_stats(queue->client).calls_waiting == queue->n;
}

static bool wait_queue(gofer_client *client, unsigned n)
{
    return eventually(has_queue, &(struct queue){client, n});
}

/* A call whose request has arrived, on a connection of its own; returns that. */
static int begin(struct caller *caller, gofer_client *client, const struct door *door,
                 const char *path)
{
    caller_start(caller, client, door_request(door, path));
    int fd = door_let_in(door);
    EXPECT(fd >= 0);
    EXPECT(door_hears(fd, path));
    return fd;
}

/* A call whose dial hangs at the door; `knocks`: that many do then. */
static void begin_outside(struct caller *caller, gofer_client *client, const struct door *door,
                          const char *path, unsigned knocks)
{
    caller_start(caller, client, door_request(door, path));
    EXPECT(door_knocks(door, knocks));
}

static void a_freed_connection_beats_the_dial(void)
{
    struct door door;
    struct caller a, b;
    gofer_client *client = rig_client(NULL);

    door_init(&door);
    int fd = begin(&a, client, &door, "/a");
    door_shut(&door);
    begin_outside(&b, client, &door, "/b", 1);
    door_answer(fd, "for a");
    joins(&a, "for a");
    EXPECT(door_hears(fd, "/b"));
    door_answer(fd, "for b");
    joins(&b, "for b");
    EXPECT_INT(rig_stats(client).conns_opened, 1);
    EXPECT_INT(rig_stats(client).conns_late_bound, 1);
    EXPECT_INT(rig_stats(client).conns_reused, 1);
    EXPECT_INT(rig_stats(client).conns_dialing, 1);
    rig_end_client(client);
    door_fini(&door);
    close(fd);
}

static void a_spare_dial_ends_in_the_pool(void)
{
    struct door door;
    struct caller a, b, c;
    gofer_client *client = rig_client(NULL);

    door_init(&door);
    int fd = begin(&a, client, &door, "/a");
    door_shut(&door);
    begin_outside(&b, client, &door, "/b", 1);
    door_answer(fd, "for a");
    joins(&a, "for a");
    EXPECT(door_hears(fd, "/b"));
    door_answer(fd, "for b");
    joins(&b, "for b");
    door_open(&door);
    EXPECT(door_dials_end(client));
    EXPECT_INT(rig_stats(client).conns_idle, 2);
    EXPECT_INT(rig_stats(client).conns_opened, 2);
    /* The spare one came last, so it is the first to be used. */
    caller_start(&c, client, door_request(&door, "/c"));
    int spare = door_let_in(&door);
    EXPECT(door_hears(spare, "/c"));
    door_answer(spare, "for c");
    joins(&c, "for c");
    rig_end_client(client);
    door_fini(&door);
    close(fd);
    close(spare);
}

static void an_orphan_dial_serves_the_next_call(void)
{
    struct door door;
    struct caller a, b, c;
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = 2});

    door_init(&door);
    int first = begin(&a, client, &door, "/a");
    door_shut(&door);
    begin_outside(&b, client, &door, "/b", 1);
    door_answer(first, "for a");
    joins(&a, "for a");
    EXPECT(door_hears(first, "/b"));
    /* The limit is reached: c has no dial of its own, only b's. */
    caller_start(&c, client, door_request(&door, "/c"));
    EXPECT(wait_queue(client, 1));
    EXPECT_INT(rig_stats(client).conns_dialing, 1);
    door_open(&door);
    int second = door_let_in(&door);
    EXPECT(door_hears(second, "/c"));
    door_answer(second, "for c");
    joins(&c, "for c");
    door_answer(first, "for b");
    joins(&b, "for b");
    EXPECT_INT(rig_stats(client).conns_opened, 2);
    EXPECT_INT(rig_stats(client).conns_idle, 2);
    EXPECT_INT(rig_stats(client).conns_dialing, 0);
    rig_end_client(client);
    door_fini(&door);
    close(first);
    close(second);
}

/* A call that is cancelled while it dials; its dial goes on. */
static void cancel_outside(gofer_client *client, const struct door *door)
{
    struct caller caller;
    gofer_cancel *token = gofer_cancel_new();
    gofer_request *request = door_request(door, "/canceled");

    gofer_request_set_cancel(request, token);
    caller_start(&caller, client, request);
    EXPECT(door_knocks(door, 1));
    int64_t began = now_ms();
    gofer_cancel_fire(token);
    struct outcome got = caller_join(&caller);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    EXPECT_INT(got.error->phase, GOFER_PHASE_CONNECT);
    EXPECT(now_ms() - began < 10000);
    EXPECT_INT(rig_stats(client).conns_dialing, 1);
    gofer_cancel_free(token);
}

static void the_dial_of_a_cancelled_call_serves_another(void)
{
    struct door door;
    struct caller caller;
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = 1});

    door_init(&door);
    door_shut(&door);
    cancel_outside(client, &door);
    caller_start(&caller, client, door_request(&door, "/next"));
    EXPECT(wait_queue(client, 1));
    EXPECT_INT(rig_stats(client).conns_dialing, 1);
    door_open(&door);
    int fd = door_let_in(&door);
    EXPECT(door_hears(fd, "/next"));
    door_answer(fd, "next");
    joins(&caller, "next");
    EXPECT_INT(rig_stats(client).conns_opened, 1);
    EXPECT_INT(rig_stats(client).conns_idle, 1);
    rig_end_client(client);
    door_fini(&door);
    close(fd);
}

static void without_keep_alive_it_serves_nobody(void)
{
    struct door door;
    struct caller caller;
    gofer_client *client =
        rig_client(&(gofer_client_options){.max_conns_per_host = 1, .disable_keep_alives = true});

    door_init(&door);
    door_shut(&door);
    cancel_outside(client, &door);
    caller_start(&caller, client, door_request(&door, "/next"));
    EXPECT(wait_queue(client, 1));
    EXPECT_INT(rig_stats(client).conns_dialing, 1);
    door_open(&door);
    int orphan = door_let_in(&door);
    EXPECT(door_sees_end(orphan));
    int fd = door_let_in(&door);
    EXPECT(door_hears(fd, "/next"));
    door_answer(fd, "next");
    joins(&caller, "next");
    EXPECT_INT(rig_stats(client).conns_opened, 2);
    EXPECT_INT(rig_stats(client).conns_idle, 0);
    rig_end_client(client);
    door_fini(&door);
    close(orphan);
    close(fd);
}

static void a_spare_dials_error_reaches_nobody(void)
{
    struct door door;
    struct caller a, b, c;
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = 2});

    door_init(&door);
    int fd = begin(&a, client, &door, "/a");
    door_shut(&door);
    begin_outside(&b, client, &door, "/b", 1);
    door_answer(fd, "for a");
    joins(&a, "for a");
    EXPECT(door_hears(fd, "/b"));
    caller_start(&c, client, door_request(&door, "/c"));
    EXPECT(wait_queue(client, 1));
    /* Its next try is refused; then c, which waits for the slot, is refused itself. */
    door_fini(&door);
    struct outcome got = caller_join(&c);
    rig_expect_error(&got, GOFER_ERR_CONNECT);
    EXPECT(door_dials_end(client));
    EXPECT_INT(rig_stats(client).calls_active, 1);
    door_answer(fd, "for b");
    joins(&b, "for b");
    EXPECT_INT(rig_stats(client).conns_idle, 1);
    rig_end_client(client);
    close(fd);
}

static void dials_in_progress_count_for_the_limit(void)
{
    struct door door;
    struct caller a, b;
    gofer_client *client =
        rig_client(&(gofer_client_options){.max_conns_per_host = 1, .disable_keep_alives = true});

    door_init(&door);
    door_shut(&door);
    begin_outside(&a, client, &door, "/a", 1);
    caller_start(&b, client, door_request(&door, "/b"));
    EXPECT(wait_queue(client, 2));
    EXPECT_INT(rig_stats(client).conns_dialing, 1);
    door_open(&door);
    int first = door_let_in(&door);
    EXPECT(door_hears(first, "/a"));
    EXPECT_INT(rig_stats(client).conns_opened, 1);
    EXPECT_INT(rig_stats(client).conns_dialing, 0);
    door_answer(first, "for a");
    joins(&a, "for a");
    int second = door_let_in(&door);
    EXPECT(door_hears(second, "/b"));
    door_answer(second, "for b");
    joins(&b, "for b");
    EXPECT_INT(rig_stats(client).conns_opened, 2);
    rig_end_client(client);
    door_fini(&door);
    close(first);
    close(second);
}

static void the_first_in_the_queue_is_the_first_served(void)
{
    enum { CALLERS = 6, DEAD = 2 };
    static const char *const paths[CALLERS] = {"/0", "/1", "/2", "/3", "/4", "/5"};
    struct door door;
    struct caller first, callers[CALLERS];
    gofer_cancel *token = gofer_cancel_new();
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = 1});

    door_init(&door);
    int fd = begin(&first, client, &door, "/first");
    for (unsigned i = 0; i < CALLERS; i++) {
        gofer_request *request = door_request(&door, paths[i]);
        gofer_request_set_cancel(request, i == DEAD ? token : NULL);
        caller_start(&callers[i], client, request);
        EXPECT(wait_queue(client, i + 1));
    }
    gofer_cancel_fire(token);
    struct outcome dead = caller_join(&callers[DEAD]);
    rig_expect_error(&dead, GOFER_ERR_CANCELED);
    EXPECT_INT(dead.error->sent, GOFER_SENT_NOTHING);
    EXPECT_INT(rig_stats(client).calls_waiting, CALLERS - 1);
    door_answer(fd, "first");
    joins(&first, "first");
    for (unsigned i = 0; i < CALLERS; i++) {
        if (i == DEAD)
            continue;
        EXPECT(door_hears(fd, paths[i]));
        door_answer(fd, paths[i]);
        joins(&callers[i], paths[i]);
    }
    EXPECT_INT(rig_stats(client).conns_opened, 1);
    EXPECT_INT(rig_stats(client).calls_waiting, 0);
    rig_end_client(client);
    gofer_cancel_free(token);
    door_fini(&door);
    close(fd);
}

static void a_cancelled_want_gives_its_slot_back(void)
{
    struct door door;
    struct caller a, b, c;
    gofer_cancel *token = gofer_cancel_new();
    gofer_client *client =
        rig_client(&(gofer_client_options){.max_conns_per_host = 1, .disable_keep_alives = true});

    door_init(&door);
    int first = begin(&a, client, &door, "/a");
    gofer_request *request = door_request(&door, "/b");
    gofer_request_set_cancel(request, token);
    caller_start(&b, client, request);
    EXPECT(wait_queue(client, 1));
    gofer_cancel_fire(token);
    struct outcome got = caller_join(&b);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    EXPECT_INT(got.error->phase, GOFER_PHASE_POOL);
    door_answer(first, "for a");
    joins(&a, "for a");
    int second = begin(&c, client, &door, "/c");
    door_answer(second, "for c");
    joins(&c, "for c");
    EXPECT_INT(rig_stats(client).conns_opened, 2);
    rig_end_client(client);
    gofer_cancel_free(token);
    door_fini(&door);
    close(first);
    close(second);
}

/* Up to three calls wait for connections behind a shut door, and give up together. */
static void give_up_outside(gofer_client *client, const struct door *door, unsigned n)
{
    struct caller callers[3];
    gofer_cancel *token = gofer_cancel_new();

    for (unsigned i = 0; i < n; i++) {
        gofer_request *request = door_request(door, "/");
        gofer_request_set_cancel(request, token);
        caller_start(&callers[i], client, request);
    }
    EXPECT(door_knocks(door, n));
    gofer_cancel_fire(token);
    gofer_cancel_free(token);
    for (unsigned i = 0; i < n; i++) {
        struct outcome got = caller_join(&callers[i]);
        rig_expect_error(&got, GOFER_ERR_CANCELED);
        EXPECT_INT(got.error->phase, GOFER_PHASE_CONNECT);
    }
}

static void a_dial_that_never_ends_ends_with_its_client(void)
{
    struct door door;
    gofer_client *client = rig_client(NULL);

    door_init(&door);
    door_shut(&door);
    give_up_outside(client, &door, 1);
    EXPECT_INT(rig_stats(client).conns_dialing, 1);
    rig_end_client(client);
    EXPECT(door_knocks(&door, 0));
    door_fini(&door);
}

static void spare_dials_beyond_the_idle_limit_are_cancelled(void)
{
    struct door door;
    gofer_client *client = rig_client(&(gofer_client_options){.max_idle_conns_per_host = 2});

    door_init(&door);
    door_shut(&door);
    give_up_outside(client, &door, 3);
    gofer_worker_run_once(client, 0);
    EXPECT(door_knocks(&door, 2));
    EXPECT_INT(rig_stats(client).conns_dialing, 2);
    rig_end_client(client);
    EXPECT(door_knocks(&door, 0));
    door_fini(&door);
}

CU_TestInfo binding_tests[] = {
    {"A4 a freed connection beats a dial that never ends", a_freed_connection_beats_the_dial},
    {"RU-13 A5 a spare dial ends in the pool", a_spare_dial_ends_in_the_pool},
    {"A5 an orphan dial serves the next call", an_orphan_dial_serves_the_next_call},
    {"A6 the dial of a cancelled call serves another", the_dial_of_a_cancelled_call_serves_another},
    {"A7 without keep-alive it serves nobody", without_keep_alive_it_serves_nobody},
    {"RU-13 a spare dial's error reaches nobody", a_spare_dials_error_reaches_nobody},
    {"B3 dials in progress count for the limit", dials_in_progress_count_for_the_limit},
    {"the first in the queue is the first served", the_first_in_the_queue_is_the_first_served},
    {"B5 a cancelled want gives its slot back", a_cancelled_want_gives_its_slot_back},
    {"a dial that never ends ends with its client", a_dial_that_never_ends_ends_with_its_client},
    {"spare dials beyond max_idle_conns_per_host are cancelled",
     spare_dials_beyond_the_idle_limit_are_cancelled},
    CU_TEST_INFO_NULL};
