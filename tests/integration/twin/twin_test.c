/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The comparison with curl: every row of the files in this folder is run with
 * Debian's curl and with gofer, and what came of it must be the same; README.md
 * says how a row is written and what is compared.
 *
 *     twin_test [WORD...]      only rows whose file or name holds a word
 *
 * Two jobs, each with servers of its own. Exits 0, 1, or 77 where there is no
 * gofer command, or no curl of the version that the rows were written against.
 */
#include <glob.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "integration/twin/rows.h"
#include "integration/twin/servers.h"
#include "integration/twin/side.h"
#include "support/certs.h"

enum { JOBS = 2, SHOWN_BYTES = 3000, SKIPPED = 77 };

/* What the comparison is to hold at least. */
enum { ROWS_MIN = 120, VIEWED_MIN = 40 };

struct contest {
    struct rows rows;
    const char *curl;
    char *gofer;
    char **wanted; /* of a row's file or name, or all */
    int wanted_len;
    atomic_size_t next;
    atomic_uint compared, viewed, failed;
    pthread_mutex_t report;
};

/* --- one row --------------------------------------------------------------- */

static void show(const char *whose, const struct bytes *b)
{
    printf("    -- %s:\n", whose);
    fwrite(b->data, 1, b->len < SHOWN_BYTES ? b->len : SHOWN_BYTES, stdout);
    if (b->len > 0 && b->data[b->len - 1] != '\n')
        putchar('\n');
}

