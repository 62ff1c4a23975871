/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Too little of everything: descriptors, ports, threads. And one origin with
 * which nothing moves any more, which is no reason for the others to wait.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <grp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "integration/door.h"
#include "integration/expect.h"
#include "integration/scene.h"
#include "support/leaks.h"

extern CU_TestInfo scarce_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* --- one origin hangs --- */

enum { HANGING = 2000, OTHERS = 10, CALLS = 30 };

/* What the client shall come to while its calls hang. */
struct hanging {
    gofer_client *client;
    uint64_t in_use, dialing, waiting;
};

/* Takes turns too: without workers nobody else begins the calls. */
static bool all_hang(void *arg)
{
    const struct hanging *wanted = arg;
    gofer_stats stats = rig_stats(wanted->client);

    gofer_worker_run_once(wanted->client, 0);
    return stats.conns_in_use == wanted->in_use && stats.conns_dialing == wanted->dialing &&
           stats.calls_waiting == wanted->waiting;
}

static void submit_all(gofer_client *client, const gofer_request *request, gofer_future **futures,
                       unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        futures[i] = gofer_submit(client, request);
        /* Without workers, turns begin what was submitted so far. */
        gofer_worker_run_once(client, 0);
    }
}

static void call_the_others(gofer_client *client)
{
    gofer_request *requests[OTHERS];

    for (int i = 0; i < OTHERS; i++)
        requests[i] = rig_request("GET", rig_script(hello), "/");
    for (int i = 0; i < OTHERS * CALLS; i++) {
        struct outcome got = rig_call(client, requests[i % OTHERS]);
        rig_expect_answer(&got, 200, "hello");
    }
    EXPECT_INT(rig_stats(client).calls_done, OTHERS * CALLS);
    EXPECT_INT(rig_stats(client).calls_failed, 0);
}

/* n calls hang as `wanted` says; all calls to others are answered, and the end frees everybody. */
static void bulkhead(const gofer_request *request, unsigned n, struct hanging *wanted)
{
    static gofer_future *futures[HANGING];
    gofer_client *client = wanted->client;

    submit_all(client, request, futures, n);
    EXPECT(eventually(all_hang, wanted));
    call_the_others(client);
    EXPECT_INT(rig_stats(client).calls_active, n);
    rig_end_client(client);
    for (unsigned i = 0; i < n; i++) {
        EXPECT_STATUS(gofer_future_wait(futures[i], NULL), GOFER_ERR_CLOSED);
        gofer_future_free(futures[i]);
    }
}

static const gofer_client_options patient = {
    .timeout_ms = GOFER_NEVER, .stall_timeout_ms = GOFER_NEVER, .connect_timeout_ms = GOFER_NEVER};

/* As many as the descriptors allow: one here and one at the origin for each. */
static unsigned affordable(unsigned n)
{
    long limit = leaks_raise_fd_limit() - 512;

    return limit < (long)n ? (unsigned)limit : n;
}

static void hanging_in_their_answers(void)
{
    unsigned n = affordable(HANGING);
    struct hanging wanted = {rig_client(&patient), .in_use = n};
    char url[ORIGIN_URL_BYTES];

    bulkhead(rig_request_to("GET", rig_echo_url("never", 1, url)), n, &wanted);
}

static void hanging_in_the_queue(void)
{
    gofer_client_options options = patient;
    char url[ORIGIN_URL_BYTES];

    options.max_conns_per_host = 2;
    struct hanging wanted = {rig_client(&options), .in_use = 2, .waiting = HANGING - 2};
    bulkhead(rig_request_to("GET", rig_echo_url("never", 1, url)), HANGING, &wanted);
}

static void hanging_in_their_dials(void)
{
    enum { DIALS = 400 };
    unsigned n = affordable(DIALS);
    struct hanging wanted = {rig_client(&patient), .dialing = n, .waiting = n};
    struct door door;

    door_init(&door);
    door_shut(&door);
    bulkhead(door_request(&door, "/"), n, &wanted);
    door_fini(&door);
}

/* --- no descriptors, no ports --- */

/* Refuses a kind of system call as long as it is told to. */
struct drought {
    enum tap_call call;
    int error;
    atomic_uint left; /* so many more are refused */
    atomic_uint refused;
};

