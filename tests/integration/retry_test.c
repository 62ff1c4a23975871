/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * When a request is sent once more: the decision as a table, with each row's
 * failure forced between two system calls. A connection fails before a byte of
 * the request was written, after one, or after all of them.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/feed.h"
#include "integration/payload.h"
#include "integration/scene.h"

extern CU_TestInfo retry_tests[];

/* Where the connection fails. */
enum failure {
    NOTHING_WRITTEN, /* a reset before the first send */
    ONE_WRITTEN,     /* a reset after a send of one byte */
    READ_ERROR,      /* a reset after the request */
    END_OF_STREAM    /* a close that nobody saw before the request was written */
};

/* Where a row's body comes from. */
enum from { FROM_MEMORY, FROM_FILE, FROM_READER, FROM_READER_THAT_REWINDS };

struct row {
    enum failure failure;
    bool reused;
    const char *method;
    const char *field; /* a header's name, or NULL */
    const char *body;  /* or NULL */
    bool idempotent;   /* said by the caller */
    bool retried;
    enum from from;
};

struct fail_at {
    const struct row *row;
    struct scene *scene;
    unsigned sends;
};

/* The tap of one row. Only the request that is to fail is tapped until it has. */
static int fail_at(enum tap_call call, unsigned nth, void *arg)
{
    struct fail_at *at = arg;
    unsigned sends = call == TAP_SEND ? ++at->sends : at->sends;

    (void)nth;
    if (call != TAP_SEND || at->row->failure == READ_ERROR)
        return 0;
    if (at->row->failure == ONE_WRITTEN && sends == 1)
        return 1;
    if (sends == (at->row->failure == ONE_WRITTEN ? 2U : 1U))
        scene_cue(at->scene);
    return 0;
}

/* The row's reader: it gives `text`. */
static struct feed *set_reader(gofer_request *request, const char *text, bool rewinds)
{
    static struct feed_step steps[2];
    gofer_body_reader reader;

    steps[0] = (struct feed_step){FEED_TEXT, text, 0};
    struct feed *feed =
        feed_loose(&(struct feed_plan){.steps = steps,
                                       .sized = true,
                                       .length = (int64_t)strlen(text),
                                       .rewind = rewinds ? FEED_REWINDS : FEED_NO_REWIND},
                   &reader);
    EXPECT_STATUS(gofer_request_set_body_reader(request, &reader), GOFER_OK);
    return feed;
}

/* A request for its own sake: readers are closed with it. */
static gofer_request *request_of(const struct row *row, const struct origin *origin,
                                 struct feed **feed)
{
    char url[ORIGIN_URL_BYTES];
    gofer_request *request = gofer_request_new(row->method, origin_url(origin, "/second", url));

    if (row->field != NULL)
        gofer_request_set_header(request, row->field, "x");
    if (row->from == FROM_FILE)
        payload_set(request, PAYLOAD_FILE, strlen(row->body));
    else if (row->from != FROM_MEMORY)
        *feed = set_reader(request, row->body, row->from == FROM_READER_THAT_REWINDS);
    else if (row->body != NULL)
        gofer_request_set_body(request, row->body, strlen(row->body));
    gofer_request_set_idempotent(request, row->idempotent);
    return request;
}

/* What the origin got at last is the whole body; a reader was asked for it as often as needed. */
static void expect_body(const struct row *row, struct origin *origin, struct feed *feed)
{
    size_t len;
    const char *body = origin_last_body(origin, &len);
    bool was_asked = row->failure == READ_ERROR || row->failure == END_OF_STREAM;

    if (row->retried && row->body != NULL)
        EXPECT_INT(len, strlen(row->body));
    if (row->retried && row->body != NULL && row->from != FROM_FILE)
        EXPECT_TEXT(body, row->body);
    if (feed == NULL)
        return;
    EXPECT_INT(atomic_load(&feed->rewinds), row->retried && was_asked);
    EXPECT_INT(atomic_load(&feed->reads) > 0, row->retried || was_asked);
    feed_end(feed);
}

static void expect_no_retry(const struct row *row, const struct outcome *got)
{
    static const gofer_sent sent[] = {[NOTHING_WRITTEN] = GOFER_SENT_NOTHING,
                                      [ONE_WRITTEN] = GOFER_SENT_SOME,
                                      [READ_ERROR] = GOFER_SENT_ALL,
                                      [END_OF_STREAM] = GOFER_SENT_ALL};

    rig_expect_error(got, GOFER_ERR_BROKEN);
    EXPECT_INT(got->error->attempts, 1);
    /* The head goes first, and the body of a reader or file finds out. */
    bool head_only = row->failure == END_OF_STREAM && row->from != FROM_MEMORY;
    EXPECT_INT(got->error->sent, head_only ? GOFER_SENT_SOME : sent[row->failure]);
    EXPECT_INT(got->error->reused, row->reused);
}

