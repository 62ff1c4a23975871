/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the library is made of: each library below it as it is at run time, in the
 * words of the module that alone knows it. The text is made once, by whoever asks
 * first.
 */
#include <gofer/client.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "client/public_suffix.h"
#include "http/coding.h"
#include "http/host.h"
#include "net/dns.h"
#include "net/tls_library.h"

enum { TEXT_BYTES = 512, ONE_BYTES = 64 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char text[TEXT_BYTES];

static void add(void (*describe)(char *out, size_t size))
{
    char one[ONE_BYTES];
    size_t len = strlen(text);
    describe(one, sizeof one);
    snprintf(text + len, sizeof text - len, "%s%s", len > 0 ? " " : "", one);
}

static void make_text(void)
{
    add(tls_library_describe);
    add(coding_gzip.describe);
    if (coding_brotli != NULL)
        add(coding_brotli->describe);
    if (coding_zstd != NULL)
        add(coding_zstd->describe);
    add(dns_describe);
    add(host_describe_idn);
    add(public_suffixes_describe);
}

const char *gofer_libraries(void)
{
    pthread_once(&once, make_text);
    return text;
}
