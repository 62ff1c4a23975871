/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Bodies through each kind of proxy: large ones both ways, and bytes that come one
 * by one.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "integration/via.h"

extern CU_TestInfo proxy_bytes_tests[];

enum { BIG_BYTES = 2 * 1024 * 1024, READ_BYTES = 10000 };

static char sent[BIG_BYTES];

static void fill(void)
{
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (char)(i * 2654435761u >> 13);
}

/* Sends each body back. */
static void echo(struct peer *peer, void *arg)
{
    char *body = malloc(BIG_BYTES), head[96];

    (void)arg;
    while (body != NULL && peer_read_head(peer) && peer_read(peer, body, BIG_BYTES)) {
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BIG_BYTES);
        if (!peer_say(peer, head) || !peer_send(peer, body, BIG_BYTES))
            break;
    }
    free(body);
}

static gofer_request *big_request(const struct origin *origin)
{
    gofer_request *request = rig_request("POST", origin, "/");

    EXPECT_STATUS(gofer_request_set_body_ref(request, sent, sizeof sent, NULL, NULL), GOFER_OK);
    return request;
}

static void large_bodies_pass_both_ways(void)
{
    fill();
    for (unsigned i = 0; i < via_schemes_len; i++) {
        struct via via;
        size_t len = 0;
        struct origin *origin = rig_origin(echo, NULL);

        via_start(&via, via_schemes[i], NULL);
        gofer_client *client = via_client(&via, NULL);
        struct outcome got = rig_call(client, big_request(origin));
        if (EXPECT_STATUS(got.status, GOFER_OK)) {
            const void *body = gofer_response_body(got.response, &len);
            EXPECT(len == sizeof sent && memcmp(body, sent, len) == 0);
        }
        rig_end_client(client);
    }
}

/* Reads all of a stream; whether it is what was sent. */
static bool reads_it_all(gofer_response *response)
{
    char block[READ_BYTES];
    size_t len = 0;
    ssize_t n;

    while ((n = gofer_response_read(response, block, sizeof block)) > 0) {
        if (len + (size_t)n > sizeof sent || memcmp(sent + len, block, (size_t)n) != 0)
            return false;
        len += (size_t)n;
    }
    return n == 0 && len == sizeof sent;
}

static void large_streams_pass_both_ways(void)
{
    fill();
    for (unsigned i = 0; i < via_schemes_len; i++) {
        struct via via;
        gofer_request *request = big_request(rig_origin(echo, NULL));

        via_start(&via, via_schemes[i], NULL);
        gofer_client *client = via_client(&via, NULL);
        gofer_request_set_streaming(request, 1);
        struct outcome got = rig_call(client, request);
        EXPECT_STATUS(got.status, GOFER_OK);
        EXPECT(reads_it_all((gofer_response *)(uintptr_t)got.response));
        rig_end_client(client);
    }
}

static void bytes_arrive_one_by_one(void)
{
    static const struct route slow[] = {{.reply = REPLY_HELLO, .dribble = true}};

    for (unsigned i = 0; i < via_schemes_len; i++) {
        struct via via;
        struct origin *origin = rig_script(slow);

        via_start(&via, via_schemes[i], &(struct test_proxy_script){.fault = PROXY_FAULT_SLOW});
        gofer_client *client = via_client(&via, NULL);
        for (int n = 0; n < 2; n++) {
            struct outcome got = rig_get(client, origin, "/");
            rig_expect_answer(&got, 200, "hello");
        }
        EXPECT_INT(test_proxy_accepted(via.proxy), 1);
    }
}

/* Threads that meet in dials, in the pool, and in the sessions of both kinds of TLS. */
static void many_threads_go_through_one_proxy(void)
{
    enum { CALLERS = 12, ROUNDS = 3 };
    for (unsigned i = 0; i < via_schemes_len; i++) {
        struct via via;
        struct caller callers[CALLERS];
        struct origin *origin = rig_script(&(struct route){.reply = REPLY_HELLO});

        via_start(&via, via_schemes[i], NULL);
        gofer_client *client = via_client(&via, NULL);
        for (int round = 0; round < ROUNDS; round++) {
            for (int n = 0; n < CALLERS; n++)
                caller_start(&callers[n], client, rig_request("GET", origin, "/"));
            for (int n = 0; n < CALLERS; n++) {
                struct outcome got = caller_join(&callers[n]);
                rig_expect_answer(&got, 200, "hello");
            }
            if (round == 1)
                gofer_client_close_idle(client);
        }
        EXPECT_INT(rig_stats(client).calls_done, CALLERS * ROUNDS);
        rig_end_client(client);
    }
}

CU_TestInfo proxy_bytes_tests[] = {
    {"large bodies pass both ways", large_bodies_pass_both_ways},
    {"large streams pass both ways", large_streams_pass_both_ways},
    {"PX-10 bytes arrive one by one", bytes_arrive_one_by_one},
    {"many threads go through one proxy", many_threads_go_through_one_proxy},
    CU_TEST_INFO_NULL,
};
