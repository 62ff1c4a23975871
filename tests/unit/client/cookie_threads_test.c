/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * client/cookie_jar: one jar, 64 threads that do everything at once. What each
 * looks at is its own cookie, which must be whole and right however the others
 * set, evict, clear and save.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/heap.h"
#include "support/sanitizer.h"
#include "unit/client/cookie_rig.h"

extern CU_TestInfo cookie_threads_tests[];

enum { THREADS = 64, ROUNDS = SANITIZED_THREADS || SANITIZED_ADDRESSES ? 30 : 150 };

struct crowd {
    gofer_cookie_jar *jar;
    pthread_barrier_t barrier;
    char file[64];
    _Atomic unsigned wrong;
};

struct member {
    struct crowd *crowd;
    int number;
};

/* The thread's own site: what it set is what is sent, and what a copy says, also after it is
 * gone. */
static bool own_cookie_is_right(gofer_cookie_jar *jar, int number, int round)
{
    char url[60], line[120], want[60], sent[GOFER_COOKIE_HEADER_BYTES];
    gofer_cookies *list;
    snprintf(url, sizeof url, "http://www.site%d.test/", number);
    snprintf(want, sizeof want, "own=%d-%d", number, round);
    snprintf(line, sizeof line, "%s; Domain=site%d.test; Max-Age=1000", want, number);
    if (gofer_cookie_jar_set(jar, url, line) != GOFER_OK ||
        gofer_cookie_jar_get(jar, url, sent, sizeof sent) != GOFER_OK || strcmp(sent, want) != 0 ||
        gofer_cookie_jar_list(jar, url, &list) != GOFER_OK)
        return false;
    snprintf(url, sizeof url, "site%d.test", number);
    gofer_cookie_jar_remove(jar, url, "/", "own");
    bool ok = gofer_cookies_len(list) == 1 &&
              strcmp(gofer_cookies_at(list, 0)->value, strchr(want, '=') + 1) == 0;
    gofer_cookies_free(list);
    return ok;
}

/* A site that all share: nothing is known of it, but all of it must be whole. */
static bool shared_cookies_are_whole(gofer_cookie_jar *jar, int number, int round)
{
    char line[80], sent[GOFER_COOKIE_HEADER_BYTES];
    gofer_cookies *list;
    bool ok = true;
    snprintf(line, sizeof line, "shared%d-%d=v; Max-Age=%d", number % 16, round, round % 3);
    gofer_cookie_jar_set(jar, "http://shared.test/", line);
    if (gofer_cookie_jar_get(jar, "http://shared.test/", sent, sizeof sent) != GOFER_OK ||
        gofer_cookie_jar_list(jar, "http://shared.test/", &list) != GOFER_OK)
        return false;
    for (size_t i = 0; i < gofer_cookies_len(list); i++)
        ok = ok && strcmp(gofer_cookies_at(list, i)->value, "v") == 0;
    ok = ok && gofer_cookies_len(list) <= COOKIE_DOMAIN_MAX;
    gofer_cookies_free(list);
    return ok;
}

/* Two threads write the same file, and each finds a whole one. */
static bool file_is_whole(struct crowd *crowd)
{
    gofer_cookie_jar *copy = gofer_cookie_jar_new();
    bool ok = gofer_cookie_jar_save(crowd->jar, crowd->file) == GOFER_OK &&
              gofer_cookie_jar_load(copy, crowd->file) == GOFER_OK;
    gofer_cookie_jar_free(copy);
    return ok;
}

static void *take_part(void *arg)
{
    struct member *me = arg;
    struct crowd *crowd = me->crowd;
    pthread_barrier_wait(&crowd->barrier);
    for (int round = 0; round < ROUNDS; round++) {
        if (!own_cookie_is_right(crowd->jar, me->number, round) ||
            !shared_cookies_are_whole(crowd->jar, me->number, round))
            crowd->wrong++;
        if (me->number == 0)
            gofer_cookie_jar_clear_session(crowd->jar);
        if (me->number < 2 && round % 10 == 0 && !file_is_whole(crowd))
            crowd->wrong++;
    }
    gofer_cookie_jar_free(crowd->jar);
    return NULL;
}

static void sixty_four_threads_share_a_jar(void)
{
    struct crowd crowd = {.file = "/tmp/gofer-cookies-XXXXXX"};
    struct member members[THREADS];
    pthread_t threads[THREADS];
    heap_install();
    long blocks = heap_live();
    int fd = mkstemp(crowd.file);
    CU_ASSERT_FATAL(fd >= 0);
    close(fd);
    crowd.jar = gofer_cookie_jar_new();
    pthread_barrier_init(&crowd.barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        members[i] = (struct member){&crowd, i};
        cookie_jar_ref(crowd.jar);
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, take_part, &members[i]), 0);
    }
    gofer_cookie_jar_free(crowd.jar); /* the last thread frees */
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&crowd.barrier);
    unlink(crowd.file);
    CU_ASSERT_EQUAL(crowd.wrong, 0);
    CU_ASSERT_EQUAL(heap_live(), blocks);
}

CU_TestInfo cookie_threads_tests[] = {
    {"CK-12 64 threads share a jar and get copies", sixty_four_threads_share_a_jar},
    CU_TEST_INFO_NULL,
};
