/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The allocators of gofer, OpenSSL and c-ares, made to ask which allocation is to fail.
 */
#ifndef TESTS_FAULTS_MEMORY_H
#define TESTS_FAULTS_MEMORY_H

#include <stdbool.h>

/* First of all, before any of the libraries is used. */
bool memory_set_up(void);

/* Blocks that OpenSSL and c-ares hold now. */
long memory_openssl_live(void);
long memory_ares_live(void);

#endif
