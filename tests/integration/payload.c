/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See payload.h.
 */
#include "integration/payload.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "integration/expect.h"

enum { OFFSET = 100 };

const char *const payload_names[PAYLOADS] = {"copied",     "by reference", "file",
                                             "descriptor", "sized reader", "chunked reader"};

/* `before` bytes that are no part of the body, then the body, then some more that are not. */
static const char *make_file(size_t before, size_t len, size_t after)
{
    static char path[] = "/tmp/gofer-payload-XXXXXX";
    char *bytes = malloc(before + len + after + 1);

    snprintf(path, sizeof path, "/tmp/gofer-payload-XXXXXX");
    int fd = mkstemp(path);
    REQUIRE(fd >= 0 && bytes != NULL);
    for (size_t i = 0; i < before; i++)
        bytes[i] = '~';
    feed_fill(bytes + before, 0, len);
    for (size_t i = 0; i < after; i++)
        bytes[before + len + i] = '~';
    EXPECT_INT(write(fd, bytes, before + len + after), before + len + after);
    close(fd);
    free(bytes);
    return path;
}

const char *payload_file(size_t len)
{
    return make_file(0, len, 0);
}

static void set_file(gofer_request *request, size_t len)
{
    const char *path = payload_file(len);

    EXPECT_STATUS(gofer_request_set_body_file(request, path), GOFER_OK);
    unlink(path);
}

static void set_fd(gofer_request *request, size_t len)
{
    const char *path = make_file(OFFSET, len, OFFSET);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    EXPECT_STATUS(gofer_request_set_body_fd(request, fd, OFFSET, (int64_t)len), GOFER_OK);
    close(fd);
    unlink(path);
}

static void set_memory(gofer_request *request, enum payload kind, size_t len)
{
    char *bytes = malloc(len + 1);

    REQUIRE(bytes != NULL);
    feed_fill(bytes, 0, len);
    if (kind == PAYLOAD_REF) {
        EXPECT_STATUS(gofer_request_set_body_ref(request, bytes, len, free, bytes), GOFER_OK);
        return;
    }
    EXPECT_STATUS(gofer_request_set_body(request, bytes, len), GOFER_OK);
    free(bytes);
}

enum { PLANS = 512 };

/* A feed's steps outlive the function that makes it. */
static const struct feed_step *steps_of(size_t len)
{
    static struct feed_step steps[PLANS][2];
    static unsigned used;
    struct feed_step *s = steps[used++ % PLANS];

    s[0] = (struct feed_step){FEED_BYTES, NULL, len};
    s[1] = (struct feed_step){FEED_END, NULL, 0};
    return len > 0 ? s : s + 1;
}

static void set_reader(gofer_request *request, bool sized, size_t len)
{
    gofer_body_reader reader;

    feed_loose(
        &(struct feed_plan){
            .steps = steps_of(len), .sized = sized, .length = (int64_t)len, .rewind = FEED_REWINDS},
        &reader);
    EXPECT_STATUS(gofer_request_set_body_reader(request, &reader), GOFER_OK);
}

void payload_set(gofer_request *request, enum payload kind, size_t len)
{
    switch (kind) {
    case PAYLOAD_FILE:
        set_file(request, len);
        break;
    case PAYLOAD_FD:
        set_fd(request, len);
        break;
    case PAYLOAD_SIZED:
    case PAYLOAD_CHUNKED:
        set_reader(request, kind == PAYLOAD_SIZED, len);
        break;
    default:
        set_memory(request, kind, len);
        break;
    }
}

gofer_request *payload_request(const char *method, const struct origin *origin, const char *path,
                               enum payload kind, size_t len)
{
    gofer_request *request = rig_request(method, origin, path);

    payload_set(request, kind, len);
    return request;
}

void payload_each(void (*check)(enum payload kind))
{
    for (int kind = 0; kind < PAYLOADS; kind++) {
        unsigned failures = CU_get_number_of_failures();
        check((enum payload)kind);
        if (CU_get_number_of_failures() > failures)
            fprintf(stderr, "\n    body: %s", payload_names[kind]);
    }
}
