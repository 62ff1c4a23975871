/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A depth per thread.
 */
#include "base/callback.h"

#include "base/lock.h"

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
