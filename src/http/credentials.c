/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Checking, and putting together.
 */
#include "http/credentials.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "http/base64.h"

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

bool credentials_basic(const char *user, const char *password, char **value)
{
    const char *secret = password != NULL ? password : "";
    if (strchr(user, ':') != NULL || has_control(user) || has_control(secret))
        return false;
    struct buf pair = BUF_INIT;
    struct buf text = BUF_INIT;
    buf_append_str(&pair, user);
    buf_append_char(&pair, ':');
    buf_append_str(&pair, secret);
    buf_append_str(&text, "Basic ");
    base64_append(&text, pair.data, pair.len);
    text.failed = text.failed || buf_failed(&pair);
    buf_fini(&pair);
    *value = buf_take_str(&text);
    return true;
}

static bool is_visible(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text <= 0x20 || *text >= 0x7f)
            return false;
    return true;
}

bool credentials_bearer(const char *token, char **value)
{
    if (*token == '\0' || !is_visible(token))
        return false;
    struct buf text = BUF_INIT;
    buf_append_str(&text, "Bearer ");
    buf_append_str(&text, token);
    *value = buf_take_str(&text);
    return true;
}
