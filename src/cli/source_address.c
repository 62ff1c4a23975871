/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Finding out what a name is one of.
 */
#include "cli/source_address.h"

#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

static void copy(char *to, const char *from, size_t len)
{
    snprintf(to, SOURCE_BYTES, "%.*s", (int)len, from);
}

static bool find_host(const char *name, gofer_address_family family, char *address)
{
    static const int families[] = {
        [GOFER_ANY_FAMILY] = AF_UNSPEC, [GOFER_IPV4] = AF_INET, [GOFER_IPV6] = AF_INET6};
    struct addrinfo hints = {.ai_family = families[family], .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;

    if (getaddrinfo(name, NULL, &hints, &found) != 0)
        return false;
    bool ok = getnameinfo(found->ai_addr, found->ai_addrlen, address, SOURCE_BYTES, NULL, 0,
                          NI_NUMERICHOST) == 0;
    freeaddrinfo(found);
    return ok;
}

bool source_address_find(const char *said, gofer_address_family family,
                         struct source_address *source)
{
    const char *bang;

    *source = (struct source_address){.interface = ""};
    if (said == NULL || *said == '\0')
        return true;
    if (strncmp(said, "if!", 3) == 0) {
        copy(source->interface, said + 3, strlen(said + 3));
        return true;
    }
    if (strncmp(said, "host!", 5) == 0)
        return find_host(said + 5, family, source->local_address);
    if (strncmp(said, "ifhost!", 7) == 0 && (bang = strchr(said + 7, '!')) != NULL) {
        copy(source->interface, said + 7, (size_t)(bang - said) - 7);
        return find_host(bang + 1, family, source->local_address);
    }
    if (if_nametoindex(said) != 0) {
        copy(source->interface, said, strlen(said));
        return true;
    }
    return find_host(said, family, source->local_address);
}
