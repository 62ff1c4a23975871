/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * --trace and --trace-ascii: what is told and every byte that passes, in curl's
 * format, into one file for all transfers. Credentials are masked: the library
 * tells them so.
 *
 * What a receive brought is told as a head where it is one, else as data: it waits
 * in transfer.untold until that is known.
 */
#ifndef GOFER_CLI_TRACE_FILE_H
#define GOFER_CLI_TRACE_FILE_H

#include <stdio.h>

#include "cli/transfer.h"

/* Opens the file that was asked for, if one was: global->trace_file. Closes it. */
void trace_file_open(struct global *global);
void trace_file_close(struct global *global);

/* What --trace-time and --trace-ids put before a line. */
void trace_file_prefix(FILE *file, const struct transfer *t);

/* A line about what goes on, its end included. */
void trace_file_info(const struct transfer *t, const char *line);

/* Bytes as they pass; data NULL: they are not known. */
void trace_file_sent_head(const struct transfer *t, const char *data, size_t len);
void trace_file_sent_body(const struct transfer *t, const char *data, size_t len);
void trace_file_received(struct transfer *t, const char *data, size_t len);
void trace_file_got_head(struct transfer *t, const char *data, size_t len);

/* No head is to come any more: what waits is data. */
void trace_file_flush(struct transfer *t);

#endif
