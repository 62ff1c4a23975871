/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A depth per thread.
 */
#include "base/callback.h"

#include "base/kept_wakes.h"
#include "base/lock.h"
#include "base/thread_memory.h"

static THREAD_MEMORY unsigned depth;

void callback_enter(void)
{
    lock_assert_none();
    kept_wakes_pause();
    depth++;
}

void callback_leave(void)
{
    depth--;
    kept_wakes_resume();
}

bool callback_active(void)
{
    return depth > 0;
}
