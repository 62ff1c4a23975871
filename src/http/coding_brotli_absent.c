/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Built in place of coding_brotli.c where the library is not there, or not wanted.
 */
#include "http/coding.h"

const struct coding *const coding_brotli = NULL;
