/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Bodies out of files: which are taken, how they go out, and what becomes of them
 * when they change meanwhile.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "integration/expect.h"
#include "integration/intake.h"
#include "integration/payload.h"
#include "integration/rig.h"
#include "integration/scene.h"

extern CU_TestInfo file_tests[];

/* --- what is no file --- */

static void refused(struct origin *origin, gofer_request *request, int err)
{
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_call(client, request);

    EXPECT_STATUS(gofer_request_status(request), GOFER_ERR_BODY);
    rig_expect_error(&got, GOFER_ERR_BODY);
    EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
    EXPECT_INT(got.error->attempts, 0);
    EXPECT_HOLDS(got.error->message, "body");
    if (err == ENOENT)
        EXPECT_HOLDS(got.error->message, "No such file");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 0);
    rig_end_client(client);
}

static void what_is_no_file_is_refused(void)
{
    struct origin *origin = intake_plain();
    char fifo[64];
    const struct {
        const char *path;
        int err;
    } rows[] = {{"/nonexistent/gofer", ENOENT}, {"/tmp", 0}, {"/dev/null", 0}, {fifo, 0}};

    snprintf(fifo, sizeof fifo, "/tmp/gofer-fifo-%d", (int)getpid());
    EXPECT_INT(mkfifo(fifo, 0600), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gofer_request *request = rig_request("POST", origin, "/");
        errno = 0;
        EXPECT_STATUS(gofer_request_set_body_file(request, rows[i].path), GOFER_ERR_BODY);
        EXPECT(errno != 0);
        if (rows[i].err != 0)
            EXPECT_INT(errno, rows[i].err);
        refused(origin, request, rows[i].err);
    }
    unlink(fifo);
}

static void descriptors_of_no_file_are_refused(void)
{
    struct origin *origin = intake_plain();
    gofer_request *request = rig_request("POST", origin, "/");
    int ends[2];

    EXPECT_STATUS(gofer_request_set_body_fd(request, -1, 0, -1), GOFER_ERR_BODY);
    EXPECT_INT(errno, EBADF);
    refused(origin, request, EBADF);
    EXPECT_INT(pipe2(ends, O_CLOEXEC), 0);
    request = rig_request("POST", origin, "/");
    EXPECT_STATUS(gofer_request_set_body_fd(request, ends[0], 0, -1), GOFER_ERR_BODY);
    refused(origin, request, 0);
    close(ends[0]);
    close(ends[1]);
}

static void parts_that_are_none_are_refused(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    gofer_request *request = rig_request_to("POST", "http://127.0.0.1/");

    EXPECT_STATUS(gofer_request_set_body_fd(request, fd, -1, 1), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_body_fd(request, fd, 0, -2), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_body_fd(request, fd, INT64_MAX, 1), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_body_fd(NULL, fd, 0, -1), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_body_file(request, NULL), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_body_file(NULL, "/tmp"), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_status(request), GOFER_OK);
    close(fd);
}

static void a_descriptor_that_cannot_be_read_fails_the_call(void)
{
    struct origin *origin = intake_plain();
    gofer_request *request = rig_request("POST", origin, "/");
    const char *path = payload_file(5000);
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    unlink(path);
    EXPECT_STATUS(gofer_request_set_body_fd(request, fd, 0, -1), GOFER_OK);
    close(fd);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_error(&got, GOFER_ERR_BODY);
    EXPECT_INT(got.error->sys_errno, EBADF);
}

/* --- which part of it --- */

static struct outcome post_part(struct origin *origin, int fd, int64_t offset, int64_t length)
{
    gofer_request *request = rig_request("POST", origin, "/");

    EXPECT_STATUS(gofer_request_set_body_fd(request, fd, offset, length), GOFER_OK);
    return rig_call(rig_client(NULL), request);
}

static void a_part_is_sent_and_the_position_stays(void)
{
    static const struct {
        int64_t offset, length, sent;
    } rows[] = {{0, -1, 9000}, {100, 50, 50}, {8999, -1, 1},  {9000, -1, 0},
                {9500, -1, 0}, {10, 0, 0},    {0, 9000, 9000}};
    struct origin *origin = intake_plain();
    const char *path = payload_file(9000);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char bytes[9000];

    unlink(path);
    EXPECT_INT(lseek(fd, 77, SEEK_SET), 77);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome got = post_part(origin, fd, rows[i].offset, rows[i].length);
        feed_fill(bytes, (uint64_t)rows[i].offset, (size_t)rows[i].sent);
        rig_expect_answer(&got, 200, intake_answer_to(bytes, (size_t)rows[i].sent));
        EXPECT_INT(lseek(fd, 0, SEEK_CUR), 77);
    }
    close(fd);
}

