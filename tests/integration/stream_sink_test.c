/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A body into a descriptor or a callback: all of it, in order, whatever the
 * descriptor is; an error of the call or of the descriptor is told apart, and no
 * signal is raised. Gathered bodies go the same ways.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "integration/expect.h"
#include "integration/flow.h"
#include "integration/rig.h"

extern CU_TestInfo stream_sink_tests[];

enum { LEN = 300000, LIMIT_MS = 80 };

static const char *const paths[] = {"/length/300000", "/chunk/300000", "/end/300000"};

enum { PATHS = sizeof paths / sizeof *paths };

/* Whether the bytes that a descriptor gives are the generated ones from `from` on; *len of them. */
static bool drains_right(int fd, uint64_t from, size_t *len)
{
    char buf[16384];
    bool right = true;
    ssize_t n;

    for (*len = 0; (n = read(fd, buf, sizeof buf)) > 0; *len += (size_t)n) {
        for (ssize_t i = 0; i < n; i++)
            right = right && buf[i] == flow_byte(from + *len + (size_t)i);
    }
    return right && n == 0;
}

/* --- files --- */

static int open_scratch(void)
{
    int fd = memfd_create("sink", MFD_CLOEXEC);

    REQUIRE(fd >= 0);
    return fd;
}

/* The rest of the body, behind what the file has. */
static void expect_in_file(gofer_response *response, uint64_t from)
{
    int fd = open_scratch();
    size_t len;

    EXPECT_INT(write(fd, "before", 6), 6);
    EXPECT_STATUS(gofer_response_to_fd(response, fd), GOFER_OK);
    EXPECT_INT(lseek(fd, 6, SEEK_SET), 6);
    EXPECT(drains_right(fd, from, &len));
    EXPECT_INT(len, LEN - from);
    close(fd);
}

static void a_body_goes_into_a_file(void)
{
    struct origin *origin = flow_origin(NULL, NULL);
    gofer_client *client = rig_client(NULL);

    for (int i = 0; i < PATHS; i++) {
        gofer_response *response = flow_open(client, origin, paths[i]);
        expect_in_file(response, 0);
        EXPECT_INT(gofer_response_read(response, &(char){0}, 1), 0);
        EXPECT(gofer_response_error(response) == NULL);
    }
    EXPECT_INT(rig_stats(client).calls_done, PATHS);
    EXPECT_INT(rig_stats(client).conns_idle, 0);
}

static void what_was_read_before_is_left_out(void)
{
    struct origin *origin = flow_origin(NULL, NULL);
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, origin, paths[1]);

    EXPECT(flow_take(response, 0, 777));
    expect_in_file(response, 777);
    EXPECT_INT(rig_stats(client).conns_idle, 1);
}

static void an_empty_body_writes_nothing(void)
{
    struct origin *origin = flow_origin(NULL, NULL);
    gofer_client *client = rig_client(NULL);
    int fd = open_scratch();

    EXPECT_STATUS(gofer_response_to_fd(flow_open(client, origin, "/length/0"), fd), GOFER_OK);
    EXPECT_STATUS(gofer_response_to_fd(flow_open(client, origin, "/chunk/0"), fd), GOFER_OK);
    EXPECT_INT(lseek(fd, 0, SEEK_END), 0);
    close(fd);
}

/* --- pipes --- */

/* A thread at the other end. */
struct drainer {
    pthread_t thread;
    int fd;
    size_t len;
    bool right;
};

static void *drain_main(void *arg)
{
    struct drainer *drainer = arg;

    drainer->right = drains_right(drainer->fd, 0, &drainer->len);
    return NULL;
}

static void into_a_pipe(gofer_client *client, struct origin *origin, int flags)
{
    struct drainer drainer;
    int fds[2];

    REQUIRE(pipe2(fds, O_CLOEXEC) == 0);
    fcntl(fds[1], F_SETFL, flags);
    drainer.fd = fds[0];
    gofer_response *response = flow_open(client, origin, paths[0]);
    pthread_create(&drainer.thread, NULL, drain_main, &drainer);
    EXPECT_STATUS(gofer_response_to_fd(response, fds[1]), GOFER_OK);
    close(fds[1]);
    pthread_join(drainer.thread, NULL);
    close(fds[0]);
    EXPECT(drainer.right);
    EXPECT_INT(drainer.len, LEN);
}

