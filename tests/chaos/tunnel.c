/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The far side's proxies. What a tunnel leads to is the far side itself: behind a
 * good answer the same connection is an origin's, over TLS where its port is. How
 * it goes wrong is in the first label of the host that is asked for.
 */
#include <arpa/inet.h>
#include <string.h>

#include "chaos/house.h"

enum { SOCKS_NAME = 3, SOCKS_HEAD = 5, SOCKS_HOST_MAX = 64 };

static const struct fault *fault_of(const char *host)
{
    char label[32];
    size_t len = strcspn(host, ".");

    if (len >= sizeof label)
        return NULL;
    for (size_t i = 0; i < len; i++)
        label[i] = host[i] == '-' ? '_' : host[i];
    label[len] = '\0';
    return fault_named(label);
}

static void lead(struct guest *guest, uint16_t port)
{
    const struct far *far = guest->house->far;

    guest->house->far->tally->tunnels++;
    guest->stage = STAGE_REQUESTS;
    if (port == far->ports[FAR_TLS]) {
        guest->port = FAR_TLS;
        guest->next_tls = guest->house->origin_tls;
    } else {
        guest->port = FAR_PLAIN;
    }
}

struct text {
    const char *data;
    size_t len;
};

struct dialect {
    struct text good, bad, garbage;
};

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct dialect http = {
    .good = TEXT("HTTP/1.1 200 Connection established\r\nX-Proxy: chaos\r\n\r\n"),
    .bad = TEXT("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 6\r\n\r\nproxy!"),
    .garbage = TEXT("EHLO proxy.good.test\r\n\r\n")};

static const struct dialect socks = {.good = TEXT("\5\0\0\1\177\0\0\1\0\0"),
                                     .bad = TEXT("\5\2\0\1\0\0\0\0\0\0"),
                                     .garbage = TEXT("HTTP/1.0 400 Bad Request\r\n\r\n")};

static void lead_somewhere(struct guest *guest, const struct dialect *dialect, uint16_t port)
{
    if (port != guest->house->far->ports[FAR_PLAIN] && port != guest->house->far->ports[FAR_TLS]) {
        guest_put(guest, dialect->bad.data, dialect->bad.len);
        guest_send(guest, THEN_CLOSE);
        return;
    }
    lead(guest, port);
    guest_put(guest, dialect->good.data, dialect->good.len);
    guest_send(guest, THEN_NEXT);
}

static void answer_ask(struct guest *guest, const struct dialect *dialect, const char *host,
                       uint16_t port)
{
    const struct fault *fault = fault_of(host);
    unsigned kind = fault != NULL ? fault->kind : FAULTS;

    switch (kind) {
    case FAULT_proxy_refuse:
        guest_put(guest, dialect->bad.data, dialect->bad.len);
        return guest_send(guest, THEN_CLOSE);
    case FAULT_proxy_drop:
        return guest_close(guest, false, true);
    case FAULT_proxy_reset:
        return guest_close(guest, true, false);
    case FAULT_proxy_half:
        guest_put(guest, dialect->good.data,
                  1 + dice_roll(&guest->house->dice, (unsigned)dialect->good.len - 1));
        return guest_send(guest, THEN_CLOSE);
    case FAULT_proxy_garbage:
        guest_put(guest, dialect->garbage.data, dialect->garbage.len);
        return guest_send(guest, THEN_HOLD);
    case FAULT_proxy_mute:
        return guest_hold(guest);
    case FAULT_proxy_drip:
        for (int i = 0; i < 4; i++)
            guest->pieces[guest->pieces_len++] = (struct piece){.len = 2, .delay_ms = i % 2};
        break;
    default:
        break;
    }
    lead_somewhere(guest, dialect, port);
}

void tunnel_connect(struct guest *guest)
{
    char host[sizeof guest->inlet.host];
    uint16_t port = guest->inlet.port;

    memcpy(host, guest->inlet.host, sizeof host);
    inlet_begin(&guest->inlet);
    answer_ask(guest, &http, host, port);
}

size_t tunnel_socks_hello(struct guest *guest, const char *data, size_t len)
{
    static const char none_needed[] = "\5\0";

    if (len < 2 || len < 2 + (size_t)(unsigned char)data[1])
        return 0;
    guest->stage = STAGE_SOCKS_ASK;
    guest_put(guest, none_needed, 2);
    guest_send(guest, THEN_NEXT);
    return 2 + (size_t)(unsigned char)data[1];
}

size_t tunnel_socks_ask(struct guest *guest, const char *data, size_t len)
{
    char host[SOCKS_HOST_MAX] = "";
    size_t name_len = len >= SOCKS_HEAD ? (unsigned char)data[4] : 0;
    uint16_t port;

    if (len < SOCKS_HEAD + name_len + 2)
        return 0;
    if (data[1] != 1 || data[3] != SOCKS_NAME || name_len >= sizeof host) {
        guest->house->far->tally->bad_requests++;
        guest_close(guest, true, false);
        return len;
    }
    memcpy(host, data + SOCKS_HEAD, name_len);
    memcpy(&port, data + SOCKS_HEAD + name_len, sizeof port);
    answer_ask(guest, &socks, host, ntohs(port));
    return SOCKS_HEAD + name_len + 2;
}
