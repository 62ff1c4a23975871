/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What curl and gofer may differ in, made equal: the User-Agent, a form's boundary
 * (and what it adds to Content-Length), the program's name in messages, times.
 */
#ifndef TESTS_TWIN_NORMAL_H
#define TESTS_TWIN_NORMAL_H

#include "integration/twin/bytes.h"

/* Changes the bytes in place. */
void normal_form(struct bytes *b);

#endif
