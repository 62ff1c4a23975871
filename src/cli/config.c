/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the command line asked for; see config.h.
 */
#include "cli/config.h"

#include <stdlib.h>

void config_init(struct config *config)
{
    *config = (struct config){.parallel_max = 50};
}

void config_fini(struct config *config)
{
    strings_fini(&config->urls);
    strings_fini(&config->outputs);
    strings_fini(&config->headers);
    text_fini(&config->data);
    text_fini(&config->write_out);
    free(config->method);
    config->method = NULL;
}

const char *config_method(const struct config *config)
{
    if (config->method != NULL)
        return config->method;
    if (config->head)
        return "HEAD";
    return config->has_data ? "POST" : "GET";
}

const char *config_output(const struct config *config, size_t i)
{
    return i < config->outputs.len ? config->outputs.items[i] : NULL;
}
