/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Starting a thread.
 */
#include "engine/thread.h"

#include <signal.h>
#include <sys/prctl.h>

int thread_start(pthread_t *thread, void *(*body)(void *arg), void *arg)
{
    pthread_attr_t attr;
    int err = pthread_attr_init(&attr);
    if (err != 0)
        return err;
    pthread_attr_setstacksize(&attr, THREAD_STACK_BYTES);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(thread, &attr, body, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return err;
}

void thread_set_name(const char *name)
{
    prctl(PR_SET_NAME, name);
}
