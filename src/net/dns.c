/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * c-ares, as far as gofer uses it. c-ares gets gofer's own socket functions, for
 * what its own do not do: a descriptor is close-on-exec from birth, leaves the
 * epoll set before it is closed, raises no SIGPIPE when a server resets a TCP
 * query, and hands over a bounded number of datagrams a step. An empty datagram
 * is dropped: old versions took it for the end of the connection (CVE-2023-32067).
 *
 * Which socket became ready is not known to the task (EV_IO says only that one
 * did), so all of them are offered to c-ares: there are two a server at most,
 * and a read in vain is one system call.
 *
 * c-ares 1.18 says "could not contact DNS servers" where every server answered
 * SERVFAIL or REFUSED. Its own remedy (ARES_FLAG_NOCHECKRESP) would give up the
 * next server, so the datagrams that pass through sock_read() are looked at.
 */
#include "net/dns.h"

#include <ares.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "engine/watch.h"

enum { READS_PER_STEP = 64 };

struct sock {
    struct watch watch;
    uint32_t events; /* what c-ares waits for */
    unsigned round;  /* the last dns_process() that offered it */
    struct link link;
};

struct dns {
    ares_channel channel;
    struct task *task;
    struct list *answers;
    struct list socks;
    struct list open; /* questions without an answer */
    unsigned round;
    int reads_left; /* in this step */
};

/* --- sockets --- */

static struct sock *sock_of(struct dns *dns, int fd)
{
    struct link *l = list_first(&dns->socks);
    while (l != NULL && list_item(l, struct sock, link)->watch.fd != fd)
        l = list_next(l);
    return list_item(l, struct sock, link);
}

