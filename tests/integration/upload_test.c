/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Request bodies from every kind of source, as the origin receives them: whole,
 * framed as they should be, when they should be; and what becomes of a source
 * that fails.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/feed.h"
#include "integration/intake.h"
#include "integration/payload.h"
#include "integration/rig.h"

extern CU_TestInfo upload_tests[];

static gofer_client *client;
static struct intake *intake;
static struct origin *origin;

static void set_up(void)
{
    client = rig_client(NULL);
    intake = intake_new();
    origin = intake_origin(intake);
}

static void expect_feed_sent(struct feed *feed, const void *data, size_t len)
{
    struct outcome got = rig_call(client, feed->request);

    rig_expect_answer(&got, 200, intake_answer_to(data, len));
    feed_end(feed);
}

/* --- all kinds --- */

static void arrives_whole(enum payload kind)
{
    static const size_t lens[] = {1, 4, 1000, 16371, 16372, 16373, 16384, 70000, 1000000};

    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        struct outcome got = rig_call(client, payload_request("POST", origin, "/", kind, lens[i]));
        rig_expect_answer(&got, 200, intake_answer(lens[i]));
    }
}

static void every_kind_arrives_whole(void)
{
    set_up();
    payload_each(arrives_whole);
    EXPECT_INT(rig_stats(client).conns_opened, 1);
    EXPECT_INT(rig_stats(client).calls_retried, 0);
}

static void is_framed(enum payload kind)
{
    static const char *const methods[] = {"GET", "HEAD", "DELETE", "OPTIONS", "PATCH", "PURGE"};

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct outcome got = rig_call(client, payload_request(methods[i], origin, "/", kind, 20));
        EXPECT_STATUS(got.status, GOFER_OK);
        EXPECT_INT(intake_last(intake).len, 20);
        if (kind == PAYLOAD_CHUNKED) {
            EXPECT_HOLDS(origin_last_head(origin), "\r\nTransfer-Encoding: chunked\r\n");
            EXPECT_LACKS(origin_last_head(origin), "Content-Length");
        } else {
            EXPECT_HOLDS(origin_last_head(origin), "\r\nContent-Length: 20\r\n");
            EXPECT_LACKS(origin_last_head(origin), "Transfer-Encoding");
        }
    }
}

/* The intake's answers to HEAD would have a body. */
static void every_method_frames_every_kind(void)
{
    client = rig_client(&(gofer_client_options){.disable_keep_alives = true});
    intake = intake_new();
    intake->answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    origin = intake_origin(intake);
    payload_each(is_framed);
}

static void known_lengths_are_sent_unknown_ones_are_not(void)
{
    static const struct feed_step four[] = {{FEED_TEXT, "four", 0}, {0}}, none[] = {{0}};

    set_up();
    expect_feed_sent(feed_new("PUT", origin, "/",
                              &(struct feed_plan){.steps = four, .sized = true, .length = 4}),
                     "four", 4);
    EXPECT_HOLDS(origin_last_head(origin), "\r\nContent-Length: 4\r\n");
    EXPECT_LACKS(origin_last_head(origin), "Transfer-Encoding");
    expect_feed_sent(
        feed_new("PUT", origin, "/", &(struct feed_plan){.steps = none, .sized = true}), "", 0);
    EXPECT_HOLDS(origin_last_head(origin), "\r\nContent-Length: 0\r\n");
    EXPECT_LACKS(origin_last_head(origin), "Transfer-Encoding");
    expect_feed_sent(feed_new("PUT", origin, "/", &(struct feed_plan){.steps = four}), "four", 4);
    EXPECT_HOLDS(origin_last_head(origin), "\r\nTransfer-Encoding: chunked\r\n");
    EXPECT_LACKS(origin_last_head(origin), "Content-Length");
    EXPECT_INT(rig_stats(client).conns_opened, 1);
}

