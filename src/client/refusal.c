/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Filling in a gofer_option_error.
 */
#include "client/refusal.h"

#include <errno.h>
#include <stdio.h>

#include "base/alloc.h"

void refusal_clear(const gofer_client_options *options)
{
    if (options->option_error != NULL)
        *options->option_error = (gofer_option_error){.index = 0};
}

int refusal_tell(const gofer_client_options *options, const char *option, size_t index,
                 const char *why)
{
    gofer_option_error *told = options->option_error;
    if (told == NULL || told->option[0] != '\0')
        return EINVAL;
    snprintf(told->option, sizeof(told->option), "%s", option);
    snprintf(told->why, sizeof(told->why), "%s", why);
    told->index = index;
    return EINVAL;
}

int refusal_of(const gofer_client_options *options, const char *option, size_t index,
               gofer_status status, struct buf *why)
{
    if (status == GOFER_OK || status == GOFER_ERR_NOMEM) {
        buf_fini(why);
        return status == GOFER_OK ? 0 : ENOMEM;
    }
    char *text = buf_take_str(why);
    if (text == NULL)
        return ENOMEM;
    refusal_tell(options, option, index, text);
    mem_free(text);
    return EINVAL;
}