static int sock_open(int family, int type, int protocol, void *arg)
{
    struct dns *dns = arg;
    struct sock *sock = mem_zalloc(sizeof(*sock));
    if (sock == NULL) {
        errno = ENOMEM;
        return -1;
    }
    sock->watch.fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (sock->watch.fd < 0) {
        mem_free(sock);
        return -1;
    }
    int on = 1;
    if (type == SOCK_STREAM)
        setsockopt(sock->watch.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    list_push(&dns->socks, &sock->link);
    return sock->watch.fd;
}

static int sock_close(int fd, void *arg)
{
    struct dns *dns = arg;
    struct sock *sock = sock_of(dns, fd);
    if (sock != NULL) {
        watch_drop(&sock->watch, dns->task->engine);
        list_remove(&sock->link);
        mem_free(sock);
    }
    return close(fd);
}

static int sock_connect(int fd, const struct sockaddr *addr, ares_socklen_t len, void *arg)
{
    (void)arg;
    return connect(fd, addr, len);
}

/* Whether a response's name is the host, or the host with something of the search list behind. */
static bool is_about(const char *name, const char *host)
{
    size_t len = strlen(name);
    size_t i = 0;
    while (i < len && ascii_lower(name[i]) == ascii_lower(host[i]))
        i++;
    bool host_ends = host[i] == '\0' || (host[i] == '.' && host[i + 1] == '\0');
    return host_ends && (i == len || name[i] == '.');
}

/* Remembers a server's failure for the questions that it is about. */
static void note_failure(struct dns *dns, const unsigned char *packet, size_t len)
{
    enum { RCODE_AT = 3, RCODE = 15, SERVFAIL = 2, REFUSED = 5, HEAD = 12 };
    if (len <= HEAD)
        return;
    int rcode = packet[RCODE_AT] & RCODE;
    char *name = NULL;
    long used;
    if ((rcode != SERVFAIL && rcode != REFUSED) ||
        ares_expand_name(packet + HEAD, packet, (int)len, &name, &used) != ARES_SUCCESS)
        return;
    for (struct link *l = list_first(&dns->open); l != NULL; l = list_next(l)) {
        struct dns_question *q = list_item(l, struct dns_question, link);
        if (is_about(name, q->host))
            q->failure = rcode == SERVFAIL ? LOOKUP_SERVFAIL : LOOKUP_REFUSED;
    }
    ares_free_string(name);
}

static ares_ssize_t sock_read(int fd, void *data, size_t len, int flags, struct sockaddr *from,
                              ares_socklen_t *from_len, void *arg)
{
    struct dns *dns = arg;
    while (dns->reads_left > 0) {
        dns->reads_left--;
        ssize_t n = recvfrom(fd, data, len, flags, from, from_len);
        bool datagram = from != NULL;
        if ((n == 0 && datagram) || (n < 0 && errno == EINTR))
            continue;
        if (n > 0 && datagram)
            note_failure(dns, data, (size_t)n);
        return n;
    }
    /* More may be there: the watch, armed again, reports it at once. */
    errno = EAGAIN;
    return -1;
}

static ares_ssize_t sock_write(int fd, const struct iovec *parts, int len, void *arg)
{
    (void)arg;
    struct msghdr msg = {.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)len};
    ssize_t n;
    do
        n = sendmsg(fd, &msg, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n;
}

static const struct ares_socket_functions sock_functions = {
    .asocket = sock_open,
    .aclose = sock_close,
    .aconnect = sock_connect,
    .arecvfrom = sock_read,
    .asendv = sock_write,
};

/* c-ares says what it waits for. */
static void note_interest(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct sock *sock = sock_of(arg, fd);
    if (sock != NULL)
        sock->events = (readable ? (uint32_t)EPOLLIN : 0) | (writable ? (uint32_t)EPOLLOUT : 0);
}

/* --- the channel --- */

static enum lookup_error error_of(int status)
{
    switch (status) {
    case ARES_SUCCESS:
        return LOOKUP_OK;
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
        return LOOKUP_NOT_FOUND;
    case ARES_EREFUSED:
        return LOOKUP_REFUSED;
    case ARES_ESERVFAIL:
        return LOOKUP_SERVFAIL;
    case ARES_ETIMEOUT:
    case ARES_ECONNREFUSED:
        return LOOKUP_TIMEOUT;
    case ARES_EBADNAME:
        return LOOKUP_BAD_NAME;
    case ARES_ENOMEM:
        return LOOKUP_NOMEM;
    default:
        return LOOKUP_FAILED;
    }
}

static void init_library(void)
{
    ares_library_init(ARES_LIB_INIT_ALL);
}

static int open_channel(struct dns *dns, const struct resolver_options *o)
{
    int mask = ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS;
    char lookups[] = "fb";
    struct ares_options options = {
        .sock_state_cb = note_interest,
        .sock_state_cb_data = dns,
        .lookups = lookups,
        .timeout = o->timeout_ms,
        .tries = o->tries,
        .resolvconf_path = (char *)(uintptr_t)o->resolv_conf,
        .flags = ARES_FLAG_NOSEARCH,
        .udp_port = o->port,
        .tcp_port = o->port,
    };
    mask |= o->timeout_ms > 0 ? ARES_OPT_TIMEOUTMS : 0;
    mask |= o->tries > 0 ? ARES_OPT_TRIES : 0;
    mask |= o->resolv_conf != NULL ? ARES_OPT_RESOLVCONF : 0;
    mask |= o->servers != NULL ? ARES_OPT_FLAGS : 0;
    mask |= o->port != 0 ? ARES_OPT_UDP_PORT | ARES_OPT_TCP_PORT : 0;
    int status = ares_init_options(&dns->channel, &options, mask);
    if (status == ARES_SUCCESS && o->servers != NULL)
        status = ares_set_servers_ports_csv(dns->channel, o->servers);
    return status;
}

struct dns *dns_new(struct task *task, const struct resolver_options *options, struct list *answers,
                    enum lookup_error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_library);
    *error = LOOKUP_NOMEM;
    struct dns *dns = mem_zalloc(sizeof(*dns));
    if (dns == NULL)
        return NULL;
    dns->task = task;
    dns->answers = answers;
    *error = error_of(open_channel(dns, options));
    if (*error != LOOKUP_OK) {
        dns_free(dns);
        return NULL;
    }
    ares_set_socket_functions(dns->channel, &sock_functions, dns);
    return dns;
}

