/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * --help and --version; see help.h.
 */
#include "cli/help.h"

#include <config.h> /* the build's: cli/config.h is another one */
#include <gofer/gofer.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/options.h"

static const struct {
    const char *name;
    unsigned list;
    const char *help;
} lists[] = {
    {"auth", HELP_AUTH, "Who asks"},
    {"connection", HELP_CONNECTION, "Connections: where from, where to, how long"},
    {"curl", HELP_CURL, "The command itself"},
    {"dns", HELP_DNS, "Names and their addresses"},
    {"http", HELP_HTTP, "The request and what comes of it"},
    {"misc", HELP_MISC, "What fits nowhere else"},
    {"output", HELP_OUTPUT, "Files that are written"},
    {"post", HELP_POST, "Data that a POST sends"},
    {"proxy", HELP_PROXY, "Proxies"},
    {"tls", HELP_TLS, "https"},
    {"upload", HELP_UPLOAD, "Everything that is sent"},
    {"verbose", HELP_VERBOSE, "What is told about it"},
};

enum { LISTS = sizeof lists / sizeof lists[0], ALL = ~0 };

/* --- options, in the order of their names ---------------------------------- */

static const char *sort_name(const struct option *o)
{
    return strncmp(o->name, "no-", 3) == 0 ? o->name + 3 : o->name;
}

static int compare(const void *a, const void *b)
{
    const struct option *const *x = a, *const *y = b;

    return strcmp(sort_name(*x), sort_name(*y));
}

static void print_option(const struct option *o)
{
    char letter[] = {'-', o->letter, ',', '\0'};
    char names[48];

    if (o->value != NULL)
        snprintf(names, sizeof names, "--%s <%s>", o->name, o->value);
    else
        snprintf(names, sizeof names, "--%s", o->name);
    printf(" %-3s %-28s %s\n", o->letter != '\0' ? letter : "", names, o->help);
}

static void print_options(unsigned wanted)
{
    const struct option *found[512] = {NULL};
    size_t n = 0;

    for (const struct option *const *g = option_groups; *g != NULL; g++)
        for (const struct option *o = *g; o->name != NULL; o++)
            if ((o->lists & wanted) != 0 && n < sizeof found / sizeof found[0])
                found[n++] = o;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what is sorted */
    qsort(found, n, sizeof found[0], compare);
    for (size_t i = 0; i < n; i++)
        print_option(found[i]);
}

/* --- what is asked for ----------------------------------------------------- */

static void print_categories(void)
{
    for (size_t i = 0; i < LISTS; i++)
        printf(" %-11s %s\n", lists[i].name, lists[i].help);
}

static void print_important(void)
{
    print_options(HELP_IMPORTANT);
    puts("\nThis is not the full help, this menu is stripped into categories.\n"
         "Use \"--help category\" to get an overview of all categories.\n"
         "For all options use the manual or \"--help all\".");
}

/* False: there is none of that name. */
static bool print_category(const char *name)
{
    for (size_t i = 0; i < LISTS; i++)
        if (strcasecmp(lists[i].name, name) == 0) {
            printf("%s: %s\n", lists[i].name, lists[i].help);
            print_options(lists[i].list);
            return true;
        }
    return false;
}

static enum exit_code flushed(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? CODE_OK : CODE_WRITE;
}

enum exit_code help_print(const char *category)
{
    puts("Usage: gofer [options...] <url>");
    if (category == NULL) {
        print_important();
    } else if (strcasecmp(category, "all") == 0) {
        print_options((unsigned)ALL);
    } else if (strcasecmp(category, "category") == 0) {
        print_categories();
    } else if (!print_category(category)) {
        puts("Invalid category provided, here is a list of all categories:\n");
        print_categories();
    }
    return flushed();
}

/* Until there is one. */
#define RELEASE_DATE "[unreleased]"

/* curl's words, in its order; some are there only with a content coding. */
static const struct {
    const char *name;
    const char *coding;
} features[] = {
    {"AsynchDNS", NULL}, {"brotli", "br"},     {"HTTPS-proxy", NULL}, {"IDN", NULL},
    {"IPv6", NULL},      {"Largefile", NULL},  {"libz", "gzip"},      {"PSL", NULL},
    {"SSL", NULL},       {"threadsafe", NULL}, {"UnixSockets", NULL}, {"zstd", "zstd"},
};

enum exit_code help_print_version(void)
{
    printf("gofer %s (%s) libgofer/%s %s\nRelease-Date: %s\nProtocols: http https\nFeatures:",
           gofer_version(), GOFER_HOST, gofer_version(), gofer_libraries(), RELEASE_DATE);
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++)
        if (features[i].coding == NULL ||
            strstr(gofer_content_codings(), features[i].coding) != NULL)
            printf(" %s", features[i].name);
    putchar('\n');
    return flushed();
}
