/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * How many connections there may be: idle ones in all and of an origin, and all
 * of an origin. Who waits for a connection is in binding_test.c.
 */
#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo limit_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* --- limits of idle connections --- */

static void the_least_recently_used_is_closed(void)
{
    enum { ORIGINS = 5, KEPT = 4 };
    struct origin *origins[ORIGINS];
    gofer_client *client = rig_client(&(gofer_client_options){.max_idle_conns = KEPT});

    for (int i = 0; i < ORIGINS; i++) {
        origins[i] = rig_script(hello);
        rig_get_hello(client, origins[i]);
    }
    EXPECT(origin_wait(origins[0], ORIGIN_OPEN, 0));
    EXPECT_INT(rig_stats(client).conns_idle, KEPT);
    EXPECT_INT(rig_stats(client).closed_limit, 1);
    for (int i = 1; i < ORIGINS; i++) {
        rig_get_hello(client, origins[i]);
        EXPECT_INT(origin_count(origins[i], ORIGIN_ACCEPTED), 1);
    }
    rig_get_hello(client, origins[0]);
    EXPECT_INT(origin_count(origins[0], ORIGIN_ACCEPTED), 2);
}

/* Answers each connection's held request when its own gate opens. */
struct holder {
    struct gate *seen;
    struct gate *go[8];
};

static void hold_each(struct peer *peer, void *arg)
{
    struct holder *holder = arg;

    while (peer_read_request(peer)) {
        char number[64];
        if (peer_asks(peer, "/held")) {
            gate_pass(holder->seen);
            if (!gate_wait(holder->go[peer_number(peer) - 1], 1))
                return;
        }
        snprintf(number, sizeof number, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%u",
                 peer_number(peer));
        peer_say(peer, number);
    }
}

static struct origin *hold(struct holder *holder, unsigned n)
{
    holder->seen = rig_gate();
    for (unsigned i = 0; i < n; i++)
        holder->go[i] = rig_gate();
    return rig_origin(hold_each, holder);
}

/* Begins n calls, each on a connection of its own, numbered in their order. */
static void begin_held(struct caller *callers, unsigned n, gofer_client *client,
                       struct origin *origin, struct holder *holder)
{
    for (unsigned i = 0; i < n; i++) {
        caller_start(&callers[i], client, rig_request("GET", origin, "/held"));
        EXPECT(gate_wait(holder->seen, i + 1));
    }
}

static void end_held(struct caller *caller, struct holder *holder, unsigned i)
{
    char number[8];

    gate_pass(holder->go[i]);
    struct outcome got = caller_join(caller);
    snprintf(number, sizeof number, "%u", i + 1);
    rig_expect_answer(&got, 200, number);
}

static void an_origin_keeps_so_many_and_no_more(void)
{
    static const unsigned idle_after[] = {1, 2, 2};
    static struct holder holder;
    struct origin *origin = hold(&holder, 3);
    gofer_client *client = rig_client(&(gofer_client_options){.max_idle_conns_per_host = 2});
    struct caller callers[3];

    begin_held(callers, 3, client, origin, &holder);
    for (unsigned i = 0; i < 3; i++) {
        end_held(&callers[i], &holder, i);
        EXPECT_INT(rig_stats(client).conns_idle, idle_after[i]);
    }
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 2));
    EXPECT_INT(rig_stats(client).closed_limit, 1);
}

static void each_origin_has_its_own_limit(void)
{
    static struct holder a, b;
    struct origin *origin_a = hold(&a, 2), *origin_b = hold(&b, 2);
    gofer_client *client = rig_client(&(gofer_client_options){.max_idle_conns_per_host = 1});
    struct caller on_a[2], on_b[2];

    begin_held(on_a, 2, client, origin_a, &a);
    begin_held(on_b, 2, client, origin_b, &b);
    for (unsigned i = 0; i < 2; i++) {
        end_held(&on_a[i], &a, i);
        end_held(&on_b[i], &b, i);
    }
    EXPECT_INT(rig_stats(client).conns_idle, 2);
    EXPECT(origin_wait(origin_a, ORIGIN_OPEN, 1));
    EXPECT(origin_wait(origin_b, ORIGIN_OPEN, 1));
    struct outcome got = rig_get(client, origin_a, "/");
    rig_expect_answer(&got, 200, "1");
    got = rig_get(client, origin_b, "/");
    rig_expect_answer(&got, 200, "1");
    EXPECT_INT(rig_stats(client).conns_opened, 4);
}

static void the_most_recently_used_is_taken(void)
{
    static struct holder holder;
    struct origin *origin = hold(&holder, 3);
    gofer_client *client = rig_client(NULL);
    struct caller callers[3];

    begin_held(callers, 3, client, origin, &holder);
    end_held(&callers[0], &holder, 0);
    end_held(&callers[2], &holder, 2);
    end_held(&callers[1], &holder, 1);
    for (int i = 0; i < 3; i++) {
        struct outcome got = rig_get(client, origin, "/");
        rig_expect_answer(&got, 200, "2");
    }
    EXPECT_INT(rig_stats(client).conns_idle, 3);
}

static void an_idle_time_of_never_keeps(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.idle_conn_timeout_ms = GOFER_NEVER});

    rig_get_hello(client, origin);
    EXPECT_INT(rig_stats(client).conns_idle, 1);
    rig_get_hello(client, origin);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

/* --- limits of connections --- */

static const struct route hello_and_close[] = {
    {.target = "/last", .reply = REPLY_HELLO, .then = THEN_CLOSE}, {.reply = REPLY_HELLO}};