static void a_body_goes_into_a_pipe(void)
{
    struct origin *origin = flow_origin(NULL, NULL);
    gofer_client *client = rig_client(NULL);

    into_a_pipe(client, origin, 0);
    into_a_pipe(client, origin, O_NONBLOCK);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

/* Into a descriptor that fails with this error; the response is closed then. */
static void into_a_bad_one(int fd, int err)
{
    struct gate *broken = rig_gate();
    struct origin *origin = flow_origin(NULL, broken);
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, origin, "/length/" FLOW_ENDLESS);

    errno = 0;
    EXPECT_STATUS(gofer_response_to_fd(response, fd), GOFER_ERR_SYSTEM);
    EXPECT_INT(errno, err);
    EXPECT(flow_until_passed(client, broken, 1));
    EXPECT(flow_until_active(client, 0));
    flow_expect_failure(response, GOFER_ERR_CLOSED, GOFER_PHASE_BODY);
    EXPECT_STATUS(gofer_response_to_fd(response, fd), GOFER_ERR_CLOSED);
}

static void a_closed_pipe_raises_no_signal(void)
{
    struct sigaction action;
    sigset_t mask, pending;
    int fds[2];

    REQUIRE(pipe2(fds, O_CLOEXEC) == 0);
    close(fds[0]);
    sigaction(SIGPIPE, NULL, &action);
    EXPECT(action.sa_handler == SIG_DFL);
    into_a_bad_one(fds[1], EPIPE);
    fcntl(fds[1], F_SETFL, O_NONBLOCK);
    into_a_bad_one(fds[1], EPIPE);
    close(fds[1]);
    sigaction(SIGPIPE, NULL, &action);
    EXPECT(action.sa_handler == SIG_DFL);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    EXPECT(!sigismember(&mask, SIGPIPE));
    sigpending(&pending);
    EXPECT(!sigismember(&pending, SIGPIPE));
}

static void a_full_device_is_an_error(void)
{
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

    REQUIRE(fd >= 0);
    into_a_bad_one(fd, ENOSPC);
    close(fd);
}

static void a_bad_descriptor_is_an_error(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    into_a_bad_one(fd, EBADF);
    close(fd);
    into_a_bad_one(-1, EBADF);
}

/* --- errors of the call --- */

static void a_truncated_body_is_an_error_behind_its_bytes(void)
{
    struct route routes[] = {{.reply = FLOW_LENGTH(9) "only", .then = THEN_CLOSE}};
    gofer_response *response = flow_open(rig_client(NULL), rig_script(routes), "/");
    int fd = open_scratch();
    char got[16] = "";

    EXPECT_STATUS(gofer_response_to_fd(response, fd), GOFER_ERR_TRUNCATED);
    EXPECT_INT(pread(fd, got, sizeof got, 0), 4);
    EXPECT_TEXT(got, "only");
    flow_expect_failure(response, GOFER_ERR_TRUNCATED, GOFER_PHASE_BODY);
    close(fd);
}

static void a_deadline_ends_it(void)
{
    struct origin *origin = flow_origin(NULL, NULL);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = flow_request("GET", origin, "/chunk/" FLOW_ENDLESS);
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct outcome got = {.status = GOFER_ERR_TIMEOUT};

    for (int64_t ms = 80; ms < PATIENCE_MS && got.status == GOFER_ERR_TIMEOUT; ms *= 4) {
        gofer_request_set_timeout_ms(request, ms);
        got = rig_call(client, request);
    }
    EXPECT_STATUS(gofer_response_to_fd((gofer_response *)got.response, fd), GOFER_ERR_TIMEOUT);
    close(fd);
}

static void *close_it(void *response)
{
    pass_ms(20);
    gofer_response_close(response);
    return NULL;
}

static void a_close_ends_it(void)
{
    struct origin *origin = flow_origin(NULL, NULL);
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, origin, "/chunk/" FLOW_ENDLESS);
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    pthread_t closer;

    REQUIRE(pthread_create(&closer, NULL, close_it, response) == 0);
    EXPECT_STATUS(gofer_response_to_fd(response, fd), GOFER_ERR_CLOSED);
    pthread_join(closer, NULL);
    close(fd);
}

/* --- callbacks --- */

struct taker {
    uint64_t len;
    uint64_t stop_at;
    bool right;
};

static int take(void *arg, const void *data, size_t len)
{
    struct taker *taker = arg;

    for (size_t i = 0; i < len; i++)
        taker->right = taker->right && ((const char *)data)[i] == flow_byte(taker->len++);
    return taker->len >= taker->stop_at;
}

static void a_body_goes_into_a_callback(void)
{
    struct origin *origin = flow_origin(NULL, NULL);
    gofer_client *client = rig_client(NULL);

    for (int i = 0; i < PATHS; i++) {
        struct taker taker = {.stop_at = UINT64_MAX, .right = true};
        gofer_response *response = flow_open(client, origin, paths[i]);
        EXPECT_STATUS(gofer_response_to_callback(response, take, &taker), GOFER_OK);
        EXPECT_INT(taker.len, LEN);
        EXPECT(taker.right);
    }
}

