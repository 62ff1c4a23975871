/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Each message of the proxy is looked at as soon as `need` bytes of it are there;
 * looking at it either moves the state or raises `need`. A refusal is taken at
 * its second byte: proxies are seen that send no more.
 */
#include "net/socks.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <string.h>

enum {
    VERSION_4 = 4,
    VERSION_5 = 5,
    LOGIN_VERSION = 1,
    COMMAND_CONNECT = 1,
    METHOD_NONE = 0,
    METHOD_LOGIN = 2,
    METHOD_REFUSED = 0xff,
    TYPE_IPV4 = 1,
    TYPE_NAME = 3,
    TYPE_IPV6 = 4,
    GRANTED_4 = 90,
    ANSWER_4_BYTES = 8,
    ANSWER_5_BYTES = 4 /* before the address */
};

static const char *const names[] = {
    [SOCKS_4] = "SOCKS4", [SOCKS_4A] = "SOCKS4a", [SOCKS_5] = "SOCKS5"};

/* From now on: to send what is put next, then to read `need` bytes. */
static void expect(struct socks *socks, enum socks_state state, size_t need)
{
    socks->state = state;
    socks->out_len = socks->sent = 0;
    socks->in_len = 0;
    socks->need = need;
}

static void fail(struct socks *socks, const char *what, struct fault *fault)
{
    expect(socks, SOCKS_FAILED, 0);
    if (fault_set(fault, GOFER_ERR_PROXY, GOFER_PHASE_PROXY, 0, "%s proxy: %s",
                  names[socks->request.version], what))
        fault->reason = GOFER_REASON_SOCKS;
}

static void fail_with_byte(struct socks *socks, const char *what, unsigned byte,
                           struct fault *fault)
{
    expect(socks, SOCKS_FAILED, 0);
    if (fault_set(fault, GOFER_ERR_PROXY, GOFER_PHASE_PROXY, 0, "%s proxy: %s 0x%02x",
                  names[socks->request.version], what, byte))
        fault->reason = GOFER_REASON_SOCKS;
}

static void put(struct socks *socks, const void *data, size_t len)
{
    memcpy(socks->out + socks->out_len, data, len);
    socks->out_len += len;
}

static void put_byte(struct socks *socks, unsigned byte)
{
    socks->out[socks->out_len++] = (unsigned char)byte;
}

static void put_counted(struct socks *socks, const char *text)
{
    put_byte(socks, (unsigned)strlen(text));
    put(socks, text, strlen(text));
}

static void put_port(struct socks *socks)
{
    put_byte(socks, socks->request.port >> 8);
    put_byte(socks, socks->request.port & 0xff);
}

static void greet(struct socks *socks)
{
    expect(socks, SOCKS_METHOD, 2);
    bool login = socks->request.user != NULL;
    put_byte(socks, VERSION_5);
    put_byte(socks, login ? 2 : 1);
    put_byte(socks, METHOD_NONE);
    if (login)
        put_byte(socks, METHOD_LOGIN);
}

static void log_in(struct socks *socks)
{
    const char *password = socks->request.password;
    expect(socks, SOCKS_LOGIN, 2);
    put_byte(socks, LOGIN_VERSION);
    put_counted(socks, socks->request.user);
    put_counted(socks, password != NULL ? password : "");
}

static void put_address(struct socks *socks)
{
    struct in6_addr ip;
    const char *host = socks->request.host;
    if (inet_pton(AF_INET, host, &ip) == 1) {
        put_byte(socks, TYPE_IPV4);
        put(socks, &ip, sizeof(struct in_addr));
    } else if (inet_pton(AF_INET6, host, &ip) == 1) {
        put_byte(socks, TYPE_IPV6);
        put(socks, &ip, sizeof ip);
    } else {
        put_byte(socks, TYPE_NAME);
        put_counted(socks, host);
    }
}

