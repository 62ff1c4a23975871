/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * c-ares, as far as gofer uses it: raw questions, no search, no files. Every
 * option is given, so that it reads no configuration of its own.
 *
 * c-ares 1.18 says "could not contact DNS servers" where every server answered
 * SERVFAIL or REFUSED. Its own remedy (ARES_FLAG_NOCHECKRESP) would give up the
 * next server, so the datagrams are looked at on their way in.
 */
#include "net/dns.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/dns_socket.h"
#include "net/hostname.h"

enum { CLASS_IN = 1, TYPE_A = 1, TYPE_AAAA = 28, EDNS_BYTES = 1232 };

/* Newer versions keep answers themselves, for as long as they see fit; a size of 0 stops that. */
#ifdef ARES_OPT_QUERY_CACHE
enum { OPT_NO_CACHE = ARES_OPT_QUERY_CACHE };
#else
enum { OPT_NO_CACHE = 0 };
#endif

struct dns {
    struct dns_sockets socks;
    struct resolv_conf conf;
    struct list *answers;
    struct list open; /* questions without an answer */
};

static int type_of(int family)
{
    return family == AF_INET6 ? TYPE_AAAA : TYPE_A;
}

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

/* --- what servers say and c-ares does not pass on --- */

/* The answer code of a response that failed, and its question. */
static enum lookup_error read_failure(const unsigned char *packet, size_t len, char **name,
                                      int *type)
{
    enum { RCODE_AT = 3, RCODE = 15, SERVFAIL = 2, REFUSED = 5, HEAD = 12 };
    long used;
    int rcode = len > HEAD ? packet[RCODE_AT] & RCODE : 0;
    if ((rcode != SERVFAIL && rcode != REFUSED) ||
        ares_expand_name(packet + HEAD, packet, (int)len, name, &used) != ARES_SUCCESS)
        return LOOKUP_OK;
    size_t at = HEAD + (size_t)used;
    *type = at + 2 <= len ? packet[at] << 8 | packet[at + 1] : 0;
    return rcode == SERVFAIL ? LOOKUP_SERVFAIL : LOOKUP_REFUSED;
}

/* Remembers a server's failure for the questions that it is about. */
static void note_failure(void *arg, const unsigned char *packet, size_t len)
{
    struct dns *dns = arg;
    char *name = NULL;
    int type = 0;
    enum lookup_error failure = read_failure(packet, len, &name, &type);
    if (failure == LOOKUP_OK)
        return;
    for (struct link *l = list_first(&dns->open); l != NULL; l = list_next(l)) {
        struct dns_question *q = list_item(l, struct dns_question, link);
        if (type_of(q->family) == type && hostname_equal(name, q->host))
            q->failure = failure;
    }
    ares_free_string(name);
}

/* --- the channel --- */

static int set_servers(struct dns *dns)
{
    struct ares_addr_port_node nodes[RESOLV_CONF_SERVERS_MAX];
    memset(nodes, 0, sizeof(nodes));
    for (size_t i = 0; i < dns->conf.servers_len; i++) {
        const struct addr *server = &dns->conf.servers[i];
        bool ipv6 = server->sa.sa_family == AF_INET6;
        nodes[i].family = ipv6 ? AF_INET6 : AF_INET;
        nodes[i].udp_port = nodes[i].tcp_port =
            ntohs(ipv6 ? server->in6.sin6_port : server->in.sin_port);
        if (ipv6)
            memcpy(&nodes[i].addr.addr6, &server->in6.sin6_addr, sizeof(server->in6.sin6_addr));
        else
            nodes[i].addr.addr4 = server->in.sin_addr;
        nodes[i].next = i + 1 < dns->conf.servers_len ? &nodes[i + 1] : NULL;
    }
    return ares_set_servers_ports(dns->socks.channel, nodes);
}

static int open_channel(struct dns *dns)
{
    char nowhere[] = "/dev/null";
    char lookups[] = "b";
    struct ares_options options = {
        .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS |
                 (dns->conf.use_tcp ? ARES_FLAG_USEVC : 0),
        .timeout = dns->conf.timeout_ms,
        .tries = dns->conf.attempts,
        .ndots = 1,
        .lookups = lookups,
        .resolvconf_path = nowhere,
        .ednspsz = EDNS_BYTES,
        .sock_state_cb = dns_sockets_note,
        .sock_state_cb_data = &dns->socks,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
               ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF | ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB |
               ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST | OPT_NO_CACHE;
    mask |= dns->conf.rotate ? ARES_OPT_ROTATE : ARES_OPT_NOROTATE;
    int status = ares_init_options(&dns->socks.channel, &options, mask);
    return status == ARES_SUCCESS ? set_servers(dns) : status;
}

static void init_library(void)
{
    ares_library_init(ARES_LIB_INIT_ALL);
}

struct dns *dns_new(struct task *task, struct resolv_conf *conf, struct list *answers,
                    enum lookup_error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_library);
    *error = LOOKUP_NOMEM;
    struct dns *dns = mem_zalloc(sizeof(*dns));
    if (dns == NULL)
        return NULL;
    dns->conf = *conf;
    dns->answers = answers;
    dns->socks = (struct dns_sockets){.task = task,
                                      .servers = dns->conf.servers,
                                      .servers_len = dns->conf.servers_len,
                                      .on_datagram = note_failure,
                                      .arg = dns};
    *conf = (struct resolv_conf){.servers_len = 0};
    *error = error_of(open_channel(dns));
    if (*error != LOOKUP_OK) {
        dns_free(dns);
        return NULL;
    }
    dns_sockets_attach(&dns->socks);
    return dns;
}