static void a_callback_stops_it(void)
{
    struct gate *broken = rig_gate();
    struct origin *origin = flow_origin(NULL, broken);
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, origin, "/end/" FLOW_ENDLESS);
    struct taker taker = {.stop_at = 100000, .right = true};

    EXPECT_STATUS(gofer_response_to_callback(response, take, &taker), GOFER_ERR_CANCELED);
    EXPECT(taker.right);
    EXPECT(taker.len >= 100000 && taker.len < 100000 + 65536);
    EXPECT(flow_until_passed(client, broken, 1));
    flow_expect_failure(response, GOFER_ERR_CLOSED, GOFER_PHASE_BODY);
}

/* --- gathered bodies --- */

static gofer_response *gather(void)
{
    struct outcome got = rig_get(rig_client(NULL), flow_origin(NULL, NULL), paths[1]);

    EXPECT_STATUS(got.status, GOFER_OK);
    return (gofer_response *)got.response;
}

static void gathered_bodies_go_the_same_ways(void)
{
    struct taker taker = {.stop_at = UINT64_MAX, .right = true};
    gofer_response *response = gather();
    size_t len;

    EXPECT(flow_take(response, 0, 1000));
    flow_expect_bytes(response, 4096, 1000, LEN);
    EXPECT_INT(gofer_response_read(response, &len, 1), 0);
    expect_in_file(gather(), 0);
    EXPECT_STATUS(gofer_response_to_callback(gather(), take, &taker), GOFER_OK);
    EXPECT_INT(taker.len, LEN);
    EXPECT(taker.right);
    /* Reading leaves the body as it is. */
    gofer_response_body(response, &len);
    EXPECT_INT(len, LEN);
}

static void a_callback_stops_a_gathered_body(void)
{
    struct taker taker = {.stop_at = 1, .right = true};
    gofer_response *response = gather();

    EXPECT_STATUS(gofer_response_to_callback(response, take, &taker), GOFER_ERR_CANCELED);
    EXPECT(taker.right);
    EXPECT(taker.len < LEN);
    flow_expect_failure(response, GOFER_ERR_CLOSED, GOFER_PHASE_BODY);
}

static void a_failed_call_goes_nowhere(void)
{
    struct route routes[] = {{.then = THEN_CLOSE}};
    gofer_client *client = rig_client(NULL);
    gofer_request *request = flow_request("GET", rig_script(routes), "/");
    struct outcome got = rig_call(client, request);
    gofer_response *response = (gofer_response *)got.response;

    rig_expect_error(&got, GOFER_ERR_BROKEN);
    EXPECT_INT(gofer_response_read(response, &(char){0}, 1), -1);
    EXPECT_STATUS(gofer_response_to_fd(response, 1), GOFER_ERR_BROKEN);
    EXPECT_STATUS(gofer_response_to_callback(response, take, NULL), GOFER_ERR_BROKEN);
    EXPECT_STATUS(gofer_response_error(response)->code, GOFER_ERR_BROKEN);
}

static void bad_arguments_are_refused(void)
{
    struct taker taker = {.stop_at = UINT64_MAX, .right = true};
    gofer_response *response = gather();

    EXPECT_STATUS(gofer_response_to_fd(NULL, 1), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_response_to_callback(NULL, take, &taker), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_response_to_callback(response, NULL, &taker), GOFER_ERR_INVALID);
    EXPECT_INT(taker.len, 0);
    flow_expect_bytes(response, 4096, 0, LEN);
}

CU_TestInfo stream_sink_tests[] = {
    {"to_fd: a body goes into a file", a_body_goes_into_a_file},
    {"to_fd: what was read before is left out", what_was_read_before_is_left_out},
    {"to_fd: an empty body writes nothing", an_empty_body_writes_nothing},
    {"to_fd: a body goes into a pipe, non-blocking too", a_body_goes_into_a_pipe},
    {"to_fd: a closed pipe raises no signal", a_closed_pipe_raises_no_signal},
    {"to_fd: a full device is an error", a_full_device_is_an_error},
    {"to_fd: a bad descriptor is an error", a_bad_descriptor_is_an_error},
    {"to_fd: F3 a truncated body is an error behind its bytes",
     a_truncated_body_is_an_error_behind_its_bytes},
    {"to_fd: C17 a deadline ends it", a_deadline_ends_it},
    {"to_fd: a close ends it", a_close_ends_it},
    {"to_callback: a body goes into a callback", a_body_goes_into_a_callback},
    {"to_callback: a callback stops it", a_callback_stops_it},
    {"gathered bodies go the same ways", gathered_bodies_go_the_same_ways},
    {"to_callback: a callback stops a gathered body", a_callback_stops_a_gathered_body},
    {"a failed call goes nowhere", a_failed_call_goes_nowhere},
    {"bad arguments are refused", bad_arguments_are_refused},
    CU_TEST_INFO_NULL};