static void ask_5(struct socks *socks)
{
    expect(socks, SOCKS_ANSWER, 2);
    put_byte(socks, VERSION_5);
    put_byte(socks, COMMAND_CONNECT);
    put_byte(socks, 0);
    put_address(socks);
    put_port(socks);
}

/* Version 4a: the address 0.0.0.1 says that a name stands at the end. */
static void ask_4(struct socks *socks)
{
    const char *user = socks->request.user != NULL ? socks->request.user : "";
    struct in_addr ip = {htonl(1)};
    expect(socks, SOCKS_ANSWER, 2);
    bool named = inet_pton(AF_INET, socks->request.host, &ip) != 1;
    put_byte(socks, VERSION_4);
    put_byte(socks, COMMAND_CONNECT);
    put_port(socks);
    put(socks, &ip, sizeof ip);
    put(socks, user, strlen(user) + 1);
    if (named)
        put(socks, socks->request.host, strlen(socks->request.host) + 1);
}

/* What cannot be asked, or NULL. */
static const char *refuse_5(const struct socks_request *request)
{
    if (request->user == NULL)
        return NULL;
    if (*request->user == '\0' || strlen(request->user) > SOCKS_STRING_MAX)
        return "user is empty or over 255 bytes";
    if (request->password != NULL && strlen(request->password) > SOCKS_STRING_MAX)
        return "password over 255 bytes";
    return NULL;
}

static const char *refuse_4(const struct socks_request *request)
{
    struct in6_addr ip;
    if (inet_pton(AF_INET6, request->host, &ip) == 1)
        return "cannot reach an IPv6 address";
    if (request->user != NULL && strlen(request->user) > SOCKS_STRING_MAX)
        return "user over 255 bytes";
    if (inet_pton(AF_INET, request->host, &ip) != 1)
        return request->version == SOCKS_4 ? "cannot be given a name, only an address" : NULL;
    /* To a proxy that knows 4a this would be the mark of a name. */
    if (memcmp(&ip, "\0\0\0", 3) == 0)
        return "cannot reach an address in 0.0.0.0/24";
    return NULL;
}

bool socks_begin(struct socks *socks, const struct socks_request *request, struct fault *fault)
{
    *socks = (struct socks){.request = *request};
    const char *why = request->version == SOCKS_5 ? refuse_5(request) : refuse_4(request);
    if (*request->host == '\0' || strlen(request->host) > SOCKS_STRING_MAX)
        why = "host name is empty or over 255 bytes";
    if (why != NULL) {
        fail(socks, why, fault);
        return false;
    }
    if (request->version == SOCKS_5)
        greet(socks);
    else
        ask_4(socks);
    return true;
}

size_t socks_to_send(const struct socks *socks, const void **data)
{
    *data = socks->out + socks->sent;
    return socks->out_len - socks->sent;
}

void socks_sent(struct socks *socks, size_t n)
{
    assert(n <= socks->out_len - socks->sent);
    socks->sent += n;
}

size_t socks_to_read(const struct socks *socks)
{
    if (socks->state >= SOCKS_OPEN || socks->sent < socks->out_len)
        return 0;
    return socks->need - socks->in_len;
}

static void take_method(struct socks *socks, struct fault *fault)
{
    unsigned method = socks->in[1];
    bool has_user = socks->request.user != NULL;
    if (socks->in[0] != VERSION_5)
        fail_with_byte(socks, "not one, it begins with", socks->in[0], fault);
    else if (method == METHOD_NONE)
        ask_5(socks);
    else if (method == METHOD_LOGIN && has_user)
        log_in(socks);
    else if (method == METHOD_REFUSED)
        fail(socks, has_user ? "wants another way to log in" : "wants a user and a password",
             fault);
    else
        fail_with_byte(socks, "chose a way to log in that was not offered:", method, fault);
}

static void take_login(struct socks *socks, struct fault *fault)
{
    if (socks->in[0] != LOGIN_VERSION)
        fail_with_byte(socks, "bad answer to the login, it begins with", socks->in[0], fault);
    else if (socks->in[1] != 0)
        fail(socks, "refused the user or the password", fault);
    else
        ask_5(socks);
}