static void a_length_beside_chunks_is_refused(void)
{
    static const struct feed_step four[] = {{FEED_TEXT, "four", 0}, {0}};

    set_up();
    struct feed *feed = feed_new("PUT", origin, "/", &(struct feed_plan){.steps = four});
    gofer_request_set_header(feed->request, "Content-Length", "4");
    struct outcome got = rig_call(client, feed->request);
    rig_expect_error(&got, GOFER_ERR_INVALID);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 0);
    feed_end(feed);
}

/* --- chunks --- */

static void chunks_stand_as_the_reader_gave_them(void)
{
    static const struct feed_step steps[] = {
        {FEED_TEXT, "a", 0}, {FEED_TEXT, "two three", 0}, {FEED_TEXT, "sixteen bytes...", 0}, {0}};

    set_up();
    struct feed *feed = feed_new("POST", origin, "/", &(struct feed_plan){.steps = steps});
    expect_feed_sent(feed, "atwo threesixteen bytes...", 26);
    EXPECT_TEXT(intake_last(intake).wire,
                "1\r\na\r\n9\r\ntwo three\r\n10\r\nsixteen bytes...\r\n0\r\n\r\n");
    feed = feed_new("POST", origin, "/", &(struct feed_plan){.steps = steps + 3});
    expect_feed_sent(feed, "", 0);
    EXPECT_TEXT(intake_last(intake).wire, "0\r\n\r\n");
}

static void chunks_of_one_byte_arrive(void)
{
    static const struct feed_step steps[] = {{FEED_BYTES, NULL, 3000}, {0}};

    set_up();
    intake->pace = INTAKE_SIPS;
    for (int sized = 0; sized < 2; sized++) {
        struct feed *feed = feed_new(
            "POST", origin, "/",
            &(struct feed_plan){.steps = steps, .sized = sized, .length = 3000, .piece = 1});
        struct outcome got = rig_call(client, feed->request);
        rig_expect_answer(&got, 200, intake_answer(3000));
        EXPECT_AT_LEAST(atomic_load(&feed->reads), 3000);
        feed_end(feed);
    }
}

/* Reads the head, then a chunk each time that it is let through, and says so. */
struct slow_reading {
    struct gate *saw;
    const char *const *chunks;
};

static void read_chunks(struct peer *peer, void *arg)
{
    const struct slow_reading *slow = arg;
    char piece[64];

    if (!peer_read_head(peer))
        return;
    gate_pass(slow->saw);
    for (size_t i = 0; slow->chunks[i] != NULL; i++) {
        size_t len = strlen(slow->chunks[i]);
        if (!peer_read(peer, piece, len) || memcmp(piece, slow->chunks[i], len) != 0)
            return;
        gate_pass(slow->saw);
    }
    peer_say(peer, REPLY_HELLO);
}

static void head_and_pieces_leave_at_once(const char *method)
{
    static const struct feed_step steps[] = {{FEED_LATER, NULL, 0}, {FEED_TEXT, "first", 0},
                                             {FEED_LATER, NULL, 0}, {FEED_TEXT, "second", 0},
                                             {FEED_LATER, NULL, 0}, {0}};
    static const char *const chunks[] = {"5\r\nfirst\r\n", "6\r\nsecond\r\n", "0\r\n\r\n", NULL};
    static struct slow_reading slow;
    struct caller caller;

    slow = (struct slow_reading){rig_gate(), chunks};
    client = rig_client(NULL);
    origin = rig_origin(read_chunks, &slow);
    struct feed *feed = feed_new(method, origin, "/", &(struct feed_plan){.steps = steps});
    caller_start(&caller, client, feed->request);
    for (unsigned i = 1; i <= 3; i++) {
        EXPECT(gate_wait(slow.saw, i));
        EXPECT(gate_wait(feed->asked, i));
        feed_go_on(feed);
    }
    EXPECT(gate_wait(slow.saw, 4));
    struct outcome got = caller_join(&caller);
    rig_expect_answer(&got, 200, "hello");
    feed_end(feed);
    rig_end_client(client);
}

static void what_there_is_leaves_at_once(void)
{
    head_and_pieces_leave_at_once("POST");
}

static void a_get_does_not_wait_for_its_first_byte(void)
{
    head_and_pieces_leave_at_once("GET");
}

