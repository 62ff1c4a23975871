/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The process around the library: memory that runs out, fork, signals, and what
 * belongs to the program and must stay as it was.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "support/certs.h"
#include "support/heap.h"
#include "support/sanitizer.h"

extern CU_TestInfo resource_tests[];

enum { ALLOCATIONS = 2000 };

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* One step with its n-th allocation failing. */
struct step {
    gofer_client *client;
    const gofer_request *request;
    bool dropped; /* the call before was told to close its connection */
};

/* Success, or no memory; the response is missing only without memory. */
static void expect_ok_or_no_memory(gofer_status status, const gofer_response *response, long n)
{
    const gofer_error *error = gofer_response_error(response);

    if (status == GOFER_OK)
        return;
    if (!EXPECT_STATUS(status, GOFER_ERR_NOMEM))
        fprintf(stderr, "\n    allocation %ld: %s", n, error ? error->message : "no response");
}

static gofer_status by_do(struct step *step, gofer_response **response)
{
    return gofer_do(step->client, step->request, response);
}

static gofer_status by_submit(struct step *step, gofer_response **response)
{
    gofer_future *future = gofer_submit(step->client, step->request);
    gofer_status status;

    *response = NULL;
    if (future == NULL)
        return GOFER_ERR_NOMEM;
    status = gofer_future_wait_for(future, -1, response);
    gofer_future_free(future);
    return status;
}

/* Runs the step with each allocation failing in turn, until one run needs no more. */
static void each_fails(struct step *step, gofer_status (*run)(struct step *, gofer_response **))
{
    gofer_response *response;
    long n = 0;
    bool failed = true;

    while (failed && n < ALLOCATIONS) {
        if (step->dropped)
            gofer_client_close_idle(step->client);
        response = NULL;
        heap_fail_at(++n);
        gofer_status status = run(step, &response);
        failed = heap_failed();
        heap_fail_at(0);
        expect_ok_or_no_memory(status, response, n);
        if (status == GOFER_OK)
            EXPECT_TEXT(gofer_response_body(response, NULL), "hello");
        EXPECT(failed || status == GOFER_OK);
        gofer_response_free(response);
    }
    EXPECT(n < ALLOCATIONS);
    EXPECT_STATUS(run(step, &response), GOFER_OK);
    gofer_response_free(response);
    EXPECT_INT(rig_stats(step->client).calls_active, 0);
}

static void every_allocation_of_a_call_may_fail(int workers, bool dropped)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("POST", origin, "/path?query");
    struct step step = {.request = request, .dropped = dropped};

    gofer_request_set_header(request, "X-A", "b");
    gofer_request_set_body(request, "body", 4);
    step.client = rig_client(&(gofer_client_options){.workers = workers});
    each_fails(&step, by_do);
    each_fails(&step, by_submit);
    rig_end_client(step.client);
}

static void on_a_fresh_connection(void)
{
    every_allocation_of_a_call_may_fail(2, true);
}

static void on_a_reused_connection(void)
{
    every_allocation_of_a_call_may_fail(2, false);
}

static void without_workers(void)
{
    every_allocation_of_a_call_may_fail(GOFER_NO_WORKERS, true);
}

static void a_failed_call_keeps_its_error(void)
{
    static const struct route bad[] = {{.reply = "nonsense\r\n\r\n", .then = THEN_HOLD}};
    struct origin *origin = rig_script(bad);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("GET", origin, "/");
    bool failed = true;

    for (long n = 1; failed && n < ALLOCATIONS; n++) {
        gofer_response *response = NULL;
        heap_fail_at(n);
        gofer_status status = gofer_do(client, request, &response);
        failed = heap_failed();
        heap_fail_at(0);
        if (status != GOFER_ERR_PROTOCOL)
            expect_ok_or_no_memory(status, response, n);
        EXPECT(status != GOFER_OK);
        EXPECT(failed || status == GOFER_ERR_PROTOCOL);
        EXPECT(response != NULL || failed);
        if (response != NULL)
            EXPECT(gofer_response_error(response)->message[0] != '\0');
        gofer_response_free(response);
    }
    EXPECT(!failed);
}

static void every_allocation_of_a_client_may_fail(void)
{
    const gofer_header header = {"X-A", "b"};
    const gofer_client_options options = {
        .user_agent = "agent", .headers = &header, .headers_len = 1, .workers = 2};
    bool failed = true;

    for (long n = 1; failed && n < ALLOCATIONS; n++) {
        errno = 0;
        heap_fail_at(n);
        gofer_client *client = gofer_client_new(&options);
        failed = heap_failed();
        heap_fail_at(0);
        if (client == NULL)
            EXPECT_INT(errno, ENOMEM);
        EXPECT(failed || client != NULL);
        gofer_client_free(client);
    }
    EXPECT(!failed);
}

