/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * transport/dial: from a key to a connection or a fault, on the pool's rig. The
 * address filter stands in for a look at the race: it sees each address that is
 * about to be connected to.
 */
#include "transport/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "support/blackhole.h"
#include "unit/transport/pool_rig.h"

extern CU_TestInfo dial_tests[];

enum { SEEN_MAX = 16 };

static struct {
    sa_family_t families[SEEN_MAX];
    size_t len;
    bool denies;
    char host[64];
} seen;

static bool filter(const gofer_address *address, void *arg)
{
    (void)arg;
    if (seen.len < SEEN_MAX)
        seen.families[seen.len++] = address->addr->sa_family;
    snprintf(seen.host, sizeof seen.host, "%s", address->host);
    return !seen.denies;
}

static struct rig rig;

static void begin(int64_t connect_timeout_ms)
{
    struct pool_options options = RIG_OPTIONS;
    options.connect_timeout_ms = connect_timeout_ms;
    options.race.fallback_delay_ms = 250;
    options.race.filter = filter;
    memset(&seen, 0, sizeof seen);
    rig_begin(&rig, options);
}

/* A place of the rig's making, by another name or route. */
static void rename_place(struct place *place, const char *host, uint16_t port,
                         const char *unix_socket)
{
    char text[96];
    struct url url;
    struct buf why = BUF_INIT;
    snprintf(text, sizeof text, "http://%s:%u/", host, port);
    CU_ASSERT_EQUAL_FATAL(url_parse(text, &url, &why), GOFER_OK);
    struct key_route route = {.unix_socket = unix_socket};
    CU_ASSERT_FATAL(key_init_route(&place->key, &url, &route));
    url_fini(&url);
    place->listener = -1;
    place->port = port;
}

/* Dials; a connection is closed again. */
static enum pool_answer dial(struct place *place, struct caller *caller)
{
    CU_ASSERT_EQUAL(caller_take(&rig, caller, place), POOL_WAIT);
    rig_serve(&rig);
    enum pool_answer answer = caller_poll(&rig, caller);
    if (answer == POOL_CONN)
        caller_discard(&rig, caller);
    return answer;
}

static void expect_fault(const struct caller *caller, gofer_status code, gofer_phase phase,
                         const char *words)
{
    CU_ASSERT_EQUAL(caller->fault.code, code);
    CU_ASSERT_EQUAL(caller->fault.phase, phase);
    if (strstr(caller->fault.detail, words) == NULL)
        printf("\n    \"%s\" lacks \"%s\"", caller->fault.detail, words);
    CU_ASSERT_PTR_NOT_NULL(strstr(caller->fault.detail, words));
}

/* --- addresses --- */

static void the_family_that_won_goes_first_next_time(void)
{
    struct place place;
    struct caller caller;
    begin(-1);
    rename_place(&place, "localhost", rig.place.port, NULL);
    CU_ASSERT_EQUAL(dial(&place, &caller), POOL_CONN); /* nobody listens on ::1 */
    CU_ASSERT(seen.len == 2 && seen.families[0] == AF_INET6 && seen.families[1] == AF_INET);
    CU_ASSERT_STRING_EQUAL(seen.host, "localhost");
    for (int i = 0; i < 2; i++) {
        seen.len = 0;
        CU_ASSERT_EQUAL(dial(&place, &caller), POOL_CONN);
        CU_ASSERT(seen.len == 1 && seen.families[0] == AF_INET);
    }
    rig_at_ms(&rig, 11 * 60000); /* not for ever */
    seen.len = 0;
    CU_ASSERT_EQUAL(dial(&place, &caller), POOL_CONN);
    CU_ASSERT(seen.len == 2 && seen.families[0] == AF_INET6);
    place_close(&place);
    rig_end(&rig);
}