/* --- trailers --- */

static void trailers_follow_the_body(void)
{
    static const struct feed_step steps[] = {{FEED_TEXT, "body", 0}, {0}};
    static const char *const values[] = {"X-Sum", "7", "X-Empty", "", NULL};

    set_up();
    for (int sized = 0; sized < 2; sized++) {
        struct feed *feed = feed_new(
            "POST", origin, "/",
            &(struct feed_plan){.steps = steps, .sized = sized, .length = 4, .trailers = values});
        gofer_request_add_trailer(feed->request, "X-Sum", NULL);
        gofer_request_add_trailer(feed->request, "X-Fixed", "f");
        gofer_request_add_trailer(feed->request, "X-Unknown", NULL);
        gofer_request_add_trailer(feed->request, "X-Empty", NULL);
        struct outcome got = rig_call(client, feed->request);
        EXPECT_STATUS(got.status, GOFER_OK);
        EXPECT_HOLDS(origin_last_head(origin), "\r\nTransfer-Encoding: chunked\r\n");
        EXPECT_HOLDS(origin_last_head(origin),
                     "\r\nTrailer: X-Sum, X-Fixed, X-Unknown, X-Empty\r\n");
        EXPECT_LACKS(origin_last_head(origin), "Content-Length");
        EXPECT_TEXT(intake_last(intake).wire,
                    "4\r\nbody\r\n0\r\nX-Sum: 7\r\nX-Fixed: f\r\nX-Empty: \r\n\r\n");
        feed_end(feed);
    }
    EXPECT_INT(rig_stats(client).conns_opened, 1);
}

static void has_trailers(enum payload kind)
{
    gofer_request *request = payload_request("POST", origin, "/", kind, 40000);

    EXPECT_STATUS(gofer_request_add_trailer(request, "X-After", "v w"), GOFER_OK);
    struct outcome got = rig_call(client, request);
    char wanted[INTAKE_LINE_BYTES];
    snprintf(wanted, sizeof wanted, "%sX-After: v w\n", intake_answer(40000));
    rig_expect_answer(&got, 200, wanted);
}

static void every_kind_takes_trailers(void)
{
    set_up();
    payload_each(has_trailers);
}

static void a_trailers_value_is_checked(void)
{
    static const struct feed_step steps[] = {{FEED_TEXT, "body", 0}, {0}};
    static const char *const values[] = {"X-Sum", "x\r\nX-Evil: 1", NULL};

    set_up();
    struct feed *feed =
        feed_new("POST", origin, "/", &(struct feed_plan){.steps = steps, .trailers = values});
    gofer_request_add_trailer(feed->request, "X-Sum", NULL);
    struct outcome got = rig_call(client, feed->request);
    rig_expect_error(&got, GOFER_ERR_BODY);
    EXPECT(origin_wait(origin, ORIGIN_REQUESTS, 1));
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    EXPECT(!intake_last(intake).whole);
    EXPECT_LACKS(intake_last(intake).wire, "Evil");
    feed_end(feed);
}

/* --- sources that fail --- */

static void fails_with_its_source(const struct feed_plan *plan, int err)
{
    unsigned conns = origin_count(origin, ORIGIN_ACCEPTED);
    struct feed *feed = feed_new("POST", origin, "/", plan);
    struct outcome got = rig_call(client, feed->request);

    rig_expect_error(&got, GOFER_ERR_BODY);
    EXPECT_INT(got.error->sys_errno, err);
    EXPECT_INT(got.error->phase, GOFER_PHASE_SEND);
    EXPECT_INT(got.error->sent, GOFER_SENT_SOME);
    EXPECT_INT(got.error->attempts, 1);
    EXPECT(origin_wait(origin, ORIGIN_ACCEPTED, conns + 1));
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), conns + 1);
    /* Without a body the head is all, and it does not wait for the source. */
    EXPECT_INT(intake_last(intake).whole, plan->sized && plan->length == 0);
    feed_end(feed);
}

