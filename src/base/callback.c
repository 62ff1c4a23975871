/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A depth per thread.
 */
#include "base/callback.h"

#include "base/lock.h"

/* Every call asks: so it lies where the thread's own memory is at once, not found by a function,
 * which glibc can do for a library that is loaded later, too. */
#ifdef __GLIBC__
__attribute__((tls_model("initial-exec")))
#endif
static _Thread_local unsigned depth;

void callback_enter(void)
{
    lock_assert_none();
    depth++;
}

void callback_leave(void)
{
    depth--;
}

bool callback_active(void)
{
    return depth > 0;
}
