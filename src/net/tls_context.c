/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Making contexts. What is off and stays off: versions before TLS 1.2,
 * compression, renegotiation, certificates asked for after the handshake, 0-RTT
 * (TLS-18), and OpenSSL's option to take a cut connection for a complete one
 * (TLS-12).
 */
#include "net/tls_context.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/alloc.h"
#include "base/callback.h"
#include "base/clock.h"
#include "base/file.h"
#include "net/tls_error.h"
#include "net/tls_identity.h"
#include "net/tls_library.h"
#include "net/tls_state.h"
#include "net/tls_trust.h"

/* RSA of 2048 bits and its like; a cipher string may say less with @SECLEVEL. */
enum { SECURITY_LEVEL_MIN = 2 };

struct tls_profile *tls_profile_new(const gofer_tls_options *options, int *err)
{
    struct tls_profile *p = mem_zalloc(sizeof(*p));
    *err = p != NULL ? tls_settings_init(&p->settings, options) : ENOMEM;
    if (*err != 0) {
        mem_free(p);
        return NULL;
    }
    refs_init(&p->refs, 1);
    bool resumes = !p->settings.options.disable_resumption;
    p->sessions = resumes ? tls_sessions_new() : NULL;
    if (p->sessions != NULL || !resumes)
        return p;
    *err = ENOMEM;
    tls_profile_unref(p);
    return NULL;
}

void tls_profile_unref(struct tls_profile *profile)
{
    if (profile == NULL || !refs_drop(&profile->refs))
        return;
    tls_sessions_free(profile->sessions);
    tls_settings_fini(&profile->settings);
    mem_free(profile);
}

/* --- what OpenSSL calls --- */

/* A session came with the handshake or after it. The SSL is alive: it is its thread that calls. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
    const struct tls *tls = tls_of(ssl);
    tls_sessions_put(tls->context->profile->sessions, tls->session_key, session, clock_now_ns());
    return 0; /* the session stays OpenSSL's */
}

/* Each message of the handshake protocol. Behind the handshake they must not go on for ever. */
static void on_message(const SSL *ssl, int where, int value)
{
    struct tls *tls = tls_of(ssl);
    (void)value;
    if (where != SSL_CB_CONNECT_LOOP || tls->phase != TLS_OPEN)
        return;
    tls->wire.cut = ++tls->idle_messages > TLS_IDLE_MESSAGES_MAX;
    tls->hoards = true;
}

/* One write a line: lines of several threads and programs do not mix. */
static void on_key(const SSL *ssl, const char *line)
{
    const struct tls *tls = tls_of(ssl);
    struct iovec iov[2] = {{(char *)line, strlen(line)}, {(char *)"\n", 1}};
    ssize_t written = writev(tls->context->keylog_fd, iov, 2);
    (void)written; /* a full disk must not end a connection */
}

/* --- settings --- */

static int version_of(gofer_tls_version version, int standard)
{
    if (version == GOFER_TLS_ANY)
        return standard;
    return version == GOFER_TLS_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

static bool set_versions(SSL_CTX *ctx, const gofer_tls_options *o)
{
    return SSL_CTX_set_min_proto_version(ctx, version_of(o->min_version, TLS1_2_VERSION)) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, version_of(o->max_version, 0)) == 1;
}

static void set_modes(SSL_CTX *ctx)
{
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_clear_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ctx, 1); /* a record's head and body in one recv */
    if (SSL_CTX_get_security_level(ctx) < SECURITY_LEVEL_MIN)
        SSL_CTX_set_security_level(ctx, SECURITY_LEVEL_MIN);
}

static void set_callbacks(SSL_CTX *ctx, const struct tls_profile *profile)
{
    SSL_CTX_set_info_callback(ctx, on_message);
    if (profile->sessions == NULL) {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
        return;
    }
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, on_session);
}

static bool refuse(struct fault *fault, gofer_reason reason, const char *what)
{
    tls_error_settings(fault, reason, what, NULL);
    return false;
}

