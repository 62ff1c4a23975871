/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * client/snapshot and client/request: setters copy what calls hold, and what a
 * client made of a snapshot is kept for that client. The clients are cores of
 * which only what a snapshot reads is filled in.
 */
#include "client/snapshot.h"

#include <pthread.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <gofer/wire.h>

#include "client/core.h"
#include "unit/http/scarce.h"

extern CU_TestInfo snapshot_tests[];

static struct core one = {.id = 1, .user_agent = (char *)"one"};
static struct core two = {.id = 2, .user_agent = (char *)"two"};

static gofer_request *new_request(void)
{
    gofer_request *q = gofer_request_new("PUT", "http://u:p@host:81/a?b#c");
    CU_ASSERT_PTR_NOT_NULL_FATAL(q);
    CU_ASSERT_EQUAL(gofer_request_status(q), GOFER_OK);
    return q;
}

/* What a call does: it holds the snapshot of the moment. */
static struct snapshot *hold(const gofer_request *q)
{
    struct snapshot *s = request_snapshot(q);
    snapshot_ref(s);
    return s;
}

static struct prepared *prepare(struct snapshot *s, const struct core *core)
{
    struct buf why = BUF_INIT;
    gofer_status status;
    struct prepared *p = snapshot_prepare(s, core, &status, &why);
    CU_ASSERT_EQUAL(status, GOFER_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    buf_fini(&why);
    return p;
}

/* --- copy on write --- */

static void a_setter_changes_what_nobody_else_holds_in_place(void)
{
    gofer_request *q = new_request();
    const struct snapshot *s = request_snapshot(q);
    CU_ASSERT_EQUAL(gofer_request_set_header(q, "X-A", "b"), GOFER_OK);
    CU_ASSERT_EQUAL(gofer_request_set_timeout_ms(q, 5), GOFER_OK);
    CU_ASSERT_PTR_EQUAL(request_snapshot(q), s);
    gofer_request_free(q);
}

static void a_setter_copies_what_a_call_holds(void)
{
    int user;
    gofer_request *q = new_request();
    gofer_cancel *token = gofer_cancel_new();
    struct snapshot *held = hold(q);
    CU_ASSERT_EQUAL(gofer_request_set_header(q, "X-A", "b"), GOFER_OK);
    const struct snapshot *now = request_snapshot(q);
    CU_ASSERT_PTR_NOT_EQUAL_FATAL(now, held);
    CU_ASSERT_EQUAL(gofer_request_set_body(q, "body", 4), GOFER_OK);
    CU_ASSERT_EQUAL(gofer_request_set_timeout_ms(q, 5), GOFER_OK);
    CU_ASSERT_EQUAL(gofer_request_set_user(q, &user), GOFER_OK);
    CU_ASSERT_EQUAL(gofer_request_set_idempotent(q, 1), GOFER_OK);
    CU_ASSERT_EQUAL(gofer_request_set_cancel(q, token), GOFER_OK);
    CU_ASSERT_PTR_EQUAL(request_snapshot(q), now); /* one copy is enough */
    CU_ASSERT_EQUAL(held->headers.len, 0);
    CU_ASSERT_PTR_NULL(held->source);
    CU_ASSERT_EQUAL(held->timeout_ms, 0);
    CU_ASSERT_PTR_NULL(held->user);
    CU_ASSERT_PTR_NULL(held->cancel);
    CU_ASSERT_FALSE(held->idempotent);
    snapshot_unref(held);
    gofer_cancel_free(token);
    gofer_request_free(q);
}

static void a_copy_says_the_same(void)
{
    gofer_request *q = new_request();
    gofer_request_set_header(q, "X-A", "b");
    gofer_request_set_body(q, "body", 4);
    gofer_request_remove_header(q, "Accept");
    struct snapshot *held = hold(q);
    CU_ASSERT_EQUAL(gofer_request_set_user(q, NULL), GOFER_OK);
    struct snapshot *copied = hold(q);
    CU_ASSERT_PTR_NOT_EQUAL(held, copied);
    gofer_request_free(q);
    struct prepared *a = prepare(held, &one), *b = prepare(copied, &one);
    CU_ASSERT_STRING_EQUAL(a->head, b->head);
    CU_ASSERT_STRING_EQUAL(a->url, b->url);
    CU_ASSERT_STRING_EQUAL(a->key.text, b->key.text);
    CU_ASSERT_STRING_EQUAL(held->shown_url, copied->shown_url);
    CU_ASSERT_PTR_EQUAL(held->source, copied->source); /* bytes are shared */
    snapshot_release(held, a);
    snapshot_release(copied, b);
    snapshot_unref(held);
    snapshot_unref(copied);
}

static void count_call(void *arg)
{
    ++*(int *)arg;
}

static void a_body_by_reference_is_given_back_once_by_the_last_holder(void)
{
    int freed = 0;
    gofer_request *q = new_request();
    CU_ASSERT_EQUAL(gofer_request_set_body_ref(q, "body", 4, count_call, &freed), GOFER_OK);
    struct snapshot *held = hold(q);
    CU_ASSERT_EQUAL(gofer_request_set_user(q, q), GOFER_OK); /* both hold the body now */
    CU_ASSERT_EQUAL(gofer_request_set_body(q, NULL, 0), GOFER_OK);
    CU_ASSERT_EQUAL(freed, 0);
    gofer_request_free(q);
    CU_ASSERT_EQUAL(freed, 0);
    snapshot_unref(held);
    CU_ASSERT_EQUAL(freed, 1);
    CU_ASSERT_EQUAL(gofer_request_set_body_ref(NULL, "body", 4, count_call, &freed),
                    GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(freed, 2);
}

/* --- errors stick --- */

static void the_first_thing_wrong_sticks(void)
{
    gofer_request *q = new_request();
    CU_ASSERT_EQUAL(gofer_request_set_header(q, "X A", "b"), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_request_status(q), GOFER_ERR_INVALID);
    char *why = strdup(request_snapshot(q)->why);
    CU_ASSERT_EQUAL(gofer_request_set_timeout_ms(q, -2), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_request_set_header(q, "X-A", "b"), GOFER_OK);
    CU_ASSERT_EQUAL(gofer_request_status(q), GOFER_ERR_INVALID);
    CU_ASSERT_STRING_EQUAL(request_snapshot(q)->why, why);
    struct snapshot *held = hold(q);
    CU_ASSERT_EQUAL(gofer_request_set_user(q, q), GOFER_OK);
    CU_ASSERT_EQUAL(gofer_request_status(q), GOFER_ERR_INVALID); /* in copies, too */
    CU_ASSERT_STRING_EQUAL(request_snapshot(q)->why, why);
    snapshot_unref(held);
    free(why);
    gofer_request_free(q);
}

static void a_call_that_holds_a_good_snapshot_is_not_hurt_by_a_bad_setter(void)
{
    gofer_request *q = new_request();
    struct snapshot *held = hold(q);
    CU_ASSERT_EQUAL(gofer_request_set_header(q, "X", "\n"), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(held->status, GOFER_OK);
    snapshot_unref(held);
    gofer_request_free(q);
}

static void every_setter_reports_null(void)
{
    CU_ASSERT_EQUAL(gofer_request_set_header(NULL, "a", "b"), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_request_add_header(NULL, "a", "b"), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_request_remove_header(NULL, "a"), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_request_set_body(NULL, "a", 1), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_request_set_timeout_ms(NULL, 1), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_request_set_cancel(NULL, NULL), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_request_set_idempotent(NULL, 1), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_request_set_user(NULL, NULL), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_request_status(NULL), GOFER_ERR_INVALID);
    gofer_request_free(NULL);
}

/* --- prepared --- */

static void what_is_sent_is_prepared_once_for_a_client(void)
{
    gofer_request *q = new_request();
    struct snapshot *s = hold(q);
    struct prepared *p = prepare(s, &one);
    CU_ASSERT_PTR_EQUAL(prepare(s, &one), p);
    CU_ASSERT_STRING_EQUAL(p->key.text, "http://host:81");
    CU_ASSERT_STRING_EQUAL(p->url, "http://host:81/a?b");
    CU_ASSERT_EQUAL(strncmp(p->head, "PUT /a?b HTTP/1.1\r\nHost: host:81\r\nAuthorization: ", 48),
                    0);
    CU_ASSERT_PTR_NOT_NULL(strstr(p->head, "\r\nUser-Agent: one\r\n"));
    CU_ASSERT_EQUAL(p->request.up.head_len, strlen(p->head));
    CU_ASSERT_PTR_EQUAL(p->request.up.head, p->head);
    CU_ASSERT_EQUAL(p->request.down.asked, ASKED_PLAIN);
    CU_ASSERT_FALSE(p->replayable);
    snapshot_release(s, p);
    snapshot_release(s, p);
    CU_ASSERT_PTR_EQUAL(prepare(s, &one), p); /* kept with the snapshot */
    snapshot_unref(s);
    gofer_request_free(q);
}

static void another_client_gets_its_own(void)
{
    gofer_request *q = new_request();
    struct snapshot *s = hold(q);
    struct prepared *p = prepare(s, &one);
    struct prepared *other = prepare(s, &two);
    CU_ASSERT_PTR_NOT_EQUAL(other, p);
    CU_ASSERT_PTR_NOT_NULL(strstr(other->head, "\r\nUser-Agent: two\r\n"));
    snapshot_release(s, other);
    CU_ASSERT_PTR_EQUAL(prepare(s, &one), p);
    snapshot_unref(s);
    gofer_request_free(q);
}

static void a_setter_drops_what_was_prepared(void)
{
    gofer_request *q = new_request();
    prepare(request_snapshot(q), &one);
    CU_ASSERT_EQUAL(gofer_request_set_header(q, "X-A", "b"), GOFER_OK);
    struct prepared *p = prepare(request_snapshot(q), &one);
    CU_ASSERT_PTR_NOT_NULL(strstr(p->head, "\r\nX-A: b\r\n"));
    CU_ASSERT_EQUAL(gofer_request_set_idempotent(q, 1), GOFER_OK);
    CU_ASSERT(prepare(request_snapshot(q), &one)->replayable);
    gofer_request_free(q);
}

enum { ROUNDS = 300, THREADS = 4 };

struct shared {
    pthread_barrier_t barrier;
    struct snapshot *snapshot;
};

struct preparer {
    struct shared *shared;
    const struct core *core;
    int wrong;
};

static void *prepare_in_rounds(void *arg)
{
    struct preparer *me = arg;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&me->shared->barrier);
        struct snapshot *s = me->shared->snapshot;
        struct buf why = BUF_INIT;
        gofer_status status;
        struct prepared *p = snapshot_prepare(s, me->core, &status, &why);
        me->wrong += p == NULL || strstr(p->head, me->core->user_agent) == NULL;
        snapshot_release(s, p);
        snapshot_unref(s);
        pthread_barrier_wait(&me->shared->barrier);
    }
    return NULL;
}

static void threads_of_two_clients_prepare_at_once(void)
{
    struct shared shared;
    struct preparer preparers[THREADS];
    pthread_t threads[THREADS];
    pthread_barrier_init(&shared.barrier, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++) {
        preparers[i] = (struct preparer){&shared, i % 2 == 0 ? &one : &two, 0};
        pthread_create(&threads[i], NULL, prepare_in_rounds, &preparers[i]);
    }
    for (int i = 0; i < ROUNDS; i++) {
        gofer_request *q = new_request();
        shared.snapshot = request_snapshot(q);
        for (int j = 0; j < THREADS; j++)
            hold(q);
        pthread_barrier_wait(&shared.barrier);
        gofer_request_free(q);
        pthread_barrier_wait(&shared.barrier);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(preparers[i].wrong, 0);
    }
    pthread_barrier_destroy(&shared.barrier);
}

/* --- memory --- */

static gofer_status scarce_copy(void)
{
    gofer_request *q = gofer_request_new("PUT", "http://u:p@host:81/a?b#c");
    if (q == NULL)
        return GOFER_ERR_NOMEM;
    gofer_status status = gofer_request_set_body(q, "body", 4);
    struct snapshot *held = status == GOFER_OK ? hold(q) : NULL;
    if (status == GOFER_OK)
        status = gofer_request_set_header(q, "X-A", "b");
    CU_ASSERT_EQUAL(gofer_request_status(q), status); /* without memory the request is lost */
    if (held != NULL) {
        CU_ASSERT_EQUAL(held->status, GOFER_OK); /* but not what a call holds */
        snapshot_unref(held);
    }
    gofer_request_free(q);
    return status;
}

static gofer_status scarce_prepare(void)
{
    gofer_request *q = gofer_request_new("GET", "http://u:p@host:81/a?b#c");
    if (q == NULL)
        return GOFER_ERR_NOMEM;
    struct buf why = BUF_INIT;
    gofer_status status;
    struct prepared *p = snapshot_prepare(request_snapshot(q), &one, &status, &why);
    CU_ASSERT_EQUAL(p != NULL, status == GOFER_OK);
    buf_fini(&why);
    gofer_request_free(q);
    return status;
}

/* Setters that need memory of their own. */
typedef gofer_status setter_fn(gofer_request *q);

static gofer_status set_body_ref(gofer_request *q)
{
    return gofer_request_set_body_ref(q, "body", 4, NULL, NULL);
}

static gofer_status set_body_file(gofer_request *q)
{
    return gofer_request_set_body_file(q, "/proc/self/exe");
}

static ssize_t read_nothing(void *arg, void *buf, size_t cap)
{
    (void)arg;
    (void)buf;
    (void)cap;
    return 0;
}

static gofer_status set_body_reader(gofer_request *q)
{
    const gofer_body_reader reader = {.read = read_nothing, .length = -1};
    return gofer_request_set_body_reader(q, &reader);
}

static gofer_status add_header(gofer_request *q)
{
    return gofer_request_add_header(q, "X-B", "a longer value than a short one");
}

static gofer_status remove_header(gofer_request *q)
{
    return gofer_request_remove_header(q, "X-C");
}

static gofer_status add_trailer(gofer_request *q)
{
    return gofer_request_add_trailer(q, "X-T", "v");
}

static gofer_status set_upgrade(gofer_request *q)
{
    return gofer_request_set_upgrade(q, "websocket");
}

static gofer_status set_unix_socket(gofer_request *q)
{
    return gofer_request_set_unix_socket(q, "/run/socket");
}

static gofer_status set_proxy(gofer_request *q)
{
    return gofer_request_set_proxy(q, "http://u:p@proxy:3128");
}

static gofer_status set_tls_server_name(gofer_request *q)
{
    return gofer_request_set_tls_server_name(q, "other.test");
}

static gofer_status mark_secret(gofer_request *q)
{
    return gofer_request_mark_secret(q, "X-Secret");
}

static gofer_status set_basic_auth(gofer_request *q)
{
    return gofer_request_set_basic_auth(q, "user", "password");
}

static gofer_status set_bearer_token(gofer_request *q)
{
    return gofer_request_set_bearer_token(q, "token");
}

static void see_nothing(const gofer_trace_event *event, void *arg)
{
    (void)event;
    (void)arg;
}

static gofer_status set_trace(gofer_request *q)
{
    return gofer_request_set_trace(q, see_nothing, NULL, NULL);
}

static gofer_status set_wire(gofer_request *q)
{
    static const char *const order[] = {"Host", "Accept"};
    return gofer_request_set_wire(
        q, &(gofer_wire_options){
               .target = "/t", .path = "/p", .field_order = order, .field_order_len = 2});
}

static setter_fn *const setters[] = {
    set_body_ref, set_body_file,  set_body_reader,  add_header, remove_header,
    add_trailer,  set_upgrade,    set_unix_socket,  set_proxy,  set_tls_server_name,
    mark_secret,  set_basic_auth, set_bearer_token, set_trace,  set_wire};
static setter_fn *setter;

/* What a setter could not do, the request must not be sent without: it is told of that for good. */
static gofer_status scarce_setter(void)
{
    gofer_request *q = gofer_request_new("PUT", "http://host/");
    if (q == NULL)
        return GOFER_ERR_NOMEM;
    gofer_status status = setter(q);
    gofer_request_set_idempotent(q, 1);
    CU_ASSERT_EQUAL(gofer_request_status(q), status);
    gofer_request_free(q);
    return status;
}

static void out_of_memory_is_an_error_and_leaves_nothing(void)
{
    scarce_run(scarce_copy);
    scarce_run(scarce_prepare);
    for (size_t i = 0; i < sizeof setters / sizeof *setters; i++) {
        setter = setters[i];
        scarce_run(scarce_setter);
    }
}

CU_TestInfo snapshot_tests[] = {
    {"a setter changes what nobody else holds in place",
     a_setter_changes_what_nobody_else_holds_in_place},
    {"a setter copies what a call holds", a_setter_copies_what_a_call_holds},
    {"a copy says the same", a_copy_says_the_same},
    {"a body by reference is given back once by the last holder",
     a_body_by_reference_is_given_back_once_by_the_last_holder},
    {"the first thing wrong sticks", the_first_thing_wrong_sticks},
    {"a call that holds a good snapshot is not hurt by a bad setter",
     a_call_that_holds_a_good_snapshot_is_not_hurt_by_a_bad_setter},
    {"every setter reports NULL", every_setter_reports_null},
    {"what is sent is prepared once for a client", what_is_sent_is_prepared_once_for_a_client},
    {"another client gets its own", another_client_gets_its_own},
    {"a setter drops what was prepared", a_setter_drops_what_was_prepared},
    {"threads of two clients prepare at once", threads_of_two_clients_prepare_at_once},
    {"out of memory is an error and leaves nothing", out_of_memory_is_an_error_and_leaves_nothing},
    CU_TEST_INFO_NULL,
};
