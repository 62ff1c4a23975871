/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * OpenSSL 3.2 can save an error queue by itself (OSSL_ERR_STATE_save); for 3.0
 * the entries are taken out and made again. Their texts belong to the queue, so
 * they are copied.
 */
#include "net/tls_library.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

#include "base/alloc.h"

struct tls_queued {
    unsigned long code;
    int line;
    char *file;
    char *func;
    char *data; /* or NULL */
};

/* As many as OpenSSL keeps. */
enum { QUEUED_MAX = 16 };

bool tls_library_init(void)
{
    return OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, NULL) == 1;
}

void tls_library_describe(char *out, size_t size)
{
    snprintf(out, size, "OpenSSL/%s", OpenSSL_version(OPENSSL_VERSION_STRING));
}

static bool take_one(struct tls_queued *e)
{
    const char *file, *func, *data;
    int flags;
    e->code = ERR_get_error_all(&file, &e->line, &func, &data, &flags);
    if (e->code == 0)
        return false;
    e->file = file != NULL ? mem_strdup(file) : NULL;
    e->func = func != NULL ? mem_strdup(func) : NULL;
    e->data = (flags & ERR_TXT_STRING) != 0 && data != NULL ? mem_strdup(data) : NULL;
    return true;
}

void tls_enter(struct tls_visit *visit)
{
    *visit = (struct tls_visit){0};
    if (ERR_peek_error() == 0)
        return;
    visit->errors = mem_zalloc_array(QUEUED_MAX, sizeof(*visit->errors));
    if (visit->errors == NULL) {
        ERR_clear_error();
        return;
    }
    while (visit->len < QUEUED_MAX && take_one(&visit->errors[visit->len]))
        visit->len++;
}

static void put_one(struct tls_queued *e)
{
    ERR_new();
    ERR_set_debug(e->file, e->line, e->func);
    ERR_set_error(ERR_GET_LIB(e->code), ERR_GET_REASON(e->code), e->data != NULL ? "%s" : NULL,
                  e->data);
    mem_free(e->file);
    mem_free(e->func);
    mem_free(e->data);
}

void tls_leave(struct tls_visit *visit)
{
    if (ERR_peek_error() != 0)
        ERR_clear_error();
    for (unsigned i = 0; i < visit->len; i++)
        put_one(&visit->errors[i]);
    mem_free(visit->errors);
    visit->errors = NULL;
    visit->len = 0;
}
