/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Whether this build carries a sanitizer: tests then do less of the same, or
 * leave out what the sanitizer cannot follow.
 */
#ifndef TESTS_SUPPORT_SANITIZER_H
#define TESTS_SUPPORT_SANITIZER_H

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SANITIZED_THREADS 1
#endif
#if __has_feature(address_sanitizer)
#define SANITIZED_ADDRESSES 1
#endif
#endif

#ifdef __SANITIZE_THREAD__
#define SANITIZED_THREADS 1
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED_ADDRESSES 1
#endif

#ifndef SANITIZED_THREADS
#define SANITIZED_THREADS 0
#endif
#ifndef SANITIZED_ADDRESSES
#define SANITIZED_ADDRESSES 0
#endif

#endif