static void run_row(const struct row *row)
{
    /* The row's server outlives this function. */
    static struct scene scene;
    gofer_client *client = scene_client(NULL);
    struct fail_at at = {.row = row, .scene = &scene};
    struct feed *feed = NULL;

    scene = (struct scene){.end = row->failure == END_OF_STREAM ? SCENE_CLOSE : SCENE_RESET,
                           .unanswered = !row->reused,
                           .heard = row->failure == READ_ERROR};
    scene_begin(&scene);
    if (row->reused)
        scene_warm_up(&scene, client);
    tap_open(fail_at, &at);
    gofer_request *request = request_of(row, scene.origin, &feed);
    struct outcome got = rig_call(client, request);
    gofer_request_free(request);
    rig_end_client(client);
    tap_close();
    if (row->retried)
        rig_expect_answer(&got, SCENE_STATUS, "");
    else
        expect_no_retry(row, &got);
    EXPECT(origin_wait(scene.origin, ORIGIN_OPEN, 0));
    EXPECT_INT(origin_count(scene.origin, ORIGIN_ACCEPTED), row->retried ? 2 : 1);
    expect_body(row, scene.origin, feed);
}

static void run_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned failures = CU_get_number_of_failures();
        run_row(&rows[i]);
        if (CU_get_number_of_failures() > failures)
            fprintf(stderr, "\n    row %zu: %s", i, rows[i].method);
    }
}

#define RUN(rows) run_rows(rows, sizeof(rows) / sizeof *(rows))

static void whether_to_retry(void)
{
    static const struct row rows[] = {
        {NOTHING_WRITTEN, .method = "POST"},
        {NOTHING_WRITTEN, .method = "GET"},
        {NOTHING_WRITTEN, .reused = true, .method = "POST", .retried = true},
        {NOTHING_WRITTEN, .reused = true, .method = "POST", .body = "again", .retried = true},
        {NOTHING_WRITTEN, .reused = true, .method = "GET", .retried = true},
        {READ_ERROR, .reused = true, .method = "POST"},
        {READ_ERROR, .reused = true, .method = "GET", .retried = true},
        {READ_ERROR, .method = "GET"},
        {END_OF_STREAM, .reused = true, .method = "GET", .retried = true},
        {END_OF_STREAM, .reused = true, .method = "POST"},
        {END_OF_STREAM, .method = "GET"},
    };

    RUN(rows);
}

static void which_requests_may_be_repeated(void)
{
    static const struct row rows[] = {
        {READ_ERROR, true, "GET", NULL, NULL, false, true, FROM_MEMORY},
        {READ_ERROR, true, "GET", NULL, "body", false, true, FROM_MEMORY},
        {READ_ERROR, true, "HEAD", NULL, NULL, false, true, FROM_MEMORY},
        {READ_ERROR, true, "OPTIONS", NULL, NULL, false, true, FROM_MEMORY},
        {READ_ERROR, true, "TRACE", NULL, NULL, false, true, FROM_MEMORY},
        {READ_ERROR, true, "POST", NULL, NULL, false, false, FROM_MEMORY},
        {READ_ERROR, true, "PUT", NULL, "body", false, false, FROM_MEMORY},
        {READ_ERROR, true, "PATCH", NULL, "body", false, false, FROM_MEMORY},
        {READ_ERROR, true, "DELETE", NULL, NULL, false, false, FROM_MEMORY},
        {READ_ERROR, true, "POST", "Idempotency-Key", NULL, false, true, FROM_MEMORY},
        {READ_ERROR, true, "POST", "X-Idempotency-Key", NULL, false, true, FROM_MEMORY},
        {READ_ERROR, true, "POST", "idempotency-key", "body", false, true, FROM_MEMORY},
        {READ_ERROR, true, "POST", "X-Other-Key", "body", false, false, FROM_MEMORY},
        {READ_ERROR, true, "POST", NULL, "body", true, true, FROM_MEMORY},
    };

    RUN(rows);
}

static void after_the_first_byte(void)
{
    static const struct row rows[] = {
        {ONE_WRITTEN, .reused = true, .method = "GET", .retried = true},
        {ONE_WRITTEN, .reused = true, .method = "GET", .body = "again", .retried = true},
        {ONE_WRITTEN, .reused = true, .method = "DELETE"},
        {ONE_WRITTEN, .reused = true, .method = "POST", .body = "once"},
        {ONE_WRITTEN, .method = "GET"},
    };

    RUN(rows);
}

