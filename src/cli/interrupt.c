/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Ending everything early; see interrupt.h.
 */
#include "cli/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "cli/text.h"

/* How long a signalled command may take to end. */
enum { GRACE_S = 3 };

/* Ends the thread, where it is not one from outside. */
enum { WAKE_SIGNAL = SIGUSR2 };

struct interrupt {
    gofer_cancel *token;
    pthread_t thread;
    bool has_thread;
    sigset_t signals;
    sigset_t before; /* what was blocked */

    pthread_mutex_t lock;
    pthread_cond_t changed; /* on the monotonic clock */
    bool over;
    bool ending;
    int signal; /* 0: none came */
};

/* Dies of the signal, as if it had never been blocked. */
static void die(int signal)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t set;

    sigaction(signal, &action, NULL);
    sigemptyset(&set);
    sigaddset(&set, signal);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(signal);
    _Exit(128 + signal);
}

static void end_all(struct interrupt *i, int signal)
{
    pthread_mutex_lock(&i->lock);
    i->over = true;
    if (signal != 0)
        i->signal = signal;
    pthread_cond_broadcast(&i->changed);
    pthread_mutex_unlock(&i->lock);
    gofer_cancel_fire(i->token);
}

static bool is_ending(struct interrupt *i)
{
    bool ending;

    pthread_mutex_lock(&i->lock);
    ending = i->ending;
    pthread_mutex_unlock(&i->lock);
    return ending;
}

static void *watch(void *arg)
{
    struct interrupt *i = arg;
    struct timespec grace = {.tv_sec = GRACE_S};
    int signal = 0;

    if (sigwait(&i->signals, &signal) != 0 || is_ending(i))
        return NULL;
    end_all(i, signal);
    sigtimedwait(&i->signals, NULL, &grace);
    if (!is_ending(i))
        die(signal);
    return NULL;
}

/* A signal that is ignored stays so: nohup, and jobs of a shell without job control. */
static void take_signals(struct interrupt *i)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, WAKE_SIGNAL};
    struct sigaction now;

    sigemptyset(&i->signals);
    for (size_t k = 0; k < sizeof signals / sizeof signals[0]; k++)
        if (signals[k] == WAKE_SIGNAL ||
            (sigaction(signals[k], NULL, &now) == 0 && now.sa_handler != SIG_IGN))
            sigaddset(&i->signals, signals[k]);
    pthread_sigmask(SIG_BLOCK, &i->signals, &i->before);
    i->has_thread = pthread_create(&i->thread, NULL, watch, i) == 0;
    if (!i->has_thread)
        pthread_sigmask(SIG_SETMASK, &i->before, NULL);
}

struct interrupt *interrupt_new(void)
{
    struct interrupt *i = cli_realloc(NULL, 1, sizeof *i);
    pthread_condattr_t attr;

    *i = (struct interrupt){.token = gofer_cancel_new()};
    if (i->token == NULL)
        cli_out_of_memory();
    pthread_mutex_init(&i->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&i->changed, &attr);
    pthread_condattr_destroy(&attr);
    take_signals(i);
    return i;
}

gofer_cancel *interrupt_token(const struct interrupt *interrupt)
{
    return interrupt->token;
}

void interrupt_fire(struct interrupt *interrupt)
{
    end_all(interrupt, 0);
}

bool interrupt_is_over(struct interrupt *interrupt)
{
    bool over;

    pthread_mutex_lock(&interrupt->lock);
    over = interrupt->over;
    pthread_mutex_unlock(&interrupt->lock);
    return over;
}

bool interrupt_is_signalled(struct interrupt *interrupt)
{
    int signal;

    pthread_mutex_lock(&interrupt->lock);
    signal = interrupt->signal;
    pthread_mutex_unlock(&interrupt->lock);
    return signal != 0;
}

bool interrupt_pause(struct interrupt *interrupt, int64_t ms)
{
    struct timespec until;
    int error = 0;
    bool over;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&interrupt->lock);
    while (!interrupt->over && error == 0)
        error = pthread_cond_timedwait(&interrupt->changed, &interrupt->lock, &until);
    over = interrupt->over;
    pthread_mutex_unlock(&interrupt->lock);
    return !over;
}

void interrupt_free(struct interrupt *interrupt)
{
    int signal;

    if (interrupt->has_thread) {
        pthread_mutex_lock(&interrupt->lock);
        interrupt->ending = true;
        pthread_mutex_unlock(&interrupt->lock);
        pthread_kill(interrupt->thread, WAKE_SIGNAL);
        pthread_join(interrupt->thread, NULL);
        pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL);
    }
    signal = interrupt->signal;
    gofer_cancel_free(interrupt->token);
    pthread_cond_destroy(&interrupt->changed);
    pthread_mutex_destroy(&interrupt->lock);
    free(interrupt);
    if (signal != 0)
        die(signal);
}
