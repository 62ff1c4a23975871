/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One handshake on a connection.
 */
#include "transport/secure.h"

#include <errno.h>

#include "transport/conn.h"

void secure_begin(struct secure *secure, struct tls_source *source, const struct tls_peer *peer,
                  struct task *task)
{
    *secure = (struct secure){.source = source, .peer = *peer, .wait.task = task};
}

/* Takes the context over. */
static bool put_on(struct secure *s, struct conn *conn, struct tls_context *context)
{
    struct tls *tls = conn->tls != NULL ? tls_new_inside(context, &conn->tls, &s->peer)
                                        : tls_new(context, conn_fd(conn), &s->peer);
    tls_context_unref(context);
    if (tls == NULL)
        return false;
    conn->tls = tls;
    s->shaking = true;
    return true;
}

enum tls_step secure_run(struct secure *secure, struct conn *conn, uint32_t *events,
                         struct fault *fault)
{
    *events = 0;
    if (!secure->shaking) {
        struct tls_context *context = tls_source_get(secure->source, &secure->wait, fault);
        if (context == NULL)
            return fault->code != GOFER_OK ? TLS_FAILED : TLS_WAIT;
        if (!put_on(secure, conn, context)) {
            fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_TLS, ENOMEM, NULL);
            return TLS_FAILED;
        }
    }
    enum tls_step step = tls_handshake(conn->tls, fault);
    if (step == TLS_WAIT)
        *events = tls_read_events(conn->tls);
    return step;
}

void secure_end(struct secure *secure)
{
    if (secure->source != NULL)
        tls_source_forget(secure->source, &secure->wait);
    secure->source = NULL;
}
