/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * No code: the proof that key_options.h has a row for every member, as an error
 * of the compiler where it has not.
 *
 * Each row is one initializer and one name. A member without a row is a missing
 * initializer, which is an error here; a row without a member is a name that
 * offsetof() does not know; two rows of one member are an enumerator twice.
 * Comparing sizes would not do: a new flag may hide in padding.
 */
#include "client/key_options.h"

#include <stddef.h>

#include "client/snapshot.h"
#include "http/proxy.h"
#include "http/url.h"
#include <gofer/client.h>

#pragma GCC diagnostic error "-Wmissing-field-initializers"

#define EXISTS(type, member) HAS_##type##_##member = offsetof(type, member)

typedef struct snapshot snapshot_members;
typedef struct url url_members;
typedef struct proxy proxy_members;

#define CLIENT_ROW(member, scope, about, other) EXISTS(gofer_client_options, member),
#define TLS_ROW(member, scope, about, change) EXISTS(gofer_tls_options, member),
#define REQUEST_ROW(member, scope, about, zero, change) EXISTS(snapshot_members, member),
#define URL_ROW(member, scope, about, one, other) EXISTS(url_members, member),
#define PROXY_ROW(member, scope, about, one, other) EXISTS(proxy_members, member),

enum { CLIENT_OPTIONS(CLIENT_ROW) };
enum { TLS_OPTIONS(TLS_ROW) };
enum { REQUEST_OPTIONS(REQUEST_ROW) };
enum { URL_PARTS(URL_ROW) };
enum { PROXY_PARTS(PROXY_ROW) };

#define CLIENT_ZERO(member, scope, about, other) 0,
#define TLS_ZERO(member, scope, about, change) 0,
#define REQUEST_ZERO(member, scope, about, zero, change) zero,
#define URL_ZERO(member, scope, about, one, other) 0,

/* NOLINTBEGIN(bugprone-sizeof-expression): what is asked is whether it compiles */
_Static_assert(sizeof((gofer_client_options){CLIENT_OPTIONS(CLIENT_ZERO)}) > 0, "one row each");
_Static_assert(sizeof((gofer_tls_options){TLS_OPTIONS(TLS_ZERO)}) > 0, "one row each");
_Static_assert(sizeof((struct snapshot){REQUEST_OPTIONS(REQUEST_ZERO)}) > 0, "one row each");
_Static_assert(sizeof((struct proxy){PROXY_PARTS(URL_ZERO)}) > 0, "one row each");
_Static_assert(sizeof((struct url){URL_PARTS(URL_ZERO)}) > 0, "one row each");
/* NOLINTEND(bugprone-sizeof-expression) */