/* The steps of making a request; each may say that there is no memory. */
static gofer_status build(gofer_request *request)
{
    gofer_status status = gofer_request_set_header(request, "X-A", "one");

    if (status == GOFER_OK)
        status = gofer_request_add_header(request, "X-A", "two");
    if (status == GOFER_OK)
        status = gofer_request_remove_header(request, "Accept");
    if (status == GOFER_OK)
        status = gofer_request_set_body(request, "0123456789", 10);
    return status;
}

static void every_allocation_of_a_request_may_fail(void)
{
    bool failed = true;

    for (long n = 1; failed && n < ALLOCATIONS; n++) {
        heap_fail_at(n);
        gofer_request *request = gofer_request_new("POST", "http://user:pass@b\xc3\xbc"
                                                           "cher.example:8080/a b?c#d");
        gofer_status status = request == NULL ? GOFER_ERR_NOMEM : build(request);
        failed = heap_failed();
        heap_fail_at(0);
        if (status != GOFER_OK)
            EXPECT_STATUS(status, GOFER_ERR_NOMEM);
        EXPECT(failed || status == GOFER_OK);
        gofer_request_free(request);
    }
    EXPECT(!failed);
}

/* A setter fails, with a call in flight that shares what it is to change, or without; so does every
 * call then, before anything is sent. */
static void a_request_lost_in(gofer_status (*set)(gofer_request *request), bool shared)
{
    struct gate *seen = rig_gate(), *go = rig_gate();
    const struct route slow[] = {{.reply = REPLY_HELLO, .seen = seen, .go = go}};
    struct origin *origin = rig_script(slow);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("POST", origin, "/");
    gofer_future *future = shared ? gofer_submit(client, request) : NULL;

    EXPECT(!shared || gate_wait(seen, 1));
    heap_fail_at(1);
    EXPECT_STATUS(set(request), GOFER_ERR_NOMEM);
    heap_fail_at(0);
    EXPECT_STATUS(gofer_request_status(request), GOFER_ERR_NOMEM);
    EXPECT_STATUS(set(request), GOFER_ERR_NOMEM);
    struct outcome got = rig_call(client, request);
    rig_expect_error(&got, GOFER_ERR_NOMEM);
    gate_pass(go);
    gofer_future_wait(future, NULL);
    gofer_future_free(future);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), shared);
}

static gofer_status set_body(gofer_request *request)
{
    return gofer_request_set_body(request, "body", 4);
}

static gofer_status set_token(gofer_request *request)
{
    return gofer_request_set_bearer_token(request, "token");
}

static gofer_status set_timeout(gofer_request *request)
{
    return gofer_request_set_timeout_ms(request, 1);
}

static void a_setter_without_memory_loses_the_request(void)
{
    a_request_lost_in(set_body, false);
    a_request_lost_in(set_body, true);
    a_request_lost_in(set_token, false);
    a_request_lost_in(set_timeout, true);
}

static void every_allocation_of_a_group_may_fail(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("GET", origin, "/");
    bool failed = true;

    for (long n = 1; failed && n < ALLOCATIONS; n++) {
        gofer_future *future;
        heap_fail_at(n);
        gofer_group *group = gofer_group_new(client);
        gofer_status status = group == NULL ? GOFER_ERR_NOMEM : gofer_group_submit(group, request);
        while ((future = gofer_group_next(group, -1)) != NULL)
            gofer_future_free(future);
        failed = heap_failed();
        heap_fail_at(0);
        EXPECT(status == GOFER_OK || status == GOFER_ERR_NOMEM);
        gofer_group_free(group);
    }
    EXPECT(!failed);
    EXPECT(rig_wait_active(client, 0));
}

/* In the child: exit code 0 where everything says FORKED. */
static int child(gofer_client *client, const char *url)
{
    gofer_response *response = NULL;
    gofer_future *future;
    int wrong = 0;

    wrong |= gofer_get(client, url, &response) != GOFER_ERR_FORKED;
    gofer_response_free(response);
    future = gofer_submit_get(client, url);
    wrong |= (gofer_future_wait(future, NULL) != GOFER_ERR_FORKED) << 1;
    gofer_future_free(future);
    wrong |= (gofer_worker_run_once(client, 0) != GOFER_ERR_FORKED) << 2;
    wrong |= (gofer_client_drain(client, 0) != GOFER_ERR_FORKED) << 3;
    gofer_client_close_idle(client);
    gofer_client_free(client);
    return wrong;
}