static void too_few_and_too_many_bytes_are_errors(void)
{
    static const struct feed_step five[] = {{FEED_TEXT, "12345", 0}, {0}},
                                  parts[] = {{FEED_TEXT, "1234", 0}, {FEED_TEXT, "5678", 0}, {0}},
                                  none[] = {{0}}, over[] = {{FEED_OVERFLOW, NULL, 0}};
    const struct feed_plan plans[] = {
        {.steps = five, .sized = true, .length = 10},
        {.steps = five, .sized = true, .length = 4},
        {.steps = parts, .sized = true, .length = 4},
        {.steps = parts, .sized = true, .length = 7, .piece = 1},
        {.steps = parts, .sized = true, .length = 9, .piece = 1},
        {.steps = five, .sized = true, .length = 0},
        {.steps = none, .sized = true, .length = 1},
        {.steps = over, .sized = true, .length = 100},
        {.steps = over},
    };

    set_up();
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        unsigned failures = CU_get_number_of_failures();
        fails_with_its_source(&plans[i], 0);
        if (CU_get_number_of_failures() > failures)
            fprintf(stderr, "\n    plan %zu", i);
    }
    EXPECT_INT(rig_stats(client).conns_idle, 0);
}

static void the_sources_errno_reaches_the_caller(void)
{
    static const struct feed_step at_once[] = {{FEED_FAIL, NULL, EDQUOT}},
                                  later[] = {{FEED_BYTES, NULL, 100000}, {FEED_FAIL, NULL, EIO}},
                                  silent[] = {{FEED_TEXT, "x", 0}, {FEED_FAIL, NULL, 0}};

    set_up();
    fails_with_its_source(&(struct feed_plan){.steps = at_once}, EDQUOT);
    fails_with_its_source(&(struct feed_plan){.steps = later}, EIO);
    fails_with_its_source(&(struct feed_plan){.steps = later, .sized = true, .length = 200000},
                          EIO);
    fails_with_its_source(&(struct feed_plan){.steps = silent}, 0);
}

static void a_source_that_fails_on_a_reused_connection_is_not_retried(void)
{
    static const struct feed_step steps[] = {{FEED_TEXT, "x", 0}, {FEED_FAIL, NULL, EIO}};

    set_up();
    struct outcome got = rig_get(client, origin, "/");
    EXPECT_STATUS(got.status, GOFER_OK);
    struct feed *feed =
        feed_new("GET", origin, "/", &(struct feed_plan){.steps = steps, .rewind = FEED_REWINDS});
    got = rig_call(client, feed->request);
    rig_expect_error(&got, GOFER_ERR_BODY);
    EXPECT_INT(got.error->sys_errno, EIO);
    EXPECT(got.error->reused);
    EXPECT_INT(got.error->attempts, 1);
    EXPECT_INT(atomic_load(&feed->reads), 2);
    EXPECT_INT(atomic_load(&feed->rewinds), 0);
    EXPECT_INT(rig_stats(client).calls_retried, 0);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
    feed_end(feed);
}

static void a_source_is_closed_once_whatever_happens(void)
{
    static const struct feed_step steps[] = {{FEED_BYTES, NULL, 40000}, {0}};
    static const struct {
        const char *answer;
        gofer_status status;
    } rows[] = {{NULL, GOFER_OK},
                {"", GOFER_ERR_BROKEN},
                {"garbage\r\n\r\n", GOFER_ERR_PROTOCOL},
                {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", GOFER_ERR_PROTOCOL}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set_up();
        intake->answer = rows[i].answer;
        struct feed *feed = feed_new("POST", origin, "/", &(struct feed_plan){.steps = steps});
        struct outcome got = rig_call(client, feed->request);
        EXPECT_STATUS(got.status, rows[i].status);
        EXPECT_INT(atomic_load(&feed->closes), 0);
        feed_end(feed);
    }
}

/* --- progress --- */

struct progress {
    int64_t last, total;
    unsigned times;
    bool went_back, stood_still, wrong_total;
};

static void note_progress(void *arg, int64_t sent, int64_t total)
{
    struct progress *p = arg;

    p->went_back = p->went_back || sent < p->last;
    p->stood_still = p->stood_still || sent == p->last;
    p->wrong_total = p->wrong_total || total != p->total || (total >= 0 && sent > total);
    p->last = sent;
    p->times++;
}

static void tells_progress(enum payload kind)
{
    static const size_t lens[] = {1, 10000, 16373, 1500000};

    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        struct progress p = {.total = kind == PAYLOAD_CHUNKED ? -1 : (int64_t)lens[i]};
        gofer_request *request = payload_request("POST", origin, "/", kind, lens[i]);
        EXPECT_STATUS(gofer_request_set_progress(request, note_progress, &p), GOFER_OK);
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, intake_answer(lens[i]));
        EXPECT_INT(p.last, lens[i]);
        EXPECT(!p.went_back);
        EXPECT(!p.stood_still);
        EXPECT(!p.wrong_total);
        EXPECT_AT_LEAST(p.times, 1);
    }
}

