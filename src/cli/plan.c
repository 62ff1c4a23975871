/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From operations to transfers; see plan.h.
 */
#include "cli/plan.h"

#include <stdlib.h>

#include "cli/glob.h"
#include "cli/message.h"

void plan_init(struct plan *plan, const struct global *global)
{
    *plan = (struct plan){.config = global->first};
}

/* --- a target -------------------------------------------------------------- */

static void close_target(struct plan *plan)
{
    glob_free(plan->urls);
    glob_free(plan->uploads);
    text_fini(&plan->upload);
    plan->urls = plan->uploads = NULL;
}

static struct glob *open_glob(const struct config *config, const char *pattern, bool literal,
                              enum exit_code *code)
{
    struct text problem = {0};
    struct glob *glob = glob_new(pattern, literal || config->no_globs, &problem);

    if (glob == NULL) {
        *code = CODE_BAD_URL;
        message_error(config, *code, text_str(&problem));
    }
    text_fini(&problem);
    return glob;
}

/* The patterns of the next URL that there is. False: none, or *code. */
static bool open_target(struct plan *plan, enum exit_code *code)
{
    const struct target *t;

    if (plan->at == plan->config->urls_len) {
        plan->config = plan->config->next;
        plan->at = 0;
    }
    if (plan->config == NULL)
        return false;
    if (plan->config->urls_len == 0) { /* behind the last --next */
        message_usage("no URL specified!");
        *code = CODE_USAGE;
        return false;
    }
    t = plan->target = &plan->config->targets[plan->at++];
    plan->urls = open_glob(plan->config, t->url, t->literal, code);
    if (plan->urls != NULL && t->uploads)
        plan->uploads = open_glob(plan->config, t->upload, false, code);
    if (plan->uploads != NULL)
        glob_next(plan->uploads, &plan->upload);
    return *code == CODE_OK;
}

/* All URLs once more, with the next file to upload. */
static bool next_upload(struct plan *plan)
{
    text_fini(&plan->upload);
    if (plan->uploads == NULL || !glob_next(plan->uploads, &plan->upload))
        return false;
    glob_rewind(plan->urls);
    return true;
}

/* --- a job ----------------------------------------------------------------- */

static void fill_job(const struct plan *plan, const char *url, struct job *job)
{
    const struct target *t = plan->target;
    struct text name = {0};

    *job = (struct job){.config = plan->config,
                        .number = plan->number,
                        .url = cli_strdup(url),
                        .several = glob_count(plan->urls) > 1,
                        .output_kind = t->output_kind,
                        .upload = t->uploads ? cli_strdup(text_str(&plan->upload)) : NULL};
    if (t->output == NULL)
        return;
    glob_fill_in(plan->urls, t->output, &name);
    job->output = cli_strdup(text_str(&name));
    text_fini(&name);
}

bool plan_next(struct plan *plan, struct job *job, enum exit_code *code)
{
    struct text url = {0};

    for (;;) {
        if (plan->urls == NULL && !open_target(plan, code))
            return false;
        if (glob_next(plan->urls, &url))
            break;
        if (!next_upload(plan)) {
            close_target(plan);
            plan->number++;
        }
    }
    fill_job(plan, text_str(&url), job);
    text_fini(&url);
    return true;
}

void plan_fini(struct plan *plan)
{
    close_target(plan);
    plan->config = NULL;
}

void job_fini(struct job *job)
{
    free(job->url);
    free(job->output);
    free(job->upload);
    *job = (struct job){.config = NULL};
}
