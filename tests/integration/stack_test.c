/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * How much stack gofer takes: of a caller that does all of its call itself, from
 * the lookup to the last byte, and of a thread that does it for others. Both stacks
 * are the test's own memory, zeros at first: what is something else afterwards was
 * used, by gofer and by the libraries under it.
 *
 * What the manual promises (libgofer(3), Stacks) is what is held here.
 */
#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "integration/coded_reply.h"
#include "integration/expect.h"
#include "integration/rig.h"
#include "integration/trail.h"
#include "integration/via.h"
#include "support/certs.h"
#include "support/sanitizer.h"

extern CU_TestInfo stack_tests[];

enum {
    KIB = 1024,
    PROMISED = 64 * KIB,
    /* Sanitizers need more of it, and so do calls that are not optimised. */
    ALLOWED = SANITIZED_THREADS || SANITIZED_ADDRESSES ? 1024 * KIB : PROMISED,
    STACK_BYTES = 4 * ALLOWED,
    TRIPS = 16
};

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* --- a stack that shows what was used of it --- */

struct painted {
    void *memory;
    pthread_t thread;
};

static void painted_start(struct painted *p, void *(*body)(void *), void *arg)
{
    pthread_attr_t attr;

    p->memory = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(p->memory != MAP_FAILED);
    pthread_attr_init(&attr);
    REQUIRE(pthread_attr_setstack(&attr, p->memory, STACK_BYTES) == 0);
    REQUIRE(pthread_create(&p->thread, &attr, body, arg) == 0);
    pthread_attr_destroy(&attr);
}

/* The stack's bytes, by way of the system: valgrind lets nobody look below a stack's pointer. */
static void read_stack(const struct painted *p, unsigned char *bytes)
{
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

    REQUIRE(memory >= 0);
    EXPECT_INT(pread(memory, bytes, STACK_BYTES, (off_t)(uintptr_t)p->memory), STACK_BYTES);
    close(memory);
}

/* Joins it; how many bytes, from the top, were used. */
static size_t painted_join(struct painted *p)
{
    static unsigned char bytes[STACK_BYTES];
    size_t untouched = 0;

    pthread_join(p->thread, NULL);
    read_stack(p, bytes);
    while (untouched < STACK_BYTES && bytes[untouched] == 0)
        untouched++;
    munmap(p->memory, STACK_BYTES);
    return STACK_BYTES - untouched;
}

/* --- calls of all kinds --- */

struct trip {
    const char *what;
    gofer_client *client;
    gofer_request *request;
    gofer_status expected;
};

static struct trip trips[TRIPS];
static unsigned trips_len;

static void add(const char *what, gofer_client *client, gofer_request *request,
                gofer_status expected)
{
    REQUIRE(trips_len < TRIPS);
    trips[trips_len++] = (struct trip){what, client, request, expected};
}

/* Without workers: whoever waits looks up, connects and shakes hands himself. */
static gofer_client *alone(const char *proxy, gofer_cookie_jar *jar)
{
    gofer_tls_options trust = {.ca_pem = certs_pem("root")};

    return rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS,
                                              .proxy = proxy,
                                              .tls = &trust,
                                              .proxy_tls = &trust,
                                              .cookie_jar = jar});
}

static gofer_request *named(const struct origin *origin)
{
    char url[ORIGIN_URL_BYTES];

    snprintf(url, sizeof url, "http://localhost:%u/", origin_port(origin));
    return rig_request_to("GET", url);
}

static void add_coded(gofer_client *client)
{
    const struct {
        const char *coding;
        struct coded_bytes bytes;
    } rows[] = {{"gzip", coded_text(coded_sample())},
                {"br", coded_sample_brotli},
                {"zstd", coded_sample_zstd}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct origin *origin =
            coded_origin(&(struct coded_reply){.coding = rows[i].coding, .body = rows[i].bytes});
        add(rows[i].coding, client, rig_request("GET", origin, "/"), GOFER_OK);
    }
}

static void add_upload(gofer_client *client, const struct origin *origin)
{
    gofer_request *request = rig_request("POST", origin, "/");

    gofer_request_set_body_file(request, "/etc/passwd");
    add("a file that is sent", client, request, GOFER_OK);
}

