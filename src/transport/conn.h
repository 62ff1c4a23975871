/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A connection: a connected socket, TLS on it or not, and what the pool knows of
 * it.
 *
 *              pool_take                      exchange ends well
 *     IDLE ─────────────────► IN USE ───────────────────────────► IDLE, or
 *       ▲                      ▲  │                               IN USE by the next want
 *       └── no want waits ──┐  │  │ anything else
 *                           │  │  ▼
 *     (dial) ───────────────┴──┘ CLOSED
 *
 * Invariant: one owner at a time. In use, that is the thread that runs its task,
 * and only that thread touches the socket (design 7.3 has the one exception);
 * idle, it is the pool, under the pool's lock.
 */
#ifndef GOFER_TRANSPORT_CONN_H
#define GOFER_TRANSPORT_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/fault.h"
#include "base/list.h"
#include "base/refs.h"
#include "engine/watch.h"
#include "net/addr.h"
#include "transport/trace_marks.h"

struct engine;
struct gofer_response;
struct pool_host;
struct tls;

struct conn {
    struct watch watch; /* the socket */
    struct refs refs;   /* the owner's, and those of threads that poll the socket meanwhile */
    struct tls *tls;    /* owned, from dial to close; NULL: plain TCP */
    struct engine *engine;
    struct pool_host *host; /* the pool's record of its key */
    struct addr peer;       /* whom it goes to; its family is 0 where that is no address */
    uint64_t number;        /* no two of a process have the same */
    int64_t born_ns;
    struct dial_times dialed;
    int64_t idle_since_ns;
    bool reported; /* the idle watch told of it while it was in use; guarded by the pool's lock */
    bool nonblocking;       /* O_NONBLOCK for life, since a file was sent on it: a wait polls */
    bool tls_ends_at_proxy; /* tls is with the proxy, and the origin's bytes are plain in it */
    bool reused;            /* has served a request, or lain idle, before the one it serves now */
    int idle_epoll_fd;      /* the idle watch's set, where it stands in it; or -1 */
    uint32_t
        idle_slot; /* its number in the idle watch's table, 0: none; guarded by the pool's lock */
    struct link idle; /* the key's idle list; guarded by the pool's lock */
    struct link lru;  /* all idle connections, the oldest first; same */
};

/* Wraps a connected, blocking socket. NULL without memory (the socket stays the caller's). */
struct conn *conn_new(int fd, struct engine *engine, int64_t now_ns);

/* Takes it out of the epoll sets, closes the socket and frees. No lock may be held. *conn is NULL
 * after. */
void conn_close(struct conn **conn);

/*
 * A thread is going to poll the socket that it does not own: until conn_unpin()
 * the descriptor stays what it is, though the connection be closed meanwhile.
 * Pinned by the owner, or under a lock that keeps it from closing.
 */
void conn_pin(struct conn *conn);
void conn_unpin(struct conn *conn);

/* What was found on a connection that is about to be reused (design 7.6). */
enum conn_check {
    CONN_QUIET,    /* nothing: it may be used */
    CONN_CLOSED,   /* the peer closed or reset it */
    CONN_TALKING,  /* unread bytes: an answer that nobody asked for */
    CONN_TIMED_OUT /* the bytes are a 408: the peer closes for idleness; no offence */
};

/* One look that does not block. */
enum conn_check conn_check(struct conn *conn);

/*
 * Sends; wait false: MSG_DONTWAIT. Returns the count, or -1 with errno; EINTR
 * is handled. Never raises SIGPIPE. After EAGAIN the same bytes are to be sent
 * next, and no others.
 */
ssize_t conn_send(struct conn *conn, const struct iovec *iov, int iov_len, bool wait);

/* Receives; wait false: MSG_DONTWAIT. Returns the count, 0 at the end, or -1 with errno; EINTR is
 * handled. */
ssize_t conn_recv(struct conn *conn, void *buf, size_t len, bool wait);

/* Looks at what there is to receive, without taking it and without waiting. As conn_recv(). */
ssize_t conn_peek(struct conn *conn, void *buf, size_t len);

/* Tells the peer that nothing more is sent. 0, or -1 with errno; EAGAIN: once there is room. */
int conn_end_sending(struct conn *conn);

/* Whether conn_send_file() works here. */
bool conn_can_send_file(const struct conn *conn);

/*
 * Sends up to count bytes of a file, from offset on, straight from the page cache.
 * Never waits: the first use makes the socket non-blocking for life (design 7.2). Returns the
 * count, 0 where the file ends there, or -1 with errno (EIO: the file's). Never raises SIGPIPE.
 */
ssize_t conn_send_file(struct conn *conn, int fd, int64_t offset, size_t count);

/* What to wait for after EAGAIN: EPOLLIN or EPOLLOUT. TLS may have to read before it can send. */
uint32_t conn_send_events(const struct conn *conn);
uint32_t conn_recv_events(const struct conn *conn);

/* Whether conn_recv() may return bytes or an end that no poll of the socket shows: to be asked
 * before the socket is waited for. After EAGAIN it cannot. */
bool conn_has_buffered(const struct conn *conn);

/* Notes in a response whom the connection goes to and how it is secured. */
void conn_note(const struct conn *conn, struct gofer_response *response);

/* After a conn_send() or conn_recv() that failed for good: sets the fault where there is more to
 * say than errno. True where it did. */
bool conn_explain(const struct conn *conn, gofer_phase phase, struct fault *fault);

static inline int conn_fd(const struct conn *conn)
{
    return conn->watch.fd;
}

#endif