static bool set_ciphers(SSL_CTX *ctx, const gofer_tls_options *o, struct fault *fault)
{
    if (o->ciphers != NULL && SSL_CTX_set_cipher_list(ctx, o->ciphers) != 1)
        return refuse(fault, GOFER_REASON_CIPHERS, "TLS option ciphers");
    if (o->ciphersuites != NULL && SSL_CTX_set_ciphersuites(ctx, o->ciphersuites) != 1)
        return refuse(fault, GOFER_REASON_CIPHERS, "TLS option ciphersuites");
    return true;
}

static bool open_keylog(struct tls_context *c, const char *path, struct fault *fault)
{
    if (path == NULL)
        return true;
    c->keylog_fd =
        file_open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (c->keylog_fd < 0) {
        fault_set(fault, GOFER_ERR_TLS, GOFER_PHASE_TLS, errno, "key log cannot be opened: %s",
                  path);
        return false;
    }
    SSL_CTX_set_keylog_callback(c->ctx, on_key);
    return true;
}

static bool call_hook(SSL_CTX *ctx, const gofer_tls_options *o, struct fault *fault)
{
    if (o->ssl_ctx == NULL)
        return true;
    callback_enter();
    bool accepted = o->ssl_ctx(ctx, o->ssl_ctx_arg) != 0;
    callback_leave();
    if (accepted)
        return true;
    fault_set(fault, GOFER_ERR_TLS, GOFER_PHASE_TLS, 0, "the ssl_ctx hook refused the context");
    return false;
}

/* --- life --- */

static bool set_up(struct tls_context *c, struct fault *fault)
{
    const struct tls_settings *s = &c->profile->settings;
    const gofer_tls_options *o = &s->options;
    c->ctx = SSL_CTX_new(TLS_client_method());
    if (c->ctx == NULL)
        return refuse(fault, GOFER_REASON_NONE, "OpenSSL");
    set_modes(c->ctx);
    set_callbacks(c->ctx, c->profile);
    if (!set_versions(c->ctx, o))
        return refuse(fault, GOFER_REASON_NONE, "TLS options min_version and max_version");
    if (!set_ciphers(c->ctx, o, fault))
        return false;
    /* It returns 0 for success. */
    if (s->alpn_len > 0 && SSL_CTX_set_alpn_protos(c->ctx, s->alpn, (unsigned)s->alpn_len) != 0)
        return refuse(fault, GOFER_REASON_NONE, "TLS option alpn");
    if (o->pin_file != NULL && !tls_pin_load(o->pin_file, c->file_pin, fault))
        return false;
    return tls_trust_load(c->ctx, s, fault) && tls_identity_load(c->ctx, s, fault) &&
           open_keylog(c, o->keylog_file, fault) && call_hook(c->ctx, o, fault);
}

struct tls_context *tls_context_new(struct tls_profile *profile, struct fault *fault)
{
    static _Atomic uint64_t generations;
    struct tls_context *c = mem_zalloc(sizeof(*c));
    if (c == NULL || !tls_library_init()) {
        fault_set(fault, c == NULL ? GOFER_ERR_NOMEM : GOFER_ERR_TLS, GOFER_PHASE_TLS,
                  c == NULL ? ENOMEM : 0, c == NULL ? NULL : "OpenSSL cannot be started");
        mem_free(c);
        return NULL;
    }
    refs_init(&c->refs, 1);
    refs_add(&profile->refs);
    c->profile = profile;
    c->keylog_fd = -1;
    c->generation = atomic_fetch_add(&generations, 1) + 1;
    struct tls_visit visit;
    tls_enter(&visit);
    bool ok = set_up(c, fault);
    tls_leave(&visit);
    if (ok)
        return c;
    tls_context_unref(c);
    return NULL;
}

void tls_context_ref(struct tls_context *context)
{
    refs_add(&context->refs);
}

void tls_context_unref(struct tls_context *context)
{
    if (context == NULL || !refs_drop(&context->refs))
        return;
    SSL_CTX_free(context->ctx);
    if (context->keylog_fd >= 0)
        close(context->keylog_fd);
    tls_profile_unref(context->profile);
    mem_free(context);
}
