/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The poison server: it answers each request twice. The second answer comes in
 * the same write, at once, 50 us or 1 ms later. A caller whose next request
 * begins after it came never gets it for its own. The order is forced: the
 * server says when it has spoken, and the caller waits for that.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "support/sanitizer.h"

extern CU_TestInfo poison_tests[];

enum { LESS = SANITIZED_THREADS || SANITIZED_ADDRESSES };
enum { ROUNDS = LESS ? 50 : 250, TEXT = 256 };

struct poison {
    bool apart;        /* in two writes */
    long pause_ns;     /* between them: how late the poison is, which is what a test is about */
    struct gate *said; /* passed when the second answer is sent */
};

static void write_answer(char *text, const char *body)
{
    snprintf(text, TEXT, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
}

static void answer_twice(struct peer *peer, const struct poison *poison, const char *number)
{
    char first[2 * TEXT], second[TEXT];

    write_answer(first, number);
    write_answer(second, "poison");
    if (!poison->apart)
        strcat(first, second);
    peer_say(peer, first);
    if (poison->pause_ns > 0)
        nanosleep(&(struct timespec){.tv_nsec = poison->pause_ns}, NULL);
    if (poison->apart)
        peer_say(peer, second);
    gate_pass(poison->said);
}

static void serve_poison(struct peer *peer, void *arg)
{
    char number[24];

    while (peer_read_request(peer)) {
        const char *field = strcasestr(peer_head(peer), "\r\nX-Number: ");
        if (field == NULL || sscanf(field, "%*s %23[0-9]", number) != 1)
            return;
        answer_twice(peer, arg, number);
    }
}

/* One call and its own answer; comes back when the poison is in. */
static void call(gofer_client *client, gofer_request *request, const struct poison *poison,
                 unsigned number)
{
    char text[24];

    snprintf(text, sizeof text, "%u", number);
    gofer_request_set_header(request, "X-Number", text);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, text);
    EXPECT(gate_wait(poison->said, number));
}

/* Each pair of calls has a client of its own: the first offence costs the origin its keep-alive. */
static void poisoned(struct poison *poison)
{
    poison->said = rig_gate();
    struct origin *origin = rig_origin(serve_poison, poison);
    gofer_request *request = rig_request("GET", origin, "/");
    unsigned number = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        gofer_client *client = rig_client(NULL);
        call(client, request, poison, ++number);
        call(client, request, poison, ++number);
        EXPECT_AT_LEAST(rig_stats(client).closed_talking, 1);
        EXPECT_AT_LEAST(rig_stats(client).origin_bans, 1);
        EXPECT_INT(rig_stats(client).calls_retried, 0);
        rig_end_client(client);
    }
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 2 * ROUNDS);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2 * ROUNDS);
}

static void in_the_same_write(void)
{
    static struct poison poison;

    poison = (struct poison){.apart = false};
    poisoned(&poison);
}

static void at_once(void)
{
    static struct poison poison;

    poison = (struct poison){.apart = true};
    poisoned(&poison);
}

static void after_50_us(void)
{
    static struct poison poison;

    poison = (struct poison){.apart = true, .pause_ns = 50000};
    poisoned(&poison);
}

static void after_1_ms(void)
{
    static struct poison poison;

    poison = (struct poison){.apart = true, .pause_ns = 1000000};
    poisoned(&poison);
}

static void one_client_bans_it(void)
{
    enum { CALLS = LESS ? 80 : 300 };
    static struct poison poison;
    gofer_client *client = rig_client(NULL);
    gofer_origin_stats seen;

    poison = (struct poison){.apart = true, .said = rig_gate()};
    struct origin *origin = rig_origin(serve_poison, &poison);
    gofer_request *request = rig_request("POST", origin, "/");
    for (unsigned i = 1; i <= CALLS; i++)
        call(client, request, &poison, i);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), CALLS);
    EXPECT_INT(rig_stats(client).conns_reused, 0);
    EXPECT_AT_LEAST(rig_stats(client).origin_bans, 1);
    REQUIRE(gofer_client_origins(client, &seen, 1) == 1);
    EXPECT(seen.banned);
    EXPECT_INT(seen.bans, rig_stats(client).origin_bans);
    EXPECT_INT(seen.closed_talking, rig_stats(client).closed_talking);
}

CU_TestInfo poison_tests[] = {{"RU-01 a second answer in the same write", in_the_same_write},
                              {"RU-02 a second answer at once", at_once},
                              {"RU-02 a second answer after 50 us", after_50_us},
                              {"RU-02 a second answer after 1 ms", after_1_ms},
                              {"RU-20 one client bans the poison server", one_client_bans_it},
                              CU_TEST_INFO_NULL};