static void a_forked_child_touches_nothing(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    char url[ORIGIN_URL_BYTES];
    int status = -1;

    origin_url(origin, "/", url);
    struct outcome got = rig_get_url(client, url);
    rig_expect_answer(&got, 200, "hello");
    pid_t pid = fork();
    if (pid == 0) {
        alarm(10);
        _exit(child(client, url));
    }
    REQUIRE(pid > 0);
    waitpid(pid, &status, 0);
    EXPECT(WIFEXITED(status));
    EXPECT_INT(WEXITSTATUS(status), 0);
    got = rig_get_url(client, url);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 2);
}

static void a_forked_child_may_make_its_own(void)
{
    char url[ORIGIN_URL_BYTES];
    gofer_client *client = rig_client(NULL);
    int status = -1;

    if (SANITIZED_THREADS) {
        printf(" skipped: ThreadSanitizer follows no threads of a forked child ");
        return;
    }
    rig_echo_url("echo", 1, url);
    struct outcome got = rig_get_url(client, url);
    EXPECT_STATUS(got.status, GOFER_OK);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(10);
        gofer_client *own = gofer_client_new(&(gofer_client_options){.workers = GOFER_NO_WORKERS});
        gofer_status ended = gofer_get(own, url, NULL);
        _exit((int)ended);
    }
    waitpid(pid, &status, 0);
    EXPECT(WIFEXITED(status));
    EXPECT_INT(WEXITSTATUS(status), GOFER_OK);
}

/* Reads the head and resets while the body is on its way. */
static void reset_upload(struct peer *peer, void *arg)
{
    (void)arg;
    if (peer_read_head(peer))
        peer_reset(peer);
}

static void a_reset_peer_raises_no_signal(void)
{
    enum { LEN = 8 * 1024 * 1024 };
    static char body[LEN];
    struct sigaction before, after;
    struct origin *origin = rig_origin(reset_upload, NULL);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("POST", origin, "/");

    sigaction(SIGPIPE, NULL, &before);
    EXPECT(before.sa_handler == SIG_DFL);
    gofer_request_set_body_ref(request, body, LEN, NULL, NULL);
    for (int i = 0; i < 10; i++) {
        gofer_future *future = gofer_submit(client, request);
        gofer_response *response = NULL;
        gofer_status status = i % 2 ? gofer_do(client, request, &response)
                                    : gofer_future_wait_for(future, -1, &response);
        struct outcome got = rig_outcome(status, response);
        rig_expect_error(&got, GOFER_ERR_BROKEN);
        gofer_future_free(future);
    }
    EXPECT_STATUS(gofer_client_drain(client, PATIENCE_MS), GOFER_OK);
    sigaction(SIGPIPE, NULL, &after);
    EXPECT(after.sa_handler == SIG_DFL);
}

static atomic_int interruptions;

static void on_signal(int signal)
{
    (void)signal;
    atomic_fetch_add(&interruptions, 1);
}

/* Sends a signal to a thread over and over, until told to stop. */
struct pest {
    pthread_t victim;
    atomic_bool stop;
};

static void *pest_main(void *arg)
{
    struct pest *pest = arg;

    while (!atomic_load(&pest->stop)) {
        pthread_kill(pest->victim, SIGUSR1);
        pass_ms(1);
    }
    return NULL;
}

static void signals_interrupt_nothing(void)
{
    struct sigaction action = {.sa_handler = on_signal}, before;
    struct pest pest = {.victim = pthread_self()};
    gofer_client *clients[] = {rig_client(NULL),
                               rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS})};
    char url[ORIGIN_URL_BYTES], body[ECHO_BODY_MAX + 1];
    pthread_t thread;

    sigaction(SIGUSR1, &action, &before); /* without SA_RESTART */
    REQUIRE(pthread_create(&thread, NULL, pest_main, &pest) == 0);
    for (unsigned long n = 0; n < 100; n++) {
        gofer_client *client = clients[n % 2];
        gofer_future *future = gofer_submit_get(client, rig_echo_url("slow", n, url));
        gofer_response *response = NULL;
        gofer_status status = n % 4 < 2 ? gofer_get(client, url, &response)
                                        : gofer_future_wait_for(future, -1, &response);
        struct outcome got = rig_outcome(status, response);
        body[echo_body(n, body)] = '\0';
        rig_expect_answer(&got, 200, body);
        gofer_future_free(future);
    }
    atomic_store(&pest.stop, true);
    pthread_join(thread, NULL);
    sigaction(SIGUSR1, &before, NULL);
    EXPECT_AT_LEAST(interruptions, 10);
}

static void what_is_the_programs_stays(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    sigset_t before, after;
    char locale[128];

    setlocale(LC_ALL, "C.UTF-8");
    snprintf(locale, sizeof locale, "%s", setlocale(LC_ALL, NULL));
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    for (int i = 0; i < 3; i++) {
        struct outcome got = rig_get(client, origin, "/");
        rig_expect_answer(&got, 200, "hello");
    }
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int signal = 1; signal < SIGRTMAX; signal++)
        EXPECT_INT(sigismember(&before, signal), sigismember(&after, signal));
    EXPECT_TEXT(setlocale(LC_ALL, NULL), locale);
    setlocale(LC_ALL, "C");
}

