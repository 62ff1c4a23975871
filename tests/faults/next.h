/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * For functions of this program that stand in front of a library's: the next
 * definition of the name. It may be a sanitizer's, which has to see the call too.
 */
#ifndef TESTS_FAULTS_NEXT_H
#define TESTS_FAULTS_NEXT_H

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>

/* Before the function; inside, the next one, of the same type. */
#define KEEPS(name) static _Atomic(void *) next_##name
#define NEXT(name) ((__typeof__(&name))next_of(#name, &next_##name))

static inline void *next_of(const char *name, _Atomic(void *) *kept)
{
    void *found = atomic_load_explicit(kept, memory_order_relaxed);

    if (found == NULL) {
        found = dlsym(RTLD_NEXT, name);
        atomic_store_explicit(kept, found, memory_order_relaxed);
    }
    return found;
}

/* What is to become of this call of the function. */
#define ASK(call) fault_ask(CALL_##call, __builtin_return_address(0))

#endif