static void progress_rises_to_the_total(void)
{
    client = rig_client(&(gofer_client_options){.disable_keep_alives = true});
    intake = intake_new();
    origin = intake_origin(intake);
    payload_each(tells_progress);
}

/* --- ends --- */

static void ends_its_connection(enum payload kind)
{
    gofer_request *request = payload_request("POST", origin, "/", kind, 30000);

    gofer_request_set_header(request, "Connection", "close");
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, intake_answer(30000));
    const char *first = strstr(origin_last_head(origin), "\r\nConnection: close\r\n");
    REQUIRE(first != NULL);
    EXPECT(strstr(first + 4, "Connection:") == NULL);
    EXPECT_INT(rig_stats(client).conns_idle, 0);
}

static void connection_close_holds_for_uploads(void)
{
    set_up();
    payload_each(ends_its_connection);
    EXPECT_INT(rig_stats(client).conns_opened, PAYLOADS);
}

static void an_answer_ends_its_connection(enum payload kind)
{
    struct outcome got = rig_call(client, payload_request("POST", origin, "/", kind, 30000));

    rig_expect_answer(&got, 200, "");
    EXPECT_INT(rig_stats(client).conns_idle, 0);
}

static void a_closing_answer_ends_the_uploads_connection(void)
{
    set_up();
    intake->answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    payload_each(an_answer_ends_its_connection);
    EXPECT_INT(rig_stats(client).conns_opened, PAYLOADS);
}

CU_TestInfo upload_tests[] = {
    {"E15 every kind of body arrives whole", every_kind_arrives_whole},
    {"INJ-06 every method frames every kind of body", every_method_frames_every_kind},
    {"E15 known lengths are sent, unknown ones are not",
     known_lengths_are_sent_unknown_ones_are_not},
    {"INJ-07 a length beside chunks is refused", a_length_beside_chunks_is_refused},
    {"E2 chunks stand as the reader gave them", chunks_stand_as_the_reader_gave_them},
    {"TCP-07 chunks of one byte arrive", chunks_of_one_byte_arrive},
    {"E2 E3 what there is leaves at once", what_there_is_leaves_at_once},
    {"E14 a GET does not wait for its first byte", a_get_does_not_wait_for_its_first_byte},
    {"E16 trailers follow the body", trailers_follow_the_body},
    {"E16 every kind of body takes trailers", every_kind_takes_trailers},
    {"M3 a trailer's late value is checked", a_trailers_value_is_checked},
    {"INJ-08 too few and too many bytes are errors", too_few_and_too_many_bytes_are_errors},
    {"E12 the source's errno reaches the caller", the_sources_errno_reaches_the_caller},
    {"D11 a source that fails on a reused connection is not retried",
     a_source_that_fails_on_a_reused_connection_is_not_retried},
    {"E12 a source is closed once, whatever happens", a_source_is_closed_once_whatever_happens},
    {"progress rises to the total", progress_rises_to_the_total},
    {"E5 Connection: close holds for uploads", connection_close_holds_for_uploads},
    {"E6 a closing answer ends the upload's connection",
     a_closing_answer_ends_the_uploads_connection},
    CU_TEST_INFO_NULL};
