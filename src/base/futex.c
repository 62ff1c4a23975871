/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The system call has no wrapper in libc. The kernel's time is two longs, and,
 * for a wait with a bit set, absolute on the monotonic clock.
 */
#include "base/futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/helgrind.h"

struct kernel_time {
    long sec;
    long nsec;
};

void futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t at_ns)
{
    int saved = errno;
    struct timespec at = clock_timespec(at_ns);
    /* Where a long has 32 bits, what is further away than the clock will go is as good as never. */
    struct kernel_time limit = {at.tv_sec < INT_MAX ? (long)at.tv_sec : INT_MAX, at.tv_nsec};
    syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, value,
            at_ns == CLOCK_NEVER ? NULL : &limit, NULL, FUTEX_BITSET_MATCH_ANY);
    errno = saved;
}

void futex_wake(_Atomic uint32_t *word, int n)
{
    int saved = errno;
    helgrind_atomic(word); /* it takes the look for its address for a read */
    syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, n, NULL, NULL, 0);
    errno = saved;
}
