/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An address is 16 bytes here, IPv4 in its mapped form, so that one comparison
 * of leading bits does for addresses and ranges of both families. A range of one
 * family holds no address of the other: "::/0" is all of IPv6 only.
 */
#include "http/no_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "http/host.h"

enum { ADDRESS_BITS = 128, MAPPED_BITS = 96, PORT_MAX = 65535 };

struct no_proxy_entry {
    char *name; /* without outer dots; NULL: an address */
    bool below_only;
    struct in6_addr address;
    unsigned bits; /* of the address that count */
    int port;      /* -1: any */
};

struct span {
    const char *at;
    size_t len;
};

static bool parse_address(struct span text, struct in6_addr *address)
{
    char copy[INET6_ADDRSTRLEN];
    if (text.len >= 2 && text.at[0] == '[' && text.at[text.len - 1] == ']')
        text = (struct span){text.at + 1, text.len - 2};
    if (text.len >= sizeof copy)
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET6, copy, address) == 1)
        return true;
    memset(address, 0, sizeof *address);
    address->s6_addr[10] = address->s6_addr[11] = 0xff;
    return inet_pton(AF_INET, copy, address->s6_addr + 12) == 1;
}

/* 1*DIGIT up to max, or -1. */
static int parse_number(struct span text, int max)
{
    int n = 0;
    if (text.len == 0)
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (!ascii_is_digit(text.at[i]))
            return -1;
        n = 10 * n + (text.at[i] - '0');
        if (n > max)
            return -1;
    }
    return n;
}

/* address/bits[:port]; slash is where the '/' stands. */
static bool parse_range(struct span text, const char *slash, struct no_proxy_entry *entry)
{
    const char *end = text.at + text.len;
    const char *colon = memchr(slash, ':', (size_t)(end - slash));
    const char *bits_end = colon == NULL ? end : colon;
    struct span address = {text.at, (size_t)(slash - text.at)};
    bool mapped = memchr(address.at, ':', address.len) == NULL;
    int max = mapped ? ADDRESS_BITS - MAPPED_BITS : ADDRESS_BITS;
    int bits = parse_number((struct span){slash + 1, (size_t)(bits_end - slash) - 1}, max);
    if (bits < 0 || !parse_address(address, &entry->address))
        return false;
    entry->bits = (unsigned)bits + (mapped ? MAPPED_BITS : 0);
    if (colon == NULL)
        return true;
    entry->port = parse_number((struct span){colon + 1, (size_t)(end - colon) - 1}, PORT_MAX);
    return entry->port > 0;
}

static size_t count_colons(struct span text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.at[i] == ':';
    return n;
}

static size_t without_final_dot(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && name[len - 1] == '.' ? len - 1 : len;
}

/* Takes over what host_parse() found. */
static bool use_host(struct host *host, struct no_proxy_entry *entry)
{
    entry->port = host->port;
    entry->bits = ADDRESS_BITS;
    if (host->kind != URL_HOST_NAME)
        return !entry->below_only && host->zone == NULL &&
               parse_address((struct span){host->name, strlen(host->name)}, &entry->address);
    entry->name = host->name;
    host->name = NULL;
    entry->name[without_final_dot(entry->name)] = '\0';
    return true;
}

static gofer_status parse_host(struct span text, struct no_proxy_entry *entry)
{
    struct host host;
    struct buf why = BUF_INIT;
    size_t prefix = text.len > 1 && memcmp(text.at, "*.", 2) == 0 ? 2 : text.at[0] == '.';
    entry->below_only = prefix > 0;
    gofer_status status = host_parse(text.at + prefix, text.len - prefix, &host, &why);
    buf_fini(&why);
    if (status != GOFER_OK)
        return status;
    status = use_host(&host, entry) ? GOFER_OK : GOFER_ERR_INVALID;
    host_fini(&host);
    return status;
}

