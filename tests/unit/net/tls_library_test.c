/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/tls_library: OpenSSL stays the program's, in its error queues and at its
 * end. The end is tried in a process of its own: this program again, which a
 * constructor takes over where the environment says so.
 */
#include "net/tls_library.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/fault.h"
#include "net/tls_source.h"

extern CU_TestInfo tls_library_tests[];

#define CHILD "GOFER_TEST_TLS_EXIT"

/* --- the queue --- */

static void what_was_queued_is_there_again(void)
{
    struct tls_visit visit;
    CU_ASSERT(tls_library_init());
    ERR_clear_error();
    ERR_raise_data(ERR_LIB_USER, 7, "of the program's");
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    tls_enter(&visit);
    CU_ASSERT_EQUAL(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_DATA);
    tls_leave(&visit);
    const char *file, *func, *data;
    int line, flags;
    unsigned long first = ERR_get_error_all(&file, &line, &func, &data, &flags);
    CU_ASSERT_EQUAL(ERR_GET_LIB(first), ERR_LIB_USER);
    CU_ASSERT_EQUAL(ERR_GET_REASON(first), 7);
    CU_ASSERT_STRING_EQUAL(data, "of the program's");
    CU_ASSERT_PTR_NOT_NULL(strstr(file, "tls_library_test.c"));
    CU_ASSERT_STRING_EQUAL(func, __func__);
    unsigned long second = ERR_get_error();
    CU_ASSERT_EQUAL(ERR_GET_REASON(second), SSL_R_BAD_LENGTH);
    CU_ASSERT_EQUAL(ERR_get_error(), 0);
}

static void what_gofer_caused_is_not_left(void)
{
    struct tls_visit visit;
    ERR_clear_error();
    tls_enter(&visit);
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_DATA);
    tls_leave(&visit);
    CU_ASSERT_EQUAL(ERR_peek_error(), 0);
}

static void visits_nest(void)
{
    struct tls_visit outer, inner;
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 1);
    tls_enter(&outer);
    ERR_raise(ERR_LIB_USER, 2);
    tls_enter(&inner);
    CU_ASSERT_EQUAL(ERR_peek_error(), 0);
    tls_leave(&inner);
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), 2);
    tls_leave(&outer);
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_get_error()), 1);
    CU_ASSERT_EQUAL(ERR_get_error(), 0);
}

static void a_full_queue_is_kept(void)
{
    struct tls_visit visit;
    ERR_clear_error();
    for (int i = 1; i <= 40; i++)
        ERR_raise(ERR_LIB_USER, i);
    unsigned long first = ERR_peek_error(), last = ERR_peek_last_error();
    tls_enter(&visit);
    tls_leave(&visit);
    CU_ASSERT_EQUAL(ERR_peek_error(), first);
    CU_ASSERT_EQUAL(ERR_peek_last_error(), last);
    ERR_clear_error();
}

/* --- the end --- */

/* Runs after all that OpenSSL may have registered, since it was registered before. */
static void ask_openssl(void)
{
    bool alive = OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL) == 1;
    _exit(alive ? 0 : 1);
}

/* Uses OpenSSL as a client does, and ends; 2: that did not work. */
static void use_and_exit(void)
{
    int err;
    struct tls_wait wait = {0};
    struct fault fault = {0};
    struct tls_source *source = tls_source_new(NULL, &err);
    struct tls_context *context = source != NULL ? tls_source_get(source, &wait, &fault) : NULL;
    if (context == NULL)
        _exit(2);
    tls_context_unref(context);
    tls_source_free(source);
    exit(3);
}

/* A program that has not touched OpenSSL yet. With "own" it then does so first. */
static void __attribute__((constructor)) be_child(void)
{
    const char *kind = getenv(CHILD);
    if (kind == NULL)
        return;
    atexit(ask_openssl);
    if (strcmp(kind, "own") == 0)
        OPENSSL_init_ssl(0, NULL);
    use_and_exit();
}

static int exit_status_of_child(const char *kind)
{
    char variable[64];
    char *argv[] = {"unit_tests", NULL};
    char *envp[] = {variable, "ASAN_OPTIONS=detect_leaks=0", NULL};
    pid_t pid;
    int status = -1;
    snprintf(variable, sizeof variable, CHILD "=%s", kind);
    CU_ASSERT_EQUAL_FATAL(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, envp), 0);
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void openssl_is_not_taken_down_at_exit(void)
{
    CU_ASSERT_EQUAL(exit_status_of_child("gofer"), 0);
    /* Where the program itself started it, the end is its own business: the test can fail. */
    CU_ASSERT_EQUAL(exit_status_of_child("own"), 1);
}

CU_TestInfo tls_library_tests[] = {
    {"TLS-19 what was queued is there again", what_was_queued_is_there_again},
    {"TLS-19 what gofer caused is not left", what_gofer_caused_is_not_left},
    {"visits nest", visits_nest},
    {"TLS-19 a full queue is kept", a_full_queue_is_kept},
    {"RES-15 OpenSSL is not taken down at exit", openssl_is_not_taken_down_at_exit},
    CU_TEST_INFO_NULL,
};