static void add_redirect(gofer_client *client)
{
    struct trail *trail = trail_begin();

    trail_answer(trail, "/",
                 "HTTP/1.1 302 X\r\nLocation: /there\r\nSet-Cookie: a=b\r\n"
                 "Content-Length: 0\r\n\r\n");
    add("a redirect with a cookie", client, rig_request_to("GET", trail_url(trail, "/")), GOFER_OK);
}

static void add_all(gofer_cookie_jar *jar)
{
    static struct via via;
    struct origin *plain = rig_script(hello);
    struct origin *tls = rig_origin_tls(script_serve, (void *)(uintptr_t)hello, "good");
    gofer_client *direct = alone("", jar);

    trips_len = 0;
    coded_fresh();
    via_start(&via, "https", NULL);
    add("plain", direct, rig_request("GET", plain, "/"), GOFER_OK);
    add("a name", direct, named(plain), GOFER_OK);
    add("TLS", direct, rig_request("GET", tls, "/"), GOFER_OK);
    add("TLS in a proxy's TLS", alone(via.url, NULL), rig_request("GET", tls, "/"), GOFER_OK);
    add("nobody", direct, rig_request_to("GET", "http://127.0.0.1:1/"), GOFER_ERR_CONNECT);
    add_coded(direct);
    add_upload(direct, plain);
    add_redirect(direct);
}

/* --- who makes them --- */

/* One call, and what became of it; the expectations are the test's own thread's. */
struct made {
    const struct trip *trip;
    gofer_future *future;
    bool is_done;
    gofer_status status;
    gofer_response *response;
};

/* A caller that does everything itself. */
static void *call_main(void *arg)
{
    struct made *made = arg;

    made->status = gofer_do(made->trip->client, made->trip->request, &made->response);
    return NULL;
}

static void note_end(gofer_future *future, void *arg)
{
    (void)future;
    ((struct made *)arg)->is_done = true;
}

/* A thread that is lent, as a worker's is, to a call that another one submits and awaits. */
static void *lend_main(void *arg)
{
    struct made *made = arg;

    while (!made->is_done)
        gofer_worker_run_once(made->trip->client, -1);
    return NULL;
}

static size_t measure_caller(struct made *made)
{
    struct painted painted;

    painted_start(&painted, call_main, made);
    return painted_join(&painted);
}

static size_t measure_lent(struct made *made)
{
    struct painted painted;
    size_t used;

    made->future = gofer_submit(made->trip->client, made->trip->request);
    gofer_future_on_done(made->future, note_end, made);
    painted_start(&painted, lend_main, made);
    used = painted_join(&painted);
    made->status = gofer_future_wait(made->future, &made->response);
    gofer_future_free(made->future);
    return used;
}

static void hold_promise(size_t (*measure)(struct made *made))
{
    gofer_cookie_jar *jar = gofer_cookie_jar_new();
    size_t most = 0;

    add_all(jar);
    for (unsigned i = 0; i < trips_len; i++) {
        struct made made = {.trip = &trips[i]};
        size_t used = measure(&made);
        struct outcome got = rig_outcome(made.status, made.response);
        EXPECT_STATUS(got.status, trips[i].expected);
        if (!EXPECT(used <= ALLOWED))
            fprintf(stderr, "\n    %s: %zu bytes", trips[i].what, used);
        most = used > most ? used : most;
    }
    gofer_cookie_jar_free(jar);
    printf("(%zu KiB) ", most / KIB);
}

static void a_caller_needs_no_more_than_is_promised(void)
{
    hold_promise(measure_caller);
}

static void a_worker_needs_no_more_than_is_promised(void)
{
    hold_promise(measure_lent);
}

CU_TestInfo stack_tests[] = {{"RES-12 a caller needs no more stack than is promised",
                              a_caller_needs_no_more_than_is_promised},
                             {"RES-12 a worker needs no more stack than is promised",
                              a_worker_needs_no_more_than_is_promised},
                             CU_TEST_INFO_NULL};