/* GOFER_ERR_INVALID: to be ignored. */
static gofer_status parse_entry(struct span text, struct no_proxy_entry *entry)
{
    *entry = (struct no_proxy_entry){.port = -1, .bits = ADDRESS_BITS};
    const char *slash = memchr(text.at, '/', text.len);
    if (slash != NULL)
        return parse_range(text, slash, entry) ? GOFER_OK : GOFER_ERR_INVALID;
    /* An IPv6 address without brackets; to host_parse() it would be a name and a port. */
    if (text.at[0] != '[' && count_colons(text) > 1)
        return parse_address(text, &entry->address) ? GOFER_OK : GOFER_ERR_INVALID;
    return parse_host(text, entry);
}

/* The next entry, or a length of 0 at the end. */
static struct span next_entry(const char **text)
{
    static const char separators[] = ", \t";
    const char *at = *text + strspn(*text, separators);
    size_t len = strcspn(at, separators);
    *text = at + len;
    return (struct span){at, len};
}

static size_t count_entries(const char *text)
{
    size_t n = 0;
    while (next_entry(&text).len > 0)
        n++;
    return n;
}

static const char with_local[] = "<-loopback>";

bool no_proxy_parse(const char *text, struct no_proxy *list)
{
    *list = (struct no_proxy){.entries = NULL};
    size_t cap = text == NULL ? 0 : count_entries(text);
    if (cap == 0)
        return true;
    list->entries = mem_zalloc_array(cap, sizeof *list->entries);
    if (list->entries == NULL)
        return false;
    gofer_status status = GOFER_OK;
    for (size_t i = 0; i < cap && status != GOFER_ERR_NOMEM; i++) {
        struct span entry = next_entry(&text);
        if (entry.len == 1 && *entry.at == '*')
            list->all = true;
        if (entry.len == sizeof with_local - 1 && memcmp(entry.at, with_local, entry.len) == 0)
            list->with_local = true;
        status = parse_entry(entry, &list->entries[list->len]);
        list->len += status == GOFER_OK;
    }
    if (status == GOFER_ERR_NOMEM)
        no_proxy_fini(list);
    return status != GOFER_ERR_NOMEM;
}

void no_proxy_fini(struct no_proxy *list)
{
    for (size_t i = 0; i < list->len; i++)
        mem_free(list->entries[i].name);
    mem_free(list->entries);
    *list = (struct no_proxy){.entries = NULL};
}

static bool same_bits(const struct in6_addr *a, const struct in6_addr *b, unsigned bits)
{
    unsigned bytes = bits / 8, rest = bits % 8;
    if (memcmp(a, b, bytes) != 0)
        return false;
    return rest == 0 || (a->s6_addr[bytes] ^ b->s6_addr[bytes]) >> (8 - rest) == 0;
}

static bool has_address(const struct no_proxy_entry *entry, const struct in6_addr *address)
{
    if (IN6_IS_ADDR_V4MAPPED(&entry->address) != IN6_IS_ADDR_V4MAPPED(address))
        return false;
    return same_bits(&entry->address, address, entry->bits);
}

static bool has_name(const struct no_proxy_entry *entry, struct span name)
{
    size_t len = strlen(entry->name);
    if (name.len < len || memcmp(name.at + name.len - len, entry->name, len) != 0)
        return false;
    if (name.len == len)
        return !entry->below_only;
    return name.at[name.len - len - 1] == '.';
}

bool no_proxy_has(const struct no_proxy *list, const struct url *url)
{
    struct in6_addr address;
    struct span name = {url->host, without_final_dot(url->host)};
    bool is_name = url->host_kind == URL_HOST_NAME;
    if (list->all)
        return true;
    if (!is_name && !parse_address(name, &address))
        return false;
    for (size_t i = 0; i < list->len; i++) {
        const struct no_proxy_entry *entry = &list->entries[i];
        if ((entry->name != NULL) != is_name || (entry->port >= 0 && entry->port != url->port))
            continue;
        if (is_name ? has_name(entry, name) : has_address(entry, &address))
            return true;
    }
    return false;
}

bool no_proxy_is_local(const struct url *url)
{
    struct in6_addr address;
    struct span name = {url->host, without_final_dot(url->host)};
    if (url->host_kind == URL_HOST_NAME)
        return ascii_equal_n(name.at, name.len, "localhost");
    if (!parse_address(name, &address))
        return false;
    if (IN6_IS_ADDR_V4MAPPED(&address))
        return address.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&address) != 0;
}