static void before_the_first_byte(void)
{
    static const struct row rows[] = {
        {NOTHING_WRITTEN, .reused = true, .method = "DELETE", .retried = true},
        {NOTHING_WRITTEN, .reused = true, .method = "PUT", .body = "again", .retried = true},
    };

    RUN(rows);
}

/* A reader that was not asked yet is as good as new, whether it rewinds or not. */
static void bodies_of_readers_and_files(void)
{
    static const struct row rows[] = {
        {NOTHING_WRITTEN, true, "POST", NULL, "again", false, true, FROM_READER_THAT_REWINDS},
        {NOTHING_WRITTEN, true, "POST", NULL, "unasked", false, true, FROM_READER},
        {NOTHING_WRITTEN, true, "POST", NULL, "again", false, true, FROM_FILE},
        {NOTHING_WRITTEN, false, "POST", NULL, "once", false, false, FROM_READER},
        {NOTHING_WRITTEN, false, "POST", NULL, "once", false, false, FROM_READER_THAT_REWINDS},
        {ONE_WRITTEN, true, "GET", NULL, "again", false, true, FROM_READER_THAT_REWINDS},
        {ONE_WRITTEN, true, "GET", NULL, "unasked", false, true, FROM_READER},
        {ONE_WRITTEN, true, "GET", NULL, "again", false, true, FROM_FILE},
        {ONE_WRITTEN, true, "POST", NULL, "once", false, false, FROM_READER_THAT_REWINDS},
        {READ_ERROR, true, "GET", NULL, "again", false, true, FROM_READER_THAT_REWINDS},
        {READ_ERROR, true, "GET", NULL, "once", false, false, FROM_READER},
        {READ_ERROR, true, "GET", NULL, "again", false, true, FROM_FILE},
        {READ_ERROR, true, "POST", NULL, "once", false, false, FROM_FILE},
        {READ_ERROR, true, "POST", NULL, "once", false, false, FROM_READER},
        {READ_ERROR, true, "POST", NULL, "once", false, false, FROM_READER_THAT_REWINDS},
        {READ_ERROR, true, "POST", "Idempotency-Key", "once", false, false, FROM_READER},
        {READ_ERROR, true, "POST", "Idempotency-Key", "a", false, true, FROM_READER_THAT_REWINDS},
        {READ_ERROR, true, "PUT", NULL, "once", true, false, FROM_READER},
        {READ_ERROR, true, "PUT", NULL, "again", true, true, FROM_READER_THAT_REWINDS},
        {READ_ERROR, true, "PUT", NULL, "again", true, true, FROM_FILE},
        {READ_ERROR, false, "PUT", NULL, "once", true, false, FROM_READER_THAT_REWINDS},
        {END_OF_STREAM, true, "GET", NULL, "again", false, true, FROM_READER_THAT_REWINDS},
        {END_OF_STREAM, true, "GET", NULL, "once", false, false, FROM_READER},
        {END_OF_STREAM, true, "POST", NULL, "once", false, false, FROM_READER_THAT_REWINDS},
    };

    RUN(rows);
}

/* Two idle connections; the second, which is taken first, is closed under the request. */
struct pair {
    struct gate *seen, *go, *cut, *done;
};

static void play_pair(struct peer *peer, void *arg)
{
    const struct pair *pair = arg;

    if (!peer_read_request(peer))
        return;
    gate_pass(pair->seen);
    if (peer_number(peer) <= 2 && !gate_wait(pair->go, peer_number(peer)))
        return;
    peer_say(peer, REPLY_EMPTY);
    if (peer_number(peer) == 2) {
        gate_wait(pair->cut, 1);
        peer_close(peer);
        gate_pass(pair->done);
        return;
    }
    while (peer_read_request(peer))
        peer_say(peer, REPLY_EMPTY);
}

static int cut_pair(enum tap_call call, unsigned nth, void *arg)
{
    const struct pair *pair = arg;

    (void)nth;
    if (call == TAP_SEND && gate_passes(pair->cut) == 0) {
        gate_pass(pair->cut);
        gate_wait(pair->done, 1);
    }
    return 0;
}

