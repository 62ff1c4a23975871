/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The servers; see servers.h.
 */
#include "integration/twin/servers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "integration/twin/answers.h"
#include "support/certs.h"
#include "support/origin.h"
#include "support/proxy.h"

enum server_kind { PLAIN, TLS, PROXY, STRICT_PROXY, TLS_PROXY, SERVERS };

static const char *const kind_names[] = {"plain", "tls", "proxy", "strict proxy", "tls proxy"};

/* One connection: what it received, and how much of that was taken as requests. */
struct visit {
    struct visit *next;
    const char *kind;
    struct bytes received;
    size_t taken;
};

struct server {
    struct servers *all;
    enum server_kind kind;
    struct origin *origin;
};

struct servers {
    struct server each[SERVERS];
    struct test_proxy *socks;
    SSL_CTX *tls;
    pthread_mutex_t lock; /* guards the list, not the visits in it */
    struct visit *first, **last;
    struct answer_memory memory;
};

static struct visit *visit_new(struct server *server)
{
    struct servers *all = server->all;
    struct visit *v = calloc(1, sizeof *v);

    if (v == NULL)
        abort();
    v->kind = kind_names[server->kind];
    pthread_mutex_lock(&all->lock);
    *all->last = v;
    all->last = &v->next;
    pthread_mutex_unlock(&all->lock);
    return v;
}

/* --- reading requests ------------------------------------------------------ */

static bool receive(struct peer *peer, struct visit *v)
{
    char block[16384];
    size_t n = peer_receive(peer, block, sizeof block);

    bytes_append(&v->received, block, n);
    return n > 0;
}

/* Receives until a mark stands at or behind an offset; where it ends. 0 at the end of the input. */
static size_t receive_until(struct peer *peer, struct visit *v, size_t from, const char *mark)
{
    const char *hit;
    size_t len = strlen(mark);

    while (v->received.len < from + len ||
           (hit = memmem(v->received.data + from, //
                         v->received.len - from, mark, len)) == NULL)
        if (!receive(peer, v))
            return 0;
    return (size_t)(hit + len - v->received.data);
}

static bool receive_len(struct peer *peer, struct visit *v, size_t end)
{
    while (v->received.len < end)
        if (!receive(peer, v))
            return false;
    return true;
}

/* Where the chunked body that begins at an offset ends, or 0. */
static size_t receive_chunks(struct peer *peer, struct visit *v, size_t at)
{
    for (;;) {
        size_t line = receive_until(peer, v, at, "\r\n");
        size_t size = line > 0 ? strtoul(v->received.data + at, NULL, 16) : 0;

        if (line == 0)
            return 0;
        if (size == 0)
            return receive_until(peer, v, line - 2, "\r\n\r\n");
        if (!receive_len(peer, v, line + size + 2))
            return 0;
        at = line + size + 2;
    }
}

static const char *field(const char *head, const char *name)
{
    const char *hit = strcasestr(head, name);

    return hit != NULL ? hit + strlen(name) : NULL;
}

/* The body of the request whose head is known; where it ends, or 0. */
static size_t receive_body(struct peer *peer, struct visit *v, const char *head, size_t at)
{
    const char *len = field(head, "\r\nContent-Length: ");
    size_t end;

    if (field(head, "\r\nExpect: 100-continue") != NULL && !answer_has_no_100(head))
        peer_say(peer, "HTTP/1.1 100 Continue\r\n\r\n");
    if (field(head, "\r\nTransfer-Encoding: chunked") != NULL)
        return receive_chunks(peer, v, at);
    end = at + (len != NULL ? strtoul(len, NULL, 10) : 0);
    return receive_len(peer, v, end) ? end : 0;
}

/* Where the head begins: behind the line of the PROXY protocol, where there is one. */
static size_t begin_of_head(const struct visit *v)
{
    static const char mark[] = "PROXY ";
    const char *at = v->received.data + v->taken;

    if (strncmp(at, mark, sizeof mark - 1) != 0)
        return v->taken;
    return (size_t)(strstr(at, "\r\n") + 2 - v->received.data);
}

/* The next request, whole, but for a body that nobody wants. False at the end. */
static bool receive_request(struct peer *peer, struct visit *v, struct bytes *request)
{
    size_t end = receive_until(peer, v, v->taken, "\r\n\r\n");
    size_t begin = end > 0 ? begin_of_head(v) : 0;
    char *head;

    if (end == 0)
        return false;
    head = strndup(v->received.data + begin, end - begin);
    if (head == NULL)
        abort();
    if (!answer_is_final_at_once(head))
        end = receive_body(peer, v, head, end);
    free(head);
    if (end == 0)
        return false;
    v->taken = end;
    bytes_append(request, v->received.data + begin, end - begin);
    return true;
}

