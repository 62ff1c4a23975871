/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * gofer: outbound HTTP calls for multithreaded servers.
 *
 * One gofer_client, made once and shared by every thread, owns one connection
 * pool. A call is made with gofer_do(), which blocks, or with gofer_submit(),
 * which returns a future. Every call has a deadline that covers all of it.
 *
 * Include this header; it includes the rest.
 */
#ifndef GOFER_GOFER_H
#define GOFER_GOFER_H

#include <gofer/address.h>
#include <gofer/cancel.h>
#include <gofer/client.h>
#include <gofer/cookie.h>
#include <gofer/error.h>
#include <gofer/form.h>
#include <gofer/future.h>
#include <gofer/log.h>
#include <gofer/metrics.h>
#include <gofer/proxy.h>
#include <gofer/redirect.h>
#include <gofer/request.h>
#include <gofer/resolver.h>
#include <gofer/response.h>
#include <gofer/tls.h>
#include <gofer/trace.h>
#include <gofer/wire.h>
#include <gofer/worker.h>

#endif