static void a_part_beyond_4_gib_is_sent(void)
{
    struct origin *origin = intake_plain();
    const char *path = payload_file(0);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    const int64_t far = INT64_C(5) << 30;

    unlink(path);
    EXPECT_INT(pwrite(fd, "far away", 8, far), 8);
    struct outcome got = post_part(origin, fd, far, -1);
    rig_expect_answer(&got, 200, intake_answer_to("far away", 8));
    close(fd);
}

static void an_empty_file_is_no_body(void)
{
    struct origin *origin = intake_plain();
    gofer_request *request = rig_request("POST", origin, "/");
    const char *path = payload_file(0);

    gofer_request_set_body(request, "before", 6);
    EXPECT_STATUS(gofer_request_set_body_file(request, path), GOFER_OK);
    unlink(path);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 200, intake_answer(0));
    EXPECT_HOLDS(origin_last_head(origin), "\r\nContent-Length: 0\r\n");
}

/* --- files that change --- */

static void a_file_is_sent_as_long_as_it_was(void)
{
    struct origin *origin = intake_plain();
    gofer_request *request = rig_request("POST", origin, "/");
    const char *path = payload_file(5000);

    EXPECT_STATUS(gofer_request_set_body_file(request, path), GOFER_OK);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    EXPECT_INT(write(fd, "more", 4), 4);
    close(fd);
    unlink(path);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 200, intake_answer(5000));
}

static void a_file_replaced_on_disk_is_sent_as_it_was(void)
{
    struct origin *origin = intake_plain();
    gofer_request *request = rig_request("POST", origin, "/");
    char path[64];

    snprintf(path, sizeof path, "%s", payload_file(5000));
    EXPECT_STATUS(gofer_request_set_body_file(request, path), GOFER_OK);
    EXPECT_INT(rename(payload_file(100), path), 0);
    for (int i = 0; i < 2; i++) {
        struct outcome got = rig_call(rig_client(NULL), request);
        rig_expect_answer(&got, 200, intake_answer(5000));
    }
    unlink(path);
}

static void expect_too_short(const struct outcome *got)
{
    rig_expect_error(got, GOFER_ERR_BODY);
    EXPECT_INT(got->error->phase, GOFER_PHASE_SEND);
    EXPECT_INT(got->error->sent, GOFER_SENT_SOME);
    EXPECT_INT(got->error->attempts, 1);
}

static void a_file_that_became_shorter_ends_the_call(void)
{
    struct intake *intake = intake_new();
    struct origin *origin = intake_origin(intake);
    gofer_client *client = rig_client(NULL);

    for (int chunked = 0; chunked < 2; chunked++) {
        gofer_request *request = rig_request("POST", origin, "/");
        const char *path = payload_file(50000);
        EXPECT_STATUS(gofer_request_set_body_file(request, path), GOFER_OK);
        if (chunked)
            gofer_request_add_trailer(request, "X-After", "v");
        EXPECT_INT(truncate(path, 20000), 0);
        unlink(path);
        struct outcome got = rig_call(client, request);
        expect_too_short(&got);
        EXPECT_HOLDS(got.error->message, "20000 of 50000");
        EXPECT(origin_wait(origin, ORIGIN_REQUESTS, (unsigned)chunked + 1));
        EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
        EXPECT(!intake_last(intake).whole);
    }
    EXPECT_INT(rig_stats(client).conns_idle, 0);
}

static void a_file_that_shrinks_while_it_is_sent_ends_the_call(void)
{
    enum { LEN = 12 * 1024 * 1024 };
    struct intake *intake = intake_new();
    intake->head = rig_gate();
    intake->go = rig_gate();
    struct origin *origin = intake_origin(intake);
    gofer_request *request = rig_request("POST", origin, "/");
    const char *path = payload_file(LEN);
    struct caller caller;

    EXPECT_STATUS(gofer_request_set_body_file(request, path), GOFER_OK);
    caller_start(&caller, rig_client(NULL), request);
    /* The origin does not read yet, so that the rest of the file cannot be sent yet. */
    EXPECT(gate_wait(intake->head, 1));
    EXPECT_INT(truncate(path, 1000), 0);
    unlink(path);
    gate_pass(intake->go);
    struct outcome got = caller_join(&caller);
    expect_too_short(&got);
}

