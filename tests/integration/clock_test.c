/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The system's date moves, deadlines do not (RES-06). Nobody may set the date of
 * the machine for that: this program answers clock_gettime(2) and its kin itself,
 * for the library too, and shifts the answers about CLOCK_REALTIME.
 */
#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo clock_tests[];

enum { LIMIT_MS = 1000, LATE_MS = 10000 };

static const time_t year = 365 * 24 * 3600;
static _Atomic time_t shift;

int clock_gettime(clockid_t id, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, id, now);

    if (result == 0 && id == CLOCK_REALTIME)
        now->tv_sec += atomic_load(&shift);
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec ts;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &ts);
    *now = (struct timeval){.tv_sec = ts.tv_sec, .tv_usec = ts.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *now)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    if (now != NULL)
        *now = ts.tv_sec;
    return ts.tv_sec;
}

/* Moves the date when the request is there, and never answers. */
static void move_the_date(struct peer *peer, void *arg)
{
    if (!peer_read_request(peer))
        return;
    atomic_store(&shift, *(const time_t *)arg);
    peer_sees_end(peer);
}

static void a_deadline_holds_when_the_date_moves_by(time_t by)
{
    struct origin *origin = rig_origin(move_the_date, &by);
    gofer_client *client = rig_client(&(gofer_client_options){.timeout_ms = LIMIT_MS});
    char url[ORIGIN_URL_BYTES];
    gofer_response *response;
    time_t before = time(NULL);
    int64_t begin = gofer_now_ms();

    EXPECT_STATUS(gofer_get(client, origin_url(origin, "/", url), &response), GOFER_ERR_TIMEOUT);
    int64_t took = gofer_now_ms() - begin;
    EXPECT(took >= LIMIT_MS);
    EXPECT(took < LATE_MS);
    EXPECT(labs((long)(time(NULL) - before - by)) < 60);
    rig_keep(response);
    rig_end_client(client);
    atomic_store(&shift, 0);
}

static void a_deadline_holds_when_the_date_moves(void)
{
    a_deadline_holds_when_the_date_moves_by(year);
    a_deadline_holds_when_the_date_moves_by(-year);
}

CU_TestInfo clock_tests[] = {
    {"RES-06 a deadline holds when the date moves by a year", a_deadline_holds_when_the_date_moves},
    CU_TEST_INFO_NULL};