static void the_unspecified_address_is_this_machine(void)
{
    struct place place;
    struct caller caller;
    begin(-1);
    rename_place(&place, "[::]", rig.place.port, NULL); /* which listens on IPv4 only */
    CU_ASSERT_EQUAL(dial(&place, &caller), POOL_CONN);
    CU_ASSERT_EQUAL(seen.len, 2);
    place_close(&place);
    rig_end(&rig);
}

static void a_denied_address_says_so(void)
{
    struct caller caller;
    begin(-1);
    seen.denies = true;
    CU_ASSERT_EQUAL(dial(&rig.place, &caller), POOL_FAILED);
    expect_fault(&caller, GOFER_ERR_CONNECT, GOFER_PHASE_CONNECT, "denied by the address filter");
    CU_ASSERT_EQUAL(caller.fault.sys_errno, EACCES);
    struct pollfd p = {.fd = rig.place.listener, .events = POLLIN};
    CU_ASSERT_EQUAL(poll(&p, 1, 0), 0);
    rig_end(&rig);
}

static void an_unfit_address_says_so(void)
{
    struct caller caller;
    struct pool_options options = RIG_OPTIONS;
    options.race.family = AF_INET6;
    rig_begin(&rig, options);
    CU_ASSERT_EQUAL(dial(&rig.place, &caller), POOL_FAILED);
    expect_fault(&caller, GOFER_ERR_CONNECT, GOFER_PHASE_CONNECT, "no address of the family");
    rig_end(&rig);
}

/* --- ends --- */

static void a_blackhole_ends_the_dial_at_its_limit(void)
{
    struct blackhole hole;
    struct place place;
    struct caller caller;
    begin(500);
    blackhole_open(&hole);
    place_key(&place, hole.port);
    CU_ASSERT_EQUAL(dial(&place, &caller), POOL_WAIT);
    rig_at_ms(&rig, 499);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(caller_poll(&rig, &caller), POOL_WAIT);
    rig_at_ms(&rig, 500);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(caller_poll(&rig, &caller), POOL_FAILED);
    expect_fault(&caller, GOFER_ERR_TIMEOUT, GOFER_PHASE_CONNECT, "after 500 ms connecting");
    blackhole_close(&hole);
    place_close(&place);
    rig_end(&rig);
}

static void without_a_limit_it_hangs_until_it_is_canceled(void)
{
    struct blackhole hole;
    struct place place;
    struct caller caller;
    begin(-1);
    blackhole_open(&hole);
    place_key(&place, hole.port);
    CU_ASSERT_EQUAL(dial(&place, &caller), POOL_WAIT);
    rig_at_ms(&rig, INT64_C(1000) * 3600000);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(caller_poll(&rig, &caller), POOL_WAIT);
    struct dial *running = caller.want.dial;
    CU_ASSERT_EQUAL(caller_drop(&rig, &caller), GOFER_PHASE_CONNECT);
    task_wake_now(&running->task, EV_CANCEL);
    rig_serve(&rig);
    CU_ASSERT(pool_quiet(rig.pool, NULL));
    blackhole_close(&hole);
    place_close(&place);
    rig_end(&rig);
}

static void one_that_is_canceled_before_it_begins_closes_nothing(void)
{
    struct caller caller;
    begin(-1);
    int zero = fcntl(0, F_GETFD);
    CU_ASSERT_EQUAL(caller_take(&rig, &caller, &rig.place), POOL_WAIT);
    task_wake_now(&caller.want.dial->task, EV_CANCEL);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(caller_poll(&rig, &caller), POOL_FAILED);
    CU_ASSERT_EQUAL(caller.fault.code, GOFER_ERR_CANCELED);
    CU_ASSERT_EQUAL(fcntl(0, F_GETFD), zero);
    rig_end(&rig);
}

/* --- unix-domain sockets --- */

static int listen_unix(const char *name)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    memcpy(un.sun_path + 1, name + 1, len - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CU_ASSERT_FATAL(fd >= 0);
    len += offsetof(struct sockaddr_un, sun_path);
    CU_ASSERT_FATAL(bind(fd, (struct sockaddr *)&un, (socklen_t)len) == 0);
    CU_ASSERT_FATAL(listen(fd, 0) == 0);
    return fd;
}

