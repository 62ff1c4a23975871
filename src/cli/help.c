/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * --help and --version; see help.h.
 */
#include "cli/help.h"

#include <gofer/gofer.h>
#include <stdio.h>

#include "cli/options.h"

static void print_option(const struct option *o)
{
    char letter[] = {'-', o->letter, ',', '\0'};
    char names[40];

    if (o->value != NULL)
        snprintf(names, sizeof names, "--%s <%s>", o->name, o->value);
    else
        snprintf(names, sizeof names, "--%s", o->name);
    printf("  %-3s %-23s %s\n", o->letter != '\0' ? letter : "", names, o->help);
}

static enum exit_code flushed(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? CODE_OK : CODE_WRITE;
}

enum exit_code help_print(void)
{
    puts("Usage: gofer [options...] <url>...\n"
         "Fetches URLs over HTTP/1.1. Options and exit codes are curl's.");
    for (const struct option_group *g = option_groups; g->title != NULL; g++) {
        printf("\n%s\n", g->title);
        for (const struct option *o = g->options; o->name != NULL; o++)
            print_option(o);
    }
    puts("\nA URL without a scheme is http. More: man gofer");
    return flushed();
}

enum exit_code help_print_version(void)
{
    printf("gofer %s\nProtocols: http https\nContent codings: %s\n", gofer_version(),
           gofer_content_codings());
    return flushed();
}
