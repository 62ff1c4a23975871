/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A streaming call of gofer_do() changes hands: its caller's thread runs it up to
 * the head, and gives it back to whoever serves the client. What the new driver
 * may do at once (end the call, and the client with it) does not take away what
 * the old one still needs; and what it runs for the user is bound by the call's
 * limits, as if it had been submitted.
 */
#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "integration/tap.h"
#include "support/heap.h"

extern CU_TestInfo handover_tests[];

/* --- the client ends while a call is given back --- */

/* Cancels the call between its head and its hand-over, so that it is queued there; and ends the
 * client once that is done, right before whoever serves would be poked for it. */
struct handover {
    gofer_client *client;
    gofer_cancel *token;
    struct origin *origin;
    pthread_t ender;
    struct gate *ended;
    unsigned after; /* allocations behind the request's arrival */
    bool fired;
    bool queued;
    bool early; /* the client was gone before the poke */
};

static void cancel_behind_the_head(void *arg)
{
    struct handover *h = arg;

    if (h->fired || origin_count(h->origin, ORIGIN_REQUESTS) == 0 || h->after-- > 0)
        return;
    h->fired = true;
    gofer_cancel_fire(h->token);
}

static void *end_client(void *arg)
{
    struct handover *h = arg;

    gofer_client_free(h->client);
    gate_pass(h->ended);
    return NULL;
}

/* That it does not end is only to be seen by giving it some time. */
enum { LOOKS = 30, LOOK_MS = 10 };

static int end_client_before_the_poke(enum tap_call call, unsigned nth, void *arg)
{
    struct handover *h = arg;

    (void)call, (void)nth;
    if (!h->fired || h->queued)
        return 0;
    h->queued = pthread_create(&h->ender, NULL, end_client, h) == 0;
    for (int i = 0; i < LOOKS && gate_passes(h->ended) == 0; i++)
        pass_ms(LOOK_MS);
    h->early = gate_passes(h->ended) > 0;
    return 0;
}

static void hello_to_all(struct peer *peer, void *arg)
{
    (void)arg;
    while (peer_read_request(peer) && peer_say(peer, REPLY_HELLO))
        continue;
}

/* Without workers nobody attends, so a poke is always owed. */
static bool try_handover(unsigned after)
{
    struct handover h = {.token = gofer_cancel_new(),
                         .origin = rig_origin(hello_to_all, NULL),
                         .ended = rig_gate(),
                         .after = after};
    gofer_request *request = rig_request("GET", h.origin, "/");
    gofer_response *response = NULL;

    h.client = gofer_client_new(&(gofer_client_options){.workers = GOFER_NO_WORKERS});
    EXPECT_STATUS(gofer_request_set_streaming(request, 1), GOFER_OK);
    EXPECT_STATUS(gofer_request_set_cancel(request, h.token), GOFER_OK);
    heap_watch(cancel_behind_the_head, &h);
    tap_open_writes(end_client_before_the_poke, &h);
    gofer_do(h.client, request, &response);
    tap_close();
    heap_watch(NULL, NULL);
    if (h.queued)
        pthread_join(h.ender, NULL);
    else
        gofer_client_free(h.client);
    EXPECT(!h.early);
    gofer_response_free(response);
    gofer_cancel_free(h.token);
    return h.queued;
}

/* Which of the few allocations is made when the outcome is certain is nobody's business here. */
static void a_client_outlives_the_poke_for_a_call_that_is_given_back(void)
{
    unsigned queued = 0;

    for (unsigned after = 0; after < 4; after++)
        queued += try_handover(after);
    EXPECT_AT_LEAST(queued, 1);
}

/* --- a callback on the new driver's thread --- */

struct upload {
    pthread_t caller;
    struct gate *inside; /* the progress function is, on a thread that is not the caller's */
    struct gate *go;
    struct gate *drink;
    atomic_bool back; /* before the gate opened */
};

static void stick_elsewhere(void *arg, int64_t sent, int64_t total)
{
    struct upload *upload = arg;

    (void)sent, (void)total;
    if (pthread_equal(pthread_self(), upload->caller))
        return;
    gate_pass(upload->inside);
    if (!gate_wait(upload->go, 1))
        atomic_store(&upload->back, true);
}

/* Answers with a head and a part of the body, and takes the request's body when it may. */
static void answer_then_drink(struct peer *peer, void *arg)
{
    struct upload *upload = arg;
    char sip[4096];

    if (peer_read_head(peer) && peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe") &&
        gate_wait(upload->drink, 1))
        while (peer_read(peer, sip, sizeof sip))
            continue;
}

/* More than any socket takes by itself; its pages are never written, so they cost nothing. */
enum { BODY_BYTES = 64 * 1024 * 1024 };

static void a_cancel_ends_a_read_beside_a_stuck_progress_function(void)
{
    struct upload upload = {
        .caller = pthread_self(), .inside = rig_gate(), .go = rig_gate(), .drink = rig_gate()};
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 2});
    gofer_request *request = rig_request("POST", rig_origin(answer_then_drink, &upload), "/");
    gofer_cancel *token = gofer_cancel_new();
    gofer_response *response = NULL;
    char *bytes = calloc(1, BODY_BYTES);
    char buf[5];

    REQUIRE(bytes != NULL);
    EXPECT_STATUS(gofer_request_set_body_ref(request, bytes, BODY_BYTES, free, bytes), GOFER_OK);
    EXPECT_STATUS(gofer_request_set_progress(request, stick_elsewhere, &upload), GOFER_OK);
    EXPECT_STATUS(gofer_request_set_streaming(request, 1), GOFER_OK);
    EXPECT_STATUS(gofer_request_set_cancel(request, token), GOFER_OK);
    EXPECT_STATUS(gofer_do(client, request, &response), GOFER_OK);
    EXPECT_INT(gofer_response_read(response, buf, 2), 2);
    gate_pass(upload.drink);
    EXPECT(gate_wait(upload.inside, 1));
    gofer_cancel_fire(token);
    EXPECT_INT(gofer_response_read_for(response, buf, 1, PATIENCE_MS / 4), -1);
    REQUIRE(gofer_response_error(response) != NULL);
    EXPECT_STATUS(gofer_response_error(response)->code, GOFER_ERR_CANCELED);
    EXPECT(!atomic_load(&upload.back));
    gate_pass(upload.go);
    gofer_response_free(response);
    EXPECT_STATUS(gofer_client_drain(client, PATIENCE_MS), GOFER_OK);
    gofer_cancel_free(token);
}

CU_TestInfo handover_tests[] = {
    {"RES-08 a client outlives the poke for a call that is given back",
     a_client_outlives_the_poke_for_a_call_that_is_given_back},
    {"a cancel ends a read beside a stuck progress function",
     a_cancel_ends_a_read_beside_a_stuck_progress_function},
    CU_TEST_INFO_NULL,
};