static int refuse(enum tap_call call, unsigned nth, void *arg)
{
    struct drought *drought = arg;
    unsigned left = atomic_load(&drought->left);

    (void)nth;
    if (call != drought->call || left == 0)
        return 0;
    atomic_store(&drought->left, left == UINT32_MAX ? left : left - 1);
    atomic_fetch_add(&drought->refused, 1);
    return -drought->error;
}

/* A dial tries a port that cannot be had twice more: it may have been chance. */
static const struct {
    enum tap_call call;
    int error;
    unsigned a_dial; /* refusals that end one dial */
} droughts[] = {{TAP_SOCKET, EMFILE, 1},
                {TAP_SOCKET, ENFILE, 1},
                {TAP_SOCKET, ENOBUFS, 1},
                {TAP_CONNECT, EADDRNOTAVAIL, 3}};

enum { DROUGHTS = sizeof droughts / sizeof *droughts, STEADY_MS = 500 };

static void begin_drought(struct drought *drought, int which, unsigned n)
{
    drought->call = droughts[which].call;
    drought->error = droughts[which].error;
    atomic_store(&drought->left, n);
    atomic_store(&drought->refused, 0);
    tap_open(refuse, drought);
}

static void with_nothing_of_its_own_it_fails_at_once(void)
{
    static struct drought drought;
    struct origin *origin = rig_script(hello);

    for (int i = 0; i < DROUGHTS; i++) {
        gofer_client *client = scene_client(NULL);
        begin_drought(&drought, i, UINT32_MAX);
        struct outcome got = rig_get(client, origin, "/");
        rig_expect_error(&got, GOFER_ERR_SYSTEM);
        EXPECT_INT(got.error->sys_errno, droughts[i].error);
        EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
        EXPECT_INT(atomic_load(&drought.refused), droughts[i].a_dial);
        EXPECT(got.took_ms < 10000);
        atomic_store(&drought.left, 0);
        rig_get_hello(client, origin);
        rig_end_client(client);
        tap_close();
    }
}

static void an_idle_connection_is_closed_for_it(void)
{
    static struct drought drought;
    struct origin *eldest = rig_script(hello), *idle = rig_script(hello), *origin;

    origin = rig_script(hello);
    for (int i = 0; i < DROUGHTS; i++) {
        gofer_client *client = scene_client(NULL);
        rig_get_hello(client, eldest);
        rig_get_hello(client, idle);
        begin_drought(&drought, i, droughts[i].a_dial);
        rig_get_hello(client, origin);
        EXPECT_INT(atomic_load(&drought.refused), droughts[i].a_dial);
        EXPECT_INT(rig_stats(client).closed_limit, 1);
        EXPECT(origin_wait(eldest, ORIGIN_OPEN, 0));
        EXPECT_INT(origin_count(idle, ORIGIN_OPEN), 1);
        EXPECT_INT(rig_stats(client).conns_idle, 2);
        rig_end_client(client);
        EXPECT(origin_wait(idle, ORIGIN_OPEN, 0));
        tap_close();
    }
}

static const struct route held[] = {{.target = "/held", .then = THEN_HOLD}, {.reply = REPLY_HELLO}};

/* A call in flight that nobody answers, so that the client has a connection of its own. */
static gofer_future *hold_one(gofer_client *client, struct origin *origin)
{
    gofer_future *future = gofer_submit(client, rig_request("GET", origin, "/held"));
    struct hanging wanted = {client, .in_use = 1};

    EXPECT(eventually(all_hang, &wanted));
    EXPECT(origin_wait(origin, ORIGIN_REQUESTS, 1));
    return future;
}

static void otherwise_it_waits_without_spinning(void)
{
    static struct drought drought;

    for (int i = 0; i < DROUGHTS; i++) {
        gofer_client *client = scene_client(NULL);
        struct origin *holding = rig_script(held), *origin = rig_script(hello);
        gofer_future *future = hold_one(client, holding);
        gofer_request *request = rig_request("GET", origin, "/");
        gofer_request_set_timeout_ms(request, STEADY_MS);
        begin_drought(&drought, i, UINT32_MAX);
        struct outcome got = rig_call(client, request);
        rig_expect_error(&got, GOFER_ERR_TIMEOUT);
        EXPECT_AT_LEAST(got.took_ms, STEADY_MS);
        EXPECT_AT_LEAST(atomic_load(&drought.refused), 2 * droughts[i].a_dial);
        EXPECT(atomic_load(&drought.refused) <= (got.took_ms / 100 + 2) * droughts[i].a_dial);
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 0);
        rig_end_client(client);
        tap_close();
        gofer_future_free(future);
    }
}