static bool same(const struct bytes *a, const struct bytes *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* Whether they are the same; where not, says so below the row's name. */
static bool compare(const struct row *row, const char *what, const struct bytes *curl,
                    const struct bytes *gofer)
{
    if (same(curl, gofer))
        return true;
    printf("twin_test: FAILED: %s:%u: %s: other %s\n    %s", row->file, row->line, row->name, what,
           row->command);
    show("curl", curl);
    show("gofer", gofer);
    return false;
}

static bool compare_codes(const struct row *row, const struct side *curl, const struct side *gofer)
{
    struct bytes a = {0}, b = {0};
    bool ok;

    bytes_printf(&a, "exit code %d\n", curl->code);
    bytes_printf(&b, "exit code %d\n", gofer->code);
    if (curl->code != gofer->code)
        bytes_append(&b, gofer->err.data, gofer->err.len);
    ok = compare(row, "exit codes", &a, &b);
    bytes_fini(&a);
    bytes_fini(&b);
    return ok;
}

static bool compare_sides(const struct row *row, const struct side *curl, const struct side *gofer)
{
    bool ok = compare_codes(row, curl, gofer);

    ok &= compare(row, "bytes on stdout", &curl->out, &gofer->out);
    ok &= compare(row, "files", &curl->files, &gofer->files);
    ok &= !row->err || compare(row, "bytes on stderr", &curl->err, &gofer->err);
    ok &= !row->server || compare(row, "requests", &curl->view, &gofer->view);
    return ok;
}

static void run_row(struct contest *c, const struct stage *stage, const struct row *row)
{
    struct side curl, gofer;
    bool ok;

    side_run(&curl, stage, row, c->curl);
    side_run(&gofer, stage, row, c->gofer);
    pthread_mutex_lock(&c->report);
    ok = compare_sides(row, &curl, &gofer);
    pthread_mutex_unlock(&c->report);
    c->compared++;
    c->viewed += row->server;
    c->failed += !ok;
    side_fini(&curl);
    side_fini(&gofer);
}

static bool is_wanted(const struct contest *c, const struct row *row)
{
    for (int i = 0; i < c->wanted_len; i++)
        if (strstr(row->name, c->wanted[i]) != NULL || strstr(row->file, c->wanted[i]) != NULL)
            return true;
    return c->wanted_len == 0;
}

/* --- a job ----------------------------------------------------------------- */

static void write_text(const char *directory, const char *name, const char *text)
{
    struct bytes path = {0};
    FILE *file;

    bytes_printf(&path, "%s/%s", directory, name);
    file = fopen(path.data, "we");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
    bytes_fini(&path);
}

/* The lines of a text, which is cut into them, as a list that ends with NULL. */
static char **lines_of(struct bytes *text)
{
    size_t n = 0;
    char **lines = NULL;
    char *rest = text->data;

    for (char *line = strtok_r(rest, "\n", &rest);; line = strtok_r(NULL, "\n", &rest)) {
        lines = reallocarray(lines, n + 1, sizeof *lines);
        if (lines == NULL)
            abort();
        lines[n++] = line;
        if (line == NULL)
            return lines;
    }
}

static void stage_init(struct stage *stage, struct bytes *variables)
{
    stage->servers = servers_start();
    stage->directory = strdup("/tmp/twin-XXXXXX");
    if (stage->directory == NULL || mkdtemp(stage->directory) == NULL)
        abort();
    write_text(stage->directory, "ca.pem", certs_pem("root"));
    bytes_printf(variables, "HOME=%s/home\nCA=%s/ca.pem\nLC_ALL=C\nTZ=UTC\nPATH=%s\n",
                 stage->directory, stage->directory, getenv("PATH"));
    servers_variables(stage->servers, variables);
    stage->variables = lines_of(variables);
}

static void stage_fini(struct stage *stage, struct bytes *variables)
{
    servers_stop(stage->servers);
    side_clear(stage->directory);
    rmdir(stage->directory);
    free(stage->directory);
    free(stage->variables);
    bytes_fini(variables);
}

struct job {
    pthread_t thread;
    struct contest *contest;
    struct stage stage;
    struct bytes variables;
};

static void *run_rows(void *arg)
{
    struct job *job = arg;
    struct contest *c = job->contest;

    for (size_t i = c->next++; i < c->rows.len; i = c->next++)
        if (is_wanted(c, &c->rows.items[i]))
            run_row(c, &job->stage, &c->rows.items[i]);
    return NULL;
}

/* --- the whole ------------------------------------------------------------- */

static const char *environment_or(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value != NULL ? value : otherwise;
}

/* The rows tell of this curl: a later one does some things otherwise. */
static bool is_curl_7_88(const char *curl)
{
    struct bytes command = {0};
    char line[64] = "";
    FILE *pipe;

    bytes_printf(&command, "%s -q -V 2>/dev/null", curl);
    pipe = popen(command.data, "re");
    if (pipe != NULL && fgets(line, sizeof line, pipe) == NULL)
        line[0] = '\0';
    if (pipe != NULL)
        pclose(pipe);
    bytes_fini(&command);
    return strncmp(line, "curl 7.88.", 10) == 0;
}

static void read_rows(struct rows *rows)
{
    struct bytes pattern = {0};
    glob_t files;

    bytes_printf(&pattern, "%s/tests/integration/twin/*.rows", environment_or("GOFER_SRCDIR", "."));
    if (glob(pattern.data, 0, NULL, &files) != 0)
        abort();
    for (size_t i = 0; i < files.gl_pathc; i++)
        rows_read(rows, files.gl_pathv[i]);
    globfree(&files);
    bytes_fini(&pattern);
}

static void run_all(struct contest *c)
{
    struct job jobs[JOBS];

    for (int i = 0; i < JOBS; i++) { /* the workshop of certificates is for one thread */
        jobs[i] = (struct job){.contest = c};
        stage_init(&jobs[i].stage, &jobs[i].variables);
    }
    for (int i = 0; i < JOBS; i++)
        if (pthread_create(&jobs[i].thread, NULL, run_rows, &jobs[i]) != 0)
            abort();
    for (int i = 0; i < JOBS; i++) {
        pthread_join(jobs[i].thread, NULL);
        stage_fini(&jobs[i].stage, &jobs[i].variables);
    }
}

int main(int argc, char **argv)
{
    static struct contest c = {.curl = "/usr/bin/curl", .report = PTHREAD_MUTEX_INITIALIZER};
    struct bytes gofer = {0};

    bytes_printf(&gofer, "%s/gofer", environment_or("GOFER_BUILDDIR", "."));
    if (access(gofer.data, X_OK) != 0 || !is_curl_7_88(c.curl)) {
        puts("twin_test: skipped, there is no gofer command or no curl 7.88");
        bytes_fini(&gofer);
        return SKIPPED;
    }
    c.gofer = realpath(gofer.data, NULL);
    c.wanted = argv + 1;
    c.wanted_len = argc - 1;
    read_rows(&c.rows);
    run_all(&c);
    printf("twin_test: %u rows, %u with the servers' view, %u failed\n", c.compared, c.viewed,
           c.failed);
    if (c.wanted_len == 0 && (c.compared < ROWS_MIN || c.viewed < VIEWED_MIN)) {
        printf("twin_test: FAILED: these are fewer than %d rows, or %d with the servers' view\n",
               ROWS_MIN, VIEWED_MIN);
        c.failed++;
    }
    rows_fini(&c.rows);
    free(c.gofer);
    bytes_fini(&gofer);
    return c.failed > 0;
}
