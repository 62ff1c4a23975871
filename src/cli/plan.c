/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From operations to transfers; see plan.h.
 */
#include "cli/plan.h"

#include <stdlib.h>

void plan_init(struct plan *plan, const struct global *global)
{
    *plan = (struct plan){.global = global, .config = global->first};
}

static char *copy(const char *s)
{
    return s != NULL ? cli_strdup(s) : NULL;
}

bool plan_next(struct plan *plan, struct job *job, enum exit_code *code)
{
    const struct target *t;

    (void)code;
    while (plan->config != NULL && plan->target == plan->config->urls_len) {
        plan->config = plan->config->next;
        plan->target = 0;
    }
    if (plan->config == NULL)
        return false;
    t = &plan->config->targets[plan->target++];
    *job = (struct job){.config = plan->config,
                        .number = plan->number++,
                        .url = copy(t->url),
                        .output_kind = t->output_kind,
                        .output = copy(t->output),
                        .upload = copy(t->upload)};
    return true;
}

void plan_fini(struct plan *plan)
{
    *plan = (struct plan){.global = NULL};
}

void job_fini(struct job *job)
{
    free(job->url);
    free(job->output);
    free(job->upload);
    *job = (struct job){.config = NULL};
}