/* --- how it goes out --- */

struct calls {
    atomic_uint n[TAP_CALLS];
    int refused; /* what sendfile fails with, or 0 */
};

static int count_calls(enum tap_call call, unsigned nth, void *arg)
{
    struct calls *calls = arg;

    (void)nth;
    atomic_fetch_add(&calls->n[call], 1);
    return call == TAP_SENDFILE ? -calls->refused : 0;
}

/* How often sendfile is called for such a body, which must arrive. */
static unsigned sendfiles(gofer_client *client, gofer_request *request, int refused_with)
{
    struct calls calls = {.refused = refused_with};

    tap_open(count_calls, &calls);
    struct outcome got = rig_call(client, request);
    tap_close();
    EXPECT_STATUS(got.status, GOFER_OK);
    EXPECT_HOLDS(gofer_response_body(got.response, NULL), intake_answer(60000));
    return atomic_load(&calls.n[TAP_SENDFILE]);
}

static void files_go_out_without_a_copy(void)
{
    struct origin *origin = intake_plain();

    for (int kind = 0; kind < PAYLOADS; kind++) {
        gofer_client *client = scene_client(NULL);
        gofer_request *request = payload_request("POST", origin, "/", (enum payload)kind, 60000);
        bool is_file = kind == PAYLOAD_FILE || kind == PAYLOAD_FD;
        EXPECT_INT(sendfiles(client, request, 0) > 0, is_file && !rig_is_tls());
        gofer_request_add_trailer(request, "X-After", "v");
        EXPECT_INT(sendfiles(client, request, 0), 0);
        rig_end_client(client);
    }
}

static void files_that_sendfile_refuses_are_copied(void)
{
    static const int errors[] = {EINVAL, ENOSYS};
    struct origin *origin = intake_plain();

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        gofer_client *client = scene_client(NULL);
        gofer_request *request = payload_request("POST", origin, "/", PAYLOAD_FD, 60000);
        EXPECT_INT(sendfiles(client, request, errors[i]), rig_is_tls() ? 0 : 1);
        rig_end_client(client);
    }
}

static void one_file_serves_many_calls_at_once(void)
{
    enum { CALLS = 20 };
    struct origin *origin = intake_plain();
    gofer_client *client = rig_client(NULL);
    gofer_request *request = payload_request("POST", origin, "/", PAYLOAD_FD, 300000);
    struct caller callers[CALLS];

    for (int i = 0; i < CALLS; i++)
        caller_start(&callers[i], client, request);
    for (int i = 0; i < CALLS; i++) {
        struct outcome got = caller_join(&callers[i]);
        rig_expect_answer(&got, 200, intake_answer(300000));
    }
}

CU_TestInfo file_tests[] = {
    {"what is no file is refused", what_is_no_file_is_refused},
    {"descriptors of no file are refused", descriptors_of_no_file_are_refused},
    {"parts that are none are refused", parts_that_are_none_are_refused},
    {"a descriptor that cannot be read fails the call",
     a_descriptor_that_cannot_be_read_fails_the_call},
    {"a part is sent, and the position stays", a_part_is_sent_and_the_position_stays},
    {"a part beyond 4 GiB is sent", a_part_beyond_4_gib_is_sent},
    {"an empty file is no body", an_empty_file_is_no_body},
    {"a file is sent as long as it was", a_file_is_sent_as_long_as_it_was},
    {"a file replaced on disk is sent as it was", a_file_replaced_on_disk_is_sent_as_it_was},
    {"a file that became shorter ends the call", a_file_that_became_shorter_ends_the_call},
    {"a file that shrinks while it is sent ends the call",
     a_file_that_shrinks_while_it_is_sent_ends_the_call},
    {"E4 files go out without a copy, other bodies do not", files_go_out_without_a_copy},
    {"E4 files that sendfile refuses are copied", files_that_sendfile_refuses_are_copied},
    {"one file serves many calls at once", one_file_serves_many_calls_at_once},
    CU_TEST_INFO_NULL};
