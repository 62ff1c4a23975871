/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One program's run; see side.h.
 */
#include "integration/twin/side.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "integration/twin/normal.h"

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st, (void)kind;
    return walk->level > 0 ? remove(path) : 0;
}

void side_clear(const char *directory)
{
    nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- running --------------------------------------------------------------- */

static char *joined(const char *a, const char *b)
{
    struct bytes text = {0};

    bytes_printf(&text, "%s%s", a, b);
    return text.data;
}

/* The stage's variables, and X. Only the array is the caller's, and the last string. */
static char **environment(const struct stage *stage, const char *program)
{
    size_t n = 0;
    char **all;

    while (stage->variables[n] != NULL)
        n++;
    all = calloc(n + 2, sizeof *all);
    if (all == NULL)
        abort();
    memcpy(all, stage->variables, n * sizeof *all);
    all[n] = joined("X=", program);
    return all;
}

static void free_environment(char **all)
{
    size_t n = 0;

    while (all[n] != NULL)
        n++;
    free(all[n - 1]);
    free(all);
}

static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* sh in the directory, with stdin empty. A run of more than 30 s has gone wrong: it ends with 124.
 */
static int run_shell(const struct stage *stage, const char *command, const char *program)
{
    char *script = joined("cd \"$HOME\" || exit 120\n", command);
    char *argv[] = {(char *)"timeout", (char *)"30", (char *)"sh", (char *)"-c", script, NULL};
    char **env = environment(stage, program);
    char *out = joined(stage->directory, "/out"), *err = joined(stage->directory, "/err");
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int code = 121;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (posix_spawnp(&pid, "timeout", &actions, NULL, argv, env) == 0)
        code = wait_for(pid);
    posix_spawn_file_actions_destroy(&actions);
    free_environment(env);
    free(out);
    free(err);
    free(script);
    return code;
}

/* --- what is left ---------------------------------------------------------- */

static void list_files(const char *directory, const char *prefix, struct bytes *out)
{
    struct dirent **entries;
    int n = scandir(directory, &entries, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        struct bytes path = {0}, shown = {0};
        struct stat st;

        bytes_printf(&path, "%s/%s", directory, name);
        bytes_printf(&shown, "%s%s", prefix, name);
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && lstat(path.data, &st) == 0) {
            bytes_printf(out, "--- %s, mode %o\n", shown.data, st.st_mode & 07777);
            if (S_ISREG(st.st_mode))
                bytes_append_file(out, path.data);
            bytes_append_str(&shown, "/");
            if (S_ISDIR(st.st_mode))
                list_files(path.data, shown.data, out);
        }
        bytes_fini(&path);
        bytes_fini(&shown);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

static void take_file(struct bytes *out, const struct stage *stage, const char *name)
{
    char *path = joined(stage->directory, name);

    bytes_append_file(out, path);
    free(path);
}

void side_run(struct side *side, const struct stage *stage, const struct row *row,
              const char *program)
{
    char *home = joined(stage->directory, "/home");

    *side = (struct side){0};
    mkdir(home, 0755);
    side_clear(home);
    side->code = run_shell(stage, row->command, program);
    servers_take_view(stage->servers, &side->view);
    take_file(&side->out, stage, "/out");
    take_file(&side->err, stage, "/err");
    list_files(home, "", &side->files);
    normal_form(&side->out);
    normal_form(&side->err);
    normal_form(&side->files);
    normal_form(&side->view);
    side_clear(home);
    free(home);
}

void side_fini(struct side *side)
{
    bytes_fini(&side->out);
    bytes_fini(&side->err);
    bytes_fini(&side->files);
    bytes_fini(&side->view);
}
