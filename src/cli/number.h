/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The numbers that options take, by curl's rules.
 */
#ifndef GOFER_CLI_NUMBER_H
#define GOFER_CLI_NUMBER_H

#include <stdint.h>

#include "cli/options.h"

/* A decimal number from min on: OPTION_NOT_A_NUMBER, OPTION_NEGATIVE below min. */
enum option_error number_take(const char *value, long min, long *out);

/* Seconds with decimals, at least 0. More than 30 years are as many; more than nothing is at least
 * a millisecond. */
enum option_error number_take_seconds(const char *value, int64_t *ms);

/* Bytes, with a letter behind them for a power of 1024: b, k, m, g, t, p. */
enum option_error number_take_bytes(const char *value, int64_t *bytes);

#endif