static void one_connection_and_one_more_after_its_death(void)
{
    enum { CALLERS = 10 };
    struct origin *origin = rig_script(hello_and_close);
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = 1});
    struct caller callers[CALLERS];

    for (unsigned round = 1; round <= 2; round++) {
        for (int i = 0; i < CALLERS; i++)
            caller_start(&callers[i], client, rig_request("GET", origin, "/"));
        for (int i = 0; i < CALLERS; i++)
            caller_joins_hello(&callers[i]);
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), round);
        EXPECT_INT(rig_stats(client).conns_opened, round);
        struct outcome last = rig_get(client, origin, "/last");
        rig_expect_answer(&last, 200, "hello");
        EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    }
}

/* How many connections an origin had at once, at most. */
struct crowd {
    atomic_uint open, most;
};

static void count_crowd(struct peer *peer, void *arg)
{
    struct crowd *crowd = arg;
    unsigned open = atomic_fetch_add(&crowd->open, 1) + 1;
    unsigned most = atomic_load(&crowd->most);

    while (open > most && !atomic_compare_exchange_weak(&crowd->most, &most, open))
        continue;
    while (peer_read_request(peer) && !peer_asks(peer, "/drop"))
        peer_say(peer, REPLY_HELLO);
    atomic_fetch_sub(&crowd->open, 1);
}

static void the_limit_holds_while_connections_die(void)
{
    enum { CALLERS = 24, LIMIT = 3 };
    static struct crowd crowd;
    struct origin *origin;
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = LIMIT});
    struct caller callers[CALLERS];

    atomic_store(&crowd.open, 0);
    atomic_store(&crowd.most, 0);
    origin = rig_origin(count_crowd, &crowd);
    for (int i = 0; i < CALLERS; i++)
        caller_start(&callers[i], client, rig_request("POST", origin, i % 3 == 0 ? "/drop" : "/"));
    for (int i = 0; i < CALLERS; i++) {
        struct outcome got = caller_join(&callers[i]);
        if (i % 3 == 0)
            rig_expect_error(&got, GOFER_ERR_BROKEN);
        else
            rig_expect_answer(&got, 200, "hello");
    }
    /* Only the peer closes connections here, and it counts them out before it does. */
    EXPECT(atomic_load(&crowd.most) <= LIMIT);
    EXPECT_AT_LEAST(rig_stats(client).conns_opened, CALLERS / 3);
    EXPECT_INT(rig_stats(client).calls_waiting, 0);
}

/* --- what connections are not used for --- */

/* Looks, while a second call waits, whether its request came ahead of the first answer. */
struct ahead {
    struct gate *read;
    struct gate *waiting;
    bool came;
};

static void answer_once_another_waits(struct peer *peer, void *arg)
{
    struct ahead *ahead = arg;
    char byte;

    while (peer_read_request(peer)) {
        if (peer_requests(peer) == 1) {
            gate_pass(ahead->read);
            gate_wait(ahead->waiting, 1);
            ahead->came = recv(peer_fd(peer), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
        }
        peer_say(peer, REPLY_HELLO);
    }
}

static bool somebody_waits(void *client)
{
    return rig_stats(client).calls_waiting == 1;
}

static void nothing_is_pipelined(void)
{
    struct ahead ahead = {.read = rig_gate(), .waiting = rig_gate(), .came = true};
    struct origin *origin = rig_origin(answer_once_another_waits, &ahead);
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = 1});
    struct caller first, second;

    caller_start(&first, client, rig_request("GET", origin, "/"));
    EXPECT(gate_wait(ahead.read, 1));
    caller_start(&second, client, rig_request("GET", origin, "/"));
    EXPECT(eventually(somebody_waits, client));
    gate_pass(ahead.waiting);
    caller_joins_hello(&first);
    caller_joins_hello(&second);
    EXPECT(!ahead.came);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

static const struct route challenge[] = {
    {.reply = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\n"
              "WWW-Authenticate: NTLM\r\nContent-Length: 2\r\n\r\nno"}};

static void connections_are_not_authenticated(void)
{
    struct origin *origin = rig_script(challenge);
    gofer_client *client = rig_client(NULL);
    gofer_request *mine = rig_request("GET", origin, "/");
    struct outcome got;

    EXPECT_STATUS(gofer_request_set_header(mine, "Authorization", "NTLM TlRMTVNTUAAB"), GOFER_OK);
    got = rig_call(client, mine);
    rig_expect_answer(&got, 401, "no");
    EXPECT(strstr(origin_last_head(origin), "Authorization: NTLM") != NULL);
    got = rig_get(client, origin, "/");
    rig_expect_answer(&got, 401, "no");
    EXPECT(strstr(origin_last_head(origin), "Authorization") == NULL);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 2);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

CU_TestInfo limit_tests[] = {
    {"A17 the least recently used is closed", the_least_recently_used_is_closed},
    {"B1 an origin keeps so many and no more", an_origin_keeps_so_many_and_no_more},
    {"B2 each origin has its own limit", each_origin_has_its_own_limit},
    {"the most recently used is taken", the_most_recently_used_is_taken},
    {"an idle time of never keeps", an_idle_time_of_never_keeps},
    {"B4 one connection, and one more after its death",
     one_connection_and_one_more_after_its_death},
    {"RU-12 the limit holds while connections die", the_limit_holds_while_connections_die},
    {"RU-19 no request is sent ahead of an answer", nothing_is_pipelined},
    {"RU-15 a challenge is the caller's, and no connection is authenticated",
     connections_are_not_authenticated},
    CU_TEST_INFO_NULL};