static void it_is_tried_again_when_things_come_free(void)
{
    static struct drought drought;

    for (int i = 0; i < DROUGHTS; i++) {
        gofer_client *client = scene_client(NULL);
        struct origin *holding = rig_script(held), *origin = rig_script(hello);
        gofer_future *future = hold_one(client, holding);
        begin_drought(&drought, i, 3 * droughts[i].a_dial);
        rig_get_hello(client, origin);
        EXPECT_INT(atomic_load(&drought.refused), 3 * droughts[i].a_dial);
        EXPECT_INT(rig_stats(client).calls_failed, 0);
        rig_end_client(client);
        tap_close();
        gofer_future_free(future);
    }
}

/* --- no threads --- */

enum { CHILD_FINE, CHILD_ERRNO, CHILD_LEFT, CHILD_CANNOT = 77, NOBODY = 65534, THREADS_MAX = 64 };

static void limit_processes(rlim_t n)
{
    struct rlimit limit = {n, THREADS_MAX * 4};

    if (setrlimit(RLIMIT_NPROC, &limit) != 0)
        _exit(CHILD_CANNOT);
}

/* A joined thread counts for its user a moment longer. */
static bool is_back(void *arg)
{
    const struct leaks *before = arg;
    struct leaks now;

    leaks_count(&now);
    return now.fds == before->fds && now.threads == before->threads;
}

/* In a child, as a user without rights: the first thread fails, then the second, and so on. */
static void refuse_each_thread(void)
{
    struct leaks before;

    if (getuid() == 0 && (setgroups(0, NULL) != 0 || setuid(NOBODY) != 0))
        _exit(CHILD_CANNOT);
    leaks_count(&before);
    for (rlim_t n = 1; n < THREADS_MAX; n++) {
        limit_processes(n);
        gofer_client *client = gofer_client_new(&(gofer_client_options){.workers = 4});
        int error = errno;
        gofer_client_free(client);
        if (client != NULL)
            _exit(n > 1 ? CHILD_FINE : CHILD_CANNOT);
        if (error != EAGAIN)
            _exit(CHILD_ERRNO);
        if (!eventually(is_back, &before))
            _exit(CHILD_LEFT);
    }
    _exit(CHILD_CANNOT);
}

static void a_thread_that_cannot_be_made_is_an_error(void)
{
    int status = 0;
    pid_t child = fork();

    REQUIRE(child >= 0);
    if (child == 0)
        refuse_each_thread();
    EXPECT_INT(waitpid(child, &status, 0), child);
    EXPECT(WIFEXITED(status));
    if (WEXITSTATUS(status) == CHILD_CANNOT)
        printf("(skipped: this user's threads cannot be limited) ");
    else
        EXPECT_INT(WEXITSTATUS(status), CHILD_FINE);
}

CU_TestInfo scarce_tests[] = {
    {"RES-13 2,000 calls hang in their answers, all others finish", hanging_in_their_answers},
    {"RES-13 2,000 calls hang in the queue, all others finish", hanging_in_the_queue},
    {"RES-13 400 calls hang in their dials, all others finish", hanging_in_their_dials},
    {"RES-02 RES-04 with nothing of its own a client's call fails at once",
     with_nothing_of_its_own_it_fails_at_once},
    {"RES-02 RES-04 an idle connection is closed for a dial", an_idle_connection_is_closed_for_it},
    {"RES-02 RES-04 otherwise it waits without spinning", otherwise_it_waits_without_spinning},
    {"RES-02 RES-04 it is tried again when things come free",
     it_is_tried_again_when_things_come_free},
    {"RES-03 a thread that cannot be made is an error", a_thread_that_cannot_be_made_is_an_error},
    CU_TEST_INFO_NULL};