void dns_free(struct dns *dns)
{
    if (dns == NULL)
        return;
    if (dns->socks.channel != NULL)
        ares_destroy(dns->socks.channel);
    resolv_conf_fini(&dns->conf);
    mem_free(dns);
}

const struct resolv_conf *dns_conf(const struct dns *dns)
{
    return &dns->conf;
}

/* --- questions and answers --- */

static void note_ttl(struct dns_question *q, int ttl_s)
{
    int64_t ttl_ms = ttl_s > 0 ? ttl_s * INT64_C(1000) : 0; /* RFC 2181, 8 */
    if (q->answer.len == 0 || ttl_ms < q->ttl_ms)
        q->ttl_ms = ttl_ms;
}

static int read_ipv4(struct dns_question *q, const unsigned char *packet, int len)
{
    struct ares_addrttl found[ANSWER_MAX_FAMILY];
    int n = ANSWER_MAX_FAMILY;
    int status = ares_parse_a_reply(packet, len, NULL, found, &n);
    for (int i = 0; status == ARES_SUCCESS && i < n; i++) {
        struct addr addr = {.in = {.sin_family = AF_INET, .sin_addr = found[i].ipaddr}};
        note_ttl(q, found[i].ttl);
        if (!answer_add(&q->answer, &addr, 1))
            return ARES_ENOMEM;
    }
    return status;
}

static int read_ipv6(struct dns_question *q, const unsigned char *packet, int len)
{
    struct ares_addr6ttl found[ANSWER_MAX_FAMILY];
    int n = ANSWER_MAX_FAMILY;
    int status = ares_parse_aaaa_reply(packet, len, NULL, found, &n);
    for (int i = 0; status == ARES_SUCCESS && i < n; i++) {
        struct addr addr = {.in6 = {.sin6_family = AF_INET6}};
        memcpy(&addr.in6.sin6_addr, &found[i].ip6addr, sizeof(addr.in6.sin6_addr));
        note_ttl(q, found[i].ttl);
        if (!answer_add(&q->answer, &addr, 1))
            return ARES_ENOMEM;
    }
    return status;
}

static enum lookup_error read_answer(struct dns_question *q, int status,
                                     const unsigned char *packet, int len)
{
    if (status == ARES_SUCCESS)
        status = q->family == AF_INET6 ? read_ipv6(q, packet, len) : read_ipv4(q, packet, len);
    if (status == ARES_SUCCESS && q->answer.len == 0)
        return LOOKUP_NOT_FOUND;
    if (status == ARES_ECONNREFUSED && q->failure != LOOKUP_OK)
        return q->failure;
    return error_of(status);
}

/* c-ares's callback. It only records. */
static void record(void *arg, int status, int timeouts, unsigned char *packet, int len)
{
    (void)timeouts;
    struct dns_question *q = arg;
    /* The first of several answers of a server without EDNS turns it off for the channel, and only
     * that one question is asked again by c-ares. */
    if (status == ARES_EFORMERR && !q->without_edns) {
        q->without_edns = true;
        ares_query(q->dns->socks.channel, q->host, CLASS_IN, type_of(q->family), record, q);
        return;
    }
    q->answer.error = read_answer(q, status, packet, len);
    q->answered = true;
    list_remove(&q->link);
    list_push(q->dns->answers, &q->link);
}

void dns_ask(struct dns *dns, struct dns_question *question)
{
    question->dns = dns;
    list_push(&dns->open, &question->link);
    ares_query(dns->socks.channel, question->host, CLASS_IN, type_of(question->family), record,
               question);
}

void dns_process(struct dns *dns)
{
    dns_sockets_process(&dns->socks);
}

bool dns_watch(struct dns *dns)
{
    return dns_sockets_watch(&dns->socks);
}

int64_t dns_due_ns(struct dns *dns, int64_t now_ns)
{
    struct timeval tv;
    if (ares_timeout(dns->socks.channel, NULL, &tv) == NULL)
        return CLOCK_NEVER;
    /* A millisecond more: c-ares compares to the microsecond, and early is in vain. */
    return clock_after_ms(now_ns, (int64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000 + 1);
}

bool dns_is_idle(const struct dns *dns)
{
    return dns->open.head == NULL;
}

void dns_describe(char *out, size_t size)
{
    snprintf(out, size, "c-ares/%s", ares_version(NULL));
}