static void a_full_queue_is_tried_until_there_is_room(void)
{
    char name[64];
    struct place place;
    struct caller first, second, third;
    begin(100);
    snprintf(name, sizeof name, "@gofer-dial-%ld", (long)getpid());
    int listener = listen_unix(name);
    rename_place(&place, "any.test", 80, name);
    caller_connect(&rig, &first, &place); /* it stays in the queue */
    CU_ASSERT_EQUAL(dial(&place, &second), POOL_WAIT);
    rig_at_ms(&rig, 10);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(caller_poll(&rig, &second), POOL_WAIT);
    close(accept(listener, NULL, NULL));
    rig_at_ms(&rig, 20);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(caller_poll(&rig, &second), POOL_CONN);
    CU_ASSERT_EQUAL(dial(&place, &third), POOL_WAIT);
    rig_at_ms(&rig, 120);
    rig_serve(&rig);
    CU_ASSERT_EQUAL(caller_poll(&rig, &third), POOL_FAILED);
    expect_fault(&third, GOFER_ERR_TIMEOUT, GOFER_PHASE_CONNECT, "after 100 ms connecting");
    CU_ASSERT_EQUAL(seen.len, 0); /* the filter is not asked */
    caller_discard(&rig, &first);
    caller_discard(&rig, &second);
    close(listener);
    place_close(&place);
    rig_end(&rig);
}

static void a_path_without_a_listener_is_an_error(void)
{
    struct place place;
    struct caller caller;
    begin(-1);
    rename_place(&place, "any.test", 80, "/nonexistent/socket");
    CU_ASSERT_EQUAL(dial(&place, &caller), POOL_FAILED);
    expect_fault(&caller, GOFER_ERR_CONNECT, GOFER_PHASE_CONNECT, "/nonexistent/socket");
    CU_ASSERT_EQUAL(caller.fault.sys_errno, ENOENT);
    place_close(&place);
    rig_end(&rig);
}

/* --- what is left of it --- */

static void nothing_to_free(struct task *task)
{
    (void)task;
}

/* Its sockets' late events would find it else, freed. */
static void an_ended_dial_gives_its_slot_back(void)
{
    static const struct task_ops ops = {.name = "other", .free = nothing_to_free};
    struct caller caller;
    struct task other;
    uint64_t data = 0;
    begin(-1);
    for (int i = 0; i < 3; i++) {
        caller_connect(&rig, &caller, &rig.place);
        caller_discard(&rig, &caller);
    }
    task_init(&other, rig.engine, &ops);
    CU_ASSERT(engine_slot(rig.engine, &other, &data));
    CU_ASSERT_EQUAL((uint32_t)data, 1);
    task_release_slot(&other);
    rig_end(&rig);
}

CU_TestInfo dial_tests[] = {
    {"the family that won goes first next time", the_family_that_won_goes_first_next_time},
    {"L11 the unspecified address is this machine", the_unspecified_address_is_this_machine},
    {"DNS-10 a denied address says so", a_denied_address_says_so},
    {"L12 an unfit address says so", an_unfit_address_says_so},
    {"TCP-03 a blackhole ends the dial at its limit", a_blackhole_ends_the_dial_at_its_limit},
    {"L8 L10 without a limit it hangs until it is canceled",
     without_a_limit_it_hangs_until_it_is_canceled},
    {"RES-11 one that is canceled before it begins closes nothing",
     one_that_is_canceled_before_it_begins_closes_nothing},
    {"a full queue is tried until there is room", a_full_queue_is_tried_until_there_is_room},
    {"a path without a listener is an error", a_path_without_a_listener_is_an_error},
    {"7.4 7.7 an ended dial gives its slot back", an_ended_dial_gives_its_slot_back},
    CU_TEST_INFO_NULL,
};