/* RFC 1928 section 6. */
static void refused_5(struct socks *socks, unsigned code, struct fault *fault)
{
    static const char *const words[] = {
        [1] = "general failure",       [2] = "connection not allowed by its rules",
        [3] = "network unreachable",   [4] = "host unreachable",
        [5] = "connection refused",    [6] = "time to live expired",
        [7] = "does not know CONNECT", [8] = "does not know this type of address",
    };
    if (code < sizeof words / sizeof *words)
        fail(socks, words[code], fault);
    else
        fail_with_byte(socks, "refused, with the unknown reply", code, fault);
}

static size_t answer_5_len(const unsigned char *in)
{
    switch (in[3]) {
    case TYPE_IPV4:
        return ANSWER_5_BYTES + sizeof(struct in_addr) + 2;
    case TYPE_IPV6:
        return ANSWER_5_BYTES + sizeof(struct in6_addr) + 2;
    case TYPE_NAME:
        return ANSWER_5_BYTES + 1 + (size_t)in[4] + 2;
    default:
        return 0;
    }
}

/* Looked at after 2 bytes, 5 (the shortest answer has 7) and all. */
static void take_answer_5(struct socks *socks, struct fault *fault)
{
    const unsigned char *in = socks->in;
    if (in[0] != VERSION_5) {
        fail_with_byte(socks, "bad answer, it begins with", in[0], fault);
    } else if (in[1] != 0) {
        refused_5(socks, in[1], fault);
    } else if (socks->in_len == 2) {
        socks->need = ANSWER_5_BYTES + 1;
    } else if (socks->in_len > ANSWER_5_BYTES + 1) {
        socks->state = SOCKS_OPEN;
    } else if (in[2] != 0) {
        fail_with_byte(socks, "bad answer, its reserved byte is", in[2], fault);
    } else {
        socks->need = answer_5_len(in);
        if (socks->need == 0)
            fail_with_byte(socks, "bad answer, unknown type of address", in[3], fault);
    }
}

static void refused_4(struct socks *socks, unsigned code, struct fault *fault)
{
    static const char *const words[] = {"refused or failed", "cannot reach identd on this machine",
                                        "identd names another user"};
    unsigned i = code - GRANTED_4 - 1;
    if (i < sizeof words / sizeof *words)
        fail(socks, words[i], fault);
    else
        fail_with_byte(socks, "refused, with the unknown reply", code, fault);
}

static void take_answer_4(struct socks *socks, struct fault *fault)
{
    if (socks->in[0] != 0)
        fail_with_byte(socks, "bad answer, it begins with", socks->in[0], fault);
    else if (socks->in[1] != GRANTED_4)
        refused_4(socks, socks->in[1], fault);
    else if (socks->in_len == ANSWER_4_BYTES)
        socks->state = SOCKS_OPEN;
    else
        socks->need = ANSWER_4_BYTES;
}

static void look(struct socks *socks, struct fault *fault)
{
    if (socks->state == SOCKS_METHOD)
        take_method(socks, fault);
    else if (socks->state == SOCKS_LOGIN)
        take_login(socks, fault);
    else if (socks->request.version == SOCKS_5)
        take_answer_5(socks, fault);
    else
        take_answer_4(socks, fault);
}

enum socks_state socks_feed(struct socks *socks, const void *data, size_t len, size_t *used,
                            struct fault *fault)
{
    const unsigned char *from = data;
    size_t want;
    assert(socks_to_read(socks) > 0);
    for (*used = 0; *used < len && (want = socks_to_read(socks)) > 0;) {
        size_t n = len - *used < want ? len - *used : want;
        memcpy(socks->in + socks->in_len, from + *used, n);
        socks->in_len += n;
        *used += n;
        if (socks->in_len == socks->need)
            look(socks, fault);
    }
    return socks->state;
}

void socks_eof(struct socks *socks, struct fault *fault)
{
    fail(socks, "closed the connection during the handshake", fault);
}
