/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Linkage of the public functions. Everything that is not marked GOFER_API is
 * hidden inside the shared library.
 */
#ifndef GOFER_EXPORT_H
#define GOFER_EXPORT_H

#define GOFER_API __attribute__((visibility("default")))

#ifdef __cplusplus
#define GOFER_BEGIN_DECLS extern "C" {
#define GOFER_END_DECLS }
#else
#define GOFER_BEGIN_DECLS
#define GOFER_END_DECLS
#endif

#endif
