/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One thread at a time makes a context, for as long as `busy` is set.
 */
#include "net/tls_source.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/lock.h"
#include "engine/engine.h"
#include "engine/task.h"
#include "net/tls_files.h"

enum { LOOK_EVERY_MS = 1000 };

struct tls_source {
    struct tls_profile *profile;
    _Atomic uint64_t generation; /* written under the lock */
    struct lock lock;            /* guards all below */
    struct tls_context *current;
    struct tls_stamps stamps; /* of the files that it was made of */
    int64_t look_at;          /* when the files are to be looked at again */
    bool busy;                /* a thread makes a context, or looks whether it must */
    uint64_t looks;           /* those that have ended */
    struct fault failure;     /* why the last one made none, for those who waited for it */
    struct list waiting;      /* tasks, while there is no context */
};

struct tls_source *tls_source_new(const gofer_tls_options *options, int *err)
{
    struct tls_source *s = mem_zalloc(sizeof(*s));
    if (s == NULL) {
        *err = ENOMEM;
        return NULL;
    }
    s->profile = tls_profile_new(options, err);
    if (s->profile == NULL) {
        mem_free(s);
        return NULL;
    }
    lock_init(&s->lock, LOCK_TLS);
    return s;
}

void tls_source_free(struct tls_source *source)
{
    if (source == NULL)
        return;
    tls_context_unref(source->current);
    tls_profile_unref(source->profile);
    lock_fini(&source->lock);
    mem_free(source);
}

/* --- under the lock --- */

static struct tls_context *current_locked(struct tls_source *s)
{
    if (s->current != NULL)
        tls_context_ref(s->current);
    return s->current;
}

/* Wakes all that wait; true where the engine is to be poked. */
static bool wake_locked(struct tls_source *s, struct engine **engine)
{
    bool poke = false;
    for (struct link *l; (l = list_pop(&s->waiting)) != NULL;) {
        struct task *task = list_item(l, struct tls_wait, link)->task;
        *engine = task->engine;
        poke = task_wake(task, EV_ANSWER) || poke;
    }
    return poke;
}

/* Whether the task waited for a look that came to nothing: then it is told, and does not look
 * again. */
static bool has_failed_locked(const struct tls_source *s, const struct tls_wait *wait)
{
    return s->current == NULL && wait->look != 0 && wait->look <= s->looks;
}

/* The context, or NULL for a task that waits for it from now on. */
static struct tls_context *current_or_wait_locked(struct tls_source *s, struct tls_wait *wait)
{
    if (s->current == NULL) {
        wait->look = s->looks + 1;
        list_push(&s->waiting, &wait->link);
    }
    return current_locked(s);
}

static bool is_spoilt(const struct tls_source *s)
{
    return s->current != NULL && atomic_load_explicit(&s->current->spoilt, memory_order_relaxed);
}

/* Whether this thread is to look at the files; it then is the only one. */
static bool begin_look_locked(struct tls_source *s, int64_t now_ns)
{
    if (s->busy || (now_ns < s->look_at && !is_spoilt(s)))
        return false;
    s->busy = true;
    return true;
}

/* --- making contexts --- */

/* Puts a context, if there is a new one, in the place of the one before, which it returns. */
static struct tls_context *replace_locked(struct tls_source *s, struct tls_context *made,
                                          const struct tls_stamps *stamps)
{
    if (made == NULL)
        return NULL;
    struct tls_context *before = s->current;
    s->current = made;
    s->stamps = *stamps;
    atomic_store(&s->generation, made->generation);
    return before;
}

/* The end of a look, with a new context or NULL. Gives the current one. A failure is that of all
 * who waited; whoever comes next tries again, as it may have been a lack that has passed. */
static struct tls_context *finish(struct tls_source *s, struct tls_context *made,
                                  const struct tls_stamps *stamps, const struct fault *failure)
{
    struct engine *engine = NULL;
    lock_take(&s->lock);
    struct tls_context *before = replace_locked(s, made, stamps);
    s->busy = false;
    s->looks++;
    s->failure = *failure;
    if (s->current != NULL)
        s->look_at = clock_after_ms(clock_now_ns(), LOOK_EVERY_MS);
    struct tls_context *current = current_locked(s);
    bool poke = wake_locked(s, &engine);
    lock_drop(&s->lock);
    if (poke)
        engine_poke(engine);
    if (before != NULL && s->profile->sessions != NULL)
        tls_sessions_clear(s->profile->sessions);
    tls_context_unref(before);
    return current;
}

/* Makes a context where there is none, or one that is spoilt, or a file changed. The files' states
 * are taken before they are read: what changes in between is seen the next time. */
static struct tls_context *look(struct tls_source *s, struct fault *fault)
{
    struct tls_stamps stamps;
    struct fault failure = {0};
    struct tls_context *made = NULL;
    tls_stamps_take(&stamps, &s->profile->settings);
    /* `current` and `stamps` are read without the lock: only who is busy writes them. */
    if (s->current == NULL || is_spoilt(s) || !tls_stamps_equal(&stamps, &s->stamps))
        made = tls_context_new(s->profile, &failure);
    struct tls_context *current = finish(s, made, &stamps, &failure);
    if (current == NULL)
        *fault = failure;
    return current;
}

struct tls_context *tls_source_get(struct tls_source *source, struct tls_wait *wait,
                                   struct fault *fault)
{
    struct tls_context *current = NULL;
    lock_take(&source->lock);
    list_remove(&wait->link);
    bool failed = has_failed_locked(source, wait);
    bool looks = !failed && begin_look_locked(source, clock_now_ns());
    wait->look = 0;
    if (failed)
        *fault = source->failure;
    else if (!looks)
        current = current_or_wait_locked(source, wait);
    lock_drop(&source->lock);
    return looks ? look(source, fault) : current;
}

void tls_source_forget(struct tls_source *source, struct tls_wait *wait)
{
    lock_take(&source->lock);
    list_remove(&wait->link);
    lock_drop(&source->lock);
}

uint64_t tls_source_generation(struct tls_source *source)
{
    return atomic_load_explicit(&source->generation, memory_order_relaxed);
}