/* How many sockets, epoll sets and eventfds a program started now inherits. */
static int count_inherited(void)
{
    FILE *pipe = popen("for f in /proc/self/fd/*; do readlink \"$f\"; done | "
                       "grep -cE 'socket:|anon_inode'",
                       "re");
    int n = -1;

    if (pipe == NULL || fscanf(pipe, "%d", &n) != 1)
        n = -1;
    if (pipe != NULL)
        pclose(pipe);
    return n;
}

static void every_descriptor_is_closed_on_exec(void)
{
    int before = count_inherited();
    struct outcome got = rig_get(rig_client(NULL), rig_script(hello), "/");

    rig_expect_answer(&got, 200, "hello");
    EXPECT(before >= 0);
    EXPECT_INT(count_inherited(), before);
}

static void descriptors_that_run_out_are_an_error(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("GET", origin, "/");
    struct rlimit limit, none;
    struct outcome got;

    gofer_request_set_timeout_ms(request, 300);

    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    none = limit;
    none.rlim_cur = 3;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    got = rig_call(client, request);
    setrlimit(RLIMIT_NOFILE, &limit);
    EXPECT(got.status == GOFER_ERR_SYSTEM || got.status == GOFER_ERR_TIMEOUT ||
           got.status == GOFER_ERR_CONNECT);
    EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
    got = rig_get(client, origin, "/");
    rig_expect_answer(&got, 200, "hello");
}

static void high_descriptors_work(void)
{
    enum { LOW = 1100 };
    static int held[LOW];
    const gofer_tls_options tls = {.ca_pem = certs_pem("root")};
    struct origin *plain = rig_script(hello);
    struct origin *secure = rig_origin_tls(script_serve, (void *)(uintptr_t)hello, "good");
    gofer_client *client = rig_client(&(gofer_client_options){.tls = &tls});
    char url[ORIGIN_URL_BYTES];
    int n = 0;

    snprintf(url, sizeof url, "https://127.0.0.1:%u/", origin_port(secure));
    while (n < LOW && (held[n] = dup(STDERR_FILENO)) >= 0)
        n++;
    EXPECT_INT(n, LOW);
    struct outcome got = rig_get(client, plain, "/");
    rig_expect_answer(&got, 200, "hello");
    got = rig_get_url(client, url);
    rig_expect_answer(&got, 200, "hello");
    while (n > 0)
        close(held[--n]);
}

/* The rows of README.md's table that can be counted here. */
static void a_reused_request_costs_two_allocations(void)
{
    enum { CALLS = 20 };
    gofer_client *client = rig_client(NULL);
    const gofer_request *request = rig_request("GET", rig_script(hello), "/");
    gofer_response *response;
    long before = 0;

    for (int i = -1; i < CALLS; i++) {
        if (i == 0)
            before = heap_total();
        EXPECT_STATUS(gofer_do(client, request, &response), GOFER_OK);
        gofer_response_free(response);
    }
    EXPECT_INT(heap_total() - before, 2 * CALLS);
}

CU_TestInfo resource_tests[] = {
    {"a reused request costs two allocations", a_reused_request_costs_two_allocations},
    {"RES-01 every allocation of a call may fail, fresh connection", on_a_fresh_connection},
    {"RES-01 every allocation of a call may fail, reused connection", on_a_reused_connection},
    {"RES-01 every allocation of a call may fail, no workers", without_workers},
    {"RES-01 a failed call keeps its error or says no memory", a_failed_call_keeps_its_error},
    {"RES-01 every allocation of a client may fail", every_allocation_of_a_client_may_fail},
    {"RES-01 every allocation of a request may fail", every_allocation_of_a_request_may_fail},
    {"RES-01 a setter without memory loses the request", a_setter_without_memory_loses_the_request},
    {"RES-01 every allocation of a group may fail", every_allocation_of_a_group_may_fail},
    {"RES-05 a forked child touches nothing", a_forked_child_touches_nothing},
    {"RES-05 a forked child may make its own client", a_forked_child_may_make_its_own},
    {"TCP-08 a reset peer raises no signal", a_reset_peer_raises_no_signal},
    {"TCP-07 signals interrupt nothing", signals_interrupt_nothing},
    {"RES-14 what is the program's stays", what_is_the_programs_stays},
    {"every descriptor is closed on exec", every_descriptor_is_closed_on_exec},
    {"RES-02 descriptors that run out are an error", descriptors_that_run_out_are_an_error},
    {"TCP-09 descriptors beyond 1024 work", high_descriptors_work},
    CU_TEST_INFO_NULL};
