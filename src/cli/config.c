/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the command line asked for; see config.h.
 */
#include "cli/config.h"

#include <stdlib.h>

#include "cli/variable.h"

static void follow_fini(struct config_follow *follow)
{
    free(follow->user);
    free(follow->bearer);
    free(follow->referer);
    free(follow->cookie_jar);
    text_fini(&follow->cookies);
    strings_fini(&follow->cookie_files);
    *follow = (struct config_follow){.follows = false};
}

static void message_fini(struct config_message *m)
{
    char *strings[] = {m->agent,     m->range,        m->time_condition, m->target,
                       m->etag_save, m->etag_compare, m->netrc_file};

    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        free(strings[i]);
    text_fini(&m->json);
}

static void targets_fini(struct config *config)
{
    for (size_t i = 0; i < config->targets_len; i++) {
        free(config->targets[i].url);
        free(config->targets[i].output);
        free(config->targets[i].upload);
    }
    free(config->targets);
}

static void config_free(struct config *config)
{
    targets_fini(config);
    strings_fini(&config->headers);
    text_fini(&config->data);
    text_fini(&config->query);
    gofer_form_free(config->form);
    text_fini(&config->write_out);
    free(config->method);
    free(config->default_scheme);
    config_tls_fini(&config->tls);
    config_connect_fini(&config->connect);
    config_proxy_fini(&config->proxy);
    follow_fini(&config->follow);
    message_fini(&config->message);
    free(config->files.dump_header);
    free(config->files.directory);
    free(config);
}

/* --- the command line ------------------------------------------------------ */

static struct config *config_new(struct global *global)
{
    struct config *config = cli_realloc(NULL, 1, sizeof *config);

    *config = (struct config){.global = global,
                              .schemes = SCHEMES_ALL,
                              .redirect_schemes = SCHEMES_ALL,
                              .follow.max = 50};
    return config;
}

void global_init(struct global *global)
{
    *global = (struct global){.parallel_max = 50};
    global->first = global->last = config_new(global);
}

void global_next(struct global *global)
{
    global->last->next = config_new(global);
    global->last = global->last->next;
}

void global_fini(struct global *global)
{
    for (struct config *config = global->first, *next; config != NULL; config = next) {
        next = config->next;
        config_free(config);
    }
    free(global->help_category);
    variables_free(global->variables);
    free(global->har);
    free(global->waterfall);
    free(global->completion);
    free(global->stderr_file);
    free(global->trace);
    *global = (struct global){.first = NULL};
}

/* --- an operation ---------------------------------------------------------- */

void config_set_string(char **string, const char *value)
{
    free(*string);
    *string = cli_strdup(value);
}

const char *config_method(const struct config *config)
{
    if (config->method != NULL)
        return config->method;
    if (config->head)
        return "HEAD";
    bool posts = config->form != NULL || (config->has_data && !config->get);
    return posts ? "POST" : "GET";
}

/* Target number i, which is made where there are not so many. */
static struct target *target_at(struct config *config, size_t i)
{
    if (i == config->targets_len) {
        config->targets = cli_realloc(config->targets, i + 1, sizeof *config->targets);
        config->targets[i] = (struct target){.output_kind = config->default_output};
        config->targets_len++;
    }
    return &config->targets[i];
}

struct target *config_add_url(struct config *config, const char *url)
{
    struct target *target = target_at(config, config->urls_len++);

    target->url = cli_strdup(url);
    return target;
}

void config_add_output(struct config *config, enum output_kind kind, const char *output)
{
    struct target *target = target_at(config, config->outputs_len++);

    target->output_kind = kind;
    target->output = output != NULL ? cli_strdup(output) : NULL;
}

void config_add_upload(struct config *config, const char *upload)
{
    struct target *target = target_at(config, config->uploads_len++);

    target->uploads = upload != NULL;
    target->upload = upload != NULL ? cli_strdup(upload) : NULL;
}