/* --- answering ------------------------------------------------------------- */

static bool open_tunnel(struct server *server, struct peer *peer)
{
    char byte;

    peer_say(peer, "HTTP/1.1 200 Connection established\r\n\r\n");
    if (recv(peer_fd(peer), &byte, 1, MSG_PEEK) != 1)
        return false;
    return byte != 0x16 || peer_start_tls(peer, server->all->tls);
}

static bool is_welcome(const struct server *server, const char *head)
{
    return server->kind != STRICT_PROXY ||
           field(head, "\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n") != NULL;
}

/* Whether the connection goes on. */
static bool answer_request(struct server *server, struct peer *peer, const struct bytes *request)
{
    struct servers *all = server->all;
    struct bytes reply = {0};
    enum answer_end end;

    if (!is_welcome(server, request->data))
        return peer_say(peer, "HTTP/1.1 407 Who are you\r\nContent-Length: 4\r\n"
                              "Proxy-Authenticate: Basic realm=\"x\"\r\n\r\nwho\n");
    if (strncmp(request->data, "CONNECT ", 8) == 0)
        return open_tunnel(server, peer);
    end = answer_to(request, &all->memory, &reply);
    if (reply.len > 0)
        peer_send(peer, reply.data, reply.len);
    bytes_fini(&reply);
    if (end == ANSWER_RESET)
        peer_reset(peer);
    if (end == ANSWER_HOLD)
        peer_sees_end(peer);
    return end == ANSWER_NEXT;
}

static void serve(struct peer *peer, void *arg)
{
    struct server *server = arg;
    struct visit *v = visit_new(server);
    struct bytes request = {0};

    while (receive_request(peer, v, &request) && answer_request(server, peer, &request))
        bytes_fini(&request);
    bytes_fini(&request);
}

/* --- all of them ----------------------------------------------------------- */

struct servers *servers_start(void)
{
    struct servers *all = calloc(1, sizeof *all);

    if (all == NULL)
        abort();
    all->last = &all->first;
    pthread_mutex_init(&all->lock, NULL);
    all->tls = certs_server("good", NULL);
    for (int i = 0; i < SERVERS; i++) {
        struct server *s = &all->each[i];

        *s = (struct server){.all = all, .kind = (enum server_kind)i};
        s->origin = i == TLS || i == TLS_PROXY ? origin_start_tls(serve, s, all->tls)
                                               : origin_start(serve, s);
    }
    all->socks = test_proxy_start(&(struct test_proxy_script){.kind = TEST_PROXY_SOCKS});
    return all;
}

void servers_stop(struct servers *all)
{
    struct bytes ignored = {0};

    test_proxy_stop(all->socks);
    servers_take_view(all, &ignored);
    for (int i = 0; i < SERVERS; i++)
        origin_stop(all->each[i].origin);
    bytes_fini(&ignored);
    SSL_CTX_free(all->tls);
    pthread_mutex_destroy(&all->lock);
    free(all);
}

void servers_variables(const struct servers *all, struct bytes *out)
{
    unsigned plain = origin_port(all->each[PLAIN].origin);

    bytes_printf(out, "O=http://127.0.0.1:%u\nOP=%u\n", plain, plain);
    bytes_printf(out, "S=https://127.0.0.1:%u\nSP=%u\n", origin_port(all->each[TLS].origin),
                 origin_port(all->each[TLS].origin));
    bytes_printf(out, "P=http://127.0.0.1:%u\n", origin_port(all->each[PROXY].origin));
    bytes_printf(out, "PA=127.0.0.1:%u\n", origin_port(all->each[STRICT_PROXY].origin));
    bytes_printf(out, "PT=https://127.0.0.1:%u\n", origin_port(all->each[TLS_PROXY].origin));
    bytes_printf(out, "K=127.0.0.1:%u\n", test_proxy_port(all->socks));
}

void servers_take_view(struct servers *all, struct bytes *out)
{
    for (int i = 0; i < SERVERS; i++)
        origin_wait(all->each[i].origin, ORIGIN_OPEN, 0);
    pthread_mutex_lock(&all->lock);
    for (struct visit *v = all->first, *next; v != NULL; v = next) {
        next = v->next;
        bytes_printf(out, "--- a connection to the %s server\n", v->kind);
        bytes_append(out, v->received.data, v->received.len);
        bytes_fini(&v->received);
        free(v);
    }
    all->first = NULL;
    all->last = &all->first;
    all->memory.busy = 0;
    pthread_mutex_unlock(&all->lock);
}