void dns_free(struct dns *dns)
{
    if (dns == NULL)
        return;
    if (dns->channel != NULL)
        ares_destroy(dns->channel);
    mem_free(dns);
}

/* --- questions and answers --- */

/* Appends the answer's addresses of one family. */
static void copy_family(struct dns_question *q, const struct ares_addrinfo *info, int family)
{
    for (const struct ares_addrinfo_node *n = info->nodes; n != NULL; n = n->ai_next) {
        if (q->addrs_len == LOOKUP_MAX_ADDRS)
            return;
        struct addr *addr = &q->addrs[q->addrs_len];
        if (n->ai_family != family || n->ai_addrlen > sizeof(*addr))
            continue;
        memcpy(addr, n->ai_addr, n->ai_addrlen);
        addr_set_port(addr, 0);
        q->addrs_len++;
    }
}

/* IPv4 first: addresses are tried in turn, and of the two it is the one that works nearly
 * everywhere. */
static enum lookup_error copy_answer(struct dns_question *q, const struct ares_addrinfo *info)
{
    size_t n = 0;
    for (const struct ares_addrinfo_node *node = info->nodes; node != NULL; node = node->ai_next)
        n++;
    q->addrs = mem_zalloc_array(n < LOOKUP_MAX_ADDRS ? n : LOOKUP_MAX_ADDRS, sizeof(*q->addrs));
    if (q->addrs == NULL)
        return LOOKUP_NOMEM;
    copy_family(q, info, AF_INET);
    copy_family(q, info, AF_INET6);
    return q->addrs_len > 0 ? LOOKUP_OK : LOOKUP_NOT_FOUND;
}

/* c-ares's callback. It only records. */
static void record(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
    (void)timeouts;
    struct dns_question *q = arg;
    q->error = error_of(status);
    if (status == ARES_SUCCESS)
        q->error = copy_answer(q, info);
    else if (status == ARES_ECONNREFUSED && q->failure != LOOKUP_OK)
        q->error = q->failure;
    ares_freeaddrinfo(info);
    list_remove(&q->link);
    list_push(q->dns->answers, &q->link);
}

void dns_ask(struct dns *dns, const char *host, struct dns_question *question)
{
    struct ares_addrinfo_hints hints = {
        .ai_flags = ARES_AI_NOSORT,
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
    };
    question->dns = dns;
    question->host = host;
    list_push(&dns->open, &question->link);
    ares_getaddrinfo(dns->channel, host, NULL, &hints, record, question);
}

static struct sock *next_unoffered(struct dns *dns)
{
    struct link *l = list_first(&dns->socks);
    while (l != NULL && list_item(l, struct sock, link)->round == dns->round)
        l = list_next(l);
    return list_item(l, struct sock, link);
}

void dns_process(struct dns *dns)
{
    dns->round++;
    dns->reads_left = READS_PER_STEP;
    /* A socket may be closed and another opened while one is processed; hence no iterator. */
    for (struct sock *s = next_unoffered(dns); s != NULL; s = next_unoffered(dns)) {
        s->round = dns->round;
        ares_process_fd(dns->channel, s->events & EPOLLIN ? s->watch.fd : ARES_SOCKET_BAD,
                        s->events & EPOLLOUT ? s->watch.fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void dns_watch(struct dns *dns)
{
    for (struct link *l = list_first(&dns->socks); l != NULL; l = list_next(l)) {
        struct sock *s = list_item(l, struct sock, link);
        /* Where it cannot be armed, the query's own time-out reads what came. */
        if (s->events != 0)
            watch_arm(&s->watch, dns->task, s->events);
    }
}

int64_t dns_due_ns(struct dns *dns, int64_t now_ns)
{
    struct timeval tv;
    if (ares_timeout(dns->channel, NULL, &tv) == NULL)
        return CLOCK_NEVER;
    /* A millisecond more: c-ares compares to the microsecond, and early is in vain. */
    return clock_after_ms(now_ns, (int64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000 + 1);
}

bool dns_is_idle(const struct dns *dns)
{
    return dns->open.head == NULL;
}