static void retried_beside_an_idle_connection(int64_t max_conns)
{
    static struct pair pair;
    struct caller callers[2];
    gofer_client *client = scene_client(&(gofer_client_options){.max_conns_per_host = max_conns});

    pair = (struct pair){rig_gate(), rig_gate(), rig_gate(), rig_gate()};
    struct origin *origin = rig_origin(play_pair, &pair);
    for (unsigned i = 0; i < 2; i++) {
        caller_start(&callers[i], client, rig_request("GET", origin, "/"));
        EXPECT(gate_wait(pair.seen, i + 1));
    }
    for (unsigned i = 0; i < 2; i++) {
        gate_pass(pair.go);
        struct outcome got = caller_join(&callers[i]);
        rig_expect_answer(&got, SCENE_STATUS, "");
    }
    tap_open(cut_pair, &pair);
    struct outcome got = rig_get(client, origin, "/third");
    rig_expect_answer(&got, SCENE_STATUS, "");
    EXPECT_INT(rig_stats(client).calls_retried, 1);
    gofer_origin_stats of_origin;
    REQUIRE(gofer_client_origins(client, &of_origin, 1) == 1);
    EXPECT_INT(of_origin.calls_retried, 1);
    EXPECT_INT(rig_stats(client).conns_opened, 3);
    EXPECT_INT(rig_stats(client).conns_idle, 2);
    rig_end_client(client);
    tap_close();
}

static void on_a_fresh_connection(void)
{
    retried_beside_an_idle_connection(0);
}

static void on_a_fresh_connection_at_the_limit(void)
{
    retried_beside_an_idle_connection(2);
}

/* --- errors of a fresh connection --- */

static int fail_first_read(enum tap_call call, unsigned nth, void *arg)
{
    (void)nth;
    return call == TAP_RECV ? -*(const int *)arg : 0;
}

static void a_fresh_connections_error_is_the_calls(void)
{
    static const int errors[] = {ECONNRESET, ETIMEDOUT, EHOSTUNREACH};
    static const struct route routes[] = {{.reply = REPLY_EMPTY}};
    struct origin *origin = rig_script(routes);

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        gofer_client *client = scene_client(NULL);
        tap_open(fail_first_read, (void *)&errors[i]);
        struct outcome got = rig_get(client, origin, "/");
        rig_end_client(client);
        tap_close();
        rig_expect_error(&got, GOFER_ERR_BROKEN);
        EXPECT_INT(got.error->sys_errno, errors[i]);
        EXPECT_INT(got.error->attempts, 1);
        EXPECT(!got.error->reused);
        EXPECT(!got.error->timeout);
    }
    EXPECT(origin_wait(origin, ORIGIN_ACCEPTED, sizeof errors / sizeof *errors));
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), sizeof errors / sizeof *errors);
}

static void count_free(void *arg)
{
    atomic_fetch_add((atomic_uint *)arg, 1);
}

static void a_body_never_sent_is_given_back_once(void)
{
    static struct scene scene;
    static const struct row row = {NOTHING_WRITTEN, .method = "POST"};
    struct fail_at at = {.row = &row, .scene = &scene};
    gofer_client *client = scene_client(NULL);
    char url[ORIGIN_URL_BYTES];
    atomic_uint freed = 0;

    scene = (struct scene){.end = SCENE_RESET, .unanswered = true};
    scene_begin(&scene);
    gofer_request *request = gofer_request_new("POST", origin_url(scene.origin, "/", url));
    gofer_request_set_body_ref(request, "body", 4, count_free, &freed);
    tap_open(fail_at, &at);
    struct outcome got = rig_call(client, request);
    rig_expect_error(&got, GOFER_ERR_BROKEN);
    EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
    EXPECT_INT(atomic_load(&freed), 0);
    gofer_request_free(request);
    EXPECT_INT(atomic_load(&freed), 1);
    rig_end_client(client);
    tap_close();
    EXPECT_INT(atomic_load(&freed), 1);
}

CU_TestInfo retry_tests[] = {
    {"D2 table should_retry_h1", whether_to_retry},
    {"D3 table request_replayable", which_requests_may_be_repeated},
    {"D1 RU-06 after the first byte only what is idempotent", after_the_first_byte},
    {"D1 before the first byte everything", before_the_first_byte},
    {"D1 D2 D3 D12 D13 RU-05 RU-06 tables should_retry_h1, request_replayable: readers and files",
     bodies_of_readers_and_files},
    {"RU-05 on a fresh connection, though another is idle", on_a_fresh_connection},
    {"RU-05 on a fresh connection, at the limit", on_a_fresh_connection_at_the_limit},
    {"D9 D10 RU-07 a fresh connection's error is the call's",
     a_fresh_connections_error_is_the_calls},
    {"D13 a body never sent is given back once", a_body_never_sent_is_given_back_once},
    CU_TEST_INFO_NULL};
